"""Subscribing by oneself: nothing without consent, links as keys, limits, and nothing left of who leaves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import world as w
from sqlalchemy import func, select

from alerts import roster, signing, subscriptions
from alerts.subscriptions import NotAcceptedError, TooManyError
from tracker.model import Subscription, Tier
from tracker.settings import Settings
from tracker.store import tables

WISH = Subscription("", "reader@example.org", areas=("safety-governance",), language="fr")


def sign_up(world: w.World, wish: Subscription = WISH, remote: str = "192.0.2.1") -> subscriptions.SignedUp:
    with world.database.write() as session:
        return subscriptions.sign_up(session, world.settings, wish, world.clock(), remote=remote)


def token(world: w.World, purpose: str = "confirm") -> str:
    """The key in the link of the last mail."""
    found = re.findall(rf"https://tracker\.example/subscriptions/{purpose}/(\S+)", world.hand.messages[-1].text)
    return str(found[0])


async def test_nothing_but_the_confirmation_goes_out_before_consent(world: w.World) -> None:
    sign_up(world)
    world.tell(w.change("It may.", "It shall."))
    await world.notifier().work_once()
    assert [m.kind for m in world.hand.messages] == ["confirm"]
    assert "Veuillez confirmer" in world.hand.messages[0].subject
    with world.database.write() as session:
        confirmed = subscriptions.confirm(session, world.settings, token(world), world.clock())
    assert confirmed is not None
    assert confirmed.active
    world.clock.pass_(hours=1)
    world.tell(w.change("It can.", "It must.", world.clock()))
    await world.notifier().work_once()
    assert [m.kind for m in world.hand.messages] == ["confirm", "change"]
    with world.database.read() as session:
        assert "remote" not in roster.get(session, confirmed.id).config


async def test_a_link_opens_only_its_own_door_and_not_for_ever(small: w.World) -> None:
    sign_up(small)
    await small.notifier().work_once()
    key = token(small)
    with small.database.write() as session:
        for bad in (
            "",
            "x",
            key[:-1],
            key + "x",
            signing.sign(small.settings, "feed", small.alerts()[0].subscription_id),
            "a" * 5000,
        ):
            assert subscriptions.confirm(session, small.settings, bad, small.clock()) is None
            assert subscriptions.preferences(session, small.settings, bad) is None
            assert not subscriptions.unsubscribe(session, small.settings, bad)
            assert subscriptions.forget(session, small.settings, bad) is None
        assert subscriptions.preferences(session, small.settings, key) is None
        other = small.settings.model_copy(
            update={"secret_key": Settings(_env_file=None, secret_key="another").secret_key}
        )
        assert subscriptions.confirm(session, other, key, small.clock()) is None
        assert subscriptions.confirm(session, small.settings, key, small.clock()) is not None
        assert subscriptions.confirm(session, small.settings, key, small.clock()) is not None


async def test_who_never_confirms_is_deleted_after_two_days(small: w.World) -> None:
    sign_up(small)
    await small.notifier().work_once()
    small.clock.pass_(hours=49)
    await small.notifier().work_once()
    with small.database.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.Subscription)) == 0
        assert session.scalar(select(func.count()).select_from(tables.Alert)) == 0


async def test_one_click_ends_it_and_the_file_does_not_bring_it_back(small: w.World) -> None:
    entry = Subscription("desk", "reader@example.org")
    with small.database.write() as session:
        roster.sync(session, [entry], small.clock())
    small.tell(w.change("It may.", "It shall."))
    await small.notifier().work_once()
    key = token(small, "unsubscribe")
    with small.database.write() as session:
        assert subscriptions.unsubscribe(session, small.settings, key)
        assert subscriptions.unsubscribe(session, small.settings, key)
        roster.sync(session, [entry], small.clock())
    small.clock.pass_(hours=1)
    small.tell(w.change("It can.", "It must.", small.clock()))
    await small.notifier().work_once()
    assert len(small.hand.messages) == 1


async def test_who_leaves_while_an_alert_waits_does_not_get_it(small: w.World) -> None:
    reader = small.subscribe(quiet="08:00-12:00")
    small.tell(w.change("It may.", "It shall."))
    await small.notifier().work_once()
    with small.database.write() as session:
        roster.end(session, reader.id)
    small.clock.pass_(hours=6)
    await small.notifier().work_once()
    assert small.hand.messages == []
    assert [alert.state for alert in small.alerts()] == ["dropped"]


async def test_preferences_change_what_comes_and_nothing_else(small: w.World) -> None:
    reader = small.subscribe(areas=("safety-governance",), operator=True)
    key = signing.sign(small.settings, "preferences", reader.id)
    wish = replace(
        reader,
        to="thief@example.org",
        channel="webhook",
        operator=False,
        areas=(),
        min_tier=Tier.EDITORIAL,
        when="daily 07:00",
    )
    with small.database.write() as session:
        changed = subscriptions.change(session, small.settings, key, wish, small.clock())
    assert changed is not None
    assert (changed.to, changed.channel, changed.operator, changed.id) == (reader.to, "email", True, reader.id)
    assert (changed.areas, changed.min_tier, changed.when) == ((), Tier.EDITORIAL, "daily 07:00")
    with small.database.write() as session, pytest.raises(NotAcceptedError):
        subscriptions.change(session, small.settings, key, replace(wish, when="sometimes"), small.clock())


async def test_deleting_a_person_leaves_nothing(world: w.World) -> None:
    one = world.subscribe("reader@example.org", areas=("safety-governance",))
    world.subscribe("reader@example.org", when="daily 07:00")
    world.subscribe("other@example.org")
    world.tell(w.change("It may.", "It shall."))
    await world.notifier().work_once()
    with world.database.write() as session:
        assert subscriptions.forget(session, world.settings, signing.sign(world.settings, "preferences", one.id)) == 2
    with world.database.read() as session:
        kept = session.scalars(select(tables.Subscription.recipient)).all()
        alerts = session.scalars(select(tables.Alert)).all()
    assert kept == ["other@example.org"]
    assert len(alerts) == 1
    assert len(world.deliveries()) == 1


def test_limits_against_abuse(small: w.World) -> None:
    for n in range(subscriptions.PER_REMOTE):
        sign_up(small, replace(WISH, to=f"r{n}@example.org"))
    with pytest.raises(TooManyError):
        sign_up(small, replace(WISH, to="one-more@example.org"))
    sign_up(small, replace(WISH, to="elsewhere@example.org"), remote="192.0.2.2")
    small.clock.pass_(hours=1, minutes=1)
    mailed = []
    for n in range(6):
        wish = replace(WISH, to="victim@example.org", areas=("safety-governance",) if n % 2 else ("data-supply",))
        mailed.append(sign_up(small, wish, remote=f"192.0.2.{n + 10}").mailed)
        small.clock.pass_(minutes=1)
    assert mailed == [True] * subscriptions.PER_ADDRESS + [False] * 3


def test_all_sign_ups_together_are_limited(small: w.World) -> None:
    for n in range(subscriptions.PER_HOUR):
        sign_up(small, replace(WISH, to=f"r{n}@example.org"), remote=f"h{n}")
    with pytest.raises(TooManyError):
        sign_up(small, replace(WISH, to="more@example.org"), remote="other")


@pytest.mark.parametrize(
    "wish",
    [
        replace(WISH, to="a@b.example, c@d.example"),
        replace(WISH, to="x"),
        replace(WISH, to="a@b.example\nBcc: c@d.example"),
        replace(WISH, words=("w" * 200,)),
        replace(WISH, words=tuple(f"w{n}" for n in range(100))),
        replace(WISH, words=(" ",)),
    ],
)
def test_what_a_stranger_may_not_ask_for(small: w.World, wish: Subscription) -> None:
    with pytest.raises(NotAcceptedError):
        sign_up(small, wish)


def test_a_stranger_gets_mail_only_and_no_operators_notices(small: w.World) -> None:
    made = sign_up(small, replace(WISH, channel="webhook", operator=True))
    with small.database.read() as session:
        value = roster.value(roster.get(session, made.subscription))
    assert value.channel == "email"
    assert not value.operator


def test_where_it_is_switched_off_nobody_signs_up(small: w.World) -> None:
    small.settings = small.settings.model_copy(update={"signup": False})
    with pytest.raises(NotAcceptedError, match="switched off"):
        sign_up(small)


def test_the_file_is_followed(small: w.World) -> None:
    one, two = Subscription("one", "a@example.org"), Subscription("two", "b@example.org", when="daily 07:00")
    with small.database.write() as session:
        roster.sync(session, [one, two], small.clock())
        roster.keep(session, Subscription("mine", "c@example.org"), small.clock(), origin="command")
        roster.sync(session, [replace(one, to="new@example.org")], small.clock())
        assert [s.to for s in roster.active(session)] == ["c@example.org", "new@example.org"]
        roster.sync(session, [one, two], small.clock())
        assert {s.id for s in roster.active(session)} == {"one", "two", "mine"}


async def test_an_edited_entry_goes_on_as_the_one_it_was(small: w.World) -> None:
    """An entry of the file without a name of its own: its id is made from what it says."""

    def follow(entry: Subscription) -> None:
        named = replace(entry, id=roster.derived_id(entry))
        with small.database.write() as session:
            roster.sync(session, [named], small.clock())

    entry = Subscription("", "reader@example.org", when="daily 12:00")
    follow(entry)
    small.tell(w.change("It may.", "It shall."))
    await small.notifier().work_once()
    follow(replace(entry, min_tier=Tier.EDITORIAL))
    small.clock.pass_(hours=4)
    await small.notifier().work_once()
    assert [m.kind for m in small.hand.messages] == ["digest"]
    assert "may → shall" in small.hand.messages[0].text
    key = token(small, "unsubscribe")
    with small.database.write() as session:
        assert subscriptions.unsubscribe(session, small.settings, key)
    follow(replace(entry, areas=("data-supply",)))
    with small.database.read() as session:
        assert roster.active(session) == []


def test_a_subscription_survives_the_way_through_the_database(small: w.World) -> None:
    wish = Subscription(
        "all",
        "a@example.org",
        areas=("a",),
        words=("b c",),
        min_tier=Tier.EDITORIAL,
        when="weekly mon 07:00",
        quiet="22:00-06:00",
        language="zh",
        timezone="Asia/Shanghai",
        silence_explained=True,
        attach=("redline",),
    )
    with small.database.write() as session:
        roster.keep(session, wish, small.clock(), origin="command")
    with small.database.read() as session:
        assert roster.value(roster.get(session, "all")) == wish


def test_the_key_is_made_once_with_rights_for_its_owner_alone(small: w.World) -> None:
    bare = Settings(_env_file=None, data=small.settings.data)
    first = signing.key(bare)
    assert first == signing.key(bare)
    assert len(first) >= 48
    assert (small.settings.data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_operators_own_subscription_follows_the_settings(small: w.World) -> None:
    with small.database.write() as session:
        roster.ensure_operator(session, "op@example.org", small.clock())
        assert [s.to for s in roster.active(session)] == ["op@example.org"]
        roster.ensure_operator(session, "other@example.org", small.clock())
        assert [s.to for s in roster.active(session)] == ["other@example.org"]
        roster.ensure_operator(session, "", small.clock())
        assert roster.active(session) == []


def test_a_link_is_old_after_two_days() -> None:
    import time_machine

    settings = Settings(_env_file=None, secret_key="k")
    with time_machine.travel(w.START, tick=False) as clock:
        made = signing.signed_at(settings, "confirm", "s")
        clock.shift(timedelta(hours=47))
        assert signing.opened(settings, "confirm", made, max_age=48 * 3600) == "s"
        clock.shift(timedelta(hours=2))
        assert signing.opened(settings, "confirm", made, max_age=48 * 3600) is None
