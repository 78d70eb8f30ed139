"""A reader's correction trains the memory of the document it is about: the same sentences are judged so from now on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from tracker.assess import memory
from tracker.model import Tier
from tracker.store import codec, writing
from tracker.store.tables import Change, SourceMemory


def teach(session: Session, change_id: str, tier: str, now: datetime) -> None:
    """Puts the lesson of a corrected tier into the document's memory. Raises KeyError for an unknown change and
    ValueError for an unknown tier."""
    row = session.get(Change, change_id)
    if row is None:
        raise KeyError(change_id)
    scope = f"document:{row.document_id}"
    kept = session.get(SourceMemory, scope)
    known = dict(kept.data) if kept is not None else {}
    taught = memory.learn(known, codec.change_value(session, change_id), Tier(tier))
    writing.remember(session, scope, row.source_id, taught, now)
