"""A soak: hundreds of sources on hosts of their own at short intervals, a tenth of all answers failing in every way.

    python -m bench.soak [--sources 500] [--minutes 10] [--every 60s] [--failing 0.1] [--concurrency 16]

The hosts run in a process of their own on one loopback port under many names; the tracker's engine, client, pipeline
and SQLite run in this one as in service. Printed: how late checks begin after the moment they were due (p50, p99,
most), how often a source was missed altogether, memory over time, open files and tasks at the start and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from tests.fetch.site import Asked, Handler, Site, answer, endless, raw, redirect, serving
from tracker import schedule
from tracker.classify import classifier
from tracker.engine.inline import Inline
from tracker.fetch.client import Fetcher
from tracker.model import Outcome, Source
from tracker.pipeline import Visited
from tracker.settings import Settings
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
DUTY = "The provider shall keep the documentation of system {n} for ten years after it was placed on the market."


def page(host: str, edition: int) -> bytes:
    """A small act of a host in one of its editions."""
    seed = sum(host.encode())
    lines = [f"<h2>Article {n}</h2><p>{DUTY.format(n=seed + n)}</p>" for n in range(1, 30)]
    lines += [f"<p>Amendment {n}: the period is {seed % 7 + n} months.</p>" for n in range(edition)]
    return f"<html><head><title>Act of {host}</title></head><body><main>{''.join(lines)}</main></body></html>".encode()


def failures() -> list[Handler]:
    """Every way in which an answer fails."""
    small_bomb = gzip.compress(b"\0" * (40 * 2**20))
    return [
        answer(b"", "500 Oops"),
        answer(b"", "404 Not Found"),
        answer(b"", "403 Forbidden"),
        answer(b"", "410 Gone"),
        answer(b"", "503 Busy", retry_after="5"),
        answer(b"", "429 Too Many", retry_after="5"),
        answer(b"", "304 Not Modified", content_length=""),
        answer(b" "),
        answer(b"<p>x</p>", cf_mitigated="challenge"),
        answer(b"not gzip", content_encoding="gzip"),
        answer(small_bomb, content_encoding="gzip"),
        redirect("/"),
        redirect("http://169.254.169.254/latest/meta-data/"),
        redirect("http://10.0.0.1/"),
        raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        raw(),
        raw(OK + b"Content-Length: 1000\r\n\r\n<p>short"),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n", pause=30),
        endless(OK + b"\r\n", b"x" * 65_536, pause=0.001),
        endless(OK + b"X: ", b"x", pause=0.05),
    ]


async def host(failing: float, seed: int) -> None:
    """The hosts: prints the port, serves until its input ends."""
    chance, ways = random.Random(seed), failures()
    editions: Counter[str] = Counter()

    async def answers(asked: Asked, writer: asyncio.StreamWriter) -> None:
        name = asked.headers.get("host", "").split(":")[0]
        if chance.random() < failing:
            await chance.choice(ways)(asked, writer)
            return
        editions[name] += chance.random() < 0.05
        body = page(name, editions[name])
        mark = f'"{editions[name]}"'
        same = asked.headers.get("if-none-match") == mark
        made = answer(b"", "304 Not Modified", content_length="") if same else answer(body, etag=mark)
        await made(asked, writer)

    async with serving(Site(routes={"/": answers})) as site:
        print(site.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def memory() -> float:
    """This process's memory in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def files() -> int:
    """This process's open files."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Watch:
    """What is measured: lateness of each check, memory, open files, tasks."""

    def __init__(self) -> None:
        self.due: dict[str, datetime] = {}
        self.late: list[tuple[datetime, float]] = []
        self.began = datetime.now(UTC)
        self.checks: Counter[str] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.samples: list[tuple[float, float, int, int]] = []

    def done(self, visited: Visited) -> None:
        """Called for each visit."""
        name = visited.source.id
        if name in self.due:
            self.late.append((self.due[name], (visited.fetched.started - self.due[name]).total_seconds()))
        if visited.next_check_at:
            self.due[name] = visited.next_check_at
        self.checks[name] += 1
        self.outcomes[visited.outcome] += 1

    async def sample(self, every: float) -> None:
        """Until cancelled."""
        began = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - began, memory(), files(), len(asyncio.all_tasks())))
            await asyncio.sleep(every)


async def soak(arguments: argparse.Namespace, port: int, folder: Path) -> Watch:
    """The tracker against the hosts for so many minutes."""
    settings = Settings(
        data=folder, timeout=5.0, host_delay=0.5, concurrency=arguments.concurrency, _env_file=None, max_body=4 * 2**20
    )
    database = Database(settings.database)
    migrate(database)
    records, watch = Records(database), Watch()
    names = [f"h{number}.example" for number in range(arguments.sources)]
    sources = [
        Source(id=f"s{n}", url=f"http://{name}:{port}/", schedule=arguments.every) for n, name in enumerate(names)
    ]
    records.sync_catalogue(sources, datetime.now(UTC))

    async def resolver(host_: str, port_: int) -> Sequence[str]:
        return ["127.0.0.1"]

    stop = asyncio.Event()
    async with Fetcher(settings, resolver=resolver, allow=["127.0.0.0/8"]) as fetcher:
        engine = Inline(records, fetcher, classifier.load(), settings, plan=schedule.planner(), done=watch.done)
        watching = asyncio.create_task(watch.sample(5.0))
        running = asyncio.create_task(engine.run(stop))
        await asyncio.sleep(arguments.minutes * 60)
        stop.set()
        await running
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    await asyncio.sleep(0.5)
    watch.samples.append((arguments.minutes * 60, memory(), files(), len(asyncio.all_tasks())))
    database.dispose()
    return watch


def report(watch: Watch, arguments: argparse.Namespace) -> None:
    """Prints the figures."""
    total, every = sum(watch.checks.values()), schedule.parse(arguments.every).every or 0
    bad = total - sum(watch.outcomes[good] for good in (Outcome.OK, Outcome.NOT_MODIFIED))
    asked = f"{arguments.sources} sources, every {every:.0f} s, {arguments.minutes} min"
    used = time.process_time()
    load = os.getloadavg()[1]
    print(f"machine: {os.cpu_count()} cores, load {load:.1f} over the last five minutes")
    print(f"{asked}: {total} checks, {bad / total:.1%} failed, {1000 * used / total:.0f} ms of processor time each")
    print("  " + ", ".join(f"{name.value} {count}" for name, count in watch.outcomes.most_common()))
    settled_at = watch.began + timedelta(seconds=2 * every)
    for name, late in (
        ("all", sorted(by for _, by in watch.late)),
        ("after the start, when all were due at once", sorted(by for due, by in watch.late if due > settled_at)),
    ):
        if len(late) > 1:
            cut = statistics.quantiles(late, n=100, method="inclusive")
            shown = ", ".join(f"p{at} {cut[at - 1]:.2f}" for at in (50, 90, 99))
            print(f"late after due, s, {name}: {shown}, most {late[-1]:.2f}")
    now = datetime.now(UTC)
    forgotten = [name for name, due in watch.due.items() if (now - due).total_seconds() > every]
    print(f"checks a source: least {min(watch.checks.values())}, most {max(watch.checks.values())}; "
          f"never checked {arguments.sources - len(watch.checks)}; overdue at the end {len(forgotten)}")  # fmt: skip
    settled = [(at / 60, size) for at, size, _, _ in watch.samples[:-1] if at > arguments.minutes * 60 / 3]
    slope = statistics.linear_regression(*zip(*settled, strict=True)).slope if len(settled) > 2 else 0.0
    memories = [size for _, size, _, _ in watch.samples]
    course = " ".join(f"{memories[len(memories) * tenth // 10]:.0f}" for tenth in range(10))
    print(f"memory, MB, by tenths of the time: {course}, end {memories[-1]:.0f}; "
          f"slope over the last two thirds {slope:+.2f} MB/min")  # fmt: skip
    first, last = watch.samples[0], watch.samples[-1]
    for name, at in (("open files", 2), ("tasks (1 is this one)", 3)):
        print(f"{name}: start {first[at]}, most {max(sample[at] for sample in watch.samples)}, end {last[at]}")


def main() -> None:
    """Runs the hosts and the soak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", default="60s")
    parser.add_argument("--failing", type=float, default=0.1)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host", action="store_true", help="only the hosts")
    arguments = parser.parse_args()
    if arguments.host:
        asyncio.run(host(arguments.failing, arguments.seed))
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.ERROR)
    command = [sys.executable, "-m", "bench.soak", "--host", "--failing", str(arguments.failing)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).resolve().parent.parent,
        ) as hosts,
    ):  # fmt: skip
        assert hosts.stdout is not None
        assert hosts.stdin is not None
        try:
            port = int(hosts.stdout.readline())
            report(asyncio.run(soak(arguments, port, Path(folder))), arguments)
        finally:
            hosts.stdin.close()
            hosts.terminate()


if __name__ == "__main__":
    main()
