"""What the linear model sees of a text: folded words that carry meaning, pairs of those that stand near, beginnings of
long words, and runs of one to three Han characters. Counted once for reading and for training, so that both see the
same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log
from typing import Final

from tracker.classify.words import STOP, Row, fold, is_han

_BEGINNING: Final = 5
_LONG: Final = 6
_RUNS: Final = ((1, 0.5), (2, 1.0), (3, 1.0))
"""Lengths of runs of Han characters and what they count for (compared: without single characters and with runs of four
less is found in texts by other writers)."""
_GRAMMAR: Final = (
    "a an and any are as at be been by can could for from had has have if in into is it its may must not of "
    "on or other our shall should such than that the their them then there these they this those to under was "
    "we were which who will with would you your"
    " "
    "au aux avec avoir ce ces cet cette d dans de des du elle en est et etre eux il ils l la le les leur "
    "leurs lui mais n ne nos notre on ont ou par pas plus pour qu que qui s sa sans se ses si soit son sont "
    "sous sur un une vos votre y"
)
_FUNCTION: Final = frozenset(map(fold, _GRAMMAR.split()))
"""Words of grammar: they say nothing of the matter and stand between words that do."""


def count(row: Row, into: dict[str, float], *, weight: float = 1.0, weights: Sequence[float] | None = None) -> None:
    """Adds a row's features to `into`, each occurrence with `weight`, or with the weight of its place in the row's
    line where `weights` has one for each character."""
    get = into.get
    before = last = ""
    end = 0
    # Runs of Han characters that only white space parts are one in the line: "人工\n智能".
    for word in row.line.split():
        if weights:
            place = row.line.index(word, end)
            end = place + len(word)
            weight = weights[place]
        if word > "\u3000" and is_han(word[0]):
            _count_han(word, into, weight, weights[place:end] if weights else None)
            before = last = ""
            continue
        beginning = _beginning(word)
        if beginning is None:
            if word == STOP:
                before = last = ""
            continue
        into[word] = get(word, 0.0) + weight
        if beginning:
            into[beginning] = get(beginning, 0.0) + weight / 2
        if last:
            key = f"{last} {word}"
            into[key] = get(key, 0.0) + weight
            if before:
                key = f"{before} {word}"
                into[key] = get(key, 0.0) + weight
        before, last = last, word


@lru_cache(maxsize=65536)
def _beginning(word: str) -> str | None:
    """The feature of a word's beginning, "" for a short word, None for what carries no meaning: words of grammar,
    numbers, stops."""
    if word in _FUNCTION or not any(map(str.isalpha, word)):
        return None
    return f"{word[:_BEGINNING]}~" if len(word) > _LONG else ""


def _count_han(run: str, into: dict[str, float], weight: float, weights: Sequence[float] | None) -> None:
    get = into.get
    for size, share in _RUNS:
        here = weight * share
        for start in range(len(run) - size + 1):
            key = run[start : start + size]
            into[key] = get(key, 0.0) + (share * max(weights[start : start + size]) if weights else here)


def damped(times: float) -> float:
    """Repetition counts by its logarithm, less than one occurrence by its share."""
    return 1.0 + log(times) if times > 1.0 else times
