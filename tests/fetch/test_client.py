"""The client with hosts that behave."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import brotli
import pytest
import zstandard

from tests.fetch.site import Asked, Site, answer, certificate, fetcher, redirect, resolves, serving, source
from tracker.fetch.client import Fetcher
from tracker.model import Outcome

PAGE = b"<html><body><h1>Act</h1><p>Article 1. This act governs systems.</p></body></html>" * 3


async def test_a_page_is_received_with_what_the_host_says_of_it(site: Site) -> None:
    site.routes["/act"] = answer(PAGE, content_type='text/html; charset="UTF-8"', etag='"v1"', last_modified="Mon")
    async with fetcher(contact="officer@example.org") as client:
        got = await client.fetch(source(site.url("/act"), language="fr"))
    assert (got.outcome, got.body, got.status) == (Outcome.OK, PAGE, 200)
    assert (got.media_type, got.charset, got.etag, got.last_modified) == ("text/html", "utf-8", '"v1"', "Mon")
    assert (got.url, got.final_url, got.permanent_url) == (site.url("/act"), site.url("/act"), "")
    asked = site.pages()[0].headers
    assert asked["user-agent"].startswith("regulatory-tracker/")
    assert "officer@example.org" in asked["user-agent"]
    assert asked["accept-language"].startswith("fr")
    assert asked["host"] == f"127.0.0.1:{site.port}"


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstandard.compress(PAGE)),
        ("identity", PAGE),
        ("utf-8", PAGE),
        ("gzip, br", brotli.compress(gzip.compress(PAGE, mtime=0))),
        ("", gzip.compress(PAGE, mtime=0)),
    ],
)
async def test_a_compressed_body_is_unfolded(site: Site, encoding: str, packed: bytes) -> None:
    site.routes["/act"] = answer(packed, content_encoding=encoding)
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")))
    assert (got.outcome, got.body) == (Outcome.OK, PAGE)


async def test_unchanged_pages_are_asked_for_by_their_marks(site: Site) -> None:
    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        same = asked.headers.get("if-none-match") == '"v1"'
        await (answer(b"", "304 Not Modified", etag='"v1"') if same else answer(PAGE, etag='"v1"'))(asked, writer)

    site.routes["/act"] = handler
    async with fetcher() as client:
        first = await client.fetch(source(site.url("/act")))
        second = await client.fetch(source(site.url("/act")), etag=first.etag, last_modified=first.last_modified)
    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.NOT_MODIFIED)
    assert second.body == b""
    assert "if-none-match" not in site.pages()[0].headers


async def test_where_all_redirects_are_permanent_the_new_address_is_told(site: Site) -> None:
    site.routes.update({"/a": redirect("/b", "301 Moved"), "/b": redirect("/c", "308 Moved"), "/c": answer(PAGE)})
    site.routes.update({"/x": redirect("/y", "301 Moved"), "/y": redirect("/c", "302 Found")})
    async with fetcher() as client:
        moved = await client.fetch(source(site.url("/a")))
        passing = await client.fetch(source(site.url("/x")))
    assert (moved.final_url, moved.permanent_url) == (site.url("/c"), site.url("/c"))
    assert (passing.final_url, passing.permanent_url) == (site.url("/c"), "")


async def test_a_move_to_nowhere_is_no_move(site: Site) -> None:
    site.routes["/a"] = redirect("/nothing", "301 Moved")
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/a")))
    assert (got.outcome, got.permanent_url) == (Outcome.NOT_FOUND, "")


async def test_a_sources_own_headers_reach_its_host_and_no_other_and_are_not_recorded(site: Site) -> None:
    site.routes["/act"] = redirect("/there")
    async with serving(Site()) as other:
        other.routes["/act"] = answer(PAGE)
        site.routes["/there"] = redirect(other.url("/act"))
        async with fetcher() as client:
            got = await client.fetch(source(site.url("/act"), headers={"X-Api": "hush", "Accept": "text/plain"}))
    assert got.outcome is Outcome.OK
    assert [asked.headers.get("x-api") for asked in site.pages()] == ["hush", "hush"]
    assert site.pages()[0].headers["accept"] == "text/plain"
    assert "x-api" not in other.pages()[0].headers
    assert "hush" not in str(got)


async def test_a_key_stands_in_the_environment_or_a_file_and_nowhere_else(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRACKER_HEADER_MINISTRY", "hush")
    monkeypatch.setenv("OTHER_SECRET", "not for them")
    monkeypatch.setenv("TRACKER_SECRETS_DIR", str(tmp_path))
    (tmp_path / "tracker_header_agency").write_text("quiet\n")
    site.routes["/act"] = answer(PAGE)
    headers = {
        "X-One": "Bearer ${TRACKER_HEADER_MINISTRY}",
        "X-Two": "${TRACKER_HEADER_AGENCY}",
        "X-Three": "${OTHER_SECRET}",
    }
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act"), headers=headers))
        unset = await client.fetch(source(site.url("/act"), headers={"X": "${TRACKER_HEADER_NONE}"}))
    asked = site.pages()[0].headers
    assert (asked["x-one"], asked["x-two"], asked["x-three"]) == ("Bearer hush", "quiet", "${OTHER_SECRET}")
    assert "hush" not in str(got)
    assert "quiet" not in str(got)
    assert unset.outcome is Outcome.REFUSED
    assert "TRACKER_HEADER_NONE" in unset.reason
    assert len(site.pages()) == 1


async def test_cookies_last_for_a_visit_and_no_longer(site: Site) -> None:
    site.routes["/act"] = redirect("/in", set_cookie="session=s3cret; Path=/")
    site.routes["/in"] = answer(PAGE)
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")))
        await client.fetch(source(site.url("/act")))
    assert [asked.headers.get("cookie", "") for asked in site.pages()] == ["", "session=s3cret"] * 2
    assert "s3cret" not in str(got)


async def test_a_page_that_sets_a_cookie_and_leads_to_itself_is_read(site: Site) -> None:
    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        known = "seen=1" in asked.headers.get("cookie", "")
        await (answer(PAGE) if known else redirect("/act", set_cookie="seen=1"))(asked, writer)

    site.routes["/act"] = handler
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")))
    assert (got.outcome, got.body) == (Outcome.OK, PAGE)


@pytest.mark.parametrize(
    ("status", "outcome", "word"),
    [
        ("401 Unauthorized", Outcome.BLOCKED, "password"),
        ("403 Forbidden", Outcome.BLOCKED, "by hand"),
        ("404 Not Found", Outcome.NOT_FOUND, "404"),
        ("410 Gone", Outcome.GONE, "gone"),
        ("418 Teapot", Outcome.CLIENT_ERROR, "418"),
        ("451 Unavailable", Outcome.BLOCKED, "legal"),
        ("500 Oops", Outcome.SERVER_ERROR, "500"),
        ("503 Busy", Outcome.SERVER_ERROR, "503"),
        ("302 Found", Outcome.PROTOCOL, "where to go"),
        ("206 Partial", Outcome.PROTOCOL, "206"),
        ("204 No Content", Outcome.EMPTY, "empty"),
    ],
)
async def test_every_status_has_an_outcome_and_a_reason(site: Site, status: str, outcome: Outcome, word: str) -> None:
    site.routes["/act"] = answer(b"", status, content_length="0" if "204" not in status else "")
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")))
    assert (got.outcome, got.status) == (outcome, int(status[:3]))
    assert word in got.reason
    assert got.body == b""


async def test_an_empty_page_is_not_an_empty_document(site: Site) -> None:
    site.routes["/act"] = answer(b"  \r\n")
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")))
    assert got.outcome is Outcome.EMPTY


async def test_another_address_of_a_source_is_fetched_as_told(site: Site) -> None:
    site.routes["/linked"] = answer(PAGE)
    async with fetcher() as client:
        got = await client.fetch(source(site.url("/act")), url=site.url("/linked"))
    assert (got.outcome, got.url) == (Outcome.OK, site.url("/linked"))


async def test_names_keep_their_name_while_the_connection_is_pinned(site: Site) -> None:
    site.routes["/act"] = answer(PAGE)
    async with fetcher(resolver=resolves(law_example=["127.0.0.1"])) as client:
        got = await client.fetch(source(site.url("/act", host="law.example")))
    assert got.outcome is Outcome.OK
    assert site.pages()[0].headers["host"] == f"law.example:{site.port}"


async def test_the_next_address_of_a_host_is_tried(site: Site) -> None:
    site.routes["/act"] = answer(PAGE)
    async with fetcher(resolver=resolves(law_example=["127.9.9.9", "127.0.0.1"])) as client:
        got = await client.fetch(source(site.url("/act", host="law.example")))
    assert got.outcome is Outcome.OK


async def test_secure_hosts_are_checked_by_their_name() -> None:
    host, client_context = certificate("law.example")
    async with serving(Site(), host) as site:
        site.routes["/act"] = answer(PAGE)
        names = resolves(law_example=["127.0.0.1"], other_example=["127.0.0.1"])
        async with fetcher(resolver=names, ssl_context=client_context) as client:
            right = await client.fetch(source(site.url("/act", host="law.example")))
            wrong = await client.fetch(source(site.url("/act", host="other.example")))
        async with fetcher(resolver=names) as client:
            unknown = await client.fetch(source(site.url("/act", host="law.example")))
    assert right.outcome is Outcome.OK
    assert (wrong.outcome, unknown.outcome) == (Outcome.TLS, Outcome.TLS)
    assert "certificate" in wrong.reason
    assert "certificate" in unknown.reason


async def test_an_old_host_is_read_as_browsers_read_it_and_its_certificate_is_checked_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, trusts = certificate("127.0.0.1", old=True)
    monkeypatch.setattr("tracker.fetch.connect.httpx.create_ssl_context", lambda: trusts)
    async with serving(Site(routes={"/act": answer(PAGE)}), host) as site, fetcher() as client:
        known = await client.fetch(source(site.url("/act")))
    monkeypatch.undo()
    async with serving(Site(routes={"/act": answer(PAGE)}), host) as site, fetcher() as client:
        unknown = await client.fetch(source(site.url("/act")))
    assert known.outcome is Outcome.OK, known.reason
    assert unknown.outcome is Outcome.TLS
    assert "certificate" in unknown.reason


async def test_ipv6_is_spoken() -> None:
    client = fetcher(resolver=resolves(law_example=["::1"]))
    async with serving(Site(host="::1", routes={"/act": answer(PAGE)})) as site, client:
        by_number = await client.fetch(source(site.url("/act")))
        by_name = await client.fetch(source(site.url("/act", host="law.example")))
    assert (by_number.outcome, by_name.outcome) == (Outcome.OK, Outcome.OK)
    assert site.pages()[0].headers["host"] == f"[::1]:{site.port}"


async def test_a_certificate_that_ran_out_says_so() -> None:
    host, client_context = certificate("127.0.0.1", days=-1)
    async with serving(Site(), host) as site, fetcher(ssl_context=client_context) as client:
        got = await client.fetch(source(site.url("/act")))
    assert got.outcome is Outcome.TLS
    assert "expired" in got.reason


async def test_a_connection_that_was_closed_meanwhile_is_replaced(site: Site) -> None:
    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await answer(PAGE)(asked, writer)
        await writer.drain()
        writer.close()  # without a word: keep-alive was promised

    site.routes["/act"] = handler
    async with fetcher() as client:
        got = [await client.fetch(source(site.url("/act"))) for _ in range(4)]
    assert [each.outcome for each in got] == [Outcome.OK] * 4


async def test_a_fetcher_that_is_not_open_says_so_instead_of_raising(site: Site) -> None:
    client: Fetcher = fetcher()
    got = await client.fetch(source(site.url("/act")))
    assert got.outcome is Outcome.INTERNAL
    assert "async with" in got.reason


async def test_without_a_browser_the_reason_says_how_to_get_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with fetcher(chromium="/nowhere/chromium") as client:
        got = await client.fetch(source(site.url("/act"), render=True))
    assert got.outcome is Outcome.NO_BROWSER
    assert "TRACKER_CHROMIUM" in got.reason
