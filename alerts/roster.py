"""Subscriptions as rows: read, written, taken over from sources.yaml, ended."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from alerts import moments
from tracker.model import Subscription, Tier
from tracker.store import tables

OPERATOR = "operator"
LISTS = frozenset(field.name for field in fields(Subscription) if isinstance(field.default, tuple))
_KNOWN = frozenset(field.name for field in fields(Subscription))


def plain(subscription: Subscription) -> dict[str, Any]:
    """A subscription as JSON values."""
    return {
        name: list(value) if isinstance(value, tuple) else value.value if isinstance(value, Tier) else value
        for name, value in asdict(subscription).items()
    }


def value(row: tables.Subscription) -> Subscription:
    """The subscription of a row. What the row says of id, recipient, channel and activity holds."""
    given = {name: item for name, item in row.config.items() if name in _KNOWN}
    for name in LISTS & given.keys():
        given[name] = tuple(given[name])
    if "min_tier" in given:
        given["min_tier"] = Tier(given["min_tier"])
    return Subscription(**{**given, "id": row.id, "to": row.recipient, "channel": row.channel, "active": usable(row)})


def usable(row: tables.Subscription) -> bool:
    """Whether the subscription is told anything: switched on, confirmed, not disabled."""
    return row.active and row.confirmed_at is not None and not row.disabled_reason


def derived_id(subscription: Subscription) -> str:
    """An id from what the subscription says, so that adding it twice has the effect of once."""
    words = repr(sorted(plain(replace(subscription, id="", active=True)).items()))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def keep(
    session: Session, subscription: Subscription, now: datetime, *, origin: str, confirmed: bool = True
) -> tables.Subscription:
    """Writes a subscription, or makes an existing row say what it says. Raises ValueError for a rhythm, quiet hours
    or zone that cannot be read."""
    when = moments.rhythm(subscription)
    moments.not_before(subscription, now)
    wanted = subscription if subscription.id else replace(subscription, id=derived_id(subscription))
    row = session.get(tables.Subscription, wanted.id)
    if row is None:
        row = tables.Subscription(id=wanted.id, created_at=now, failures=0, disabled_reason="")
        row.confirmed_at = now if confirmed else None
        session.add(row)
        moved = True
    else:
        before = value(row)
        moved = (before.when, before.timezone) != (wanted.when, wanted.timezone) or not row.active
        if row.recipient != wanted.to:  # another address: the old one's failures are not its own
            row.failures, row.disabled_reason = 0, ""
    extra = {name: item for name, item in (row.config or {}).items() if name not in _KNOWN}
    row.recipient, row.channel, row.origin = wanted.to, wanted.channel, origin
    # Who ended a subscription by its link stays out, whatever the file still says.
    row.config, row.active = {**extra, **plain(wanted)}, wanted.active and not extra.get("opted_out")
    if moved:
        row.next_digest_at = moments.next_digest(when, now)
    if row.next_digest_at is None and _gathered(session, row.id):
        row.next_digest_at = now  # what waited for a digest goes out as a last one
    session.flush()
    return row


def _gathered(session: Session, subscription_id: str) -> bool:
    waits = select(tables.Alert.id).where(
        tables.Alert.subscription_id == subscription_id,
        tables.Alert.state == "folded",
        tables.Alert.digest_id.is_(None),
    )
    return session.scalar(waits.limit(1)) is not None


def sync(session: Session, wanted: Iterable[Subscription], now: datetime, *, origin: str = "file") -> None:
    """Makes the subscriptions of one origin those given: new ones are added, changed ones follow, missing ones rest
    (their alerts stay on record)."""
    given = {subscription.id or derived_id(subscription): subscription for subscription in wanted}
    given = _edited(session, given, origin)
    for name, subscription in given.items():
        keep(session, replace(subscription, id=name), now, origin=origin)
    for row in session.scalars(select(tables.Subscription).where(tables.Subscription.origin == origin)):
        if row.id not in given:
            row.active = False


_DERIVED = re.compile(r"[0-9a-f]{12,64}")


def _edited(session: Session, given: dict[str, Subscription], origin: str) -> dict[str, Subscription]:
    """An entry without a name of its own gets another id when it is edited. It goes on as the row it was: what was
    gathered for its digest is not lost, and who unsubscribed by a link is not subscribed again by an edit."""
    rows = session.scalars(
        select(tables.Subscription)
        .where(tables.Subscription.origin == origin)
        .order_by(tables.Subscription.created_at, tables.Subscription.id)
    ).all()
    known = {row.id for row in rows}
    left = [row for row in rows if row.id not in given and _DERIVED.fullmatch(row.id)]
    made = {}
    for name, subscription in given.items():
        same = next(
            (row for row in left if (row.recipient, row.channel) == (subscription.to, subscription.channel)), None
        )
        if name in known or same is None or not _DERIVED.fullmatch(name):
            made[name] = subscription
        else:
            left.remove(same)
            made[same.id] = subscription
    return made


def ensure_operator(session: Session, address: str, now: datetime) -> None:
    """The operator's own subscription to notices, where the settings name an address."""
    row = session.get(tables.Subscription, OPERATOR)
    if not address:
        if row is not None and row.origin == "settings":
            row.active = False
        return
    if row is not None and (row.origin != "settings" or (row.recipient == address and row.active)):
        return
    wanted = Subscription(id=OPERATOR, to=address, operator=True, sources=(NOTHING,))
    keep(session, wanted, now, origin="settings")


NOTHING = "-"  # no source has this id: a subscription to it gets notices and nothing else


def active(session: Session) -> list[Subscription]:
    """The subscriptions that are told things, by id."""
    rows = session.scalars(
        select(tables.Subscription).where(tables.Subscription.active).order_by(tables.Subscription.id)
    )
    return [value(row) for row in rows if usable(row)]


def get(session: Session, subscription_id: str) -> tables.Subscription:
    """One row. Raises KeyError for an unknown id."""
    row = session.get(tables.Subscription, subscription_id)
    if row is None:
        raise KeyError(subscription_id)
    return row


def end(session: Session, subscription_id: str) -> None:
    """Stops a subscription; its alerts that wait are dropped."""
    row = get(session, subscription_id)
    row.active = False
    for alert in session.scalars(
        select(tables.Alert).where(
            tables.Alert.subscription_id == subscription_id,
            (tables.Alert.state == "waiting") | ((tables.Alert.state == "folded") & tables.Alert.digest_id.is_(None)),
        )
    ):
        alert.state = "dropped"
        give_back(session, alert)


def give_back(session: Session, digest: tables.Alert) -> None:
    """What a digest that will not go out gathered for other subscriptions of its mailbox waits for theirs, which come
    at once."""
    alert, names = tables.Alert, digest.data.get("beside", ())
    if digest.kind != "digest" or not names:
        return
    gathered = alert.digest_id == digest.id, alert.subscription_id.in_(names)
    session.execute(update(alert).where(*gathered).values(digest_id=None))
    session.execute(
        update(tables.Subscription).where(tables.Subscription.id.in_(names)).values(next_digest_at=digest.created_at)
    )


def forget(session: Session, recipient: str) -> int:
    """Deletes all that is kept about a person: subscriptions, alerts, deliveries. Gives the number of subscriptions.
    What sources.yaml says about them comes back at the next start: it has to be taken out there."""
    ids = session.scalars(select(tables.Subscription.id).where(tables.Subscription.recipient == recipient)).all()
    for name in ids:
        remove(session, name)
    return len(ids)


def remove(session: Session, subscription_id: str) -> None:
    """Deletes a subscription with its alerts and deliveries."""
    alerts = select(tables.Alert.id).where(tables.Alert.subscription_id == subscription_id)
    session.execute(delete(tables.Delivery).where(tables.Delivery.alert_id.in_(alerts)))
    session.execute(delete(tables.Alert).where(tables.Alert.subscription_id == subscription_id))
    session.execute(delete(tables.Subscription).where(tables.Subscription.id == subscription_id))
