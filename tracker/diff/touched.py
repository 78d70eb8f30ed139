"""Citations and dates in the changed words: of the new text what came, of the old text what went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from tracker.model import Deadline, Edit, EditKind, Reference
from tracker.text import dates, references

_MOST = 400_000  # characters that are searched in one comparison: a rewritten code cites thousands of things
_FEW = 500  # of each kind that are kept


class _Placed(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


_P = TypeVar("_P", bound=_Placed)


def cited(edits: Sequence[Edit]) -> tuple[Reference, ...]:
    """The citations in the changed words, with the edit and the side they stand on."""
    found = _touched(edits, references.find)
    return tuple(
        Reference(text[one.start : one.end], one.kind, one.target, edit, side) for text, one, edit, side in found
    )


def due(edits: Sequence[Edit]) -> tuple[Deadline, ...]:
    """The dates and periods in the changed words."""
    return tuple(replace(one.deadline, edit=edit, side=side) for _, one, edit, side in _touched(edits, dates.find))


def _touched(edits: Sequence[Edit], find: Callable[[str, str], list[_P]]) -> list[tuple[str, _P, int, str]]:
    out: list[tuple[str, _P, int, str]] = []
    left = _MOST
    for number, edit in enumerate(edits):
        if edit.kind in (EditKind.MOVE, EditKind.RENUMBER):
            continue
        language = (edit.new or edit.old)[0].language
        for side, sign in (("new", "+"), ("old", "-")):
            ranges = list(_ranges(edit, sign))
            text = edit.new_text if side == "new" else edit.old_text
            left -= len(text) if ranges else 0
            if not ranges or left < 0:
                continue
            found = (one for one in find(text, language) if any(a < one.end and one.start < b for a, b in ranges))
            out.extend((text, one, number, side) for one in found)
        if len(out) >= _FEW or left < 0:
            break
    return out[:_FEW]


def _ranges(edit: Edit, sign: str) -> Iterator[tuple[int, int]]:
    at = 0
    for kind, text in edit.spans:
        if kind == sign:
            yield at, at + len(text)
        if kind in ("=", sign):
            at += len(text)
