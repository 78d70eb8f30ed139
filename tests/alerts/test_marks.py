"""Marks of deliveries are written together, and each is none the worse for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import world as w
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.channels.base import Answer, Outcome
from alerts.marks import Marks
from tracker.store import tables
from tracker.store.session import Database


class Counting:
    """A database that counts its transactions."""

    def __init__(self, database: Database) -> None:
        self._database, self.transactions = database, 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        self.transactions += 1
        with self._database.write() as session:
            yield session


def noting(name: str, *, fails: bool = False) -> Any:
    def mark(session: Session) -> str:
        session.add(tables.SourceMemory(scope=name, data={}, updated_at=w.START))
        session.flush()
        if fails:
            raise LookupError(name)
        return name

    return mark


def noted(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(tables.SourceMemory)) or 0


async def test_what_comes_while_one_is_written_shares_the_next_transaction(world: w.World) -> None:
    counting = Counting(world.database)
    marks = Marks(counting)  # type: ignore[arg-type]  # as much of a database as marks need
    given = await asyncio.gather(*(marks.write(noting(f"m{n}")) for n in range(20)))
    assert given == [f"m{n}" for n in range(20)]
    assert noted(world.database) == 20
    assert counting.transactions <= 2


async def test_one_that_fails_takes_none_of_the_others_along(world: w.World) -> None:
    marks = Marks(world.database)
    given = await asyncio.gather(
        *(marks.write(noting(f"m{n}", fails=n == 2)) for n in range(5)), return_exceptions=True
    )
    assert [isinstance(one, LookupError) for one in given] == [False, False, True, False, False]
    assert noted(world.database) == 4


@pytest.mark.parametrize("together", [1, 4])
async def test_what_could_not_be_kept_in_the_end_was_not_written(world: w.World, together: int) -> None:
    class Full(Counting):
        @contextmanager
        def write(self) -> Iterator[Session]:
            with self._database.write() as session:
                yield session
                raise OSError(28, "no room")

    marks = Marks(Full(world.database))  # type: ignore[arg-type]  # as much of a database as marks need
    given = await asyncio.gather(*(marks.write(noting(f"m{n}")) for n in range(together)), return_exceptions=True)
    assert [type(one) for one in given] == [OSError] * together
    assert noted(world.database) == 0


async def test_who_stops_waiting_leaves_the_others_theirs(world: w.World) -> None:
    marks = Marks(world.database)
    waiting = [asyncio.create_task(marks.write(noting(f"m{n}"))) for n in range(4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    given = await asyncio.gather(*waiting, return_exceptions=True)
    assert given[1:] == ["m1", "m2", "m3"]


@pytest.mark.parametrize("times", [2, 3])
async def test_refusals_of_one_recipient_at_once_are_all_counted(world: w.World, times: int) -> None:
    world.subscribe("gone@example.org")
    world.hand.answers = [Answer(Outcome.REFUSED, 550, "no such user")] * times
    for n in range(times):
        world.tell(w.change(f"It may {n}.", f"It shall {n}.", name=str(n)))
    await world.notifier().work_once()
    with world.database.read() as session:
        row = session.scalars(select(tables.Subscription)).one()
    assert row.failures == times
