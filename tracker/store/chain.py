"""Proof that no past was altered: each version's chain value covers its text, blocks, body and time and the one before;
each change is sealed; a day's checkpoint signs where all chains stood.

Hash chain after Haber and Stornetta (1991); signatures are Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.store import tables


def sha(data: bytes | str) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def moment(value: datetime) -> str:
    """A time as it stands in hashes: UTC, microseconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def link(before: str, source_id: str, key: str, version: tables.Version, blocks: bytes) -> str:
    """A version's chain value. `before` is the chain value of the version before ("" for the first), `blocks` the
    uncompressed JSON of the blocks."""
    parts = [
        before,
        source_id,
        key,
        version.number,
        version.body_hash,
        version.fingerprint,
        version.title,
        version.language,
        sha(version.text),
        sha(blocks),
        moment(version.seen_at),
        version.technical,
    ]
    return sha(json.dumps(parts, ensure_ascii=False, separators=(",", ":")))


def seal(session: Session, change: tables.Change) -> str:
    """The SHA-256 over a change as it stands with its edits, areas and evidence."""
    edits = session.scalars(
        select(tables.Edit).where(tables.Edit.change_id == change.id).order_by(tables.Edit.position)
    )
    areas = session.scalars(select(tables.ChangeArea).where(tables.ChangeArea.change_id == change.id))
    evidence = session.scalars(
        select(tables.Evidence).where(tables.Evidence.change_id == change.id).order_by(tables.Evidence.id)
    )
    chains = [
        (session.scalar(select(tables.Version.chain).where(tables.Version.id == version)) or "") if version else ""
        for version in (change.old_version_id, change.new_version_id)
    ]
    return seal_of(change, chains, edits, areas, evidence)


def seal_of(
    change: tables.Change,
    chains: Sequence[str],
    edits: Iterable[tables.Edit],
    areas: Iterable[tables.ChangeArea],
    evidence: Iterable[tables.Evidence],
) -> str:
    """The same from rows at hand: `chains` of the two versions, edits by position, evidence by id."""
    value: list[Any] = [
        change.id, change.source_id, list(chains), moment(change.seen_at),
        moment(change.told_at) if change.told_at else "", moment(change.recorded_at),
        change.tier, change.state, repr(change.confidence), change.reasons, change.summary, change.headline,
        change.references_, change.deadlines, change.cluster, change.main_area, change.technical,
        [[e.position, e.kind, e.path, e.eid, e.old_path, e.old_at, e.new_at, e.old_count, e.new_count,
          e.old_text, e.new_text, e.spans] for e in edits],
        [[a.kind, a.area, repr(a.score), a.main] for a in sorted(areas, key=lambda a: (a.kind, a.area))],
        [[w.area, w.edit_position, w.side, w.start, w.end, repr(w.weight), w.words] for w in evidence],
    ]  # fmt: skip
    return sha(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
