"""Which divisions of a document stand in which: by general usage, and by what the document itself shows."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.model import Block
from tracker.text.numbering import Label
from tracker.text.parts import Role

# The usual order, widest first. Books of the German civil code have sections with titles in them: learned below.
_USUAL = {kind: at for at, kind in enumerate(
    ("annex", "sched", "appx", "book", "part", "title", "subtitle", "chp", "subchp", "dvs", "sec", "subsec", "paragraf",
     "art", "rule", "reg", "clause", "princ", "para", "point"))}  # fmt: skip
_CANDIDATES = ("art", "sec", "rule", "reg", "clause", "princ")
_RECITAL = (
    (re.compile(r"considérant", re.IGNORECASE), "Considérant"),
    (re.compile(r"erwägung", re.IGNORECASE), "Erwägungsgrund"),
    (re.compile(r"considerando", re.IGNORECASE), "Considerando"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """`unit` is the kind that holds the text (article, section, rule, …); `votes` counts, for two kinds, how often the
    first was directly followed by the second."""

    unit: str
    votes: Counter[tuple[str, str]] = field(default_factory=Counter)
    recital: str = "Recital"

    def kind(self, label: Label) -> str:
        """The kind of a label in this document."""
        return label.kind

    def above(self, outer: str, inner: str) -> bool:
        """Whether the one kind holds the other."""
        there, back = self.votes[(outer, inner)], self.votes[(inner, outer)]
        if there != back:
            return there > back
        return _USUAL.get(outer, 50) < _USUAL.get(inner, 50)


def order_of(blocks: Sequence[Block], roles: Sequence[Role]) -> Order:
    """What the document's own labels say about their order."""
    found = [(at, role.label.kind) for at, role in enumerate(roles) if role.kind == "worded" and role.label is not None]
    votes: Counter[tuple[str, str]] = Counter()
    for (at, kind), (then, other) in itertools.pairwise(found):
        if kind != other and then - at <= 2:
            votes[(kind, other)] += 1
    return Order(_unit([kind for _, kind in found]), votes, _recital(blocks, roles))


def _unit(kinds: Sequence[str]) -> str:
    """The kind that holds the text: articles, unless there are more sections in them than articles."""
    counts = Counter(kind for kind in kinds if kind in _CANDIDATES)
    if not counts:
        return ""
    if counts["art"] and counts["sec"] > 1.5 * counts["art"] and _sits_in(kinds, "sec", "art"):
        return "sec"
    if counts["art"]:
        return "art"
    return max(_CANDIDATES, key=lambda kind: counts[kind])


def _sits_in(kinds: Sequence[str], inner: str, outer: str) -> bool:
    first = next((at for at, kind in enumerate(kinds) if kind == inner), len(kinds))
    return outer in kinds[:first]


def _recital(blocks: Sequence[Block], roles: Sequence[Role]) -> str:
    for block, role in zip(blocks, roles, strict=True):
        if role.kind == "preamble":
            for pattern, word in _RECITAL:
                if pattern.search(block.text):
                    return word
            return "Recital"
    return "Recital"
