"""robots.txt (RFC 9309): asked once a day for each origin, under the same guard and in the same turns as pages.

A host that has none (4xx) allows everything. One that cannot give it now (5xx, silence, broken) is not read either,
as the standard wants it, unless an answer of the last day is known; the check then says so and comes again.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import httpx
from protego import Protego

from tracker.fetch.headers import ROBOT
from tracker.fetch.outcome import Failure
from tracker.model import Outcome

KEEP_SECONDS = 86_400.0  # RFC 9309, 2.4: not longer than 24 hours
RETRY_SECONDS = 300.0  # after a failure: the next source of that host need not wait for it again
STALE_SECONDS = 7 * 86_400.0  # an answer this old still counts while the host cannot give a new one
MOST_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB are read; what follows is ignored
KNOWN_ORIGINS = 5_000
UNREACHABLE = frozenset({Outcome.DNS, Outcome.CONNECT, Outcome.TLS, Outcome.RATE_LIMITED})  # the host, not the file


class AnswerLike(Protocol):
    """client.Answer."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host asks of us. `delay` is seconds between two requests."""

    parsed: Protego | None = None
    delay: float = 0.0

    def allows(self, url: str) -> bool:
        """Whether the host lets us read the address."""
        return self.parsed is None or bool(self.parsed.can_fetch(url, ROBOT))


@dataclass(slots=True)
class _Known:
    rules: Rules
    at: float
    failure: Failure | None = None
    failed_at: float = 0.0


class Robots:
    """The rules of origins, cached. `ask` gets the address of a robots.txt answered, or raises Failure."""

    def __init__(
        self, ask: Callable[[httpx.URL], Awaitable[AnswerLike]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask, self._now = ask, now
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def rules(self, url: httpx.URL) -> Rules:
        """The rules for an address. Raises Failure where the host cannot give them now."""
        at = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        origin = str(at)
        lock = self._asking.setdefault(origin, asyncio.Lock())
        try:
            async with lock:
                return await self._current(origin, at)
        finally:
            if not lock.locked():
                self._asking.pop(origin, None)

    async def _current(self, origin: str, at: httpx.URL) -> Rules:
        known, now = self._known.get(origin), self._now()
        if known is not None and known.failure is None and now - known.at < KEEP_SECONDS:
            return known.rules
        if known is not None and known.failure is not None and now - known.failed_at < RETRY_SECONDS:
            return _stale(known, now)
        try:
            fresh = _Known(_rules(await self._ask(at)), self._now())
        except Failure as failure:
            fresh = known or _Known(Rules(), float("-inf"))
            fresh.failure, fresh.failed_at = failure, self._now()
            self._keep(origin, fresh)
            return _stale(fresh, self._now())
        self._keep(origin, fresh)
        return fresh.rules

    def _keep(self, origin: str, known: _Known) -> None:
        self._known[origin] = known
        self._known.move_to_end(origin)
        while len(self._known) > KNOWN_ORIGINS:
            self._known.popitem(last=False)


def _stale(known: _Known, now: float) -> Rules:
    if known.failure is None or now - known.at < STALE_SECONDS:
        return known.rules
    failure = known.failure
    plain = failure.outcome in UNREACHABLE or "robots.txt" in failure.reason
    words = failure.reason if plain else f"robots.txt cannot be read: {failure.reason}"
    raise Failure(failure.outcome, words, status=failure.status, retry_after=failure.retry_after) from failure


def _rules(answer: AnswerLike) -> Rules:
    """The rules that an answer gives. Raises Failure for one that gives none although there may be some."""
    if answer.status == 429 or answer.status >= 500:
        words = f"robots.txt cannot be read now ({answer.status}), so the page is left alone"
        raise Failure(Outcome.SERVER_ERROR, words, status=answer.status)
    if not 200 <= answer.status < 300:
        return Rules()
    body = answer.body[:MOST_BYTES]
    if b"\x00" in body or body.lstrip()[:1] == b"<":
        return Rules()  # a page in its place: no rules in there
    try:
        parsed = Protego.parse(body.decode("utf-8-sig", "replace"))
        delay = parsed.crawl_delay(ROBOT) or 0.0
        rate = parsed.request_rate(ROBOT)
        if rate is not None and rate.requests > 0:
            delay = max(delay, rate.seconds / rate.requests)
    except Exception:  # noqa: BLE001  what a host writes in there must not end the visit of its pages
        return Rules()
    return Rules(parsed, min(max(float(delay), 0.0), 3600.0))
