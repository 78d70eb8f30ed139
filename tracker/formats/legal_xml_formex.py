"""Formex 4: acts, annexes, consolidated acts of the Official Journal of the European Union."""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.formats.legal_xml_inline import Element, identifier, local, words
from tracker.formats.legal_xml_tree import Node
from tracker.text.numbering import bare, worded

ROOTS = frozenset((
    "ACT", "ANNEX", "CONS.ACT", "CONS.DOC", "CONS.ANNEX", "AGR", "GENERAL", "LETTER", "PROPOSAL", "OPINION", "CORR", "CASE",
    "JUDGMENT", "ORDER.ECR", "DECISION.ECR", "REPORT", "CJT", "DOC", "LEXP.COMBINED", "COMBINED", "PUBLICATION",
))  # fmt: skip
# Facts about the file, and lists of what it holds: nothing that a reader reads.
_SKIPPED = frozenset((
    "BIB.INSTANCE", "BIB.ECR", "BIB.OJ", "BIB.DOC", "INCL.ELEMENT", "TOC", "GR.ANNOTATION", "FMX", "FAM.COMP", "BIB.DATA", "INFO.CONSLEG",
    "BIB.SUMMARY", "BIB.APPEND", "GR.CORRIG", "PDF", "PAPER",
))  # fmt: skip
_INLINE_BLOCKS = frozenset((
    "P", "LIST", "TBL", "QUOT.S", "DLIST", "NP", "GR.SEQ", "ALINEA", "TXT", "DIVISION", "ARTICLE", "CONTENTS", "TITLE", "PARAG",
))  # fmt: skip

_DASHES = {"DASH": "—", "NDASH": "–", "BULLET": "•"}


def nodes(root: Element) -> list[Node]:
    """The tree of a Formex document; its footnotes stand at its end."""
    reader = _Formex()
    out = reader.node(root) if local(root) in ("ANNEX", "CONS.ANNEX") else reader.inside(root)
    return [*out, *reader.notes]


@dataclass(slots=True)
class _Formex:
    notes: list[Node] = field(default_factory=list)
    quoted: list[Node] = field(default_factory=list)

    def said(self, element: Element) -> str | None:
        """Words of inline elements that are not simply their text."""
        name = local(element)
        if name in ("QUOT.START", "QUOT.END"):
            code = element.get("CODE") or "22"
            return chr(int(code, 16)) if all(sign in "0123456789ABCDEFabcdef" for sign in code) else '"'
        if name == "NOTE":
            return self._note(element)
        if name in ("INCL.ELEMENT", "IE") or name in _INLINE_BLOCKS:
            return (
                "" if name in ("INCL.ELEMENT", "IE", "LIST", "TBL", "QUOT.S", "DLIST") else f" {self.words(element)} "
            )
        return None

    def _note(self, element: Element) -> str:
        known = element.get("NOTE.REF")
        if known:
            return ""
        quoted = next((True for above in element.iterancestors() if local(above) == "QUOT.S"), False)
        held = self.quoted if quoted else self.notes  # the notes of a quoted text stand below it, with stars
        number = f"({'*' * (len(held) + 1)})" if quoted else f"({len(held) + 1})"
        note = Node("note", number, anchor=identifier(element))
        held.append(note)
        note.text = words(element, self.said)
        return f" {number}"

    def words(self, element: Element | None) -> str:
        """The words of an element, without lists and tables in it."""
        return "" if element is None else words(element, self.said)

    def inside(self, element: Element) -> list[Node]:
        """The nodes of an element's children."""
        out: list[Node] = []
        for child in element:
            out += self.node(child)
        return out

    def node(self, element: Element) -> list[Node]:
        """The nodes of one element."""
        name = local(element)
        if not name or name in _SKIPPED:
            return []
        method = {
            "TITLE": self._title, "DIVISION": self._division, "ARTICLE": self._article, "PARAG": self._parag,
            "ANNEX": self._annex, "CONS.ANNEX": self._annex, "CONSID": self._consid, "NP": self._np, "LIST": self._list,
            "GR.SEQ": self._sequence, "TBL": self._table, "QUOT.S": self._quoted, "P": self._mixed, "ALINEA": self._mixed, "TXT": self._mixed,
            "DLIST.ITEM": self._definition, "NOTE": self._loose_note, "GR.CONSID.INIT": self._line, "VISA": self._line,
            "SIGNATURE": self._signature,
        }.get(name)  # fmt: skip
        if method is not None:
            return method(element)
        if len(element) and any(local(child) for child in element) and not (element.text or "").strip():
            return self.inside(element)
        return self._mixed(element)

    def _line(self, element: Element) -> list[Node]:
        return _text(self.words(element), element)

    def _loose_note(self, element: Element) -> list[Node]:
        self._note(element)
        return []

    def _title(self, element: Element) -> list[Node]:
        out: list[Node] = []
        for part in element:
            lines = [part, *()] if not len(part) or local(part) not in ("TI", "STI") else list(part)
            for line in lines:
                out += _text(self.words(line), line)
        return out

    def _labelled(self, element: Element, kind: str) -> Node:
        """A division from its TITLE: number and title, wherever the one ends and the other begins."""
        title = _child(element, "TITLE")
        first = [self.words(line) for line in _lines(_child(title, "TI"))] if title is not None else []
        second = [self.words(line) for line in _lines(_child(title, "STI"))] if title is not None else []
        lines = [line for line in (*first, *second) if line]
        node = Node(kind, anchor=identifier(element))
        if lines:
            found = worded(lines[0])
            if (found is not None and found.length >= len(lines[0])) or found is not None:
                node.number, lines = lines[0], lines[1:]
            node.title = " ".join(lines) if len(lines) < 2 else lines[0]
            node.children = [Node("text", text=line) for line in lines[1:]]
        return node

    def _division(self, element: Element) -> list[Node]:
        node = self._labelled(element, "holder")
        for child in element:
            if local(child) != "TITLE":
                node.children += self.node(child)
        return [node]

    def _annex(self, element: Element) -> list[Node]:
        node = self._labelled(element, "holder")
        node.sign = "annex"
        for child in element:
            if local(child) != "TITLE":
                node.children += self.node(child)
        return [node]

    def _sequence(self, element: Element) -> list[Node]:
        """A headed part of an annex: "Section 1" or "1. Name"."""
        title = _child(element, "TITLE")
        lines = [self.words(line) for part in ("TI", "STI") for line in _lines(_child(title, part))]
        lines = [line for line in lines if line]
        rest = [node for child in element if local(child) != "TITLE" for node in self.node(child)]
        number = self.words(_child(element, "NO.GR.SEQ")) or self.words(_child(title, "NO.GR.SEQ"))
        if number:
            return [
                Node(
                    "level",
                    number,
                    anchor=identifier(element),
                    children=[*[Node("text", text=t) for t in lines], *rest],
                )
            ]
        label = bare(lines[0]) if lines else None
        if label is not None:
            texts = [lines[0][label.length :], *lines[1:]]
            children = [*(Node("text", text=text) for text in texts if text), *rest]
            return [Node("level", label.text, anchor=identifier(element), children=children)]
        if lines and worded(lines[0]) is not None:
            children = [*(Node("text", text=line) for line in lines[2:]), *rest]
            return [Node("holder", lines[0], " ".join(lines[1:2]), anchor=identifier(element), children=children)]
        return [*(Node("text", text=line, block="heading") for line in lines), *rest]

    def _article(self, element: Element) -> list[Node]:
        node = Node("unit", self.words(_child(element, "TI.ART")), sign="art", anchor=identifier(element))
        subtitle = _child(element, "STI.ART")
        node.title = self.words(subtitle)
        for child in element:
            if local(child) not in ("TI.ART", "STI.ART"):
                node.children += self.node(child)
        return [node]

    def _parag(self, element: Element) -> list[Node]:
        node = Node("level", self.words(_child(element, "NO.PARAG")), anchor=identifier(element))
        for child in element:
            if local(child) != "NO.PARAG":
                node.children += self.node(child)
        return [node]

    def _consid(self, element: Element) -> list[Node]:
        point = _child(element, "NP")
        if point is None:
            return self._mixed(element)
        (made,) = self._np(point)
        return [Node("recital", made.number, children=made.children, anchor=identifier(element))]

    def _np(self, element: Element) -> list[Node]:
        """A number and its text; texts that follow without a list between are one with it, as they are printed."""
        node = Node("level", self.words(_child(element, "NO.P")), anchor=identifier(element))
        for child in element:
            if local(child) != "NO.P":
                node.children += self.node(child)
        merged: list[Node] = []
        for child in node.children:
            if child.kind == "text" and merged and merged[-1].kind == "text" and len(merged) == 1:
                merged[-1].text = f"{merged[-1].text} {child.text}"
            else:
                merged.append(child)
        node.children = merged
        return [node]

    def _list(self, element: Element) -> list[Node]:
        out: list[Node] = []
        for item in element:
            if local(item) == "ITEM":
                made = self.inside(item)
                if element.get("TYPE") in ("DASH", "NDASH", "BULLET") and made and made[0].kind == "text":
                    made = [Node("level", _DASHES[str(element.get("TYPE"))], children=made, anchor=identifier(item))]
                out += made if made and made[0].kind == "level" else [_as_item(node) for node in made]
            else:
                out += self.node(item)
        return out

    def _definition(self, element: Element) -> list[Node]:
        term, meaning = self.words(_child(element, "TERM")), self.words(_child(element, "DEFINITION"))
        return _text(f"{term} {meaning}".strip(), element)

    def _signature(self, element: Element) -> list[Node]:
        return (
            [Node("text", text=text) for line in element.iter("P", "PL.DATE") if (text := self.words(line))]
            if len(element)
            else self._line(element)
        )

    def _quoted(self, element: Element) -> list[Node]:
        inside = self.inside(element) or _text(self.words(element), element)
        notes, self.quoted = self.quoted, []
        inside += [Node("text", text=f"{note.number} {note.text}", anchor=note.anchor) for note in notes]
        return [Node("quote", children=inside, anchor=identifier(element))]

    def _table(self, element: Element) -> list[Node]:
        out: list[Node] = []
        for row in element.iter("ROW"):
            cells = [self.words(cell) for cell in row if local(cell) == "CELL"]
            if any(cells):
                out.append(Node("row", text=" | ".join(cells), anchor=identifier(row)))
        return out

    def _mixed(self, element: Element) -> list[Node]:
        """Words with lists, tables or quotations between them, in their order."""
        out: list[Node] = []
        if not any(local(child) in _INLINE_BLOCKS for child in element):
            return _text(self.words(element), element)
        pending = [element.text or ""]
        for child in element:
            if local(child) in _INLINE_BLOCKS:
                out += _text(" ".join("".join(pending).split()), element)
                out += self.node(child)
                pending = [child.tail or ""]
            else:
                said = self.said(child) if local(child) else ""
                pending += [self.words(child) if said is None else said, child.tail or ""]
        rest = " ".join("".join(pending).split())
        if out and rest and not any(sign.isalnum() for sign in rest) and _closes(out[-1], rest):
            return out
        return out + _text(rest, element)


def _closes(node: Node, rest: str) -> bool:
    """Puts the stop that stands behind a quotation to its last words."""
    while node.children:
        node = node.children[-1]
    if node.kind not in ("text", "row") or not node.text:
        return False
    node.text += rest
    return True


def _text(text: str, element: Element) -> list[Node]:
    return [Node("text", text=text, anchor=identifier(element))] if text else []


def _as_item(node: Node) -> Node:
    if node.kind == "text":
        node.block = "item"
    return node


def _child(element: Element | None, name: str) -> Element | None:
    if element is None:
        return None
    return next((child for child in element if local(child) == name), None)


def _lines(element: Element | None) -> list[Element]:
    if element is None:
        return []
    paragraphs = [child for child in element if local(child) == "P"]
    return paragraphs or [element]
