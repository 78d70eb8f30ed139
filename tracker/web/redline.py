"""Edits as a reading page shows them: where, what, two unchanged lines around, the rest folded; evidence marked.

Pure functions from the model's values to views; nothing here knows HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tracker.model import Block, Classification, Comparison, Edit, EditKind, Evidence

CONTEXT = 2  # unchanged blocks shown on each side of an edit
FOLDED = 60  # unchanged blocks that a fold carries; longer stretches are a link to the document
LONG = 700  # characters of one unchanged piece inside an edit that are shown whole
KEPT = 220  # of a longer one, on each side
SHOWN = 100  # edits on one page; the others are on pages of their own


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: `kind` is "=", "-", "+" or "…" (left out: `text` is then what was left out). `areas` are those
    whose evidence it is."""

    kind: str
    text: str
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditView:
    """One edit. `place` is its path, `under` the heading it stands under where it has none; `was` the place before,
    where it differs. `inline` is the redline as one text, `before` and `after` its two sides. `cut` says that long
    unchanged words were left out of all three; `whole` then has them."""

    number: int
    kind: str
    block: str
    level: int
    place: str
    under: str
    was: str
    eid: str
    inline: tuple[Piece, ...]
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    whole: tuple[Piece, ...] = ()

    @property
    def cut(self) -> bool:
        return bool(self.whole)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What stands between two edits: `head` and `tail` are shown, `folded` can be opened; `hidden` counts the blocks
    between head and tail, `eid` is the first of them."""

    head: tuple[Block, ...] = ()
    folded: tuple[Block, ...] = ()
    tail: tuple[Block, ...] = ()
    hidden: int = 0
    eid: str = ""


@dataclass(frozen=True, slots=True)
class Redline:
    """Edits and what stands between them, in the order of the new text. `start` counts the edits before those shown,
    `more` those beyond them."""

    parts: tuple[EditView | Unchanged, ...]
    edits: int
    more: int = 0
    start: int = 0

    @property
    def views(self) -> tuple[EditView, ...]:
        return tuple(part for part in self.parts if isinstance(part, EditView))


def redline(
    comparison: Comparison,
    new: Sequence[Block] = (),
    classification: Classification | None = None,
    *,
    context: int = CONTEXT,
    shown: int = SHOWN,
    edits: int = 0,
    start: int = 0,
    between: tuple[int, int] | None = None,
) -> Redline:
    """The comparison as a page shows it; without the new text's blocks no context is given. `edits` is their number
    where the comparison holds only some of them, from the one behind `start` others on; `between` are the blocks
    [start, end) of the new text that were compared, where that is not all of it."""
    marks = _marks(classification)
    ordered = sorted(enumerate(comparison.edits, start), key=lambda pair: (pair[1].new_at, pair[0]))[:shown]
    number_of = max(edits, start + len(comparison.edits))
    parts: list[EditView | Unchanged] = []
    at, end = between or (0, len(new))
    if start and ordered:
        at = max(at, min(ordered[0][1].new_at, len(new)) - context)
    heading, read = "", 0
    for position, (number, edit) in enumerate(ordered):
        if min(edit.new_at, len(new)) > at:
            parts.append(_unchanged(new, at, min(edit.new_at, len(new)), context if position else 0, context))
        if not _place(edit):
            heading, read = _heading(new, read, edit.new_at) or heading, max(read, edit.new_at)
        parts.append(_view(number, edit, heading, marks.get(number, ())))
        at = max(at, edit.new_at + len(edit.new))
    more = number_of - start - len(ordered)
    if parts and at < end and not more:
        parts.append(_unchanged(new, at, end, context, 0))
    return Redline(tuple(parts), number_of, more, start)


def _unchanged(new: Sequence[Block], start: int, end: int, head: int, tail: int) -> Unchanged:
    first, last = min(start + head, end), end - tail
    if end - start <= head + tail + 1:
        return Unchanged(tuple(new[start:first]), (), tuple(new[first:end]))
    return Unchanged(
        tuple(new[start:first]),
        tuple(new[first:last]) if last - first <= FOLDED else (),
        tuple(new[last:end]) if tail else (),
        last - first,
        next((new[place].eid for place in range(first, last) if new[place].eid), ""),
    )


def _heading(new: Sequence[Block], start: int, end: int) -> str:
    """The last heading between two places: where a reader is, in a text without articles. "" where there is none."""
    for place in range(min(end, len(new)) - 1, start - 1, -1):
        if new[place].kind == "heading" and new[place].text.strip():
            return new[place].text
    return ""


def _place(edit: Edit) -> str:
    block = edit.new[0] if edit.new else edit.old[0] if edit.old else None
    return edit.path or (block.number if block else "")


def _view(number: int, edit: Edit, heading: str, marks: Sequence[tuple[str, Evidence]]) -> EditView:
    block = edit.new[0] if edit.new else edit.old[0] if edit.old else None
    pieces = marked(edit, marks)
    short = shortened(pieces)
    place = _place(edit)
    return EditView(
        number=number,
        kind=edit.kind.value,
        block=block.kind if block else "paragraph",
        level=block.level if block else 0,
        place=place,
        under="" if place else heading,
        was=edit.old_path if edit.old_path not in ("", edit.path) else "",
        eid=edit.eid,
        inline=short,
        before=tuple(piece for piece in short if piece.kind != "+"),
        after=tuple(piece for piece in short if piece.kind != "-"),
        whole=pieces if short != pieces else (),
    )


def _marks(classification: Classification | None) -> Mapping[int, list[tuple[str, Evidence]]]:
    found: dict[int, list[tuple[str, Evidence]]] = {}
    for area in classification.areas if classification else ():
        for evidence in area.evidence:
            found.setdefault(evidence.edit, []).append((area.id, evidence))
    return found


def spans(edit: Edit) -> tuple[tuple[str, str], ...]:
    """The edit's redline; made of its whole texts where it has none."""
    if edit.spans:
        return edit.spans
    if edit.kind in (EditKind.MOVE, EditKind.RENUMBER) and edit.old_text == edit.new_text:
        return (("=", edit.new_text),)
    return tuple((kind, text) for kind, text in (("-", edit.old_text), ("+", edit.new_text)) if text)


def marked(edit: Edit, marks: Iterable[tuple[str, Evidence]]) -> tuple[Piece, ...]:
    """The edit's redline, cut where evidence begins and ends. The pieces' texts add up to the spans' texts.

    Evidence of the new side lies on "=" and "+" words, that of the old side on "-" words: what stayed is told once.
    """
    sides: dict[str, list[tuple[int, int, str]]] = {"old": [], "new": []}
    for area, evidence in marks:
        if evidence.end > evidence.start:
            sides["old" if evidence.side == "old" else "new"].append((evidence.start, evidence.end, area))
    at = {"old": 0, "new": 0}
    pieces: list[Piece] = []
    for kind, text in spans(edit):
        side = "old" if kind == "-" else "new"
        pieces += _cut(kind, text, at[side], sides[side])
        if kind != "+":
            at["old"] += len(text)
        if kind != "-":
            at["new"] += len(text)
    return tuple(pieces)


def _cut(kind: str, text: str, start: int, found: Sequence[tuple[int, int, str]]) -> list[Piece]:
    end = start + len(text)
    here = [(max(first, start), min(last, end), area) for first, last, area in found if first < end and last > start]
    borders = sorted({start, end, *(first for first, _, _ in here), *(last for _, last, _ in here)})
    made = []
    for first, last in pairwise(borders):
        areas = tuple(dict.fromkeys(area for a, b, area in here if a <= first and b >= last))
        made.append(Piece(kind, text[first - start : last - start], areas))
    return made


def shortened(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Long unchanged words left out in the middle ("…" pieces keep them); all that changed stays."""
    made: list[Piece] = []
    for at, piece in enumerate(pieces):
        if piece.kind != "=" or piece.areas or len(piece.text) <= LONG:
            made.append(piece)
            continue
        head = _word(piece.text, KEPT) if at else 0
        tail = len(piece.text) - _word(piece.text[::-1], KEPT) if at < len(pieces) - 1 else len(piece.text)
        if not at and at == len(pieces) - 1:  # nothing changed in it: a moved block
            head, tail = _word(piece.text, 2 * KEPT), len(piece.text)
        for kind, text in (("=", piece.text[:head]), ("…", piece.text[head:tail]), ("=", piece.text[tail:])):
            if text:
                made.append(replace(piece, kind=kind, text=text))
    return tuple(made)


def _word(text: str, size: int) -> int:
    """Where to cut about `size` characters in without cutting a word."""
    at = text.rfind(" ", size // 2, size)
    return at if at > 0 else size
