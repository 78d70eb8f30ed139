"""Keeping a database: backups while it runs, retention of bodies, and giving space back."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Text, cast, delete, func, select, text, tuple_, update
from sqlalchemy.orm import Session

from tracker.store import migrate, space
from tracker.store.session import Database
from tracker.store.tables import Body, Change, Check, Document, Source, Version

IMPORTED = "imported-from"  # what an imported check received says where it came from
_PERIOD = re.compile(r"(\d+)\s*([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


class KeepingError(RuntimeError):
    """A backup or restore that could not be done; the message says what to do."""


def backup(database: Database, file: Path) -> int:
    """A consistent copy while others write; appears under its name only when it is whole. Gives its size in bytes.
    Raises KeepingError where it cannot be made, OSError where it cannot be put there; then nothing is left of it."""
    part = file.with_name(file.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    try:
        if database.sqlite:
            _snapshot(Path(str(database.url.database)), part)
        else:
            _postgres("pg_dump", database, ["--format=custom", "--no-owner", f"--file={part}"])
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def _snapshot(database: Path, part: Path) -> None:
    """One snapshot: SQLite's page-by-page backup would begin again at every write of a busy service."""
    if not database.is_file():
        raise KeepingError(f"there is no database at {database}")
    with closing(sqlite3.connect(database)) as source:
        try:
            source.execute("VACUUM INTO ?", (str(part),))
        except sqlite3.Error as error:
            room = f"no room beside {part.parent}: the copy takes about as much as the database"
            raise KeepingError(room if space.full(error) else f"{database}: {error}") from error


def restore(database: Database, file: Path, *, force: bool = False) -> None:
    """Puts a backup in the place of an empty database (any with `force`) and migrates it."""
    if not file.is_file():
        raise KeepingError(f"no backup at {file}")
    if not force and migrate.current(database) is not None:
        raise KeepingError(
            f"{database.url.render_as_string()} is not empty; stop the tracker and say --force to replace it"
        )
    if not database.sqlite:
        # In one transaction: a restore that fails half way leaves what was there.
        _postgres("pg_restore", database, ["--clean", "--if-exists", "--no-owner", "--single-transaction", str(file)])
        migrate.migrate(database)
        return
    _intact(file)
    target = Path(str(database.url.database))
    database.dispose()
    _unused(target)
    part = target.with_name(target.name + ".restore")
    try:
        shutil.copyfile(file, part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        for suffix in ("-wal", "-shm"):  # a log of the old file would be played into the new one
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    migrate.migrate(database)


def _unused(target: Path) -> None:
    """Whoever has the old file open would write on into what is gone, and take the new one's log away at its end."""
    if not target.exists():
        return
    with closing(sqlite3.connect(target, timeout=1)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                return  # it is damaged, or its disk is full: that is what backups are for
            raise KeepingError(f"{target} is in use: stop the tracker, then restore") from error
        except sqlite3.DatabaseError:
            return


def _intact(file: Path) -> None:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        (answer,) = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise KeepingError(f"{file} is not a SQLite database: {error}") from error
    finally:
        connection.close()
    if answer != "ok":
        raise KeepingError(f"{file} is damaged: {answer}")


def _postgres(program: str, database: Database, arguments: list[str]) -> None:
    binary = shutil.which(program) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)), ""
    )
    if not binary:
        raise KeepingError(f"{program} is not installed: install PostgreSQL's client programs")
    url = database.url.set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    address = url.set(password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - our own program and arguments, no shell
        [binary, f"--dbname={address}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise KeepingError(f"{program} failed: {done.stderr.strip()[:500]}")


def period(keep: str, *, words: Sequence[str] = ("all", "changes")) -> timedelta | None:
    """ "2y", "90d" as a period; None for the words `words`. Raises ValueError for anything else."""
    if keep in words:
        return None
    match = _PERIOD.fullmatch(keep.strip())
    if match is None:
        raise ValueError(f"keep: {keep!r} is none of {', '.join(words)}, or a period such as 90d or 2y")
    return timedelta(days=int(match[1]) * _DAYS[match[2]])


def let_go(database: Database, keep: str, now: datetime, *, batch: int = 500, by_source: bool = True) -> int:
    """Empties the bodies that retention does not keep; gives their number. Texts, changes, hashes and chains stay.

    "changes" keeps the bodies of versions that a told or pending change stands on; a period keeps those of its length.
    The newest version's body of a document is always kept. With `by_source`, a source's own `keep` goes before.
    Raises ValueError for a rule that is none.
    """
    period(keep)
    with database.read() as session:
        rules = _rules(session, keep) if by_source else {}
        if keep == "all" and not rules:
            return 0
        kept = set(_newest_bodies(session))
        for rule in {keep, *rules.values()}:
            mine = [name for name, own in rules.items() if own == rule]
            others = [name for name, own in rules.items() if own != rule] if rule == keep else None
            kept |= _kept(session, rule, now, mine if others is None else None, others or ())
        kept |= set(session.scalars(select(Source.last_body).where(Source.last_body.is_not(None))))
        goes = [name for name in session.scalars(select(Body.hash).where(Body.data.is_not(None))) if name not in kept]
    for first in range(0, len(goes), batch):
        with database.write() as session:
            session.execute(update(Body).where(Body.hash.in_(goes[first : first + batch])).values(data=None))
    return len(goes)


def let_go_checks(database: Database, keep: str, now: datetime, *, batch: int = 2000) -> int:
    """Deletes checks older than `keep` ("all", or a period such as 400d) that found the text they knew; gives their
    number. Failures, glitches, and checks that brought a version or a change stay; imported ones too, since they say
    what was imported already. Raises ValueError for a rule that is none.
    """
    span = period(keep, words=("all",))
    if span is None:
        return 0
    gone, before, after = 0, now - span, (datetime.min.replace(tzinfo=UTC), "")
    while True:
        with database.write() as session:
            rows = session.execute(
                select(Check.id, Check.started_at, Check.received)
                .where(
                    Check.started_at < before,
                    tuple_(Check.started_at, Check.id) > tuple_(*after),
                    Check.outcome.in_(("ok", "not_modified")),
                    Check.changes == 0,
                    func.coalesce(cast(Check.glitch, Text), "null") == "null",
                )
                .order_by(Check.started_at, Check.id)
                .limit(batch)
            ).all()
            if not rows:
                return gone
            after = rows[-1].started_at, rows[-1].id
            # A version says which check brought it; it was seen in that check, give or take the time it took.
            first, last = rows[0].started_at - timedelta(days=1), rows[-1].started_at + timedelta(days=1)
            brought = set(session.scalars(select(Version.check_id).where(Version.seen_at.between(first, last))))
            goes = [row.id for row in rows if row.id not in brought and IMPORTED not in row.received]
            session.execute(delete(Check).where(Check.id.in_(goes)))
            gone += len(goes)


def _rules(session: Session, keep: str) -> dict[str, str]:
    """The sources that say something else than the settings do."""
    rows = session.execute(select(Source.id, Source.config)).all()
    said = {row.id: str(row.config.get("keep") or "all") for row in rows}
    return {name: rule for name, rule in said.items() if rule not in ("all", keep)}


def _kept(session: Session, rule: str, now: datetime, only: list[str] | None, but: Sequence[str]) -> set[str]:
    """The bodies that a rule keeps, of some sources or of all but some."""
    statement = select(Version.body_hash).join(Document, Document.id == Version.document_id)
    statement = statement.where(Document.source_id.in_(only)) if only is not None else statement
    statement = statement.where(Document.source_id.not_in(but)) if but else statement
    span = period(rule)
    if span is not None:
        return set(session.scalars(statement.where(Version.seen_at >= now - span)))
    if rule == "all":
        return set(session.scalars(statement))
    kept: set[str] = set()
    for column in (Change.old_version_id, Change.new_version_id):
        stands = statement.join(Change, column == Version.id).where(Change.state.in_(("told", "pending")))
        kept |= set(session.scalars(stands))
    return kept


def _newest_bodies(session: Session) -> list[str]:
    return list(
        session.scalars(
            select(Version.body_hash).join(
                Document, (Document.id == Version.document_id) & (Document.latest_version == Version.number)
            )
        )
    )


def vacuum(database: Database) -> None:
    """Gives freed space back to the disk; on SQLite others wait for it."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.sqlite:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("VACUUM")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                raw.execute("PRAGMA optimize")  # what the planner knows of the sizes
        else:
            connection.exec_driver_sql("VACUUM (ANALYZE)")


def size(database: Database) -> int:
    """Bytes the database takes on the disk."""
    if not database.sqlite:
        with database.read() as session:
            return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    file = Path(str(database.url.database))
    parts = [file, file.with_name(file.name + "-wal")]
    return sum(part.stat().st_size for part in parts if part.exists())
