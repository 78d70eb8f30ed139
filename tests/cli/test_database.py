"""`tracker migrate`, `backup`, `restore`, `vacuum`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from tracker.cli import database as commands
from tracker.store import proof, queries
from tracker.store.records import Records
from tracker.store.session import Database

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))  # visits.py: values for tests of the store
import visits

Run = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'tracker.db'}"
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    return url


@pytest.fixture
def run(url: str) -> Run:
    app = typer.Typer()
    commands.register(app)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def told(url: str) -> int:
    database = Database(url)
    with database.read() as session:
        assert proof.verify(session).problems == ()
        number = len(queries.list_changes(session).items)
    database.dispose()
    return number


def test_migrate_brings_an_empty_database_to_the_schema(run: Run) -> None:
    before = run("migrate", "--check", "--json")
    assert (before.exit_code, json.loads(before.stdout)["fits"]) == (1, False)
    assert run("migrate").exit_code == 0
    assert run("migrate", "--check").exit_code == 0


def test_a_newer_database_is_refused_in_one_line(run: Run, url: str) -> None:
    run("migrate")
    with Database(url).write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = run("migrate")
    assert done.exit_code == 2
    assert "newer tracker has used it" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.postgres
def test_a_move_to_postgresql_and_back(run: Run, url: str, fresh_postgres: str, tmp_path: Path) -> None:
    run("migrate")
    visits.story(Records(Database(url)))
    assert run("migrate", "--from", url, "--to", fresh_postgres).exit_code == 0
    back = f"sqlite:///{tmp_path / 'back.db'}"
    done = run("migrate", "--from", fresh_postgres, "--to", back, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["rows"]["version"] == 3
    assert told(fresh_postgres) == told(back) == 2


def test_a_move_that_cannot_be_meant_is_refused(run: Run, url: str, tmp_path: Path) -> None:
    assert run("migrate", "--to", url).exit_code == 2
    assert run("migrate", "--from", url, "--to", url).exit_code == 2
    absent = run("migrate", "--from", f"sqlite:///{tmp_path / 'absent.db'}", "--to", url)
    assert absent.exit_code == 2
    assert "there is no database" in absent.stderr


def test_backup_loss_restore(run: Run, url: str, tmp_path: Path) -> None:
    run("migrate")
    visits.story(Records(Database(url)))
    assert run("backup", tmp_path / "copy").exit_code == 0
    refused = run("restore", tmp_path / "copy")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    (tmp_path / "tracker.db").unlink()
    assert run("restore", tmp_path / "copy").exit_code == 0
    assert told(url) == 2


def test_vacuum_says_what_it_let_go(run: Run, url: str) -> None:
    run("migrate")
    visits.story(Records(Database(url)))
    done = json.loads(run("vacuum", "--keep", "1d", "--json").stdout)
    assert done["bodies"] == 2
    assert told(url) == 2
    assert run("vacuum", "--keep", "ever").exit_code == 2
