"""A redline gives both texts back, in pieces that a person can read."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.diff.redline import spans, tokens

_TEXT = st.text(alphabet="ab ,.应当不得于 \n'’0", max_size=60) | st.lists(
    st.sampled_from(
        ["the", "provider", "shall", "may", "not", "keep", "records", "应当", "不得", "30", ",", ".", "(", ")"]
    ),
    max_size=30,
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(_TEXT, _TEXT)
def test_the_pieces_are_the_two_texts(old: str, new: str) -> None:
    made = spans(old, new)
    assert "".join(text for sign, text in made if sign in "=-") == old
    assert "".join(text for sign, text in made if sign in "=+") == new
    assert all(text for _, text in made)
    assert all(one[0] != other[0] for one, other in itertools.pairwise(made))


@given(_TEXT)
def test_equal_texts_are_one_piece(text: str) -> None:
    assert spans(text, text) == ((("=", text),) if text else ())


@given(st.text(max_size=80))
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("Users shall log in.", "Users may log in.", ["shall", "may"]),
        ("within 30 days of notice", "within 15 days of notice", ["30", "15"]),
        ("a fine of 1,000,000 EUR", "a fine of 2,500,000 EUR", ["1,000,000", "2,500,000"]),
        ("提供者应当标识生成内容。", "提供者可以标识生成内容。", ["应当", "可以"]),
        ("罚款一万元以上十万元以下。", "罚款五万元以上十万元以下。", ["一", "五"]),
        ("L'exploitant doit tenir un registre.", "L'exploitant peut tenir un registre.", ["doit", "peut"]),
    ],
)
def test_a_changed_word_is_told_alone(old: str, new: str, changed: list[str]) -> None:
    assert [text for sign, text in spans(old, new) if sign != "="] == changed


def test_a_reworded_clause_is_one_piece_and_not_confetti() -> None:
    old = "The controller shall without undue delay inform the data subject of the breach."
    new = "The controller shall at the latest after 24 hours tell the data subject of the breach."
    assert sum(sign != "=" for sign, _ in spans(old, new)) <= 2


def test_two_texts_without_common_words_are_told_as_two_texts() -> None:
    old, new = "Fees are due every month in advance.", "Nobody under thirteen may open accounts here"
    assert spans(old, new) == (("-", old), ("+", new))


def test_a_sentence_put_in_begins_where_it_begins() -> None:
    old = "Reports are due. They are public."
    new = "Reports are due. They are short. They are public."
    assert [text for sign, text in spans(old, new) if sign == "+"] in (["They are short. "], [" They are short."])
