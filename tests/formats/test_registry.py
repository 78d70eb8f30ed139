"""One door to all formats: what a body is, what it may be, and that nothing but Unreadable comes out."""

from __future__ import annotations

import gzip
import json
import random
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fuzz import TOKENS, mutated
from tests.formats.refusals import defect
from tracker.formats import limits, registry
from tracker.formats.errors import Unreadable
from tracker.formats.limits import depth
from tracker.model import Kind, Outcome

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>One</title><link>https://example.org/1</link></item></channel></rss>"""
HTML = "<!doctype html><html lang=fr><title>Loi</title><body><p>Nul ne doit, sans la loi, être jugé.</p>".encode()


def zipped(names: dict[str, bytes]) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in names.items():
            packed.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("body", "media_type", "url", "name"),
    [
        (HTML, "", "", "html"),
        (HTML, "application/rss+xml", "", "html"),  # an error page where a feed was
        (RSS, "text/html", "", "feed"),
        (RSS, "", "https://example.org/feed", "feed"),
        (b"\xef\xbb\xbf  " + RSS, "", "", "feed"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>', "", "", "feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "application/json", "", "feed"),
        (b'[{"a": 1}]', "text/plain", "", "json"),
        (b"[Amended] Article 1 applies.", "text/plain", "", "plain"),
        (b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "", "", "sitemap"),
        (b"junk %PDF-1.7 more", "text/html", "", "pdf"),
        (b"# Title\n\n- a\n- b\n\n## More\n\n[x](y) [z](w)", "", "", "markdown"),
        (b"A text.", "", "https://example.org/README.md", "markdown"),
        (b"A text.", "text/plain", "", "plain"),
        (b"\x89PNG\r\n\x1a\n", "", "", "image"),
        (b"", "text/html", "", "empty"),
        (b" \n\x00 ", "text/html", "", "empty"),
        (b"<record><a>1</a><b>2</b></record>", "application/xml", "", "xml"),
    ],
)  # fmt: skip
def test_what_a_body_is_decides_more_than_what_it_is_called(body: bytes, media_type: str, url: str, name: str) -> None:
    assert registry.guess(body, media_type, url) == name


AKN = b"""<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><act><body><article eId="art_1">
<num>Article 1</num><content><p>The provider keeps the records of the model.</p></content></article></body></act>
</akomaNtoso>"""
FORMEX = b"""<ACT><BIB.INSTANCE/><TITLE><TI><P>Regulation on records</P></TI></TITLE><ENACTING.TERMS><ARTICLE>
<TI.ART>Article 1</TI.ART><ALINEA>The provider keeps the records of the model.</ALINEA></ARTICLE>
</ENACTING.TERMS></ACT>"""


@pytest.mark.parametrize("body", [AKN, FORMEX])
def test_legal_xml_goes_through_the_one_door(body: bytes) -> None:
    reading = registry.read(body, media_type="application/xml")
    assert reading.format == "legal_xml"
    assert any("keeps the records" in block.text for block in reading.blocks)
    assert registry.skim(body).blocks


def test_the_zip_that_is_a_word_file_is_told_from_one_that_is_not() -> None:
    assert registry.guess(zipped({"word/document.xml": b"<x/>"})) == "docx"
    assert registry.guess(zipped({"a.txt": b"x"})) == "zip"


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (Kind.PDF, HTML, "pdf was expected, the answer is a web page"),
        (Kind.FEED, HTML, "feed was expected"),
        (Kind.JSON, HTML, "json was expected"),
        (Kind.SITEMAP, RSS, "sitemap was expected"),
        (None, b"\x89PNG\r\n\x1a\n", "an image"),
    ],
)
def test_what_is_not_what_it_was_is_unreadable_and_says_so(kind: Kind | None, body: bytes, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        registry.read(body, kind=kind)
    assert words in caught.value.reason
    assert caught.value.outcome is Outcome.UNREADABLE


def test_an_empty_answer_is_an_outcome_of_its_own() -> None:
    with pytest.raises(Unreadable) as caught:
        registry.read(b"  \n")
    assert caught.value.outcome is Outcome.EMPTY


def test_gzip_that_no_header_declared_is_unpacked_and_a_bomb_is_not() -> None:
    assert registry.read(gzip.compress(HTML)).title == "Loi"
    with pytest.raises(Unreadable) as caught:
        registry.read(gzip.compress(bytes(30_000_000)))
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_a_listing_may_come_as_page_feed_or_json() -> None:
    assert registry.read(RSS, kind=Kind.LISTING).items[0].title == "One"
    assert (
        registry.read(b'[{"title": "A b", "url": "/x", "date": "2024-01-02"}]', kind=Kind.LISTING).items[0].title
        == "A b"
    )


def test_a_page_that_declares_the_wrong_language_is_read_in_the_right_one() -> None:
    page = HTML.replace(b"lang=fr", b"lang=en").replace(
        b"</p>", b" Les lois sont pour tous et par tous dans la nation.</p>"
    )
    assert registry.read(page).language == "fr"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>" + b"<div>" * 100_000 + b"x" + b"</div>" * 100_000,
        ("<html><body>" + "<div>" * 100_000).encode("utf-16"),
        b"<html><body>" + b"".join(b"<p><b id=%d>x" % number for number in range(20_000)),
        b"<html><body>" + b"".join(b"<div><b id=%d>x</div>" % number for number in range(20_000)),
        b"<html><body>" + b"<table><tr><td>" * 100_000,
        b"<rss><channel>" + b"<item>" * 100_000,
    ],
    ids=["elements", "in UTF-16", "formatting that is never closed", "formatting in blocks", "tables", "XML"],
)
def test_trees_without_end_are_refused_before_a_parser_sees_them(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        registry.read(body)
    assert caught.value.outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize("each", [b"<p></p>", b"<br>", b"<i/>"])
def test_more_elements_than_any_document_has_are_refused_before_anything_is_made_of_them(each: bytes) -> None:
    limits.check_nesting(b"<html><body>" + each * 10_000)
    with pytest.raises(Unreadable, match="elements") as caught:
        registry.read(b"<html><body>" + each * (limits.MAX_ELEMENTS + 1))
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_json_without_end_is_refused() -> None:
    with pytest.raises(Unreadable, match="nested"):
        registry.read(b"[" * 100_000 + b"]" * 100_000)


def test_old_pages_that_close_nothing_are_not_deep() -> None:
    assert depth(b"<html><body>" + b"<p><font size=2>x<br><li>y<tr><td>" * 5_000) < 20


def test_a_long_old_page_that_closes_nothing_is_read() -> None:
    page = b"<html><body>" + b"<p><font size=2><a name=x>words of a paragraph" * 20_000
    limits.check_nesting(page)


def test_entities_mean_nothing() -> None:
    bomb = b"<!DOCTYPE z [<!ENTITY a 'ha'>" + b"".join(
        b"<!ENTITY %c '%s'>" % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(9)
    )
    outside = b'<!DOCTYPE z [<!ENTITY j SYSTEM "file:///etc/hostname">'
    for dtd, name in ((bomb, b"&j;"), (outside, b"&j;")):
        reading = registry.read(
            b'<?xml version="1.0"?>' + dtd + b"]>" + RSS.partition(b"?>")[2].replace(b"One", b"One " + name)
        )
        assert len(reading.items[0].title) < 20


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, *Kind]), st.text(max_size=20))
def test_no_bytes_raise_anything_but_unreadable(body: bytes, kind: Kind | None, media_type: str) -> None:
    assert not defect(lambda: registry.read(body, kind=kind, media_type=media_type, url="https://example.org/"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([*TOKENS, RSS, HTML, b'{"items": [{"title": "A", "url": "/x"}]}', b" "]), max_size=12))
def test_no_mixture_of_what_parsers_stumble_over_is_a_defect_in_any_format(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    for name in registry.FORMATS:
        if name != "pdf":  # has its own: a process a body is too much here
            assert not defect(lambda name=name: registry.read_as(name, body, url="https://example.org/")), name


@pytest.mark.shared
def test_every_recorded_page_is_read_or_says_why_not(shared: Path) -> None:
    folder = shared / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows[::9]:
        body = (folder / row["file"]).read_bytes()
        assert not defect(lambda body=body: registry.read(body, url="https://example.org/")), row["file"]


@pytest.mark.shared
def test_no_page_with_words_gives_an_empty_document(shared: Path) -> None:
    for path in sorted((shared / "pages" / "documents").glob("*.html"))[::6]:
        assert registry.read(path.read_bytes()).blocks, path.name


@pytest.mark.shared
def test_mutated_pages_are_no_defects(shared: Path) -> None:
    folder = shared / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    pages = [body for row in rows if (body := (folder / row["file"]).read_bytes()) and len(body) < 60_000]
    for number in range(70):
        body = mutated(random.Random(f"test-{number}"), pages)
        forced = registry.FORMATS[number % len(registry.FORMATS)]
        assert not defect(lambda body=body: registry.read(body)), number
        assert not defect(lambda body=body, forced=forced: registry.read_as(forced, body)), f"{number} {forced}"


def test_a_size_that_no_document_has_is_refused() -> None:
    body = struct.pack("B", 65) * (65 * 2**20)
    with pytest.raises(Unreadable) as caught:
        registry.read(body)
    assert caught.value.outcome is Outcome.TOO_LARGE
