"""Runs that are only on one side, moved to where a reader sees them begin: at a heading, not behind it.

Between equal lines the place of an insertion is arbitrary: "Article 57, new words, Article 58" can be read as new words
and a new heading after them. The same idea as the indent heuristic of git's diff.
"""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[int, int]
_FAR = 4  # blocks that a run is moved up at most: number, title, and what may stand between


def slid(pairs: Sequence[Pair], keys: Sequence[Sequence[str]], opens: Sequence[Sequence[bool]]) -> list[Pair]:
    """The pairs with runs moved up, on both sides; `keys` and `opens` hold one sequence a side: equal keys may change
    places, a block that opens something is a good beginning."""
    out = _up(list(pairs), keys[1], opens[1])
    turned = _up([(y, x) for x, y in out], keys[0], opens[0])
    return [(x, y) for y, x in turned]


def _up(pairs: list[Pair], keys: Sequence[str], opens: Sequence[bool]) -> list[Pair]:
    """The same for runs of the second side."""
    ends = [*pairs[1:], (pairs[-1][0] + 1, len(keys))] if pairs else []
    for at, (x, y) in enumerate(list(pairs)):
        start, end = y + 1, ends[at][1]
        if end == start or ends[at][0] != x + 1 or pairs[at] != (x, y) or opens[start]:
            continue
        for far in range(1, _FAR + 1):
            if (
                at - far + 1 < 0
                or pairs[at - far + 1] != (x - far + 1, start - far)
                or keys[start - far] != keys[end - far]
            ):
                break
            if opens[start - far]:
                for step in range(1, far + 1):
                    pairs[at - step + 1] = (x - step + 1, end - step)
                break
    return pairs
