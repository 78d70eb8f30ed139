"""A digest as a message: by area, then source; the week's heat map, dates ahead, sources that could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from alerts import links
from alerts.render import pages, words
from alerts.render.change import Frame
from alerts.render.language import Texts
from alerts.render.message import Message
from alerts.render.notice import headline as notice_line
from alerts.render.redline import short
from tracker.model import Deadline

LINES = 150  # changes a digest shows; the rest is one link away
HEAT_ROWS = 13


@dataclass(frozen=True, slots=True)
class Line:
    """A change of the digest. `area` is its main area ("" without), `areas` all of them."""

    change: str
    seen: datetime
    source: str
    source_title: str
    title: str
    tier: str
    summary: dict[str, str]
    area: str
    areas: tuple[str, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    places: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source that could not be read."""

    source: str
    title: str
    health: str
    reason: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """A date to come."""

    date: date
    kind: str
    title: str
    governs: str
    change: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a digest tells. `heat` counts changes by (area, day) in the reader's zone; `checked` sources were read
    without a change; `storm` is the cap that was reached, 0 without."""

    since: datetime | None
    until: datetime
    weekly: bool = False
    storm: int = 0
    lines: tuple[Line, ...] = ()
    heat: dict[tuple[str, date], int] = field(default_factory=dict)
    ahead: tuple[Ahead, ...] = ()
    trouble: tuple[Trouble, ...] = ()
    checked: int = 0
    notices: tuple[tuple[str, dict[str, Any]], ...] = ()


def message(found: Gathered, frame: Frame) -> Message:
    """The digest as a message."""
    t = frame.texts
    limit = LINES
    shown = values(found, frame, limit=limit)
    html = pages.html("digest.html.j2", t, shown)
    while len(html.encode()) > pages.LIMIT and limit > 5:
        limit //= 2
        shown = values(found, frame, limit=limit)
        html = pages.html("digest.html.j2", t, shown)
    points = [shown["headline"], *(short(_point(t, line), 100) for line in found.lines[:3]), shown["all_link"]]
    return Message(
        id=frame.alert,
        kind="digest",
        to=frame.subscription.to,
        subject=shown["subject"],
        text=pages.text("digest.txt.j2", t, shown),
        html=html,
        short="\n".join(points),
        language=t.language,
        at=frame.at,
        message_id=frame.message_id,
        list_name=frame.label,
        unsubscribe=shown["unsubscribe"],
        link=shown["all_link"],
        event="digest",
        data=_data(found, frame),
        subscription=frame.subscription.id,
    )


def _point(t: Texts, line: Line) -> str:
    return line.summary.get(t.language) or line.summary.get("en") or line.title


def values(found: Gathered, frame: Frame, *, limit: int = LINES) -> dict[str, Any]:
    """What the templates show."""
    t = frame.texts
    n = len(found.lines)
    day = t.day(found.until.astimezone(frame.zone).date())
    if n:
        headline = t.tn("{n} change", "{n} changes", n)
    elif found.notices:
        headline = t.tn("{n} notice", "{n} notices", len(found.notices))
    else:
        headline = t.t("Nothing changed")
    name = t.t("Weekly digest") if found.weekly else t.t("Digest") if found.storm else t.t("Daily digest")
    return {
        "subject": short(_subject(t, frame, found, f"{name}, {day}: {headline}"), 180),
        "preheader": short(_point(t, found.lines[0]), 140) if found.lines else "",
        "headline": headline,
        "period": _period(t, found, frame, name),
        "counts": _counts(t, found),
        "storm": t.t(
            "More than {cap} alerts within an hour: the rest of them is gathered here instead of coming one by one.",
            cap=found.storm,
        )
        if found.storm
        else "",
        "nothing": ""
        if n or found.notices
        else t.tn("Nothing changed. {n} source was read.", "Nothing changed. {n} sources were read.", found.checked),
        "areas": _by_area(t, found.lines[:limit], frame),
        "folded": t.tn("{n} more change.", "{n} more changes.", n - limit) if n > limit else "",
        "all_link": f"{frame.settings.link_base}/changes",
        "heat": _heat(t, found, frame),
        "notices": [notice_line(t, type_, data) for type_, data in found.notices[:50]],
        "deadlines": [
            {
                "when": t.day(a.date),
                "what": words.deadline(t, Deadline("", a.kind)),
                "title": short(a.title, 140),
                "governs": short(a.governs, 160),
                "link": links.change(frame.settings, a.change),
            }
            for a in found.ahead
        ],
        "trouble": [
            {"title": short(x.title, 140), "what": _health(t, x, frame), "reason": short(x.reason, 160)}
            for x in found.trouble[:20]
        ],
        "trouble_more": t.tn("{n} more source.", "{n} more sources.", len(found.trouble) - 20)
        if len(found.trouble) > 20
        else "",
        **frame.foot(),
    }


def _subject(t: Texts, frame: Frame, found: Gathered, head: str) -> str:
    counted: dict[str, int] = {}
    for line in found.lines:
        if line.area:
            counted[line.area] = counted.get(line.area, 0) + 1
    top = sorted(counted, key=lambda area: (-counted[area], area))[:2]
    names = [words.title(frame.names, area, t.language) for area in top]
    if not names:
        return head
    left, right = ("（", "）") if t.language == "zh" else (" (", ")")
    return f"{head}{left}{t.list(names)}{right}"


def _period(t: Texts, found: Gathered, frame: Frame, name: str) -> str:
    until = t.moment(found.until, frame.zone)
    if found.since is None:
        return f"{name} · {until}"
    return f"{name} · {t.moment(found.since, frame.zone)} – {until}"


def _counts(t: Texts, found: Gathered) -> str:
    if not found.lines:
        return ""
    tiers: dict[str, int] = {}
    for line in found.lines:
        tiers[line.tier] = tiers.get(line.tier, 0) + 1
    parts = [f"{words.tier(t, name)}{t.colon}{tiers[name]}" for name in sorted(tiers, key=lambda name: -tiers[name])]
    parts.append(t.tn("{n} source", "{n} sources", len({line.source for line in found.lines})))
    return " · ".join(parts)


def _health(t: Texts, trouble: Trouble, frame: Frame) -> str:
    what = {"failing": t.t("failing"), "blocked": t.t("blocked"), "gone": t.t("gone")}.get(
        trouble.health, trouble.health
    )
    return (
        t.t("{what} since {day}", what=what, day=t.day(trouble.since.astimezone(frame.zone).date()))
        if trouble.since
        else what
    )


def _by_area(t: Texts, lines: Sequence[Line], frame: Frame) -> list[dict[str, Any]]:
    grouped: dict[str, dict[str, list[Line]]] = {}
    for line in lines:
        grouped.setdefault(line.area, {}).setdefault(line.source, []).append(line)
    order = sorted(grouped, key=lambda area: (area == "", -sum(map(len, grouped[area].values())), area))
    return [
        {
            "title": words.title(frame.names, area, t.language) if area else t.t("Without an area"),
            "n": sum(map(len, grouped[area].values())),
            "sources": [
                {"title": short(of[0].source_title, 140), "lines": [_line(t, line, frame) for line in of]}
                for of in sorted(grouped[area].values(), key=lambda of: of[0].source_title)
            ],
        }
        for area in order
    ]


def _line(t: Texts, line: Line, frame: Frame) -> dict[str, Any]:
    ahead = [d for d in line.deadlines if d.date and d.side == "new" and d.date >= line.seen.date()]
    first = min(ahead, key=lambda d: d.date or date.max, default=None)
    return {
        "headline": short(_point(t, line), 200),
        "title": short(line.title, 140),
        "point": words.point(t, first) if first else "",
        "tier": words.tier(t, line.tier) if line.tier != "substantive" else "",
        "tier_id": line.tier,
        "places": t.tn("and {n} other place", "and {n} other places", line.places) if line.places else "",
        "link": links.change(frame.settings, line.change),
    }


def _heat(t: Texts, found: Gathered, frame: Frame) -> dict[str, Any] | None:
    if not found.heat:
        return None
    last = found.until.astimezone(frame.zone).date()
    days = [last - timedelta(days=back) for back in range(6, -1, -1)]
    sums: dict[str, int] = {}
    for (area, day), n in found.heat.items():
        if day in days:
            sums[area] = sums.get(area, 0) + n
    rows = sorted(sums, key=lambda area: (-sums[area], area))[:HEAT_ROWS]
    most = max((found.heat.get((area, day), 0) for area in rows for day in days), default=0)
    return {
        "days": [t.weekday(day) for day in days],
        "rows": [
            {
                "title": words.title(frame.names, area, t.language) if area else t.t("Without an area"),
                "cells": [{"n": n, "level": _level(n, most)} for n in (found.heat.get((area, day), 0) for day in days)],
            }
            for area in rows
        ],
    } if rows else None  # fmt: skip


def _level(n: int, most: int) -> int:
    return 0 if n == 0 else 1 + min(2, (n - 1) * 3 // max(most, 3))


def _data(found: Gathered, frame: Frame) -> dict[str, Any]:
    return {
        "subscription": frame.subscription.id,
        "since": found.since.isoformat() if found.since else None,
        "until": found.until.isoformat(),
        "storm": bool(found.storm),
        "checked": found.checked,
        "changes": [
            {
                "change": line.change,
                "source": line.source,
                "title": line.title,
                "tier": line.tier,
                "summary": line.summary,
                "areas": list(line.areas),
                "seen": line.seen.isoformat(),
                "link": links.change(frame.settings, line.change),
            }
            for line in found.lines[:500]
        ],
        "change_count": len(found.lines),
    }
