"""XML that is nothing better known to a Reading: what its elements say, and its records as items where it is a list.

lxml, hardened: no DTD, no entities, no network, no trees without end.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from lxml import etree

from tracker.formats import json_fields
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.fragments import list_reading
from tracker.model import Accounting, Block, Reading

_MAX_BLOCKS = 50_000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_DTD = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)


def read_xml(body: bytes, *, media_type: str = "", charset: str = "", url: str = "", **_: object) -> Reading:
    """The elements' texts in order; a root with three or more children of one name is a list, and they are items.

    Raises Unreadable for what is not XML at all; where only the end is broken, what came before is read.
    """
    root, notes = parsed(decode(body, charset, media_type)[0])
    records = _records(root)
    if records:
        described = json_fields.described([_record(each) for each in records[:5_000]])
        items = [json_fields.item(each, url, {}) for each in described]
        return list_reading("xml", items, title=_local(root), notes=notes)
    blocks = tuple(_blocks(root))
    if not blocks:
        raise Unreadable("XML without any text")
    words = sum(len(block.text.split()) for block in blocks)
    title = next((block.text for block in blocks if len(block.text) < 300), "")
    return Reading(
        format="xml", title=title, blocks=blocks, accounting=Accounting(words, 1.0 if words else 0.0), notes=notes
    )


def parsed(text: str) -> tuple[Any, tuple[str, ...]]:
    """(root, notes); a DTD is cut out before anything reads it, so entities mean nothing."""
    clean = _DTD.sub("", _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n\x00")), count=1).replace("\x00", "")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(clean.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"XML that cannot be read ({str(error)[:160]})") from error
    if root is None:
        raise Unreadable("XML that cannot be read")
    errors = list(parser.error_log)
    return root, (f"not well-formed: {str(errors[0].message)[:160]}",) if errors else ()


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _records(root: Any) -> list[Any]:
    """The children that make the root (or its only element) a list of records with fields."""
    for holder in (root, *(child for child in root if len(child) > 2)):
        names = Counter(_local(child) for child in holder)
        if not names:
            continue
        name, count = names.most_common(1)[0]
        children = [child for child in holder if _local(child) == name]
        if count >= 3 and count * 3 >= len(holder) * 2 and sum(len(child) >= 2 for child in children) * 3 >= count * 2:
            return children
    return []


def _record(element: Any, depth: int = 0) -> dict[str, Any]:
    """The element as an object: its attributes and children by name, several of one name as a list."""
    out: dict[str, Any] = {str(name).rpartition("}")[2]: str(value) for name, value in element.attrib.items()}
    for child in element:
        name = _local(child)
        if not name:
            continue
        value: Any = (
            _record(child, depth + 1) if len(child) and depth < 6 else " ".join("".join(child.itertext()).split())
        )
        if name in out:
            kept = out[name]
            out[name] = [*kept, value] if isinstance(kept, list) else [kept, value]
        elif value:
            out[name] = value
    return out


def _blocks(root: Any) -> list[Block]:
    out: list[Block] = []
    for element in root.iter():
        if len(out) >= _MAX_BLOCKS:
            break
        for text in (element.text, *(child.tail for child in element)):
            folded = " ".join((text or "").split())
            if folded:
                out.append(Block(folded))
    return out
