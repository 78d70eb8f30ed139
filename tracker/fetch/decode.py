"""Decompression that cannot be made to explode: every step gives a bounded piece, and stops at the caps.

httpx decodes a received chunk in one go, whatever it unfolds to; 60 kB of brotli can be gigabytes. So bodies are
received as they are and unfolded here, 64 kB at a time.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator

import brotli
import zstandard

from tracker.fetch.outcome import Failure
from tracker.model import Outcome

ACCEPTED = "gzip, deflate, br, zstd"
PIECE = 65_536
MAX_LAYERS = 2
NO_ENCODING = frozenset({"", "identity", "none", "binary", "utf-8", "utf8"})  # the last ones by mistake, as seen
RATIO_FLOOR = 2**20  # bytes; below this a high ratio is a dull page, not a bomb
ZSTD_WINDOW = 2**23  # RFC 9659: what a server may use on the web


def decoded(raw: bytes, encoding: str, *, max_body: int, max_ratio: float) -> bytes:
    """The body behind a Content-Encoding. Raises Failure: TOO_LARGE where it unfolds beyond `max_body` bytes or
    `max_ratio` times what was received (from 1 MiB on), PROTOCOL where it is broken, cut short or unknown."""
    layers = [
        layer for layer in (part.strip().lower() for part in encoding.split(",")) if layer not in ("", "identity")
    ]
    if len(layers) > MAX_LAYERS:
        raise Failure(Outcome.PROTOCOL, f"the body is compressed {len(layers)} times over")
    body = raw
    for layer in reversed(layers):
        unfold = _UNFOLD.get(layer)
        if unfold is None:
            raise Failure(Outcome.PROTOCOL, f"the body is compressed in a way we did not ask for ({layer[:40]})")
        body = _bounded(body, layer, unfold, len(raw), max_body, max_ratio)
    return body


def _bounded(
    body: bytes,
    name: str,
    unfold: Callable[[bytes], Iterator[bytes]],
    received: int,
    max_body: int,
    max_ratio: float,
) -> bytes:
    if not body:
        return b""
    whole = bytearray()
    most = min(max_body, max(int(received * max_ratio), RATIO_FLOOR))
    try:
        for piece in unfold(body):
            whole += piece
            if len(whole) > most:
                limit = f"{max_body:,} bytes" if most == max_body else f"{max_ratio:.0f} times its {received:,} bytes"
                raise Failure(Outcome.TOO_LARGE, f"the body unfolds to more than {limit}")
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        raise Failure(Outcome.PROTOCOL, f"the body's compression ({name}) is broken: {str(error)[:100]}") from error
    return bytes(whole)


def _gzip(body: bytes) -> Iterator[bytes]:
    yield from _zlib(body, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes) -> Iterator[bytes]:
    """The word means zlib (RFC 9110), yet some servers send the bare stream."""
    bare = len(body) < 2 or body[0] & 0x0F != 8 or (body[0] * 256 + body[1]) % 31 != 0
    yield from _zlib(body, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS)


def _zlib(body: bytes, bits: int) -> Iterator[bytes]:
    rest, members = body, 0
    while rest:
        machine = zlib.decompressobj(bits)
        while not machine.eof:
            piece = machine.decompress(rest, PIECE)
            rest = machine.unconsumed_tail
            if piece:
                yield piece
            elif not rest and not machine.eof:
                raise EOFError("it is cut short")
        rest = machine.unused_data
        members += 1
        # Members may follow one another (RFC 1952); what follows and is none is padding.
        if members > 1000 or not rest.startswith(b"\x1f\x8b"):
            return


def _brotli(body: bytes) -> Iterator[bytes]:
    machine, rest = brotli.Decompressor(), body
    while not machine.is_finished():
        piece = machine.process(rest, output_buffer_limit=PIECE)
        rest = b""
        if piece:
            yield piece
        elif not machine.is_finished():
            raise EOFError("it is cut short")


def _zstd(body: bytes) -> Iterator[bytes]:
    machine = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    with machine.stream_reader(io.BytesIO(body), read_size=PIECE, read_across_frames=True) as stream:
        while piece := stream.read(PIECE):
            yield piece
    if not _whole_frames(body):
        raise EOFError("it is cut short")  # the reader takes the end of the input for the end of the frame


def _whole_frames(body: bytes) -> bool:
    """Whether the last zstd frame is there to its end (RFC 8878, 3.1: frame header, blocks, checksum)."""
    at = 0
    while at < len(body):
        if body[at + 1 : at + 4] == b"\x2a\x4d\x18":  # a frame to skip
            at += 8 + int.from_bytes(body[at + 4 : at + 8], "little")
            continue
        head = zstandard.get_frame_parameters(body[at : at + 18])
        at += zstandard.frame_header_size(body[at : at + 18])
        last = False
        while not last:
            if at + 3 > len(body):
                return False
            block = int.from_bytes(body[at : at + 3], "little")
            last, repeated = bool(block & 1), block >> 1 & 3 == 1
            at += 3 + (1 if repeated else block >> 3)
        at += 4 if head.has_checksum else 0
    return at == len(body)


_UNFOLD: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
