"""How long recordings take through `tracker replay`, and where the time goes.

    python -m bench.replay [FOLDER] [--only PART] [--processes N] [--profile]

FOLDER holds */index.jsonl (default: recordings in the data folder, see tests/conftest.py). Prints the size as
served, the seconds, the megabytes of the largest process and of all together (pages that several share count once;
Linux only), and their ratio; `--profile` runs in this process and prints the most expensive functions.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from tracker.replay import pages, replay, replay_host

EVERY = 0.25  # seconds between two looks at the memory
ROOT = Path(__file__).resolve().parent.parent


class _Together(threading.Thread):
    """Watches this process and those it made; `most` are the kilobytes (PSS) that they had together at most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0

    def run(self) -> None:
        while True:
            self.most = max(self.most, sum(map(_kilobytes, [os.getpid(), *_children(os.getpid())])))
            time.sleep(EVERY)


def _children(process: int) -> list[int]:
    found = [int(one) for part in Path(f"/proc/{process}/task").glob("*/children") for one in part.read_text().split()]
    return found + [below for one in found for below in _children(one)]


def _kilobytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def main() -> int:
    """Runs the bench; 2 when there are no recordings."""
    data = Path(os.environ.get("TRACKER_TEST_DATA", ROOT.parent / "shared"))
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path, nargs="?", default=data / "recordings")
    ask.add_argument("--only", default="")
    ask.add_argument("--processes", type=int, default=2)
    ask.add_argument("--profile", action="store_true")
    ask.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "changes.jsonl")
    given = ask.parse_args()
    try:
        chosen = [page for page in pages(given.folder) if given.only in page["page"]]
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    rows = [row for page in chosen for row in page.get("snapshots") or page.get("revisions") or ()]
    size = sum(row[1] for row in rows)
    memory = _Together()
    memory.start()
    began = time.perf_counter()
    if given.profile:
        profile = cProfile.Profile()
        profile.runcall(replay_host, given.folder, chosen)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        count = 0
    else:
        count = replay(given.folder, given.out, processes=given.processes, only=given.only)
    spent = time.perf_counter() - began
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = max(child.ru_maxrss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
    print(f"{len(chosen)} pages, {len(rows)} snapshots, {size / 1e9:.2f} GB as served, {count} changes")
    print(f"{spent:.1f} s ({child.ru_utime:.1f} s of processor), largest process {largest:.0f} MB, "
          f"all together {memory.most / 1024:.0f} MB")  # fmt: skip
    print(f"{size / 1e6 / spent:.0f} MB of pages a second")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
