"""Chat and phone through Apprise (extra `chat`): Slack, Teams, Matrix, Telegram and a hundred more, with short texts.

An Apprise address holds a secret. It may stand in the environment: `env://NAME` reads it from the variable NAME.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from alerts.channels.base import Answer, Outcome
from alerts.render.message import Message
from tracker.settings import Settings

LONGEST = 900  # characters: the shortest limit of the common services is about a thousand


def make(settings: Settings) -> Chat:
    """The channel."""
    return Chat()


class Chat:
    """Hands short texts to Apprise, in a thread: its plugins wait."""

    async def send(self, message: Message) -> Answer:
        """One attempt."""
        try:
            import apprise
        except ImportError:
            return Answer(Outcome.FAILED, None, "Apprise is missing: pip install regulatory-tracker[chat]")
        try:
            address = address_of(message.to)
        except KeyError as error:
            return Answer(Outcome.FAILED, None, f"the environment has no variable {error.args[0]}")
        return await asyncio.to_thread(_notify, apprise, address, message)

    async def close(self) -> None:
        """Nothing is open."""


def address_of(to: str) -> str:
    """The Apprise address, out of the environment where it says so. Raises KeyError for a missing variable."""
    return os.environ[to.removeprefix("env://")] if to.startswith("env://") else to


def _notify(apprise: Any, address: str, message: Message) -> Answer:
    service = apprise.Apprise()
    if not service.add(address):
        return Answer(Outcome.REFUSED, None, "not an address that Apprise knows")
    try:
        taken = service.notify(title=message.subject[:250], body=body(message), body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 - plugins of a hundred services raise what they like
        return Answer(Outcome.FAILED, None, f"{type(error).__name__}")  # the text could hold the address's secret
    if taken:
        return Answer(Outcome.ACCEPTED, None, "taken")
    return Answer(Outcome.DEFERRED, None, "the service did not take it")


def body(message: Message) -> str:
    """The short text, with its link kept when it has to be cut."""
    lines = message.short
    if len(lines) <= LONGEST:
        return lines
    head = lines.removesuffix(message.link).rstrip()
    return f"{head[: LONGEST - len(message.link) - 2]}…\n{message.link}" if message.link else lines[: LONGEST - 1] + "…"
