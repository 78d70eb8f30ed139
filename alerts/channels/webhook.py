"""Webhooks: CloudEvents 1.0 (structured JSON), signed after the Standard Webhooks specification.

Targets pass the same guard as fetching: resolved once, checked, and called at the address that was checked. Redirects
are not followed. How a receiver verifies and what it does with a repeated id is in docs/webhooks.md.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from alerts import signing
from alerts.channels import target
from alerts.channels.base import Answer, Outcome
from alerts.render.message import Message
from tracker.settings import Settings

TIMEOUT = 20.0  # the specification's advice: 15 to 30 seconds
ANSWER = 2000  # bytes of an answer that are read

Resolve = Callable[[str], Awaitable[target.Target]]


def make(settings: Settings) -> Webhooks:
    """The channel."""
    return Webhooks(settings)


def event(message: Message, settings: Settings) -> dict[str, Any]:
    """The message as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": settings.link_base,
        "type": f"io.tracker.{message.event or message.kind}",
        "time": message.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        **({"subject": str(message.data["change"])} if message.data.get("change") else {}),
        "datacontenttype": "application/json",
        "data": {"headline": message.subject, "language": message.language, **message.data},
    }


def signed(message: Message, settings: Settings, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a call. The id stays from attempt to attempt, the time is the attempt's."""
    body = json.dumps(event(message, settings), ensure_ascii=False, separators=(",", ":"))
    secret = signing.webhook_secret(settings, message.subscription)
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "regulatory-tracker",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(msg_id=message.id, timestamp=now, data=body),
    }
    return body.encode(), headers


class Webhooks:
    """Posts to the receivers' addresses."""

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolve | None = None,
        clock: Callable[[], datetime] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._settings = settings
        self._resolve = resolve or target.resolver(settings)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._timeout = timeout
        self._client: httpx.AsyncClient | None = None

    async def send(self, message: Message) -> Answer:
        """One attempt."""
        try:
            goal = await self._resolve(message.to)
        except target.RefusedError as error:
            return Answer(Outcome.FAILED if error.passing else Outcome.REFUSED, None, str(error))
        body, headers = signed(message, self._settings, self._clock())
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._timeout, follow_redirects=False, trust_env=False)
        try:
            async with self._client.stream(
                "POST", goal.url, content=body, headers=headers | {"host": goal.host},
                extensions={"sni_hostname": goal.name},
            ) as response:  # fmt: skip
                words = b""
                async for piece in response.aiter_raw():
                    words += piece
                    if len(words) > ANSWER:
                        break
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            return Answer(Outcome.FAILED, None, f"{type(error).__name__}: {error}")
        except (httpx.HTTPError, OSError) as error:  # after the connection stood: it may have been taken
            return Answer(Outcome.LOST, None, f"{type(error).__name__}: {error}")
        return answer(response, words[:ANSWER], self._clock())

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def answer(response: httpx.Response, words: bytes, now: datetime) -> Answer:
    """What a status means: 2xx is taken, 410 ends the subscription, everything else is tried again."""
    status = response.status_code
    said = " ".join(words.decode("utf-8", "replace").split())[:300]
    if 200 <= status < 300:
        return Answer(Outcome.ACCEPTED, status, said)
    if status == 410:
        return Answer(Outcome.REFUSED, status, said or "410 Gone: the receiver wants no more", gone=True)
    return Answer(Outcome.DEFERRED, status, said, retry_after=_patience(response.headers.get("retry-after", ""), now))


def _patience(words: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header, at most six hours."""
    if words.isdecimal():
        return min(float(words), 6 * 3600.0)
    try:
        at = parsedate_to_datetime(words)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), 6 * 3600.0)
