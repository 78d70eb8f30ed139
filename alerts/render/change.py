"""A change as a message: subject, mail, short text, data, calendar."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts import links, match
from alerts.render import calendar, pages, redline, words
from alerts.render.language import Texts, texts
from alerts.render.message import Attachment, Message
from alerts.render.redline import EditView, clean
from alerts.told import Told
from tracker.model import Classification, Deadline, Subscription
from tracker.settings import Settings

SUBJECT = 180  # characters; longer ones are cut by every mail program anyway
HEADLINE = 120
BUDGET = 64_000  # bytes of HTML for the edits; the rest of the mail and the inlined style take up to 30 KB more
EVIDENCE = 4  # words shown an area
AREAS = 6
DEADLINES = 12
PLACES = 12


@dataclass(frozen=True, slots=True)
class Frame:
    """What an alert needs beside its subject matter: whom it goes to and how it is identified."""

    settings: Settings
    subscription: Subscription
    names: words.Titles
    at: datetime
    alert: str
    zone: ZoneInfo
    message_id: str = ""
    thread: str = ""

    @property
    def texts(self) -> Texts:
        """The reader's language."""
        return texts(self.subscription.language)

    @property
    def label(self) -> str:
        """What the subscription is called in its own mails."""
        return self.subscription.id

    def foot(self) -> dict[str, str]:
        """The links that every alert carries to the reader's own page."""
        if self.subscription.operator and not self.subscription.to:
            return {"preferences": "", "unsubscribe": "", "subscription": self.label}
        return {
            "preferences": links.preferences(self.settings, self.subscription.id),
            "unsubscribe": links.unsubscribe(self.settings, self.subscription.id),
            "subscription": self.label,
        }


def short(text: str, limit: int) -> str:
    """A line of at most `limit` characters, cut at a word where there is one."""
    text = clean(text)
    if len(text) <= limit:
        return text
    at = text.rfind(" ", limit // 2, limit)
    return text[: at if at > 0 else limit - 1].rstrip(" ,;:—-") + "…"


def headline(told: Told, language: str) -> str:
    """The point of the change in one line."""
    summary = told.change.summary
    return short(summary.get(language) or summary.get("en") or told.title, HEADLINE)


def subject(told: Told, language: str, names: words.Titles) -> str:
    """ "EU AI Act — Art. 50(2): shall → may (AI safety governance; applies from 2 Aug 2026)"."""
    t = texts(language)
    area = main_area(told.change.classification)
    first = next_date(told)
    bits = [words.title(names, area, language) if area else "", words.point(t, first) if first else ""]
    inside = ("；" if language == "zh" else "; ").join(bit for bit in bits if bit)
    left, right = ("（", "）") if language == "zh" else (" (", ")")
    tail = f"{left}{inside}{right}" if inside else ""
    head = f"{short(told.source.title or told.source.id, 70)} — "
    return clean(head + short(headline(told, language), max(40, SUBJECT - len(head) - len(tail))) + tail)


def main_area(found: Classification) -> str:
    """The main area's id, the strongest where none is main; "" without any."""
    return found.main or (found.areas[0].id if found.areas else "")


def next_date(told: Told) -> Deadline | None:
    """The date that a subject names: of those that the new text brings, the first still to come when it was seen."""
    ahead = [
        d for d in told.change.comparison.deadlines if d.date and d.side == "new" and d.date >= told.change.seen.date()
    ]
    order = {"application": 0, "deadline": 0, "repeal": 0, "expiry": 0}
    return min(ahead, key=lambda d: (order.get(d.kind, 1), d.date or date.max), default=None)


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
    edits = redline.views(change.comparison.edits)
    shown = redline.fitting(edits, budget)
    source = clean(told.source.title or told.source.id)
    why = match.why(frame.subscription, told)
    return {
        "subject": subject(told, language, frame.names),
        "preheader": _preheader(edits),
        "headline": headline(told, language),
        "source": source,
        "title": short(told.title, 200),
        "tier": words.tier(t, change.assessment.tier.value),
        "tier_id": change.assessment.tier.value,
        "seen": t.moment(change.seen, frame.zone),
        "why": words.why(t, why, frame.names, source),
        "edits": [_edit(t, edit) for edit in edits[:shown]],
        "folded": len(edits) - shown,
        "cut": any(edit.cut for edit in edits[:shown]),
        "reasons": _reasons(t, told),
        "areas": _areas(t, told, frame.names),
        "deadlines": [_deadline(t, line) for line in change.comparison.deadlines[:DEADLINES]],
        "question": short(told.source.question, 400),
        "affects": t.list([short(name, 120) for name in told.source.affects[:8]]),
        "places": [{"title": short(p.title, 160), "url": links.safe(p.url)} for p in told.places[:PLACES]],
        "place_count": len(told.places),
        "links": addresses(told, frame.settings),
        **frame.foot(),
    }


def _preheader(edits: Sequence[EditView]) -> str:
    return short(redline.plain(edits[0].spans), 140) if edits else ""


def _edit(t: Texts, edit: EditView) -> dict[str, Any]:
    return {
        "place": short(edit.place, 160),
        "what": words.edit(t, edit.kind, short(edit.was, 160)),
        "spans": edit.spans,
        "plain": redline.plain(edit.spans),
    }


def _reasons(t: Texts, told: Told) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for reason in told.change.assessment.reasons[:8]:
        line = words.reason(t, reason)
        shown = t.list([t.quote(short(word, 60)) for word in reason.words[:3] if word.strip()])
        found.setdefault(line, {"text": line, "words": shown})
    return list(found.values())[:4]


def _areas(t: Texts, told: Told, names: words.Titles) -> list[dict[str, Any]]:
    main = told.change.classification.main
    return [
        {
            "title": words.title(names, area.id, t.language),
            "score": t.percent(area.score),
            "main": area.id == main,
            "evidence": t.list(
                [t.quote(short(w, 60)) for w in dict.fromkeys(e.words for e in area.evidence if e.words.strip())][
                    :EVIDENCE
                ]
            ),
        }
        for area in told.change.classification.areas[:AREAS]
    ]


def _deadline(t: Texts, line: Deadline) -> dict[str, Any]:
    return {
        "what": words.deadline(t, line),
        "when": t.day(line.date) if line.date else short(line.text, 80),
        "gone": line.side == "old",
        "governs": short(line.governs, 200),
    }


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
    lines = [shown["headline"], *(f"{line['what']}: {line['when']}" for line in shown["deadlines"][:2]), where]
    return Message(
        id=frame.alert,
        kind="change",
        to=frame.subscription.to,
        subject=shown["subject"],
        text=pages.text("change.txt.j2", t, shown),
        html=html,
        short="\n".join(lines),
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
    ahead = [
        d for d in told.change.comparison.deadlines if d.date and d.side == "new" and d.date >= told.change.seen.date()
    ]
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
