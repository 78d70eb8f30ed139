"""A host that means harm, over real sockets. Each trick ends in an outcome with a reason, within its time and memory,
and the next visit of another source is as if nothing had been."""

from __future__ import annotations

import asyncio
import gzip
import resource
import zlib
from collections.abc import Sequence

import brotli
import pytest
import zstandard

from tests.fetch.http2 import serving_http2
from tests.fetch.site import (
    Asked,
    Handler,
    Site,
    answer,
    certificate,
    endless,
    fetcher,
    raw,
    redirect,
    resolves,
    serving,
    source,
)
from tracker.fetch import decode
from tracker.fetch.headers import Said
from tracker.fetch.validators import TRUST_SECONDS, Validators
from tracker.model import Fetched, Outcome

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = b"<html><p>A page of a law, as it should be.</p></html>"
MEGABYTE = 2**20
GUARD = 30.0  # seconds after which a test hangs; nothing here is measured


def bomb(pack: str, size: int = 60 * MEGABYTE) -> bytes:
    """A small body that unfolds to `size` bytes."""
    zeros = b"\0" * MEGABYTE
    if pack == "gzip":
        machine = zlib.compressobj(9, wbits=31)
    elif pack == "deflate":
        machine = zlib.compressobj(9)
    elif pack == "br":
        return brotli.compress(b"\0" * size, quality=5)
    else:
        return zstandard.compress(b"\0" * size)
    return b"".join(machine.compress(zeros) for _ in range(size // MEGABYTE)) + machine.flush()


TRICKS: dict[str, tuple[Handler, Outcome, str]] = {
    "headers that never end": (
        endless(OK, b"X-More: " + b"x" * 1000 + b"\r\n"), Outcome.PROTOCOL, "HTTP"),
    "headers a byte at a time": (endless(OK + b"X-Slow: ", b"x", pause=0.02), Outcome.TIMEOUT, "finish"),
    "silence": (raw(b"", pause=60), Outcome.TIMEOUT, "finish"),
    "a body a byte at a time": (endless(OK + b"\r\n", b"x", pause=0.02), Outcome.TIMEOUT, "finish"),
    "a body without end": (endless(OK + b"\r\n", b"x" * 65_536), Outcome.TOO_LARGE, "more than"),
    "chunks without end": (
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
        Outcome.TOO_LARGE, "more than"),
    "an announced body that is too large": (
        raw(OK + b"Content-Length: 99999999999\r\n\r\n", pause=60), Outcome.TOO_LARGE, "99,999,999,999"),
    "less than announced": (raw(OK + b"Content-Length: 1000\r\n\r\n" + PAGE), Outcome.PROTOCOL, "HTTP"),
    "two lengths": (
        raw(OK + b"Content-Length: 10\r\nContent-Length: 20\r\n\r\n" + PAGE), Outcome.PROTOCOL, "HTTP"),
    "a length below nothing": (raw(OK + b"Content-Length: -5\r\n\r\n" + PAGE), Outcome.PROTOCOL, "HTTP"),
    "a length in words": (raw(OK + b"Content-Length: many\r\n\r\n" + PAGE), Outcome.PROTOCOL, "HTTP"),
    "broken chunks": (
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + PAGE), Outcome.PROTOCOL, "HTTP"),
    "chunks that stop": (
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\n100\r\n" + PAGE), Outcome.PROTOCOL, "HTTP"),
    "no HTTP at all": (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Outcome.PROTOCOL, "HTTP"),
    "a status that is none": (raw(b"HTTP/1.1 9999 What\r\n\r\n"), Outcome.PROTOCOL, "HTTP"),
    "an interim answer and nothing more": (raw(b"HTTP/1.1 100 Continue\r\n\r\n"), Outcome.PROTOCOL, "HTTP"),
    "interim answers without end": (
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.001), Outcome.TIMEOUT, "finish"),
    "the end at once": (raw(), Outcome.PROTOCOL, "HTTP"),
    "a null byte in a header": (raw(OK + b"X: a\0b\r\n\r\n"), Outcome.PROTOCOL, "HTTP"),
    "gzip that is none": (answer(PAGE, content_encoding="gzip"), Outcome.PROTOCOL, "broken"),
    "gzip that stops": (answer(gzip.compress(PAGE)[:-12], content_encoding="gzip"), Outcome.PROTOCOL, "short"),
    "brotli that stops": (answer(brotli.compress(PAGE)[:-4], content_encoding="br"), Outcome.PROTOCOL, "broken"),
    "zstd that is none": (answer(PAGE, content_encoding="zstd"), Outcome.PROTOCOL, "broken"),
    "an encoding nobody knows": (answer(PAGE, content_encoding="rot13"), Outcome.PROTOCOL, "rot13"),
    "compressed many times over": (
        answer(PAGE, content_encoding="gzip, gzip, gzip, gzip"), Outcome.PROTOCOL, "4 times"),
    "a circle": (redirect("/trick"), Outcome.REDIRECTS, "circle"),
    "a redirect to nothing": (redirect("http://"), Outcome.REDIRECTS, "circle"),
    "a redirect to a file": (redirect("file:///etc/passwd"), Outcome.REFUSED, "http"),
    "a redirect to gopher": (redirect("gopher://127.0.0.1:11211/_x"), Outcome.REFUSED, "http"),
    "a redirect with a password": (redirect("http://me:pw@127.0.0.1/"), Outcome.REFUSED, "password"),
    "a redirect that is no address": (redirect("http://[::1"), Outcome.REDIRECTS, "no address"),
    "not modified, unasked": (answer(b"", "304 Not Modified", content_length=""), Outcome.PROTOCOL, "304"),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
async def test_every_trick_has_an_outcome_and_leaves_others_alone(site: Site, trick: str) -> None:
    handler, outcome, word = TRICKS[trick]
    site.routes["/trick"] = handler
    client = fetcher(timeout=1.0, max_body=4 * MEGABYTE)
    async with serving(Site(host="127.0.0.2", routes={"/": answer(PAGE)})) as good, client, asyncio.timeout(GUARD):
        got = await client.fetch(source(site.url("/trick"), robots="ignore"))
        next_ = await client.fetch(source(good.url()))
        again = await client.fetch(source(site.url("/trick"), robots="ignore"))
    assert got.outcome is outcome, got.reason
    assert word in got.reason
    assert got.body == b""
    assert next_.outcome is Outcome.OK
    assert again.outcome is outcome


@pytest.mark.parametrize("pack", ["gzip", "deflate", "br", "zstd"])
async def test_a_bomb_unfolds_only_as_far_as_the_cap(site: Site, pack: str) -> None:
    site.routes["/"] = answer(bomb(pack), content_encoding=pack)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with fetcher(timeout=20) as client, asyncio.timeout(GUARD):
        got = await client.fetch(source(site.url("/")))
    assert got.outcome is Outcome.TOO_LARGE
    assert "unfolds" in got.reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


async def test_a_bomb_within_a_bomb_is_no_better(site: Site) -> None:
    site.routes["/"] = answer(gzip.compress(bomb("gzip")), content_encoding="gzip, gzip")
    async with fetcher(timeout=20) as client, asyncio.timeout(GUARD):
        got = await client.fetch(source(site.url("/")))
    assert got.outcome is Outcome.TOO_LARGE


async def test_many_large_bodies_at_once_stay_within_memory() -> None:
    """Sixteen hosts, each with 24 MB or without end: most of a gigabyte if all were taken at once."""
    big = b"<p>" + b"lorem ipsum " * (2 * MEGABYTE)
    names = {f"h{number}_example": ["127.0.0.1"] for number in range(16)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with serving(Site()) as site, fetcher(timeout=20, resolver=resolves(**names)) as client:
        site.routes["/big"] = answer(big)
        site.routes["/endless"] = endless(OK + b"\r\n", b"x" * 65_536)
        asked = [site.url(("/big", "/endless")[number % 2], host=f"h{number}.example") for number in range(16)]
        outcomes: list[Outcome] = []

        async def one(url: str) -> None:
            got = await client.fetch(source(url, robots="ignore"))
            outcomes.append(got.outcome)

        async with asyncio.timeout(GUARD):
            await asyncio.gather(*(one(url) for url in asked))
    assert sorted(outcomes) == sorted([Outcome.OK] * 8 + [Outcome.TOO_LARGE] * 8)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


# ------------------------------------------------------------------------------------------------------ redirects

PRIVATE = [
    "http://127.0.0.1:{port}/inside",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/",
    "http://[::1]:{port}/inside",
    "http://[::ffff:127.0.0.1]:{port}/inside",
    "http://[::ffff:7f00:1]:{port}/inside",
    "http://[64:ff9b::7f00:1]:{port}/inside",
    "http://[2002:7f00:1::]:{port}/inside",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://2130706433:{port}/inside",
    "http://0177.0.0.1:{port}/inside",
    "http://0x7f.1:{port}/inside",
    "http://127.1:{port}/inside",
    "http://0:{port}/inside",
    "http://localhost:{port}/inside",
    "http://inside.localhost:{port}/inside",
    "http://private.example:{port}/inside",
    "http://mixed.example:{port}/inside",
    "http://%E2%91%A0%E2%91%A1%E2%91%A6.0.0.1:{port}/inside",
]


@pytest.mark.parametrize("target", PRIVATE)
async def test_a_redirect_into_a_private_network_is_refused_before_a_packet_leaves(target: str) -> None:
    """127.0.0.2 stands for a public host: it alone may be asked."""
    names = resolves(
        public_example=["127.0.0.2"],
        localhost=["127.0.0.1"],
        inside_localhost=["::1"],
        private_example=["127.0.0.1"],
        mixed_example=["127.0.0.2", "10.0.0.1"],
    )
    async with serving(Site()) as inside, serving(Site(host="127.0.0.2")) as public:
        inside.routes["/inside"] = answer(PAGE)
        public.routes["/act"] = redirect(target.format(port=inside.port))
        async with fetcher(allow=["127.0.0.2/32"], resolver=names) as client, asyncio.timeout(GUARD):
            got = await client.fetch(source(public.url("/act", host="public.example")))
    assert got.outcome in (Outcome.REFUSED, Outcome.REDIRECTS), got.reason  # or it is no address at all
    assert inside.connections == 0
    assert got.body == b""


async def test_a_name_that_turns_private_between_two_looks_is_refused() -> None:
    """Rebinding: the name server says public when it is asked first, private when it is asked again."""
    answers: list[Sequence[str]] = [["127.0.0.2"], ["127.0.0.1"]]
    looked = 0

    async def resolver(host: str, port: int) -> Sequence[str]:
        nonlocal looked
        looked += 1
        return answers[min(looked, 2) - 1]

    async with serving(Site()) as inside, serving(Site(host="127.0.0.2", port=inside.port)) as public:
        inside.routes["/act"] = answer(b"<p>secret</p>")
        public.routes["/act"] = answer(PAGE, connection="close")
        async with fetcher(allow=["127.0.0.2/32"], resolver=resolver) as client:
            first = await client.fetch(source(public.url("/act", host="law.example"), robots="ignore"))
            asked_once = looked
            second = await client.fetch(source(public.url("/act", host="law.example"), robots="ignore"))
    assert (first.outcome, first.body, asked_once) == (Outcome.OK, PAGE, 1)
    assert second.outcome is Outcome.REFUSED
    assert "127.0.0.1" in second.reason
    assert inside.connections == 0


async def test_a_long_way_of_redirects_ends(site: Site) -> None:
    site.routes.update({f"/{number}": redirect(f"/{number + 1}") for number in range(50)})
    async with fetcher(max_redirects=8) as client:
        got = await client.fetch(source(site.url("/0"), robots="ignore"))
    assert got.outcome is Outcome.REDIRECTS
    assert len(site.log) == 9


async def test_all_redirects_together_have_one_time(site: Site) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        await redirect(f"/{int(asked.path[1:]) + 1}")(asked, writer)

    site.routes.update({f"/{number}": slow for number in range(9)})
    async with fetcher(timeout=1.0) as client:
        got = await client.fetch(source(site.url("/0"), robots="ignore"))
    assert got.outcome is Outcome.TIMEOUT
    assert len(site.log) == 3


# ------------------------------------------------------------------------------------------------------------ TLS


async def test_a_secure_address_whose_host_speaks_plainly(site: Site) -> None:
    async with fetcher(timeout=1.0) as client:
        got = await client.fetch(source(site.url("/").replace("http:", "https:")))
    assert got.outcome in (Outcome.TLS, Outcome.TIMEOUT)


@pytest.mark.parametrize(("said", "outcome"), [(b"\x15\x03\x03\x00\x02\x02\x28", Outcome.TLS), (b"", Outcome.TLS)])
async def test_a_handshake_that_is_refused(said: bytes, outcome: Outcome) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(refuses, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with fetcher(timeout=1.0) as client:
        got = await client.fetch(source(f"https://127.0.0.1:{port}/", robots="ignore"))
    server.close()
    assert got.outcome is outcome, got.reason
    assert "secure" in got.reason


async def test_a_handshake_that_never_answers() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with fetcher(timeout=0.5) as client, asyncio.timeout(GUARD):
        got = await client.fetch(source(f"https://127.0.0.1:{port}/", robots="ignore"))
    server.close()
    assert got.outcome is Outcome.TIMEOUT


async def test_a_port_where_nobody_listens(site: Site) -> None:
    async with serving(Site()) as closed:
        port = closed.port
    async with fetcher() as client:
        got = await client.fetch(source(f"http://127.0.0.1:{port}/"))
    assert got.outcome is Outcome.CONNECT
    assert str(port) in got.reason


async def test_a_name_that_does_not_exist() -> None:
    async with fetcher() as client:
        got = await client.fetch(source("http://nowhere.example/"))
    assert got.outcome is Outcome.DNS
    assert "nowhere.example" in got.reason


# --------------------------------------------------------------------------------------------------------- HTTP/2


async def test_http2_is_spoken_where_a_host_speaks_it() -> None:
    host, context = certificate("127.0.0.1")
    async with serving_http2(host) as site, fetcher(ssl_context=context) as client:
        site.routes["/act"] = PAGE
        got = [await client.fetch(source(site.url("/act"))) for _ in range(3)]
    assert [(each.outcome, each.body) for each in got] == [(Outcome.OK, PAGE)] * 3
    assert site.connections == 1


@pytest.mark.parametrize(
    ("trick", "outcome"),
    [
        ("endless", Outcome.TOO_LARGE),
        ("reset", Outcome.PROTOCOL),
        ("short", Outcome.PROTOCOL),
        ("late", Outcome.PROTOCOL),
        ("goaway", Outcome.PROTOCOL),
    ],
)
async def test_http2_has_its_own_tricks_and_the_host_is_read_again_afterwards(trick: str, outcome: Outcome) -> None:
    host, context = certificate("127.0.0.1")
    client = fetcher(ssl_context=context, timeout=5, max_body=3 * MEGABYTE)
    async with serving_http2(host) as site, client, asyncio.timeout(GUARD):
        site.routes.update({"/trick": trick, "/act": PAGE})
        got = await client.fetch(source(site.url("/trick")))
        good = await client.fetch(source(site.url("/act")))
    assert got.outcome is outcome, got.reason
    assert good.outcome is Outcome.OK, good.reason


# ------------------------------------------------------------------------------------------------ hosts that lie


async def test_another_etag_at_every_visit_is_only_a_wasted_one(site: Site) -> None:
    asked = 0

    async def changing(request: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await answer(PAGE, etag=f'"{asked}"')(request, writer)

    site.routes["/"] = changing
    async with fetcher() as client:
        first = await client.fetch(source(site.url("/")))
        second = await client.fetch(source(site.url("/")), etag=first.etag)
    assert first.body == second.body == PAGE
    assert first.outcome is second.outcome is Outcome.OK


async def test_a_host_with_one_etag_for_two_texts_is_not_asked_by_it_again(site: Site) -> None:
    texts = iter([b"<p>The first text.</p>", b"<p>The second text.</p>", b"<p>The third text.</p>"])

    async def lies(request: Asked, writer: asyncio.StreamWriter) -> None:
        await answer(next(texts), etag='"same"')(request, writer)

    site.routes["/"] = lies
    got: list[Fetched] = []
    async with fetcher() as client:
        for _ in range(3):
            etag = got[-1].etag if got else ""
            got.append(await client.fetch(source(site.url("/")), etag=etag))
    assert [each.outcome for each in got] == [Outcome.OK] * 3
    assert [each.etag for each in got] == ['"same"', "", ""]
    assert "relied on" in got[1].reason
    assert ["if-none-match" in asked.headers for asked in site.pages()] == [False, True, False]


def test_nobodys_mark_is_believed_for_longer_than_a_day() -> None:
    now = 1_000_000.0
    known = Validators(lambda: now, chance=lambda: 0.0)
    assert known.conditions("u", '"a"', "") == {"If-None-Match": '"a"'}
    now += TRUST_SECONDS - 1
    assert known.conditions("u", '"a"', "Mon") == {"If-None-Match": '"a"', "If-Modified-Since": "Mon"}
    now += 2
    assert known.conditions("u", '"a"', "") == {}
    known.received("u", Said(etag='"a"'), b"text")
    assert known.conditions("u", '"a"', "") == {"If-None-Match": '"a"'}


def test_after_a_start_pages_are_asked_for_whole_spread_over_a_day() -> None:
    chances = iter([0.0, 0.5, 0.999])
    now = 1_000_000.0
    known = Validators(lambda: now, chance=lambda: next(chances))
    for url in "abc":
        assert known.conditions(url, '"x"', "")
    now += TRUST_SECONDS / 2
    assert [bool(known.conditions(url, '"x"', "")) for url in "abc"] == [True, False, False]


# ------------------------------------------------------------------------------------------------------ decoding


@pytest.mark.parametrize("pack", ["gzip", "deflate", "br", "zstd"])
def test_a_page_that_compresses_well_is_no_bomb(pack: str) -> None:
    packed = bomb(pack, size=MEGABYTE)
    assert len(decode.decoded(packed, pack, max_body=25 * MEGABYTE, max_ratio=200.0)) == MEGABYTE
