"""Custom scrapers: a Python class that gets the parsed page and yields its documents, for what no rule can read.

A scraper is registered by the entry point group `tracker.scrapers` of any installed package, and named in
sources.yaml with `scraper: NAME`. `scraper_example.Timetable` is a worked one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from typing import Protocol

from bs4 import BeautifulSoup

from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.fragments import absolute, fragment_blocks, identified, list_reading, parse_date
from tracker.formats.listing import soup_of
from tracker.model import Block, Item, Reading

GROUP = "tracker.scrapers"
_MAX_ITEMS = 5_000


class Scraper(Protocol):
    """What a scraper's class offers. It is made anew for every page, without arguments."""

    def documents(self, soup: BeautifulSoup, url: str) -> Iterable[Item]:
        """The page's documents, in its order; `document` makes one. `url` is where the page came from."""
        ...


def document(
    title: str,
    *,
    url: str = "",
    base: str = "",
    key: str = "",
    published: datetime | str | None = None,
    text: str | Iterable[str] = (),
    html: str = "",
    extra: Mapping[str, str] | None = None,
) -> Item:
    """A document for a scraper to yield.

    `url` may be relative to `base`. `key` is what the document is recognised by on the next visit; without one its
    address is, or its title. `published` may be a date as printed. `text` are its paragraphs, or `html` its body.
    """
    paragraphs = [text] if isinstance(text, str) else list(text)
    blocks = tuple(Block(" ".join(part.split())) for part in paragraphs if part.strip())
    return identified(
        Item(
            key=key,
            title=" ".join(title.split()),
            url=absolute(base, url) if url else "",
            published=parse_date(published) if isinstance(published, str) else published,
            blocks=blocks + (fragment_blocks(html, base) if html else ()),
            extra=dict(extra or {}),
        )
    )


def read_scraped(
    body: bytes, *, media_type: str = "", charset: str = "", url: str = "", scraper: str = "", **_: object
) -> Reading:
    """The page by the scraper of that name. Raises Unreadable where there is none, or where it fails."""
    made = _scraper(scraper)
    soup = soup_of(decode(body, charset, media_type)[0])
    try:
        items = [_checked(item, scraper) for item in islice(made.documents(soup, url), _MAX_ITEMS)]
    except Unreadable:
        raise
    except Exception as error:  # somebody else's code: its failure is the source's, said by name
        raise Unreadable(f"scraper {scraper!r} failed: {type(error).__name__}: {str(error)[:200]}") from error
    if not items:
        raise Unreadable(f"scraper {scraper!r} finds nothing on the page: it may have been rebuilt")
    title = soup.find("title")
    notes = (f"only the first {_MAX_ITEMS:,} documents were read",) if len(items) >= _MAX_ITEMS else ()
    return list_reading(
        "scraper", items, title=" ".join(title.get_text().split())[:300] if title is not None else "", notes=notes
    )


def _checked(item: object, scraper: str) -> Item:
    if not isinstance(item, Item):
        raise Unreadable(f"scraper {scraper!r} yields {type(item).__name__}, and not what `document` makes")
    return identified(item)


def available() -> dict[str, EntryPoint]:
    """The scrapers that are installed, by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _scraper(name: str) -> Scraper:
    found = available()
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise Unreadable(
            f"no scraper {name!r} is installed (there are: {known}); it is an entry point of the group {GROUP}"
        )
    try:
        made: Scraper = found[name].load()()
    except Exception as error:
        raise Unreadable(f"scraper {name!r} cannot be loaded: {type(error).__name__}: {str(error)[:200]}") from error
    return made
