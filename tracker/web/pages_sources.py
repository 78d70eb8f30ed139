"""Sources with their health, one source with its checks' log, and the log of all."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracker.model import Health, Outcome
from tracker.store import queries, queries_overview, queries_web
from tracker.store.queries import ChangeFilter
from tracker.web.site import moment, page, reader, site_of, url

router = APIRouter(include_in_schema=False)
LOG = 50
SHOWN = 100


@router.get("/sources")
def sources(request: Request, health: str = "", q: str = "", start: int = 0) -> Response:
    """All sources; those that need a hand first."""
    health = health if health in set(Health) else ""
    start = min(max(0, start), 1_000_000)
    with site_of(request).database.read() as session:
        numbers = queries_overview.health_numbers(session)
        shown = queries_overview.sources_page(
            session, health=(health,) if health else (), words=q[:200], limit=SHOWN + 1, offset=start
        )
    values = {
        "shown": shown[:SHOWN], "every": sum(numbers.values()), "health": health, "q": q[:200],
        "numbers": {value.value: numbers.get(value.value, 0) for value in Health},
        "more": url("/sources", health=health, q=q[:200], start=start + SHOWN) if len(shown) > SHOWN else "",
        "newer": url("/sources", health=health, q=q[:200], start=max(0, start - SHOWN)) if start else "",
    }  # fmt: skip
    return page(request, "sources.html", values)


@router.get("/sources/{source_id}")
def source(request: Request, source_id: str) -> Response:
    """One source: how it stands, its documents, its changes, its checks."""
    with site_of(request).database.read() as session:
        try:
            line = queries.source(session, source_id)
        except KeyError as error:
            raise HTTPException(404) from error
        values = {
            "line": line,
            "documents": queries.documents(session, source_id=source_id, limit=101),
            "changes": queries.list_changes(session, ChangeFilter(sources=(source_id,)), limit=10).items,
            "checks": queries.checks(session, source_id=source_id, limit=20),
        }
    return page(request, "source.html", values)


@router.get("/checks")
def checks(request: Request, source: str = "", outcome: str = "", before: str = "") -> Response:
    """The checks' log, newest first."""
    i = reader(request)
    at, _, last = before[:120].partition("~")
    until = moment(at) if before else None
    if before and until is None:
        raise HTTPException(400, i.t("This page of the list does not exist."))
    outcome = outcome if outcome in set(Outcome) else ""
    with site_of(request).database.read() as session:
        found = queries_web.checks_before(
            session, (until, last) if until else None, source_id=source[:200], outcome=outcome, limit=LOG + 1
        )
    older = ""
    if len(found) > LOG:
        older = url(
            "/checks",
            source=source,
            outcome=outcome,
            before=f"{found[LOG - 1].started_at.isoformat()}~{found[LOG - 1].id}",
        )
    values = {
        "found": found[:LOG], "older": older, "source": source[:200], "outcome": outcome,
        "outcomes": [o.value for o in Outcome], "paged": bool(before),
    }  # fmt: skip
    return page(request, "checks.html", values)


@router.get("/checks/{check_id}")
def check(request: Request, check_id: str) -> Response:
    """One check: what was asked, what came back."""
    with site_of(request).database.read() as session:
        found = queries_web.check(session, check_id)
        if found is None:
            raise HTTPException(404)
    return page(request, "check.html", {"found": found})
