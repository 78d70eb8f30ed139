"""Lines of a PDF in reading order, and joined to paragraphs, items and headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from tracker.model import Block

_HYPHENS = "-\u2010\u00ad\u0002\ufffe"
_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
_ITEM = re.compile(
    r"^(?:[•‣▪■●○◦\uf0b7\uf0a7–—*-]\s+\w|\(?(?:\d{1,3}|[a-z]{1,2}|[ivxl]{1,6}|[A-Z])[.)]\s+\S|\((?:\d{1,3}|[a-z]{1,2}|[ivxl]{1,6})\)\s*\S|"
    r"[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[①-⑳])"
)
_OPENS = re.compile(
    r"^(?:(?:article|artikel|artículo|artigo|articolo|art\.|section|sec\.|§+|chapter|chapitre|kapitel|capítulo|title|titre|"
    r"annex|annexe|anhang|anexo|part|partie|teil)\s*[\divxl§]|第[一二三四五六七八九十百零〇\d]{1,6}[章节節条條编編款])",
    re.IGNORECASE,
)
_BARE = re.compile(r"^\S+\s*[\w.()-]*[\w)]$")
_NUMBERED = re.compile(r"^(?:\d{1,3}\.)*\d{1,3}\.?\s+[^\W\d_a-z]")
_ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]+")
_MAX_BLOCK = 200_000


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: page from 1, text, box in points from the lower left, height of the type, whether bold; the
    number of cells that stand apart on it."""

    page: int
    text: str
    left: float
    bottom: float
    right: float
    top: float
    height: float
    bold: int
    cells: int = 1


# ------------------------------------------------------------------------------------------- reading order


def ordered(lines: Sequence[Sequence[Any]], size: Sequence[float]) -> list[Sequence[Any]]:
    """A page's lines in reading order: as the stream has them, unless it jumps about."""
    placed = [line for line in lines if line[4] > line[2]]
    if len(placed) < 4 or len(placed) > 3_000:
        return list(lines)
    if _jumps(placed) <= max(2, len(placed) // 12) and not _side_by_side(placed):
        return list(lines)
    return _cut(placed, 0) + [line for line in lines if line[4] <= line[2]]


def _side_by_side(lines: Sequence[Sequence[Any]]) -> bool:
    """Whether the stream goes across two columns of running text: on most lines two pieces of several words stand
    beside each other, the right ones under each other. In a table the pieces are words or figures."""
    rights = []
    for left, right in pairwise(lines):
        overlap = min(left[4], right[4]) - max(left[2], right[2])
        wordy = min(len(left[0].split()), len(right[0].split())) >= 4 or min(len(left[0]), len(right[0])) >= 40
        if right[1] > left[3] and overlap > 0.5 * (left[4] - left[2]) and wordy and not _figures(right[0]):
            rights.append(right[1])
    if len(rights) * 3 < len(lines):
        return False
    middle = median(rights)
    return sum(bool(abs(edge - middle) < 25) for edge in rights) * 5 >= len(rights) * 4


def _jumps(lines: Sequence[Sequence[Any]]) -> int:
    """How often the next line stands higher in the same column: text goes down, and up only to a new column."""
    count = 0
    for above, below in pairwise(lines):
        overlap = min(above[3], below[3]) - max(above[1], below[1])
        count += below[2] > above[4] and overlap > 0
    return count


def _cut(lines: list[Sequence[Any]], depth: int) -> list[Sequence[Any]]:
    if len(lines) < 2 or depth > 12:
        return _down(lines)
    type_height = median(line[5] or 1 for line in lines)
    across = _gap(lines, 2, 4, max(type_height * 0.9, 4))  # a white band from left to right
    beside = _gap(lines, 1, 3, max(type_height * 1.2, 8))  # a white band from top to bottom
    if beside is not None:
        left = [line for line in lines if line[3] <= beside]
        right = [line for line in lines if line[3] > beside]
        if left and right and (across is None or min(len(left), len(right)) >= 3):
            return _cut(left, depth + 1) + _cut(right, depth + 1)
    if across is not None:
        upper = [line for line in lines if line[2] >= across]
        lower = [line for line in lines if line[2] < across]
        if upper and lower:
            return _cut(upper, depth + 1) + _cut(lower, depth + 1)
    return _down(lines)


def _gap(lines: Sequence[Sequence[Any]], low: int, high: int, least: float) -> float | None:
    """The middle of the widest band that no line crosses, if it is `least` wide."""
    best, at = least, None
    reach = None
    for start, end in sorted((line[low], line[high]) for line in lines):
        if reach is not None and start - reach > best:
            best, at = start - reach, (start + reach) / 2
        reach = end if reach is None else max(reach, end)
    return at


def _down(lines: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return sorted(lines, key=lambda line: (-round((line[2] + line[4]) / 2 / max(line[5], 4)), line[1]))


# --------------------------------------------------------------------------------------------- paragraphs


def joined(lines: Sequence[Line]) -> tuple[Block, ...]:
    """The lines as blocks: words that were hyphenated at a line's end are whole again, a paragraph that goes on on
    the next page is one."""
    if not lines:
        return ()
    lines = _rows(lines)
    body = _body_height(lines)
    spacing = _spacing(lines)
    vocabulary = Counter(word.casefold() for line in lines for word in _WORD.findall(line.text)[:-1])
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _continues(groups[-1], line, body, spacing):
            groups[-1].append(line)
        else:
            groups.append([line])
    levels = _levels(groups, body)
    return tuple(block for group in groups if (block := _block(group, body, levels, vocabulary)) is not None)


def _rows(lines: Sequence[Line]) -> list[Line]:
    """The lines with those that stand apart on one height as one: a row of a table."""
    out: list[Line] = []
    for line in lines:
        last = out[-1] if out else None
        if last is None or not _same_row(last, line) or line.left - last.right <= 1.2 * line.height:
            out.append(line)
            continue
        out[-1] = replace(
            last, text=f"{last.text} | {line.text}", right=line.right, bottom=min(last.bottom, line.bottom),
            top=max(last.top, line.top), bold=last.bold and line.bold, cells=last.cells + 1,
        )  # fmt: skip
    return out


def _body_height(lines: Sequence[Line]) -> float:
    counts: Counter[float] = Counter()
    for line in lines:
        counts[round(line.height)] += len(line.text)
    return counts.most_common(1)[0][0] or 1.0


def _spacing(lines: Sequence[Line]) -> float:
    """The usual distance from a line to the next, in heights of type."""
    steps = [
        (above.bottom - below.bottom) / above.height
        for above, below in pairwise(lines)
        if above.page == below.page and above.height > 0 and 0.5 < (above.bottom - below.bottom) / above.height < 3
    ]
    return median(steps) if steps else 1.2


def _continues(group: list[Line], line: Line, body: float, spacing: float) -> bool:
    last = group[-1]
    if last.cells > 1 or line.cells > 1:
        return False
    if sum(len(each.text) for each in group) > _MAX_BLOCK:
        return False
    if abs(last.height - line.height) > 0.15 * max(last.height, line.height, 1):
        return _same_row(last, line)
    ended = _ENDS.search(last.text) is not None
    if last.bold != line.bold and _short(last) and (ended or not _lower(line.text)):
        return _same_row(last, line)
    label = _OPENS.match(line.text) is not None
    if label and (ended or _BARE.match(line.text) or not last.text[-1:].islower()):
        return False  # "… in accordance with" + "Article 73;" is a sentence, "Article 73" alone is a heading
    if _ITEM.match(line.text) or _figures(line.text) or _figures(last.text):
        return _same_row(last, line)
    if line.page != last.page or line.bottom > last.top:  # a new page or a new column
        return _goes_on(last, line)
    if _same_row(last, line):
        return True
    step = (last.bottom - line.bottom) / max(last.height, 1)
    if step > spacing * 1.35 + 0.1 or step < 0:
        return False
    width = max(each.right for each in group) - min(each.left for each in group)
    room = max(each.right for each in [*group, line]) - last.right
    if (
        len(group) == 1
        and _OPENS.match(last.text)
        and _short(last)
        and (room > 0.1 * max(width, 1) or not _lower(line.text))
    ):
        return False
    if room > 0.25 * max(width, 1) and (ended or not (label or _lower(line.text))):
        return False
    indent = line.left - min(each.left for each in group)
    return not (ended and indent > 0.8 * last.height and len(group) > 1)


def _same_row(last: Line, line: Line) -> bool:
    overlap = min(last.top, line.top) - max(last.bottom, line.bottom)
    return (
        line.page == last.page and line.left >= last.right - 1 and overlap > 0.6 * min(last.height, line.height, 50) > 0
    )


def opens(text: str) -> bool:
    """Whether a line begins a part of a text by its label: "Article 10", "§ 3", "第五条"."""
    return _OPENS.match(text) is not None


def _figures(text: str) -> bool:
    """Whether a line is a table's row of numbers: such lines do not run on."""
    words = text.split()
    return len(words) >= 4 and sum(any(sign.isdigit() for sign in word) for word in words) * 3 >= len(words) * 2


def _short(line: Line) -> bool:
    return len(line.text) < 90


def _lower(text: str) -> bool:
    first = next((sign for sign in text if sign.isalnum()), "")
    return first.islower() or bool(_CJK.match(first)) or text[:1] in "(,;"


def _goes_on(last: Line, line: Line) -> bool:
    """Whether a paragraph that reached a page's or column's end goes on at the beginning of the next."""
    if _ENDS.search(last.text):
        return False
    if last.text[-1:] in _HYPHENS and line.text[:1].islower():
        return True
    first = line.text[:1]
    return first.islower() or bool(_CJK.match(last.text[-1:]) and _CJK.match(first) and len(last.text) > 12)


def _levels(groups: Sequence[Sequence[Line]], body: float) -> dict[int, int]:
    """Heights of type that are larger than the body's, largest first, to levels 1 to 6."""
    heights = sorted({round(group[0].height) for group in groups if group[0].height > 1.12 * body}, reverse=True)
    return {height: min(rank, 6) for rank, height in enumerate(heights, 1)}


def _block(group: Sequence[Line], body: float, levels: dict[int, int], vocabulary: Counter[str]) -> Block | None:
    text = group[0].text
    for line in group[1:]:
        text = _attached(text, line.text, vocabulary)
    text = " ".join(text.translate({0xFFFE: None, 2: None, 0xAD: None}).split())
    if not text:
        return None
    block = Block(text, anchor=f"page={group[0].page}")
    first = group[0]
    if first.cells > 1 or (len(group) == 1 and _figures(text)):
        words = text.replace(" | ", " ").split()
        # Nothing but figures: how wide the gaps between them are says nothing.
        bare = all(any(sign.isdigit() for sign in word) for word in words)
        return replace(block, kind="row", text=" ".join(words) if bare else text)
    bold = all(line.bold for line in group) and len(text) <= 160
    if _ITEM.match(text) and not (bold and _NUMBERED.match(text)):
        return replace(block, kind="item", level=1)
    if len(text) <= 250 and any(sign.isalpha() for sign in text):
        if round(first.height) in levels and len(group) <= 4:
            return replace(block, kind="heading", level=levels[round(first.height)])
        if bold and not text.endswith((".", ",", ";")) and not next(sign for sign in text if sign.isalpha()).islower():
            return replace(block, kind="heading", level=min(len(levels) + 1, 6))
        if _OPENS.match(text) and len(text) <= 40:
            return replace(block, kind="heading", level=min(len(levels) + 2, 6))
    return block


def _attached(text: str, after: str, vocabulary: Counter[str]) -> str:
    """Two lines as one text: hyphenation undone, Chinese and Japanese without a space."""
    if text[-1:] in _HYPHENS and after[:1].islower() and len(text) > 1 and text[-2].isalpha():
        head = _WORD.findall(text[:-1])[-1].casefold()
        tail = (_WORD.match(after) or [""])[0].casefold()
        # "well-" + "known": kept when the document writes both parts and never the whole word.
        if not vocabulary[head + tail] and vocabulary[head] and vocabulary[tail] and min(len(head), len(tail)) > 2:
            return f"{text[:-1]}-{after}"
        return text[:-1] + after
    if text[-1:] in _HYPHENS and text[-1:] != "-":
        return f"{text[:-1]}-{after}" if after[:1].isalnum() else text[:-1] + after
    if text[-1:] == "-" and after[:1].isupper() and len(text) > 1 and text[-2].isalpha():
        return text + after
    if _CJK.match(text[-1:]) and _CJK.match(after[:1]):
        return text + after
    return f"{text} {after}"
