"""All or nothing: whatever statement fails, or the process dies before it, nothing of a visit is left; tried again, all
of it is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import visits
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from visits import FIRST, SECOND, START, THIRD

from tracker.model import State
from tracker.store import migrate, proof
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.tables import Base

LIMIT = 200  # statements in a visit: far more than there are


def rows(database: Database) -> dict[str, list[Any]]:
    """Everything there is, but for the numbers that a counter gives away even to what was rolled back."""
    with database.read() as session:
        return {
            table.name: sorted(
                repr([value for column, value in zip(table.columns, row, strict=True) if not _counted(column)])
                for row in session.execute(select(table))
            )
            for table in Base.metadata.sorted_tables
        }


def _counted(column: Any) -> bool:
    names = ("id", "event_id", "document_id", "old_version_id", "new_version_id", "version_id")
    return column.name in names and column.type.python_type is int


WAITING = visits.change(FIRST, SECOND, START + timedelta(hours=1), state=State.PENDING)


def a_visit() -> Any:
    """A change that waited is told, and another text brings another change."""
    now = START + timedelta(days=1)
    decided = replace(WAITING, told=now, assessment=replace(WAITING.assessment, state=State.TOLD), confirm_at=None)
    change = visits.change(SECOND, THIRD, now)
    return visits.visit(now, THIRD, changes=(decided, change), told=THIRD.fingerprint)


def prepared(database: Database) -> Records:
    records = Records(database)
    records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
    records.record(visits.visit(WAITING.seen, SECOND, changes=(WAITING,)))
    return records


class Fuse:
    """Lets `n` statements (and the commit) of a database pass, then fails or kills."""

    def __init__(self, database: Database, n: int, *, kill: bool = False) -> None:
        self.left, self.kill, self.blown = n, kill, False
        self._engine = database.engine
        event.listen(self._engine, "before_cursor_execute", self._statement)
        event.listen(self._engine, "commit", self._step)

    def _statement(self, *_arguments: Any) -> None:
        self._step()

    def _step(self, *_arguments: Any) -> None:
        self.left -= 1
        if self.left < 0 and not self.blown:
            self.blown = True
            if self.kill:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError("no space left on device")

    def remove(self) -> None:
        event.remove(self._engine, "before_cursor_execute", self._statement)
        event.remove(self._engine, "commit", self._step)


def test_whatever_statement_fails_all_or_nothing_is_kept(database: Database) -> None:
    records = prepared(database)
    before = rows(database)
    failed = 0
    for n in range(LIMIT):
        fuse = Fuse(database, n)
        try:
            records.record(a_visit())
        except OSError:
            failed += 1
        finally:
            fuse.remove()
        if not fuse.blown:
            break
        assert rows(database) == before, f"statement {n + 1}"
    assert failed == n > 20
    with database.read() as session:
        assert proof.verify(session).problems == ()
    after = rows(database)
    assert len(after["version"]) == 3
    assert len(after["change"]) == 2
    records.record(a_visit())
    assert rows(database) == after, "the same visit again has the effect of one"


def test_wherever_the_process_dies_all_or_nothing_is_kept(database: Database, database_url: str) -> None:
    records = prepared(database)
    before = rows(database)
    database.dispose()  # a child must not inherit a connection
    for n in range(0, LIMIT, 3):
        child = os.fork()
        if not child:
            try:
                other = Database(database_url)
                Fuse(other, n, kill=True)
                Records(other).record(a_visit())
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert rows(database) == before, f"statement {n + 1}"
        database.dispose()
    assert n > 20
    records.record(a_visit())
    with database.read() as session:
        assert proof.verify(session).problems == ()
    assert len(rows(database)["change"]) == 2


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    program = f"from tracker.store import migrate, session; migrate.migrate(session.Database({database_url!r}))"
    root = Path(__file__).resolve().parents[2]
    started = [subprocess.Popen([sys.executable, "-c", program], cwd=root, stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        _out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    database = Database(database_url)
    assert migrate.current(database) == migrate.head()
    assert migrate.drift(database) == []
    database.dispose()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url)
    fuse = Fuse(database, 25)
    with pytest.raises(OSError, match="no space left"):
        migrate.migrate(database)
    fuse.remove()
    assert migrate.current(database) is None
    migrate.migrate(database)
    assert migrate.drift(database) == []
    database.dispose()


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    """SQLite's own limit of pages stands for the disk's: the visit fails with a clear error, reading goes on, and once
    there is space the same visit goes in."""
    database = Database(f"sqlite:///{tmp_path / 'tracker.db'}")
    migrate.migrate(database)
    records = prepared(database)
    before = rows(database)
    full = True

    def limited(connection: Any, _record: Any, _proxy: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] if full else 1_000_000
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(database.engine, "checkout", limited)
    words = [f"Paragraph {n} of many that take space." * 40 for n in range(400)]
    large = visits.text(*words)
    entry = visits.visit(START + timedelta(days=2), large, told=large.fingerprint)
    with pytest.raises(OperationalError, match="full"):
        records.record(entry)
    assert rows(database) == before
    assert records.state("lighthouses").last_body is not None
    full = False
    records.record(entry)
    with database.read() as session:
        assert proof.verify(session).problems == ()
    assert len(rows(database)["version"]) == 3
    database.dispose()
