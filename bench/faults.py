"""Fault simulation: histories of a whole installation in which one call fails, or the process dies there.

    python -m bench.faults [HISTORIES] [SEED]

Prints the seed, how many faults came to pass by kind, and every history after which an invariant did not hold, with
what it takes to run it again. Exit code 1 when there is one.
"""

from __future__ import annotations

import logging
import multiprocessing
import random
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "faults"))

import installation

from tracker.classify import classifier


@cache
def place() -> tempfile.TemporaryDirectory[str]:
    """This process's folder: in memory, where there is one."""
    return tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


def one(history: tuple[int, str, int]) -> tuple[tuple[int, str, int], bool, list[str]]:
    """Runs a history."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seed, kind, nth = history
    world, wrong = installation.run(seed, kind, nth, Path(place().name), classifier.load())
    return history, world.fault.met, wrong


def main() -> None:
    """Draws the histories, runs them on all cores, and prints what came of them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260301
    dice = random.Random(seed)
    drawn = [(dice.randrange(10**9), dice.choice(installation.KINDS), dice.randrange(1, 80)) for _ in range(count)]
    met: Counter[str] = Counter()
    broken = []
    with multiprocessing.Pool() as pool:
        for number, (history, came, wrong) in enumerate(pool.imap_unordered(one, drawn), 1):
            met[history[1]] += came
            if wrong:
                broken.append((history, wrong))
                print(f"seed {history[0]}, the {history[2]}th of “{history[1]}”: {wrong}")
            if number % 100 == 0:
                print(f"{number} of {count}", file=sys.stderr)
    print(
        f"{count} histories from seed {seed}: {sum(met.values())} faults came to pass, {len(broken)} broke an invariant"
    )
    for kind, times in sorted(met.items()):
        print(f"  {kind}: {times}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
