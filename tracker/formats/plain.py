"""Plain text to a Reading: paragraphs by empty lines, items by their marks, headings by their look."""

from __future__ import annotations

import re
import unicodedata

from tracker.formats.charset import decode
from tracker.model import Accounting, Block, Reading

_PARAGRAPHS = re.compile(r"\n[ \t\u3000]*\n+|\f")
_ITEM = re.compile(r"^\s*(?:[-*•·‣–—]|\(?[0-9ivxlcdm]{1,4}[.)]|\(?[a-zA-Z][.)])\s+\S")
_INDENTED = re.compile(r"^(?:\u3000{1,2}| {2,}|\t)\S")
_CONTROL = dict.fromkeys([*range(9), 11, *range(14, 32), 127], " ")
_MAX_BLOCKS = 100_000
_MAX_TEXT = 1_000_000


def read_plain(body: bytes, *, media_type: str = "", charset: str = "", **_: object) -> Reading:
    """The text as paragraphs and items. Never raises: bytes that are no text become U+FFFD."""
    text, used = decode(body, charset, media_type)
    notes = (f"declared {charset}, read as {used}",) if charset and used[:3].lower() != charset.lower()[:3] else ()
    blocks = blocks_of(text)
    words = sum(len(block.text.split()) for block in blocks)
    title = next((block.text for block in blocks if len(block.text) <= 200), "")
    return Reading(
        format="plain",
        title=title,
        blocks=blocks,
        accounting=Accounting(words, 1.0 if words else 0.0),
        notes=notes,
    )


def blocks_of(text: str) -> tuple[Block, ...]:
    """Paragraphs, items and headings of a text; lines that were only broken to fit are joined."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    out: list[Block] = []
    for paragraph in _PARAGRAPHS.split(lines):
        for piece in _pieces(paragraph):
            folded = " ".join(piece.split())[:_MAX_TEXT]
            if folded and len(out) < _MAX_BLOCKS:
                kind = "item" if _ITEM.match(piece) else "paragraph"
                out.append(Block(folded, kind=kind, level=1 if kind == "item" else 0))
    return tuple(out)


def _pieces(paragraph: str) -> list[str]:
    """A paragraph's lines, joined where they were wrapped. A line starts a piece of its own when it is an item, is
    indented where the line before was not, or when the lines are not wrapped at all (one line, one paragraph)."""
    lines = [line for line in paragraph.split("\n") if line.strip()]
    if len(lines) < 2:
        return lines
    width = max(_width(line) for line in lines)
    wrapped = width <= 100 and sum(_width(line) > 0.6 * width for line in lines[:-1]) * 2 >= len(lines) - 1
    pieces: list[str] = []
    for line in lines:
        starts = not pieces or not wrapped or _ITEM.match(line) or _INDENTED.match(line)
        if starts:
            pieces.append(line)
        else:
            pieces[-1] += "\n" + line
    return pieces


def _width(line: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line[:400])
