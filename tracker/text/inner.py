"""The levels inside an article, annex or headed part: paragraphs, points, indents, and what has no number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracker.model import Block
from tracker.text.numbering import Label, Ordinal, bare, ordinals
from tracker.text.outline import Level

_SECTION = ("subsec", "para", "subpara", "cl", "subcl", "item")
_ARTICLES = frozenset(("art", "rule", "reg", "clause"))
_PARAGRAPHS = frozenset(("1.", "(1)", "1)", "I.", "1、"))
_GAP = 12  # numbers that may be missing between two of one level (repealed, cut out)


def inner_kind(of: str, depth: int, style: str, *, listed: bool) -> str:
    """The eId's sign of a level inside `of`: below a section by its depth; in an article a paragraph where the numbers
    stand in the text itself, a point where a colon began a list."""
    if of == "sec":
        return _SECTION[min(depth, len(_SECTION) - 1)]
    if of in _ARTICLES and not depth and style in _PARAGRAPHS and not listed:
        return "para"
    return "point"


@dataclass(slots=True)
class _Open:
    """A level that is open: its style, where it counts, how it is named, where its text stood."""

    style: str
    ordinal: Ordinal
    level: Level
    region: str
    texts: int = 1


@dataclass(slots=True)
class Inner:
    """The open levels; `of` is the kind of the article that holds them ("" for an annex, a heading or nothing), `held`
    says that anything does."""

    of: str = ""
    held: bool = False
    open: list[_Open] = field(default_factory=list)
    texts: int = 0
    colon: bool = False
    listed: bool = False
    took: bool = False
    closed: list[_Open] = field(default_factory=list)

    def said(self, text: str) -> None:
        """Text that stands beside the label of what holds the levels."""
        text = text.strip()
        if text:
            self.texts = 1
            self.colon = text.endswith((":", "：", "—", ":—"))

    def opens(self, block: Block) -> None:
        """A first level that begins on the line of what holds it: "34. (1) A supplier must …"."""
        found = bare(block.text)
        if found is not None and found.style in ("(1)", "(a)", "1.") and found.value in ("1", "a"):
            self._numbered(block, found, [])

    def levels(self) -> tuple[Level, ...]:
        """The levels that are open."""
        return tuple(entry.level for entry in self.open)

    def take(self, block: Block, label: Label | None, following: Iterable[Label]) -> tuple[Level, ...]:
        """The levels of the next block."""
        self.took = False
        coming = list(following)
        if label is not None and self._numbered(block, label, coming):
            self.took = True
            self.closed = []
            self._listens(block)
            return self.levels()
        return self._plain(block, coming)

    def _listens(self, block: Block) -> None:
        self.colon = block.text.rstrip().endswith((":", "：", "—"))

    def _numbered(self, block: Block, label: Label, following: list[Label]) -> bool:
        self._resume(label)
        if label.style == "•":
            return self._bullet(block, label)
        if label.style == "1.1":
            return self._deep(block, label)
        readings = ordinals(label)
        best = self._best(readings, following)
        if best is None:
            return False
        depth, style, ordinal = best
        sibling = self.open[depth].level.kind if depth < len(self.open) and self.open[depth].style == style else ""
        del self.open[depth:]
        self._push(block, label, style, ordinal, sibling)
        return True

    def _resume(self, label: Label) -> None:
        """Opens again what a text without a number closed, where the label goes on with it."""
        for depth in range(len(self.closed) - 1, -1, -1):
            entry = self.closed[depth]
            if label.style == "1.1" and _related(entry.level.value, label.value):
                self.open = self.open + self.closed[: depth + 1]
                return
            for style, ordinal in ordinals(label):
                if entry.style == style and _step(entry.ordinal, ordinal) == 1 and ordinal[0] > 1:
                    self.open = self.open + self.closed[: depth + 1]
                    return

    def _push(self, block: Block, label: Label, style: str, ordinal: Ordinal, sibling: str) -> None:
        level = Level(sibling or self._kind(style), label.value, label.text)
        if self.open:
            parent = self.open[-1]
            if parent.texts > 1 and not sibling:  # a list of the second subparagraph is not that of the first
                self.open.append(_Open("¶", (parent.texts, ""), Level("al", str(parent.texts)), block.region))
        elif self.texts > 1 and self.listed and self.colon and not sibling:
            self.open.append(_Open("¶", (self.texts, ""), Level("al", str(self.texts)), block.region))
        self.listed = True
        self.open.append(_Open(style, ordinal, level, block.region))

    def _kind(self, style: str) -> str:
        """The sign of the next level down."""
        depth = sum(1 for entry in self.open if entry.style != "¶")
        return inner_kind(self.of, depth, style, listed=self.colon)

    def _best(self, readings: Iterable[tuple[str, Ordinal]], following: list[Label]) -> tuple[int, str, Ordinal] | None:
        """(depth, style, ordinal) of the reading that fits what is open and what comes."""
        options: list[tuple[float, int, str, Ordinal]] = []
        for style, ordinal in readings:
            options += self._fits(style, ordinal, following)
        if not options:
            return None
        score, depth, style, ordinal = max(options, key=lambda option: (option[0], option[1]))
        return (depth, style, ordinal) if score > 0 else None

    def _fits(self, style: str, ordinal: Ordinal, following: list[Label]) -> list[tuple[float, int, str, Ordinal]]:
        out: list[tuple[float, int, str, Ordinal]] = []
        comes = 2.0 if _continues(style, ordinal, following) else 0.0
        for depth in range(len(self.open) - 1, -1, -1):
            entry = self.open[depth]
            if entry.style != style:
                continue
            step = _step(entry.ordinal, ordinal)
            if step > 0:
                out.append(((5.0 if step == 1 else 3.0 - step / 10) + comes, depth, style, ordinal))
        first = ordinal[0] == 1 and not ordinal[1]
        if first:
            same = any(entry.style == style for entry in self.open)
            out.append(
                (
                    2.5 + comes + (1.0 if self.colon else 0.0) - (1.0 if same else 0.0),
                    self._below(style),
                    style,
                    ordinal,
                )
            )
        elif not any(entry.style == style for entry in self.open):
            # A list that begins in the middle: an excerpt, or its beginning was not seen as a label.
            out.append((0.5 if comes else -1.0, self._below(style), style, ordinal))
        elif comes:
            out.append((0.4, self._below(style), style, ordinal))
        return out

    def _below(self, style: str) -> int:
        """How much stays open when a list of this style begins: a list of the same style is never inside itself."""
        for depth, entry in enumerate(self.open):
            if entry.style == style:
                return depth
        return len(self.open)

    def _bullet(self, block: Block, label: Label) -> bool:
        number = 1
        if self.open and self.open[-1].style == "•":
            number = self.open.pop().ordinal[0] + 1
        level = Level("indent", str(number), label.text)
        self.open.append(_Open("•", (number, ""), level, block.region))
        return True

    def _deep(self, block: Block, label: Label) -> bool:
        while self.open and not (label.value.startswith(f"{self.open[-1].level.value}.")):
            self.open.pop()
        self.open.append(_Open("1.1", (0, ""), Level("point", label.value, label.text), block.region))
        return True

    def _plain(self, block: Block, coming: list[Label]) -> tuple[Level, ...]:
        """A block without a number: a further text of the level it stands in."""
        keep = self._kept(block, coming)
        self.closed = self.open[keep:] or (self.closed if not self.open else [])
        del self.open[keep:]
        self._listens(block)
        kind = "tr" if block.kind == "row" and " | " in block.text else "al"
        if not self.open:
            self.texts += 1
            return (Level(kind if self.held else "p", str(self.texts)),)
        entry = self.open[-1]
        entry.texts += 1
        return (*self.levels(), Level(kind, str(entry.texts)))

    def _kept(self, block: Block, coming: list[Label]) -> int:
        """How many levels a text without a number leaves open."""
        if not self.open:
            return 0
        if block.region:
            for depth in range(len(self.open), 0, -1):
                if self.open[depth - 1].region == block.region and self.open[depth - 1].style != "¶":
                    return depth
        if block.text[:1].islower() and block.kind != "row":
            return len(self.open)
        if coming:  # what the next number goes on with was not closed by this text
            readings = ordinals(coming[0])
            for depth in range(len(self.open), 0, -1):
                entry = self.open[depth - 1]
                if coming[0].style == "1.1" and _related(entry.level.value, coming[0].value):
                    return depth
                if any(entry.style == style and _step(entry.ordinal, number) == 1 for style, number in readings):
                    return depth
        first = self.open[0]
        return 1 if first.level.kind in ("para", "subsec", "rec") and len(self.open) >= 1 else 0


def _step(last: Ordinal, now: Ordinal) -> int:
    """1 for the next number, more for a gap, 0 for none."""
    if now[0] == last[0]:
        return 1 if now[1] > last[1] else 0
    gap = now[0] - last[0]
    return gap if 0 < gap <= _GAP else 0


def _related(one: str, other: str) -> bool:
    """Whether 3.3 or 3.2.1 goes on with 3.2."""
    return other.startswith(f"{one}.") or ("." in one and one.rpartition(".")[0] == other.rpartition(".")[0])


def _continues(style: str, ordinal: Ordinal, following: list[Label]) -> bool:
    """Whether the next label that can be of this style goes on with it."""
    for label in following:
        for other, number in ordinals(label):
            if other == style:
                return _step(ordinal, number) == 1
    return False
