"""Dates ahead as iCalendar (RFC 5545): deadlines and dates in force that told changes brought, one entry a date with
an id that stays, so that a calendar that asks again doubles nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from fastapi import APIRouter
from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response

from alerts import links
from alerts.render import words
from alerts.render.language import texts
from tracker.model import Deadline
from tracker.store import queries_overview, queries_web
from tracker.store.queries import DeadlineLine
from tracker.web import filters
from tracker.web.i18n import Interface
from tracker.web.site import Site, clean, reader, site_of

router = APIRouter(include_in_schema=False)
MOST = 500


@router.get("/calendar.ics")
def calendar(request: Request, change: str = "") -> Response:
    """All dates ahead, those of some areas (`area`), or those of one change (`change`)."""
    site, i = site_of(request), reader(request)
    areas = filters.asked(request.query_params).values.get("area", ())
    with site.database.read() as session:
        if change:
            made = _calendar(site, i, queries_web.deadlines_of(session, change[:64]))
        else:
            today = site.clock().astimezone(i.zone).date()
            made = site.kept.get(
                ("calendar", today, areas, i.language), queries_overview.marker(session),
                lambda: _calendar(site, i, queries_overview.ahead(session, today, days=1500, limit=MOST, areas=areas)),
            )  # fmt: skip
    headers = {"content-disposition": 'attachment; filename="dates.ics"'} if change else {}
    return Response(made, media_type="text/calendar; charset=utf-8", headers=headers)


def _calendar(site: Site, i: Interface, found: Sequence[tuple[DeadlineLine, datetime]]) -> bytes:
    made = Calendar()
    made.add("prodid", "-//Regulatory tracker//web//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", i.t("Regulatory tracker"))
    for line, seen in found:
        made.add_component(_entry(site, i.language, line, seen))
    return bytes(made.to_ical())


def _entry(site: Site, language: str, line: DeadlineLine, seen: datetime) -> Event:
    name = "\n".join((line.source_id, str(line.title), str(line.date), line.kind, line.text))
    event = Event()
    event.add("uid", hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32] + "@regulatory-tracker")
    event.add("dtstamp", seen)
    event.add("dtstart", line.date)
    event.add("dtend", line.date + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", _line(f"{words.deadline(texts(language), Deadline('', line.kind))}: {line.title}"))
    event.add("description", "\n".join(_line(text) for text in dict.fromkeys((line.governs, line.text)) if text))
    event.add("url", links.change(site.settings, line.change_id))
    return event


def _line(text: str) -> str:
    """One line: a page's words must not become properties of a calendar."""
    return " ".join(clean(text).split())
