"""The built-in site: a small authority's pages on a loopback port, in the state of the story's present chapter."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tracker.demo.pages import NAME, PAGES


class DemoSite:
    """Serves while it is entered. `chapter` says in which state; `url` is the address, without a slash at the end."""

    def __init__(self, port: int = 0) -> None:
        self.chapter = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True, name="demo site").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                made = PAGES.get(self.path)
                if made is None:
                    front = self.path == "/"
                    body = f"<!doctype html><title>{NAME}</title><h1>{NAME}</h1>".encode() if front else b""
                    self._answer(200 if front else 404, body, "text/html; charset=utf-8")
                    return
                body = made[0](site.chapter)
                tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                if self.headers.get("If-None-Match") == tag:
                    self._answer(304, b"", made[1], tag)
                    return
                self._answer(200, body, made[1], tag)

            def _answer(self, status: int, body: bytes, kind: str, tag: str = "") -> None:
                self.send_response(status)
                if tag:
                    self.send_header("ETag", tag)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
                """The story tells what happens."""

        return Handler
