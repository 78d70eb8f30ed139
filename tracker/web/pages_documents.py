"""Documents: the text at any date with its contents, versions in time, since when each paragraph stands so, any two
dates compared, and bodies as received. Addresses are permanent: /documents/ID/at/DATE#eid, /documents/ID/versions/N."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fastapi import APIRouter
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tracker.model import Block, Comparison
from tracker.store import queries, queries_web
from tracker.store.queries import DocumentLine, VersionLine
from tracker.store.tables import Body, Version
from tracker.web.api_parameters import DocumentId, Number
from tracker.web.redline import redline
from tracker.web.site import clean, moment, page, reader, site_of, url

router = APIRouter(include_in_schema=False)
PER_PAGE = 60
CONTENTS = 150  # headings of a table of contents
RECENT = (30, 180, 365, 1095)  # days: how fresh a wording is, in steps of the margin's shade


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the table of contents."""

    text: str
    eid: str
    depth: int


def contents(blocks: tuple[Block, ...], most: int = CONTENTS) -> tuple[Heading, ...]:
    """The headings that can be jumped to: as many levels as fit into `most` entries, at least the uppermost."""
    found = [block for block in blocks if block.kind == "heading" and block.eid and block.text.strip()]
    levels = sorted({max(1, block.level) for block in found})
    while len(levels) > 1 and len(found) > most:
        levels.pop()
        found = [block for block in found if max(1, block.level) <= levels[-1]]
    return tuple(
        Heading(block.text, block.eid, min(3, levels.index(max(1, block.level)))) for block in found[: 4 * most]
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as the page shows it: `level` is the HTML level of a heading (0 for what is none), `id` its attribute,
    `number` its label where the text does not begin with it."""

    kind: str
    text: str
    level: int
    depth: int
    id: Markup
    number: Markup
    mark: Markup


def leveled(blocks: tuple[Block, ...]) -> list[Shown]:
    """Blocks with the HTML level of their headings, 2 to 6: none is skipped on the way down, so that who moves from
    heading to heading hears a sound outline whatever the page did."""
    made: list[Shown] = []
    above: list[int] = []  # the levels, as the document counts them, of the headings we stand under
    for block in blocks:
        level = 0
        if block.kind == "heading":
            while above and above[-1] >= block.level:
                above.pop()
            above.append(block.level)
            level = min(6, len(above) + 1)
        made.append(_shown(block, level))
    return made


_ID = Markup(' id="{}"')
_MARK = Markup('<a class="anchor" href="#{}" tabindex="-1" aria-hidden="true">#</a>')
_NUMBER = Markup('<span class="number">{}</span> ')


def _shown(block: Block, level: int) -> Shown:
    eid = clean(block.eid)
    number = block.number and not block.text.startswith(block.number)
    return Shown(
        block.kind, block.text, level, min(5, block.level), _ID.format(eid) if eid else Markup(""),
        _NUMBER.format(clean(block.number)) if number else Markup(""), _MARK.format(eid) if eid else Markup(""),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Since:
    """A line of the page that says since when: `same` where the line above came in with the same version."""

    block: Block
    version: int
    since: datetime
    change_id: str | None
    same: bool


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
        versions = queries.timeline(session, document_id)
        version = queries.version_number(session, document_id, versions[-1].number) if versions else None
        return _text(request, line, versions, version)


@router.get("/documents/{document_id}/at")
def at_form(request: Request, document_id: DocumentId, date: str = "") -> Response:
    """The form's way to a permanent address."""
    if moment(date, reader(request)) is None:
        raise HTTPException(400, reader(request).t("Write a date as 2026-02-28."))
    return RedirectResponse(url(f"/documents/{document_id}/at/{date.strip()}"), status_code=303)


@router.get("/documents/{document_id}/at/{at}")
def at(request: Request, document_id: DocumentId, at: str) -> Response:
    """The document as it stood at a moment, or at the end of a day."""
    i = reader(request)
    wanted = moment(at, i, end=True)
    if wanted is None:
        raise HTTPException(404, i.t("Write a date as 2026-02-28."))
    with site_of(request).database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id)
        version = queries.version_at(session, document_id, wanted)
        return _text(request, line, versions, version, asked=wanted)


@router.get("/documents/{document_id}/versions/{number}")
def version(request: Request, document_id: DocumentId, number: Number) -> Response:
    """One version."""
    with site_of(request).database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, technical=True)
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
    blocks = queries.version_blocks(version) if version else ()
    here = next((v for v in versions if version is not None and v.number == version.number), None)
    values = {
        "line": line, "versions": versions, "version": version, "here": request.url.path, "stood": here, "asked": asked,
        "blocks": leveled(blocks), "contents": contents(blocks), "tab": "text", "fixed": fixed,
        "last": versions[-1] if versions else None,
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
def blame(request: Request, document_id: DocumentId) -> Response:
    """Each paragraph with the date at which its present wording came in."""
    site = site_of(request)
    now = site.clock()
    with site.database.read() as session:
        line = document(session, document_id)
        lines = queries.blame(session, document_id)
    ages = [sum((now - entry.since).days > days for days in RECENT) for entry in lines]
    above = [None, *(entry.version for entry in lines)]
    shown = [
        Since(entry.block, entry.version, entry.since, entry.change_id, entry.version == before)
        for entry, before in zip(lines, above, strict=False)
    ]
    return page(request, "blame.html", {"line": line, "lines": list(zip(shown, ages, strict=True)), "tab": "blame"})


@router.get("/documents/{document_id}/compare")
def compare(request: Request, document_id: DocumentId, old: str = "", new: str = "") -> Response:
    """Two versions compared; each is given by its number or by a date. Without them the last two."""
    site, i = site_of(request), reader(request)
    side = request.query_params.get("view") == "side"
    with site.database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, technical=True)
        numbers = [v.number for v in versions]
        default = [str(n) for n in numbers[-2:]] if len(numbers) > 1 else [str(n) for n in numbers * 2]
        chosen = [
            _named(session, document_id, given or other, i.zone.key)
            for given, other in zip((old, new), default or ("1", "1"), strict=True)
        ]
        if None in chosen:
            raise HTTPException(404, i.t("No version stood at this date."))
        before, after = (v for v in chosen if v is not None)
        lines = redline(compared(before, after), queries.version_blocks(after))
    values = {
        "line": line, "versions": versions, "tab": "compare", "redline": lines, "side": side,
        "before": before, "after": after,
    }  # fmt: skip
    return page(request, "compare.html", values)


def _named(session: Session, document_id: int, given: str, zone: str) -> Version | None:
    given = given.strip()
    if given.isascii() and given.isdigit() and len(given) < 8:
        return queries.version_number(session, document_id, int(given))
    from tracker.web.i18n import interface

    wanted = moment(given, interface("en", zone), end=True)
    return queries.version_at(session, document_id, wanted) if wanted else None


class _Pair:
    """Two versions' block data under a key that tells pairs apart; the data itself is no part of the key."""

    __slots__ = ("data", "key")

    def __init__(self, key: tuple[str, str], data: tuple[bytes, bytes]) -> None:
        self.key, self.data = key, data

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pair) and self.key == other.key


def compared(before: Version, after: Version) -> Comparison:
    """Two versions compared. Versions never change, so the last comparisons are kept."""
    return _compared(_Pair((before.chain, after.chain), (before.blocks, after.blocks)))


@lru_cache(maxsize=24)
def _compared(pair: _Pair) -> Comparison:
    from tracker.diff import edits
    from tracker.store import codec

    old, new = (codec.unpack_blocks(data) for data in pair.data)
    return edits.compare(old, new)


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
