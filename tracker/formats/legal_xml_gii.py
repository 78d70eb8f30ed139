"""The XML of gesetze-im-internet.de (gii-norm): German federal law, one `norm` a paragraph."""

from __future__ import annotations

from tracker.formats.legal_xml_inline import Element, folded, local, words
from tracker.model import Block

_BLOCKS = frozenset(("P", "DL", "table", "Title", "Subtitle", "pre", "Ident", "Revision", "TOC"))


def blocks(root: Element) -> list[Block]:
    """Flat blocks: the labels stand in the text, as on the page, and text.structure reads them."""
    out: list[Block] = []
    for norm in root:
        if local(norm) == "norm":
            out += _norm(norm)
    return out


def _norm(norm: Element) -> list[Block]:
    anchor = str(norm.get("doknr") or "")[:200]
    out: list[Block] = []
    unit = norm.find(".//gliederungseinheit")
    if unit is not None:
        label, title = _said(unit.find("gliederungsbez")), _said(unit.find("gliederungstitel"))
        depth = max(1, len(_said(unit.find("gliederungskennzahl"))) // 3)
        out.append(Block(f"{label} {title}".strip(), kind="heading", level=min(depth, 5), anchor=anchor))
    name, title = _said(norm.find("metadaten/enbez")), _said(norm.find("metadaten/titel"))
    if name or (title and unit is None):
        out.append(Block(f"{name} {title}".strip(), kind="heading", level=6, anchor=anchor))
    elif unit is None and norm.find("metadaten/langue") is not None:
        out.append(Block(_said(norm.find("metadaten/langue")), kind="heading", level=1, anchor=anchor))
    for content in norm.iterfind("textdaten/text/Content"):
        out += _inside(content, anchor)
    return [block for block in out if block.text]


def _inside(element: Element, anchor: str) -> list[Block]:
    """The words of an element, cut where a list, table or paragraph begins."""
    out: list[Block] = []
    pending = [element.text or ""]
    for child in element:
        name = local(child)
        if name in _BLOCKS:
            out += _block("".join(pending), anchor)
            out += _special(child, name, anchor)
            pending = [child.tail or ""]
        elif name == "BR":
            pending += ["\n", child.tail or ""]
        else:
            pending += [words(child, _inline) if name else "", child.tail or ""]
    return out + _block("".join(pending), anchor)


def _special(element: Element, name: str, anchor: str) -> list[Block]:
    if name == "DL":
        return _list(element, anchor)
    if name == "table":
        rows = [[_said(cell) for cell in row if local(cell) == "entry"] for row in element.iter("row")]
        return [Block(" | ".join(row), kind="row", anchor=anchor) for row in rows if any(row)]
    if name in ("Title", "Subtitle"):
        return [Block(_said(element), kind="caption", anchor=anchor)]
    return _inside(element, anchor)


def _list(element: Element, anchor: str) -> list[Block]:
    out: list[Block] = []
    label = ""
    for child in element:
        if local(child) == "DT":
            label = _said(child)
        elif local(child) == "DD":
            inside = [block for part in child for block in _inside(part, anchor)] or _inside(child, anchor)
            if inside:
                first = inside[0]
                inside[0] = Block(f"{label} {first.text}".strip(), kind="item", anchor=anchor)
            out += inside or _block(label, anchor)
            label = ""
    return out


def _block(text: str, anchor: str) -> list[Block]:
    text = folded(text)
    return [Block(text, anchor=anchor)] if text else []


def _inline(element: Element) -> str | None:
    return " " if local(element) == "BR" else "" if local(element) in ("FnR", "FILE", "IMG") else None


def _said(element: Element | None) -> str:
    return "" if element is None else words(element, _inline)
