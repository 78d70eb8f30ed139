"""Checks in this process: as many requests at once as the settings allow, each check one `pipeline.visit`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from tracker import pipeline
from tracker.classify.classifier import Classifier
from tracker.model import Fetched, Outcome, Source
from tracker.settings import Settings
from tracker.store import living, space
from tracker.store.records import Records

LEASE = 180.0  # seconds a claimed source stays claimed; renewed while its check is under way
RENEW = 60.0
WAITING = 4  # checks begun for each request allowed at once: those that wait for a host hold nobody up
FULL = 30.0  # seconds without new checks after one that a full disk could not keep: hosts are not asked in vain
PER_HOST = 4  # checks begun for each request allowed at once at one host: a large host leaves places to the others

_log = structlog.get_logger("checks")

Done = Callable[[pipeline.Visited], None]


class Inline:
    """Takes what is due and visits it. `done` is told of every visit; `by` names this process among those that share
    the database."""

    def __init__(
        self,
        records: Records,
        fetch: pipeline.Fetch,
        classifier: Classifier,
        settings: Settings,
        *,
        plan: pipeline.Plan | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        done: Done | None = None,
        by: str = "",
    ) -> None:
        self._records, self._fetch, self._classifier = records, fetch, classifier
        self._settings, self._plan, self._clock, self._done = settings, plan, clock, done
        self.by = by or living.name()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._hosts: dict[str, str] = {}
        self._dispatching = asyncio.Lock()
        self._draining = False
        self._rests_until = 0.0  # by time.monotonic

    @property
    def under_way(self) -> int:
        """Checks that are being made right now."""
        return len(self._running)

    async def dispatch(self) -> int:
        """Starts checks that are due, up to the number allowed at once; gives how many it started."""
        async with self._dispatching:
            free = WAITING * self._settings.concurrency - len(self._running)
            if self._draining or free <= 0 or time.monotonic() < self._rests_until:
                return 0
            busy = Counter(self._hosts[name] for name in self._running if name in self._hosts)
            due = await asyncio.to_thread(
                self._records.claim_due, self._clock(), free, self.by, LEASE,
                busy=busy, per_host=PER_HOST * self._settings.host_concurrency,
            )  # fmt: skip
            self._hosts = {name: host for name, host in self._hosts.items() if name in self._running}
            self._hosts |= await asyncio.to_thread(self._records.hosts, due) if due else {}
            for source_id in due:
                task = asyncio.create_task(self.check(source_id), name=f"check {source_id}")
                self._running[source_id] = task
                task.add_done_callback(lambda _task, name=source_id: self._running.pop(name, None))  # type: ignore[misc]  # mypy can't infer a lambda with a default
            return len(due)

    async def run(self, stop: asyncio.Event, *, every: float = 1.0, drain: float = 6.0) -> None:
        """Dispatches until `stop` is set: at once when a check has ended, else every so many seconds. What is under
        way then gets `drain` seconds to end."""
        await asyncio.to_thread(self._records.bury)
        renewing = asyncio.create_task(self._renew())
        try:
            while not stop.is_set():
                try:
                    await self.dispatch()
                except Exception as error:  # noqa: BLE001 - a database that is away comes back; the dispatcher must be there then
                    self._rests(error)
                    space.tell(_log, error, "nothing could be taken; trying again")
                await self._pause(stop, every)
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing
            await self.drain(drain)

    async def _pause(self, stop: asyncio.Event, every: float) -> None:
        waiting = asyncio.create_task(stop.wait())
        full = len(self._running) >= WAITING * self._settings.concurrency
        await asyncio.wait(
            [waiting, *(self._running.values() if full else ())], timeout=every, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()

    async def drain(self, seconds: float) -> None:
        """Takes nothing new, gives what is under way some time to end, and gives the rest back unvisited."""
        self._draining = True
        running = dict(self._running)
        if running:
            await asyncio.wait(running.values(), timeout=seconds)
        for name, task in running.items():
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await asyncio.to_thread(self._records.release, name, by=self.by)

    async def check(self, source_id: str) -> None:
        """One check, whatever comes of it; recorded in any case, unless the database can keep nothing: then the
        source is due again when its claim has run out."""
        log = _log.bind(source=source_id)
        try:
            visited = await self._visit(source_id, log)
        except KeyError:
            return
        except Exception as error:  # noqa: BLE001 - a full disk, a database that is away: the next check may be kept
            self._rests(error)
            space.tell(log, error, "the check could not be kept")
            return
        log.info("checked", check=visited.check, outcome=visited.outcome.value, reason=visited.reason)
        if self._done:
            self._done(visited)

    async def _visit(self, source_id: str, log: Any) -> pipeline.Visited:
        source = await asyncio.to_thread(self._records.source, source_id)
        try:
            return await pipeline.visit(
                source, self._fetch, self._records, self._classifier, self._clock(), plan=self._plan,
                clock=self._clock, failing_after=self._settings.failing_after,
                second_look=timedelta(hours=self._settings.second_look_hours),
            )  # fmt: skip
        except Exception as error:
            if space.full(error):
                raise
            log.exception("the check failed by a defect of ours")
            visited = broken(source, error, self._records, self._plan, self._clock(), self._settings.failing_after)
            await asyncio.to_thread(self._records.record, visited)
            return visited

    def _rests(self, error: Exception) -> None:
        if space.full(error):
            self._rests_until = time.monotonic() + FULL

    async def _renew(self) -> None:
        """A check that takes long keeps its claim, so that nobody else starts it a second time."""
        while True:
            await asyncio.sleep(RENEW)
            names = list(self._running)
            with contextlib.suppress(Exception):
                await asyncio.to_thread(self._records.renew, names, self._clock(), by=self.by, lease=LEASE)


def broken(
    source: Source,
    error: Exception,
    records: pipeline.RecordsLike,
    plan: pipeline.Plan | None,
    now: datetime,
    failing_after: int,
) -> pipeline.Visited:
    """The record of a check that a defect of ours ended: visible in the log, counted as a failure, tried again."""
    state = records.state(source.id)
    reason = f"a defect of the tracker: {type(error).__name__}: {error}"[:500]
    fetched = Fetched(Outcome.INTERNAL, reason, source.url, now, now)
    check = pipeline.check_id(source, fetched, now)
    visited = pipeline.failed(check, source, fetched, state, now, Outcome.INTERNAL, reason, failing_after)
    return pipeline.planned(visited, state, plan, fallback=now + timedelta(hours=1))
