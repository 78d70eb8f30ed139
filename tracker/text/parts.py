"""What each block is before its place is known: a division's label, a numbered line, a recital, a note, an entry of a
table of contents, part of a quoted amendment, an editor's mark."""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracker.model import Block
from tracker.text.numbering import Label, bare, worded

_CITING = re.compile(
    r"(?:absatz|absätze|abs\.|satz|nummer|nr\.|buchstabe|unterabsatz|halbsatz|paragraph|paragraphs|para\.|und\b|oder\b|"
    r"bis\b|des\b|der\b|and\b|or\b|to\b|of\b|et\b|ou\b|à\b|du\b|de\b|al\.|alinéa)",
    re.IGNORECASE,
)
_CITED_ZH = "规定款项所的、和或至中之及以内外等前后修"
_MARK = re.compile(r"[▼►◄▲]\s?[A-Z]{0,2}\d{0,3}")
_PREAMBLE = re.compile(
    r"^(?:whereas|considérant(?: ce qui suit)?|in erwägung|considerando|considerato|visto)\b.{0,80}$", re.IGNORECASE
)
_ADOPTED = re.compile(
    r"^(?:has|have|hereby|a|ont|hat|haben|ha|han)\s.{0,40}(?:adopted|decided|agreed|adopté|arrêté|décidé|erlassen|beschlossen|adoptado|adottato)",
    re.IGNORECASE,
)
_NOTES = re.compile(r"(?:foot|end)?-?note", re.IGNORECASE)
_OPEN, _CLOSE = "‘“«„", "’”»"
_QUOTED_LENGTH = 200  # blocks that one quotation may have
_LINE = 300  # characters of a heading that is a division's title
_UNITS = frozenset(("art", "sec", "rule", "reg", "clause", "princ"))
_ROW = 10  # sections without a word that make an act
_TOC = 4  # labels in a row that come again later
_ALIKE = 3  # of which so many are of one kind


@dataclass(frozen=True, slots=True)
class Role:
    """`kind` is worded, bare, recital, preamble, adopted, title (above its number), note, toc, quoted, mark or text; `count` numbers notes and quotations."""

    kind: str
    label: Label | None = None
    value: str = ""
    count: int = 0


_TEXT = Role("text")


def roles(blocks: Sequence[Block]) -> list[Role]:
    """One role a block."""
    quoted = _quotations(blocks)
    out: list[Role] = []
    for at, block in enumerate(blocks):
        if at in quoted:
            out.append(Role("quoted", count=quoted[at]))
        else:
            out.append(_role(block))
    _contents(blocks, out)
    _recitals(blocks, out)
    _sections(blocks, out)
    return out


def _role(block: Block) -> Role:
    text = block.text
    if len(text) <= 6 and _MARK.fullmatch(text):
        return Role("mark")
    found = worded(text)
    if found is not None and stands(block, found):
        return Role("worded", found)
    found = bare(text)
    if found is None or (found.style == "•" and found.length >= len(text)):
        return _TEXT
    if block.kind != "row" and _NOTES.search(block.region.rsplit(">", 1)[-1]):
        return Role("note", found, found.value)
    return Role("bare", found) if block.kind != "row" else _TEXT


def stands(block: Block, label: Label) -> bool:
    """Whether a worded label opens a division here, or only begins a sentence that cites one."""
    rest = block.text[label.length :]
    if label.value and label.value.isalpha() and label.style == "word" and not _upper_value(label):
        return False
    if not rest.strip():
        return block.kind != "row"
    if block.kind == "heading":
        return len(block.text) <= _LINE or label.kind == "art"
    if label.style in "编篇章节条款项部":
        return (label.style == "条" and (bool(label.stop) or rest[0] not in _CITED_ZH)) or (
            bool(label.stop) and len(rest) < 60
        )
    first = rest[0]
    if not label.stop or first in ",;/([" or block.kind == "row":
        return first in "([" and label.stop != "" and not re.match(r"[(\[]\s?(?:\d|[a-z]{1,2}\s?\))", rest)
    if label.kind not in ("art", "sec", "rule", "reg", "clause", "princ") and len(rest) > 160:
        return False
    if label.stop.strip(" ") and label.stop.strip(" ")[0] in ".:–—-|)":
        return not _CITING.match(rest) or not first.islower()
    return not first.islower() and not _CITING.match(rest)


def _upper_value(label: Label) -> bool:
    last = label.text.split()[-1]
    return last[0].isupper() or len(last) > 3 or (label.text.split()[0][0].isupper() and len(label.value) > 3)


def _quotations(blocks: Sequence[Block]) -> dict[int, int]:
    """Blocks of quotations that begin in one block and end in a later one, with the quotation's number."""
    out: dict[int, int] = {}
    count, at = 0, 0
    last: Label | None = None
    while at < len(blocks):
        text = blocks[at].text
        found = worded(text)
        if found is not None and stands(blocks[at], found):
            last = found
        if text[:1] in _OPEN and text[:1] and not _closed(text):
            end = _closing(blocks, at, last)
            if end > at:
                count += 1
                out.update(dict.fromkeys(range(at, end + 1), count))
                at = end
        at += 1
    return out


def _closed(text: str) -> bool:
    closing = _CLOSE[max(_OPEN.find(text[0]), 0)] if text[0] != "„" else "“"
    return closing in text[1:] or text.count('"') > 1


def _closing(blocks: Sequence[Block], at: int, last: Label | None) -> int:
    """Where the quotation that begins here ends; -1 where it does not. It cannot hold the next article of the text
    around it."""
    opening = blocks[at].text[0]
    closing = "“" if opening == "„" else _CLOSE[_OPEN.find(opening)]
    for end in range(at + 1, min(at + _QUOTED_LENGTH, len(blocks))):
        text = blocks[end].text.rstrip(" .;,:")
        if text.endswith(closing):
            return end
        found = worded(text)
        if found is not None and last is not None and found.kind == last.kind and _next(last.value, found.value):
            return -1
        if blocks[end].text[:1] == opening and not _closed(blocks[end].text):
            return -1
    return -1


def _next(value: str, other: str) -> bool:
    return value.isdigit() and other.isdigit() and int(other) == int(value) + 1


def _contents(blocks: Sequence[Block], out: list[Role]) -> None:
    """Runs of labels without text between them, all of which come again: a table of contents."""
    where: dict[tuple[str, str], list[int]] = {}
    for at, role in enumerate(out):
        if role.kind == "worded" and role.label is not None:
            where.setdefault((role.label.kind, role.label.value), []).append(at)
    run: list[int] = []
    count = 0
    for at in range(len(out) + 1):
        here = out[at] if at < len(out) else None
        label = here.label if here is not None and here.kind == "worded" else None
        again = label is not None and where[(label.kind, label.value)][-1] > at
        if again or (
            run
            and here is not None
            and label is None
            and at - run[-1] == 1
            and len(blocks[at].text) < 200
            and not _ends(blocks[at])
        ):
            run.append(at)
            continue
        labels = [place for place in run if out[place].kind == "worded"]
        if len(labels) >= _TOC and _only_here(labels, run, where, out):
            for place in run:
                count += 1
                out[place] = replace(out[place], kind="toc", count=count)
        run = []


def _ends(block: Block) -> bool:
    return block.text.endswith((".", ";", "。", "；", ":"))


def _only_here(
    labels: Sequence[int], run: Sequence[int], where: dict[tuple[str, str], list[int]], out: Sequence[Role]
) -> bool:
    """The later places of these labels lie behind the run."""
    kinds = Counter(label.kind for at in labels if (label := out[at].label))
    if max(kinds.values()) < _ALIKE:  # book, title, chapter, article: a place in the text, not a list of places
        return False
    last = run[-1]
    behind = sum(1 for at in labels if (label := out[at].label) and where[(label.kind, label.value)][-1] > last)
    return behind >= 0.8 * len(labels)


def _recitals(blocks: Sequence[Block], out: list[Role]) -> None:
    """Numbered lines between "Whereas:" and the first article or the words of adoption."""
    start = next(
        (at for at, block in enumerate(blocks) if len(block.text) < 120 and _PREAMBLE.match(block.text.strip())), -1
    )
    opened = next((at for at, role in enumerate(out) if role.kind == "worded"), len(out))
    if start < 0 or start > opened:
        return
    out[start] = Role("preamble")
    for at in range(start + 1, len(blocks)):
        role = out[at]
        if role.kind == "worded" or blocks[at].kind == "heading":
            return
        if len(blocks[at].text) < 120 and _ADOPTED.match(blocks[at].text):
            out[at] = Role("adopted")
            return
        if role.kind == "bare" and role.label is not None and role.label.style in ("(1)", "1)", "1."):
            out[at] = replace(role, kind="recital")


def _sections(blocks: Sequence[Block], out: list[Role]) -> None:
    """Acts of the Commonwealth number their sections without a word, each below its title: "34. (1) A supplier …".

    Where a text has no articles, and one row of such numbers runs through it under titles, these are its sections.
    """
    if any(role.kind == "worded" and role.label is not None and role.label.kind in _UNITS for role in out):
        return
    numbered = [
        (at, role.label)
        for at, role in enumerate(out)
        if role.kind == "bare" and role.label is not None and role.label.style == "1."
    ]
    row: list[tuple[int, Label]] = []
    for at, label in numbered:
        digits = re.match(r"\d+", label.value)
        last = re.match(r"\d+", row[-1][1].value) if row else None
        if (
            digits
            and 0 <= int(digits[0]) - (int(last[0]) if last else 0) <= 3
            and (not row or label.value != row[-1][1].value)
        ):
            row.append((at, label))
    titled = sum(1 for at, _ in row if at and (blocks[at - 1].kind == "heading" or _titled(blocks[at - 1])))
    if len(row) < _ROW or len(row) < 0.8 * len(numbered) or titled < 0.6 * len(row):
        return
    for at, label in row:
        section = replace(label, kind="sec", text=f"Section {label.value}")
        out[at] = Role("worded", section)
        if at and out[at - 1].kind == "text" and (blocks[at - 1].kind == "heading" or _titled(blocks[at - 1])):
            out[at - 1] = Role("title", section)


def _titled(block: Block) -> bool:
    return len(block.text) < 120 and block.kind == "paragraph" and not _ends(block) and bare(block.text) is None
