"""Matched blocks to edits in the order of the new text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from tracker.diff.forms import Forms
from tracker.diff.gaps import Matched
from tracker.diff.redline import spans
from tracker.model import Block, Edit, EditKind

_ORDER = {kind: at for at, kind in enumerate(EditKind)}


def built(old: Sequence[Block], new: Sequence[Block], a: Forms, b: Forms, found: Matched) -> tuple[Edit, ...]:
    """All edits; blocks of one run that belong together in one."""
    # What stands between a number and its title ("§ 1 – Scope", "§ 1 Scope") is typography: only numbers count.
    edits = [_edit(EditKind.RENUMBER, old, new, (x, 1), (y, 1)) for x, y in found.same if a.label[x] != b.label[y]]
    edits += [_edit(EditKind.REPLACE, old, new, (x, 1), (y, 1)) for x, y in found.reworded]
    for xs, ys in found.joins:
        kind = EditKind.SPLIT if len(xs) == 1 else EditKind.MERGE
        edits.append(_edit(kind, old, new, (xs[0], len(xs)), (ys[0], len(ys))))
    anchors = _Anchors([*found.same, *found.reworded], found.joins)
    edits += [replace(edit, old_to=anchors.old(edit.new_at)) for edit in _moves(old, new, found.moved)]
    taken_a = {x for x, _ in (*found.same, *found.reworded, *found.moved)} | {x for xs, _ in found.joins for x in xs}
    taken_b = {y for _, y in (*found.same, *found.reworded, *found.moved)} | {y for _, ys in found.joins for y in ys}
    for at, end in _runs(old, a, taken_a):
        run = tuple(old[at:end])
        text = "\n".join(block.text for block in run)
        edits.append(
            Edit(EditKind.DELETE, run, (), at, anchors.new(at), run[0].path, run[0].eid, run[0].path, (("-", text),))
        )
    for at, end in _runs(new, b, taken_b):
        run = tuple(new[at:end])
        text = "\n".join(block.text for block in run)
        edits.append(Edit(EditKind.INSERT, (), run, anchors.old(at), at, run[0].path, run[0].eid, "", (("+", text),)))
    edits.sort(key=lambda edit: (edit.new_at, bool(edit.new), edit.old_at, _ORDER[edit.kind]))
    return tuple(edits)


class _Anchors:
    """Where a position of one text lies in the other: behind the nearest block before it that kept its order."""

    def __init__(
        self, pairs: Sequence[tuple[int, int]], joins: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
    ) -> None:
        both = sorted([*pairs, *((xs[-1], ys[-1]) for xs, ys in joins)])
        self._old = [x for x, _ in both]
        self._new = [y for _, y in both]

    def old(self, at: int) -> int:
        """For a position in the new text."""
        place = bisect_left(self._new, at)
        return self._old[place - 1] + 1 if place else 0

    def new(self, at: int) -> int:
        """For a position in the old text."""
        place = bisect_left(self._old, at)
        return self._new[place - 1] + 1 if place else 0


def _edit(kind: EditKind, old: Sequence[Block], new: Sequence[Block], a: tuple[int, int], b: tuple[int, int]) -> Edit:
    before, after = tuple(old[a[0] : a[0] + a[1]]), tuple(new[b[0] : b[0] + b[1]])
    old_text, new_text = "\n".join(block.text for block in before), "\n".join(block.text for block in after)
    place = after[0]
    return Edit(kind, before, after, a[0], b[0], place.path, place.eid, before[0].path, spans(old_text, new_text))


def _moves(old: Sequence[Block], new: Sequence[Block], pairs: Sequence[tuple[int, int]]) -> list[Edit]:
    """Neighbours that moved together are one move."""
    out: list[Edit] = []
    run: list[tuple[int, int]] = []
    for pair in [*sorted(pairs), (-9, -9)]:
        if run and pair != (run[-1][0] + 1, run[-1][1] + 1):
            out.append(_edit(EditKind.MOVE, old, new, (run[0][0], len(run)), (run[0][1], len(run))))
            run = []
        run.append(pair)
    return out


def _runs(blocks: Sequence[Block], forms: Forms, taken: set[int]) -> list[tuple[int, int]]:
    """The runs (start, end) of blocks that are only on one side, cut where a new thing begins."""
    out: list[tuple[int, int]] = []
    at = 0
    while at < len(blocks):
        if at in taken or not forms.whole[at]:
            at += 1
            continue
        end = last = at + 1
        while last < len(blocks) and last not in taken:
            if forms.whole[last]:
                if not _belongs(blocks[at], blocks[last], blocks[end - 1]):
                    break
                end = last + 1
            last += 1
        out.append((at, end))
        at = end
    return out


def _belongs(first: Block, block: Block, before: Block) -> bool:
    """Whether a block is told with the one that opens its run: what stands under a heading or a number."""
    if first.eid and block.eid:
        if block.eid.startswith(f"{first.eid}__"):
            return True
        if block.number:
            return False
    if block.kind == "heading":
        return first.kind == "heading" and block.level > first.level
    return block.kind in (before.kind, "paragraph", "item") or first.kind == "heading"
