"""`tracker verify`: walks every chain, body, change and checkpoint, and names what does not fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import zstandard
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.store import chain, codec
from tracker.store import checkpoint as checkpoints
from tracker.store.checkpoint import (
    Signed,
    checkpoint,
    checkpoint_plain,
    keep_file,
    keep_files,
    load_key,
    public,
    signed,
)
from tracker.store.exported import verify_lines
from tracker.store.tables import Body, Change, ChangeArea, Checkpoint, Document, Edit, Event, Evidence, Version
from tracker.store.verified import Misfit, Verified, name

__all__ = [
    "Misfit", "Verified", "checkpoint", "checkpoint_plain", "keep_file", "keep_files", "load_key", "public", "signed",
    "verify", "verify_lines",
]  # fmt: skip

BATCH = 200


def verify(session: Session, *, public_key: str = "", folder: Path | None = None) -> Verified:
    """Walks everything. `public_key` (hexadecimal) is the one signatures must be from, where it is known; `folder`
    holds the checkpoints' files, which must say what the database says."""
    problems: list[Misfit] = []
    documents = session.scalars(select(Document).order_by(Document.source_id, Document.key)).all()
    versions = 0
    for document in documents:
        walked, found = _document(session, document)
        versions += walked
        problems += found
    bodies, found = _bodies(session)
    problems += found
    changes, found = _changes(session)
    problems += found
    points, found = _checkpoints(session, public_key)
    problems += found
    if folder is not None:
        problems += _files(session, folder, public_key)
    return Verified(len(documents), versions, bodies, changes, points, tuple(problems))


def _document(session: Session, document: Document) -> tuple[int, list[Misfit]]:
    """The first version that does not fit makes all later ones of its document unproven: it alone is named."""
    before, number = "", 0
    rows = session.scalars(
        select(Version)
        .where(Version.document_id == document.id)
        .order_by(Version.number)
        .execution_options(yield_per=100)
    )
    whose = name(document.source_id, document.key)
    for version in rows:
        where = f"{whose} version {number + 1}"
        if version.number != number + 1:
            return number, [Misfit(where, f"is missing: version {version.number} is there in its place")]
        wrong = _wrong(version, before, document.source_id, document.key)
        if wrong:
            return number, [Misfit(where, wrong)]
        before, number = version.chain, version.number
        session.expunge(version)
    if document.kept_versions != number:
        where = f"{whose} version {number + 1}"
        return number, [Misfit(where, f"is missing: {document.kept_versions} versions were kept, {number} are there")]
    return number, []


def _wrong(version: Version, before: str, source_id: str, key: str) -> str:
    try:
        blocks = codec.unpack(version.blocks)
        text = "\n".join(block["text"] for block in json.loads(blocks))
    except (zstandard.ZstdError, ValueError, KeyError, TypeError):
        return "its blocks are damaged"
    if text != version.text:
        return "its text is not that of its blocks"
    if chain.link(before, source_id, key, version, blocks) != version.chain:
        return "its chain value does not follow from the version before, its text, body, title or time"
    return ""


def _bodies(session: Session) -> tuple[int, list[Misfit]]:
    found, number = [], 0
    for body in session.scalars(select(Body).order_by(Body.hash).execution_options(yield_per=20)):
        number += 1
        if body.data is not None:
            wrong = _wrong_body(body)
            if wrong:
                found.append(Misfit(f"body {body.hash}", wrong))
        session.expunge(body)
    return number, found


def _wrong_body(body: Body) -> str:
    try:
        data = codec.unpack(body.data or b"")
    except zstandard.ZstdError:
        return "is damaged"
    if hashlib.sha256(data).hexdigest() != body.hash:
        return "is not what its hash says"
    return "" if len(data) == body.size else "has another size than noted"


def _changes(session: Session) -> tuple[int, list[Misfit]]:
    found, number = [], 0
    ids = session.scalars(select(Change.id).order_by(Change.seen_at, Change.id)).all()
    for first in range(0, len(ids), BATCH):
        batch = ids[first : first + BATCH]
        for change, seal in _seals(session, batch):
            number += 1
            if seal != change.seal:
                found.append(Misfit(f"change {change.id}", "it, an edit, an area or a piece of evidence was altered"))
        session.expunge_all()
    missing = session.scalars(
        select(Event.change_id)
        .outerjoin(Change, Change.id == Event.change_id)
        .where(Event.change_id.is_not(None), Event.change_id != "", Change.id.is_(None))
        .distinct()
    )
    found += [Misfit(f"change {change_id}", "is missing: an event tells of it") for change_id in missing]
    return number, found


def _seals(session: Session, ids: Sequence[str]) -> list[tuple[Change, str]]:
    """Changes with the seals that they should bear; four questions for a batch instead of four for each."""
    changes = session.scalars(select(Change).where(Change.id.in_(ids)).order_by(Change.seen_at, Change.id)).all()
    edits: dict[str, list[Edit]] = {}
    for edit in session.scalars(select(Edit).where(Edit.change_id.in_(ids)).order_by(Edit.position)):
        edits.setdefault(edit.change_id, []).append(edit)
    areas: dict[str, list[ChangeArea]] = {}
    for area in session.scalars(select(ChangeArea).where(ChangeArea.change_id.in_(ids))):
        areas.setdefault(area.change_id, []).append(area)
    evidence: dict[str, list[Evidence]] = {}
    for word in session.scalars(select(Evidence).where(Evidence.change_id.in_(ids)).order_by(Evidence.id)):
        evidence.setdefault(word.change_id, []).append(word)
    wanted = {version for c in changes for version in (c.old_version_id, c.new_version_id) if version}
    chains: dict[int | None, str] = {
        row.id: row.chain for row in session.execute(select(Version.id, Version.chain).where(Version.id.in_(wanted)))
    }
    return [
        (
            change,
            chain.seal_of(
                change,
                [chains.get(change.old_version_id, ""), chains.get(change.new_version_id, "")],
                edits.get(change.id, ()),
                areas.get(change.id, ()),
                evidence.get(change.id, ()),
            ),
        )
        for change in changes
    ]


# ---------------------------------------------------------------------------------------------- checkpoints


def _checkpoints(session: Session, public_key: str) -> tuple[int, list[Misfit]]:
    found: list[Misfit] = []
    points = session.scalars(select(Checkpoint).order_by(Checkpoint.day)).all()
    before: Checkpoint | None = None
    there = checkpoints.spread(session, _growing(points))
    for point, new in zip(points, there, strict=True):
        wrong = _wrong_checkpoint(point, new, before, public_key)
        if wrong:
            found.append(Misfit(f"checkpoint {point.day}", wrong))
        before = point
    return len(points), found


def _growing(points: Sequence[Checkpoint]) -> list[tuple[int, datetime]]:
    """Where each stood; an altered one does not pull the later ones with it."""
    last, at, found = 0, datetime.min.replace(tzinfo=UTC), []
    for point in points:
        last, at = max(last, point.last_version_id), max(at, point.at)
        found.append((last, at))
    return found


def _wrong_checkpoint(point: Checkpoint, new: Signed, before: Checkpoint | None, public_key: str) -> str:
    if not signed(point, public_key):
        return "its signature is not good for what it says"
    if point.previous != (chain.sha(before.signature) if before else ""):
        return "the checkpoint before it is missing or another one"
    documents, versions, changes = new.numbers
    if (documents, versions, changes) != (point.documents, point.versions, point.changes):
        return (
            f"it signed {point.documents} documents, {point.versions} versions and {point.changes} changes; "
            f"of those {documents}, {versions} and {changes} are there"
        )
    return "" if new.root == point.root else "the chains or changes it signed are not those that are there"


def _files(session: Session, folder: Path, public_key: str) -> list[Misfit]:
    """The files say what the database says, or one of them was altered."""
    found = []
    rows = {point.day: point for point in session.scalars(select(Checkpoint))}
    for day, point in checkpoints.files(folder):
        where = f"checkpoint {day}"
        if point is None:
            found.append(Misfit(where, "its file is damaged"))
        elif not signed(point, public_key):
            found.append(Misfit(where, "the signature of its file is not good for what it says"))
        elif day not in rows:
            found.append(Misfit(where, "is kept as a file and missing in the database"))
        elif rows[day].signature != point.signature:
            found.append(Misfit(where, "its file says something else than the database"))
    return found
