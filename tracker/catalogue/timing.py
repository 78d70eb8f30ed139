"""What a schedule says: "6h", "cron 0 7 * * mon-fri" or "auto"; read in one place, so that what the catalogue lets
through is what runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_INTERVAL = re.compile(r"^(\d+)\s*(s|m|h|d|w)$")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class Timing:
    """A schedule string understood: `every` seconds, or the cron line's `triggers`, or both empty for `auto`."""

    every: float | None = None
    triggers: tuple[CronTrigger, ...] = ()

    @property
    def auto(self) -> bool:
        """Whether the interval is learned."""
        return self.every is None and not self.triggers

    @property
    def a_day(self) -> float:
        """Visits a day, on an average of four weeks; 0 where that is learned."""
        if self.every:
            return 86_400 / self.every
        start = datetime(2026, 1, 5, tzinfo=UTC)
        moments: set[datetime] = set()
        for trigger in self.triggers:
            at = trigger.get_next_fire_time(None, start)
            while at is not None and at < start + timedelta(days=28):
                moments.add(at)
                at = trigger.get_next_fire_time(at, at + timedelta(seconds=1))
        return len(moments) / 28


def parse(schedule: str, timezone: str = "UTC") -> Timing:
    """ "6h", "cron 0 7 * * mon-fri" or "auto". `timezone` is the cron line's. Raises ValueError with a remedy."""
    text = schedule.strip()
    if text == "auto":
        return Timing()
    if text.startswith("cron "):
        return Timing(triggers=_cron(text.removeprefix("cron ").strip(), timezone))
    match = _INTERVAL.match(text)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{schedule!r} is no schedule: write 30m, 6h, 1d, 1w, auto or a cron line of five fields")
    return Timing(every=float(int(match[1]) * _SECONDS[match[2]]))


def _cron(line: str, timezone: str) -> tuple[CronTrigger, ...]:
    """Standard cron, which APScheduler's is not quite: Sunday is 0 and 7 there, a step may be wider than its span, and
    where both the day of the month and the weekday are given, either is enough."""
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(f"{line!r} is no cron line: five fields, like 0 7 * * mon-fri")
    try:
        minute, hour, day, month = (
            _plain(field, *span) for field, span in zip(fields, ((0, 59), (0, 23), (1, 31), (1, 12)), strict=False)
        )
        weekday = _weekdays(fields[4])
        zone = ZoneInfo(timezone)

        def trigger(day: str, weekday: str) -> CronTrigger:
            return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=zone)

        if fields[2] != "*" and fields[4] != "*":
            return trigger(day, "*"), trigger("*", weekday)
        return (trigger(day, weekday),)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{line!r} is no cron line ({error}): five fields, like 0 7 * * mon-fri") from error


def _plain(field: str, low: int, high: int) -> str:
    """The numbers of a cron field one by one; what is not made of numbers (jan, last) is left to APScheduler."""
    if field == "*" or any(letter.isalpha() for letter in field):
        return field
    return ",".join(str(number) for number in sorted(_numbers(field, low, high, int)))


def _weekdays(field: str) -> str:
    """The weekdays of a cron field by name, one by one: "1-5" is "mon,tue,wed,thu,fri"."""
    if field == "*":
        return field
    return ",".join(_DAYS[number] for number in sorted({number % 7 for number in _numbers(field.lower(), 0, 6, _day)}))


def _numbers(field: str, low: int, high: int, read: Callable[[str], int]) -> set[int]:
    """The numbers a cron field means. A span that ends before it starts goes round (fri-mon) for weekdays only."""
    chosen: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else read(first)
        end = high if first == "*" else read(last) if last else (high if step else start)
        every = int(step) if step else 1
        if end < start and read is _day:
            end += 7
        if every < 1 or not low <= start <= end or (read is int and end > high):
            raise ValueError(f"{part!r} is not between {low} and {high}")
        chosen.update(range(start, end + 1, every))
    return chosen


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    number = int(text)
    if not 0 <= number <= 7:
        raise ValueError(f"{text!r} is no weekday")
    return number
