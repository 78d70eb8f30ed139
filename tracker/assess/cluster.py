"""One edit in many places is told once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from tracker.model import Change


def keys(removed: Sequence[str], added: Sequence[str]) -> tuple[str, ...]:
    """What makes two changes one: the same words out and in, whatever stands around them."""
    words = f"{' '.join(removed)}\x00{' '.join(added)}"
    return (
        (hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),) if len(words) > 12 else ()
    )


def join(change: Change, recent: Sequence[tuple[str, str, datetime]]) -> str:
    """The cluster of a change: that of the latest change with a key in common, else one of its own."""
    wanted = set(change.assessment.cluster_keys)
    return next((name for key, name, _ in reversed(recent) if key in wanted), f"c-{change.id}")
