"""Pages that are nothing but a way to another."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fetch.site import Site, answer, fetcher, source
from tracker.fetch.client import Answer
from tracker.fetch.redirects import refresh
from tracker.model import Outcome

PAGE = b"<html><body><h1>Act</h1><p>Article 1. This act governs systems.</p></body></html>"


def leads(page: str, status: int = 200, media_type: str = "text/html") -> str:
    """Where a page's refresh leads."""
    headers = httpx.Headers({"content-type": media_type})
    return refresh(Answer(httpx.URL("https://law.example/"), status, headers, page.encode()))


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="0; url=/en/act">',
        "<html><head><META HTTP-EQUIV=Refresh CONTENT='0;URL=/en/act'></head></html>",
        '<meta content="3;url=/en/act" http-equiv="refresh"><p>You are being sent on.</p>',
        '<meta http-equiv="refresh" content="0; URL=\'/en/act\'">',
        '<meta http-equiv="refresh" content="0, /en/act">',
    ],
)
def test_a_refresh_is_read_as_browsers_read_it(page: str) -> None:
    assert leads(page) == "/en/act"


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="300; url=/en/act">',  # a page that is there to be read
        '<meta http-equiv="refresh" content="30">',  # reloads itself
        '<noscript><meta http-equiv="refresh" content="0; url=/no-js"></noscript>',
        '<meta name="refresh" content="0; url=/en/act">',
        '<meta http-equiv="refresh" content="0; url=/en/act"><p>' + "The provider keeps records. " * 20,
        '<meta http-equiv="refresh" content="0; url=/en/act"><!--' + "x" * 9000,
    ],
)
def test_a_page_with_a_text_stays_where_it_is(page: str) -> None:
    assert leads(page) == ""


def test_only_good_pages_refresh() -> None:
    page = '<meta http-equiv="refresh" content="0; url=/en/act">'
    assert leads(page, status=404) == ""
    assert leads(page, media_type="text/plain") == ""


@given(st.binary(max_size=300))
def test_no_page_breaks_it(body: bytes) -> None:
    page = b'<meta http-equiv="refresh" content="0; url=' + body + b'">'
    headers = httpx.Headers({"content-type": "text/html"})
    assert isinstance(refresh(Answer(httpx.URL("https://law.example/"), 200, headers, page)), str)


async def test_a_refresh_is_followed_under_the_same_rules(site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /private\n"
    site.routes.update(
        {
            "/": answer(b'<meta http-equiv="refresh" content="0; url=/en">'),
            "/en": answer(PAGE),
            "/in": answer(b'<meta http-equiv="refresh" content="0; url=http://10.0.0.1/">'),
            "/kept": answer(b'<meta http-equiv="refresh" content="0; url=/private">'),
            "/round": answer(b'<meta http-equiv="refresh" content="0; url=/round">'),
        }
    )
    async with fetcher() as client:
        got = {path: await client.fetch(source(site.url(path))) for path in ("/", "/in", "/kept", "/round")}
    assert (got["/"].outcome, got["/"].body, got["/"].final_url) == (Outcome.OK, PAGE, site.url("/en"))
    assert got["/"].permanent_url == ""
    assert [each.outcome for each in got.values()][1:] == [Outcome.REFUSED, Outcome.ROBOTS, Outcome.REDIRECTS]
