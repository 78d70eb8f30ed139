"""The pages of the soaks: many loopback hosts, known changes, faults; what was served is noted and held against what
the tracker made of it.

Each page carries its edition in its words. The site notes every edition it handed over whole, and for each host whether
two requests ever overlapped and how close one followed the other.
"""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.store import tables
from tracker.store.session import Database

PER_HOST = 10
CHANGING = 0.02  # share of visits that find a new edition
EDITION = re.compile(r"keep records (\d+) days")
FIRST = 30  # days in a page's first edition, and as many more as its number: the same edit everywhere is told once


@dataclass
class Site:
    """What is served and what was. `faults` is the share of answers that fail; `frozen` stops all changes."""

    faults: float
    seed: int = 1
    frozen: bool = False
    slow: float = 0.0
    port: int = 0
    edition: Counter[str] = field(default_factory=Counter)
    served: dict[str, list[int]] = field(default_factory=dict)
    requests: int = 0
    overlaps: int = 0
    closest: float = float("inf")
    _open: Counter[str] = field(default_factory=Counter)
    _ended: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def begin(self, host: str, page: str) -> tuple[int, int]:
        """A request begins: gives the edition and the way to fail (-1: none)."""
        with self._lock:
            self.requests += 1
            self.overlaps += self._open[host] > 0
            self._open[host] += 1
            if host in self._ended and self._open[host] == 1:
                self.closest = min(self.closest, time.monotonic() - self._ended[host])
            draw = self._dice.random()
            if page == "robots.txt":
                return 0, -1
            if draw < self.faults:
                return 0, int(draw / self.faults * 4)
            if not self.frozen and page in self.served and self._dice.random() < CHANGING:
                self.edition[page] += 1
            return self.edition[page], -1

    def end(self, host: str) -> None:
        """The last word of an answer is about to go out: called before, since the other side may have it, and count
        its pause from there, long before this thread comes to its next line."""
        with self._lock:
            self._open[host] -= 1
            self._ended[host] = time.monotonic()

    def out(self, page: str, edition: int, *, whole: bool) -> None:
        """An answer went out; `whole`: with the page."""
        with self._lock:
            known = self.served.setdefault(page, []) if whole else []
            if whole and (not known or known[-1] != edition):
                known.append(edition)


def page(name: str, edition: int) -> bytes:
    """A page in one of its editions, with a footer that never stands still."""
    duties = "".join(f"<p>{n}. The operator of plant {name} shall report {n} times a year.</p>" for n in range(1, 12))
    duty = f"<p>12. The operator shall keep records {FIRST + int(name) + edition} days.</p>"
    main = f"<main><h1>Rules {name}</h1>{duties}{duty}</main>"
    return f"<html><body><nav>Home</nav>{main}<footer>{time.time():.0f}</footer></body></html>".encode()


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    """Answers from the site; every fourth failure is of the same kind."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host, name = self.headers.get("Host", ""), self.path.strip("/")
            edition, way = site.begin(host, name)
            whole = False
            try:
                if site.slow:
                    time.sleep(site.slow)
                site.end(host)
                if way >= 0:
                    self.fail(way)
                elif name == "robots.txt":
                    self.reply(404, b"none")
                else:
                    self.reply(200, page(name, edition))
                    whole = True
            except OSError:
                self.close_connection = True  # the other side was killed
            finally:
                site.out(name, edition, whole=whole)

        def fail(self, way: int) -> None:
            if way < 2:
                return self.reply((503, 404)[way], b"not now")
            self.close_connection = True
            if way == 3:  # cut short; otherwise hung up without a word
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
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


class Server(ThreadingHTTPServer):
    """Many clients may knock at once."""

    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """A client that was killed is no news."""


def serve(site: Site) -> None:
    """Serves the pages on every loopback address."""
    server = Server(("0.0.0.0", 0), handler(site))  # noqa: S104 - loopback addresses are many
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.port = int(server.server_address[1])


def catalogue(folder: Path, count: int, port: int, every: str, per_host: int = PER_HOST) -> None:
    """sources.yaml with `count` pages on as many loopback hosts as it takes."""
    lines = ["sources:"]
    for number in range(count):
        host = number // per_host
        address = f"127.{1 + host // 64516}.{host // 254 % 254}.{1 + host % 254}"
        lines.append(f"  - {{id: s{number}, url: 'http://{address}:{port}/{number}', every: {every}}}")
    lines.append("subscriptions:\n  - {to: reader@localhost, when: immediate}")
    (folder / "sources.yaml").write_text("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Found:
    """What the database says, held against what was served. All but the first five should be 0."""

    checks: int
    versions: int
    told: int
    sent: int
    mails: int
    stale: int  # pages whose latest text is not the edition served last
    backwards: int  # pages whose editions were not kept in the order they were served, or kept twice
    untold: int  # steps from one kept edition to the next that no told change stands for
    unsent: int
    doubled: int  # alerts twice for a change and a subscription, or accepted twice


def editions(session: Session) -> dict[str, list[int]]:
    """The editions kept of each page, in the order of their versions."""
    kept: dict[str, list[int]] = {}
    version = tables.Version
    rows = session.execute(
        select(tables.Document.source_id, version.text)
        .join(version, version.document_id == tables.Document.id)
        .order_by(version.document_id, version.number)
    )
    for source, text in rows:
        found = EDITION.search(text or "")
        number = source.removeprefix("s")
        kept.setdefault(number, []).append(int(found[1]) - FIRST - int(number) if found else -1)
    return kept


def stale(database: Database, site: Site) -> list[str]:
    """Of each page whose latest text is not the edition served last: the editions, and its last checks in words."""
    said, check = [], tables.Check
    with database.read() as session:
        kept = editions(session)
        for name, served in site.served.items():
            if kept.get(name, [-1])[-1] == served[-1]:
                continue
            ours = select(check).where(check.source_id == f"s{name}").order_by(check.started_at.desc()).limit(4)
            last = [f"{row.started_at:%H:%M:%S} {row.outcome} {row.reason}" for row in session.scalars(ours)]
            source = session.get_one(tables.Source, f"s{name}")
            said.append(f"page {name}: served {served[-3:]}, kept {kept.get(name)}, next {source.next_check_at}, "
                        f"claimed by {source.claimed_by!r}; {'; '.join(last)}")  # fmt: skip
    return said


def compare(database: Database, site: Site, mailbox: Path) -> Found:
    """Reads the database of a run whose processes have ended."""
    alert, delivery = tables.Alert, tables.Delivery
    with database.read() as session:
        kept = editions(session)
        checks = session.scalar(select(func.count()).select_from(tables.Check)) or 0
        told = session.scalar(select(func.count()).select_from(tables.Change).where(
            tables.Change.state == "told", tables.Change.old_version_id.is_not(None))) or 0  # fmt: skip
        states = Counter(dict(session.execute(select(alert.state, func.count()).group_by(alert.state)).tuples().all()))
        pairs = select(alert.change_id).group_by(alert.change_id, alert.subscription_id).having(func.count() > 1)
        accepted = select(delivery.alert_id).where(delivery.outcome == "accepted")
        twice = accepted.group_by(delivery.alert_id).having(func.count() > 1)
        doubled = sum(session.scalar(select(func.count()).select_from(each.subquery())) or 0 for each in (pairs, twice))
    steps = sum(len(each) - 1 for each in kept.values())
    mails = len(list((mailbox / "new").glob("*"))) if mailbox.exists() else 0
    return Found(
        checks=checks, versions=sum(map(len, kept.values())), told=told, sent=states["sent"], mails=mails,
        stale=sum(1 for name, served in site.served.items() if kept.get(name, [-1])[-1] != served[-1]),
        backwards=sum(1 for each in kept.values() if any(b <= a for a, b in itertools.pairwise(each))),
        untold=max(steps - told, 0), unsent=states.total() - states["sent"], doubled=doubled,
    )  # fmt: skip
