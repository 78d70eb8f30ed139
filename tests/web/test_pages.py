"""Every link of every page leads somewhere, in each language; pages say what happened."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient
from surroundings import Asking, crawl

from tracker.diff.edits import compare
from tracker.model import Block, Text
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.text.canonical import fingerprint
from tracker.web import pages_documents


@pytest.mark.parametrize("language", ["en", *(pytest.param(code, marks=pytest.mark.slow) for code in ("fr", "zh"))])
def test_no_link_of_ours_is_broken(client: TestClient, language: str) -> None:
    client.cookies.set("tracker_language", language)
    seen = crawl(client)
    assert len(seen) > 60
    assert {where: status for where, status in seen.items() if status >= 400} == {}


@pytest.mark.postgres
def test_the_pages_are_the_same_over_postgresql(fresh_postgres: str, story_database: Database, asking: Asking) -> None:
    import visits

    database = Database(fresh_postgres)
    migrate(database)
    for name in ("lighthouses", "harbours"):
        visits.story(Records(database), name)
    over, here = asking(database), asking(story_database)
    seen = [where for where, status in crawl(here, most=120).items() if status == 200]
    differing = []
    for where in seen:
        if where.startswith(("/readyz", "/metrics", "/search")):  # schema's name, this process, another ranking
            continue
        first, second = (_plain(client.get(where).text) for client in (here, over))
        if first != second:
            differing.append(where)
    database.dispose()
    assert differing == []


@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_a_reader_s_language_stays_chosen(client: TestClient, language: str) -> None:
    answer = client.get(f"/language/{language}?next=/changes")
    assert answer.headers["location"] == "/changes"
    assert client.get("/changes", headers={"accept-language": "de"}).headers["content-language"] == language


def test_the_parts_of_a_long_text_add_up_to_the_whole_and_a_place_is_found_in_its_part(
    library_database: Database, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = asking(library_database)
    whole = _rows(client.get("/documents/1/blame").text)
    monkeypatch.setattr(pages_documents, "PART", 3)
    first = client.get("/documents/1/blame").text
    number = -(-len(whole) // 3)
    addresses = [f"/documents/1/blame?part={part}" for part in range(1, number + 1)]
    linked = re.findall(r'href="(/documents/1/blame\?part=\d+)"', first)
    assert linked[:2] + linked[-1:] == addresses[:2] + addresses[-1:]
    assert [row for address in addresses for row in _rows(client.get(address).text)] == whole
    for place in re.findall(r' id="([^"]+)"', "".join(whole)):
        page = client.get("/documents/1/blame", params={"place": html.unescape(place)}).text
        (row,) = (row for row in page.split("<tr") if f' id="{place}"' in row)
        assert row.startswith(' class="blame-first">')  # who comes for a paragraph sees its date beside it
    assert client.get("/documents/1/blame?part=99").status_code == 200


def _rows(page: str) -> list[str]:
    return re.findall(r'<td class="blame-text.*?</td>', page, re.DOTALL)


def test_from_a_passage_found_one_click_leads_to_what_came_before_it(client: TestClient) -> None:
    page = client.get("/search?q=keeper").text
    before = re.findall(r'href="(/changes/[^"]+)">What came before', page)
    since = [html.unescape(href) for href in re.findall(r'href="(/documents/[^"]+)">Since when', page)]
    assert before
    assert since
    for address in (*before, *since):
        assert client.get(address).status_code == 200
    for address in since:
        _, _, place = address.partition("#")
        assert f' id="{unquote(place)}"' in client.get(address).text


def test_the_paragraph_a_reader_came_for_stays_in_sight_from_view_to_view(client: TestClient) -> None:
    page = client.get("/search?q=keeper").text
    (text, *_more) = [html.unescape(href) for href in re.findall(r'href="(/documents/[^"]+)">', page) if "#" in href]
    place = unquote(text.partition("#")[2])
    document = client.get(text).text
    assert f' id="{place}"' in document
    (since,) = (html.unescape(href) for href in re.findall(r'href="([^"]+/blame[^"]*)"', document))
    assert unquote(since.partition("#")[2]) == place
    where = text.partition("?")[0].partition("/versions")[0]
    moved = client.get(f"{where}/at", params={"date": "2026-05-05", "place": place}, follow_redirects=False)
    assert unquote(moved.headers["location"].partition("#")[2]) == place
    assert f'name="place" value="{html.escape(place)}"' in client.get(moved.headers["location"]).text


def test_versions_next_to_each_other_are_compared_as_it_was_recorded(client: TestClient) -> None:
    lines = [line for line in client.get("/api/v1/changes").json()["items"] if line["old_version"]]
    assert lines
    for line in lines:
        told = _changed(client.get(f"/changes/{line['id']}").text)
        versions = {"old": line["old_version"], "new": line["new_version"]}
        assert told == _changed(client.get(f"/documents/{line['document_id']}/compare", params=versions).text)
        assert any(told)


def test_a_reason_is_said_once_however_often_it_was_found(library_database: Database, asking: Asking) -> None:
    client = asking(library_database)
    for line in client.get("/api/v1/changes?limit=40").json()["items"]:
        (reasons,) = re.findall(r'<ul class="reasons">(.*?)</ul>', client.get(f"/changes/{line['id']}").text, re.DOTALL)
        said = [
            re.sub(r"<q.*", "", one, flags=re.DOTALL).strip()
            for one in re.findall(r"<li>(.*?)</li>", reasons, re.DOTALL)
        ]
        assert len(said) == len(set(said)) > 0


def _changed(page: str) -> list[str]:
    """The words that a page shows as taken out, and as put in."""
    return [
        "".join(re.sub("<[^>]*>", "", of) for of in re.findall(f"<{tag}>.*?</{tag}>", page, re.DOTALL))
        for tag in ("del", "ins")
    ]


def _plain(text: str) -> str:
    """A page without what is a visitor's own."""
    return re.sub(r'name="csrf" value="[^"]*"', "", text)


def test_distant_versions_of_a_long_text_are_compared_part_by_part_and_no_edit_is_left_out(
    empty_database: Database, asking: Asking
) -> None:
    import visits

    records = Records(empty_database)
    for month, word in enumerate(("lamp", "bell", "horn")):
        blocks = tuple(
            Block(f"Keeper {n} watches the {word if n % 2 else 'sea'} of island {n * 7}.") for n in range(900)
        )
        text = Text(fingerprint(blocks), blocks, "Keepers", "en")
        records.record(visits.visit(visits.START + timedelta(days=month), text, told=text.fingerprint))
    client = asking(empty_database)
    address, pages, found = "/documents/1/compare?old=1&new=3", 0, list[str]()
    while address:
        page = client.get(address).text
        pages += 1
        found += re.findall(r"<del>(.*?)</del>|<ins>(.*?)</ins>", page)
        onward = re.search(r'<a rel="next" href="([^"]+)"', page)
        address = html.unescape(onward[1]) if onward else ""
    assert pages > 4
    assert found.count(("lamp", "")) == found.count(("", "horn")) == 450
    assert client.get("/documents/1/compare?old=1&new=3&part=999999&start=5").status_code == 200


def test_the_edits_of_a_large_change_come_on_several_pages(empty_database: Database, asking: Asking) -> None:
    import visits

    old, new = (
        Text(fingerprint(blocks), blocks, "Keepers", "en")
        for blocks in (
            tuple(Block(f"Keeper {n} watches the {word if n % 2 else 'sea'} of island {n * 7}.") for n in range(300))
            for word in ("lamp", "horn")
        )
    )
    records = Records(empty_database)
    records.record(visits.visit(visits.START, old, told=old.fingerprint))
    at = visits.START + timedelta(days=1)
    change = replace(visits.change(old, new, at), comparison=compare(old.blocks, new.blocks))
    records.record(visits.visit(at, new, changes=(change,), told=new.fingerprint))
    client = asking(empty_database)
    for address in (f"/changes/{change.id}", "/documents/1/compare?old=1&new=2"):
        found: list[str] = []
        for start in (0, 100):
            separator = "&" if "?" in address else "?"
            page = client.get(f"{address}{separator}start={start}").text
            found += re.findall(r'id="(edit-\d+)"', page)
        assert found == [f"edit-{n}" for n in range(1, 151)]
    entry = client.get("/feeds/changes.atom").text
    assert entry.count("&lt;ins&gt;") == 25
    assert "125 more edits" in entry
