"""Pages that a browser draws, in a real Chromium that must not reach anything by itself."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fetch.site import Asked, Site, answer, endless, fetcher, redirect, resolves, serving, source
from tracker.fetch import render
from tracker.fetch.client import Fetcher
from tracker.model import Outcome

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not render.find() or importlib.util.find_spec("playwright") is None,
        reason="no Chromium (or no Playwright) is installed: these tests draw pages with it",
    ),
]
GUARD = 60.0


def page(script: str, body: str = "<p>before</p>") -> bytes:
    """A page that its script finishes."""
    return f"<!doctype html><html><head><title>Act</title></head><body>{body}<script>{script}</script>".encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Fetcher]:
    """One fetcher, and so one browser, for all tests here; names lead to loopback."""
    names = resolves(law_example=["127.0.0.1"], data_law_example=["127.0.0.1"], other_example=["127.0.0.1"])
    async with fetcher(timeout=20, resolver=names) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def site() -> AsyncIterator[Site]:
    """A host on 127.0.0.1."""
    async with serving(Site()) as made:
        yield made


module = pytest.mark.asyncio(loop_scope="module")


@module
async def test_what_scripts_write_is_read(client: Fetcher, site: Site) -> None:
    site.routes["/"] = answer(page("setTimeout(() => document.body.innerHTML = '<h1>Article 1</h1>', 50)"))
    got = await client.fetch(source(site.url("/"), render=True))
    assert got.outcome is Outcome.OK, got.reason
    assert b"<h1>Article 1</h1>" in got.body
    assert (got.media_type, got.charset) == ("text/html", "utf-8")
    assert len(site.pages()) == 1


@module
async def test_scripts_may_fetch_from_their_own_site_and_from_nowhere_else(client: Fetcher, site: Site) -> None:
    async with serving(Site(host="127.0.0.1")) as other:
        for path in ("/api", "/pixel.png", "/frame"):
            other.routes[path] = answer(b"from elsewhere", access_control_allow_origin="*")
        data = site.url("/data", host="data.law.example")
        site.routes["/data"] = answer(b"the text", access_control_allow_origin="*")
        elsewhere = [other.url("/api", host="other.example"), other.url("/pixel.png"), "http://10.0.0.1/x"]
        script = f"""
          const add = text => document.body.insertAdjacentHTML('beforeend', '<p>' + text + '</p>');
          fetch('{data}').then(a => a.text()).then(add).catch(e => add('failed: data'));
          for (const url of {elsewhere}) fetch(url).then(a => add('leak'), () => add('kept out'));
          new Image().src = '{other.url("/pixel.png")}';
          try {{ new WebSocket('ws://127.0.0.1:{other.port}/live') }} catch (e) {{}}
          navigator.sendBeacon('{other.url("/api")}', 'x');
          const frame = document.createElement('iframe');
          frame.src = '{other.url("/frame")}'; document.body.append(frame);
          try {{ new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{other.port}'}}]}}).createOffer() }}
          catch (e) {{}}
        """
        site.routes["/"] = answer(page(script))
        got = await client.fetch(source(site.url("/", host="law.example"), render=True))
    assert got.outcome is Outcome.OK, got.reason
    assert b"<p>the text</p>" in got.body
    assert got.body.count(b"<p>kept out</p>") == 3
    assert b"<p>leak</p>" not in got.body
    assert other.connections == 0


@module
async def test_the_page_and_its_parts_see_us_as_we_are(client: Fetcher, site: Site) -> None:
    site.routes.update(
        {"/": answer(page("fetch('/api', {headers: {'X-Requested-With': 'js'}})")), "/api": answer(b"1")}
    )
    await client.fetch(source(site.url("/"), render=True, headers={"X-Key": "hush"}))
    first, part = site.pages()
    assert part.headers["user-agent"] == first.headers["user-agent"]
    assert part.headers["user-agent"].startswith("regulatory-tracker/")
    assert part.headers["x-key"] == "hush"
    assert part.headers["x-requested-with"] == "js"


@module
async def test_redirects_on_the_way_are_followed_outside_the_browser(client: Fetcher, site: Site) -> None:
    site.routes.update({"/": redirect("/new", "301 Moved"), "/new": answer(page("document.title = 'drawn'"))})
    got = await client.fetch(source(site.url("/"), render=True))
    assert (got.outcome, got.permanent_url) == (Outcome.OK, site.url("/new"))
    assert b"drawn" in got.body


@module
async def test_robots_and_bad_answers_come_before_the_browser(client: Fetcher, site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /private\n"
    kept = await client.fetch(source(site.url("/private"), render=True))
    gone = await client.fetch(source(site.url("/nothing"), render=True))
    assert (kept.outcome, gone.outcome) == (Outcome.ROBOTS, Outcome.NOT_FOUND)


@module
async def test_what_is_no_page_is_given_back_as_it_is(client: Fetcher, site: Site) -> None:
    site.routes["/"] = answer(b"%PDF-1.7 ...", content_type="application/pdf")
    got = await client.fetch(source(site.url("/"), render=True))
    assert (got.outcome, got.body, got.media_type) == (Outcome.OK, b"%PDF-1.7 ...", "application/pdf")


@pytest.mark.slow
@module
@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("while (true) {}", Outcome.TIMEOUT),
        ("document.body.textContent = 'x'.repeat(9_000_000)", Outcome.TOO_LARGE),
        ("for (;;) alert('stop')", Outcome.TIMEOUT),
        ("setInterval(() => fetch('/more'), 1)", Outcome.OK),
        ("window.open('/pop'); window.open('/pop')", Outcome.OK),
    ],
)
async def test_a_page_that_misbehaves_ends_in_an_outcome(
    site: Site, script: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.fetch.client.LEAST_DRAWING", 8.0)
    monkeypatch.setattr("tracker.fetch.render.SETTLE_SECONDS", 2.0)
    site.routes.update({"/": answer(page(script)), "/good": answer(page("document.title = 'drawn'"))})
    async with fetcher(timeout=5, max_body=8 * 2**20) as mine, asyncio.timeout(GUARD):
        got = await mine.fetch(source(site.url("/"), render=True, robots="ignore"))
        next_ = await mine.fetch(source(site.url("/good"), render=True, robots="ignore"))
    # A page that never stops asking is taken as it stands, or given up where the machine has no time to spare.
    assert got.outcome in {outcome, Outcome.TIMEOUT}, got.reason
    assert next_.outcome is Outcome.OK, next_.reason
    assert len(site.log) < render.PARTS + 5


@pytest.mark.slow
@module
async def test_a_browser_that_was_killed_is_started_again(client: Fetcher, site: Site) -> None:
    site.routes["/"] = answer(page("document.title = 'drawn'"))
    assert (await client.fetch(source(site.url("/"), render=True))).outcome is Outcome.OK
    for pid in _browsers():
        os.kill(pid, signal.SIGKILL)
    got = await client.fetch(source(site.url("/"), render=True))
    assert got.outcome is Outcome.OK, got.reason


@pytest.mark.slow
@module
async def test_a_page_that_crashes_its_process_is_given_up_and_others_are_drawn(client: Fetcher, site: Site) -> None:
    killed = 0

    async def kills(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal killed
        killed += 1
        for pid in _browsers():
            os.kill(pid, signal.SIGKILL)
        await answer(b"too late")(asked, writer)

    site.routes.update({"/": answer(page("fetch('/die')")), "/die": kills, "/good": answer(page(""))})
    got = await client.fetch(source(site.url("/"), render=True))
    assert got.outcome is Outcome.UNREADABLE
    assert "dies" in got.reason
    assert killed == 2
    assert (await client.fetch(source(site.url("/good"), render=True))).outcome is Outcome.OK


@pytest.mark.slow
@module
async def test_parts_without_end_do_not_keep_the_page(site: Site) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n"
    site.routes.update({"/": answer(page("fetch('/endless')")), "/endless": endless(head, b"//" + b"x" * 65_536)})
    async with fetcher(timeout=20, max_body=2**20) as mine, asyncio.timeout(GUARD):
        got = await mine.fetch(source(site.url("/"), render=True))
    assert got.outcome is Outcome.OK, got.reason


@module
@pytest.mark.slow
async def test_no_browser_is_left_behind(site: Site) -> None:
    before = set(_browsers())
    site.routes["/"] = answer(page(""))
    async with fetcher(timeout=20) as mine:
        assert (await mine.fetch(source(site.url("/"), render=True))).outcome is Outcome.OK
        assert set(_browsers()) - before
    for _ in range(100):
        if not set(_browsers()) - before:
            break
        await asyncio.sleep(0.05)
    assert not set(_browsers()) - before


def _browsers() -> list[int]:
    """The browsers' main processes that descend from this one."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            names[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except (OSError, ValueError):
            continue
        parents[int(folder.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    found = []
    for pid, name in names.items():
        at = pid
        while at in parents and at != os.getpid():
            at = parents[at]
        if at == os.getpid() and "--headless" in name and "--type=" not in name:
            found.append(pid)
    return found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("www.law.example", "api.law.example", True),
        ("law.example", "law.example", True),
        ("law.example", "tracker.example", False),
        ("www.a.gov.uk", "www.b.gov.uk", False),
        ("www.a.gov.uk", "data.a.gov.uk", True),
        ("a.com.cn", "b.com.cn", False),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("eur-lex.europa.eu", "webtools.europa.eu", True),
    ],
)
def test_what_belongs_to_one_site(one: str, other: str, same: bool) -> None:
    assert render.same_site(one, other) is same
