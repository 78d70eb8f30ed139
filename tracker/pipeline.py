"""One visit of one source: the only place where the rooms meet.

`visit` is what `tracker check`, the service, a worker and `tracker replay` run. It touches the world only through
what it is given: `fetch` answers requests, `records` knows the past and takes what came of the visit. Between the
two stands `derive`, a pure function: the same answer on the same past makes the same verdicts.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from tracker.assess import cluster, content, policy, verdict
from tracker.classify.classifier import Classifier
from tracker.diff import summary
from tracker.fetch import outcome as outcomes
from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import (
    Accounting,
    Block,
    Change,
    Classification,
    Fetched,
    Health,
    Item,
    Judged,
    Kind,
    Outcome,
    Past,
    Reading,
    Source,
    State,
)
from tracker.store.state import SourceState
from tracker.text.canonical import fingerprint
from tracker.text.lists import joined
from tracker.text.structure import structure

LANGUAGES = ("en", "fr", "zh")
CLUSTER_WINDOW = timedelta(days=7)  # one edit that reaches other pages later than that is news again
PAGES = 10  # of one list, read in one visit at most
_PAGES = (None, Kind.PAGE, Kind.LEGAL, Kind.TEXT)  # kinds of which a web page may be the document
FOLLOWED = "→"  # in front of the key of a document that a source links to
GLITCHES_TOLD = 3  # a body that is not the document this often in a row is the operator's business


class Fetch(Protocol):
    """What answers requests: fetch.client.Fetcher, or a recording."""

    async def fetch(self, source: Source, *, url: str = "", etag: str = "", last_modified: str = "") -> Fetched:
        """One answer, or the reason why there is none; never raises for what the world does."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """An event to be written with the visit. `type` is without the "io.tracker." in front; `key` names the
    document, None where the fact is the source's."""

    type: str
    key: str | None = None
    change: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DocumentVisit:
    """What the visit made of one document. `classification` is the whole text's, where the text is new."""

    key: str
    title: str
    url: str
    language: str
    kind: str
    published: datetime | None
    judged: Judged
    body: str
    accounting: Accounting = field(default_factory=lambda: Accounting(0, 0.0))
    classification: Classification | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Visited:
    """All that is recorded of a visit, in one transaction. `outcome` and `reason` may be stricter than the answer's
    (a body that could not be read). `seen` are the keys that were there, changed or not. `bodies` are what came, by
    SHA-256; only those that a document refers to, or the newest, need to be kept."""

    check: str
    source: Source
    now: datetime
    fetched: Fetched
    outcome: Outcome
    reason: str
    health: Health
    failures: int
    body: str | None = None
    bodies: Mapping[str, Fetched] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    documents: tuple[DocumentVisit, ...] = ()
    facts: tuple[Fact, ...] = ()
    glitch: Mapping[str, Any] | None = None
    learned: Mapping[str, Any] = field(default_factory=dict)
    next_check_at: datetime | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes of the visit, new ones and decided ones."""
        return tuple(change for document in self.documents for change in document.judged.changes)


class RecordsLike(Protocol):
    """What a visit needs to know of the past and where it leaves what it found (store.records.Records,
    store.double.MemoryRecords)."""

    def state(self, source_id: str) -> SourceState:
        """How the source stands."""
        ...

    def past(self, source_id: str, key: str) -> Past:
        """What is known of one document; an empty Past for an unknown one."""
        ...

    def clusters(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """(cluster key, cluster, seen) of the changes told since then, oldest first."""
        ...

    def record(self, visited: Visited) -> None:
        """Keeps all of it or nothing."""
        ...


Plan = Callable[[Source, SourceState, Visited, datetime | None], tuple[datetime | None, Mapping[str, Any]]]
"""(source, state before, visit, asked re-check) to the next check and what was learned for `auto`."""


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
        visited = await _turn_pages(visited, reading, fetch, state, rooms)
    if source.follow.depth > 0 and visited.outcome in (Outcome.OK, Outcome.NOT_MODIFIED):
        visited = await _follow(visited, reading, fetch, state, rooms)
    visited = planned(visited, state, plan)
    await asyncio.to_thread(records.record, visited)
    return visited


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a verdict needs beside the answer: the past, the classifier, the moment, and how long after a surprise the
    second look decides."""

    records: RecordsLike
    classifier: Classifier
    now: datetime
    second_look: timedelta = policy.SECOND_LOOK


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
    return _visited(check, source, fetched, state, now, documents, seen, body, reading), reading


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
    moved, learned = _moved(source, fetched, state.learned)
    if "glitches" in learned:
        learned["glitches"] = 0
    return Visited(
        check, source, now, fetched, fetched.outcome, reason, health, failures, body,
        seen=tuple(key for key in state.known if not key.startswith(FOLLOWED)),
        facts=_health_facts(fact, reason) + moved, learned=learned,
    )  # fmt: skip


def read(source: Source, fetched: Fetched) -> Reading:
    """The source's answer as a reading. Raises formats.errors.Unreadable with a reason in words."""
    return registry.finished(skim(source, fetched))


def skim(source: Source, fetched: Fetched, known: tuple[str, str] | None = None) -> Reading:
    """The same without what only a text that changed is asked for (formats.registry.skim)."""
    return registry.skim(
        fetched.body,
        media_type=fetched.media_type,
        charset=fetched.charset,
        url=fetched.final_url or fetched.url,
        kind=source.kind,
        select=source.select,
        remove=source.remove,
        items=source.items,
        scraper=source.scraper,
        known=known,
    )


# ------------------------------------------------------------------------------------------------- documents


def item_reading(item: Item, format_: str, language: str) -> Reading:
    """An entry of a list as a document of its own: its title, its summary or full text. The date is kept beside the
    text, since lists show it in many ways that mean the same."""
    heading = Block(text=item.title, kind="heading", level=1) if item.title else None
    text = item.blocks or ((Block(text=item.summary),) if item.summary else ())
    blocks = joined(((heading,) if heading else ()) + tuple(text))
    words = sum(len(block.text.split()) for block in blocks)
    return Reading(
        format=format_,
        title=item.title,
        language=language,
        published=item.published,
        modified=item.modified,
        blocks=blocks,
        accounting=Accounting(words, 1.0 if words else 0.0),
    )


def _numbered(entry: Reading) -> Reading:
    return replace(entry, blocks=structure(entry.blocks))


def _documents(
    source: Source, fetched: Fetched, reading: Reading, state: SourceState, rooms: Rooms, body: str
) -> tuple[tuple[DocumentVisit, ...], tuple[str, ...]]:
    join = _Clusters(rooms)
    if not reading.items or source.kind in (Kind.PAGE, Kind.PDF, Kind.LEGAL, Kind.TEXT):
        one = _one(source, "", reading, fetched.final_url or source.url, state, rooms, body, join, registry.finished)
        return (one,), ("",)
    visits, seen = _entries(source, registry.finished(reading), state, rooms, body, join)
    visits.extend(_withdrawn(source, reading.items, state, rooms, body))
    return tuple(visits), seen


def _entries(
    source: Source, reading: Reading, state: SourceState, rooms: Rooms, body: str, join: _Clusters
) -> tuple[list[DocumentVisit], tuple[str, ...]]:
    """The entries of a list that are new or say something else than before, and the keys of all of them."""
    visits = []
    for item in reading.items:
        entry = item_reading(item, reading.format, reading.language)
        known = state.known.get(item.key)
        if known is not None and item.key not in state.pending and known == fingerprint(entry.blocks):
            continue
        visits.append(_one(source, item.key, entry, item.url, state, rooms, body, join, _numbered))
    return visits, tuple(item.key for item in reading.items)


def _one(
    source: Source,
    key: str,
    reading: Reading,
    url: str,
    state: SourceState,
    rooms: Rooms,
    body: str,
    join: _Clusters,
    finish: Callable[[Reading], Reading],
) -> DocumentVisit:
    past = rooms.records.past(source.id, key)
    same = past.told is not None and fingerprint(content.document(reading)) == past.told.fingerprint
    if same and past.told is not None and past.pending is None:
        reading = replace(reading, language=past.told.language)  # readers know this text: nothing more is asked
    else:
        reading = finish(reading)
    name = f"{source.id}#{key}" if key else source.id
    announced = key != "" and not key.startswith(FOLLOWED) and past.latest is None and bool(state.known)
    if announced:
        judged = verdict.announce(name, past, reading, rooms.now)
    else:
        judged = verdict.judge(name, past, reading, rooms.now, rooms.second_look)
    language = reading.language or source.language
    changes = tuple(join(_described(change, source, language, rooms.classifier)) for change in judged.changes)
    told = past.latest is None or any(change.assessment.state is not State.SILENT for change in changes)
    classification = rooms.classifier.classify_blocks(judged.text.blocks) if judged.text and told else None
    return DocumentVisit(
        key=key,
        title=reading.title,
        url=url,
        language=language,
        kind=reading.format,
        published=reading.published,
        judged=replace(judged, changes=changes),
        body=body,
        accounting=reading.accounting,
        classification=classification,
    )


def _described(change: Change, source: Source, language: str, classifier: Classifier) -> Change:
    """The change with its areas and its summary in every language a recipient may have."""
    if change.assessment.state is State.SILENT and not change.comparison.edits:
        return change
    return replace(
        change,
        classification=classifier.classify_change(change.comparison, language=language, prior=source.areas),
        summary={code: summary.headline(change.comparison, code) for code in LANGUAGES},
    )


class _Clusters:
    """Joins changes to clusters; asks the records once a visit, and only when something is told."""

    def __init__(self, rooms: Rooms) -> None:
        self._records, self._now = rooms.records, rooms.now
        self._recent: list[tuple[str, str, datetime]] | None = None

    def __call__(self, change: Change) -> Change:
        if change.assessment.state is not State.TOLD or not change.assessment.cluster_keys:
            return change
        if self._recent is None:
            self._recent = list(self._records.clusters(self._now - CLUSTER_WINDOW))
        name = cluster.join(change, self._recent)
        self._recent.extend((key, name, change.seen) for key in change.assessment.cluster_keys)
        return replace(change, cluster=name)


def _withdrawn(
    source: Source, items: Sequence[Item], state: SourceState, rooms: Rooms, body: str
) -> Iterable[DocumentVisit]:
    """Entries that are gone although older ones are still listed. What slid off the end of a list, or has no date
    to tell by, was not withdrawn."""
    dated = [item.published for item in items if item.published]
    if source.kind not in (Kind.LISTING, Kind.JSON) or not dated:
        return
    oldest, present = min(dated), {item.key for item in items}
    for key, published in state.dates.items():
        if key in present or published <= oldest or key.startswith(FOLLOWED):
            continue
        judged = verdict.withdrawn(
            f"{source.id}#{key}", rooms.records.past(source.id, key), rooms.now, rooms.second_look
        )
        yield DocumentVisit(
            key=key, title="", url="", language="", kind="", published=published, judged=judged, body=body,
            gone=any(change.assessment.state is State.TOLD for change in judged.changes),
        )  # fmt: skip


# ------------------------------------------------------------------------------------------- pages of one list


async def _turn_pages(visited: Visited, reading: Reading, fetch: Fetch, state: SourceState, rooms: Rooms) -> Visited:
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
        more, keys = await asyncio.to_thread(_entries, source, fresh, state, rooms, body, _Clusters(rooms))
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
        facts=(*visited.facts, *_change_facts(documents[len(visited.documents) :])),
        reason=_reason(documents, tuple(seen), told),
    )


# --------------------------------------------------------------------------------------------- linked documents


async def _follow(visited: Visited, reading: Reading | None, fetch: Fetch, state: SourceState, rooms: Rooms) -> Visited:
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
        self._source, self._state, self._rooms, self._join = source, state, rooms, _Clusters(rooms)
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
            document = _one(
                self._source, key, reading, url, self._state, self._rooms, body, self._join, registry.finished
            )
        except Unreadable as error:
            self._unreachable(url, error.reason)
            return None
        self.seen.append(key)
        if document.judged.text or document.judged.changes:
            self.bodies[body] = answer
        self.documents.append(document)
        self.facts.extend(_change_facts((document,)))
        return reading

    def _unreachable(self, url: str, reason: str) -> None:
        key = FOLLOWED + url
        data = {"url": url, "reason": reason}
        self.facts.append(Fact("link.unreachable", key if key in self._state.known else None, data=data))


# ------------------------------------------------------------------------------------------ what is recorded


def _visited(
    check: str,
    source: Source,
    fetched: Fetched,
    state: SourceState,
    now: datetime,
    documents: tuple[DocumentVisit, ...],
    seen: tuple[str, ...],
    body: str | None,
    reading: Reading,
) -> Visited:
    glitch = next((entry.judged.glitch for entry in documents if entry.judged.glitch), None)
    learned: dict[str, Any] = dict(state.learned)
    learned["glitches"] = int(learned.get("glitches", 0)) + 1 if glitch else 0
    if reading.shown[0] and not glitch:
        learned["shown"] = list(reading.shown)
    health, failures, fact = outcomes.health(state.health, state.failures, Outcome.OK, 1)
    told = sum(1 for entry in documents for change in entry.judged.changes if change.told == now)
    reason = glitch.text if glitch else _reason(documents, seen, told)
    moved, learned = _moved(source, fetched, learned)
    facts = _health_facts(fact, reason) + moved + _change_facts(documents)
    if learned["glitches"] == GLITCHES_TOLD and glitch:
        facts += (Fact("source.glitch", data={"reason": glitch.text, "code": glitch.code}),)
    return Visited(
        check=check,
        source=source,
        now=now,
        fetched=fetched,
        outcome=fetched.outcome,
        reason=reason + "".join(f"; {note}" for note in reading.notes),
        health=health,
        failures=failures,
        body=body,
        bodies={body: fetched} if body and fetched.outcome is Outcome.OK else {},
        seen=seen,
        documents=documents,
        facts=facts,
        glitch={"step": glitch.step, "code": glitch.code, "text": glitch.text} if glitch else None,
        learned=learned,
    )


def _reason(documents: Sequence[DocumentVisit], seen: Sequence[str], told: int) -> str:
    kept = sum(1 for entry in documents if entry.judged.text)
    changes = sum(len(entry.judged.changes) for entry in documents)
    if changes:
        return f"{changes} change{'s' if changes > 1 else ''}, {told} told"
    if kept:
        return "first version kept" if kept == 1 else f"first versions of {kept} documents kept"
    return "nothing new" if len(seen) < 2 else f"nothing new in {len(seen)} entries"


def _change_facts(documents: Sequence[DocumentVisit]) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    for entry in documents:
        for change in entry.judged.changes:
            told = change.assessment.state is State.TOLD
            if told and change.old == "":
                facts.append(Fact("document.new", entry.key, change.id, {"title": entry.title, "url": entry.url}))
            if told:
                facts.append(Fact("change.told", entry.key, change.id, {"tier": change.assessment.tier.value}))
        if entry.gone:
            facts.append(Fact("document.withdrawn", entry.key, data={"title": entry.title}))
    return tuple(facts)


def _moved(source: Source, fetched: Fetched, learned: Mapping[str, Any]) -> tuple[tuple[Fact, ...], dict[str, Any]]:
    """The fact that the source has moved for good, told once for each new address."""
    target = fetched.permanent_url if fetched.permanent_url != source.url else ""
    now_learned = dict(learned)
    if target:
        now_learned["moved_to"] = target
    if not target or learned.get("moved_to") == target:
        return (), now_learned
    return (Fact("document.moved", None, data={"from": source.url, "to": target}),), now_learned


def _health_facts(type_: str | None, reason: str) -> tuple[Fact, ...]:
    return (Fact(type_, None, data={"reason": reason}),) if type_ else ()


def failed(
    check: str,
    source: Source,
    fetched: Fetched,
    state: SourceState,
    now: datetime,
    outcome: Outcome,
    reason: str,
    failing_after: int,
) -> Visited:
    """A visit that brought no text: what it says of the source, and nothing of its documents."""
    known = state.last_body is not None
    health, failures, fact = outcomes.health(state.health, state.failures, outcome, failing_after, known=known)
    return Visited(
        check, source, now, fetched, outcome, reason, health, failures,
        facts=_health_facts(fact, reason), learned=state.learned,
    )  # fmt: skip


def _waiting(visited: Visited, state: SourceState, rooms: Rooms) -> Visited:
    """A visit that brought no text still tells what waited for its second look long enough."""
    source, join, documents = visited.source, _Clusters(rooms), []
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
    facts = visited.facts + _change_facts(documents)
    return replace(visited, documents=tuple(documents), facts=facts)


def planned(visited: Visited, state: SourceState, plan: Plan | None, *, fallback: datetime | None = None) -> Visited:
    """The visit with the moment of the next one. Without a plan: the re-check that was asked for, or `fallback`."""
    rechecks = [entry.judged.recheck_at for entry in visited.documents if entry.judged.recheck_at]
    soonest = min(rechecks) if rechecks else None
    if plan is None:
        return replace(visited, next_check_at=soonest or fallback)
    next_check_at, learned = plan(visited.source, state, visited, soonest)
    return replace(visited, next_check_at=next_check_at, learned={**visited.learned, **learned})


def check_id(source: Source, fetched: Fetched, now: datetime) -> str:
    """A check's id, derived from source and moments."""
    name = f"{source.id}\n{fetched.started.isoformat()}\n{now.isoformat()}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]
