"""Events: written in the transaction that made them true, worked off by consumers through rows of their own.

A consumer's open work is rows of `event_todo`, so that no gap in a sequence can hide one. Work is leased: who dies
with it loses the lease, and another takes over.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from tracker.store.tables import Event, EventTodo

NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122, URLs
PREFIX = "io.tracker."


@dataclass(frozen=True, slots=True)
class Work:
    """An event that a consumer has taken. `type` has no "io.tracker." in front; `attempts` counts this one."""

    event_id: int
    type: str
    at: datetime
    source_id: str | None
    document_id: int | None
    change_id: str | None
    data: Mapping[str, Any]
    attempts: int


def append(
    session: Session,
    type: str,  # noqa: A002 - CloudEvents' word for it
    *,
    at: datetime,
    source_id: str | None = None,
    document_id: int | None = None,
    change_id: str | None = None,
    data: Mapping[str, Any] | None = None,
    consumers: Sequence[str] = ("alerts",),
    key: str = "",
) -> Event:
    """Writes an event and its open work. The event's uid is derived from what it says (and `key`), so that writing
    it twice has the effect of once; the event that is there is given back."""
    name = type.removeprefix(PREFIX)
    said = "\n".join((name, at.isoformat(), source_id or "", str(document_id or ""), change_id or "", key))
    uid = str(uuid.uuid5(NAMESPACE, said))
    known = session.scalar(select(Event).where(Event.uid == uid))
    if known is not None:
        return known
    event = Event(
        uid=uid, type=name, at=at, source_id=source_id, document_id=document_id, change_id=change_id,
        data=dict(data or {}),
    )  # fmt: skip
    session.add(event)
    session.flush()
    session.add_all(EventTodo(consumer=consumer, event_id=event.id, available_at=at) for consumer in consumers)
    session.flush()
    return event


def take(
    session: Session, consumer: str, *, now: datetime, by: str, limit: int = 50, lease_seconds: float = 300
) -> list[Work]:
    """Leases up to `limit` due events to `by`, oldest first. Call inside `Database.write()`."""
    free = or_(EventTodo.taken_until.is_(None), EventTodo.taken_until <= now)
    rows = session.scalars(
        select(EventTodo)
        .where(EventTodo.consumer == consumer, EventTodo.available_at <= now, free)
        .order_by(EventTodo.event_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.taken_by, row.taken_until, row.attempts = by, now + timedelta(seconds=lease_seconds), row.attempts + 1
    session.flush()
    ids = [row.event_id for row in rows]
    events = {event.id: event for event in session.scalars(select(Event).where(Event.id.in_(ids)))}
    return [_work(events[row.event_id], row.attempts) for row in rows]


def _work(event: Event, attempts: int) -> Work:
    return Work(
        event.id, event.type, event.at, event.source_id, event.document_id, event.change_id, event.data, attempts
    )


def done(session: Session, consumer: str, event_id: int) -> None:
    """The consumer needs this event no more."""
    session.execute(delete(EventTodo).where(EventTodo.consumer == consumer, EventTodo.event_id == event_id))


def later(session: Session, consumer: str, event_id: int, *, at: datetime, error: str) -> None:
    """Puts the event back until `at`, with the reason why."""
    session.execute(
        update(EventTodo)
        .where(EventTodo.consumer == consumer, EventTodo.event_id == event_id)
        .values(available_at=at, taken_by="", taken_until=None, error=error[:2000])
    )
