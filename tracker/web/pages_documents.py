"""Documents: the text at any date with its contents, versions in time, since when each paragraph stands so, and bodies
as received. Addresses are permanent: /documents/ID/at/DATE#eid, /documents/ID/versions/N."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tracker.store import queries, queries_web
from tracker.store.queries import DocumentLine, VersionLine
from tracker.store.tables import Body, Version
from tracker.web import prose
from tracker.web.api_parameters import DocumentId, Number
from tracker.web.site import moment, page, placed, reader, site_of, stretches, url, when

router = APIRouter(include_in_schema=False)
PER_PAGE = 60
PART = 2000  # paragraphs of a page that says since when
Place = Annotated[str, Query(max_length=300)]
"""The eid of the paragraph a reader came for."""
RECENT = (30, 180, 365, 1095)  # days: how fresh a wording is, in steps of the margin's shade


def document(session: Session, document_id: int) -> DocumentLine:
    """A document. Raises HTTPException 404 for an unknown one."""
    try:
        return queries.document(session, document_id)
    except KeyError as error:
        raise HTTPException(404) from error


@router.get("/documents")
def documents(request: Request, q: str = "", source: str = "", start: int = 0) -> Response:
    """All documents by title, or those whose title or address holds the words."""
    start = min(max(0, start), 10_000_000)
    with site_of(request).database.read() as session:
        found = queries_web.documents_found(session, q[:200], source_id=source[:80], limit=PER_PAGE + 1, offset=start)
    more = url("/documents", q=q[:200], source=source[:80], start=start + PER_PAGE) if len(found) > PER_PAGE else ""
    return page(
        request, "documents.html", {"found": found[:PER_PAGE], "q": q[:200], "more": more, "source": source[:80]}
    )


@router.get("/documents/{document_id}")
def latest(request: Request, document_id: DocumentId) -> Response:
    """The document as it stands."""
    with site_of(request).database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, sizes=False)
        version = queries.version_number(session, document_id, versions[-1].number) if versions else None
        return _text(request, line, versions, version)


@router.get("/documents/{document_id}/at")
def at_form(request: Request, document_id: DocumentId, date: str = "", place: Place = "") -> Response:
    """The form's way to a permanent address, and there to the paragraph the reader came from."""
    if moment(date, reader(request)) is None:
        raise HTTPException(400, reader(request).t("Write a date as 2026-02-28."))
    return RedirectResponse(placed(f"/documents/{document_id}/at/{date.strip()}", place), status_code=303)


@router.get("/documents/{document_id}/at/{at}")
def at(request: Request, document_id: DocumentId, at: str) -> Response:
    """The document as it stood at a moment, or at the end of a day."""
    i = reader(request)
    wanted = moment(at, i, end=True)
    if wanted is None:
        raise HTTPException(404, i.t("Write a date as 2026-02-28."))
    with site_of(request).database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, sizes=False)
        version = queries.version_at(session, document_id, wanted)
        return _text(request, line, versions, version, asked=wanted)


@router.get("/documents/{document_id}/versions/{number}")
def version(request: Request, document_id: DocumentId, number: Number) -> Response:
    """One version."""
    with site_of(request).database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, technical=True, sizes=False)
        return _text(request, line, versions, _version(session, document_id, number), fixed=True)


def _version(session: Session, document_id: int, number: int) -> Version:
    found = queries.version_number(session, document_id, number)
    if found is None:
        raise HTTPException(404)
    return found


def _text(
    request: Request, line: DocumentLine, versions: list[VersionLine], version: Version | None, *,
    asked: datetime | None = None, fixed: bool = False,
) -> Response:  # fmt: skip
    here = next((v for v in versions if version is not None and v.number == version.number), None)
    values = {
        "line": line, "versions": versions, "version": version, "here": request.url.path, "stood": here, "asked": asked,
        "text": prose.prose(version) if version else None, "tab": "text", "fixed": fixed,
        "last": versions[-1] if versions else None, "place": request.query_params.get("place", "")[:300],
    }  # fmt: skip
    status = 404 if version is None and asked is not None else 200
    return page(request, "document.html", values, status=status)


@router.get("/documents/{document_id}/history")
def history(request: Request, document_id: DocumentId) -> Response:
    """The versions in time, and a form to compare any two."""
    with site_of(request).database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, technical=True)
    return page(request, "history.html", {"line": line, "versions": versions, "tab": "history"})


@router.get("/documents/{document_id}/blame")
def blame(request: Request, document_id: DocumentId, part: int = 1, place: Place = "") -> Response:
    """Each paragraph with the date at which its present wording came in; a long text in parts, `place` in the part
    where this paragraph stands."""
    site, i = site_of(request), reader(request)
    now = site.clock()
    first = (min(max(1, part), 100_000) - 1) * PART
    with site.database.read() as session:
        line = document(session, document_id)
        found = queries.blame_part(session, document_id, first=first, most=PART, place=place)
        first = found.first
    since: dict[int, prose.Since] = {}
    for entry in found.lines:
        if entry.version not in since:
            to = f"/changes/{entry.change_id}" if entry.change_id else f"/documents/{line.id}/versions/{entry.version}"
            cell = Markup('<a href="{}">{}</a>').format(url(to), when(i, entry.since, day=True))
            since[entry.version] = prose.Since(cell, sum((now - entry.since).days > days for days in RECENT))
    rows = prose.rows(found.lines, since, line.language or i.tag, place)
    parts = stretches(i, found.blocks, PART, first, lambda at: url(f"/documents/{line.id}/blame", part=at // PART + 1))
    return page(request, "blame.html", {"line": line, "rows": rows, "tab": "blame", "parts": parts, "place": place})


@router.get("/documents/{document_id}/versions/{number}/body")
def body(request: Request, document_id: DocumentId, number: Number) -> Response:
    """The body as received, to be saved: never shown as a page of ours."""
    with site_of(request).database.read() as session:
        found = queries.body(session, _version(session, document_id, number).body_hash)
    if found is None or found[1] is None:
        raise HTTPException(404, reader(request).t("This body is no longer kept; its hash is."))
    return body_answer(found[0], found[1], document_id, number)


def body_answer(row: Body, data: bytes, document_id: int, number: int) -> Response:
    """A body to be saved under a name of ours, never run or shown in our place."""
    kind = row.media_type.lower()
    if not re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}", kind):
        kind = "application/octet-stream"
    name = f"document-{document_id}-version-{number}.{_ending(kind)}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "x-body-sha256": row.hash,
    }
    return Response(data, headers=headers | {"content-type": kind})


def _ending(kind: str) -> str:
    known = {
        "text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf", "application/json": "json",
        "text/plain": "txt", "application/xml": "xml", "text/xml": "xml", "application/atom+xml": "xml",
        "application/rss+xml": "xml",
    }  # fmt: skip
    return known.get(kind, "bin")
