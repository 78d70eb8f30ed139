"""The queue engine on PostgreSQL with 1, 2 and 4 processes: how much they do, and what is left of it when they are
killed at random.

    python -m bench.workers [--workers 1,2,4] [--sources 600] [--seconds 45] [--kills 8] [--quiet-minutes 3]

For each number of processes a database of its own: all sources are visited once, then checks are counted for so many
seconds while more is due than can be done, with the processor time of tracker, PostgreSQL and the hosts. Then four
processes are killed (-9) one after another at random while pages change, and after some minutes in which nothing is
killed and nothing changes, what was served is held against what was kept and told.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, update

from bench import loopback, postgres
from tracker.store import tables
from tracker.store.session import Database

FIRST = 180.0  # seconds that the first visits may take
PER_HOST = 4
DELAY = 0.1  # seconds between two requests to one host


@dataclass
class Installation:
    """A `tracker run` and some `tracker worker` on one database."""

    url: str
    folder: Path
    site: loopback.Site
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    spent: float = 0.0  # seconds of processor of processes that ended

    def start(self, number: int) -> subprocess.Popen[bytes]:
        """The first one schedules, too."""
        settings = {
            **os.environ, "TRACKER_DATA": str(self.folder / "data"), "TRACKER_DATABASE_URL": self.url,
            "TRACKER_SOURCES": str(self.folder / "sources.yaml"), "TRACKER_ALLOW_PRIVATE": "127.0.0.0/8",
            "TRACKER_HOST_DELAY": str(DELAY), "TRACKER_LOG_LEVEL": "error", "TRACKER_ALERTS_PER_HOUR": "100000",
            "TRACKER_ENGINE": "queue",
        }  # fmt: skip
        command = [sys.executable, "-m", "tracker.cli.main", *(("run", "--no-web") if number == 0 else ("worker",))]
        return subprocess.Popen(command, env=settings, stderr=(self.folder / "errors").open("ab"))

    def open(self, count: int) -> None:
        """Starts the processes; the first makes the tables."""
        self.processes = [self.start(0)]
        time.sleep(4)
        self.processes += [self.start(number) for number in range(1, count)]

    def kill(self, dice: random.Random) -> None:
        """One of them, at random, and another in its place."""
        number = dice.randrange(len(self.processes))
        self.spent += processor(self.processes[number].pid)
        self.processes[number].kill()
        self.processes[number].wait()
        self.processes[number] = self.start(number)

    def close(self) -> list[int]:
        """Ends all in order; gives their exit codes."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(60) for process in self.processes]

    def processor(self) -> float:
        """Seconds of processor of all processes so far."""
        return self.spent + sum(processor(process.pid) for process in self.processes)

    def memory(self) -> float:
        """MB of all processes."""
        pages = sum(int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) for process in self.processes)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor(pid: int, *, children: bool = False) -> float:
    """Seconds of processor a process has used; with those of its children that live or have ended."""
    try:
        spent = list(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
    except OSError:
        return 0.0
    own = sum(spent if children else spent[:2]) / os.sysconf("SC_CLK_TCK")
    if not children:
        return own
    named = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(processor(int(child)) for child in named)


def checks(database: Database) -> tuple[int, int]:
    """(checks, sources that were visited)."""
    with database.read() as session:
        count = select(func.count(), func.count(func.distinct(tables.Check.source_id))).select_from(tables.Check)
        done, seen = session.execute(count).one()
    return done, seen


def ready(database: Database, sources: int) -> float:
    """Waits until every source was visited; gives the seconds it took."""
    begun = time.monotonic()
    while time.monotonic() - begun < FIRST:
        time.sleep(1)
        try:
            if checks(database)[1] >= sources:
                break
        except Exception:  # noqa: BLE001, S112 - the tables are not there yet
            continue
    return time.monotonic() - begun


def busy(database: Database, seconds: float) -> None:
    """Lets time pass in which everything that was visited is due again within a second."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with database.write() as session:
            session.execute(update(tables.Source).where(tables.Source.next_check_at > func.now(),
                                                        tables.Source.claimed_until.is_(None))
                            .values(next_check_at=func.now()))  # fmt: skip
        time.sleep(min(left, 1.0))


def throughput(place: Installation, server: postgres.Server, count: int, asked: argparse.Namespace) -> None:
    """Prints how much `count` processes do when there is more to do than they can."""
    database = Database(place.url)
    place.open(count)
    first = ready(database, asked.sources)
    before, at = checks(database)[0], time.monotonic()
    own, theirs, hosts = place.processor(), processor(server.pid, children=True), time.process_time()
    busy(database, asked.seconds)
    done, passed = checks(database)[0] - before, time.monotonic() - at
    used = [place.processor() - own, processor(server.pid, children=True) - theirs, time.process_time() - hosts]
    memory, cores = place.memory(), os.cpu_count() or 1
    codes = place.close()
    shares = ", ".join(
        f"{name} {1000 * spent / max(done, 1):.1f} ms ({spent / passed / cores:.0%})"
        for name, spent in zip(("tracker", "PostgreSQL", "hosts and bench"), used, strict=True)
    )
    print(f"{count} process(es): {done / passed:.1f} checks/s over {passed:.0f} s ({asked.sources} "
          f"first visits: {first:.0f} s); processor a check: {shares} of {cores} "
          f"cores; {memory:.0f} MB; exit codes {codes}")  # fmt: skip
    print(f"  {spacing(place.site)}", flush=True)
    database.dispose()


def spacing(site: loopback.Site) -> str:
    """How politely the hosts were asked, by their own clock."""
    return (f"at hosts: {site.requests} requests, {site.overlaps} overlapping, "
            f"the closest {site.closest:.3f} s apart ({DELAY} s asked)")  # fmt: skip


def killing(place: Installation, count: int, asked: argparse.Namespace) -> None:
    """Prints what is left when processes are killed at random."""
    database, dice = Database(place.url), random.Random(asked.seed)
    place.open(count)
    ready(database, asked.sources)
    for _ in range(asked.kills):
        busy(database, dice.uniform(5, 20))
        place.kill(dice)
    place.site.frozen = True
    time.sleep(asked.quiet_minutes * 60)
    codes = place.close()
    served = sum(max(len(each) - 1, 0) for each in place.site.served.values())
    print(f"{count} processes, {asked.kills} killed (-9) at random, then {asked.quiet_minutes:g} minutes without: "
          f"{checks(database)[0]} checks, {served} changes served, exit codes {codes}")  # fmt: skip
    print(f"  served against kept: {loopback.compare(database, place.site, place.folder / 'data' / 'mailbox')}")
    print(f"  {spacing(place.site)}", flush=True)
    for line in loopback.stale(database, place.site):
        print(f"  {line}")
    database.dispose()


def main() -> None:
    """Runs all of it and prints the figures."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--workers", default="1,2,4")
    ask.add_argument("--sources", type=int, default=600)
    ask.add_argument("--seconds", type=float, default=45)
    ask.add_argument("--faults", type=float, default=0.05)
    ask.add_argument("--kills", type=int, default=8)
    ask.add_argument("--quiet-minutes", type=float, default=3)
    ask.add_argument("--seed", type=int, default=2)
    asked = ask.parse_args()
    with postgres.server() as server:
        print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last five minutes", flush=True)
        for count in map(int, filter(None, asked.workers.split(","))):
            with tempfile.TemporaryDirectory() as folder:
                throughput(laid(server, f"t{count}", Path(folder), asked), server, count, asked)
        if asked.kills:
            with tempfile.TemporaryDirectory() as folder:
                killing(laid(server, "killed", Path(folder), asked), 4, asked)


def laid(server: postgres.Server, name: str, folder: Path, asked: argparse.Namespace) -> Installation:
    """A database, a catalogue and hosts of its own."""
    site = loopback.Site(asked.faults)
    loopback.serve(site)
    loopback.catalogue(folder, asked.sources, site.port, "1m", PER_HOST)
    return Installation(server.database(name), folder, site)


if __name__ == "__main__":
    main()
