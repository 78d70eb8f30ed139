"""The forms in which blocks are compared: whole text, body without its label, and the label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tracker.diff.redline import tokens
from tracker.model import Block
from tracker.text.canonical import canonical
from tracker.text.numbering import label

_LONG = 80  # characters: a longer text that is the same, letter for letter, on both sides needs no canonical form
_MARK = re.compile(r"[▼►◄▲]\s?(?:[A-Z]{1,2}\d{0,3})?")
_ROW = re.compile(r"(\d{1,4}\.?) \| (?=.*[^\W\d])")  # the number that a table gives its row
_WORD = re.compile(r"\w")
_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Forms:
    """One entry a block. `whole` is its canonical text ("" where nothing is left of it), `body` the same without the
    label (a sign of the label's kind where nothing else is there), `label` the label in canonical form, `strong` the
    key by which blocks are first aligned: the whole text, or a key equal to none where there is only a label."""

    whole: list[str]
    body: list[str]
    label: list[str]
    strong: list[object]


def both(old: Sequence[Block], new: Sequence[Block]) -> tuple[Forms, Forms]:
    """The forms of two lists that are to be compared."""
    before, after = {block.text for block in old}, {block.text for block in new}
    shared = {text for text in before & after if len(text) > _LONG}
    # Only what nothing else resembles may keep its own letters as its form.
    others = {_letters(form) for text in (before ^ after) for form in (text, canonical(_unmarked(text)))}
    plain = {text for text in shared if _letters(text) not in others}
    known: dict[str, tuple[str, str, str, bool]] = {}  # both sides: most texts stand on both
    return _forms(old, plain, known, 0), _forms(new, plain, known, 1)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).casefold()


def _forms(blocks: Sequence[Block], plain: set[str], known: dict[str, tuple[str, str, str, bool]], side: int) -> Forms:
    whole: list[str] = []
    body: list[str] = []
    labels: list[str] = []
    strong: list[object] = []
    for block in blocks:
        form = known.get(block.text)
        if form is None:
            form = _plain_form(block.text) if block.text in plain else _form(block.text)
            known[block.text] = form
        text, inner, head, lonely = form
        whole.append(text)
        body.append(inner)
        labels.append(head)
        strong.append((side, len(strong)) if lonely else text)
    return Forms(whole, body, labels, strong)


def _unmarked(text: str) -> str:
    """The text without the signs with which consolidated texts show what came from where."""
    return _MARK.sub("", text) if "►" in text or "▼" in text or "◄" in text else text


@lru_cache(maxsize=16_384)
def _form(text: str) -> tuple[str, str, str, bool]:
    """(whole, body, label, whether the label is all there is)"""
    whole = canonical(_unmarked(text))
    if not _WORD.search(whole):
        return "", "", "", False  # a rule or a row of dashes
    row = _ROW.match(whole)
    if row:
        return whole, whole[row.end() :], row[1], False
    found = label(text)
    if found is None:
        return whole, whole, "", False
    return _split(whole, canonical(found.text), f"{found.kind}{found.style}")


def _plain_form(text: str) -> tuple[str, str, str, bool]:
    whole = " ".join(text.split()).casefold()
    found = label(text)
    return (whole, whole, "", False) if found is None else _split(whole, found.text.casefold(), "")


def _split(whole: str, head: str, kind: str) -> tuple[str, str, str, bool]:
    if not whole.startswith(head):
        return whole, whole, "", False
    inner = whole[len(head) :].lstrip(" .:|)-–—")
    return (whole, inner, head, False) if inner else (whole, f"\x00{kind}", head, True)


@lru_cache(maxsize=16_384)
def words(text: str) -> tuple[str, ...]:
    """The words and signs of a text, without space."""
    return tuple(token for token in tokens(text) if not token.isspace())
