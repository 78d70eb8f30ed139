"""Entries of RSS, RDF, Atom and JSON Feed become items with an identity, a moment and a text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.formats.errors import Unreadable
from tracker.formats.feed import read_feed

URL = "https://example.org/feeds/all.xml"


def rss(*items: str, head: str = "<title>News</title><language>fr-FR</language>") -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def item(title: str, link: str = "", guid: str = "", more: str = "") -> str:
    guid = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    return f"<item><title>{title}</title><link>{link}</link>{guid}{more}</item>"


def test_an_entry_has_title_link_moment_and_text() -> None:
    text = "&lt;p&gt;Un &lt;b&gt;résumé&lt;/b&gt;&lt;/p&gt;"
    more = f"<pubDate>Tue, 05 Mar 2024 10:00:00 +0100</pubDate><description>{text}</description>"
    reading = read_feed(rss(item("Loi &amp; décret", "/a", "g1", more)), url=URL)
    entry = reading.items[0]
    assert (entry.key, entry.title, entry.url) == ("g1", "Loi & décret", "https://example.org/a")
    assert entry.published == datetime(2024, 3, 5, 9, tzinfo=UTC)
    assert entry.summary == "Un résumé"
    assert (reading.title, reading.language, reading.format) == ("News", "fr", "feed")


def test_atom_contents_are_blocks_and_next_pages_are_known() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link rel="next" href="?page=2"/>
    <entry><id>urn:1</id><title>A</title><updated>2024-05-01T00:00:00Z</updated><link href="https://example.org/1"/>
    <content type="html">&lt;h2&gt;Head&lt;/h2&gt;&lt;p&gt;Body.&lt;/p&gt;</content></entry></feed>"""
    reading = read_feed(body, url=URL)
    assert [(block.kind, block.text) for block in reading.items[0].blocks] == [
        ("heading", "Head"),
        ("paragraph", "Body."),
    ]
    assert reading.next_page == "https://example.org/feeds/all.xml?page=2"


def test_without_a_guid_the_address_is_the_identity_and_without_both_the_words() -> None:
    entries = read_feed(rss(item("A", "https://Example.org/a?utm_source=x"), item("B")), url=URL).items
    assert entries[0].key == "https://example.org/a"
    assert entries[1].key.startswith("#")


def test_entries_that_share_a_guid_stay_apart() -> None:
    body = rss(item("A", "/a", "same"), item("B", "/b", "same"), item("B", "/b", "same"))
    keys = [entry.key for entry in read_feed(body, url=URL).items]
    assert len(set(keys)) == 3


def test_a_new_twin_at_the_top_leaves_the_keys_of_the_others() -> None:
    before = [entry.key for entry in read_feed(rss(item("A", "", "g"), item("A", "", "g"))).items]
    after = [entry.key for entry in read_feed(rss(*[item("A", "", "g")] * 3)).items]
    assert after[1:] == before


def test_json_feed_is_read_by_its_specification() -> None:
    value = {"version": "https://jsonfeed.org/version/1.1", "title": "J", "next_url": "/2", "items": [
        {"id": 7, "url": "/x", "title": "T", "content_html": "<p>One</p><p>Two</p>",
         "date_published": "2024-01-02T03:04:05Z"},
        {"id": "8", "content_text": "Only text"}]}  # fmt: skip
    reading = read_feed(json.dumps(value).encode(), url="https://example.org/feed.json")
    assert [entry.key for entry in reading.items] == ["7", "8"]
    assert [block.text for block in reading.items[0].blocks] == ["One", "Two"]
    assert reading.items[0].published == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert reading.next_page == "https://example.org/2"


def test_a_feed_that_is_not_well_formed_is_read_and_noted() -> None:
    reading = read_feed(rss(item("A & B", "/a"), item("C", "/c")), url=URL)
    assert [entry.title for entry in reading.items] == ["A & B", "C"]
    assert any("not well-formed" in note for note in reading.notes)


def test_a_charset_that_lies_is_seen_through() -> None:
    body = rss(item("Über", "/a")).replace(b'version="1.0"', b'version="1.0" encoding="iso-8859-1"')
    assert read_feed(body, url=URL).items[0].title == "Über"


def test_what_is_no_feed_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_feed(b"<x>nothing</x>")
    with pytest.raises(Unreadable):
        read_feed(b'{"version": "https://jsonfeed.org/version/1"}')


TITLES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="<>&"),
    min_size=1,
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(TITLES, st.integers(0, 10**6)), min_size=1, max_size=12, unique_by=lambda pair: pair[1]))
def test_every_entry_comes_through_once_in_its_order(entries: list[tuple[str, int]]) -> None:
    reading = read_feed(rss(*(item(title, f"/{number}", str(number)) for title, number in entries)), url=URL)
    assert [entry.key for entry in reading.items] == [str(number) for _, number in entries]


@pytest.mark.shared
def test_real_feeds_have_the_entries_a_person_counts(shared: Path) -> None:
    folder = shared / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] == "feed" and row["bytes"] < 100_000 and row["file"].endswith(".xml")]
    wrong = [row["file"] for row in rows if _count(folder / row["file"]) != row["items"]]
    assert len(wrong) <= 0.05 * len(rows), wrong


def _count(path: Path) -> int:
    try:
        return len(read_feed(path.read_bytes()).items)
    except Unreadable:
        return -1
