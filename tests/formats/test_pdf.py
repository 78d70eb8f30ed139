"""PDFs: reading order, whole words and paragraphs, margins apart, pages as anchors, and bounds that hold."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.pdfs import pdf, running
from tests.formats.refusals import defect
from tracker.formats import pdf_process
from tracker.formats.errors import Unreadable
from tracker.formats.pdf import read_pdf
from tracker.model import Outcome

WORD = ["", "First", "Then", "Further", "Again", "Besides", "Last"]
LONG = [
    "The provider of a system that is placed on the market shall ensure that the system is safe, and",
    "shall keep the documents that prove it for a period of ten years after the last one was placed on",
    "the market, so that the authorities can look at them.",
]


def texts(body: bytes) -> list[str]:
    return [block.text for block in read_pdf(body).blocks]


def test_lines_become_paragraphs_and_a_gap_ends_one() -> None:
    body = pdf(
        [
            running(700, LONG)
            + running(
                640,
                ["The Commission shall report to Parliament every year, and to the", "Council, on what it found."],
            )
        ]
    )
    assert texts(body) == [
        " ".join(LONG),
        "The Commission shall report to Parliament every year, and to the Council, on what it found.",
    ]


def test_words_hyphenated_at_a_lines_end_are_whole_again() -> None:
    lines = [
        "The authority that a Member State names for the surveillance of the market shall be inde-",
        "pendent of those whom it watches.",
    ]
    assert texts(pdf([running(700, lines)])) == [
        "The authority that a Member State names for the surveillance of the market shall be independent of those "
        "whom it watches."
    ]


def test_a_hyphen_that_belongs_to_the_word_stays() -> None:
    lines = [
        "The risk of a system is high; what a risk is, and what based on it follows, is in the annex: a risk-",
        "based approach.",
    ]
    assert texts(pdf([running(700, lines)]))[0].endswith("a risk-based approach.")


def test_headers_footers_and_page_numbers_stand_aside() -> None:
    pages = [
        [
            (72, 760, "Official Journal of the Union"),
            *running(700, [f"{WORD[number]} {line}" for line in LONG]),
            (300, 30, f"- {number} -"),
        ]
        for number in range(1, 7)
    ]
    reading = read_pdf(pdf(pages))
    assert all("Journal" not in block.text and "- " not in block.text[:2] for block in reading.blocks)
    assert len(reading.aside) == 12
    assert {block.role for block in reading.aside} == {"repeated"}
    assert reading.accounting.kept + reading.accounting.elsewhere["repeated"] == pytest.approx(1)
    assert len(reading.order) == len(reading.blocks) + len(reading.aside)


def test_an_article_at_the_top_of_its_page_is_no_header() -> None:
    pages = [[(280, 740, f"Article {number}"), *running(700, LONG)] for number in range(1, 9)]
    assert [text for text in texts(pdf(pages)) if text.startswith("Article")] == [
        f"Article {number}" for number in range(1, 9)
    ]


def test_a_paragraph_goes_on_on_the_next_page() -> None:
    reading = read_pdf(pdf([running(90, LONG[:1]), running(720, LONG[1:])]))
    assert [block.text for block in reading.blocks] == [" ".join(LONG)]
    assert reading.blocks[0].anchor == "page=1"


def test_columns_are_read_one_after_the_other_even_if_the_file_mixes_them() -> None:
    left = [f"left column line {number} says a thing" for number in range(8)]
    right = [f"right column line {number} says more" for number in range(8)]
    mixed = [line for pair in zip(running(700, left), running(700, right, 330), strict=True) for line in pair]
    joined = " ".join(texts(pdf([mixed])))
    assert joined.index(left[-1]) < joined.index(right[0])


def test_larger_and_bold_lines_are_headings() -> None:
    body = pdf(
        [
            [
                (72, 720, "Strategy for Models", 20, False),
                *running(690, LONG),
                (72, 630, "Scope and aims", 10, True),
                *running(612, LONG),
            ]
        ]
    )
    blocks = read_pdf(body).blocks
    assert [(block.text, block.level) for block in blocks if block.kind == "heading"] == [
        ("Strategy for Models", 1),
        ("Scope and aims", 2),
    ]
    assert read_pdf(body).title == "Strategy for Models"


def test_dates_and_a_title_that_the_document_bears_out_are_taken() -> None:
    reading = read_pdf(pdf([[(72, 720, "The Models Act", 20, False), *running(690, LONG)]], title="Models Act"))
    assert reading.title == "Models Act"
    assert reading.published == datetime(2024, 3, 5, 9, 15, tzinfo=UTC)
    assert (
        read_pdf(pdf([[(72, 720, "The Models Act", 20, False)]], title="Microsoft Word - x.doc")).title
        == "The Models Act"
    )


def test_rows_of_numbers_do_not_run_together() -> None:
    lines = ["2021 54,956 38,909 16,047", "2022 55,091 39,115 15,976", "2023 55,288 39,334 15,954"]
    assert texts(pdf([running(700, lines)])) == lines


def test_pages_without_text_are_said() -> None:
    with pytest.raises(Unreadable, match="without text"):
        read_pdf(pdf([[]]))


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(Unreadable, match="at most 2,000") as caught:
        read_pdf(pdf([[(72, 700, "x")] for _ in range(2_001)]))
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_a_stream_that_unpacks_to_half_a_gigabyte_takes_the_reader_down_and_nothing_else() -> None:
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(2**24)) for _ in range(32)) + packer.flush()
    inner = zlib.compress(packed, 9)
    bomb = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(inner) + inner + b"\nendstream"
    body = pdf([running(700, LONG)], extra=[bomb]).replace(b"/Contents 6 0 R", b"/Contents 7 0 R")
    with pytest.raises(Unreadable):
        read_pdf(body)
    assert texts(pdf([running(700, LONG)])) == [" ".join(LONG)]


def test_a_reader_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_process, "TIMEOUT", 0.0)
    with pytest.raises(Unreadable, match="longer"):
        read_pdf(pdf([running(700, LONG)] * 200))
    monkeypatch.undo()
    assert texts(pdf([running(700, LONG)])) == [" ".join(LONG)]


@pytest.mark.parametrize("body", [b"%PDF-1.7\nnothing", b"%PDF-", b"%PDF-1.7\ntrailer << /Root 9 0 R >>"])
def test_what_is_broken_is_said_to_be(body: bytes) -> None:
    with pytest.raises(Unreadable, match="PDF"):
        read_pdf(body)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_damage_is_a_defect(data: st.DataObject) -> None:
    body = bytearray(pdf([running(700, LONG)] * 2))
    for _ in range(data.draw(st.integers(1, 20))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert not defect(lambda: read_pdf(bytes(body)))


WORDS = st.lists(st.text("abcdefghij", min_size=2, max_size=9), min_size=4, max_size=9)


@settings(deadline=None, max_examples=30)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_every_word_comes_through_in_its_order(paragraphs: list[list[str]]) -> None:
    lines = [" ".join(words) + "." for words in paragraphs]
    body = pdf([[(72, 700 - 30 * number, line) for number, line in enumerate(lines)]])
    assert " ".join(texts(body)).split() == " ".join(lines).split()


@pytest.mark.shared
def test_the_articles_of_a_long_act_are_all_there(shared: Path) -> None:
    path = next(iter(sorted((shared / "texts").rglob("*32024R1689*.pdf"))), None)
    if path is None:
        pytest.skip("the data folder has no PDF of the act")
    found = {block.text for block in read_pdf(path.read_bytes()).blocks if block.kind == "heading"}
    assert {f"Article {number}" for number in range(1, 114)} <= found


@pytest.mark.shared
def test_scans_and_passwords_are_told_apart(shared: Path) -> None:
    folder = shared / "pages" / "pdf"
    for name, words in (("scan-image-only.pdf", "scanned PDF"), ("in-health-protected.pdf", "password")):
        with pytest.raises(Unreadable, match=words):
            read_pdf((folder / name).read_bytes())
