"""Where a page's list is: the links or dates that repeat in one place of the page's structure, and their records.

The idea is that of mining data records (Liu, Grossman and Zhai 2003, "Mining data records in web pages"): entries of
a list are built alike. A place is an element's path of block elements, without classes and counts, so that a list
that is spread over a table a month is one. Of all places the one is the list whose records look most like documents:
a date, a link to a file, words, and a title of their own.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from tracker.formats import dates
from tracker.formats.html_parts import role_of
from tracker.formats.listing_records import Record, flat_records, record_of

_INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "kbd", "label", "mark",
    "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"
))  # fmt: skip
_THIN = frozenset(("tbody", "thead", "tfoot", "center", "form", "html", "body"))
_ENDS = frozenset(("tr", "li", "article", "dd", "dt"))
_FILE = re.compile(
    r"\.(?:pdf|docx?|rtf|wpd|xlsx?|zip|odt)(?:$|[?#])|download|/media/\d+|document\.do|displaydocument|getfile|file\.jsp|attachment",
    re.IGNORECASE,
)
_MAX_ANCHORS = 6_000
_MAX_RECORD = 6_000  # characters: what is longer is not an entry but a section
_SKIPPED = frozenset(
    ("script", "style", "noscript", "template", "svg", "head", "select", "button", "textarea", "iframe")
)


@dataclass(frozen=True, slots=True)
class Found:
    """A list with its records and what speaks for it."""

    records: tuple[Record, ...]
    score: float
    kind: str
    place: str
    role: str

    @property
    def worth(self) -> float:
        """What one record is worth."""
        return self.score / math.sqrt(min(len(self.records), 60))

    @property
    def tail(self) -> str:
        """The end of the place: what a row looks like, wherever the rows stand."""
        steps = self.place.split(">")
        return ">".join(steps[-2:] if steps[-1].startswith("td") else steps[-3:])


@dataclass(slots=True)
class _Anchor:
    """A link or a date, where it is, and what it says."""

    node: Tag
    place: str
    role: str
    kind: str
    order: int


def find(soup: BeautifulSoup) -> Found | None:
    """The page's list; None where nothing repeats that looks like one."""
    anchors = _anchors(soup)
    groups: dict[tuple[str, str, str], list[_Anchor]] = defaultdict(list)
    for anchor in anchors:
        groups[anchor.kind, anchor.place, anchor.role].append(anchor)
    order = {id(anchor.node): anchor.order for anchor in anchors}
    found: list[Found] = []
    for (kind, place, role), members in groups.items():
        for variant in _variants(members):
            for records in _records([anchor.node for anchor in variant], order):
                found.extend(_judged(records, kind, place, role))
    best = max(found, key=lambda each: (each.score, len(each.records)), default=None)
    return _without_strangers(_joined(best, found)) if best else None


def _joined(best: Found, found: Sequence[Found]) -> Found:
    """The list with its parts that stand at another depth: built alike from the row on, and as good each."""
    records = {record.order: record for record in best.records}
    worth = best.worth
    for other in found:
        if other.kind != best.kind or other.place == best.place or other.tail != best.tail or other.role != best.role:
            continue
        if (
            other.worth >= 0.75 * worth
            and len(other.records) > 1
            and not any(record.order in records for record in other.records)
        ):
            records.update({record.order: record for record in other.records})
    return replace(best, records=tuple(records[order] for order in sorted(records)))


def _without_strangers(found: Found) -> Found:
    """The list without what only stands at the same place: where nearly all have a date, those that have neither date
    nor file; where nearly all lead to a file, those that do not and are built in another way."""
    records = found.records
    kept = records
    if sum(record.date is not None for record in records) >= 0.8 * len(records):
        kept = tuple(record for record in kept if record.date is not None or _FILE.search(record.href))
    if sum(bool(_FILE.search(record.href)) for record in records) >= 0.8 * len(records):
        counts = Counter(place for record in records for place in {segment.place for segment in record.segments})
        usual = {place for place, count in counts.items() if count * 2 >= len(records)}
        kept = tuple(record for record in kept if _FILE.search(record.href) or _built_like(record, usual))
    return replace(found, records=kept)


def _built_like(record: Record, usual: set[str]) -> bool:
    places = {segment.place for segment in record.segments}
    return len(places & usual) * 3 >= len(places | usual) * 2


# ------------------------------------------------------------------------------------------------- anchors


def _anchors(soup: BeautifulSoup) -> list[_Anchor]:
    out: list[_Anchor] = []
    body = soup.body or soup
    stack: list[tuple[Tag, str, str]] = [(body, "", "main")]
    while stack and len(out) < _MAX_ANCHORS:
        node, place, role = stack.pop()
        children: list[tuple[Tag, str, str]] = []
        column = 0
        dated = False
        for child in node.children:
            if isinstance(child, Tag):
                if child.name in _SKIPPED:
                    continue
                if child.name in ("td", "th"):
                    column += 1
                inner_role = role_of(child.name, {key: _flat(value) for key, value in child.attrs.items()}, role)
                inner = _place(place, child, column)
                children.append((child, inner, inner_role))
                if child.name == "a" and _leads(child):
                    out.append(_Anchor(child, inner, inner_role, "link", len(out)))
            elif type(child) is NavigableString and not dated and _has_date(child):
                dated = True
                out.append(_Anchor(_block(node), place, role, "date", len(out)))
        stack.extend(reversed(children))
    return out


def _flat(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _place(above: str, node: Tag, column: int) -> str:
    if node.name in _INLINE or node.name in _THIN:
        return above
    name = f"{node.name}{column}" if node.name in ("td", "th") else node.name
    place = f"{above}>{name}"
    return place if len(place) < 400 else place[-300:]


def _block(node: Tag) -> Tag:
    """The nearest element that is not inline: what a date belongs to."""
    while node.name in _INLINE and isinstance(node.parent, Tag):
        node = node.parent
    return node


def _leads(node: Tag) -> bool:
    href = str(node.get("href") or "").strip()
    return bool(href) and not href.startswith(("#", "javascript:", "mailto:", "tel:"))


def _has_date(text: str) -> bool:
    return 6 <= len(text) <= 4000 and any(sign.isdigit() for sign in text) and dates.find(text[:300]) is not None


def _variants(members: Sequence[_Anchor]) -> Iterable[Sequence[_Anchor]]:
    """All of a place's anchors; and, where elements hold several, the first, second and last of each."""
    unique = list({id(member.node): member for member in members}.values())
    yield unique
    by_parent: dict[int, list[_Anchor]] = defaultdict(list)
    for member in unique:
        parent = _block(member.node.parent) if isinstance(member.node.parent, Tag) else member.node
        by_parent[id(parent)].append(member)
    sizes = Counter(len(group) for group in by_parent.values())
    if len(by_parent) >= 2 and max(sizes) > 1 and sum(sizes.values()) > sizes[1]:
        yield [group[0] for group in by_parent.values()]


# ------------------------------------------------------------------------------------------------- records


def _records(nodes: Sequence[Tag], order: Mapping[int, int]) -> Iterable[tuple[Record, ...]]:
    """The record of every anchor: the largest element around it that holds no other one; where the anchors stand
    side by side in one element, what lies between one and the next."""
    counts: Counter[int] = Counter()
    for node in nodes:
        for above in _upward(node):
            counts[id(above)] += 1
    tops = [_top(node, counts, len(nodes)) for node in nodes]
    flat = [node for node, top in zip(nodes, tops, strict=True) if top is node and node.name == "a"]
    if len(flat) * 2 > len(nodes) and len(nodes) > 1:
        yield flat_records(nodes, order)
        yield flat_records(nodes, order, first_of_line=True)
        return
    tops = _alike(tops, counts)
    unique = list({id(top): (top, node) for top, node in zip(tops, nodes, strict=True)}.values())
    neighbours = _neighbours([top for top, _ in unique])
    yield tuple(
        replace(made, order=order[id(node)])
        for (top, node), (before, after) in zip(unique, neighbours, strict=True)
        if (made := record_of(top, node if node.name == "a" else None, before=before, after=after)) is not None
    )


def _neighbours(tops: Sequence[Tag]) -> list[tuple[list[Tag], list[Tag]]]:
    """(before, after) of every record: the elements beside it that belong to it, where between one record and the
    next there always are as many (a term and its definition, two rows an entry)."""
    own = {id(top) for top in tops}
    by_parent: dict[int, list[Tag]] = defaultdict(list)
    for top in tops:
        by_parent[id(top.parent)].append(top)
    out: dict[int, tuple[list[Tag], list[Tag]]] = {}
    for group in by_parent.values():
        parent = group[0].parent
        if not isinstance(parent, Tag) or len(group) < 2:
            continue
        runs = _runs(parent, own)
        between = {len(run) for run in runs[1:-1]}
        if len(between) != 1 or not 1 <= next(iter(between)) <= 3:
            continue
        if sum(_holds_a_list(run) for run in runs[1:]) * 4 > len(group):
            continue  # a heading and the list under it: the entries are the list's
        number = next(iter(between))
        leads = len(runs[0]) >= number > len(runs[-1])
        for index, top in enumerate(group):
            out[id(top)] = (runs[index][-number:], []) if leads else ([], runs[index + 1][:number])
    return [out.get(id(top), ([], [])) for top in tops]


def _holds_a_list(run: Sequence[Tag]) -> bool:
    return any(len(node.find_all(("li", "tr"), limit=2)) > 1 for node in run)


def _runs(parent: Tag, own: set[int]) -> list[list[Tag]]:
    """What stands before the first, between and after the last of an element's records; empty elements left out."""
    runs: list[list[Tag]] = [[]]
    for child in parent.children:
        if not isinstance(child, Tag):
            continue
        if id(child) in own:
            runs.append([])
        elif (
            child.name not in _SKIPPED
            and child.name not in ("hr", "br", "thead", "caption")
            and child.get_text(strip=True)
        ):
            runs[-1].append(child)
    return runs


def _upward(node: Tag) -> Iterable[Tag]:
    current: PageElement | None = node
    while isinstance(current, Tag):
        yield current
        current = current.parent


def _top(node: Tag, counts: Counter[int], total: int) -> Tag:
    current = node
    while isinstance(current.parent, Tag) and counts[id(current.parent)] == 1:
        if current.parent.name in ("body", "html", "main", "[document]"):
            break
        if total < 3 and current.name in _ENDS:
            break
        if total == 1 and len(current.parent.get_text()) > 700:
            break
        current = current.parent
    return current


def _alike(tops: Sequence[Tag], counts: Counter[int]) -> list[Tag]:
    """Records that are built alike: one alone in its table is the row, as it is in tables with several."""
    shapes = Counter(_shape(top) for top in tops)
    usual, number = shapes.most_common(1)[0]
    if number * 2 < len(tops):
        return list(tops)
    out = []
    for top in tops:
        if _shape(top) == usual:
            out.append(top)
            continue
        inside = next(
            (inner for inner in top.find_all(usual[0]) if _shape(inner) == usual and counts[id(inner)] == 1), None
        )
        out.append(inside if isinstance(inside, Tag) else top)
    return out


def _shape(node: Tag) -> tuple[str, str]:
    return node.name, node.parent.name if isinstance(node.parent, Tag) else ""


# ------------------------------------------------------------------------------------------------- judgement


def _judged(records: tuple[Record, ...], kind: str, place: str, role: str) -> Iterable[Found]:
    records = tuple(record for record in records if 0 < len(record.text) <= _MAX_RECORD)
    if not records:
        return
    yield Found(records, _score(records, role, kind), kind, place, role)
    dated = sum(record.date is not None for record in records)
    if 1 <= dated < len(records):
        # Menus and the list may share a place: then the list is where the dates are.
        by_holder: dict[int, list[Record]] = defaultdict(list)
        for record in records:
            by_holder[record.holder].append(record)
        kept = tuple(
            record
            for group in by_holder.values()
            if sum(each.date is not None for each in group) * 2 >= len(group)
            for record in group
        )
        if kept and len(kept) < len(records):
            yield Found(kept, _score(kept, role, kind), kind, place, role)


def _score(records: Sequence[Record], role: str, kind: str) -> float:
    number = len(records)
    dated = sum(record.date is not None for record in records) / number
    crowded = sum(record.dates_in > 3 for record in records) / number
    filed = sum(bool(_FILE.search(record.href)) for record in records) / number
    linked = sum(bool(record.href) for record in records) / number
    words = sum(min(record.words, 25) for record in records) / number / 25
    distinct = len({record.text[:200] for record in records}) / number
    titled = len({record.title for record in records if len(record.title) > 7}) / number
    worth = 0.1 + 2.0 * dated + 1.2 * filed + 1.0 * words + 0.3 * linked + 0.5 * titled
    if dated < 0.3 and filed < 0.3:
        worth *= 0.35
        if words < 0.25:
            worth *= 0.4
    if role != "main":
        worth *= 0.25
    if kind == "date":
        worth *= 0.8 if linked > 0.5 else 0.9
    worth *= 1 - 0.7 * _second_links(records)
    worth *= distinct * (0.6 + 0.4 * titled) * (1 - 0.7 * crowded)
    return worth * math.sqrt(min(number, 60))


def _second_links(records: Sequence[Record]) -> float:
    """The share of records whose link says the same as many others' while most links differ: "see the earlier opinion"
    beside the titles. Where all links say the same ("PDF"), they are no second ones."""
    said = Counter(next((each.text for each in record.segments if each.href == record.href), "") for record in records)
    share = said.most_common(1)[0][1] / len(records)
    return share if len(records) > 5 and 0.2 < share < 0.6 and len(said) * 3 > len(records) else 0.0
