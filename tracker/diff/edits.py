"""What happened between two texts, told in blocks: insert, delete, replace, move, renumber, split, merge.

Blocks are compared in canonical form; what a reader reads as the same is no edit. A block's label ("Article 57",
"(3)") is held apart from its body, so that what was only renumbered is told as that.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracker.diff import gaps
from tracker.diff.align import align
from tracker.diff.build import built
from tracker.diff.forms import Forms, both
from tracker.diff.touched import cited, due
from tracker.model import Block, Comparison, Edit, EditKind


def compare(old: Sequence[Block], new: Sequence[Block]) -> Comparison:
    """The edits that make `new` of `old`, in the order of the new text, with the citations and dates they touch.

    Positions count blocks of the two lists as given. Deterministic; empty for texts that are equal in canonical form.
    """
    edits = edits_of(old, new)
    return Comparison(edits, cited(edits), due(edits))


def edits_of(old: Sequence[Block], new: Sequence[Block]) -> tuple[Edit, ...]:
    """The edits alone."""
    a, b = both(old, new)
    if [text for text in a.whole if text] == [text for text in b.whole if text]:
        return ()
    return built(old, new, a, b, gaps.matched(old, new, a, b, _same(a, b)))


def _same(a: Forms, b: Forms) -> list[tuple[int, int]]:
    """Blocks that are equal in body, in order: first whole texts, then, between those, bodies without their labels."""
    pairs = align(a.strong, b.strong)
    out: list[tuple[int, int]] = []
    last = (0, 0)
    for x, y in [*pairs, (len(a.body), len(b.body))]:
        if x > last[0] and y > last[1]:
            inner = align(a.body[last[0] : x], b.body[last[1] : y])
            out.extend((last[0] + i, last[1] + j) for i, j in inner)
        if x < len(a.body):
            out.append((x, y))
        last = (x + 1, y + 1)
    return out


def apply(old: Sequence[Block], edits: Sequence[Edit]) -> tuple[Block, ...]:
    """The new text's blocks: those of the edits where the edits say, the old ones everywhere else.

    Blocks that no edit touches are the old ones (equal in canonical form to the new ones); their paths may be of old.
    Blocks of which canonical form leaves no word (rules, dashes, "3 days ago") are no part of the promise,
    nor is what stands between a number and its title.
    """
    gone = {at for edit in edits for at in range(edit.old_at, edit.old_at + len(edit.old))}
    here: dict[int, list[Edit]] = {}
    for edit in sorted(edits, key=lambda edit: edit.new_at):
        if edit.new:
            here.setdefault(edit.old_to if edit.kind is EditKind.MOVE else edit.old_at, []).append(edit)
    out: list[Block] = []
    for at in range(len(old) + 1):
        for edit in here.get(at, ()):
            out.extend(edit.new)
        if at < len(old) and at not in gone:
            out.append(old[at])
    return tuple(out)
