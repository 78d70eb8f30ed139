"""So many sources planned: what the catalogue costs at a start, what a round of the scheduler.

    python -m bench.planned [--sources 2000,20000,200000] [--sqlite]

A tenth as many hosts as sources. Usually: due are those of a minute (each source once a day). After a standstill: all
are due. Printed: seconds and peak memory of taking the catalogue over (all new; once more with one entry changed), and
milliseconds of a round that takes 500 of what is due, with making their jobs of it on PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bench import postgres
from tracker.engine import queue
from tracker.model import Source
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

TIMES = 7


def sources(count: int) -> list[Source]:
    """A catalogue: ten pages a host."""
    return [
        Source(id=f"s{number}", url=f"https://h{number // 10}.example/{number}", title=f"Act {number}", schedule="24h")
        for number in range(count)
    ]


def peak() -> float:
    """This process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def one(count: int, url: str) -> None:
    """All figures of one size, in a process of its own."""
    database, now = Database(url), datetime.now(UTC)
    migrate(database)
    records, catalogue = Records(database), sources(count)
    before = peak()
    new = timed(lambda: records.sync_catalogue(catalogue, now))
    first = peak() - before
    catalogue[0] = Source(id="s0", url="https://h0.example/other", schedule="24h")
    again = timed(lambda: records.sync_catalogue(catalogue, now))
    print(f"{count} sources: all new {new:.1f} s (+{first:.0f} MB), again with one changed {again:.1f} s "
          f"(+{peak() - before:.0f} MB at most)")  # fmt: skip
    with database.write() as session:  # each at its own moment of the day
        moment = "make_interval(secs => r.n * :step)" if not database.sqlite else ""
        if database.sqlite:
            session.execute(text("UPDATE source SET next_check_at = strftime('%Y-%m-%d %H:%M:%f000', "
                                 "julianday('now') + rowid * 1.0 / :count)"), {"count": count})  # fmt: skip
        else:
            session.execute(text(f"UPDATE source SET next_check_at = now() + {moment} FROM (SELECT id, row_number() "
                                 "OVER (ORDER BY id) AS n FROM source) r WHERE r.id = source.id"),
                            {"step": 86400 / count})  # fmt: skip
    if not database.sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE source"))
    rounds(database, records, now, "usually", timedelta(seconds=60))
    rounds(database, records, now, "after a standstill", timedelta(days=2))
    database.dispose()


def rounds(database: Database, records: Records, now: datetime, name: str, later: timedelta) -> None:
    """Prints what a round of the scheduler takes."""
    taken: list[int] = []
    spent = [
        timed(lambda at=now + later + timedelta(seconds=number): taken.append(  # type: ignore[misc]
            len(records.claim_due(at, 500, "bench", 900, busy={}, per_host=8))))
        for number in range(TIMES)
    ]  # fmt: skip
    made = ""
    if not database.sqlite:
        jobs, all_made = asyncio.run(dispatched(database, now + later + timedelta(seconds=TIMES)))
        made = f"; with jobs {1000 * jobs:.0f} ms for {all_made}"
    print(f"  {name}: {1000 * statistics.median(spent):.1f} ms a round (most {1000 * max(spent):.1f}), "
          f"{sum(taken)} taken in all{made}", flush=True)  # fmt: skip


async def dispatched(database: Database, now: datetime) -> tuple[float, int]:
    """Seconds of a whole dispatch, and the number of jobs it made."""
    app = queue.application(database)
    async with app.open_async():
        await queue.prepare(app, database)
        begun = time.monotonic()
        made = await queue.Scheduler(database, app, lambda: now).dispatch()
        return time.monotonic() - begun, made


def main() -> None:
    """A process for each size, so that its memory is its own."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--sources", default="2000,20000,200000")
    ask.add_argument("--sqlite", action="store_true")
    ask.add_argument("--one", default="", help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.one:
        one(int(asked.sources), asked.one)
        return
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last five minutes", flush=True)
    command = [sys.executable, "-m", "bench.planned", "--sources"]
    if asked.sqlite:
        for count in asked.sources.split(","):
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([*command, count, "--one", f"sqlite:///{Path(folder) / 'a.db'}"], check=True)
        return
    with postgres.server() as server:
        for count in asked.sources.split(","):
            subprocess.run([*command, count, "--one", server.database(f"p{count}")], check=True)


if __name__ == "__main__":
    main()
