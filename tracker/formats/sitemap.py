"""Sitemaps (sitemaps.org protocol 0.9) to a Reading: an item an address, with the date it was last changed.

`lastmod` drives: an address whose date changes is a changed document, one that is new a new one.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote, urlsplit

from tracker.formats import dates
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.fragments import absolute, fragment_text, identified, list_reading, stable
from tracker.model import Block, Item, Reading

_MAX_ITEMS = 50_000  # the protocol's own limit for one file
_ENTRY = re.compile(r"<(?:\w+:)?(url|sitemap)\s*>(.*?)</(?:\w+:)?\1\s*>", re.DOTALL | re.IGNORECASE)
_PARTS = {
    name: re.compile(rf"<(?:[\w]+:)?{name}(?:\s[^>]*)?>(.*?)</(?:[\w]+:)?{name}\s*>", re.DOTALL | re.IGNORECASE)
    for name in ("loc", "lastmod", "title", "publication_date", "language")
}
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)


def read_sitemap(body: bytes, *, media_type: str = "", charset: str = "", url: str = "", **_: object) -> Reading:
    """The sitemap's addresses as items. Raises Unreadable for one without any entry or end.

    Read by its tags and without an XML parser: no entity, no DTD, and a file that was cut short gives what it has.
    """
    text = decode(body, charset, media_type)[0]
    items: list[Item] = []
    notes: tuple[str, ...] = ()
    for match in _ENTRY.finditer(text):
        if len(items) >= _MAX_ITEMS:
            notes = (f"only the first {_MAX_ITEMS:,} addresses were read",)
            break
        made = _item(match[2], url)
        if made is not None:
            items.append(made)
    if not items and not re.search(
        r"</(?:\w+:)?(?:urlset|sitemapindex)\s*>|<(?:\w+:)?(?:urlset|sitemapindex)[^>]*/>", text
    ):
        raise Unreadable("a sitemap without entries that breaks off")
    index = re.search(r"<(?:\w+:)?sitemapindex[\s>]", text[:4000]) is not None
    if index:
        notes = (*notes, "a sitemap index: its entries are sitemaps; name the one you need as a source")
    host = urlsplit(items[0].url).hostname or "" if items else ""
    return list_reading("sitemap", items, title=f"Sitemap of {host}" if host else "Sitemap", notes=notes)


def _item(entry: str, url: str) -> Item | None:
    address = absolute(url, _part(entry, "loc"))
    if not address:
        return None
    modified = _date(_part(entry, "lastmod"))
    title = fragment_text(_part(entry, "title")) or _name(address)
    # The date stands in the text, so that a new one is a change of the document.
    said = (Block(f"last modified {modified:%Y-%m-%d %H:%M}"),) if modified else ()
    return identified(
        Item(
            key=stable(address)[:1000],
            title=title,
            url=address,
            published=_date(_part(entry, "publication_date")),
            modified=modified,
            blocks=said,
        )
    )


def _part(entry: str, name: str) -> str:
    match = _PARTS[name].search(entry)
    if not match:
        return ""
    inside = _CDATA.sub(lambda found: found[1].replace("&", "&amp;"), match[1])
    return fragment_text(inside)


def _date(text: str) -> datetime | None:
    if not text:
        return None
    return dates.parse(text) or (
        dates.parse(f"{text}-01") if len(text) == 7 else dates.parse(f"{text}-01-01") if len(text) == 4 else None
    )


def _name(address: str) -> str:
    """What a person would call the page: the last words of its address."""
    parts = urlsplit(address)
    last = next((piece for piece in reversed(parts.path.split("/")) if piece), "")
    words = re.sub(r"\.\w{2,5}$", "", unquote(last)).replace("-", " ").replace("_", " ").strip()
    return words or parts.hostname or address
