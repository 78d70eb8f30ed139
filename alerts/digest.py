"""Digests: made when due, once; what a reader would have got meanwhile is gathered into one alert.

After days of standstill one digest comes, not one a day: the next moment is counted from now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts import making, match, moments, roster
from alerts.render import digest as render
from alerts.render import mail
from tracker.model import Form, Subscription
from tracker.settings import Settings
from tracker.store import codec, queries, tables

AHEAD_DAYS = 60  # how far a digest looks ahead for dates
AHEAD = 12
MOST = 2000  # changes one digest gathers; the next one takes the rest


def due(session: Session, now: datetime, limit: int = 100) -> list[str]:
    """The subscriptions whose digest is due."""
    row = tables.Subscription
    return list(
        session.scalars(
            select(row.id)
            .where(row.active, row.next_digest_at <= now)
            .order_by(row.next_digest_at, row.id)
            .limit(limit)
        )
    )


def make(session: Session, subscription: str, settings: Settings, now: datetime) -> str | None:
    """Makes a due digest's alert and sets the next moment; gives the alert's id, None where there is nothing to tell.
    Call inside `Database.write()`: a second notifier finds the digest made."""
    row = session.get(tables.Subscription, subscription, with_for_update=True, populate_existing=True)
    if row is None or row.next_digest_at is None or row.next_digest_at > now:
        return None
    moment, since = row.next_digest_at, row.last_digest_at
    reader = roster.value(row)
    rhythm = moments.rhythm(reader)
    storm = rhythm.form is Form.IMMEDIATE
    row.next_digest_at, row.last_digest_at = moments.next_digest(rhythm, now), now
    if not roster.usable(row):
        return None
    waiting = making.waiting(session, subscription)[:MOST]
    if not waiting and (storm or not reader.silence_explained):
        return None
    name = making.alert_id(subscription, "digest", moment.isoformat())
    if session.get(tables.Alert, name) is not None:
        return None
    session.add(
        tables.Alert(
            id=name,
            subscription_id=subscription,
            kind="digest",
            message_id=mail.message_id(settings, name),
            subject="",
            state="waiting",
            created_at=now,
            due_at=now,
            attempts=0,
            taken_by="",
            data={
                "since": since.isoformat() if since else None,
                "until": now.isoformat(),
                "storm": settings.alerts_per_hour if storm else 0,
                "weekly": rhythm.form is Form.WEEKLY,
            },
        )
    )
    for alert in waiting:
        alert.digest_id = name
    if storm and len(waiting) == MOST:
        row.next_digest_at = now
    session.flush()
    return name


def gathered(session: Session, alert: tables.Alert, reader: Subscription, zone_name: str) -> render.Gathered:
    """All that a digest tells, read from the database."""
    data = alert.data
    until = datetime.fromisoformat(data["until"]) if data.get("until") else alert.created_at
    since = datetime.fromisoformat(data["since"]) if data.get("since") else None
    zone = moments.zone(zone_name)
    inside = session.scalars(
        select(tables.Alert)
        .where(tables.Alert.digest_id == alert.id)
        .order_by(tables.Alert.created_at, tables.Alert.id)
    ).all()
    notices = tuple((str(one.data.get("type", "")), dict(one.data)) for one in inside if one.kind == "notice")
    places = {one.change_id: len(one.data.get("places", ())) for one in inside if one.change_id}
    scope = _scope(session, reader)
    checked_since = since or until - (timedelta(days=7) if data.get("weekly") else timedelta(days=1))
    return render.Gathered(
        since=since,
        until=until,
        weekly=bool(data.get("weekly")),
        storm=int(data.get("storm") or 0),
        lines=lines(session, list(places), places),
        heat={} if data.get("storm") else _heat(session, reader.id, until, zone),
        ahead=() if data.get("storm") else _ahead(session, reader, scope, until.astimezone(zone).date()),
        trouble=() if data.get("storm") else _trouble(scope),
        checked=sum(1 for row in scope if row.last_ok_at is not None and row.last_ok_at >= checked_since),
        notices=notices,
    )


def lines(session: Session, changes: Sequence[str], places: dict[str, int]) -> tuple[render.Line, ...]:
    """The changes as a digest shows them, in the order given."""
    areas: dict[str, list[str]] = {}
    found: dict[str, render.Line] = {}
    for first in range(0, len(changes), 500):
        ids = changes[first : first + 500]
        for change_id, area in session.execute(
            select(tables.ChangeArea.change_id, tables.ChangeArea.area)
            .where(tables.ChangeArea.change_id.in_(ids), tables.ChangeArea.kind == "area")
            .order_by(tables.ChangeArea.score.desc(), tables.ChangeArea.area)
        ):
            areas.setdefault(change_id, []).append(area)
        rows = session.execute(
            select(tables.Change, tables.Source, tables.Document)
            .join(tables.Source, tables.Source.id == tables.Change.source_id)
            .join(tables.Document, tables.Document.id == tables.Change.document_id)
            .where(tables.Change.id.in_(ids))
        )
        for change, source, document in rows:
            of = areas.get(change.id, [])
            found[change.id] = render.Line(
                change=change.id, seen=change.seen_at, source=source.id, source_title=source.title or source.id,
                title=document.title or source.title, tier=change.tier, summary=dict(change.summary),
                area=change.main_area or (of[0] if of else ""), areas=tuple(of),
                deadlines=codec.deadlines(change.deadlines), places=places.get(change.id, 0),
            )  # fmt: skip
    return tuple(found[name] for name in changes if name in found)


def _heat(session: Session, subscription: str, until: datetime, zone: Any) -> dict[tuple[str, date], int]:
    """What the subscription was told of in the last seven days, by main area and day."""
    counted: dict[tuple[str, date], int] = {}
    rows = session.execute(
        select(tables.Change.main_area, tables.Change.seen_at)
        .join(tables.Alert, tables.Alert.change_id == tables.Change.id)
        .where(
            tables.Alert.subscription_id == subscription,
            tables.Alert.kind == "change",
            tables.Change.seen_at > until - timedelta(days=8),
            tables.Change.seen_at <= until,
        )
    )
    for area, seen in rows:
        place = (area or "", seen.astimezone(zone).date())
        counted[place] = counted.get(place, 0) + 1
    return counted


def _scope(session: Session, reader: Subscription) -> list[queries.SourceLine]:
    """The sources that the subscription looks at."""
    regions = {name.casefold() for name in reader.jurisdictions}
    return [
        row
        for row in queries.sources(session)
        if (not reader.sources or row.id in reader.sources)
        and (not reader.groups or set(reader.groups) & set(row.groups))
        and (not regions or regions & match.wholes(row.jurisdiction))
    ]


def _trouble(scope: Sequence[queries.SourceLine]) -> tuple[render.Trouble, ...]:
    return tuple(
        render.Trouble(row.id, row.title, row.health, row.last_reason, row.health_since)
        for row in scope
        if row.health in ("failing", "blocked", "gone")
    )


def _ahead(
    session: Session, reader: Subscription, scope: Sequence[queries.SourceLine], today: date
) -> tuple[render.Ahead, ...]:
    ids = {row.id for row in scope}
    found = queries.deadlines_ahead(session, today, days=AHEAD_DAYS, areas=reader.areas)
    return tuple(
        render.Ahead(d.date, d.kind, d.title, d.governs or d.text, d.change_id) for d in found if d.source_id in ids
    )[:AHEAD]


def count_waiting(session: Session) -> int:
    """Alerts that wait for a digest, over all subscriptions."""
    return (
        session.scalar(
            select(func.count())
            .select_from(tables.Alert)
            .where(tables.Alert.state == "folded", tables.Alert.digest_id.is_(None))
        )
        or 0
    )
