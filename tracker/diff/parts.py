"""Two long texts compared part by part: what a reader opens is compared when it is opened.

Paragraphs that are the same letter for letter, in order, cut the two texts into parts with about as much that differs
in each; a part is then compared as `edits.compare` compares whole texts, but for what stays the same far from any
difference.
The edits of all parts together make the new text of the old one. What left one part and came into another is told as
gone there and new here; within a part it is a move.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tracker.diff.align import Pair, align
from tracker.diff.edits import edits_of
from tracker.model import Block, Edit

MOST = 300  # blocks of both sides that differ, from which a part ends: about 50 ms
PLACES = 60  # places at which a part differs, from which it ends: about as many edits as a page shows
WHOLE = 600  # blocks of both sides that differ, up to which a text is one part
_AROUND = 2  # blocks that stay the same beside a difference and are compared with it: it may slide over them
_WIDE = re.compile(rb"\xe2\x80.|\xc2[\xa0\xab\xb7\xbb]", re.DOTALL)  # quotation marks, dashes and spaces, in UTF-8
_SIGNS = (string.punctuation + string.whitespace).encode()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of both texts: blocks [start, end) of each, and the pairs in it that are the same letter for letter."""

    old: Pair
    new: Pair
    same: tuple[Pair, ...]


def parts(
    old: Sequence[bytes], new: Sequence[bytes], *, whole: int = WHOLE, most: int = MOST, places: int = PLACES
) -> tuple[Part, ...]:
    """The parts of two texts, which are given as keys of their blocks that are equal where the blocks' texts are. At
    least one; what stays the same belongs to the part before it."""
    pairs = align(old, new)
    if len(old) + len(new) - 2 * len(pairs) <= whole:
        return (Part((0, len(old)), (0, len(new)), tuple(pairs)),)
    made: list[Part] = []
    start, first, last = (0, 0), 0, (0, 0)  # where the part begins, its first pair, where it could end
    weight = differ = 0
    for end, after in _places(pairs, old, new, most):
        size = end[0] - last[0] + end[1] - last[1]
        if size and weight and (weight + size > most or differ >= places):
            upto = bisect_left(pairs, last)
            made.append(Part((start[0], last[0]), (start[1], last[1]), tuple(pairs[first:upto])))
            start, first, weight, differ = last, upto, 0, 0
        weight, differ, last = weight + size, differ + bool(size), after
    made.append(Part((start[0], len(old)), (start[1], len(new)), tuple(pairs[first:])))
    return tuple(made)


def _places(
    pairs: Sequence[Pair], old: Sequence[bytes], new: Sequence[bytes], most: int
) -> Iterator[tuple[Pair, Pair]]:
    """Where a part may end, in order: (end of what differs since the place before, end of what stays the same behind
    it). That is at all pairs, and in stretches without any that are too long for a part, behind blocks that differ in
    signs or case alone."""
    last = (0, 0)
    for x, y in [*pairs, (len(old), len(new))]:
        if x - last[0] + y - last[1] > most and x > last[0] and y > last[1]:
            bare = align([_letters(key) for key in old[last[0] : x]], [_letters(key) for key in new[last[1] : y]])
            for i, j in bare:
                behind = (last[0] + i + 1, last[1] + j + 1)
                yield behind, behind
        last = (x + 1, y + 1)
        yield (x, y), last


def _letters(key: bytes) -> bytes:
    return _WIDE.sub(b"", key).translate(None, _SIGNS).lower()


def edits(old: Sequence[Block], new: Sequence[Block], part: Part) -> tuple[Edit, ...]:
    """The edits of one part, in the order of the new text; positions count blocks of the whole texts."""
    near = _near(part)
    at_old = _compared(part.old, part.same, near, 0)
    at_new = _compared(part.new, part.same, near, 1)
    found = edits_of([old[at] for at in at_old], [new[at] for at in at_new])
    return tuple(
        replace(
            edit,
            old_at=_place(at_old, edit.old_at, part.old[0], bool(edit.old)),
            new_at=_place(at_new, edit.new_at, part.new[0], bool(edit.new)),
            old_to=_place(at_old, edit.old_to, part.old[0], False) if edit.old_to >= 0 else edit.old_to,
        )
        for edit in found
    )


def _near(part: Part) -> set[int]:
    """Which pairs of a part stand beside a difference."""
    near: set[int] = set()
    before = (part.old[0] - 1, part.new[0] - 1)
    for at, pair in enumerate([*part.same, (part.old[1], part.new[1])]):
        if pair != (before[0] + 1, before[1] + 1):
            near.update(range(at - _AROUND, at + _AROUND))
        before = pair
    return near


def _compared(between: Pair, same: Sequence[Pair], near: set[int], side: int) -> list[int]:
    """The blocks of one side that are compared: all but those that stay the same far from any difference."""
    far = {pair[side] for at, pair in enumerate(same) if at not in near}
    return [at for at in range(*between) if at not in far]


def _place(compared: Sequence[int], at: int, start: int, there: bool) -> int:
    """A position among the compared blocks as one of the whole text: of a block, or behind the block before it."""
    if there:
        return compared[at]
    return compared[at - 1] + 1 if at > 0 else start
