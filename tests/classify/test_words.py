"""One form for all ways to write the same words, and the way back to the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.classify.words import fold, patterns, row


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Systèmes", "SYSTEME"),
        ("policies", "policy"),
        ("nationaux", "national"),
        ("réseaux", "reseau"),
        ("donn&eacute;es", "données"),
        ("ofﬁce", "office"),
        ("stan-\ndards", "standard"),
        ("per\u00adsonal", "personal"),
        ("ouvertes", "ouvert"),
    ],
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_numbers_of_ordinary_words_stay_apart() -> None:
    assert fold("data") != fold("date")
    assert fold("art") != fold("arts and")


def test_traditional_characters_are_read_as_simplified() -> None:
    assert row("個人資料保護").line == row("个人资料保护").line


def test_white_space_inside_a_chinese_word_does_not_part_it() -> None:
    assert "数据中心" in row("数据\n中 心").line


def test_tags_are_not_words() -> None:
    assert row("<p class='data'>cloud</p>").line == row("cloud").line


def test_a_star_leaves_the_ending_open_and_stands_for_s_or_z_inside() -> None:
    assert patterns("standard*") == (" standard",)
    assert patterns("organi*ation") == (" organisation ", " organization ")


@given(st.text(alphabet="aé données IA的人工智能數據-\n.,<>&;\u00ad ", max_size=120))
def test_every_piece_leads_back_to_its_place_in_the_text(text: str) -> None:
    line = row(text)
    for number in range(1, len(line.at)):
        start, end = line.places[number]
        assert 0 <= start < end <= len(text)
        word = line.words[number]
        place = line.line.index(word, line.at[number])
        found = line.span(place, place + len(word))
        assert found == (start, end)


@pytest.mark.parametrize("text", ["data &emsp; law", "数据\u00ad &emsp;人", "&DownBreve; data"])
def test_an_entity_that_is_no_letter_is_no_word(text: str) -> None:
    assert "" not in row(text).words[1:]
    assert "&" not in row(text).line


@given(st.text(alphabet="aé données IA的人工智能數據 ,.;。、\n", max_size=120))
def test_plain_texts_are_read_as_all_others_are(text: str) -> None:
    plain, odd = row(text), row(text + " <br>")
    assert (plain.line, plain.words, plain.places, plain.han) == (odd.line, odd.words, odd.places, odd.han)


@given(st.text(max_size=300))
def test_any_text_has_a_row(text: str) -> None:
    line = row(text)
    assert len(line.at) == len(line.places) == len(line.words)
    assert line.line.startswith(" ")
