"""Bodies within bounds: size, ratio, and memory over all that is under way.

A single body may take 25 MB as received and as much again unfolded. Sixteen at once would be most of a gigabyte, so
large ones are received two at a time and unfolded two at a time; small ones never wait for them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tracker.fetch.decode import NO_ENCODING, decoded
from tracker.fetch.outcome import Failure
from tracker.model import Outcome

LARGE = 2**20  # bytes as received
AT_ONCE = 2
LEAVE_BYTES, LEAVE_SECONDS = 65_536, 2.0
GZIP = b"\x1f\x8b\x08"


class Receiver:
    """Receives bodies: at most `max_body` bytes, as received and unfolded, and at most `max_ratio` times unfolded."""

    def __init__(self, max_body: int, max_ratio: float) -> None:
        self._max_body, self._max_ratio = max_body, max_ratio
        self._large, self._unfolding = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(AT_ONCE)

    async def body(self, response: httpx.Response, limit: asyncio.Timeout) -> bytes:
        """The whole body, decompressed. Waiting for a place does not count towards `limit`. Raises Failure."""
        most = self._max_body
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:18]) > most:
            raise Failure(Outcome.TOO_LARGE, f"the body has {int(announced[:18]):,} bytes; {most:,} is the most")
        encoding, pieces, raw = response.headers.get("content-encoding", ""), response.aiter_raw(), bytearray()
        async for piece in pieces:
            raw += piece
            if len(raw) > min(LARGE, most):
                break
        else:
            return await self._unfolded(raw, encoding, limit)
        async with _unhurried(self._large, limit):
            if len(raw) <= most:
                async for piece in pieces:
                    raw += piece
                    if len(raw) > most:
                        break
            if len(raw) > most:
                raise Failure(Outcome.TOO_LARGE, f"the body has more than {most:,} bytes")
            return await self._unfolded(raw, encoding, limit)

    async def start(self, response: httpx.Response, most: int) -> bytes:
        """The first `most` bytes of a body that is not compressed; the rest is left where it is."""
        encoding = response.headers.get("content-encoding", "").strip().lower()
        raw = bytearray()
        async for piece in response.aiter_raw():
            raw += piece
            if len(raw) >= most:
                break
        if encoding in NO_ENCODING:
            return bytes(raw[:most])
        return await asyncio.to_thread(
            decoded, bytes(raw[:most]), encoding, max_body=self._max_body, max_ratio=self._max_ratio
        )

    async def leave(self, response: httpx.Response) -> None:
        """Reads the rest of an answer whose body nobody wants, if it is short, so that the connection can be used
        again; a long or slow one is broken off."""
        with contextlib.suppress(Failure, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                size = 0
                async for piece in response.aiter_raw():
                    size += len(piece)
                    if size > LEAVE_BYTES:
                        break

    async def _unfolded(self, raw: bytearray, encoding: str, limit: asyncio.Timeout) -> bytes:
        """Beside the loop. A file that is gzip by itself (a sitemap.xml.gz, a page stored that way) is unfolded too."""
        body = bytes(raw)
        raw.clear()
        if encoding.strip().lower() not in NO_ENCODING:
            body = await self._once(body, encoding, limit)
        return await self._once(body, "gzip", limit) if body[:3] == GZIP else body

    async def _once(self, body: bytes, encoding: str, limit: asyncio.Timeout) -> bytes:
        async with _unhurried(self._unfolding, limit):
            return await asyncio.to_thread(decoded, body, encoding, max_body=self._max_body, max_ratio=self._max_ratio)


@asynccontextmanager
async def _unhurried(few: asyncio.Semaphore, limit: asyncio.Timeout) -> AsyncIterator[None]:
    """A place among few; the time spent waiting for it is not the host's."""
    loop, until = asyncio.get_running_loop(), limit.when()
    began = loop.time()
    limit.reschedule(None)
    try:
        await few.acquire()
    finally:
        if until is not None:
            limit.reschedule(until + loop.time() - began)
    try:
        yield
    finally:
        few.release()
