"""When surprise is high a second look decides; never later than a day after first seen. The policy is here alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker.assess import policy
from tracker.assess.meaning import Reworded
from tracker.model import Change, Reason, State, Text, Tier


def identity(document: str, old: str, new: str, seen: datetime) -> str:
    """The change's id: the same for the same change, wherever it is found."""
    return hashlib.sha256(f"{document}\n{old}\n{new}\n{int(seen.timestamp())}".encode()).hexdigest()[:20]


def surprise(told: Text, words: Sequence[Reworded]) -> Reason | None:
    """Why a change is told only after a second look, or None."""
    size = sum(len(block.text) for block in told.blocks) or 1
    lost = sum(len(one.old) for one in words if not one.new)
    moved = max(sum(len(one.old) for one in words), sum(len(one.new) for one in words))
    if lost and not any(one.new for one in words):
        return Reason("confirm", "removal", "Text is gone and none came: a second look decides.")
    if moved > policy.REWRITTEN * size:
        return Reason("confirm", "rewritten", "Most of the text differs: a second look decides.")
    return None


def waiting(change: Change, why: Reason, second_look: timedelta = policy.SECOND_LOOK) -> Change:
    """The change, pending until `confirm_at`, so much later than it was first seen."""
    verdict = replace(change.assessment, state=State.PENDING, reasons=(*change.assessment.reasons, why))
    return replace(change, assessment=verdict, confirm_at=change.seen + second_look)


def due(change: Change, now: datetime) -> bool:
    """Whether the second look is there."""
    if change.confirm_at is None:
        return True
    return now >= change.confirm_at - policy.EARLY * (change.confirm_at - change.seen)


def told(change: Change, now: datetime) -> Change:
    """The change, told now."""
    return replace(change, assessment=replace(change.assessment, state=State.TOLD), told=now, confirm_at=None)


def confirmed(change: Change, now: datetime) -> Change:
    """A pending change whose text was found again."""
    return told(_because(change, Reason("confirm", "confirmed", "A second look found the same text.")), now)


def unconfirmed(change: Change, now: datetime) -> Change:
    """A pending change that is told in time although the page does not show the document now."""
    return told(
        _because(change, Reason("confirm", "unconfirmed", "Told in time; the page shows something else now.")), now
    )


def returned(change: Change) -> Change:
    """A pending change whose page went back to the text that readers know."""
    back = _because(change, Reason("memory", "restored", "The text that readers know is back."))
    verdict = replace(back.assessment, tier=Tier.RESTORED, state=State.SILENT)
    return replace(back, assessment=verdict, confirm_at=None)


def superseded(change: Change) -> Change:
    """A pending change whose text went on changing: what is told, in the same time, is the change as a whole."""
    on = _because(change, Reason("confirm", "superseded", "The text changed again; both changes are judged as one."))
    return replace(on, assessment=replace(on.assessment, state=State.SILENT), confirm_at=None)


def _because(change: Change, why: Reason) -> Change:
    return replace(change, assessment=replace(change.assessment, reasons=(*change.assessment.reasons, why)))
