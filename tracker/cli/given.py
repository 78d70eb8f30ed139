"""What may be given on the command line: tiers by name, days and moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from tracker.cli import setup

Several = list[str] | None


class Tier(StrEnum):
    """The tiers by name, for the command line."""

    SUBSTANTIVE = "substantive"
    EDITORIAL = "editorial"
    NOISE = "noise"
    GLITCH = "glitch"
    RESTORED = "restored"


def moment(given: str, name: str, *, end: bool = False) -> datetime:
    """A date or an ISO 8601 moment as one in UTC; a date means its first moment, with `end` the last one."""
    try:
        if len(given) == len("2026-02-02"):
            day = datetime.combine(date.fromisoformat(given), time(), tzinfo=UTC)
            return day + timedelta(days=1, microseconds=-1) if end else day
        found = datetime.fromisoformat(given)
    except ValueError:
        setup.fail(f"{name}: {given!r} is no date. Write 2026-02-02 or 2026-02-02T14:30:00+01:00")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
