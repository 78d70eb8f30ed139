"""The forms in which blocks are compared: whole text, body without its label, and the label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tracker.diff.redline import tokens
from tracker.model import Block
from tracker.text.canonical import canonical
from tracker.text.numbering import label


@dataclass(frozen=True, slots=True)
class Forms:
    """One entry a block. `whole` is its canonical text, `body` the same without label (a sign of the label's kind
    where nothing else is there), `label` the label in canonical form, `strong` the key by which blocks are first
    aligned: the whole text, or the position, which is equal to nothing, where there is only a label."""

    whole: list[str]
    body: list[str]
    label: list[str]
    strong: list[object]


def forms(blocks: Sequence[Block]) -> Forms:
    """The forms of all blocks."""
    whole, body, labels, strong = [], [], [], []
    for block in blocks:
        text, inner, head, lonely = _form(block.text, block.number)
        whole.append(text)
        body.append(inner)
        labels.append(head)
        strong.append((id(blocks), len(strong)) if lonely else text)
    return Forms(whole, body, labels, strong)


@lru_cache(maxsize=100_000)
def _form(text: str, number: str) -> tuple[str, str, str, bool]:
    """(whole, body, label, whether the label is all there is)"""
    whole = canonical(text)
    found = label(text)
    if found is None or not (found.kind != "bare" or not number or text.startswith(number)):
        return whole, whole, "", False
    inner = canonical(text[found.length :])
    head = canonical(found.text)
    if inner:
        return whole, inner, head, False
    return whole, f"\x00{found.kind}{found.style}", head, True


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words and signs of a text, without space."""
    return tuple(token for token in tokens(text) if not token.isspace())
