"""Mail over a real server that fails at every step of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faulty
import pytest
import world as w

from alerts.channels.base import Outcome
from alerts.channels.smtp import Smtp
from alerts.render.message import Message
from tracker.settings import Settings


def settings(port: int, **more: Any) -> Settings:
    plain = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "mail_from": "T <t@rules.example>",
        "secret_key": "k",
    }
    return Settings(_env_file=None, **{**plain, **more})


def message(n: int = 0, to: str = "reader@example.org") -> Message:
    return Message(
        f"id{n}",
        "change",
        to,
        f"Subject {n} — 人工智能",
        "text\n.\n.leading dot\n",
        "<p>html</p>",
        "short",
        "en",
        w.START,
    )


@pytest.fixture
def server() -> Iterator[faulty.Mailserver]:
    with faulty.serving(faulty.Mailserver()) as running:
        yield running


async def test_mails_arrive_whole_and_share_a_connection(server: faulty.Mailserver) -> None:
    channel = Smtp(settings(server.port))
    for n in range(5):
        answer = await channel.send(message(n))
        assert (answer.outcome, answer.code) == (Outcome.ACCEPTED, 250)
    await channel.close()
    assert server.connections == 1
    assert [kept.subject for kept in server.kept] == [f"Subject {n} — 人工智能" for n in range(5)]
    assert b"\r\n.leading dot" in server.kept[0].data


async def test_no_more_than_four_connections_at_once(server: faulty.Mailserver) -> None:
    channel = Smtp(settings(server.port))
    answers = await asyncio.gather(*(channel.send(message(n)) for n in range(40)))
    await channel.close()
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    assert server.connections <= 4
    assert len(set(server.ids())) == 40


EXPECTED = {
    ("connect", "defer"): Outcome.DEFERRED, ("connect", "refuse"): Outcome.FAILED, ("connect", "cut"): Outcome.FAILED,
    ("ehlo", "defer"): Outcome.DEFERRED, ("ehlo", "refuse"): Outcome.FAILED, ("ehlo", "cut"): Outcome.FAILED,
    ("mail", "defer"): Outcome.DEFERRED, ("mail", "refuse"): Outcome.FAILED, ("mail", "cut"): Outcome.FAILED,
    ("rcpt", "defer"): Outcome.DEFERRED, ("rcpt", "refuse"): Outcome.REFUSED, ("rcpt", "cut"): Outcome.FAILED,
    ("data", "defer"): Outcome.DEFERRED, ("data", "refuse"): Outcome.REFUSED, ("data", "cut"): Outcome.LOST,
    ("body", "defer"): Outcome.DEFERRED, ("body", "refuse"): Outcome.REFUSED, ("body", "cut"): Outcome.LOST,
    ("dot", "cut"): Outcome.LOST, ("answered", "cut"): Outcome.ACCEPTED,
}  # fmt: skip


@pytest.mark.parametrize(("step", "fault"), list(EXPECTED))
async def test_every_fault_at_every_step_is_read_for_what_it_means(
    server: faulty.Mailserver, step: str, fault: str
) -> None:
    failing = [fault]
    server.plan = lambda at: failing.pop() if at == step and failing else ""
    if (step, fault) in (("ehlo", "defer"), ("ehlo", "refuse")):
        server.plan = lambda at: fault if at == step else ""  # the client falls back to HELO once
    channel = Smtp(settings(server.port), timeout=5)
    answer = await channel.send(message(1))
    if step == "ehlo" and fault != "cut":
        assert answer.outcome in (EXPECTED[step, fault], Outcome.ACCEPTED)
    else:
        assert answer.outcome is EXPECTED[step, fault], answer
    taken = len(server.kept)
    assert taken == (1 if answer.outcome is Outcome.ACCEPTED or step == "dot" else 0)
    server.plan = lambda _at: ""
    assert (await channel.send(message(1))).outcome is Outcome.ACCEPTED
    await channel.close()
    assert len(set(server.ids())) == 1


async def test_a_server_that_falls_silent_is_not_waited_for(server: faulty.Mailserver) -> None:
    server.plan = lambda at: "silence" if at == "rcpt" else ""
    channel = Smtp(settings(server.port), timeout=0.3)
    answer = await channel.send(message())
    assert answer.outcome is Outcome.FAILED


async def test_greylisting_asks_for_patience(server: faulty.Mailserver) -> None:
    server.plan = lambda at: "defer" if at == "rcpt" else ""
    answer = await Smtp(settings(server.port)).send(message())
    assert answer.slow


async def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(server: faulty.Mailserver) -> None:
    channel = Smtp(settings(server.port))
    server.plan = lambda at: "cut" if at == "answered" else ""
    for n in range(3):
        assert (await channel.send(message(n))).outcome is Outcome.ACCEPTED
    assert len(server.kept) == 3


async def test_nobody_there(server: faulty.Mailserver) -> None:
    answer = await Smtp(settings(1)).send(message())
    assert answer.outcome is Outcome.FAILED


async def test_a_recipient_that_is_none_is_refused_without_asking(server: faulty.Mailserver) -> None:
    answer = await Smtp(settings(server.port)).send(message(to="a@b.example\r\nRCPT TO:<c@d.example>"))
    assert answer.outcome is Outcome.REFUSED
    assert server.connections == 0


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_is_checked(tmp_path: Path, security: str) -> None:
    context, authority = faulty.certificate(tmp_path)
    options: dict[str, Any] = (
        {"implicit_tls": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    )
    with faulty.serving(faulty.Mailserver(), **options) as server:
        trusted = {"smtp_security": security, "smtp_host": "localhost", "smtp_ca": authority}
        good = Smtp(settings(server.port, **trusted), timeout=5)
        assert (await good.send(message())).outcome is Outcome.ACCEPTED
        await good.close()
        stranger = Smtp(settings(server.port, **{**trusted, "smtp_ca": None}), timeout=5)
        answer = await stranger.send(message())
        assert answer.outcome is Outcome.FAILED
        assert "certificate" in answer.words.lower()
        other_name = Smtp(settings(server.port, **{**trusted, "smtp_host": "127.0.0.1"}), timeout=5)
        assert (await other_name.send(message())).outcome is Outcome.FAILED
        assert len(server.kept) == 1


async def test_a_server_without_starttls_gets_nothing() -> None:
    with faulty.serving(faulty.Mailserver()) as server:
        answer = await Smtp(settings(server.port, smtp_security="starttls"), timeout=5).send(message())
        assert answer.outcome is Outcome.FAILED
        assert server.kept == []


async def test_login(tmp_path: Path) -> None:
    context, authority = faulty.certificate(tmp_path)
    options = {
        "tls_context": context,
        "require_starttls": True,
        "authenticator": faulty.authenticator,
        "auth_required": True,
    }
    with faulty.serving(faulty.Mailserver(), **options) as server:
        base = {"smtp_security": "starttls", "smtp_host": "localhost", "smtp_ca": authority, "smtp_user": "ali"}
        good = Smtp(settings(server.port, **base, smtp_password="open sesame"), timeout=5)
        assert (await good.send(message())).outcome is Outcome.ACCEPTED
        await good.close()
        bad = await Smtp(settings(server.port, **base, smtp_password="open barley"), timeout=5).send(message())
        assert bad.outcome is Outcome.FAILED
        assert "barley" not in bad.words
