"""What is said to a host, what a host says, and what of the two may be kept."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx

from tracker.fetch.decode import ACCEPTED
from tracker.fetch.outcome import Failure
from tracker.model import Outcome

ROBOT = "regulatory-tracker"
"""The name that robots.txt files may use for us."""

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,application/pdf;q=0.9,application/json;q=0.9,*/*;q=0.5"
KEPT_VALUE = 500  # characters of a header that are recorded
KEPT_HEADERS = 60
_SECRET = re.compile(r"auth|cookie|token|secret|key|password|session|signature", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(TRACKER_HEADER_[A-Z0-9_]+)\}")
_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")  # RFC 9110, 5.6.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer's headers say of its body."""

    media_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""


def user_agent(contact: str) -> str:
    """Who we are and how we can be reached: "regulatory-tracker/1.0 (+mailto:a@example.org)"."""
    try:
        number = version(ROBOT)
    except PackageNotFoundError:
        number = "0"
    words = _CONTROL.sub(" ", contact).strip().encode("ascii", "ignore").decode().replace("(", "").replace(")", "")
    if "@" in words and "://" not in words and not words.startswith("mailto:"):
        words = f"mailto:{words}"
    return f"{ROBOT}/{number} (+{words})" if words else f"{ROBOT}/{number}"


def to_send(agent: str, language: str, own: Mapping[str, str]) -> dict[str, str]:
    """Headers of a request, the source's `own` last so that they win, except where they would break the protocol."""
    headers = {"User-Agent": agent, "Accept": ACCEPT, "Accept-Encoding": ACCEPTED}
    if language:
        headers["Accept-Language"] = language if language == "en" else f"{language}, en;q=0.5"
    taken = {name.lower(): name for name in headers}
    for name, value in own.items():
        if name.lower() in _OURS:
            continue
        headers.pop(taken.get(name.lower(), ""), None)
        headers[name] = value
    return headers


def filled(own: Mapping[str, str]) -> dict[str, str]:
    """A source's headers with ${TRACKER_HEADER_…} replaced by the variable of that name, or by the file of that name
    in small letters in TRACKER_SECRETS_DIR. The catalogue and the database only ever hold the name, and no other
    variable can be sent anywhere. Raises Failure (REFUSED) for one that is not set and for what no header can hold."""
    made = {name: _VARIABLE.sub(_value, value).strip() for name, value in own.items()}
    for name, value in made.items():
        if not _NAME.match(name) or not value.isascii() or _CONTROL.search(value):
            raise Failure(Outcome.REFUSED, f"the source's header {name[:40]!r} holds what cannot be sent in a header")
    return made


def _value(match: re.Match[str]) -> str:
    name = match[1]
    value = os.environ.get(name)
    folder = os.environ.get("TRACKER_SECRETS_DIR")
    if value is None and folder and (file := Path(folder) / name.lower()).is_file():
        value = file.read_text("utf-8").strip()
    if value is None:
        raise Failure(Outcome.REFUSED, f"a header of the source needs {name}, which is not set")
    return value


def said(headers: httpx.Headers) -> Said:
    """What the headers say of the body; "" for what they do not say."""
    message = Message()
    content_type = _CONTROL.sub(" ", headers.get("content-type", ""))[:KEPT_VALUE]
    message["content-type"] = content_type or "application/octet-stream"
    charset = message.get_param("charset") or ""
    return Said(
        media_type=message.get_content_type() if content_type else "",
        charset=charset.strip("'\" ").lower()[:40] if isinstance(charset, str) else "",
        etag=headers.get("etag", "")[:KEPT_VALUE],
        last_modified=headers.get("last-modified", "")[:100],
    )


def to_record(headers: httpx.Headers, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Headers as they are kept: without secrets (a source's own values, and whatever sounds like one), short."""
    hidden = {name.lower() for name in own or ()}
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if len(kept) >= KEPT_HEADERS:
            break
        secret = name.lower() in hidden or (_SECRET.search(name) and name.lower() != "www-authenticate")
        kept[name] = "(not recorded)" if secret else _CONTROL.sub(" ", value)[:KEPT_VALUE]
    return kept
