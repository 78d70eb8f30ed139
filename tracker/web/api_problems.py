"""Errors as problem details (RFC 9457), and entity tags (RFC 9110) on what programs ask for again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
TAGGED = ("/api/", "/feeds/", "/calendar")
LARGEST = 8 * 2**20  # bytes of an answer that is held to tag it


def problem(
    status: int, title: str, detail: str, instance: str, *, errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:  # fmt: skip
    """A problem's answer."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def answer(request: Request, error: Exception) -> JSONResponse:
    """The problem of an error."""
    path = request.url.path
    if isinstance(error, RequestValidationError):
        errors = [
            {"where": ".".join(str(part) for part in item["loc"]), "what": str(item["msg"])} for item in error.errors()
        ]
        return problem(
            422, "Not what this takes", "; ".join(f"{e['where']}: {e['what']}" for e in errors), path, errors=errors
        )
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        detail = str(error.detail) if error.detail and error.detail != title else title
        return problem(error.status_code, title, detail, path, headers=error.headers)
    return problem(500, "Internal Server Error", "This is a defect of ours; the log has more.", path)


class Tagged:
    """ASGI middleware: an ETag on answers of the API, feeds and calendars, and 304 for who has them already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(TAGGED):
            await self._app(scope, receive, send)
            return
        wanted = Headers(scope=scope).get("if-none-match", "")
        start: Message | None = None
        held: list[bytes] = []
        streaming = False

        async def hold(message: Message) -> None:
            nonlocal start, streaming
            if streaming or (message["type"] == "http.response.start" and message["status"] != 200):
                streaming = True
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body" and start is not None:
                held.append(message.get("body", b""))
                if message.get("more_body") and sum(map(len, held)) > LARGEST:
                    streaming = True
                    await send(start)
                    await send({"type": "http.response.body", "body": b"".join(held), "more_body": True})
                elif not message.get("more_body"):
                    await self._finish(start, b"".join(held), wanted, send)

        await self._app(scope, receive, hold)

    async def _finish(self, start: Message, body: bytes, wanted: str, send: Send) -> None:
        headers = MutableHeaders(scope=start)
        # Weak: the same answer may come compressed in another way.
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers["etag"] = headers.get("etag", tag)
        if wanted and (wanted.strip() == "*" or _opaque(tag) in {_opaque(part) for part in wanted.split(",")}):
            start["status"], body = 304, b""
            for name in ("content-length", "content-type", "content-encoding"):
                if name in headers:
                    del headers[name]
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/")
