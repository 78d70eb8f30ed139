"""How far a host's ETag and Last-Modified are believed.

“Not modified” (304) saves both sides work, and some hosts say it of pages that did change: a stale cache in between,
an ETag made from something else than the text. So no page is taken on trust for longer than a day: after that it is
asked for whole, which is what keeps the promise that every change is told within a day. A host that gives other bytes
under the same mark is not believed any more: its marks are not kept, so it is asked for the whole page each time.
"""

from __future__ import annotations

import hashlib
import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tracker.fetch.headers import Said

TRUST_SECONDS = 20 * 3_600.0  # so that also a page visited twice a day is asked for whole once in 24 h
KNOWN_PAGES = 50_000

_chance = random.SystemRandom().random


@dataclass(slots=True)
class _Known:
    whole_at: float
    mark: str = ""
    digest: bytes = b""
    lies: bool = False


class Validators:
    """What this process has learned of hosts' marks, by address. `now` is a clock in seconds, `chance` 0 to 1."""

    def __init__(self, now: Callable[[], float], *, chance: Callable[[], float] = _chance) -> None:
        self._now, self._chance = now, chance
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def conditions(self, url: str, etag: str, last_modified: str) -> dict[str, str]:
        """The headers that ask whether the text we have still holds; none where the whole is to be asked for."""
        if not etag and not last_modified:
            return {}
        known = self._known.get(url)
        if known is None:
            # After a start nobody knows when the whole was last seen: some moment within the day before.
            known = self._keep(url, _Known(self._now() - self._chance() * TRUST_SECONDS))
        if known.lies or self._now() - known.whole_at >= TRUST_SECONDS:
            return {}
        conditions = {"If-None-Match": etag} if etag else {}
        # RFC 9110, 13.1.3: beside If-None-Match a host ignores it, so it only serves hosts that know no ETag.
        return {**conditions, "If-Modified-Since": last_modified} if last_modified else conditions

    def received(self, url: str, said: Said, body: bytes) -> tuple[Said, str]:
        """What is to be kept of the marks of a whole answer, and a word for the operator where they are not."""
        mark = said.etag or said.last_modified
        digest = hashlib.sha256(body).digest()
        before = self._known.get(url)
        lies = before is not None and (
            before.lies or bool(before.mark and before.mark == mark and before.digest != digest)
        )
        self._keep(url, _Known(self._now(), mark, digest, lies))
        if not lies:
            return said, ""
        kept = Said(said.media_type, said.charset)
        return kept, "the host gives another text under the same ETag or date, so its “not modified” is not relied on"

    def _keep(self, url: str, known: _Known) -> _Known:
        self._known[url] = known
        self._known.move_to_end(url)
        while len(self._known) > KNOWN_PAGES:
            self._known.popitem(last=False)
        return known
