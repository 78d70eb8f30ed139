"""Checkpoints: a day's signed statement of where every chain stood.

What a hash inside a database can prove ends where somebody can recompute it. A signature by a key that is kept apart,
and a copy of the statement kept elsewhere, is what an alteration cannot be hidden from. Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.store import chain
from tracker.store.tables import Change, Checkpoint, Document, Version

Head = tuple[str, str, int, str]
"""(source, key, number, chain) of a document's newest version."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a checkpoint signs: the documents' newest versions and the seals of decided changes, sorted; `versions`
    counts all of them."""

    heads: tuple[Head, ...]
    seals: tuple[tuple[str, str], ...]
    versions: int

    @property
    def root(self) -> str:
        """SHA-256 over all of it."""
        return root_of(self.heads, self.seals)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Documents, versions, changes."""
        return len(self.heads), self.versions, len(self.seals)


def root_of(heads: Iterable[Sequence[Any]], seals: Iterable[Sequence[str]]) -> str:
    """The root of heads and seals in the order given."""
    digest = hashlib.sha256()
    for head in heads:
        digest.update(json.dumps(list(head), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    for change_id, seal in seals:
        digest.update(f"{change_id} {seal}\n".encode())
    return digest.hexdigest()


def standing(session: Session, last_version_id: int, at: datetime) -> Standing:
    """What there was when `last_version_id` was the newest version, at `at`.

    By version as well as by time: what is imported later bears earlier times, and was not there.
    """
    newest = (
        select(Version.document_id, func.max(Version.number).label("number"), func.count().label("versions"))
        .where(Version.id <= last_version_id)
        .group_by(Version.document_id)
        .subquery()
    )
    rows = session.execute(
        select(Document.source_id, Document.key, Version.number, Version.chain, newest.c.versions)
        .join(newest, newest.c.document_id == Document.id)
        .join(Version, (Version.document_id == Document.id) & (Version.number == newest.c.number))
    ).all()
    decided = session.execute(
        select(Change.id, Change.seal).where(
            Change.recorded_at <= at,
            Change.state != "pending",
            func.coalesce(Change.new_version_id, Change.old_version_id) <= last_version_id,
        )
    ).all()
    # Databases sort text each in their own way: sorted here.
    return Standing(
        tuple(sorted((row[0], row[1], row[2], row[3]) for row in rows)),
        tuple(sorted((row[0], row[1]) for row in decided)),
        sum(row[4] for row in rows),
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
    with os.fdopen(handle, "w") as out:
        out.write(key.private_bytes_raw().hex() + "\n")
    part.replace(path)
    return key


def public(key: Ed25519PrivateKey) -> str:
    """The public half, hexadecimal: what is given to those who verify."""
    return key.public_key().public_bytes_raw().hex()


def _message(point: Checkpoint) -> bytes:
    parts = [point.day, point.root, point.documents, point.versions, point.changes, point.last_version_id]
    return json.dumps(["tracker checkpoint", *parts, point.previous, chain.moment(point.at)]).encode()


def checkpoint(session: Session, key: Ed25519PrivateKey, now: datetime) -> Checkpoint:
    """Signs where everything stands; one a day, the day's first stays. It covers the signature of the one before."""
    day = now.date().isoformat()
    known = session.get(Checkpoint, day)
    if known is not None:
        return known
    before = session.scalar(select(Checkpoint).where(Checkpoint.day < day).order_by(Checkpoint.day.desc()).limit(1))
    last = session.scalar(select(func.max(Version.id))) or 0
    stood = standing(session, last, now)
    documents, versions, changes = stood.numbers
    point = Checkpoint(
        day=day, root=stood.root, documents=documents, versions=versions, changes=changes, last_version_id=last,
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
    part.write_text(json.dumps(checkpoint_plain(point), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.replace(target)
    return target


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
