"""Every link of every page leads somewhere, in each language; pages say what happened."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient
from surroundings import Asking, crawl

from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database


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


def _plain(text: str) -> str:
    """A page without what is a visitor's own."""
    return re.sub(r'name="csrf" value="[^"]*"', "", text)
