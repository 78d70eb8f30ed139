"""A host under test on a loopback port: answers by path, keeps a log of what it was asked and when.

A handler writes raw bytes, so that it can lie, stop in the middle, or never stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tracker.fetch.client import Fetcher
from tracker.model import Source
from tracker.settings import Settings


@dataclass(slots=True)
class Asked:
    """One request as the host saw it; `at` and `done` are seconds of the loop's clock."""

    path: str
    headers: Mapping[str, str]
    at: float
    done: float = 0.0


Handler = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> Handler:
    """A proper answer. Header names are given with underscores: content_type="text/html"."""
    named = {"content_type": "text/html; charset=utf-8", "content_length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items() if value)
    head = f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1")

    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head + body)

    return handler


def redirect(target: str, status: str = "302 Found", **headers: str) -> Handler:
    """An answer that leads elsewhere."""
    return answer(b"", status, location=target, **headers)


def raw(*pieces: bytes, pause: float = 0.0, close: bool = True) -> Handler:
    """These bytes, with pauses between, and the end of the connection."""

    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if close:
            writer.close()

    return handler


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Handler:
    """Goes on until the other side has enough."""

    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


@dataclass(slots=True)
class Site:
    """A host under test."""

    routes: dict[str, Handler] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    scheme: str = "http"
    port: int = 0
    host: str = "127.0.0.1"
    robots: str | None = None
    connections: int = 0

    def url(self, path: str = "/", host: str = "") -> str:
        """The address of a path, by another name where one is given."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{self.scheme}://{name}:{self.port}{path}"

    def pages(self) -> list[Asked]:
        """What was asked besides robots.txt."""
        return [asked for asked in self.log if asked.path != "/robots.txt"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        self.connections += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                pairs = (line.split(":", 1) for line in lines[1:] if ":" in line)
                headers = {name.strip().lower(): value.strip() for name, value in pairs}
                asked = Asked(lines[0].split(" ")[1], headers, asyncio.get_running_loop().time())
                self.log.append(asked)
                await self._handler(asked.path)(asked, writer)
                await writer.drain()
                asked.done = asyncio.get_running_loop().time()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def _handler(self, path: str) -> Handler:
        if path == "/robots.txt" and path not in self.routes:
            if self.robots is None:
                return answer(b"", "404 Not Found")
            return answer(self.robots.encode(), content_type="text/plain")
        return self.routes.get(path, answer(b"nothing here", "404 Not Found"))


@contextlib.asynccontextmanager
async def serving(site: Site, context: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """The site on a free port, all its connections ended afterwards."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await site.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(connected, site.host, site.port, ssl=context, limit=2**20)
    site.port = server.sockets[0].getsockname()[1]
    site.scheme = "https" if context else "http"
    try:
        yield site
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# ----------------------------------------------------------------------------------------------------- a fetcher

LOOPBACK = ("127.0.0.0/8", "::1/128")


def resolves(**names: Sequence[str]) -> Callable[[str, int], Any]:
    """A name server that knows these names; underscores stand for dots, and what is unknown does not exist."""
    known = {name.replace("_", "."): list(addresses) for name, addresses in names.items()}

    async def resolver(host: str, port: int) -> Sequence[str]:
        if host not in known:
            raise OSError(f"{host}: no such name in this test")
        return known[host]

    return resolver


def fetcher(*, allow: Sequence[str] = LOOPBACK, **settings: Any) -> Fetcher:
    """A fetcher for loopback, without pauses and with short patience unless the test says otherwise."""
    others = {name: settings.pop(name) for name in ("resolver", "gate", "ssl_context", "clock") if name in settings}
    values = {"host_delay": 0.0, "timeout": 2.0, "_env_file": None, **settings}
    return Fetcher(Settings(**values), allow=allow, **{"resolver": resolves(), **others})


def source(url: str, **fields: Any) -> Source:
    """A source at an address."""
    return Source(id=fields.pop("id", "one"), url=url, **fields)


# ------------------------------------------------------------------------------------------------- certificates


def certificate(*names: str, days: int = 1, old: bool = False) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the host's context with a certificate for these names, a client's that trusts it). A negative number of days
    makes one that has run out; `old` a host that only knows RSA key exchange."""
    key = rsa.generate_private_key(65_537, 2_048) if old else ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    start, end = sorted((now - dt.timedelta(days=2), now + dt.timedelta(days=days)))
    entries: list[x509.GeneralName] = []
    for name in names:
        try:
            entries.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            entries.append(x509.DNSName(name))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(entries), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    host = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "host.pem"
        file.write_bytes(public + private)
        host.load_cert_chain(file)
    if old:
        host.maximum_version = ssl.TLSVersion.TLSv1_2
        host.set_ciphers("AES256-GCM-SHA384")
    return host, ssl.create_default_context(cadata=public.decode())
