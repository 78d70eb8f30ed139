"""Which addresses may be asked at all: only http and https to public addresses, unless the operator names networks.

Two gates. `Guard.check` looks at the words of an address (scheme, user name, host form, a literal address) before
anything else happens. `Guard.addresses` resolves the host and looks at what came out; what it gives back is what the
connection is made to, so that a name cannot mean one thing when checked and another when connected (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import threading
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import httpx

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) to addresses in the order they should be tried; raises OSError where the name does not exist."""

RESOLVE_SECONDS = 10.0
MAX_ADDRESSES = 4  # of one name that are tried in turn
MAX_URL = 8_192

# Ports below 1024 other than the web's belong to other services; the rest are the ones that browsers refuse as well
# (WHATWG Fetch, "bad port"), so that no source can make us speak to a mail server or a database.
OTHER_SERVICES = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
    | {2375, 2379, 3306, 5432, 6379, 9200, 11211, 27017}
)

_NUMBER = re.compile(r"^(0[xX][0-9a-fA-F]*|[0-9]+)$")
_HOST = re.compile(r"^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Global by the registry, yet not the internet: the platform service of one cloud answers here with credentials.
_METADATA = frozenset({ipaddress.IPv4Address("168.63.129.16")})
_RELAY = ipaddress.IPv4Network("192.88.99.0/24")  # 6to4's anycast, withdrawn by RFC 7526
_TUNNELS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/32", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "3fff::/20")
)


class Refused(Exception):  # noqa: N818  the word of the outcome it becomes
    """An address that is not asked; the text says why, in words for the operator."""


class NoSuchHost(Exception):  # noqa: N818  says what the world does, not what went wrong here
    """A name that does not resolve; the text says how."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The address policy. `allow` are networks that may be asked although they are not public."""

    allow: tuple[IPNetwork, ...] = ()
    resolver: Resolver = field(default_factory=lambda: system_resolver)

    @classmethod
    def of(cls, allow_private: Sequence[str], resolver: Resolver | None = None) -> Guard:
        """From settings. Raises ValueError that names an entry which is no network."""
        networks: list[IPNetwork] = []
        for text in allow_private:
            try:
                networks.append(ipaddress.ip_network(text.strip(), strict=False))
            except ValueError as error:
                message = f"allow_private: {text!r} is no network: write 10.0.0.0/8 or fd00::/8"
                raise ValueError(message) from error
        return cls(tuple(networks), resolver or system_resolver)

    def check(self, address: str) -> httpx.URL:
        """The address in normal form. Raises Refused for what is not asked whatever its name resolves to."""
        url = _parsed(address)
        if url.scheme not in ("http", "https"):
            raise Refused(f"only http and https are fetched, not {url.scheme or 'an address without a scheme'}")
        if url.userinfo:
            raise Refused("the address carries a user name or password; put credentials into the source's headers")
        host = _host(url)
        literal = _literal(host)
        if literal is not None:
            self.accept(literal, port_of(url), named=False)
        elif _names_loopback(host) and not any(network.is_loopback for network in self.allow):
            raise Refused(f"{host} is this machine itself")
        return url.copy_with(host=host, fragment=None)

    async def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The checked addresses of a host, in the order to try. Raises Refused if any of them is not allowed (an
        answer that mixes public and private ones is an attack, not a choice), NoSuchHost where there is none."""
        literal = _literal(host)
        if literal is not None:
            self.accept(literal, port, named=False)
            return (str(literal),)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await self.resolver(host, port)
        except TimeoutError as error:
            raise NoSuchHost(f"{host}: the name server did not answer in {RESOLVE_SECONDS:.0f} s") from error
        except (OSError, UnicodeError) as error:
            raise NoSuchHost(f"{host}: {_resolver_words(error)}") from error
        checked: list[str] = []
        for text in found:
            try:
                address = ipaddress.ip_address(text)
            except ValueError as error:
                raise Refused(f"{host} resolves to {text!r}, which is no address") from error
            self.accept(address, port, named=True, host=host)
            checked.append(str(address))
        if not checked:
            raise NoSuchHost(f"{host}: the name has no address")
        return tuple(dict.fromkeys(checked))[:MAX_ADDRESSES]

    def accept(self, address: IPAddress, port: int, *, named: bool, host: str = "") -> None:
        """Raises Refused where address or port may not be asked. `named`: it came from a name, so that a NAT64 form
        is the network's own translation and is judged by the address inside; written by hand it is a disguise."""
        where = f"{host} resolves to {address}, which is" if host else f"{address} is"
        inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        meant = [address] if inner is None else [address, inner]
        if any(each in network for each in meant for network in self.allow if network.version == each.version):
            return
        why = _not_public(address, named=named)
        if why:
            raise Refused(f"{where} {why}; TRACKER_ALLOW_PRIVATE names networks that may be asked")
        if port in OTHER_SERVICES or (port < 1024 and port not in (80, 443)):
            raise Refused(f"port {port} belongs to another service than the web")


def port_of(url: httpx.URL) -> int:
    """The port an address means."""
    return url.port or (443 if url.scheme == "https" else 80)


_AT_ONCE = 16  # names looked up at the same time
_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The system's answer, in the order of RFC 6724. Raises OSError.

    Each look-up has a thread of its own that nobody waits for: a name server that hangs takes neither the places of
    the default executor nor the program's end with it.
    """
    loop = asyncio.get_running_loop()
    places = _places.setdefault(loop, asyncio.Semaphore(_AT_ONCE))
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | None, error: Exception | None) -> None:
        if not answer.done():
            answer.set_exception(error) if error else answer.set_result(found or [])

    def look() -> None:
        found, failed = None, None
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            found = [str(entry[4][0]) for entry in entries]
        except (OSError, UnicodeError) as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found, failed)

    async with places:
        threading.Thread(target=look, daemon=True, name=f"resolve {host[:40]}").start()
        return await answer


# ------------------------------------------------------------------------------------------- forms of an address


def _parsed(address: str) -> httpx.URL:
    if len(address) > MAX_URL:
        raise Refused(f"the address is {len(address)} characters long; {MAX_URL} is the most")
    if any(ord(character) < 32 or character == "\x7f" for character in address.strip()):
        raise Refused("the address holds control characters")
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise Refused(f"not an address: {error}") from error
    if url.port is not None and not 0 < url.port < 65536:
        raise Refused(f"{url.port} is no port")
    return url


def _host(url: httpx.URL) -> str:
    """The host in ASCII, small letters, without the dot at the end: the one spelling that is checked and asked."""
    host = unicodedata.normalize("NFKC", url.host).rstrip(".").lower()
    if not host:
        raise Refused("the address has no host")
    if "\\" in str(url) or "@" in host or "%" in host:
        raise Refused("the host is written in a disguise")
    if ":" in host:
        return host
    if not host.isascii():
        try:
            host = httpx.URL(f"http://{host}/").raw_host.decode("ascii").lower()
        except (httpx.InvalidURL, ValueError, UnicodeError) as error:
            raise Refused(f"{host!r} is no host name") from error
    if len(host) > 253 or not _HOST.match(host):
        raise Refused(f"{host[:80]!r} is no host name")
    return host


def _literal(host: str) -> IPAddress | None:
    """The address that a host is by itself, None for a name. Raises Refused for the forms in which only programs
    write addresses (decimal, octal, hexadecimal, shortened): a C library reads them, a person does not."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host)
        except ValueError as error:
            raise Refused(f"{host!r} is no IPv6 address that is asked") from error
    if not _NUMBER.match(host.rsplit(".", 1)[-1]):
        return None
    try:
        return ipaddress.IPv4Address(host)
    except ValueError as error:
        raise Refused(f"{host} is an address in disguise (decimal, octal, hexadecimal or shortened)") from error


def _names_loopback(host: str) -> bool:
    return host == "localhost" or host.endswith((".localhost", ".localdomain")) or host == "localhost.localdomain"


def _not_public(address: IPAddress, *, named: bool) -> str:
    """Why an address is not the public internet, "" where it is."""
    if isinstance(address, ipaddress.IPv4Address):
        return _not_public_v4(address)
    if address.ipv4_mapped is not None or address in _NAT64:
        inner = address.ipv4_mapped or ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        why = _not_public_v4(inner)
        if why:
            return f"{inner} in another form, and that is {why}"
        return "" if named else "an IPv4 address in disguise"
    if address.is_loopback or address.is_unspecified:
        return "this machine itself"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address.sixtofour is not None or any(address in network for network in _TUNNELS):
        return "a tunnel or documentation address"
    if (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE:
        return "an IPv4 address in disguise (ISATAP)"
    if address not in _GLOBAL_UNICAST or not address.is_global:
        return "a private or reserved address"
    return ""


def _not_public_v4(address: ipaddress.IPv4Address) -> str:
    if address in _METADATA:
        return "a cloud's metadata service"
    if address.is_loopback or address.is_unspecified or int(address) >> 24 == 0:
        return "this machine itself"
    if address.is_link_local:
        return "a link-local address (cloud metadata)"
    if address.is_multicast:
        return "a multicast address"
    if address.is_private or address.is_reserved or not address.is_global or address in _RELAY:
        return "a private or reserved address"
    return ""


def _resolver_words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            return "there is no such name"
        if error.errno == socket.EAI_AGAIN:
            return "the name server could not be asked; it may work later"
    return f"the name could not be resolved ({str(error)[:120] or type(error).__name__})"
