"""How often the summary says what an expert says: labels of our own reading against `diff.summary.lines`.

    python -m bench.summary [FOLDER] [--misses]

FOLDER holds */index.jsonl with revisions (default: TRACKER_TEST_DATA/histories, or ../shared/histories). A label of
labels/summary.jsonl names a document and a transition, what an expert says of it (`says`, our own words), what the
lines must contain (`must`), and how many lines are the most that a reader would bear (`most`).
"""
# ruff: noqa: E501 - a figure on one line

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from tracker.diff.edits import compare
from tracker.diff.summary import lines
from tracker.formats import registry
from tracker.replay import pages, snapshots


def main() -> None:
    """Prints the share of labels that the summary gets right, and the misses."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(os.environ.get("TRACKER_TEST_DATA", "../shared")) / "histories"
    )
    parser.add_argument("--misses", action="store_true")
    given = parser.parse_args()
    rows = (Path(__file__).parent / "labels" / "summary.jsonl").read_text(encoding="utf-8").splitlines()
    known = {f"{page['archive']}/{page['document'].split('/', 1)[-1]}": page for page in pages(given.folder)}
    right = counted = 0
    for row in rows:
        label = json.loads(row)
        page = known.get(label["document"])
        if page is None:
            print(f"{label['document']}: not in the folder")
            continue
        told = _told(given.folder, page, label["transition"])
        lacking = [words for words in label["must"] if not any(words in line for line in told)]
        good = not lacking and len(told) <= label.get("most", 1_000)
        right, counted = right + good, counted + 1
        if given.misses and not good:
            print(
                f"  {label['document']} {label['transition']}: {len(told)} lines, lacks {lacking}; expert: {label['says']}"
            )
    print(f"summary: {right} of {counted} transitions told as an expert tells them")


def _told(folder: Path, page: dict[str, Any], transition: int) -> list[str]:
    bodies = []
    for at, (_, body) in enumerate(snapshots(folder, page)):
        if at in (transition, transition + 1):
            bodies.append(registry.read(body, url=str(page["path"])).blocks)
        if at > transition:
            break
    old, new = bodies
    return lines(compare(old, new), "en")


if __name__ == "__main__":
    main()
