"""`tracker history` and `show`, over the story of a small regulation."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from tracker.cli import history
from tracker.model import Change
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))  # visits.py: values for tests of the store
import visits

Run = Callable[..., Result]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    url = f"sqlite:///{tmp_path / 'tracker.db'}"
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    database = Database(url)
    migrate(database)
    changes = visits.story(Records(database))
    database.dispose()
    return changes


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    history.register(app)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_history_lists_what_was_told_and_says_why(told: list[Change], run: Run) -> None:
    done = run("history")
    assert done.exit_code == 0
    assert told[0].id[:10] in done.stdout
    assert "Keepers must report" in done.stdout
    assert "may became shall" in done.stdout
    assert told[1].id[:10] not in done.stdout


def test_history_as_json_is_one_document_a_line(told: list[Change], run: Run) -> None:
    lines = [json.loads(line) for line in run("history", "--all", "--json").stdout.splitlines()]
    assert [line["id"] for line in lines] == [told[1].id, told[0].id]
    assert lines[1]["areas"][0] == ["safety-governance", 0.8]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("--silent",), 1),
        (("--all", "--since", "2026-03-01"), 1),
        (("--all", "--until", "2026-02-02"), 1),
        (("--all", "--until", "2026-02-01"), 0),
        (("--area", "data"), 1),
        (("--words", "shall"), 1),
        (("--tier", "editorial"), 0),
        (("lighthouses", "--all", "--limit", "1"), 1),
    ],
)
def test_history_filters(told: list[Change], run: Run, words: tuple[str, ...], number: int) -> None:
    assert len(run("history", *words, "--json").stdout.splitlines()) == number


def test_an_unknown_source_and_a_wrong_date_are_usage_errors(told: list[Change], run: Run) -> None:
    done = run("history", "house")
    assert done.exit_code == 2
    assert "Did you mean lighthouses?" in done.stderr
    assert run("history", "--since", "yesterday").exit_code == 2


def test_show_gives_a_change_by_the_beginning_of_its_id(told: list[Change], run: Run) -> None:
    shown = json.loads(run("show", told[0].id[:8], "--json").stdout)
    assert shown["id"] == told[0].id
    assert shown["edits"][0]["spans"][0][0] == "-"
    assert shown["deadlines"][0]["date"] == "2026-05-01"
    done = run("show", told[0].id)
    assert "Keepers may report." in done.stdout
    assert "Keepers shall report" in done.stdout


def test_show_gives_the_text_of_any_day(told: list[Change], run: Run) -> None:
    assert "may report" in run("show", "lighthouses", "--at", "2026-02-01").stdout
    assert "shall report" in run("show", "lighthouses", "--at", "2026-02-02").stdout
    assert "noon" in run("show", "lighthouses").stdout
    assert "dusk" in run("show", "1", "--version", "2").stdout
    assert run("show", "lighthouses", "--at", "2026-01-01").exit_code == 1


def test_show_gives_one_place_with_the_day_its_words_came_in(told: list[Change], run: Run) -> None:
    assert run("show", "lighthouses", "--place", "Article 1").stdout == "Keepers shall report by 1 May 2026.\n"
    shown = json.loads(run("show", "lighthouses", "--blame", "--place", "art_2", "--json").stdout)
    (block,) = shown["blocks"]
    assert block["version"] == 3
    assert block["since"] == (visits.START + timedelta(days=40)).isoformat()
    assert run("show", "lighthouses", "--place", "art_9").exit_code == 1


def test_versions_with_their_chain(told: list[Change], run: Run) -> None:
    lines = [json.loads(line) for line in run("history", "lighthouses", "--versions", "--json").stdout.splitlines()]
    assert [line["version"]["number"] for line in lines] == [1, 2, 3]
    assert all(len(line["version"]["chain"]) == 64 for line in lines)
