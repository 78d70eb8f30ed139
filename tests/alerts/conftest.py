"""A world for alerts, on both databases or on the quick one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # world.py: values for these tests, in no package

import world as worlds

from alerts.render import words
from tracker.settings import Settings
from tracker.store.migrate import migrate
from tracker.store.session import Database


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles of two areas: these tests are not about the taxonomy."""
    monkeypatch.setattr(words, "titles", lambda _path=None: worlds.NAMES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data=tmp_path / "data",
        base_url="https://tracker.example",
        mail_from="Tracker <tracker@rules.example>",
        secret_key="a key of the tests",
        signup=True,
    )


@pytest.fixture
def world(database: Database, settings: Settings) -> worlds.World:
    """On SQLite and on PostgreSQL."""
    return worlds.World(database, settings)


@pytest.fixture
def small(tmp_path: Path, settings: Settings) -> Iterator[worlds.World]:
    """On SQLite: for what does not depend on the database."""
    database = Database(f"sqlite:///{tmp_path / 'small.db'}")
    migrate(database)
    yield worlds.World(database, settings)
    database.dispose()
