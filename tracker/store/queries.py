"""What web, commands, alerts and exports read: changes, with their filters, pages and details.

Documents and their texts are in `reading.py`, sources and the operator's view in `standing.py`; their names are here
too, so that one import gives all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from tracker import model
from tracker.store import codec, search
from tracker.store.reading import (
    BlameLine,
    BlamePart,
    DocumentLine,
    VersionLine,
    blame,
    blame_part,
    body,
    document,
    document_of,
    documents,
    timeline,
    version_at,
    version_blocks,
    version_number,
)
from tracker.store.standing import (
    CheckLine,
    DeliveryLine,
    SourceLine,
    checks,
    counts,
    deliveries,
    deliveries_of_change,
    due,
    source,
    sources,
)
from tracker.store.tables import Alert, Change, ChangeArea, Deadline, Document, Edit, Event, Source, Version

__all__ = [
    "BlameLine", "BlamePart", "ChangeDetail", "ChangeFilter", "ChangeLine", "CheckLine", "DeadlineLine", "DeliveryLine",
    "DocumentLine", "EventLine", "Page", "Place", "SourceLine", "VersionLine",
    "blame", "blame_part", "body", "change_detail", "changes_since", "checks", "counts",
    "deadlines_ahead", "deliveries", "deliveries_of_change", "document", "document_of", "documents", "due",
    "events_after", "find_change", "list_changes", "silenced", "source", "sources", "timeline", "version_at",
    "version_blocks", "version_number",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes: empty fields let everything through, several fields must all hold, several values of one are
    alternatives. `since` is included, `until` is not. `words` must all stand in one edit's texts, as in a search."""

    areas: tuple[str, ...] = ()
    principles: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    documents: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    cluster: str = ""
    technical: bool = False


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change as a list shows it. `areas` are (id, score), strongest first; `summary` is by language."""

    id: str
    seen_at: datetime
    told_at: datetime | None
    source_id: str
    source_title: str
    jurisdiction: str
    document_id: int
    document_key: str
    title: str
    url: str
    language: str
    tier: str
    state: str
    confidence: float
    summary: dict[str, str]
    main_area: str | None
    areas: tuple[tuple[str, float], ...]
    reasons: tuple[model.Reason, ...]
    old_version: int | None
    new_version: int | None
    cluster: str | None
    technical: bool
    question: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes, newest first; `next` is the cursor of the page after it ("" at the end)."""

    items: tuple[ChangeLine, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Another place of the same edit."""

    change_id: str
    source_id: str
    title: str
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeDetail:
    """One change with all that is known of it. `before` and `after` are the ids of the document's neighbouring
    changes; `sent` counts the alerts that went out for it; `edits` all edits, also where fewer were read."""

    line: ChangeLine
    value: model.Change
    places: tuple[Place, ...] = ()
    before: str | None = None
    after: str | None = None
    sent: int = 0
    seal: str = ""
    chains: tuple[str, str] = ("", "")
    bodies: tuple[str, str] = ("", "")
    edits: int = 0


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """A date ahead that a told change brought: what it governs, and where it stands."""

    date: date
    kind: str
    text: str
    governs: str
    change_id: str
    source_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event of the stream. `type` has no "io.tracker." in front."""

    id: int
    uid: str
    type: str
    at: datetime
    source_id: str | None
    document_id: int | None
    change_id: str | None
    data: dict[str, Any] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------- changes

_OLD, _NEW = aliased(Version), aliased(Version)


def _lines() -> Any:  # SQLAlchemy's type of a select names every column
    return (
        select(Change, Source, Document, _OLD.number, _NEW.number)
        .join(Source, Source.id == Change.source_id)
        .join(Document, Document.id == Change.document_id)
        .outerjoin(_OLD, _OLD.id == Change.old_version_id)
        .outerjoin(_NEW, _NEW.id == Change.new_version_id)
    )


def list_changes(session: Session, wanted: ChangeFilter | None = None, *, limit: int = 50, cursor: str = "") -> Page:
    """A page of changes, newest first. Raises ValueError for a cursor that is none."""
    statement = _lines().where(*_conditions(session, wanted or ChangeFilter()))
    if cursor:
        seen, change_id = _uncursor(cursor)
        statement = statement.where(tuple_(Change.seen_at, Change.id) < tuple_(seen, change_id))
    rows = session.execute(statement.order_by(Change.seen_at.desc(), Change.id.desc()).limit(limit + 1)).all()
    items = _finish(session, rows[:limit])
    last = items[-1] if len(rows) > limit and items else None
    return Page(items, _cursor(last) if last else "")


def changes_since(session: Session, since: datetime, wanted: ChangeFilter | None = None) -> int:
    """How many changes have been seen since then."""
    statement = (
        select(func.count())
        .select_from(Change)
        .join(Source, Source.id == Change.source_id)
        .join(Document, Document.id == Change.document_id)
    )
    return session.scalar(statement.where(Change.seen_at > since, *_conditions(session, wanted or ChangeFilter()))) or 0


def silenced(session: Session, wanted: ChangeFilter | None = None, *, limit: int = 50, cursor: str = "") -> Page:
    """A page of what was kept silent, newest first, each with its reasons."""
    kept = wanted or ChangeFilter()
    fields = {name: getattr(kept, name) for name in ChangeFilter.__dataclass_fields__}
    return list_changes(
        session, ChangeFilter(**{**fields, "states": (model.State.SILENT.value,)}), limit=limit, cursor=cursor
    )


def change_detail(session: Session, change_id: str, *, most: int | None = None, start: int = 0) -> ChangeDetail:
    """One change with all that is known of it; no more than `most` of its edits, behind the first `start`. Raises
    KeyError for an unknown id."""
    rows = session.execute(_lines().where(Change.id == change_id)).all()
    if not rows:
        raise KeyError(change_id)
    (line,) = _finish(session, rows)
    row = rows[0][0]
    old, new = (codec.version_of(session, v) for v in (row.old_version_id, row.new_version_id))
    sent = session.scalar(
        select(func.count()).select_from(Alert).where(Alert.change_id == change_id, Alert.sent_at.is_not(None))
    )
    edits = session.scalar(select(func.count()).select_from(Edit).where(Edit.change_id == change_id))
    return ChangeDetail(
        line=line,
        value=codec.change_value(session, change_id, most=most, start=start),
        places=_places(session, row),
        before=_neighbour(session, row, back=True),
        after=_neighbour(session, row, back=False),
        sent=sent or 0,
        seal=row.seal,
        chains=(old.chain if old else "", new.chain if new else ""),
        bodies=(old.body_hash if old else "", new.body_hash if new else ""),
        edits=edits or 0,
    )


def find_change(session: Session, beginning: str) -> list[str]:
    """The ids of the changes that begin so (at most three); none for fewer than six characters."""
    if len(beginning) < 6 or not beginning.isalnum():
        return []
    return list(session.scalars(select(Change.id).where(Change.id.startswith(beginning)).order_by(Change.id).limit(3)))


def _places(session: Session, row: Change) -> tuple[Place, ...]:
    if not row.cluster:
        return ()
    found = session.execute(
        _lines()
        .where(Change.cluster == row.cluster, Change.id != row.id)
        .order_by(Change.seen_at, Change.id)
        .limit(200)
    ).all()
    return tuple(Place(c.id, s.id, d.title or s.title, d.url or s.url, c.seen_at) for c, s, d, _old, _new in found)


def _neighbour(session: Session, row: Change, *, back: bool) -> str | None:
    here, there = tuple_(Change.seen_at, Change.id), tuple_(row.seen_at, row.id)
    statement = select(Change.id).where(Change.document_id == row.document_id, here < there if back else here > there)
    order = (Change.seen_at.desc(), Change.id.desc()) if back else (Change.seen_at, Change.id)
    return session.scalar(statement.order_by(*order).limit(1))


def _finish(session: Session, rows: Sequence[Any]) -> tuple[ChangeLine, ...]:
    ids = [row[0].id for row in rows]
    areas: dict[str, list[tuple[str, float]]] = {}
    for change_id, area, score in session.execute(
        select(ChangeArea.change_id, ChangeArea.area, ChangeArea.score)
        .where(ChangeArea.change_id.in_(ids), ChangeArea.kind == "area")
        .order_by(ChangeArea.score.desc(), ChangeArea.area)
    ):
        areas.setdefault(change_id, []).append((area, score))
    return tuple(
        _line(change, of, doc, old, new, tuple(areas.get(change.id, ()))) for change, of, doc, old, new in rows
    )


def _line(
    change: Change, of: Source, doc: Document, old: int | None, new: int | None, areas: tuple[tuple[str, float], ...]
) -> ChangeLine:
    return ChangeLine(
        id=change.id, seen_at=change.seen_at, told_at=change.told_at, source_id=of.id, source_title=of.title,
        jurisdiction=of.jurisdiction, document_id=doc.id, document_key=doc.key, title=doc.title or of.title or of.id,
        url=doc.url or of.url, language=doc.language or of.language, tier=change.tier, state=change.state,
        confidence=change.confidence, summary=dict(change.summary), main_area=change.main_area, areas=areas,
        reasons=codec.reasons(change.reasons), old_version=old, new_version=new, cluster=change.cluster,
        technical=change.technical, question=of.question,
    )  # fmt: skip


def _conditions(session: Session, wanted: ChangeFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if not wanted.technical:
        found.append(Change.technical.is_(False))
    for column, values in (
        (Change.source_id, wanted.sources),
        (Change.document_id, wanted.documents),
        (Source.jurisdiction, wanted.jurisdictions),
        (Change.tier, wanted.tiers),
        (Change.state, wanted.states),
    ):
        if values:
            found.append(column.in_(values))
    if wanted.languages:
        found.append(func.coalesce(func.nullif(Document.language, ""), Source.language).in_(wanted.languages))
    for kind, ids in (("area", wanted.areas), ("principle", wanted.principles), ("theme", wanted.themes)):
        if ids:
            here = and_(ChangeArea.change_id == Change.id, ChangeArea.kind == kind, ChangeArea.area.in_(ids))
            found.append(exists().where(here))
    if wanted.groups:
        found.append(Source.id.in_(_of_groups(session, wanted.groups)))
    if wanted.since:
        found.append(Change.seen_at >= wanted.since)
    if wanted.until:
        found.append(Change.seen_at < wanted.until)
    if wanted.cluster:
        found.append(Change.cluster == wanted.cluster)
    if wanted.words.strip():
        found.append(search.changed(session, wanted.words))
    return found


def _of_groups(session: Session, groups: Sequence[str]) -> list[str]:
    rows = session.execute(select(Source.id, Source.groups)).all()
    return [row.id for row in rows if set(row.groups) & set(groups)]


def _cursor(line: ChangeLine) -> str:
    return base64.urlsafe_b64encode(json.dumps([line.seen_at.isoformat(), line.id]).encode()).decode().rstrip("=")


def _uncursor(cursor: str) -> tuple[datetime, str]:
    try:
        seen, change_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(seen)
    except (ValueError, TypeError, UnicodeError) as error:
        raise ValueError(f"not a cursor of this list: {cursor[:40]!r}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC), str(change_id)


# ------------------------------------------------------------------------------------ overview and stream


def deadlines_ahead(
    session: Session, today: date, *, days: int = 400, limit: int = 100, areas: Sequence[str] = ()
) -> list[DeadlineLine]:
    """Dates from today on that told changes brought, soonest first; a date of one document is told once, by its
    latest change."""
    wanted = ChangeFilter(areas=tuple(areas))
    # Not a plain comparison, so that the few dates ahead are asked first and not all that was ever told.
    told = (Change.state + "") == model.State.TOLD.value
    last = (today + timedelta(days=days)).isoformat()
    rows = session.execute(
        select(Deadline, Change, Source, Document)
        .join(Change, Change.id == Deadline.change_id)
        .join(Source, Source.id == Change.source_id)
        .join(Document, Document.id == Change.document_id)
        .where(Deadline.date >= today.isoformat(), Deadline.date <= last, told, *_conditions(session, wanted))
        .order_by(Deadline.date, Change.seen_at.desc(), Deadline.id)
        .limit(4 * limit + 50)
    )
    found: dict[tuple[str, int, str], DeadlineLine] = {}
    for deadline, change, of, doc in rows:
        line = DeadlineLine(
            date.fromisoformat(deadline.date), deadline.kind, deadline.text, deadline.governs, change.id, of.id,
            doc.title or of.title, doc.url or of.url,
        )  # fmt: skip
        found.setdefault((deadline.date, doc.id, deadline.text), line)
    return sorted(found.values(), key=lambda line: (line.date, line.source_id, line.text))[:limit]


def events_after(session: Session, after: int = 0, *, limit: int = 100) -> list[EventLine]:
    """The events after an id, oldest first."""
    rows = session.scalars(select(Event).where(Event.id > after).order_by(Event.id).limit(limit))
    return [EventLine(e.id, e.uid, e.type, e.at, e.source_id, e.document_id, e.change_id, dict(e.data)) for e in rows]
