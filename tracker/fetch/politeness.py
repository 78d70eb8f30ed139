"""How often a host is asked: one request after another with a pause between, and not at all while it wants peace.

`HostGate` is what the client needs; `LocalGate` keeps it within one process. Several workers put a gate in its place
that holds a lock per host in the database they share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

LONGEST_DELAY = 120.0  # seconds; a longer crawl delay is kept by the schedule, which comes hours later anyway
LONGEST_HOLD = 7 * 86400.0  # a host that asks for more peace than a week is asked again after a week
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
