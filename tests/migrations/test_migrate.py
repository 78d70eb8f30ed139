"""Migrations on both databases: up, down, no drift, once, and never backwards by accident."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, text

from tracker.store import migrate, views
from tracker.store.session import Database


def test_upgrade_leaves_no_drift(database: Database) -> None:
    assert migrate.current(database) == migrate.head()
    assert migrate.drift(database) == []


def test_a_missing_column_is_drift(database: Database) -> None:
    with database.write() as session:
        session.execute(text("ALTER TABLE feedback ADD COLUMN stray INTEGER"))
    assert migrate.drift(database) != []


def test_downgrade_takes_everything_away_and_upgrade_brings_it_back(database: Database) -> None:
    migrate.downgrade(database)
    found = inspect(database.engine)
    assert set(found.get_table_names()) <= {"alembic_version"}
    assert found.get_view_names() == []
    migrate.migrate(database)
    assert migrate.drift(database) == []


def test_the_views_answer(database: Database) -> None:
    with database.read() as session:
        for name in views.NAMES:
            assert session.execute(text(f"SELECT * FROM {name}")).all() == []


def test_two_that_start_together_migrate_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.migrate, databases))
    assert migrate.drift(databases[0]) == []
    for database in databases:
        database.dispose()


def test_a_newer_database_is_refused_with_a_clear_line(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.NewerDatabase, match="revision 9999"):
        migrate.migrate(database)


def test_a_database_that_is_older_than_what_is_kept_of_paragraphs_gets_it(database: Database) -> None:
    with database.write() as session:
        session.execute(text("DROP TABLE blame"))
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    migrate.migrate(database)
    assert migrate.current(database) == migrate.head()
    assert migrate.drift(database) == []
