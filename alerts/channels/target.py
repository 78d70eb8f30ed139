"""A webhook's target: an address that passed the guard, to be called at exactly the machine that passed.

The rules are those of fetching: http or https, no credentials in the address, every resolved address public or in the
networks of TRACKER_ALLOW_PRIVATE. The name is resolved once; the call goes to the number, so that a name server that
answers differently the second time changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from tracker.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


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
    """The guard for the targets of webhooks."""
    networks = tuple(
        ipaddress.ip_network(name.strip(), strict=False) for name in settings.allow_private if name.strip()
    )

    async def resolve(url: str) -> Target:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise RefusedError(f"not an address: {error}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise RefusedError("a webhook's address is https://host/path, without credentials")
        name = parts.hostname
        addresses = await _addresses(name, port or (443 if parts.scheme == "https" else 80))
        for address in addresses:
            if not allowed(address, networks):
                raise RefusedError(
                    f"{name} is at {address}, which is not a public address (TRACKER_ALLOW_PRIVATE names exceptions)"
                )
        number = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
        at = f"{number}:{port}" if port else number
        host = f"{_bracketed(name)}:{port}" if port else _bracketed(name)
        return Target(urlunsplit((parts.scheme, at, parts.path or "/", parts.query, "")), host, name)

    return resolve


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


async def _addresses(name: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RefusedError(f"{name} has no address now: {error}", passing=True) from error
    addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    if not addresses:
        raise RefusedError(f"{name} has no address now", passing=True)
    return list(dict.fromkeys(addresses))


def allowed(address: Address, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    """Whether a machine may be called: public, or in a network that the operator named. An IPv4 address in IPv6
    clothes (mapped, translated, 6to4) is judged by what it stands for."""
    if any(address.version == network.version and address in network for network in networks):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and address in _SIX_TO_FOUR:
            inner = address.sixtofour
        if inner is not None:
            return allowed(inner, networks)
    return address.is_global and not address.is_multicast and not address.is_reserved
