"""Any two versions of a document compared: as it was recorded, where a visit compared the same two; otherwise part by
part, each when it is opened, so that the first look at two distant versions of a code of law costs what a page may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracker.diff import edits, parts
from tracker.diff.parts import Part
from tracker.model import Comparison, Edit
from tracker.store import codec, queries, queries_web
from tracker.store.tables import Version
from tracker.web import prose
from tracker.web.api_parameters import DocumentId
from tracker.web.i18n import Interface, interface
from tracker.web.pages_documents import document
from tracker.web.redline import SHOWN, Redline, redline
from tracker.web.site import few, moment, page, reader, site_of, stretches, url

router = APIRouter(include_in_schema=False)
KEPT = 4  # pairs of versions whose parts are kept: those of a code of law take three megabytes
KEPT_EDITS = 32  # parts whose edits are kept


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of two versions: a part (the first is 1) of so many, and some of its edits."""

    redline: Redline
    part: int = 1
    parts: tuple[Part, ...] = ()


@router.get("/documents/{document_id}/compare")
def compare(
    request: Request, document_id: DocumentId, old: str = "", new: str = "", part: int = 1, start: int = 0
) -> Response:
    """Two versions compared; each is given by its number or by a date. Without them the last two."""
    site, i = site_of(request), reader(request)
    side = request.query_params.get("view") == "side"
    start = min(max(0, start), 1_000_000) // SHOWN * SHOWN
    with site.database.read() as session:
        line = document(session, document_id)
        versions = queries.timeline(session, document_id, technical=True, sizes=False)
        numbers = [v.number for v in versions]
        default = [str(n) for n in numbers[-2:]] if len(numbers) > 1 else [str(n) for n in numbers * 2]
        chosen = [
            _named(session, document_id, given or other, i.zone.key)
            for given, other in zip((old, new), default or ("1", "1"), strict=True)
        ]
        if None in chosen:
            raise HTTPException(404, i.t("No version stood at this date."))
        before, after = (v for v in chosen if v is not None)
        shown = _shown(session, before, after, part, start)

    def to(part: int = shown.part, start: int = 0) -> str:
        return url(
            f"/documents/{document_id}/compare", old=before.number, new=after.number, view="side" if side else "",
            part=part if part > 1 else "", start=start or "",
        )  # fmt: skip

    red = shown.redline
    values = {
        "line": line, "versions": versions, "tab": "compare", "redline": red, "side": side,
        "before": before, "after": after, "shown": shown,
        "parts": _parts(i, shown, to),
        "pieces": stretches(i, red.edits, SHOWN, red.start, lambda at: to(start=at)),
        "more": to(start=red.start + SHOWN) if red.more else "",
        "next_part": to(shown.part + 1) if not red.more and shown.part < len(shown.parts) else "",
    }  # fmt: skip
    return page(request, "compare.html", values)


def _parts(i: Interface, shown: Shown, to: Callable[[int], str]) -> list[tuple[str, str, bool]]:
    """The parts of the new text: the numbers of their paragraphs, their addresses, whether it is this one."""
    return few([
        (f"{i.number(of.new[0] + 1)}–{i.number(of.new[1])}", to(number), number == shown.part)
        for number, of in enumerate(shown.parts, 1)
    ])  # fmt: skip


def _shown(session: Session, before: Version, after: Version, part: int, start: int) -> Shown:
    known = queries_web.change_between(session, before.id, after.id)
    blocks = prose.blocks(after)
    if known is not None:
        found = queries.change_detail(session, known, most=SHOWN, start=start)
        return Shown(redline(found.value.comparison, blocks, edits=found.edits, start=start))
    one, other = prose.Kept(before), prose.Kept(after)
    every = _cut(one, other)
    part = min(max(1, part), len(every))
    here = every[part - 1]
    found_edits = _edits(one, other, part)
    some = Comparison(found_edits[start : start + SHOWN])
    return Shown(redline(some, blocks, edits=len(found_edits), start=start, between=here.new), part, every)


@lru_cache(maxsize=KEPT)
def _cut(before: prose.Kept, after: prose.Kept) -> tuple[Part, ...]:
    return parts.parts(prose.blocks_kept(before).keys(), prose.blocks_kept(after).keys())


@lru_cache(maxsize=KEPT_EDITS)
def _edits(before: prose.Kept, after: prose.Kept, part: int) -> tuple[Edit, ...]:
    return parts.edits(prose.blocks_kept(before), prose.blocks_kept(after), _cut(before, after)[part - 1])


def _named(session: Session, document_id: int, given: str, zone: str) -> Version | None:
    given = given.strip()
    if given.isascii() and given.isdigit() and len(given) < 8:
        return queries.version_number(session, document_id, int(given))
    wanted = moment(given, interface("en", zone), end=True)
    return queries.version_at(session, document_id, wanted) if wanted else None


def compared(before: Version, after: Version) -> Comparison:
    """Two versions compared as wholes, with the citations and dates that differ."""
    return _compared(prose.Kept(before), prose.Kept(after))


@lru_cache(maxsize=24)
def _compared(before: prose.Kept, after: prose.Kept) -> Comparison:
    """Versions never change, so the last comparisons are kept."""
    return edits.compare(codec.unpack_blocks(before.data), codec.unpack_blocks(after.data))
