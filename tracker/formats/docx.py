"""A Word file to a Reading, by python-docx: paragraphs, headings by their styles, items, tables row by row.

Tracked changes are read as accepted: inserted words are there, deleted ones are not.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tracker.formats.errors import Unreadable
from tracker.model import Accounting, Block, Link, Outcome, Reading

_MAX_UNPACKED = 200 * 2**20
_MAX_RATIO = 500  # of one member: XML packs well, bombs better
_MAX_BLOCKS = 100_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|标题|見出し)\s*(\d)|^(title|titel)$", re.IGNORECASE
)
_LISTED = re.compile(r"list|aufzählung|liste|puce|bullet|列表", re.IGNORECASE)


def read_docx(body: bytes, **_: object) -> Reading:
    """The document's body in order. Raises Unreadable for what is no Word file, is protected, or unpacks to far more
    than it is."""
    _guarded(body)
    import docx  # imported late: Word files are rare, and the module is heavy

    try:
        document = docx.Document(io.BytesIO(body))
        parts = list(_parts(document))
    except (KeyError, ValueError, zipfile.BadZipFile, SyntaxError, OSError, AttributeError) as error:
        raise Unreadable(f"broken: it cannot be opened as a Word file ({type(error).__name__})") from error
    except Exception as error:
        raise Unreadable(f"a Word file that cannot be read ({type(error).__name__})") from error
    if not parts:
        raise Unreadable("a Word file without text", Outcome.EMPTY)
    properties = document.core_properties
    title = (properties.title or "").strip() or next(
        (b.text for b in parts if b.kind == "heading"), parts[0].text[:200]
    )
    words = sum(len(block.text.split()) for block in parts)
    return Reading(
        format="docx",
        title=title,
        language=(properties.language or "").split("-")[0].lower()[:3],
        published=_utc(properties.created),
        modified=_utc(properties.modified),
        blocks=tuple(parts),
        links=tuple(link for block in parts for link in block.links),
        accounting=Accounting(words, 1.0 if words else 0.0),
        notes=("only the first part of a very long document was read",) if len(parts) >= _MAX_BLOCKS else (),
    )


def _guarded(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            members = packed.infolist()
            names = {member.filename for member in members}
            unpacked = sum(member.file_size for member in members)
            worst = max(
                (member.file_size / max(member.compress_size, 1) for member in members if member.file_size > 2**20),
                default=0,
            )
            encrypted = any(member.flag_bits & 1 for member in members)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable(f"broken: it cannot be opened as a Word file ({error})") from error
    if encrypted:
        raise Unreadable("the Word file needs a password")
    if unpacked > _MAX_UNPACKED or worst > _MAX_RATIO or len(members) > 5_000:
        raise Unreadable("a Word file that unpacks to far more than it is", Outcome.TOO_LARGE)
    if not any(name.startswith("word/") for name in names):
        raise Unreadable("an archive, and not a Word file")


def _parts(document: Any) -> Iterator[Block]:
    relations = document.part.rels
    styles = {style.style_id: style.name or "" for style in document.styles}
    count = 0
    for element in document.element.body.iterchildren():
        made: Iterator[Block] = iter(())
        if element.tag == f"{_W}p":
            made = _paragraph(element, styles, relations)
        elif element.tag == f"{_W}tbl":
            made = _table(element)
        elif element.tag == f"{_W}sdt":
            made = (block for each in element.iter(f"{_W}p") for block in _paragraph(each, styles, relations))
        for block in made:
            count += 1
            if count > _MAX_BLOCKS:
                return
            yield block


def _paragraph(element: Any, styles: dict[str, str], relations: Any) -> Iterator[Block]:
    text = _text(element)
    if not text:
        return
    style_element = element.find(f"{_W}pPr/{_W}pStyle")
    identity = style_element.get(f"{_W}val", "") if style_element is not None else ""
    name = styles.get(identity, identity)
    numbering = element.find(f"{_W}pPr/{_W}numPr")
    links = tuple(_links(element, relations))
    heading = _HEADING.search(name)
    if heading:
        yield Block(text, kind="heading", level=min(int(heading[1] or 1), 6), links=links)
    elif numbering is not None or _LISTED.search(name):
        depth = numbering.find(f"{_W}ilvl") if numbering is not None else None
        level = int(depth.get(f"{_W}val", "0") or 0) if depth is not None else 0
        yield Block(text, kind="item", level=level + 1, links=links)
    else:
        yield Block(text, links=links)


def _table(element: Any) -> Iterator[Block]:
    for row in element.iter(f"{_W}tr"):
        cells = [
            " ".join(filter(None, (_text(each) for each in cell.iter(f"{_W}p"))))
            for cell in row.iterchildren(f"{_W}tc")
        ]
        text = " | ".join(cell for cell in cells if cell)
        if text:
            yield Block(text, kind="row")


def _text(element: Any) -> str:
    pieces = []
    for node in element.iter():
        if node.tag == f"{_W}t":
            pieces.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            pieces.append(" ")
        elif node.tag == f"{_W}noBreakHyphen":
            pieces.append("-")
    return " ".join("".join(pieces).split())


def _links(element: Any, relations: Any) -> Iterator[Link]:
    for node in element.iter(f"{_W}hyperlink"):
        relation = relations.get(node.get(f"{_R}id", ""))
        if relation is not None and relation.is_external and str(relation.target_ref).startswith("http"):
            yield Link(str(relation.target_ref), _text(node))


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
