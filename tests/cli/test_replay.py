"""`tracker explain`, `feedback` and `replay`: reasons for readers, corrections that are followed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from tracker.assess import memory
from tracker.assess.difference import pieces
from tracker.cli import replay
from tracker.model import Change, Tier
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))  # visits.py: values for tests of the store
import visits

Run = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'tracker.db'}"
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    made = Database(url)
    migrate(made)
    return made


@pytest.fixture
def told(database: Database) -> list[Change]:
    return visits.story(Records(database))


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    replay.register(app)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_explain_gives_every_step_with_its_words(told: list[Change], run: Run) -> None:
    done = run("explain", told[0].id[:10])
    assert done.exit_code == 0
    for reason in told[0].assessment.reasons:
        assert reason.text in done.stdout
        assert reason.code in done.stdout


def test_explain_as_json_is_one_document(told: list[Change], run: Run) -> None:
    found = json.loads(run("explain", told[0].id, "--json").stdout)
    assert found["change"] == told[0].id
    assert found["tier"] == told[0].assessment.tier.value
    assert found["feedback"] == []


def test_an_unknown_change_is_said_to_be_unknown(told: list[Change], run: Run) -> None:
    done = run("explain", "ffffffffff")
    assert done.exit_code == 2
    assert "no change" in done.output


def test_a_correction_is_kept_explained_and_remembered(told: list[Change], run: Run, database: Database) -> None:
    assert run("feedback", told[0].id[:12], "--tier", "noise", "--note", "A banner.", "--by", "ada").exit_code == 0
    assert "Corrected by ada" in run("explain", told[0].id).stdout
    with database.read() as session:
        kept = session.scalars(
            select(tables.SourceMemory).where(tables.SourceMemory.scope.startswith("document:"))
        ).all()
        lessons = [row.data for row in kept if row.data.get("lessons")]
    touched = pieces(told[0].comparison.edits[0].new)
    assert memory.lesson(lessons[0], touched[0].bare) is Tier.NOISE


@pytest.mark.parametrize("words", [(), ("--tier", "wonderful")])
def test_a_correction_must_say_something(told: list[Change], run: Run, words: tuple[str, ...]) -> None:
    assert run("feedback", told[0].id, *words).exit_code == 2


def test_a_folder_without_recordings_is_a_usage_error(tmp_path: Path, run: Run) -> None:
    done = run("replay", tmp_path, "--out", tmp_path / "changes.jsonl")
    assert done.exit_code == 2
    assert "no recordings" in done.output
