"""The notifier: takes events, makes alerts, makes due digests, delivers what is due. Any number may run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from alerts import digest, making, notices, roster, subscriptions
from alerts.channels.base import Channels
from alerts.deliver import Deliverer, Step, _no_step
from tracker.settings import Settings
from tracker.store import living, outbox, space
from tracker.store.outbox import Work
from tracker.store.session import Database

CONSUMER = "alerts"
BATCH = 100
WATCH_EVERY = timedelta(minutes=5)
BURY_EVERY = timedelta(seconds=30)
IDLE = 2.0  # seconds between two looks when there is nothing to do
LATER = (60, 300, 900, 3600)  # seconds until an event that failed is tried again

_log = structlog.get_logger("alerts")


class Notifier:
    """Events to alerts to deliveries. `clock` gives aware datetimes in UTC; `channels` are for tests and third
    parties; `step` is called at every step."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Callable[[], datetime] | None = None,
        *,
        channels: Channels | None = None,
        by: str = "",
        step: Step = _no_step,
    ) -> None:
        self._database, self._settings = database, settings
        self._clock = clock or (lambda: datetime.now(UTC))
        self._channels = channels or Channels(settings)
        self._by = by or living.name()
        self._step = step
        self._deliverer = Deliverer(database, settings, self._channels, self._clock, self._by, step)
        self._watched: datetime | None = None
        self._buried: datetime | None = None

    async def work_once(self) -> int:
        """Works off what is due now, a batch of each kind; gives the number of things done (0: nothing was due)."""
        await asyncio.to_thread(self._bury)
        done = await asyncio.to_thread(self._events)
        done += await asyncio.to_thread(self._digests)
        done += await self._deliverer.once()
        await asyncio.to_thread(self._watch)
        return done

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then finishes what is under way."""
        pause = IDLE
        while not stop.is_set():
            try:
                done = await self.work_once()
                pause = 0.0 if done else IDLE
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; the notifier must be there then
                space.tell(_log, error, "a round failed; trying again")
                pause = min(60.0, max(IDLE, pause * 2))
            if pause:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
        await self._channels.close()

    async def close(self) -> None:
        """Lets go of the channels' connections."""
        await self._channels.close()

    # --------------------------------------------------------------------------------------------- events

    def _events(self) -> int:
        now = self._clock()
        with self._database.write() as session:
            if self._settings.operator or self._watched is None:
                roster.ensure_operator(session, self._settings.operator, now)
            taken = outbox.take(session, CONSUMER, now=now, by=self._by, limit=BATCH)
            roll = making.Roll.call(session) if taken else None
        if roll is None:
            return 0
        self._step("events taken")
        for item in taken:
            self._event(item, roll, now)
        return len(taken)

    def _event(self, item: Work, roll: making.Roll, now: datetime) -> None:
        """One event: its alerts and the end of its work in one transaction."""
        try:
            with self._database.write() as session:
                made = making.work(session, item, roll, self._settings, now)
                self._step("alerts made")
                outbox.done(session, CONSUMER, item.event_id)
        except Exception as error:  # noqa: BLE001 - one event that cannot be worked off must not hold up the others
            _log.exception("an event failed", event_id=item.event_id, type=item.type)
            wait = LATER[min(item.attempts, len(LATER)) - 1]
            with self._database.write() as session:
                words = f"{type(error).__name__}: {error}"
                outbox.later(session, CONSUMER, item.event_id, at=now + timedelta(seconds=wait), error=words)
            return
        self._step("event done")
        if made:
            _log.info("alerts made", event_id=item.event_id, type=item.type, alerts=made)

    # -------------------------------------------------------------------------------------------- digests

    def _digests(self) -> int:
        now = self._clock()
        with self._database.read() as session:
            due = digest.due(session, now)
        made = 0
        for subscription in due:
            try:
                with self._database.write() as session:
                    made += digest.make(session, subscription, self._settings, now) is not None
                    self._step("digest made")
            except Exception:  # noqa: BLE001 - one subscription's digest must not hold up the others
                _log.exception("a digest failed", subscription=subscription)
        return made

    def _bury(self) -> None:
        """What processes held that were killed on this machine is taken over within half a minute."""
        now = self._clock()
        if self._buried is not None and now - self._buried < BURY_EVERY:
            return
        self._buried = now
        with self._database.write() as session:
            if freed := living.bury(session, now):
                _log.warning("leases of a process that died are free again", count=freed)

    def _watch(self) -> None:
        now = self._clock()
        if self._watched is not None and now - self._watched < WATCH_EVERY:
            return
        self._watched = now
        with self._database.write() as session:
            notices.watch(session, self._settings, now)
            subscriptions.tidy(session, now)
