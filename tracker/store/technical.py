"""What a re-derivation reads and records: technical versions and changes beside those that were kept at the time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import codec, writing
from tracker.store.tables import Body, Change, Document, Version


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as it was kept: enough to read its body again. `body` is None once retention let it go."""

    key: str
    document_id: int
    url: str
    number: int
    seen_at: datetime
    fingerprint: str
    body_hash: str
    media_type: str
    charset: str


@dataclass(frozen=True, slots=True)
class KeptChange:
    """A change as it was recorded: what a re-derivation is compared with."""

    key: str
    id: str
    seen_at: datetime
    tier: str
    state: str
    areas: tuple[str, ...]


def versions(session: Session, source_id: str) -> list[Kept]:
    """A source's versions, technical ones left out, in the order they were seen."""
    rows = session.execute(
        select(Version, Document.key, Document.url, Body.media_type, Body.charset)
        .join(Document, Document.id == Version.document_id)
        .join(Body, Body.hash == Version.body_hash)
        .where(Document.source_id == source_id, Version.technical.is_(False))
        .order_by(Version.seen_at, Version.id)
        .execution_options(yield_per=100)
    )
    found = []
    for version, key, url, media_type, charset in rows:
        found.append(Kept(key, version.document_id, url, version.number, version.seen_at, version.fingerprint,
                          version.body_hash, media_type, charset))  # fmt: skip
        session.expunge(version)
    return found


def body(session: Session, digest: str) -> bytes | None:
    """A body as received; None once retention let it go."""
    data = session.scalar(select(Body.data).where(Body.hash == digest))
    return codec.unpack(data) if data is not None else None


def changes(session: Session, source_id: str) -> list[KeptChange]:
    """A source's changes, technical ones left out."""
    rows = session.execute(
        select(Change, Document.key)
        .join(Document, Document.id == Change.document_id)
        .where(Change.source_id == source_id, Change.technical.is_(False))
        .order_by(Change.seen_at, Change.id)
    ).all()
    found = []
    for change, key in rows:
        given = codec.classification_value(session, change)
        areas = tuple(sorted(score.id for score in given.areas))
        found.append(KeptChange(key, change.id, change.seen_at, change.tier, change.state, areas))
    return found


def record_text(session: Session, kept: Kept, text: model.Text, kept_share: float, now: datetime) -> bool:
    """Puts a text that a better reader made of an old body beside the version it is of; False where it is there.

    Where that version is the one readers know, or the latest, the next comparison starts from the better text: no
    reader is told of what only the reading changed.
    """
    document = session.get_one(Document, kept.document_id)
    there = session.scalar(
        select(Version.id).where(
            Version.document_id == document.id, Version.technical, Version.seen_at == kept.seen_at,
            Version.fingerprint == text.fingerprint,
        )
    )  # fmt: skip
    if there is not None:
        return False
    last = session.scalars(
        select(Version).where(Version.document_id == document.id).order_by(Version.number.desc()).limit(1)
    ).one()
    made = Version(
        document_id=document.id, number=last.number + 1, body_hash=kept.body_hash, fingerprint=text.fingerprint,
        title=writing.clean(text.title), language=text.language, seen_at=kept.seen_at, kept=kept_share, technical=True,
    )  # fmt: skip
    of = {number for number, _at in _same(session, document.id, kept)}
    was_latest, was_told = document.latest_version in of, document.told_version in of
    blocks: list[Any] = writing.plain(codec.blocks_plain(text.blocks))
    writing.add_version(
        session, document, document.source_id, made, blocks, last.chain, latest=was_latest, indexed_at=now
    )  # fmt: skip
    if was_told:
        document.told_version = made.number
    return True


def _same(session: Session, document_id: int, kept: Kept) -> list[tuple[int, datetime]]:
    """A version and its technical ones: those of the same moment."""
    rows = session.execute(
        select(Version.number, Version.seen_at).where(
            Version.document_id == document_id, Version.seen_at == kept.seen_at
        )
    )
    return [(row[0], row[1]) for row in rows]


def record_change(session: Session, key: str, source_id: str, change: model.Change, now: datetime) -> bool:
    """Puts a change that would be one now beside those recorded, silent; False where it is there already."""
    said: Mapping[str, Any] = {
        "was": change.id, "tier": change.assessment.tier, "main": change.classification.main,
        "areas": sorted(score.id for score in change.classification.areas),
        "edits": [[edit.kind, edit.old_text, edit.new_text] for edit in change.comparison.edits],
    }  # fmt: skip
    name = hashlib.sha256(json.dumps(["technical", said], sort_keys=True).encode()).hexdigest()[:32]
    if session.get(Change, name) is not None:
        return False
    document = session.scalars(select(Document).where(Document.source_id == source_id, Document.key == key)).one()
    silent = replace(change.assessment, state=model.State.SILENT)
    made = replace(change, id=name, assessment=silent, told=None, cluster=None, confirm_at=None)
    writing.keep_change(session, made, source_id, document, now, technical=True)
    return True


def source_ids(session: Session, wanted: Sequence[str] = ()) -> list[str]:
    """The sources that have texts, by id."""
    statement = select(Document.source_id).where(Document.latest_version.is_not(None)).distinct()
    if wanted:
        statement = statement.where(Document.source_id.in_(wanted))
    return sorted(session.scalars(statement))
