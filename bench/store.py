"""The database against its size: what each question takes with 1,000 to 1,000,000 versions, and how it grows.

    python -m bench.store --folder DIR [--versions 1000,10000,100000,200000] [--repeat 15]
    python -m bench.store --server postgresql://… [--versions 1000,10000,100000,1000000]

Data is generated (bench/generated.py). Databases are kept, a file or a database of the server for each size, and used
again: --fill makes them and asks nothing, so that the asking can wait for a quiet machine. The growth's exponent is
that of time over versions from the smallest to the largest: 0 is a question that does not feel the size, 1 one that
reads everything. A line of two exponents says that of the last step too: what is flat while it fits into memory may
grow beyond. --verify walks the chain of the largest as well.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from alerts import digest, making
from alerts.channels.base import Channels
from alerts.deliver import Deliverer
from bench.generated import AREAS, BLOCKS, EACH, NOW, RARE, SEED, START, Words, fill
from tracker import model, pipeline
from tracker.settings import Settings
from tracker.store import checkpoint, keeping, proof, queries, queries_overview, queries_web, search, tables
from tracker.store import migrate as migrations
from tracker.store.outbox import Work
from tracker.store.queries import ChangeFilter
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.web.app import create_app

Question = Callable[[], object]


# ------------------------------------------------------------------------------------------------- questions


def questions(database: Database, documents: int, rng: random.Random, settings: Settings) -> dict[str, Question]:
    """What the service, the web, the notifier and commands ask, one run each."""
    records = Records(database)

    def some() -> int:
        return rng.randint(1, documents)

    def reading(ask: Callable[[Any], object]) -> Question:
        def run() -> object:
            with database.read() as session:
                return ask(session)

        return run

    def change_ids() -> list[str]:
        with database.read() as session:
            told = select(tables.Change.id).where(tables.Change.state == "told")
            return list(session.scalars(told.order_by(tables.Change.id).limit(500)))

    changes = change_ids()
    common = " ".join(Words(random.Random(SEED)).all[:2])
    week = NOW - timedelta(days=40)
    told, year = ChangeFilter(states=("told",)), NOW - timedelta(days=365)
    counts: list[queries_overview.Activity] = []

    def counted() -> queries_overview.Activity:
        if not counts:
            with database.read() as session:
                whole = queries_overview.activity(session, since=year)
            # Generated events are numbered by document and not by time: the last ones would be of every month.
            event = whole.marker[0] + queries_overview.AGAIN_EVENTS
            counts.append(replace(whole, marker=(event, whole.marker[1])))
        return counts[0]

    return {
        "dispatch: claim 50": lambda: records.claim_due(NOW, 50, "bench", lease=0),
        "check: state and past": lambda: (records.state(f"source-{(n := some())}"), records.past(f"source-{n}", "")),
        "check: clusters of a week": lambda: records.clusters(NOW - timedelta(days=7)),
        "check: record nothing new": lambda: records.record(_visit(some(), None)),
        "check: record a change": lambda: records.record(_visit(some(), rng)),
        "web: overview's lists": reading(lambda s: (
            queries.list_changes(s, told, limit=8), queries.changes_since(s, week, told),
            queries.sources(s, health="failing"), queries_web.standing(s),
        )),
        "web: heat maps of a year, first": reading(lambda s: queries_overview.activity(s, since=year)),
        "web: heat maps, one change later": reading(
            lambda s: queries_overview.activity(s, since=year, known=counted())
        ),
        "web: dates ahead": reading(lambda s: queries.deadlines_ahead(s, NOW.date(), limit=10)),
        "web: changes, newest": reading(lambda s: queries.list_changes(s, limit=50)),
        "web: changes of an area": reading(
            lambda s: queries.list_changes(s, ChangeFilter(areas=(AREAS[3],)), limit=50)
        ),
        "web: changes of a jurisdiction": reading(
            lambda s: queries.list_changes(s, ChangeFilter(jurisdictions=("FR",), tiers=("substantive",)), limit=50)
        ),
        "web: changes with words": reading(lambda s: queries.list_changes(s, ChangeFilter(words=RARE), limit=50)),
        "web: silenced": reading(lambda s: queries.silenced(s, limit=50)),
        "web: one change": reading(lambda s: queries.change_detail(s, rng.choice(changes))),
        "web: a document's versions": reading(lambda s: queries.timeline(s, some())),
        "web: text of a day": reading(
            lambda s: queries.version_at(s, some(), START + timedelta(days=rng.randint(20, 380)))
        ),
        "web: blame": reading(lambda s: queries.blame(s, some())),
        "web: sources": reading(lambda s: queries.sources(s)),
        "web: checks' log": reading(lambda s: queries.checks(s, limit=100)),
        "web: counts": reading(lambda s: queries.counts(s)),
        "search: a rare word": reading(lambda s: search.search(s, RARE)),
        "search: a common word": reading(lambda s: search.search(s, common)),
        "search: a phrase": reading(lambda s: search.search(s, f'"{common}"')),
        "search: two characters": reading(lambda s: search.search(s, "算法")),
        **_alerting(database, changes, rng, settings),
        **_pages(database, documents, changes, rng, settings),
        "proof: the root of all": reading(lambda s: checkpoint.since(s, None, 2**40, NOW).root),
    }  # fmt: skip


def _alerting(database: Database, changes: list[str], rng: random.Random, settings: Settings) -> dict[str, Question]:
    """What a told change costs the notifier, with a thousand readers; what is made is not kept."""
    with database.read() as session:
        roll = making.Roll.call(session)
    deliverer = Deliverer(database, settings, Channels(settings), lambda: NOW, "bench")

    def told() -> int:
        change = rng.choice(changes)
        with database.read() as session:
            return making.work(session, Work(1, "change.told", NOW, None, None, change, {}, 1), roll, settings, NOW)

    def asked(ask: Callable[[Any], object]) -> Question:
        def run() -> object:
            with database.read() as session:
                return ask(session)

        return run

    return {
        "alerts: the roll of 1,000 readers": asked(making.Roll.call),
        "alerts: match and make for a change": told,
        "alerts: digests that are due": asked(lambda session: digest.due(session, NOW)),
        "alerts: deliveries that are due": lambda: asyncio.run(deliverer.once()),
    }


def _pages(
    database: Database, documents: int, changes: list[str], rng: random.Random, settings: Settings
) -> dict[str, Question]:
    """Whole pages, as a browser gets them."""
    client = TestClient(create_app(database, settings, clock=lambda: NOW), base_url="http://127.0.0.1")

    def page(path: Callable[[], str]) -> Question:
        def run() -> object:
            answer = client.get(path())
            if answer.status_code != 200:
                raise RuntimeError(f"{answer.url}: {answer.status_code}")
            return answer

        return run

    return {
        f"page: {name}": page(path)
        for name, path in {
            "overview": lambda: "/",
            "changes": lambda: "/changes",
            "a change": lambda: f"/changes/{rng.choice(changes)}",
            "a document": lambda: f"/documents/{rng.randint(1, documents)}",
            "sources": lambda: "/sources",
            "a source": lambda: f"/sources/source-{rng.randint(1, documents)}",
            "search": lambda: f"/search?q={RARE}",
            "metrics": lambda: "/metrics",
            "ready": lambda: "/readyz",
        }.items()
    }


def _visit(number: int, rng: random.Random | None) -> pipeline.Visited:
    """A visit of a generated source: nothing new, or a text nobody saw."""
    now = NOW + timedelta(microseconds=random.randrange(10**9))
    name = f"source-{number}"
    source = model.Source(id=name, url=f"https://host-{number % 500}.example/{name}", title=f"Text {number}")
    fetched = model.Fetched(model.Outcome.OK, "", source.url, now, now, status=200, body=str(now).encode())
    digest, documents = hashlib.sha256(fetched.body).hexdigest(), ()
    if rng is not None:
        texts = tuple(model.Block(f"Sentence {n} of {now}.", eid=f"art_{n}") for n in range(BLOCKS))
        made = model.Text(hashlib.sha256(str(now).encode()).hexdigest(), texts, source.title, "en")
        edit = model.Edit(model.EditKind.REPLACE, texts[:1], texts[:1], spans=(("-", "a"), ("+", "b")))
        change = model.Change(
            id=digest[:32], old="", new=made.fingerprint, seen=now, comparison=model.Comparison((edit,)),
            assessment=model.Assessment(model.Tier.SUBSTANTIVE, model.State.TOLD), told=now,
            classification=model.Classification("en", (model.AreaScore(AREAS[1], 0.9),), AREAS[1]),
        )  # fmt: skip
        judged = model.Judged(text=made, changes=(change,), told=made.fingerprint, memory={"n": 1})
        documents = (pipeline.DocumentVisit("", source.title, source.url, "en", "html", None, judged, digest),)
    return pipeline.Visited(
        hashlib.sha256(f"{name}{now}".encode()).hexdigest()[:32], source, now, fetched, model.Outcome.OK, "",
        model.Health.OK, 0, digest, {digest: fetched}, ("",), documents,
    )  # fmt: skip


def measured(ask: Question, repeat: int, patience: float = 5.0) -> tuple[float, float, float]:
    """(median, worst, median of this process's CPU) milliseconds; the first run warms up. SQLite works in this process:
    its CPU time is what a machine that others share does not blur. A question that takes long is asked less often."""
    began = time.perf_counter()
    ask()
    times, cpu = [], []
    while len(times) < repeat and (len(times) < 2 or time.perf_counter() - began < patience):
        started, worked = time.perf_counter(), time.process_time()
        ask()
        times.append((time.perf_counter() - started) * 1e3)
        cpu.append((time.process_time() - worked) * 1e3)
    return statistics.median(times), max(times), statistics.median(cpu)


@dataclass
class Figures:
    """What was measured: a row a question, a column a size."""

    sizes: list[int]
    times: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def show(self, kind: str) -> None:
        """Prints it."""
        at = 2 if kind == "SQLite" else 0
        print(f"{kind}; milliseconds, median (worst; CPU of this process) of each size, and the growth's exponent"
              f" ({'of CPU' if at else 'of the median'}): from first to last, and of the last step")  # fmt: skip
        print(f"{'':36}" + "".join(f"{size:>26,}" for size in self.sizes) + f"{'exponents':>14}")
        for name, times in self.times.items():
            whole, last = (_exponent(times, self.sizes, since, at) for since in (0, -2))
            line = "".join(f"{m:9.1f} ({w:6.0f};{c:7.1f})" for m, w, c in times)
            print(f"{name:36}{line}{whole:7.2f}{last:7.2f}")
        print("\n".join(self.notes))


def _exponent(times: list[tuple[float, float, float]], sizes: list[int], since: int, at: int) -> float:
    if len(times) < 2:
        return 0.0
    return math.log(max(times[-1][at], 0.01) / max(times[since][at], 0.01)) / math.log(sizes[-1] / sizes[since])


def _made(place: Callable[[int], str], size: int) -> Database:
    """The database of a size, filled where it is not yet."""
    database = Database(place(size))
    migrations.migrate(database)
    with database.read() as session:
        found = session.scalar(select(func.max(tables.Version.id))) or 0
    if not found:
        started = time.perf_counter()
        fill(database, size)
        sys.stderr.write(f"{size} versions in {time.perf_counter() - started:.0f} s\n")
    elif found < size:
        raise SystemExit(f"{place(size)} was not filled to its end: remove it")
    return database


def _on_server(server: str) -> Callable[[int], str]:
    address = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")

    def place(size: int) -> str:
        name = f"bench_store_{size}"
        with engine.connect() as connection:
            there = connection.exec_driver_sql("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).scalar()
            if not there:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return address.set(database=name).render_as_string(hide_password=False)

    return place


def main() -> None:
    """The figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", default="1000,10000,100000")
    parser.add_argument("--folder", type=Path, default=None, help="where the SQLite files are kept")
    parser.add_argument("--server", default="", help="a PostgreSQL server on which databases may be made")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--fill", action="store_true", help="only make the databases")
    parser.add_argument("--verify", action="store_true", help="also walk the largest one's chain")
    parser.add_argument("--only", default="", help="only questions whose names hold this")
    given = parser.parse_args()
    figures = Figures([int(size) for size in given.versions.split(",")])
    with tempfile.TemporaryDirectory(prefix="tracker-store-") as scratch:
        folder = given.folder or Path(scratch)
        place = _on_server(given.server) if given.server else lambda size: f"sqlite:///{folder}/store-{size}.db"
        settings = Settings(_env_file=None, data=Path(scratch))  # type: ignore[call-arg]  # pydantic's own argument
        for size in figures.sizes:
            database = _made(place, size)
            bytes_ = keeping.size(database)
            figures.notes.append(f"{size} versions: {bytes_ / 1e6:.0f} MB, {bytes_ / size:.0f} bytes a version")
            if not given.fill:
                ask(database, size, given.repeat, figures, settings, given.only)
            if given.verify and size == figures.sizes[-1]:
                figures.notes.append(_verified(database))
            database.dispose()
    figures.show("PostgreSQL" if given.server else "SQLite")


def ask(database: Database, size: int, repeat: int, figures: Figures, settings: Settings, only: str) -> None:
    """Asks everything of one database."""
    for name, question in questions(database, size // EACH, random.Random(7), settings).items():
        if only in name:
            figures.times.setdefault(name, []).append(measured(question, repeat))
            sys.stderr.write(f"{size} {name}: {figures.times[name][-1][0]:.1f} ms\n")


def _verified(database: Database) -> str:
    started = time.perf_counter()
    with database.read() as session:
        found = proof.verify(session)
    took = time.perf_counter() - started
    return f"verify: {found.versions} versions, {found.changes} changes in {took:.0f} s, {len(found.problems)} problems"


if __name__ == "__main__":
    main()
