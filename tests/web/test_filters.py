"""Filters are links: a click adds or takes away one value, and the list that comes is the list that was asked for."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient
from surroundings import Asking

from tracker.store.session import Database
from tracker.web.filters import MANY, asked

values = st.text(min_size=1, max_size=30).map(str.strip).filter(bool)
queries = st.lists(st.tuples(st.sampled_from([n for n in MANY if n != "tier"]), values), max_size=6)


def _read(link: str) -> QueryParams:
    return QueryParams(parse_qsl(urlsplit(link).query, keep_blank_values=True))


@given(queries, st.sampled_from([n for n in MANY if n != "tier"]), values)
def test_a_value_that_is_toggled_twice_leaves_the_filters_as_they_were(
    given_: list[tuple[str, str]], name: str, value: str
) -> None:
    first = asked(QueryParams(given_))
    once = asked(_read(first.toggled("/changes", name, value)))
    assert once.has(name, value) != first.has(name, value)
    twice = asked(_read(once.toggled("/changes", name, value)))
    assert {k: set(v) for k, v in twice.values.items()} == {k: set(v) for k, v in first.values.items()}


@given(st.lists(st.tuples(st.text(max_size=10), st.text(max_size=300)), max_size=20))
def test_any_address_is_read_without_an_error_and_says_the_same_when_written(pairs: list[tuple[str, str]]) -> None:
    of = asked(QueryParams(pairs))
    assert asked(_read(of.link("/changes"))) == of


@pytest.fixture
def library(library_database: Database, asking: Asking) -> TestClient:
    return asking(library_database)


def _ids(client: TestClient, address: str) -> list[str]:
    found = []
    while address:
        page = client.get(address).text
        found += re.findall(r'<h2 class="entry-title"><a href="/changes/(\w+)"', page)
        older = re.search(r'<a rel="next" href="([^"]+)"', page)
        address = html.unescape(older[1]) if older else ""
    return found


def test_the_pages_of_the_list_hold_each_change_once(library: TestClient) -> None:
    every = _ids(library, "/changes")
    assert len(every) == len(set(every)) == len(library.get("/export/changes.jsonl").text.splitlines())


@pytest.mark.parametrize("name", ["area", "tier", "jurisdiction", "language", "source"])
def test_each_link_of_a_filter_leads_to_the_part_it_names(library: TestClient, name: str) -> None:
    every = set(_ids(library, "/changes"))
    page = library.get("/changes").text
    links = [html.unescape(link) for link in re.findall(rf'<li><a href="(/changes\?{name}=[^"]+)"', page)]
    parts = [set(_ids(library, link)) for link in links]
    assert len(links) > 1
    assert all(part <= every for part in parts)
    assert set().union(*parts) == every


def test_a_filter_that_holds_can_be_taken_away_with_one_link(library: TestClient) -> None:
    page = library.get("/changes?tier=editorial&area=data-supply").text
    (link,) = re.findall(r'<a class="chip chip-on" href="([^"]+)">Editorial', page)
    assert html.unescape(link) == "/changes?area=data-supply"


def test_words_find_the_changes_whose_words_they_are(library: TestClient) -> None:
    found = _ids(library, "/changes?q=%E5%BA%94%E5%BD%93")  # 应当
    assert found
    for change in found:
        assert "应当" in re.sub("<[^>]+>", "", library.get(f"/changes/{change}").text)


def test_the_document_as_it_stood_is_found_by_its_date_and_place(library: TestClient) -> None:
    page = library.get("/documents/1/at/2025-04-01").text
    assert 'id="art_1__para_1"' in page
    assert 'href="#art_1"' in page
    early = library.get("/documents/1/at/2025-03-02")
    assert early.status_code == 404
    assert "/documents/1/versions/1" in early.text
    moved = library.get("/documents/1/at?date=2025-04-01")
    assert moved.headers["location"] == "/documents/1/at/2025-04-01"


def test_search_says_since_when_words_stand_and_leads_to_the_text_that_held_them(library: TestClient) -> None:
    page = library.get("/search?q=technical+documentation").text
    assert "<mark>technical</mark>" in page
    gone = [html.unescape(link) for link in re.findall(r'href="(/documents/\d+/versions/\d+\?[^"]+)"', page)]
    standing = re.findall(r'href="/documents/\d+\?[^"#]*#', page)
    assert gone or standing
    for link in gone[:5]:
        text = library.get(link.split("#")[0]).text
        place = unquote(link.split("#")[1])
        (paragraph,) = re.findall(rf'id="{re.escape(place)}">(.*?)</p>', text, re.DOTALL)
        assert "technical documentation" in paragraph


def test_another_language_changes_the_words_around_and_not_the_texts(library: TestClient) -> None:
    english, chinese = library.get("/documents/1"), library.get("/documents/1?lang=zh")
    assert chinese.headers["content-language"] == "zh"
    assert '<html lang="zh-Hans">' in chinese.text
    texts = [
        re.findall(r'<div class="prose" dir="auto" lang="en">.*?</div>', page.text, re.DOTALL)
        for page in (english, chinese)
    ]
    assert texts[0] == texts[1] != []
