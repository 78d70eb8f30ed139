"""The records, in the database and in memory: one contract for both."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import visits
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from visits import FIRST, SECOND, START, THIRD

from tracker.model import Block, Health, Link, Outcome, Past, State, Tier
from tracker.store import codec, tables
from tracker.store.double import MemoryRecords
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryRecords()
        return
    sqlite = f"sqlite:///{tmp_path / 'tracker.db'}"
    database = Database(sqlite if request.param == "sqlite" else request.getfixturevalue("fresh_postgres"))
    migrate(database)
    yield Records(database)
    database.dispose()


def test_an_unknown_source_has_no_past(records: Any) -> None:
    assert records.past("nobody", "") == Past()
    assert records.state("nobody").health is Health.NEW


def test_what_was_recorded_is_the_past_of_the_next_visit(records: Any) -> None:
    visits.story(records)
    past, state = records.past("lighthouses", ""), records.state("lighthouses")
    assert past.told == past.latest == THIRD
    assert past.pending is None
    assert past.host == {"furniture": ["menu"]}
    assert state.known == {"": THIRD.fingerprint}
    assert state.health is Health.OK


def test_a_pending_change_comes_back_as_it_went_in(records: Any) -> None:
    waiting = visits.change(FIRST, SECOND, START + timedelta(days=1), state=State.PENDING)
    records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
    records.record(visits.visit(waiting.seen, SECOND, changes=(waiting,)))
    past = records.past("lighthouses", "")
    assert past.pending == waiting
    assert (past.told, past.latest) == (FIRST, SECOND)
    assert records.state("lighthouses").pending == {""}


def test_a_decision_replaces_the_pending_change(records: Any) -> None:
    waiting = visits.change(FIRST, SECOND, START + timedelta(days=1), state=State.PENDING)
    later = START + timedelta(days=2)
    decided = replace(
        waiting, told=later, cluster="c9", confirm_at=None, assessment=replace(waiting.assessment, state=State.TOLD)
    )
    records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
    records.record(visits.visit(waiting.seen, SECOND, changes=(waiting,)))
    records.record(visits.visit(later, None, changes=(decided,), told=SECOND.fingerprint))
    assert records.past("lighthouses", "").pending is None
    assert records.past("lighthouses", "").told == SECOND
    assert records.clusters(START) == [("k1", "c9", waiting.seen), ("k2", "c9", waiting.seen)]
    assert records.clusters(later) == []


def test_a_glitch_leaves_the_conditional_headers_alone(records: Any) -> None:
    records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
    before = records.state("lighthouses")
    records.record(visits.visit(START + timedelta(hours=6), None, glitch={"code": "shell"}))
    assert records.state("lighthouses").etag == before.etag
    assert records.state("lighthouses").last_body == before.last_body


def test_a_failure_is_kept_with_its_health(records: Any) -> None:
    failed = visits.visit(
        START, None, outcome=Outcome.TIMEOUT, health=Health.FAILING, failures=3, documents=(), seen=()
    )
    records.record(failed)
    assert records.state("lighthouses").health is Health.FAILING
    assert records.state("lighthouses").failures == 3
    assert records.state("lighthouses").last_body is None


def test_sources_are_due_at_once_claimed_once_and_again_after_their_interval(records: Any) -> None:
    records.sync_catalogue([visits.source("one"), visits.source("two")], START)
    assert records.claim_due(START, 1, "a") == ["one"]
    assert records.claim_due(START, 5, "b") == ["two"]
    assert records.claim_due(START, 5, "c") == []
    records.record(visits.visit(START, FIRST, name="one"))
    assert records.claim_due(START + timedelta(hours=5), 5, "a") == ["two"], "the lease of a dead worker ends"
    assert records.claim_due(START + timedelta(hours=7), 5, "a") == ["two", "one"]


def test_a_source_that_left_the_catalogue_rests(records: Any) -> None:
    records.sync_catalogue([visits.source("one"), visits.source("two")], START)
    records.sync_catalogue([visits.source("two")], START)
    assert records.claim_due(START, 5, "a") == ["two"]


# --------------------------------------------------------------------------------------- the database alone


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.Base.metadata.sorted_tables
        }


def test_a_large_catalogue_is_taken_over_in_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    records = Records(database)
    monkeypatch.setattr("tracker.store.records.TOGETHER", 2)
    names = ["a", "b", "c", "d", "e"]
    records.sync_catalogue([visits.source(name) for name in names], START)
    assert records.claim_due(START, 9, "x") == names
    records.sync_catalogue([visits.source(name) for name in ("e", "f")], START)
    assert [source.id for source in records.sources()] == ["e", "f"]


def test_a_change_that_waits_for_a_second_look_goes_before_what_is_longer_due(database: Database) -> None:
    records = Records(database)
    records.sync_catalogue([visits.source("one"), visits.source("two")], START)
    with database.write() as session:
        row = session.get_one(tables.Source, "two")
        row.priority, row.next_check_at = 1, START + timedelta(hours=1)
    assert records.claim_due(START + timedelta(hours=2), 1, "x") == ["two"]
    assert records.claim_due(START + timedelta(hours=2), 9, "x") == ["one"]


def test_after_a_standstill_a_large_host_leaves_places_to_the_others(database: Database) -> None:
    records = Records(database)
    large = [replace(visits.source(f"large-{n}"), url=f"https://large.example/{n}") for n in range(20)]
    small = [replace(visits.source(f"small-{n}"), url=f"https://small{n}.example/") for n in range(3)]
    records.sync_catalogue([*large, *small], START)
    taken = records.claim_due(START, 8, "a", per_host=2)
    assert len([name for name in taken if name.startswith("large")]) == 2
    again = records.claim_due(START, 8, "a", busy={"large.example": 2}, per_host=2)
    assert {*taken, *again} >= {"small-0", "small-1", "small-2"}, "one more look and all others are taken"
    assert not [name for name in again if name.startswith("large")]
    assert len(records.claim_due(START, 100, "a")) == 18, "without a limit all of the rest"


def test_the_same_visit_twice_leaves_the_same_rows(database: Database) -> None:
    visits.story(Records(database))
    once = counts(database)
    visits.story(Records(database))
    assert counts(database) == once
    assert once["version"] == 3
    assert once["change"] == 2
    assert once["event"] == once["event_todo"] == 1


def test_a_change_comes_back_from_its_rows(database: Database) -> None:
    told, silent = visits.story(Records(database))
    with database.read() as session:
        assert codec.change_value(session, told.id) == told
        assert codec.change_value(session, silent.id) == silent


def test_a_visit_that_fails_half_way_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    records = Records(database)
    records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
    before = counts(database)
    change = visits.change(FIRST, SECOND, START + timedelta(days=1))

    def broken(*_args: object, **_more: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("tracker.store.writing.outbox.append", broken)
    with pytest.raises(OSError, match="disk full"):
        records.record(visits.visit(change.seen, SECOND, changes=(change,), told=SECOND.fingerprint))
    assert counts(database) == before
    assert records.past("lighthouses", "").latest == FIRST


def test_words_that_no_database_keeps_are_replaced(database: Database) -> None:
    blocks = (Block("a\x00b"), Block("c\ud800d"))
    odd = replace(FIRST, blocks=blocks, fingerprint="0" * 64)
    judged = replace(visits.visit(START, FIRST).documents[0].judged, text=odd)
    digest = "e" * 64
    Records(database).record(
        visits.visit(START + timedelta(days=1), None, documents=(visits.DocumentVisit("", judged, digest),))
    )
    past = Records(database).past("lighthouses", "")
    assert past.latest is not None
    assert [block.text for block in past.latest.blocks] == ["a\ufffdb", "c?d"]


def test_noise_writes_no_event(database: Database) -> None:
    records = Records(database)
    records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
    noise = visits.change(FIRST, SECOND, START + timedelta(days=1), state=State.SILENT, tier=Tier.NOISE)
    records.record(visits.visit(noise.seen, SECOND, changes=(noise,), told=SECOND.fingerprint))
    assert counts(database)["event"] == 0


@given(st.lists(st.text(), max_size=8), st.text(max_size=5))
def test_keys_of_texts_are_equal_where_the_texts_are(texts: list[str], path: str) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    blocks = [
        Block(text, path=f'{path.encode("utf-8", "ignore").decode()}{{"text":"x"', eid='"text":"') for text in texts
    ]
    keys = codec.text_keys(codec.pack_blocks(blocks))
    assert [json.loads(b'"' + key + b'"') for key in keys] == texts
    plain = [{"eid": "a", "text": text} for text in texts]  # as another program may have written it
    assert codec.text_keys(codec.pack(json.dumps(plain, ensure_ascii=False).encode())) == keys


def test_blocks_made_when_they_are_asked_for_are_the_same_blocks() -> None:
    made = (Block("One", links=(Link("https://example.org/", "there"),)), Block("Two", "heading", 2, eid="two"))
    data = codec.pack_blocks(made)
    lazy = codec.Blocks(data)
    assert tuple(lazy) == lazy[:] == codec.unpack_blocks(data) == made
    assert (lazy[-1:], lazy[1:9], lazy[0], len(lazy)) == (made[-1:], made[1:9], made[0], 2)


def test_visits_at_once_share_a_host_and_a_body(database: Database) -> None:
    """Many workers, one host: whoever comes second finds the memory and the body of the first."""
    records, start = Records(database), threading.Barrier(4)

    def visit(number: int) -> None:
        start.wait(10)
        records.record(visits.visit(START, FIRST, told=FIRST.fingerprint, name=f"source-{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visit, range(4)))
    there = counts(database)
    assert (there["source"], there["version"], there["body"], there["check"]) == (4, 4, 1, 4)
    assert records.past("source-1", "").host == {"furniture": ["menu"]}
