"""Where an answer sends us: by its status, or by a page that is nothing but a refresh."""

from __future__ import annotations

import html
import re
from typing import Protocol

import httpx

from tracker.fetch.headers import said
from tracker.fetch.outcome import Failure
from tracker.fetch.walls import is_html, words
from tracker.model import Outcome

STATUSES = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
SMALL = 8_192  # bytes of a page that may be nothing but a refresh
FEW_WORDS = 30
SOON = 10  # seconds; a page that reloads later than that is there to be read

_NO_SCRIPT = re.compile(rb"<noscript\b.*?</noscript\s*>", re.IGNORECASE | re.DOTALL)
_META = re.compile(rb"<meta\b[^<>]{0,1000}>", re.IGNORECASE)
_REFRESH = re.compile(rb"http-equiv\s*=\s*[\"']?\s*refresh\b", re.IGNORECASE)
_CONTENT = re.compile(rb"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_TARGET = re.compile(r"^\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+?)[\"']?\s*$", re.IGNORECASE)


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


def target(answer: AnswerLike) -> str | None:
    """The address that an answer leads to, None where it is the answer. Raises Failure where it leads to none."""
    location = answer.headers.get("location", "").strip() if answer.status in STATUSES else refresh(answer)
    if not location:
        return None
    try:
        return str(answer.url.join(location))
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise Failure(Outcome.REDIRECTS, f"the redirect leads to no address ({location[:100]!r})") from error


def refresh(answer: AnswerLike) -> str:
    """The target of a page without a text that refreshes itself to another address at once; "" for all others."""
    body = answer.body
    if answer.status != 200 or len(body) > SMALL or not is_html(said(answer.headers).media_type, body):
        return ""
    body = _NO_SCRIPT.sub(b" ", body)
    for meta in _META.findall(body):
        content = _CONTENT.search(meta)
        if not content or not _REFRESH.search(meta):
            continue
        found = _TARGET.match(html.unescape((content[1] or content[2] or b"").decode("utf-8", "replace")))
        if found and int(found[1]) <= SOON and words(body) < FEW_WORDS:
            return found[2].strip()
    return ""
