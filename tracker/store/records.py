"""What a visit needs to know of the past, and where it leaves what it found: all of it in one transaction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, defer

from tracker import model
from tracker.store import codec, living, tables, writing
from tracker.store.session import Database
from tracker.store.state import SourceState, VisitedLike

FALLBACK = timedelta(hours=12)
CHOICE = 4  # due sources looked at for each one taken, where hosts are to be mixed
TOGETHER = 1000  # sources of the catalogue taken over at a time
_EVERY = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def every(schedule: str) -> timedelta:
    """A plain interval ("6h") as a period; anything cleverer is the planner's, and 12 h until it has spoken."""
    match = _EVERY.fullmatch(schedule.strip())
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else FALLBACK


class Records:
    """The database as `pipeline.visit` sees it. `consumers` are those whose work an event becomes: nobody's for an
    import of the past."""

    def __init__(self, database: Database, *, consumers: Sequence[str] = ("alerts",)) -> None:
        self._database, self._consumers = database, tuple(consumers)

    # ------------------------------------------------------------------------------------------- catalogue

    def sync_catalogue(self, sources: Iterable[model.Source], now: datetime) -> None:
        """Makes the source rows those of the catalogue: new ones are due at once, missing ones rest, none is lost."""
        wanted = {source.id: source for source in sources}
        names = list(wanted)
        with self._database.write() as session:
            for first in range(0, len(names), TOGETHER):
                self._sync([wanted[name] for name in names[first : first + TOGETHER]], session, now)
            active = session.scalars(select(tables.Source.id).where(tables.Source.active)).all()
            rest = [name for name in active if name not in wanted]
            for first in range(0, len(rest), TOGETHER):
                some = tables.Source.id.in_(rest[first : first + TOGETHER])
                session.execute(update(tables.Source).where(some).values(active=False))

    def _sync(self, sources: Sequence[model.Source], session: Session, now: datetime) -> None:
        """Some of the catalogue at a time: all of a large one at once would take gigabytes."""
        here = select(tables.Source).where(tables.Source.id.in_([source.id for source in sources]))
        rows = {row.id: row for row in session.scalars(here)}
        for source in sources:
            row = rows.get(source.id)
            if row is None:
                session.add(writing.source_row(source, now))
                continue
            moved = row.url != source.url
            writing.describe(row, source)
            if moved:  # another address: what the old one answered says nothing about it
                row.etag, row.last_modified, row.last_body, row.next_check_at = "", "", None, now
            row.active = True
            row.next_check_at = row.next_check_at or now
        session.flush()
        session.expunge_all()

    def sources(self) -> list[model.Source]:
        """The active sources, by id."""
        with self._database.read() as session:
            rows = session.scalars(select(tables.Source).where(tables.Source.active).order_by(tables.Source.id))
            return [codec.source_value(row) for row in rows]

    def source(self, source_id: str) -> model.Source:
        """One source. Raises KeyError for an unknown one."""
        with self._database.read() as session:
            row = session.get(tables.Source, source_id)
            if row is None:
                raise KeyError(source_id)
            return codec.source_value(row)

    def learned(self) -> dict[str, dict[str, Any]]:
        """What was learned of each active source, by its id."""
        with self._database.read() as session:
            rows = session.execute(select(tables.Source.id, tables.Source.learned).where(tables.Source.active))
            return {name: dict(known) for name, known in rows}

    # -------------------------------------------------------------------------------------------- schedule

    def claim_due(
        self,
        now: datetime,
        limit: int,
        by: str,
        lease: float = 600,
        *,
        busy: Mapping[str, int] | None = None,
        per_host: int = 0,
    ) -> list[str]:
        """Up to `limit` sources whose check is due, most urgent first, leased to `by` for `lease` seconds.

        `per_host` (0: no limit) is how many of one host may be under way together with the `busy` ones, so that after
        a standstill one host with many sources does not take the places of all others.
        """
        source, under_way = tables.Source, Counter(busy or {})
        full = [host for host, count in under_way.items() if 0 < per_host <= count]
        with self._database.write() as session:
            rows: list[tuple[str, str]] = []
            # One kind after the other, each in its index's order: after a standstill everything is due.
            for kind in (source.priority > 0, source.priority == 0):
                found = session.execute(
                    select(source.id, source.host)
                    .where(
                        kind,
                        source.active,
                        *((source.host.not_in(full),) if full else ()),
                        source.next_check_at <= now,
                        or_(source.claimed_until.is_(None), source.claimed_until <= now),
                    )
                    .order_by(source.priority.desc(), source.next_check_at, source.id)
                    .limit(limit * (CHOICE if per_host else 1))
                    .with_for_update(skip_locked=True)
                )
                rows += [(row.id, row.host) for row in found]
            names: list[str] = []
            for name, host in rows:
                if len(names) < limit and not 0 < per_host <= under_way[host]:
                    names.append(name)
                    under_way[host] += 1
            if names:
                claim = {"claimed_by": by, "claimed_until": now + timedelta(seconds=lease)}
                session.execute(update(source).where(source.id.in_(names)).values(claim))
            return names

    def release(self, source_id: str, *, by: str) -> None:
        """Gives a claim back unvisited: a drain, a cancelled check."""
        with self._database.write() as session:
            session.execute(
                update(tables.Source)
                .where(tables.Source.id == source_id, tables.Source.claimed_by == by)
                .values(claimed_by="", claimed_until=None)
            )

    def hosts(self, source_ids: Sequence[str]) -> dict[str, str]:
        """The hosts of sources, by their ids."""
        with self._database.read() as session:
            rows = session.execute(
                select(tables.Source.id, tables.Source.host)
                .where(tables.Source.id.in_(source_ids))
                .order_by(tables.Source.id)
            )
            return {row.id: row.host for row in rows}

    def urgent(self, source_ids: Sequence[str]) -> frozenset[str]:
        """Those among the sources that go before others: a change of theirs waits for a second look."""
        with self._database.read() as session:
            return frozenset(
                session.scalars(
                    select(tables.Source.id).where(tables.Source.id.in_(source_ids), tables.Source.priority > 0)
                )
            )

    def renew(self, source_ids: Sequence[str], now: datetime, *, by: str, lease: float) -> None:
        """Keeps the claims of checks that are still under way."""
        with self._database.write() as session:
            session.execute(
                update(tables.Source)
                .where(tables.Source.id.in_(source_ids), tables.Source.claimed_by == by)
                .values(claimed_until=now + timedelta(seconds=lease))
            )

    def bury(self) -> int:
        """Gives back what processes had claimed that were killed on this machine; gives the number of sources."""
        with self._database.write() as session:
            return living.claims(session)

    def check_now(self, source_id: str, now: datetime) -> bool:
        """Makes a source due at once; False for an unknown one."""
        with self._database.write() as session:
            row = session.get(tables.Source, source_id)
            if row is None:
                return False
            row.next_check_at = now
            return True

    # ------------------------------------------------------------------------------------------------ past

    def state(self, source_id: str) -> SourceState:
        """How the source stands; a fresh state for an unknown one."""
        with self._database.read() as session:
            return source_state(session, source_id)

    def past(self, source_id: str, key: str) -> model.Past:
        """What is known of one document; an empty Past for an unknown one (with its host's memory)."""
        with self._database.read() as session:
            source = session.get(tables.Source, source_id)
            host = _memory(session, f"host:{source.host}") if source and source.host else {}
            document = session.scalar(
                select(tables.Document).where(tables.Document.source_id == source_id, tables.Document.key == key)
            )
            if document is None:
                return model.Past(host=host)
            pending = session.scalar(
                select(tables.Change.id)
                .where(tables.Change.document_id == document.id, tables.Change.state == model.State.PENDING.value)
                .order_by(tables.Change.seen_at.desc())
                .limit(1)
            )
            return model.Past(
                told=_text(session, document.id, document.told_version),
                latest=_text(session, document.id, document.latest_version),
                memory=_memory(session, f"document:{document.id}"),
                host=host,
                pending=codec.change_value(session, pending) if pending else None,
            )

    def clusters(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """(cluster key, cluster, seen) of the changes told since then, oldest first."""
        change = tables.Change
        with self._database.read() as session:
            rows = session.execute(
                select(change.cluster_keys, change.cluster, change.seen_at)
                .where(change.seen_at >= since, change.state == model.State.TOLD.value, change.cluster.is_not(None))
                .order_by(change.seen_at, change.id)
            ).all()
        return [(key, cluster, seen) for keys, cluster, seen in rows for key in keys]

    # ---------------------------------------------------------------------------------------------- record

    def record(self, visited: VisitedLike) -> None:
        """Keeps all of a visit or nothing. The same visit again (by its check's id) changes nothing."""
        with self._database.write() as session:
            if session.get(tables.Check, visited.check) is not None:
                return
            source = session.get(tables.Source, visited.source.id, with_for_update=True)
            if source is None:
                source = writing.source_row(visited.source, visited.now)
                source.next_check_at = None  # visited by hand: not part of the schedule until the catalogue says so
                session.add(source)
                session.flush()
            session.add(writing.check_row(visited))
            documents = {entry.key: writing.document(session, visited, entry) for entry in visited.documents}
            writing.seen(session, visited)
            numbers = {key: row.id for key, row in documents.items()}
            writing.facts(session, visited, numbers, consumers=self._consumers)
            _standing(source, visited)


def _standing(source: tables.Source, visited: VisitedLike) -> None:
    now, fetched = visited.now, visited.fetched
    if source.health != visited.health.value:
        source.health, source.health_since = visited.health.value, now
    source.failures = visited.failures
    source.last_outcome, source.last_reason, source.last_check_at = visited.outcome.value, visited.reason, now
    if visited.outcome in (model.Outcome.OK, model.Outcome.NOT_MODIFIED):
        source.last_ok_at = now
    if visited.outcome is model.Outcome.OK and visited.glitch is None:
        # A body that was not the document is asked for whole next time, so that its end is noticed.
        source.last_body, source.etag, source.last_modified = visited.body, fetched.etag, fetched.last_modified
    if visited.changes:
        source.last_change_at = now
        source.priority = int(any(change.assessment.state is model.State.PENDING for change in visited.changes))
    source.learned = dict(visited.learned)
    source.claimed_by, source.claimed_until = "", None
    if visited.next_check_at is not None:
        source.next_check_at = visited.next_check_at
    elif source.next_check_at is not None:
        source.next_check_at = now + every(source.schedule)


def source_state(session: Session, source_id: str) -> SourceState:
    """How a source stood before a visit."""
    source = session.get(tables.Source, source_id)
    if source is None:
        return SourceState()
    document, version = tables.Document, tables.Version
    rows = session.execute(
        select(document.key, version.fingerprint, document.published_at, document.gone_at)
        .join(version, (version.document_id == document.id) & (version.number == document.latest_version))
        .where(document.source_id == source_id)
    ).all()
    pending = session.scalars(
        select(document.key)
        .join(tables.Change, tables.Change.document_id == document.id)
        .where(document.source_id == source_id, tables.Change.state == model.State.PENDING.value)
    )
    return SourceState(
        health=model.Health(source.health),
        failures=source.failures,
        etag=source.etag,
        last_modified=source.last_modified,
        last_body=source.last_body,
        known={row.key: row.fingerprint for row in rows},
        dates={row.key: row.published_at for row in rows if row.published_at and not row.gone_at},
        pending=frozenset(pending),
        learned=dict(source.learned),
    )


def _text(session: Session, document_id: int, number: int | None) -> model.Text | None:
    if number is None:
        return None
    row = session.scalar(
        select(tables.Version)
        .options(defer(tables.Version.text))
        .where(tables.Version.document_id == document_id, tables.Version.number == number)
    )
    return codec.text_value(row) if row else None


def _memory(session: Session, scope: str) -> dict[str, Any]:
    row = session.get(tables.SourceMemory, scope)
    return dict(row.data) if row else {}
