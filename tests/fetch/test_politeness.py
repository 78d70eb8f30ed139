"""How hosts are asked, by their own log: what, in which order, how far apart."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fetch.site import Asked, Site, answer, fetcher, raw, redirect, resolves, serving, source
from tracker.fetch.outcome import Failure
from tracker.fetch.politeness import (
    FORGET_SECONDS,
    KNOWN_HOSTS,
    LONGEST_HOLD,
    SILENT_SECONDS,
    LocalGate,
    Silent,
    retry_after,
)
from tracker.model import Outcome

PAGE = b"<p>A page of a law.</p>"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLOCK = 0.002  # seconds by which two clocks of one machine may differ


def gaps(log: list[Asked]) -> list[float]:
    """Seconds from the end of each answer to the next question."""
    return [later.at - earlier.done for earlier, later in itertools.pairwise(log)]


async def test_one_host_is_asked_one_thing_at_a_time_with_a_pause_between(site: Site) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await answer(PAGE)(asked, writer)

    site.routes.update({f"/{number}": slow for number in range(5)})
    async with fetcher(host_delay=0.1) as client:
        got = await asyncio.gather(*(client.fetch(source(site.url(f"/{number}"))) for number in range(5)))
    assert {each.outcome for each in got} == {Outcome.OK}
    assert len(site.log) == 6
    assert min(gaps(site.log)) >= 0.1 - CLOCK


async def test_hosts_do_not_wait_for_each_other(site: Site) -> None:
    """A host that is silent until the other one has been asked: in one line they would wait for ever."""
    asked_there = asyncio.Event()

    async def waits(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asked_there.wait()
        await answer(PAGE)(asked, writer)

    async def tells(asked: Asked, writer: asyncio.StreamWriter) -> None:
        asked_there.set()
        await answer(PAGE)(asked, writer)

    async with serving(Site(host="127.0.0.2")) as other:
        site.routes["/"], other.routes["/"] = waits, tells
        async with fetcher(timeout=10) as client:
            one, two = await asyncio.gather(client.fetch(source(site.url())), client.fetch(source(other.url())))
    assert (one.outcome, two.outcome) == (Outcome.OK, Outcome.OK)


async def test_no_more_than_so_many_requests_are_under_way(site: Site) -> None:
    under_way, most = 0, 0

    async def counts(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        await answer(PAGE)(asked, writer)

    site.routes["/"] = counts
    names = {f"h{number}_example": ["127.0.0.1"] for number in range(12)}
    async with fetcher(concurrency=3, resolver=resolves(**names)) as client:
        await asyncio.gather(
            *(client.fetch(source(site.url("/", host=f"h{n}.example"), robots="ignore")) for n in range(12))
        )
    assert most == 3


async def test_waiting_for_a_turn_does_not_use_up_the_hosts_time(site: Site) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await answer(PAGE)(asked, writer)

    site.routes.update({f"/{number}": slow for number in range(6)})
    async with fetcher(timeout=0.8) as client:
        got = await asyncio.gather(*(client.fetch(source(site.url(f"/{number}"))) for number in range(6)))
    assert {each.outcome for each in got} == {Outcome.OK}  # 1.2 s in all, 0.2 s each


async def test_redirects_keep_the_pause_too(site: Site) -> None:
    site.routes.update({"/a": redirect("/b"), "/b": redirect("/c"), "/c": answer(PAGE)})
    async with fetcher(host_delay=0.05) as client:
        await client.fetch(source(site.url("/a")))
    assert [asked.path for asked in site.log] == ["/robots.txt", "/a", "/b", "/c"]
    assert min(gaps(site.log)) >= 0.05 - CLOCK


async def test_asking_again_after_a_kept_connection_broke_keeps_the_pause_too(site: Site) -> None:
    """A host that closes a kept connection may have seen the question: asking again is another request."""
    tries = 0

    async def hangs_up_once(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        await (raw() if tries == 1 else answer(PAGE))(asked, writer)

    site.routes["/"] = hangs_up_once
    async with fetcher(host_delay=0.1) as client:
        got = await client.fetch(source(site.url()))
    assert got.outcome is Outcome.OK
    assert [asked.path for asked in site.log] == ["/robots.txt", "/", "/"]
    assert min(later.at - earlier.at for earlier, later in itertools.pairwise(site.log)) >= 0.1 - CLOCK


async def test_a_host_that_breaks_off_twice_is_left_alone_until_the_next_visit(site: Site) -> None:
    site.routes["/"] = raw()
    async with fetcher() as client:
        got = await client.fetch(source(site.url()))
    assert got.outcome in (Outcome.PROTOCOL, Outcome.CONNECT)
    assert len(site.pages()) == 2


# ---------------------------------------------------------------------------------------------------- retry-after


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
async def test_a_host_that_asks_for_peace_gets_it_from_all_sources(site: Site, status: str) -> None:
    site.routes.update({"/a": answer(b"", status, retry_after="3600"), "/b": answer(PAGE)})
    async with fetcher() as client:
        first = await client.fetch(source(site.url("/a")))
        second = await client.fetch(source(site.url("/b"), id="two"))
    assert (first.outcome, first.retry_after) == (Outcome.RATE_LIMITED, 3600.0)
    assert second.outcome is Outcome.RATE_LIMITED
    assert second.retry_after is not None
    assert 3500 < second.retry_after <= 3600
    assert [asked.path for asked in site.pages()] == ["/a"]  # the second one was never sent


async def test_a_short_wait_is_waited_for(site: Site) -> None:
    site.routes.update({"/a": answer(b"", "503 Busy", retry_after="1"), "/b": answer(PAGE)})
    async with fetcher() as client:
        await client.fetch(source(site.url("/a")))
        second = await client.fetch(source(site.url("/b")))
    assert second.outcome is Outcome.OK
    first_page, second_page = site.pages()
    assert second_page.at - first_page.done >= 1 - 0.05


async def test_too_many_requests_without_a_time_is_heard_too(site: Site) -> None:
    site.routes.update({"/a": answer(b"", "429 Too Many"), "/b": answer(PAGE)})
    async with fetcher() as client:
        first = await client.fetch(source(site.url("/a")))
        second = await client.fetch(source(site.url("/b")))
    assert (first.outcome, second.outcome) == (Outcome.RATE_LIMITED, Outcome.RATE_LIMITED)
    assert len(site.pages()) == 1


async def test_those_in_line_hear_of_it_as_well(site: Site) -> None:
    site.routes.update({f"/{number}": answer(b"", "429 Too Many", retry_after="600") for number in range(6)})
    async with fetcher() as client:
        got = await asyncio.gather(
            *(client.fetch(source(site.url(f"/{number}"), robots="ignore")) for number in range(6))
        )
    assert {each.outcome for each in got} == {Outcome.RATE_LIMITED}
    assert len(site.log) == 1


@given(st.integers(0, 10**20))
def test_seconds_are_understood(seconds: int) -> None:
    assert retry_after(str(seconds), NOW) == min(seconds, LONGEST_HOLD)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001  hypothesis wants naive bounds
def test_dates_are_understood(moment: datetime) -> None:
    text = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    wait = retry_after(text, NOW)
    whole = (moment.replace(microsecond=0, tzinfo=UTC) - NOW).total_seconds()
    assert wait == min(max(whole, 0.0), LONGEST_HOLD)


@given(st.text(max_size=60))
def test_nothing_that_a_host_writes_there_does_harm(text: str) -> None:
    wait = retry_after(text, NOW)
    assert wait is None or 0 <= wait <= LONGEST_HOLD


# -------------------------------------------------------------------------------------------- the gate by itself


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5)), min_size=1, max_size=12),
    st.floats(0, 10),
    st.integers(1, 3),
)
def test_turns_of_a_host_are_apart_whoever_asks(asked: list[tuple[str, float]], delay: float, concurrency: int) -> None:
    async def run() -> list[tuple[str, float, float]]:
        time = Time()
        gate = LocalGate(concurrency=concurrency, now=lambda: time.now, sleep=time.sleep)
        turns: list[tuple[str, float, float]] = []

        async def one(host: str, takes: float) -> None:
            async with gate.turn(host, delay):
                began = time.now
                await time.sleep(takes)
                turns.append((host, began, time.now))

        await asyncio.gather(*(one(host, takes) for host, takes in asked))
        return turns

    turns = asyncio.run(run())
    assert len(turns) == len(asked)
    for host in "ab":
        mine = sorted((began, ended) for each, began, ended in turns if each == host)
        for (began, ended), (later, _) in itertools.pairwise(mine):
            assert later - began >= delay - 1e-6
            if concurrency == 1:
                assert later - ended >= delay - 1e-6


async def test_a_turn_that_fails_or_is_given_up_is_given_back() -> None:
    gate = LocalGate()

    async def fails() -> None:
        async with gate.turn("a", 0):
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        await fails()
    held = asyncio.create_task(_hold(gate))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(_hold(gate))
    await asyncio.sleep(0)
    waiting.cancel()
    held.cancel()
    await asyncio.gather(waiting, held, return_exceptions=True)
    async with asyncio.timeout(1), gate.turn("a", 0):
        pass


async def _hold(gate: LocalGate) -> None:
    async with gate.turn("a", 0):
        await asyncio.sleep(60)


async def test_idle_hosts_are_forgotten_and_those_that_want_peace_are_not() -> None:
    gate = LocalGate()
    await gate.hold("kept", 600)
    for number in range(KNOWN_HOSTS + 10):
        async with gate.turn(f"h{number}", 0):
            pass
    assert len(gate._hosts) <= KNOWN_HOSTS
    assert await gate.held("kept") > 0


async def test_workers_may_share_a_gate_of_their_own(site: Site) -> None:
    """Two processes ask through one gate, as workers with locks in a database do."""
    site.routes.update({f"/{number}": answer(PAGE) for number in range(4)})
    inner, order = LocalGate(), list[str]()

    class Shared:
        @asynccontextmanager
        async def turn(self, host: str, delay: float) -> AsyncIterator[None]:
            async with inner.turn(host, delay):
                order.append(host)
                yield

        async def hold(self, host: str, seconds: float) -> None:
            await inner.hold(host, seconds)

        async def held(self, host: str) -> float:
            return await inner.held(host)

    async with fetcher(host_delay=0.05, gate=Shared()) as one, fetcher(host_delay=0.05, gate=Shared()) as two:
        await asyncio.gather(*((one, two)[n % 2].fetch(source(site.url(f"/{n}"), robots="ignore")) for n in range(4)))
    assert len(order) == 4
    assert min(gaps(site.log)) >= 0.05 - CLOCK


def test_a_moment_in_the_past_asks_for_nothing() -> None:
    past = (NOW - timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after(past, NOW) == 0.0


# ------------------------------------------------------------------------------------------------ hosts that are dead


async def test_one_dead_host_with_many_sources_does_not_keep_them_all_waiting(site: Site) -> None:
    async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    site.routes.update({f"/{number}": silent for number in range(20)})
    async with fetcher(timeout=0.3) as client, asyncio.timeout(20):
        got = await asyncio.gather(
            *(client.fetch(source(site.url(f"/{number}"), robots="ignore")) for number in range(20))
        )
    assert {each.outcome for each in got} == {Outcome.TIMEOUT}
    assert len(site.log) <= 2
    assert sum("not asked again yet" in each.reason for each in got) == 18


def test_a_host_is_asked_again_after_a_while_and_any_answer_makes_it_alive() -> None:
    now = 0.0
    silent = Silent(now=lambda: now)

    def ask(outcome: Outcome | None) -> None:
        with contextlib.suppress(Failure), silent.heard("a"):
            if outcome:
                raise Failure(outcome, "why")

    def dead() -> bool:
        try:
            silent.check("a")
        except Failure:
            return True
        return False

    ask(Outcome.TIMEOUT)
    assert not dead()
    ask(Outcome.CONNECT)
    assert dead()
    now = SILENT_SECONDS + 1
    assert not dead()
    ask(Outcome.TIMEOUT)
    assert dead()
    now += SILENT_SECONDS + 1
    ask(Outcome.PROTOCOL)  # an answer, if a bad one
    ask(Outcome.TIMEOUT)
    assert not dead()
    ask(None)
    ask(Outcome.TIMEOUT)
    now += FORGET_SECONDS + 1
    ask(Outcome.TIMEOUT)
    assert not dead()
