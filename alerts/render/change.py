"""A change as a message: subject, mail, short text, data, calendar."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts import links, match
from alerts.render import calendar, pages, parts, redline, words
from alerts.render.language import Texts, texts
from alerts.render.message import Attachment, Message
from alerts.render.redline import EditView, clean, short
from alerts.told import Told
from tracker.model import Subscription
from tracker.settings import Settings

SUBJECT = 180  # characters; longer ones are cut by every mail program anyway
HEADLINE = 120
BUDGET = 64_000  # bytes of HTML for the edits; the rest of the mail and the inlined style take up to 30 KB more


@dataclass(frozen=True, slots=True)
class Frame:
    """What an alert needs beside its subject matter: whom it goes to and how it is identified. `beside` are other
    subscriptions of the same mailbox that it speaks for."""

    settings: Settings
    subscription: Subscription
    names: words.Titles
    at: datetime
    alert: str
    zone: ZoneInfo
    message_id: str = ""
    thread: str = ""
    beside: tuple[Subscription, ...] = ()

    @property
    def texts(self) -> Texts:
        """The reader's language."""
        return texts(self.subscription.language)

    @property
    def label(self) -> str:
        """What the subscription is called in its own mails."""
        return self.subscription.id

    def foot(self) -> dict[str, Any]:
        """The links that every alert carries to the reader's own page, and those of the subscriptions `beside`."""
        return {**self._links(self.subscription), "beside": [self._links(other) for other in self.beside]}

    def _links(self, of: Subscription) -> dict[str, str]:
        keyless = of.operator and not of.to
        return {
            "preferences": "" if keyless else links.preferences(self.settings, of.id),
            "unsubscribe": "" if keyless else links.unsubscribe(self.settings, of.id),
            "subscription": of.id,
        }


def headline(told: Told, language: str) -> str:
    """The point of the change in one line."""
    summary = told.change.summary
    return short(
        words.without_title(summary.get(language) or summary.get("en") or "", told.title) or told.title, HEADLINE
    )


def subject(told: Told, language: str, names: words.Titles) -> str:
    """ "EU AI Act — Art. 50(2): shall → may (AI safety governance; applies from 2 Aug 2026)"."""
    t = texts(language)
    area = parts.main_area(told.change.classification)
    first = parts.next_date(told)
    bits = [words.title(names, area, language) if area else "", words.point(t, first) if first else ""]
    inside = ("；" if language == "zh" else "; ").join(bit for bit in bits if bit)
    left, right = ("（", "）") if language == "zh" else (" (", ")")
    tail = f"{left}{inside}{right}" if inside else ""
    head = f"{short(told.source.title or told.source.id, 70)} — "
    return clean(head + short(headline(told, language), max(40, SUBJECT - len(head) - len(tail))) + tail)


def addresses(told: Told, settings: Settings) -> dict[str, str]:
    """Where the links of the alert lead; "" for what is not there."""
    first = told.change.comparison.edits[0].eid if told.change.comparison.edits else ""
    return {
        "change": links.change(settings, told.change.id),
        "before": links.document_at(settings, told.document, told.before, first) if told.before else "",
        "after": links.document_at(settings, told.document, told.after, first) if told.after else "",
        "source": links.safe(told.url),
    }


def values(told: Told, frame: Frame, *, budget: int = BUDGET) -> dict[str, Any]:
    """What the templates show."""
    t, language, change = frame.texts, frame.texts.language, told.change
    edits = redline.views(change.comparison.edits[: redline.SHOWN])
    shown = redline.fitting(edits, budget)
    source = clean(told.source.title or told.source.id)
    why = match.why(frame.subscription, told)
    return {
        "subject": subject(told, language, frame.names),
        "preheader": _preheader(edits),
        "headline": headline(told, language),
        "source": source,
        "title": short(told.title, 200),
        "seen": t.moment(change.seen, frame.zone),
        "why": words.why(t, why, frame.names, source),
        "chips": parts.chips(t, told, frame.names),
        "cards": parts.cards(t, edits[:shown], told.around, told.title),
        "folded": len(change.comparison.edits) - shown,
        "cut": any(edit.cut for edit in edits[:shown]),
        "facts": parts.facts(t, told, frame.names),
        "links": addresses(told, frame.settings),
        **frame.foot(),
    }


def _preheader(edits: Sequence[EditView]) -> str:
    return short(redline.plain(edits[0].spans), 140) if edits else ""


def message(told: Told, frame: Frame) -> Message:
    """The change as a message. The HTML stays under what mail programs show: long changes are folded."""
    t = frame.texts
    budget = BUDGET
    shown = values(told, frame)
    html = pages.html("change.html.j2", t, shown)
    while len(html.encode()) > pages.LIMIT and budget > 2000:
        budget //= 2
        shown = values(told, frame, budget=budget)
        html = pages.html("change.html.j2", t, shown)
    where = shown["links"]["change"]
    return Message(
        id=frame.alert,
        kind="change",
        to=frame.subscription.to,
        subject=shown["subject"],
        text=pages.text("change.txt.j2", t, shown),
        html=html,
        short="\n".join(parts.short_lines(shown)),
        language=t.language,
        at=frame.at,
        message_id=frame.message_id,
        thread=frame.thread,
        list_name=frame.label,
        unsubscribe=shown["unsubscribe"],
        link=where,
        event="change.told",
        data=data(told, frame),
        attachments=_attachments(told, frame, shown),
        subscription=frame.subscription.id,
    )


def _attachments(told: Told, frame: Frame, shown: dict[str, Any]) -> tuple[Attachment, ...]:
    made = []
    wanted = frame.subscription.attach
    ahead = parts.ahead(told)
    if "ics" in wanted and ahead:
        made.append(
            Attachment(
                "dates.ics", "text/calendar; method=PUBLISH", calendar.dates(told, ahead[:20], frame.texts, shown)
            )
        )
    if "redline" in wanted:
        full = redline.views(told.change.comparison.edits, context=10**9, longest=10**9)
        lines = [f"{edit.place or '—'} · {edit.kind}\n\n{redline.plain(edit.spans)}\n" for edit in full]
        text = f"{shown['headline']}\n{shown['links']['change']}\n\n" + "\n".join(lines)
        made.append(Attachment("redline.txt", "text/plain", text.encode()[:5_000_000]))
    return tuple(made)


def data(told: Told, frame: Frame) -> dict[str, Any]:
    """What a webhook carries: the change as plain JSON values."""
    change, where = told.change, addresses(told, frame.settings)
    edits = change.comparison.edits
    made: dict[str, Any] = {
        "change": change.id,
        "subscription": frame.subscription.id,
        "source": {"id": told.source.id, "title": told.source.title, "jurisdiction": told.source.jurisdiction},
        "document": {"id": told.document, "title": clean(told.title), "url": told.url, "language": told.language},
        "tier": change.assessment.tier.value,
        "confidence": change.assessment.confidence,
        "seen": change.seen.isoformat(),
        "summary": dict(change.summary),
        "areas": [{"id": area.id, "score": round(area.score, 4)} for area in change.classification.areas],
        "main_area": change.classification.main,
        "reasons": [
            {"step": r.step, "code": r.code, "text": r.text, "words": list(r.words)} for r in change.assessment.reasons
        ],
        "deadlines": [
            {
                "kind": d.kind,
                "date": d.date.isoformat() if d.date else None,
                "text": d.text,
                "governs": d.governs,
                "side": d.side,
            }
            for d in change.comparison.deadlines
        ],
        "edits": [],
        "edit_count": len(edits),
        "places": [{"change": p.change_id, "title": clean(p.title), "url": p.url} for p in told.places],
        "links": where,
    }
    spent = 0
    for edit in edits:  # a receiver with a limit of 1 MB must be able to take it; the link has the rest
        one = {
            "kind": edit.kind.value,
            "path": edit.path,
            "eid": edit.eid,
            "spans": [list(span) for span in edit.spans],
        }
        spent += len(json.dumps(one))
        if spent > 200_000:
            break
        made["edits"].append(one)
    found: dict[str, Any] = json.loads(json.dumps(made), object_hook=_sayable)
    return found


def _sayable(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in values.items()}


def _said(value: Any) -> Any:
    """Without lone surrogates, which no JSON in UTF-8 can carry."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return [_said(item) for item in value] if isinstance(value, list) else value
