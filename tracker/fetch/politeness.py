"""How often a host is asked: one request after another with a pause between, and not at all while it wants peace.

`HostGate` is what the client needs; `LocalGate` keeps it within one process. Several workers put a gate in its place
that holds a lock per host in the database they share.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from tracker.fetch.outcome import Failure, in_words
from tracker.model import Outcome

LONGEST_DELAY = 120.0  # seconds; a longer crawl delay is kept by the schedule, which comes hours later anyway
LONGEST_HOLD = 7 * 86400.0  # a host that asks for more peace than a week is asked again after a week
SILENT_AFTER = 2  # requests in a row without an answer
SILENT_SECONDS = 60.0  # for which such a host is not asked
FORGET_SECONDS = 600.0  # after which an older silence no longer counts
NO_ANSWER = frozenset({Outcome.DNS, Outcome.CONNECT, Outcome.TIMEOUT})
KNOWN_HOSTS = 10_000  # remembered at once; idle ones are forgotten first


class HostGate(Protocol):
    """Turns at a host. An implementation must let turns of one host follow each other by `delay` seconds, counted
    from the end of one to the start of the next, whoever asks."""

    def turn(self, host: str, delay: float) -> AbstractAsyncContextManager[None]:
        """Waits until it is our turn at the host, and keeps it while the block runs."""
        ...

    async def hold(self, host: str, seconds: float) -> None:
        """Nobody asks the host for that long (it sent Retry-After)."""
        ...

    async def held(self, host: str) -> float:
        """Seconds for which the host is still to be left in peace, 0 when it may be asked."""
        ...


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    pace: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    held_until: float = 0.0
    waiting: int = 0


class LocalGate:
    """Turns within this process, first come first served. `now` is a clock in seconds that never goes back."""

    def __init__(
        self,
        *,
        concurrency: int = 1,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._concurrency, self._now, self._sleep = concurrency, now, sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, delay: float) -> AsyncIterator[None]:
        """As in HostGate; with a concurrency above one, starts are spaced and so are ends and starts."""
        state = self._host(host)
        state.waiting += 1
        try:
            async with state.slots:
                async with state.pace:
                    while (wait := state.free_at - self._now()) > 0:
                        await self._sleep(wait)
                    state.free_at = self._now() + delay
                try:
                    yield
                finally:
                    state.free_at = max(state.free_at, self._now() + delay)
        finally:
            state.waiting -= 1

    async def hold(self, host: str, seconds: float) -> None:
        """As in HostGate."""
        state = self._host(host)
        state.held_until = max(state.held_until, self._now() + min(max(seconds, 0.0), LONGEST_HOLD))

    async def held(self, host: str) -> float:
        """As in HostGate."""
        state = self._hosts.get(host)
        return max(0.0, state.held_until - self._now()) if state else 0.0

    def _host(self, host: str) -> _Host:
        state = self._hosts.get(host)
        if state is None:
            if len(self._hosts) >= KNOWN_HOSTS:
                self._forget()
            state = self._hosts[host] = _Host(asyncio.Semaphore(self._concurrency))
        return state

    def _forget(self) -> None:
        now = self._now()
        for name, state in list(self._hosts.items()):
            if not state.waiting and state.free_at <= now and state.held_until <= now:
                del self._hosts[name]


class Silent:
    """Hosts that do not answer. After two requests in a row without an answer the others in the line are not made to
    wait for the same: for a while they get that answer at once, so that one dead host with many sources does not keep
    the places of all. `now` is a clock in seconds that never goes back."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._hosts: OrderedDict[str, _Silence] = OrderedDict()

    def check(self, host: str) -> None:
        """Raises Failure, the host's last one, while it is taken for dead."""
        silence = self._hosts.get(host)
        if silence is None or silence.times < SILENT_AFTER:
            return
        ago = self._now() - silence.at
        if ago < SILENT_SECONDS:
            words = f"{host} did not answer {in_words(ago)} ago and is not asked again yet ({silence.last.reason})"
            raise Failure(silence.last.outcome, words) from silence.last

    @contextmanager
    def heard(self, host: str) -> Iterator[None]:
        """Around a request: remembers whether there was an answer of any kind."""
        try:
            yield
        except Failure as failure:
            if failure.outcome in NO_ANSWER:
                before = self._hosts.pop(host, None)
                recent = before is not None and self._now() - before.at < FORGET_SECONDS
                self._hosts[host] = _Silence((before.times if before and recent else 0) + 1, self._now(), failure)
                while len(self._hosts) > KNOWN_HOSTS:
                    self._hosts.popitem(last=False)
            else:
                self._hosts.pop(host, None)
            raise
        self._hosts.pop(host, None)


@dataclass(frozen=True, slots=True)
class _Silence:
    times: int
    at: float
    last: Failure


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), None where it says nothing
    that can be understood. Never negative, a week at most."""
    text = value.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), int(LONGEST_HOLD)))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return min(max((moment - now).total_seconds(), 0.0), LONGEST_HOLD)
    except OverflowError:
        return None
