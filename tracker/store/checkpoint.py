"""Checkpoints: a day's signed statement of what came in, each on top of the one before.

What a hash inside a database can prove ends where somebody can recompute it. A signature by a key that is kept apart,
and a copy of the statement kept elsewhere, is what an alteration cannot be hidden from. Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from tracker.store import chain
from tracker.store.tables import Change, Checkpoint, Document, Version

Link = tuple[str, str, int, str]
"""(source, key, number, chain) of a version."""
Seal = tuple[str, str]
"""(change, seal)."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What one checkpoint signs: the versions that came in since the one before it, and the seals of the changes that
    were decided since; both sorted. A version's chain value covers all that its document was before."""

    links: tuple[Link, ...] = ()
    seals: tuple[Seal, ...] = ()

    @property
    def root(self) -> str:
        """SHA-256 over all of it."""
        return root_of(self.links, self.seals)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Documents, versions, changes."""
        return len({link[:2] for link in self.links}), len(self.links), len(self.seals)


def root_of(links: Iterable[Sequence[Any]], seals: Iterable[Sequence[str]]) -> str:
    """The root of links and seals in the order given."""
    digest = hashlib.sha256()
    for link in links:
        digest.update(json.dumps(list(link), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    for change_id, seal in seals:
        digest.update(f"{change_id} {seal}\n".encode())
    return digest.hexdigest()


def spread(session: Session, points: Sequence[tuple[int, datetime]]) -> list[Signed]:
    """What each of several checkpoints, (newest version, moment) in order, covers for the first time: one walk over
    versions and changes for all of them, however many days there are.

    A change belongs to the first checkpoint that knows its version and was made after its last writing: what is
    imported later bears earlier times, and was not there; what waited is covered once it is decided.
    """
    if not points:
        return []
    lasts, moments = [last for last, _at in points], [at for _last, at in points]
    links: list[list[Link]] = [[] for _ in points]
    seals: list[list[Seal]] = [[] for _ in points]
    versions = (
        select(Version.id, Document.source_id, Document.key, Version.number, Version.chain)
        .join(Document, Document.id == Version.document_id)
        .where(Version.id <= lasts[-1])
        .execution_options(yield_per=5000)
    )
    for row in session.execute(versions):
        links[bisect_left(lasts, row[0])].append((row[1], row[2], row[3], row[4]))
    stands_on = func.coalesce(Change.new_version_id, Change.old_version_id, 0)
    changes = (
        select(Change.id, Change.seal, Change.recorded_at, stands_on)
        .where(Change.state != "pending", Change.recorded_at <= moments[-1], stands_on <= lasts[-1])
        .execution_options(yield_per=5000)
    )
    for change_id, seal, recorded_at, version in session.execute(changes):
        seals[max(bisect_left(moments, recorded_at), bisect_left(lasts, version))].append((change_id, seal))
    # Databases sort text each in their own way: sorted here.
    return [Signed(tuple(sorted(a)), tuple(sorted(b))) for a, b in zip(links, seals, strict=True)]


def since(session: Session, before: Checkpoint | None, last_version_id: int, at: datetime) -> Signed:
    """What a checkpoint made now would sign."""
    if before is None:
        return spread(session, [(last_version_id, at)])[0]
    versions = (
        select(Document.source_id, Document.key, Version.number, Version.chain)
        .join(Document, Document.id == Version.document_id)
        .where(Version.id > before.last_version_id, Version.id <= last_version_id)
    )
    stands_on = func.coalesce(Change.new_version_id, Change.old_version_id, 0)
    changes = select(Change.id, Change.seal).where(
        Change.state != "pending", Change.recorded_at <= at, stands_on <= last_version_id,
        or_(Change.recorded_at > before.at, stands_on > before.last_version_id),
    )  # fmt: skip
    return Signed(
        tuple(sorted((row[0], row[1], row[2], row[3]) for row in session.execute(versions))),
        tuple(sorted((row[0], row[1]) for row in session.execute(changes))),
    )


# --------------------------------------------------------------------------------------------------- signing


def load_key(path: Path) -> Ed25519PrivateKey:
    """The installation's signing key, made once (readable by its owner alone)."""
    if path.exists():
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(key.private_bytes_raw().hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return key


def public(key: Ed25519PrivateKey) -> str:
    """The public half, hexadecimal: what is given to those who verify."""
    return key.public_key().public_bytes_raw().hex()


def _message(point: Checkpoint) -> bytes:
    parts = [point.day, point.root, point.documents, point.versions, point.changes, point.last_version_id]
    return json.dumps(["tracker checkpoint", *parts, point.previous, chain.moment(point.at)]).encode()


def checkpoint(session: Session, key: Ed25519PrivateKey, now: datetime) -> Checkpoint:
    """Signs what came in since the last one; one a day, the day's first stays. It covers the signature before it."""
    day = now.date().isoformat()
    known = session.get(Checkpoint, day)
    if known is not None:
        return known
    before = session.scalar(select(Checkpoint).order_by(Checkpoint.day.desc()).limit(1))
    if before is not None and before.day > day:
        return before  # the clock went back: nothing is signed out of order
    last = session.scalar(select(func.max(Version.id))) or 0
    new = since(session, before, last, now)
    documents, versions, changes = new.numbers
    point = Checkpoint(
        day=day, root=new.root, documents=documents, versions=versions, changes=changes, last_version_id=last,
        at=now, public_key=public(key), previous=chain.sha(before.signature) if before else "",
    )  # fmt: skip
    point.signature = key.sign(_message(point)).hex()
    session.add(point)
    session.flush()
    return point


def signed(point: Checkpoint, public_key: str = "") -> bool:
    """Whether the signature is the key's (the checkpoint's own where none is given)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key or point.public_key))
        key.verify(bytes.fromhex(point.signature), _message(point))
    except (InvalidSignature, ValueError):
        return False
    return True


# ----------------------------------------------------------------------------------------------------- files

FIELDS = (
    "day", "root", "documents", "versions", "changes", "last_version_id", "previous", "signature", "public_key",
)  # fmt: skip


def checkpoint_plain(point: Checkpoint) -> dict[str, Any]:
    """A checkpoint as JSON: what is kept as a file, best on another machine."""
    return {
        "type": "checkpoint",
        **{name: getattr(point, name) for name in FIELDS},
        "at": chain.moment(point.at),
    }


def keep_file(point: Checkpoint, folder: Path) -> Path:
    """Writes a checkpoint's file, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{point.day}.json"
    part = target.with_suffix(".part")
    try:
        part.write_text(json.dumps(checkpoint_plain(point), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def keep_files(session: Session, folder: Path) -> int:
    """Writes the files that are missing: today's, and those of days on which there was no room for them. Gives their
    number."""
    there = {file.stem for file in folder.glob("*.json")} if folder.is_dir() else set()
    missing = [point for point in session.scalars(select(Checkpoint)) if point.day not in there]
    for point in missing:
        keep_file(point, folder)
    return len(missing)


def from_plain(value: dict[str, Any]) -> Checkpoint:
    """The other way. Raises KeyError, TypeError or ValueError for what is no checkpoint."""
    return Checkpoint(**{name: value[name] for name in FIELDS}, at=datetime.fromisoformat(value["at"]))


def files(folder: Path) -> list[tuple[str, Checkpoint | None]]:
    """The checkpoints kept as files, by name; None for one that is damaged."""
    found: list[tuple[str, Checkpoint | None]] = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append((file.stem, from_plain(json.loads(file.read_text(encoding="utf-8")))))
        except (OSError, ValueError, KeyError, TypeError):
            found.append((file.stem, None))
    return found
