"""What formats of lists share: fragments of HTML as text, addresses, dates, and items with an identity."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from tracker.formats import dates
from tracker.formats.errors import Unreadable
from tracker.model import Accounting, Block, Item, Link, Reading

_MARKUP = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")
_MAX_FRAGMENT = 1_000_000
_SESSION = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|mc_[ce]id|phpsessid|jsessionid|sid|session(?:id)?|cfid|cftoken|at_\w+|xtor)$",
    re.IGNORECASE,
)
_JSESSION = re.compile(r";jsessionid=[^?#]*", re.IGNORECASE)


def fragment_text(fragment: str) -> str:
    """What a reader reads of a piece of HTML or text, white space folded."""
    fragment = fragment[:_MAX_FRAGMENT]
    if _MARKUP.search(fragment):
        if "<" in fragment:
            tree = LexborHTMLParser(f"<body>{_shallow(fragment)}")
            tree.strip_tags(["script", "style"])
            fragment = tree.body.text(deep=True, separator=" ") if tree.body is not None else ""
        if "&" in fragment:
            fragment = html.unescape(fragment)
    return " ".join(fragment.split())


def fragment_blocks(fragment: str, url: str) -> tuple[Block, ...]:
    """A piece of HTML as blocks; all of it is the document."""
    from tracker.formats.html import read_html  # imported late: feeds without full texts never need it

    fragment = fragment[:_MAX_FRAGMENT]
    if not _MARKUP.search(fragment):
        return tuple(Block(" ".join(part.split())) for part in re.split(r"\n\s*\n", fragment) if part.strip())
    page = f'<html><body><main id="entry">{_shallow(fragment)}</main></body></html>'
    reading = read_html(page.encode("utf-8", "replace"), charset="utf-8", url=url, select=["#entry"], structured=False)
    return tuple(replace(block, region="", anchor="") for block in reading.blocks)


def _shallow(fragment: str) -> str:
    """The fragment, without its tags where they nest without end."""
    from tracker.formats import limits

    if len(fragment) > 8_000:  # shorter ones have no room for what would cost
        fragment = limits.without_many_attributes(fragment.encode("utf-8", "replace")).decode("utf-8", "replace")
    if fragment.count("<") <= limits.MAX_NESTING:
        return fragment
    try:
        limits.check_nesting(fragment.encode("utf-8", "replace"))
    except Unreadable:
        return html.escape(re.sub(r"<[^>]*>", " ", fragment))
    return fragment


def absolute(url: str, href: str) -> str:
    """The address that `href` means on the page `url`; "" for what leads nowhere (scripts, mail, an empty one)."""
    href = " ".join(href.split())[:4000]
    if not href or href.startswith(("#", "javascript:", "data:", "mailto:", "tel:", "about:")):
        return ""
    try:
        joined = urljoin(url, href)
        scheme = urlsplit(joined).scheme
    except ValueError:
        return ""
    return joined if scheme in ("http", "https", "") else ""


def stable(url: str) -> str:
    """The address as an identity: without session parts, fragment, and the letter case of the host."""
    try:
        parts = urlsplit(_JSESSION.sub("", url))
        query = parts.query
        if query and any(_SESSION.match(piece.partition("=")[0]) for piece in query.split("&")):
            query = urlencode(
                [pair for pair in parse_qsl(query, keep_blank_values=True) if not _SESSION.match(pair[0])]
            )
        fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
        return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, query, fragment))
    except ValueError:
        return url


def hashed(text: str) -> str:
    """A key for what has neither id nor address."""
    return "#" + hashlib.sha256(" ".join(text.split()).casefold().encode("utf-8", "surrogatepass")).hexdigest()[:20]


def identified(item: Item) -> Item:
    """The item with a key: its own, else its address, else its words."""
    key = item.key[:500] or stable(item.url)[:1000]
    return replace(item, key=key or hashed(f"{item.title}\n{item.summary[:2000]}"))


def distinct(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items with keys that differ: entries that share one get what tells them apart added (address, else title),
    else their number, counted from the end, so that a new twin at the top of a list is the new one."""
    if len({item.key for item in items}) == len(items):
        return tuple(items)
    firsts: dict[str, Item] = {}
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    out: list[Item] = []
    for item in reversed(items):
        other = firsts.setdefault(item.key, item)
        if item.key in taken:
            item = replace(item, key=_another(item, other, taken, numbers))
        taken.add(item.key)
        out.append(item)
    return tuple(reversed(out))


def _another(item: Item, other: Item, taken: set[str], numbers: dict[str, int]) -> str:
    named = item.key
    if item.url and stable(item.url) != stable(other.url):
        named = f"{item.key} {stable(item.url)}"[:1500]
    elif (item.title, item.summary) != (other.title, other.summary):
        named = f"{item.key} {hashed(item.title + item.summary[:2000])}"
    key = named
    while key in taken:
        numbers[named] = numbers.get(named, 1) + 1
        key = f"{named} {numbers[named]}"
    return key


def parse_date(text: str) -> datetime | None:
    """The date in the text as a moment in UTC; None without one."""
    return dates.parse(text)


def from_seconds(seconds: float) -> datetime | None:
    """A moment given in seconds or milliseconds since 1970, if it is one that documents have."""
    if seconds > 1e11:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if 3e8 < seconds < 4.2e9 else None


def list_reading(
    format_: str,
    items: Sequence[Item],
    *,
    title: str = "",
    language: str = "",
    summary: str = "",
    modified: datetime | None = None,
    next_page: str = "",
    notes: tuple[str, ...] = (),
    aside: tuple[Block, ...] = (),
) -> Reading:
    """A list as a Reading: the items, and as blocks the list a person would read (a title, then an entry a line)."""
    items = distinct(items)
    head: tuple[Block, ...] = (Block(title, kind="heading", level=1),) if title else ()
    if summary and summary != title:
        head += (Block(summary),)
    lines = tuple(
        Block(
            item.title or item.summary[:300],
            kind="item",
            level=1,
            links=(Link(item.url, item.title),) if item.url else (),
        )
        for item in items
        if item.title or item.summary
    )
    blocks = head + lines
    words = sum(len(block.text.split()) for block in (*blocks, *aside))
    kept = sum(len(block.text.split()) for block in blocks)
    elsewhere: dict[str, float] = {}
    for block in aside:
        elsewhere[block.role] = elsewhere.get(block.role, 0.0) + len(block.text.split()) / max(words, 1)
    return Reading(
        format=format_,
        title=title,
        language=language,
        modified=modified,
        blocks=blocks,
        items=items,
        links=tuple(Link(item.url, item.title) for item in items if item.url),
        next_page=next_page,
        accounting=Accounting(words, kept / words, elsewhere) if words else Accounting(0, 0.0),
        notes=notes,
    )
