"""Connections that go where the guard looked: a name is resolved once, checked, and connected to by that address.

The address of a request keeps its name, so that Host, SNI and the check of the certificate are the name's own. Only
the last step, opening the socket, asks the guard what the name means and connects to exactly that. There is no moment
between looking and connecting in which a name server could change its mind (DNS rebinding).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import h2.exceptions
import httpcore
import httpx

from tracker.fetch.guard import Guard, NoSuchHost, Refused
from tracker.fetch.outcome import Failure
from tracker.model import Outcome

CONNECT_SECONDS = 15.0  # for one address; a host with several gets the others tried as well
KEEP_SECONDS = 10.0  # an idle connection; longer than the usual pause between two requests to one host
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!DSS"
KEPT = 32  # idle connections
AGAIN = "again"  # in a request's extensions: asked a second time because a kept connection broke


class Dropped(Exception):  # noqa: N818  not an error of ours: what the world did
    """A connection that was kept broke before there was an answer: most likely the host had closed it meanwhile. It
    may have seen the question all the same, so that asking again is another request at the host."""


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets to addresses that the guard has checked, the first that answers."""

    def __init__(self, guard: Guard) -> None:
        self._guard, self._inner = guard, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to the host. Raises Failure: REFUSED, DNS, TIMEOUT or CONNECT."""
        try:
            addresses = await self._guard.addresses(host, port)
        except Refused as error:
            raise Failure(Outcome.REFUSED, str(error)) from error
        except NoSuchHost as error:
            raise Failure(Outcome.DNS, str(error)) from error
        until = time.monotonic() + (timeout or CONNECT_SECONDS)
        last: Exception | None = None
        for address in addresses:
            left = min(CONNECT_SECONDS, until - time.monotonic())
            if left <= 0:
                break
            try:
                return await self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        if last is None or isinstance(last, httpcore.ConnectTimeout):
            raise Failure(Outcome.TIMEOUT, f"{host} does not answer at port {port}") from last
        raise Failure(Outcome.CONNECT, f"{host} takes no connection at port {port} ({_words(last)})") from last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: no source lives in a socket file."""
        raise Failure(Outcome.REFUSED, "socket files are not fetched")

    async def sleep(self, seconds: float) -> None:
        """As the backend does."""
        await self._inner.sleep(seconds)


class PinnedTransport(httpx.AsyncBaseTransport):
    """What httpx sends through. Whatever goes wrong on the way comes out as a Failure."""

    def __init__(self, guard: Guard, *, ssl_context: ssl.SSLContext | None = None, proxy: str = "") -> None:
        context = ssl_context or trusting()
        self._pool: httpcore.AsyncConnectionPool
        limits: dict[str, Any] = {
            "ssl_context": context,
            "max_connections": None,  # how many are under way is decided above, host by host
            "max_keepalive_connections": KEPT,
            "keepalive_expiry": KEEP_SECONDS,
            "http1": True,
            "http2": True,
        }
        if proxy:
            # The proxy is the operator's own and stands where it stands; what it may reach is its policy.
            at = httpx.Proxy(proxy)
            self._pool = httpcore.AsyncHTTPProxy(
                proxy_url=httpcore.URL(str(at.url)),
                proxy_auth=at.raw_auth,
                proxy_headers=at.headers.raw,
                **limits,
            )
        else:
            self._pool = httpcore.AsyncConnectionPool(network_backend=PinnedBackend(guard), **limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request; the answer's body is streamed as received. Raises Dropped where a connection that was
        kept broke before there was an answer, unless the request's extension AGAIN says that this happened already."""
        fresh = False

        async def trace(name: str, info: Any) -> None:
            nonlocal fresh
            fresh = fresh or name == "connection.connect_tcp.started"

        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions={**request.extensions, "trace": trace},
        )
        with failures():
            try:
                answer = await self._pool.handle_async_request(asked)
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError) as error:
                if fresh or AGAIN in request.extensions or request.method not in ("GET", "HEAD"):
                    raise
                raise Dropped from error
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Stream(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()


def trusting() -> ssl.SSLContext:
    """Certificates are checked in full (SSL_CERT_FILE names other authorities); old but sound TLS is spoken as browsers
    speak it, since many a ministry's server knows no other: RSA key exchange, no renegotiation extension."""
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)  # named from Python 3.12 on
    context.set_ciphers(CIPHERS)
    return context


class _Stream(httpx.AsyncByteStream):
    """A body as it comes. Closed before its end it takes an HTTP/2 connection along: the host would go on sending
    into a connection that others wait on."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer, self._whole = answer, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with failures():
            async for piece in self._answer.aiter_stream():
                yield piece
        self._whole = True

    async def aclose(self) -> None:
        await self._answer.aclose()
        stream = self._answer.extensions.get("network_stream")
        if not self._whole and stream is not None and self._answer.extensions.get("http_version") == b"HTTP/2":
            await stream.aclose()


@contextmanager
def failures() -> Iterator[None]:
    """What goes wrong on a connection as a Failure with its reason in words."""
    try:
        yield
    except (Dropped, Failure, GeneratorExit):
        raise
    except httpcore.TimeoutException as error:
        raise Failure(Outcome.TIMEOUT, "the host was silent for too long") from error
    except httpcore.ProxyError as error:
        raise Failure(Outcome.CONNECT, f"the proxy does not let it through ({_words(error)})") from error
    except httpcore.ConnectError as error:
        # Opening the socket reports its own failures; what is left is the handshake.
        raise Failure(Outcome.TLS, _tls_words(error)) from error
    except httpcore.NetworkError as error:
        raise Failure(Outcome.CONNECT, "the host broke the connection off") from error
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, h2.exceptions.H2Error) as error:
        # What breaks HTTP/2 in the middle of a body comes through httpcore as it is.
        raise Failure(Outcome.PROTOCOL, f"the answer is not proper HTTP ({_words(error)})") from error


def _tls_words(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the host's certificate is not valid: {cause.verify_message or cause.reason}"
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection could be made ({cause.reason or cause})"
        cause = cause.__cause__ or cause.__context__
    return f"no secure connection could be made ({_words(error)})"


def _words(error: BaseException) -> str:
    """An error's own words, short and on one line."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return " ".join(str(error).split())[:160] or type(error).__name__
