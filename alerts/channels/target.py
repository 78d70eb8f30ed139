"""A webhook's target: an address that passed the guard of fetching, to be called at exactly the machine that passed.

The name is resolved once; the call goes to the number, so that a name server that answers differently the second time
changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracker.fetch.guard import Guard, NoSuchHost, Refused, Resolver, port_of
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


def resolver(settings: Settings, names: Resolver | None = None) -> Callable[[str], Awaitable[Target]]:
    """The guard for the targets of webhooks; `names` resolves names, the system does without."""
    guard = Guard.of([name for name in settings.allow_private if name.strip()], names)

    async def resolve(url: str) -> Target:
        try:
            urlsplit(url).port  # noqa: B018 - raises for a port that is none, before anything is made of the address
            checked = guard.check(url)
            addresses = await guard.addresses(checked.host, port_of(checked))
        except NoSuchHost as error:
            raise RefusedError(str(error), passing=True) from error
        except (Refused, ValueError) as error:
            raise RefusedError(str(error)) from error
        at = checked.copy_with(host=addresses[0])
        return Target(str(at), checked.netloc.decode("ascii"), checked.host)

    return resolve
