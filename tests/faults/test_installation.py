"""Whatever fails, and wherever the process dies: after recovery nothing is lost and nothing is told twice."""

from __future__ import annotations

import itertools
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # installation.py: the simulation, in no package

import installation

from tracker.classify import classifier

HISTORIES = 200
SEED = 20260301


def drawn(chances: dict[str, int]) -> list[tuple[int, str, int]]:
    """(seed, kind, n): every kind at its first calls, then at random ones."""
    dice = random.Random(SEED)
    made = [(SEED, kind, nth) for kind, nth in itertools.product(installation.KINDS, (1, 3))]
    while len(made) < HISTORIES:
        kind = dice.choice(installation.KINDS)
        made.append((dice.randrange(10**6), kind, dice.randrange(1, chances[kind] + 1)))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_after_any_single_fault_the_invariants_hold(part: int, tmp_path: Path) -> None:
    judge, met = classifier.load(), 0
    for seed, kind, nth in drawn(installation.chances(SEED, tmp_path, judge))[part::4]:
        world, wrong = installation.run(seed, kind, nth, tmp_path, judge)
        assert not wrong, f"seed {seed}, the {nth}th of “{kind}”: {wrong}"
        met += world.fault.met
    assert met > HISTORIES / 4 * 0.8, "most of the faults must come to pass"


@pytest.mark.parametrize("kind", installation.KINDS)
def test_the_first_fault_of_every_kind_is_survived(kind: str, tmp_path: Path) -> None:
    world, wrong = installation.run(SEED, kind, 2, tmp_path, classifier.load())
    assert world.fault.met
    assert not wrong


@pytest.mark.parametrize("kind", ["database dies", "dies after mail"])
def test_the_same_history_leaves_the_same_rows(kind: str, tmp_path: Path) -> None:
    left = []
    for _ in range(2):
        installation.run(SEED, kind, 3, tmp_path, classifier.load())
        with closing(sqlite3.connect(tmp_path / "tracker.db")) as database:
            left.append([line for line in database.iterdump() if line.startswith("INSERT")])
    assert len(left[0]) > 100
    assert left[0] == left[1]
