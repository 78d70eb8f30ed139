"""Hands due alerts over: at least once, and the same Message-ID every time.

Each attempt has three steps: a row "begun" is written, the channel is called, the row gets its outcome; what several
attempts write at once goes into one transaction. Who dies in between leaves "begun": nobody knows whether it arrived,
so it is sent again, under the same id. An alert is leased to one notifier; a lease that is about to end lets no
attempt begin, and an attempt that outlasts it is cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from alerts import moments, retry, roster
from alerts.channels.base import Answer, Channels, Outcome, UnknownChannelError
from alerts.marks import Marks
from alerts.render import compose
from alerts.render.message import Message
from tracker.settings import Settings
from tracker.store import outbox, tables
from tracker.store.session import Database

LEASE = timedelta(minutes=4)  # what a killed notifier of another machine held waits this long
SEND = 120.0  # seconds an attempt may take
BATCH = 50
AT_ONCE = 8
PER_DOMAIN = 2  # attempts at once to one mail domain or host
MOST_ATTEMPTS = 60  # a mail that takes the notifier down with it is not tried for ever
HOLD = timedelta(minutes=2)  # how long a domain rests that said "too many"

_log = structlog.get_logger("alerts.deliver")

Step = Callable[[str], None]
"""Called with the name of every step of a delivery: what tests die in."""


def _no_step(_name: str) -> None:
    pass


@dataclass(slots=True)
class Deliverer:
    """One notifier's hand. `by` names it in leases."""

    database: Database
    settings: Settings
    channels: Channels
    clock: Callable[[], datetime]
    by: str
    step: Step = _no_step
    _resting: dict[str, datetime] = field(default_factory=dict)
    _unwritten: dict[str, tuple[int, Answer]] = field(default_factory=dict)  # answers that the database did not take
    _marks: Marks = field(init=False)

    def __post_init__(self) -> None:
        self._marks = Marks(self.database)

    async def once(self, limit: int = BATCH) -> int:
        """Delivers what is due, up to `limit` alerts; gives the number of attempts."""
        await asyncio.to_thread(self._write_down)
        taken = await asyncio.to_thread(self._take, limit)
        if not taken:
            return 0
        self.step("taken")
        everybody, domains = asyncio.Semaphore(AT_ONCE), dict[str, asyncio.Semaphore]()

        async def one(alert: str, recipient: str) -> int:
            gate = domains.setdefault(domain(recipient), asyncio.Semaphore(PER_DOMAIN))
            async with gate, everybody:
                return await self._one(alert, domain(recipient))

        done = await asyncio.gather(*(one(alert, recipient) for alert, recipient in taken))
        return sum(done)

    async def just(self, alert: str) -> int:
        """Delivers one alert now, whatever else is due; 0 where another has it."""
        await asyncio.to_thread(self._write_down)
        taken = await asyncio.to_thread(self._take, 1, alert)
        return sum([await self._one(name, domain(recipient)) for name, recipient in taken])

    def _take(self, limit: int, only: str = "") -> list[tuple[str, str]]:
        now = self.clock()
        alert, subscription = tables.Alert, tables.Subscription
        with self.database.write() as session:
            rows = session.scalars(
                select(alert)
                .where(
                    alert.state == "waiting",
                    alert.due_at <= now,
                    or_(alert.taken_until.is_(None), alert.taken_until <= now),
                    *((alert.id == only,) if only else ()),
                )
                .order_by(alert.due_at, alert.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                row.taken_by, row.taken_until = self.by, now + LEASE
            recipients = session.execute(
                select(subscription.id, subscription.recipient).where(
                    subscription.id.in_({row.subscription_id for row in rows})
                )
            )
            found = {name: recipient for name, recipient in recipients}  # noqa: C416 - rows are not pairs to dict()
            return [(row.id, found.get(row.subscription_id, "")) for row in rows]

    async def _one(self, alert: str, where: str) -> int:
        if (until := self._resting.get(where)) is not None and until > self.clock():
            await asyncio.to_thread(self._put_back, alert, until)
            return 0
        message = await asyncio.to_thread(self._rendered, alert)
        if message is None:
            return 0
        self.step("rendered")
        begun = await self._marks.write(lambda session: self._begin(session, alert, message))
        if begun is None:
            return 0
        channel, delivery = begun
        self.step("begun")
        answer = await self._send(message, channel)
        self.step("answered")
        if answer.code == 421 or (answer.outcome is Outcome.DEFERRED and answer.code == 429):
            self._resting[where] = self.clock() + HOLD
        self._unwritten[alert] = delivery, answer
        state = await self._marks.write(lambda session: self._finish(session, alert, delivery, answer))
        del self._unwritten[alert]
        if state:
            _log.info("delivered", alert=alert, outcome=answer.outcome.value, code=answer.code, state=state)
        self.step("finished")
        return 1

    def _write_down(self) -> None:
        """Answers that could not be written (a full disk) are written before anything else is sent: a mail that was
        taken is not sent again because its outcome is not in the database."""
        for alert, (delivery, answer) in list(self._unwritten.items()):
            with self.database.write() as session:
                self._finish(session, alert, delivery, answer)
            self._unwritten.pop(alert, None)

    async def _send(self, message: Message | Answer, channel: str) -> Answer:
        if isinstance(message, Answer):
            return message
        try:
            found = self.channels.get(channel)
        except UnknownChannelError as error:
            return Answer(Outcome.FAILED, None, str(error))
        try:
            async with asyncio.timeout(SEND):
                return await found.send(message)
        except TimeoutError:
            return Answer(Outcome.LOST, None, f"no answer within {SEND:.0f} s")
        except Exception as error:  # noqa: BLE001 - a channel of a third party must not stop the others
            _log.exception("channel failed", channel=channel, alert=message.id)
            return Answer(Outcome.FAILED, None, f"{type(error).__name__}: {error}")

    def _put_back(self, alert: str, until: datetime) -> None:
        with self.database.write() as session:
            session.execute(
                update(tables.Alert)
                .where(tables.Alert.id == alert, tables.Alert.taken_by == self.by)
                .values(taken_by="", taken_until=None, due_at=until)
            )

    def _rendered(self, alert: str) -> Message | Answer | None:
        with self.database.read() as session:
            row = session.get(tables.Alert, alert)
            if row is None:
                return None
            try:
                return compose.message(session, row, self.settings)
            except Exception as error:  # noqa: BLE001 - whatever a text does to rendering, the alert stays and says why
                _log.exception("rendering failed", alert=alert)
                return Answer(Outcome.FAILED, None, f"rendering: {type(error).__name__}: {error}")

    def _begin(self, session: Session, alert: str, message: Message | Answer) -> tuple[str, int] | None:
        """Writes that an attempt begins. None where the alert is not ours to send (any more)."""
        now = self.clock()
        row = session.get(tables.Alert, alert, with_for_update=True, populate_existing=True)
        if row is None or row.state != "waiting" or row.taken_by != self.by:
            return None
        if row.taken_until is None or row.taken_until < now + timedelta(seconds=SEND):
            row.taken_by, row.taken_until = "", None  # too little of the lease is left
            return None
        subscription = session.get_one(tables.Subscription, row.subscription_id)
        if not _wanted(subscription, row.kind):
            row.state, row.taken_by, row.taken_until = "dropped", "", None
            roster.give_back(session, row)
            return None
        session.execute(
            update(tables.Delivery)
            .where(tables.Delivery.alert_id == alert, tables.Delivery.outcome == "begun")
            .values(outcome=Outcome.LOST.value, answer="the notifier ended before the answer was written down")
        )
        row.attempts += 1
        if "first" not in row.data:
            row.data = {**row.data, "first": now.isoformat()}
        if isinstance(message, Message):
            row.subject = message.subject[:1000]
        begun = tables.Delivery(alert_id=alert, attempt=row.attempts, at=now, outcome="begun", answer="")
        session.add(begun)
        session.flush()
        return subscription.channel, begun.id

    def _finish(self, session: Session, alert: str, delivery: int, answer: Answer) -> str:
        """Writes down the answer; gives the alert's state, "" where it is not ours to decide."""
        now = self.clock()
        begun = session.get(tables.Delivery, delivery)
        row = session.get(tables.Alert, alert, with_for_update=True, populate_existing=True)
        if row is None or begun is None:
            return ""  # the person was deleted meanwhile
        first = datetime.fromisoformat(row.data["first"]) if "first" in row.data else begun.at
        verdict = retry.verdict(answer, alert, row.attempts, first, now)
        if verdict.state == "waiting" and row.attempts >= MOST_ATTEMPTS:
            verdict = retry.Verdict("dead")
        begun.outcome, begun.code, begun.answer = answer.outcome.value, answer.code, clean(answer.words)
        begun.next_at = verdict.at
        if row.taken_by != self.by and verdict.state != "sent":
            return ""  # the lease went to another, who decides
        row.taken_by, row.taken_until, row.state = "", None, verdict.state
        if verdict.state == "sent":
            row.sent_at = now
        elif verdict.at is not None:
            row.due_at = verdict.at
        # Locked only to count: marks that are written together hold what they lock until all are written, and two
        # notifiers that write down accepted mails of the same readers would wait for each other.
        counts = answer.outcome is Outcome.REFUSED
        subscription = session.get_one(tables.Subscription, row.subscription_id, with_for_update=counts or None)
        _reputation(session, subscription, answer, now)
        if verdict.state == "dead":
            _dead(session, row, subscription, answer, now)
        return verdict.state


def clean(words: str) -> str:
    """An answer as it is kept."""
    return words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:1000]


def domain(recipient: str) -> str:
    """What limits apply to: the mail domain, or the host of an address."""
    if "://" in recipient:
        return recipient.split("://", 1)[1].split("/", 1)[0].rpartition("@")[2].casefold()
    return recipient.rpartition("@")[2].strip("> ").casefold()


def _wanted(subscription: tables.Subscription, kind: str) -> bool:
    if kind == "confirm":  # goes to who has not confirmed yet, and to nobody else
        return subscription.active and not subscription.disabled_reason
    return roster.usable(subscription) or (kind == "sample" and subscription.active)


def _reputation(session: Session, row: tables.Subscription, answer: Answer, now: datetime) -> None:
    """Counts refusals for good; so many in a row switch the recipient off, and the operator is told."""
    if answer.outcome is Outcome.ACCEPTED:
        row.failures = 0
        return
    if answer.outcome is not Outcome.REFUSED:
        return
    row.failures += 1
    if (row.failures >= retry.DISABLE_AFTER or answer.gone) and not row.disabled_reason:
        row.disabled_reason = clean(f"{answer.code or ''} {answer.words}".strip() or "refused")
        outbox.append(
            session, "subscription.disabled", at=now, key=row.id,
            data={"subscription": row.id, "recipient": row.recipient, "reason": row.disabled_reason},
        )  # fmt: skip


def _dead(session: Session, alert: tables.Alert, row: tables.Subscription, answer: Answer, now: datetime) -> None:
    if alert.kind == "notice" or alert.kind == "confirm":
        return  # a notice about a lost notice would have the same fate; a mistyped sign-up is nobody's business
    outbox.append(
        session, "alert.dead", at=now, key=alert.id,
        data={"alert": alert.id, "recipient": row.recipient, "subject": alert.subject, "reason": clean(answer.words)},
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- by hand


def again(session: Session, alert_id: str, now: datetime) -> None:
    """Gives a dead (or waiting) alert a fresh day of attempts, beginning now. Raises KeyError for an unknown id,
    ValueError for one that was sent."""
    row = session.get(tables.Alert, alert_id)
    if row is None:
        raise KeyError(alert_id)
    if row.state not in ("dead", "waiting", "dropped"):
        raise ValueError(f"alert {alert_id} is {row.state}: only those that were not sent can be tried again")
    row.state, row.due_at, row.attempts = "waiting", now, 0
    row.data = {name: value for name, value in row.data.items() if name != "first"}


def enable(session: Session, subscription_id: str) -> None:
    """Switches a recipient on again. Raises KeyError for an unknown id."""
    row = roster.get(session, subscription_id)
    row.failures, row.disabled_reason = 0, ""
    if row.next_digest_at is None:
        row.next_digest_at = moments.next_digest(
            moments.rhythm(roster.value(row)), row.last_digest_at or row.created_at
        )


def dead(session: Session, limit: int = 200) -> Sequence[tables.Alert]:
    """The dead letters, newest first."""
    return session.scalars(
        select(tables.Alert).where(tables.Alert.state == "dead").order_by(tables.Alert.created_at.desc()).limit(limit)
    ).all()
