"""A change with all that an alert says of it: its source, its document, the other places of the same edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.model import Change, Source
from tracker.store import codec, tables

PLACES = 100  # of one edit that an alert names


@dataclass(frozen=True, slots=True)
class Place:
    """Another place where the same edit was found."""

    change_id: str
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A change as alerts see it. `document` is the row's id, `language` the document's; `before` and `after` are the
    moments (UTC) at which the old and the new text were first seen, None where there is none."""

    change: Change
    source: Source
    document: int = 0
    key: str = ""
    title: str = ""
    url: str = ""
    language: str = ""
    before: datetime | None = None
    after: datetime | None = None
    places: tuple[Place, ...] = ()

    def texts(self) -> Iterator[str]:
        """What the edits' blocks said and say."""
        for edit in self.change.comparison.edits:
            if edit.old:
                yield edit.old_text
            if edit.new:
                yield edit.new_text


def read(session: Session, change_id: str) -> Told:
    """A change of the database. Raises KeyError for an unknown id."""
    row = session.get(tables.Change, change_id)
    if row is None:
        raise KeyError(change_id)
    source = session.get_one(tables.Source, row.source_id)
    document = session.get_one(tables.Document, row.document_id)
    stood = {
        version.id: version.seen_at
        for version in session.execute(
            select(tables.Version.id, tables.Version.seen_at).where(
                tables.Version.id.in_([name for name in (row.old_version_id, row.new_version_id) if name])
            )
        )
    }
    return Told(
        change=codec.change_value(session, change_id),
        source=codec.source_value(source),
        document=document.id,
        key=document.key,
        title=document.title or source.title or source.id,
        url=document.url or source.url,
        language=document.language or source.language,
        before=stood.get(row.old_version_id),
        after=stood.get(row.new_version_id),
        places=_places(session, row),
    )


def _places(session: Session, row: tables.Change) -> tuple[Place, ...]:
    if not row.cluster:
        return ()
    others = (
        select(tables.Change.id, tables.Document.title, tables.Source.title, tables.Document.url, tables.Source.url)
        .join(tables.Document, tables.Document.id == tables.Change.document_id)
        .join(tables.Source, tables.Source.id == tables.Change.source_id)
        .where(tables.Change.cluster == row.cluster, tables.Change.id != row.id)
        .order_by(tables.Change.seen_at, tables.Change.id)
        .limit(PLACES)
    )
    return tuple(Place(r[0], r[1] or r[2], r[3] or r[4]) for r in session.execute(others))


def first_check(session: Session, told: Told) -> bool:
    """Whether the change is of a source's very first visit: the beginning of its history is no news."""
    if told.change.old:
        return False
    if told.key == "":
        return True
    first = session.scalar(
        select(func.min(tables.Document.first_seen_at)).where(tables.Document.source_id == told.source.id)
    )
    return first is None or told.change.seen <= first
