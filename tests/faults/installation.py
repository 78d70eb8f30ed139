"""A whole installation in one process, whose n-th call of a kind fails, or in which it dies there.

Clock, network, mail server, database and process are simulated; pipeline, store and notifier are the real ones on a
real SQLite file. A history is drawn from its seed alone. What the program gives to threads runs in place, so that the
n-th call is the same one every time; an empty database is migrated once and copied for each history.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from alerts import roster
from alerts.channels.base import Answer, Channels, Outcome
from alerts.notifier import Notifier
from alerts.render.message import Message
from tracker import model, pipeline
from tracker.classify.classifier import Classifier
from tracker.engine.inline import broken
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
EVERY = timedelta(hours=1)
SOURCES, ROUNDS, RECOVERY = 3, 6, 6
KINDS = ("network down", "network dies", "database fails", "database full", "database dies", "commit fails",
         "dies before commit", "dies after commit", "mail defers", "mail lost",
         "dies before mail", "dies after mail")  # fmt: skip
DUTIES = (
    "keep records",
    "report incidents",
    "assess risks",
    "inform people",
    "test the system",
    "name a person",
    "ask first",
)


class Death(BaseException):
    """The process is gone: nothing of ours catches this."""


@dataclass
class Fault:
    """The `nth` call of a kind fails, once. `met` says whether it came to that, `counted` how often each kind of fault
    could have struck."""

    kind: str
    nth: int
    met: bool = False
    counted: Counter[str] = field(default_factory=Counter)

    def here(self, *kinds: str) -> str:
        """The kind of fault at this call, "" for none."""
        self.counted.update(kinds)
        if self.kind not in kinds or self.counted[self.kind] != self.nth:
            return ""
        self.met = True
        return self.kind


@dataclass
class World:
    """The pages as they are now, the clock, and what the mail server took."""

    seed: int
    fault: Fault
    now: datetime = START
    texts: dict[str, list[str]] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.texts = {
            f"source-{number}": [
                f"Article {article}. The operator may {duty}." for article, duty in enumerate(DUTIES, 1)
            ]
            for number in range(SOURCES)
        }

    def move(self) -> None:
        """Time passes, and some pages get another duty."""
        self.now += EVERY
        for lines in self.texts.values():
            if self.dice.random() < 0.5:
                at = self.dice.randrange(len(lines))
                days = self.dice.randrange(2, 90)
                lines[at] = f"Article {at + 1}. The operator shall {DUTIES[at]} within {days} days."

    async def fetch(
        self, source: model.Source, *, url: str = "", etag: str = "", last_modified: str = ""
    ) -> model.Fetched:
        """The page of a source, or the fault."""
        kind = self.fault.here("network down", "network dies")
        if kind == "network dies":
            raise Death
        if kind:
            return model.Fetched(model.Outcome.TIMEOUT, "no answer within 60 s", source.url, self.now, self.now)
        body = "<main><h1>Duties</h1>" + "".join(f"<p>{line}</p>" for line in self.texts[source.id]) + "</main>"
        return model.Fetched(
            model.Outcome.OK, "", source.url, self.now, self.now, final_url=source.url, status=200,
            body=f"<html><body>{body}</body></html>".encode(), media_type="text/html", charset="utf-8",
        )  # fmt: skip

    async def send(self, message: Message) -> Answer:
        """The mail server."""
        kind = self.fault.here("mail defers", "mail lost", "dies before mail", "dies after mail")
        if kind == "dies before mail":
            raise Death
        if kind == "mail defers":
            return Answer(Outcome.DEFERRED, 451, "later")
        self.taken[message.id] += 1
        if kind == "dies after mail":
            raise Death
        return Answer(Outcome.LOST, None, "cut off") if kind == "mail lost" else Answer(Outcome.ACCEPTED, 250, "taken")

    async def close(self) -> None:
        """Nothing is held open."""


class InPlace(ThreadPoolExecutor):
    """An executor without threads: what is handed over has run when it comes back."""

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **more: Any) -> Future[Any]:
        """The result, or the error, is there at once."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*arguments, **more))
        except BaseException as error:  # noqa: BLE001 - also the death of the process reaches whoever waits
            done.set_exception(error)
        return done


@cache
def _empty() -> bytes:
    """A migrated database without rows."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/tracker.db")
        migrate(database)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
        return (Path(folder) / "tracker.db").read_bytes()


@lru_cache(maxsize=1)
def _database(folder: Path) -> Database:
    """The database of a folder: kept from history to history, since it knows its statements already."""
    return Database(f"sqlite:///{folder / 'tracker.db'}")


def _anew(folder: Path) -> Database:
    for old in folder.glob("tracker.db*"):
        old.unlink()
    (folder / "tracker.db").write_bytes(_empty())
    return _database(folder)


def run(seed: int, kind: str, nth: int, folder: Path, classifier: Classifier) -> tuple[World, list[str]]:
    """One history; gives the world and what is wrong at its end, in words (nothing, it is hoped)."""
    world = World(seed, Fault(kind, nth))
    database = _anew(folder)
    settings = Settings(
        _env_file=None, data=folder, secret_key="a key of the tests", failing_after=1, alerts_per_hour=10_000
    )
    sources = [model.Source(id=name, url=f"https://{name}.example/", schedule="1h") for name in sorted(world.texts)]
    Records(database).sync_catalogue(sources, world.now)
    with database.write() as session:
        roster.sync(session, [model.Subscription(id="reader", to="reader@example.org")], world.now)
    fails, commit = _database_fault(world.fault), database.engine.dialect.do_commit
    event.listen(database.engine, "before_cursor_execute", fails)
    database.engine.dialect.do_commit = _commit_fault(world.fault, commit)  # type: ignore[assignment]  # no event for it
    wrong: list[str] = []
    for number in range(ROUNDS + RECOVERY):
        if number < ROUNDS:
            world.move()
        else:
            world.now += EVERY
        if number == ROUNDS + RECOVERY - 1:
            world.fault.nth = 0  # what fails in the very last round could not recover any more
        try:
            asyncio.run(_hour(world, database, settings, classifier))
        except Death:
            world.now += timedelta(minutes=12)  # it is noticed, and started again: leases of the dead have ended
        except OperationalError:
            pass  # the round is lost; the next one goes on
        if number < ROUNDS and world.fault.met and kind == "network down":
            wrong += _visible(database)
    wrong += invariants(world, database)
    event.remove(database.engine, "before_cursor_execute", fails)
    database.engine.dialect.do_commit = commit  # type: ignore[method-assign]
    database.dispose()
    return world, wrong


async def _hour(world: World, database: Database, settings: Settings, classifier: Classifier) -> None:
    asyncio.get_running_loop().set_default_executor(InPlace(1))
    await _round(world, database, settings, classifier)


async def _round(world: World, database: Database, settings: Settings, classifier: Classifier) -> None:
    """What the service does in an hour."""
    records = Records(database)
    for name in records.claim_due(world.now, SOURCES, "the one", 600):
        source = records.source(name)
        try:
            await pipeline.visit(source, world, records, classifier, world.now, failing_after=1)
        except OperationalError as error:
            records.record(broken(source, error, records, None, world.now, 1))
    notifier = Notifier(
        database, settings, clock=lambda: world.now, channels=Channels(settings, {"email": world}), by="the one"
    )
    for _ in range(20):
        if not await notifier.work_once():
            break


def chances(seed: int, folder: Path, classifier: Classifier) -> dict[str, int]:
    """How often each kind of fault could strike in a history: one is run in which nothing fails."""
    world, wrong = run(seed, "", 0, folder, classifier)
    assert not wrong, wrong
    return {kind: world.fault.counted[kind] for kind in KINDS}


def _database_fault(fault: Fault) -> Any:
    def before(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            return
        kind = fault.here("database fails", "database full", "database dies")
        if kind == "database dies":
            raise Death
        if kind:
            words = "database or disk is full" if kind == "database full" else "disk I/O error"
            raise OperationalError(statement, parameters, Exception(words))

    return before


def _commit_fault(fault: Fault, commit: Callable[[Any], None]) -> Callable[[Any], None]:
    def faulty(connection: Any) -> None:
        kind = fault.here("commit fails", "dies before commit", "dies after commit")
        if kind == "commit fails":
            raise sqlite3.OperationalError("database or disk is full")
        if kind == "dies before commit":
            raise Death
        commit(connection)
        if kind == "dies after commit":
            raise Death

    return faulty


def _visible(database: Database) -> list[str]:
    """A source that fails is seen to within one interval: its check says so, and has its reason."""
    with database.read() as session:
        failed = session.scalars(select(tables.Check).where(tables.Check.outcome == "timeout")).all()
        events = session.scalars(select(tables.Event.type).where(tables.Event.type == "source.failing")).all()
    return [] if len(failed) == 1 and failed[0].reason and len(events) == 1 else ["the failure is not visible"]


def invariants(world: World, database: Database) -> list[str]:
    """What must hold whatever happened."""
    wrong = []
    with database.read() as session:
        changes = session.scalars(select(tables.Change)).all()
        versions = {row.id: row for row in session.scalars(select(tables.Version))}
        bodies = {row.hash for row in session.scalars(select(tables.Body))}
        alerts = {
            row.change_id: row for row in session.scalars(select(tables.Alert).where(tables.Alert.kind == "change"))
        }
        documents = session.scalars(select(tables.Document)).all()
        lost = Counter(session.scalars(select(tables.Delivery.alert_id).where(tables.Delivery.outcome == "lost")))
        rows = session.scalars(select(tables.Source)).all()
        if session.scalar(select(tables.EventTodo.event_id).limit(1)) is not None:
            wrong.append("an event was not worked off")
    # One edit that reaches several pages is one cluster, told once.
    told_with = {change.cluster: alerts[change.id] for change in changes if change.cluster and change.id in alerts}
    for change in changes:
        ends = [versions.get(each) for each in (change.old_version_id, change.new_version_id) if each is not None]
        if len(ends) != 2 or any(end is None or end.body_hash not in bodies for end in ends):
            wrong.append(f"change {change.id} lacks a body")
        if change.state == "pending":
            wrong.append(f"change {change.id} still waits")
        alert = alerts.get(change.id) or told_with.get(change.cluster or "")
        if change.state == "told" and (alert is None or alert.state != "sent"):
            wrong.append(f"change {change.id} was told to nobody")
    for alert in alerts.values():
        copies = world.taken[alert.message_id.strip("<>")] or world.taken[alert.message_id] or world.taken[alert.id]
        # A second copy is right only where an attempt's outcome could not be known, and is noted as such.
        if copies == 0 or copies > 1 + lost[alert.id]:
            wrong.append(f"alert {alert.id} arrived {copies} times")
    for document in documents:
        latest = next(
            v for v in versions.values() if v.document_id == document.id and v.number == document.latest_version
        )
        source = next(row for row in rows if row.id == document.source_id)
        if not all(line.split(". ", 1)[1] in latest.text for line in world.texts[source.id]):
            wrong.append(f"the latest text of {source.id} is not what its page says")
    wrong += [f"{row.id} was skipped" for row in rows if world.now - (row.last_check_at or START) > 2 * EVERY]
    wrong += [f"{row.id} is still {row.health}" for row in rows if row.health != "ok"]
    return wrong
