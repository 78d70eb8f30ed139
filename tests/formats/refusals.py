"""What a reader said of a body it would not read."""

from __future__ import annotations

from collections.abc import Callable

from tracker.formats.errors import Unreadable
from tracker.model import Outcome, Reading


def defect(read: Callable[[], Reading]) -> str:
    """The reason, where reading ended in what the registry takes for a defect of ours; else ""."""
    try:
        read()
    except Unreadable as error:
        return error.reason if error.outcome is Outcome.INTERNAL or not error.reason else ""
    return ""
