"""Checks on any number of machines: jobs in PostgreSQL by Procrastinate, each one `pipeline.visit`.

One scheduler at a time (an advisory lock) turns what is due into jobs; workers take them. A host's jobs never run at
once, wherever the workers are, and turns at a host are kept in the database. Deliveries need no jobs: the notifier's
own rows are taken with SKIP LOCKED, so every worker runs one.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import procrastinate
import structlog
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from sqlalchemy import text

from tracker.engine.inline import Inline
from tracker.fetch.politeness import LONGEST_HOLD
from tracker.settings import Settings
from tracker.store import living
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.turns import Turns

LEASE = 900.0  # seconds until a source whose job was lost on the way is taken again
QUEUED = 500  # jobs that wait at most: what is due beyond stays in `source`, where looking is cheap
PER_HOST = 8  # of them for one host
STALLED_AFTER = 30.0  # seconds without a sign of life after which a worker's jobs are given to others
TURN_LEASE = 60.0  # seconds a turn lasts beside the time of its request; then its holder is taken for dead
SCHEDULER = 0x73636865  # "sche": PostgreSQL's advisory lock of the one that schedules
CHECKS = "checks"

_log = structlog.get_logger("queue")


def _now() -> datetime:
    return datetime.now(UTC)


def application(database: Database) -> procrastinate.App:
    """Procrastinate over the tracker's own database. Raises ValueError for one that is not PostgreSQL."""
    if database.sqlite:
        raise ValueError(
            "TRACKER_ENGINE=queue needs PostgreSQL: set TRACKER_DATABASE_URL=postgresql://… "
            "(`tracker migrate --from sqlite:///… --to postgresql://…` takes the history along)"
        )
    address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))


async def prepare(app: procrastinate.App, database: Database) -> None:
    """Makes Procrastinate's tables where they are missing; once, even if several start together."""
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SCHEDULER + 1})
        if connection.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
            await app.schema_manager.apply_schema_async()


class SharedGate:
    """fetch.politeness.HostGate over the database: turns of one host follow each other whoever asks."""

    def __init__(
        self, turns: Turns, *, by: str, lease: float = TURN_LEASE, clock: Callable[[], datetime | None] = lambda: None
    ) -> None:
        """`lease` is seconds, longer than a request may take; `clock` gives None for the database's time."""
        self._turns, self._by, self._lease, self._clock = turns, by, lease, clock

    @asynccontextmanager
    async def turn(self, host: str, delay: float) -> AsyncIterator[None]:
        """Waits for the host's turn and keeps it while the block runs."""
        mine = f"{self._by}:{secrets.token_hex(4)}"
        while wait := await self._take(host, mine, delay):  # noqa: ASYNC110 - it ends on another machine
            await asyncio.sleep(min(wait, 1.0))
        try:
            yield
        finally:
            await asyncio.shield(asyncio.to_thread(self._turns.give, host, self._clock(), by=mine, delay=delay))

    async def _take(self, host: str, mine: str, delay: float) -> float:
        return await asyncio.to_thread(self._turns.take, host, self._clock(), by=mine, lease=self._lease, delay=delay)

    async def hold(self, host: str, seconds: float) -> None:
        """Nobody asks the host for that long."""
        await asyncio.to_thread(self._turns.hold, host, self._clock(), min(max(seconds, 0.0), LONGEST_HOLD))

    async def held(self, host: str) -> float:
        """Seconds for which the host is still to be left in peace."""
        return await asyncio.to_thread(self._turns.held, host, self._clock())


class Scheduler:
    """Turns what is due into jobs, and gives the jobs of dead workers to the living. Many may run; one works."""

    def __init__(self, database: Database, app: procrastinate.App, clock: Callable[[], datetime] = _now) -> None:
        self._database, self._app, self._clock = database, app, clock
        self._records = Records(database)
        self._by = living.name()

    async def run(self, stop: asyncio.Event, *, every: float = 1.0) -> None:
        """Works while the lock is ours; stands by while another has it."""
        while not stop.is_set():
            try:
                await self._reign(stop, every)
            except Exception:  # noqa: BLE001 - the database comes back; the scheduler must be there then
                _log.exception("the scheduler lost its footing; trying again")
            await _pause(stop, 5 * every)

    async def _reign(self, stop: asyncio.Event, every: float) -> None:
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": SCHEDULER}):
                return
            await asyncio.to_thread(self._bury)
            rounds = 0
            while not stop.is_set():
                await self.dispatch()
                if rounds % 10 == 0:
                    await self.rescue()
                rounds += 1
                await _pause(stop, every)
                connection.scalar(text("SELECT 1"))  # a lost connection means a lost lock: out, and try again

    async def dispatch(self) -> int:
        """Defers a job for each due source; gives how many were new."""
        busy, queued = await asyncio.to_thread(self._waiting)
        room = QUEUED - busy.total()
        if room <= 0:
            return 0
        due = await asyncio.to_thread(
            self._records.claim_due, self._clock(), room, self._by, LEASE, busy=busy, per_host=PER_HOST
        )
        if not due:
            return 0
        urgent = await asyncio.to_thread(self._records.urgent, due)
        hosts = await asyncio.to_thread(self._records.hosts, due)
        return await self._defer([
            Job(queue=CHECKS, lock=f"host:{host}", queueing_lock=f"source:{name}", task_name="check",
                task_kwargs={"source": name}, priority=10 if name in urgent else 0)
            for name, host in hosts.items() if f"source:{name}" not in queued
        ])  # fmt: skip

    async def _defer(self, jobs: list[Job]) -> int:
        """All at once; one by one where one of them waits already, which a worker will get to."""
        if not jobs:
            return 0
        try:
            return len(await self._app.job_manager.batch_defer_jobs_async(jobs))
        except AlreadyEnqueued:
            made = 0
            for job in jobs:
                with contextlib.suppress(AlreadyEnqueued):
                    await self._app.job_manager.defer_job_async(job)
                    made += 1
            return made

    def _waiting(self) -> tuple[Counter[str], frozenset[str]]:
        """How many jobs of each host wait or are under way, and the queueing locks of those that wait."""
        question = "SELECT lock, queueing_lock, status FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
        with self._database.read() as session:
            jobs = session.execute(text(question)).all()
        busy = Counter(str(job.lock).removeprefix("host:") for job in jobs)
        return busy, frozenset(str(job.queueing_lock) for job in jobs if str(job.status) == "todo")

    def _bury(self) -> None:
        """What a scheduler of this machine had claimed when it was killed, and not yet made a job of, is free."""
        with self._database.write() as session:
            jobs = text("SELECT queueing_lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
            held = {str(lock).removeprefix("source:") for lock in session.scalars(jobs)}
            living.claims(session, but=held)

    async def rescue(self) -> int:
        """Gives jobs whose worker has died to the others."""
        stalled = list(await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER))
        for job in stalled:
            await self._app.job_manager.retry_job(job, retry_at=self._clock())
        if stalled:
            _log.warning("jobs of a worker that died are given to others", count=len(stalled))
        return len(stalled)


class Worker:
    """Takes jobs and visits sources. `engine` is where a check is made: the same as in one process."""

    def __init__(self, app: procrastinate.App, engine: Inline, settings: Settings) -> None:
        self._app, self._settings = app, settings

        @app.task(name="check", queue=CHECKS)
        async def check(source: str) -> None:
            await engine.check(source)

    async def run(self, stop: asyncio.Event, *, drain: float = 6.0) -> None:
        """Works until `stop` is set; what is under way then gets `drain` seconds, the rest is left to others."""
        options: dict[str, Any] = {
            "queues": [CHECKS],
            "concurrency": self._settings.concurrency,
            "install_signal_handlers": False,
            "shutdown_graceful_timeout": drain,
            "delete_jobs": "always",
            "fetch_job_polling_interval": 2.0,
            "stalled_worker_timeout": STALLED_AFTER,
        }
        working = asyncio.create_task(self._app.run_worker_async(**options), name="worker")
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
            return
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
