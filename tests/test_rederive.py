"""The past read again: nothing is otherwise with the same rooms; with better ones it is recorded beside, and silent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tracker import importing, pipeline
from tracker.classify import classifier
from tracker.importing import Entry
from tracker.model import Fetched, Outcome, Reading, Source, Text
from tracker.rederive import Derived, rederive
from tracker.store import keeping, proof, queries, tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.text.canonical import fingerprint

START = datetime(2026, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
LAMP = "The lamp is lit at dusk and put out at dawn, in every season and in any weather."
DUTIES = (
    "Keepers of automated lights may report failures to the harbour office.",
    "Keepers of automated lights shall report failures to the harbour office within 15 days.",
    "Keepers of automated lights shall report failures to the harbour office within 5 days.",
)


def body(duty: str) -> bytes:
    main = f"<main><h1>Lighthouse rules</h1><p>{duty}</p><p>{LAMP}</p></main>"
    return f"<html><head><title>Lighthouse rules</title></head><body>{main}</body></html>".encode()


def entries() -> Iterator[Entry]:
    for week, duty in enumerate(DUTIES):
        at = START + timedelta(weeks=week)
        yield Entry(
            "rules", "Lighthouse rules", "https://law.example/rules", at, body(duty), f"week {week}", "text/html"
        )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'tracker.db'}")
    migrate(made)
    return made


def take(database: Database) -> None:
    taken = asyncio.run(importing.take(entries(), database, classifier.load(), now=NOW))
    assert (taken.versions, taken.bad) == (3, [])


def again(database: Database, **how: Any) -> Derived:
    return rederive(database, classifier.load(), NOW, **how)


@pytest.fixture
def poorly_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A history made by a reader that lost the last paragraph of every page."""
    whole = pipeline.skim

    def poor(source: Source, fetched: Fetched, _known: object) -> Reading:
        reading = whole(source, fetched)
        return replace(reading, blocks=reading.blocks[:-1])

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "skim", poor)
        take(database)
    return database


def latest(database: Database) -> Text:
    found = Records(database).past("rules", "").latest
    assert found is not None
    return found


def test_nothing_is_otherwise_with_the_same_rooms(database: Database) -> None:
    take(database)
    derived = again(database, apply=True)
    assert derived.findings == []
    assert (derived.sources, derived.versions, derived.unread, derived.recorded) == (1, 3, 0, 0)
    assert derived.changes == 2


def test_a_better_reader_shows_what_would_be_otherwise_and_writes_nothing(poorly_read: Database) -> None:
    with poorly_read.read() as session:
        before = queries.counts(session)
    derived = again(poorly_read)
    assert [finding.what for finding in derived.findings if finding.what == "text"] == ["text"] * 3
    with poorly_read.read() as session:
        assert queries.counts(session) == before


def test_applied_it_stands_beside_what_was_and_tells_nobody(poorly_read: Database) -> None:
    with poorly_read.read() as session:
        todo = session.scalar(select(func.count()).select_from(tables.EventTodo))
        told = [line.id for line in queries.list_changes(session).items]
    derived = again(poorly_read, apply=True)
    assert derived.recorded >= 3
    with poorly_read.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.EventTodo)) == todo
        assert [line.id for line in queries.list_changes(session).items] == told
        document = queries.document_of(session, "rules")
        assert document is not None
        lines = queries.timeline(session, document.id, technical=True)
        assert [line.technical for line in lines] == [False] * 3 + [True] * 3
        assert len(queries.timeline(session, document.id)) == 3
        assert proof.verify(session).problems == ()
    assert LAMP in [block.text for block in latest(poorly_read).blocks]


def test_applied_twice_it_gives_the_same_rows(poorly_read: Database) -> None:
    again(poorly_read, apply=True)
    with poorly_read.read() as session:
        before = session.execute(select(tables.Version.id, tables.Version.chain)).all()
        changes = session.execute(select(tables.Change.id, tables.Change.seal)).all()
    assert again(poorly_read, apply=True).recorded == 0
    with poorly_read.read() as session:
        assert session.execute(select(tables.Version.id, tables.Version.chain)).all() == before
        assert session.execute(select(tables.Change.id, tables.Change.seal)).all() == changes


def test_the_next_visit_tells_no_one_of_what_only_the_reading_changed(poorly_read: Database) -> None:
    again(poorly_read, apply=True)
    records = Records(poorly_read)
    fetched = Fetched(
        Outcome.OK, "", "https://law.example/rules", NOW, NOW, status=200, body=body(DUTIES[2]) + b"<!-- rebuilt -->",
        media_type="text/html",
    )  # fmt: skip
    visited = pipeline.derive(records.source("rules"), fetched, records.state("rules"), records, classifier.load(), NOW)
    assert visited.changes == ()
    assert visited.documents[0].judged.text is None
    assert fingerprint(latest(poorly_read).blocks) == latest(poorly_read).fingerprint


def test_since_leaves_older_ones_alone(poorly_read: Database) -> None:
    derived = again(poorly_read, since=START + timedelta(days=10))
    assert {finding.seen_at for finding in derived.findings} == {START + timedelta(weeks=2)}


def test_bodies_that_were_let_go_are_counted_and_left_as_they_are(poorly_read: Database) -> None:
    keeping.let_go(poorly_read, "1d", NOW)
    derived = again(poorly_read, apply=True)
    assert derived.unread == 2
    assert {finding.seen_at for finding in derived.findings} == {START + timedelta(weeks=2)}
