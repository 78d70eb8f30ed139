"""Labels at the head of a block, in the ways laws and policies number."""
# ruff: noqa: E501 - a text of law on one line reads as one

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text.numbering import bare, han_number, label, ordinals, roman, worded

_WORDED = [
    ("Article 10", "art", "10"), ("Article 1er", "art", "1"), ("Article premier", "art", "1"), ("Article L. 123-1", "art", "L123-1"),
    ("Article 371 A bis", "art", "371Abis"), ("Art. 16 b Entzug", "art", "16b"), ("Artículo 49. - Texto", "art", "49"),
    ("ARTICULO 50.—", "art", "50"), ("§ 35a Erlaubnis", "art", "35a"), ("§ 1.02 Schiffe", "art", "1-02"), ("第一百一十三条", "art", "113"),
    ("第十二条之一 规定", "art", "12-1"), ("第三章 法律责任", "chp", "3"), ("CHAPTER IV", "chp", "IV"), ("TITRE Ier : DISPOSITIONS", "title", "I"),
    ("Erster Abschnitt - Allgemeines", "sec", "1"), ("2. Abschnitt", "sec", "2"), ("PREMIÈRE PARTIE", "part", "1"), ("SEC. 101. SHORT TITLE", "sec", "101"),
    ("ANNEX III", "annex", "III"), ("ANNEXE III", "annex", "III"), ("Anlage 1", "annex", "1"), ("ANNEX", "annex", ""), ("Sous-section 2", "subsec", "2"),
]  # fmt: skip
_BARE = [
    ("1. Text", "1.", "1"), ("(a) text", "(a)", "a"), ("(iv) text", "(a)", "iv"), ("4.2 Your content", "1.1", "4.2"), ("1° texte", "1°", "1"),
    ("（一）数据", "（一）", "1"), ("十一、其他", "一、", "11"), ("a) Text", "a)", "a"), ("1a. Text", "1.", "1a"), ("( 1 ) OJ", "(1)", "1"),
    ("– text", "•", ""), ("I. – Texte", "A.", "I"), ("14 bis) texte", "1)", "14bis"), ("b ter) texte", "a)", "bter"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value"), _WORDED)
def test_a_label_with_its_word(text: str, kind: str, value: str) -> None:
    found = worded(text)
    assert found is not None
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(("text", "style", "value"), _BARE)
def test_a_label_without_a_word(text: str, style: str, value: str) -> None:
    found = bare(text)
    assert found is not None
    assert (found.style, found.value) == (style, value)


@pytest.mark.parametrize(
    "text", ["2019. was a year", "Section d'investissement", "Articles of faith", "e-mail", "Party", "", "(see above)"]
)
def test_other_words_are_no_labels(text: str) -> None:
    assert label(text) is None


def test_a_letter_that_is_a_roman_number_has_two_readings() -> None:
    found = bare("(i) text")
    assert found is not None
    assert ordinals(found) == (("(a)", (9, "")), ("(i)", (1, "")))


@given(st.integers(1, 9999))
def test_chinese_numbers_count(value: int) -> None:
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]
    said, zero = "", False
    for at, digit in enumerate(str(value)):
        power = len(str(value)) - at - 1
        if digit == "0":
            zero = True
            continue
        said += ("零" if zero and said else "") + digits[int(digit)] + units[power]
        zero = False
    assert han_number(said) == value


@pytest.mark.parametrize(("text", "value"), [("iv", 4), ("XIII", 13), ("xlii", 42), ("iiii", 0), ("", 0), ("a", 0)])
def test_roman_numbers_count(text: str, value: int) -> None:
    assert roman(text) == value


@given(st.text(max_size=50))
def test_any_text_is_read(text: str) -> None:
    found = label(text)
    assert found is None or 0 < found.length <= len(text)
