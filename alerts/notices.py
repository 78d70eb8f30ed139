"""What an operator is told: sources that fail, block or come back, bodies that are not the document, a full disk, work
that waits, a mail server that refuses. Each state once.

Conditions of the installation itself are watched here and written as events when they begin and when they end; the
last event is the memory.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.settings import Settings
from tracker.store import outbox, tables
from tracker.store.outbox import Work

TOLD = frozenset(
    {
        "source.failing", "source.blocked", "source.gone", "source.recovered", "source.glitch", "document.moved",
        "operator.disk", "operator.disk.ok", "operator.queue", "operator.queue.ok", "operator.mail", "operator.mail.ok",
        "subscription.disabled", "alert.dead",
    }
)  # fmt: skip
DISK_LOW = 500 * 2**20  # bytes free: about a year of a hundred sources' versions
DISK_ENOUGH = 2 * DISK_LOW  # well above, so that a disk at the border does not write a notice an hour
LAG = timedelta(minutes=30)  # the oldest open event; a notifier that runs needs seconds
LAG_OVER = timedelta(minutes=5)
SERVER_SILENT = timedelta(minutes=30)  # no mail accepted, several attempts failed on the server's side


def data(session: Session, item: Work) -> dict[str, Any]:
    """What a notice says, from its event: the source by name and address, the reason."""
    made = {"type": item.type, **dict(item.data)}
    source = session.get(tables.Source, item.source_id) if item.source_id else None
    if source is not None:
        made |= {"source": source.id, "title": source.title or source.id, "url": source.url}
    return made


def watch(session: Session, settings: Settings, now: datetime) -> None:
    """Looks at the installation and writes an event where a state began or ended."""
    _disk(session, settings.data, now)
    _queue(session, now)
    _mail(session, now)


def _state(session: Session, type_: str) -> bool:
    """Whether the condition stood when it was last looked at."""
    last = session.scalar(
        select(tables.Event.type)
        .where(tables.Event.type.in_((type_, f"{type_}.ok")))
        .order_by(tables.Event.id.desc())
        .limit(1)
    )
    return last == type_


def _turn(session: Session, type_: str, now: datetime, *, begins: bool, ends: bool, data: dict[str, Any]) -> None:
    stood = _state(session, type_)
    if begins and not stood:
        outbox.append(session, type_, at=now, data=data)
    elif ends and stood:
        outbox.append(session, f"{type_}.ok", at=now, data=data)


def _disk(session: Session, folder: Path, now: datetime) -> None:
    try:
        free = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free
    except OSError:
        return  # no folder, no disk to watch
    _turn(
        session,
        "operator.disk",
        now,
        begins=free < DISK_LOW,
        ends=free > DISK_ENOUGH,
        data={"free": f"{free // 2**20} MB"},
    )


def _queue(session: Session, now: datetime) -> None:
    oldest = session.scalar(select(func.min(tables.EventTodo.available_at)))
    age = now - oldest if oldest is not None else timedelta(0)
    minutes = int(age.total_seconds() // 60)
    _turn(session, "operator.queue", now, begins=age > LAG, ends=age < LAG_OVER, data={"minutes": minutes})


def _mail(session: Session, now: datetime) -> None:
    """The server is what fails, not a recipient: several alerts failed on its side and none was taken for a while.
    Notices do not count: one about this state that gets through would end the state, and begin it again."""
    since = now - SERVER_SILENT
    rows = session.execute(
        select(tables.Delivery.outcome, tables.Delivery.answer)
        .join(tables.Alert, tables.Alert.id == tables.Delivery.alert_id)
        .join(tables.Subscription, tables.Subscription.id == tables.Alert.subscription_id)
        .where(
            tables.Delivery.at >= since,
            tables.Delivery.outcome.in_(("failed", "accepted")),
            tables.Subscription.channel == "email",
            tables.Alert.kind != "notice",
        )
        .order_by(tables.Delivery.id.desc())
        .limit(200)
    ).all()
    failed = [answer for outcome, answer in rows if outcome == "failed"]
    accepted = any(outcome == "accepted" for outcome, _ in rows)
    _turn(
        session,
        "operator.mail",
        now,
        begins=len(failed) >= 3 and not accepted,
        ends=accepted,
        data={"reason": next(iter(failed), "")},
    )
