"""When a source is due: a fixed interval, a cron line, a window of hours, or an interval learned from its changes.

Nothing here is drawn by chance. A source's place within its interval comes from its id, so that a thousand sources
of one interval are spread over it, the same after every restart, and a late check does not shift the later ones.

`auto` follows two results. How often a document changes is estimated from visits that only tell "changed" or "not"
(J. Cho, H. Garcia-Molina, Estimating frequency of change, ACM TOIT 3(3), 2003: section 4.3, irregular visits, with
the half event that keeps the estimate off zero and infinity). Given rates λ and a budget of visits a day, the summed
delay of all changes is least when intervals are proportional to 1/√λ (a Lagrange multiplier on Σ λᵢIᵢ/2 under
Σ 1/Iᵢ ≤ B; the square-root rule of M. Ammar and J. Wong, Networks 15, 1985).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from tracker.catalogue.timing import Timing, parse
from tracker.fetch import outcome as outcomes
from tracker.model import Outcome, Source, Tier
from tracker.pipeline import Plan, Visited
from tracker.store.state import SourceState

DAY = 86_400.0
FLOOR, CEILING = 3_600.0, DAY  # seconds between two visits of an `auto` source, when the budget allows
USUAL = 6 * 3_600.0  # the interval of an `auto` source that changes once a day, without pressure on the budget
FIRST_RATE = 1 / (7 * DAY)  # changes a second believed of a source before anything is known: one a week
BELIEF = 14 * DAY  # seconds of watching that this belief is worth
REMEMBERED = 64  # visits that an estimate rests on
CRON_SPREAD = 120.0  # seconds over which sources of one cron line are spread
WINDOW_SPREAD = 3_600.0  # seconds after the opening of a window over which waiting sources are spread
RETRIES = (900.0, 3_600.0, 14_400.0)  # seconds until a failed visit is repeated, never later than the interval
LONG_FAILING = 10  # failures in a row after which a source is asked once a day
SOON = frozenset(
    {Outcome.DNS, Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT, Outcome.PROTOCOL, Outcome.SERVER_ERROR}
    | {Outcome.RATE_LIMITED, Outcome.INTERNAL, Outcome.EMPTY}
)  # what may pass by itself; the rest is asked again at the usual time

_HOURS = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(?:\s+(\S+))?$")


def next_check(
    source: Source,
    state: SourceState,
    visited: Visited,
    asked: datetime | None,
    *,
    timezone: str = "UTC",
    stretch: float = 1.0,
) -> tuple[datetime | None, Mapping[str, Any]]:
    """When to come again, and what was learned for `auto`. `asked` is a second look that the verdict wants, `stretch`
    what the budget of requests makes of learned intervals (see `budget`), `timezone` the zone of cron lines.

    A failure that may pass is tried again soon and then less and less often; a host that asked for peace gets it.
    """
    now = visited.now
    learned = _learn(source, state, visited)
    try:
        timing = parse(source.schedule, timezone)
    except ValueError:
        timing = Timing(every=43_200.0)  # an entry of an older version: the default, rather than never again
    due = _regular(source, timing, now, learned, stretch)
    if visited.outcome not in outcomes.GOOD:
        due = _after_failure(source.id, visited, now, due)
    if asked is not None:
        due = min(due, max(asked, now))
    due = within(source.window, due, fraction(source.id, "window"))
    if visited.fetched.retry_after:
        due = max(due, now + timedelta(seconds=visited.fetched.retry_after * (1 + 0.1 * fraction(source.id, "peace"))))
    return due, learned


def planner(*, timezone: str = "UTC", stretch: float = 1.0) -> Plan:
    """`next_check` with the settings that hold for all sources, as pipeline.visit wants it."""

    def plan(
        source: Source, state: SourceState, visited: Visited, asked: datetime | None
    ) -> tuple[datetime | None, Mapping[str, Any]]:
        return next_check(source, state, visited, asked, timezone=timezone, stretch=stretch)

    return plan


def fraction(source_id: str, purpose: str = "") -> float:
    """A source's place, 0 to 1, the same at every start; different for different purposes."""
    digest = hashlib.sha256(f"{purpose}\n{source_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


# ------------------------------------------------------------------------------------------------- the next time


def _regular(source: Source, timing: Timing, now: datetime, learned: Mapping[str, Any], stretch: float) -> datetime:
    if timing.triggers:
        return _next_cron(source.id, timing.triggers, now)
    every = timing.every if timing.every is not None else auto_interval(rate(learned), stretch)
    return _next_on_grid(source.id, every, now)


def _next_on_grid(source_id: str, every: float, now: datetime) -> datetime:
    """The first of the source's own moments (every `every` seconds, shifted by its place) that is at least half an
    interval away: a late visit is not followed by another one at once, and the grid stays where it is."""
    phase = fraction(source_id) * every
    earliest = now.timestamp() + every / 2
    steps = math.ceil((earliest - phase) / every)
    return datetime.fromtimestamp(phase + steps * every, UTC)


def _next_cron(source_id: str, triggers: Sequence[CronTrigger], now: datetime) -> datetime:
    spread = timedelta(seconds=CRON_SPREAD * fraction(source_id))
    # The spread comes after the cron's moment: what was visited late still belongs to the moment before.
    after = now - spread + timedelta(seconds=1)
    times = [trigger.get_next_fire_time(None, after) for trigger in triggers]
    known: list[datetime] = [moment for moment in times if moment is not None]
    if not known:
        return now + timedelta(days=1)  # a date that never comes (30 February): looked at again tomorrow
    return min(known).astimezone(UTC) + spread


def _after_failure(source_id: str, visited: Visited, now: datetime, regular: datetime) -> datetime:
    """Soon again where the trouble may pass, later and later while it does not; never sooner than a minute."""
    if visited.failures > LONG_FAILING:
        return max(regular, now + timedelta(seconds=DAY * (0.9 + 0.2 * fraction(source_id, "failing"))))
    if visited.outcome not in SOON or visited.failures > len(RETRIES):
        return regular
    wait = RETRIES[max(visited.failures, 1) - 1] * (0.75 + 0.5 * fraction(source_id, f"retry {visited.failures}"))
    return min(regular, now + timedelta(seconds=wait))


def within(window: str, moment: datetime, place: float = 0.0) -> datetime:
    """The moment itself where it lies in the window ("06:00-22:00 Europe/Paris"; over midnight too), else the next
    opening, shifted by `place` (0 to 1) of an hour or of the window, whichever is shorter."""
    match = _HOURS.match(window.strip())
    if match is None:
        return moment
    try:
        zone = ZoneInfo(match[5] or "UTC")
        opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    except (KeyError, ValueError, OSError):
        return moment
    local = moment.astimezone(zone)
    now = local.time().replace(tzinfo=None)
    inside = opens <= now < closes if opens <= closes else now >= opens or now < closes
    if inside or opens == closes:
        return moment
    day = local.date() if now < opens else local.date() + timedelta(days=1)
    opening = datetime.combine(day, opens, zone).astimezone(UTC)
    closing = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, zone).astimezone(UTC)
    spread = min(WINDOW_SPREAD, max((closing - opening).total_seconds() - 1, 0.0))
    return opening + timedelta(seconds=place * spread)


# --------------------------------------------------------------------------------------------------------- auto


def _learn(source: Source, state: SourceState, visited: Visited) -> dict[str, Any]:
    """What a good visit of an `auto` source adds: how long ago the last one was, and whether the text changed."""
    if source.schedule.strip() != "auto" or visited.outcome not in outcomes.GOOD:
        return {}
    auto = dict(state.learned.get("auto", {}))
    seen = [list(pair) for pair in auto.get("seen", [])]
    before = auto.get("at")
    if before:
        span = (visited.now - datetime.fromisoformat(before)).total_seconds()
        if span > 0:
            seen.append([round(span), int(_changed(visited))])
    return {"auto": {"at": visited.now.isoformat(), "seen": seen[-REMEMBERED:]}}


def _changed(visited: Visited) -> bool:
    return any(change.assessment.tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL) for change in visited.changes)


def rate(learned: Mapping[str, Any]) -> float:
    """Changes a second, by what was learned. A source of which little is known is believed to change once a week."""
    seen = learned.get("auto", {}).get("seen", [])
    pairs = [(float(span), bool(changed)) for span, changed in seen]
    return estimate(pairs)


def estimate(visits: Sequence[tuple[float, bool]]) -> float:
    """The most likely rate (changes a second) given visits as (seconds since the one before, changed or not).

    Changes are taken as a Poisson process. The likelihood's derivative, Σ over changed I/(e^(λI) − 1) minus Σ over
    unchanged I, falls in λ and is solved by bisection. A prior of FIRST_RATE, worth BELIEF seconds of watching
    (a gamma prior), stands where Cho and Garcia-Molina add half an event: it keeps the answer positive and finite.
    """
    quiet = BELIEF + sum(span for span, changed in visits if not changed)
    noisy = [span for span, changed in visits if changed]

    def slope(value: float) -> float:
        pull = FIRST_RATE * BELIEF / value
        return pull + sum(span / math.expm1(min(value * span, 700.0)) for span in noisy) - quiet

    low, high = 1e-12, 1.0
    for _ in range(80):
        middle = math.sqrt(low * high)
        if slope(middle) > 0:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)


def auto_interval(changes: float, stretch: float = 1.0) -> float:
    """Seconds between visits for a rate of changes a second: the square-root rule between floor and ceiling. A
    `stretch` above 1, which the budget asks for, moves the ceiling too: a budget is kept before a promise."""
    wanted = USUAL / math.sqrt(max(changes, 1e-12) * DAY) * stretch
    return min(max(wanted, FLOOR), CEILING * max(stretch, 1.0))


def budget(rates: Sequence[float], fixed: float, daily_requests: float) -> float:
    """The stretch that keeps `auto` sources with these rates within what `fixed` requests a day (of the other
    sources) leave of the budget. 1 when there is room."""
    room = max(daily_requests - fixed, 1.0)

    def spent(stretch: float) -> float:
        return sum(DAY / auto_interval(value, stretch) for value in rates)

    if spent(1.0) <= room:
        return 1.0
    low, high = 1.0, 2.0
    while spent(high) > room and high < 1e6:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > room else (low, middle)
    return high
