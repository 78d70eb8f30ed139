"""Turns at hosts, kept in the database: what makes many workers as polite together as one is alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.store.session import Database
from tracker.store.tables import HostTurn


class Turns:
    """Who may ask which host when. All times are aware datetimes in UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, host: str, now: datetime, *, by: str, lease: float) -> float:
        """Takes the host's turn for at most `lease` seconds. Gives 0 when it is ours, else seconds to wait at least."""
        with self._row(host) as (_session, row):
            free_at = max(filter(None, (row.free_at, row.taken_until)), default=now)
            if free_at > now:
                return (free_at - now).total_seconds()
            row.taken_by, row.taken_until = by, now + timedelta(seconds=lease)
            return 0.0

    def give(self, host: str, now: datetime, *, by: str, delay: float) -> None:
        """Ends our turn; the next one may begin `delay` seconds from now."""
        with self._row(host) as (_session, row):
            if row.taken_by == by:
                row.taken_by, row.taken_until = "", None
            row.free_at = max(row.free_at or now, now + timedelta(seconds=delay))

    def hold(self, host: str, now: datetime, seconds: float) -> None:
        """Nobody asks the host for that long."""
        with self._row(host) as (_session, row):
            row.held_until = max(row.held_until or now, now + timedelta(seconds=seconds))

    def held(self, host: str, now: datetime) -> float:
        """Seconds for which the host is still to be left in peace."""
        with self._database.read() as session:
            until = session.scalar(select(HostTurn.held_until).where(HostTurn.host == host))
        return max(0.0, (until - now).total_seconds()) if until else 0.0

    @contextmanager
    def _row(self, host: str) -> Iterator[tuple[Session, HostTurn]]:
        try:
            with self._database.write() as session:
                if session.get(HostTurn, host) is None:
                    session.add(HostTurn(host=host))
        except IntegrityError:
            pass  # another worker was first: the row is there, and that is all we want
        with self._database.write() as session:
            yield session, session.scalars(select(HostTurn).where(HostTurn.host == host).with_for_update()).one()
