"""What is read of documents: their texts at any date, their versions, and since when each paragraph stands so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session, defer

from tracker import model
from tracker.store import blame as blame_kept
from tracker.store import codec
from tracker.store.tables import Body, Change, Document, Source, Version


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document as a list shows it."""

    id: int
    source_id: str
    key: str
    title: str
    url: str
    language: str
    jurisdiction: str
    published_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    versions: int
    latest_version: int | None


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version without its text. It stood from `seen_at` until `until` (None: it still does). `tier` and `change_id`
    are those of the change that brought it."""

    id: int
    number: int
    seen_at: datetime
    until: datetime | None
    title: str
    characters: int
    body_hash: str
    fingerprint: str
    chain: str
    technical: bool
    change_id: str | None = None
    tier: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class BlameLine:
    """A block and when its present wording came in: the version's number, the moment, and the change that did it."""

    block: model.Block
    version: int
    since: datetime
    change_id: str | None = None


@dataclass(frozen=True, slots=True)
class BlamePart:
    """Some of a version's blocks with the versions that brought them: from the one at `first` on, of `blocks`."""

    lines: tuple[BlameLine, ...]
    first: int
    blocks: int


def documents(session: Session, *, source_id: str = "", limit: int = 200, offset: int = 0) -> list[DocumentLine]:
    """Documents, those seen last first."""
    statement = _documents().order_by(Document.last_seen_at.desc(), Document.id).limit(limit).offset(offset)
    if source_id:
        statement = statement.where(Document.source_id == source_id)
    return [_document(*row) for row in session.execute(statement)]


def document(session: Session, document_id: int) -> DocumentLine:
    """One document. Raises KeyError for an unknown id."""
    row = session.execute(_documents().where(Document.id == document_id)).first()
    if row is None:
        raise KeyError(document_id)
    return _document(*row)


def document_of(session: Session, source_id: str, key: str = "") -> DocumentLine | None:
    """A source's own page, or its entry of that key."""
    row = session.execute(_documents().where(Document.source_id == source_id, Document.key == key)).first()
    return _document(*row) if row else None


def _documents() -> Any:  # SQLAlchemy's type of a select names every column
    return select(Document, Source, Document.kept_versions).join(Source, Source.id == Document.source_id)


def _document(row: Document, source: Source, versions: int) -> DocumentLine:
    return DocumentLine(
        row.id, source.id, row.key, row.title or source.title or source.id, row.url or source.url,
        row.language or source.language, source.jurisdiction, row.published_at, row.first_seen_at, row.last_seen_at,
        row.gone_at, versions, row.latest_version,
    )  # fmt: skip


def timeline(session: Session, document_id: int, *, technical: bool = False, sizes: bool = True) -> list[VersionLine]:
    """A document's versions, oldest first. Without `sizes` the texts are not counted (`characters` is 0): a database
    reads each of them for it."""
    version = Version
    statement = select(
        version.id, version.number, version.seen_at, version.title, func.length(version.text) if sizes else literal(0),
        version.body_hash,
        version.fingerprint, version.chain, version.technical,
    ).where(version.document_id == document_id).order_by(version.number)  # fmt: skip
    if not technical:
        statement = statement.where(version.technical.is_(False))
    rows = session.execute(statement).all()
    came: dict[int | None, tuple[str, str, str]] = {}
    for new, change_id, tier, state in session.execute(
        select(Change.new_version_id, Change.id, Change.tier, Change.state)
        .where(Change.document_id == document_id)
        .order_by(Change.seen_at.desc())
    ):
        came[new] = (change_id, tier, state)
    ends = [row[2] for row in rows[1:]] + [None]
    return [
        VersionLine(row[0], row[1], row[2], end, *row[3:], *came.get(row[0], (None, "", "")))
        for row, end in zip(rows, ends, strict=True)
    ]


def version_at(session: Session, document_id: int, at: datetime) -> Version | None:
    """The version that stood at a moment; None before the first."""
    return session.scalar(
        select(Version)
        .where(Version.document_id == document_id, Version.seen_at <= at, Version.technical.is_(False))
        .order_by(Version.number.desc())
        .limit(1)
        .options(defer(Version.text))
    )


def version_number(session: Session, document_id: int, number: int) -> Version | None:
    """A document's version by its number. Its plain text is read when it is asked for, in the session only."""
    return session.scalar(
        select(Version).where(Version.document_id == document_id, Version.number == number).options(defer(Version.text))
    )


def version_blocks(version: Version) -> tuple[model.Block, ...]:
    """A version's blocks."""
    return codec.unpack_blocks(version.blocks)


def body(session: Session, digest: str) -> tuple[Body, bytes | None] | None:
    """A body's row and its bytes as received (None when retention let them go); None for an unknown hash."""
    row = session.get(Body, digest)
    return (row, codec.unpack(row.data) if row.data is not None else None) if row else None


def blame(session: Session, document_id: int, *, number: int | None = None) -> list[BlameLine]:
    """For each block of a version (the latest without `number`): the version in which its present wording came in.

    A wording is new where the version before does not hold it as often; among equal ones the earliest are the oldest.
    """
    return list(blame_part(session, document_id, number=number).lines)


def blame_part(
    session: Session, document_id: int, *, number: int | None = None, first: int = 0, most: int = 10**9, place: str = ""
) -> BlamePart:
    """`blame` of `most` blocks from the one at `first` on, or of the part of that size in which the block with the eid
    `place` stands."""
    statement = (
        select(Version.id, Version.number, Version.blocks)
        .where(Version.document_id == document_id, Version.technical.is_(False))
        .order_by(Version.number.desc())
        .limit(1)
    )
    if number is not None:
        statement = statement.where(Version.number <= number)
    row = session.execute(statement).first()
    if row is None:
        return BlamePart((), first, 0)
    blocks = codec.Blocks(row.blocks)
    if place:
        first = (blocks.place(place) or 0) // most * most
    numbers = blame_kept.of(session, row.id, document_id, row.number)[first : first + most]
    came = {
        version.number: (version.seen_at, version.id)
        for version in session.execute(
            select(Version.number, Version.seen_at, Version.id).where(
                Version.document_id == document_id, Version.number <= row.number
            )
        )
    }
    changes: dict[int | None, str] = {
        change.new_version_id: change.id
        for change in session.execute(
            select(Change.new_version_id, Change.id)
            .where(Change.document_id == document_id)
            .order_by(Change.seen_at.desc())
        )
    }
    lines = [
        BlameLine(block, since, came[since][0], changes.get(came[since][1]))
        for block, since in zip(blocks[first : first + most], numbers, strict=True)
    ]
    return BlamePart(tuple(lines), first, len(blocks))
