"""Full-text search over present and past texts: where the words stand, and from when to when they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracker.store import queries_overview, queries_web, search
from tracker.web.site import clean, page, placed, reader, site_of, url

router = APIRouter(include_in_schema=False)
PER_PAGE = 20
DEEPEST = 1000


@router.get("/search")
def found(
    request: Request, q: str = "", source: str = "", language: str = "", present: bool = False, start: int = 0
) -> Response:
    """The search page: passages, best first."""
    site, i = site_of(request), reader(request)
    q, start = q.strip()[:300], min(max(0, start), DEEPEST)
    wait = site.limits.heavy.wait(request.client.host if request.client else "") if q else 0
    if wait:
        raise HTTPException(429, i.t("Too many at once. Please wait a moment."), {"retry-after": str(int(wait) + 1)})
    with site.database.read() as session:
        result = search.search(
            session,
            q,
            source=source[:200],
            language=language[:16],
            present_only=present,
            limit=PER_PAGE + 1,
            offset=start,
        )
        around = _around(session, result.hits[:PER_PAGE])
        choices = queries_overview.choices(session, most=300)
    more, hits = "", result.hits
    if len(hits) > PER_PAGE and start < DEEPEST:
        more = url("/search", q=q, source=source, language=language, present=int(present) or "", start=start + PER_PAGE)
    values = {
        "q": q, "source": source, "language": language, "present": present, "more": more, "start": start,
        "ranked": result.ranked,
        # The store escapes everything but its own <mark>.
        "hits": [(_place(hit, around), Markup(clean(hit.snippet))) for hit in hits[:PER_PAGE]],  # noqa: S704 - escaped by the store
        "sources": choices.sources, "source_languages": choices.languages,
    }  # fmt: skip
    return page(request, "search.html", values)


@dataclass(frozen=True, slots=True)
class Place:
    """A passage found: where a reader goes from it, and since when its words stand. `before` and `after` are the
    changes that brought its words and that took them away, `since` its place in what says since when each paragraph
    stands ("" for what is not there)."""

    title: str
    language: str
    jurisdiction: str
    first_at: datetime
    gone_at: datetime | None
    href: str
    before: str
    after: str
    since: str


def _around(session: Session, hits: Sequence[search.Hit]) -> dict[tuple[int, int], str]:
    """The changes that brought the words of some passages, and that took them away."""
    places = {(hit.document_id, hit.first_version) for hit in hits}
    places |= {(hit.document_id, hit.last_version + 1) for hit in hits if hit.last_version}
    return queries_web.changes_that_brought(session, sorted(places)) if places else {}


def _place(hit: search.Hit, around: dict[tuple[int, int], str]) -> Place:
    """The passage in the last version that held it: in the text of today where it still stands."""
    version = f"/versions/{hit.last_version}" if hit.last_version else ""
    href = placed(f"/documents/{hit.document_id}{version}", hit.eid)
    before = around.get((hit.document_id, hit.first_version), "")
    after = around.get((hit.document_id, hit.last_version + 1), "") if hit.last_version else ""
    since = "" if hit.gone_at else placed(f"/documents/{hit.document_id}/blame", hit.eid)
    return Place(hit.title, hit.language, hit.jurisdiction, hit.first_at, hit.gone_at, href, before, after, since)
