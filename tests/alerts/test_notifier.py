"""The way from an event to a mail."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import world as w

from alerts.channels.base import Answer, Outcome
from tracker.model import Tier


async def test_a_told_change_becomes_one_mail_to_each_who_asked(world: w.World) -> None:
    world.subscribe("safety@example.org", areas=("safety-governance",))
    world.subscribe("data@example.org", areas=("data-supply",))
    world.subscribe("all@example.org", language="fr")
    change = w.change(
        "Providers may keep a log.", "Providers shall keep a log.", deadlines=[w.deadline(date(2026, 8, 2))]
    )
    world.tell(change)
    notifier = world.notifier()
    assert await notifier.work_once() > 0
    assert sorted(message.to for message in world.hand.messages) == ["all@example.org", "safety@example.org"]
    english = next(m for m in world.hand.messages if m.to == "safety@example.org")
    assert english.subject == (
        "Harbour Pilot Regulation — Art. 12(1): may → shall (AI safety governance; applies from 2 Aug 2026)"
    )
    assert "[-may-]" in english.text
    assert {alert.state for alert in world.alerts()} == {"sent"}
    assert [d.outcome for d in world.deliveries()] == ["accepted", "accepted"]
    assert await notifier.work_once() == 0
    assert len(world.hand.messages) == 2


async def test_an_event_worked_off_twice_has_the_effect_of_once(world: w.World) -> None:
    world.subscribe()
    world.tell(w.change("It may.", "It shall."))
    await world.notifier().work_once()
    with world.database.write() as session:
        from tracker.store import tables

        event = session.query(tables.Event).one()
        session.add(tables.EventTodo(consumer="alerts", event_id=event.id, available_at=w.START))
    world.clock.pass_(hours=1)
    await world.notifier().work_once()
    assert len(world.hand.messages) == 1


async def test_a_recipient_with_several_subscriptions_is_told_once(world: w.World) -> None:
    for name, wish in (("a", {"areas": ("safety-governance",)}), ("b", {}), ("c", {"words": ("log",)})):
        world.subscribe(id=name, **wish)
    world.subscribe(id="d", when="daily 10:00")
    world.subscribe("other@example.org", id="e")
    world.tell(w.change("Keep a log.", "Keep no log."))
    world.tell(w.change("Of ships.", "Of boats.", areas=("data-supply",), name="2"))
    await world.notifier().work_once()
    told = [(alert.subscription_id, alert.state) for alert in world.alerts()]
    assert sorted(told) == [
        ("a", "sent"),
        ("b", "sent"),
        ("d", "folded"),
        ("d", "folded"),
        ("e", "sent"),
        ("e", "sent"),
    ]


async def test_a_cluster_is_told_once_with_its_places(world: w.World) -> None:
    world.subscribe()
    for name in ("north", "south", "west"):
        world.tell(w.change("It may.", "It shall.", cluster="c1", name=name), w.source(name, title=f"Port {name}"))
    await world.notifier().work_once()
    (message,) = world.hand.messages
    assert "The same edit in 2 other places" in message.html
    assert "Port south" in message.text
    world.clock.pass_(hours=3)
    world.tell(w.change("It may.", "It shall.", world.clock(), cluster="c1", name="east"), w.source("east"))
    await world.notifier().work_once()
    assert len(world.hand.messages) == 1
    assert len(world.alerts()[0].data["places"]) == 3


async def test_whoever_did_not_follow_the_first_place_is_told_of_the_second(small: w.World) -> None:
    small.subscribe("south@example.org", sources=("south",))
    small.tell(w.change("It may.", "It shall.", cluster="c1", name="north"), w.source("north"))
    small.tell(w.change("It may.", "It shall.", cluster="c1", name="south"), w.source("south"))
    await small.notifier().work_once()
    assert [m.to for m in small.hand.messages] == ["south@example.org"]


async def test_the_first_check_of_a_new_source_never_alerts(small: w.World) -> None:
    small.subscribe()
    small.tell(w.change("", "A first text."), w.source("fresh"))
    small.tell(w.change("", "A first entry."), w.source("list"), key="entry-1")
    await small.notifier().work_once()
    assert small.hand.messages == []
    later = w.START + timedelta(days=1)
    small.clock.now = later
    small.tell(w.change("", "A second entry.", later), w.source("list"), key="entry-2")
    await small.notifier().work_once()
    assert len(small.hand.messages) == 1


async def test_nobody_is_told_of_an_editorial_change_who_asked_for_substantive_ones(small: w.World) -> None:
    small.subscribe("strict@example.org")
    small.subscribe("all@example.org", min_tier=Tier.EDITORIAL)
    small.tell(w.change("It may.", "It may!", tier=Tier.EDITORIAL))
    await small.notifier().work_once()
    assert [m.to for m in small.hand.messages] == ["all@example.org"]


async def test_two_notifiers_never_send_the_same(world: w.World) -> None:
    import asyncio

    world.subscribe()
    for n in range(20):
        world.tell(w.change(f"Rule {n} may.", f"Rule {n} shall."))
    one, two = world.notifier(), world.notifier()
    for _ in range(4):
        await asyncio.gather(one.work_once(), two.work_once())
    ids = [message.id for message in world.hand.messages]
    assert len(ids) == 20
    assert len(set(ids)) == 20


async def test_a_deferred_alert_is_tried_again_later_under_the_same_id(small: w.World) -> None:
    small.subscribe()
    small.tell(w.change("It may.", "It shall."))
    small.hand.answers = [Answer(Outcome.DEFERRED, 451, "busy"), Answer(Outcome.LOST, None, "cut off")]
    notifier = small.notifier()
    await notifier.work_once()
    assert small.hand.messages == []
    assert await notifier.work_once() == 0
    for _ in range(3):
        small.clock.pass_(minutes=5)
        await notifier.work_once()
    assert [d.outcome for d in small.deliveries()] == ["deferred", "lost", "accepted"]
    assert len({message.message_id for message in small.hand.messages}) == 1


async def test_refusals_for_good_switch_a_recipient_off_and_the_operator_is_told(small: w.World) -> None:
    small.subscribe("gone@example.org")
    small.subscribe("operator@example.org", operator=True, sources=("-",))
    small.hand.always["gone@example.org"] = Answer(Outcome.REFUSED, 550, "5.1.1 no such user")
    for n in range(4):
        small.tell(w.change(f"Rule {n} may.", f"Rule {n} shall.", small.clock()))
        small.clock.pass_(hours=2)
        await small.notifier().work_once()
        await small.notifier().work_once()
    told = [(m.to, m.subject) for m in small.hand.messages]
    assert ("operator@example.org", "Recipient was switched off: gone@example.org") in told
    assert all(to == "operator@example.org" for to, _ in told)
    assert len(small.alerts(state="dead")) == 3


async def test_what_cannot_be_delivered_for_a_day_is_a_dead_letter_that_can_be_tried_again(small: w.World) -> None:
    from alerts import deliver

    small.subscribe()
    small.tell(w.change("It may.", "It shall."))
    small.hand.answers = [Answer(Outcome.FAILED, None, "no route") for _ in range(100)]
    notifier = small.notifier()
    for _ in range(30 * 12):
        await notifier.work_once()
        small.clock.pass_(minutes=5)
    (alert,) = [a for a in small.alerts() if a.kind == "change"]
    assert alert.state == "dead"
    assert 8 <= alert.attempts <= 20
    small.hand.answers = []
    with small.database.write() as session:
        deliver.again(session, alert.id, small.clock())
    await notifier.work_once()
    assert len(small.hand.messages) == 1


@pytest.mark.parametrize(
    "kind", ["source.failing", "source.blocked", "source.recovered", "source.glitch", "document.moved"]
)
async def test_the_operator_is_told_of_a_state_once(small: w.World, kind: str) -> None:
    small.subscribe("reader@example.org")
    small.subscribe("operator@example.org", operator=True, sources=("-",))
    small.event(kind, reason="HTTP 500", to="https://new.example/")
    for _ in range(3):
        await small.notifier().work_once()
        small.clock.pass_(hours=1)
    (message,) = small.hand.messages
    assert message.to == "operator@example.org"
    assert "Harbour Pilot Regulation" in message.subject


async def test_an_event_that_fails_holds_up_no_other(small: w.World) -> None:
    from tracker.store import outbox

    small.subscribe()
    with small.database.write() as session:
        outbox.append(session, "change.told", at=w.START, change_id="missing")
    small.tell(w.change("It may.", "It shall."))
    await small.notifier().work_once()
    assert len(small.hand.messages) == 1
