"""A full disk: knows it by the errors of SQLite, PostgreSQL and the file system, and says what to do."""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

REMEDY = (
    "The disk is full: nothing was half written, and what is kept can be read. Make room (delete what is not the "
    "tracker's, or set TRACKER_KEEP=2y and run `tracker vacuum`); the tracker goes on by itself when there is some."
)
_FILES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# What SQLite says where a file cannot grow: the database, its log, the log's index.
_SQLITE = frozenset({
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
})  # fmt: skip
EVERY = 60.0  # seconds between two lines that say the same of a full disk
_POSTGRESQL = "53100"  # disk_full; a server whose own log cannot grow stops, and says so only in words
_WORDS = ("no space left on device", "disk quota exceeded", "database or disk is full", "file too large")


def full(error: BaseException) -> bool:
    """Whether an error, or one that it came from, says that there is no room left."""
    return any(_says(each) for each in _chain(error))


_told: dict[str, float] = {}


def tell(log: Any, error: BaseException, event: str, **more: object) -> None:
    """One line a minute with the remedy for a full disk, the whole story for anything else. `log` is structlog's."""
    if not full(error):
        log.error(event, exc_info=error, **more)
    elif time.monotonic() - _told.get(event, -EVERY) >= EVERY:
        _told[event] = time.monotonic()
        log.error(event, remedy=REMEDY, **more)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        orig = getattr(each, "orig", None)  # SQLAlchemy's name for the driver's error
        waiting += [orig if isinstance(orig, BaseException) else None, each.__cause__, each.__context__]


def _says(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FILES:
        return True
    if getattr(error, "sqlite_errorcode", None) in _SQLITE or getattr(error, "sqlstate", None) == _POSTGRESQL:
        return True
    # Words alone count only where a database or one of its programs said them.
    return hasattr(error, "orig") and any(words in str(error.orig).casefold() for words in _WORDS)
