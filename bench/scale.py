"""A soak of the whole service on loopback: many sources, short intervals, some answers failing; one process, or the
queue with PostgreSQL and several workers, one of which may be killed at random.

    python -m bench.scale [--sources 5000] [--minutes 20] [--every 5m] [--faults 0.05]
    python -m bench.scale --database postgresql://… --workers 4 --kill

Prints checks per second, lag (p50, p90, p99: how long after the moment it was due a check began), memory at start
and end and its slope, open files, size of the database, and whether any source was forgotten or any alert doubled.
The pages live on many loopback hosts (127.x.y.z), so that politeness towards one host does not serialise all.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text

from bench import loopback
from tracker import schedule
from tracker.catalogue.timing import parse
from tracker.store import tables
from tracker.store.session import Database

GRACE = 1.2  # of an interval, at the end, without changes: what is kept then must be what was served last


@dataclass
class Sampled:
    """Resident bytes and open files of the processes, by seconds since the start."""

    memory: list[tuple[float, int]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    processor: dict[int, float] = field(default_factory=dict)

    def take(self, at: float, pids: list[int]) -> None:
        """One sample over all processes."""
        resident = opened = 0
        for pid in pids:
            try:
                found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                resident += int(found[1]) * 1024 if found else 0
                opened += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
                spent = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
                self.processor[pid] = sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")
            except OSError:
                continue  # it was killed just now
        self.memory.append((at, resident))
        self.files.append(opened)

    def slope(self) -> float:
        """Bytes a minute over the second half, by least squares."""
        half = self.memory[len(self.memory) // 2 :]
        if len(half) < 2:
            return 0.0
        return statistics.linear_regression([at / 60 for at, _ in half], [float(size) for _, size in half]).slope


def main() -> None:
    """Runs the soak and prints its figures."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--sources", type=int, default=5000)
    ask.add_argument("--minutes", type=float, default=20)
    ask.add_argument("--every", default="5m")
    ask.add_argument("--faults", type=float, default=0.05)
    ask.add_argument("--database", default="")
    ask.add_argument("--workers", type=int, default=0)
    ask.add_argument("--kill", action="store_true", help="kill -9 a worker at random every minute, and start another")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        site = loopback.Site(asked.faults)
        loopback.serve(site)
        loopback.catalogue(folder, asked.sources, site.port, asked.every)
        url = asked.database or sqlite(folder)
        soak(asked, url, environment(folder, url, "queue" if asked.workers else "inline"), site)


def sqlite(folder: Path) -> str:
    """The address of the folder's own database."""
    return f"sqlite:///{folder / 'data' / 'tracker.db'}"


def environment(folder: Path, url: str, engine: str) -> dict[str, str]:
    """What the tracker's processes are started with."""
    return {
        **os.environ, "TRACKER_DATA": str(folder / "data"), "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_DATABASE_URL": url, "TRACKER_ALLOW_PRIVATE": "127.0.0.0/8", "TRACKER_HOST_DELAY": "0.1",
        "TRACKER_CONCURRENCY": "32", "TRACKER_LOG_LEVEL": "error", "TRACKER_ALERTS_PER_HOUR": "100000",
        "TRACKER_ENGINE": engine, "TRACKER_WEB_PORT": str(_free()),
    }  # fmt: skip


def soak(asked: argparse.Namespace, url: str, settings: dict[str, str], site: loopback.Site) -> None:
    """Starts the processes, samples them, ends them, and reads the database."""
    tracker = [sys.executable, "-m", "tracker.cli.main"]
    processes = [subprocess.Popen([*tracker, "run", "--no-web"], env=settings)]
    time.sleep(3)
    if processes[0].poll() is not None:
        sys.exit(f"the tracker did not start: {' '.join(tracker)} run --no-web")
    processes += [
        subprocess.Popen([*tracker, "worker"], env=settings, stderr=subprocess.DEVNULL)
        for _ in range(asked.workers - 1)
    ]
    dice, sampled, begun, killed = random.Random(2), Sampled(), time.monotonic(), 0
    next_kill = 60.0
    while (at := time.monotonic() - begun) < asked.minutes * 60:
        time.sleep(5)
        site.frozen = at > asked.minutes * 60 - GRACE * seconds(asked.every)
        sampled.take(at, [process.pid for process in processes])
        if asked.kill and at > next_kill and len(processes) > 1:
            next_kill, victim = at + 60, dice.randrange(1, len(processes))
            processes[victim].kill()
            processes[victim].wait()
            processes[victim] = subprocess.Popen([*tracker, "worker"], env=settings, stderr=subprocess.DEVNULL)
            killed += 1
        print(f"{at:6.0f} s  {sampled.memory[-1][1] / 1e6:6.0f} MB  {sampled.files[-1]:5} files", file=sys.stderr)
    ended = time.monotonic()
    for process in processes:
        process.send_signal(signal.SIGTERM)
    codes = [process.wait(30) for process in processes]
    drained = time.monotonic() - ended
    report(asked, Database(url), sampled, f"{max(asked.workers, 1)} process(es), {killed} killed")
    mailbox = Path(settings["TRACKER_DATA"]) / "mailbox"
    print(f"  served against kept: {loopback.compare(Database(url), site, mailbox)}")
    print(f"  at hosts: {site.requests} requests, {site.overlaps} overlapping, the closest {site.closest:.3f} s apart")
    print(f"  drained in {drained:.1f} s, exit codes {codes}")


def seconds(every: str) -> float:
    """An interval in seconds."""
    return parse(every).every or 0.0


def lags(database: Database, every: float) -> tuple[list[float], list[float]]:
    """How late checks began after the moment they were due, sorted: all, and those after the first two intervals."""
    check = tables.Check
    with database.read() as session:
        columns = (check.source_id, check.started_at, check.finished_at, check.outcome)
        rows = session.execute(select(*columns).order_by(check.source_id, check.started_at)).all()
    begun = min((row.started_at for row in rows), default=None)
    late: list[tuple[float, float]] = []
    before: dict[str, tuple[float, bool]] = {}
    for source, started, finished, outcome in rows:
        if source in before and before[source][1]:
            place, earliest = schedule.fraction(source) * every, before[source][0] + every / 2
            due = place + math.ceil((earliest - place) / every) * every
            late.append((due - begun.timestamp(), max(started.timestamp() - due, 0.0)))
        before[source] = (finished.timestamp(), outcome in ("ok", "not_modified"))
    return sorted(by for _, by in late), sorted(by for at, by in late if at > 2 * every)


def report(asked: argparse.Namespace, database: Database, sampled: Sampled, kind: str) -> None:
    """The figures, from the samples and the database."""
    with database.read() as session:
        checks = session.scalar(select(func.count()).select_from(tables.Check)) or 0
        seen = session.scalar(select(func.count(func.distinct(tables.Check.source_id)))) or 0
        size = session.scalar(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
                                   if database.sqlite else "SELECT pg_database_size(current_database())"))  # fmt: skip
    print(f"{asked.sources} sources every {asked.every}, {asked.minutes:g} minutes, {asked.faults:.0%} faults, {kind}")
    spent = sum(sampled.processor.values())
    print(
        f"  checks: {checks}, {checks / asked.minutes / 60:.1f} a second, {1000 * spent / max(checks, 1):.1f} ms of "
        f"processor each; never checked: {asked.sources - seen}"
    )
    for name, late in zip(("all", "after the start"), lags(database, seconds(asked.every)), strict=True):
        if late:
            cut = {share: late[int(len(late) * share)] for share in (0.5, 0.9, 0.99)}
            shown = ", ".join(f"p{share * 100:.0f} {value:.2f} s" for share, value in cut.items())
            print(f"  late after due, {name}: {shown}, most {late[-1]:.1f} s ({len(late)} checks)")
    first, last = sampled.memory[0][1], sampled.memory[-1][1]
    most = max(size for _, size in sampled.memory)
    slope = f"slope of the second half {sampled.slope() / 1e6:+.2f} MB a minute"
    print(f"  memory: {first / 1e6:.0f} MB at first, {last / 1e6:.0f} MB at last, {most / 1e6:.0f} at most, {slope}")
    print(f"  open files: {sampled.files[0]} at first, {sampled.files[-1]} at last, {max(sampled.files)} at most")
    print(f"  database: {int(size or 0) / 1e6:.1f} MB")


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
