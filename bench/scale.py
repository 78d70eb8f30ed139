"""A soak of the whole service on loopback: many sources, short intervals, some answers failing; one process, or the
queue with PostgreSQL and several workers, one of which may be killed at random.

    python bench/scale.py [--sources 5000] [--minutes 20] [--every 5m] [--faults 0.05]
    python bench/scale.py --database postgresql://… --workers 4 --kill

Prints checks per second, lag (p50, p99: how much later than its interval a source was checked again), memory at start
and end and its slope, open files, size of the database, and whether any source was forgotten or any alert doubled.
The pages live on many loopback hosts (127.x.y.z), so that politeness towards one host does not serialise all.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from tracker.store import tables
from tracker.store.session import Database

PER_HOST = 10
SECONDS = {"m": 60, "h": 3600}


@dataclass
class Sampled:
    """Resident bytes and open files of the processes, by seconds since the start."""

    memory: list[tuple[float, int]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def take(self, at: float, pids: list[int]) -> None:
        """One sample over all processes."""
        resident = opened = 0
        for pid in pids:
            try:
                found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                resident += int(found[1]) * 1024 if found else 0
                opened += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
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


def handler(faults: float, dice: random.Random) -> type[BaseHTTPRequestHandler]:
    """Pages that change now and then, and fail now and then in several ways."""
    versions: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            draw = dice.random()
            if draw < faults:
                return self.fail(int(draw / faults * 4))
            name = self.path.strip("/")
            if dice.random() < 0.02:
                versions[name] = versions.get(name, 0) + 1
            duties = "".join(
                f"<p>{n}. The operator shall keep records {n + versions.get(name, 0)} days.</p>" for n in range(12)
            )
            main = f"<main><h1>Rules {name}</h1>{duties}</main>"
            page = f"<html><body><nav>Home</nav>{main}<footer>{time.time():.0f}</footer></body></html>"
            return self.reply(200 if name != "robots.txt" else 404, page.encode())

        def fail(self, way: int) -> None:
            if way == 0:
                return self.reply(503, b"busy")
            if way == 1:
                return self.reply(404, b"gone")
            if way == 2:
                self.close_connection = True
                return None  # hung up without a word
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.close_connection = True  # cut short
            return None

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Quiet."""

    return Handler


def serve(faults: float) -> int:
    """The pages, on every loopback address; gives the port."""
    server = ThreadingHTTPServer(("0.0.0.0", 0), handler(faults, random.Random(1)))  # noqa: S104 - loopback addresses are many
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def catalogue(folder: Path, count: int, port: int, every: str) -> None:
    """sources.yaml with `count` pages on as many loopback hosts as it takes."""
    lines = ["sources:"]
    for number in range(count):
        host = number // PER_HOST
        address = f"127.{1 + host // 65025}.{(host // 255) % 255}.{1 + host % 254}"
        lines.append(f"  - {{id: s{number}, url: 'http://{address}:{port}/{number}', every: {every}}}")
    lines.append("subscriptions:\n  - {to: reader@localhost, when: immediate}")
    (folder / "sources.yaml").write_text("\n".join(lines))


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
        catalogue(folder, asked.sources, serve(asked.faults), asked.every)
        url = asked.database or f"sqlite:///{folder / 'data' / 'tracker.db'}"
        settings = {
            **os.environ, "TRACKER_DATA": str(folder / "data"), "TRACKER_SOURCES": str(folder / "sources.yaml"),
            "TRACKER_DATABASE_URL": url, "TRACKER_ALLOW_PRIVATE": "127.0.0.0/8", "TRACKER_HOST_DELAY": "0.1",
            "TRACKER_CONCURRENCY": "32", "TRACKER_LOG_LEVEL": "error", "TRACKER_ALERTS_PER_HOUR": "100000",
            "TRACKER_ENGINE": "queue" if asked.workers else "inline", "TRACKER_WEB_PORT": str(_free()),
        }  # fmt: skip
        soak(asked, url, settings)


def soak(asked: argparse.Namespace, url: str, settings: dict[str, str]) -> None:
    """Starts the processes, samples them, ends them, and reads the database."""
    tracker = [sys.executable, "-m", "tracker.cli.main"]
    processes = [subprocess.Popen([*tracker, "run", "--no-web"], env=settings, stderr=subprocess.DEVNULL)]
    time.sleep(3)
    processes += [
        subprocess.Popen([*tracker, "worker"], env=settings, stderr=subprocess.DEVNULL)
        for _ in range(asked.workers - 1)
    ]
    dice, sampled, begun, killed = random.Random(2), Sampled(), time.monotonic(), 0
    next_kill = 60.0
    while (at := time.monotonic() - begun) < asked.minutes * 60:
        time.sleep(5)
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
    report(asked, url, sampled, killed, codes, drained)


def report(
    asked: argparse.Namespace, url: str, sampled: Sampled, killed: int, codes: list[int], drained: float
) -> None:
    """The figures, from the samples and the database."""
    every = int(asked.every[:-1]) * SECONDS[asked.every[-1]]
    database = Database(url)
    with database.read() as session:
        rows = session.execute(
            select(tables.Check.source_id, tables.Check.started_at, tables.Check.outcome)
            .order_by(tables.Check.source_id, tables.Check.started_at)
        ).all()  # fmt: skip
        pairs = select(tables.Alert.change_id).group_by(tables.Alert.change_id, tables.Alert.subscription_id)
        doubled = session.scalar(select(func.count()).select_from(pairs.having(func.count() > 1).subquery()))
        told = session.scalar(select(func.count()).select_from(tables.Change).where(tables.Change.state == "told"))
        sent = session.scalar(select(func.count()).select_from(tables.Alert).where(tables.Alert.state == "sent"))
        versions = session.scalar(select(func.count()).select_from(tables.Version))
        size = session.scalar(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
                                   if database.sqlite else "SELECT pg_database_size(current_database())"))  # fmt: skip
    lags, before = [], {}
    for source, started, outcome in rows:
        known = before.get(source)
        if known and known[1] in ("ok", "not_modified"):
            lags.append(max((started - known[0]).total_seconds() - every, 0.0))
        before[source] = (started, outcome)
    lags.sort()
    first, last = sampled.memory[0][1], sampled.memory[-1][1]
    kind = f"{max(asked.workers, 1)} process(es), {killed} killed"
    print(f"{asked.sources} sources every {asked.every}, {asked.minutes:g} minutes, {asked.faults:.0%} faults, {kind}")
    rate = len(rows) / asked.minutes / 60
    print(f"  checks: {len(rows)}, {rate:.1f} a second; never checked: {asked.sources - len(before)}")
    if lags:
        print(
            f"  lag: p50 {lags[len(lags) // 2]:.1f} s, p99 {lags[int(len(lags) * 0.99)]:.1f} s, most {lags[-1]:.1f} s"
        )
    slope = f"slope {sampled.slope() / 1e6:+.2f} MB a minute"
    print(f"  memory: {first / 1e6:.0f} MB at first, {last / 1e6:.0f} MB at last, {slope}")
    print(f"  open files: {sampled.files[0]} at first, {max(sampled.files)} at most")
    print(f"  database: {int(size or 0) / 1e6:.1f} MB, {versions} versions")
    print(
        f"  changes told {told}, alerts sent {sent}, doubled {doubled}; drained in {drained:.1f} s, exit codes {codes}"
    )


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
