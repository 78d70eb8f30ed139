"""From an event to alert rows: who is told, when, and never the same twice.

An alert's id is derived from its subscription and its subject matter. Making it again, after a crash or by a second
notifier, finds the row that is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import match, moments, notices, roster, storm, told
from alerts.render import mail
from alerts.told import Told
from tracker.model import Form, Subscription
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.outbox import Work

PUBLISHED = frozenset({"atom"})  # channels that are asked, not sent to: no cap, no quiet hours
CONFIRMATION = "confirm"


def alert_id(subscription: str, kind: str, subject: str) -> str:
    """The alert's id: 32 hexadecimal digits of the SHA-256 over whom, what kind, about what."""
    return hashlib.sha256("\n".join(("alert", subscription, kind, subject)).encode()).hexdigest()[:32]


@dataclass(slots=True)
class Roll:
    """The subscriptions as they stand, indexed; read again only when a row of them changed."""

    matcher: match.Matcher
    operators: tuple[Subscription, ...]

    @classmethod
    def call(cls, session: Session) -> Roll:
        """Reads the subscriptions."""
        found = roster.active(session)
        return cls(match.Matcher(found), tuple(s for s in found if s.operator))


def work(session: Session, item: Work, roll: Roll, settings: Settings, now: datetime) -> int:
    """Makes the alerts of one event; gives their number. Raises KeyError for a change that is not there."""
    if item.type == "change.told" and item.change_id:
        change = told.read(session, item.change_id)
        if told.first_check(session, change):
            return 0
        return tell(session, change, roll.matcher.match(change), settings, now, event=item.event_id)
    if item.type in notices.TOLD:
        return notify(session, item, roll.operators, settings, now)
    return 0  # document.new comes with its change.told; the rest is for others


def tell(
    session: Session,
    change: Told,
    readers: Iterable[Subscription],
    settings: Settings,
    now: datetime,
    *,
    event: int | None = None,
) -> int:
    """Makes one alert a reader; a cluster is told once, later places are added to the alert that is there. Several
    immediate subscriptions of one recipient that want the change are told it once, by the first of them."""
    made = 0
    reached: set[tuple[str, str, str]] = set()
    for reader in readers:
        if reader.channel not in PUBLISHED and moments.rhythm(reader).form is Form.IMMEDIATE:
            mailbox = (reader.channel, reader.to, reader.language)
            if mailbox in reached:
                continue
            reached.add(mailbox)
        subject = change.change.cluster or change.change.id
        known = session.get(tables.Alert, alert_id(reader.id, "change", subject))
        if known is not None:
            _add_place(known, change)
            continue
        alert = _new(reader, "change", subject, settings, now)
        alert.change_id, alert.cluster, alert.event_id = change.change.id, change.change.cluster, event
        _place(session, alert, reader, settings, now)
        session.add(alert)
        session.flush()
        made += 1
    return made


def notify(session: Session, item: Work, operators: Iterable[Subscription], settings: Settings, now: datetime) -> int:
    """Makes the operators' notices of one event: once a state, since an event is one change of state."""
    made = 0
    data = notices.data(session, item)
    for reader in operators:
        subject = f"{item.type}\n{item.event_id}"
        if session.get(tables.Alert, alert_id(reader.id, "notice", subject)) is not None:
            continue
        alert = _new(reader, "notice", subject, settings, now)
        alert.event_id, alert.data = item.event_id, data
        _place(session, alert, reader, settings, now)
        session.add(alert)
        session.flush()
        made += 1
    return made


def direct(
    session: Session,
    reader: Subscription,
    kind: str,
    subject: str,
    settings: Settings,
    now: datetime,
    data: dict[str, Any],
) -> str:
    """Makes an alert that goes out at once, whatever the rhythm: a confirmation, a sample. Gives its id."""
    name = alert_id(reader.id, kind, subject)
    if session.get(tables.Alert, name) is None:
        alert = _new(reader, kind, subject, settings, now)
        alert.data = data
        session.add(alert)
        session.flush()
    return name


def _new(reader: Subscription, kind: str, subject: str, settings: Settings, now: datetime) -> tables.Alert:
    name = alert_id(reader.id, kind, subject)
    return tables.Alert(
        id=name, subscription_id=reader.id, kind=kind, data={}, message_id=mail.message_id(settings, name), subject="",
        state="waiting", created_at=now, due_at=now, attempts=0, taken_by="",
    )  # fmt: skip


def _place(session: Session, alert: tables.Alert, reader: Subscription, settings: Settings, now: datetime) -> None:
    """Sets when the alert goes out, or that it waits for a digest."""
    # The row is locked, so that two notifiers count a recipient's alerts one after the other.
    row = session.get_one(tables.Subscription, reader.id, with_for_update=True)
    if reader.channel in PUBLISHED:
        return
    if moments.rhythm(reader).form is not Form.IMMEDIATE:
        alert.state = "folded"
        alert.due_at = row.next_digest_at or now
        return
    due = moments.not_before(reader, now)
    if storm.full(session, row, due, settings.alerts_per_hour):
        alert.state = "folded"
        alert.due_at = storm.gather(row, due)
    else:
        alert.due_at = due


def _add_place(alert: tables.Alert, change: Told) -> None:
    """Notes a later place of the same edit. The mail, if it has not gone out, names it; otherwise the page does."""
    if alert.change_id == change.change.id:
        return
    places = list(alert.data.get("places", ()))
    if change.change.id not in places:
        alert.data = {**alert.data, "places": [*places, change.change.id]}


def waiting(session: Session, subscription: str) -> list[tables.Alert]:
    """The alerts that wait for a subscription's next digest, oldest first."""
    return list(
        session.scalars(
            select(tables.Alert)
            .where(
                tables.Alert.subscription_id == subscription,
                tables.Alert.state == "folded",
                tables.Alert.digest_id.is_(None),
            )
            .order_by(tables.Alert.created_at, tables.Alert.id)
        )
    )
