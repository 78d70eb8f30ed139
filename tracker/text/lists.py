"""Labels that a page sets apart from their text, by a table or a grid, put before it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracker.model import Block
from tracker.text.numbering import bare

_ALONE = 12  # characters of a block that may be nothing but a label


def joined(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with "(a)" and its text as one item, whether they were two cells of a row or two blocks.

    Data tables stay as they are: only rows of a label and one more cell are lists. Idempotent.
    """
    out: list[Block] = []
    waiting: Block | None = None
    for block in blocks:
        here = _unrowed(block) if block.kind == "row" else block
        if waiting is not None:
            if _takes(waiting, here):
                here = replace(here, text=f"{waiting.text} {here.text}", anchor=waiting.anchor or here.anchor)
            else:
                out.append(waiting)
            waiting = None
        if _only_label(here):
            waiting = here
        else:
            out.append(here)
    if waiting is not None:
        out.append(waiting)
    return tuple(out)


def _unrowed(block: Block) -> Block:
    cells = [cell.strip() for cell in block.text.split(" | ")]
    filled = [cell for cell in cells if cell]
    if len(filled) != 2 or len(filled[0]) > _ALONE:
        return block
    found = bare(filled[0])
    if found is None or found.length < len(filled[0]):
        return block
    return replace(block, kind="item", text=f"{filled[0]} {filled[1]}")


def _only_label(block: Block) -> bool:
    if len(block.text) > _ALONE or block.kind in ("heading", "row", "cell", "code"):
        return False
    found = bare(block.text)
    return found is not None and found.length == len(block.text)


def _takes(waiting: Block, block: Block) -> bool:
    if block.role != waiting.role or block.kind in ("heading", "row", "code", "caption"):
        return False
    return bare(block.text) is None
