"""Each block gets its place: general rules, in every way of numbering, and nothing derails them."""
# ruff: noqa: E501 - a text of law on one line reads as one

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.formats import registry
from tracker.model import Block
from tracker.text.lists import joined
from tracker.text.structure import structure


def _eids(*lines: str | Block) -> list[str]:
    return [block.eid for block in structure([line if isinstance(line, Block) else Block(line) for line in lines])]


def _paths(*lines: str | Block) -> list[str]:
    return [block.path for block in structure([line if isinstance(line, Block) else Block(line) for line in lines])]


def test_articles_paragraphs_points_in_european_style() -> None:
    lines = ["CHAPTER II", "PROHIBITED PRACTICES", "Article 5", "Prohibited practices", "1. The following shall be prohibited:",
             "(a) scoring, where:", "(i) it harms;", "(ii) it misleads;", "(b) scraping.", "2. This is without prejudice.", "Article 6"]  # fmt: skip
    assert _eids(*lines) == [
        "chp_II", "chp_II__hdg", "art_5", "art_5__hdg", "art_5__para_1", "art_5__para_1__point_a", "art_5__para_1__point_a__point_i",
        "art_5__para_1__point_a__point_ii", "art_5__para_1__point_b", "art_5__para_2", "art_6",
    ]  # fmt: skip
    assert _paths(*lines)[6] == "Article 5(1)(a)(i)"


def test_a_letter_i_between_h_and_j_is_a_letter() -> None:
    lines = ["Article 1", "1. The terms are:", *(f"({sign}) term {sign};" for sign in "abcdefghij")]
    assert _eids(*lines)[-2:] == ["art_1__para_1__point_i", "art_1__para_1__point_j"]


def test_a_roman_list_below_h_is_a_list() -> None:
    lines = [
        "Article 1",
        "1. The terms are:",
        *(f"({sign}) term {sign};" for sign in "abcdefg"),
        "(h) use, if:",
        "(i) one;",
        "(ii) two;",
        "2. More.",
    ]
    assert _eids(*lines)[-3:] == [
        "art_1__para_1__point_h__point_i",
        "art_1__para_1__point_h__point_ii",
        "art_1__para_2",
    ]


def test_german_statutes() -> None:
    lines = [Block("Abschnitt 1 Allgemeines", kind="heading", level=2), Block("§ 1 Zweck", kind="heading", level=3), "(1) Zweck ist:", "1. Schutz,", "2. Ordnung.", "(2) Näheres regelt § 3 Absatz 2.", Block("§ 2a Begriffe", kind="heading", level=3), "Im Sinne dieses Gesetzes ist"]  # fmt: skip
    assert _eids(*lines) == [
        "sec_1",
        "art_1",
        "art_1__para_1",
        "art_1__para_1__point_1",
        "art_1__para_1__point_2",
        "art_1__para_2",
        "art_2a",
        "art_2a__al_1",
    ]
    assert _paths(*lines)[4] == "§ 1(1)(2)"


def test_french_codes() -> None:
    lines = [Block("Titre Ier : Dispositions générales", kind="heading", level=2), Block("Article L111-1", kind="heading", level=4), "L'exploitant déclare :", "1° Son nom ;", "2° Son adresse.", "Il le fait chaque année.", Block("Article L111-2", kind="heading", level=4)]  # fmt: skip
    assert _eids(*lines) == [
        "title_I",
        "art_L111-1",
        "art_L111-1__al_1",
        "art_L111-1__point_1",
        "art_L111-1__point_2",
        "art_L111-1__al_2",
        "art_L111-2",
    ]


def test_chinese_laws() -> None:
    lines = ["第一章 总则", "第一条 为了规范管理，制定本办法。", "第二条 提供者应当履行下列义务：", "（一）备案；", "（二）标识。", "违反前款第二项的，依照第九条处罚。", "第三条 本办法自2026年1月1日起施行。"]  # fmt: skip
    assert _eids(*lines) == ["chp_1", "art_1", "art_2", "art_2__point_1", "art_2__point_2", "art_2__al_2", "art_3"]
    assert _paths(*lines)[4] == "第二条（二）"


def test_united_states_style() -> None:
    lines = ["SEC. 2. DEFINITIONS.", "(a) In general.—In this Act:", "(1) AGENCY.—The term means—", "(A) an office; or", "(B) a board.", "(b) Rules.—None.", "SEC. 3. REPORTS."]  # fmt: skip
    assert _eids(*lines) == [
        "sec_2",
        "sec_2__subsec_a",
        "sec_2__subsec_a__para_1",
        "sec_2__subsec_a__para_1__subpara_A",
        "sec_2__subsec_a__para_1__subpara_B",
        "sec_2__subsec_b",
        "sec_3",
    ]


def test_web_terms_by_their_headings() -> None:
    lines = [Block("Terms", kind="heading", level=1), Block("4. Content", kind="heading", level=2), Block("4.2 Your content", kind="heading", level=3), "You own it.", Block("Payments", kind="heading", level=2), "Fees are due.", "They are paid monthly."]  # fmt: skip
    paths = _paths(*lines)
    assert paths[2:4] == ["Terms, 4.2", "Terms, 4.2"] or "4.2" in paths[3]
    assert paths[-1].endswith("Payments ¶2")


def test_recitals_come_before_the_articles() -> None:
    lines = [
        "Whereas:",
        "(1) Systems are used.",
        "(2) Rules are needed.",
        "HAVE ADOPTED THIS REGULATION:",
        "Article 1",
        "1. This is the scope.",
    ]
    assert _eids(*lines)[1:3] == ["rec_1", "rec_2"]
    assert _eids(*lines)[4:] == ["art_1", "art_1__para_1"]


def test_annexes_begin_numbering_anew() -> None:
    lines = ["Article 1", "1. See the Annexes.", "ANNEX I", "LIST", "1. First", "(a) detail", "ANNEX II", "1. Other"]
    assert _eids(*lines)[2:] == [
        "annex_I",
        "annex_I__hdg",
        "annex_I__point_1",
        "annex_I__point_1__point_a",
        "annex_II",
        "annex_II__point_1",
    ]


def test_a_quoted_amendment_is_no_article_of_the_text() -> None:
    lines = ["Article 3", "In Regulation (EU) 2016/1, Article 6 is replaced by the following:", "‘Article 6", "1. The fee is due.", "2. It is public.’", "Article 4", "1. Entry into force."]  # fmt: skip
    found = _eids(*lines)
    assert "art_6" not in found
    assert found[-2:] == ["art_4", "art_4__para_1"]


def test_sentences_that_begin_with_a_citation_open_nothing() -> None:
    lines = ["Article 1", "1. One.", "Article 6(2) does not apply to them.", "Section 3 applies to all others.", "Artikel 5 Absatz 2 gilt entsprechend.", "2. Two."]  # fmt: skip
    found = _eids(*lines)
    assert not {"art_6", "sec_3", "art_5"} & set(found)
    assert found[-1] == "art_1__para_2"


def test_a_table_of_contents_takes_no_names_away() -> None:
    contents = [f"Article {number} Title {number}" for number in range(1, 6)]
    text = [
        line
        for number in range(1, 6)
        for line in (f"Article {number} Title {number}", f"1. Rule {number} holds for all.")
    ]
    found = _eids(*contents, *text)
    assert found[5:7] == ["art_1", "art_1__para_1"]
    assert all(name.startswith("toc") for name in found[:5])


def test_gaps_and_inserted_numbers_are_no_trouble() -> None:
    lines = ["Article 2", "1. One.", "1a. One a.", "4. Four (2 and 3 are repealed).", "Article 2a", "1. One."]
    assert _eids(*lines) == ["art_2", "art_2__para_1", "art_2__para_1a", "art_2__para_4", "art_2a", "art_2a__para_1"]


def test_labels_in_cells_and_columns_stand_before_their_text_again() -> None:
    blocks = [
        Block("(a) | first point;", kind="row"),
        Block("(b)"),
        Block("second point."),
        Block("A | B | 3", kind="row"),
    ]
    assert [block.text for block in joined(blocks)] == ["(a) first point;", "(b) second point.", "A | B | 3"]


_LINES = st.sampled_from(
    ["Article 1", "Article 2", "CHAPTER I", "SECTION 1", "1. Text.", "2. Text:", "(a) text;", "(i) text;", "(ii) text", "– item", "第一条 文", "（一）文", "§ 3 Text",
     "4.2 Text", "Some words.", "some words", "‘Quoted", "end’", "ANNEX", "Whereas:", "▼M1", "", "x | y"]
)  # fmt: skip
_BLOCKS = st.lists(
    st.builds(Block, _LINES, kind=st.sampled_from(["paragraph", "heading", "item", "row"]), level=st.integers(0, 6)),
    max_size=25,
)


@settings(max_examples=250, deadline=None)
@given(_BLOCKS)
def test_every_block_has_exactly_one_eid_and_keeps_its_words(blocks: list[Block]) -> None:
    found = structure(blocks)
    assert len({block.eid for block in found}) == len(found)
    assert all(block.eid for block in found)
    assert " ".join(" ".join(block.text for block in found).split()).replace(" | ", " ") == " ".join(
        " ".join(block.text for block in blocks).split()
    ).replace(" | ", " ")


@settings(max_examples=100, deadline=None)
@given(_BLOCKS)
def test_structure_found_twice_is_the_same(blocks: list[Block]) -> None:
    once = structure(blocks)
    assert structure(once) == once


@pytest.mark.shared
def test_an_act_is_found_whole_and_the_same_in_both_formats(shared: Path) -> None:
    folder = shared / "texts" / "legal"
    page = registry.read((folder / "eu-32024R1689-en.html").read_bytes(), url="a.html").blocks
    parts = sorted(folder.glob("eu-L_202401689EN.0*.fmx.xml"))
    xml = [block for part in parts for block in registry.read(part.read_bytes(), url=part.name).blocks]
    articles = {block.eid for block in page if block.eid.startswith("art_") and "__" not in block.eid}
    assert {f"art_{number}" for number in range(1, 114)} <= articles
    assert sum(block.eid.startswith("rec_") and "__" not in block.eid for block in page) == 180
    assert sum(block.eid.startswith("annex_") and "__" not in block.eid for block in page) == 13
    numbered = {block.eid for block in page if block.number}
    other = {block.eid for block in xml if block.number}
    assert len(numbered & other) >= 0.98 * len(other)


def test_commonwealth_acts_number_their_sections_without_a_word() -> None:
    lines: list[str | Block] = []
    for number in range(1, 12):
        lines += [Block(f"Title of {number}", kind="heading", level=3), f"{number}. (1) This section applies to group {number}:", "(a) some;", "(b) others.", "(2) It is short."]  # fmt: skip
    found = structure([line if isinstance(line, Block) else Block(line) for line in lines])
    assert [block.eid for block in found[-5:]] == [
        "sec_11__hdg", "sec_11", "sec_11__subsec_1__para_a", "sec_11__subsec_1__para_b", "sec_11__subsec_2",
    ]  # fmt: skip
    assert found[-1].path == "Section 11(2)"
