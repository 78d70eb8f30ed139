"""Digests, silence explained, and storms that become digests."""

from __future__ import annotations

from datetime import date, timedelta

import world as w
from sqlalchemy import select

from alerts import roster
from alerts.channels.base import Answer, Outcome
from tracker.model import Tier
from tracker.store import tables


async def rounds(world: w.World, hours: int, *, step: float = 1.0) -> None:
    for _ in range(int(hours / step)):
        world.clock.pass_(hours=step)
        await world.notifier().work_once()


async def test_a_digest_gathers_by_area_and_source_with_dates_and_troubles(world: w.World) -> None:
    world.subscribe(when="weekly mon 10:00", min_tier=Tier.EDITORIAL)
    ahead = w.deadline(date(2026, 4, 20), kind="deadline")
    world.tell(w.change("A may.", "A shall.", deadlines=[ahead]), w.source("north", title="Port North"))
    world.tell(w.change("B may.", "B shall.", areas=("data-supply",)), w.source("south", title="Port South"))
    world.tell(w.change("C may.", "C might.", tier=Tier.EDITORIAL, areas=()), w.source("south", title="Port South"))
    world.source(w.source("west", title="Port West"))
    with world.database.write() as session:
        row = session.get_one(tables.Source, "west")
        row.health, row.last_reason, row.health_since = "blocked", "403", w.START - timedelta(days=2)
    await rounds(world, 2)
    (message,) = world.hand.messages
    assert message.kind == "digest"
    assert message.subject.startswith("Weekly digest, 2 March 2026: 3 changes")
    text = message.text
    for words in (
        "AI SAFETY GOVERNANCE (1)",
        "SUPPLY OF HIGH-QUALITY DATA (1)",
        "WITHOUT AN AREA (1)",
        "Port North",
        "Port South",
        "20 April 2026",
        "DATES AHEAD",
        "Port West — blocked since 28 February 2026 (403)",
        "THE LAST SEVEN DAYS",
        "Substantive: 2 · Editorial: 1",
    ):
        assert words in text, words
    assert text.index("Port North") < text.index("WITHOUT AN AREA")
    assert '<td class="h3"' in message.html or "h1" in message.html
    await rounds(world, 24 * 6)
    assert len(world.hand.messages) == 1


async def test_silence_is_explained_where_asked_for_and_only_there(small: w.World) -> None:
    small.subscribe("told@example.org", when="daily 10:00", silence_explained=True)
    small.subscribe("silent@example.org", when="daily 10:00")
    small.source(w.source("north"))
    with small.database.write() as session:
        session.get_one(tables.Source, "north").last_ok_at = w.START
    await rounds(small, 2)
    (message,) = small.hand.messages
    assert message.to == "told@example.org"
    assert "Nothing changed. 1 source was read." in message.text


async def test_every_change_is_in_one_digest_and_no_other(small: w.World) -> None:
    small.subscribe(when="daily 07:00 America/New_York")
    for n in range(40):
        small.tell(w.change(f"Rule {n} may.", f"Rule {n} shall.", small.clock()))
        await rounds(small, 3)
    await rounds(small, 24)
    told = [entry["change"] for message in small.hand.messages for entry in message.data["changes"]]
    assert len(told) == len(set(told)) == 40
    assert len(small.hand.messages) in (5, 6)


async def test_a_digest_that_is_deferred_comes_once(small: w.World) -> None:
    small.subscribe(when="daily 10:00")
    small.tell(w.change("It may.", "It shall."))
    small.hand.answers = [Answer(Outcome.DEFERRED, 451, "busy") for _ in range(3)]
    await rounds(small, 6, step=0.25)
    assert len(small.hand.messages) == 1


async def test_who_changes_from_daily_to_immediate_still_gets_what_waited(small: w.World) -> None:
    reader = small.subscribe(when="daily 23:00", id="desk")
    small.tell(w.change("It may.", "It shall."))
    await rounds(small, 1)
    assert small.hand.messages == []
    small.subscribe(reader.to, id="desk", when="immediate")
    await rounds(small, 1)
    assert [m.kind for m in small.hand.messages] == ["digest"]


async def test_a_storm_becomes_a_digest_with_a_notice(small: w.World) -> None:
    small.settings = small.settings.model_copy(update={"alerts_per_hour": 5})
    small.subscribe()
    for n in range(30):
        small.tell(w.change(f"Rule {n} may.", f"Rule {n} shall."))
    await small.notifier().work_once()
    assert [m.kind for m in small.hand.messages] == ["change"] * 5
    await rounds(small, 2, step=0.5)
    (digest,) = [m for m in small.hand.messages if m.kind == "digest"]
    assert "More than 5 alerts within an hour" in digest.text
    told = {m.data["change"] for m in small.hand.messages if m.kind == "change"} | {
        c["change"] for c in digest.data["changes"]
    }
    assert len(told) == 30
    small.clock.pass_(hours=2)
    small.tell(w.change("After the storm.", "Calm again.", small.clock()))
    await small.notifier().work_once()
    assert small.hand.messages[-1].kind == "change"


async def test_the_cap_is_the_recipients_over_all_subscriptions(small: w.World) -> None:
    small.settings = small.settings.model_copy(update={"alerts_per_hour": 5})
    for n in range(3):
        small.subscribe("reader@example.org", words=(f"rule {n}",))
    small.subscribe("other@example.org", words=("rule 0",))
    for n in range(9):
        small.tell(w.change(f"Rule {n % 3} may.", f"Rule {n % 3} shall.", name=str(n)))
    await small.notifier().work_once()
    assert len([m for m in small.hand.messages if m.to == "reader@example.org"]) == 5
    assert len([m for m in small.hand.messages if m.to == "other@example.org"]) == 3


async def test_quiet_hours_hold_alerts_back_and_do_not_end_in_a_flood(small: w.World) -> None:
    small.settings = small.settings.model_copy(update={"alerts_per_hour": 5})
    small.subscribe(quiet="08:00-18:00", timezone="Europe/Paris")
    for n in range(12):
        small.tell(w.change(f"Rule {n} may.", f"Rule {n} shall.", small.clock()))
        await rounds(small, 1, step=0.5)
        if small.clock() < w.START + timedelta(hours=8):
            assert small.hand.messages == []
    await rounds(small, 4, step=0.5)
    kinds = [m.kind for m in small.hand.messages]
    assert kinds.count("change") <= 5 + 4  # those that came after the quiet hours count on
    told = {m.data["change"] for m in small.hand.messages if m.kind == "change"}
    told |= {c["change"] for m in small.hand.messages if m.kind == "digest" for c in m.data["changes"]}
    assert len(told) == 12


async def test_many_failing_sources_are_a_storm_too(small: w.World) -> None:
    small.settings = small.settings.model_copy(update={"alerts_per_hour": 3, "operator": "op@example.org"})
    await small.notifier().work_once()
    for n in range(10):
        small.event("source.failing", w.source(f"s{n}", title=f"Port {n}"), reason="no route")
    await rounds(small, 2, step=0.5)
    assert [m.kind for m in small.hand.messages] == ["notice"] * 3 + ["digest"]
    assert "Source is failing: Port 9" in small.hand.messages[-1].text
    assert "7 notices" in small.hand.messages[-1].subject


async def test_a_standing_mail_server_and_a_queue_that_lags_are_told_once(small: w.World) -> None:
    small.settings = small.settings.model_copy(update={"operator": "op@example.org"})
    await small.notifier().work_once()
    small.subscribe()
    for n in range(4):
        small.tell(w.change(f"Rule {n} may.", f"Rule {n} shall."))
    small.hand.always["reader@example.org"] = Answer(Outcome.FAILED, None, "no route to host")
    await rounds(small, 6, step=0.1)
    subjects = [m.subject for m in small.hand.messages if m.to == "op@example.org"]
    assert subjects.count("The mail server does not take our mails") <= 1
    small.hand.always.clear()
    await rounds(small, 6, step=0.25)
    with small.database.read() as session:
        types = session.scalars(select(tables.Event.type).where(tables.Event.type.like("operator.%"))).all()
    assert types.count("operator.mail") <= 1
    with small.database.write() as session:
        session.add(tables.Event(uid="u", type="x", at=w.START, data={}))
        session.flush()
        event = session.scalars(select(tables.Event.id).where(tables.Event.uid == "u")).one()
        session.add(
            tables.EventTodo(consumer="somebody", event_id=event, available_at=small.clock() - timedelta(hours=2))
        )
    await rounds(small, 2, step=0.25)
    subjects = [m.subject for m in small.hand.messages]
    assert subjects.count("Work is waiting too long") == 1
    with small.database.write() as session:
        session.query(tables.EventTodo).delete()
    await rounds(small, 2, step=0.25)
    assert [m.subject for m in small.hand.messages].count("Work is up to date again") == 1


async def test_a_low_disk_is_told_once_and_its_end_too(small: w.World, monkeypatch: object) -> None:
    import shutil
    from types import SimpleNamespace

    from alerts import notices

    small.settings = small.settings.model_copy(update={"operator": "op@example.org"})
    small.settings.data.mkdir(parents=True)
    free = [10**7]
    notices.shutil = SimpleNamespace(disk_usage=lambda _path: SimpleNamespace(free=free[0]))  # type: ignore[assignment]  # restored below
    try:
        await rounds(small, 3, step=0.2)
        free[0] = 10**11
        await rounds(small, 3, step=0.2)
    finally:
        notices.shutil = shutil  # type: ignore[assignment]  # as it was
    assert [m.subject for m in small.hand.messages] == ["Disk space is low", "Disk space is sufficient again"]


async def test_a_digest_whose_reader_left_is_not_made(small: w.World) -> None:
    reader = small.subscribe(when="daily 10:00")
    small.tell(w.change("It may.", "It shall."))
    await small.notifier().work_once()
    with small.database.write() as session:
        roster.end(session, reader.id)
    await rounds(small, 30)
    assert small.hand.messages == []


def both(world: w.World, *, at: str = "daily 10:00") -> None:
    world.subscribe("reader@example.org", id="harbours", when=at, areas=("safety-governance",))
    world.subscribe("reader@example.org", id="logs", when=at, words=("shall",))


async def test_two_digests_of_one_mailbox_are_one_mail_with_each_change_once(small: w.World) -> None:
    both(small)
    small.tell(w.change("A may.", "A shall.", cluster="edit"), w.source("north"))
    small.tell(w.change("B may.", "B shall.", areas=("data-supply",)), w.source("south"))
    await rounds(small, 2)
    (message,) = small.hand.messages
    assert [c["source"] for c in message.data["changes"]] == ["north", "south"]
    for name in ("harbours", "logs"):
        assert f"because of the subscription {name}." in message.text
        assert f"because of the subscription {name}." in message.html
    assert message.text.count("/subscriptions/unsubscribe/") == 2
    await rounds(small, 30)
    assert len(small.hand.messages) == 1


async def test_an_edit_found_at_two_places_is_one_line_for_both(small: w.World) -> None:
    small.subscribe("reader@example.org", id="east", when="daily 10:00", sources=("east",))
    small.subscribe("reader@example.org", id="west", when="daily 10:00", sources=("west",))
    for name in ("east", "west"):
        small.tell(w.change("A may.", "A shall.", cluster="edit", name=name), w.source(name))
    await rounds(small, 2)
    (message,) = small.hand.messages
    assert message.data["change_count"] == 1
    assert "and 1 other place" in message.text


async def test_what_only_one_of_them_wants_comes_under_its_name_alone(small: w.World) -> None:
    both(small)
    small.tell(w.change("B may.", "B shall.", areas=("data-supply",)))
    await rounds(small, 2)
    (message,) = small.hand.messages
    assert message.subscription == "logs"
    assert "harbours" not in message.text.partition("\n-- \n")[2]


async def test_digests_of_other_hours_languages_or_kinds_stay_apart(small: w.World) -> None:
    for name, more in (
        ("en", {}), ("fr", {"language": "fr"}), ("late", {"when": "daily 11:00"}),
        ("week", {"when": "weekly mon 10:00"}),
    ):  # fmt: skip
        small.subscribe("reader@example.org", id=name, **{"when": "daily 10:00", **more})
    small.subscribe("other@example.org", id="other", when="daily 10:00")
    small.tell(w.change("A may.", "A shall."))
    await rounds(small, 3)
    assert sorted(m.subscription for m in small.hand.messages) == ["en", "fr", "late", "other", "week"]


async def test_ending_one_takes_nothing_from_the_other(small: w.World) -> None:
    both(small)
    small.tell(w.change("A may.", "A shall."))
    small.hand.answers = [Answer(Outcome.DEFERRED, 451, "busy")]
    await rounds(small, 1)
    assert small.hand.messages == []
    with small.database.write() as session:
        roster.end(session, "harbours")
    await rounds(small, 2)
    (message,) = small.hand.messages
    assert message.subscription == "logs"
    assert message.data["change_count"] == 1


async def test_a_recipient_taken_out_of_the_file_leaves_the_other_subscription_its_changes(small: w.World) -> None:
    both(small)
    small.tell(w.change("A may.", "A shall."))
    small.hand.answers = [Answer(Outcome.DEFERRED, 451, "busy")]
    await rounds(small, 1)
    with small.database.write() as session:
        session.get_one(tables.Subscription, "harbours").active = False
    await rounds(small, 2)
    assert [m.subscription for m in small.hand.messages] == ["logs"]


async def test_the_other_one_ended_meanwhile_is_not_spoken_for(small: w.World) -> None:
    both(small)
    small.tell(w.change("A may.", "A shall."))
    small.tell(w.change("B may.", "B shall.", areas=("data-supply",)))
    small.hand.answers = [Answer(Outcome.DEFERRED, 451, "busy")]
    await rounds(small, 1)
    with small.database.write() as session:
        roster.end(session, "logs")
    await rounds(small, 2)
    (message,) = small.hand.messages
    assert message.data["change_count"] == 1
    assert "subscription logs" not in message.text
