"""Notices as messages: what the operator should know, a sign-up to confirm, a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts import links
from alerts.render import pages
from alerts.render.change import Frame
from alerts.render.language import Texts
from alerts.render.message import Message
from alerts.render.redline import short


def headline(t: Texts, type_: str, data: Mapping[str, Any]) -> str:
    """A notice in one line."""
    name = short(str(data.get("title") or data.get("source") or data.get("recipient") or ""), 100)
    return {
        "source.failing": t.t("Source is failing: {name}", name=name),
        "source.blocked": t.t("Source blocks us: {name}", name=name),
        "source.gone": t.t("Source is gone: {name}", name=name),
        "source.recovered": t.t("Source is back: {name}", name=name),
        "source.glitch": t.t("Source shows something else than its document: {name}", name=name),
        "document.moved": t.t("Source has moved: {name}", name=name),
        "operator.disk": t.t("Disk space is low"),
        "operator.disk.ok": t.t("Disk space is sufficient again"),
        "operator.queue": t.t("Work is waiting too long"),
        "operator.queue.ok": t.t("Work is up to date again"),
        "operator.mail": t.t("The mail server does not take our mails"),
        "operator.mail.ok": t.t("The mail server takes our mails again"),
        "subscription.disabled": t.t("Recipient was switched off: {name}", name=name),
        "alert.dead": t.t("An alert could not be delivered: {name}", name=name),
    }.get(type_, type_)


def advice(t: Texts, type_: str, data: Mapping[str, Any]) -> list[str]:
    """What happened, and what there is to do."""
    reason = short(str(data.get("reason") or ""), 600)
    lines = {
        "source.failing": [
            t.t("Several checks in a row failed. No change is noticed there until it can be read again."),
            t.t("It is tried again by itself; nothing is lost once it is back."),
        ],
        "source.blocked": [
            t.t(
                "The host refuses us. It is not circumvented: ask the host, or look at the page yourself "
                "for the time being."
            )
        ],
        "source.gone": [t.t("The host says that the page no longer exists. Correct the address in sources.yaml.")],
        "source.recovered": [t.t("It can be read again. What changed meanwhile is told as one change.")],
        "source.glitch": [
            t.t(
                "Several checks in a row brought something that is not the document. It is kept apart "
                "and nobody was told."
            ),
            t.t("Look at the page: if it is a successor, set its address in sources.yaml."),
        ],
        "document.moved": [
            t.t("It now stands at {url}. Correct the address in sources.yaml.", url=short(str(data.get("to", "")), 300))
        ],
        "operator.disk": [
            t.t("{free} are free. Versions can no longer be kept when it is full.", free=data.get("free", "?"))
        ],
        "operator.queue": [t.t("The oldest open work is {minutes} minutes old.", minutes=data.get("minutes", "?"))],
        "operator.mail": [t.t("Alerts wait and are sent as soon as it takes them, within a day.")],
        "subscription.disabled": [
            t.t("The mail server refused it for good several times. Nothing is sent there any more."),
            t.t("When the address works again: tracker deliveries --enable {id}", id=data.get("subscription", "")),
        ],
        "alert.dead": [t.t("It is kept: tracker deliveries retry {id}", id=data.get("alert", ""))],
    }.get(type_, [])
    return ([t.t("Reason: {reason}", reason=reason)] if reason else []) + lines


def message(type_: str, data: Mapping[str, Any], frame: Frame) -> Message:
    """An operator's notice."""
    t = frame.texts
    source = str(data.get("source") or "")
    point, lines = headline(t, type_, data), advice(t, type_, data)
    link = links.source(frame.settings, source) if source else ""
    shown = {
        "subject": point,
        "preheader": lines[0] if lines else "",
        "headline": point,
        "source": short(str(data.get("title") or ""), 200),
        "lines": lines,
        "link": link,
        "link_text": t.t("The source's checks"),
        "outside": links.safe(str(data.get("url") or "")),
        "plain_foot": "",
        **frame.foot(),
    }
    return _message(frame, "notice", "notice", shown, event=type_, data={"type": type_, **data})


def confirmation(frame: Frame, link: str, wishes: list[str]) -> Message:
    """The mail of a double opt-in: nothing else is sent before its link was used."""
    t = frame.texts
    lines = [
        t.t("Somebody, hopefully you, asked for alerts of changed rules to this address."),
        *wishes,
        t.t("Nothing is sent before you confirm. The link holds for two days."),
    ]
    shown = {
        "subject": t.t("Please confirm your alerts"),
        "preheader": lines[0],
        "headline": t.t("Please confirm your alerts"),
        "source": "",
        "lines": lines,
        "link": link,
        "link_text": t.t("Yes, send me these alerts"),
        "outside": "",
        "plain_foot": t.t("If it was not you, do nothing: the address is deleted in two days."),
        "preferences": "",
        "unsubscribe": "",
        "subscription": "",
    }
    return _message(frame, "confirm", "notice", shown, event="subscription.confirm", data={})


def _message(
    frame: Frame, kind: str, template: str, shown: dict[str, Any], *, event: str, data: Mapping[str, Any]
) -> Message:
    t = frame.texts
    return Message(
        id=frame.alert,
        kind=kind,
        to=frame.subscription.to,
        subject=shown["subject"],
        text=pages.text(f"{template}.txt.j2", t, shown),
        html=pages.html(f"{template}.html.j2", t, shown),
        short="\n".join([shown["headline"], *shown["lines"][:2], *([shown["link"]] if shown["link"] else [])]),
        language=t.language,
        at=frame.at,
        message_id=frame.message_id,
        list_name=frame.label,
        unsubscribe=shown["unsubscribe"],
        link=shown["link"],
        event=event,
        data=data,
        subscription=frame.subscription.id,
    )
