"""From an alert's row to a message: reads what it is about and renders it in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import nh3
from sqlalchemy.orm import Session

from alerts import digest, links, moments, roster, signing, told
from alerts.render import change as render_change
from alerts.render import digest as render_digest
from alerts.render import mail, notice, sample, wishes, words
from alerts.render.change import Frame
from alerts.render.message import Message
from tracker.model import Subscription
from tracker.settings import Settings
from tracker.store import tables


def message(session: Session, alert: tables.Alert, settings: Settings) -> Message:
    """The alert's message. Raises KeyError where what it is about is gone."""
    row = session.get(tables.Subscription, alert.subscription_id)
    if row is None:
        raise KeyError(alert.subscription_id)
    frame = _frame(alert, roster.value(row), settings)
    if alert.kind == "change":
        return preview(session, str(alert.change_id), frame)
    if alert.kind == "digest":
        frame = replace(frame, beside=digest.beside(session, alert))
        found = digest.gathered(session, alert, frame.subscription, str(frame.zone), frame.beside)
        return render_digest.message(found, frame)
    if alert.kind == "confirm":
        token = signing.signed_at(settings, "confirm", row.id)
        return notice.confirmation(frame, links.confirm(settings, token), wishes.lines(frame))
    if alert.kind == "sample":
        return sample.message(frame)
    return notice.message(str(alert.data.get("type", "")), alert.data, frame)


def preview(session: Session, change_id: str, frame: Frame) -> Message:
    """A change as the frame's reader would get it. Raises KeyError for an unknown change."""
    found = told.read(session, change_id)
    if found.document:
        frame = replace(frame, thread=mail.thread_id(frame.settings, frame.subscription.id, found.document))
    return render_change.message(found, frame)


def frame(subscription: Subscription, settings: Settings, at: datetime, alert: str = "preview") -> Frame:
    """The frame of a message that belongs to no alert: a preview."""
    return Frame(
        settings=settings,
        subscription=subscription,
        names=titles(settings),
        at=at,
        alert=alert,
        zone=moments.zone(subscription.timezone if subscription.timezone != "UTC" else settings.timezone),
        message_id=mail.message_id(settings, alert),
    )


def _frame(alert: tables.Alert, subscription: Subscription, settings: Settings) -> Frame:
    made = frame(subscription, settings, alert.created_at, alert.id)
    return replace(made, message_id=alert.message_id or made.message_id)


def titles(settings: Settings) -> words.Titles:
    """The taxonomy's titles by id."""
    return words.titles(settings.taxonomy)


_TAGS = {"p", "h1", "h2", "h3", "ul", "li", "b", "del", "ins", "a", "table", "tr", "td", "th", "span", "br"}


def fragment(of: Message) -> str:
    """The message's HTML for a feed reader: its body without styles, cleaned by nh3."""
    attributes: Mapping[str, set[str]] = {"a": {"href"}}
    body = of.html.partition("<body")[2].partition(">")[2]
    head, _, rest = body.partition('class="pre"')  # the line that mail programs show beside the subject
    if rest:
        body = head.rpartition("<")[0] + rest.partition("</div>")[2]
    return nh3.clean(body, tags=_TAGS, attributes=dict(attributes), url_schemes={"http", "https"})
