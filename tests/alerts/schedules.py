"""Random histories of a notifier: the mail server fails at any step, and the notifier is killed (SIGKILL) at any step;
after each history every alert must have arrived, and twice only where nobody could have known.

A history is drawn from its seed alone. Each round is a process of its own, forked from a clean one, that works until
there is nothing due, or until it is killed at the n-th passing of a named step.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import faulty
import structlog
import world as w
from sqlalchemy import select

from alerts.notifier import Notifier
from alerts.render import words
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.session import Database

STEPS = (
    "events taken",
    "alerts made",
    "event done",
    "digest made",
    "taken",
    "rendered",
    "begun",
    "answered",
    "finished",
)
ROUNDS = 40
WILD = 7  # rounds with faults; after them the world is well again


@dataclass
class History:
    """What came of a history."""

    seed: int
    expected: int = 0
    arrived: int = 0
    copies: int = 0
    cut_after_dot: int = 0  # copies that a cut between the final dot and its answer explains
    killed_after_dot: int = 0  # copies that a kill between the server's answer and our note of it explains
    unexplained: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    rounds: int = 0


def _round(url: str, settings: dict[str, Any], now: datetime, death: tuple[str, int] | None) -> None:
    """In a process of its own: works until nothing is due, or dies."""
    left = [death[1] if death else -1]

    def step(name: str) -> None:
        if death and name == death[0]:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    words.titles = lambda _path=None: w.NAMES  # type: ignore[assignment]  # these tests are not about the taxonomy

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

    async def work() -> None:
        database = Database(url)
        notifier = Notifier(database, Settings(_env_file=None, **settings), lambda: now, step=step)
        while await notifier.work_once():
            pass
        await notifier.close()
        database.dispose()

    asyncio.run(work())


def context() -> Any:
    """Processes are forked from one that has everything loaded and no threads."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["schedules", "alerts.channels.smtp", "alerts.render.compose"])
    before = os.environ.get("PYTHONPATH")
    # The fork server of Python 3.11 does not take over sys.path: without this it would load nothing ahead.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return made


def play(seed: int, folder: Path, fork: Any) -> History:
    """One history."""
    rng = random.Random(seed)
    history = History(seed)
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'tracker.db'}"
    database = Database(url)
    migrate(database)
    mailserver = faulty.Mailserver()
    with faulty.serving(mailserver) as server:
        settings = {
            "data": folder,
            "smtp_host": "127.0.0.1",
            "smtp_port": server.port,
            "smtp_security": "none",
            "secret_key": "k",
            "mail_from": "T <t@rules.example>",
            "base_url": "https://tracker.example",
            "alerts_per_hour": 1000,
        }
        world = w.World(database, Settings(_env_file=None, **settings))
        readers = rng.randint(1, 3)
        for n in range(readers):
            digest = rng.random() < 0.3
            world.subscribe(f"reader{n}@host{rng.randint(0, 1)}.example", when="daily 12:00" if digest else "immediate")
        changes = rng.randint(2, WILD)
        pace = rng.choice((0.1, 0.3, 0.6))

        def plan(at: str) -> str:
            if history.rounds > WILD or rng.random() > pace / 3:
                return ""
            fault = (
                rng.choice(("defer", "cut", "kill")) if at not in ("dot", "answered") else rng.choice(("cut", "kill"))
            )
            history.faults[f"{at} {fault}"] += 1
            if fault == "kill":  # in the middle of the conversation, at this very step
                if working and server.asking == server.round:
                    history.kills[f"smtp {at}"] += 1
                    working[0].kill()
                return "cut"
            return fault

        working: list[Any] = []  # the process at work
        server.plan = plan
        told = 0
        killed_in: set[int] = set()
        for number in range(ROUNDS):
            history.rounds = server.round = number
            working.clear()
            if told < changes:
                world.tell(w.change(f"Rule {told} may.", f"Rule {told} shall.", world.clock(), name=str(told)))
                told += 1
            death = (rng.choice(STEPS), rng.choice((1, 1, 2))) if number < WILD and rng.random() < 0.75 else None
            kills_before = history.kills.total()
            process = fork.Process(target=_round, args=(url, settings, world.clock(), death))
            process.start()
            working[:] = [process]
            process.join(300)  # a busy machine is slow, not wrong
            if process.exitcode == -signal.SIGKILL:
                by_server = history.kills.total() > kills_before
                if not by_server:
                    assert death is not None
                    history.kills[death[0]] += 1
                killed_in.add(number)
            elif process.exitcode != 0:
                process.kill()
                raise AssertionError(f"seed {seed}, round {number}: exit {process.exitcode}")
            if number > WILD and told == changes and _settled(database):
                break
            world.clock.pass_(minutes=rng.choice((11, 30, 90, 240)) if number < WILD else 300)
        _judge(history, database, server, killed_in)
    database.dispose()
    return history


def _settled(database: Database) -> bool:
    with database.read() as session:
        open_alerts = session.scalars(select(tables.Alert.id).where(tables.Alert.state == "waiting")).all()
        folded = session.scalars(
            select(tables.Alert.id).where(tables.Alert.state == "folded", tables.Alert.digest_id.is_(None))
        ).all()
        todo = session.scalars(select(tables.EventTodo.event_id)).all()
    return not open_alerts and not folded and not todo


def _judge(history: History, database: Database, server: faulty.Mailserver, killed_in: set[int]) -> None:
    with database.read() as session:
        alerts = session.scalars(select(tables.Alert)).all()
        readers = session.scalars(select(tables.Subscription)).all()
        changes = session.scalars(select(tables.Change.id)).all()
        told = {(alert.subscription_id, alert.change_id) for alert in alerts if alert.kind == "change"}
        for reader in readers:
            history.missing += [
                f"no alert for {reader.id} of {change}" for change in changes if (reader.id, change) not in told
            ]
        sent = [alert for alert in alerts if not (alert.state == "folded" and alert.digest_id)]
        history.expected = len(sent)
        copies = Counter(server.ids())
        for alert in sent:
            n = copies.pop(alert.message_id, 0)
            history.arrived += n > 0
            if n == 0 or alert.state != "sent":
                history.missing.append(f"{alert.kind} {alert.id} is {alert.state}, {n} copies")
        history.unexplained += [f"{name} belongs to no alert" for name in copies]
    last: dict[str, int] = {}
    for at, message in enumerate(server.kept):
        earlier = last.get(message.message_id)
        last[message.message_id] = at
        if earlier is None:
            continue
        history.copies += 1
        if not server.kept[earlier].answered:
            history.cut_after_dot += 1
        elif server.kept[earlier].round in killed_in:
            history.killed_after_dot += 1
        else:
            history.unexplained.append(f"{message.message_id} came again although its answer was heard")
