"""The API's sources and checks, the taxonomy's names, and how things stand."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tracker.store import queries, queries_web
from tracker.web import api_models as shapes
from tracker.web.api_parameters import ERRORS, PREFIX, Cursor, Limit, SourceId, cursor_of, cursor_read
from tracker.web.site import moment, site_of

router = APIRouter(prefix=PREFIX, responses=ERRORS)
Health = Literal["", "new", "ok", "failing", "blocked", "gone"]


@router.get("/sources", tags=["sources"])
def sources(
    request: Request,
    health: Annotated[Health, Query()] = "",
    every: Annotated[bool, Query(alias="all", description="Those that left the catalogue too")] = False,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> shapes.Page[shapes.Source]:
    """Sources by their ids."""
    after = cursor_read(cursor, id=str)
    with site_of(request).database.read() as session:
        found = queries_web.sources_after(
            session, after["id"] if after else "", health=health, active_only=not every, limit=limit + 1
        )
    items = [shapes.Source.model_validate(line) for line in found[:limit]]
    return shapes.Page[shapes.Source](items=items, next=cursor_of({"id": items[-1].id} if len(found) > limit else None))


@router.get("/sources/{source_id}", tags=["sources"])
def source(request: Request, source_id: SourceId) -> shapes.Source:
    """One source and how it stands."""
    with site_of(request).database.read() as session:
        try:
            return shapes.Source.model_validate(queries.source(session, source_id))
        except KeyError as error:
            raise HTTPException(404, "no such source") from error


@router.get("/checks", tags=["sources"])
def checks(
    request: Request,
    source: Annotated[str, Query(max_length=80)] = "",
    outcome: Annotated[str, Query(max_length=24)] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> shapes.Page[shapes.Check]:
    """The checks' log, newest first."""
    before = cursor_read(cursor, at=str, id=str)
    at = moment(before["at"]) if before else None
    if before and at is None:
        raise HTTPException(400, "cursor: not one of this list")
    with site_of(request).database.read() as session:
        found = queries_web.checks_before(
            session, (at, before["id"]) if before and at else None, source_id=source, outcome=outcome, limit=limit + 1
        )
    items = [shapes.Check.model_validate(line) for line in found[:limit]]
    last = {"at": items[-1].started_at.isoformat(), "id": items[-1].id} if len(found) > limit else None
    return shapes.Page[shapes.Check](items=items, next=cursor_of(last))


@router.get("/taxonomy", tags=["overview"])
def taxonomy(request: Request) -> list[shapes.Named]:
    """Areas, principles and themes with their titles, in their order."""
    names = site_of(request).names
    found = [shapes.Named(id=id_, kind="area", title=dict(title)) for id_, title in names.areas.items()]
    found += [shapes.Named(id=id_, kind="principle", title=dict(title)) for id_, title in names.principles.items()]
    found += [shapes.Named(id=id_, kind="theme", title=dict(title)) for id_, title in names.themes.items()]
    return found


@router.get("/standing", tags=["overview"])
def standing(request: Request) -> shapes.Standing:
    """How the sources stand as a whole."""
    with site_of(request).database.read() as session:
        return shapes.Standing.model_validate(queries_web.standing(session))


@router.get("/checkpoints", tags=["proof"])
def checkpoints(request: Request, limit: Limit = 100, cursor: Cursor = "") -> shapes.Page[shapes.Checkpoint]:
    """Signed checkpoints, the latest day first: keep some elsewhere, and no past version can be altered unnoticed."""
    before = cursor_read(cursor, day=str)
    with site_of(request).database.read() as session:
        found = queries_web.checkpoints(session, before["day"] if before else "", limit=limit + 1)
    items = [shapes.Checkpoint.model_validate(point) for point in found[:limit]]
    return shapes.Page[shapes.Checkpoint](
        items=items, next=cursor_of({"day": items[-1].day} if len(found) > limit else None)
    )
