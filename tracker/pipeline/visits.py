"""What a visit is made of and what is recorded of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from tracker.assess import policy
from tracker.classify.classifier import Classifier
from tracker.fetch import outcome as outcomes
from tracker.model import (
    Accounting,
    Change,
    Classification,
    Fetched,
    Health,
    Judged,
    Outcome,
    Past,
    Reading,
    Source,
    State,
)
from tracker.store.state import SourceState

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


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a verdict needs beside the answer: the past, the classifier, the moment, and how long after a surprise the
    second look decides."""

    records: RecordsLike
    classifier: Classifier
    now: datetime
    second_look: timedelta = policy.SECOND_LOOK


# ------------------------------------------------------------------------------------------ what is recorded


def judged_visit(
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
    reason = glitch.text if glitch else reason_of(documents, seen, told)
    moved, learned = moved_for_good(source, fetched, learned)
    facts = health_facts(fact, reason) + moved + change_facts(documents)
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


def reason_of(documents: Sequence[DocumentVisit], seen: Sequence[str], told: int) -> str:
    kept = sum(1 for entry in documents if entry.judged.text)
    changes = sum(len(entry.judged.changes) for entry in documents)
    if changes:
        return f"{changes} change{'s' if changes > 1 else ''}, {told} told"
    if kept:
        return "first version kept" if kept == 1 else f"first versions of {kept} documents kept"
    return "nothing new" if len(seen) < 2 else f"nothing new in {len(seen)} entries"


def change_facts(documents: Sequence[DocumentVisit]) -> tuple[Fact, ...]:
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


def moved_for_good(
    source: Source, fetched: Fetched, learned: Mapping[str, Any]
) -> tuple[tuple[Fact, ...], dict[str, Any]]:
    """The fact that the source has moved for good, told once for each new address."""
    target = fetched.permanent_url if fetched.permanent_url != source.url else ""
    now_learned = dict(learned)
    if target:
        now_learned["moved_to"] = target
    if not target or learned.get("moved_to") == target:
        return (), now_learned
    return (Fact("document.moved", None, data={"from": source.url, "to": target}),), now_learned


def health_facts(type_: str | None, reason: str) -> tuple[Fact, ...]:
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
        facts=health_facts(fact, reason), learned=state.learned,
    )  # fmt: skip


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
