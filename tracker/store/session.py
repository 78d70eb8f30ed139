"""The way to the database: one object that gives sessions for reading and for writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

BUSY_MS = 15_000  # how long a SQLite writer waits for another one before it gives up


def address(url: str) -> URL:
    """The SQLAlchemy address of what an operator wrote: postgres:// and postgresql:// mean psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


class Database:
    """A database by its address. `write()` and `read()` are context managers that give a Session; `write()` commits
    at its end or, on an error, leaves nothing behind."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = address(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {}
        if self.sqlite and self.url.database in (None, "", ":memory:"):
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        elif self.sqlite:
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        else:
            options = {"pool_size": pool_size, "pool_pre_ping": True}
        self.engine: Engine = create_engine(self.url, **options)
        if self.sqlite:
            event.listen(self.engine, "connect", _sqlite_connect)
            event.listen(self.engine, "begin", _sqlite_begin)
        self._writer = self.engine.execution_options(tracker_write=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is kept as a whole or not at all."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking: one consistent view, nothing is kept."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        """Closes the connections."""
        self.engine.dispose()


def _sqlite_connect(connection: Any, _record: object) -> None:
    # The driver's own BEGIN would come too late and without IMMEDIATE; we say it ourselves in _sqlite_begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # a mail that went out must not be forgotten by a power cut
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that later wants to write could only fail.
    write = connection.get_execution_options().get("tracker_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
