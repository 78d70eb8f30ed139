"""Akoma Ntoso in its dialects (OASIS 1.0 and drafts, 2.0, AKN4EU, LegalDocML.de, national ones), USLM and its kin:
elements named after what they are, with num, heading and content."""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.formats.legal_xml_inline import Element, folded, identifier, local, words
from tracker.formats.legal_xml_tree import Node
from tracker.text.numbering import worded

# Divisions by name, with the eId's sign.
_HOLDERS = {
    "book": "book", "tome": "tome", "part": "part", "subpart": "subpart", "title": "title", "subtitle": "subtitle",
    "chapter": "chp", "subchapter": "subchp", "division": "dvs", "subdivision": "subdvs", "compiledAct": "act", "courtRules": "rules",
    "schedule": "sched", "appendix": "appx", "annex": "annex", "debateSection": "dbsect", "container": "cnt", "attachment": "att",
    "reorganizationPlan": "plan", "preliminary": "prel",
}  # fmt: skip
_UNITS = {"article": "art", "section": "sec", "rule": "rule", "courtRule": "rule", "regulation": "reg"}
_LEVELS = frozenset((
    "paragraph", "subparagraph", "point", "subpoint", "item", "subitem", "subsubitem", "clause", "subclause", "subsection", "indent",
    "alinea", "level", "hcontainer", "transitional", "para", "list", "tblock", "subarticle", "subrule", "subregulation", "crossHeading",
))  # fmt: skip
_TEXTS = frozenset((
    "p", "block", "text", "content", "chapeau", "continuation", "longTitle", "docTitle", "formula", "citation", "from", "narrative",
    "summary", "listIntroduction", "listWrapUp", "intro", "wrapUp", "enactingFormula", "officialTitle", "line", "blockContainer", "span", "caption",
    "editorialNote", "sourceCredit", "after", "before", "signature", "quotedText", "proviso", "li", "subheading", "heading", "crossHeading",
))  # fmt: skip
_SKIPPED = frozenset((
    "meta", "toc", "tocItem", "page", "img", "componentRef", "documentRef", "noteRef", "marker", "eol", "eop", "remark", "notes",
    "JOLUXWork", "JOLUXComplexWork", "JOLUXLegalResource", "rdf", "legalDocML.de_metadaten", "proprietary", "sidenote", "property",
    "currentThroughPublicLaw", "num", "organization-meta", "analysis", "presentation", "documentStatus",
))  # fmt: skip
_NOTES = frozenset(("authorialNote", "footnote", "note", "annotation"))
_QUOTES = frozenset(("quotedStructure", "embeddedStructure", "quotedContent"))
_TABLES = frozenset(("table", "xhtml:table"))


def nodes(root: Element) -> list[Node]:
    """The tree of the document; its footnotes stand at its end."""
    reader = _Reader(_unit_name(root))
    out = reader.node(root)
    return [*out, *reader.notes]


def _unit_name(root: Element) -> str:
    """The element that holds the text: article where there are some outside quotations, else section, …"""
    counts: dict[str, int] = {}
    for element in root.iter():
        name = local(element)
        if name in _UNITS and not _quoted(element):
            counts[name] = counts.get(name, 0) + 1
    if counts.get("article", 0) and counts.get("section", 0) and _holds(root, "section", "article"):
        return "article"
    if counts.get("section", 0) > counts.get("article", 0):
        return "section"
    return "article" if counts.get("article") else max(counts, key=lambda name: counts[name], default="article")


def _quoted(element: Element) -> bool:
    return any(local(above) in _QUOTES for above in element.iterancestors())


def _holds(root: Element, outer: str, inner: str) -> bool:
    for element in root.iter():
        if local(element) == outer and any(local(below) == inner for below in element.iterdescendants()):
            return True
    return False


@dataclass(slots=True)
class _Reader:
    unit: str
    notes: list[Node] = field(default_factory=list)
    depth: int = 0

    def said(self, element: Element) -> str | None:
        """Words of inline elements that are not simply their text."""
        name = local(element)
        if name in _NOTES:
            return self._note(element)
        if name in ("eol", "br"):
            return " "
        if name == "num":
            return None
        return "" if name in _SKIPPED else None

    def _note(self, element: Element) -> str:
        if element.get("placement") == "inline" or local(element) == "annotation":
            return ""
        text = words(element, self.said)
        if not text:
            return ""
        number = str(element.get("marker") or len(self.notes) + 1).strip("()[] ")
        self.notes.append(Node("note", f"({number})", text=text, anchor=identifier(element)))
        return f" ({number})"

    def inside(self, element: Element) -> list[Node]:
        """The nodes of an element's children."""
        self.depth += 1
        out: list[Node] = []
        if self.depth < 250:
            for child in element:
                out += self.node(child)
        self.depth -= 1
        return out

    def node(self, element: Element) -> list[Node]:
        """The nodes of one element."""
        name = local(element)
        if not name or name in _SKIPPED:
            return []
        if name in _NOTES:
            return self._annotation(element)
        if name in _QUOTES:
            return [Node("quote", children=self.inside(element) or self._words(element), anchor=identifier(element))]
        if name in _TABLES:
            return self._table(element)
        if name == "recital" and _num(element) is not None:
            return [self._filled(Node("recital", self._number(element), anchor=identifier(element)), element)]
        if name == self.unit or (name in _UNITS and not self._holds_units(element) and not self._in_unit(element)):
            return [
                self._filled(
                    Node("unit", self._number(element), sign=_UNITS[name], anchor=identifier(element)), element
                )
            ]
        if name in _HOLDERS or name in _UNITS:
            return self._holder(element, name)
        if name in _LEVELS:
            return self._level(element, name)
        if name == "li":
            return [_item(node) for node in self._mixed(element)]
        return self._mixed(element) if name in _TEXTS or not len(element) else self._group(element)

    def _holds_units(self, element: Element) -> bool:
        return any(local(below) == self.unit for below in element.iterdescendants())

    def _in_unit(self, element: Element) -> bool:
        return any(local(above) == self.unit for above in element.iterancestors() if local(above) not in _QUOTES)

    def _group(self, element: Element) -> list[Node]:
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            return self._mixed(element)
        return self.inside(element)

    def _holder(self, element: Element, name: str) -> list[Node]:
        number, heading = self._number(element), self._heading(element)
        if name in _UNITS and self._in_unit(element):
            return self._level(element, name)
        if not number and not heading:
            return self.inside(element)
        node = Node("holder", number, sign=_HOLDERS.get(name) or _UNITS.get(name, ""), anchor=identifier(element))
        return [self._filled(node, element)]

    def _level(self, element: Element, name: str) -> list[Node]:
        number = self._number(element)
        found = worded(number) if number else None
        if not number and not self._heading(element):
            return self._group(element)
        kind = "level"
        if name == "hcontainer" and not self._in_unit(element):
            kind = "unit" if found is not None and found.kind in ("art", "sec", "rule", "reg") else "holder"
            if found is None and number:
                kind = "level"
        if kind == "level" and number and number.isalnum() and not found:
            number = f"({number})"  # printed so; the XML leaves the brackets to the style sheet
        return [self._filled(Node(kind, number, sign=_UNITS.get(name, ""), anchor=identifier(element)), element)]

    def _filled(self, node: Node, element: Element) -> Node:
        """The node with the element's heading and what it holds."""
        node.title = self._heading(element)
        for child in element:
            if local(child) not in ("num", "heading") and not (local(child) == "subheading" and not node.title):
                node.children += self.node(child)
        return node

    def _number(self, element: Element) -> str:
        found = _num(element)
        if found is None:
            return ""
        text = words(found, self.said)
        return text or str(found.get("value") or "")

    def _heading(self, element: Element) -> str:
        found = next((child for child in element if local(child) in ("heading", "subheading")), None)
        return "" if found is None else words(found, self.said)

    def _words(self, element: Element) -> list[Node]:
        text = words(element, self.said)
        return [Node("text", text=text, anchor=identifier(element), block=_block(element))] if text else []

    def _annotation(self, element: Element) -> list[Node]:
        text = words(element, lambda _: None)
        if not text or element.get("display") == "false":
            return []
        return [Node("text", text=text, anchor=identifier(element), block="note")]

    def _table(self, element: Element) -> list[Node]:
        out: list[Node] = []
        for row in element.iter():
            if local(row) in ("tr", "row"):
                cells = [words(cell, self.said) for cell in row if local(cell) in ("td", "th", "entry")]
                if any(cells):
                    out.append(Node("row", text=" | ".join(cells), anchor=identifier(row)))
        return out

    def _mixed(self, element: Element) -> list[Node]:
        """Words with blocks between them, in their order."""
        if not _holds_blocks(element):
            return self._words(element)
        out: list[Node] = []
        pending = [element.text or ""]
        for child in element:
            if _is_block(child) or _holds_blocks(child):
                out += self._flushed(pending, element)
                out += self._mixed(child) if not _is_block(child) else self.node(child)
                pending = [child.tail or ""]
            else:
                said = self.said(child) if local(child) else ""
                pending += [words(child, self.said) if said is None else said, child.tail or ""]
        return out + self._flushed(pending, element)

    def _flushed(self, pending: list[str], element: Element) -> list[Node]:
        text = folded("".join(pending))
        return [Node("text", text=text, anchor=identifier(element), block=_block(element))] if text else []


_BLOCKS = frozenset(
    (
        *_HOLDERS,
        *_UNITS,
        *(_LEVELS - {"item"}),
        *_QUOTES,
        *_TABLES,
        "p",
        "blockList",
        "item",
        "ul",
        "ol",
        "li",
        "tr",
        "speech",
        "block",
    )
)


def _is_block(element: Element) -> bool:
    return local(element) in _BLOCKS


def _holds_blocks(element: Element) -> bool:
    """Whether blocks stand in the element's own text; what stands in its footnotes does not."""
    if local(element) in _NOTES:
        return False
    for below in element.iterdescendants():
        if _is_block(below):
            above = below.getparent()
            while above is not None and above is not element and local(above) not in _NOTES:
                above = above.getparent()
            if above is element:
                return True
    return False


def _num(element: Element) -> Element | None:
    return next((child for child in element if local(child) == "num"), None)


def _block(element: Element) -> str:
    return "heading" if local(element) in ("heading", "subheading", "docTitle", "crossHeading") else "paragraph"


def _item(node: Node) -> Node:
    if node.kind == "text":
        node.block = "item"
    return node
