"""Alerts: how fast changes find their readers, how fast mails are made and handed over, and what arrives when
everything fails.

    python -m bench.alerts match   [--changes 100000] [--subscriptions 1000]
    python -m bench.alerts mails   [--mails 10000]
    python -m bench.alerts faults  [--histories 500] [--first 1000]

`match` compares the index with asking each subscription in turn (on a sample, checked for the same answers); `mails`
compares with handing ready mails to the same server; `faults` plays seeded histories in which the mail server fails and
the notifier is killed at any step, and counts what arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "alerts"))

import structlog
from aiosmtpd import smtp
from sqlalchemy import func, select

from alerts import roster
from alerts.channels.smtp import Smtp
from alerts.match import Matcher, facts, wanted
from alerts.notifier import Notifier
from alerts.render import change as render
from alerts.render import compose
from tracker.model import Source, Subscription, Tier
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.session import Database

AREAS = [f"area-{n}" for n in range(13)]
PLACES = ["EU", "FR", "US", "US-CA", "CN", "UN", "OECD", "GB"]
VOCABULARY = [f"word{n}" for n in range(4000)]


def memory() -> float:
    """Peak memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def subscription(rng: random.Random, n: int) -> Subscription:
    """A reader with one to three wishes."""

    def some(values: list[str], most: int) -> tuple[str, ...]:
        return tuple(rng.sample(values, rng.randint(1, most)))

    wishes = {
        "areas": some(AREAS, 3),
        "jurisdictions": some(PLACES, 2),
        "sources": some([f"s{k}" for k in range(500)], 10),
        "languages": some(["en", "fr", "zh"], 2),
        "words": some(VOCABULARY, 4),
        "groups": some([f"g{k}" for k in range(20)], 2),
    }
    chosen = rng.sample(sorted(wishes), rng.randint(1, 3))
    return Subscription(
        f"r{n}",
        f"r{n}@host{n % 40}.example",
        **{name: wishes[name] for name in chosen},
        min_tier=rng.choice([Tier.SUBSTANTIVE, Tier.EDITORIAL]),
    )


def told(rng: random.Random, n: int) -> object:
    """A change of some 120 words."""
    import world as w

    text = " ".join(rng.choices(VOCABULARY, k=60))
    of = Source(
        f"s{rng.randrange(500)}",
        "https://law.example/",
        jurisdiction=rng.choice(PLACES),
        language=rng.choice(["en", "fr", "zh"]),
        groups=(f"g{rng.randrange(20)}",),
    )
    value = w.change(
        text,
        text[:200] + " shall",
        areas=rng.sample(AREAS, rng.randint(1, 2)),
        name=str(n),
        tier=rng.choice([Tier.SUBSTANTIVE, Tier.EDITORIAL]),
    )
    return w.told(value, of)


def match(changes: int, subscriptions: int) -> None:
    """Changes against subscriptions."""
    rng = random.Random(1)
    readers = [subscription(rng, n) for n in range(subscriptions)]
    sample = [
        told(rng, n) for n in range(2000)
    ]  # built once and matched again and again: making them is not the figure
    before = memory()
    begin = time.perf_counter()
    matcher = Matcher(readers)
    built = time.perf_counter() - begin
    for one in sample[:200]:
        assert matcher.match(one) == [r for r in readers if wanted(r, facts(one))]
    begin = time.perf_counter()
    hits = 0
    for n in range(changes):
        hits += len(matcher.match(sample[n % len(sample)]))
    took = time.perf_counter() - begin
    begin = time.perf_counter()
    for one in sample[:200]:
        known = facts(one)
        for reader in readers:
            wanted(reader, known)
    plain = (time.perf_counter() - begin) / 200
    rate, plain_rate = changes / took, 1 / plain
    print(
        f"index of {subscriptions} subscriptions built in {built * 1000:.0f} ms, "
        f"memory {memory() - before:+.1f} MB (peak {memory():.0f} MB)"
    )
    print(
        f"match: {rate / plain_rate:.0f}x  {rate:,.0f} changes/s by the index, {plain_rate:,.0f} changes/s one by one "
        f"({changes:,} changes x {subscriptions:,} subscriptions in {took:.1f} s, {hits:,} matches)"
    )


class Sink:
    """A server's handler that counts."""

    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: smtp.SMTP, _session: object, _envelope: object
    ) -> str:
        self.count += 1
        return "250 taken"


def settings_for(folder: Path, port: int) -> Settings:
    """Settings of a loopback mail server."""
    return Settings(
        _env_file=None, data=folder, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none",
        secret_key="bench",  # noqa: S106 - signs links of a database that is thrown away
        mail_from="Tracker <t@rules.example>", base_url="https://tracker.example", alerts_per_hour=10**6,
    )  # fmt: skip


def mails(number: int) -> None:
    """Events to mails in a loopback server, the whole way through the database."""
    import world as w

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = Path(tempfile.mkdtemp(prefix="bench-alerts-"))
    database = Database(f"sqlite:///{folder / 'tracker.db'}")
    migrate(database)
    readers = 50
    world = w.World(database, settings_for(folder, 1))
    with database.write() as session:
        for n in range(readers):
            wanted = Subscription(f"r{n}", f"r{n}@host{n % 10}.example", language=("en", "fr", "zh")[n % 3], attach=())
            roster.keep(session, wanted, w.START, origin="command")
    for n in range(number // readers):
        text = " ".join(f"Paragraph {k} of rule {n} says what providers may do in a harbour." for k in range(12))
        world.tell(w.change(text, text.replace("may", "shall"), w.START, name=str(n)), w.source(f"s{n % 100}"))
    sink = Sink()

    async def run() -> tuple[float, float, float, float]:
        server = await asyncio.get_running_loop().create_server(lambda: smtp.SMTP(sink), "127.0.0.1", 0)
        settings = settings_for(folder, server.sockets[0].getsockname()[1])
        notifier = Notifier(database, settings, lambda: w.START)
        begin, spent = time.perf_counter(), time.process_time()
        while await notifier.work_once():
            pass
        whole, cpu = time.perf_counter() - begin, time.process_time() - spent
        await notifier.close()
        assert sink.count == number, (sink.count, number)
        frame = compose.frame(Subscription("r", "r@host.example"), settings, datetime.now(UTC))
        value = w.told(w.change(text, text.replace("may", "shall")))
        begin = time.perf_counter()
        for _ in range(200):
            made = render.message(value, frame)
        rendering = (time.perf_counter() - begin) / 200
        channel = Smtp(settings)
        begin = time.perf_counter()
        await asyncio.gather(*(channel.send(replace(made, id=str(n))) for n in range(1000)))
        handing = (time.perf_counter() - begin) / 1000
        await channel.close()
        server.close()
        return whole, cpu, rendering, handing

    whole, cpu, rendering, handing = asyncio.run(run())
    with database.read() as session:
        sent = session.scalar(select(func.count()).select_from(tables.Alert).where(tables.Alert.state == "sent"))
        assert sent == number
    print(
        f"mails: {number / whole:.0f}/s from event to server's answer ({number:,} in {whole:.1f} s, one process, "
        f"SQLite with "
        f"full sync); rendering alone {1 / rendering:.0f}/s, ready mails to the same server {1 / handing:.0f}/s: "
        f"{whole / number / handing:.1f}x of handing over alone; {cpu / number * 1000:.1f} ms of processor a mail, "
        f"server included; peak memory {memory():.0f} MB"
    )


def faults(histories: int, first: int) -> int:
    """Seeded histories; 1 if anything was lost or came twice without an excuse."""
    import schedules

    fork = schedules.context()
    total: Counter[str] = Counter()
    kills: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    shared_memory = Path("/dev/shm")
    base = Path(tempfile.mkdtemp(prefix="bench-alerts-", dir=shared_memory if shared_memory.is_dir() else None))
    begin = time.perf_counter()
    for seed in range(first, first + histories):
        history = schedules.play(seed, base / "one", fork)
        for path in sorted((base / "one").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        for name in ("expected", "arrived", "copies", "cut_after_dot", "killed_after_dot"):
            total[name] += getattr(history, name)
        total["wrong"] += len(history.missing) + len(history.unexplained)
        kills += history.kills
        failures += history.faults
        for line in (*history.missing, *history.unexplained):
            print(f"seed {seed}: {line}")
        if (seed + 1 - first) % 50 == 0:
            sys.stderr.write(f"{seed + 1 - first} histories, {time.perf_counter() - begin:.0f} s: {dict(total)}\n")
    print(
        f"faults: {total['arrived']} of {total['expected']} alerts arrived in {histories} histories with "
        f"{kills.total()} kills and "
        f"{failures.total()} faults of the server; {total['copies']} came again under the same Message-ID "
        f"({total['cut_after_dot']} cut between the final dot and its answer, {total['killed_after_dot']} "
        f"killed between the "
        f"answer and its note); wrong: {total['wrong']}"
    )
    print(f"kills by step: {dict(kills.most_common())}")
    print(f"faults by step: {dict(failures.most_common())}")
    return 1 if total["wrong"] else 0


def main() -> int:
    """Runs one figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", choices=["match", "mails", "faults"])
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--subscriptions", type=int, default=1_000)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--histories", type=int, default=500)
    parser.add_argument("--first", type=int, default=1000)
    options = parser.parse_args()
    if options.figure == "match":
        match(options.changes, options.subscriptions)
    elif options.figure == "mails":
        mails(options.mails)
    else:
        return faults(options.histories, options.first)
    return 0


if __name__ == "__main__":
    sys.exit(main())
