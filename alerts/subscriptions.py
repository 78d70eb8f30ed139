"""Subscribing by oneself: double opt-in, a preference page and unsubscribing by signed links, limits against abuse.

Nothing but the confirmation mail goes to an address before its link was used; an address that never confirms is
deleted after two days. Whoever asks gets the same answer, so that nobody learns who is subscribed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts import making, roster, signing
from alerts.render import mail
from tracker.model import Subscription
from tracker.settings import Settings
from tracker.store import tables

WEB = "web"
CONFIRM_WITHIN = timedelta(hours=48)
PER_ADDRESS = 3  # confirmation mails a day to one address
PER_REMOTE = 10  # sign-ups an hour from one network address
PER_HOUR = 200  # sign-ups an hour in all: beyond it somebody uses us to send mail
MOST_VALUES = 40  # values of one filter
LONGEST = 120  # characters of one value
_ADDRESS = re.compile(r"[^@\s<>,;\"\\\x00-\x1f]{1,64}@[A-Za-z0-9\u0080-\U0010ffff.-]{1,253}")


class NotAcceptedError(Exception):
    """What was asked for cannot be; the text says why and may be shown."""


class TooManyError(NotAcceptedError):
    """A limit against abuse was reached: later."""


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A sign-up: the subscription's id; `mailed` says whether a confirmation goes out (the page must not)."""

    subscription: str
    mailed: bool


def sign_up(session: Session, settings: Settings, wanted: Subscription, now: datetime, *, remote: str = "") -> SignedUp:
    """Notes a wish and sends its confirmation. `remote` is the network address it came from; a keyed hash of it is
    kept until the sign-up is confirmed or deleted. Raises NotAcceptedError, TooManyError."""
    if not settings.signup:
        raise NotAcceptedError("subscribing by oneself is switched off here")
    asked = _checked(wanted)
    digest = (
        hmac.new(signing.key(settings).encode(), remote.encode(), hashlib.sha256).hexdigest()[:24] if remote else ""
    )
    _limits(session, digest, now)
    name = roster.derived_id(replace(asked, id="", operator=False))
    row = session.get(tables.Subscription, name)
    if row is not None and row.origin != WEB:
        return SignedUp(name, False)  # the operator's own entry says the same already
    if row is None:
        row = roster.keep(session, replace(asked, id=name), now, origin=WEB, confirmed=False)
    elif not row.active:
        row.active, row.confirmed_at, row.created_at, row.disabled_reason, row.failures = True, None, now, "", 0
    if digest:
        row.config = {**row.config, "remote": digest, "asked": now.isoformat()}
    sent = session.scalar(
        select(func.count())
        .select_from(tables.Alert)
        .join(tables.Subscription, tables.Subscription.id == tables.Alert.subscription_id)
        .where(
            tables.Subscription.recipient == asked.to,
            tables.Alert.kind == making.CONFIRMATION,
            tables.Alert.created_at > now - timedelta(days=1),
        )
    )
    if (sent or 0) >= PER_ADDRESS:
        return SignedUp(name, False)
    if row.confirmed_at is not None:
        return SignedUp(name, False)
    making.direct(session, replace(asked, id=name), making.CONFIRMATION, now.isoformat(), settings, now, {})
    return SignedUp(name, True)


def _limits(session: Session, remote: str, now: datetime) -> None:
    recent = session.scalars(
        select(tables.Subscription).where(
            tables.Subscription.origin == WEB, tables.Subscription.created_at > now - timedelta(hours=1)
        )
    ).all()
    if len(recent) >= PER_HOUR:
        raise TooManyError("too many sign-ups just now: please try again in an hour")
    if remote and sum(1 for row in recent if row.config.get("remote") == remote) >= PER_REMOTE:
        raise TooManyError("too many sign-ups from here: please try again in an hour")


def _checked(wanted: Subscription) -> Subscription:
    """The wish as it may come from a stranger: mail only, bounded, no operator's rights."""
    to = wanted.to.strip()
    if not _ADDRESS.fullmatch(to):
        raise NotAcceptedError("please give one mail address, like name@example.org")
    try:
        mail.recipient(to)
    except (ValueError, IndexError) as error:
        raise NotAcceptedError("please give one mail address, like name@example.org") from error
    for name in roster.LISTS:
        values = getattr(wanted, name)
        if len(values) > MOST_VALUES or any(len(value) > LONGEST or not value.strip() for value in values):
            raise NotAcceptedError(f"{name}: at most {MOST_VALUES} entries of at most {LONGEST} characters")
    local, _, host = to.rpartition("@")
    return replace(wanted, to=f"{local}@{host.lower()}", channel="email", operator=False, active=True)


def confirming(session: Session, settings: Settings, token: str) -> Subscription | None:
    """The subscription that a confirmation's link is for; None for a link that is forged or too old."""
    row = _confirming(session, settings, token)
    return roster.value(row) if row is not None else None


def _confirming(session: Session, settings: Settings, token: str) -> tables.Subscription | None:
    name = signing.opened(settings, "confirm", token, max_age=int(CONFIRM_WITHIN.total_seconds()))
    row = session.get(tables.Subscription, name) if name else None
    return row if row is not None and row.active else None


def confirm(session: Session, settings: Settings, token: str, now: datetime) -> Subscription | None:
    """Confirms a sign-up by its link; a second time it does nothing. None for a link that is forged or too old."""
    row = _confirming(session, settings, token)
    if row is None:
        return None
    if row.confirmed_at is None:
        row.confirmed_at = now
        row.config = {key: value for key, value in row.config.items() if key not in ("remote", "asked")}
        session.flush()
    return roster.value(row)


def preferences(session: Session, settings: Settings, token: str) -> Subscription | None:
    """The subscription of a preference page's link; None for a forged one, or one that was deleted."""
    row = _row(session, settings, "preferences", token)
    return roster.value(row) if row is not None else None


def change(
    session: Session, settings: Settings, token: str, wanted: Subscription, now: datetime
) -> Subscription | None:
    """Changes what a subscription asks for; address, channel and id stay. None for a forged link. Raises
    NotAcceptedError."""
    row = _row(session, settings, "preferences", token)
    if row is None:
        return None
    before = roster.value(row)
    asked = _checked(replace(wanted, to=before.to)) if before.channel == "email" else wanted
    kept = replace(asked, id=before.id, to=before.to, channel=before.channel, operator=before.operator, active=True)
    try:
        made = roster.keep(session, kept, now, origin=row.origin)
    except ValueError as error:
        raise NotAcceptedError(str(error)) from error
    return roster.value(made)


def unsubscribe(session: Session, settings: Settings, token: str) -> bool:
    """Ends a subscription by its link: one click, no questions (RFC 8058). Again, it does nothing; False for a forged
    link. An entry of sources.yaml is kept switched off by `opted_out`, whatever the file says."""
    row = _row(session, settings, "unsubscribe", token) or _row(session, settings, "preferences", token)
    if row is None:
        return False
    roster.end(session, row.id)
    row.config = {**row.config, "opted_out": True}
    return True


def forget(session: Session, settings: Settings, token: str) -> int | None:
    """Deletes all that is kept about the person of a preference page's link. Gives the number of subscriptions; None
    for a forged link."""
    row = _row(session, settings, "preferences", token)
    return roster.forget(session, row.recipient) if row is not None else None


def _row(session: Session, settings: Settings, purpose: str, token: str) -> tables.Subscription | None:
    name = signing.opened(settings, purpose, token)
    return session.get(tables.Subscription, name) if name else None


def tidy(session: Session, now: datetime) -> int:
    """Deletes sign-ups that were never confirmed. Gives their number."""
    rows = session.scalars(
        select(tables.Subscription).where(
            tables.Subscription.origin == WEB,
            tables.Subscription.confirmed_at.is_(None),
            tables.Subscription.created_at < now - CONFIRM_WITHIN,
        )
    ).all()
    for row in rows:
        roster.remove(session, row.id)
    return len(rows)
