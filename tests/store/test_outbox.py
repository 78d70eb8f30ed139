"""Events and their consumers: nothing skipped, nothing twice in effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from visits import START

from tracker.store import outbox
from tracker.store.session import Database


def test_an_event_said_twice_is_one(database: Database) -> None:
    with database.write() as session:
        first = outbox.append(session, "change.told", at=START, change_id="c")
        again = outbox.append(session, "io.tracker.change.told", at=START, change_id="c")
        assert first.id == again.id
        assert len(outbox.take(session, "alerts", now=START, by="a")) == 1


def test_what_is_taken_is_nobody_elses_until_the_lease_ends(database: Database) -> None:
    with database.write() as session:
        outbox.append(session, "change.told", at=START, change_id="c", data={"tier": "substantive"})
    with database.write() as session:
        (work,) = outbox.take(session, "alerts", now=START, by="a", lease_seconds=60)
        assert (work.change_id, work.data, work.attempts) == ("c", {"tier": "substantive"}, 1)
    with database.write() as session:
        assert outbox.take(session, "alerts", now=START + timedelta(seconds=59), by="b") == []
        (again,) = outbox.take(session, "alerts", now=START + timedelta(seconds=61), by="b")
        assert again.attempts == 2
        outbox.done(session, "alerts", again.event_id)
        assert outbox.take(session, "alerts", now=START + timedelta(days=1), by="b") == []


def test_work_put_off_comes_back_at_its_time(database: Database) -> None:
    with database.write() as session:
        event = outbox.append(session, "change.told", at=START)
        outbox.take(session, "alerts", now=START, by="a")
        outbox.later(session, "alerts", event.id, at=START + timedelta(minutes=5), error="mail server away")
        assert outbox.take(session, "alerts", now=START + timedelta(minutes=4), by="a") == []
        assert len(outbox.take(session, "alerts", now=START + timedelta(minutes=5), by="a")) == 1


def test_each_consumer_has_its_own_work(database: Database) -> None:
    with database.write() as session:
        event = outbox.append(session, "change.told", at=START, consumers=("alerts", "feeds"))
        outbox.done(session, "alerts", event.id)
        assert len(outbox.take(session, "feeds", now=START, by="a")) == 1


def test_workers_at_once_share_the_work_without_overlap(database: Database) -> None:
    with database.write() as session:
        for number in range(40):
            outbox.append(session, "change.told", at=START, change_id=str(number))

    def work(name: str) -> list[int]:
        taken: list[int] = []
        while True:
            with database.write() as session:
                found = outbox.take(session, "alerts", now=START, by=name, limit=3)
            if not found:
                return taken
            taken += [item.event_id for item in found]

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, "abcd"))
    everything = [event for share in shares for event in share]
    assert len(everything) == len(set(everything)) == 40
