"""Turns at hosts, kept in the database: what makes many workers as polite together as one is alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.store.session import Database
from tracker.store.tables import HostTurn


class Turns:
    """Who may ask which host when. `now` is an aware datetime in UTC; None is the database's own time, the same for
    all machines, whose clocks may differ by more than a pause is long."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, host: str, now: datetime | None, *, by: str, lease: float, delay: float = 0.0) -> float:
        """Takes the host's turn for at most `lease` seconds. Gives 0 when it is ours, else seconds to wait at least.

        Should we die, the next turn begins `delay` seconds after the lease at the earliest, or after our burial.
        """
        with self._row(host) as (session, row):
            now = now or self._time(session)
            free_at = max(filter(None, (row.free_at, row.taken_until)), default=now)
            if free_at > now:
                return (free_at - now).total_seconds()
            row.taken_by, row.taken_until = by, now + timedelta(seconds=lease)
            row.free_at = row.taken_until + timedelta(seconds=delay)
            return 0.0

    def give(self, host: str, now: datetime | None, *, by: str, delay: float) -> None:
        """Ends our turn; the next one may begin `delay` seconds from now."""
        with self._row(host) as (session, row):
            next_at = (now or self._time(session)) + timedelta(seconds=delay)
            if row.taken_by == by:
                row.taken_by, row.taken_until, row.free_at = "", None, next_at
            else:  # we were too slow, and another has the turn or had it
                row.free_at = max(row.free_at or next_at, next_at)

    def hold(self, host: str, now: datetime | None, seconds: float) -> None:
        """Nobody asks the host for that long."""
        with self._row(host) as (session, row):
            until = (now or self._time(session)) + timedelta(seconds=seconds)
            row.held_until = max(row.held_until or until, until)

    def held(self, host: str, now: datetime | None) -> float:
        """Seconds for which the host is still to be left in peace."""
        with self._database.read() as session:
            until = session.scalar(select(HostTurn.held_until).where(HostTurn.host == host))
            return max(0.0, (until - (now or self._time(session))).total_seconds()) if until else 0.0

    def _time(self, session: Session) -> datetime:
        found = None if self._database.sqlite else session.scalar(select(func.clock_timestamp()))
        return found if isinstance(found, datetime) else datetime.now(UTC)

    @contextmanager
    def _row(self, host: str) -> Iterator[tuple[Session, HostTurn]]:
        with self._database.write() as session:
            row = session.scalars(select(HostTurn).where(HostTurn.host == host).with_for_update()).one_or_none()
            if row is not None:
                yield session, row
                return
        with suppress(IntegrityError), self._database.write() as session:  # another may be first: the row is there
            session.add(HostTurn(host=host))
        with self._database.write() as session:
            yield session, session.scalars(select(HostTurn).where(HostTurn.host == host).with_for_update()).one()
