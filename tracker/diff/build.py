"""Matched blocks to edits in the order of the new text."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.diff.forms import Forms
from tracker.diff.gaps import Matched
from tracker.diff.redline import spans
from tracker.model import Block, Edit, EditKind


def built(old: Sequence[Block], new: Sequence[Block], a: Forms, b: Forms, found: Matched) -> tuple[Edit, ...]:
    """All edits; blocks of one run that belong together in one."""
    edits = [_pair(EditKind.RENUMBER, old, new, x, y) for x, y in found.same if a.whole[x] != b.whole[y]]
    edits += [_pair(EditKind.REPLACE, old, new, x, y) for x, y in found.reworded]
    edits += _moves(old, new, found.moved)
    for xs, ys in found.joins:
        kind = EditKind.SPLIT if len(xs) == 1 else EditKind.MERGE
        edits.append(_edit(kind, old, new, xs[0], len(xs), ys[0], len(ys)))
    out_a = {x for x, _ in (*found.same, *found.reworded, *found.moved)} | {x for xs, _ in found.joins for x in xs}
    out_b = {y for _, y in (*found.same, *found.reworded, *found.moved)} | {y for _, ys in found.joins for y in ys}
    # Where an old position lies in the new text: behind the nearest block before it that is still there.
    place_b = {x: y for x, y in (*found.same, *found.reworded)} | {xs[-1]: ys[-1] for xs, ys in found.joins}
    place_a = {y: x for x, y in (*found.same, *found.reworded)} | {ys[-1]: xs[-1] for xs, ys in found.joins}
    edits += _one_sided(EditKind.DELETE, old, out_a, place_b)
    edits += _one_sided(EditKind.INSERT, new, out_b, place_a)
    order = {kind: at for at, kind in enumerate(EditKind)}
    edits.sort(key=lambda edit: (edit.new_at, bool(edit.new), edit.old_at, order[edit.kind]))
    return tuple(edits)


def _pair(kind: EditKind, old: Sequence[Block], new: Sequence[Block], x: int, y: int) -> Edit:
    return _edit(kind, old, new, x, 1, y, 1)


def _edit(kind: EditKind, old: Sequence[Block], new: Sequence[Block], x: int, n: int, y: int, m: int) -> Edit:
    before, after = tuple(old[x : x + n]), tuple(new[y : y + m])
    place, was = (after or before)[0], (before or after)[0]
    old_text, new_text = "\n".join(block.text for block in before), "\n".join(block.text for block in after)
    return Edit(kind, before, after, x, y, place.path, place.eid, was.path if before else "", spans(old_text, new_text))


def _moves(old: Sequence[Block], new: Sequence[Block], pairs: Sequence[tuple[int, int]]) -> list[Edit]:
    """Neighbours that moved together are one move."""
    out: list[Edit] = []
    run: list[tuple[int, int]] = []
    for pair in [*sorted(pairs), (-9, -9)]:
        if run and pair != (run[-1][0] + 1, run[-1][1] + 1):
            out.append(_edit(EditKind.MOVE, old, new, run[0][0], len(run), run[0][1], len(run)))
            run = []
        run.append(pair)
    return out


def _one_sided(kind: EditKind, blocks: Sequence[Block], taken: set[int], place: dict[int, int]) -> list[Edit]:
    out = []
    at = 0
    while at < len(blocks):
        if at in taken:
            at += 1
            continue
        end = at + 1
        while end < len(blocks) and end not in taken and _belongs(blocks[at], blocks[end], blocks[end - 1]):
            end += 1
        there = next((place[back] + 1 for back in range(at - 1, -1, -1) if back in place), 0)
        run: tuple[Block, ...] = tuple(blocks[at:end])
        text = "\n".join(block.text for block in run)
        if kind is EditKind.INSERT:
            out.append(Edit(kind, (), run, there, at, run[0].path, run[0].eid, "", (("+", text),)))
        else:
            out.append(Edit(kind, run, (), at, there, run[0].path, run[0].eid, run[0].path, (("-", text),)))
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
