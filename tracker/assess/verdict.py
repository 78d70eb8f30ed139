"""The verdict on what a visit found: the steps of the assessment in their order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tracker.assess import cluster, confirm, content, glitch, meaning, memory, policy
from tracker.assess.difference import Difference, Piece, bare, difference, without
from tracker.assess.meaning import Reworded
from tracker.diff.edits import compare
from tracker.model import (
    Assessment,
    Block,
    Change,
    Comparison,
    EditKind,
    Judged,
    Past,
    Reading,
    Reason,
    State,
    Text,
    Tier,
)
from tracker.text.canonical import canonical, fingerprint
from tracker.text.size import length

_TOLD = (Tier.SUBSTANTIVE, Tier.EDITORIAL)
_CONFIDENCE = {Tier.SUBSTANTIVE: 0.9, Tier.EDITORIAL: 0.7, Tier.NOISE: 0.8, Tier.RESTORED: 0.8, Tier.GLITCH: 0.8}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the steps made of a difference: the tier, why, the sentences it rests on, and the regions that changed
    without meaning."""

    tier: Tier
    reasons: tuple[Reason, ...]
    words: tuple[Reworded, ...] = ()
    stirred: tuple[str, ...] = ()


def judge(
    document: str, past: Past, reading: Reading, now: datetime, second_look: timedelta = policy.SECOND_LOOK
) -> Judged:
    """What this reading means for the document: new text, changes, what to remember, when to look again.

    `second_look` is how long after the first one it decides what is surprising; zero tells it at once.
    Empty `memory` and `host` of the answer mean that what is remembered stays as it is.
    """
    blocks = content.document(reading)
    text = Text(fingerprint(blocks), blocks, reading.title, reading.language)
    same = past.told is not None and text.fingerprint == past.told.fingerprint
    wrong = glitch.look(reading, reading.blocks, None if same else past.told)  # no distance between equal texts
    if wrong is not None:
        # Nothing of a glitch is remembered: what is not the document's past can never make a text "seen before".
        return _glitched(past, wrong, now)
    if past.told is None:
        host = content.learn_host(past.host, document, text, now)
        return Judged(text, told=text.fingerprint, memory=memory.begun(past.memory, now), host=host)
    if same:
        back = (confirm.returned(past.pending),) if past.pending else ()
        return Judged(None, back, text.fingerprint)
    return _differs(document, past, past.told, text, reading, now, second_look)


def _glitched(past: Past, wrong: Reason, now: datetime) -> Judged:
    pending = past.pending
    if pending is not None and confirm.due(pending, now):  # what was seen is told in time, though not seen again
        return Judged(None, (confirm.unconfirmed(pending, now),), pending.new, glitch=wrong)
    return Judged(recheck_at=pending.confirm_at if pending is not None else None, glitch=wrong)


def _differs(
    document: str, past: Past, told: Text, text: Text, reading: Reading, now: datetime, second_look: timedelta
) -> Judged:
    pending = past.pending
    if pending is not None and pending.new == text.fingerprint and not confirm.due(pending, now):
        return Judged(recheck_at=pending.confirm_at)
    found = difference(told.blocks, text.blocks)
    lost = content.links_lost(told.blocks, text.blocks)
    found = replace(found, gone=(*found.gone, *lost)) if lost else found
    foreign = glitch.tongue(found)
    if foreign is not None:
        return _glitched(past, foreign, now)
    parts = content.furniture(told, text.blocks, document, past.host)
    finding = weighed(found, parts, reading, past.memory, now, told)
    host = content.learn_host(past.host, document, text, now, parts)
    kept = memory.stirred(past.memory, finding.stirred, now) if finding.stirred else past.memory
    if pending is not None and pending.new == text.fingerprint:
        kept = memory.remember(kept, found.gone, now)
        return Judged(None, (confirm.confirmed(pending, now),), text.fingerprint, kept, host)
    closed = (confirm.superseded(pending),) if pending is not None else ()
    seen = pending.seen if pending is not None else now
    change = _change(document, told, text, seen, finding)
    if finding.tier in _TOLD and not change.comparison.edits:  # nothing could be shown of what is told
        finding = replace(finding, tier=Tier.NOISE, reasons=(_ORDER, *finding.reasons))
        change = _change(document, told, text, seen, finding)
    wait = confirm.surprise(told, finding.words) if finding.tier in _TOLD else None
    if wait is not None:
        change = confirm.waiting(change, wait, second_look)
        if not confirm.due(change, now):
            return Judged(text, (*closed, change), None, kept, host, change.confirm_at)
    if finding.tier in _TOLD:
        change = confirm.told(change, now)
    kept = memory.remember(kept, found.gone, now)
    return Judged(text, (*closed, change), text.fingerprint, kept, host)


# ------------------------------------------------------------------------------------------------- weighing


def weighed(
    found: Difference, parts: content.Furniture, reading: Reading, kept: Mapping[str, Any], now: datetime, told: Text
) -> Finding:
    """What a difference means: furniture and texts seen before first, then the words of what is left."""
    if memory.young(kept, now) and content.is_shell(told.blocks) and len(found.fresh) > 2 * len(found.gone):
        return Finding(Tier.NOISE, (_FIRST,))
    gone, left_out, why_gone = content.parted(found.gone, parts)
    fresh, beside, why_fresh = content.parted(found.fresh, parts)
    gone = [piece for piece in gone if piece.block.role == "main"]  # a banner that is taken down says nothing new
    muted = tuple(dict.fromkeys((*why_gone, *why_fresh)))
    if all(parts.apart(piece) for piece in (*gone, *fresh)):
        left_out, beside = [*left_out, *gone], [*beside, *fresh]
        muted += (_APART,) if gone or fresh else ()
        gone, fresh = [], []
    gone = without(gone, reading.aside) if reading.aside and gone else gone
    stirred = tuple(piece.block.region for piece in (*left_out, *beside) if piece.block.region)
    if not gone and not fresh:
        return Finding(Tier.NOISE, muted or (_ORDER,), (), stirred)
    pairs = meaning.pair(gone, fresh)
    titles = canonical(f"{told.title}\n{reading.title}")
    news = [one for one in pairs if not _seen(one, kept, now)]
    news = [one for one in news if (one.old and one.new) or not _in_title(one.new or one.old, titles)]
    if not news and not all(_seen(one, kept, now) for one in pairs):
        return Finding(Tier.NOISE, (_TITLE, *muted), tuple(pairs), stirred)
    if not news:
        return Finding(Tier.RESTORED, (_VARIANT, *muted), tuple(pairs), stirred)
    return _best(news, parts, kept, now, muted, stirred)


_ORDER = Reason("canonical", "order", "The same sentences, in another order, number or division.")
_TITLE = Reason("canonical", "title", "The page's title stands once more, or once less, in its text.")
_FIRST = Reason("content", "filled", "The page showed no text until now: this is the document's first.")
_APART = Reason("content", "apart", "Apart from the text, not in it; nothing there binds.")
_VARIANT = Reason("memory", "variant", "All of this was there before.")


def _seen(one: Reworded, kept: Mapping[str, Any], now: datetime) -> bool:
    piece = one.now or one.was
    return piece is not None and memory.known(kept, piece, now)


def _in_title(form: str, titles: str) -> bool:
    letters = bare(form)
    return form in titles or (length(letters) >= policy.TITLE_PART and letters in bare(titles))


def _best(
    news: Sequence[Reworded],
    parts: content.Furniture,
    kept: Mapping[str, Any],
    now: datetime,
    muted: tuple[Reason, ...],
    stirred: tuple[str, ...],
) -> Finding:
    rated: dict[Tier, list[tuple[Reason, Reworded]]] = {}
    for one in news:
        tier, reason = _rate(one, parts, kept, now)
        rated.setdefault(tier, []).append((reason, one))
    for tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL, Tier.NOISE):
        if tier in rated:
            reasons = tuple(dict.fromkeys(reason for reason, _ in rated[tier]))[:8]
            words = tuple(one for _, one in rated[tier])
            if tier is Tier.NOISE:
                stirred += tuple(one.block.region for one in words if one.block.region)
            return Finding(tier, reasons + muted, words, stirred)
    raise AssertionError("every sentence is rated")  # pragma: no cover - `news` is never empty


def _rate(one: Reworded, parts: content.Furniture, kept: Mapping[str, Any], now: datetime) -> tuple[Tier, Reason]:
    piece = one.now or one.was
    given = memory.lesson(kept, piece.bare) if piece is not None else None
    if given is not None:
        return given, Reason("memory", "lesson", "A reader judged this text before.")
    tier, reason = meaning.weigh(one, now, inside=parts.inside(one.block), index=parts.index)
    if memory.volatile(kept, one.block.region, now) and not meaning.binds(" ".join((*one.removed, *one.added))):
        return Tier.NOISE, Reason("memory", "volatile", "This part of the page changes again and again.", reason.words)
    return tier, reason


# -------------------------------------------------------------------------------------------------- changes


def _change(document: str, told: Text, text: Text, seen: datetime, finding: Finding) -> Change:
    tier = finding.tier
    comparison = _compared(told.blocks, text.blocks, finding.words) if tier in _TOLD else Comparison()
    assessment = Assessment(tier, State.SILENT, _CONFIDENCE[tier], finding.reasons, cluster.keys(finding.words))
    identity = confirm.identity(document, told.fingerprint, text.fingerprint, seen)
    return Change(identity, told.fingerprint, text.fingerprint, seen, comparison, assessment)


def _compared(old: Sequence[Block], new: Sequence[Block], words: Sequence[Reworded]) -> Comparison:
    """The edits that carry what is told; what was muted beside it stays in the versions."""
    whole = compare(old, new)
    if not words:
        return whole
    carry = {piece.block for one in words for piece in (one.was, one.now) if piece is not None}
    edits = tuple(edit for edit in whole.edits if carry & {*edit.old, *edit.new} and edit.kind is not EditKind.MOVE)
    if not edits:
        return whole
    at = {id(edit): number for number, edit in enumerate(edits)}
    place = {number: at[id(edit)] for number, edit in enumerate(whole.edits) if id(edit) in at}
    return Comparison(
        edits,
        tuple(replace(each, edit=place[each.edit]) for each in whole.references if each.edit in place),
        tuple(replace(each, edit=place[each.edit]) for each in whole.deadlines if each.edit in place),
    )


def unanswered(past: Past, now: datetime) -> Judged:
    """The second look brought no answer at all: what waits is told in time all the same."""
    pending = past.pending
    if pending is None:
        return Judged()
    if confirm.due(pending, now):
        return Judged(None, (confirm.unconfirmed(pending, now),), pending.new)
    return Judged(recheck_at=pending.confirm_at)


def announce(document: str, past: Past, reading: Reading, now: datetime) -> Judged:
    """A document seen for the first time in a source that is known: its whole text is news."""
    wrong = glitch.look(reading, reading.blocks, None)
    if wrong is not None and wrong.code == "empty":
        return Judged(glitch=wrong)
    blocks = content.document(reading)
    text = Text(fingerprint(blocks), blocks, reading.title, reading.language)
    reason = Reason("content", "new-document", "A document that was not there before.", (reading.title,))
    change = _change(document, Text("", ()), text, now, Finding(Tier.SUBSTANTIVE, (reason,)))
    return Judged(text, (confirm.told(change, now),), text.fingerprint)


def withdrawn(document: str, past: Past, now: datetime, second_look: timedelta = policy.SECOND_LOOK) -> Judged:
    """A document that its source no longer shows: told as such once a second look finds it gone as well."""
    told = past.told or past.latest
    if told is None or not told.blocks:
        return Judged()
    empty = Text(fingerprint(()), ())
    pending = past.pending
    if pending is not None and pending.new == empty.fingerprint:
        if not confirm.due(pending, now):
            return Judged(recheck_at=pending.confirm_at)
        return Judged(None, (confirm.confirmed(pending, now),), empty.fingerprint)
    reason = Reason("content", "withdrawn", "The source no longer shows the document.", (told.title,))
    change = _change(document, told, empty, now, Finding(Tier.SUBSTANTIVE, (reason,)))
    why = Reason("confirm", "removal", "A second look decides whether it is gone.")
    change = confirm.waiting(change, why, second_look)
    if confirm.due(change, now):
        return Judged(empty, (confirm.told(change, now),), empty.fingerprint)
    closed = (confirm.superseded(pending),) if pending is not None else ()
    return Judged(empty, (*closed, change), None, recheck_at=change.confirm_at)


__all__ = ["Finding", "Piece", "announce", "judge", "unanswered", "weighed", "withdrawn"]
