"""Signing in, the language, and what monitors ask: alive, ready."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from tracker.store import migrate
from tracker.web import security
from tracker.web.i18n import LANGUAGES
from tracker.web.pages_changes import guard_form
from tracker.web.site import LANGUAGE_COOKIE, cookie, page, reader, site_of

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address says next
    """The form that takes the token."""
    return page(request, "login.html", {"next": security.local(next), "wrong": False}, forms=True)


@router.post("/login")
def login(
    request: Request,
    token: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form says next
) -> Response:
    """Signs in with the token: a session's cookie."""
    site, i = site_of(request), reader(request)
    guard_form(request, site, csrf)
    wait = site.limits.login.wait(request.client.host if request.client else "")
    if wait:
        raise HTTPException(429, i.t("Too many at once. Please wait a moment."), {"retry-after": str(int(wait) + 1)})
    if not security.right_token(site.settings, token.strip()):
        return page(request, "login.html", {"next": security.local(next), "wrong": True}, status=403, forms=True)
    answer = RedirectResponse(security.local(next), status_code=303)
    cookie(answer, site.settings, security.SESSION, security.new_session(site.settings), age=security.SESSION_AGE)
    return answer


@router.post("/logout")
def logout(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """Ends the session on this browser."""
    guard_form(request, site_of(request), csrf)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(security.SESSION, path="/")
    return answer


@router.get("/language/{language}")
def language(request: Request, language: str, next: str = "/") -> Response:  # noqa: A002 - the address says next
    """Remembers the interface's language."""
    if language not in LANGUAGES:
        raise HTTPException(404)
    answer = RedirectResponse(security.local(next), status_code=303)
    cookie(answer, site_of(request).settings, LANGUAGE_COOKIE, language)
    return answer


@router.get("/about")
def about(request: Request) -> Response:
    """What the words mean, feeds, calendars, exports and the API."""
    return page(request, "about.html")


@router.get("/healthz")
def healthz() -> Response:
    """Alive: this process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """Ready: the database answers and has this program's schema."""
    try:
        current, wanted = migrate.current(site_of(request).database), migrate.head()
    except SQLAlchemyError as error:
        return JSONResponse({"status": "no database", "reason": type(error).__name__}, status_code=503)
    if current != wanted:
        return JSONResponse({"status": "not migrated", "schema": current, "wanted": wanted}, status_code=503)
    return JSONResponse({"status": "ok", "schema": current})
