"""A host that speaks HTTP/2, for the few things that are different there."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions


@dataclass(slots=True)
class Http2Site:
    """Answers by path: bytes are a page, "endless" a body without end, "reset" an answer broken off, "short" and
    "late" ones that end before their announced length, at once or after a while, "goaway" the end of the connection."""

    routes: dict[str, bytes | str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    late: list[int] = field(default_factory=list)

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"https://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        talk.initiate_connection()
        writer.write(talk.data_to_send())
        endless: int | None = None
        with contextlib.suppress(ConnectionError, h2.exceptions.ProtocolError, ssl.SSLError):
            while data := await reader.read(65_536):
                for event in talk.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        endless = self._answer(talk, event) or endless
                if endless is not None:
                    _pour(talk, endless)
                writer.write(talk.data_to_send())
                await writer.drain()
                for stream in self.late:
                    await asyncio.sleep(0.1)
                    talk.send_data(stream, b"and no more", end_stream=True)
                    writer.write(talk.data_to_send())
                self.late.clear()
        writer.close()

    def _answer(self, talk: h2.connection.H2Connection, event: h2.events.RequestReceived) -> int | None:
        path = str(dict(event.headers or [])[":path"])
        stream = event.stream_id or 0
        self.log.append(path)
        page = self.routes.get(path)
        if page is None:
            talk.send_headers(stream, [(":status", "404"), ("content-length", "0")], end_stream=True)
        elif page == "reset":
            talk.reset_stream(stream)
        elif page == "goaway":
            talk.close_connection()
        elif page == "endless":
            talk.send_headers(stream, [(":status", "200"), ("content-type", "text/html")])
            return stream
        elif page == "late":
            talk.send_headers(stream, [(":status", "200"), ("content-length", "1000")])
            talk.send_data(stream, b"<p>the first half")
            self.late.append(stream)
        elif page == "short":
            talk.send_headers(stream, [(":status", "200"), ("content-length", "1000")])
            talk.send_data(stream, b"<p>short", end_stream=True)
        else:
            assert isinstance(page, bytes)
            talk.send_headers(stream, [(":status", "200"), ("content-type", "text/html")])
            talk.send_data(stream, page, end_stream=True)
        return None


def _pour(talk: h2.connection.H2Connection, stream: int) -> None:
    try:
        while (room := talk.local_flow_control_window(stream)) > 0:
            talk.send_data(stream, b"x" * min(room, talk.max_outbound_frame_size))
    except h2.exceptions.ProtocolError:
        return


@contextlib.asynccontextmanager
async def serving_http2(context: ssl.SSLContext) -> AsyncIterator[Http2Site]:
    """A site on a free port."""
    context.set_alpn_protocols(["h2"])
    site, tasks = Http2Site(), set[asyncio.Task[None]]()

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

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
