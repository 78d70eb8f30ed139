"""The records in memory: the twin of store.records.Records for replays, trials and tests.

One contract test runs over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tracker import model
from tracker.store.records import every
from tracker.store.state import DocumentVisitLike, FactLike, SourceState, VisitedLike


@dataclass
class _Document:
    key: str
    title: str = ""
    url: str = ""
    language: str = ""
    published: datetime | None = None
    gone: datetime | None = None
    texts: list[model.Text] = field(default_factory=list)
    told: int | None = None
    memory: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, model.Change] = field(default_factory=dict)


@dataclass
class _Source:
    source: model.Source
    active: bool = True
    health: model.Health = model.Health.NEW
    failures: int = 0
    etag: str = ""
    last_modified: str = ""
    last_body: str | None = None
    learned: dict[str, Any] = field(default_factory=dict)
    next_check: datetime | None = None
    claimed_until: datetime | None = None
    documents: dict[str, _Document] = field(default_factory=dict)


class MemoryRecords:
    """What `pipeline.visit` needs, kept in this process alone. `checks` and `events` are in the order they came."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._hosts: dict[str, dict[str, Any]] = {}
        self._seen: set[str] = set()
        self.checks: list[VisitedLike] = []
        self.events: list[tuple[datetime, str, FactLike]] = []
        self.keep_checks = True
        self.keep_texts = True  # False: only the texts that a next visit compares with

    def sync_catalogue(self, sources: Iterable[model.Source], now: datetime) -> None:
        """As Records.sync_catalogue."""
        wanted = {source.id: source for source in sources}
        for source in wanted.values():
            row = self._sources.setdefault(source.id, _Source(source, next_check=now))
            if row.source.url != source.url:
                row.etag, row.last_modified, row.last_body, row.next_check = "", "", None, now
            row.source, row.active, row.next_check = source, True, row.next_check or now
        for name, row in self._sources.items():
            row.active = name in wanted

    def claim_due(self, now: datetime, limit: int, by: str, lease: float = 600) -> list[str]:
        """As Records.claim_due."""
        due = [
            row
            for row in self._sources.values()
            if row.active and row.next_check and row.next_check <= now
            and (row.claimed_until is None or row.claimed_until <= now)
        ]  # fmt: skip
        due.sort(key=lambda row: (row.next_check or now, row.source.id))
        for row in due[:limit]:
            row.claimed_until = now + timedelta(seconds=lease)
        return [row.source.id for row in due[:limit]]

    def state(self, source_id: str) -> SourceState:
        """As Records.state."""
        row = self._sources.get(source_id)
        if row is None:
            return SourceState()
        known = [document for document in row.documents.values() if document.texts]
        return SourceState(
            row.health, row.failures, row.etag, row.last_modified, row.last_body,
            known={document.key: document.texts[-1].fingerprint for document in known},
            dates={document.key: document.published for document in known if document.published and not document.gone},
            pending=frozenset(document.key for document in row.documents.values() if _pending(document)),
            learned=dict(row.learned),
        )  # fmt: skip

    def past(self, source_id: str, key: str) -> model.Past:
        """As Records.past."""
        row = self._sources.get(source_id)
        if row is None:
            return model.Past()
        host = self._hosts.get(urlsplit(row.source.url).hostname or "", {})
        document = row.documents.get(key)
        if document is None:
            return model.Past(host=host)
        return model.Past(
            told=document.texts[document.told] if document.told is not None else None,
            latest=document.texts[-1] if document.texts else None,
            memory=document.memory,
            host=host,
            pending=_pending(document),
        )

    def clusters(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """As Records.clusters."""
        told = [
            change
            for row in self._sources.values()
            for document in row.documents.values()
            for change in document.changes.values()
            if change.seen >= since and change.assessment.state is model.State.TOLD and change.cluster
        ]
        told.sort(key=lambda change: (change.seen, change.id))
        return [(key, c.cluster, c.seen) for c in told for key in c.assessment.cluster_keys if c.cluster]

    def record(self, visited: VisitedLike) -> None:
        """As Records.record."""
        if visited.check in self._seen:
            return
        self._seen.add(visited.check)
        if self.keep_checks:
            self.checks.append(visited)
        row = self._sources.setdefault(visited.source.id, _Source(visited.source))
        for entry in visited.documents:
            self._document(row, visited, entry)
        for key in visited.seen:
            if key in row.documents:
                row.documents[key].gone = None
        self.events.extend((visited.now, visited.source.id, fact) for fact in visited.facts)
        row.health, row.failures, row.learned = visited.health, visited.failures, dict(visited.learned)
        if visited.outcome is model.Outcome.OK and visited.glitch is None:
            row.last_body, row.etag = visited.body, visited.fetched.etag
            row.last_modified = visited.fetched.last_modified
        row.claimed_until = None
        if visited.next_check_at is not None:
            row.next_check = visited.next_check_at
        elif row.next_check is not None:
            row.next_check = visited.now + every(row.source.schedule)

    def _document(self, row: _Source, visited: VisitedLike, entry: DocumentVisitLike) -> None:
        document = row.documents.setdefault(entry.key, _Document(entry.key, published=entry.published))
        judged = entry.judged
        if judged.text is not None:
            document.published = entry.published or document.published
            if not document.texts or document.texts[-1].fingerprint != judged.text.fingerprint:
                document.texts.append(judged.text)
        if judged.told is not None:
            places = [at for at, text in enumerate(document.texts) if text.fingerprint == judged.told]
            document.told = places[-1] if places else None
        if not self.keep_texts and document.texts:
            known = document.texts[document.told] if document.told is not None else None
            document.texts = [known, document.texts[-1]] if known is not None else document.texts[-1:]
            document.told = 0 if known is not None else None
        if judged.memory:
            document.memory = dict(judged.memory)
        host = urlsplit(visited.source.url).hostname
        if judged.host and host:
            self._hosts[host] = dict(judged.host)
        document.changes.update({change.id: change for change in judged.changes})
        if entry.gone:
            document.gone = visited.now

    def changes(self, source_id: str = "") -> list[model.Change]:
        """All changes, or a source's, in order of time."""
        rows = [self._sources[source_id]] if source_id in self._sources else list(self._sources.values())
        found = [c for row in rows for document in row.documents.values() for c in document.changes.values()]
        return sorted(found, key=lambda change: (change.seen, change.id))


def _pending(document: _Document) -> model.Change | None:
    waiting = [c for c in document.changes.values() if c.assessment.state is model.State.PENDING]
    return max(waiting, key=lambda change: change.seen) if waiting else None
