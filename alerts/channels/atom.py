"""An Atom feed (RFC 4287) per subscription at a secret address. Nothing is sent: readers come and ask."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import links, roster, signing
from alerts.channels.base import Answer, Outcome
from alerts.render import compose, mail
from alerts.render.language import texts
from alerts.render.message import Message
from tracker.settings import Settings
from tracker.store import tables

NAMESPACE = "http://www.w3.org/2005/Atom"
ENTRIES = 50
# What XML 1.0 cannot carry.
_UNSAYABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], " ")


class UnknownFeedError(Exception):
    """No feed has this token: forged, or its subscription has ended."""


def make(settings: Settings) -> Atom:
    """The channel."""
    return Atom()


class Atom:
    """Takes everything: an alert is published by being there."""

    async def send(self, message: Message) -> Answer:
        """Nothing to do."""
        return Answer(Outcome.ACCEPTED, None, "published")

    async def close(self) -> None:
        """Nothing is open."""


def feed(session: Session, token: str, settings: Settings | None = None) -> bytes:
    """The feed of a token (see links.feed), newest first, as XML in UTF-8. Raises UnknownFeedError."""
    chosen = settings or Settings()
    name = signing.opened(chosen, "feed", token)
    row = session.get(tables.Subscription, name) if name else None
    if row is None or not row.active or row.channel != "atom":
        raise UnknownFeedError("no such feed")
    subscription = roster.value(row)
    t = texts(subscription.language)
    alerts = session.scalars(
        select(tables.Alert)
        .where(tables.Alert.subscription_id == row.id, tables.Alert.state.in_(("sent", "waiting")))
        .order_by(tables.Alert.created_at.desc(), tables.Alert.id)
        .limit(ENTRIES)
    ).all()
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": t.language})
    _add(root, "id", f"tag:{mail.domain(chosen)},2026:subscription/{row.id}")
    _add(root, "title", f"{subscription.id}")
    _add(root, "updated", _moment(alerts[0].created_at if alerts else row.created_at))
    ET.SubElement(root, "link", {"rel": "self", "href": links.feed(chosen, row.id), "type": "application/atom+xml"})
    _add(ET.SubElement(root, "author"), "name", str(mail.sender(chosen).display_name or "Regulatory tracker"))
    for alert in alerts:
        _entry(root, session, alert, chosen)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body


def _entry(root: ET.Element, session: Session, alert: tables.Alert, settings: Settings) -> None:
    message = compose.message(session, alert, settings)
    entry = ET.SubElement(root, "entry")
    _add(entry, "id", f"tag:{mail.domain(settings)},2026:alert/{alert.id}")
    _add(entry, "title", message.subject)
    _add(entry, "updated", _moment(alert.created_at))
    if message.link:
        ET.SubElement(entry, "link", {"rel": "alternate", "href": message.link, "type": "text/html"})
    content = ET.SubElement(entry, "content", {"type": "html"})
    content.text = compose.fragment(message).translate(_UNSAYABLE)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text.translate(_UNSAYABLE)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
