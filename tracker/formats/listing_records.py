"""An entry of a list: its pieces of text with their places, and which of them is the title, the date, the link."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, pairwise

from bs4.element import NavigableString, PageElement, Tag

from tracker.formats import dates

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "br"
))  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "dt", "caption", "thead", "b", "strong"))
_SKIPPED = frozenset(
    ("script", "style", "noscript", "template", "svg", "select", "button", "textarea", "iframe", "head")
)
_GENERIC = re.compile(
    r"^[\W\d_]*(?:pdf|docx?|html?|rtf|word|download|view|open|read|more|read more|details?|click here|here|link|"
    r"opinion|order|published|unpublished|agenda|minutes|summary|document|file|télécharger|lire|lire la suite|"
    r"en savoir plus|voir|mehr|weiterlesen|herunterladen|ver|leer más|descargar|new|kb|mb|\(opens in a new window\)|"
    r"查看|详情|下载|更多)?"
    r"[\W\d_]*(?:pdf|kb|mb|file|document)?[\W\d_]*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^[\w' .#/()-]{2,30}:\s*$")
_NUMBERS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_CJK = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
_LABELLED = re.compile(r"^[^\W\d_][\w ]{1,24}:\s+(?=\S)")
EDGES = " -–—·•:,;|"  # signs around a title that do not belong to it
_MAX_SEGMENTS = 120


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text between two breaks. `place` names where it stands in its record, `href` the link it is."""

    text: str
    place: str
    href: str = ""
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """An entry. `holder` identifies the element it stands in, `dates_in` counts the dates found, `heading` is what
    stands right above its group ("Decisions of 3 May 2024", "2019")."""

    segments: tuple[Segment, ...]
    text: str
    href: str
    holder: int
    date: datetime | None = None
    dates_in: int = 0
    title: str = ""
    identity: str = ""
    order: int = 0
    heading: str = ""

    @property
    def words(self) -> int:
        return len(self.text.split()) + len(_CJK.findall(self.text)) // 2


def record_of(top: Tag, link: Tag | None, *, before: Sequence[Tag] = (), after: Sequence[Tag] = ()) -> Record | None:
    """The record that an element is; `link` is the anchor it was found by, `before` and `after` are neighbours that
    belong to it (a term's definition, a row's second line)."""
    segments = tuple(_segments(token for node in (*before, top, *after) for token in _tokens(node, outermost=top)))
    holder = top.parent if isinstance(top.parent, Tag) else top
    href = str(link.get("href") or "").strip() if link is not None else ""
    made = _made(segments, href, id(holder))
    if made is None:
        return None
    return replace(made, identity=str(top.get("id") or "")[:100], heading="" if made.date else _heading_of(top))


def _heading_of(top: Tag) -> str:
    """The words right above an entry's group: of the nearest elements before it or before what holds it that are
    short, hold a number and no link."""
    for node in (top, top.parent, top.parent.parent if top.parent else None):
        if not isinstance(node, Tag) or node.name in ("body", "main", "html"):
            break
        for before in islice((each for each in node.previous_siblings if isinstance(each, Tag)), 60):
            text = before.get_text(" ", strip=True) if before.name in _HEADINGS else ""
            if 3 < len(text) < 160 and any(sign.isdigit() for sign in text) and before.find("a", href=True) is None:
                return text
    return ""


def flat_records(links: Sequence[Tag], order: Mapping[int, int], *, first_of_line: bool = False) -> tuple[Record, ...]:
    """The records of links that stand side by side: from a link's line to the line before the next one's. With
    `first_of_line`, further links on a line belong to the first."""
    holders: dict[int, tuple[Tag, list[Tag]]] = {}
    for link in links:
        holder = _holder(link)
        holders.setdefault(id(holder), (holder, []))[1].append(link)
    out: list[Record] = []
    for holder, members in holders.values():
        out.extend(_from_lines(holder, members, order, first_of_line))
    return _one_shape(out) if len(out) > 3 else tuple(out)


def _holder(link: Tag) -> Tag:
    parent = link.parent
    while (
        isinstance(parent, Tag)
        and parent.name not in _BLOCKS
        and parent.name != "body"
        and isinstance(parent.parent, Tag)
    ):
        parent = parent.parent
    return parent if isinstance(parent, Tag) else link


def _from_lines(holder: Tag, members: Sequence[Tag], order: Mapping[int, int], first_of_line: bool) -> Iterator[Record]:
    """A record a link: its line, and the lines around it that have none."""
    lines = _lines(holder, {id(member) for member in members}, first_of_line)
    hits = [index for index, line in enumerate(lines) if line.href]
    if not hits:
        return
    leading = _leading(lines, hits)
    for position, at in enumerate(hits):
        start = _boundary(lines, hits[position - 1], at, leading) if position else (leading or at)
        end = _boundary(lines, at, hits[position + 1], leading) if position + 1 < len(hits) else len(lines)
        tokens = [token for line in lines[start:end] for token in (*line.tokens, _Token("", "", break_=True))]
        made = _made(tuple(_segments(tokens)), lines[at].href, id(holder))
        if made:
            yield replace(made, order=order[lines[at].link])


@dataclass(slots=True)
class _Line:
    tokens: list[_Token]
    href: str = ""
    link: int = 0


def _lines(holder: Tag, wanted: set[int], first_of_line: bool) -> list[_Line]:
    """The holder's lines; a second wanted link on a line begins a line of its own."""
    out = [_Line([])]
    for token in _tokens(holder):
        if token.break_:
            out.append(_Line([]))
            continue
        if token.link in wanted and not (out[-1].href and out[-1].tokens and out[-1].tokens[-1].link == token.link):
            if out[-1].href and not first_of_line:
                out.append(_Line([]))
            if not out[-1].href:
                out[-1].href, out[-1].link = token.href, token.link
        out[-1].tokens.append(token)
    return out


def _said(line: _Line) -> bool:
    return any(token.text.strip() for token in line.tokens)


def _leading(lines: Sequence[_Line], hits: Sequence[int]) -> int:
    """Where the first record begins, if what stands between the links belongs to the next one: nothing follows the
    last link, and something comes right before the first. 0 where it belongs to the one before."""
    if any(_said(line) for line in lines[hits[-1] + 1 :]) or hits[0] == 0 or not _said(lines[hits[0] - 1]):
        return 0
    between = [index for first, second in pairwise(hits) for index in range(first + 1, second) if _said(lines[index])]
    return hits[0] - 1 if between else 0


def _boundary(lines: Sequence[_Line], before: int, after: int, leading: int) -> int:
    """The first line of the second of two records: after an empty line between them if there is one."""
    between = range(before + 1, after)
    said = [index for index in between if _said(lines[index])]
    if not said:
        return after
    empty = [index for index in range(before + 1, after) if not _said(lines[index]) and before < index]
    inner = [index for index in empty if said[0] < index < said[-1]] or [
        index for index in empty if index + 1 < after and index - 1 > before
    ]
    if inner:
        return inner[0] + 1
    return before + 1 if leading else after


def _one_shape(records: Sequence[Record]) -> tuple[Record, ...]:
    """Records in a row without an element of their own: those whose addresses are of the usual form, if most are."""
    shapes = Counter(_address_shape(record.href) for record in records)
    usual, number = shapes.most_common(1)[0]
    if number * 10 >= len(records) * 6:
        return tuple(record for record in records if _address_shape(record.href) == usual)
    return tuple(records)


def _address_shape(href: str) -> str:
    path = href.split("?")[0].split("#")[0]
    ending = re.search(r"\.(\w{2,5})$", path)
    host = re.match(r"(?:https?:)?//([^/]+)", href)
    return f"{host[1] if host else ''} {ending[1].lower() if ending else ''}"


def _made(segments: tuple[Segment, ...], href: str, holder: int) -> Record | None:
    text = " ".join(segment.text for segment in segments)
    if not text.strip() and not href:
        return None
    found = [moment for segment in segments[:40] if (moment := dates.parse(segment.text[:300])) is not None]
    if not href:
        href = next((segment.href for segment in segments if segment.href), "")
    title = max((segment.text for segment in segments if not is_generic(segment.text)), key=_worded, default="")
    return Record(segments, " ".join(text.split()), href, holder, found[0] if found else None, len(set(found)), title)


def _worded(text: str) -> int:
    return min(len(_LETTERS.findall(text)), 12)


def is_generic(text: str) -> bool:
    """Whether a piece says nothing about the entry: "PDF", "view", a number, nothing but a label."""
    return bool(_GENERIC.match(text)) or bool(_LABEL.match(text))


# ------------------------------------------------------------------------------------------------ segments


@dataclass(slots=True)
class _Token:
    text: str
    place: str
    href: str = ""
    link: int = 0
    break_: bool = False
    heading: bool = False


def _tokens(top: Tag, outermost: Tag | None = None) -> Iterator[_Token]:
    """The element's texts with their places, links and breaks, in order."""
    stack: list[tuple[PageElement | None, str, str, int, bool, bool]] = [(top, "", "", 0, False, False)]
    count = 0
    while stack and count < 4_000:
        node, place, href, link, heading, pre = stack.pop()
        if node is None:
            yield _Token("", place, break_=True)
            continue
        if type(node) is NavigableString:  # and not a comment or a declaration, which are kinds of it
            count += 1
            yield from _said_by(str(node), _Token("", place, href, link, heading=heading), pre)
            continue
        if not isinstance(node, Tag) or node.name in _SKIPPED:
            continue
        block = node.name in _BLOCKS
        if node.name == "a" and node.get("href"):
            href, link = str(node["href"]).strip(), id(node)
            if not node.get_text(strip=True):
                yield _Token(_named(node), place, href, link)
        if node.name == "br":
            yield _Token("", place, break_=True)
            continue
        if node is not (outermost or top) and block:
            place = f"{place}>{_step(node)}"
        heading = heading or node.name in ("h1", "h2", "h3", "h4", "h5", "h6", "strong", "b")
        if block:
            yield _Token("", place, break_=True)
            stack.append((None, place, "", 0, False, False))
        if node.name == "a" and sum(isinstance(child, Tag) and bool(child.get("class")) for child in node.contents) > 1:
            # Parts of a link that have names of their own stand apart: number, title, date.
            for child in reversed(node.contents):
                stack.append((None, place, href, link, False, False))
                inner = f"{place}>{_step(child)}" if isinstance(child, Tag) else place
                stack.append((child, inner, href, link, heading, pre))
            continue
        stack.extend(
            (child, place, href, link, heading, pre or node.name == "pre") for child in reversed(node.contents)
        )


def _said_by(text: str, like: _Token, pre: bool) -> Iterator[_Token]:
    for index, piece in enumerate(text.split("\n") if pre else [text]):
        if index:
            yield _Token("", like.place, break_=True)
        if piece.strip():
            yield replace(like, text=piece)
        elif piece:
            yield _Token(" ", like.place, like.href, like.link)


def _named(link: Tag) -> str:
    """What a link without text says to those who hear it."""
    image = link.find("img")
    said = link.get("title") or link.get("aria-label") or (image.get("alt") if isinstance(image, Tag) else "")
    return f" {said} " if said else " "


def _step(node: Tag) -> str:
    if node.name in ("td", "th"):
        before = sum(1 for each in node.previous_siblings if isinstance(each, Tag) and each.name in ("td", "th"))
        return f"td{before}"
    names = node.get("class")
    first = (
        next((str(name) for name in names if not any(sign.isdigit() for sign in str(name))), "")
        if isinstance(names, list)
        else ""
    )
    return f"{node.name}.{first}" if first else node.name


def _segments(tokens: Iterator[_Token] | Sequence[_Token]) -> Iterator[Segment]:
    """Texts between breaks; a link is a piece of its own, and so is what stands before and after it."""
    buffer: list[_Token] = []
    number: Counter[str] = Counter()

    def flushed() -> Iterator[Segment]:
        text = " ".join("".join(token.text for token in buffer).split())
        if text and buffer:
            first = next(token for token in buffer if token.text.strip())
            base = f"{first.place}{'@a' if first.link else ''}"
            number[base] += 1
            yield Segment(
                text, f"{base}#{number[base]}", first.href, all(token.heading for token in buffer if token.text.strip())
            )
        buffer.clear()

    made = 0
    for token in tokens:
        if token.break_ or (buffer and token.text.strip() and token.link != _last_link(buffer)):
            for segment in flushed():
                made += 1
                yield segment
            if made >= _MAX_SEGMENTS:
                return
        if not token.break_:
            buffer.append(token)
    yield from flushed()


def _last_link(buffer: Sequence[_Token]) -> int:
    return next((token.link for token in reversed(buffer) if token.text.strip()), buffer[-1].link)


# ------------------------------------------------------------------------------------------------ the title


def titled(records: Sequence[Record]) -> list[tuple[str, str]]:
    """(title, link) of every record. The title is the piece at the place whose texts are worded and differ from
    record to record; a link of its own or a heading speaks for it. The link is the title's, else the record's."""
    ranking = _places(records)
    return _unlabelled([_title(record, ranking) for record in records])


def _unlabelled(made: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Titles without a label that all of them begin with: "Caption: A v. B"."""
    labels = {match[0] if (match := _LABELLED.match(title)) else "" for title, _ in made}
    if len(made) < 3 or len(labels) != 1 or "" in labels:
        return made
    return [(title[len(next(iter(labels))) :], href) for title, href in made]


def _places(records: Sequence[Record]) -> dict[str, float]:
    values: dict[str, list[Segment]] = {}
    for record in records:
        seen: set[str] = set()
        for segment in record.segments:
            if segment.place not in seen:
                seen.add(segment.place)
                values.setdefault(segment.place, []).append(segment)
    return {place: _place_worth(segments, len(records)) for place, segments in values.items()}


def _place_worth(segments: Sequence[Segment], total: int) -> float:
    share = len(segments) / total
    # Numbers do not make a title: "Opinion 12", "Opinion 13" are one text.
    distinct = len({_NUMBERS.sub("#", segment.text) for segment in segments}) / len(segments)
    quality = sum(_quality(segment) for segment in segments) / len(segments)
    return (0.25 + 0.75 * share) * (0.3 + 0.7 * distinct) * quality


def _quality(segment: Segment) -> float:
    """0 to about 2: how much a piece reads like a title."""
    text = segment.text
    if is_generic(text):
        return 0.05
    letters = sum(map(len, _LETTERS.findall(text)))
    words = len(_LETTERS.findall(text)) + len(_CJK.findall(text)) // 2
    found = dates.find(text[:300])
    if found and found[2] - found[1] > 0.6 * len(text):
        return 0.02
    worth = min(words, 6) / 6 * min(1.0, letters / max(len(text) * 0.6, 1))
    if re.search(r"\b(?:v|vs|c)\.?\s", text):  # parties of a case, in English and French
        worth += 0.25
    if len(text) > 250:
        worth *= 0.35
    elif len(text) > 160:
        worth *= 0.75
    if segment.href:
        worth += 0.35 if words >= 2 else 0.05
    if segment.heading:
        worth += 0.25
    return worth


def _title(record: Record, ranking: dict[str, float]) -> tuple[str, str]:
    best = max(
        record.segments,
        key=lambda segment: ranking.get(segment.place, 0.0) * 0.6 + _quality(segment) * 0.4,
        default=None,
    )
    if best is None:
        return "", record.href
    return best.text.strip(EDGES) or best.text, best.href or record.href
