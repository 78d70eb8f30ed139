"""JSON answers to a Reading: the records that a list of documents is, found by themselves or by JMESPath.

An answer without records is a document of its own: a row a value, in an order that does not depend on the server's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jmespath
from jmespath.exceptions import JMESPathError

from tracker.formats import json_fields as fields
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.fragments import absolute, fragment_text, list_reading
from tracker.formats.sniff import parsed_json
from tracker.model import Accounting, Block, Item, Reading

_MAX_ITEMS = 5_000
_MAX_BLOCKS = 20_000
_DEPTH = 40
_PADDED = re.compile(r"^\s*(?:\)\]\}',?\s*|(?:/\*\*/\s*)?[\w.$]{1,80}\s*\(\s*(?=[\[{]))")
_FURNITURE = re.compile(
    r"facet|filter|navigator|bucket|sort|header|propert|option|scope|error|warning|pagination|pager|breadcrumb|menu|column|"
    r"aggregation|suggest|synonym|tags?$|categor|languages?$|fields?$|^links?$|highlight",
    re.IGNORECASE,
)
_RECORDS = re.compile(
    r"result|item|data$|hits?$|record|entr(?:y|ies)|document|docs$|list$|rows?$|value|publication|event|decision|opinion|notice|"
    r"article|news|post|dossier|element|content|objects?$|features?$|packages?$|graph$",
    re.IGNORECASE,
)
_NEXT = (
    "next",
    "next_page_url",
    "nextpageurl",
    "next_url",
    "nexturl",
    "@odata.nextlink",
    "odata.nextlink",
    "nextlink",
    "next_page",
    "nextpage",
)
_PAGES = ("totalpages", "total_pages", "last_page", "lastpage", "pagecount", "page_count", "pages")
_PAGE = ("page", "p", "pagenumber", "page_number", "pageindex", "currentpage")


def read_json(
    body: bytes,
    *,
    media_type: str = "",
    charset: str = "",
    url: str = "",
    items: Mapping[str, str] | None = None,
    **_: object,
) -> Reading:
    """The answer's records as items, or the whole of it as rows.

    `items` maps items, key, title, url, date, summary, next to JMESPath expressions; what it leaves out is found.
    Raises Unreadable for what is no JSON, and for an expression that is none or finds no list.
    """
    value = parsed(decode(body, charset, media_type)[0])
    wanted = dict(items or {})
    records = _by_expression(value, wanted["items"]) if wanted.get("items") else _found(value)
    if not records and not wanted.get("items"):
        return _document(value)
    notes: tuple[str, ...] = ()
    read = [_item(record, url, wanted) for record in fields.described(records[:_MAX_ITEMS])]
    if len(records) > _MAX_ITEMS:
        notes = (f"only the first {_MAX_ITEMS:,} of {len(records):,} records were read",)
    return list_reading(
        "json",
        read,
        title=_title(value),
        next_page=_next(value, url, wanted.get("next", "")),
        notes=notes,
    )


def parsed(text: str) -> Any:
    """The JSON value of a text: also JSON lines, and JSON in a function call. Raises Unreadable."""
    text = text.strip("\ufeff \t\r\n\x00")
    try:
        return parsed_json(text)
    except RecursionError as error:
        raise Unreadable("JSON nested without end") from error
    except ValueError as error:
        first = error
    for other in (
        _PADDED.sub("", text).rstrip(" ;)\n\r"),
        "[" + ",".join(line for line in text.splitlines() if line.strip()) + "]",
    ):
        try:
            return parsed_json(other)
        except (ValueError, RecursionError):
            continue
    raise Unreadable(f"JSON that cannot be read ({first})")


# --------------------------------------------------------------------------------------- where the records are


def _by_expression(value: Any, expression: str) -> list[dict[str, Any]]:
    found = _searched(expression, value)
    if not isinstance(found, list):
        raise Unreadable(f"items: {expression!r} finds {_kind(found)}, not a list")
    return [each if isinstance(each, dict) else {"title": each} for each in found if each is not None]


def _kind(value: Any) -> str:
    return {dict: "an object", str: "a text", type(None): "nothing"}.get(type(value), "a value")


def _searched(expression: str, value: Any) -> Any:
    try:
        return jmespath.search(expression, value)
    except (JMESPathError, ValueError, TypeError) as error:
        raise Unreadable(f"{expression!r} is not a JMESPath expression that fits the answer ({error})") from error


def _found(value: Any) -> list[dict[str, Any]]:
    """The outermost list of objects that is most likely what the answer is about."""
    best: list[dict[str, Any]] = []
    most = 0.0
    for path, records, depth in _lists(value):
        score = _score(path, records, depth)
        if score > most:
            best, most = records, score
    return best


def _lists(value: Any) -> Iterator[tuple[str, list[dict[str, Any]], int]]:
    """(name, records, depth) of every list of objects that is not inside another one; an object of like objects
    counts as a list."""
    queue: list[tuple[str, Any, int]] = [("", value, 0)]
    while queue:
        name, each, depth = queue.pop(0)
        if depth > _DEPTH:
            continue
        if isinstance(each, list):
            records = [entry for entry in each if isinstance(entry, dict)]
            if records and len(records) * 2 >= len(each):
                yield name, records, depth
                if len(records) == 1:  # a wrapper: [{"results": […]}]
                    queue.extend(
                        (str(key), inner, depth + 1)
                        for key, inner in records[0].items()
                        if isinstance(inner, list | dict)
                    )
            continue
        if isinstance(each, dict):
            alike = _alike(each)
            if alike:
                yield name, alike, depth
                continue
            queue.extend((str(key), inner, depth + 1) for key, inner in each.items() if isinstance(inner, list | dict))


def _alike(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The values of an object that maps names to like objects ({"id-1": {…}, "id-2": {…}})."""
    if len(value) < 3 or not all(isinstance(inner, dict) and len(inner) >= 2 for inner in value.values()):
        return []
    shapes = [frozenset(inner) for inner in value.values()]
    shared = frozenset.intersection(*shapes)
    if len(shared) < 2 or len(shared) * 2 < max(len(shape) for shape in shapes):
        return []
    return [{"id": name, **inner} for name, inner in value.items()]


def _score(path: str, records: Sequence[dict[str, Any]], depth: int) -> float:
    """How much a list looks like documents: fields a record, words in them, dates and addresses, and its name."""
    sample = records[:20]
    flat = [fields.flattened(record) for record in sample]
    width = sum(len(each) for each in flat) / len(flat)
    words = sum(len(str(value).split()) for each in flat for value in each.values()) / len(flat)
    score = min(width, 15.0) + min(words, 60.0) / 4
    score += 6.0 * sum(fields.looks_dated(each) for each in flat) / len(flat)
    score += 4.0 * sum(fields.looks_linked(each) for each in flat) / len(flat)
    score += min(len(records), 20) / 4
    if path and _RECORDS.search(path):
        score += 8.0
    if path and _FURNITURE.search(path):
        score /= 4
    return score - 1.5 * depth if width >= 2 else score / 4


# ------------------------------------------------------------------------------------------------ an item


def _item(described: fields.Described, url: str, wanted: Mapping[str, str]) -> Item:
    record = described.record
    own = {
        name: _asked(wanted[name], record) for name in ("key", "title", "url", "date", "summary") if wanted.get(name)
    }
    return fields.item(described, url, own)


def _asked(expression: str, record: dict[str, Any]) -> str:
    found = _searched(expression, record)
    if isinstance(found, list):
        return ", ".join(str(each) for each in found if isinstance(each, str | int | float))
    return "" if found is None or isinstance(found, dict) else str(found)


def _title(value: Any) -> str:
    if isinstance(value, dict):
        for name in ("title", "name", "description"):
            said = value.get(name)
            if isinstance(said, str) and 2 < len(said) < 200:
                return fragment_text(said)
    return ""


def _next(value: Any, url: str, expression: str) -> str:
    if expression:
        found = _searched(expression, value)
        return absolute(url, found) if isinstance(found, str) else ""
    if not isinstance(value, dict):
        return ""
    places = [value, *(inner for key, inner in value.items() if isinstance(inner, dict) and key.lower() in _META)]
    for place in places:
        for key, said in place.items():
            if key.lower() in _NEXT:
                said = said.get("href") if isinstance(said, dict) else said
                if isinstance(said, str) and (said.startswith(("http", "/", "?")) or "/" in said):
                    return absolute(url, said)
    return _numbered(places, url)


_META = ("links", "_links", "meta", "paging", "pagination", "page", "info", "d")


def _numbered(places: Sequence[Mapping[str, Any]], url: str) -> str:
    """The next page's address where the answer tells the number of pages and the address the page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    query = parse_qsl(parts.query, keep_blank_values=True)
    at = next(
        (index for index, (name, number) in enumerate(query) if name.lower() in _PAGE and number.isdecimal()), None
    )
    if at is None:
        return ""
    total = next(
        (said for place in places for key, said in place.items() if key.lower() in _PAGES and isinstance(said, int)), 0
    )
    if int(query[at][1][:9]) >= total:
        return ""
    query[at] = (query[at][0], str(int(query[at][1][:9]) + 1))
    return urlunsplit(parts._replace(query=urlencode(query)))


# ----------------------------------------------------------------------------------------- a whole answer


def _document(value: Any) -> Reading:
    notes: tuple[str, ...] = ()
    rows = sorted(_rows(value))
    blocks = tuple(Block(row, kind="row") for row in rows[:_MAX_BLOCKS])
    if len(rows) > _MAX_BLOCKS:
        notes = (f"only {_MAX_BLOCKS:,} of {len(rows):,} values were read",)
    words = sum(len(block.text.split()) for block in blocks)
    if not blocks:
        raise Unreadable("the JSON answer says nothing: no records and no values")
    return Reading(
        format="json",
        title=_title(value),
        blocks=blocks,
        accounting=Accounting(words, 1.0 if words else 0.0),
        notes=notes,
    )


def _rows(value: Any) -> Iterator[str]:
    """ "name › name: value" for every value; a list's order is not told, since servers do not keep it."""
    stack: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while stack:
        path, each = stack.pop()
        if isinstance(each, dict):
            stack.extend(((*path, str(key)), inner) for key, inner in each.items())
        elif isinstance(each, list):
            if all(not isinstance(inner, list | dict) for inner in each):
                said = ", ".join(sorted(fields.shown(inner) for inner in each if inner is not None))
                if said:
                    yield _row(path, said)
            else:
                stack.extend((path, inner) for inner in each)
        else:
            said = fields.shown(each)
            if said and not fields.volatile(path[-1] if path else ""):
                yield _row(path, said)


def _row(path: Sequence[str], said: str) -> str:
    names = " › ".join(fields.readable(name) for name in path[-4:])
    return f"{names}: {said}" if names else said
