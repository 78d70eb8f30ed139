"""Fetching through a proxy of the operator's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.fetch.site import Site, answer, certificate, fetcher, resolves, serving, source
from tracker.model import Outcome

PAGE = b"<p>Article 1. This act governs systems.</p>"


class Proxy:
    """A proxy on loopback that knows every name as loopback, and a log of what it was asked."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.heads: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a tunnel, or one request handed on."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split(" ", 2)
            self.log.append(f"{method} {target}")
            self.heads.append(head)
            if method == "CONNECT":
                port = int(target.rsplit(":", 1)[1])
                inward, outward = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                await asyncio.gather(_pipe(reader, outward), _pipe(inward, writer))
            else:
                port = int(target.split("/")[2].rsplit(":", 1)[1])
                inward, outward = await asyncio.open_connection("127.0.0.1", port)
                path = "/" + target.split("/", 3)[3]
                outward.write(head.replace(target, path, 1).replace("\r\n", "\r\nConnection: close\r\n", 1).encode())
                await asyncio.gather(_pipe(reader, outward), _pipe(inward, writer))
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(Exception):
        writer.write_eof() if writer.can_write_eof() else writer.close()


@contextlib.asynccontextmanager
async def proxying() -> AsyncIterator[Proxy]:
    """A proxy on a free port."""
    proxy, tasks = Proxy(), set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await proxy.serve(reader, writer)
        tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_plain_and_secure_pages_go_through_it_under_their_own_name() -> None:
    host, context = certificate("law.example")
    async with proxying() as proxy, serving(Site()) as plain, serving(Site(), host) as secure:
        plain.routes["/act"] = secure.routes["/act"] = answer(PAGE)
        address = f"http://me:secret@127.0.0.1:{proxy.port}"
        async with fetcher(proxy=address, ssl_context=context) as client:
            one = await client.fetch(source(plain.url("/act", host="law.example"), robots="ignore"))
            two = await client.fetch(source(secure.url("/act", host="law.example"), robots="ignore"))
    assert (one.outcome, one.body) == (Outcome.OK, PAGE), one.reason
    assert (two.outcome, two.body) == (Outcome.OK, PAGE), two.reason
    assert proxy.log == [f"GET {plain.url('/act', host='law.example')}", f"CONNECT law.example:{secure.port}"]
    assert "Basic" in proxy.heads[0]
    assert "secret" not in str(one) + str(two)


async def test_what_is_private_is_refused_before_the_proxy_is_asked() -> None:
    names = resolves(inside_example=["10.0.0.1"], law_example=["127.0.0.2"])
    async with (
        proxying() as proxy,
        fetcher(allow=["127.0.0.2/32"], resolver=names, proxy=f"http://127.0.0.1:{proxy.port}") as client,
    ):
        for url in ("http://10.0.0.1/", "http://inside.example/", "http://[::1]/", "http://2130706433/"):
            got = await client.fetch(source(url))
            assert got.outcome is Outcome.REFUSED, url
    assert proxy.log == []


async def test_a_proxy_that_refuses_is_named_as_the_reason() -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuses, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with fetcher(proxy=f"http://127.0.0.1:{port}") as client:
        plain = await client.fetch(source("http://law.example/", robots="ignore"))
        secure = await client.fetch(source("https://law.example/", robots="ignore"))
    server.close()
    assert (plain.outcome, secure.outcome) == (Outcome.CONNECT, Outcome.CONNECT)
    assert "proxy" in plain.reason
    assert "proxy" in secure.reason
