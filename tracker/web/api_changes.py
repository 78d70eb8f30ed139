"""The API's changes: the list with its filters, one change, corrections, activity, dates ahead, the event stream."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tracker.store import queries, queries_overview, queries_web
from tracker.web import api_models as shapes
from tracker.web.api_parameters import ERRORS, PREFIX, ChangeId, Cursor, Filter, Limit
from tracker.web.site import Site, clean, site_of

router = APIRouter(prefix=PREFIX, tags=["changes"], responses=ERRORS)
EVENTS = "application/cloudevents-batch+json"


@router.get("/changes")
def changes(request: Request, wanted: Filter, limit: Limit = 50, cursor: Cursor = "") -> shapes.Page[shapes.Change]:
    """Changes, newest first; those that were told, unless `state` says otherwise."""
    with site_of(request).database.read() as session:
        try:
            found = queries.list_changes(session, wanted, limit=limit, cursor=cursor)
        except ValueError as error:
            raise HTTPException(400, "cursor: not one of this list") from error
    return shapes.Page[shapes.Change](items=[shapes.Change.of(line) for line in found.items], next=found.next or None)


@router.get("/changes/{change_id}")
def change(request: Request, change_id: ChangeId) -> shapes.FullChange:
    """One change: edits, areas with their evidence, reasons, references, dates, places, alerts."""
    with site_of(request).database.read() as session:
        try:
            found = queries.change_detail(session, change_id)
        except KeyError as error:
            raise HTTPException(404, "no such change") from error
        sent = queries.deliveries_of_change(session, change_id)
    last = {line.alert_id: line for line in reversed(sent)}
    return shapes.FullChange.of_detail(found, last.values())


@router.post("/changes/{change_id}/feedback", status_code=204, response_class=Response)
def feedback(request: Request, change_id: ChangeId, correction: shapes.Correction) -> Response:
    """Keeps a correction of the verdict."""
    site = site_of(request)
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise HTTPException(403, "only programs and our own pages may send this")
    wait = site.limits.forms.wait(request.client.host if request.client else "")
    if wait:
        raise HTTPException(429, "please wait a moment", {"retry-after": str(int(wait) + 1)})
    try:
        with site.database.write() as session:
            queries_web.feedback(
                session, change_id, site.clock(), tier=correction.tier, area=clean(correction.area),
                note=clean(correction.note), by="api",
            )  # fmt: skip
    except KeyError as error:
        raise HTTPException(404, "no such change") from error
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return Response(status_code=204)


@router.get("/activity", tags=["overview"])
def activity(
    request: Request,
    by: Annotated[Literal["month", "jurisdiction"], Query(description="What the columns are")] = "month",
    days: Annotated[int, Query(ge=1, le=3660)] = 365,
) -> list[shapes.Activity]:
    """Told changes by area and month or jurisdiction: the heat map's numbers."""
    site = site_of(request)
    since = site.clock() - timedelta(days=days)
    with site.database.read() as session:
        counted = queries_overview.activity(session, since=since)
    found = counted.by_month() if by == "month" else counted.by_jurisdiction()
    return [shapes.Activity(area=area, column=column, changes=n) for (area, column), n in sorted(found.items())]


@router.get("/deadlines", tags=["overview"])
def deadlines(
    request: Request,
    area: Annotated[list[str], Query(max_length=40)] = [],  # noqa: B006 - FastAPI copies defaults
    days: Annotated[int, Query(ge=1, le=3660)] = 400,
    limit: Limit = 100,
) -> list[shapes.Ahead]:
    """Dates ahead that told changes brought, soonest first."""
    site = site_of(request)
    with site.database.read() as session:
        found = queries_overview.ahead(session, site.clock().date(), days=days, limit=limit, areas=area)
    return [shapes.Ahead.model_validate(line) for line, _seen in found]


@router.get(
    "/events",
    tags=["events"],
    responses={200: {"content": {EVENTS: {"schema": {"type": "array"}}}, "description": "A batch, oldest first"}},
    response_class=JSONResponse,
)
def events(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**53 - 1, description="`sequence` of the last event you have")] = 0,
    limit: Limit = 100,
) -> Response:
    """What happened after an event, oldest first, as a batch of CloudEvents. Ask again with `after` set to the last
    `sequence`; an empty batch means that nothing has happened since. The Link header has the next address."""
    site = site_of(request)
    with site.database.read() as session:
        found = queries.events_after(session, after, limit=limit)
    last = found[-1].id if found else after
    headers = {"link": f'<{PREFIX}/events?after={last}&limit={limit}>; rel="next"'}
    return JSONResponse([_event(site, line) for line in found], media_type=EVENTS, headers=headers)


def _event(site: Site, line: queries.EventLine) -> dict[str, Any]:
    data = {**line.data, "source_id": line.source_id, "document_id": line.document_id, "change_id": line.change_id}
    made = shapes.CloudEvent(
        id=line.uid,
        source=site.settings.link_base,
        type=f"io.tracker.{line.type}",
        time=line.at,
        subject=line.change_id or (str(line.document_id) if line.document_id else line.source_id),
        sequence=str(line.id),
        data=data,
    )
    return made.model_dump(mode="json", exclude_none=True)
