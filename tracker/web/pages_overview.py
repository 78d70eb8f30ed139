"""The front page: what changed since the last visit, where things move, what needs a hand, what comes next."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from tracker.model import State
from tracker.store import queries, queries_overview, queries_web
from tracker.store.queries import ChangeFilter, DeadlineLine
from tracker.store.queries_overview import Activity
from tracker.web import heatmap
from tracker.web.i18n import interface
from tracker.web.site import Site, cookie, page, reader, site_of

router = APIRouter(include_in_schema=False)
VISIT = "tracker_visit"
GAP = timedelta(minutes=30)  # quiet for so long: the next page view is a new visit
TOLD, SILENT = (ChangeFilter(states=(state.value,)) for state in (State.TOLD, State.SILENT))
AHEAD, RECENT = 10, 8  # entries


def last_visit(value: str, now: datetime) -> tuple[datetime | None, str]:
    """(when the visit before this one was, the cookie's new value). The cookie holds two moments: the visit before,
    and the latest page view."""
    try:
        before, latest = (datetime.fromtimestamp(int(part), UTC) if part else None for part in value.split(".", 1))
    except (ValueError, OverflowError, OSError):
        before, latest = None, None
    if latest is not None and latest > now:
        before, latest = None, None
    if latest is not None and now - latest > GAP:
        before = latest
    return before, f"{int(before.timestamp()) if before else ''}.{int(now.timestamp())}"


def prepared(site: Site) -> None:
    """Works out what is kept for the overview before somebody asks for it: the first one to look need not wait."""
    today = site.clock().astimezone(interface("en", site.settings.timezone).zone).date()
    with contextlib.suppress(SQLAlchemyError), site.database.read() as session:
        _kept(site, session, today)


def _kept(site: Site, session: Session, today: date) -> tuple[Activity, list[tuple[DeadlineLine, datetime]]]:
    """What moved by month, and the dates ahead: both as they were when something last happened."""
    over = heatmap.months(today)
    mark = queries_overview.marker(session)
    first = datetime(over[0].year, over[0].month, 1, tzinfo=UTC)
    activity = site.kept.renewed(
        "activity", (mark, first), lambda known: queries_overview.activity(session, since=first, known=known)
    )
    ahead = site.kept.get(("ahead", today), mark, lambda: queries_overview.ahead(session, today, limit=AHEAD))
    return activity, ahead


@router.get("/")
def overview(request: Request) -> Response:
    """The overview."""
    site, i = site_of(request), reader(request)
    now = site.clock()
    before, visit = last_visit(request.cookies.get(VISIT, ""), now)
    today = now.astimezone(i.zone).date()
    over = heatmap.months(today)
    with site.database.read() as session:
        activity, ahead = _kept(site, session, today)
        health = queries_overview.health_numbers(session)
        values = {
            "since": before,
            "fresh": queries.changes_since(session, before, TOLD) if before else 0,
            "recent": queries.list_changes(session, TOLD, limit=RECENT).items,
            "week": queries.changes_since(session, now - timedelta(days=7), TOLD),
            "silent": queries.changes_since(session, now - timedelta(days=7), SILENT),
            "pending": queries.list_changes(session, ChangeFilter(states=(State.PENDING.value,)), limit=5).items,
            "standing": queries_web.standing(session),
            "troubled": queries_overview.sources_page(session, health=queries_overview.TROUBLED, limit=12),
            "troubles": sum(health.get(value, 0) for value in queries_overview.TROUBLED),
            "ahead": [line for line, _seen in ahead],
            "heat": heatmap.by_month(activity.by_month(), tuple(site.names.areas), over, i).rows,
            "heat_months": over,
            "places": heatmap.by_jurisdiction(activity.by_jurisdiction(), tuple(site.names.areas), i, since=over[0]),
        }
    answer = page(request, "overview.html", values)
    cookie(answer, site.settings, VISIT, visit)
    return answer
