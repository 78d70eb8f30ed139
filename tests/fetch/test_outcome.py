"""A source's standing, told once and only when it matters."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetch.outcome import BY_HAND, GONE, GOOD, health, in_words, of_status
from tracker.model import Health, Outcome

OUTCOMES = st.sampled_from(sorted(Outcome))
GOOD_ONES = st.sampled_from(sorted(GOOD))
FAILURES = st.sampled_from(sorted(set(Outcome) - GOOD))


def story(outcomes: list[Outcome], failing_after: int = 3, known: bool = True) -> tuple[Health, int, list[str]]:
    """Where a source stands after these checks, and the events on the way."""
    standing, failures, events, good = Health.OK if known else Health.NEW, 0, list[str](), False
    for outcome in outcomes:
        standing, failures, event = health(standing, failures, outcome, failing_after, known=known or good)
        good = good or outcome in GOOD
        if event:
            events.append(event)
    return standing, failures, events


def test_a_source_that_fails_three_times_says_so_once_and_says_when_it_is_back() -> None:
    bad = [Outcome.TIMEOUT] * 30
    assert story(bad[:2]) == (Health.OK, 2, [])
    assert story(bad[:3]) == (Health.FAILING, 3, ["source.failing"])
    assert story(bad) == (Health.FAILING, 30, ["source.failing"])
    assert story([*bad, Outcome.OK]) == (Health.OK, 0, ["source.failing", "source.recovered"])


@pytest.mark.parametrize("outcome", sorted(BY_HAND))
def test_what_only_a_person_can_open_is_blocked(outcome: Outcome) -> None:
    assert story([outcome] * 3) == (Health.BLOCKED, 3, ["source.blocked"])


@pytest.mark.parametrize("outcome", sorted(GONE))
def test_a_page_that_stays_away_is_gone(outcome: Outcome) -> None:
    assert story([outcome] * 3) == (Health.GONE, 3, ["document.gone"])


def test_a_page_that_was_never_there_cannot_be_gone() -> None:
    assert story([Outcome.NOT_FOUND] * 9, known=False) == (Health.FAILING, 9, ["source.failing"])


def test_a_failure_now_and_then_says_nothing() -> None:
    assert story([Outcome.TIMEOUT, Outcome.TIMEOUT, Outcome.OK] * 20)[2] == []


def test_an_outage_that_gets_worse_says_so_and_one_that_alternates_does_not() -> None:
    worse = [Outcome.TIMEOUT] * 3 + [Outcome.BLOCKED] * 3 + [Outcome.GONE] * 3
    assert story(worse)[2] == ["source.failing", "source.blocked", "document.gone"]
    assert story([Outcome.BLOCKED] * 3 + [Outcome.TIMEOUT] * 30)[2] == ["source.blocked"]


@given(st.lists(OUTCOMES, max_size=60), st.integers(1, 5), st.booleans())
def test_each_event_comes_once_an_outage(outcomes: list[Outcome], failing_after: int, known: bool) -> None:
    standing, failures, events = story(outcomes, failing_after, known)
    told = Counter[str]()
    for event in events:
        if event == "source.recovered":
            assert told, "nothing was told that could be over"
            told.clear()
        else:
            told[event] += 1
            assert told[event] == 1
    assert (standing in (Health.OK, Health.NEW)) == (not told)
    assert failures == 0 or outcomes[-1] not in GOOD


@given(st.lists(FAILURES, min_size=1, max_size=30), GOOD_ONES)
def test_one_good_check_sets_everything_right(bad: list[Outcome], good: Outcome) -> None:
    assert story([*bad, good])[:2] == (Health.OK, 0)


@given(st.integers(100, 999), st.booleans(), st.none() | st.floats(0, 1e6))
def test_every_status_is_an_answer_to_read_or_has_an_outcome_with_its_reason(
    status: int, asked: bool, wait: float | None
) -> None:
    decided = of_status(status, asked_conditionally=asked, retry_after=wait)
    if decided is None:
        assert 200 <= status < 300
        return
    outcome, reason = decided
    assert outcome is not Outcome.OK
    assert len(reason) > 10
    assert (outcome is Outcome.NOT_MODIFIED) == (status == 304 and asked)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (90, "90 s"), (300, "5 min"), (7200, "2 h"), (86400 * 3, "3 d")]
)
def test_spans_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
