"""Digests once a day and quiet hours, through both clock changes, in every zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
import world as w
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import moments
from tracker.model import Subscription

ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
    "America/Santiago",
)
times = st.tuples(st.integers(0, 23), st.integers(0, 59))
days = st.integers(0, 4 * 366 * 1440).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


def reader(when: str, **more: str) -> Subscription:
    return Subscription("s", "a@b.example", when=when, **more)


@settings(max_examples=80, deadline=None)
@given(days, times, st.sampled_from(ZONES))
def test_a_daily_digest_comes_once_every_local_day(start: datetime, at: tuple[int, int], zone: str) -> None:
    rhythm = moments.rhythm(reader(f"daily {at[0]:02}:{at[1]:02} {zone}"))
    here, found, moment = ZoneInfo(zone), [], start
    for _ in range(400):
        following = moments.next_digest(rhythm, moment)
        assert following is not None
        assert following > moment
        moment = following
        found.append(moment.astimezone(here))
    local_days = [moment.date() for moment in found]
    assert len(set(local_days)) == len(local_days)
    assert (local_days[-1] - local_days[0]).days == len(local_days) - 1
    for moment in found:
        wished = moment.replace(hour=at[0], minute=at[1], second=0, microsecond=0, tzinfo=None)
        late = moment.replace(tzinfo=None) - wished
        assert timedelta(0) <= late <= timedelta(hours=1)  # later only where the clock jumps over the wish


@settings(max_examples=80, deadline=None)
@given(days, times, st.sampled_from(ZONES), st.sampled_from(moments.DAYS))
def test_a_weekly_digest_comes_once_a_week_on_its_day(
    start: datetime, at: tuple[int, int], zone: str, day: str
) -> None:
    rhythm = moments.rhythm(reader(f"weekly {day} {at[0]:02}:{at[1]:02} {zone}"))
    first = moments.next_digest(rhythm, start)
    assert first is not None
    second = moments.next_digest(rhythm, first)
    assert second is not None
    assert first.astimezone(ZoneInfo(zone)).weekday() == moments.DAYS.index(day)
    assert (second.astimezone(ZoneInfo(zone)).date() - first.astimezone(ZoneInfo(zone)).date()).days == 7


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ((2026, 3, 28), "2026-03-28T01:30:00+00:00"),
        ((2026, 3, 29), "2026-03-29T01:00:00+00:00"),  # 02:30 does not exist: as soon as the clock is past it
        ((2026, 3, 30), "2026-03-30T00:30:00+00:00"),
        ((2026, 10, 25), "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first
    ],
)
def test_the_hour_that_is_not_there_and_the_hour_that_comes_twice(day: tuple[int, int, int], utc: str) -> None:
    rhythm = moments.rhythm(reader("daily 02:30", timezone="Europe/Paris"))
    midnight = datetime(*day, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    found = moments.next_digest(rhythm, midnight)
    assert found is not None
    assert found.isoformat() == utc


@settings(max_examples=120, deadline=None)
@given(days, times, times, st.sampled_from(ZONES))
def test_an_alert_waits_for_the_end_of_the_quiet_hours_and_not_longer(
    now: datetime, begin: tuple[int, int], end: tuple[int, int], zone: str
) -> None:
    quiet = reader("immediate", quiet=f"{begin[0]:02}:{begin[1]:02}-{end[0]:02}:{end[1]:02}", timezone=zone)
    due = moments.not_before(quiet, now)
    assert now <= due <= now + timedelta(hours=26)
    assert moments.not_before(quiet, due) == due  # at the end of the quiet hours it is not quiet
    local = now.astimezone(ZoneInfo(zone))
    clock, b, e = (local.hour, local.minute), begin, end
    inside = b <= clock < e if b < e else (clock >= b or clock < e) if b > e else False
    stable = all(
        (now + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() == local.utcoffset() for h in (-25, 25)
    )
    if stable:
        assert (due > now) is inside


@pytest.mark.parametrize("when", ["hourly", "daily", "daily 25:00", "weekly xyz 07:00", "daily 07:00 Mars/Base"])
def test_a_rhythm_that_cannot_be_read_says_what_would_be_right(when: str) -> None:
    with pytest.raises(ValueError, match=r"write|is no time|is not a time zone"):
        moments.rhythm(reader(when))


@pytest.mark.parametrize("begin", [datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 23, 12, tzinfo=UTC)])
async def test_one_digest_a_day_through_both_clock_changes(small: w.World, begin: datetime) -> None:
    small.clock.now = begin
    small.subscribe(when="daily 07:00 Europe/Paris")
    with time_machine.travel(begin, tick=False) as traveller:
        for hour in range(24 * 5):
            small.clock.now = begin + timedelta(hours=hour, minutes=7)
            traveller.move_to(small.clock.now)
            small.tell(w.change(f"Rule {hour} may.", f"Rule {hour} shall.", small.clock.now))
            await small.notifier().work_once()
    sent = [message.at.astimezone(ZoneInfo("Europe/Paris")) for message in small.hand.messages]
    assert len(sent) == 5
    assert {(moment.hour, moment.minute) for moment in sent} == {(7, 7)}
    assert len({moment.date() for moment in sent}) == 5
    folded = [alert for alert in small.alerts() if alert.kind == "change" and alert.digest_id]
    assert len({alert.id for alert in folded}) == len(folded)
    assert sum(len(message.data["changes"]) for message in small.hand.messages) == len(folded)


async def test_after_three_days_down_one_digest_comes_with_everything(small: w.World) -> None:
    small.subscribe(when="daily 07:00 Europe/Paris")
    for day in range(4):
        small.tell(w.change(f"Rule {day} may.", f"Rule {day} shall.", small.clock()))
        small.clock.pass_(days=1)
    notifier = small.notifier()
    for _ in range(5):
        await notifier.work_once()
    small.clock.pass_(hours=24)
    for _ in range(3):
        await notifier.work_once()
    assert [len(message.data["changes"]) for message in small.hand.messages] == [4]
    (row,) = [alert for alert in small.alerts() if alert.kind == "digest"]
    assert row.state == "sent"
