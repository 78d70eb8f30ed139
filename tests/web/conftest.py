"""Pages over a real database: the store's small story of a regulation, told twice, and a client that asks for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

sys.path.insert(0, str(Path(__file__).parent.parent / "store"))  # visits.py: values for these tests, in no package
sys.path.insert(0, str(Path(__file__).parent))

import library
import visits
from surroundings import BASE, NOW, Asking, settings_for


@pytest.fixture(scope="session")
def story_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Two documents with three versions and two changes each: for tests that only look."""
    folder = tmp_path_factory.mktemp("web")
    made = Database(f"sqlite:///{folder / 'tracker.db'}")
    migrate(made)
    for name in ("lighthouses", "harbours"):
        visits.story(Records(made), name)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def library_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Eight invented acts in three languages over a year: for tests that only look."""
    folder = tmp_path_factory.mktemp("library")
    made = Database(f"sqlite:///{folder / 'tracker.db'}")
    migrate(made)
    library.fill(Records(made), acts_number=8, months=8)
    yield made
    made.dispose()


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[Database]:
    """A migrated database without anything in it."""
    made = Database(f"sqlite:///{tmp_path / 'tracker.db'}")
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    """Makes a client of the application over a database; keyword arguments are settings."""
    from tracker.web.app import create_app

    def made(
        database: Database, *, clock: Callable[[], datetime] = lambda: NOW, base: str = BASE, **more: Any
    ) -> TestClient:
        app = create_app(database, settings_for(tmp_path, **more), clock=clock)
        return TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False)

    return made


@pytest.fixture
def client(story_database: Database, asking: Asking) -> TestClient:
    """A client over the story."""
    return asking(story_database)
