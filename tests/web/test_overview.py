"""The front page: what a newcomer needs in the first minutes, what a reader missed, where things move, what comes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import visits
from hypothesis import given
from hypothesis import strategies as st
from surroundings import NOW, Asking

from tracker.model import Outcome
from tracker.store import queries, queries_overview
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.tables import Source
from tracker.web import heatmap
from tracker.web.i18n import interface
from tracker.web.pages_overview import GAP, last_visit


def _add(database: Database, name: str, *, outcome: Outcome | None = None, ok: bool = False) -> None:
    with database.write() as session:
        session.add(
            Source(
                id=name, title=name, url=f"https://law.example/{name}", created_at=NOW, next_check_at=NOW,
                last_check_at=NOW if outcome else None, last_outcome=outcome.value if outcome else "",
                last_ok_at=NOW if ok else None, health="ok" if ok else "failing" if outcome else "new",
            )
        )  # fmt: skip


def test_without_sources_the_page_says_what_to_do(database: Database, asking: Asking) -> None:
    page = asking(database).get("/").text
    assert "sources.yaml" in page
    assert "tracker demo" in page


def test_the_first_minutes_say_how_far_it_is(database: Database, asking: Asking) -> None:
    _add(database, "a", outcome=Outcome.OK, ok=True)
    _add(database, "b")
    page = asking(database).get("/").text
    assert "1 of 2 sources have been checked, 1 could be read" in page
    assert "Next check" in page


@pytest.mark.parametrize("outcome", [Outcome.DNS, Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT])
def test_where_nothing_can_be_reached_one_line_points_to_the_demo(
    database: Database, asking: Asking, outcome: Outcome
) -> None:
    _add(database, "a", outcome=outcome)
    _add(database, "b")
    page = asking(database).get("/").text
    assert len(re.findall("no way to the network", page)) == 1
    assert "tracker demo" in page


def test_a_single_failure_is_no_missing_network(database: Database, asking: Asking) -> None:
    _add(database, "a", outcome=Outcome.DNS)
    _add(database, "b", outcome=Outcome.OK, ok=True)
    page = asking(database).get("/").text
    assert "no way to the network" not in page
    assert "Needs a hand" in page


def test_a_reader_who_comes_back_sees_what_was_missed(database: Database, asking: Asking) -> None:
    records = Records(database)
    told = visits.change(visits.FIRST, visits.SECOND, visits.START + timedelta(days=1))
    records.record(visits.visit(visits.START, visits.FIRST, told=visits.FIRST.fingerprint))
    now = [visits.START + timedelta(hours=1)]
    client = asking(database, clock=lambda: now[0])
    assert "since your last visit" not in client.get("/").text
    records.record(visits.visit(told.seen, visits.SECOND, changes=(told,), told=visits.SECOND.fingerprint))
    now[0] += timedelta(days=2)
    assert "1 change since your last visit" in client.get("/").text
    now[0] += timedelta(minutes=5)
    assert "1 change since your last visit" in client.get("/").text  # still the same visit
    now[0] += timedelta(hours=2)
    assert "Nothing new since your last visit" in client.get("/").text


@given(st.text(max_size=60))
def test_a_strange_cookie_is_a_first_visit(value: str) -> None:
    before, kept = last_visit(value, NOW)
    assert before is None or before < NOW
    assert last_visit(kept, NOW)[0] == before


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=12))
def test_the_visit_before_is_never_the_one_under_way(gaps: list[int]) -> None:
    now, cookie, pages = NOW, "", []
    for gap in gaps:
        now += timedelta(minutes=gap)
        before, cookie = last_visit(cookie, now)
        earlier = [at for at in pages if at <= now - GAP]
        assert before is None or before in earlier
        pages.append(now)


def test_dates_ahead_and_the_heat_map_show_what_was_told(database: Database, asking: Asking) -> None:
    visits.story(Records(database))
    page = asking(database).get("/").text
    assert "1 May 2026" in page
    assert re.search(
        r'<a href="/changes\?area=safety-governance&amp;since=2026-02-01[^>]*title="February 2026: 1 change"', page
    )
    assert re.search(r'jurisdiction=XX[^>]*title="XX: 1 change"', page)


def test_what_was_kept_silent_is_counted_not_told(database: Database, asking: Asking) -> None:
    visits.story(Records(database))
    page = asking(database, clock=lambda: visits.START + timedelta(days=41)).get("/").text
    assert "1 was kept silent in seven days" in page


# -------------------------------------------------------------------------------------------- the numbers behind


def test_the_heat_map_counts_as_the_list_of_changes_does(library_database: Database) -> None:
    since = datetime(2025, 1, 1, tzinfo=UTC)
    with library_database.read() as session:
        told = queries.list_changes(session, queries.ChangeFilter(states=("told",)), limit=1000).items
        found = queries_overview.activity(session, since=since).by_month()
    wanted: dict[tuple[str, str], int] = {}
    for line in told:
        for area, _score in line.areas:
            wanted[area, f"{line.seen_at:%Y-%m}"] = wanted.get((area, f"{line.seen_at:%Y-%m}"), 0) + 1
    assert found == wanted


def test_counting_on_gives_what_counting_anew_gives(library_database: Database) -> None:
    since = datetime(2025, 1, 1, tzinfo=UTC)
    with library_database.read() as session:
        whole = queries_overview.activity(session, since=since)
        told_at = whole.marker[1]
        assert told_at is not None
        months = sorted(whole.numbers)
        gone = {month: cells for month, cells in whole.numbers.items() if month != f"{told_at:%Y-%m}"}
        before = replace(whole, marker=(whole.marker[0], told_at - timedelta(days=1)), numbers=gone)
        assert len(gone) < len(months)
        assert queries_overview.activity(session, since=since, known=before).numbers == whole.numbers
        moved = replace(whole, places=(("elsewhere", 1),), numbers={})
        assert queries_overview.activity(session, since=since, known=moved).numbers == whole.numbers
        later = queries_overview.activity(session, since=since + timedelta(days=31), known=whole)
        assert min(later.numbers) >= "2025-02"


def test_the_numbers_are_the_same_on_both_databases(database: Database) -> None:
    visits.story(Records(database))
    with database.read() as session:
        counted = queries_overview.activity(session, since=visits.START)
        assert counted.by_month() == {("safety-governance", "2026-02"): 1, ("data", "2026-02"): 1}
        assert counted.by_jurisdiction() == {("safety-governance", "XX"): 1, ("data", "XX"): 1}
        today = date(2026, 4, 2)
        ((line, seen),) = queries_overview.ahead(session, today)
        assert (line.date, line.text, seen) == (date(2026, 5, 1), "by 1 May 2026", visits.START + timedelta(days=1))
        assert queries_overview.ahead(session, today, areas=("data",))
        assert queries_overview.ahead(session, today, areas=("fairness",)) == []
        assert queries_overview.ahead(session, date(2026, 5, 2)) == []
        assert queries_overview.choices(session).jurisdictions == ("XX",)
        numbers = queries_overview.monitored(session, NOW)
        assert numbers.health == {"ok": 1}
        assert numbers.waiting["alerts"][0] == 1


@given(st.integers(-5, 10_000), st.integers(-5, 10_000))
def test_a_cell_is_shaded_exactly_when_something_happened(number: int, most: int) -> None:
    shade = heatmap.level(number, most)
    assert (shade > 0) == (number > 0 and most > 0)
    assert 0 <= shade <= heatmap.LEVELS


@given(st.dates(date(1, 2, 1), date(9999, 12, 31)), st.integers(1, 12))
def test_months_are_in_a_row_and_end_with_this_one(today: date, count: int) -> None:
    if today.year * 12 + today.month - count < 12:
        return
    made = heatmap.months(today, count)
    assert len(made) == count
    assert made[-1] == today.replace(day=1)
    assert all((b.year * 12 + b.month) - (a.year * 12 + a.month) == 1 for a, b in pairwise(made))


def test_a_map_says_its_numbers_without_its_colours() -> None:
    found = heatmap.by_month(
        {("data", "2026-03"): 3}, ("data", "other"), (date(2026, 2, 1), date(2026, 3, 1)), interface("en")
    )
    first, second = found.rows
    assert first.total == 3
    assert "March 2026: 3 changes" in first.cells[1]
    assert ">0<" in first.cells[0]
    assert second.numbers == (0, 0)


def test_metrics_have_the_names_that_are_promised(database: Database, asking: Asking) -> None:
    visits.story(Records(database))
    text = asking(database).get("/metrics").text
    for name in (
        'tracker_rows{word="versions"} 3.0', 'tracker_sources{health="ok"} 1.0', "tracker_sources_due ",
        "tracker_schedule_lag_seconds ", 'tracker_checks_day{outcome="ok"}', "tracker_check_seconds_mean ",
        "tracker_check_seconds_max ", 'tracker_queue_events{consumer="alerts"} 1.0',
        'tracker_queue_oldest_seconds{consumer="alerts"}', 'tracker_alerts{state="waiting"}',
        'tracker_deliveries_day{outcome="accepted"}',
    ):  # fmt: skip
        assert name in text, name


def test_what_was_quarantined_stands_on_the_silenced_page(database: Database, asking: Asking) -> None:
    visits.story(Records(database))
    at = NOW - timedelta(days=1)
    glitch = {"step": "glitch", "code": "error-page", "text": "The page shows a notice."}
    Records(database).record(visits.visit(at, glitch=glitch, reason=glitch["text"]))
    client = asking(database)
    page = client.get("/silenced").text
    (check,) = re.findall(r'<a href="(/checks/\w+)">The page shows a notice', page)
    assert "Not taken as the document" in client.get(check).text
    assert "The page shows a notice" not in client.get("/silenced?tier=noise").text
