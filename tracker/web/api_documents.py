"""The API's documents: texts at any version and moment, since when each paragraph stands so, any two compared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracker.store import queries, queries_web, search
from tracker.store.tables import Version
from tracker.web import api_models as shapes
from tracker.web import api_parameters as parameters
from tracker.web import api_texts
from tracker.web.api_parameters import ERRORS, PREFIX, Cursor, DocumentId, Limit, Number, cursor_of, cursor_read, heavy
from tracker.web.pages_compare import compared
from tracker.web.pages_documents import body_answer
from tracker.web.site import site_of

router = APIRouter(prefix=PREFIX, tags=["documents"], responses=ERRORS)
DEEPEST = 1000


@router.get("/documents")
def documents(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words of the title or address")] = "",
    source: Annotated[str, Query(max_length=80)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> shapes.Page[shapes.Document]:
    """Documents by their ids."""
    after = cursor_read(cursor, id=int)
    with site_of(request).database.read() as session:
        found = queries_web.documents_after(
            session, after["id"] if after else 0, words=q, source_id=source, limit=limit + 1
        )
    items = [shapes.Document.model_validate(line) for line in found[:limit]]
    return shapes.Page[shapes.Document](
        items=items, next=cursor_of({"id": items[-1].id} if len(found) > limit else None)
    )


@router.get("/documents/{document_id}")
def document(request: Request, document_id: DocumentId) -> shapes.Document:
    """One document."""
    with site_of(request).database.read() as session:
        try:
            return shapes.Document.model_validate(queries.document(session, document_id))
        except KeyError as error:
            raise HTTPException(404, "no such document") from error


@router.get("/documents/{document_id}/versions")
def versions(
    request: Request, document_id: DocumentId, limit: Limit = 100, cursor: Cursor = ""
) -> shapes.Page[shapes.Version]:
    """A document's versions, oldest first, those that a better reader made included."""
    after = cursor_read(cursor, number=int)
    with site_of(request).database.read() as session:
        try:
            queries.document(session, document_id)
        except KeyError as error:
            raise HTTPException(404, "no such document") from error
        lines = queries.timeline(session, document_id, technical=True)
    later = [line for line in lines if line.number > (after["number"] if after else 0)]
    items = [shapes.Version.of(line) for line in later[:limit]]
    return shapes.Page[shapes.Version](
        items=items, next=cursor_of({"number": items[-1].number} if len(later) > limit else None)
    )


def _text(version: Version | None) -> Response:
    if version is None:
        raise HTTPException(404, "no version stood there")
    return api_texts.text(version)


@router.get("/documents/{document_id}/versions/{number}", response_model=shapes.Text)
def version(request: Request, document_id: DocumentId, number: Number) -> Response:
    """A version's text."""
    with site_of(request).database.read() as session:
        return _text(queries.version_number(session, document_id, number))


@router.get("/documents/{document_id}/at/{at}", response_model=shapes.Text)
def at(
    request: Request, document_id: DocumentId, at: Annotated[str, Path(max_length=40, description="A date or moment")]
) -> Response:
    """The text as it stood at a moment, or at the end of a day (UTC)."""
    wanted = parameters.at(at, end=True)
    with site_of(request).database.read() as session:
        return _text(queries.version_at(session, document_id, wanted))


@router.get(
    "/documents/{document_id}/versions/{number}/body",
    response_class=Response,
    responses={200: {"content": {"*/*": {}}, "description": "The bytes as received, decompressed"}},
)
def body(request: Request, document_id: DocumentId, number: Number) -> Response:
    """The body as received."""
    with site_of(request).database.read() as session:
        found = queries.version_number(session, document_id, number)
        kept = queries.body(session, found.body_hash) if found else None
    if kept is None:
        raise HTTPException(404, "no such version")
    if kept[1] is None:
        raise HTTPException(404, "this body is no longer kept; its hash is")
    return body_answer(kept[0], kept[1], document_id, number)


@router.get("/documents/{document_id}/blame", dependencies=[Depends(heavy)], response_model=list[shapes.Blamed])
def blame(request: Request, document_id: DocumentId) -> Response:
    """Each paragraph of today's text with the version in which its wording came in."""
    with site_of(request).database.read() as session:
        try:
            queries.document(session, document_id)
        except KeyError as error:
            raise HTTPException(404, "no such document") from error
        return api_texts.blamed(queries.blame(session, document_id))


@router.get("/documents/{document_id}/compare", dependencies=[Depends(heavy)])
def compare(
    request: Request,
    document_id: DocumentId,
    old: Annotated[int, Query(ge=1, le=2**31 - 1)],
    new: Annotated[int, Query(ge=1, le=2**31 - 1)],
) -> shapes.Comparison:
    """Two versions compared, by their numbers."""
    with site_of(request).database.read() as session:
        before, after = (queries.version_number(session, document_id, number) for number in (old, new))
    if before is None or after is None:
        raise HTTPException(404, "no such version")
    found = compared(before, after)
    return shapes.Comparison(
        document_id=document_id, old=old, new=new, edits=[shapes.edit(of) for of in found.edits],
        references=[shapes.Reference.model_validate(of) for of in found.references],
        deadlines=[shapes.Deadline.model_validate(of) for of in found.deadlines],
    )  # fmt: skip


@router.get("/search", dependencies=[Depends(heavy)])
def found(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=300, description="Words, or a phrase in quotation marks")],
    source: Annotated[str, Query(max_length=80)] = "",
    language: Annotated[str, Query(max_length=16)] = "",
    present: Annotated[bool, Query(description="Only what stands today")] = False,
    limit: Limit = 30,
    cursor: Cursor = "",
) -> shapes.Page[shapes.Hit]:
    """Full-text search over present and past texts, best first; two Chinese characters find their passage."""
    after = cursor_read(cursor, start=int)
    start = after["start"] if after else 0
    if start > DEEPEST:
        raise HTTPException(400, "cursor: not one of this list")
    with site_of(request).database.read() as session:
        found = search.search(
            session, q, source=source, language=language, present_only=present, limit=limit + 1, offset=start
        )
    hits = found.hits
    more = {"start": start + limit} if len(hits) > limit and start + limit <= DEEPEST else None
    return shapes.Page[shapes.Hit](items=[shapes.Hit.model_validate(hit) for hit in hits[:limit]], next=cursor_of(more))
