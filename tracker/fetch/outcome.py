"""What an outcome means: words for failures, and a source's standing from its checks' outcomes."""

from __future__ import annotations

from tracker.model import Health, Outcome

GOOD = frozenset({Outcome.OK, Outcome.NOT_MODIFIED})
BY_HAND = frozenset({Outcome.BLOCKED, Outcome.ROBOTS, Outcome.LOGIN, Outcome.CONSENT})
GONE = frozenset({Outcome.NOT_FOUND, Outcome.GONE})

_SEVERITY = {Health.NEW: 0, Health.OK: 0, Health.FAILING: 1, Health.BLOCKED: 2, Health.GONE: 3}
_EVENT = {Health.FAILING: "source.failing", Health.BLOCKED: "source.blocked", Health.GONE: "document.gone"}


class Failure(Exception):  # noqa: N818  not an error of ours: what the world did
    """Ends a visit with an outcome and a reason in plain words. `retry_after` is seconds, where the host said so."""

    def __init__(
        self, outcome: Outcome, reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.outcome, self.reason, self.status, self.retry_after = outcome, reason, status, retry_after


def health(
    previous: Health, failures: int, outcome: Outcome, failing_after: int, *, known: bool = True
) -> tuple[Health, int, str | None]:
    """The standing after a check: (health, failures in a row, the event to raise or None).

    A good check sets everything right at once and raises `source.recovered` where something had been raised. Failures
    decide at every `failing_after`-th in a row, by the outcome of that one: 404 and 410 make GONE (`document.gone`),
    what only a person can open makes BLOCKED (`source.blocked`), the rest FAILING (`source.failing`). Until it
    recovers a standing only gets worse in that order, so that an outage raises each event once at most, however the
    failures alternate. What was never read cannot be gone (`known` says whether it was, where NEW
    does not say it already): it is FAILING.
    """
    if outcome in GOOD:
        bad = _SEVERITY[previous] > 0
        return Health.OK, 0, "source.recovered" if bad else None
    failures = max(failures, 0) + 1
    if failures % max(failing_after, 1):
        return previous, failures, None
    now = _standing(outcome, known=known and previous is not Health.NEW)
    if _SEVERITY[now] <= _SEVERITY[previous]:
        return previous, failures, None
    return now, failures, _EVENT[now]


def _standing(outcome: Outcome, *, known: bool) -> Health:
    if outcome in GONE:
        return Health.GONE if known else Health.FAILING
    return Health.BLOCKED if outcome in BY_HAND else Health.FAILING


def of_status(status: int, *, asked_conditionally: bool, retry_after: float | None) -> tuple[Outcome, str] | None:
    """The outcome that a status alone decides, with its reason; None for an answer with a body to read."""
    if status == 304:
        if asked_conditionally:
            return Outcome.NOT_MODIFIED, "not modified since the last visit"
        return Outcome.PROTOCOL, "the host says “not modified” (304) although we did not ask whether it was"
    if status == 206:
        return Outcome.PROTOCOL, "the host sent a part (206) although we asked for the whole"
    if 200 <= status < 300:
        return None
    if status in _STATUS:
        return _STATUS[status]
    if status == 503 and retry_after is not None:
        return Outcome.RATE_LIMITED, f"the host asks to come back in {in_words(retry_after)} (503)"
    if status == 429:
        later = f"in {in_words(retry_after)}" if retry_after is not None else "later"
        return Outcome.RATE_LIMITED, f"too many requests, the host says: come back {later} (429)"
    if status >= 500:
        return Outcome.SERVER_ERROR, f"the host has a failure of its own ({status})"
    if status >= 400:
        return Outcome.CLIENT_ERROR, f"the host does not accept the request ({status})"
    return Outcome.PROTOCOL, f"the host answered {status} and did not say where to go"


_STATUS = {
    401: (Outcome.BLOCKED, "the host asks for a password (401): open it by hand"),
    403: (Outcome.BLOCKED, "the host refuses programs (403): open it by hand"),
    404: (Outcome.NOT_FOUND, "the host does not know this address any more (404)"),
    407: (Outcome.CONNECT, "the proxy asks for a password (407): see TRACKER_PROXY"),
    410: (Outcome.GONE, "the host says the page is gone for good (410)"),
    451: (Outcome.BLOCKED, "withheld for legal reasons (451): open it by hand"),
}


def in_words(seconds: float) -> str:
    """A span of time as a person says it: "90 s", "5 min", "3 h", "2 d"."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
