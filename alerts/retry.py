"""When a failed attempt is made again, and when it is given up: 24 hours, by the kind of answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.channels.base import Answer, Outcome

GIVE_UP = timedelta(hours=24)  # from the first attempt; a mail about a change is stale after that, and listed as dead
LONGEST = timedelta(hours=4)
JITTER = 0.2  # of the wait, either way: a thousand alerts that failed together do not come back together
DISABLE_AFTER = 3  # refusals for good in a row that switch a recipient off
FIRST = {
    Outcome.DEFERRED: timedelta(minutes=1),
    Outcome.FAILED: timedelta(seconds=30),
    Outcome.LOST: timedelta(minutes=1),
}
GREYLISTED = timedelta(minutes=5)  # what greylisting servers ask for, by their defaults


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an alert after an attempt: `state` is sent, waiting or dead; `at` the next attempt's moment."""

    state: str
    at: datetime | None = None


def verdict(answer: Answer, alert: str, attempt: int, first: datetime, now: datetime) -> Verdict:
    """The next step. `attempt` counts this one from 1, `first` is when the first one was made."""
    if answer.outcome is Outcome.ACCEPTED:
        return Verdict("sent")
    if answer.outcome is Outcome.REFUSED:
        return Verdict("dead")
    at = now + wait(answer, alert, attempt)
    if at > first + GIVE_UP:
        # One last attempt at the very end of the day rather than none.
        last = first + GIVE_UP
        return Verdict("waiting", last) if now < last - timedelta(minutes=5) else Verdict("dead")
    return Verdict("waiting", at)


def wait(answer: Answer, alert: str, attempt: int) -> timedelta:
    """How long to wait: doubled from attempt to attempt, with jitter that is the same for the same attempt, so that a
    crash does not draw it again; never shorter than the other side asked for."""
    first = GREYLISTED if answer.slow else FIRST[answer.outcome]
    base = min(LONGEST, first * (1 << min(attempt - 1, 12)))
    drawn = int.from_bytes(hashlib.sha256(f"{alert}\n{attempt}".encode()).digest()[:4], "big") / 2**32
    waited = base * (1 + JITTER * (2 * drawn - 1))
    asked = timedelta(seconds=answer.retry_after or 0)
    return max(waited, asked)
