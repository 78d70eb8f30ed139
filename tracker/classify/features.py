"""What the linear model sees of a text: folded words, pairs of neighbours, beginnings of long words, and runs of two or
three Han characters. Counted once for reading and for training, so that both see the same."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Final

from tracker.classify.words import PAUSE, STOP, Row, is_han

_BEGINNING: Final = 5
_LONG: Final = 6
_RUNS: Final = (2, 3)
"""Lengths of runs of Han characters (compared: runs of four change nothing and cost a quarter of the time)."""


def count(row: Row, into: dict[str, float], *, weight: float = 1.0, weights: Sequence[float] | None = None) -> None:
    """Adds a row's features to `into`, each occurrence with `weight`, or with the weight of its place in the row's
    line where `weights` has one for each character."""
    before = run = ""
    begin = 0
    for number in range(1, len(row.words)):
        word = row.words[number]
        place = row.at[number]
        if is_han(word[0]):
            # Runs that only white space parts are one: "人工\n智能".
            if not run:
                begin = place
            run += word
            before = ""
            continue
        if run:
            _count_han(run, begin, into, weight, weights)
            run = ""
        if word in (STOP, PAUSE) or word.isdigit():
            before = ""
        else:
            here = weights[place] if weights else weight
            into[word] = into.get(word, 0.0) + here
            if len(word) > _LONG:
                key = word[:_BEGINNING] + "~"
                into[key] = into.get(key, 0.0) + here / 2
            if before:
                key = before + " " + word
                into[key] = into.get(key, 0.0) + here
            before = word
    if run:
        _count_han(run, begin, into, weight, weights)


def _count_han(run: str, place: int, into: dict[str, float], weight: float, weights: Sequence[float] | None) -> None:
    for size in _RUNS:
        for start in range(len(run) - size + 1):
            key = run[start : start + size]
            here = max(weights[place + start : place + start + size]) if weights else weight
            into[key] = into.get(key, 0.0) + here


def damped(times: float) -> float:
    """Repetition counts by its logarithm, less than one occurrence by its share."""
    return 1.0 + log(times) if times > 1.0 else times
