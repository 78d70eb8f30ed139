"""How many items each format finds, against what a person counts; and how fast pages are read.

    python -m bench.formats [DATA]

DATA is the folder with pages/index.jsonl (default: TRACKER_TEST_DATA, else ../shared beside the checkout). Prints,
a kind at a time, the share that is exact, within 10 %, wrong; for listings, how often the first title and link are
those a person gives; then the files that go through without a crash, and megabytes a second. With `--misses`, the
files that are not exact.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Kind, Outcome, Reading
from tracker.text.canonical import canonical

ROOT = Path(__file__).resolve().parent.parent
KINDS = {"feed": Kind.FEED, "listing": Kind.LISTING, "json": Kind.JSON}
AIMS = {"feed": 0.95, "json": 0.90, "listing": 0.80}
BASE = "https://example.org/here/"


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = Path(arguments[0] if arguments else os.environ.get("TRACKER_TEST_DATA", ROOT.parent / "shared")) / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    misses = "--misses" in sys.argv
    _items(folder, rows, misses)
    _through(folder, rows, misses)


def _items(folder: Path, rows: list[dict[str, Any]], misses: bool) -> None:
    for name, kind in KINDS.items():
        labelled = [row for row in rows if row["kind"] == name and row["items"] is not None]
        verdicts: Counter[str] = Counter()
        unguided: Counter[str] = Counter()
        firsts: Counter[str] = Counter()
        for row in labelled:
            reading = _read(folder / row["file"], kind)
            found = len(reading.items) if reading else -1
            verdict = _verdict(found, row["items"])
            verdicts[verdict] += 1
            if verdict != "exact" and misses:
                print(f"  {verdict:10} {row['file']}: {found} for {row['items']}")
            without = _read(folder / row["file"], None)
            unguided[_verdict(len(without.items) if without else -1, row["items"])] += 1
            if row.get("first_title") and reading:
                firsts["of"] += 1
                firsts["title"] += _same_title(reading, row["first_title"])
                firsts["link"] += _same_link(reading, row["first_link"])
                if misses and not _same_title(reading, row["first_title"]):
                    ours = reading.items[0].title[:60] if reading.items else ""
                    print(f"  title      {row['file']}: {ours!r} for {row['first_title'][:60]!r}")
        total = len(labelled)
        shares = ", ".join(
            f"{verdict} {verdicts[verdict] / total:.3f} ({verdicts[verdict]} of {total})"
            for verdict in ("exact", "within 10 %", "wrong")
        )
        print(f"{name:8} {shares}; aim {AIMS[name]:.2f}; kind left out: exact {unguided['exact'] / total:.3f}")
        if firsts["of"]:
            title, link = firsts["title"] / firsts["of"], firsts["link"] / firsts["of"]
            print(f"{name:8} first title {title:.3f}, first link {link:.3f} (of {firsts['of']})")


def _read(path: Path, kind: Kind | None) -> Reading | None:
    try:
        return registry.read(path.read_bytes(), kind=kind, url=BASE)
    except Unreadable as error:
        if error.outcome is Outcome.INTERNAL:
            print(f"  crash      {path.name}: {error.reason}")
        return None


def _verdict(found: int, counted: int) -> str:
    if found == counted:
        return "exact"
    return "within 10 %" if abs(found - counted) <= 0.1 * counted else "wrong"


def _same_title(reading: Reading, wanted: str) -> bool:
    """Whether the first entry's title says what a person would call it: one holds the other, at two thirds' length."""
    if not reading.items:
        return False
    ours, theirs = canonical(reading.items[0].title), canonical(wanted)
    return bool(ours) and (
        ours == theirs
        or (ours in theirs and 3 * len(ours) >= 2 * len(theirs))
        or (theirs in ours and 3 * len(theirs) >= 2 * len(ours))
    )


def _same_link(reading: Reading, wanted: str) -> bool:
    return bool(reading.items) and unquote(reading.items[0].url) == unquote(urljoin(BASE, wanted))


def _through(folder: Path, rows: list[dict[str, Any]], misses: bool) -> None:
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    size, started = 0, time.perf_counter()
    languages: Counter[str] = Counter()
    for row in rows:
        body = (folder / row["file"]).read_bytes()
        size += len(body)
        try:
            reading = registry.read(body, url=row.get("url") or BASE + Path(row["file"]).name)
            outcomes[row["kind"]]["read"] += 1
            if row.get("language") and row["kind"] != "odd" and reading.blocks:
                right = reading.language == row["language"]
                languages["of"] += 1
                languages["right"] += right
                languages["unknown"] += reading.language == ""
                if misses and not right:
                    print(f"  language   {row['file']}: {reading.language!r} for {row['language']!r}")
        except Unreadable as error:
            outcomes[row["kind"]]["crash" if error.outcome is Outcome.INTERNAL else "unreadable"] += 1
            if misses:
                print(f"  {error.outcome.value:10} {row['file']}: {error.reason}")
    seconds = time.perf_counter() - started
    for kind, counts in outcomes.items():
        print(f"{kind:8} {dict(counts)}")
    crashes = sum(counts["crash"] for counts in outcomes.values())
    pace = f"{size / seconds / 1e6:.2f} MB/s ({size / 1e6:.1f} MB in {seconds:.1f} s)"
    print(f"all      {len(rows)} files, {crashes} crashes, {pace}")
    if languages["of"]:
        right, unknown = languages["right"] / languages["of"], languages["unknown"] / languages["of"]
        print(f"language right {right:.3f}, unknown {unknown:.3f} (of {languages['of']})")


if __name__ == "__main__":
    main()
