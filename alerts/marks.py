"""Marks of deliveries, written together: what comes while one transaction is being written goes into the next.

Each attempt waits for its marks as before ("begun" is in the database before the channel is called), but eight attempts
under way make a transaction together, and wait for the disk once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from tracker.store.session import Database

T = TypeVar("T")
Mark = Callable[[Session], Any]


class Marks:
    """Writes marks. A mark is a function of a session; it is called again, in a session of its own, where a
    transaction with others failed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._waiting: list[tuple[Mark, asyncio.Future[Any]]] = []

    async def write(self, mark: Callable[[Session], T]) -> T:
        """Gives what the mark gives, once it is in the database; raises what it raises."""
        mine: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((mark, mine))
        async with self._lock:
            if not mine.done() and self._waiting:
                together, self._waiting = self._waiting, []
                await asyncio.shield(asyncio.create_task(self._flush(together)))
        return await mine

    async def _flush(self, together: list[tuple[Mark, asyncio.Future[Any]]]) -> None:
        results = await asyncio.to_thread(self._written, [mark for mark, _ in together])
        for (_, future), (value, error) in zip(together, results, strict=True):
            if future.cancelled():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(value)

    def _written(self, marks: list[Mark]) -> list[tuple[Any, BaseException | None]]:
        if len(marks) > 1:
            try:
                return [(value, None) for value in self._whole(marks)]
            except Exception:  # noqa: BLE001, S110 - each by itself: one that fails must not take the others along
                pass
            except BaseException as error:  # noqa: BLE001 - the end of the process: nobody's mark was written
                return [(None, error)] * len(marks)
        results: list[tuple[Any, BaseException | None]] = []
        for mark in marks:
            try:
                (value,) = self._whole([mark])
            except Exception as error:  # noqa: BLE001 - who waits for the mark gets it
                results.append((None, error))
            except BaseException as error:  # noqa: BLE001 - the end of the process: nothing is written after it
                return [*results, *([(None, error)] * (len(marks) - len(results)))]
            else:
                results.append((value, None))
        return results

    def _whole(self, marks: list[Mark]) -> list[Any]:
        """What the marks give, once it is written: what cannot be kept (a full disk) gives nothing."""
        with self._database.write() as session:
            return [mark(session) for mark in marks]
