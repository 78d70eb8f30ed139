"""The API: it says what the store holds, page by page; errors are problems; what was seen needs no second copy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import visits
from starlette.testclient import TestClient
from surroundings import NOW, Asking

from tracker.store import queries
from tracker.store.session import Database
from tracker.web import api_models as shapes


@pytest.fixture
def library(library_database: Database, asking: Asking) -> TestClient:
    return asking(library_database)


def _all(client: TestClient, path: str, **query: object) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    cursor = ""
    for _ in range(200):
        page = client.get(path, params={**query, "cursor": cursor}).json()
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            return items
    raise AssertionError("the pages never end")


@pytest.mark.parametrize(
    "path", ["changes", "documents", "sources", "checks", "documents/1/versions", "search?q=provider"]
)
@pytest.mark.parametrize("limit", [1, 3])
def test_pages_add_up_to_the_whole_whatever_their_size(library: TestClient, path: str, limit: int) -> None:
    name, _, query = path.partition("?")
    more = dict(part.split("=") for part in query.split("&") if part)
    every = _all(library, f"/api/v1/{name}", limit=200, **more)
    assert len(every) > 3
    assert _all(library, f"/api/v1/{name}", limit=limit, **more) == every


def test_the_list_of_changes_is_that_of_the_store(library: TestClient, library_database: Database) -> None:
    with library_database.read() as session:
        stored = queries.list_changes(session, queries.ChangeFilter(states=("told",)), limit=500).items
    assert [item["id"] for item in _all(library, "/api/v1/changes")] == [line.id for line in stored]


def test_filters_of_the_api_are_those_of_the_pages(library: TestClient) -> None:
    every = _all(library, "/api/v1/changes", state=["told", "silent", "pending"])
    for name, field in (
        ("tier", "tier"),
        ("source", "source_id"),
        ("language", "language"),
        ("jurisdiction", "jurisdiction"),
    ):
        for value in {str(item[field]) for item in every}:
            found = _all(library, "/api/v1/changes", state=["told", "silent", "pending"], **{name: value})
            assert [item["id"] for item in found] == [item["id"] for item in every if item[field] == value]


def test_a_change_s_edits_lead_from_the_old_text_to_the_new(library: TestClient) -> None:
    for item in _all(library, "/api/v1/changes")[:12]:
        change = library.get(f"/api/v1/changes/{item['id']}").json()
        assert change["edits"]
        for edit in change["edits"]:
            if edit["kind"] == "replace":
                old, new = ("\n".join(block["text"] for block in edit[side]) for side in ("old", "new"))
                assert "".join(text for kind, text in edit["spans"] if kind != "+") == old
                assert "".join(text for kind, text in edit["spans"] if kind != "-") == new


def test_the_text_of_every_version_is_the_text_that_was_recorded(
    library: TestClient, library_database: Database
) -> None:
    for document in _all(library, "/api/v1/documents"):
        where = f"/api/v1/documents/{document['id']}"
        for line in _all(library, f"{where}/versions"):
            text = library.get(f"{where}/versions/{line['number']}").json()
            with library_database.read() as session:
                kept = queries.version_number(session, int(str(document["id"])), int(str(line["number"])))
                assert kept is not None
                assert text["text"] == kept.text == "\n".join(block["text"] for block in text["blocks"])
            at = datetime.fromisoformat(str(line["seen_at"]))
            assert library.get(f"{where}/at/{at.isoformat()}").json()["number"] == line["number"]
            before = library.get(f"{where}/at/{(at - timedelta(microseconds=1)).isoformat()}")
            assert before.status_code == 404 if line["number"] == 1 else before.json()["number"] == line["number"] - 1


def test_texts_have_the_shape_that_is_documented(library: TestClient, library_database: Database) -> None:
    with library_database.read() as session:
        stored = queries.version_number(session, 1, 1)
        lines = queries.blame(session, 1)
        assert stored is not None
        words = stored.text
    text = shapes.Text.model_validate(library.get("/api/v1/documents/1/versions/1").json())
    assert text.blocks == shapes.blocks(queries.version_blocks(stored))
    assert (text.text, text.seen_at, text.chain) == (words, stored.seen_at, stored.chain)
    said = library.get("/api/v1/documents/1/blame").json()
    assert [shapes.Blamed.model_validate(one) for one in said] == [shapes.Blamed.of(line) for line in lines]


def test_each_paragraph_s_wording_came_in_with_the_version_that_blame_names(library: TestClient) -> None:
    for document in _all(library, "/api/v1/documents")[:4]:
        where = f"/api/v1/documents/{document['id']}"
        texts = {
            line["number"]: library.get(f"{where}/versions/{line['number']}").json()
            for line in _all(library, f"{where}/versions")
        }
        for line in library.get(f"{where}/blame").json():
            words, number = line["block"]["text"], line["version"]
            assert words in [block["text"] for block in texts[number]["blocks"]]
            if number > 1:
                earlier = sum(block["text"] == words for block in texts[number - 1]["blocks"])
                assert earlier < sum(block["text"] == words for block in texts[number]["blocks"])


def test_two_versions_are_compared_in_both_directions(library: TestClient) -> None:
    there = library.get("/api/v1/documents/1/compare", params={"old": 1, "new": 2}).json()["edits"]
    back = library.get("/api/v1/documents/1/compare", params={"old": 2, "new": 1}).json()["edits"]
    assert len(there) == len(back) > 0
    assert library.get("/api/v1/documents/1/compare", params={"old": 1, "new": 1}).json()["edits"] == []


def test_two_chinese_characters_find_their_passage(client: TestClient) -> None:
    found = client.get("/api/v1/search", params={"q": "报告"}).json()["items"]
    assert found
    assert all("<mark>报告</mark>" in hit["snippet"] for hit in found)


def test_the_stream_of_events_goes_on_where_a_reader_stopped(client: TestClient, story_database: Database) -> None:
    with story_database.read() as session:
        every = queries.events_after(session, limit=1000)
    seen: list[dict[str, str]] = []
    after = "0"
    while True:
        answer = client.get("/api/v1/events", params={"after": after, "limit": 3})
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        batch = answer.json()
        if not batch:
            break
        seen += batch
        after = batch[-1]["sequence"]
        assert f"after={after}&" in answer.headers["link"]
    assert [event["id"] for event in seen] == [event.uid for event in every]
    for event in seen:
        assert {"specversion", "id", "source", "type", "time", "data"} <= event.keys()
        assert event["specversion"] == "1.0"
        assert event["type"].startswith("io.tracker.")


@pytest.mark.parametrize(
    "path", ["/api/v1/changes", "/feeds/changes.atom", "/calendar.ics", "/api/v1/sources", "/api/v1/openapi.json"]
)
def test_who_has_it_already_gets_no_second_copy(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    again = client.get(path, headers={"if-none-match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nothing", 404), ("/api/v1/changes/nothing", 404), ("/api/v1/documents/77777", 404),
        ("/api/v1/changes?limit=0", 422), ("/api/v1/changes?limit=many", 422), ("/api/v1/changes?cursor=x", 400),
        ("/api/v1/changes?since=soon", 422), ("/api/v1/changes?tier=huge", 422), ("/api/v1/changes?document=0", 422),
        ("/api/v1/documents/1/at/soon", 422), ("/api/v1/documents?cursor=eyJpZCI6LTF9", 400),
        ("/api/v1/documents?cursor=eyJpZCI6MS41fQ", 400), ("/api/v1/documents?cursor=eyJpZCI6dHJ1ZX0", 400),
        ("/api/v1/documents/1/compare?old=1", 422), ("/api/v1/events?after=-1", 422), ("/api/v1/search", 422),
    ],
)  # fmt: skip
def test_errors_are_problem_details(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["instance"] == path.partition("?")[0]


def test_a_correction_comes_in_by_the_api(database: Database, asking: Asking) -> None:
    from tracker.store.records import Records

    told, _silent = visits.story(Records(database))
    client = asking(database)
    where = f"/api/v1/changes/{told.id}/feedback"
    assert (
        client.post(
            where,
            json={
                "tier": "editorial",
                "note": "\ud800 \x00 commas".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
            },
        ).status_code
        == 204
    )
    assert (
        client.post(where, content=json.dumps({"note": "a"}), headers={"content-type": "text/plain"}).status_code == 422
    )
    assert client.post(where, json={"tier": "editorial"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(where, json={}).status_code == 422
    assert client.post(where, json={"tier": "huge"}).status_code == 422


def test_a_feed_s_entries_keep_their_ids_and_carry_the_redline(client: TestClient) -> None:
    feedparser = pytest.importorskip("feedparser")
    feed = feedparser.parse(client.get("/feeds/changes.atom").content)
    again = feedparser.parse(client.get("/feeds/changes.atom?area=safety-governance").content)
    assert {e.id for e in again.entries} <= {e.id for e in feed.entries}
    assert feed.feed.id != again.feed.id
    for entry in feed.entries:
        assert entry.id.startswith("tag:127.0.0.1,2026:change/")
        assert "<del>" in entry.content[0].value
        assert "<ins>" in entry.content[0].value


def test_the_calendar_has_the_dates_ahead_each_once(client: TestClient) -> None:
    calendar = pytest.importorskip("icalendar").Calendar.from_ical(client.get("/calendar.ics").content)
    entries = calendar.walk("VEVENT")
    assert {str(entry["dtstart"].dt) for entry in entries} == {"2026-05-01"}
    assert all(entry["dtstart"].dt > NOW.astimezone(UTC).date() for entry in entries)
    assert len({str(entry["uid"]) for entry in entries}) == len(entries) == 2
