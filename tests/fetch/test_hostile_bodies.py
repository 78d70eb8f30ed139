"""Bodies that mean harm to whoever reads them, from a real host through the client into a reading: each ends in a
reading or in an outcome with its reason, within memory."""

from __future__ import annotations

import asyncio
import resource
import zlib
from collections.abc import Callable

import pytest

from tests.fetch.site import Site, answer, fetcher, source
from tracker import pipeline
from tracker.formats.errors import Unreadable
from tracker.model import Outcome, Reading

GUARD = 60.0
TEXT = b"<p>The provider shall keep the documentation of its system for ten years.</p>"


def laughs() -> bytes:
    """A billion laughs, as a feed."""
    entities = b"".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'.encode() if n else b'<!ENTITY l0 "lol">' for n in range(10)
    )
    return (
        b"<?xml version='1.0'?><!DOCTYPE rss [" + entities + b"]><rss version='2.0'><channel><title>&l9;</title>"
        b"<item><title>&l9;</title></item></channel></rss>"
    )


def many_attributes(start: bytes, each: bytes) -> bytes:
    """A page with a tag that has a million attributes, written like this."""
    return b"<p" + start + b"".join(each % n for n in range(1_000_000)) + b">" + TEXT


def attributes_in_a_feed() -> bytes:
    """A feed whose entry has a tag with 60,000 attributes."""
    tag = "&lt;p " + " ".join(f"a{n}=1" for n in range(60_000)) + "&gt;The text."
    return (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title><item><title>one</title><guid>1</guid>"
        f"<description>{tag}</description></item></channel></rss>"
    ).encode()


def outside() -> bytes:
    """A feed that wants a file of ours."""
    return (
        b"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel>"
        b"<title>t</title><item><title>&x;</title><guid>1</guid></item></channel></rss>"
    )


def pdf(*objects: bytes, pages: int = 0, kids: bytes = b"") -> bytes:
    """A PDF of these objects after its catalogue and page tree."""
    tree = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids)
    body, offsets = b"%PDF-1.7\n", list[int]()
    for number, each in enumerate([b"<< /Type /Catalog /Pages 2 0 R >>", tree, *objects], 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (size, table, size, len(body))
    )


def many_pages() -> bytes:
    """A PDF of 100,000 pages, all of them the same."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>"
    return pdf(page, pages=100_000, kids=b"3 0 R " * 100_000)


def huge_stream() -> bytes:
    """A PDF whose one page unfolds to 200 MB of drawing."""
    packed = zlib.compress(b"BT (x) Tj ET\n" * (200 * 2**20 // 13), 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>"
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    return pdf(page, stream, pages=1, kids=b"3 0 R")


def circular() -> bytes:
    """A PDF whose page tree holds itself."""
    return pdf(b"<< /Type /Pages /Count 9 /Kids [3 0 R 2 0 R] >>", pages=9, kids=b"3 0 R 2 0 R")


BODIES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "100,000 elements deep": ("text/html", lambda: b"<html>" + b"<div>" * 100_000 + TEXT),
    "100,000 lists deep": ("text/html", lambda: b"<html>" + b"<ul><li>" * 100_000 + TEXT),
    "tables in tables": ("text/html", lambda: b"<table><tr><td>" * 20_000 + TEXT),
    "an attribute of 10 MB": ("text/html", lambda: b"<p title='" + b"a" * 10_000_000 + b"'>" + TEXT),
    "a million attributes": ("text/html", lambda: many_attributes(b"", b" a%d=1")),
    "the same in disguise": ("text/html", lambda: many_attributes(b' ="', b'/a%d=">"')),
    "the same in a feed": ("application/rss+xml", attributes_in_a_feed),
    "a word of 10 MB": ("text/html", lambda: b"<p>" + b"a" * 10_000_000 + b"</p>"),
    "300,000 empty elements": ("text/html", lambda: b"<p></p>" * 300_000 + TEXT),
    "300,000 unclosed elements": ("text/html", lambda: b"<a href=x>" * 300_000 + TEXT),
    "null bytes": ("text/html", lambda: b"<p>The pro\0vider shall\0\0 keep records for ten years.</p>\0"),
    "invalid UTF-8": ("text/html; charset=utf-8", lambda: b"<p>\xff\xfe\xc3\x28 \xed\xa0\x80 shall keep records</p>"),
    "a charset that is none": ("text/html; charset=../../etc/passwd", lambda: TEXT),
    "noise": ("text/html", lambda: bytes(range(256)) * 4_000),
    "noise called PDF": ("application/pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 4_000),
    "noise called JSON": ("application/json", lambda: bytes(range(256)) * 400),
    "JSON 100,000 deep": ("application/json", lambda: b"[" * 100_000 + b"]" * 100_000),
    "a number without end": ("application/json", lambda: b'{"a": ' + b"9" * 1_000_000 + b"}"),
    "a billion laughs": ("application/rss+xml", laughs),
    "a file of ours": ("application/rss+xml", outside),
    "XML 100,000 deep": ("application/xml", lambda: b"<?xml version='1.0'?>" + b"<a>" * 100_000 + b"</a>" * 100_000),
    "a PDF of 100,000 pages": ("application/pdf", many_pages),
    "a PDF with a huge stream": ("application/pdf", huge_stream),
    "a PDF that holds itself": ("application/pdf", circular),
    "a PDF and nothing more": ("application/pdf", lambda: b"%PDF-1.7"),
    "a zip called Word": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", lambda: b"PK\x03\x04" + b"\0" * 500),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_every_body_ends_in_a_reading_or_a_reason(site: Site, name: str) -> None:
    media_type, made = BODIES[name]
    site.routes["/"] = answer(made(), content_type=media_type)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    one = source(site.url("/"))
    async with fetcher(timeout=20) as client, asyncio.timeout(GUARD):
        got = await client.fetch(one)
        assert got.outcome in (Outcome.OK, Outcome.TOO_LARGE), got.reason
        reading = await asyncio.to_thread(_read, one, got) if got.outcome is Outcome.OK else "not received"
    if isinstance(reading, Reading):
        words = " ".join(block.text for block in (*reading.blocks, *reading.aside))
        assert "root:" not in words
        assert words.count("lol") < 1_000
    else:
        assert reading
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def _read(one: object, got: object) -> Reading | str:
    try:
        return pipeline.read(one, got)  # type: ignore[arg-type]  # both are what they should be
    except Unreadable as error:
        return error.reason


async def test_a_page_of_html_bombs_leaves_the_text_of_others_alone(site: Site) -> None:
    site.routes["/"] = answer(TEXT * 20)
    one = source(site.url("/"))
    async with fetcher() as client:
        reading = _read(one, await client.fetch(one))
    assert isinstance(reading, Reading)
    assert "ten years" in reading.blocks[0].text
