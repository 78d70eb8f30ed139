"""One visit of one source: the only place where the rooms meet.

`visit` is what `tracker check`, the service, a worker and `tracker replay` run. It touches the world only through
what it is given: `fetch` answers requests, `records` knows the past and takes what came of the visit. Between the
two stands `derive`, a pure function: the same answer on the same past makes the same verdicts.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tracker.assess import policy, verdict
from tracker.classify.classifier import Classifier
from tracker.fetch import outcome as outcomes
from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Fetched, Kind, Outcome, Reading, Source
from tracker.pipeline.documents import Clusters, entries, item_reading, one_document, read, skim, withdrawn
from tracker.pipeline.further import PAGES, follow_links, turn_pages
from tracker.pipeline.visits import (
    FOLLOWED,
    DocumentVisit,
    Fact,
    Fetch,
    Plan,
    RecordsLike,
    Rooms,
    Visited,
    change_facts,
    check_id,
    failed,
    health_facts,
    judged_visit,
    moved_for_good,
    planned,
)
from tracker.store.state import SourceState

__all__ = [
    "FOLLOWED",
    "PAGES",
    "DocumentVisit",
    "Fact",
    "Fetch",
    "Plan",
    "RecordsLike",
    "Rooms",
    "Visited",
    "check_id",
    "derive",
    "failed",
    "item_reading",
    "planned",
    "read",
    "skim",
    "visit",
]
_PAGES = (None, Kind.PAGE, Kind.LEGAL, Kind.TEXT)  # kinds of which a web page may be the document


async def visit(
    source: Source,
    fetch: Fetch,
    records: RecordsLike,
    classifier: Classifier,
    now: datetime,
    *,
    plan: Plan | None = None,
    clock: Callable[[], datetime] | None = None,
    failing_after: int = 3,
    second_look: timedelta = policy.SECOND_LOOK,
) -> Visited:
    """Visits a source once, records what came of it, and gives it back.

    `now` is the moment of the visit; `clock`, where given, is asked again for the moment the answer was there. What
    computes and what writes runs in a thread, so that others are not kept waiting.
    """
    state = await asyncio.to_thread(records.state, source.id)
    conditional = state.last_body is not None and not state.pending
    fetched = await fetch.fetch(
        source,
        etag=state.etag if conditional else "",
        last_modified=state.last_modified if conditional else "",
    )
    at = clock() if clock else now
    rooms = Rooms(records, classifier, at, second_look)
    visited, reading = await asyncio.to_thread(_derived, source, fetched, state, rooms, failing_after)
    if reading is not None and reading.items and reading.next_page:
        visited = await turn_pages(visited, reading, fetch, state, rooms)
    if source.follow.depth > 0 and visited.outcome in (Outcome.OK, Outcome.NOT_MODIFIED):
        visited = await follow_links(visited, reading, fetch, state, rooms)
    visited = planned(visited, state, plan)
    await asyncio.to_thread(records.record, visited)
    return visited


def derive(
    source: Source,
    fetched: Fetched,
    state: SourceState,
    records: RecordsLike,
    classifier: Classifier,
    now: datetime,
    *,
    failing_after: int = 3,
) -> Visited:
    """What an answer means, given the past. Reads from `records`, writes nothing."""
    return _derived(source, fetched, state, Rooms(records, classifier, now), failing_after)[0]


def _derived(
    source: Source, fetched: Fetched, state: SourceState, rooms: Rooms, failing_after: int
) -> tuple[Visited, Reading | None]:
    now = rooms.now
    check = check_id(source, fetched, now)
    if fetched.outcome not in (Outcome.OK, Outcome.NOT_MODIFIED):
        visited = failed(check, source, fetched, state, now, fetched.outcome, fetched.reason, failing_after)
        return _waiting(visited, state, rooms), None
    body = hashlib.sha256(fetched.body).hexdigest() if fetched.outcome is Outcome.OK else state.last_body
    if fetched.outcome is Outcome.NOT_MODIFIED and not state.pending:
        return _unchanged(check, source, fetched, state, now, body, "not modified"), None
    if body == state.last_body and not state.pending:
        return _unchanged(check, source, fetched, state, now, body, "the same bytes as before"), None
    known = _known(source, state)
    try:
        reading = skim(source, fetched, known)
        if known is not None and reading.shown[1] and reading.shown[1] == known[1]:
            state = replace(state, learned={**state.learned, "shown": list(reading.shown)})
            return _unchanged(check, source, fetched, state, now, body, "the same text as before"), None
        documents, seen = _documents(source, fetched, reading, state, rooms, body or "")
    except Unreadable as error:
        visited = failed(check, source, fetched, state, now, error.outcome, error.reason, failing_after)
        return _waiting(visited, state, rooms), None
    return judged_visit(check, source, fetched, state, now, documents, seen, body, reading), reading


def _known(source: Source, state: SourceState) -> tuple[str, str] | None:
    """What the page showed at the last visit that was judged; None where a visit asks for more than its text."""
    whole = source.kind in _PAGES and not (source.select or source.remove or source.scraper or source.follow.depth)
    if not whole:
        return None
    all_of_it, document = state.learned.get("shown", ("", "")) if not state.pending else ("", "")
    return str(all_of_it), str(document)


def _unchanged(
    check: str, source: Source, fetched: Fetched, state: SourceState, now: datetime, body: str | None, reason: str
) -> Visited:
    health, failures, fact = outcomes.health(state.health, state.failures, Outcome.OK, 1)
    moved, learned = moved_for_good(source, fetched, state.learned)
    if "glitches" in learned:
        learned["glitches"] = 0
    return Visited(
        check, source, now, fetched, fetched.outcome, reason, health, failures, body,
        seen=tuple(key for key in state.known if not key.startswith(FOLLOWED)),
        facts=health_facts(fact, reason) + moved, learned=learned,
    )  # fmt: skip


def _documents(
    source: Source, fetched: Fetched, reading: Reading, state: SourceState, rooms: Rooms, body: str
) -> tuple[tuple[DocumentVisit, ...], tuple[str, ...]]:
    join = Clusters(rooms)
    if not reading.items or source.kind in (Kind.PAGE, Kind.PDF, Kind.LEGAL, Kind.TEXT):
        one = one_document(
            source, "", reading, fetched.final_url or source.url, state, rooms, body, join, registry.finished
        )
        return (one,), ("",)
    visits, seen = entries(source, registry.finished(reading), state, rooms, body, join)
    visits.extend(withdrawn(source, reading.items, state, rooms, body))
    return tuple(visits), seen


def _waiting(visited: Visited, state: SourceState, rooms: Rooms) -> Visited:
    """A visit that brought no text still tells what waited for its second look long enough."""
    source, join, documents = visited.source, Clusters(rooms), []
    for key in sorted(state.pending):
        judged = verdict.unanswered(rooms.records.past(source.id, key), rooms.now)
        changes = tuple(join(change) for change in judged.changes)
        documents.append(
            DocumentVisit(
                key=key,
                title="",
                url="",
                language="",
                kind="",
                published=None,
                judged=replace(judged, changes=changes),
                body=state.last_body or "",
            )
        )
    facts = visited.facts + change_facts(documents)
    return replace(visited, documents=tuple(documents), facts=facts)
