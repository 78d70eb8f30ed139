"""Dates as lists print them become moments in UTC; what only looks like one does not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.formats import dates

FIFTH_OF_MARCH = datetime(2024, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05", "2024/03/05", "2024.3.5", "20240305", "5 March 2024", "March 5, 2024", "Mar. 5, 2024",
        "05-Mar-2024",
        "5 mars 2024",
        "5. März 2024", "5 de marzo de 2024", "5 de março de 2024", "5 marzo 2024", "5 maart 2024", "5 marca 2024",
        "5 марта 2024 г.",
        "2024年3月5日", "2024년 3월 5일", "Published on Tuesday, March 5th, 2024", "Le 5 mars 2024", "3/5/2024",
        "05.03.2024", "5 Mart 2024",
    ],
)  # fmt: skip
def test_one_day_in_many_ways(text: str) -> None:
    assert dates.parse(text) == FIFTH_OF_MARCH


@pytest.mark.parametrize(
    "text",
    [
        "",
        "14-90",
        "23-1701",
        "No. 12-3456",
        "1.2.24",
        "31 February 2024",
        "2024-13-45",
        "99 May 2024",
        "Opinion 12",
        "v. 3",
        "2024",
    ],
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert dates.parse(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-05T10:20:30+02:00", datetime(2024, 3, 5, 8, 20, 30, tzinfo=UTC)),
        ("Tue, 05 Mar 2024 10:00:00 GMT", datetime(2024, 3, 5, 10, tzinfo=UTC)),
        ("March 5, 2024 3:30 pm", datetime(2024, 3, 5, 15, 30, tzinfo=UTC)),
        ("/Date(1709600000000)/", datetime(2024, 3, 5, 0, 53, 20, tzinfo=UTC)),
    ],
)
def test_times_are_read_and_shifted_to_utc(text: str, moment: datetime) -> None:
    assert dates.parse(text) == moment


def test_which_number_is_the_day_is_what_the_list_says() -> None:
    assert dates.day_first(["03/04/2024", "25/03/2024"]) is True
    assert dates.day_first(["03/04/2024", "03/25/2024"]) is False
    assert dates.day_first(["03/04/2024"]) is None
    assert dates.parse("03/04/2024", day_first=True) == datetime(2024, 4, 3, tzinfo=UTC)


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for form in ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%m/%d/%Y", "%d.%m.%Y"):
        assert dates.parse(day.strftime(form)) == moment, form


@given(st.text(max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    dates.parse(text)
