"""Full-text search over present and past texts: where the words stand, and from when to when they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracker.store import queries_overview, search
from tracker.web.site import clean, page, reader, site_of, url

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
        result = search.best(
            session,
            q,
            source=source[:200],
            language=language[:16],
            present_only=present,
            limit=PER_PAGE + 1,
            offset=start,
        )
        choices = queries_overview.choices(session, most=300)
    more, hits = "", result.hits
    if len(hits) > PER_PAGE and start < DEEPEST:
        more = url("/search", q=q, source=source, language=language, present=int(present) or "", start=start + PER_PAGE)
    values = {
        "q": q, "source": source, "language": language, "present": present, "more": more, "start": start,
        "ranked": result.ranked,
        # The store escapes everything but its own <mark>.
        "hits": [(_place(hit), Markup(clean(hit.snippet))) for hit in hits[:PER_PAGE]],  # noqa: S704 - escaped by the store
        "sources": choices.sources, "source_languages": choices.languages,
    }  # fmt: skip
    return page(request, "search.html", values)


@dataclass(frozen=True, slots=True)
class Place:
    """A passage found: where a reader goes from it, and since when its words stand."""

    title: str
    language: str
    jurisdiction: str
    first_at: datetime
    gone_at: datetime | None
    href: str


def _place(hit: search.Hit) -> Place:
    """The passage in the last version that held it: in the text of today where it still stands."""
    anchor = f"#{quote(hit.eid, safe='')}" if hit.eid else ""
    version = f"/versions/{hit.last_version}" if hit.last_version else ""
    href = f"/documents/{hit.document_id}{version}{anchor}"
    return Place(hit.title, hit.language, hit.jurisdiction, hit.first_at, hit.gone_at, href)
