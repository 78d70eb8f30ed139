"""What a visit reads beyond its first answer: further pages of one list, and linked documents."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Fetched, Outcome, Reading, Source
from tracker.pipeline.documents import Clusters, entries, one_document, read
from tracker.pipeline.visits import FOLLOWED, DocumentVisit, Fact, Fetch, Rooms, Visited, change_facts, reason_of
from tracker.store.state import SourceState

PAGES = 10  # of one list, read in one visit at most


async def turn_pages(visited: Visited, reading: Reading, fetch: Fetch, state: SourceState, rooms: Rooms) -> Visited:
    """Reads a list's further pages for as long as they bring entries that were never seen, so that what came in
    between two visits is not lost behind the first page. A page that does not answer ends it: the next visit goes on,
    since what was not read is still not known."""
    source, seen = visited.source, set(visited.seen)
    documents, bodies, page = list(visited.documents), dict(visited.bodies), reading
    turned = {source.url}
    while page.items and page.next_page and page.next_page not in turned and len(turned) <= PAGES:
        if page.items[-1].key in state.known:  # from here on all was seen: lists show the newest first
            break
        turned.add(page.next_page)
        answer = await fetch.fetch(source, url=page.next_page)
        if answer.outcome is not Outcome.OK:
            break
        try:
            page = await asyncio.to_thread(read, source, answer)
        except Unreadable:
            break
        fresh = replace(page, items=tuple(item for item in page.items if item.key not in seen))
        body = hashlib.sha256(answer.body).hexdigest()
        more, keys = await asyncio.to_thread(entries, source, fresh, state, rooms, body, Clusters(rooms))
        documents.extend(more)
        seen.update(keys)
        if more:
            bodies[body] = answer
    told = sum(1 for entry in documents for change in entry.judged.changes if change.told == rooms.now)
    return replace(
        visited,
        documents=tuple(documents),
        bodies=bodies,
        seen=tuple(sorted(seen)),
        facts=(*visited.facts, *change_facts(documents[len(visited.documents) :])),
        reason=reason_of(documents, tuple(seen), told),
    )


# --------------------------------------------------------------------------------------------- linked documents


async def follow_links(
    visited: Visited, reading: Reading | None, fetch: Fetch, state: SourceState, rooms: Rooms
) -> Visited:
    """Reads the pages that a source links to, as documents of their own, up to its limit a visit.

    What waits for a second look comes first, then what was never read, then what was read longest ago, so that with a
    small limit all have their turn.
    """
    source = visited.source
    read_at: dict[str, str] = dict(visited.learned.get("followed", {}))
    waiting = _links(source, reading) if reading else {key.removeprefix(FOLLOWED): 1 for key in read_at}
    known = {key: mark for key, mark in state.known.items() if key.startswith(FOLLOWED)}

    def turn(url: str) -> tuple[bool, int, str, str]:
        return FOLLOWED + url not in state.pending, waiting[url], read_at.get(url, ""), url

    follow = _Following(source, replace(state, known=known), rooms)
    done: set[str] = set()
    while waiting.keys() - done and len(done) < source.follow.limit:
        url = min(waiting.keys() - done, key=turn)
        done.add(url)
        read_at[url] = rooms.now.isoformat()
        answer = await fetch.fetch(replace(source, select=(), remove=()), url=url)
        linked = await asyncio.to_thread(follow.take, url, answer)
        if linked and waiting[url] < source.follow.depth:
            for link in _links(source, linked):
                waiting.setdefault(link, waiting[url] + 1)
    return replace(
        visited,
        bodies={**visited.bodies, **follow.bodies},
        documents=(*visited.documents, *follow.documents),
        facts=(*visited.facts, *follow.facts),
        seen=(*visited.seen, *follow.seen),
        learned={**visited.learned, "followed": {url: read_at.get(url, "") for url in sorted(waiting)}},
    )


def _links(source: Source, reading: Reading) -> dict[str, int]:
    """The addresses a reading leads to, each at depth 1: those of its entries, else those in its text."""
    found = [item.url for item in reading.items] or [link.url for link in reading.links]
    wanted = (url.partition("#")[0] for url in found if url.startswith(("http://", "https://")))
    return {url: 1 for url in wanted if source.follow.match in url and url != source.url}


class _Following:
    """What came of the linked pages of one visit."""

    def __init__(self, source: Source, state: SourceState, rooms: Rooms) -> None:
        self._source, self._state, self._rooms, self._join = source, state, rooms, Clusters(rooms)
        self.bodies: dict[str, Fetched] = {}
        self.documents: list[DocumentVisit] = []
        self.facts: list[Fact] = []
        self.seen: list[str] = []

    def take(self, url: str, answer: Fetched) -> Reading | None:
        """Judges one answer. A page that does not answer is a fact for the operator, never a change."""
        key = FOLLOWED + url
        if answer.outcome is not Outcome.OK:
            self._unreachable(url, answer.reason)
            return None
        try:
            reading = registry.skim(
                answer.body, media_type=answer.media_type, charset=answer.charset, url=answer.final_url or url
            )
            body = hashlib.sha256(answer.body).hexdigest()
            document = one_document(
                self._source, key, reading, url, self._state, self._rooms, body, self._join, registry.finished
            )
        except Unreadable as error:
            self._unreachable(url, error.reason)
            return None
        self.seen.append(key)
        if document.judged.text or document.judged.changes:
            self.bodies[body] = answer
        self.documents.append(document)
        self.facts.extend(change_facts((document,)))
        return reading

    def _unreachable(self, url: str, reason: str) -> None:
        key = FOLLOWED + url
        data = {"url": url, "reason": reason}
        self.facts.append(Fact("link.unreachable", key if key in self._state.known else None, data=data))
