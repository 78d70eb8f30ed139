"""Edits as readers see them: where, what kind, and the words with just enough of what stands around them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.model import Edit, EditKind, Span

CONTEXT = 160  # characters kept on each side of a change
LONGEST = 1500  # characters of one inserted or deleted piece that a mail shows
SHOWN = 40  # edits that a mail shows at most
ELLIPSIS = " … "


@dataclass(frozen=True, slots=True)
class EditView:
    """One edit. `kind` is model.EditKind's word, `place` its path (or number), `was` the place before, where it
    differs. `cut` says that not all of its words are shown."""

    kind: str
    place: str
    was: str
    eid: str
    spans: tuple[Span, ...]
    cut: bool = False

    @property
    def size(self) -> int:
        """About how many bytes of HTML it takes."""
        return 700 + sum(int(len(text.encode()) * 1.15) + 120 for _, text in self.spans)


def clean(text: str, *, lines: bool = False) -> str:
    """Text without what steers: control and direction characters, lone surrogates. Line ends stay where `lines`."""
    if text.isprintable():  # nothing of the kind is in it, as in nearly every text
        return text if lines else " ".join(text.split())
    kept = (
        char
        if (lines and char == "\n")
        or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        or char in "\u200c\u200d"
        else " "
        for char in text
    )
    return "".join(kept) if lines else " ".join("".join(kept).split())


def short(text: str, limit: int) -> str:
    """A line of at most `limit` characters, cut at a word where there is one."""
    text = clean(text)
    if len(text) <= limit:
        return text
    at = text.rfind(" ", limit // 2, limit)
    return text[: at if at > 0 else limit - 1].rstrip(" ,;:—-") + "…"


def views(edits: Sequence[Edit], *, context: int = CONTEXT, longest: int = LONGEST) -> list[EditView]:
    """All edits, each cut to what changed."""
    return [view(edit, context=context, longest=longest) for edit in edits]


def view(edit: Edit, *, context: int = CONTEXT, longest: int = LONGEST) -> EditView:
    """One edit."""
    found = edit.spans or _whole(edit)
    still = edit.kind in (EditKind.MOVE, EditKind.RENUMBER) and not any(kind != "=" for kind, _ in found)
    spans, cut = _trimmed(found, 0 if still else context, longest, still)
    block = edit.new[0] if edit.new else edit.old[0] if edit.old else None
    place = edit.path or (block.number if block else "")
    was = edit.old_path if edit.old_path != edit.path else ""
    return EditView(edit.kind.value, clean(place), clean(was), edit.eid, spans, cut)


def _whole(edit: Edit) -> tuple[Span, ...]:
    if edit.old_text == edit.new_text:
        return (("=", edit.new_text),)
    return tuple((kind, text) for kind, text in (("-", edit.old_text), ("+", edit.new_text)) if text)


def _trimmed(spans: Sequence[Span], context: int, longest: int, still: bool) -> tuple[tuple[Span, ...], bool]:
    kept: list[Span] = []
    cut = False
    for at, (kind, text) in enumerate(spans):
        if kind == "=":
            short = _head(text, 300) if still else _around(text, context, first=at == 0, last=at == len(spans) - 1)
            cut = cut or len(short) < len(text)
        else:
            short = text if len(text) <= longest else _head(text, longest)
            cut = cut or short != text
        short = clean_piece(short)
        if short:
            kept.append((kind, short))
    return _spaced(kept), cut


def _spaced(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same with the space at the borders of changed pieces outside of them, and never two in a row: what is
    coloured, or stands between brackets, is words."""
    made: list[Span] = []

    def add(kind: str, text: str) -> None:
        if made and made[-1][1][-1].isspace() and text[0].isspace():
            text = text[1:] if text[0] == " " or made[-1][1][-1] == "\n" else text
        if text and made and kind == "=" == made[-1][0]:
            made[-1] = ("=", made[-1][1] + text)
        elif text:
            made.append((kind, text))

    for kind, text in spans:
        core = text.strip()
        if kind == "=" or not core:
            add(kind, text)
            continue
        before, after = _border(text)
        for sign, piece in (("=", before), (kind, core), ("=", after)):
            if piece:
                add(sign, piece)
    return tuple(made)


def clean_piece(text: str) -> str:
    """A piece of a redline: cleaned, with its white space at the borders kept as one space, and the ends of its
    blocks as line ends."""
    lines = [line for line in map(clean, text.split("\n")) if line]
    if not lines:
        return "\n" if "\n" in text else " " if text else ""
    ends = ["\n" if "\n" in end else " " if end else "" for end in _border(text)]
    return ends[0] + "\n".join(lines) + ends[1]


def _border(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _around(text: str, context: int, *, first: bool, last: bool) -> str:
    if first and last:
        return _head(text, 2 * context)
    if first:
        return _tail(text, context)
    if last:
        return _head(text, context)
    if len(text) <= 2 * context + len(ELLIPSIS):
        return text
    return _head(text, context) + _tail(text, context).removeprefix(ELLIPSIS)


def _head(text: str, size: int) -> str:
    if len(text) <= size + 20:
        return text
    at = text.rfind(" ", size // 2, size)
    return text[: at if at > 0 else size] + ELLIPSIS


def _tail(text: str, size: int) -> str:
    if len(text) <= size + 20:
        return text
    at = text.find(" ", len(text) - size, len(text) - size // 2)
    return ELLIPSIS + text[at + 1 if at > 0 else len(text) - size :]


def fitting(edits: Sequence[EditView], budget: int) -> int:
    """How many of the first edits fit into about so many bytes of HTML; at least one."""
    spent = 0
    for number, edit in enumerate(edits):
        spent += edit.size
        if number and (spent > budget or number >= SHOWN):
            return number
    return len(edits)


def plain(spans: Sequence[Span]) -> str:
    """A redline in plain text: [-deleted-] {+inserted+}, as wdiff writes it."""
    marks = {"=": ("", ""), "-": ("[-", "-]"), "+": ("{+", "+}")}
    made = []
    for kind, text in spans:
        end = "\n" if text.endswith("\n") else ""
        made.append(marks[kind][0] + text.removesuffix("\n") + marks[kind][1] + end)
    return "".join(made).replace("-]{+", "-] {+").strip()
