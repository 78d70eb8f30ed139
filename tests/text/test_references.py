"""Citations in English, French, German and Chinese come out in one normal form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.text.references import find, references

_CITED = [
    ("en", "pursuant to Article 6(2)(a) of Regulation (EU) 2024/1689", "eu:reg:2024/1689#art_6__para_2__point_a"),
    ("fr", "à l'article 6, paragraphe 2, du règlement (UE) 2024/1689", "eu:reg:2024/1689#art_6__para_2"),
    ("de", "nach Artikel 6 Absatz 2 der Verordnung (EU) 2024/1689", "eu:reg:2024/1689#art_6__para_2"),
    ("en", "Regulation (EC) No 765/2008 applies", "eu:reg:2008/765"),
    ("en", "Directive 95/46/EC was repealed", "eu:dir:1995/46"),
    ("de", "die Richtlinien 2014/90/EU", "eu:dir:2014/90"),
    ("en", "see CELEX 32024R1689", "eu:reg:2024/1689"),
    ("en", "http://data.europa.eu/eli/reg/2024/1689/oj", "eu:reg:2024/1689"),
    ("en", "(OJ L 218, 13.8.2008, p. 30)", "eu:oj:L:218#p30"),
    ("en", "Convention CETS No. 225", "cets:225"),
    ("fr", "la Convention STCE n° 225", "cets:225"),
    ("en", "resolution A/RES/78/265", "un:a/res/78/265"),
    ("fr", "sa résolution 78/265", "un:a/res/78/265"),
    ("en", "88 FR 75191", "us:fr:88/75191"),
    ("en", "15 U.S.C. 9401", "us:usc:15/9401"),
    ("en", "Executive Order 14110", "us:eo:14110"),
    ("en", "Public Law 116-283", "us:pl:116-283"),
    ("fr", "la loi n° 78-17 du 6 janvier 1978", "fr:loi:78-17"),
    ("fr", "l'article L. 123-1 du code", "#art_L123-1"),
    ("de", "gemäß § 5 Absatz 2 Nummer 3", "#art_5__para_2__point_3"),
    ("zh", "依照《中华人民共和国数据安全法》第二十一条第二款的规定", "zh:中华人民共和国数据安全法#art_21__para_2"),
    ("zh", "违反本办法第十条规定的", "#art_10"),
    ("en", "as listed in Annex III", "#annex_III"),
    ("en", "ISO/IEC 42001:2023", "std:iso/iec:42001:2023"),
]


@pytest.mark.parametrize(("language", "text", "target"), _CITED)
def test_a_citation_has_one_normal_form(language: str, text: str, target: str) -> None:
    assert target in [found.target for found in references(text, language)]


def test_a_list_of_articles_cites_each() -> None:
    assert [found.target for found in references("Articles 5, 7 and 9(2) apply.", "en")] == [
        "#art_5",
        "#art_7",
        "#art_9__para_2",
    ]


@pytest.mark.parametrize("text", ["The article is long.", "Version 2.0 of 3 parts", "in 2024/25 we", "第一次会议", ""])
def test_other_words_and_numbers_are_no_citations(text: str) -> None:
    assert references(text, "en") == []


_PIECES = [
    "Article",
    "Articles",
    "Artikel",
    "§",
    "Regulation",
    "Verordnungen",
    "Richtlinien",
    "(EU)",
    "(EC)",
    "No",
    "2024/1689",
    "95/46",
    "6(2)",
    "第",
    "十",
    "条",
    "《",
    "》",
    "of",
    "der",
    "OJ",
    "L",
    "12",
    "and",
    ",",
    "to",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join) | st.text(max_size=60),
    st.sampled_from(["en", "fr", "zh", "de", ""]),
)
def test_any_text_is_read_and_places_rise(text: str, language: str) -> None:
    found = find(text, language)
    assert all(0 <= one.start < one.end <= len(text) and one.target for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
