"""What the linear model sees of a text: folded words, pairs of neighbours, beginnings of long words, and runs of two or
three Han characters. Counted once for reading and for training, so that both see the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
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
    get = into.get
    before = ""
    end = 0
    # Runs of Han characters that only white space parts are one in the line: "人工\n智能".
    for word in row.line.split():
        if weights:
            place = row.line.index(word, end)
            end = place + len(word)
            weight = weights[place]
        if word > "\u3000" and is_han(word[0]):
            _count_han(word, into, weight, weights[place:end] if weights else None)
            before = ""
            continue
        beginning = _beginning(word)
        if beginning is None:
            before = ""
            continue
        into[word] = get(word, 0.0) + weight
        if beginning:
            into[beginning] = get(beginning, 0.0) + weight / 2
        if before:
            key = f"{before} {word}"
            into[key] = get(key, 0.0) + weight
        before = word


@lru_cache(maxsize=65536)
def _beginning(word: str) -> str | None:
    """The feature of a word's beginning, "" for a short word, None for what is no word and parts pairs."""
    if word in (STOP, PAUSE) or word.isdigit():
        return None
    return f"{word[:_BEGINNING]}~" if len(word) > _LONG else ""


def _count_han(run: str, into: dict[str, float], weight: float, weights: Sequence[float] | None) -> None:
    get = into.get
    for size in _RUNS:
        for start in range(len(run) - size + 1):
            key = run[start : start + size]
            into[key] = get(key, 0.0) + (max(weights[start : start + size]) if weights else weight)


def damped(times: float) -> float:
    """Repetition counts by its logarithm, less than one occurrence by its share."""
    return 1.0 + log(times) if times > 1.0 else times
