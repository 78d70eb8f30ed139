"""A standstill: a service that stood still for a day with thousands of sources is started again.

    python -m bench.stampede [--sources 5000] [--per-host 5] [--hours 24]

The tracker visits everything once and is stopped; its times are put back by so many hours, and it is started again, on
pages some of which have changed. Printed, of both starts: how many sources are still due as time goes by, how long it
took, memory, checks a second; of the second: how often a source was visited, when each comes next, what was told, and
whether hosts were left their pause. One process, SQLite, hosts on loopback; sources are due every twelve hours.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from bench import loopback, scale
from tracker.store import tables
from tracker.store.session import Database

EVERY = 12  # hours
TRACKER = [sys.executable, "-m", "tracker.cli.main"]


@dataclass
class Course:
    """A start: (seconds, sources still due) by time, and what the process took."""

    left: list[tuple[float, int]] = field(default_factory=list)
    sampled: scale.Sampled = field(default_factory=scale.Sampled)
    drained: float = 0.0

    def line(self, sources: int) -> str:
        """How it went, in words."""
        took, most = self.left[-1][0], max(size for _, size in self.sampled.memory)
        reached = {share: next(at for at, due in self.left if due <= sources * share) for share in (0.75, 0.5, 0.25, 0)}
        fall = ", ".join(f"{share:.0%} after {at:.0f} s" for share, at in reached.items())
        spent = sum(self.sampled.processor.values())
        return (
            f"still due: {fall}; {sources / took:.1f} checks a second, {1000 * spent / sources:.0f} ms of processor "
            f"each; memory {most / 1e6:.0f} MB at most, {self.sampled.memory[-1][1] / 1e6:.0f} at last; drained in "
            f"{self.drained:.1f} s"
        )


def due(database: Database) -> int:
    """Sources that are due now or were never visited."""
    source = tables.Source
    with database.read() as session:
        now = datetime.now(UTC)
        waits = (source.next_check_at <= now) | source.next_check_at.is_(None)
        return session.scalar(select(func.count()).select_from(source).where(source.active, waits)) or 0


def course(settings: dict[str, str], database: Database, sources: int, minutes: float) -> Course:
    """Starts the tracker, waits until nothing is due, and ends it."""
    made, begun = Course(), time.monotonic()
    process = subprocess.Popen([*TRACKER, "run", "--no-web"], env=settings, stdout=subprocess.DEVNULL)
    waiting = sources
    while waiting and time.monotonic() - begun < minutes * 60:
        time.sleep(1)
        if process.poll() is not None:
            sys.exit("the tracker did not start")
        at = time.monotonic() - begun
        made.sampled.take(at, [process.pid])
        waiting = due(database) if Path(settings["TRACKER_DATA"]).exists() and _there(database) else sources
        made.left.append((at, waiting))
    time.sleep(5)  # mails
    ended = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    made.drained = time.monotonic() - ended
    if waiting:
        sys.exit(f"{waiting} of {sources} are still due after {minutes:g} minutes")
    return made


def _there(database: Database) -> bool:
    """Whether the catalogue was taken over."""
    try:
        with database.read() as session:
            return session.scalar(select(tables.Source.id).limit(1)) is not None
    except Exception:  # noqa: BLE001 - the tables are being made
        return False


def stand_still(database: Database, hours: float) -> datetime:
    """Puts all times of the schedule back; gives the moment of the next start."""
    by = timedelta(hours=hours)
    with database.write() as session:
        rows = session.execute(select(tables.Source.id, tables.Source.next_check_at, tables.Source.last_check_at)).all()
        session.execute(
            update(tables.Source),
            [
                {"id": row.id, "next_check_at": row.next_check_at - by, "last_check_at": row.last_check_at - by}
                for row in rows
            ],
        )
    return datetime.now(UTC)


def report(database: Database, since: datetime, site: loopback.Site, mailbox: Path) -> None:
    """What the second start did to sources and hosts."""
    check, source = tables.Check, tables.Source
    with database.read() as session:
        visits = Counter(session.scalars(select(check.source_id).where(check.started_at >= since)))
        last = session.execute(select(check.source_id, func.max(check.finished_at)).group_by(check.source_id))
        ended = {name: at for name, at in last}  # noqa: C416 - rows are not pairs to dict()
        moments = session.execute(select(source.id, source.next_check_at)).all()
    hours = sorted((row.next_check_at - ended[row.id]).total_seconds() / 3600 for row in moments)
    print(f"  visits of a source: {dict(sorted(Counter(visits.values()).items()))}")
    print(f"  it comes again after {hours[0]:.1f} to {hours[-1]:.1f} h (every {EVERY} h: half to one and a half)")
    print(f"  served against kept: {loopback.compare(database, site, mailbox)}")
    print(f"  at hosts: {site.requests} requests, {site.overlaps} overlapping, the closest {site.closest:.3f} s apart")


def main() -> None:
    """Both starts."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--sources", type=int, default=5000)
    ask.add_argument("--per-host", type=int, default=5)
    ask.add_argument("--hours", type=float, default=24)
    ask.add_argument("--minutes", type=float, default=20, help="that a start may take at most")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, site = Path(place), loopback.Site(0.0)
        loopback.serve(site)
        loopback.catalogue(folder, asked.sources, site.port, f"{EVERY}h", asked.per_host)
        settings = scale.environment(folder, scale.sqlite(folder), "inline")
        database = Database(scale.sqlite(folder))
        print(f"{asked.sources} sources on {-(-asked.sources // asked.per_host)} hosts, one process, SQLite")
        print(f"  all new: {course(settings, database, asked.sources, asked.minutes).line(asked.sources)}", flush=True)
        since = stand_still(database, asked.hours)
        again = course(settings, database, asked.sources, asked.minutes)
        print(f"  after a standstill of {asked.hours:g} h: {again.line(asked.sources)}")
        report(database, since, site, folder / "data" / "mailbox")


if __name__ == "__main__":
    main()
