"""How long the web's pages take on a large database: median and worst against 100 ms and 300 ms (search 200 ms).

    python bench/web.py [--documents 3000] [--rounds 20] [--url postgresql://…] [--keep FILE] [--only WORDS]

The database is the one given where it holds documents (`python -m bench.load` makes one of recordings and histories);
an empty one is filled: a library of invented acts is recorded by the real records, then its rows are multiplied inside
the database with ids and titles of their own. The pages come over the loopback from the real server (uvicorn, a
process of its own, as `tracker run` starts it), compressed, over one connection. Addresses are drawn from the
database: each is asked for the first time (of a process that has been up for two seconds) and then once more, and both
are told; `largest` are those of the documents with the longest texts and of the changes with the most edits. Every
answer's status is checked. `work` is the server's processor time of an answer, on average: on a machine that does other
things too it says more than the clock.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web"), str(ROOT / "tests" / "store")]

import library  # noqa: E402 - its folder is on the path only now
import uvicorn  # noqa: E402 - the same
from sqlalchemy import Integer, func, select, text  # noqa: E402 - the same

from tracker.settings import Settings  # noqa: E402 - the same
from tracker.store import blame, queries, search, tables  # noqa: E402 - the same
from tracker.store.migrate import migrate  # noqa: E402 - the same
from tracker.store.records import Records  # noqa: E402 - the same
from tracker.store.session import Database  # noqa: E402 - the same
from tracker.web.app import create_app  # noqa: E402 - the same

ACTS, MONTHS = 60, 18
NUMBERED = frozenset(("document", "version", "passage", "edit", "deadline", "evidence", "event"))
LIMITS = {"search": 0.2}
USUAL, WORST = 0.1, 0.3
QUERIES = 51
PREPARES = 2  # seconds in which a new process compiles its templates and counts for the overview


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


def now_of(database: Database) -> datetime:
    """When it is: three weeks after the last change that was seen (no later than today)."""
    with database.read() as session:
        last = session.scalar(select(func.max(tables.Change.seen_at)))
    return min((last or library.START) + timedelta(days=21), datetime.now(UTC))


def pages(database: Database, draw: random.Random) -> dict[str, list[str]]:
    """Kinds of pages, each with addresses drawn from the database."""
    with database.read() as session:
        lines = queries.list_changes(session, queries.ChangeFilter(states=("told",)), limit=200).items
        told = [line.id for line in lines]
        old = session.scalars(
            select(tables.Change.id).where(tables.Change.old_version_id.is_not(None)).limit(4000)
        ).all()
        edited = session.scalars(
            select(tables.Edit.change_id).group_by(tables.Edit.change_id).order_by(func.count().desc()).limit(20)
        ).all()
        versions = session.execute(
            select(tables.Version.document_id, func.count(), func.max(func.length(tables.Version.blocks)).label("most"))
            .group_by(tables.Version.document_id)
            .order_by(text("most DESC"))
        ).all()
        sources = session.scalars(select(tables.Source.id).limit(50_000)).all()
        words = queries_of(database, draw)
    cursors = _cursors(database)
    number_of = {row[0]: row[1] for row in versions}
    documents, largest = list(number_of), [row[0] for row in versions[:20]]
    several = [document for document, number in number_of.items() if number > 1]
    changes = told + list(old)
    some = lambda made, of: [made(one) for one in draw.sample(list(of), min(40, len(of)))]  # noqa: E731 - short and often
    distant = lambda d: f"/documents/{d}/compare?old=1&new={number_of[d]}"  # noqa: E731 - twice
    return {
        "overview": ["/"],
        "changes": ["/changes", *(f"/changes?cursor={cursor}" for cursor in cursors)],
        "changes by area and tier": some(lambda a: f"/changes?area={a}&tier=substantive", library.AREAS),
        "changes with words": [f"/changes?q={quote(word)}" for word in draw.sample(words, 25)],
        "silenced": ["/silenced", *(f"/silenced?q={quote(word)}" for word in draw.sample(words, 19))],
        "change": some(lambda c: f"/changes/{c}", changes),
        "change side by side": some(lambda c: f"/changes/{c}?view=side", old),
        "change, largest": [f"/changes/{c}" for c in edited],
        "change, largest, page 2": [f"/changes/{c}?start=100" for c in edited],
        "certificate": some(lambda c: f"/changes/{c}/certificate", old),
        "certificate, largest": [f"/changes/{c}/certificate" for c in edited],
        "mail preview": some(lambda c: f"/changes/{c}/mail", old),
        "mail preview, largest": [f"/changes/{c}/mail" for c in edited],
        "document": some(lambda d: f"/documents/{d}", documents),
        "document, largest": [f"/documents/{d}" for d in largest],
        "document at a date": some(lambda d: f"/documents/{d}/at/2025-12-24", documents),
        "history": some(lambda d: f"/documents/{d}/history", documents),
        "blame": some(lambda d: f"/documents/{d}/blame", documents),
        "blame, largest": [f"/documents/{d}/blame" for d in largest],
        "compare neighbours": some(lambda d: f"/documents/{d}/compare?old=1&new=2", several),
        "compare first and last": some(distant, several),
        "compare, largest": [distant(d) for d in largest if number_of[d] > 1],
        "compare, largest, part 2": [f"{distant(d)}&part=2" for d in largest if number_of[d] > 1],
        "documents": [f"/documents?start={start}" for start in range(0, 480, 60)]
        + [f"/documents?q={quote(word)}" for word in draw.sample(words, 12)],
        "sources": ["/sources", *(f"/sources?q={quote(word)}" for word in draw.sample(words, 19))],
        "source": some(lambda s: f"/sources/{s}", sources),
        "checks": [f"/checks{source}" for source in ("", *(f"?source={s}" for s in draw.sample(list(sources), 19)))],
        "feed": [
            "/feeds/changes.atom",
            *(f"/feeds/changes.atom?area={a}" for a in library.AREAS),
            *some(lambda s: f"/feeds/changes.atom?source={s}", sources)[:12],
        ],
        "calendar": ["/calendar.ics", *(f"/calendar.ics?area={a}" for a in library.AREAS)],
        "search": [f"/search?q={quote(word)}" for word in words],
        "search in what stands": [f"/search?q={quote(word)}&present=1" for word in words],
        "search in a source": [f"/search?q={quote(word)}&source={draw.choice(sources)}" for word in words],
        "api changes": [
            "/api/v1/changes?limit=50",
            *(f"/api/v1/changes?area={a}" for a in library.AREAS),
            *some(lambda d: f"/api/v1/changes?document={d}", documents)[:12],
        ],
        "api change": some(lambda c: f"/api/v1/changes/{c}", changes),
        "api text": some(lambda d: f"/api/v1/documents/{d}/versions/1", documents),
        "api text, largest": [f"/api/v1/documents/{d}/versions/1" for d in largest],
        "api blame": some(lambda d: f"/api/v1/documents/{d}/blame", documents),
        "api search": [f"/api/v1/search?q={quote(word)}" for word in words],
        "api events": [f"/api/v1/events?after={100 * at}" for at in range(20)],
        "metrics": ["/metrics"],
    }


def queries_of(database: Database, draw: random.Random) -> list[str]:
    """Words of the texts, from those that are everywhere to those that are nearly nowhere, in equal parts English,
    French and Chinese (pairs of characters): by their number in a sample, at even steps of rank on a log scale."""
    found: list[str] = []
    for language in ("en", "fr", "zh"):
        with database.read() as session:
            texts = session.scalars(
                select(tables.Passage.text)
                .join(tables.Document, tables.Document.id == tables.Passage.document_id)
                .where(tables.Document.language == language, tables.Passage.id % 7 == 0)
                .limit(20_000)
            ).all()
        counted: Counter[str] = Counter()
        for one in texts:
            said = search.segment(one).split()
            counted.update({token for token in said if len(token) == 2 or (language != "zh" and len(token) > 2)})
        ranked = [word for word, _n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
        steps = [round(len(ranked) ** (at / (QUERIES // 3 - 1))) - 1 for at in range(QUERIES // 3)] if ranked else []
        found += dict.fromkeys(ranked[at] for at in steps)
    draw.shuffle(found)
    return found


def _cursors(database: Database, number: int = 24) -> list[str]:
    """Where the pages of told changes behind the first begin."""
    made, cursor = list[str](), ""
    with database.read() as session:
        while len(made) < number:
            cursor = queries.list_changes(session, queries.ChangeFilter(states=("told",)), limit=30, cursor=cursor).next
            if not cursor:
                break
            made.append(cursor)
    return made


# -------------------------------------------------------------------------------------------------- the server


def serve(url: str, port: int) -> None:
    """The pages as the service serves them, until the process is ended."""
    database = Database(url)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(database, Settings(_env_file=None, data=Path(folder)), clock=lambda: now_of(database))  # type: ignore[call-arg] # pydantic-settings takes it
        app.state.site.limits.heavy.count = 10**9
        uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False)


@contextmanager
def served(url: str) -> Iterator[tuple[http.client.HTTPConnection, int]]:
    """A connection to a server of its own, and the server's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-W", "ignore", __file__, "--serve", str(port), "--url", url])
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _attempt in range(600):
            try:
                connection.connect()
                break
            except OSError:
                time.sleep(0.1)
        ask(connection, "/about")
        time.sleep(PREPARES)
        yield connection, server.pid
    finally:
        server.terminate()
        server.wait(20)


def ask(connection: http.client.HTTPConnection, address: str) -> int:
    """The size of an answer as it was sent. Raises SystemExit where it is none."""
    connection.request("GET", address, headers={"accept-encoding": "gzip", "accept-language": "en"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in (200, 404) or (answer.status == 404 and "/at/" not in address):
        raise SystemExit(f"{address}: {answer.status}")
    return len(body)


def worked(process: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    """Builds where nothing is there, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=20, help="answers of each kind, at least; all searches are asked")
    parser.add_argument("--url", default="")
    parser.add_argument("--keep", type=Path, default=None, help="an SQLite file")
    parser.add_argument("--only", default="", help="kinds of pages whose names match this expression")
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.url, given.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{given.keep or Path(folder) / 'tracker.db'}"
        database = Database(url)
        migrate(database)
        with database.read() as session:
            there = queries.counts(session)["documents"] > 0
        if not there:
            library.fill(Records(database), acts_number=ACTS, months=MONTHS)
            multiply(database, max(0, given.documents // ACTS - 1))
            blame.fill(database, documents=10**9)
        with database.read() as session:
            numbers = queries.counts(session)
            passages = session.scalar(select(func.count()).select_from(tables.Passage))
        total = size(database)
        backend = database.url.get_backend_name()
        print(f"{backend}: {numbers['documents']:,} documents, {numbers['versions']:,} versions, "
              f"{numbers['changes']:,} changes, {passages:,} passages, {total / 1e6:,.0f} MB "
              f"({total / max(1, numbers['versions']):,.0f} bytes a version)")  # fmt: skip
        kinds = pages(database, random.Random(3))
        database.dispose()
        with served(url) as (connection, process):
            chosen = {name: addresses for name, addresses in kinds.items() if re.search(given.only, name)}
            failed = [
                name
                for name, addresses in chosen.items()
                if not measured(connection, process, name, addresses, given.rounds)
            ]
        print(f"{len(failed)} kinds of pages over their limits{': ' if failed else ''}{', '.join(failed)}")


def measured(
    connection: http.client.HTTPConnection, process: int, name: str, addresses: list[str], rounds: int
) -> bool:
    """Asks for the pages of a kind, each for the first time and then once more; prints how long it took, gives whether
    the limits were kept."""
    if not addresses:
        print(f"{name:26} none in this database")
        return True
    first: list[tuple[float, str]] = []
    again: list[tuple[float, str]] = []
    before = worked(process)
    chosen = addresses if "search" in name else [addresses[at % len(addresses)] for at in range(rounds)]
    for address in chosen:
        for _time in range(2):
            begun = time.perf_counter()
            ask(connection, address)
            seen = any(address == other for _clock, other in first)
            (again if seen else first).append((time.perf_counter() - begun, address))
    work = (worked(process) - before) / (len(first) + len(again))
    limits = (LIMITS["search"], LIMITS["search"]) if "search" in name else (USUAL, WORST)
    said, slow = [], []
    for how, took in (("first", first), ("again", again)):
        usual, (worst, where) = statistics.median(clock for clock, _ in took), max(took)
        said.append(f"{how} {len(took):3} × median {usual * 1000:6.1f}, worst {worst * 1000:6.1f} ms")
        slow += [f"TOO SLOW {how}: {where}"] * (usual > limits[0] or worst > limits[1])
    against = f"of {limits[0] * 1000:.0f}, {limits[1] * 1000:.0f}"
    print("   ".join([f"{name:26}", *said, against, f"work {work * 1000:6.1f} ms", *slow]), flush=True)
    return not slow


if __name__ == "__main__":
    main()
