"""What a channel is, what it answers, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from alerts.render.message import Message
from tracker.settings import Settings

GROUP = "alerts.channels"


class Outcome(StrEnum):
    """How an attempt ended."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # the other side said "later"
    REFUSED = "refused"  # the other side said "never", about this recipient or message
    FAILED = "failed"  # the other side was not reached, or refused us as a whole: nothing was handed over
    LOST = "lost"  # cut off where it may or may not have been taken: sent again under the same id


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `code` is SMTP's or HTTP's, `retry_after` seconds the other side asked for, `slow`
    marks an answer that wants patience rather than haste (greylisting), `gone` a recipient that ends for good."""

    outcome: Outcome
    code: int | None = None
    words: str = ""
    retry_after: float | None = None
    slow: bool = False
    gone: bool = False


@runtime_checkable
class Channel(Protocol):
    """Hands messages over. `send` is called by several tasks at once and raises for nothing that the world does;
    what it keeps open (connections) it closes in `close`, after which it may be used again."""

    async def send(self, message: Message) -> Answer:
        """One attempt. A message with the id of an earlier one is the same message."""
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...


Make = Callable[[Settings], Channel]

_OURS = {
    "email": "alerts.channels.email:make",
    "smtp": "alerts.channels.smtp:make",
    "maildir": "alerts.channels.maildir:make",
    "webhook": "alerts.channels.webhook:make",
    "apprise": "alerts.channels.chat:make",
    "atom": "alerts.channels.atom:make",
}


class UnknownChannelError(Exception):
    """No channel of that name is installed."""


def names() -> list[str]:
    """The channels that are installed."""
    return sorted({*_OURS, *(entry.name for entry in entry_points(group=GROUP))})


def load(name: str) -> Make:
    """The channel's maker; an installed one of the same name comes before ours. Raises UnknownChannelError."""
    for entry in entry_points(group=GROUP):
        if entry.name == name:
            made: Make = entry.load()
            return made
    if name not in _OURS:
        raise UnknownChannelError(f"no channel {name!r}: there are {', '.join(names())}")
    module, _, function = _OURS[name].partition(":")
    ours: Make = getattr(import_module(module), function)
    return ours


class Channels:
    """The channels in use, each made once, when first needed. `given` come before installed ones."""

    def __init__(self, settings: Settings, given: Mapping[str, Channel] | None = None) -> None:
        self._settings = settings
        self._made: dict[str, Channel] = dict(given or {})

    def get(self, name: str) -> Channel:
        """The channel of that name. Raises UnknownChannelError."""
        if name not in self._made:
            self._made[name] = load(name)(self._settings)
        return self._made[name]

    async def close(self) -> None:
        """Closes all of them."""
        for channel in self._made.values():
            await channel.close()
