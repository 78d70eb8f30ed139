"""What only the web pages ask or write: what nothing could be reached looks like, checkpoints, readers' corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, select, tuple_
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import codec, outbox
from tracker.store.feedback import teach
from tracker.store.queries import DeadlineLine
from tracker.store.reading import DocumentLine, _document, _documents
from tracker.store.standing import CheckLine, SourceLine, _source
from tracker.store.tables import Body, Change, Check, Checkpoint, Document, Feedback, Source, Version

UNREACHED = (model.Outcome.DNS, model.Outcome.CONNECT, model.Outcome.TLS, model.Outcome.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the sources stand as a whole. `unreached` counts those whose last check found no way to the host."""

    sources: int
    checked: int
    reached: int
    unreached: int
    failing: int
    blocked: int
    gone: int
    versions: int
    next_check_at: datetime | None

    @property
    def starting(self) -> bool:
        """Not every source has been visited yet."""
        return self.checked < self.sources

    @property
    def cut_off(self) -> bool:
        """What was visited could not be reached, all of it: no network, most likely."""
        return self.checked > 0 and self.reached == 0 and self.unreached == self.checked


def standing(session: Session) -> Standing:
    """The active sources in numbers."""

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    health = model.Health
    row = session.execute(
        select(
            func.count(),
            number(Source.last_check_at.is_not(None)),
            number(Source.last_ok_at.is_not(None)),
            number(Source.last_outcome.in_([outcome.value for outcome in UNREACHED])),
            number(Source.health == health.FAILING.value),
            number(Source.health == health.BLOCKED.value),
            number(Source.health == health.GONE.value),
        ).where(Source.active)
    ).one()
    sources, checked, reached, unreached, failing, blocked, gone = (int(value) for value in row)
    return Standing(
        sources=sources,
        checked=checked,
        reached=reached,
        unreached=unreached,
        failing=failing,
        blocked=blocked,
        gone=gone,
        versions=session.scalar(select(func.count()).select_from(Version)) or 0,
        next_check_at=session.scalar(select(func.min(Source.next_check_at)).where(Source.active)),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves a version: its place in the chain, its body, and the day's signed checkpoint after it (or None)."""

    number: int
    seen_at: datetime
    chain: str
    fingerprint: str
    body_hash: str
    body_size: int | None
    body_kept: bool
    checkpoint: Checkpoint | None


def proof(session: Session, document_id: int, number: int) -> Proof | None:
    """A version's proof; None for an unknown one."""
    row = session.execute(
        select(Version.id, Version.number, Version.seen_at, Version.chain, Version.fingerprint, Version.body_hash,
               Body.size, Body.data.is_not(None))
        .outerjoin(Body, Body.hash == Version.body_hash)
        .where(Version.document_id == document_id, Version.number == number)
    ).first()  # fmt: skip
    if row is None:
        return None
    point = session.scalar(
        select(Checkpoint).where(Checkpoint.last_version_id >= row[0]).order_by(Checkpoint.day).limit(1)
    )
    return Proof(*row[1:], checkpoint=point)


def change_between(session: Session, before: int, after: int) -> str | None:
    """The id of the change recorded between two versions (their ids); None where none is."""
    return session.scalar(
        select(Change.id)
        .where(Change.new_version_id == after, Change.old_version_id == before, Change.technical.is_(False))
        .limit(1)
    )


def changes_that_brought(session: Session, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The changes that brought some versions, each given by (document, number); those that nothing brought are left
    out."""
    wanted = set(places)
    # By the documents' changes, which have an index: of their documents few, of all changes there may be a million.
    found = session.execute(
        select(Version.document_id, Version.number, Change.id)
        .join(Change, Change.new_version_id == Version.id)
        .where(Change.document_id.in_({document for document, _ in wanted}), Change.old_version_id.is_not(None))
        .order_by(Change.seen_at.desc())
    )
    return {(document, number): change for document, number, change in found if (document, number) in wanted}


def checkpoints(session: Session, before: str = "", *, limit: int = 100) -> list[Checkpoint]:
    """Signed checkpoints, the latest day first, from behind a day ("2026-02-28")."""
    statement = select(Checkpoint).order_by(Checkpoint.day.desc()).limit(limit)
    return list(session.scalars(statement.where(Checkpoint.day < before) if before else statement))


def check(session: Session, check_id: str) -> Check | None:
    """One line of the checks' log."""
    return session.get(Check, check_id)


def set_aside(session: Session, since: datetime, *, limit: int = 10) -> list[CheckLine]:
    """Checks whose answer was not taken as the document, newest first: what was quarantined, with its reason."""
    said = func.coalesce(cast(Check.glitch, Text), "null")
    statement = select(Check).where(Check.started_at >= since, said != "null")
    return _checks(session, statement.order_by(Check.started_at.desc(), Check.id.desc()).limit(limit))


def checks_before(
    session: Session, before: tuple[datetime, str] | None, *, source_id: str = "", outcome: str = "", limit: int = 100
) -> list[CheckLine]:
    """The checks' log, newest first, from behind a line (its start and id); two that began together are both told."""
    statement = select(Check).order_by(Check.started_at.desc(), Check.id.desc()).limit(limit)
    if before:
        statement = statement.where(tuple_(Check.started_at, Check.id) < tuple_(*before))
    if source_id:
        statement = statement.where(Check.source_id == source_id)
    if outcome:
        statement = statement.where(Check.outcome == outcome)
    return _checks(session, statement)


def _checks(session: Session, statement: Any) -> list[CheckLine]:  # SQLAlchemy 2.0 and 2.1 type it differently
    return [
        CheckLine(
            c.id, c.source_id, c.started_at, c.finished_at, c.outcome, c.reason, c.status, c.bytes, c.changes, c.url,
            c.final_url, c.body_hash, c.glitch, dict(c.sent), dict(c.received),
        )
        for c in session.scalars(statement)
    ]  # fmt: skip


def sources_after(
    session: Session, after: str = "", *, health: str = "", active_only: bool = True, limit: int = 100
) -> list[SourceLine]:
    """Sources by their ids, from behind one of them."""
    statement = select(Source).where(Source.id > after).order_by(Source.id).limit(limit)
    if active_only:
        statement = statement.where(Source.active)
    if health:
        statement = statement.where(Source.health == health)
    return with_counts(session, session.scalars(statement).all())


def with_counts(session: Session, rows: Sequence[Source]) -> list[SourceLine]:
    """Rows with the numbers of their documents and versions; only those are counted."""
    ids = [row.id for row in rows]
    counted = (
        select(Document.source_id, func.count(), func.sum(Document.kept_versions))
        .where(Document.source_id.in_(ids))
        .group_by(Document.source_id)
    )
    numbers = {row[0]: (row[1], int(row[2] or 0)) for row in session.execute(counted)}
    return [_source(row, *numbers.get(row.id, (0, 0))) for row in rows]


def documents_after(
    session: Session, after: int = 0, *, words: str = "", source_id: str = "", limit: int = 50
) -> list[DocumentLine]:
    """Documents by their ids, from behind one of them, whose title or address holds the words."""
    title = func.coalesce(func.nullif(Document.title, ""), Source.title)
    statement = _documents().where(Document.id > after).order_by(Document.id).limit(limit)
    if source_id:
        statement = statement.where(Document.source_id == source_id)
    for word in words.split()[:6]:
        statement = statement.where(func.lower(title + " " + Document.url).contains(word.lower(), autoescape=True))
    return [_document(*row) for row in session.execute(statement)]


def deadlines_of(session: Session, change_id: str) -> list[tuple[DeadlineLine, datetime]]:
    """The dates that one change brought, soonest first, each with the moment the change was seen; none for an unknown
    one."""
    row = session.execute(
        select(Change, Source, Document)
        .join(Source, Source.id == Change.source_id)
        .join(Document, Document.id == Change.document_id)
        .where(Change.id == change_id)
    ).first()
    if row is None:
        return []
    change, of, doc = row
    found = [
        DeadlineLine(d.date, d.kind, d.text, d.governs, change.id, of.id, doc.title or of.title, doc.url or of.url)
        for d in codec.deadlines(change.deadlines)
        if d.date is not None and d.side != "old"
    ]
    ordered = sorted(dict.fromkeys(found), key=lambda line: (line.date, line.text))
    return [(line, change.seen_at) for line in ordered]


def documents_found(
    session: Session, words: str, *, source_id: str = "", limit: int = 50, offset: int = 0
) -> list[tuple[int, str, str]]:
    """(id, title, source) of documents whose title or address holds the words, by title."""
    title = func.coalesce(func.nullif(Document.title, ""), Source.title)
    statement = select(Document.id, title, Document.source_id).join(Source, Source.id == Document.source_id)
    if source_id:
        statement = statement.where(Document.source_id == source_id)
    for word in words.split()[:6]:
        statement = statement.where(func.lower(title + " " + Document.url).contains(word.lower(), autoescape=True))
    rows = session.execute(statement.order_by(func.lower(title), Document.id).limit(limit).offset(offset))
    return [(row[0], row[1], row[2]) for row in rows]


def feedback(
    session: Session, change_id: str, now: datetime, *, tier: str = "", area: str = "", note: str = "", by: str = ""
) -> None:
    """Keeps a reader's correction, with an event for who learns from it. Raises KeyError for an unknown change and
    ValueError for a correction that says nothing or names no tier."""
    row = session.get(Change, change_id)
    if row is None:
        raise KeyError(change_id)
    if tier and tier not in {known.value for known in model.Tier}:
        raise ValueError(f"no tier {tier[:40]!r}: {', '.join(known.value for known in model.Tier)}")
    note = note.replace("\x00", "").strip()[:2000]
    if not (tier or area or note):
        raise ValueError("say at least one of tier, area, note")
    session.add(Feedback(change_id=change_id, tier=tier, area=area[:64], note=note, by=by[:200], at=now))
    if tier:
        teach(session, change_id, tier, now)
    outbox.append(
        session, "feedback.given", at=now, source_id=row.source_id, document_id=row.document_id, change_id=change_id,
        data={"tier": tier, "area": area[:64], "was": row.tier}, consumers=(),
    )  # fmt: skip


def feedback_of(session: Session, change_id: str) -> list[Feedback]:
    """Readers' corrections of a change, newest first."""
    return list(
        session.scalars(
            select(Feedback).where(Feedback.change_id == change_id).order_by(Feedback.at.desc(), Feedback.id.desc())
        )
    )
