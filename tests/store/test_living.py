"""What a killed process held on this machine is free at once; what others hold is left to them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tracker.model import Source
from tracker.store import living
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.tables import HostTurn
from tracker.store.turns import Turns

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def name_of_a_process_that_ended() -> str:
    code = "from tracker.store import living; print(living.name())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_process_that_ended_is_known_to_be_gone_and_a_living_one_is_not() -> None:
    assert living.gone(name_of_a_process_that_ended())
    assert not living.gone(living.name())


def test_our_number_with_another_run_is_an_earlier_process() -> None:
    machine, pid, _, own = living.name().split(":")
    assert living.gone(f"{machine}:{pid}:00000000:{own}")


def test_nothing_is_said_of_other_machines_and_of_names_of_another_making() -> None:
    _, pid, run, own = living.name().split(":")
    assert not living.gone(f"elsewhere/1:{pid}:{run}:{own}")
    for other in ("", "the one", "a:b", "a:1"):
        assert not living.gone(other)


def test_a_container_started_again_waits_for_the_lease_since_another_may_bear_its_name() -> None:
    machine, _, run, own = living.name().split(":")
    host, _, place = machine.partition("/")
    boot, _, space = place.partition("-")
    assert not living.gone(f"{host}/{boot}-{int(space) + 1}:1:00000000:{own}"), "another namespace of this machine"
    assert not living.gone(f"{host}/00000000-{space}:1:{run}:{own}"), "another machine, or this one before it restarted"


def test_claims_of_the_dead_are_given_back_but_those_that_are_asked_to_stay(database: Database) -> None:
    records, dead = Records(database), name_of_a_process_that_ended()
    records.sync_catalogue([Source(id=name, url=f"https://{name}.example/") for name in "abc"], NOW)
    assert sorted(records.claim_due(NOW, 2, dead)) == ["a", "b"]
    assert records.claim_due(NOW, 2, living.name()) == ["c"]
    with database.write() as session:
        assert living.claims(session, but=["b"]) == 1
    assert records.claim_due(NOW, 9, "me") == ["a"]
    assert records.bury() == 1
    assert records.claim_due(NOW, 9, "me") == ["b"]


def test_names_fit_their_columns() -> None:
    assert len(living.name()) <= 72


def test_only_what_the_dead_hold_is_freed(database: Database) -> None:
    dead, until = name_of_a_process_that_ended(), NOW + timedelta(minutes=4)
    with database.write() as session:
        session.add(HostTurn(host="a", taken_by=dead, taken_until=until))
        session.add(HostTurn(host="b", taken_by=living.name(), taken_until=until))
        session.add(HostTurn(host="c", taken_by="elsewhere/1:7:00000000:1", taken_until=until))
    with database.write() as session:
        assert living.bury(session, NOW) == 1
        assert living.bury(session, NOW) == 0
    with database.read() as session:
        held = session.scalars(select(HostTurn.host).where(HostTurn.taken_by != "").order_by(HostTurn.host)).all()
    assert held == ["b", "c"]


def test_a_host_that_a_dead_process_was_asking_gets_its_pause_from_now_on(database: Database) -> None:
    turns = Turns(database)
    assert turns.take("a", NOW, by=f"{name_of_a_process_that_ended()}:x", lease=120, delay=5) == 0
    assert turns.take("a", NOW + timedelta(seconds=1), by="b", lease=120) > 100
    with database.write() as session:
        assert living.bury(session, NOW + timedelta(seconds=2)) == 1
    assert turns.take("a", NOW + timedelta(seconds=3), by="b", lease=120) == 4
    assert turns.take("a", NOW + timedelta(seconds=7), by="b", lease=120) == 0
