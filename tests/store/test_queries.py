"""What web, commands and alerts read, over the story of a small regulation, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import visits
from visits import FIRST, SECOND, START, THIRD

from tracker.model import State, Tier
from tracker.store import queries, search
from tracker.store.queries import ChangeFilter
from tracker.store.records import Records
from tracker.store.session import Database


@pytest.fixture
def told(database: Database) -> Database:
    visits.story(Records(database))
    return database


def test_changes_come_newest_first_with_areas_and_reasons(told: Database) -> None:
    with told.read() as session:
        page = queries.list_changes(session)
    assert [line.tier for line in page.items] == ["noise", "substantive"]
    line = page.items[1]
    assert line.areas == (("safety-governance", 0.8), ("data", 0.3))
    assert line.reasons[0].words == ("shall",)
    assert (line.old_version, line.new_version) == (1, 2)
    assert page.next == ""


def test_pages_by_cursor_show_every_change_once(database: Database) -> None:
    records = Records(database)
    texts = [visits.text(f"Version {n} of it.") for n in range(8)]
    records.record(visits.visit(START, texts[0], told=texts[0].fingerprint))
    for n in range(1, 8):
        change = visits.change(texts[n - 1], texts[n], START + timedelta(days=n))
        records.record(visits.visit(change.seen, texts[n], changes=(change,), told=texts[n].fingerprint))
    seen, cursor = [], ""
    with database.read() as session:
        while True:
            page = queries.list_changes(session, limit=3, cursor=cursor)
            seen += [line.new_version for line in page.items]
            cursor = page.next
            if not cursor:
                break
    assert seen == [8, 7, 6, 5, 4, 3, 2]


def test_a_cursor_that_is_none_is_refused(told: Database) -> None:
    with told.read() as session, pytest.raises(ValueError, match="not a cursor"):
        queries.list_changes(session, cursor="ZZZ")


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (ChangeFilter(areas=("data",)), 2),
        (ChangeFilter(areas=("education",)), 0),
        (ChangeFilter(areas=("education", "data"), tiers=("noise",)), 1),
        (ChangeFilter(principles=("fairness",)), 2),
        (ChangeFilter(groups=("coast",)), 2),
        (ChangeFilter(groups=("inland",)), 0),
        (ChangeFilter(jurisdictions=("XX",), languages=("en",)), 2),
        (ChangeFilter(languages=("fr",)), 0),
        (ChangeFilter(states=("silent",)), 1),
        (ChangeFilter(since=START + timedelta(days=2)), 1),
        (ChangeFilter(until=START + timedelta(days=2)), 1),
        (ChangeFilter(words="SHALL report"), 2),
        (ChangeFilter(words="应当"), 2),
        (ChangeFilter(words="100%_"), 0),
        (ChangeFilter(sources=("other",)), 0),
    ],
)
def test_filters(told: Database, wanted: ChangeFilter, number: int) -> None:
    with told.read() as session:
        assert len(queries.list_changes(session, wanted).items) == number


def test_the_details_of_a_change(told: Database) -> None:
    with told.read() as session:
        newest, first = queries.list_changes(session).items
        detail = queries.change_detail(session, first.id)
        assert detail.value.comparison.edits[0].old == FIRST.blocks
        assert detail.after == newest.id
        assert detail.before is None
        assert detail.chains[0] != detail.chains[1]
        assert len(detail.seal) == 64
        with pytest.raises(KeyError):
            queries.change_detail(session, "unknown")


def test_what_was_silenced_says_why(told: Database) -> None:
    with told.read() as session:
        (line,) = queries.silenced(session).items
    assert (line.state, line.reasons[0].code) == ("silent", "modality")


def test_the_text_of_any_day(told: Database) -> None:
    with told.read() as session:
        document = queries.document_of(session, "lighthouses")
        assert document is not None
        assert document.versions == 3
        assert queries.version_at(session, document.id, START - timedelta(seconds=1)) is None
        for days, text in ((0, FIRST), (0.9, FIRST), (1, SECOND), (39, SECOND), (400, THIRD)):
            version = queries.version_at(session, document.id, START + timedelta(days=days))
            assert version is not None
            assert queries.version_blocks(version) == text.blocks


def test_blame_names_the_version_a_wording_came_with(told: Database) -> None:
    with told.read() as session:
        document = queries.document_of(session, "lighthouses")
        assert document is not None
        assert [line.version for line in queries.blame(session, document.id)] == [2, 3]
        assert [line.version for line in queries.blame(session, document.id, number=2)] == [2, 1, 1]
        timeline = queries.timeline(session, document.id)
    assert [(line.number, line.tier) for line in timeline] == [(1, ""), (2, "substantive"), (3, "noise")]
    assert timeline[0].until == timeline[1].seen_at


def test_deadlines_ahead(told: Database) -> None:
    with told.read() as session:
        (line,) = queries.deadlines_ahead(session, date(2026, 3, 1))
        assert (line.date, line.governs) == (date(2026, 5, 1), "keepers report")
        assert queries.deadlines_ahead(session, date(2026, 5, 2)) == []


def test_sources_checks_and_events(told: Database) -> None:
    with told.read() as session:
        (line,) = queries.sources(session)
        assert (line.health, line.documents, line.versions) == ("ok", 1, 3)
        assert [check.changes for check in queries.checks(session)] == [1, 1, 0]
        (event,) = queries.events_after(session)
        assert event.type == "change.told"
        assert queries.events_after(session, event.id) == []
        assert queries.counts(session)["versions"] == 3


# --------------------------------------------------------------------------------------------------- search


@pytest.mark.parametrize("query", ["报告", "人工智能", "应当报告", "者", "人工智能 报告"])
def test_chinese_is_found_from_one_character_on(told: Database, query: str) -> None:
    with told.read() as session:
        (hit,) = search.search(session, query).hits
    assert hit.gone_at == START + timedelta(days=40)
    assert "<mark>" in hit.snippet


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("keepers", {1, 2}),
        ("KEEPER", {1, 2}),
        ('"shall report"', {2}),
        ('"report shall"', set()),
        ("lamp noon", {3}),
        ("nothing-like-it", set()),
        ("'; DROP TABLE passage; --", set()),
        ('"', set()),
        ("& | ! : * ( )", set()),
        ("报人", set()),
    ],
)
def test_words_are_found_with_the_versions_they_stood_in(told: Database, query: str, numbers: set[int]) -> None:
    with told.read() as session:
        assert {hit.first_version for hit in search.search(session, query).hits} == numbers


def test_only_what_stands_now(told: Database) -> None:
    with told.read() as session:
        assert [hit.text for hit in search.search(session, "lamp", present_only=True).hits] == [
            "The lamp is lit at noon."
        ]


def test_a_hit_is_escaped_outside_its_marks() -> None:
    assert search.highlight('<b onclick="x">lamp</b>', "lamp") == (
        "&lt;b onclick=&quot;x&quot;&gt;<mark>lamp</mark>&lt;/b&gt;"
    )


def test_accents_and_width_do_not_hide_words() -> None:
    assert search.segment("Décision Ａｒｔｉｃｌｅ 第五条") == "decision article 第五 五条 条"


def test_tiers_and_states_are_the_models() -> None:
    assert {Tier.NOISE.value, State.SILENT.value} == {"noise", "silent"}
