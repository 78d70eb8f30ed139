"""The queue engine on a real PostgreSQL: one scheduler, turns shared by all, jobs of the dead taken over."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from tests.fetch.site import Site, answer, fetcher, raw, serving, source
from tracker.classify import classifier
from tracker.demo.site import DemoSite
from tracker.engine import queue
from tracker.engine.inline import Inline
from tracker.fetch.client import Fetcher
from tracker.model import Source
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.turns import Turns

pytestmark = pytest.mark.postgres


@pytest.fixture
def postgres(fresh_postgres: str) -> Iterator[Database]:
    database = Database(fresh_postgres)
    migrate(database)
    yield database
    database.dispose()


@pytest.fixture
async def app(postgres: Database) -> AsyncIterator[object]:
    made = queue.application(postgres)
    async with made.open_async():
        await queue.prepare(made, postgres)
        await queue.prepare(made, postgres)  # a second start finds everything there
        yield made


def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data=tmp_path, allow_private=("127.0.0.0/8",), host_delay=0.0, concurrency=4)


def test_it_needs_postgresql_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs PostgreSQL"):
        queue.application(Database(f"sqlite:///{tmp_path / 'a.db'}"))


async def test_what_is_due_is_checked_once_by_workers_that_share_the_queue(
    postgres: Database, app: queue.procrastinate.App, tmp_path: Path
) -> None:
    records, now = Records(postgres), datetime.now(UTC)
    with DemoSite() as site:
        sources = [Source(id=f"s{number}", url=f"{site.url}/regulation") for number in range(6)]
        records.sync_catalogue(sources, now)
        scheduler = queue.Scheduler(postgres, app)
        assert await scheduler.dispatch() == 6
        assert await scheduler.dispatch() == 0, "what waits in the queue is not put there again"
        stop = asyncio.Event()
        async with Fetcher(settings(tmp_path), gate=queue.SharedGate(Turns(postgres), by="a")) as fetcher:
            engine = Inline(records, fetcher, classifier.load(), settings(tmp_path))
            working = asyncio.create_task(queue.Worker(app, engine, settings(tmp_path)).run(stop, drain=2))
            for _ in range(200):
                with postgres.read() as session:
                    done = session.scalar(select(func.count()).select_from(tables.Check))
                if done == 6:
                    break
                await asyncio.sleep(0.1)
            stop.set()
            await asyncio.wait_for(working, 10)
    with postgres.read() as session:
        each = session.execute(select(tables.Check.source_id, func.count()).group_by(tables.Check.source_id)).all()
        left = session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
    assert sorted(count for _, count in each) == [1] * 6
    assert left == 0


async def test_the_job_of_a_worker_that_died_goes_to_another(postgres: Database, app: queue.procrastinate.App) -> None:
    now = datetime.now(UTC)
    Records(postgres).sync_catalogue([Source(id="s", url="http://127.0.0.1:9/")], now)
    scheduler = queue.Scheduler(postgres, app)
    await scheduler.dispatch()
    with postgres.write() as session:  # a worker took it and was never heard of again
        worker = session.scalar(text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (:at) RETURNING id"),
                                {"at": now - timedelta(minutes=5)})  # fmt: skip
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :w"), {"w": worker})
    assert await scheduler.rescue() == 1
    with postgres.read() as session:
        assert session.scalar(text("SELECT status FROM procrastinate_jobs")) == "todo"


async def test_only_one_scheduler_works_at_a_time(postgres: Database, app: queue.procrastinate.App) -> None:
    stop, dispatched = asyncio.Event(), {"a": 0, "b": 0}

    class Counting(queue.Scheduler):
        name = "a"

        async def dispatch(self) -> int:
            dispatched[self.name] += 1
            return 0

    first, second = Counting(postgres, app), Counting(postgres, app)
    second.name = "b"
    one = asyncio.create_task(first.run(stop, every=0.05))
    await asyncio.sleep(0.2)
    two = asyncio.create_task(second.run(stop, every=0.05))
    await asyncio.sleep(0.5)
    stop.set()
    await asyncio.gather(one, two)
    assert dispatched["a"] > 2
    assert dispatched["b"] == 0


async def test_workers_together_leave_a_host_its_pause(postgres: Database) -> None:
    async with serving(Site(robots="")) as site:
        site.routes.update({f"/{number}": answer(b"<p>A law.</p>") for number in range(6)} | {"/3": raw()})
        gates = [queue.SharedGate(Turns(postgres), by=name) for name in "ab"]
        async with fetcher(host_delay=0.1, gate=gates[0]) as one, fetcher(host_delay=0.1, gate=gates[1]) as two:
            await asyncio.gather(*((one, two)[n % 2].fetch(source(site.url(f"/{n}"), id=f"s{n}")) for n in range(6)))
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(site.log)]
    assert len(site.log) >= 8
    assert min(gaps) >= 0.1 - 0.002


class TestTurns:
    def test_one_turn_follows_another_by_the_delay_whoever_asks(self, database: Database) -> None:
        turns, now = Turns(database), datetime(2026, 1, 1, tzinfo=UTC)
        assert turns.take("h", now, by="a", lease=60) == 0
        assert turns.take("h", now, by="b", lease=60) == 60
        assert turns.take("other", now, by="b", lease=60) == 0
        turns.give("h", now + timedelta(seconds=1), by="a", delay=2)
        assert turns.take("h", now + timedelta(seconds=2), by="b", lease=60) == 1
        assert turns.take("h", now + timedelta(seconds=3), by="b", lease=60) == 0

    def test_the_turn_of_one_who_died_ends_with_its_lease(self, database: Database) -> None:
        turns, now = Turns(database), datetime(2026, 1, 1, tzinfo=UTC)
        assert turns.take("h", now, by="a", lease=60) == 0
        assert turns.take("h", now + timedelta(seconds=61), by="b", lease=60) == 0
        turns.give("h", now + timedelta(seconds=62), by="a", delay=0)  # the dead one was only slow
        assert turns.take("h", now + timedelta(seconds=63), by="c", lease=60) > 0

    def test_a_host_gets_its_pause_after_a_lease_that_ran_out_too(self, database: Database) -> None:
        turns, now = Turns(database), datetime(2026, 1, 1, tzinfo=UTC)
        assert turns.take("h", now, by="a", lease=60, delay=2) == 0
        assert turns.take("h", now + timedelta(seconds=60), by="b", lease=60) == 2
        assert turns.take("h", now + timedelta(seconds=62), by="b", lease=60, delay=2) == 0
        turns.give("h", now + timedelta(seconds=63), by="b", delay=2)
        assert turns.take("h", now + timedelta(seconds=64), by="c", lease=60) == 1

    def test_a_host_that_wants_peace_gets_it(self, database: Database) -> None:
        turns, now = Turns(database), datetime(2026, 1, 1, tzinfo=UTC)
        assert turns.held("h", now) == 0
        turns.hold("h", now, 30)
        turns.hold("h", now, 10)
        assert turns.held("h", now + timedelta(seconds=10)) == 20
