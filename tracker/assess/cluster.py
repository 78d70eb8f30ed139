"""One edit in many places is told once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from tracker.assess import policy
from tracker.assess.meaning import Reworded
from tracker.model import Change


def keys(words: Sequence[Reworded]) -> tuple[str, ...]:
    """What makes changes one: for each sentence the words out and in; where these are few, the whole sentence, since
    "30" became "60" in many a sentence that has nothing to do with this one."""
    found = dict.fromkeys(_key(one) for one in words)
    return tuple(found)[: policy.CLUSTER_KEYS]


def _key(one: Reworded) -> str:
    text = f"{' '.join(one.removed)}\x00{' '.join(one.added)}"
    if len(text) < policy.CLUSTER_WORDS:
        text = f"{one.old}\x00{one.new}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def join(change: Change, recent: Sequence[tuple[str, str, datetime]]) -> str:
    """The cluster of a change: the latest cluster which tells all that this change does, else one of its own."""
    wanted = set(change.assessment.cluster_keys)
    held: dict[str, set[str]] = defaultdict(set)
    for key, name, _ in recent:
        if key in wanted:
            held[name].add(key)
    full = [name for _, name, _ in recent if wanted and held.get(name) == wanted]
    return full[-1] if full else f"c-{change.id}"
