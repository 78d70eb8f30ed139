"""The web application: pages for people, the API for programs, feeds and calendars; made by `create_app`."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from tracker.settings import Settings
from tracker.store import space
from tracker.store.session import Database
from tracker.web import (
    api_changes,
    api_documents,
    api_problems,
    api_service,
    calendar,
    exports,
    feeds,
    metrics,
    names,
    pages_changes,
    pages_compare,
    pages_documents,
    pages_mailbox,
    pages_overview,
    pages_preview,
    pages_search,
    pages_service,
    pages_sources,
    pages_subscriptions,
    security,
)
from tracker.web.names import Names
from tracker.web.site import HERE, Site, compiled, page, reader

STATIC = HERE / "static"
FILES = frozenset(file.name for file in STATIC.iterdir() if file.is_file())  # nothing else has an address
ABOUT = (
    "Everything that the web pages show: changes with their edits, areas and reasons; documents and their texts at any "
    "date; sources and their checks; events. Lists come in pages: `next` is the cursor of the page after. Errors are "
    "problem details (RFC 9457). Answers carry an ETag. Where there is a token, send `Authorization: Bearer TOKEN`."
)
_log = structlog.get_logger("web")


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    asyncio.get_running_loop().run_in_executor(None, compiled)
    asyncio.get_running_loop().run_in_executor(None, pages_overview.prepared, app.state.site)
    yield


def create_app(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = _now,
    taxonomy: Names | None = None,
) -> FastAPI:
    """The application over a migrated database. `taxonomy` gives the names of areas; without it they are those of the
    settings' taxonomy. Raises TokenMissingError where others could reach it and no token is set."""
    app = FastAPI(
        title="Regulatory change tracker",
        description=ABOUT,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan,
        middleware=[
            Middleware(security.Doors, settings=settings, refuse=_refusal),
            Middleware(api_problems.Tagged),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=3),
        ],
    )
    security.required(settings)
    app.state.site = Site(database, settings, clock, taxonomy or names.load(settings.taxonomy))
    for module in (
        pages_overview, pages_changes, pages_documents, pages_compare, pages_sources, pages_search, pages_mailbox,
        pages_service, pages_preview, pages_subscriptions, feeds, calendar, exports, metrics, api_changes,
        api_documents, api_service,
    ):  # fmt: skip
        app.include_router(module.router)
    app.add_exception_handler(HTTPException, _wrong)
    app.add_exception_handler(RequestValidationError, _wrong)
    for kind in (SQLAlchemyError, OSError):
        app.add_exception_handler(kind, _unkept)
    app.add_exception_handler(Exception, _wrong)
    app.add_api_route("/static/{name}", _static, include_in_schema=False)
    app.add_api_route("/robots.txt", lambda: Response("User-agent: *\nDisallow: /\n", media_type="text/plain"),
                      include_in_schema=False)  # fmt: skip
    app.add_api_route("/favicon.ico", lambda: FileResponse(STATIC / "icon.svg"), include_in_schema=False)
    return app


def _static(name: str) -> Response:
    if name not in FILES:
        raise HTTPException(404)
    file = STATIC / name
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileResponse(file, media_type=kind, headers={"cache-control": "public, max-age=3600"})


def _unkept(request: Request, error: Exception) -> Response:
    """What a form or a program wanted kept has no room: said as that, and no defect of ours."""
    if not space.full(error):
        raise error
    space.tell(_log, error, "what was sent to the pages could not be kept")
    return _wrong(request, HTTPException(507, space.REMEDY if request.url.path.startswith("/api/") else ""))


def _wrong(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return api_problems.answer(request, error)
    if isinstance(error, RequestValidationError):
        # An address that cannot be one of ours is not there; a query or form that makes no sense is not understood.
        error = HTTPException(404 if any(item["loc"][:1] == ("path",) for item in error.errors()) else 400)
    if not isinstance(error, HTTPException):
        return page(request, "error.html", {"code": 500, "detail": ""}, status=500)
    answer = page(
        request, "error.html", {"code": error.status_code, "detail": str(error.detail)}, status=error.status_code
    )
    answer.headers.update(error.headers or {})
    return answer


def _refusal(request: Request, status: int, why: str) -> ASGIApp:
    """Who is not let in: programs get a problem, people the login page or a word."""
    path = request.url.path
    if why == "host":
        return Response(
            "This address is not ours. Open it as http://127.0.0.1, or set TRACKER_BASE_URL to the address in use.\n",
            status_code=status, media_type="text/plain",
        )  # fmt: skip
    if why == "nul":
        return api_problems.problem(400, "Bad Request", "An address without NUL, please.", path)
    wants_page = "text/html" in request.headers.get("accept", "") and request.method in ("GET", "HEAD")
    if wants_page and not path.startswith(("/api/", "/metrics")):
        query = f"?{request.url.query}" if request.url.query else ""
        from tracker.web.site import url

        return RedirectResponse(url("/login", next=security.local(path + query)), status_code=303)
    return api_problems.problem(
        status, "Sign in", "Send the token as Authorization: Bearer, or sign in at /login.", path,
        headers={"www-authenticate": 'Bearer realm="tracker"'},
    )  # fmt: skip


__all__ = ["create_app", "reader"]
