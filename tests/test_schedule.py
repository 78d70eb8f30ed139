"""When sources are due: spread out, on time, and no stampede whatever happened before."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker import schedule
from tracker.model import (
    Assessment,
    Change,
    Comparison,
    Fetched,
    Health,
    Judged,
    Outcome,
    Source,
    State,
    Tier,
)
from tracker.pipeline import DocumentVisit, Visited
from tracker.schedule import DAY
from tracker.store.state import SourceState

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
IDS = st.from_regex(r"[a-z]{1,12}(-[a-z0-9]{1,6})?", fullmatch=True)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants naive bounds
INTERVALS = st.sampled_from(["1m", "15m", "1h", "6h", "12h", "1d", "3d", "1w"])


def visited(
    source: Source,
    now: datetime = NOW,
    outcome: Outcome = Outcome.OK,
    *,
    failures: int = 0,
    retry_after: float | None = None,
    changes: tuple[Tier, ...] = (),
) -> Visited:
    """A visit with this end."""
    fetched = Fetched(outcome, "", source.url, now, now, retry_after=retry_after)
    documents = tuple(
        DocumentVisit("", "", "", "", "", None, Judged(changes=(_change(tier, now),)), "") for tier in changes
    )
    good = outcome in (Outcome.OK, Outcome.NOT_MODIFIED)
    health = Health.OK if good else Health.FAILING
    return Visited("c", source, now, fetched, outcome, "", health, failures if not good else 0, documents=documents)


def _change(tier: Tier, now: datetime) -> Change:
    state = State.TOLD if tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL) else State.SILENT
    return Change("id", "old", "new", now, Comparison(), Assessment(tier, state))


def source(schedule_: str = "6h", id_: str = "one", **fields: Any) -> Source:
    """A source with a schedule."""
    return Source(id=id_, url="https://law.example/", schedule=schedule_, **fields)


def due(one: Source, now: datetime = NOW, asked: datetime | None = None, **visit: Any) -> datetime:
    """When the source is due after a visit at `now`."""
    moment, _ = schedule.next_check(one, SourceState(), visited(one, now, **visit), asked)
    assert moment is not None
    return moment


def seconds(text: str) -> float:
    """The interval a schedule means."""
    every = schedule.parse(text).every
    assert every is not None
    return every


# ------------------------------------------------------------------------------------------------ schedule strings


@pytest.mark.parametrize(("text", "every"), [("90s", 90), ("30m", 1800), ("6h", 21600), ("1d", DAY), ("2 w", 14 * DAY)])
def test_intervals_are_read(text: str, every: float) -> None:
    assert schedule.parse(text).every == every


NOT_SCHEDULES = ["", "often", "6", "h", "0h", "-1h", "6x", "cron", "cron * * *"]
NOT_SCHEDULES += [f"cron {line}" for line in ("61 * * * *", "0 7 * * nan", "0 7 * * 8", "0 7 32 * *", "0 7 * * mon/0")]


@pytest.mark.parametrize("text", NOT_SCHEDULES)
def test_what_is_no_schedule_says_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|five fields"):
        schedule.parse(text)


def test_an_entry_that_can_no_longer_be_read_is_still_visited() -> None:
    assert NOW < due(source("whenever")) <= NOW + timedelta(hours=24)


# ------------------------------------------------------------------------------------------------------ intervals


@given(IDS, INTERVALS, MOMENTS)
def test_the_next_visit_is_between_half_and_one_and_a_half_intervals_away(id_: str, every: str, now: datetime) -> None:
    wait = (due(source(every, id_), now) - now).total_seconds()
    assert seconds(every) / 2 - 0.001 <= wait < seconds(every) * 1.5 + 0.001


@given(IDS, INTERVALS, MOMENTS, st.floats(0, 0.4))
def test_visits_on_time_are_an_interval_apart_and_late_ones_do_not_shift_the_rest(
    id_: str, every: str, now: datetime, late: float
) -> None:
    one = source(every, id_)
    first = due(one, now)
    on_time = due(one, first)
    delayed = due(one, first + timedelta(seconds=late * seconds(every)))
    assert abs((on_time - first).total_seconds() - seconds(every)) < 0.001
    assert abs((delayed - on_time).total_seconds()) < 0.001


@settings(max_examples=20)
@given(MOMENTS, st.sampled_from(["1h", "6h", "1d"]))
def test_a_thousand_sources_visited_together_are_not_due_together(now: datetime, every: str) -> None:
    """After downtime, or at the first start, all are visited at once. Never again."""
    waits = sorted((due(source(every, f"s{n}"), now) - now).total_seconds() for n in range(1000))
    tenth = seconds(every) / 10
    counts = [sum(start <= wait < start + tenth for wait in waits) for start in (n * tenth for n in range(5, 15))]
    assert sum(counts) == 1000
    assert max(counts) < 180  # 100 on average


@given(IDS)
def test_the_same_source_has_the_same_place_after_every_start(id_: str) -> None:
    assert due(source("6h", id_)) == due(source("6h", id_))
    assert 0 <= schedule.fraction(id_) < 1


# ----------------------------------------------------------------------------------------------------------- cron


@pytest.mark.parametrize(
    ("line", "zone", "expected"),
    [
        ("0 7 * * 1-5", "UTC", "2026-03-05 07:00"),  # a Wednesday noon: Thursday
        ("0 7 * * 1-5", "Europe/Paris", "2026-03-05 06:00"),
        ("0 7 * * 0", "UTC", "2026-03-08 07:00"),  # Sunday is 0
        ("0 7 * * 7", "UTC", "2026-03-08 07:00"),  # and 7
        ("0 7 * * 5-7", "UTC", "2026-03-06 07:00"),
        ("0 7 * * fri-mon", "UTC", "2026-03-06 07:00"),
        ("0 7 * * sat,sun", "UTC", "2026-03-07 07:00"),
        ("0 7 * * */2", "UTC", "2026-03-05 07:00"),  # Sunday, Tuesday, Thursday, Saturday
        ("30 */6 * * *", "UTC", "2026-03-04 12:30"),
        ("0 0 1 * *", "UTC", "2026-04-01 00:00"),
        ("0 0 13 * 5", "UTC", "2026-03-06 00:00"),  # the 13th or a Friday, as cron has it
        ("0 0 29 2 *", "UTC", "2028-02-29 00:00"),
    ],
)
def test_cron_lines_mean_what_cron_means(line: str, zone: str, expected: str) -> None:
    one = source(f"cron {line}")
    moment, _ = schedule.next_check(one, SourceState(), visited(one), None, timezone=zone)
    assert moment is not None
    exact = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert exact <= moment < exact + timedelta(seconds=schedule.CRON_SPREAD)


FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    spans = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.just("*") | spans, st.integers(1, 3)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.just("*") | st.lists(number.map(str) | spans | steps, min_size=1, max_size=3).map(",".join)


@given(st.tuples(*(_field(low, high) for low, high in FIELDS)).map(" ".join), IDS, MOMENTS)
def test_every_line_of_cron_is_understood_and_comes_in_time(line: str, id_: str, now: datetime) -> None:
    moment = due(source(f"cron {line}", id_), now)
    assert moment > now
    minute, hour, day, month, weekday = line.split()
    exact = moment - timedelta(seconds=schedule.CRON_SPREAD * schedule.fraction(id_))
    if moment == now + timedelta(days=1):
        return  # no such date, or none for years
    assert _in(minute, exact.minute)
    assert _in(hour, exact.hour)
    assert _in(month, exact.month, 1)
    days = _in(day, exact.day, 1), _in(weekday, exact.isoweekday() % 7)
    assert any(days) if day != "*" and weekday != "*" else all(days)


def _in(field: str, value: int, low: int = 0) -> bool:
    """Whether a cron field holds a number, written down once more and as plainly as can be."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, last = (low, 99) if span == "*" else (int(span.split("-")[0]), int(span.split("-")[-1]))
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


@given(IDS, st.integers(0, 3600))
def test_a_cron_moment_is_visited_once(id_: str, late: int) -> None:
    one = source("cron 0 * * * *", id_)
    first = due(one)
    second = due(one, first + timedelta(seconds=late * 0.9))
    assert 0 < (second - first).total_seconds() <= 2 * 3600
    assert abs((second - first).total_seconds() % 3600) < 0.001


def test_a_date_that_never_comes_is_looked_at_again_tomorrow() -> None:
    assert due(source("cron 0 0 30 2 *")) == NOW + timedelta(days=1)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
def test_over_a_year_with_its_changes_of_clock_a_daily_line_comes_once_a_day(zone: str) -> None:
    one, now, days = source("cron 30 2 * * *"), datetime(2026, 1, 1, tzinfo=UTC), list[datetime]()
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        moment, _ = schedule.next_check(one, SourceState(), visited(one, now), None, timezone=zone)
        assert moment is not None
        assert moment > now
        now = moment
        days.append(now)
    assert abs(len(days) - 365) <= 2
    assert max(later - earlier for earlier, later in itertools.pairwise(days)) <= timedelta(hours=49)


# -------------------------------------------------------------------------------------------------------- windows


@given(IDS, MOMENTS, st.integers(0, 23), st.integers(0, 23), st.sampled_from(["UTC", "Europe/Paris", "Asia/Kolkata"]))
def test_visits_fall_into_their_window(id_: str, now: datetime, opens: int, closes: int, zone: str) -> None:
    one = source("15m", id_, window=f"{opens:02}:00-{closes:02}:00 {zone}")
    moment = due(one, now)
    hour = moment.astimezone(ZoneInfo(zone)).hour
    inside = opens <= hour < closes if opens < closes else hour >= opens or hour < closes
    assert opens == closes or inside
    assert moment - now <= timedelta(hours=26)


def test_those_that_wait_for_a_window_do_not_all_come_at_its_opening() -> None:
    night = NOW.replace(hour=2)
    times = {due(source("15m", f"s{n}", window="06:00-22:00"), night).minute for n in range(200)}
    assert len(times) > 40


def test_a_window_that_cannot_be_read_is_no_window() -> None:
    assert schedule.within("at night", NOW) == NOW
    assert schedule.within("06:00-22:00 Mars/Olympus", NOW) == NOW
    assert schedule.within("25:00-26:00", NOW) == NOW


# ------------------------------------------------------------------------------------------------ second looks


@given(st.integers(0, 7200))
def test_a_second_look_comes_when_it_was_asked_for(wait: int) -> None:
    asked = NOW + timedelta(seconds=wait)
    assert due(source("1d"), asked=asked) == min(asked, due(source("1d")))


def test_a_second_look_in_the_past_is_due_now() -> None:
    assert due(source("1d"), asked=NOW - timedelta(hours=1)) == NOW


# ------------------------------------------------------------------------------------------------------- failures

PASSING = st.sampled_from(sorted(schedule.SOON))
LASTING = st.sampled_from(sorted(set(Outcome) - schedule.SOON - {Outcome.OK, Outcome.NOT_MODIFIED}))


@given(IDS, PASSING, st.integers(1, 3))
def test_what_may_pass_is_tried_again_soon_and_then_later(id_: str, outcome: Outcome, failures: int) -> None:
    wait = (due(source("3d", id_), outcome=outcome, failures=failures) - NOW).total_seconds()
    nominal = schedule.RETRIES[failures - 1]
    assert 0.75 * nominal <= wait <= 1.25 * nominal


@given(IDS, INTERVALS, PASSING | LASTING, st.integers(1, schedule.LONG_FAILING))
def test_a_failing_source_is_never_visited_later_than_usual(
    id_: str, every: str, outcome: Outcome, failures: int
) -> None:
    one = source(every, id_)
    assert NOW < due(one, outcome=outcome, failures=failures) <= due(one)


@given(IDS, LASTING)
def test_what_will_not_pass_by_itself_keeps_the_usual_time(id_: str, outcome: Outcome) -> None:
    assert due(source("6h", id_), outcome=outcome, failures=1) == due(source("6h", id_))


@given(IDS, INTERVALS, PASSING | LASTING, st.integers(schedule.LONG_FAILING + 1, 10_000))
def test_a_host_that_fails_for_long_is_asked_about_once_a_day(
    id_: str, every: str, outcome: Outcome, failures: int
) -> None:
    wait = (due(source(every, id_), outcome=outcome, failures=failures) - NOW).total_seconds()
    assert 0.9 * DAY <= wait <= max(1.1 * DAY, 1.5 * seconds(every))


@given(IDS, st.floats(1, 7 * DAY))
def test_a_host_that_wants_peace_gets_at_least_that(id_: str, wanted: float) -> None:
    moment = due(source("15m", id_), outcome=Outcome.RATE_LIMITED, failures=1, retry_after=wanted)
    assert (moment - NOW).total_seconds() >= wanted - 0.001


def test_sources_of_one_host_do_not_come_back_in_the_same_moment() -> None:
    times = {
        due(source("15m", f"s{n}"), outcome=Outcome.RATE_LIMITED, failures=1, retry_after=36000.0) for n in range(50)
    }
    assert len(times) == 50


# ----------------------------------------------------------------------------------------------------------- auto


def simulated(rate: float, days: float, seed: int = 1, stretch: float = 1.0) -> tuple[float, list[float]]:
    """A year or so of an `auto` source that changes `rate` times a day: (the last interval in seconds, all of them)."""
    chance, one = random.Random(seed), source("auto")
    state, now, waits = SourceState(), NOW, list[float]()
    end = now + timedelta(days=days)
    last = now
    while now < end:
        span = (now - last).total_seconds()
        changed = chance.random() < 1 - math.exp(-rate * span / DAY)
        visit = visited(one, now, changes=(Tier.SUBSTANTIVE,) if changed else ())
        moment, learned = schedule.next_check(one, state, visit, None, stretch=stretch)
        assert moment is not None
        state = replace(state, learned={**state.learned, **learned})
        waits.append(schedule.auto_interval(schedule.rate(state.learned), stretch))
        last, now = now, moment
    return waits[-1], waits


def test_a_source_that_changes_often_is_visited_more_often() -> None:
    hourly, daily, yearly = (simulated(rate, days=120)[0] for rate in (24.0, 1.0, 1 / 365))
    assert hourly < daily < yearly
    assert yearly == schedule.CEILING
    assert daily == pytest.approx(schedule.USUAL, rel=0.5)


def test_nothing_is_visited_less_than_once_a_day_while_the_budget_allows() -> None:
    for rate in (0.0, 0.01, 100.0):
        _, waits = simulated(rate, days=30)
        assert max(waits) <= schedule.CEILING
        assert min(waits) >= schedule.FLOOR


def test_what_is_no_change_to_a_reader_teaches_nothing() -> None:
    one, before = source("auto"), {"auto": {"at": (NOW - timedelta(hours=6)).isoformat(), "seen": []}}
    state = SourceState(learned=before)
    for tiers, seen in (((Tier.NOISE, Tier.GLITCH), 0), ((Tier.EDITORIAL,), 1), ((Tier.SUBSTANTIVE,), 1), ((), 0)):
        _, learned = schedule.next_check(one, state, visited(one, changes=tiers), None)
        assert learned["auto"]["seen"] == [[6 * 3600, seen]]


def test_a_failed_visit_leaves_what_was_learned_and_the_next_good_one_covers_both_spans() -> None:
    one, before = source("auto"), {"auto": {"at": (NOW - timedelta(hours=6)).isoformat(), "seen": []}}
    _, learned = schedule.next_check(
        one, SourceState(learned=before), visited(one, outcome=Outcome.TIMEOUT, failures=1), None
    )
    assert "auto" not in learned
    _, learned = schedule.next_check(one, SourceState(learned=before), visited(one, NOW + timedelta(hours=6)), None)
    assert learned["auto"]["seen"] == [[12 * 3600, 0]]


def test_only_auto_sources_learn() -> None:
    _, learned = schedule.next_check(source("6h"), SourceState(), visited(source("6h")), None)
    assert learned == {}


@given(st.lists(st.tuples(st.floats(60, 30 * DAY), st.booleans()), max_size=64))
def test_an_estimate_is_always_a_rate(visits: list[tuple[float, bool]]) -> None:
    value = schedule.estimate(visits)
    assert 0 < value < 1
    quiet = schedule.estimate([*visits, (DAY, False)])
    noisy = schedule.estimate([*visits, (DAY, True)])
    assert quiet < value * 1.0001
    assert quiet < noisy


@pytest.mark.parametrize("truth", [8.0, 1.0, 1 / 7, 1 / 30])
def test_estimates_come_near_the_truth(truth: float) -> None:
    """A year of visits four times a day, ten times over: within a quarter on average."""
    chance = random.Random(7)
    span, found = DAY / 4, list[float]()
    for _ in range(10):
        visits = [(span, chance.random() < 1 - math.exp(-truth * span / DAY)) for _ in range(1460)]
        found.append(schedule.estimate(visits) * DAY)
    assert sum(found) / len(found) == pytest.approx(truth, rel=0.25)


def test_a_rate_higher_than_the_visits_is_not_counted_as_visits() -> None:
    """About eight changes a day, looked at twice a day: counting would say two."""
    visits = [(DAY / 2, n % 50 != 0) for n in range(200)]
    assert schedule.estimate(visits) * DAY > 3.5


# --------------------------------------------------------------------------------------------------------- budget


@given(st.lists(st.floats(1e-9, 1e-3), min_size=1, max_size=60), st.floats(0, 2000), st.floats(1, 3000))
def test_learned_intervals_keep_to_the_budget(rates: list[float], fixed: float, requests: float) -> None:
    stretch = schedule.budget(rates, fixed, requests)
    spent = sum(DAY / schedule.auto_interval(rate, stretch) for rate in rates)
    room = max(requests - fixed, 1.0)
    assert stretch >= 1
    assert spent <= room * 1.001
    if stretch > 1:
        assert spent >= room * 0.95 or spent <= sum(DAY / schedule.auto_interval(rate) for rate in rates)


def test_with_room_to_spare_nothing_is_stretched() -> None:
    assert schedule.budget([1 / DAY] * 10, 100, 100_000) == 1.0


def test_the_square_root_rule_leaves_readers_waiting_least() -> None:
    """Against equal intervals and against intervals in proportion, for the same requests a day: the mean wait of a
    change, weighted by how many there are."""
    rates = [value / DAY for value in (0.8, 1.0, 2.0, 4.0, 8.0)]
    waits = [schedule.auto_interval(rate, 1.0) for rate in rates]
    spent = sum(1 / wait for wait in waits)

    def delay(intervals: list[float]) -> float:
        return sum(rate * wait / 2 for rate, wait in zip(rates, intervals, strict=True))

    equal = [len(rates) / spent] * len(rates)
    total = sum(rates)
    proportional = [total / (spent * rate) for rate in rates]
    assert delay(waits) < delay(equal)
    assert delay(waits) < delay(proportional)


def test_a_planner_carries_the_settings() -> None:
    one = source("cron 0 7 * * *")
    plan = schedule.planner(timezone="Asia/Shanghai")
    moment, learned = plan(one, SourceState(), visited(one), None)
    assert moment is not None
    assert (moment.hour, dict(learned)) == (23, {})


def test_learned_values_survive_json(tmp_path: object) -> None:
    import json

    one = source("auto")
    learned: Mapping[str, Any] = {}
    for hours in range(3):
        _, learned = schedule.next_check(
            one, SourceState(learned=json.loads(json.dumps(learned))), visited(one, NOW + timedelta(hours=hours)), None
        )
    assert len(learned["auto"]["seen"]) == 2
