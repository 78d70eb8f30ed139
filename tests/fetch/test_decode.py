"""Compression: everything that unfolds, unfolds; nothing unfolds beyond its caps."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetch.decode import RATIO_FLOOR, decoded
from tracker.fetch.outcome import Failure
from tracker.model import Outcome

MEGABYTE = 2**20
CAPS = {"max_body": 25 * MEGABYTE, "max_ratio": 200.0}


def _bare(body: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(body) + machine.flush()


PACK: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "members": ("gzip", lambda body: gzip.compress(body[: len(body) // 2]) + gzip.compress(body[len(body) // 2 :])),
    "padded": ("gzip", lambda body: gzip.compress(body) + b"\0" * 20),
    "zlib": ("deflate", zlib.compress),
    "bare": ("deflate", _bare),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
    "frames": ("zstd", lambda body: zstandard.compress(body[:5]) + zstandard.compress(body[5:])),
    "none": ("", lambda body: body),
    "twice": ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
}


BODIES = st.one_of(
    st.binary(max_size=3000),
    st.text(max_size=300).map(str.encode),
    st.binary(max_size=3).map(lambda part: part * 9000),
)


def _outcome(packed: bytes, encoding: str) -> Outcome:
    try:
        decoded(packed, encoding, **CAPS)
    except Failure as failure:
        return failure.outcome if failure.reason else Outcome.INTERNAL
    return Outcome.OK


@pytest.mark.parametrize("name", PACK)
@given(
    body=st.binary(max_size=3000)
    | st.text(max_size=300).map(str.encode)
    | st.binary(max_size=3).map(lambda b: b * 9000)
)
def test_what_was_packed_comes_out(name: str, body: bytes) -> None:
    encoding, pack = PACK[name]
    assert decoded(pack(body), encoding, **CAPS) == body


@pytest.mark.parametrize("name", ["gzip", "zlib", "brotli", "zstd"])
@given(
    body=st.binary(min_size=200, max_size=2000), cut=st.floats(0.1, 0.9), at=st.floats(0, 1), junk=st.binary(max_size=9)
)
def test_what_is_broken_is_an_outcome_and_nothing_else(
    name: str, body: bytes, cut: float, at: float, junk: bytes
) -> None:
    encoding, pack = PACK[name]
    packed = pack(body)
    spot = int(at * len(packed))
    for broken in (packed[: int(cut * len(packed))], packed[:spot] + junk + packed[spot:], junk + packed, junk):
        assert _outcome(broken, encoding) in (Outcome.OK, Outcome.PROTOCOL, Outcome.TOO_LARGE)


@pytest.mark.parametrize("name", ["gzip", "zlib", "bare", "brotli", "zstd"])
def test_a_body_cut_short_is_never_taken_for_the_whole(name: str) -> None:
    encoding, pack = PACK[name]
    packed = pack(b"".join(bytes([n % 251, n % 17]) for n in range(5000)))
    for size in range(1, len(packed) - 1, max(1, len(packed) // 50)):
        if encoding == "gzip" and size > len(packed) - 8:
            continue  # only the sum at the end is missing
        with pytest.raises(Failure, match="broken"):
            decoded(packed[:size], encoding, **CAPS)


@pytest.mark.parametrize("name", ["gzip", "zlib", "brotli", "zstd"])
def test_a_bomb_takes_no_more_memory_than_the_cap(name: str) -> None:
    encoding, pack = PACK[name]
    packed = pack(b"\0" * (24 * MEGABYTE))
    tracemalloc.start()
    try:
        with pytest.raises(Failure, match="unfolds"):
            decoded(packed, encoding, max_body=2 * MEGABYTE, max_ratio=1e9)
        assert tracemalloc.get_traced_memory()[1] < 7 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_the_ratio_counts_from_a_megabyte_on() -> None:
    dull = b"<p>the same line</p>\n" * 40_000
    assert len(dull) < RATIO_FLOOR
    assert decoded(gzip.compress(dull), "gzip", **CAPS) == dull
    with pytest.raises(Failure, match="200 times"):
        decoded(gzip.compress(dull * 10), "gzip", **CAPS)


@pytest.mark.parametrize("encoding", ["compress", "rot13", "gzip, sdch", "x" * 500])
def test_an_encoding_that_is_not_known_is_named(encoding: str) -> None:
    with pytest.raises(Failure, match="did not ask for"):
        decoded(b"body", encoding, **CAPS)
