"""Where a block stands in the document: number, path, eId, from the labels at the heads of the blocks.

One pass keeps a stack: divisions (parts, chapters, sections, annexes, headings), the article, and the levels inside it.
What a label means is decided by what stood before (the next number of a level that is open), by what comes (is the
next label "(ii)" or "(j)"?), and by the document's own order of divisions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tracker.model import Block
from tracker.text.inner import Inner
from tracker.text.lists import joined
from tracker.text.numbering import Label
from tracker.text.order import Order, order_of
from tracker.text.outline import ANNEXES, Level, eid, path, slug
from tracker.text.parts import Role, roles

_TITLE = 300  # characters of a line that can be the title of the article or chapter before it
_SENTENCE_END = re.compile(r"[.;:,。；：，、]['’”»\"]?$")


def structure(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with number, path and eid; each eid once.

    Labels that a table or grid sets apart are put before their text first (text.lists.joined), so the result can have
    fewer blocks than were given. Idempotent.
    """
    lines = joined(blocks)
    labels = roles(lines)
    state = _State(order_of(lines, labels))
    places = [state.place(block, role, labels, at) for at, (block, role) in enumerate(zip(lines, labels, strict=True))]
    return named(lines, places)


@dataclass(frozen=True, slots=True)
class Place:
    """The levels of a block and its label as printed."""

    levels: tuple[Level, ...]
    number: str = ""


def named(blocks: Sequence[Block], places: Sequence[Place]) -> tuple[Block, ...]:
    """The blocks with the names of their places. Each eid once: what comes twice gets "_2"."""
    continuous = _continuous(places)
    seen: set[str] = set()
    again: dict[str, str] = {}  # what came twice, and its name now: what stands in it is named after that
    out: list[Block] = []
    for block, place in zip(blocks, places, strict=True):
        name = eid(place.levels, continuous=continuous) or "p"
        first = name
        for end in range(name.count("__"), 0, -1):
            above = "__".join(name.split("__")[:end])
            if above in again:
                name = again[above] + name[len(above) :]
                break
        name = _free(name, seen)
        seen.add(name)
        again[first] = name
        out.append(replace(block, number=place.number, path=path(place.levels), eid=name))
    return tuple(out)


def _free(name: str, seen: set[str]) -> str:
    """The name, or with "_2", "_3", … where it is taken."""
    if name not in seen:
        return name
    number = 2
    while f"{name}_{number}" in seen:
        number += 1
    return f"{name}_{number}"


def _continuous(places: Sequence[Place]) -> bool:
    """Whether articles are numbered through the document: few of their numbers come twice outside annexes."""
    numbers = Counter(
        (place.levels[-1].kind, place.levels[-1].value)
        for place in places
        if place.levels and place.levels[-1].unit and not any(level.opens for level in place.levels)
    )
    twice = sum(count - 1 for count in numbers.values() if count > 1)
    return twice * 10 <= len(numbers)


@dataclass(slots=True)
class _Entry:
    """An open division: its level, the heading level it was set in (0: not a heading)."""

    level: Level
    heading: int


@dataclass(slots=True)
class _State:
    order: Order
    holders: list[_Entry] = field(default_factory=list)
    unit: _Entry | None = None
    inner: Inner = field(default_factory=Inner)
    untitled: bool = False  # the block before was a label and nothing else
    after: str = ""  # its text, for what follows

    def place(self, block: Block, role: Role, roles_: Sequence[Role], at: int) -> Place:
        """The place of the next block."""
        titles, self.untitled = self.untitled, False
        if role.kind == "mark":
            return Place((*self._chain(), Level("mark", "")))
        if role.kind == "toc":
            return Place((Level("toc", ""), Level("item", str(role.count))))
        if role.kind == "note":
            return Place((Level("note", role.value),), role.label.text if role.label else "")
        if role.kind == "quoted":
            return Place((*self._chain(), *self.inner.levels(), Level("qstr", str(role.count)), Level("p", "")))
        if role.kind == "adopted":
            self.unit, self.inner = None, Inner()
        if role.kind == "worded" and role.label is not None:
            return self._worded(block, role.label)
        if role.kind == "title" and role.label is not None:
            self.unit = None
            return Place((*self._chain(), Level("sec", role.label.value, role.label.text, unit=True), Level("hdg", "")))
        if role.kind == "recital" and role.label is not None:
            return self._recital(block, role.label)
        if titles and role.label is None and _title_like(block):
            return Place((*self._chain(), Level("hdg", "")))
        if role.label is not None and block.kind == "heading" and role.label.style != "•":
            return self._numbered_heading(block, role.label)
        if block.kind == "heading" and not self._inside(block):
            return self._heading(block)
        return self._text(block, role, roles_, at)

    def _chain(self) -> tuple[Level, ...]:
        levels = tuple(entry.level for entry in self.holders)
        return (*levels, self.unit.level) if self.unit is not None else levels

    def _inside(self, block: Block) -> bool:
        """Whether a heading without a number belongs to the article that is open."""
        if self.unit is None:
            return False
        return not self.unit.heading or block.level > self.unit.heading

    def _worded(self, block: Block, label: Label) -> Place:
        heading = block.level if block.kind == "heading" else 0
        kind = self.order.kind(label)
        self.inner = Inner(kind if kind == self.order.unit else "", held=True)
        self.untitled = label.length >= len(block.text)
        level = Level(kind, label.value, label.text, unit=kind == self.order.unit, opens=kind in ANNEXES)
        if kind == self.order.unit:
            self._close_headings(heading)
            self.unit = _Entry(level, heading)
        else:
            self.unit = None
            self._close(kind, heading)
            self.holders.append(_Entry(level, heading))
        rest = block.text[label.length :]
        if block.kind != "heading" and not rest.isupper() and not _title_like(replace(block, text=rest)):
            self.inner.said(rest)
        if rest:
            self.inner.opens(replace(block, text=rest))
        return Place(self._chain(), label.text)

    def _close(self, kind: str, heading: int) -> None:
        """Ends the divisions that a new one of this kind does not stand in."""
        if kind in ("annex", "sched"):
            self.holders.clear()
            return
        same = [at for at, entry in enumerate(self.holders) if entry.level.kind == kind and not entry.level.heading]
        if same:
            del self.holders[same[0] :]
            return
        while self.holders:
            top = self.holders[-1]
            if top.level.opens or (top.level.heading and heading and top.heading < heading):
                break
            if not top.level.heading and self.order.above(top.level.kind, kind):
                break
            if top.level.heading and not heading:
                break
            self.holders.pop()

    def _close_headings(self, heading: int) -> None:
        while heading and self.holders and self.holders[-1].level.heading and self.holders[-1].heading >= heading:
            self.holders.pop()

    def _recital(self, block: Block, label: Label) -> Place:
        level = Level("rec", label.value, f"{self.order.recital} {label.value}", unit=True)
        self.holders.clear()
        self.unit = _Entry(level, 0)
        self.inner = Inner("rec", held=True)
        self.inner.said(block.text)
        return Place((level,), label.text)

    def _numbered_heading(self, block: Block, label: Label) -> Place:
        while self.holders and self.holders[-1].heading and self.holders[-1].heading >= max(block.level, 1):
            self.holders.pop()
        if self.unit is not None and (not self.unit.heading or self.unit.heading >= block.level):
            self.unit = None
        if label.style == "1.1":
            while self.holders and not _holds(self.holders[-1].level.value, label.value):
                if self.holders[-1].level.opens or not self.holders[-1].level.value[:1].isdigit():
                    break
                self.holders.pop()
        self.inner = Inner("", held=True)
        self.holders.append(_Entry(Level("sec", label.value, _short_label(label)), max(block.level, 1)))
        return Place(self._chain(), label.text)

    def _heading(self, block: Block) -> Place:
        level = max(block.level, 1)
        while self.holders and self.holders[-1].heading >= level and not self.holders[-1].level.opens:
            self.holders.pop()
        if self.holders and not self.holders[-1].heading and not self.holders[-1].level.opens:
            self.holders.pop()
        self.unit, self.inner = None, Inner("", held=True)
        self.holders.append(_Entry(Level("hdg", slug(block.text), _short(block.text), heading=True), level))
        return Place(self._chain())

    def _text(self, block: Block, role: Role, roles_: Sequence[Role], at: int) -> Place:
        following = (
            other.label for other in roles_[at + 1 : at + 40] if other.kind == "bare" and other.label is not None
        )
        levels = self.inner.take(block, role.label, following)
        return Place((*self._chain(), *levels), role.label.text if role.label is not None and self.inner.took else "")


def _holds(outer: str, inner: str) -> bool:
    return inner.startswith(f"{outer}.")


def _short_label(label: Label) -> str:
    return label.text.rstrip(".") if label.style == "1.1" else label.text


def _short(text: str) -> str:
    text = text.strip(" :#*")
    return text if len(text) <= 80 else text[:79].rstrip() + "…"


def _title_like(block: Block) -> bool:
    text = block.text
    if len(text) > _TITLE or block.kind in ("row", "item") or not text:
        return False
    return not _SENTENCE_END.search(text) and not text[0].islower()
