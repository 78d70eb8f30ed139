"""Feeds, chats, the Maildir, and channels of third parties."""

from __future__ import annotations

import json
import mailbox
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import feedparser
import pytest
import world as w
from sqlalchemy import select

from alerts import links, making
from alerts.channels import atom, base, chat
from alerts.channels.base import Answer, Channels, Outcome
from alerts.notifier import Notifier
from alerts.render import change, compose
from alerts.render.message import Message
from tracker.model import Subscription
from tracker.settings import Settings
from tracker.store import tables


def message(settings: Settings, to: str = "reader@example.org", **wishes: Any) -> Message:
    frame = compose.frame(Subscription("desk", to, **wishes), settings, w.START, "a" * 32)
    return change.message(w.told(), frame)


# ------------------------------------------------------------------------------------------------------- feed


async def test_a_feed_holds_what_the_subscription_was_told(small: w.World) -> None:
    reader = small.subscribe("team", channel="atom", areas=("safety-governance",))
    bad = "</content><script>x</script> & <b>"
    small.tell(w.change("It may.", f"It shall {bad}."))
    small.tell(w.change("Of data.", "Of no data.", areas=("data-supply",), name="other"))
    await Notifier(small.database, small.settings, small.clock).work_once()
    token = links.feed(small.settings, reader.id).rpartition("/")[2].removesuffix(".atom")
    with small.database.read() as session:
        feed = atom.feed(session, token, small.settings)
    parsed = feedparser.parse(feed)
    assert not parsed.bozo
    (entry,) = parsed.entries
    assert "may → shall" in entry.title
    assert entry.link.startswith("https://tracker.example/changes/")
    assert "<script" not in entry.content[0].value
    assert "&lt;script&gt;" in entry.content[0].value
    assert "<del>" in entry.content[0].value or "<ins>" in entry.content[0].value


@pytest.mark.parametrize("token", ["", "x", "ImRlc2si.AAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_feeds_address_cannot_be_guessed(small: w.World, token: str) -> None:
    small.subscribe("team", channel="atom")
    with small.database.read() as session, pytest.raises(atom.UnknownFeedError):
        atom.feed(session, token, small.settings)


# ------------------------------------------------------------------------------------------------------- chat


@contextmanager
def service(status: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A service that takes Apprise's JSON on a loopback port."""
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.mark.parametrize(("status", "outcome"), [(200, Outcome.ACCEPTED), (500, Outcome.DEFERRED)])
async def test_a_chat_gets_a_short_text(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, status: int, outcome: Outcome
) -> None:
    pytest.importorskip("apprise", reason="the extra chat is not installed")
    with service(status) as (port, taken):
        monkeypatch.setenv("CHAT_OF_TESTS", f"json://127.0.0.1:{port}/")
        answer = await chat.make(settings).send(message(settings, "env://CHAT_OF_TESTS"))
    assert answer.outcome is outcome
    assert str(port) not in answer.words  # an address may hold a secret
    assert "may → shall" in taken[0]["title"]
    assert "[-may-] {+shall+}" in taken[0]["message"]
    assert taken[0]["message"].endswith("/changes/" + w.told().change.id)
    assert len(taken[0]["message"]) <= chat.LONGEST


async def test_a_chat_that_is_not_set_up_waits(settings: Settings) -> None:
    pytest.importorskip("apprise", reason="the extra chat is not installed")
    missing = await chat.make(settings).send(message(settings, "env://NO_SUCH_VARIABLE"))
    assert (missing.outcome, "NO_SUCH_VARIABLE" in missing.words) == (Outcome.FAILED, True)
    wrong = await chat.make(settings).send(message(settings, "nonsense://x"))
    assert wrong.outcome is Outcome.REFUSED


def test_a_long_text_for_a_chat_keeps_its_link(settings: Settings) -> None:
    long = w.change("", " ".join(f"word{n}" for n in range(900)))
    frame = compose.frame(Subscription("s", "x"), settings, w.START)
    made = change.message(w.told(long), frame)
    body = chat.body(made)
    assert len(body) <= chat.LONGEST
    assert body.endswith(made.link)


# ---------------------------------------------------------------------------------------------------- Maildir


async def test_without_a_mail_server_mails_stand_in_a_maildir_once(small: w.World) -> None:
    small.subscribe()
    small.tell(w.change("It may.", "It shall."))
    await Notifier(small.database, small.settings, small.clock).work_once()
    box = mailbox.Maildir(small.settings.data / "mailbox")
    (mail,) = list(box)
    assert mail["Message-ID"].startswith("<alert-")
    with small.database.write() as session:  # as after a kill between writing and noting it
        for alert in session.scalars(select(tables.Alert)):
            alert.state = "waiting"
    await Notifier(small.database, small.settings, small.clock).work_once()
    assert len(list(mailbox.Maildir(small.settings.data / "mailbox"))) == 1


# ----------------------------------------------------------------------------------------- of third parties


class Entry:
    """An installed entry point."""

    name = "pager"

    def load(self) -> base.Make:
        return lambda _settings: PAGER


PAGER = w.Hand()


async def test_an_installed_channel_is_found_by_its_name(small: w.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "entry_points", lambda group: [Entry()] if group == base.GROUP else [])
    PAGER.messages.clear()
    small.subscribe("0123", channel="pager")
    small.tell(w.change("It may.", "It shall."))
    assert "pager" in base.names()
    await Notifier(small.database, small.settings, small.clock).work_once()
    assert [m.to for m in PAGER.messages] == ["0123"]


async def test_a_channel_that_breaks_or_is_missing_holds_up_no_other(small: w.World) -> None:
    small.subscribe("a", channel="gone")
    small.subscribe("b", channel="broken")
    small.subscribe("c@example.org")
    broken = w.Hand()
    broken.answers = [RuntimeError("boom")]
    small.tell(w.change("It may.", "It shall."))
    given = {"broken": broken, "email": small.hand}
    await small.notifier(channels=Channels(small.settings, given)).work_once()
    assert [m.to for m in small.hand.messages] == ["c@example.org"]
    words = {d.answer for d in small.deliveries() if d.outcome == "failed"}
    assert any("no channel 'gone'" in said for said in words)
    assert any("RuntimeError: boom" in said for said in words)
    assert {alert.state for alert in small.alerts()} == {"waiting", "sent"}


def test_a_message_keeps_its_id_and_hands_have_what_they_need(settings: Settings) -> None:
    made = message(settings)
    assert made.id == "a" * 32
    assert made.data["change"] == w.told().change.id
    assert isinstance(Answer(Outcome.ACCEPTED), Answer)
    assert (
        making.alert_id("s", "change", "x")
        == making.alert_id("s", "change", "x")
        != making.alert_id("t", "change", "x")
    )
