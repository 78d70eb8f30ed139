"""`tracker run`: migrate, schedule, engine, notifier and web in one process; drained within seconds when told to stop.

Everything that must survive is in the database, so that a process that is killed goes on where it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts import roster
from alerts.notifier import Notifier
from tracker import heap, schedule
from tracker.catalogue.load import Catalogue, CatalogueError, load
from tracker.catalogue.timing import parse
from tracker.classify import classifier as classifiers
from tracker.engine.inline import Inline
from tracker.fetch.client import Fetcher
from tracker.model import Outcome, Source
from tracker.pipeline import Plan, Visited
from tracker.settings import Settings
from tracker.store import blame, keeping, living, proof, space
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.state import SourceState
from tracker.store.turns import Turns
from tracker.web.app import create_app

DRAIN = 6.0  # seconds a check under way gets to end; with the web's and the mail's it stays below 10
UNREACHED = frozenset({Outcome.DNS, Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT})
UNKNOWN = (-1, -1)  # the stamp of a catalogue that is to be read again
OFFLINE_AFTER = 5  # this many checks without a single answer: it is not the hosts

Say = Callable[[str], None]

_log = structlog.get_logger("service")


def prepare(database: Database, catalogue: Catalogue, now: datetime) -> None:
    """Brings the database to the program's schema and to what the catalogue says."""
    migrate(database)
    adopt(database, catalogue, now)


def adopt(database: Database, catalogue: Catalogue, now: datetime) -> None:
    """Makes sources and subscriptions those of the catalogue; what is no longer there rests, nothing is lost."""
    Records(database).sync_catalogue(catalogue.sources, now)
    with database.write() as session:
        roster.sync(session, catalogue.subscriptions, now)


def planner(settings: Settings, database: Database, catalogue: Catalogue) -> Plan:
    """When sources are due again, with learned intervals stretched so that all of it keeps to the day's budget; the
    budget is looked at again once a day."""
    made_at, plan = datetime.min.replace(tzinfo=UTC), schedule.planner(timezone=settings.timezone)

    def current(
        source: Source, state: SourceState, visited: Visited, asked: datetime | None
    ) -> tuple[datetime | None, Mapping[str, Any]]:
        nonlocal made_at, plan
        if visited.now - made_at > timedelta(days=1):
            made_at = visited.now
            plan = schedule.planner(timezone=settings.timezone, stretch=_stretch(settings, database, catalogue))
        return plan(source, state, visited, asked)

    return current


def _stretch(settings: Settings, database: Database, catalogue: Catalogue) -> float:
    learned = Records(database).learned()
    rates, fixed = [], 0.0
    for source in catalogue.sources:
        timing = parse(source.schedule, settings.timezone)
        if timing.auto:
            rates.append(schedule.rate(learned.get(source.id, {})))
        else:
            fixed += timing.a_day
    return schedule.budget(rates, fixed, settings.daily_requests) if rates else 1.0


class Progress:
    """Tells a newcomer what is going on in the first minutes: what was read, what was not, and why."""

    def __init__(self, total: int, say: Say) -> None:
        self._total, self._say = total, say
        self._seen: dict[str, Outcome] = {}
        self._offline_said = self._round_said = False

    def __call__(self, visited: Visited) -> None:
        told = [change for change in visited.changes if change.told == visited.now]
        for change in told:
            self._say(f"{visited.source.title}: {change.summary.get('en', '')} [{change.assessment.tier.value}]")
        if self._round_said:
            return
        self._seen[visited.source.id] = visited.outcome
        failed = [outcome for outcome in self._seen.values() if outcome in UNREACHED]
        if len(failed) == len(self._seen) >= min(OFFLINE_AFTER, self._total) and not self._offline_said:
            self._offline_said = True
            self._say(
                f"No source can be reached from here ({visited.reason}). To see the tracker at work: tracker demo"
            )
        if len(self._seen) >= self._total:
            self._round_said = True
            good = sum(outcome in (Outcome.OK, Outcome.NOT_MODIFIED) for outcome in self._seen.values())
            kept = "their first versions kept. From now on only what changes is told." if good else "each says why."
            self._say(f"First round done: {good} of {self._total} sources read, {kept}")


class Service:
    """All rooms together in one process. `say` gets lines for a person; `clock` gives aware datetimes in UTC."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        database: Database,
        *,
        say: Say = lambda _line: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        web: bool = True,
    ) -> None:
        self.settings, self.catalogue, self.database = settings, catalogue, database
        self.stop = asyncio.Event()
        self._say, self._clock, self._web = say, clock, web
        self._records = Records(database)
        self._stamp = _stamp(settings.sources)
        self._server: uvicorn.Server | None = None

    async def run(self) -> None:
        """Runs until `stop` is set or a signal comes, then drains."""
        self._obey_signals()
        heap.give_back()
        await asyncio.to_thread(migrate, self.database)
        await self._adopt()
        async with self._engine() as (fetcher, tasks), self._scheduled(fetcher):
            notifier = Notifier(self.database, self.settings, clock=self._clock)
            tasks.append(asyncio.create_task(notifier.run(self.stop), name="notifier"))
            if self._web:
                tasks.append(asyncio.create_task(self._serve(), name="web"))
            tasks.append(asyncio.create_task(heap.resting(self.stop), name="heap"))
            await self._until_stopped(tasks)

    async def work(self) -> None:
        """A worker among others: checks and deliveries, no pages and no schedule."""
        self._obey_signals()
        heap.give_back()
        await asyncio.to_thread(migrate, self.database)
        async with self._engine(scheduling=False) as (_fetcher, tasks):
            notifier = Notifier(self.database, self.settings, clock=self._clock)
            tasks.append(asyncio.create_task(notifier.run(self.stop), name="notifier"))
            tasks.append(asyncio.create_task(heap.resting(self.stop), name="heap"))
            await self._until_stopped(tasks)

    def _obey_signals(self) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # not in the main thread
                asyncio.get_running_loop().add_signal_handler(name, self.stop.set)

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        """Waits for the end of any part: one that was asked to end, or one that failed."""
        asked = asyncio.create_task(self._asked_to_stop(), name="stop")
        ended, _ = await asyncio.wait([*tasks, asked], return_when=asyncio.FIRST_COMPLETED)
        self.stop.set()
        if self._server:
            self._server.should_exit = True
        await asyncio.wait(tasks, timeout=DRAIN + 2.5)
        for task in tasks:
            task.cancel()
        for task in ended - {asked}:
            task.result()  # what ended by itself ended by an error

    async def _asked_to_stop(self) -> None:
        await self.stop.wait()

    @asynccontextmanager
    async def _engine(self, *, scheduling: bool = True) -> AsyncIterator[tuple[Fetcher, list[asyncio.Task[None]]]]:
        """What makes the checks: in this process, or through the queue in this and others."""
        classifier = await asyncio.to_thread(classifiers.load, self.settings.taxonomy)
        plan = await asyncio.to_thread(planner, self.settings, self.database, self.catalogue)
        progress = Progress(len(self.catalogue.sources), self._say)
        if self.settings.engine == "inline":
            async with Fetcher(self.settings) as fetcher:
                engine = Inline(
                    self._records, fetcher, classifier, self.settings, plan=plan, clock=self._clock, done=progress
                )
                yield fetcher, [asyncio.create_task(engine.run(self.stop, drain=DRAIN), name="engine")]
            return
        from tracker.engine import queue  # the extra `queue` is needed only here

        app = queue.application(self.database)
        async with app.open_async():
            await queue.prepare(app, self.database)
            lease = queue.TURN_LEASE + self.settings.timeout
            gate = queue.SharedGate(Turns(self.database), by=living.name(), lease=lease)
            async with Fetcher(self.settings, gate=gate) as fetcher:
                engine = Inline(
                    self._records, fetcher, classifier, self.settings, plan=plan, clock=self._clock, done=progress
                )
                worker = queue.Worker(app, engine, self.settings)
                tasks = [asyncio.create_task(worker.run(self.stop, drain=DRAIN), name="worker")]
                if scheduling:
                    scheduler = queue.Scheduler(self.database, app, self._clock)
                    tasks.append(asyncio.create_task(scheduler.run(self.stop), name="scheduler"))
                yield fetcher, tasks

    # ------------------------------------------------------------------------------------------------- parts

    async def _serve(self) -> None:
        app = create_app(self.database, self.settings, clock=self._clock)
        config = uvicorn.Config(
            app, host=self.settings.web_host, port=self.settings.web_port, log_config=None, access_log=False,
            server_header=False, proxy_headers=bool(self.settings.trusted_proxies),
            forwarded_allow_ips=list(self.settings.trusted_proxies), timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = _Server(config)
        try:
            await self._server.serve()
        except SystemExit as error:  # uvicorn's way to say that the port is taken
            where = f"{self.settings.web_host}:{self.settings.web_port}"
            raise RuntimeError(f"the web pages cannot be served on {where}: is it in use? TRACKER_WEB_PORT") from error

    @asynccontextmanager
    async def _scheduled(self, fetcher: Fetcher) -> AsyncIterator[None]:
        """What happens by the clock beside the checks: the catalogue re-read, proof, keeping, the dead man's ping."""
        jobs = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        jobs.add_job(self._reread, "interval", seconds=5)
        jobs.add_job(self._proof, "interval", hours=6, next_run_time=datetime.now(UTC) + timedelta(minutes=2))
        jobs.add_job(self._keep, "cron", hour=3, minute=17)
        if self.settings.dead_man_url:
            jobs.add_job(self._ping, "interval", minutes=5, args=[fetcher], next_run_time=datetime.now(UTC))
        jobs.start()
        try:
            yield
        finally:
            jobs.shutdown(wait=False)

    async def _reread(self) -> None:
        """sources.yaml is taken over when it was edited; a mistake is told and changes nothing."""
        stamp = _stamp(self.settings.sources)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            catalogue = await asyncio.to_thread(load, self.settings.sources, taxonomy=self.settings.taxonomy)
        except CatalogueError as error:
            self._say(f"{error}\n{self.settings.sources} was edited but cannot be used; the old catalogue stays.")
            return
        self.catalogue = catalogue
        if not await self._adopt():
            return
        self._say(f"{self.settings.sources} was edited: {len(catalogue.sources)} sources now.")

    async def _adopt(self) -> bool:
        """Takes the catalogue over. On a full disk the pages are served all the same, and it is tried again."""
        try:
            await asyncio.to_thread(adopt, self.database, self.catalogue, self._clock())
        except Exception as error:
            if not space.full(error):
                raise
            self._stamp = UNKNOWN
            space.tell(_log, error, "the catalogue could not be taken over; trying again")
            return False
        return True

    async def _proof(self) -> None:
        try:
            await asyncio.to_thread(checkpoint, self.database, self.settings, self._clock())
        except Exception as error:  # noqa: BLE001 - it is made at the next turn, with the files that are missing
            space.tell(_log, error, "the day's checkpoint could not be made")

    async def _keep(self) -> None:
        try:
            gone = await asyncio.to_thread(keeping.let_go, self.database, self.settings.keep, self._clock())
            checks = await asyncio.to_thread(
                keeping.let_go_checks, self.database, self.settings.keep_checks, self._clock()
            )
        except Exception as error:  # noqa: BLE001 - it is done at the next turn
            space.tell(_log, error, "bodies and old checks could not be let go")
            return
        if gone or checks:
            _log.info("let go", bodies=gone, keep=self.settings.keep, checks=checks)
        try:  # of versions that came in before it was kept
            await asyncio.to_thread(blame.fill, self.database)
        except Exception as error:  # noqa: BLE001 - it is done at the next turn
            space.tell(_log, error, "since when paragraphs stand could not be kept")

    async def _ping(self, fetcher: Fetcher) -> None:
        answer = await fetcher.fetch(Source(id="dead-man", url=self.settings.dead_man_url, robots="ignore"))
        if answer.outcome is not Outcome.OK:
            _log.warning("the dead man's address does not answer", reason=answer.reason)


class _Server(uvicorn.Server):
    """uvicorn without hands on the signals: the service drains everything together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def checkpoint(database: Database, settings: Settings, now: datetime) -> None:
    """The day's signed statement of where every chain stands, in the database and as a file beside it."""
    with database.write() as session:
        proof.checkpoint(session, proof.load_key(settings.data / "proof.key"), now)
    with database.read() as session:
        proof.keep_files(session, settings.data / "checkpoints")


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
