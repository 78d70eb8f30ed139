"""A page that lists documents to a Reading: its entries as items, found by themselves or by selectors.

Built on BeautifulSoup, because that is what people who write selectors and scrapers know. The tree is made by
lexbor first, as browsers make it, so that tags nobody closed do not swallow a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bs4 import BeautifulSoup
from bs4.element import Tag
from selectolax.lexbor import LexborHTMLParser
from soupsieve import SelectorSyntaxError

from tracker.formats import dates, limits
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.fragments import absolute, hashed, identified, list_reading, stable
from tracker.formats.listing_find import find
from tracker.formats.listing_records import EDGES, Record, is_generic, record_of, titled
from tracker.model import Accounting, Block, Item, Reading

_MAX_ITEMS = 5_000
_MAX_DEPTH = 120  # open elements: entries in entries in entries are no list, and comparing them costs the square
_NEXT = re.compile(
    r"^\W*(?:next(?: page)?|older(?: posts)?|suivant(?:e|s)?|page suivante|weiter|nächste(?: seite)?|siguiente|"
    r"próxima?|seguinte|successiv[ao]|avanti|volgende|nästa|næste|seuraava|następna|další|следующая|下一页|下一頁|下页|"
    r"次へ|次のページ|다음)\W*$|^\s*[›»]\s*$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19[89]\d|20\d\d)(?!\d)")
_OPENED = re.compile(r"[\"'](https?://[^\"'\s]+)[\"']")


def read_listing(
    body: bytes,
    *,
    media_type: str = "",
    charset: str = "",
    url: str = "",
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    items: Mapping[str, str] | None = None,
    **_: object,
) -> Reading:
    """The page's entries as items, in the page's order.

    `items` maps items, title, url, date, summary, key and next to CSS selectors; `selector@attribute` takes an
    attribute. What it leaves out is found. `select` narrows the page to a part, `remove` takes parts away. A page on
    which no list is found is read as a page, with a note that says so.
    """
    wanted = dict(items or {})
    if limits.depth(body) > _MAX_DEPTH and not wanted.get("items"):
        return _as_page(body, media_type, charset, url, select, remove)
    soup = soup_of(decode(body, charset, media_type)[0])
    base = _base(soup, url)
    whole = len(soup.get_text(" ").split())
    notes = _narrowed(soup, select, remove)
    next_page = _next_page(soup, base, wanted.get("next", ""))
    made = _selected(soup, base, wanted) if wanted.get("items") else _by_itself(soup, base)
    if not made and not wanted.get("items"):
        return _as_page(body, media_type, charset, url, select, remove)
    title_node = soup.find("title") or soup.find("h1")
    reading = list_reading(
        "listing",
        made[:_MAX_ITEMS],
        title=" ".join(title_node.get_text(" ").split())[:300] if isinstance(title_node, Tag) else "",
        language=_language(soup),
        next_page=next_page if next_page != url else "",
        notes=notes,
    )
    return _accounted(reading, whole)


def soup_of(text: str) -> BeautifulSoup:
    """The page as BeautifulSoup, with the tree that a browser would build."""
    tree = LexborHTMLParser(text.replace("\x00", ""))
    soup = BeautifulSoup(tree.html or "", "lxml")
    for node in soup.find_all(["span", "strong", "b", "em", "i", "u", "font"], onclick=_OPENED):
        opened = _OPENED.search(str(node["onclick"])) if isinstance(node, Tag) else None
        if isinstance(node, Tag) and opened and node.find("a", href=True) is None:
            node.name, node["href"] = "a", opened[1]  # a link in all but name
    return soup


def _base(soup: BeautifulSoup, url: str) -> str:
    node = soup.find("base", href=True)
    return absolute(url, str(node["href"])) or url if isinstance(node, Tag) else url


def _narrowed(soup: BeautifulSoup, select: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
    notes: list[str] = []
    for selector in remove:
        for node in _css(soup, selector):
            node.decompose()
    chosen = [node for selector in select for node in _css(soup, selector)]
    if select and not chosen:
        notes.append(f"select: {', '.join(select)} finds nothing")
    elif chosen and soup.body is not None:
        for node in chosen:
            node.extract()
        soup.body.clear()
        for node in chosen:
            soup.body.append(node)
    return tuple(notes)


def _css(within: Tag, selector: str) -> list[Tag]:
    try:
        return list(within.select(selector))
    except (SelectorSyntaxError, NotImplementedError, ValueError) as error:
        raise Unreadable(f"{selector!r} is not a CSS selector ({str(error).splitlines()[0][:100]})") from error


def _as_page(
    body: bytes, media_type: str, charset: str, url: str, select: Sequence[str], remove: Sequence[str]
) -> Reading:
    from tracker.formats.html import read_html  # imported late: only for pages without a list

    reading = read_html(body, media_type=media_type, charset=charset, url=url, select=select, remove=remove)
    return replace(reading, notes=(*reading.notes, "no list was found; the page was read as one document"))


def _accounted(reading: Reading, whole: int) -> Reading:
    kept = sum(len(block.text.split()) for block in reading.blocks)
    kept = max(
        kept,
        sum(
            len(f"{item.title} {item.summary}".split()) + sum(len(b.text.split()) for b in item.blocks)
            for item in reading.items
        ),
    )
    words = max(whole, kept)
    if not words:
        return reading
    outside = (words - kept) / words
    return replace(reading, accounting=Accounting(words, kept / words, {"outside": outside} if outside > 0 else {}))


def _language(soup: BeautifulSoup) -> str:
    node = soup.find("html")
    said = str(node.get("lang") or "") if isinstance(node, Tag) else ""
    return re.split(r"[-_]", said)[0].lower()[:3]


# -------------------------------------------------------------------------------------------- by themselves


def _by_itself(soup: BeautifulSoup, url: str) -> list[Item]:
    found = find(soup)
    if found is None:
        return []
    return _items(found.records, url)


def _items(records: Sequence[Record], url: str) -> list[Item]:
    days_lead = dates.day_first([segment.text for record in records for segment in record.segments])
    out: list[Item] = []
    seen: set[tuple[str, str]] = set()
    for record, (title, href) in zip(records, titled(records), strict=True):
        made = _item(record, title, absolute(url, href), days_lead)
        twin = (stable(made.url), record.text)
        if (made.url or made.title) and twin not in seen:  # the same entry word for word: shown twice, not there twice
            seen.add(twin)
            out.append(made)
    return out


def _item(record: Record, title: str, address: str, days_lead: bool | None) -> Item:
    moment = _date(record, days_lead)
    rest = [
        segment.text
        for segment in record.segments
        if segment.text.strip(EDGES) != title and not is_generic(segment.text) and not _only_date(segment.text)
    ]
    blocks = tuple(Block(text) for text in dict.fromkeys(rest))
    if not title:
        title = record.text[:200]
    return identified(
        Item(
            key=stable(address)[:1000] if address else hashed(f"{record.identity}\n{title}\n{moment or ''}"),
            title=title[:600],
            url=address,
            published=moment,
            summary=" · ".join(dict.fromkeys(rest))[:2000],
            blocks=blocks,
        )
    )


def _only_date(text: str) -> bool:
    found = dates.find(text)
    return found is not None and found[2] - found[1] >= 0.6 * len(text)


def _date(record: Record, days_lead: bool | None) -> datetime | None:
    """The record's date: of a piece that is nothing else before one inside a sentence."""
    inside = None
    for segment in record.segments:
        found = dates.find(segment.text[:300], day_first=days_lead)
        if found is None:
            continue
        if found[2] - found[1] >= 0.5 * len(segment.text):
            return found[0]
        inside = inside or found[0]
    return inside or _date_above(record, days_lead)


def _date_above(record: Record, days_lead: bool | None) -> datetime | None:
    """The date of the heading that an entry stands under; of "2019" above and "April 8" here, both."""
    if not record.heading:
        return None
    found = dates.find(record.heading, day_first=days_lead)
    if found is not None:
        return found[0]
    year = _YEAR.search(record.heading)
    if year is None:
        return None
    return next(
        (moment for each in record.segments[:6] if (moment := dates.parse(f"{each.text[:40]} {year[0]}"))), None
    )


# --------------------------------------------------------------------------------------------- by selectors


def _selected(soup: BeautifulSoup, url: str, wanted: Mapping[str, str]) -> list[Item]:
    nodes = _css(soup, wanted["items"])[:_MAX_ITEMS]
    if not nodes:
        raise Unreadable(f"items: {wanted['items']!r} finds nothing on the page")
    records = [made for node in nodes if (made := record_of(node, node if node.name == "a" else None)) is not None]
    items = _items(records, url) if not wanted.get("title") else []
    if len(items) != len(nodes) or set(wanted) - {"items", "next"}:
        items = []
        days_lead = dates.day_first([node.get_text(" ")[:300] for node in nodes])
        read = (_selected_item(node, url, wanted, days_lead) for node in nodes)
        items = [item for item in read if item is not None]
    return items


def _selected_item(node: Tag, url: str, wanted: Mapping[str, str], days_lead: bool | None) -> Item | None:
    record = record_of(node, node if node.name == "a" else None)
    if record is None:
        return None
    title, href = titled([record])[0]
    title = _value(node, wanted["title"]) if wanted.get("title") else title
    href = _value(node, wanted["url"], attribute="href") if wanted.get("url") else href
    item = _item(record, title, absolute(url, href), days_lead)
    if wanted.get("date"):
        item = replace(
            item, published=dates.parse(_value(node, wanted["date"], attribute="datetime"), day_first=days_lead)
        )
    if wanted.get("summary"):
        said = _value(node, wanted["summary"])
        item = replace(item, summary=said, blocks=(Block(said),) if said else ())
    if wanted.get("key"):
        key = _value(node, wanted["key"], attribute="id")
        item = replace(item, key=key[:500] or item.key)
    return item


def _value(node: Tag, selector: str, attribute: str = "") -> str:
    """What a selector finds in an entry: its text, or the attribute after "@". Where an address or date is wanted,
    that attribute is taken if the element has it."""
    selector, _, named = selector.partition("@") if "@" in selector and "[" not in selector else (selector, "", "")
    found = node if selector in ("", ":scope") else next(iter(_css(node, selector)), None)
    if found is None:
        return ""
    for name in (named, attribute):
        if name and found.get(name):
            return str(found[name]).strip()
    return "" if named else " ".join(found.get_text(" ").split())


# ---------------------------------------------------------------------------------------------- the next page


def _next_page(soup: BeautifulSoup, url: str, selector: str) -> str:
    if selector:
        node = next(iter(_css(soup, selector)), None)
        return absolute(url, str(node.get("href") or "")) if node is not None else ""
    for node in soup.find_all(["a", "link"], href=True):
        if not isinstance(node, Tag):
            continue
        rel = node.get("rel")
        if "next" in (rel if isinstance(rel, list) else [str(rel or "")]):
            return absolute(url, str(node["href"]))
    for node in soup.find_all("a", href=True):
        if not isinstance(node, Tag):
            continue
        said = node.get_text(" ", strip=True) or str(node.get("title") or node.get("aria-label") or "")
        if len(said) <= 30 and _NEXT.match(said):
            return absolute(url, str(node["href"]))
    return ""
