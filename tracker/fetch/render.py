"""Pages that only a browser can read: Chromium, cut off from the network.

The browser draws; it does not fetch. Every request it makes comes here and is answered through the same client as
plain pages, so that the same guard on addresses, the same pinning and the same caps hold by construction. What is not
answered has nowhere to go: the browser knows no name server and its proxy is a closed door.

Only the page's own site is asked, and only for what a text can depend on: pictures, fonts, films, other people's
scripts and live connections are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from tracker.fetch.guard import Guard, Refused
from tracker.fetch.outcome import Failure
from tracker.model import Outcome

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Page, Playwright, Request, Route, WebSocketRoute

REMEDY = (
    "this source needs a browser (render: true): pip install 'regulatory-tracker[browser]', have Chromium installed, "
    "and name it in TRACKER_CHROMIUM where it is not found by itself"
)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=256",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
CLOSED_DOOR = "http://127.0.0.1:1"
ANSWERED = frozenset({"document", "script", "xhr", "fetch", "stylesheet"})
METHODS = frozenset({"GET", "HEAD", "POST"})
PARTS = 100  # requests of a page that are answered
SEEN = 1_000  # requests after which a page is taken as it is: it will not come to rest
PART_SECONDS = 15.0
SETTLE_SECONDS = 10.0  # for what scripts fetch after the page is there
CLOSE_SECONDS = 5.0
AT_ONCE = 2  # pages drawn at the same time
PAGES_A_BROWSER = 200  # after which a new one is started: browsers grow

log = logging.getLogger(__name__)


class AnswerLike(Protocol):
    """client.Answer."""

    @property
    def url(self) -> httpx.URL: ...
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> httpx.Headers: ...
    @property
    def body(self) -> bytes: ...


Exchange = Callable[[httpx.Request, asyncio.Timeout], Awaitable[AnswerLike]]
"""One request to one host, guarded and capped; raises Failure or Refused."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as the browser shows it: its address at the end, and its HTML in UTF-8."""

    url: str
    body: bytes


class Renderer:
    """One browser, started when it is first needed and again when it has died. `chromium` is its path, "" to look
    for it; `exchange` answers its requests; bodies add up to `max_body` bytes at most for a page."""

    def __init__(self, chromium: str, guard: Guard, exchange: Exchange, *, agent: str, max_body: int) -> None:
        self._path, self._guard, self._exchange = chromium, guard, exchange
        self._agent, self._max_body = agent, max_body
        self._starting, self._places = asyncio.Lock(), asyncio.Semaphore(AT_ONCE)
        self._playwright: Playwright | None = None
        self._browser: Chromium | None = None
        self._drawn = self._open = 0

    def check(self) -> None:
        """Raises Failure (NO_BROWSER) where nothing can be drawn, with the line that says how to change that."""
        if find_spec("playwright") is None or (self._path and not find(self._path)):
            raise Failure(Outcome.NO_BROWSER, REMEDY)

    async def draw(self, first: AnswerLike, language: str, headers: Mapping[str, str], seconds: float) -> Drawn:
        """The page that `first` is the HTML of, after its scripts have run, within so many seconds. `headers` are the
        source's own, sent to its host only. Raises Failure: NO_BROWSER, TIMEOUT, TOO_LARGE, UNREADABLE."""
        self.check()
        async with self._places:
            self._open += 1
            try:
                try:
                    return await self._once(first, language, headers, seconds)
                except _Died:
                    log.warning("the browser died; starting another one")
                    return await self._once(first, language, headers, seconds)
            except _Died as error:
                await self._stop()
                words = f"the browser dies of this page ({str(error)[:120]})"
                raise Failure(Outcome.UNREADABLE, words) from error
            finally:
                self._open -= 1

    async def close(self) -> None:
        """Ends the browser."""
        await self._stop()

    # ---------------------------------------------------------------------------------------------- the browser

    async def _once(self, first: AnswerLike, language: str, headers: Mapping[str, str], seconds: float) -> Drawn:
        from playwright.async_api import Error

        try:
            browser = await self._started()  # its own start is not the page's time
            async with asyncio.timeout(seconds), self._context(browser, language) as context:
                visit = _Visit(self, first, headers, seconds)
                return await visit.run(context, await context.new_page())
        except TimeoutError as error:
            raise Failure(Outcome.TIMEOUT, f"the page was not drawn within {seconds:.0f} s") from error
        except Error as error:
            if self._browser is None or not self._browser.is_connected() or "crash" in str(error).lower():
                await self._stop()
                raise _Died(_first_line(error)) from error
            raise Failure(Outcome.UNREADABLE, f"the browser cannot show the page ({_first_line(error)})") from error

    @contextlib.asynccontextmanager
    async def _context(self, browser: Chromium, language: str) -> AsyncIterator[BrowserContext]:
        context = await browser.new_context(
            user_agent=self._agent,
            locale=language or "en",
            accept_downloads=False,
            service_workers="block",
            java_script_enabled=True,
            viewport={"width": 1280, "height": 1600},
        )
        try:
            yield context
        finally:
            await self._left(context)

    async def _left(self, context: BrowserContext) -> None:
        """A page that hangs cannot hold the browser: what does not close in time is ended with it."""
        closing = asyncio.ensure_future(context.close())
        done, _ = await asyncio.shield(asyncio.wait([closing], timeout=CLOSE_SECONDS))
        if not done or closing.exception() is not None:
            closing.cancel()
            await self._stop()

    async def _started(self) -> Chromium:
        async with self._starting:
            if self._drawn >= PAGES_A_BROWSER and self._open == 1:
                await self._stop()
            if self._browser is not None and self._browser.is_connected():
                self._drawn += 1
                return self._browser
            await self._stop()
            self._browser, self._drawn = await self._launched(), 1
            return self._browser

    async def _launched(self) -> Chromium:
        from playwright.async_api import Error, async_playwright

        self._playwright = await async_playwright().start()
        path = find(self._path) or _bundled(self._playwright)
        if not path:
            await self._stop()
            raise Failure(Outcome.NO_BROWSER, REMEDY)
        last: Exception | None = None
        for sandbox in (True, False) if os.geteuid() else (False,):  # Chromium has no sandbox for root
            try:
                return await self._playwright.chromium.launch(
                    executable_path=path,
                    headless=True,
                    args=list(FLAGS),
                    chromium_sandbox=sandbox,
                    proxy={"server": CLOSED_DOOR, "bypass": "<-loopback>"},
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                    timeout=20_000,
                )
            except Error as error:
                last = error
        await self._stop()
        words = f"the browser {path} does not start ({_first_line(last)}); {REMEDY}"
        raise Failure(Outcome.NO_BROWSER, words) from last

    async def _stop(self) -> None:
        browser, driver = self._browser, self._playwright
        self._browser = self._playwright = None
        for ending in (browser and browser.close, driver and driver.stop):
            if ending:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await ending()


class _Died(Exception):  # noqa: N818  what happened to the browser
    """The browser or the page's process is gone."""


@dataclass  # without slots: Playwright leaves a mark of its own on whoever's method it calls
class _Visit:
    """One page being drawn: what it asks for, and how much it may."""

    renderer: Renderer
    first: AnswerLike
    headers: Mapping[str, str]
    seconds: float
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    seen: int = 0
    asked: int = 0
    received: int = 0
    given: bool = False
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, context: BrowserContext, page: Page) -> Drawn:
        crash = asyncio.Event()
        crashed = asyncio.ensure_future(crash.wait())
        page.on("crash", lambda _page: crash.set())
        context.on("page", lambda other: asyncio.ensure_future(_closed(other)))
        await context.route("**/*", self._route)
        await context.route_web_socket("**/*", _no_socket)
        drawing = asyncio.ensure_future(self._drawn(page))
        try:
            await asyncio.wait([drawing, crashed], return_when=asyncio.FIRST_COMPLETED)
            if not drawing.done():
                raise _Died("its process crashed")
            return drawing.result()
        finally:
            drawing.cancel()
            crashed.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await drawing

    async def _drawn(self, page: Page) -> Drawn:
        await page.goto(str(self.first.url), wait_until="domcontentloaded", timeout=self.seconds * 1000)
        await self._settled(page)
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setScriptExecutionDisabled", {"value": True})  # it holds still from here on
        size = await page.evaluate("document.documentElement ? document.documentElement.outerHTML.length : 0")
        most = self.renderer._max_body  # noqa: SLF001  one class in two parts
        if int(size) > most:
            raise Failure(Outcome.TOO_LARGE, f"the page has more than {most:,} characters once it is drawn")
        return Drawn(page.url, (await page.content()).encode("utf-8", "replace"))

    async def _settled(self, page: Page) -> None:
        """Until the page asks for nothing more, has asked for too much, or has had its time."""
        seconds = min(SETTLE_SECONDS, self.seconds / 2)
        idle = asyncio.ensure_future(page.wait_for_load_state("networkidle", timeout=seconds * 1000))
        enough = asyncio.ensure_future(self.enough.wait())
        try:
            await asyncio.wait([idle, enough], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (idle, enough):
                each.cancel()
            await asyncio.gather(idle, enough, return_exceptions=True)

    async def _route(self, route: Route, request: Request) -> None:
        """Answers a request of the page, or ends it."""
        with contextlib.suppress(Exception):  # the page may be gone by the time there is an answer
            if not self.given and request.is_navigation_request() and request.url == str(self.first.url):
                self.given = True
                await _fulfil(route, self.first)
                return
            answer = await self._answer(request)
            await (_fulfil(route, answer) if answer else route.abort("blockedbyclient"))

    async def _answer(self, request: Request) -> AnswerLike | None:
        self.seen += 1
        if self.seen > SEEN:
            self.enough.set()
        if request.resource_type not in ANSWERED or request.method not in METHODS or self.asked >= PARTS:
            return None
        at: str | httpx.URL = request.url
        content = request.post_data_buffer if request.method == "POST" else None
        try:
            async with asyncio.timeout(PART_SECONDS) as limit:
                for _ in range(5):
                    answer = await self._part(str(at), request, content, limit)
                    location = answer.headers.get("location") if 300 <= answer.status < 400 else None
                    if not location:
                        return answer
                    at, content = answer.url.join(location), None
        except (Failure, Refused, TimeoutError, httpx.InvalidURL, ValueError):
            return None
        return None

    async def _part(self, at: str, request: Request, content: bytes | None, limit: asyncio.Timeout) -> AnswerLike:
        """One request for a part of the page. Raises Refused where it is nobody's to ask."""
        renderer = self.renderer
        url = renderer._guard.check(at)  # noqa: SLF001  one class in two parts
        if not same_site(url.host, self.first.url.host):
            raise Refused(f"{url.host} is another site")
        self.asked += 1
        headers = {name: value for name, value in request.headers.items() if name in PASSED_ON}
        if (url.scheme, url.host, url.port) == (self.first.url.scheme, self.first.url.host, self.first.url.port):
            headers.update(self.headers)
        headers["user-agent"] = renderer._agent  # noqa: SLF001  one class in two parts
        made = httpx.Request("POST" if content is not None else "GET", url, headers=headers, content=content)
        made.extensions["timeout"] = {}
        self.cookies.set_cookie_header(made)
        answer = await renderer._exchange(made, limit)  # noqa: SLF001  one class in two parts
        self.cookies.extract_cookies(httpx.Response(answer.status, headers=answer.headers, request=made))
        self.received += len(answer.body)
        if self.received > renderer._max_body:  # noqa: SLF001  one class in two parts
            raise Failure(Outcome.TOO_LARGE, "the page fetches too much")
        return answer


PASSED_ON = frozenset({"accept", "accept-language", "content-type", "referer", "x-requested-with", "origin"})
_NOT_PASSED_BACK = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "location"})


async def _fulfil(route: Route, answer: AnswerLike) -> None:
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_BACK}
    await route.fulfill(status=answer.status if answer.status >= 200 else 502, headers=headers, body=answer.body)


async def _closed(page: Page) -> None:
    """A page that opens others gets them closed."""
    if await page.opener() is not None:
        await page.close()


def _no_socket(socket: WebSocketRoute) -> Any:
    return socket.close()


def same_site(one: str, other: str) -> bool:
    """Whether two hosts belong to one owner, as well as names tell: their last two labels are the same, or the last
    three where the last two are a country's own domain for many (gov.uk, go.jp, com.cn)."""
    if one == other:
        return True
    try:
        ipaddress.ip_address(one)
    except ValueError:
        return _owner(one) == _owner(other)
    return False


def _owner(host: str) -> tuple[str, ...]:
    labels = host.split(".")
    many = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 4
    return tuple(labels[-3:] if many else labels[-2:])


def find(path: str = "") -> str:
    """Chromium's path: the one given, else where it usually is; "" where there is none."""
    if path:
        return path if Path(path).is_file() else ""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


def _bundled(playwright: Playwright) -> str:
    path = playwright.chromium.executable_path
    return path if Path(path).is_file() else ""


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:160]
