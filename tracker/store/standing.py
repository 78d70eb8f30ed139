"""How things stand: sources and their health, the checks' log, deliveries, counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.store.tables import (
    Alert,
    Base,
    Body,
    Change,
    Check,
    Delivery,
    Document,
    EventTodo,
    Source,
    Subscription,
    Version,
)

SOME = 500  # sources that are named in a statement; beyond, all are counted


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source and how it stands. `versions` counts those of all its documents."""

    id: str
    title: str
    url: str
    kind: str
    jurisdiction: str
    language: str
    areas: tuple[str, ...]
    groups: tuple[str, ...]
    question: str
    schedule: str
    active: bool
    health: str
    health_since: datetime | None
    failures: int
    last_outcome: str
    last_reason: str
    last_check_at: datetime | None
    last_ok_at: datetime | None
    last_change_at: datetime | None
    next_check_at: datetime | None
    documents: int
    versions: int


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A line of the checks' log."""

    id: str
    source_id: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    reason: str
    status: int | None
    bytes: int
    changes: int
    url: str
    final_url: str
    body_hash: str | None
    glitch: dict[str, Any] | None
    sent: dict[str, Any]
    received: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One attempt to hand an alert over."""

    at: datetime
    recipient: str
    channel: str
    alert_id: str
    kind: str
    subject: str
    change_id: str | None
    state: str
    attempt: int
    outcome: str
    code: int | None
    answer: str
    next_at: datetime | None


def sources(session: Session, *, health: str = "", active_only: bool = True) -> list[SourceLine]:
    """Sources with their health, by title."""
    statement = select(Source).order_by(func.lower(Source.title), Source.id)
    if active_only:
        statement = statement.where(Source.active)
    if health:
        statement = statement.where(Source.health == health)
    rows = session.scalars(statement).all()
    counted = select(Document.source_id, func.count(), func.sum(Document.kept_versions)).group_by(Document.source_id)
    if len(rows) < SOME:
        counted = counted.where(Document.source_id.in_([row.id for row in rows]))
    numbers = {name: (documents, int(versions)) for name, documents, versions in session.execute(counted)}
    return [_source(row, *numbers.get(row.id, (0, 0))) for row in rows]


def source(session: Session, source_id: str) -> SourceLine:
    """One source. Raises KeyError for an unknown id."""
    row = session.get(Source, source_id)
    if row is None:
        raise KeyError(source_id)
    documents = session.scalar(select(func.count()).select_from(Document).where(Document.source_id == source_id))
    versions = session.scalar(
        select(func.count())
        .select_from(Version)
        .join(Document, Document.id == Version.document_id)
        .where(Document.source_id == source_id)
    )
    return _source(row, documents or 0, versions or 0)


def _source(row: Source, documents: int, versions: int) -> SourceLine:
    return SourceLine(
        row.id, row.title or row.id, row.url, row.kind or "", row.jurisdiction, row.language, tuple(row.areas),
        tuple(row.groups), row.question, row.schedule, row.active, row.health, row.health_since, row.failures,
        row.last_outcome, row.last_reason, row.last_check_at, row.last_ok_at, row.last_change_at, row.next_check_at,
        documents, versions,
    )  # fmt: skip


def checks(
    session: Session, *, source_id: str = "", outcome: str = "", before: datetime | None = None, limit: int = 100
) -> list[CheckLine]:
    """The checks' log, newest first; `before` goes on after a page."""
    statement = select(Check).order_by(Check.started_at.desc(), Check.id).limit(limit)
    if source_id:
        statement = statement.where(Check.source_id == source_id)
    if outcome:
        statement = statement.where(Check.outcome == outcome)
    if before:
        statement = statement.where(Check.started_at < before)
    return [
        CheckLine(
            c.id, c.source_id, c.started_at, c.finished_at, c.outcome, c.reason, c.status, c.bytes, c.changes, c.url,
            c.final_url, c.body_hash, c.glitch, dict(c.sent), dict(c.received),
        )
        for c in session.scalars(statement)
    ]  # fmt: skip


def _deliveries() -> Any:
    return (
        select(Delivery, Alert, Subscription)
        .join(Alert, Alert.id == Delivery.alert_id)
        .join(Subscription, Subscription.id == Alert.subscription_id)
        .order_by(Delivery.at.desc(), Delivery.id.desc())
    )


def deliveries(session: Session, *, recipient: str = "", outcome: str = "", limit: int = 100) -> list[DeliveryLine]:
    """Attempts to deliver, newest first."""
    statement = _deliveries().limit(limit)
    if recipient:
        statement = statement.where(Subscription.recipient == recipient)
    if outcome:
        statement = statement.where(Delivery.outcome == outcome)
    return [_delivery(*row) for row in session.execute(statement)]


def deliveries_of_change(session: Session, change_id: str) -> list[DeliveryLine]:
    """Who was told of a change, and how that went, newest first."""
    return [_delivery(*row) for row in session.execute(_deliveries().where(Alert.change_id == change_id))]


def _delivery(row: Delivery, alert: Alert, subscription: Subscription) -> DeliveryLine:
    return DeliveryLine(
        row.at, subscription.recipient, subscription.channel, alert.id, alert.kind, alert.subject, alert.change_id,
        alert.state, row.attempt, row.outcome, row.code, row.answer, row.next_at,
    )  # fmt: skip


def due(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """How many sources are due, and when the next one is."""
    number = session.scalar(select(func.count()).select_from(Source).where(Source.active, Source.next_check_at <= now))
    return number or 0, session.scalar(select(func.min(Source.next_check_at)).where(Source.active))


def counts(session: Session) -> dict[str, int]:
    """Rows by table's word, for the overview and the metrics."""
    wanted: dict[str, type[Base]] = {
        "sources": Source, "documents": Document, "versions": Version, "changes": Change, "checks": Check,
        "bodies": Body, "alerts": Alert, "deliveries": Delivery, "open_events": EventTodo,
    }  # fmt: skip
    return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in wanted.items()}
