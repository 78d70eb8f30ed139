"""When a subscription is told: immediate, daily, weekly, quiet hours; in the reader's zone, through clock changes.

Local times are walked by calendar day: a digest at 02:30 in a night that has no 02:30 comes at the first moment
after the gap, and in a night that has two comes at the first of them; once a day in both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.model import Form, Subscription

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHEN = re.compile(r"^(daily|weekly (mon|tue|wed|thu|fri|sat|sun)) (\d{1,2}):(\d{2})(?: (\S+))?$")
_QUIET = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(?: (\S+))?$")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A subscription's `when`, read. `weekday` is 0 for Monday, None for daily; `at` is local to `zone`."""

    form: Form
    at: time = time(7, 0)
    weekday: int | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises ValueError that says what would be right."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write one like Europe/Paris, Asia/Shanghai or UTC") from error


def rhythm(subscription: Subscription) -> Rhythm:
    """When the subscription is told. Raises ValueError for what cannot be read."""
    if subscription.when == "immediate":
        return Rhythm(Form.IMMEDIATE, zone=zone(subscription.timezone))
    match = _WHEN.match(subscription.when)
    if match is None:
        raise ValueError(
            f"{subscription.when!r}: write immediate, daily 07:00, daily 07:00 Europe/Paris, weekly mon 07:00"
        )
    here = zone(match[5] or subscription.timezone)
    at = _time(match[3], match[4])
    if match[2]:
        return Rhythm(Form.WEEKLY, at, DAYS.index(match[2]), here)
    return Rhythm(Form.DAILY, at, None, here)


def _time(hour: str, minute: str) -> time:
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise ValueError(f"{hour}:{minute} is no time of day: 00:00 to 23:59") from error


def moment(day: date, at: time, where: ZoneInfo) -> datetime:
    """The moment (UTC) of a local time of a day: the first of two, the first after a gap."""
    local = datetime.combine(day, at, tzinfo=where)  # fold=0: the first of two
    there = local.astimezone(UTC)
    if there.astimezone(where).replace(tzinfo=None) == local.replace(tzinfo=None):
        return there
    # A time that does not exist: fold=0 reads it with the offset before the gap, which lies after the gap's end by
    # as much as the wish lies behind its begin; the gap's end is what readers call "as soon as the clock is past it".
    reach = 25 * 3600  # seconds: no clock was ever put forward by more than a day
    before = (there - timedelta(seconds=reach)).astimezone(where).utcoffset()
    low, high = -reach, 0
    while high - low > 1:
        middle = (low + high) // 2
        if (there + timedelta(seconds=middle)).astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return there + timedelta(seconds=high)


def next_digest(of: Rhythm, after: datetime) -> datetime | None:
    """The first digest's moment (UTC) strictly after `after`; None for immediate subscriptions."""
    if of.form is Form.IMMEDIATE:
        return None
    day = after.astimezone(of.zone).date() - timedelta(days=1)
    for step in range(11):
        here = day + timedelta(days=step)
        if of.weekday is not None and here.weekday() != of.weekday:
            continue
        found = moment(here, of.at, of.zone)
        if found > after:
            return found
    raise AssertionError("a week has a day of each name")  # pragma: no cover


def not_before(subscription: Subscription, now: datetime) -> datetime:
    """When an immediate alert made now may go out: now, or at the end of the quiet hours."""
    match = _QUIET.match(subscription.quiet)
    if match is None:
        return now
    where = zone(match[5] or subscription.timezone)
    begin, end = _time(match[1], match[2]), _time(match[3], match[4])
    if begin == end:
        return now
    today = now.astimezone(where).date()
    for shift in (-1, 0):
        day = today + timedelta(days=shift)
        opens = moment(day, begin, where)
        closes = moment(day if end > begin else day + timedelta(days=1), end, where)
        if opens <= now < closes:
            return closes
    return now
