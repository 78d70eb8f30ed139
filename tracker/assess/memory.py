"""What is remembered of a document: texts seen, regions that rotate, corrections by readers. JSON objects only.

`texts` maps a sentence's mark to [first day, last day, times] of its disappearing; `regions` a region's mark to the
days on which it changed without meaning; `lessons` a sentence's mark to the tier a reader gave it. Days count from
the epoch; `first` is the one on which the document was first seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tracker.assess import policy
from tracker.assess.difference import Piece, pieces
from tracker.model import Change, Tier


def mark(text: str) -> str:
    """Sixteen hexadecimal digits that stand for a sentence (its bare form, see assess.difference)."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def day(now: datetime) -> int:
    """Days since the epoch."""
    return int(now.timestamp() // 86_400)


def begun(memory: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The memory of a document that is seen for the first time."""
    return {**memory, "first": day(now)}


def young(memory: Mapping[str, Any], now: datetime) -> bool:
    """Whether the document was first seen only days ago."""
    return day(now) - int(memory.get("first", day(now))) <= policy.FIRST_DAYS


def remember(memory: Mapping[str, Any], pieces: Iterable[Piece], now: datetime) -> dict[str, Any]:
    """The memory with these sentences, which the document shows no more; those gone for longest are forgotten first."""
    today, texts = day(now), dict(memory.get("texts", {}))
    for piece in pieces:
        key = mark(piece.bare)
        first, _, times = texts.get(key, (today, today, 0))
        texts[key] = [first, today, times + 1]
    if len(texts) > policy.REMEMBER_TEXTS:
        texts = dict(sorted(texts.items(), key=lambda pair: (pair[1][1], pair[1][2]))[-policy.REMEMBER_TEXTS :])
    return {**memory, "texts": texts}


def known(memory: Mapping[str, Any], piece: Piece, now: datetime) -> bool:
    """Whether the document has shown this sentence before and then not, and was without it for days or weeks only: a
    text that is restored after months changes again what readers can rely on.

    Pages show variants to their visitors; a text without parts of a page (a law's file, an entry of a list) does so
    only where it was seen to come and go: there a first return after some days is a change like any other.
    """
    seen = memory.get("texts", {}).get(mark(piece.bare))
    if not seen:
        return False
    gone, times = day(now) - int(seen[1]), int(seen[2])
    whole = piece.block.region or times >= policy.RETURNS
    return gone <= (policy.RESTORED_DAYS if whole else policy.REVERTED_DAYS)


def stirred(memory: Mapping[str, Any], regions: Iterable[str], now: datetime) -> dict[str, Any]:
    """The memory with these regions changed once more without meaning."""
    today, kept = day(now), dict(memory.get("regions", {}))
    for region in set(regions):
        key = mark(region)
        days = [past for past in kept.get(key, []) if today - past <= policy.VOLATILE_WINDOW_DAYS]
        kept[key] = [*days, today][-8:]
    return {**memory, "regions": dict(list(kept.items())[-300:])}


def volatile(memory: Mapping[str, Any], region: str, now: datetime) -> bool:
    """Whether the region changes again and again without meaning; it calms down with time."""
    days = memory.get("regions", {}).get(mark(region), [])
    return bool(sum(day(now) - past <= policy.VOLATILE_WINDOW_DAYS for past in days) >= policy.VOLATILE)


def learn(memory: Mapping[str, Any], change: Change, tier: Tier) -> dict[str, Any]:
    """The memory after a reader's correction: these sentences, and regions if it was noise, are judged so from now."""
    lessons = dict(memory.get("lessons", {}))
    touched = [block for edit in change.comparison.edits for block in (*edit.new, *edit.old)]
    lessons.update({mark(piece.bare): tier.value for piece in pieces(touched)})
    taught = {**memory, "lessons": dict(list(lessons.items())[-500:])}
    if tier is Tier.NOISE:
        for _ in range(policy.VOLATILE):
            taught = stirred(taught, (block.region for block in touched if block.region), change.seen)
    return taught


def lesson(memory: Mapping[str, Any], bare: str) -> Tier | None:
    """The tier that a reader gave this sentence."""
    given = memory.get("lessons", {}).get(mark(bare))
    return Tier(given) if given else None
