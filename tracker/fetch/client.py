"""One visit to one address: politely, guarded, with an outcome and a reason whatever the world does.

Every step on the way (robots.txt, each redirect, the page) goes through the same gates: the words of the address, the
host's turn, the address it resolves to, the caps on size and time.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Protocol, Self

import httpx

from tracker.fetch import headers as header
from tracker.fetch import outcome as outcomes
from tracker.fetch import redirects
from tracker.fetch.connect import AGAIN, Dropped, PinnedTransport
from tracker.fetch.decode import ACCEPTED
from tracker.fetch.guard import Guard, NoSuchHost, Refused, Resolver, port_of
from tracker.fetch.outcome import Failure
from tracker.fetch.politeness import LONGEST_DELAY, HostGate, LocalGate, Silent, retry_after
from tracker.fetch.receive import Receiver
from tracker.fetch.render import Renderer
from tracker.fetch.robots import MOST_BYTES, Robots
from tracker.fetch.validators import Validators
from tracker.fetch.walls import is_html, refused_by_wall, wall
from tracker.model import Fetched, Outcome, Source

PATIENCE = 30.0  # seconds of peace that are simply waited for when a host asks for them
NO_ANSWER_HOLD = 60.0  # seconds of peace for a host that says "too many requests" and not how long
LEAST_DRAWING = 20.0  # seconds for the browser, however slow the page itself came
ROBOTS_REDIRECTS = 5  # RFC 9309, 2.3.1.2

log = logging.getLogger(__name__)


class Wants(Protocol):
    """What fetching needs of the settings (tracker.settings.Settings has it)."""

    @property
    def contact(self) -> str: ...
    @property
    def concurrency(self) -> int: ...
    @property
    def host_delay(self) -> float: ...
    @property
    def host_concurrency(self) -> int: ...
    @property
    def timeout(self) -> float: ...
    @property
    def max_body(self) -> int: ...
    @property
    def max_ratio(self) -> float: ...
    @property
    def max_redirects(self) -> int: ...
    @property
    def allow_private(self) -> tuple[str, ...]: ...
    @property
    def proxy(self) -> str: ...
    @property
    def chromium(self) -> str: ...


@dataclass(slots=True)
class Trail:
    """What is known of a visit so far, also when it ends badly. `left` is what remains of its time, in seconds."""

    left: float
    final_url: str = ""
    permanent_url: str = ""
    status: int | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    received: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of one host to one request; `body` is decompressed."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes


class Fetcher:
    """Answers `pipeline.visit`'s requests from the world. One for a process; used as an async context manager.

    `settings` gives the caps. `resolver` answers for the name server, `allow` are networks that may be asked besides
    those of the settings, `gate` keeps the turns at a host (several workers share one), `ssl_context` says whom to
    trust, `clock` gives the time in UTC.
    """

    def __init__(
        self,
        settings: Wants,
        *,
        resolver: Resolver | None = None,
        allow: Sequence[str] | None = None,
        gate: HostGate | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._clock = settings, clock
        self.guard = Guard.of((*settings.allow_private, *(allow or ())), resolver)
        self.gate: HostGate = gate or LocalGate(concurrency=settings.host_concurrency)
        self.agent = header.user_agent(settings.contact)
        self._ssl = ssl_context
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._receiver = Receiver(settings.max_body, settings.max_ratio)
        self._validators = Validators(lambda: clock().timestamp())
        self._robots = Robots(self._ask_for_robots)
        self._silent = Silent()
        self._client: httpx.AsyncClient | None = None
        self._renderer = Renderer(
            settings.chromium, self.guard, self._part, agent=self.agent, max_body=settings.max_body
        )

    async def __aenter__(self) -> Self:
        transport = PinnedTransport(self.guard, ssl_context=self._ssl, proxy=self._settings.proxy)
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(self._settings.timeout),
            follow_redirects=False,
            trust_env=False,  # a proxy or a password file lying about would go round the guard
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # kept within a visit, never between two
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._renderer.close()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def fetch(self, source: Source, *, url: str = "", etag: str = "", last_modified: str = "") -> Fetched:
        """One answer, or the reason why there is none. `url` is another address than the source's own (a linked
        page); `etag` and `last_modified` are what the host said of the text we have, to ask whether it still holds.

        Never raises for what the world does; a mistake of ours is an outcome too (INTERNAL). The time that counts
        towards `timeout` is the time spent asking, not the wait for the host's turn.
        """
        address, started = url or source.url, self._clock()
        trail = Trail(left=self._settings.timeout, final_url=address)
        try:
            if source.render:
                self._renderer.check()
            # The frame of a page that scripts fill can stay the same while its text changes.
            conditions = {} if source.render else self._validators.conditions(address, etag, last_modified)
            answer = await self._visit(source, address, conditions, trail)
            if source.render:
                answer = await self._drawn(source, answer, trail)
            return self._fetched(address, started, trail, answer, bool(conditions))
        except Failure as failure:
            return self._failed(address, started, trail, failure)
        except Refused as error:
            return self._failed(address, started, trail, Failure(Outcome.REFUSED, str(error)))
        except NoSuchHost as error:
            return self._failed(address, started, trail, Failure(Outcome.DNS, str(error)))
        except Exception as error:
            log.exception("fetching %s", address)
            words = f"a mistake of ours while fetching: {type(error).__name__}: {str(error)[:200]}"
            return self._failed(address, started, trail, Failure(Outcome.INTERNAL, words))

    # ------------------------------------------------------------------------------------------------ a visit

    async def _visit(self, source: Source, address: str, conditions: Mapping[str, str], trail: Trail) -> Answer:
        """Follows redirects to the answer. Raises Failure, Refused, NoSuchHost."""
        at, home = self.guard.check(address), self.guard.check(source.url)
        cookies, seen, permanent = httpx.Cookies(), set[tuple[str, str]](), True
        for _ in range(self._settings.max_redirects + 1):
            trail.final_url = str(at)
            own = (
                header.filled(source.headers) if _same_origin(at, home) else {}
            )  # they may carry a key: nobody else's business
            request = self._request(at, source.language, own, conditions, cookies)
            state = (str(at), request.headers.get("cookie", ""))
            if state in seen:
                raise Failure(Outcome.REDIRECTS, f"the redirects go in a circle, back to {at}")
            seen.add(state)
            answer = await self._ask(source.robots != "ignore", request, own, cookies, trail)
            target = redirects.target(answer)
            if target is None:
                return answer
            permanent = permanent and answer.status in redirects.PERMANENT
            trail.permanent_url = target if permanent else ""
            trail.final_url = target
            at = self.guard.check(target)
        raise Failure(Outcome.REDIRECTS, f"more than {self._settings.max_redirects} redirects, the last to {at}")

    def _request(
        self,
        at: httpx.URL,
        language: str,
        own: Mapping[str, str],
        conditions: Mapping[str, str],
        cookies: httpx.Cookies,
    ) -> httpx.Request:
        said = {**header.to_send(self.agent, language, own), **conditions}
        request = httpx.Request("GET", at, headers=said, extensions={"timeout": {}})
        cookies.set_cookie_header(request)
        return request

    async def _ask(
        self, ask_robots: bool, request: httpx.Request, own: Mapping[str, str], cookies: httpx.Cookies, trail: Trail
    ) -> Answer:
        """One request, in the host's turn, after a look at its robots.txt."""
        delay = self._settings.host_delay
        if ask_robots:
            rules = await self._robots.rules(request.url)
            if not rules.allows(str(request.url)):
                raise Failure(Outcome.ROBOTS, f"robots.txt of {request.url.host} asks programs not to read this page")
            delay = max(delay, min(rules.delay, LONGEST_DELAY))
        trail.sent = header.to_record(request.headers, own)
        answer = await self._in_turn(request, delay, trail)
        cookies.extract_cookies(httpx.Response(answer.status, headers=answer.headers, request=request))
        return answer

    async def _in_turn(self, request: httpx.Request, delay: float, trail: Trail, *, start: int = 0) -> Answer:
        """The answer, asked for in the host's turn; in a second one where a kept connection broke."""
        try:
            return await self._turn(request, delay, trail, start)
        except Dropped:
            request.extensions[AGAIN] = True
            return await self._turn(request, delay, trail, start)

    async def _turn(self, request: httpx.Request, delay: float, trail: Trail, start: int) -> Answer:
        host = turn_of(request.url)
        # Before the line and again at its end: much may have happened meanwhile.
        self._silent.check(host)
        await self._peace(host)
        async with self.gate.turn(host, delay):
            self._silent.check(host)
            if wait := await self._peace(host):
                await asyncio.sleep(wait)
            async with self._slots:
                began = time.monotonic()
                try:
                    with self._silent.heard(host):
                        return await self._within(request, trail, start)
                finally:
                    trail.left = max(0.0, trail.left - (time.monotonic() - began))

    async def _within(self, request: httpx.Request, trail: Trail, start: int) -> Answer:
        try:
            async with asyncio.timeout(trail.left) as limit:
                return await self._exchange(request, trail, limit, start)
        except TimeoutError as error:
            words = f"the host did not finish within {outcomes.in_words(self._settings.timeout)}"
            raise Failure(Outcome.TIMEOUT, words) from error

    async def _peace(self, host: str) -> float:
        """Seconds for which the host still wants peace, when they are few. Raises Failure when they are many."""
        held = await self.gate.held(host)
        if held > PATIENCE:
            words = f"{host} asked to be left in peace for another {outcomes.in_words(held)}"
            raise Failure(Outcome.RATE_LIMITED, words, retry_after=held)
        return held

    async def _exchange(self, request: httpx.Request, trail: Trail, limit: asyncio.Timeout, start: int) -> Answer:
        if self._client is None:
            raise RuntimeError("the Fetcher is not open: use `async with`")
        await self._checked_for_proxy(request.url)
        try:
            response = await self._client.send(request, stream=True)
        except (
            httpx.RemoteProtocolError
        ) as error:  # httpx looks at where a redirect leads, also when it is not to follow
            raise Failure(Outcome.REDIRECTS, f"the redirect leads to no address ({str(error)[:160]})") from error
        try:
            trail.status, trail.received = response.status_code, header.to_record(response.headers)
            if response.status_code in (429, 503):
                wait = retry_after(response.headers.get("retry-after", ""), self._clock())
                if wait is None and response.status_code == 429:
                    wait = NO_ANSWER_HOLD
                await self.gate.hold(turn_of(request.url), wait or 0.0)
            body = b""
            if not 200 <= response.status_code < 300:
                await self._receiver.leave(response)
            elif start:
                body = await self._receiver.start(response, start)
            else:
                body = await self._receiver.body(response, limit)
        finally:
            await response.aclose()
        return Answer(request.url, response.status_code, response.headers, body)

    async def _drawn(self, source: Source, answer: Answer, trail: Trail) -> Answer:
        """The page as a browser shows it, in the host's turn. What is no page is given back as it is."""
        if not 200 <= answer.status < 300 or not is_html(header.said(answer.headers).media_type, answer.body):
            return answer
        own = header.filled(source.headers) if _same_origin(answer.url, self.guard.check(source.url)) else {}
        async with self.gate.turn(turn_of(answer.url), self._settings.host_delay), self._slots:
            drawn = await self._renderer.draw(answer, source.language, own, max(trail.left, LEAST_DRAWING))
        trail.final_url = drawn.url
        headers = httpx.Headers({**answer.headers, "content-type": "text/html; charset=utf-8"})
        for name in ("etag", "last-modified"):
            headers.pop(name, None)
        return Answer(self.guard.check(drawn.url), answer.status, headers, drawn.body)

    async def _part(self, request: httpx.Request, limit: asyncio.Timeout) -> Answer:
        """An answer for the browser, under the guard and the caps; it runs within the turn of its page."""
        request.headers["Accept-Encoding"] = ACCEPTED
        try:
            return await self._exchange(request, Trail(left=0.0), limit, 0)
        except Dropped:
            request.extensions[AGAIN] = True
            return await self._exchange(request, Trail(left=0.0), limit, 0)

    async def _checked_for_proxy(self, url: httpx.URL) -> None:
        """A proxy resolves names by itself, so that pinning is not ours; what we can see to be private is refused all
        the same. A name that only the proxy knows is left to it."""
        if self._settings.proxy:
            try:
                await self.guard.addresses(url.host, port_of(url))
            except NoSuchHost:
                return

    async def _ask_for_robots(self, url: httpx.URL) -> Answer:
        """robots.txt under the same guard, turns and caps as everything else, with its redirects."""
        trail, at = Trail(left=self._settings.timeout), url
        for _ in range(ROBOTS_REDIRECTS + 1):
            request = self._request(at, "", {"Accept-Encoding": "identity"}, {}, httpx.Cookies())
            try:
                answer = await self._in_turn(request, self._settings.host_delay, trail, start=MOST_BYTES)
                target = redirects.target(answer)
                if target is None:
                    return answer
                at = self.guard.check(target)
            except Refused as error:
                raise Failure(Outcome.REFUSED, f"robots.txt leads astray: {error}") from error
        return answer  # more redirects than the standard asks to follow: as if there were none

    # ----------------------------------------------------------------------------------------------- its result

    def _failed(self, address: str, started: datetime, trail: Trail, failure: Failure) -> Fetched:
        return Fetched(
            outcome=failure.outcome,
            reason=failure.reason,
            url=address,
            started=started,
            finished=self._clock(),
            final_url=trail.final_url,
            status=failure.status or trail.status,
            retry_after=failure.retry_after,
            sent=trail.sent,
            received=trail.received,
        )

    def _fetched(
        self, address: str, started: datetime, trail: Trail, answer: Answer, asked_conditionally: bool
    ) -> Fetched:
        wait = retry_after(answer.headers.get("retry-after", ""), self._clock())
        outcome, reason = self._outcome(address, answer, asked_conditionally, wait)
        good = outcome in outcomes.GOOD
        said = header.said(answer.headers) if good else header.Said()
        if outcome is Outcome.OK:
            said, doubt = self._validators.received(address, said, answer.body)
            reason = doubt or reason
        return Fetched(
            outcome=outcome,
            reason=reason,
            url=address,
            started=started,
            finished=self._clock(),
            final_url=str(answer.url),
            permanent_url=trail.permanent_url if good else "",
            status=answer.status,
            body=answer.body if outcome is Outcome.OK else b"",
            media_type=said.media_type,
            charset=said.charset,
            etag=said.etag,
            last_modified=said.last_modified,
            retry_after=None if good else wait,
            sent=trail.sent,
            received=trail.received,
        )

    def _outcome(
        self, address: str, answer: Answer, asked_conditionally: bool, wait: float | None
    ) -> tuple[Outcome, str]:
        decided = outcomes.of_status(answer.status, asked_conditionally=asked_conditionally, retry_after=wait)
        if decided is not None:
            product = refused_by_wall(answer.headers) if answer.status >= 400 else ""
            if product:
                return Outcome.BLOCKED, f"a bot wall answers ({answer.status}, {product}): open it by hand"
            return decided
        if not answer.body.strip():
            return Outcome.EMPTY, f"the host sent an empty page ({answer.status})"
        media_type = header.said(answer.headers).media_type
        failure = wall(self.guard.check(address), answer.url, answer.headers, media_type, answer.body)
        return (failure.outcome, failure.reason) if failure else (Outcome.OK, "received")


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, port_of(one)) == (other.scheme, other.host, port_of(other))


def turn_of(url: httpx.URL) -> str:
    """Whose turn is taken for an address: the host; another port than the web's is another service."""
    return url.host if url.port is None else f"{url.host}:{url.port}"
