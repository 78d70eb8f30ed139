"""Bot walls, logins and consent pages are seen; pages that only mention them are read."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fetch.site import Site, answer, fetcher, redirect, source
from tracker.fetch.walls import FEW_WORDS, wall, words
from tracker.model import Outcome

URL = httpx.URL("https://law.example/act")
TEXT = b"<p>" + b"Each provider shall keep the documentation of its system for ten years. " * 20 + b"</p>"
CHALLENGE = b"<html><head><script>window._cf_chl_opt = {cType: 'managed'}</script></html>"
LOGIN = b"<html><form action=/in><input name=user><input name=pw type='password'><button>Log in</button></form></html>"


def seen(body: bytes, *, final: str = "https://law.example/act", **headers: str) -> Outcome:
    """What an answer of status 200 is in truth."""
    named = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    failure = wall(URL, httpx.URL(final), named, "text/html", body)
    return failure.outcome if failure else Outcome.OK


def test_walls_are_known_by_their_machinery() -> None:
    assert seen(CHALLENGE) is Outcome.BLOCKED
    assert seen(b"<script src='/_Incapsula_Resource?x'></script>") is Outcome.BLOCKED
    assert seen(TEXT, cf_mitigated="challenge") is Outcome.BLOCKED
    assert seen(b"<p>short</p>", x_amzn_waf_action="captcha") is Outcome.BLOCKED


def test_logins_and_consent_pages_too() -> None:
    assert seen(LOGIN) is Outcome.LOGIN
    assert seen(b"<p>Redirecting</p>", final="https://sso.law.example/oauth2/authorize") is Outcome.LOGIN
    assert seen(b"<p>Before you go on</p>", final="https://consent.law.example/m?continue=x") is Outcome.CONSENT


def test_a_text_is_a_text_whatever_else_is_on_its_page() -> None:
    assert seen(TEXT + CHALLENGE) is Outcome.OK
    assert seen(TEXT + LOGIN) is Outcome.OK
    assert seen(TEXT, final="https://law.example/login-policy") is Outcome.OK
    assert seen(b"<p>A short notice on captcha-delivery and logins.</p>") is Outcome.OK


def test_an_address_that_speaks_of_logins_itself_is_no_redirect_to_one() -> None:
    asked = httpx.URL("https://law.example/login")
    failure = wall(asked, httpx.URL("https://law.example/login/"), httpx.Headers(), "text/html", b"<p>short</p>")
    assert failure is None


def test_what_is_no_page_is_not_looked_at() -> None:
    assert wall(URL, URL, httpx.Headers(), "application/pdf", CHALLENGE) is None
    assert wall(URL, URL, httpx.Headers(), "application/json", LOGIN) is None


@given(st.integers(0, 400))
def test_words_are_counted_as_a_person_reads_them(count: int) -> None:
    page = "<html><script>" + "var x = 1; " * 50 + "</script><style>p { color: red }</style><!-- a note -->"
    assert words((page + "<p>" + "word " * count + "</p>").encode()) == count
    assert words((page + "<p>" + "法律" * count + "</p>").encode()) == count


@given(st.binary(max_size=2000))
def test_no_body_breaks_it(body: bytes) -> None:
    assert seen(body) in (Outcome.OK, Outcome.BLOCKED, Outcome.LOGIN)
    assert seen(b"<script>" * 500 + body + b"<" * 500) in (Outcome.OK, Outcome.BLOCKED, Outcome.LOGIN)


async def test_a_wall_with_any_status_is_blocked_and_its_body_never_kept(site: Site) -> None:
    site.routes["/ok"] = answer(CHALLENGE)
    site.routes["/busy"] = answer(CHALLENGE, "503 Busy", cf_mitigated="challenge")
    site.routes["/act"] = redirect("/accounts/sign-in")
    site.routes["/accounts/sign-in"] = answer(b"<p>Please log in</p>")
    async with fetcher() as client:
        got = {path: await client.fetch(source(site.url(path))) for path in ("/ok", "/busy", "/act")}
    assert [each.outcome for each in got.values()] == [Outcome.BLOCKED, Outcome.BLOCKED, Outcome.LOGIN]
    assert all(each.body == b"" and "by hand" in each.reason for each in got.values())


@pytest.mark.shared
def test_of_real_pages_only_those_are_kept_out_that_are_walls(shared: Path) -> None:
    """All pages that hosts served as documents, listings and feeds are read; of the odd ones only those that are
    labelled as walls, challenges and logins are not."""
    index = [json.loads(line) for line in (shared / "pages" / "index.jsonl").read_text().splitlines()]
    kept_out = []
    for entry in index:
        file = shared / "pages" / entry["file"]
        if file.suffix not in (".html", ".htm") or not file.exists():
            continue
        failure = wall(URL, URL, httpx.Headers(), "text/html", file.read_bytes())
        if failure:
            kept_out.append((entry["kind"], entry["what"], failure.outcome.value))
    wrong = [
        each
        for each in kept_out
        if each[0] != "odd" or not any(word in each[1].lower() for word in ("waf", "challenge", "login"))
    ]
    assert wrong == []
    assert len(kept_out) >= 3


def test_few_is_few() -> None:
    assert words(TEXT) > FEW_WORDS
