"""What a format raises: one error, with a reason in words that the check's log shows."""

from __future__ import annotations

from tracker.model import Outcome


class Unreadable(Exception):  # noqa: N818 - the name says what the body is; DESIGN and the pipeline use it
    """A body of which no reading can be made. `reason` is one sentence for the operator, `outcome` how the check
    ended."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.UNREADABLE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome
