"""robots.txt as a host sees it kept."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fetch.site import Site, answer, endless, fetcher, raw, redirect, serving, source
from tracker.fetch.outcome import Failure
from tracker.fetch.robots import KEEP_SECONDS, MOST_BYTES, RETRY_SECONDS, STALE_SECONDS, Robots
from tracker.model import Outcome

PAGE = b"<p>A page of a law.</p>"


async def test_what_a_host_forbids_is_not_asked(site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /private/\n"
    site.routes["/public/a"] = answer(PAGE)
    async with fetcher() as client:
        kept = await client.fetch(source(site.url("/private/a")))
        read = await client.fetch(source(site.url("/public/a")))
    assert kept.outcome is Outcome.ROBOTS
    assert "robots.txt" in kept.reason
    assert read.outcome is Outcome.OK
    assert [asked.path for asked in site.log] == ["/robots.txt", "/public/a"]  # asked once for both


async def test_rules_for_us_by_name_win_over_those_for_all(site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /\n\nUser-agent: regulatory-tracker\nDisallow: /secret\n"
    site.routes["/act"] = answer(PAGE)
    async with fetcher() as client:
        assert (await client.fetch(source(site.url("/act")))).outcome is Outcome.OK
        assert (await client.fetch(source(site.url("/secret")))).outcome is Outcome.ROBOTS


async def test_a_source_may_be_told_to_ignore_it(site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /\n"
    site.routes["/act"] = answer(PAGE)
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act"), robots="ignore"))
    assert got.outcome is Outcome.OK
    assert [asked.path for asked in site.log] == ["/act"]


async def test_each_host_on_the_way_of_a_redirect_has_its_say(site: Site) -> None:
    async with serving(Site(host="127.0.0.2", robots="User-agent: *\nDisallow: /\n")) as other:
        site.routes["/act"] = redirect(other.url("/act"))
        async with fetcher() as client:
            got = await client.fetch(source(site.url("/act")))
    assert got.outcome is Outcome.ROBOTS
    assert other.pages() == []


@pytest.mark.parametrize("line", ["Crawl-delay: 0.2", "Request-rate: 5/1"])
async def test_the_delay_a_host_wants_is_kept(site: Site, line: str) -> None:
    site.robots = f"User-agent: *\n{line}\n"
    site.routes.update({"/a": answer(PAGE), "/b": answer(PAGE), "/c": answer(PAGE)})
    async with fetcher() as client:
        await asyncio.gather(*(client.fetch(source(site.url(f"/{name}"))) for name in "abc"))
    pages = site.pages()
    assert min(later.at - earlier.done for earlier, later in itertools.pairwise(pages)) >= 0.198


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"])
async def test_a_host_without_one_allows_everything(site: Site, status: str) -> None:
    site.routes.update({"/robots.txt": answer(b"User-agent: *\nDisallow: /", status), "/act": answer(PAGE)})
    async with fetcher() as client:
        assert (await client.fetch(source(site.url("/act")))).outcome is Outcome.OK


async def test_while_a_host_cannot_give_it_pages_are_left_alone(site: Site) -> None:
    site.routes.update({"/robots.txt": answer(b"", "500 Oops"), "/act": answer(PAGE)})
    async with fetcher() as client:
        first = await client.fetch(source(site.url("/act")))
        second = await client.fetch(source(site.url("/act")))
    assert first.outcome is second.outcome is Outcome.SERVER_ERROR
    assert "robots.txt" in first.reason
    assert len(site.log) == 1  # the failure is remembered for a while


async def test_a_page_served_in_its_place_has_no_rules(site: Site) -> None:
    site.routes.update({"/robots.txt": answer(b"<html>Disallow: /"), "/act": answer(PAGE)})
    async with fetcher() as client:
        assert (await client.fetch(source(site.url("/act")))).outcome is Outcome.OK


async def test_it_may_live_elsewhere(site: Site) -> None:
    site.routes.update({"/robots.txt": redirect("/rules"), "/rules": answer(b"User-agent: *\nDisallow: /a")})
    async with fetcher() as client:
        assert (await client.fetch(source(site.url("/act")))).outcome is Outcome.ROBOTS


async def test_it_cannot_lead_us_into_a_private_network(site: Site) -> None:
    site.routes.update({"/robots.txt": redirect("http://10.0.0.1/robots.txt"), "/act": answer(PAGE)})
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")))
    assert got.outcome is Outcome.REFUSED
    assert "robots.txt" in got.reason


async def test_an_endless_one_is_read_as_far_as_the_standard_asks(site: Site) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nDisallow: /private\n"
    site.routes.update({"/robots.txt": endless(head, b"# and so on\n" * 1000), "/act": answer(PAGE)})
    async with fetcher() as client:
        assert (await client.fetch(source(site.url("/act")))).outcome is Outcome.OK
        assert (await client.fetch(source(site.url("/private")))).outcome is Outcome.ROBOTS


async def test_a_host_that_is_silent_about_it_is_a_timeout(site: Site) -> None:
    site.routes["/robots.txt"] = raw(b"HTTP/1.1 200 OK\r\n", pause=60)
    async with fetcher(timeout=0.3) as client:
        got = await client.fetch(source(site.url("/act")))
    assert got.outcome is Outcome.TIMEOUT
    assert "robots.txt" in got.reason


@dataclass(frozen=True)
class Given:
    status: int
    body: bytes = b""


async def test_it_is_kept_for_a_day_and_longer_only_while_there_is_no_new_one() -> None:
    now, asked = 0.0, 0
    answers: list[Given | Failure] = [Given(200, b"User-agent: *\nDisallow: /a")]

    async def ask(url: httpx.URL) -> Given:
        nonlocal asked
        asked += 1
        if isinstance(answers[-1], Failure):
            raise answers[-1]
        return answers[-1]

    robots, page = Robots(ask, now=lambda: now), httpx.URL("https://law.example/a")
    assert not (await robots.rules(page)).allows(str(page))
    now = KEEP_SECONDS - 1
    await robots.rules(page)
    assert asked == 1
    now, answers[-1] = KEEP_SECONDS + 1, Failure(Outcome.TIMEOUT, "silent")
    assert not (await robots.rules(page)).allows(str(page))
    await robots.rules(page)
    assert asked == 2
    now += RETRY_SECONDS + 1
    await robots.rules(page)
    assert asked == 3
    now = STALE_SECONDS + 1
    with pytest.raises(Failure, match="silent"):
        await robots.rules(page)
    now, answers[-1] = now + RETRY_SECONDS + 1, Given(404)
    assert (await robots.rules(page)).allows(str(page))


@given(st.binary(max_size=400), st.integers(200, 499))
def test_nothing_that_stands_in_one_does_harm(body: bytes, status: int) -> None:
    async def ask(url: httpx.URL) -> Given:
        return Given(status, b"User-agent: *\nCrawl-delay: " + body)

    async def run() -> None:
        if status == 429:
            return
        rules = await Robots(ask).rules(httpx.URL("https://law.example/a"))
        rules.allows("https://law.example/a")
        assert 0 <= rules.delay <= 3600

    asyncio.run(run())


async def test_what_lies_beyond_the_cap_is_not_read() -> None:
    async def ask(url: httpx.URL) -> Given:
        return Given(200, b"User-agent: *\n" + b"#" * MOST_BYTES + b"\nDisallow: /\n")

    assert (await Robots(ask).rules(httpx.URL("https://law.example/a"))).allows("https://law.example/a")
