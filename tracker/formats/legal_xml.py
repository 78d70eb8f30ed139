"""Legal XML to a Reading, by what it is: Akoma Ntoso, Formex 4, USLM and its kin, gii-norm.

lxml, hardened: no DTD, no entities, no network. The dialects are read into one tree (legal_xml_tree), which names its
blocks as text.structure names those of pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from tracker.formats import legal_xml_akn, legal_xml_formex, legal_xml_gii
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.legal_xml_inline import Element, folded, local
from tracker.formats.legal_xml_tree import blocks_of
from tracker.formats.xml_text import parsed
from tracker.model import Accounting, Block, Reading
from tracker.text.structure import structure

_FIRST = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)([^>]{0,4000})")
_NAMESPACES = (b"akn", b"akomantoso", b"legaldocml", b"uslm", b"dc-library", b"/schemas/xml/")
_LANGUAGES = {
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "deu": "de",
    "ger": "de",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "zho": "zh",
    "nld": "nl",
}
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")


def looks_like_legal_xml(body: bytes) -> bool:
    """Whether the body's first element is that of a legal dialect."""
    return bool(_dialect(body))


def _dialect(body: bytes) -> str:
    head = body[:20_000]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "ignore").encode("ascii", "ignore")
    found = _FIRST.search(head)
    if found is None:
        return ""
    name, attributes = found.group(1), found.group(2).lower()
    if name == b"akomaNtoso":
        return "akn"
    if name.decode("ascii", "ignore") in legal_xml_formex.ROOTS and (
        b"formex" in attributes or b"<BIB." in head or b"<TITLE" in head
    ):
        return "formex"
    if name == b"dokumente" and b"<norm" in head:
        return "gii"
    if any(mark in attributes for mark in _NAMESPACES) and name.lower() != b"html":
        return "akn"
    return ""


def read_legal_xml(
    body: bytes,
    *,
    media_type: str = "",
    charset: str = "",
    **_: object,
) -> Reading:
    """The text with its own numbers; a note names the dialect. Raises Unreadable for XML that
    cannot be read, or that holds no text (a manifest)."""
    dialect = _dialect(body) or "akn"
    root, notes = parsed(decode(body, charset, media_type)[0])
    blocks = _blocks(root, dialect)
    if not blocks:
        raise Unreadable("legal XML without any text of its own: a manifest or metadata")
    if dialect == "akn" and local(root) != "akomaNtoso":
        dialect = "uslm"
    words = sum(max(len(block.text.split()), len(block.text) // 12) for block in blocks)
    return Reading(
        format="legal_xml",
        title=_title(root, blocks),
        language=_language(root),
        published=_published(root),
        blocks=blocks,
        accounting=_accounting(root, words),
        notes=(_DIALECTS[dialect], *notes),
    )


def _blocks(root: Element, dialect: str) -> tuple[Block, ...]:
    if dialect == "gii":
        return structure(legal_xml_gii.blocks(root))
    if dialect == "formex":
        if local(root) in ("DOC", "PUBLICATION"):
            return ()  # says which files an act has, and nothing of the act
        return blocks_of(legal_xml_formex.nodes(root))
    return blocks_of(legal_xml_akn.nodes(root))


_DIALECTS = {"akn": "Akoma Ntoso", "uslm": "USLM or its kin", "formex": "Formex 4", "gii": "gii-norm"}
_FACTS = frozenset(("meta", "metadaten", "BIB.INSTANCE", "toc", "TOC", "JOLUXWork", "proprietary", "annotations"))


def _accounting(root: Element, kept: int) -> Accounting:
    """What share of the XML's words the blocks hold; the rest are facts about the text (`metadata`) or lost
    (`elsewhere`)."""
    total = facts = 0
    for element in root.iter():
        name = local(element)
        if not name:
            continue
        said = len((element.text or "").split()) + sum(len((child.tail or "").split()) for child in element)
        total += said
        if name in _FACTS or any(local(above) in _FACTS for above in element.iterancestors()):
            facts += said
    text = max(total - facts, 0)
    share = min(1.0, kept / max(total, kept, 1))
    return Accounting(
        max(total, kept),
        share,
        {"metadata": 1 - share}
        if kept >= 0.8 * text and share < 1
        else ({"elsewhere": 1 - share} if share < 1 else {}),
    )


def _title(root: Element, blocks: Sequence[Block]) -> str:
    for name in ("docTitle", "title", "FRBRname", "FRBRalias", "langue", "shortTitle"):
        for element in root.iter():
            if local(element) == name and not len(element):
                text = folded(element.text or "") or str(element.get("value") or "")
                if text and len(text) < 500:
                    return text
    for element in root.iter():
        if local(element) in ("TITLE", "docTitle", "longTitle", "heading"):
            text = folded(" ".join(element.itertext()))
            if text:
                return text[:500]
    return blocks[0].text[:300]


def _language(root: Element) -> str:
    for element in root.iter():
        name = local(element)
        said = ""
        if name == "FRBRlanguage":
            said = element.get("language") or ""
        elif name in ("LG.DOC", "LG.OJ", "language"):
            said = element.text or ""
        elif element is root:
            said = element.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
        low = said.strip().rstrip("/").rpartition("/")[2].lower()[:3]  # some give the language's address
        if low:
            return _LANGUAGES.get(low, low[:2])
    return "de" if local(root) == "dokumente" else ""


def _published(root: Element) -> datetime | None:
    for element in root.iter():
        name = local(element)
        if name in ("FRBRdate", "DATE", "ausfertigung-datum", "publication"):
            found = _DATE.search(str(element.get("date") or element.get("ISO") or element.text or ""))
            if found:
                try:
                    return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
                except ValueError:
                    continue
    return None
