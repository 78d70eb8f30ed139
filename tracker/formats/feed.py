"""Feeds to a Reading: RSS 0.9 to 2.0, RDF and Atom by feedparser, JSON Feed by its specification (version 1.1).

An entry is an item: its identity is its guid or id, else its address, else its title.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser

from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.fragments import absolute, fragment_blocks, fragment_text, identified, list_reading, parse_date
from tracker.formats.sniff import parsed_json
from tracker.model import Block, Item, Reading

_MAX_ITEMS = 5_000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_DTD = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DATES = ("published_parsed", "created_parsed", "issued_parsed", "updated_parsed")


def read_feed(body: bytes, *, media_type: str = "", charset: str = "", url: str = "", **_: object) -> Reading:
    """The feed's entries as items, in the feed's order. Raises Unreadable for what has neither entries nor a title."""
    text, used = decode(body, charset, media_type)
    text = text.lstrip("\ufeff \t\r\n\x00")
    if text.startswith("{"):
        return _json_feed(text, url)
    # What `charset` decoded is handed on as UTF-8: declarations that lie were seen through there.
    parsed = _parsed(_DECLARATION.sub("", text).replace("\x00", ""), url)
    entries, head = parsed.get("entries") or [], parsed.get("feed") or {}
    if not entries and not head.get("title") and not parsed.get("version"):
        raise Unreadable(f"no feed can be read from it ({parsed.get('bozo_exception') or 'no entries, no title'})")
    notes = _notes(parsed, used)
    items = [_item(entry, url) for entry in entries[:_MAX_ITEMS] if _says_something(entry)]
    return list_reading(
        "feed",
        items,
        title=fragment_text(str(head.get("title") or "")),
        language=_language(str(head.get("language") or "")),
        summary=fragment_text(str(head.get("subtitle") or "")),
        modified=_time(head, ("updated_parsed", "published_parsed")),
        next_page=next((absolute(url, link.get("href", "")) for link in _links(head) if link.get("rel") == "next"), ""),
        notes=notes,
    )


def _parsed(text: str, url: str) -> Mapping[str, Any]:
    """What feedparser makes of it. A DTD that defines entities is cut out first: none of them is a feed's business."""
    if "<!ENTITY" in text[:100_000]:
        text = _DTD.sub("", text, count=1)
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>' + text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            sanitize_html=False,  # fragments are read as text here; pages are sanitised where they are shown
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # its second, tolerant parser raises what it stumbles over
        raise Unreadable(f"a feed that is broken beyond reading ({type(error).__name__})") from error
    return parsed


def _says_something(entry: Mapping[str, Any]) -> bool:
    return any(entry.get(name) for name in ("title", "link", "id", "summary", "content", "published", "updated"))


def _notes(parsed: Mapping[str, Any], used: str) -> tuple[str, ...]:
    notes = []
    error = parsed.get("bozo_exception")
    if parsed.get("bozo") and error is not None and "CharacterEncoding" not in type(error).__name__:
        notes.append(f"not well-formed: {str(error)[:160]}")
    if used.replace("-", "") not in ("utf8", "ascii"):
        notes.append(f"read as {used}")
    if len(parsed.get("entries") or []) > _MAX_ITEMS:
        notes.append(f"only the first {_MAX_ITEMS:,} entries were read")
    return tuple(notes)


def _item(entry: Mapping[str, Any], url: str) -> Item:
    title = fragment_text(str(entry.get("title") or ""))
    link = absolute(url, str(entry.get("link") or ""))
    if not link:
        link = next((absolute(url, str(each.get("href") or "")) for each in _links(entry)), "")
    contents = entry.get("content") or []
    content = max((str(each.get("value") or "") for each in contents), key=len, default="")
    summary = str(entry.get("summary") or "")
    blocks = fragment_blocks(content, link or url) if len(content) >= len(summary) and content else ()
    return identified(
        Item(
            key=str(entry.get("id") or "").strip(),
            title=title,
            url=link,
            published=_time(entry, _DATES),
            modified=_time(entry, ("updated_parsed",)),
            summary=fragment_text(summary),
            blocks=blocks,
            extra=_extra(entry),
        )
    )


def _extra(entry: Mapping[str, Any]) -> dict[str, str]:
    extra = {}
    if entry.get("author"):
        extra["author"] = fragment_text(str(entry["author"]))[:300]
    tags = [str(tag.get("term") or tag.get("label") or "") for tag in entry.get("tags") or []]
    if any(tags):
        extra["tags"] = ", ".join(tag for tag in tags if tag)[:500]
    files = [str(each.get("href") or "") for each in entry.get("enclosures") or []]
    if any(files):
        extra["file"] = next(file for file in files if file)[:2000]
    return extra


def _links(values: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    links: Sequence[Mapping[str, str]] = values.get("links") or []
    return links


def _time(values: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    for name in names:
        if name not in values.keys():  # noqa: SIM118 - `in` and `get` answer for `updated` with `published`
            continue
        parts = values.get(name)
        if isinstance(parts, struct_time):
            try:
                return datetime.fromtimestamp(calendar.timegm(parts), UTC)
            except (ValueError, OverflowError, OSError):
                continue
        said = str(values.get(name.removesuffix("_parsed")) or "")
        found = parse_date(said) if said else None
        if found is not None:
            return found
    return None


def _language(said: str) -> str:
    return re.split(r"[-_]", said.strip().lower())[0][:3]


# ------------------------------------------------------------------------------------------------- JSON Feed


def _json_feed(text: str, url: str) -> Reading:
    try:
        value = parsed_json(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"JSON that cannot be read ({error})") from error
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise Unreadable("a JSON Feed has a list `items`, this one has none")
    items = [_json_item(each, url) for each in value["items"][:_MAX_ITEMS] if isinstance(each, dict)]
    return list_reading(
        "feed",
        items,
        title=fragment_text(_string(value.get("title"))),
        language=_language(_string(value.get("language"))),
        summary=fragment_text(_string(value.get("description"))),
        next_page=absolute(url, _string(value.get("next_url"))),
    )


def _json_item(value: Mapping[str, Any], url: str) -> Item:
    link = absolute(url, _string(value.get("url")) or _string(value.get("external_url")))
    html, plain = _string(value.get("content_html")), _string(value.get("content_text"))
    summary = fragment_text(_string(value.get("summary")))
    blocks = fragment_blocks(html, link or url) if html else _paragraphs(plain)
    return identified(
        Item(
            key=_string(value.get("id")).strip(),
            title=fragment_text(_string(value.get("title"))),
            url=link,
            published=parse_date(_string(value.get("date_published"))),
            modified=parse_date(_string(value.get("date_modified"))),
            summary=summary,
            blocks=blocks,
        )
    )


def _paragraphs(text: str) -> tuple[Block, ...]:
    return tuple(Block(" ".join(part.split())) for part in text.split("\n\n") if part.strip())


def _string(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
