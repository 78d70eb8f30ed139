"""Webhooks: what is posted, how it is signed, where it may go."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import world as w
from standardwebhooks import Webhook, WebhookVerificationError

from alerts import signing
from alerts.channels import target, webhook
from alerts.channels.base import Outcome
from alerts.render import change, compose
from alerts.render.message import Message
from tracker.model import Subscription
from tracker.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


def message(to: str, settings: Settings) -> Message:
    frame = compose.frame(Subscription("hook", to, channel="webhook"), settings, w.START, "a" * 32)
    return change.message(w.told(), frame)


@dataclass
class Receiver:
    """An HTTP server that keeps what it gets and answers as told."""

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    cut: bool = False
    port: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = {k.lower(): v.strip() for k, v in re.findall(r"(?m)^([\w-]+):(.*)$", head)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            headers[":path"] = head.split()[1]
            self.got.append((headers, body))
            if self.cut:
                writer.transport.abort()
                return
            lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
            writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n{lines}\r\n".encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(**how: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(**how)
    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()


@pytest.fixture
def open_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allow_private": ("127.0.0.0/8",)})


async def test_a_change_is_posted_as_a_signed_cloudevent(open_settings: Settings) -> None:
    async with receiving() as receiver:
        channel = webhook.Webhooks(open_settings)
        sent = message(f"http://127.0.0.1:{receiver.port}/hook?x=1", open_settings)
        assert (await channel.send(sent)).outcome is Outcome.ACCEPTED
        await channel.close()
    ((headers, body),) = receiver.got
    assert headers[":path"] == "/hook?x=1"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = json.loads(body)
    assert {name: event[name] for name in ("specversion", "id", "source", "type", "subject")} == {
        "specversion": "1.0", "id": "a" * 32, "source": "https://tracker.example", "type": "io.tracker.change.told",
        "subject": sent.data["change"],
    }  # fmt: skip
    assert datetime.fromisoformat(event["time"]) == w.START
    assert event["data"]["edits"][0]["path"] == "Article 12(1)"
    assert event["data"]["areas"] == [{"id": "safety-governance", "score": 0.8}]
    secret = signing.webhook_secret(open_settings, "hook")
    assert Webhook(secret).verify(body, headers) == event
    assert secret not in body.decode() + str(headers)


async def test_a_changed_body_an_old_call_and_another_key_are_noticed(settings: Settings) -> None:
    sent = message("https://hook.example/", settings)
    now = datetime.now(UTC)
    body, headers = webhook.signed(sent, settings, now)
    secret = signing.webhook_secret(settings, "hook")
    Webhook(secret).verify(body, headers)
    for bad_body, bad_headers, key in (
        (body + b" ", headers, secret),
        (body, {**headers, "webhook-id": "other"}, secret),
        (body, headers, signing.webhook_secret(settings, "another")),
        (*webhook.signed(sent, settings, now - timedelta(minutes=6)), secret),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(bad_body, bad_headers)


def test_the_id_stays_from_attempt_to_attempt_and_the_time_does_not(settings: Settings) -> None:
    sent = message("https://hook.example/", settings)
    now = datetime.now(UTC)
    first, second = webhook.signed(sent, settings, now), webhook.signed(sent, settings, now + timedelta(hours=1))
    assert first[0] == second[0]
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert first[1]["webhook-timestamp"] != second[1]["webhook-timestamp"]


def test_the_verifier_of_the_documentation_verifies(settings: Settings) -> None:
    (snippet,) = re.findall(r"```python\n(# verify\.py.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(snippet, "verify.py", "exec"), names)  # noqa: S102 - our own documentation
    verify: Callable[..., bool] = names["verify"]
    secret = signing.webhook_secret(settings, "hook")
    body, headers = webhook.signed(message("https://hook.example/", settings), settings, datetime.now(UTC))
    seen: set[str] = set()
    assert verify(secret, headers, body, seen)
    assert not verify(secret, headers, body, seen)  # a repeated call
    assert not verify(secret, headers, body + b" ", set())
    old = webhook.signed(
        message("https://hook.example/", settings), settings, datetime.now(UTC) - timedelta(minutes=10)
    )
    assert not verify(secret, old[1], old[0], set())
    assert not verify(signing.webhook_secret(settings, "x"), headers, body, set())


def test_the_signature_is_that_of_the_specification(settings: Settings) -> None:
    body, headers = webhook.signed(message("https://hook.example/", settings), settings, w.START)
    key = base64.b64decode(signing.webhook_secret(settings, "hook").removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (299, Outcome.ACCEPTED),
        (301, Outcome.DEFERRED),
        (400, Outcome.DEFERRED),
        (404, Outcome.DEFERRED),
        (410, Outcome.REFUSED),
        (429, Outcome.DEFERRED),
        (500, Outcome.DEFERRED),
        (503, Outcome.DEFERRED),
    ],
)
async def test_what_an_answer_means(open_settings: Settings, status: int, outcome: Outcome) -> None:
    headers = (("Location", "http://127.0.0.1:1/"), ("Retry-After", "120"))
    async with receiving(status=status, headers=headers) as receiver:
        channel = webhook.Webhooks(open_settings)
        answer = await channel.send(message(f"http://127.0.0.1:{receiver.port}/", open_settings))
        await channel.close()
    assert answer.outcome is outcome
    assert answer.code == status
    assert len(receiver.got) == 1
    assert answer.gone is (status == 410)
    if outcome is Outcome.DEFERRED:
        assert answer.retry_after == 120


async def test_cut_off_after_the_call_is_not_known(open_settings: Settings) -> None:
    async with receiving(cut=True) as receiver:
        channel = webhook.Webhooks(open_settings)
        answer = await channel.send(message(f"http://127.0.0.1:{receiver.port}/", open_settings))
        await channel.close()
    assert answer.outcome is Outcome.LOST


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "ftp://example.org/",
        "http://user:pw@93.184.216.34/",
        "http://[fe80::1]/",
        "http://:80/",
        "http://x:99999/",
    ],
)
async def test_targets_inside_the_house_are_refused(settings: Settings, url: str) -> None:
    answer = await webhook.Webhooks(settings).send(message(url, settings))
    assert answer.outcome is Outcome.REFUSED, answer


async def test_the_call_goes_to_the_machine_that_was_checked(open_settings: Settings) -> None:
    """A name that would resolve to something else the second time is not resolved a second time."""
    async with receiving() as receiver:

        async def resolve(_url: str) -> target.Target:
            return target.Target(f"http://127.0.0.1:{receiver.port}/hook", "hook.example", "hook.example")

        channel = webhook.Webhooks(open_settings, resolve=resolve)
        answer = await channel.send(message("http://hook.example/hook", open_settings))
        await channel.close()
    assert answer.outcome is Outcome.ACCEPTED
    assert receiver.got[0][0]["host"] == "hook.example"


async def resolved(settings: Settings, answer: str, url: str = "https://hook.example/x?y=1") -> target.Target:
    async def names(_host: str, _port: int) -> list[str]:
        return answer.split()

    return await target.resolver(settings, names)(url)


async def test_a_name_is_judged_by_every_address_it_has(settings: Settings) -> None:
    found = await resolved(settings, "93.184.216.34")
    assert found == target.Target("https://93.184.216.34/x?y=1", "hook.example", "hook.example")
    found = await resolved(settings, "2606:2800:220:1::1", "https://hook.example:8443/")
    assert found == target.Target("https://[2606:2800:220:1::1]:8443/", "hook.example:8443", "hook.example")
    for inside in ("10.2.2.3", "93.184.216.34 10.1.2.3", "168.63.129.16", "::ffff:10.1.2.3", "fd00::1", "2001::1"):
        with pytest.raises(target.RefusedError) as refused:
            await resolved(settings, inside)
        assert not refused.value.passing
    with pytest.raises(target.RefusedError) as later:
        await resolved(settings, "")
    assert later.value.passing
    with pytest.raises(target.RefusedError, match="port 25"):
        await resolved(settings, "93.184.216.34", "http://hook.example:25/")


async def test_an_allowed_network_is_allowed_and_no_other(settings: Settings) -> None:
    own = settings.model_copy(update={"allow_private": ("10.1.0.0/16",)})
    assert (await resolved(own, "10.1.2.3")).url == "https://10.1.2.3/x?y=1"
    with pytest.raises(target.RefusedError):
        await resolved(own, "10.2.2.3")


async def test_a_receiver_that_is_gone_ends_the_subscription(small: w.World, open_settings: Settings) -> None:
    async with receiving(status=410) as receiver:
        world = replace(small, settings=open_settings)
        world.subscribe(f"http://127.0.0.1:{receiver.port}/", channel="webhook", id="hook")
        from alerts.channels.base import Channels

        for n in range(2):
            world.tell(w.change(f"Rule {n} may.", f"Rule {n} shall.", world.clock()))
            await world.notifier(channels=Channels(open_settings)).work_once()
            world.clock.pass_(hours=2)
    assert len(receiver.got) == 1
