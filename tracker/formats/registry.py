"""One door to all formats: guards first, then the body's format, then the module that reads it.

A format is named in `_READERS`; its module is imported when it is first needed. What the body is decides more than
what the server says it is: servers send feeds as HTML, PDF as octet-stream and error pages as anything.
"""

from __future__ import annotations

import gzip
import importlib
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack, cast

from tracker.formats import limits
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.html import NO_MAIN
from tracker.formats.html_parts import Shown, shown
from tracker.formats.sniff import guess as guess
from tracker.model import Kind, Outcome, Reading
from tracker.text import language as languages
from tracker.text.lists import joined
from tracker.text.structure import structure

Reader = Callable[..., Reading]

_READERS = {
    "html": ("tracker.formats.html", "read_html"),
    "pdf": ("tracker.formats.pdf", "read_pdf"),
    "feed": ("tracker.formats.feed", "read_feed"),
    "json": ("tracker.formats.json_api", "read_json"),
    "sitemap": ("tracker.formats.sitemap", "read_sitemap"),
    "legal_xml": ("tracker.formats.legal_xml", "read_legal_xml"),
    "docx": ("tracker.formats.docx", "read_docx"),
    "markdown": ("tracker.formats.markdown", "read_markdown"),
    "plain": ("tracker.formats.plain", "read_plain"),
    "xml": ("tracker.formats.xml_text", "read_xml"),
    "listing": ("tracker.formats.listing", "read_listing"),
}
FORMATS = tuple(_READERS)
_NUMBERED = frozenset(("legal_xml",))
_MARKUP = frozenset(("html", "listing", "scraper", "feed", "sitemap", "legal_xml", "xml"))
_NAMES = {
    "html": "a web page", "pdf": "a PDF", "feed": "a feed", "json": "JSON", "sitemap": "a sitemap",
    "docx": "a Word file", "legal_xml": "legal XML", "markdown": "Markdown", "plain": "plain text", "xml": "XML",
    "zip": "an archive", "image": "an image", "binary": "binary data", "office": "an office file", "empty": "nothing",
}  # fmt: skip
# What a source of a kind may be, and what reads it. Page, legal and text take whatever document comes.
_WANTED: dict[Kind, Mapping[str, str]] = {
    Kind.PDF: {"pdf": "pdf"},
    Kind.FEED: {"feed": "feed", "xml": "xml"},
    Kind.JSON: {"json": "json", "feed": "feed"},
    Kind.SITEMAP: {"sitemap": "sitemap"},
    Kind.LISTING: {"html": "listing", "feed": "feed", "json": "json", "sitemap": "sitemap", "xml": "xml"},
}


class Given(TypedDict, total=False):
    """What is known of a body before it is read, each as far as it is.

    `kind` is what the source should be: a PDF source that answers with a web page is not what it was, and unreadable.
    `items` are a listing's selectors or a JSON answer's JMESPath; `scraper` names an entry point.
    """

    media_type: str
    charset: str
    url: str
    kind: Kind | None
    select: Sequence[str]
    remove: Sequence[str]
    items: Mapping[str, str] | None
    scraper: str


def read(body: bytes, **given: Unpack[Given]) -> Reading:
    """What the body says, by the format it is in. Raises Unreadable, and nothing else, with a reason in words."""
    return finished(skim(body, **given))


def skim(body: bytes, *, known: Shown | None = None, **given: Unpack[Given]) -> Reading:
    """The same as `read` without what only a text that changed is asked for: numbers, paths, eids, languages. The
    blocks have their final texts; `finished` gives the rest.

    `known` are the marks of what a web page showed before: one that shows the same comes back with `shown[1]` equal
    to `known[1]` and is not read further. Give ("", "") where nothing is known, None where it must be read in any case.
    """
    return _guarded(lambda: _skim(body, known, given))


def finished(reading: Reading) -> Reading:
    """What `skim` gave, with the language, numbers, paths and eids. Raises Unreadable, and nothing else."""
    return _guarded(lambda: _finished(reading))


def read_as(name: str, body: bytes, *, media_type: str = "", charset: str = "", url: str = "") -> Reading:
    """The body by the format of that name (one of FORMATS), whatever it is. Raises Unreadable, and nothing else."""

    def made() -> Reading:
        limits.check_size(body)
        sound = _sound(name, body)
        return _finished(_reader(name)(sound, media_type=media_type, charset=charset, url=url))

    return _guarded(made)


def _guarded(make: Callable[[], Reading]) -> Reading:
    try:
        return make()
    except Unreadable:
        raise
    except (MemoryError, RecursionError) as error:
        raise Unreadable(f"nested too deeply, or it needs too much memory ({type(error).__name__})") from error
    except Exception as error:  # a defect of ours must not stop the other sources; it is said by name
        raise Unreadable(f"reading failed: {type(error).__name__}: {str(error)[:200]}", Outcome.INTERNAL) from error


def _skim(body: bytes, known: Shown | None, given: Given) -> Reading:
    media_type, charset, url = given.get("media_type", ""), given.get("charset", ""), given.get("url", "")
    scraper = given.get("scraper", "")
    body = _unpacked(body)
    limits.check_size(body)
    name = guess(body, media_type, url)
    if name == "empty":
        raise Unreadable("the answer is empty", Outcome.EMPTY)
    chosen = _chosen(name, given.get("kind"), scraper)
    body = _sound(chosen, body)
    marks = ("", "")
    if known is not None and chosen == "html":
        marks = shown(decode(body, charset, media_type)[0], known)
        if marks[1] and marks[1] == known[1]:
            return Reading(format=chosen, shown=marks)
    reading = _reader(chosen)(
        body, media_type=media_type, charset=charset, url=url, select=given.get("select", ()),
        remove=given.get("remove", ()), items=given.get("items") or {}, scraper=scraper, structured=False,
    )  # fmt: skip
    if NO_MAIN in reading.notes:
        marks = (marks[0], marks[0])
    return replace(reading, blocks=joined(reading.blocks) if _unnumbered(reading) else reading.blocks, shown=marks)


def _sound(name: str, body: bytes) -> bytes:
    """Markup that a parser may have; raises Unreadable for what would cost it too much."""
    if name not in _MARKUP:
        return body
    limits.check_nesting(body)
    return limits.without_bad_references(limits.without_many_attributes(body))


def _chosen(name: str, kind: Kind | None, scraper: str) -> str:
    if scraper:
        return "scraper"
    if kind in _WANTED:
        wanted = _WANTED[kind]
        if name not in wanted:
            raise Unreadable(f"not what it was: {kind.value} was expected, the answer is {_NAMES.get(name, name)}")
        return wanted[name]
    if kind in (Kind.PAGE, Kind.LEGAL, Kind.TEXT) and name == "sitemap":
        return "xml"
    if name in _READERS:
        return name
    raise Unreadable(f"the answer is {_NAMES.get(name, name)}, which has no reader")


def _reader(name: str) -> Reader:
    if name == "scraper":
        return cast("Reader", importlib.import_module("tracker.formats.scraper").read_scraped)
    module, function = _READERS[name]
    return cast("Reader", getattr(importlib.import_module(module), function))


def _unpacked(body: bytes) -> bytes:
    """The body without a gzip wrapper that the server did not declare; at most what `limits` allows."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            out = packed.read(limits.MAX_BODY + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"gzip data that cannot be unpacked ({error})") from error
    if len(out) > limits.MAX_BODY or len(out) > limits.MAX_RATIO * max(len(body), 1000):
        raise Unreadable("gzip data that unpacks to far more than it is", Outcome.TOO_LARGE)
    return out


def _finished(reading: Reading) -> Reading:
    if _unnumbered(reading):
        reading = replace(reading, blocks=structure(reading.blocks))
    return _with_language(reading)


def _unnumbered(reading: Reading) -> bool:
    """Whether numbers, paths and eIds are still to be found; formats that know better have given them already."""
    return bool(reading.blocks) and not reading.items and reading.format not in _NUMBERED


def _with_language(reading: Reading) -> Reading:
    """The reading with the language its words are in; what the body declares stands where the words do not tell."""
    if not reading.blocks and not reading.items:
        return reading
    text = "\n".join(block.text for block in reading.blocks[:400])
    if len(text) < 200:
        text += "\n".join([reading.title, *(f"{item.title}\n{item.summary}" for item in reading.items[:60])])
    found = languages.detect(text)
    language = found or reading.language
    if reading.items:  # a list's lines are titles: too short to say more than all of them together
        return replace(reading, language=language)
    return replace(reading, language=language, blocks=languages.of_blocks(reading.blocks, language))
