"""Fault simulation: histories of a whole installation in which one call fails, or the process dies there.

    python -m bench.faults [HISTORIES] [SEED] [--every]

Without `--every` the histories, the kinds of fault and the calls they strike are drawn. With it every call of every
kind fails in turn, in the history of SEED and then of the seeds that follow, until so many were run. Prints how many
faults came to pass by kind, and every history after which an invariant did not hold, with what it takes to run it
again. Exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import multiprocessing
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
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


def drawn(count: int, seed: int) -> Iterator[tuple[int, str, int]]:
    """Histories with faults at random: each kind as often as any other, each of its calls too."""
    dice = random.Random(seed)
    chances = installation.chances(seed, Path(place().name), classifier.load())
    for _ in range(count):
        kind = dice.choice(installation.KINDS)
        yield dice.randrange(10**9), kind, dice.randrange(1, chances[kind] + 1)


def every(count: int, seed: int) -> Iterator[tuple[int, str, int]]:
    """All calls of all kinds of one history after the other."""
    for left in itertools.count(seed):
        for kind, calls in installation.chances(left, Path(place().name), classifier.load()).items():
            for nth in range(1, calls + 1):
                if count <= 0:
                    return
                count -= 1
                yield left, kind, nth


def main() -> None:
    """Runs the histories on all cores, and prints what came of them."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("histories", type=int, nargs="?", default=1_000)
    ask.add_argument("seed", type=int, nargs="?", default=20260301)
    ask.add_argument("--every", action="store_true")
    ask.add_argument("--processes", type=int, default=os.cpu_count())
    asked = ask.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    histories = (every if asked.every else drawn)(asked.histories, asked.seed)
    met: Counter[str] = Counter()
    broken = number = 0
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for number, (history, came, wrong) in enumerate(pool.imap_unordered(one, histories), 1):
            met[history[1]] += came
            if wrong:
                broken += 1
                print(f"seed {history[0]}, the {history[2]}th of “{history[1]}”: {wrong}", flush=True)
            if number % 100 == 0:
                print(f"{number} of {asked.histories}: {met.total()} faults, {broken} broke", file=sys.stderr)
    print(f"{number} histories from seed {asked.seed}: {met.total()} faults came to pass, {broken} broke an invariant")
    for kind, times in sorted(met.items()):
        print(f"  {kind}: {times}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
