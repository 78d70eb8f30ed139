"""The history as lines of JSON that prove themselves: for someone who has only an export, and for another database.

A line is a version with all that its chain value covers and the day of the checkpoint that signed it, a body, or a
checkpoint with the seals that its root is made of.
"""

from __future__ import annotations

import base64
import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import chain, checkpoint, codec, writing
from tracker.store.session import Database
from tracker.store.tables import Body, Checkpoint, Document, Source, Version
from tracker.store.verified import Misfit, Verified, name


def lines(session: Session, *, source_id: str = "", bodies: bool = False) -> Iterator[dict[str, Any]]:
    """Every version (of one source), document by document, each after its body where those are wanted; then the
    checkpoints."""
    # Ids first: a database that sorts whole rows holds all texts in memory while it does.
    ids = select(Version.id).join(Document, Document.id == Version.document_id)
    if source_id:
        ids = ids.where(Document.source_id == source_id)
    order = session.scalars(ids.order_by(Document.source_id, Document.id, Version.number)).all()
    given: set[str] = set()
    points = session.scalars(select(Checkpoint).order_by(Checkpoint.day)).all()
    lasts = [point.last_version_id for point in points]
    for version_id in order:
        version = session.get_one(Version, version_id)
        document = session.get_one(Document, version.document_id)
        source = session.get_one(Source, document.source_id)
        body = session.get(Body, version.body_hash)
        if bodies and body is not None and body.data is not None and body.hash not in given:
            given.add(body.hash)
            yield {"type": "body", "hash": body.hash, "data": base64.b64encode(body.data).decode()}
        place = bisect_left(lasts, version.id)
        yield version_plain(version, document, source, body, points[place].day if place < len(points) else "")
        session.expunge(version)
        if body is not None:
            session.expunge(body)
    signed = (
        checkpoint.spread(session, [(point.last_version_id, point.at) for point in points]) if not source_id else ()
    )
    for number, point in enumerate(points):
        plain = checkpoint.checkpoint_plain(point)
        yield plain | ({"seals": [list(seal) for seal in signed[number].seals]} if signed else {})


def version_plain(
    version: Version, document: Document, source: Source, body: Body | None, signed_on: str
) -> dict[str, Any]:
    """A version's line. `signed_on` is the day of the first checkpoint that covers it."""
    return {
        "type": "version", "source": document.source_id, "key": document.key, "number": version.number,
        "body_hash": version.body_hash, "fingerprint": version.fingerprint, "title": version.title,
        "language": version.language, "text": version.text, "blocks": json.loads(codec.unpack(version.blocks)),
        "seen_at": chain.moment(version.seen_at), "technical": version.technical, "chain": version.chain,
        "url": document.url or source.url, "source_title": source.title, "source_url": source.url,
        "document_title": document.title, "media_type": body.media_type if body else "",
        "charset": body.charset if body else "", "size": body.size if body else 0, "kept": version.kept,
        "signed_on": signed_on,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- verifying


@dataclass
class _Walk:
    public_key: str
    heads: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    links: dict[str, list[tuple[str, str, int, str]]] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Misfit] = field(default_factory=list)
    versions: int = 0
    bodies: int = 0
    points: list[Checkpoint] = field(default_factory=list)


def verify_lines(given: Iterable[str], *, public_key: str = "") -> Verified:
    """Checks an export alone, without the database. A line that is none is a problem, not an error."""
    walk = _Walk(public_key)
    for at, line in enumerate(given, 1):
        if not line.strip():
            continue
        try:
            _line(walk, json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            walk.problems.append(Misfit(f"line {at}", "is not a line of an export of versions"))
    return Verified(len(walk.heads), walk.versions, walk.bodies, 0, len(walk.points), tuple(walk.problems))


def _line(walk: _Walk, value: dict[str, Any]) -> None:
    if value["type"] == "checkpoint":
        _checkpoint(walk, value)
    elif value["type"] == "body":
        walk.bodies += 1
        if not _body_fits(value):
            walk.problems.append(Misfit(f"body {value['hash']}", "is not what its hash says"))
    elif value["type"] == "version":
        _version(walk, value)
    else:
        raise ValueError(value["type"])


def _version(walk: _Walk, value: Mapping[str, Any]) -> None:
    whose = (value["source"], value["key"])
    walk.versions += 1
    if whose in walk.broken:
        return
    wrong = _wrong(value, *walk.heads.get(whose, (0, "")))
    if wrong:
        walk.problems.append(Misfit(f"{name(*whose)} version {value['number']}", wrong))
        walk.broken.add(whose)
    walk.heads[whose] = (value["number"], value["chain"])
    walk.links.setdefault(value.get("signed_on", ""), []).append((*whose, value["number"], value["chain"]))


def _wrong(value: Mapping[str, Any], number: int, before: str) -> str:
    if value["number"] != number + 1:
        return f"version {number + 1} is missing before it"
    if "\n".join(block["text"] for block in value["blocks"]) != value["text"]:
        return "its text is not that of its blocks"
    version = version_row(value)
    blocks = json.dumps(value["blocks"], ensure_ascii=False, separators=(",", ":")).encode()
    if chain.link(before, value["source"], value["key"], version, blocks) != value["chain"]:
        return "its chain value does not follow from the version before, its text, body, title or time"
    return ""


def version_row(value: Mapping[str, Any]) -> Version:
    """A version from its line, without text and blocks packed."""
    return Version(
        number=value["number"], body_hash=value["body_hash"], fingerprint=value["fingerprint"], title=value["title"],
        language=value["language"], text=value["text"], seen_at=datetime.fromisoformat(value["seen_at"]),
        technical=value["technical"],
    )  # fmt: skip


def _body_fits(value: Mapping[str, Any]) -> bool:
    try:
        data = codec.unpack(base64.b64decode(value["data"], validate=True))
    except (zstandard.ZstdError, ValueError):
        return False
    return bool(hashlib.sha256(data).hexdigest() == value["hash"])


def _checkpoint(walk: _Walk, value: dict[str, Any]) -> None:
    point = checkpoint.from_plain(value)
    where, before = f"checkpoint {point.day}", walk.points[-1] if walk.points else None
    walk.points.append(point)
    if not checkpoint.signed(point, walk.public_key):
        walk.problems.append(Misfit(where, "its signature is not good for what it says"))
        return
    if before is not None and point.previous != chain.sha(before.signature):
        walk.problems.append(Misfit(where, "the checkpoint before it is missing or another one"))
    if "seals" not in value:  # an export of one source: its versions alone make no root
        return
    links = sorted(walk.links.pop(point.day, []))
    if checkpoint.root_of(links, value["seals"]) == point.root:
        return
    if not {link[:2] for link in links} & walk.broken:
        walk.problems.append(Misfit(where, "the versions of that day are not those that it signed"))


# ------------------------------------------------------------------------------------ into another database


def take(database: Database, given: Iterable[str], now: datetime) -> tuple[int, list[Misfit]]:
    """Puts exported versions into a database, with their chains as they are: (how many, what was not taken and why).

    What is there already is left alone; a version that does not follow from the one before it is refused.
    """
    number, problems, bodies = 0, [], {}
    for at, line in enumerate(given, 1):
        try:
            value = json.loads(line)
            if value["type"] == "body" and _body_fits(value):
                bodies[value["hash"]] = base64.b64decode(value["data"])
            if value["type"] != "version":
                continue
            with database.write() as session:
                taken, wrong = _take(session, value, bodies, now)
        except (ValueError, KeyError, TypeError) as error:
            problems.append(Misfit(f"line {at}", f"is not a line of an export of versions ({error})"))
            continue
        number += taken
        if wrong:
            problems.append(Misfit(f"{name(value['source'], value['key'])} version {value['number']}", wrong))
    return number, problems


def _take(session: Session, value: Mapping[str, Any], bodies: dict[str, bytes], now: datetime) -> tuple[int, str]:
    document = _document(session, value, now)
    last = session.scalar(
        select(Version).where(Version.document_id == document.id).order_by(Version.number.desc()).limit(1)
    )
    there = session.scalar(
        select(Version.chain).where(Version.document_id == document.id, Version.number == value["number"])
    )
    if there is not None:
        return 0, "" if there == value["chain"] else "another version of that number is there already"
    wrong = _wrong(value, last.number if last else 0, last.chain if last else "")
    if wrong:
        return 0, wrong
    _keep_body(session, value, bodies.pop(value["body_hash"], None), now)
    made = version_row(value)
    made.document_id, made.kept = document.id, float(value.get("kept", 1.0))
    writing.add_version(session, document, value["source"], made, value["blocks"], last.chain if last else "")
    document.last_seen_at, document.told_version = max(document.last_seen_at, made.seen_at), made.number
    return 1, ""


def _document(session: Session, value: Mapping[str, Any], now: datetime) -> Document:
    if session.get(Source, value["source"]) is None:
        source = model.Source(
            id=value["source"], url=value.get("source_url", ""), title=value.get("source_title", ""),
            language=value["language"],
        )  # fmt: skip
        row = writing.source_row(source, now)
        row.active, row.next_check_at = False, None
        session.add(row)
        session.flush()
    document = session.scalar(
        select(Document).where(Document.source_id == value["source"], Document.key == value["key"])
    )
    if document is None:
        seen = datetime.fromisoformat(value["seen_at"])
        document = Document(
            source_id=value["source"], key=value["key"], title=value.get("document_title") or value["title"],
            url=value.get("url", ""), language=value["language"], kind="", first_seen_at=seen, last_seen_at=seen,
        )  # fmt: skip
        session.add(document)
        session.flush()
    return document


def _keep_body(session: Session, value: Mapping[str, Any], data: bytes | None, now: datetime) -> None:
    known = session.get(Body, value["body_hash"])
    if known is None:
        known = Body(hash=value["body_hash"], size=int(value.get("size", 0)), created_at=now)
        known.media_type, known.charset = value.get("media_type", ""), value.get("charset", "")
        session.add(known)
    if known.data is None and data is not None:
        known.data = data
    session.flush()
