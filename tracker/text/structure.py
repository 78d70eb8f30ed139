"""Where a block stands in the document: number, path, eId. First general version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracker.model import Block
from tracker.text.numbering import label


def structure(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with number, path and eid; each eid once."""
    seen: dict[str, int] = {}
    out: list[Block] = []
    top, path = "", ""
    for block in blocks:
        found = label(block.text)
        if found is not None and found.kind != "bare":
            top, path = f"{found.kind}_{found.value}", found.text
            out.append(replace(block, number=found.text, path=path, eid=_unique(top, seen)))
        elif found is not None:
            eid = f"{top}__point_{found.value}" if top else f"point_{found.value}"
            out.append(
                replace(
                    block,
                    number=found.text,
                    path=f"{path}({found.value})" if path else found.text,
                    eid=_unique(eid, seen),
                )
            )
        else:
            out.append(replace(block, path=path, eid=_unique(f"{top}__p" if top else "p", seen)))
    return tuple(out)


def _unique(eid: str, seen: dict[str, int]) -> str:
    seen[eid] = seen.get(eid, 0) + 1
    return eid if seen[eid] == 1 else f"{eid}_{seen[eid]}"
