"""Dates and periods with what they rule; dates that only name an act are none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.text.dates import deadlines, find

_DATED = [
    ("en", "It shall apply from 2 August 2026.", "application", date(2026, 8, 2)),
    ("en", "By 2 August 2027 Member States shall report.", "deadline", date(2027, 8, 2)),
    ("en", "no later than August 2, 2027", "deadline", date(2027, 8, 2)),
    ("en", "The Decision is repealed with effect from 1 January 2027.", "repeal", date(2027, 1, 1)),
    ("en", "valid until 31 December 2030", "expiry", date(2030, 12, 31)),
    ("fr", "Il est applicable à partir du 2 août 2026.", "application", date(2026, 8, 2)),
    ("fr", "Le décret entre en vigueur le 1er janvier 2025.", "application", date(2025, 1, 1)),
    ("fr", "au plus tard le 2 novembre 2024", "deadline", date(2024, 11, 2)),
    ("zh", "本办法自2023年8月15日起施行。", "application", date(2023, 8, 15)),
    ("zh", "二〇二六年一月一日前完成备案。", "deadline", date(2026, 1, 1)),
    ("de", "Diese Verordnung gilt ab dem 2. August 2026.", "application", date(2026, 8, 2)),
    ("de", "bis zum 31.12.2026 vorzulegen", "deadline", date(2026, 12, 31)),
]
_PERIODS = [
    ("en", "Providers shall notify within 15 days of becoming aware.", "deadline", "P15D"),
    ("en", "for a period of five years from that date", "period", "P5Y"),
    ("en", "not later than 72 hours after", "deadline", "PT72H"),
    ("fr", "dans un délai de trente jours à compter de la notification", "deadline", "P30D"),
    ("zh", "应当在收到申请之日起三十日内作出决定", "deadline", "P30D"),
    ("zh", "六个月内", "deadline", "P6M"),
    ("de", "innerhalb von drei Monaten nach der Mitteilung", "deadline", "P3M"),
]


@pytest.mark.parametrize(("language", "text", "kind", "day"), _DATED)
def test_a_date_has_its_kind_from_the_words_around_it(language: str, text: str, kind: str, day: date) -> None:
    (found,) = deadlines(text, language)
    assert (found.kind, found.date, found.period) == (kind, day, "")


@pytest.mark.parametrize(("language", "text", "kind", "period"), _PERIODS)
def test_a_period_is_told_after_iso_8601(language: str, text: str, kind: str, period: str) -> None:
    (found,) = deadlines(text, language)
    assert (found.kind, found.period, found.date) == (kind, period, None)


def test_a_date_says_what_it_governs() -> None:
    (found,) = deadlines("Fees are due monthly. Chapter II shall apply from 2 February 2025. It is short.", "en")
    assert found.governs == "Chapter II shall apply from"


def test_what_a_date_governs_shows_where_the_date_stood() -> None:
    [found] = deadlines("A provider keeps the log for 21 months after the system was taken out of service.", "en")
    assert found.governs == "A provider keeps the log for … after the system was taken out of service"


@pytest.mark.parametrize(
    "text",
    [
        "Regulation (EU) 2016/679 of the European Parliament and of the Council of 27 April 2016",
        "(OJ L 119, 4.5.2016, p. 1)",
        "children under 13 years of age",
        "la loi n° 78-17 du 6 janvier 1978",
        "on 31 February 2025",
    ],
)
def test_what_only_names_an_act_or_is_no_date_rules_nothing(text: str) -> None:
    assert deadlines(text, "en") == []


_PIECES = [
    "within",
    "from",
    "by",
    "30",
    "days",
    "三十",
    "日内",
    "2",
    "August",
    "2026",
    ",",
    "2026年",
    "1月",
    "31日",
    "前",
    ".2025",
    "months",
    "at",
    "least",
    "five",
    "years",
    "31.12.2026",
    "ab",
    "dem",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join) | st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    for found in find(text, "en"):
        assert 0 <= found.start < found.end <= len(text)
        assert bool(found.deadline.date) != bool(found.deadline.period)
