"""Whole visits of a host that fails: a failure never looks like a change, is told once, and ends with a recovery."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.fetch.site import Site, answer, endless, fetcher, raw, redirect, source
from tracker import pipeline, schedule
from tracker.classify import classifier
from tracker.fetch.client import Fetcher
from tracker.model import Health, Outcome, Source
from tracker.pipeline import Visited
from tracker.store.double import MemoryRecords

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DUTY = "The provider shall keep the documentation of the system for {years} years after it was placed on the market."


def act(years: int = 10) -> bytes:
    """A small act."""
    articles = "".join(
        f"<h2>Article {n}</h2><p>{DUTY.format(years=years if n == 3 else 5)} Section {n} applies.</p>"
        for n in range(1, 9)
    )
    return f"<html><head><title>Act</title></head><body><main><h1>Act</h1>{articles}</main></body></html>".encode()


FAILURES = {
    "an error": answer(b"<h1>Internal error</h1>", "500 Oops"),
    "not there": answer(b"<h1>Not found</h1>", "404 Not Found"),
    "gone": answer(b"", "410 Gone"),
    "refused": answer(b"<h1>Forbidden</h1>", "403 Forbidden"),
    "a wall": answer(b"<p>Checking your browser</p>", cf_mitigated="challenge"),
    "a login": answer(b"<form><input type=password></form>"),
    "empty": answer(b""),
    "cut short": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + act()[:400]),
    "broken compression": answer(act(), content_encoding="gzip"),
    "without end": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
    "elsewhere": redirect("http://10.0.0.1/"),
    "in a circle": redirect("/"),
    "busy": answer(b"", "503 Busy", retry_after="1"),
}


class Story:
    """Visits of one source, one after another, an hour apart."""

    def __init__(self, site: Site, client: Fetcher) -> None:
        self.site, self.client, self.now = site, client, NOW
        self.one: Source = source(site.url("/"))
        self.records = MemoryRecords()
        self.labels = classifier.load()

    async def visit(self) -> Visited:
        """One visit."""
        self.now += timedelta(hours=1)
        return await pipeline.visit(self.one, self.client, self.records, self.labels, self.now, plan=schedule.planner())

    @property
    def events(self) -> list[str]:
        """The types of all events so far, those of the source's standing."""
        types = (fact.type for _, _, fact in self.records.events)
        return [each for each in types if each.startswith(("source.", "document.gone", "document.moved", "change."))]


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failure_is_told_once_and_is_never_a_change(site: Site, failure: str) -> None:
    async with fetcher(max_body=2**20, timeout=5) as client:
        story = Story(site, client)
        site.routes["/"] = answer(act())
        await story.visit()
        site.routes["/"] = FAILURES[failure]
        bad = [await story.visit() for _ in range(4)]
        site.routes["/"] = answer(act())
        back = await story.visit()
        site.routes["/"] = answer(act(years=20))
        changed = [await story.visit(), await story.visit()]
    assert not any(visit.outcome in (Outcome.OK, Outcome.NOT_MODIFIED) for visit in bad)
    assert not any(visit.changes or visit.documents for visit in bad)
    assert all(visit.reason and visit.next_check_at and visit.next_check_at > visit.now for visit in bad)
    assert (back.outcome, back.health, back.changes) == (Outcome.OK, Health.OK, ())
    assert story.events[0] in ("source.failing", "source.blocked", "document.gone")
    assert story.events[1] == "source.recovered"
    assert any(visit.changes for visit in changed)
    assert story.events[2:] == ["change.told"]


async def test_a_page_that_moved_for_good_says_so_once_and_goes_on(site: Site) -> None:
    async with fetcher() as client:
        story = Story(site, client)
        site.routes.update({"/": answer(act()), "/new": answer(act())})
        await story.visit()
        site.routes["/"] = redirect("/new", "301 Moved")
        visits = [await story.visit() for _ in range(3)]
    assert story.events == ["document.moved"]
    assert not any(visit.changes for visit in visits)


async def test_hosts_that_fail_in_turns_are_told_of_once(site: Site) -> None:
    async with fetcher(max_body=2**20, timeout=5) as client:
        story = Story(site, client)
        site.routes["/"] = answer(act())
        await story.visit()
        for name in ("refused", "an error", "not there", "busy") * 6:
            site.routes["/"] = FAILURES[name]
            await story.visit()
            await asyncio.sleep(0)
    assert len(story.events) == len(set(story.events)) <= 3
