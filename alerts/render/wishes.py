"""A subscription in words: what a confirmation mail, a preference page and `tracker subscriptions` say it is."""

from __future__ import annotations

from datetime import date, timedelta

from alerts import moments
from alerts.match import Why
from alerts.render import words
from alerts.render.change import Frame
from alerts.render.language import Texts
from tracker.model import Form, Subscription


def lines(frame: Frame) -> list[str]:
    """What is asked for, and when it comes."""
    s, t = frame.subscription, frame.texts
    asked = Why(
        areas=s.areas, principles=s.principles, themes=s.themes, groups=s.groups, jurisdictions=s.jurisdictions,
        languages=s.languages, words=(*s.words,), watch_for=s.watch_for, affects=s.affects,
    )  # fmt: skip
    what = words.why(t, asked, frame.names, "") if asked != Why() or not s.sources else ""
    if s.sources:
        what = " ".join(bit for bit in (what, t.t("Sources: {names}", names=t.list(s.sources))) if bit)
    return [what, t.t("When: {when}", when=rhythm(s, t))]


def rhythm(subscription: Subscription, t: Texts) -> str:
    """When the subscription is told."""
    of = moments.rhythm(subscription)
    if of.form is Form.IMMEDIATE:
        return t.t("immediately")
    at, zone = of.at.strftime("%H:%M"), str(of.zone)
    if of.weekday is None:
        return t.t("every day at {time} ({zone})", time=at, zone=zone)
    day = t.weekday(date(2024, 1, 1) + timedelta(days=of.weekday))  # a Monday
    return t.t("every week on {day} at {time} ({zone})", day=day, time=at, zone=zone)
