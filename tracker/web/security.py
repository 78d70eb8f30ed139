"""Who may look, and what a browser may do with our pages: headers, hosts, the token, forms, limits."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts import signing
from tracker.settings import Settings

SESSION, VISITOR = "tracker_session", "tracker_visitor"
SESSION_AGE = 30 * 24 * 3600
# What signed links, monitors and the pages of the login itself need; everything else asks for the token.
OPEN = (
    "/static/", "/login", "/language/", "/healthz", "/readyz", "/feeds/subscriptions/", "/subscriptions/",
    "/robots.txt", "/favicon.ico",
)  # fmt: skip
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex",
}


class TokenMissingError(ValueError):
    """The pages would be open to a network without a token."""


def loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def required(settings: Settings) -> bool:
    """Whether readers need the token. Raises TokenMissingError where they would and there is none."""
    token = settings.web_token.get_secret_value()
    if token:
        return True
    if loopback(settings.web_host):
        return False
    raise TokenMissingError(
        f"TRACKER_WEB_HOST is {settings.web_host}, which others can reach: set TRACKER_WEB_TOKEN to a long random "
        "word that readers sign in with, or leave the host at 127.0.0.1"
    )


# ------------------------------------------------------------------------------------------------ the token


def _sessions(settings: Settings) -> URLSafeTimedSerializer:
    # The token is part of the key: a new token ends all sessions.
    return URLSafeTimedSerializer(signing.key(settings) + settings.web_token.get_secret_value(), salt="web.session")


def right_token(settings: Settings, given: str) -> bool:
    """Whether a token is the right one, in a time that says nothing about it."""
    wanted = settings.web_token.get_secret_value()
    return bool(wanted) and hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def new_session(settings: Settings) -> str:
    """The value of a session's cookie."""
    return str(_sessions(settings).dumps(secrets.token_urlsafe(12)))


def signed_in(settings: Settings, cookie: str, authorization: str = "") -> bool:
    """Whether a request carries a living session or the token itself (Authorization: Bearer)."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer" and right_token(settings, given.strip()):
        return True
    if not cookie or len(cookie) > 500:
        return False
    try:
        _sessions(settings).loads(cookie, max_age=SESSION_AGE)
    except BadData:
        return False
    return True


def open_path(path: str) -> bool:
    """Whether a path may be read without the token."""
    return any(path == start or (path.startswith(start) and start.endswith("/")) for start in OPEN)


# -------------------------------------------------------------------------------------------------- forms


def form_token(settings: Settings, visitor: str) -> str:
    """What a form carries to prove that it came from our page: bound to the visitor's cookie."""
    return hmac.new(signing.key(settings).encode(), f"web.form:{visitor}".encode(), hashlib.sha256).hexdigest()


def own_form(request: Request, settings: Settings, given: str) -> bool:
    """Whether a POST came from one of our pages: the visitor's form token, and no foreign origin."""
    visitor = request.cookies.get(VISITOR, "")
    if not visitor or not hmac.compare_digest(form_token(settings, visitor).encode(), given.encode("utf-8", "replace")):
        return False
    origin = request.headers.get("origin", "")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return not origin or urlsplit(origin).netloc == request.headers.get("host", "")


def local(path: str) -> str:
    """A place on this site to go back to; anything that could lead elsewhere becomes the front page."""
    printable = all(char.isprintable() for char in path)
    if not printable or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path or len(path) > 2000:
        return "/"
    return path


# -------------------------------------------------------------------------------------------------- limits


class Limit:
    """At most `count` calls in `seconds` for one key. Forgets keys that have been quiet; never grows beyond `keys`."""

    def __init__(
        self, count: int, seconds: float, *, keys: int = 10_000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.count, self._seconds, self._most, self._now = count, seconds, keys, now
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Counts a call. Gives 0.0 where it may go on, else the seconds until it may."""
        with self._lock:
            now = self._now()
            seen = self._seen.pop(key, None) or deque()
            while seen and seen[0] <= now - self._seconds:
                seen.popleft()
            self._seen[key] = seen  # the last used stands last
            if len(seen) >= self.count:
                return max(0.001, seen[0] + self._seconds - now)
            seen.append(now)
            while len(self._seen) > self._most:
                self._seen.pop(next(iter(self._seen)))
            return 0.0


# ---------------------------------------------------------------------------------------------- the doors


class Doors:
    """ASGI middleware in front of everything: host, token, headers. Answers with `refuse` where it lets nobody in."""

    def __init__(self, app: ASGIApp, settings: Settings, refuse: Callable[[Request, int, str], ASGIApp]) -> None:
        self._app, self._settings, self._refuse = app, settings, refuse
        self._guarded = required(settings)
        named = urlsplit(settings.base_url).hostname or ""
        self._hosts = {settings.web_host.strip("[]").lower(), named.lower()} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        app = self._let_in(Request(scope), headers) or self._app

        head = scope["method"] == "HEAD"

        async def with_headers(message: Message) -> None:
            if head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            if message["type"] == "http.response.start":
                made = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    made.setdefault(name, value)
                made.setdefault("cache-control", "private, no-cache")
                if self._settings.base_url.startswith("https://"):
                    made.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        # Every page can be asked for by HEAD: it is what GET gives, without the body.
        await app({**scope, "method": "GET"} if head else scope, receive, with_headers)

    def _let_in(self, request: Request, headers: Headers) -> ASGIApp | None:
        if "\0" in request.url.path or "%00" in request.url.query:
            return self._refuse(request, 400, "nul")  # no text has one, and PostgreSQL takes none
        if not self._guarded:
            # Without a token the network is the guard, and a foreign name that resolves to this machine (DNS
            # rebinding) would let any web page read ours.
            host = (urlsplit(f"//{headers.get('host', '')}").hostname or "") if _sane(headers.get("host", "")) else ""
            if not loopback(host) and host not in self._hosts:
                return self._refuse(request, 421, "host")
            return None
        cookie = request.cookies.get(SESSION, "")
        if open_path(request.url.path) or signed_in(self._settings, cookie, headers.get("authorization", "")):
            return None
        return self._refuse(request, 401, "token")


_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?")


def _sane(host: str) -> bool:
    return _HOST.fullmatch(host) is not None
