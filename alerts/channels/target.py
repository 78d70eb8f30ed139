"""A webhook's target: an address that passed the guard, to be called at exactly the machine that passed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tracker.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """`url` names the checked machine by its number, `host` is what the Host header says, `name` what the
    certificate has to be for."""

    url: str
    host: str
    name: str


class RefusedError(Exception):
    """The target may not be called, or (`passing`) cannot be resolved now."""

    def __init__(self, words: str, *, passing: bool = False) -> None:
        super().__init__(words)
        self.passing = passing


def resolver(settings: Settings) -> Callable[[str], Awaitable[Target]]:
    """The guard of fetching, for webhooks."""
    raise NotImplementedError
