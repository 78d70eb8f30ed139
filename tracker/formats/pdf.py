"""A PDF to a Reading: lines in reading order, without what repeats on every page, joined to paragraphs.

Lines come from pdf_process. The order is the content stream's, which programs that write text keep; where it jumps
up and down the page, columns are found by cutting the page at its widest gaps (recursive X-Y cut; Nagy and Seth
1984, "Hierarchical representation of optically scanned documents").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tracker.formats import dates
from tracker.formats.errors import Unreadable
from tracker.formats.pdf_paragraphs import Line, joined, opens, ordered
from tracker.formats.pdf_process import lines_of
from tracker.model import Accounting, Block, Link, Reading

_MARGIN = 0.12  # of the page's height, at the top and the bottom: where headers and footers stand
_EDGE_LINES = 4  # lines at the top and bottom looked at
_NUMBER = re.compile(
    r"^[\W_]*(?:(?:page|seite|página|pagina|pág\.?|p\.|s\.|第)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:页|頁))?"
    r"(?:\s*(?:/|of|de|von|sur|di|van|共|-|–)\s*\d{1,4}(?:\s*(?:页|頁))?)?[\W_]*$",
    re.IGNORECASE,
)
_JUNK_TITLE = re.compile(
    r"^(?:untitled|microsoft word|powerpoint|标题|title|document\d*|"
    r"\S+\.(?:docx?|pdf|indd|psd|exe|rtf|qxd|pptx?|xlsx?)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+\-])(\d\d)'?(\d\d)?|Z)?")


def read_pdf(body: bytes, **_: object) -> Reading:
    """The PDF's text; `anchor` of a block is the page it begins on ("page=3").

    Raises Unreadable for a PDF that is broken, protected, scanned without text, or larger than limits allow.
    """
    made = lines_of(body)
    pages: Sequence[Mapping[str, Any]] = made["pages"]
    empty = [number for number, page in enumerate(pages, 1) if _letters(page) < 3]
    scanned = [number for number in empty if pages[number - 1]["images"]]
    if len(empty) == len(pages):
        raise Unreadable(
            f"scanned PDF: {len(scanned)} of {len(pages)} pages are pictures without text"
            if scanned
            else f"a PDF without text on any of its {len(pages)} pages"
        )
    lines = [
        Line(number, *line) for number, page in enumerate(pages, 1) for line in ordered(page["lines"], page["size"])
    ]
    repeated = _repeated(lines, pages)
    kept = [line for index, line in enumerate(lines) if index not in repeated]
    blocks = _with_links(joined(kept), made["links"])
    aside = tuple(
        Block(" ".join(line.text.split()), anchor=f"page={line.page}", role="repeated")
        for index, line in enumerate(lines)
        if index in repeated
    )
    title = _title(str(made["title"]), blocks)
    return Reading(
        format="pdf",
        title=title,
        language=str(made["language"]).split("-")[0].strip("\x00 ").lower()[:3],
        published=_date(str(made["created"])),
        modified=_date(str(made["modified"])),
        blocks=blocks,
        aside=aside,
        order=_order(blocks, aside),
        links=tuple(Link(address) for _, address in made["links"]),
        accounting=_accounting(blocks, aside),
        notes=_notes(pages, scanned, lines),
    )


def _letters(page: Mapping[str, Any]) -> int:
    return sum(sum(sign.isalnum() for sign in line[0]) for line in page["lines"])


def _notes(pages: Sequence[Mapping[str, Any]], scanned: Sequence[int], lines: Sequence[Line]) -> tuple[str, ...]:
    notes = []
    if scanned:
        named = ", ".join(str(number) for number in scanned[:10]) + ("…" if len(scanned) > 10 else "")
        notes.append(f"scanned PDF: {len(scanned)} of {len(pages)} pages without text (page {named})")
    broken = sum(1 for page in pages if page["broken"])
    if broken:
        notes.append(f"broken PDF: {broken} of {len(pages)} pages could not be read")
    text = "".join(line.text for line in lines[:2000])
    lost = sum(1 for sign in text if sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff")
    if lost * 10 > len(text):
        notes.append("the PDF's fonts do not say which letters they draw: parts of the text are not readable")
    return tuple(notes)


# ------------------------------------------------------------------------------------ headers and footers


@dataclass(frozen=True, slots=True)
class _Edge:
    index: int
    form: str
    page: int
    height: int


def _repeated(lines: Sequence[Line], pages: Sequence[Mapping[str, Any]]) -> frozenset[int]:
    """The indexes of lines that are headers, footers or page numbers: in the margin, with the same words (numbers
    apart) at the same height on a third of the pages or more, or nothing but the page's number."""
    edges = _edges(lines, pages)
    places: dict[tuple[str, int], set[int]] = {}
    for edge in edges:
        for height in (edge.height - 1, edge.height, edge.height + 1):
            places.setdefault((edge.form, height), set()).add(edge.page)
    enough = max(2, min(len(pages), 12) // 3)
    numbered = _numbered(edges, lines)
    out = set()
    for edge in edges:
        pages_with = places[(edge.form, edge.height)]
        on = len(pages_with)
        if edge.index in numbered:
            out.add(edge.index)
        elif opens(edge.form.replace("#", "1")) and len(edge.form) < 20:
            continue  # "Article 3" at the top of a page is the article's heading
        elif on >= enough and (on / len(pages) >= 0.3 or (on >= 4 and _run(pages_with) >= 4)):
            out.add(edge.index)
    return frozenset(out)


def _numbered(edges: Sequence[_Edge], lines: Sequence[Line]) -> set[int]:
    """Page numbers: nothing but a number in the margin, and one that goes up with the pages (two pages agree), or on
    a page without a second one, equal to it."""
    found: dict[int, list[_Edge]] = {}
    for edge in edges:
        text = lines[edge.index].text.strip()
        digits = re.search(r"\d+", text)
        if not _NUMBER.match(text) or text.endswith((")", ";")):
            continue
        offset = int(digits[0]) - edge.page if digits else -999
        found.setdefault(offset, []).append(edge)
    return {
        edge.index
        for offset, several in found.items()
        for edge in several
        if len({each.page for each in several}) > 1 or offset == 0
    }


def _run(pages: set[int]) -> int:
    """The longest run of pages, every one or every second one: a chapter's header."""
    longest = 0
    for page in pages:
        for step in (1, 2):
            if page - step not in pages:
                length = 1
                while page + length * step in pages:
                    length += 1
                longest = max(longest, length)
    return longest


def _edges(lines: Sequence[Line], pages: Sequence[Mapping[str, Any]]) -> list[_Edge]:
    by_page: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        by_page.setdefault(line.page, []).append(index)
    edges = []
    for page, indexes in by_page.items():
        height = float(pages[page - 1]["size"][1]) or 1.0
        across = sorted(indexes, key=lambda index: -lines[index].top)
        levels = sorted({round(lines[index].top) for index in across}, reverse=True)
        outer = {*levels[:_EDGE_LINES], *levels[-_EDGE_LINES:]}
        for index in across:
            line = lines[index]
            middle = (line.top + line.bottom) / 2
            if round(line.top) in outer and not _MARGIN * height <= middle <= (1 - _MARGIN) * height:
                form = re.sub(r"\d+|\b[ivxlc]+\b", "#", " ".join(line.text.casefold().split()))
                edges.append(_Edge(index, form, page, round(middle / 4)))
    return edges


# ------------------------------------------------------------------------------------- title, dates, shares


def _title(said: str, blocks: Sequence[Block]) -> str:
    said = " ".join(said.replace("\x00", "").split())
    words = {word for block in blocks[:60] for word in re.findall(r"\w{3,}", block.text.casefold())}
    own = re.findall(r"\w{3,}", said.casefold())
    # A title that nobody reads in the document is the writing program's.
    if len(said) > 3 and not _JUNK_TITLE.match(said) and own and sum(word in words for word in own) * 2 >= len(own):
        return said[:500]
    headings = [block for block in blocks[:12] if block.kind == "heading"]
    best = min(headings, key=lambda block: block.level, default=None)
    chosen = best or (blocks[0] if blocks else None)
    return chosen.text[:200] if chosen else said[:200]


def _date(text: str) -> datetime | None:
    match = _DATE.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in match.groups()[:6])
    offset = f"{match[7]}{match[8]}:{match[9] or '00'}" if match[7] else "Z"
    return dates.parse(f"{year:04}-{month or 1:02}-{day or 1:02}T{hour:02}:{minute:02}:{second:02}{offset}")


def _with_links(blocks: Sequence[Block], links: Sequence[Sequence[Any]]) -> tuple[Block, ...]:
    by_page: dict[str, list[Link]] = {}
    for page, address in links:
        by_page.setdefault(f"page={page}", []).append(Link(str(address)))
    out = []
    for block in blocks:
        own = tuple(by_page.pop(block.anchor, ()))  # a page's links go with its first block: where exactly is not known
        out.append(replace(block, links=own) if own else block)
    return tuple(out)


def _order(blocks: Sequence[Block], aside: Sequence[Block]) -> tuple[int, ...]:
    """Page by page; within a page the text before its margins."""
    if not aside:
        return ()
    entries = [*((_page(block), 0, index) for index, block in enumerate(blocks)),
               *((_page(block), 1, len(blocks) + index) for index, block in enumerate(aside))]  # fmt: skip
    return tuple(entry[2] for entry in sorted(entries))


def _page(block: Block) -> int:
    return int(block.anchor.removeprefix("page=") or 0)


def _accounting(blocks: Sequence[Block], aside: Sequence[Block]) -> Accounting:
    counts: Counter[str] = Counter()
    for block in (*blocks, *aside):
        counts[block.role] += max(len(block.text.split()), len(block.text) // 12)
    total = sum(counts.values())
    if not total:
        return Accounting(0, 0.0)
    return Accounting(total, counts["main"] / total, {role: n / total for role, n in counts.items() if role != "main"})
