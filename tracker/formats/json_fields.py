"""The fields of records: which one is the title, the address, the date, the key; by their names and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.formats import dates
from tracker.formats.fragments import absolute, fragment_blocks, fragment_text, from_seconds, identified
from tracker.model import Block, Item

_DEPTH = 5
_MAX_FIELDS = 300
_MAX_VALUE = 200_000
_TITLES = (
    (re.compile(r"^(?:.*[._ ])?(?:title|headline)(?:\.rendered|\.und|\.en)?$"), 10),
    (re.compile(r"title|headline"), 7),
    (
        re.compile(
            r"caption|subject(?!s)|^(?:.*[._ ])?name$|case ?name|party ?name|document ?name|full ?name|event ?name"
        ),
        6,
    ),
    (re.compile(r"^(?:.*[._ ])?(?:label|name|heading|line1|summary|description)$|label$|description$"), 4),
    (re.compile(r"name|number|docket|case|appellant|parties|debtor|body$"), 2),
)
_LINKS = (
    (re.compile(r"^(?:.*[._ ])?(?:html url|permalink|canonical url|web url|page url|landing page|og url)$"), 10),
    (re.compile(r"^(?:.*[._ ])?(?:url|link|href|uri)(?:\.url|\.href|\.uri)?$"), 8),
    (re.compile(r"(?:file|document|pdf|item|event|case|detail|public|body html) ?(?:url|link|path|uri|href)$"), 7),
    (re.compile(r"url|link|href|uri|path|attachment"), 4),
    (re.compile(r"file|document|agenda|minutes|pdf"), 2),
)
_PUBLISHED = (
    (re.compile(r"publi(?:shed|cation|sh)|posted|issued|release"), 10),
    (
        re.compile(
            r"fil(?:ed|ing|e) ?date|date ?filed|issue ?date|decision ?date|date ?decided|entry ?date|disposition"
        ),
        9,
    ),
    (re.compile(r"^(?:.*[._ ])?date$"), 8),
    (re.compile(r"(?:start|begin|event|meeting) ?(?:date|time|unix|utc)|^(?:.*[._ ])?start$"), 7),
    (re.compile(r"creat|upload|added|received|date ?heard"), 5),
    (re.compile(r"date"), 4),
)
_MODIFIED = ((re.compile(r"modifi|updat|changed|revis|last ?edit"), 10),)
_KEYS = (
    (re.compile(r"^(?:id|uuid|guid|key|_id|@id|pk id|nid|identifier|document number|doc id|celex|slug)$"), 10),
    (re.compile(r"(?:^| )(?:id|uuid|guid|identifier)$|instance ?id$"), 6),
    (re.compile(r"number$|docket$|slug$"), 3),
)
_SUMMARIES = (
    (re.compile(r"summary|abstract|excerpt|description|synopsis|teaser|snippet|decision$"), 8),
    (re.compile(r"content|body|text"), 4),
)
_NOT_A_LINK = re.compile(
    r"image|img|thumb|icon|logo|avatar|api|self|edit|schema|type|context|photo|banner|video|map|directions"
)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico)(?:$|\?)", re.IGNORECASE)
_VOLATILE = re.compile(
    r"(?:^| |_)(?:score|rank|relevance|views?|hits?|downloads?|clicks?|likes?|etag|token|nonce|session|cache|expires?|"
    r"random|timestamp|generated|request ?id|trace|took|elapsed|duration ms|index|highlight\w*|position|shard|"
    r"server time|query time|thumbnail\w*|image\w*|icon\w*|colou?r)(?:$| )"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_x0020_|[_\-\s]+")


@dataclass(frozen=True, slots=True)
class Described:
    """A record with its scalar values by name, and the names of what an item needs ("" where there is none)."""

    record: dict[str, Any]
    values: Mapping[str, Any]
    title: tuple[str, ...]
    url: tuple[str, ...]
    published: tuple[str, ...]
    modified: tuple[str, ...]
    key: str
    summary: tuple[str, ...]


def readable(name: str) -> str:
    """A field's name as words in small letters: "documentTitle" → "document title"."""
    return " ".join(part for part in _CAMEL.split(name) if part).lower()


def flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record's scalar values by dotted readable names; of lists inside it, those of texts as one text."""
    out: dict[str, Any] = {}
    stack: list[tuple[str, Any, int]] = [
        (readable(str(name)), value, 0) for name, value in reversed(list(record.items()))
    ]
    while stack and len(out) < _MAX_FIELDS:
        name, value, depth = stack.pop()
        if isinstance(value, dict):
            if depth < _DEPTH:
                stack.extend(
                    (f"{name}.{readable(str(inner))}", each, depth + 1) for inner, each in reversed(list(value.items()))
                )
        elif isinstance(value, list):
            texts = [str(each) for each in value if isinstance(each, str | int | float)]
            if texts and len(texts) == len(value):
                out[name] = "\n".join(texts) if sum(map(len, texts)) > 300 else ", ".join(texts)
            elif len(value) == 1 and isinstance(value[0], dict) and depth < _DEPTH:
                stack.append((name, value[0], depth + 1))
        elif value is not None and value != "":
            out[name] = value
    return out


def looks_dated(values: Mapping[str, Any]) -> bool:
    """Whether one of the values is a date."""
    return any(_date(name, value) is not None for name, value in values.items() if _named(name, _PUBLISHED))


def looks_linked(values: Mapping[str, Any]) -> bool:
    """Whether one of the values is an address."""
    return any(_address(value) for value in values.values())


def described(records: Sequence[dict[str, Any]]) -> list[Described]:
    """Every record with the fields that are the title, address, dates, key and summary; the same ones for all."""
    flat = [flattened(record) for record in records]
    sample = flat[:100]
    names = list(dict.fromkeys(name for values in sample for name in values))
    title = _ranked(names, _TITLES, sample, _title_quality)
    url = _ranked(names, _LINKS, sample, _link_quality)
    published = _ranked(names, _PUBLISHED, sample, _date_quality)
    modified = _ranked(names, _MODIFIED, sample, _date_quality)
    published = tuple(name for name in published if name not in modified) or published
    key = next(iter(_ranked(names, _KEYS, flat, _key_quality)), "")
    summary = tuple(name for name in _ranked(names, _SUMMARIES, sample, _text_quality) if name not in title[:1])
    return [
        Described(record, values, title, url, published, modified, key, summary)
        for record, values in zip(records, flat, strict=True)
    ]


def item(described: Described, url: str, own: Mapping[str, str]) -> Item:
    """The record as an item. `own` are values that the catalogue's expressions found; they win, even empty ones for
    what they name."""
    values = described.values
    title = own["title"] if "title" in own else _first(values, described.title)
    link = (
        own["url"]
        if "url" in own
        else next((said for name in described.url if (said := _address(values.get(name)))), "")
    )
    summary = own["summary"] if "summary" in own else _first(values, described.summary)
    key = own.get("key") or str(values.get(described.key, "") if described.key else "")
    published = _moment(own["date"]) if own.get("date") else _first_date(values, described.published)
    text = fragment_text(title)[:1000]
    return identified(
        Item(
            key=key,
            title=text,
            url=absolute(url, link),
            published=published,
            modified=_first_date(values, described.modified),
            summary=fragment_text(summary)[:5000],
            blocks=_blocks(described, text, link, url),
        )
    )


def _blocks(described: Described, title: str, link: str, url: str) -> tuple[Block, ...]:
    """What else the record says: long texts as paragraphs, the rest as rows by name, so that a field that changes (a
    meeting that is cancelled) is a change of the document. What changes with every answer is left out."""
    used = {described.key, *described.url[:1], *described.modified, *described.title[:1]}
    rows: list[tuple[str, Block]] = []
    for name, value in described.values.items():
        said = shown(value)
        if name in used or not said or said in (title, link) or volatile(name) or _PICTURE.search(said):
            continue
        if len(said) > 200 or "<p" in said[:2000]:
            rows.extend((name, block) for block in fragment_blocks(said, url))
        else:
            rows.append((name, Block(f"{_label(name)}: {fragment_text(said)}", kind="row")))
    return tuple(block for _, block in sorted(rows, key=lambda row: row[0]))


def _label(name: str) -> str:
    """The last part of a dotted name that says something."""
    parts = [
        part for part in name.split(".") if len(part) > 2 and part not in ("value", "rendered", "und", "fields", "text")
    ]
    return parts[-1] if parts else name


def shown(value: Any) -> str:
    """A value as a reader would read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else " ".join(str(value)[:_MAX_VALUE].split(" ")).strip()


def volatile(name: str) -> bool:
    """Whether a field is about the answer (score, cache, time of the request) and not about the document."""
    return bool(_VOLATILE.search(readable(name.rpartition(".")[2])))


# ------------------------------------------------------------------------------------------- which is which


def _named(name: str, patterns: Sequence[tuple[re.Pattern[str], int]]) -> int:
    return next((points for pattern, points in patterns if pattern.search(name)), 0)


def _ranked(names: Sequence[str], patterns: Any, flat: Sequence[Mapping[str, Any]], quality: Any) -> tuple[str, ...]:
    """The names that fit, best first: by the name's points times how well the values fit (0 to 1)."""
    scored = []
    for position, name in enumerate(names):
        points = _named(name, patterns)
        if not points:
            continue
        fit = quality(name, [values[name] for values in flat if name in values], len(flat))
        if fit > 0:
            scored.append((-points * fit + 0.7 * name.count("."), position, name))
    return tuple(name for _, _, name in sorted(scored)[:6])


def _title_quality(name: str, values: Sequence[Any], total: int) -> float:
    texts = [shown(value) for value in values]
    worded = [
        text for text in texts if 2 < len(text) <= 600 and any(sign.isalpha() for sign in text) and not _address(text)
    ]
    if not worded:
        return 0.0
    spaced = sum(1 for text in worded if " " in text or len(text) > 20 or not text.isascii()) / len(worded)
    distinct = len(set(worded)) / len(worded)
    return len(worded) / total * (0.3 + 0.7 * distinct) * (0.4 + 0.6 * spaced)


def _link_quality(name: str, values: Sequence[Any], total: int) -> float:
    found = [address for value in values if (address := _address(value))]
    if not found:
        return 0.0
    fit = len(found) / total * (0.3 + 0.7 * len(set(found)) / len(found))
    if _NOT_A_LINK.search(name) or sum(bool(_PICTURE.search(each)) for each in found) * 2 > len(found):
        fit *= 0.1
    return fit


def _date_quality(name: str, values: Sequence[Any], total: int) -> float:
    return sum(_date(name, value) is not None for value in values) / total


def _key_quality(name: str, values: Sequence[Any], total: int) -> float:
    texts = [str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool)]
    if len(texts) < total or len(set(texts)) < total or any(len(text) > 200 for text in texts):
        return 0.0
    return 0.3 if "." in name else 1.0


def _text_quality(name: str, values: Sequence[Any], total: int) -> float:
    texts = [value for value in values if isinstance(value, str) and len(value) > 30 and " " in value]
    return len(texts) / total


def _address(given: Any) -> str:
    if not isinstance(given, str) or not 1 < len(given) < 2000:
        return ""
    value = given.strip()
    if value.startswith(("http://", "https://", "//")):
        return value if " " not in value.split("?")[0] or value.lower().endswith(".pdf") else ""
    if value.startswith("/") and re.match(r"^/[\w~%]", value) and "\n" not in value:
        return value
    return value if re.match(r"^[\w%./ ()&,-]+\.(?:pdf|html?|docx?|aspx?|php)(?:\?\S*)?$", value, re.IGNORECASE) else ""


def _first(values: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        said = shown(values.get(name))
        if said:
            return said
    return ""


def _first_date(values: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    return next((moment for name in names if (moment := _date(name, values.get(name))) is not None), None)


def _date(name: str, value: Any) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return from_seconds(value)
    if isinstance(value, str) and 5 < len(value) < 80:
        if value.isdecimal() and len(value) in (10, 13):
            return from_seconds(int(value))
        return dates.parse(value)
    return None


def _moment(text: str) -> datetime | None:
    return _date("date", text) or (
        from_seconds(float(text)) if text.replace(".", "", 1).isdecimal() and len(text) < 16 else None
    )
