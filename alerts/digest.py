"""Digests: made when due, once; what a reader would have got meanwhile is gathered into one alert.

After days of standstill one digest comes, not one a day: the next moment is counted from now. Digests of one mailbox
that are due together are one mail, with each change once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
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
    Digests of the same kind, mailbox and language that are due as well go into it. Call inside `Database.write()`: a
    second notifier finds the digest made."""
    row = session.get(tables.Subscription, subscription)
    together = _together(session, row, now) if row is not None else []
    moments_ = {each.id: (each.next_digest_at or now, each.last_digest_at) for each in together}
    tellers: list[tuple[tables.Subscription, list[tables.Alert]]] = []
    for each in together:
        reader = roster.value(each)
        rhythm = moments.rhythm(reader)
        each.next_digest_at, each.last_digest_at = moments.next_digest(rhythm, now), now
        if not roster.usable(each):
            continue
        waiting = making.waiting(session, each.id)[:MOST]
        if waiting or (reader.silence_explained and rhythm.form is not Form.IMMEDIATE):
            tellers.append((each, waiting))
    if not tellers:
        return None
    first, rhythm = tellers[0][0], moments.rhythm(roster.value(tellers[0][0]))
    moment, since = moments_[first.id]
    name, storm = making.alert_id(first.id, "digest", moment.isoformat()), rhythm.form is Form.IMMEDIATE
    if session.get(tables.Alert, name) is not None:
        return None
    data = {
        "since": since.isoformat() if since else None, "until": now.isoformat(),
        "storm": settings.alerts_per_hour if storm else 0, "weekly": rhythm.form is Form.WEEKLY,
        "beside": [each.id for each, _ in tellers[1:]],
    }  # fmt: skip
    session.add(
        tables.Alert(
            id=name, subscription_id=first.id, kind="digest", message_id=mail.message_id(settings, name), subject="",
            state="waiting", created_at=now, due_at=now, attempts=0, taken_by="", data=data,
        )
    )  # fmt: skip
    for _, waiting in tellers:
        for alert in waiting:
            alert.digest_id = name
    if storm and len(tellers[0][1]) == MOST:
        first.next_digest_at = now
    session.flush()
    return name


def _together(session: Session, row: tables.Subscription, now: datetime) -> list[tables.Subscription]:
    """The subscription, if its digest is due, and those whose digests are due as well and go to the same mailbox in the
    same language, daily with daily and weekly with weekly. Locked, in the order of their ids."""
    subscription = tables.Subscription
    alone = row.channel != "email" or moments.rhythm(roster.value(row)).form is Form.IMMEDIATE
    which = subscription.id == row.id if alone else and_(
        subscription.recipient == row.recipient, subscription.channel == row.channel
    )  # fmt: skip
    rows = session.scalars(
        select(subscription)
        .where(which)
        .order_by(subscription.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    due_too = [each for each in rows if each.next_digest_at is not None and each.next_digest_at <= now]
    if row not in due_too:
        return []
    same = _kind(row)
    return [each for each in due_too if each is row or (each.active and _kind(each) == same)]


def _kind(row: tables.Subscription) -> tuple[Form, str]:
    reader = roster.value(row)
    return moments.rhythm(reader).form, reader.language


def beside(session: Session, alert: tables.Alert) -> tuple[Subscription, ...]:
    """The other subscriptions that a digest speaks for, as far as they are still told anything."""
    found = (session.get(tables.Subscription, name) for name in alert.data.get("beside", ()))
    return tuple(roster.value(row) for row in found if row is not None and roster.usable(row))


def gathered(
    session: Session, alert: tables.Alert, reader: Subscription, zone_name: str, others: Sequence[Subscription] = ()
) -> render.Gathered:
    """All that a digest tells, read from the database; `others` are the subscriptions that it speaks for as well."""
    data, readers = alert.data, (reader, *others)
    until = datetime.fromisoformat(data["until"]) if data.get("until") else alert.created_at
    since = datetime.fromisoformat(data["since"]) if data.get("since") else None
    zone = moments.zone(zone_name)
    inside = session.scalars(
        select(tables.Alert)
        .where(tables.Alert.digest_id == alert.id, tables.Alert.subscription_id.in_([each.id for each in readers]))
        .order_by(tables.Alert.created_at, tables.Alert.id)
    ).all()
    notices = {one.event_id: (str(one.data.get("type", "")), dict(one.data)) for one in inside if one.kind == "notice"}
    places = _places(inside)
    scopes = [_scope(session, each) for each in readers]
    scope = list({row.id: row for rows in scopes for row in rows}.values())
    checked_since = since or until - (timedelta(days=7) if data.get("weekly") else timedelta(days=1))
    ahead = {} if data.get("storm") else {
        (date_.change, date_.date, date_.governs): date_
        for each, rows in zip(readers, scopes, strict=True)
        for date_ in _ahead(session, each, rows, until.astimezone(zone).date())
    }  # fmt: skip
    return render.Gathered(
        since=since,
        until=until,
        weekly=bool(data.get("weekly")),
        storm=int(data.get("storm") or 0),
        lines=lines(session, list(places), places),
        heat={} if data.get("storm") else _heat(session, [each.id for each in readers], until, zone),
        ahead=tuple(sorted(ahead.values(), key=lambda each: each.date))[:AHEAD],
        trouble=() if data.get("storm") else _trouble(scope),
        checked=sum(1 for row in scope if row.last_ok_at is not None and row.last_ok_at >= checked_since),
        notices=tuple(notices.values()),
    )


def _places(inside: Sequence[tables.Alert]) -> dict[str, int]:
    """Each edit once, by the change that was told first, with the number of its other places."""
    stands: dict[str, str] = {}
    places: dict[str, set[str]] = {}
    for one in inside:
        if one.change_id:
            told = stands.setdefault(one.cluster or one.change_id, one.change_id)
            places.setdefault(told, set()).update((one.change_id, *one.data.get("places", ())))
    return {told: len(names - {told}) for told, names in places.items()}


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


def _heat(session: Session, subscriptions: Sequence[str], until: datetime, zone: Any) -> dict[tuple[str, date], int]:
    """What the subscriptions were told of in the last seven days, by main area and day."""
    counted: dict[tuple[str, date], int] = {}
    rows = session.execute(
        select(tables.Change.id, tables.Change.main_area, tables.Change.seen_at)
        .distinct()
        .join(tables.Alert, tables.Alert.change_id == tables.Change.id)
        .where(
            tables.Alert.subscription_id.in_(subscriptions),
            tables.Alert.kind == "change",
            tables.Change.seen_at > until - timedelta(days=8),
            tables.Change.seen_at <= until,
        )
    )
    for _, area, seen in rows:
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
