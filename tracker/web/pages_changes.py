"""Changes: the list with its filters, one change with its redline, what was silenced, the certificate, corrections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tracker import model
from tracker.store import queries, queries_overview, queries_web
from tracker.store.queries import ChangeDetail, Page
from tracker.web import filters, prose, security
from tracker.web.redline import SHOWN, redline
from tracker.web.site import Site, page, reader, site_of, stretches, url

router = APIRouter(include_in_schema=False)
PER_PAGE = 30
PRINTED = 60  # edits on a certificate
ASIDE = timedelta(days=7)


@router.get("/changes")
def changes(request: Request) -> Response:
    """Changes that were told, newest first; filters are links."""
    return _list(request, "changes.html", "/changes", ("told",))


@router.get("/silenced")
def silenced(request: Request) -> Response:
    """What was kept silent, each with its reason."""
    return _list(request, "silenced.html", "/silenced", ("silent",))


def _list(request: Request, template: str, path: str, states: tuple[str, ...]) -> Response:
    site, i = site_of(request), reader(request)
    of = filters.asked(request.query_params)
    with site.database.read() as session:
        try:
            found: Page = queries.list_changes(
                session,
                filters.wanted(of, i, states=states),
                limit=PER_PAGE,
                cursor=request.query_params.get("cursor", ""),
            )
        except ValueError as error:
            raise HTTPException(400, i.t("This page of the list does not exist.")) from error
        choices = queries_overview.choices(session)
        aside = _set_aside(site, session) if path == "/silenced" and not of.any else []
        titles = {name: queries_overview.source_title(session, name) for name in of.values.get("source", ())}
    facets = filters.facets(of, path, i, site.names, choices, titles)
    values = {
        "found": found, "asked": of, "facets": facets, "active": filters.active(of, path, facets), "list_path": path,
        "older": of.link(path, cursor=found.next) if found.next else "",
        "paged": bool(request.query_params.get("cursor")), "aside_now": aside,
    }  # fmt: skip
    return page(request, template, values, forms=path == "/silenced")


def _set_aside(site: Site, session: Session) -> list[queries.CheckLine]:
    """What was quarantined in the last days: silence too, told by nobody. Counted once a minute."""
    now = site.clock()
    mark = int(now.timestamp()) // 60
    return site.kept.get("set aside", mark, lambda: queries_web.set_aside(session, now - ASIDE, limit=10))


def detail(session: Session, change_id: str, *, most: int, start: int = 0) -> ChangeDetail:
    """A change with some of its edits. Raises HTTPException 404 for an unknown one."""
    try:
        return queries.change_detail(session, change_id, most=most, start=start)
    except KeyError as error:
        raise HTTPException(404) from error


def new_blocks(session: Session, of: ChangeDetail) -> Sequence[model.Block]:
    """The blocks of the change's new text (the old one's where a document was withdrawn)."""
    number = of.line.new_version
    version = queries.version_number(session, of.line.document_id, number) if number else None
    return prose.blocks(version) if version else ()


@router.get("/changes/{change_id}")
def change(request: Request, change_id: str, start: int = 0) -> Response:
    """One change: redline inline or side by side, areas with their evidence, reasons, references, dates, places. Many
    edits come on several pages, each of those behind the first `start`."""
    site, i = site_of(request), reader(request)
    side = request.query_params.get("view") == "side"
    start = min(max(0, start), 1_000_000) // SHOWN * SHOWN
    with site.database.read() as session:
        found = detail(session, change_id, most=SHOWN, start=start)
        mails = queries.deliveries_of_change(session, change_id)
        corrections = queries_web.feedback_of(session, change_id)
        blocks = new_blocks(session, found)
        lines = redline(found.value.comparison, blocks, found.value.classification, edits=found.edits, start=start)

    def to(start: int) -> str:
        return url(f"/changes/{change_id}", view="side" if side else "", start=start or "")

    values = {
        "pieces": stretches(i, lines.edits, SHOWN, start, to), "more": to(start + SHOWN) if lines.more else "",
        "found": found, "line": found.line, "value": found.value, "redline": lines, "side": side,
        "mails": _latest(mails), "deadlines": found.value.comparison.deadlines[:30],
        "references": [Cited(of, cited(of.target)) for of in found.value.comparison.references[:40]],
        "evidence": evidence(found.value), "corrections": corrections, "tiers": filters.TIERS,
        "thanks": request.query_params.get("thanks") == "1",
    }  # fmt: skip
    return page(request, "change.html", values, forms=True)


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation and where it leads ("" where nothing is known)."""

    value: model.Reference
    href: str


def cited(target: str) -> str:
    """The address of a citation's normal form, where a scheme of permanent addresses is published: European
    legislation has one (ELI, Council conclusions 2012/C 325/02)."""
    match = re.fullmatch(r"eu:(reg|dir|dec)(?:_impl|_del)?:(\d{4})/(\d{1,4})(?:#.*)?", target)
    return f"https://data.europa.eu/eli/{match[1]}/{match[2]}/{match[3]}/oj" if match else ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An area, principle or theme with the words that speak for it, strongest first."""

    kind: str
    id: str
    score: float
    words: tuple[str, ...]


def evidence(of: model.Change) -> tuple[Spoken, ...]:
    """What the change was given, with the words for each; at most eight words or phrases."""
    made = []
    found = of.classification
    for kind, scores in (("area", found.areas), ("principle", found.principles), ("theme", found.themes)):
        for score in scores:
            said = dict.fromkeys(e.words.strip()[:120] for e in sorted(score.evidence, key=lambda e: -e.weight))
            made.append(Spoken(kind, score.id, score.score, tuple(word for word in said if word)[:8]))
    return tuple(made)


def _latest(mails: list[queries.DeliveryLine]) -> list[queries.DeliveryLine]:
    """One line an alert: its last attempt."""
    return list({line.alert_id: line for line in reversed(mails)}.values())


@router.get("/changes/{change_id}/certificate")
def certificate(request: Request, change_id: str) -> Response:
    """One printable page: what changed, when it was seen, and the hashes that prove it."""
    site = site_of(request)
    with site.database.read() as session:
        found = detail(session, change_id, most=PRINTED)
        line = found.line
        proofs = [
            queries_web.proof(session, line.document_id, number) if number else None
            for number in (line.old_version, line.new_version)
        ]
        blocks = new_blocks(session, found)
        lines = redline(found.value.comparison, blocks, context=0, shown=PRINTED, edits=found.edits)
    return page(request, "certificate.html", {"found": found, "line": line, "proofs": proofs, "redline": lines})


@router.post("/changes/{change_id}/feedback")
def feedback(
    request: Request,
    change_id: str,
    csrf: Annotated[str, Form()] = "",
    tier: Annotated[str, Form()] = "",
    area: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Keeps a reader's correction."""
    site, i = site_of(request), reader(request)
    guard_form(request, site, csrf)
    try:
        with site.database.write() as session:
            queries_web.feedback(session, change_id, site.clock(), tier=tier, area=area, note=note, by="web")
    except KeyError as error:
        raise HTTPException(404) from error
    except ValueError as error:
        raise HTTPException(400, i.t("Please say what is wrong: the kind of change, an area, or a note.")) from error
    to = security.local(back) if back else url(f"/changes/{change_id}", thanks=1) + "#correct"
    return RedirectResponse(to, status_code=303)


def guard_form(request: Request, site: Site, csrf: str) -> None:
    """Lets a form through that came from our own page, not too often. Raises HTTPException 403 or 429."""
    i = reader(request)
    if not security.own_form(request, site.settings, csrf):
        raise HTTPException(403, i.t("This form has expired. Go back, load the page again, and send it once more."))
    wait = site.limits.forms.wait(request.client.host if request.client else "")
    if wait:
        raise HTTPException(429, i.t("Too many at once. Please wait a moment."), {"retry-after": str(int(wait) + 1)})
