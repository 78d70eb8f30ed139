"""Which kind a source had best be, from one body of it: what `tracker sources test` proposes."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.formats import registry
from tracker.formats.charset import decode
from tracker.formats.errors import Unreadable
from tracker.formats.listing import soup_of
from tracker.formats.listing_find import find
from tracker.model import Kind, Reading

_LEAST_ENTRIES = 3
_WORTH = 1.6  # of one record: it has a date or a file, and words (listing_find's measure)
_PLAIN = 2.2  # of one record: nearly all have a date and words; then it need not be most of the page
_SHARE = 0.3  # of the page's words: less is a box of news on a page about something else
_PROSE = 60  # words of a paragraph that is read for its own sake

_BY_FORMAT = {
    "pdf": Kind.PDF, "feed": Kind.FEED, "json": Kind.JSON, "sitemap": Kind.SITEMAP, "legal_xml": Kind.LEGAL,
    "plain": Kind.TEXT, "markdown": Kind.TEXT, "docx": Kind.TEXT, "xml": Kind.FEED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A kind, why, and what the body reads like by it."""

    kind: Kind
    why: str
    reading: Reading


def suggest(body: bytes, *, media_type: str = "", charset: str = "", url: str = "") -> Suggestion:
    """The kind that fits. Raises Unreadable where none does."""
    name = registry.guess(body, media_type, url)
    reading = registry.read(body, media_type=media_type, charset=charset, url=url)
    if name != "html":
        kind = _BY_FORMAT.get(name, Kind.PAGE)
        if name == "xml" and not reading.items:
            return Suggestion(Kind.PAGE, "XML without entries", reading)
        if name == "json" and not reading.items:
            return Suggestion(kind, "a JSON answer that is one document", reading)
        return Suggestion(kind, f"the answer is {name.replace('_', ' ')}", reading)
    return _of_page(body, media_type, charset, url, reading)


def _of_page(body: bytes, media_type: str, charset: str, url: str, reading: Reading) -> Suggestion:
    found = find(soup_of(decode(body, charset, media_type)[0]))
    if found is None or len(found.records) < _LEAST_ENTRIES or found.worth < _WORTH:
        return Suggestion(Kind.PAGE, "a page that is one document", reading)
    listed = sum(record.words for record in found.records)
    texts = {record.text for record in found.records}
    prose = sum(
        count for block in reading.blocks if (count := len(block.text.split())) >= _PROSE and block.text not in texts
    )
    words = max(reading.accounting.words * max(reading.accounting.kept, 0.2), 1.0)
    plain = found.worth >= _PLAIN and len(found.records) >= 2 * _LEAST_ENTRIES and prose <= listed
    if not plain and (listed < _SHARE * words or prose > 1.5 * listed):
        return Suggestion(
            Kind.PAGE,
            f"a page with a list of {len(found.records)} on it, but most of its words are not the list's",
            reading,
        )
    try:
        as_list = registry.read(body, media_type=media_type, charset=charset, url=url, kind=Kind.LISTING)
    except Unreadable:
        return Suggestion(Kind.PAGE, "a page that is one document", reading)
    return Suggestion(Kind.LISTING, f"a page that lists {len(as_list.items)} entries", as_list)
