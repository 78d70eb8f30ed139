"""Search finds what stands there and nothing else, in any script, on both databases."""

from __future__ import annotations

import random
import re

import pytest
import visits
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tracker.store import queries, search, tables
from tracker.store.queries import ChangeFilter
from tracker.store.records import Records
from tracker.store.session import Database

HAN = "人工智能数据"
WORDS = ["shall", "shallow", "marshal", "keeper", "keepers", "Règlement", "data", "AI"]


@pytest.fixture
def passages(database: Database) -> list[str]:
    """Sixty paragraphs of one document, of Chinese runs and words mixed."""
    rng = random.Random(5)
    made = {
        " ".join(
            "".join(rng.choices(HAN, k=rng.randint(1, 7))) if rng.random() < 0.5 else rng.choice(WORDS)
            for _ in range(rng.randint(1, 6))
        )
        for _ in range(60)
    }
    said = visits.text(*sorted(made))
    Records(database).record(visits.visit(visits.START, said, told=said.fingerprint))
    return sorted(made)


def found(database: Database, query: str) -> set[str]:
    with database.read() as session:
        return {hit.text for hit in search.search(session, query, limit=200).hits}


def test_two_characters_find_every_passage_that_holds_them_in_a_row(database: Database, passages: list[str]) -> None:
    for first in HAN:
        for second in HAN:
            assert found(database, first + second) == {said for said in passages if first + second in said}


def test_longer_runs_too(database: Database, passages: list[str]) -> None:
    runs = {run[at : at + 4] for said in passages for run in re.findall(f"[{HAN}]+", said) for at in range(len(run))}
    for run in sorted(runs)[:60]:
        assert found(database, run) == {said for said in passages if run in said}, run


def test_words_find_themselves_and_their_longer_forms(database: Database, passages: list[str]) -> None:
    for query in ("shall", "keeper", "reglement", "DATA", "ai"):
        start = search.fold(query)
        wanted = {
            said
            for said in passages
            for word in said.split()
            if search.fold(word) == start or (len(start) > 2 and search.fold(word).startswith(start))
        }
        assert found(database, query) == wanted, query


def test_several_words_must_all_be_there_and_a_phrase_in_a_row(database: Database, passages: list[str]) -> None:
    assert found(database, "data keeper") == found(database, "data") & found(database, "keeper")
    assert found(database, '"data keeper"') == {said for said in passages if re.search(r"\bdata keeper\b", said)}


def test_words_that_are_everywhere_are_ranked_in_part_and_that_is_said(
    database: Database, passages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = found(database, "shall")
    monkeypatch.setattr(search, "RANKED_SQLITE", 5)
    monkeypatch.setattr(search, "RANKED_POSTGRESQL", 1)
    with database.read() as session:
        document = session.scalars(select(tables.Document)).one()
        some = search.search(session, "shall", limit=4)
        none = search.search(session, "shall", source="elsewhere", limit=4)
        here = search.search(session, "shall", source=document.source_id, present_only=True, limit=4)
        all_of_few = search.search(session, "shall", limit=1, offset=3)
    assert len(wanted) > 6
    assert len(some.hits) == len(here.hits) == 4
    assert {hit.text for hit in (*some.hits, *here.hits, *all_of_few.hits)} <= wanted
    assert some.ranked == here.ranked == 5
    assert none == search.Found()
    monkeypatch.setattr(search, "RANKED_SQLITE", len(wanted))
    monkeypatch.setattr(search, "RANKED_POSTGRESQL", len(wanted))
    with database.read() as session:
        assert search.search(session, "shall").ranked == 0


def test_where_words_are_everywhere_the_newest_passages_are_asked_as_far_as_they_hold_enough(
    database: Database, passages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, phrase = found(database, "shall"), found(database, '"data keeper"')
    monkeypatch.setattr(search, "EVERYWHERE", -1)  # so that PostgreSQL takes every word for one that is everywhere
    monkeypatch.setattr(search, "RANKED_SQLITE", 5)
    for newest in (len(passages), 3):
        monkeypatch.setattr(search, "NEWEST", newest)
        with database.read() as session:
            few = search.search(session, "shall", limit=4)
            stands = search.search(session, "shall", language="none", limit=4)
        assert len(few.hits) == 4, "where the newest hold too few, all are asked"
        assert {hit.text for hit in few.hits} <= wanted
        assert bool(few.ranked) == (database.sqlite or newest > 3), "it is said where not all were ranked"
        assert stands.hits == ()
        assert found(database, '"data keeper"') == phrase


@pytest.mark.parametrize(
    "query", ["", "   ", '"', "''", "()", "a' OR 1=1 --", "NEAR(a b)", "*", "a:*", "!x & y", "\x00"]
)
def test_no_query_is_an_error(database: Database, passages: list[str], query: str) -> None:
    assert found(database, query) <= set(passages)
    with database.read() as session:
        queries.list_changes(session, ChangeFilter(words=query))


@given(st.text(max_size=60), st.text(max_size=12))
def test_what_is_highlighted_is_escaped_and_whole(words: str, query: str) -> None:
    import html

    shown = search.highlight(words, query, length=1000)
    assert html.unescape(shown.replace("<mark>", "").replace("</mark>", "")).strip("…") == words.strip("…")
    assert shown.count("<mark>") == shown.count("</mark>")
    assert not re.search(r"<(?!/?mark>)", shown)


def test_changes_with_words_are_the_same_however_many_edits_hold_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits.story(Records(database))
    for words in ("report", "应当", "keepers shall", "nothingofthekind"):
        found = []
        for few in (0, 500):
            monkeypatch.setattr(search, "FEW", few)
            with database.read() as session:
                found.append([line.id for line in queries.list_changes(session, ChangeFilter(words=words)).items])
        assert found[0] == found[1]
        assert bool(found[0]) == (words != "nothingofthekind")
