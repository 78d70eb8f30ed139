"""Other programs' lists as entries of sources.yaml: urlwatch, webchanges, changedetection.io, OPML, plain addresses.

What cannot be said in sources.yaml is listed with its reason; the rest goes in.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from lxml import etree

from tracker.catalogue import editing
from tracker.catalogue.load import Catalogue, CatalogueError, parse

LARGEST = 50 * 2**20  # bytes of a list
_QUIET = frozenset(  # what canonical text does by itself
    ("html2text", "strip", "sort", "format-json", "pretty-xml", "beautify", "re.sub", "remove-duplicate-lines")
)
_BY = {"element-by-id": "#", "element-by-class": ".", "element-by-tag": ""}


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a list that was not taken, or not whole: `name` says where."""

    name: str
    why: str


Found = dict[str, Any] | Note
_BROKEN = (yaml.YAMLError, json.JSONDecodeError, etree.XMLSyntaxError, zipfile.BadZipFile, UnicodeDecodeError)


class NoListError(ValueError):
    """The file is none of the lists that can be read; the message says which they are."""


def read(file: Path) -> list[Found]:
    """The entries of a list, and notes on what cannot be taken. Raises NoListError for a file that is none."""
    if file.stat().st_size > LARGEST:
        raise NoListError(f"{file}: larger than {LARGEST // 2**20} MB, so this is no list of addresses")
    try:
        return _named(list(_read(file)))
    except (
        yaml.YAMLError,
        json.JSONDecodeError,
        etree.XMLSyntaxError,
        zipfile.BadZipFile,
        UnicodeDecodeError,
    ) as error:
        raise NoListError(f"{file}: cannot be read ({str(error).splitlines()[0]})") from error


def _read(file: Path) -> Iterator[Found]:
    data = file.read_bytes()
    if zipfile.is_zipfile(file):
        data = _of_backup(file)
    text = data.decode("utf-8-sig")
    if text.lstrip().startswith("<"):
        yield from opml(data)
    elif text.lstrip().startswith("{"):
        yield from changedetection(json.loads(text))
    elif file.suffix in (".yaml", ".yml"):
        yield from urlwatch(text)
    else:
        yield from addresses(text)


def _of_backup(file: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith("url-watches.json") and archive.getinfo(name).file_size <= LARGEST:
                return archive.read(name)
    raise NoListError(f"{file}: no url-watches.json in it, so this is no backup of changedetection.io")


# ------------------------------------------------------------------------------------------------- the lists


def addresses(text: str) -> Iterator[Found]:
    """One address a line, tags behind it are left out; lines with # are comments."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not words[0].startswith(("http://", "https://")):
            yield Note(f"line {number}", f"{words[0][:60]!r} is no web address")
        else:
            yield {"url": words[0]}


def opml(data: bytes) -> Iterator[Found]:
    """The feeds of an OPML 1.0 or 2.0."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    if etree.QName(root).localname.lower() != "opml":
        raise NoListError("XML, but no OPML")
    for outline in root.iter("outline"):
        url = outline.get("xmlUrl") or outline.get("xmlurl") or ""
        title = outline.get("title") or outline.get("text") or ""
        if url:
            yield {"title": title.strip(), "url": url.strip(), "kind": "feed"}
        elif outline.get("type", "").lower() in ("rss", "atom"):
            yield Note(title or "outline", "has no address")


def urlwatch(text: str) -> Iterator[Found]:
    """urlwatch's and webchanges' jobs: YAML documents, one a job."""
    for number, job in enumerate(yaml.safe_load_all(text), 1):
        if job is None:
            continue
        if not isinstance(job, dict):
            yield Note(f"job {number}", "is no job: name and url are missing")
            continue
        name = str(job.get("name") or job.get("url") or job.get("navigate") or f"job {number}")
        why = _not_a_visit(job)
        if why:
            yield Note(name, why)
            continue
        entry: dict[str, Any] = {"title": str(job.get("name") or ""), "url": str(job.get("url") or job["navigate"])}
        if "navigate" in job or job.get("use_browser"):
            entry["render"] = True
        yield from _filtered(entry, job.get("filter", job.get("filters")), name)
        if job.get("headers") or job.get("cookies"):
            yield Note(name, "its headers and cookies were left out: they may hold secrets; add what it needs by hand")
        yield entry


def _not_a_visit(job: Mapping[str, Any]) -> str:
    if "command" in job:
        return "runs a command: only addresses are visited"
    if "url" not in job and "navigate" not in job:
        return "has no url"
    if job.get("data") or str(job.get("method", "GET")).upper() != "GET":
        return "sends a form: only plain requests are made"
    return ""


def _filtered(entry: dict[str, Any], filters: Any, name: str) -> Iterator[Note]:
    """The filters that say where the document is, into the entry; notes on those that say something else."""
    for kind, value in _filters(filters):
        if kind == "css":
            _selected(entry, value)
        elif kind in _BY and isinstance(value, str):
            entry.setdefault("select", []).append(_BY[kind] + value)
        elif kind == "pdf2text":
            entry["kind"] = "pdf"
        elif kind not in _QUIET:
            yield Note(name, f"its filter {kind!r} has no counterpart and was left out")


def _selected(entry: dict[str, Any], value: Any) -> None:
    if isinstance(value, Mapping):
        if value.get("selector"):
            entry.setdefault("select", []).append(str(value["selector"]))
        if value.get("exclude"):
            entry.setdefault("remove", []).append(str(value["exclude"]))
    elif value:
        entry.setdefault("select", []).append(str(value))


def _filters(filters: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(filters, str):  # the old form: css:main,html2text
        for part in filters.split(","):
            kind, _, value = part.strip().partition(":")
            yield kind, value
    elif isinstance(filters, Mapping):
        yield from ((str(kind), value) for kind, value in filters.items())
    elif isinstance(filters, list):
        for one in filters:
            if isinstance(one, str):
                yield from _filters(one)
            elif isinstance(one, Mapping):
                yield from ((str(kind), value) for kind, value in one.items())


def changedetection(data: Mapping[str, Any]) -> Iterator[Found]:
    """changedetection.io's url-watches.json: its watches."""
    watches = data.get("watching")
    if not isinstance(watches, Mapping):
        raise NoListError("JSON, but without `watching`: no url-watches.json of changedetection.io")
    for watch in watches.values():
        if not isinstance(watch, Mapping) or not watch.get("url"):
            yield Note("watch", "has no url")
            continue
        url = str(watch["url"])
        name = str(watch.get("title") or url)
        if watch.get("body") or str(watch.get("method") or "GET").upper() != "GET":
            yield Note(name, "sends a form: only plain requests are made")
            continue
        entry: dict[str, Any] = {"title": str(watch.get("title") or ""), "url": url, "every": _interval(watch)}
        if "webdriver" in str(watch.get("fetch_backend", "")):
            entry["render"] = True
        if watch.get("paused"):
            entry["active"] = False
        for selector in [
            *(watch.get("include_filters") or ()),
            *([watch["css_filter"]] if watch.get("css_filter") else ()),
        ]:
            if str(selector).startswith(("xpath", "/", "json", "jq")):
                yield Note(name, f"its filter {str(selector)[:60]!r} has no counterpart and was left out")
            else:
                entry.setdefault("select", []).append(str(selector))
        for selector in watch.get("subtractive_selectors") or ():
            entry.setdefault("remove", []).append(str(selector))
        if watch.get("headers"):
            yield Note(name, "its headers were left out: they may hold secrets; add what it needs by hand")
        yield entry


_UNITS = {"weeks": 7 * 24 * 60, "days": 24 * 60, "hours": 60, "minutes": 1}


def _interval(watch: Mapping[str, Any]) -> str:
    given = watch.get("time_between_check") or {}
    minutes = (
        sum(int(given.get(unit) or 0) * size for unit, size in _UNITS.items()) if isinstance(given, Mapping) else 0
    )
    if not minutes:
        return ""
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


# ------------------------------------------------------------------------------------------------ into the file


def _named(found: list[Found]) -> list[Found]:
    """Entries with ids of their own, made of title or address."""
    taken: set[str] = set()
    out: list[Found] = []
    for one in found:
        if isinstance(one, Note):
            out.append(one)
            continue
        parts = urlsplit(one["url"])
        words = one.get("title") or f"{parts.hostname or ''} {parts.path} {parts.query}"
        base = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:70].strip("-")
        base = base or re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname or 'source'}").strip("-")
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        out.append({"id": name, **one})
    return out


@dataclass(frozen=True, slots=True)
class Added:
    """The new text of sources.yaml, how many sources it has more, and what was left out."""

    text: str
    number: int
    notes: tuple[Note, ...]


def add(text: str, catalogue: Catalogue, found: list[Found], *, name: str = "sources.yaml") -> Added:
    """sources.yaml with the entries at the end of its sources. One that is no entry is noted, and one whose address is
    there already."""
    notes = [one for one in found if isinstance(one, Note)]
    known, ids = {s.url for s in catalogue.sources}, {s.id for s in catalogue.sources}
    entries: list[dict[str, Any]] = []
    for one in found:
        if isinstance(one, Note):
            continue
        entry = dict(one)
        if entry["url"] in known:
            notes.append(Note(entry["url"], "is watched already"))
            continue
        base, at = entry["id"], 2
        while entry["id"] in ids:
            entry["id"], at = f"{base}-{at}", at + 1
        try:
            editing.add_source("", entry, name=name)
        except CatalogueError as error:
            notes.append(Note(entry.get("title") or entry["url"], error.mistakes[0].message))
            continue
        known.add(entry["url"])
        ids.add(entry["id"])
        entries.append(entry)
    return Added(_inserted(text, entries, name), len(entries), tuple(notes))


def _inserted(text: str, entries: list[dict[str, Any]], name: str) -> str:
    """All entries at once: to read the whole file again after each would take minutes for a long list."""
    if not entries:
        return text
    made, _ = editing.add_source(text, entries[0], name=name)
    first = "\n".join(editing.lines(entries[0]))
    made = made.replace(first, "\n".join("\n".join(editing.lines(entry)) for entry in entries), 1)
    parse(made, name)
    return made
