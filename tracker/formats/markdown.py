"""Markdown to a Reading, by its lines: headings, paragraphs, items, quotes, code, tables; links kept, marks gone.

Written for texts that are kept in repositories (policies, laws): no HTML is made on the way, so that a block's text
is what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.formats.charset import decode
from tracker.formats.fragments import absolute, fragment_text
from tracker.model import Accounting, Block, Link, Reading

_MAX_BLOCKS = 100_000
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)\s*$")
_ITEM = re.compile(r"^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_RULE = re.compile(r"^ {0,3}(?:[-*_]\s*){3,}$")
_TABLE_LINE = re.compile(r"^\s*\|?[\s:|-]+\|[\s:|-]*$")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?(?:\s+[\"'(][^)]*)?\)|<(https?://[^>\s]+)>")
_REFERENCE = re.compile(r"^ {0,3}\[([^\]]+)\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$", re.MULTILINE)
_BY_REFERENCE = re.compile(r"\[([^\]\n]+)\]\[([^\]\n]*)\]")
_MARKS = re.compile(r"(\*\*|__|~~|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|`+)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])")
_FRONT = re.compile(r"\A---\s*\n(.*?)\n(?:---|\.\.\.)\s*\n", re.DOTALL)


def read_markdown(body: bytes, *, media_type: str = "", charset: str = "", url: str = "", **_: object) -> Reading:
    """The text block by block. Never raises."""
    text, _used = decode(body, charset, media_type)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", " ").lstrip("\ufeff")
    front = _FRONT.match(text)
    title = ""
    if front:
        named = re.search(r"^title:\s*[\"']?(.+?)[\"']?\s*$", front[1], re.MULTILINE | re.IGNORECASE)
        title = named[1] if named else ""
        text = text[front.end() :]
    references = {match[1].casefold(): match[2] for match in _REFERENCE.finditer(text)}
    blocks = tuple(
        block for block, _ in zip(_blocks(_REFERENCE.sub("", text), references, url), range(_MAX_BLOCKS), strict=False)
    )
    words = sum(len(block.text.split()) for block in blocks)
    return Reading(
        format="markdown",
        title=title
        or next((block.text for block in blocks if block.kind == "heading"), blocks[0].text[:200] if blocks else ""),
        blocks=blocks,
        links=tuple(link for block in blocks for link in block.links)[:5_000],
        accounting=Accounting(words, 1.0 if words else 0.0),
    )


def _blocks(text: str, references: dict[str, str], url: str) -> Iterator[Block]:
    for kind, level, piece in _pieces(text.split("\n")):
        if kind == "code":
            yield Block(" ".join(piece.split()), kind=kind)
            continue
        plain, links = _inline(piece, references, url)
        if plain:
            yield Block(plain, kind=kind, level=level, links=links)


def _pieces(lines: list[str]) -> Iterator[tuple[str, int, str]]:
    """(kind, level, source) of every block."""
    gathered: list[str] = []
    kind, level, fence = "paragraph", 0, ""
    for line in lines:
        if fence:
            if line.strip().startswith(fence):
                yield "code", 0, "\n".join(gathered)
                gathered, fence, kind = [], "", "paragraph"
            else:
                gathered.append(line)
            continue
        start = _started(line, gathered)
        if start is None:
            gathered.append(line.strip())
            continue
        if gathered and start[0] != "underline":
            yield kind, level, " ".join(gathered)
            gathered = []
        kind, level, rest = "paragraph", 0, start[2]
        if start[0] == "underline":
            yield "heading", start[1], " ".join(gathered)
            gathered = []
        elif start[0] in ("heading", "row"):
            yield start[0], start[1], rest
        elif start[0] == "fence":
            fence = rest
        elif rest:
            kind, level, gathered = start[0], start[1], [rest]
    if gathered:
        yield "code" if fence else kind, 0 if fence else level, " ".join(gathered)


def _started(line: str, gathered: list[str]) -> tuple[str, int, str] | None:
    """(kind, level, text) where the line begins something new; None where it goes on with what is there."""
    if not line.strip():
        return "empty", 0, ""
    fence = _FENCE.match(line)
    if fence:
        return "fence", 0, fence[1][:3]
    heading = _HEADING.match(line)
    if heading:
        return "heading", len(heading[1]), heading[2]
    underline = _UNDERLINE.match(line)
    if underline and gathered:
        return "underline", 1 if underline[1][0] == "=" else 2, ""
    if _RULE.match(line) or ("|" in line and _TABLE_LINE.match(line)):
        return "empty", 0, ""
    if line.lstrip().startswith("|") and line.count("|") > 1:
        return "row", 0, " | ".join(cell.strip() for cell in line.strip().strip("|").split("|"))
    item = _ITEM.match(line)
    if item:
        number = f"{item[2]} " if item[2][0].isdigit() else ""  # a law's points are cited by it
        return "item", len(item[1].expandtabs(4)) // 2 + 1, number + item[3]
    if line.lstrip().startswith(">"):
        return None if gathered and gathered[-1:] and line.startswith(">>") else ("quote", 0, line.lstrip("> "))
    return None


def _inline(piece: str, references: dict[str, str], url: str) -> tuple[str, tuple[Link, ...]]:
    links: list[Link] = []

    def linked(match: re.Match[str]) -> str:
        words, target = match[1] or match[3] or "", match[2] or match[3] or ""
        address = absolute(url, target) if target and not match[0].startswith("!") else ""
        if address:
            links.append(Link(address, " ".join(words.split())[:300]))
        return words

    def referred(match: re.Match[str]) -> str:
        address = absolute(url, references.get((match[2] or match[1]).casefold(), ""))
        if address:
            links.append(Link(address, match[1][:300]))
        return match[1]

    plain = _LINK.sub(linked, piece)
    plain = _BY_REFERENCE.sub(referred, plain)
    plain = _MARKS.sub("", plain)
    plain = _ESCAPED.sub(r"\1", plain)
    return fragment_text(plain), tuple(links)
