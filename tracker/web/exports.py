"""Downloads: a list of changes as CSV or JSON Lines, a version as Akoma Ntoso."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tracker.store import export, queries
from tracker.store.queries import ChangeFilter
from tracker.web import filters
from tracker.web.api_parameters import DocumentId, Number, heavy
from tracker.web.site import Site, reader, site_of

router = APIRouter(include_in_schema=False)
BATCH = 100  # rows that are held at once
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@router.get("/export/changes.{form}", dependencies=[Depends(heavy)])
def changes(request: Request, form: Literal["csv", "jsonl"]) -> Response:
    """Told changes (or those of `state`), newest first, with the filters of /changes: all of them, not a page."""
    site, i = site_of(request), reader(request)
    wanted = filters.wanted(filters.asked(request.query_params), i, states=("told",))
    headers = {"content-disposition": f'attachment; filename="changes.{form}"'}
    return StreamingResponse(_pieces(site, wanted, form, i.language), media_type=TYPES[form], headers=headers)


def _pieces(site: Site, wanted: ChangeFilter, form: str, language: str) -> Iterator[str]:
    with site.database.read() as session:
        rows = export.changes(session, wanted, language=language)
        first = True
        while True:
            batch = [row for _, row in zip(range(BATCH), rows, strict=False)]
            if not batch and not first:
                return
            out = io.StringIO(newline="")
            if form == "jsonl":
                export.write_jsonl(iter(batch), out)
                yield out.getvalue()
            else:
                export.write_csv(iter(batch), out)
                yield out.getvalue() if first else re.sub(r"\A[^\r\n]*\r\n", "", out.getvalue())  # the head once
            first = False


@router.get("/export/documents/{document_id}/versions/{number}.akn.xml")
def akoma_ntoso(request: Request, document_id: DocumentId, number: Number) -> Response:
    """A version as Akoma Ntoso."""
    with site_of(request).database.read() as session:
        version = queries.version_number(session, document_id, number)
        if version is None:
            raise HTTPException(404)
        made = export.akoma_ntoso(session, version)
    name = f"document-{document_id}-version-{number}.akn.xml"
    return Response(
        made, media_type="application/akn+xml", headers={"content-disposition": f'attachment; filename="{name}"'}
    )
