"""From one database to another (SQLite to PostgreSQL, or back): everything, verified, resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select, text, tuple_
from sqlalchemy.orm import Session

from tracker.store import chain, migrate
from tracker.store.session import Database
from tracker.store.tables import Base

BATCH = 500


class MoveError(RuntimeError):
    """The copy is not the original; the message names the table."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows by table, and how many of them this run copied."""

    rows: dict[str, int]
    copied: int


def move(origin: Database, target: Database, *, progress: Callable[[str, int, int], None] | None = None) -> Moved:
    """Copies every row and compares every table row by row at the end. Begun again, it goes on after the last row that
    arrived. The tracker must not run meanwhile. Raises MoveError where the two differ."""
    migrate.migrate(origin)
    migrate.migrate(target)
    copied, rows = 0, {}
    for table in Base.metadata.sorted_tables:
        copied += _copy(origin, target, table, progress)
    _sequences(target)
    differing = []
    for table in Base.metadata.sorted_tables:
        with origin.read() as one, target.read() as other:
            first, second = _digest(one, table), _digest(other, table)
        if first != second:
            differing.append(f"table {table.name} ({first[0]} rows there, {second[0]} here)")
        rows[table.name] = first[0]
    if differing:
        raise MoveError(
            f"the copy is not the original: {', '.join(differing)}. "
            "Was the tracker running, or the target in use? Move into an empty database."
        )
    return Moved(rows, copied)


def _key(table: Table) -> list[Any]:
    return list(table.primary_key.columns)


def _copy(origin: Database, target: Database, table: Table, progress: Callable[[str, int, int], None] | None) -> int:
    key, copied = _key(table), 0
    with origin.read() as session:
        total = session.scalar(select(func.count()).select_from(table)) or 0
    with target.read() as session:
        there = session.scalar(select(func.count()).select_from(table)) or 0
    place: tuple[Any, ...] | None = None
    while True:
        with origin.read() as session:
            statement = select(table).order_by(*key).limit(BATCH)
            if place is not None:
                statement = statement.where(tuple_(*key) > tuple_(*place))
            rows = [dict(row) for row in session.execute(statement).mappings()]
        if not rows:
            return copied
        place = tuple(rows[-1][column.name] for column in key)
        with target.write() as session:
            if there:
                wanted = [tuple(row[c.name] for c in key) for row in rows]
                known = {tuple(row) for row in session.execute(select(*key).where(tuple_(*key).in_(wanted)))}
                rows = [row for row in rows if tuple(row[c.name] for c in key) not in known]
            if rows:
                session.execute(insert(table), rows)
        copied += len(rows)
        if progress:
            progress(table.name, copied + there, total)


def _digest(session: Session, table: Table) -> tuple[int, str]:
    """(rows, SHA-256 over them): a sum over rows' hashes, so that no order of a database's own matters."""
    total, number = 0, 0
    for row in session.execute(select(table).execution_options(yield_per=BATCH)).mappings():
        number += 1
        line = json.dumps({name: _value(value) for name, value in row.items()}, sort_keys=True, ensure_ascii=False)
        total = (total + int.from_bytes(hashlib.sha256(line.encode()).digest())) % 2**256
    return number, f"{total:064x}"


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return chain.moment(value) if hasattr(value, "astimezone") else value


def _sequences(target: Database) -> None:
    """PostgreSQL's counters go on after the rows that came with their numbers."""
    if target.sqlite:
        return
    with target.write() as session:
        for table in Base.metadata.sorted_tables:
            (first, *more) = table.primary_key.columns
            if more:
                continue
            name = session.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": first.name}
            )
            if name:
                newest = session.scalar(select(func.max(first)))
                session.execute(
                    text("SELECT setval(:name, :value, :called)"),
                    {"name": name, "value": newest or 1, "called": newest is not None},
                )
