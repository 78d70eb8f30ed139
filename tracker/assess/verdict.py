"""The verdict on what a visit found: the steps of the assessment in their order. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker.assess import cluster, glitch, meaning, memory, policy
from tracker.diff.edits import compare
from tracker.model import Assessment, Block, Change, Comparison, Judged, Past, Reading, Reason, State, Text, Tier
from tracker.text.canonical import canonical, fingerprint


def judge(document: str, past: Past, reading: Reading, now: datetime) -> Judged:
    """What this reading means for the document: new text, changes, what to remember, when to look again."""
    text = Text(fingerprint(reading.blocks), reading.blocks, reading.title, reading.language)
    kept = {**past.memory}
    wrong = glitch.look(reading, reading.blocks, past.told)
    if wrong is not None:
        # Texts of a glitch are not remembered: what is not the document's past can never make a text "seen before".
        return Judged(memory=kept, host=past.host, glitch=wrong)
    if past.told is None:
        return Judged(text, told=text.fingerprint, memory=memory.remember(kept, text.blocks, now), host=past.host)
    if text.fingerprint == past.told.fingerprint:
        dropped = (_silent(past.pending, _RETURNED),) if past.pending else ()
        return Judged(None, dropped, text.fingerprint, memory=kept, host=past.host)
    return _differs(document, past, past.told, text, kept, now)


_RETURNED = Reason("memory", "restored", "The text that readers know is back.")


def _differs(document: str, past: Past, told: Text, text: Text, kept: dict[str, Any], now: datetime) -> Judged:
    fresh, gone = _difference(told.blocks, text.blocks)
    unseen = [block for block in fresh if not memory.known(kept, block.text)]
    pending = past.pending
    if pending is not None and pending.new == text.fingerprint:
        if now - pending.seen < policy.CONFIRM_AFTER:
            return Judged(memory=kept, host=past.host, recheck_at=pending.confirm_at)
        decided = _told(pending, now)
        return Judged(None, (decided,), text.fingerprint, memory.remember(kept, text.blocks, now), past.host)
    dropped = (_silent(pending, _RETURNED),) if pending is not None else ()
    seen_since = pending.seen if pending is not None else now
    tier, reasons, words, stirred = _weighed(gone, unseen, kept, now)
    surprise = _surprise(told, gone, unseen)
    kept = memory.stirred(kept, stirred, now)
    if tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL) and surprise is not None and seen_since == now:
        change = _change(document, told, text, now, tier, State.PENDING, (*reasons, surprise), words)
        change = replace(change, confirm_at=now + policy.CONFIRM_RECHECK)
        return Judged(text, (*dropped, change), None, kept, past.host, change.confirm_at)
    state = State.TOLD if tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL) else State.SILENT
    change = _change(document, told, text, now, tier, state, reasons, words)
    if state is State.TOLD:
        change = replace(change, told=now)
    return Judged(text, (*dropped, change), text.fingerprint, memory.remember(kept, text.blocks, now), past.host)


def _difference(old: Sequence[Block], new: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """(blocks whose text is new, blocks whose text is gone), whatever their order and number."""
    before, after = {canonical(block.text) for block in old}, {canonical(block.text) for block in new}
    fresh = [block for block in new if (form := canonical(block.text)) and form not in before]
    gone = [block for block in old if (form := canonical(block.text)) and form not in after]
    return fresh, gone


def _weighed(
    gone: Sequence[Block], unseen: Sequence[Block], kept: Mapping[str, Any], now: datetime
) -> tuple[Tier, tuple[Reason, ...], list[meaning.Reworded], list[str]]:
    if not unseen and not gone:
        return Tier.NOISE, (Reason("canonical", "order", "The same texts, in another order or number."),), [], []
    pairs = meaning.pair(gone, unseen)
    rated = [(*_rate(one, kept, now), one) for one in pairs]
    best: dict[Tier, list[tuple[Reason, meaning.Reworded]]] = {}
    for tier, reason, one in rated:
        best.setdefault(tier, []).append((reason, one))
    for tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL):
        if tier in best:
            reasons = tuple(dict.fromkeys(reason for reason, _ in best[tier]))[:8]
            return tier, reasons, [one for _, one in best[tier]], []
    reasons = tuple(dict.fromkeys(reason for reason, _ in best.get(Tier.NOISE, [])))[:8]
    if not unseen and not reasons:
        return Tier.RESTORED, (Reason("memory", "variant", "All of this was there before."),), [], []
    return Tier.NOISE, reasons, pairs, [one.block.region for one in pairs if one.block.region]


def _rate(one: meaning.Reworded, kept: Mapping[str, Any], now: datetime) -> tuple[Tier, Reason]:
    given = memory.lesson(kept, one.new or one.old)
    if given is not None:
        return given, Reason("memory", "lesson", "A reader judged this text before.")
    tier, reason = meaning.weigh(one)
    if memory.volatile(kept, one.block.region, now) and not meaning.binds(" ".join((*one.removed, *one.added))):
        return Tier.NOISE, Reason("memory", "volatile", "This part of the page changes again and again.", reason.words)
    return tier, reason


def _surprise(told: Text, gone: Sequence[Block], unseen: Sequence[Block]) -> Reason | None:
    size = sum(len(block.text) for block in told.blocks) or 1
    moved = max(sum(len(b.text) for b in gone), sum(len(b.text) for b in unseen))
    if gone and not unseen:
        return Reason("confirm", "removal", "Text is gone and none came: a second look decides.")
    if moved > policy.REWRITTEN * size:
        return Reason("confirm", "rewritten", "Most of the text differs: a second look decides.")
    return None


def _change(
    document: str, told: Text, text: Text, now: datetime, tier: Tier, state: State,
    reasons: tuple[Reason, ...], words: Sequence[meaning.Reworded],
) -> Change:  # fmt: skip
    removed, added = [p for one in words for p in one.removed], [p for one in words for p in one.added]
    comparison = compare(told.blocks, text.blocks) if state is not State.SILENT else Comparison()
    keys = cluster.keys(removed, added)
    return Change(
        identity(document, told.fingerprint, text.fingerprint, now), told.fingerprint, text.fingerprint, now, comparison,
        Assessment(tier, state, 0.9 if tier is Tier.SUBSTANTIVE else 0.7, reasons, keys),
    )  # fmt: skip


def identity(document: str, old: str, new: str, seen: datetime) -> str:
    """The change's id: the same for the same change, wherever it is found."""
    return hashlib.sha256(f"{document}\n{old}\n{new}\n{int(seen.timestamp())}".encode()).hexdigest()[:20]


def _told(change: Change, now: datetime) -> Change:
    why = Reason("confirm", "confirmed", "A second look found the same text.")
    verdict = replace(change.assessment, state=State.TOLD, reasons=(*change.assessment.reasons, why))
    return replace(change, assessment=verdict, told=now, confirm_at=None)


def _silent(change: Change, why: Reason) -> Change:
    verdict = replace(
        change.assessment, tier=Tier.RESTORED, state=State.SILENT, reasons=(*change.assessment.reasons, why)
    )
    return replace(change, assessment=verdict, confirm_at=None)


def announce(document: str, past: Past, reading: Reading, now: datetime) -> Judged:
    """A document seen for the first time in a source that is known: its whole text is news."""
    wrong = glitch.look(reading, reading.blocks, None)
    if wrong is not None and wrong.code == "empty":
        return Judged(memory=past.memory, host=past.host, glitch=wrong)
    text = Text(fingerprint(reading.blocks), reading.blocks, reading.title, reading.language)
    reason = Reason("content", "new-document", "A document that was not there before.", (reading.title,))
    change = _change(document, Text("", ()), text, now, Tier.SUBSTANTIVE, State.TOLD, (reason,), ())
    kept = memory.remember(past.memory, text.blocks, now)
    return Judged(text, (replace(change, told=now),), text.fingerprint, kept, past.host)


def withdrawn(document: str, past: Past, now: datetime) -> Judged:
    """A document that its source no longer shows: told as such once a second look finds it gone as well."""
    told = past.told or past.latest
    if told is None or not told.blocks:
        return Judged(memory=past.memory, host=past.host)
    empty = Text(fingerprint(()), ())
    pending = past.pending
    if pending is not None and pending.new == empty.fingerprint:
        if now - pending.seen < policy.CONFIRM_AFTER:
            return Judged(memory=past.memory, host=past.host, recheck_at=pending.confirm_at)
        return Judged(None, (_told(pending, now),), empty.fingerprint, past.memory, past.host)
    reason = Reason("content", "withdrawn", "The source no longer shows the document.", (told.title,))
    change = _change(document, told, empty, now, Tier.SUBSTANTIVE, State.PENDING, (reason,), ())
    change = replace(change, confirm_at=now + policy.CONFIRM_RECHECK)
    return Judged(empty, (change,), None, past.memory, past.host, change.confirm_at)
