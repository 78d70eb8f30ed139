"""The tree that every dialect of legal XML is read into, and its blocks with their places.

The names of places are made as text.structure makes them of pages, so that a document that moves from HTML to XML or
back keeps its paths and eIds; the XML's own identifiers are kept as anchors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.model import Block
from tracker.text.inner import inner_kind
from tracker.text.numbering import Label, bare, worded
from tracker.text.outline import ANNEXES, Level, slug
from tracker.text.structure import Place, named

_LONG_TITLE = 80


@dataclass(slots=True)
class Node:
    """One element of a legal text.

    `kind`: holder (part, chapter, annex), unit (article, section), level (paragraph, point), recital, text, row, note,
    quote (a quoted amendment) or group (nothing of its own). `sign` is the eId's sign where the number has no word.
    """

    kind: str
    number: str = ""
    title: str = ""
    text: str = ""
    sign: str = ""
    anchor: str = ""
    block: str = "paragraph"
    children: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    """An open level: how many texts it has had, at which of them its list began, how the last one ended, how the
    levels of the list are called, by style."""

    level: Level
    of: str
    texts: int = 0
    listed: int = 0
    lists: int = 0
    colon: bool = False
    indents: int = 0
    kinds: dict[str, str] = field(default_factory=dict)


def blocks_of(nodes: Sequence[Node]) -> tuple[Block, ...]:
    """The blocks of a tree, in reading order, named."""
    emitter = _Emitter()
    for node in nodes:
        emitter.emit(node)
    return named(emitter.blocks, emitter.places)


@dataclass(slots=True)
class _Emitter:
    blocks: list[Block] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    loose: int = 0
    quotes: int = 0
    depth: int = 0

    def emit(self, node: Node) -> None:
        """The blocks of one node and what it holds."""
        handler = {
            "holder": self._division, "unit": self._division, "level": self._level, "recital": self._recital,
            "quote": self._quote, "note": self._note, "group": self._children,
        }.get(node.kind, self._text)  # fmt: skip
        handler(node)

    def _children(self, node: Node) -> None:
        for child in node.children:
            self.emit(child)

    def _chain(self) -> tuple[Level, ...]:
        """The open levels; where a list hangs on a second text, that text stands between."""
        out: list[Level] = []
        for at, frame in enumerate(self.frames):
            out.append(frame.level)
            if at + 1 < len(self.frames) and frame.listed > 1 and self.frames[at + 1].level.kind in _INNER:
                out.append(Level("al", str(frame.listed)))
        return tuple(out)

    def _add(self, text: str, levels: Sequence[Level], number: str, node: Node, block: str) -> None:
        level = min(self.depth, 6) if block == "heading" else 0
        self.blocks.append(Block(text, kind=block, level=level, anchor=node.anchor))
        self.places.append(Place(tuple(levels), number))

    def _division(self, node: Node) -> None:
        label = worded(node.number)
        level = _division_level(node, label)
        frame = _Frame(level, level.kind if level.unit else "")
        if level.opens:
            self.frames, kept = [], self.frames
        else:
            kept = []
        self.frames.append(frame)
        self.depth += 1
        self._head(node, label, frame)
        self._children(node)
        self.depth -= 1
        self.frames.pop()
        self.frames = self.frames or kept

    def _head(self, node: Node, label: Label | None, frame: _Frame) -> None:
        number, title = node.number, node.title
        if number and title and (label is None or label.style == "§" or (label.kind == "sec" and node.kind == "unit")):
            number, title = f"{number} {title}", ""  # set on one line wherever it is printed
        printed = label.text if label is not None else node.number
        if number:
            self._add(number, self._chain(), printed, node, "heading")
        if title and number:
            self._add(title, (*self._chain(), Level("hdg", "")), "", node, "heading")
        elif title:
            self._add(title, self._chain(), "", node, "heading")

    def _level(self, node: Node) -> None:
        label = bare(node.number) or worded(node.number)
        if label is None and not node.number:
            self._unnumbered(node)
            return
        parent = self.frames[-1] if self.frames else None
        level = self._inner_level(node, label, parent)
        frame = _Frame(level, parent.of if parent else "", texts=1)
        self.frames.append(frame)
        children = list(node.children)
        parts = [node.number, node.title]
        if children and children[0].kind == "text":
            parts.append(children.pop(0).text)
        text = " ".join(part for part in parts if part)
        frame.colon = _colon(text)
        self._add(text, self._chain(), node.number, node, "item" if level.kind in ("point", "indent") else "paragraph")
        for child in children:
            self.emit(child)
        self.frames.pop()

    def _unnumbered(self, node: Node) -> None:
        if node.title:
            self._text(Node("text", text=node.title, anchor=node.anchor, block="heading"))
        self._children(node)

    def _inner_level(self, node: Node, label: Label | None, parent: _Frame | None) -> Level:
        value = label.value if label is not None else node.number.strip("(). ")
        style = label.style if label is not None else "(a)"
        depth = sum(1 for frame in self.frames if frame.level.kind in _INNER)
        if parent is None:
            return Level("point", value, node.number)
        if style == "•":
            parent.indents += 1
            return Level("indent", str(parent.indents), node.number)
        if not parent.kinds:  # a list begins; that of a second text is not that of the first
            inside = parent.level.kind in _INNER
            parent.listed = parent.texts if inside or (parent.lists and parent.colon) else 0
            parent.lists += 1
        if style not in parent.kinds:
            parent.kinds[style] = inner_kind(parent.of, depth, style, listed=parent.colon)
        return Level(parent.kinds[style], value, node.number)

    def _recital(self, node: Node) -> None:
        label = bare(node.number)
        value = label.value if label is not None else node.number.strip("(). ")
        frame = _Frame(Level("rec", value, f"{node.title or 'Recital'} {value}", unit=True), "rec", texts=1)
        self.frames, kept = [frame], self.frames
        children = list(node.children)
        text = children.pop(0).text if children and children[0].kind == "text" else ""
        self._add(f"{node.number} {text}".strip(), self._chain(), node.number, node, "paragraph")
        for child in children:
            self.emit(child)
        self.frames = kept

    def _text(self, node: Node) -> None:
        if not node.text:
            return
        kind = "tr" if node.kind == "row" else "al"
        block = "row" if node.kind == "row" else node.block
        if not self.frames:
            self.loose += 1
            self._add(node.text, (Level("p", str(self.loose)),), "", node, block)
            return
        frame = self.frames[-1]
        frame.texts += 1
        frame.colon = _colon(node.text)
        frame.indents = 0
        frame.kinds.clear()
        inner = Level(kind, str(frame.texts))
        self._add(node.text, (*self._chain(), inner), "", node, block)

    def _note(self, node: Node) -> None:
        value = node.number.strip("(). *") or "1"
        text = f"{node.number} {node.text}".strip()
        self._add(text, (Level("note", value),), node.number, node, "note")

    def _quote(self, node: Node) -> None:
        self.quotes += 1
        chain = self._chain()
        inside = _Emitter()
        for child in node.children:
            inside.emit(child)
        for block in inside.blocks:
            self.blocks.append(block)
            self.places.append(Place((*chain, Level("qstr", str(self.quotes)), Level("p", ""))))


_INNER = frozenset(("para", "point", "indent", "subsec", "subpara", "cl", "subcl", "item"))


def _division_level(node: Node, label: Label | None) -> Level:
    if label is not None and label.kind in ("para", "point"):
        label = None
    if label is None and not node.number:
        return (
            Level("hdg", slug(node.title), _short(node.title), heading=True)
            if node.title
            else Level(node.sign or "p", "")
        )
    kind = label.kind if label is not None else node.sign
    value = label.value if label is not None else node.number.strip("(). §")
    printed = label.text if label is not None else f"{_WORD.get(kind, '')} {node.number.strip(' .')}".strip()
    return Level(kind, value, printed, unit=node.kind == "unit", opens=kind in ANNEXES)


_WORD = {
    "sec": "Section", "art": "Article", "chp": "Chapter", "part": "Part", "title": "Title", "sched": "Schedule",
    "rule": "Rule", "reg": "Regulation", "annex": "Annex", "dvs": "Division", "book": "Book",
}  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= _LONG_TITLE else text[: _LONG_TITLE - 1].rstrip() + "…"


def _colon(text: str) -> bool:
    return text.rstrip().endswith((":", "：", "—"))
