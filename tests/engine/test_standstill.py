"""After days of standstill, with many sources of few hosts: all are visited once, soon, and hosts are spared."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tracker import schedule
from tracker.classify import classifier
from tracker.engine import inline
from tracker.model import Fetched, Outcome, Source
from tracker.pipeline import Visited
from tracker.settings import Settings
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERY = timedelta(hours=12)
CONCURRENCY = 3
SIZES = {"large": 40, "middle": 12, **{f"small{n}": 1 for n in range(8)}}  # sources of each host


class Hosts:
    """Answers after a while, and counts what is under way."""

    def __init__(self) -> None:
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.asked: list[str] = []

    async def fetch(self, source: Source, *, url: str = "", etag: str = "", last_modified: str = "") -> Fetched:
        host = urlsplit(source.url).hostname or ""
        self.asked.append(source.id)
        self.under_way[host] += 1
        self.most |= self.under_way
        await asyncio.sleep(0.002)
        self.under_way[host] -= 1
        body = f"<html><body><main><p>The operator of {source.id} shall keep a log.</p></main></body></html>"
        return Fetched(
            Outcome.OK, "", source.url, START, START, final_url=source.url, status=200, body=body.encode(),
            media_type="text/html", charset="utf-8",
        )  # fmt: skip


@pytest.mark.parametrize("days", [1, 30])
async def test_after_a_standstill_all_are_visited_once_and_skip_one_moment_at_most(tmp_path: Path, days: int) -> None:
    database = Database(f"sqlite:///{tmp_path / 'tracker.db'}")
    migrate(database)
    records, hosts, seen = Records(database), Hosts(), dict[str, Visited]()
    now = START + timedelta(days=days)  # nothing was visited since the catalogue was taken over
    sources = [
        Source(id=f"{host}-{n}", url=f"https://{host}.example/{n}", schedule="12h")
        for host, size in SIZES.items()
        for n in range(size)
    ]
    records.sync_catalogue(sources, START)
    engine = inline.Inline(
        records, hosts, classifier.load(), Settings(_env_file=None, data=tmp_path, concurrency=CONCURRENCY),
        plan=schedule.planner(), clock=lambda: now, done=lambda visited: seen.__setitem__(visited.source.id, visited),
    )  # fmt: skip
    idle = 0
    while idle < 2:  # what ended while the last look was taken leaves room for one more
        idle = 0 if await engine.dispatch() or engine.under_way else idle + 1
        assert engine.under_way <= inline.WAITING * CONCURRENCY
        await asyncio.sleep(0.001)
    assert sorted(hosts.asked) == sorted(source.id for source in sources), "each once"
    assert max(hosts.most.values()) <= inline.PER_HOST, "a host has a few places, and no more"
    last = {name.rpartition("-")[0]: place for place, name in enumerate(hosts.asked)}
    assert max(last[name] for name in SIZES if name != "large") < last["large"], "the large host keeps nobody waiting"
    for visited in seen.values():
        assert visited.next_check_at is not None
        assert EVERY / 2 <= visited.next_check_at - now <= EVERY * 1.5
    database.dispose()
