"""How long the web's pages take on a large database: median and worst against 100 ms and 300 ms (search 200 ms).

    python bench/web.py [--documents 3000] [--rounds 15] [--url postgresql://…] [--keep FILE]

A small library of invented acts is recorded by the real records, then its rows are multiplied inside the database
with ids and titles of their own. Every answer's status is checked; nothing is cached between the rounds but what the
service itself keeps. `work` (median to most) is what this process computed, SQLite and the asking client included: on
a machine that does other things too it says more than the clock.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web"), str(ROOT / "tests" / "store")]

import library  # noqa: E402 - its folder is on the path only now
from sqlalchemy import Integer, func, select, text  # noqa: E402 - the same
from starlette.testclient import TestClient  # noqa: E402 - the same

from tracker.settings import Settings  # noqa: E402 - the same
from tracker.store import queries, tables  # noqa: E402 - the same
from tracker.store.migrate import migrate  # noqa: E402 - the same
from tracker.store.records import Records  # noqa: E402 - the same
from tracker.store.session import Database  # noqa: E402 - the same
from tracker.web.app import create_app  # noqa: E402 - the same

ACTS, MONTHS = 60, 18
NUMBERED = frozenset(("document", "version", "passage", "edit", "deadline", "evidence", "event"))
NOW = library.START + timedelta(days=30 * MONTHS + 21)
LIMITS = {"search": 0.2}
USUAL, WORST = 0.1, 0.3


def multiply(database: Database, copies: int) -> None:
    """Copies every row `copies` times: numbers are shifted, names get a suffix."""
    order = (
        "source",
        "document",
        "check",
        "version",
        "passage",
        "change",
        "edit",
        "deadline",
        "change_area",
        "evidence",
        "event",
    )
    shift = {name: _most(database, name) for name in order if name in NUMBERED}
    for copy in range(1, copies + 1):
        with database.write() as session:
            for name in order:
                session.execute(text(_copy(tables.Base.metadata.tables[name], shift)), {"k": copy, "s": f"{copy:06d}"})
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _most(database: Database, name: str) -> int:
    table = tables.Base.metadata.tables[name]
    with database.read() as session:
        return int(session.scalar(select(func.max(table.c.id))) or 0)


def _copy(table: Any, shift: dict[str, int]) -> str:
    """INSERT … SELECT of the first rows of a table, with what tells one copy from another."""
    names, values = [], []
    for column in table.columns:
        quoted = f'"{column.name}"'
        foreign = next(iter(column.foreign_keys), None)
        of = foreign.column.table.name if foreign else table.name if column.name == "id" else ""
        if column.name == "document_id" and table.name == "event":
            of = "document"
        if (of in shift and isinstance(column.type, Integer)) or (of in shift and "INT" in str(column.type).upper()):
            value = f"{quoted} + CAST(:k AS INTEGER) * {shift[of]}"
        elif column.name == "source_id" or (table.name == "source" and column.name == "id"):
            value = f"{quoted} || '-' || :s"
        elif column.name in ("change_id", "check_id") or (table.name in ("change", "check") and column.name == "id"):
            value = f"substr({quoted}, 1, 26) || :s"
        elif column.name == "uid":
            value = f"substr({quoted}, 1, 30) || :s"
        elif column.name == "title" and table.name in ("source", "document"):
            value = f"{quoted} || ' ' || :s"
        else:
            value = quoted
        names.append(quoted)
        values.append(value)
    where = ""
    if table.name in shift:
        where = f' WHERE "id" <= {shift[table.name]}'
    else:
        key = {"source": "id", "change": "id", "check": "id", "change_area": "change_id"}[table.name]
        number = "length(id) < 12" if table.name == "source" else ""
        first = "SELECT id FROM source WHERE length(id) < 12"
        where = f" WHERE {number}" if number else f" WHERE source_id IN ({first})"
        if table.name == "change_area":
            where = f' WHERE "{key}" IN (SELECT id FROM "change" WHERE source_id IN ({first}))'
    return f'INSERT INTO "{table.name}" ({", ".join(names)}) SELECT {", ".join(values)} FROM "{table.name}"{where}'


def pages(database: Database, draw: random.Random) -> dict[str, list[str]]:
    """Kinds of pages, each with addresses drawn from the database."""
    with database.read() as session:
        changes = queries.list_changes(session, queries.ChangeFilter(states=("told",)), limit=200).items
        old = session.scalars(
            select(tables.Change.id).where(tables.Change.old_version_id.is_not(None)).limit(4000)
        ).all()
        documents = session.scalars(select(tables.Document.id).limit(50_000)).all()
        sources = session.scalars(select(tables.Source.id).limit(50_000)).all()
    some = lambda made, of: [made(draw.choice(of)) for _ in range(40)]  # noqa: E731 - three uses right below
    words = ("incident", "technical documentation", "accredited body", '"within 30 days"', "安全", "registre personnes",
             "10^30", "nothingofthekind", "shall not", "算法推荐")  # fmt: skip
    return {
        "overview": ["/"],
        "changes": ["/changes", f"/changes?cursor={_cursor(database)}"],
        "changes by area and tier": some(lambda a: f"/changes?area={a}&tier=substantive", library.AREAS),
        "changes with words": [f"/changes?q={word}" for word in ("incident", "安全", "accredited", "nothingofthekind")],
        "silenced": ["/silenced", "/silenced?jurisdiction=Northland"],
        "change": some(lambda c: f"/changes/{c}", [c.id for c in changes] + list(old)),
        "change side by side": some(lambda c: f"/changes/{c}?view=side", list(old)),
        "certificate": some(lambda c: f"/changes/{c}/certificate", list(old)),
        "mail preview": some(lambda c: f"/changes/{c}/mail", list(old)),
        "document": some(lambda d: f"/documents/{d}", documents),
        "document at a date": some(lambda d: f"/documents/{d}/at/2025-12-24", documents),
        "history": some(lambda d: f"/documents/{d}/history", documents),
        "blame": some(lambda d: f"/documents/{d}/blame", documents),
        "compare": some(lambda d: f"/documents/{d}/compare?old=1&new=2", documents),
        "documents": ["/documents", "/documents?q=safety", "/documents?start=600"],
        "sources": ["/sources", "/sources?q=westmark"],
        "source": some(lambda s: f"/sources/{s}", sources),
        "checks": ["/checks", "/checks?outcome=ok"],
        "feed": ["/feeds/changes.atom", "/feeds/changes.atom?area=standards-norms"],
        "calendar": ["/calendar.ics"],
        "search": [f"/search?q={word}" for word in words],
        "search in what stands": [f"/search?q={word}&present=1" for word in words],
        "api changes": ["/api/v1/changes?limit=50"],
        "api text": some(lambda d: f"/api/v1/documents/{d}/versions/1", documents),
        "api events": ["/api/v1/events?after=100"],
        "metrics": ["/metrics"],
    }


def _cursor(database: Database) -> str:
    with database.read() as session:
        return queries.list_changes(session, queries.ChangeFilter(states=("told",)), limit=30).next


def measure(client: TestClient, addresses: list[str], rounds: int) -> list[tuple[float, float]]:
    """Seconds of each answer, by the clock and of this process's work. Raises where one is no answer."""
    took = []
    for at in range(rounds):
        address = addresses[at % len(addresses)]
        begun = time.perf_counter(), time.process_time()
        answer = client.get(address)
        took.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
        if answer.status_code not in (200, 404) or (answer.status_code == 404 and "/at/" not in address):
            raise SystemExit(f"{address}: {answer.status_code}")
    return took


def size(database: Database) -> int:
    """Bytes of the database."""
    if database.sqlite:
        return sum(
            Path(f"{database.url.database}{end}").stat().st_size
            for end in ("", "-wal")
            if Path(f"{database.url.database}{end}").exists()
        )
    with database.read() as session:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def main() -> None:
    """Builds, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--url", default="")
    parser.add_argument("--keep", type=Path, default=None, help="an SQLite file that is built once and used again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = given.keep or Path(folder) / "tracker.db"
        there = file.exists() and not given.url
        database = Database(given.url or f"sqlite:///{file}")
        migrate(database)
        if not there:
            library.fill(Records(database), acts_number=ACTS, months=MONTHS)
            multiply(database, max(0, given.documents // ACTS - 1))
        with database.read() as session:
            numbers = queries.counts(session)
            passages = session.scalar(select(func.count()).select_from(tables.Passage))
        settings = Settings(_env_file=None, data=Path(folder))  # type: ignore[call-arg] # pydantic-settings takes it
        app = create_app(database, settings, clock=lambda: NOW)
        app.state.site.limits.heavy.count = 10**9
        client = TestClient(app, base_url="http://127.0.0.1")
        total = size(database)
        backend = database.url.get_backend_name()
        print(f"{backend}: {numbers['documents']:,} documents, {numbers['versions']:,} versions, "
              f"{numbers['changes']:,} changes, {passages:,} passages, {total / 1e6:,.0f} MB "
              f"({total / max(1, numbers['versions']):,.0f} bytes a version)")  # fmt: skip
        failed = 0
        for name, addresses in pages(database, random.Random(3)).items():
            client.get(addresses[0])  # a process's very first page reads its templates
            took = measure(client, addresses, given.rounds)
            usual, worst = statistics.median(clock for clock, _ in took), max(clock for clock, _ in took)
            work, most = statistics.median(work for _, work in took), max(work for _, work in took)
            limits = (LIMITS["search"], LIMITS["search"]) if name.startswith("search") else (USUAL, WORST)
            kept = usual <= limits[0] and worst <= limits[1]
            failed += not kept
            print(f"{name:26} median {usual * 1000:7.1f} ms of {limits[0] * 1000:.0f} ({limits[0] / usual:5.1f}x)   "
                  f"worst {worst * 1000:7.1f} ms of {limits[1] * 1000:.0f} ({limits[1] / worst:5.1f}x)"
                  f"   work {work * 1000:7.1f} to {most * 1000:7.1f} ms"
                  f"{'' if kept else '   TOO SLOW'}")  # fmt: skip
        print(f"{failed} kinds of pages over their limits")
        database.dispose()


if __name__ == "__main__":
    main()
