"""`tracker verify`: walks every chain and names what does not fit; signed checkpoints; exports checked alone.

What a hash inside a database can prove ends where somebody can recompute it: a checkpoint's signature, and a copy of it
kept elsewhere, is what an alteration cannot be hidden from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.store import chain, codec
from tracker.store.tables import Body, Change, Checkpoint, Document, Event, Version


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not fit. `where` names it ("lighthouses version 2"), `what` says how."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was walked, and what did not fit."""

    documents: int
    versions: int
    bodies: int
    changes: int
    checkpoints: int
    problems: tuple[Problem, ...]


def verify(session: Session, *, public_key: str = "") -> Verified:
    """Walks everything. `public_key` (hexadecimal) is the one signatures must be from, where it is known."""
    problems: list[Problem] = []
    documents = session.execute(select(Document).order_by(Document.source_id, Document.key)).scalars().all()
    versions = 0
    for document in documents:
        walked, found = _document(session, document)
        versions += walked
        problems += found
    bodies, found = _bodies(session)
    problems += found
    changes, found = _changes(session)
    problems += found
    checkpoints, found = _checkpoints(session, public_key)
    problems += found
    return Verified(len(documents), versions, bodies, changes, checkpoints, tuple(problems))


def _name(source_id: str, key: str) -> str:
    return f"{source_id} {key}" if key else source_id


def _document(session: Session, document: Document) -> tuple[int, list[Problem]]:
    """The first version that does not fit makes all later ones of its document unproven: it alone is named."""
    before, number = "", 0
    rows = session.scalars(
        select(Version)
        .where(Version.document_id == document.id)
        .order_by(Version.number)
        .execution_options(yield_per=100)
    )
    name = _name(document.source_id, document.key)
    for version in rows:
        where = f"{name} version {number + 1}"
        if version.number != number + 1:
            return number, [Problem(where, f"is missing: version {version.number} is there in its place")]
        wrong = _wrong(version, before, document.source_id, document.key)
        if wrong:
            return number, [Problem(where, wrong)]
        before, number = version.chain, version.number
        session.expunge(version)
    if (document.latest_version or 0) != number:
        where = f"{name} version {number + 1}"
        return number, [
            Problem(where, f"is missing: {document.latest_version or 0} versions were kept, {number} are there")
        ]
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


def _bodies(session: Session) -> tuple[int, list[Problem]]:
    found, number = [], 0
    for body in session.scalars(select(Body).order_by(Body.hash).execution_options(yield_per=20)):
        number += 1
        if body.data is not None:
            wrong = _wrong_body(body)
            if wrong:
                found.append(Problem(f"body {body.hash}", wrong))
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


def _changes(session: Session) -> tuple[int, list[Problem]]:
    found, number = [], 0
    for change in session.scalars(select(Change).order_by(Change.seen_at, Change.id)).all():
        number += 1
        if chain.seal(session, change) != change.seal:
            found.append(Problem(f"change {change.id}", "it, an edit, an area or a piece of evidence was altered"))
    missing = session.scalars(
        select(Event.change_id)
        .outerjoin(Change, Change.id == Event.change_id)
        .where(Event.change_id.is_not(None), Event.change_id != "", Change.id.is_(None))
        .distinct()
    )
    found += [Problem(f"change {change_id}", "is missing: an event tells of it") for change_id in missing]
    return number, found


# ---------------------------------------------------------------------------------------------- checkpoints


def load_key(path: Path) -> Ed25519PrivateKey:
    """The installation's signing key, made once (readable by its owner alone)."""
    if path.exists():
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_text(key.private_bytes_raw().hex() + "\n")
    return key


def root(session: Session, last_version_id: int, at: datetime) -> tuple[str, int, int, int]:
    """(root, documents, versions, changes) of what was there when `last_version_id` was the newest version."""
    digest = hashlib.sha256()
    newest = (
        select(Version.document_id, func.max(Version.number).label("number"), func.count().label("versions"))
        .where(Version.id <= last_version_id)
        .group_by(Version.document_id)
        .subquery()
    )
    documents = versions = changes = 0
    for source_id, key, number, link, count in session.execute(
        select(Document.source_id, Document.key, Version.number, Version.chain, newest.c.versions)
        .join(newest, newest.c.document_id == Document.id)
        .join(Version, (Version.document_id == Document.id) & (Version.number == newest.c.number))
        .order_by(Document.id)
    ):
        documents, versions = documents + 1, versions + count
        digest.update(json.dumps([source_id, key, number, link], ensure_ascii=False).encode() + b"\n")
    # By version too: what is imported later was told before, and was not there.
    stood_on = func.coalesce(Change.new_version_id, Change.old_version_id)
    told = select(Change.id, Change.seal).where(Change.told_at <= at, stood_on <= last_version_id)
    # Databases sort text each in their own way; these are hexadecimal, and sorted here once more to be sure.
    for change_id, seal in sorted((row[0], row[1]) for row in session.execute(told)):
        changes += 1
        digest.update(f"{change_id} {seal}\n".encode())
    return digest.hexdigest(), documents, versions, changes


def _message(point: Checkpoint) -> bytes:
    parts = [point.day, point.root, point.documents, point.versions, point.changes, point.last_version_id]
    return json.dumps(["tracker checkpoint", *parts, chain.moment(point.at)]).encode()


def checkpoint(session: Session, key: Ed25519PrivateKey, now: datetime) -> Checkpoint:
    """Signs where everything stands; one a day, the day's first stays."""
    day = now.date().isoformat()
    known = session.get(Checkpoint, day)
    if known is not None:
        return known
    last = session.scalar(select(func.max(Version.id))) or 0
    value, documents, versions, changes = root(session, last, now)
    point = Checkpoint(
        day=day, root=value, documents=documents, versions=versions, changes=changes, last_version_id=last, at=now,
        public_key=key.public_key().public_bytes_raw().hex(),
    )  # fmt: skip
    point.signature = key.sign(_message(point)).hex()
    session.add(point)
    session.flush()
    return point


def checkpoint_plain(point: Checkpoint) -> dict[str, Any]:
    """A checkpoint as JSON: what is kept as a file, best on another machine."""
    return {
        "type": "checkpoint", "day": point.day, "root": point.root, "documents": point.documents,
        "versions": point.versions, "changes": point.changes, "last_version_id": point.last_version_id,
        "at": chain.moment(point.at), "signature": point.signature, "public_key": point.public_key,
    }  # fmt: skip


def signed(point: Checkpoint, public_key: str = "") -> bool:
    """Whether the signature is the key's (the checkpoint's own where none is given)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key or point.public_key))
        key.verify(bytes.fromhex(point.signature), _message(point))
    except (InvalidSignature, ValueError):
        return False
    return True


def _checkpoints(session: Session, public_key: str) -> tuple[int, list[Problem]]:
    found = []
    points = session.scalars(select(Checkpoint).order_by(Checkpoint.day)).all()
    for point in points:
        where = f"checkpoint {point.day}"
        if not signed(point, public_key):
            found.append(Problem(where, "its signature is not good for what it says"))
            continue
        value, documents, versions, changes = root(session, point.last_version_id, point.at)
        if (documents, versions, changes) != (point.documents, point.versions, point.changes):
            was, now = (point.versions, point.changes), (versions, changes)
            found.append(
                Problem(
                    where, f"it saw {was[0]} versions and {was[1]} changes; of those {now[0]} and {now[1]} are there"
                )
            )
        elif value != point.root:
            found.append(Problem(where, "the chains or told changes it signed are not those that are there"))
    return len(points), found


# -------------------------------------------------------------------------------------------------- exports


def plain_versions(session: Session) -> Iterator[dict[str, Any]]:
    """Every version with all that its chain value covers, document by document, then the checkpoints."""
    rows = session.execute(
        select(Version, Document.source_id, Document.key)
        .join(Document, Document.id == Version.document_id)
        .order_by(Document.source_id, Document.key, Version.number)
        .execution_options(yield_per=100)
    )
    for version, source_id, key in rows:
        yield {
            "type": "version", "source": source_id, "key": key, "number": version.number,
            "body_hash": version.body_hash, "fingerprint": version.fingerprint, "title": version.title,
            "language": version.language, "text": version.text, "blocks": json.loads(codec.unpack(version.blocks)),
            "seen_at": chain.moment(version.seen_at), "technical": version.technical, "chain": version.chain,
        }  # fmt: skip
        session.expunge(version)
    for point in session.scalars(select(Checkpoint).order_by(Checkpoint.day)):
        yield checkpoint_plain(point)


def verify_lines(lines: Iterable[str], *, public_key: str = "") -> Verified:
    """Checks an export of versions alone, without the database. A line that is none is a problem, not an error."""
    problems: list[Problem] = []
    heads: dict[tuple[str, str], tuple[int, str]] = {}
    broken: set[tuple[str, str]] = set()
    versions = points = 0
    for at, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
            if value["type"] == "checkpoint":
                points += 1
                problems += _exported_checkpoint(value, public_key)
                continue
            name = (value["source"], value["key"])
            versions += 1
            if name in broken:
                continue
            wrong = _exported_version(value, *heads.get(name, (0, "")))
            if wrong:
                problems.append(Problem(f"{_name(*name)} version {value['number']}", wrong))
                broken.add(name)
            heads[name] = (value["number"], value["chain"])
        except (ValueError, KeyError, TypeError):
            problems.append(Problem(f"line {at}", "is not a line of an export of versions"))
    return Verified(len(heads), versions, 0, 0, points, tuple(problems))


def _exported_version(value: Mapping[str, Any], number: int, before: str) -> str:
    if value["number"] != number + 1:
        return f"version {number + 1} is missing before it"
    blocks = json.dumps(value["blocks"], ensure_ascii=False, separators=(",", ":")).encode()
    version = Version(
        number=value["number"], body_hash=value["body_hash"], fingerprint=value["fingerprint"], title=value["title"],
        language=value["language"], text=value["text"], seen_at=datetime.fromisoformat(value["seen_at"]),
        technical=value["technical"],
    )  # fmt: skip
    if "\n".join(block["text"] for block in value["blocks"]) != value["text"]:
        return "its text is not that of its blocks"
    if chain.link(before, value["source"], value["key"], version, blocks) != value["chain"]:
        return "its chain value does not follow from the version before, its text, body, title or time"
    return ""


def _exported_checkpoint(value: Mapping[str, Any], public_key: str) -> list[Problem]:
    fields = {name: item for name, item in value.items() if name not in ("type", "at")}
    point = Checkpoint(**fields, at=datetime.fromisoformat(value["at"]))
    if signed(point, public_key):
        return []
    return [Problem(f"checkpoint {point.day}", "its signature is not good for what it says")]
