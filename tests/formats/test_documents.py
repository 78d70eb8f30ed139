"""Word files, Markdown, plain text, sitemaps and other XML: what a person reads, block by block."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.refusals import defect
from tracker.formats.docx import read_docx
from tracker.formats.errors import Unreadable
from tracker.formats.markdown import read_markdown
from tracker.formats.plain import read_plain
from tracker.formats.sitemap import read_sitemap
from tracker.formats.xml_text import read_xml
from tracker.model import Outcome

# ---------------------------------------------------------------------------------------------------- Word


def word_file() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Code of practice"
    document.core_properties.language = "en-GB"
    document.core_properties.created = datetime(2024, 3, 5)  # noqa: DTZ001 - Word's times have no zone
    document.add_heading("Scope", level=2)
    document.add_paragraph("Providers shall keep records.")
    document.add_paragraph("of training data", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("Name", "Date"), ("Act", "2024")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("The end.")
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def test_a_word_file_is_read_in_its_order() -> None:
    reading = read_docx(word_file())
    assert [(block.kind, block.level, block.text) for block in reading.blocks] == [
        ("heading", 2, "Scope"),
        ("paragraph", 0, "Providers shall keep records."),
        ("item", 1, "of training data"),
        ("row", 0, "Name | Date"),
        ("row", 0, "Act | 2024"),
        ("paragraph", 0, "The end."),
    ]
    assert (reading.title, reading.language) == ("Code of practice", "en")
    assert reading.published == datetime(2024, 3, 5, tzinfo=UTC)


def test_a_word_file_that_unpacks_to_far_more_than_it_is_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", bytes(50_000_000))
    with pytest.raises(Unreadable) as caught:
        read_docx(held.getvalue())
    assert caught.value.outcome is Outcome.TOO_LARGE


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_a_damaged_word_file_is_read_or_refused(seed: int, count: int) -> None:
    body = bytearray(word_file())
    for number in range(count):
        body[(seed * (number + 1) * 7919) % len(body)] = (seed + number) % 256
    assert not defect(lambda: read_docx(bytes(body)))


# ------------------------------------------------------------------------------------------------ Markdown


def test_markdown_is_read_without_its_marks() -> None:
    text = """---
title: "The policy"
---
# Head *one*

A paragraph that is
wrapped, with a [link](other.md "t") and `code`, not_a_mark.

Second head
-----------
* first
  goes on
  * deeper
1. numbered

> quoted

```
# no heading
```

| A | B |
|---|---|
| 1 | 2 |
[ref]: https://example.org/r
See [this][ref].
"""
    reading = read_markdown(text.encode(), url="https://example.org/docs/policy.md")
    assert reading.title == "The policy"
    assert [(block.kind, block.level, block.text) for block in reading.blocks] == [
        ("heading", 1, "Head one"),
        ("paragraph", 0, "A paragraph that is wrapped, with a link and code, not_a_mark."),
        ("heading", 2, "Second head"),
        ("item", 1, "first goes on"),
        ("item", 2, "deeper"),
        ("item", 1, "1. numbered"),
        ("quote", 0, "quoted"),
        ("code", 0, "# no heading"),
        ("row", 0, "A | B"),
        ("row", 0, "1 | 2"),
        ("paragraph", 0, "See this."),
    ]
    assert [link.url for link in reading.links] == ["https://example.org/docs/other.md", "https://example.org/r"]


@given(st.text(alphabet="ab \n#*_`[]()|->1.\\", max_size=120))
def test_no_markdown_is_an_error(text: str) -> None:
    read_markdown(text.encode())


def test_the_front_matter_names_the_title_in_any_case() -> None:
    assert read_markdown(b"---\nTitle: Rules of rooms\n---\n\n# (RoR)\n\nGuests register.\n").title == "Rules of rooms"


# -------------------------------------------------------------------------------------------------- plain


def test_wrapped_lines_are_joined_and_items_stand_alone() -> None:
    text = (
        "A TITLE\n\nThis is a paragraph that somebody wrapped at\na width of fifty columns, as one did, so its\n"
        "lines belong together.\n\n(a) first\n(b) second\n"
    )
    whole = text.split("\n\n")[1].replace("\n", " ")
    assert [(block.kind, block.text) for block in read_plain(text.encode()).blocks] == [
        ("paragraph", "A TITLE"),
        ("paragraph", whole),
        ("item", "(a) first"),
        ("item", "(b) second"),
    ]


@given(st.text(max_size=300))
def test_plain_text_keeps_every_word(text: str) -> None:
    words = "".join(text.split())
    kept = "".join("".join(block.text.split()) for block in read_plain(text.encode("utf-8", "replace")).blocks)
    printable = {sign for sign in words if sign.isalnum()}
    assert printable <= set(kept) | {"?"} or not words.isprintable()


# ------------------------------------------------------------------------------------------------ sitemaps

MAP = b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://example.org/laws/ai-act?id=1&amp;v=2</loc><lastmod>2024-05-01T10:00:00+02:00</lastmod></url>
<url><loc><![CDATA[https://example.org/about]]></loc></url>"""


def test_a_sitemap_is_a_list_that_its_dates_drive() -> None:
    reading = read_sitemap(MAP + b"</urlset>", url="https://example.org/sitemap.xml")
    assert [item.url for item in reading.items] == [
        "https://example.org/laws/ai-act?id=1&v=2",
        "https://example.org/about",
    ]
    assert reading.items[0].modified == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert reading.items[0].title == "ai act"
    later = read_sitemap(MAP.replace(b"2024-05-01", b"2024-06-01") + b"</urlset>")
    assert later.items[0].key == reading.items[0].key
    assert later.items[0].blocks != reading.items[0].blocks


def test_a_sitemap_cut_short_gives_what_it_has_and_one_without_anything_is_unreadable() -> None:
    assert len(read_sitemap(MAP + b"<url><loc>https://exam").items) == 2
    with pytest.raises(Unreadable):
        read_sitemap(b"<urlset><url><loc>")


# ---------------------------------------------------------------------------------------------------- XML


def test_records_in_xml_are_items_and_other_xml_is_text() -> None:
    meetings = "".join(
        f"<meeting id='m{n}'><name>Board {n} meets</name><date>2024-03-0{n}</date></meeting>" for n in (1, 2, 3)
    )
    reading = read_xml(f"<meetings>{meetings}</meetings>".encode())
    assert [(item.key, item.title) for item in reading.items] == [
        ("m1", "Board 1 meets"),
        ("m2", "Board 2 meets"),
        ("m3", "Board 3 meets"),
    ]
    assert [block.text for block in read_xml(b"<a>one<b>two</b>three</a>").blocks] == ["one", "three", "two"]
