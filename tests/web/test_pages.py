"""Every link of every page leads somewhere, in each language; pages say what happened."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

_LINK = re.compile(r'(?:href|src)="(/[^"]*)"')
_COMBINED = re.compile(r"[?&]\w+=[^&]*&\w+=")  # filters of filters: one step is enough


def crawl(client: TestClient, start: str = "/", most: int = 300) -> dict[str, int]:
    """Follows the links of our own pages; gives each address's status."""
    seen: dict[str, int] = {}
    todo = [start]
    while todo and len(seen) < most:
        address = todo.pop(0)
        if address in seen:
            continue
        answer = client.get(address)
        seen[address] = answer.status_code
        if answer.headers.get("content-type", "").startswith("text/html") and answer.status_code == 200:
            for link in _LINK.findall(answer.text):
                where = html.unescape(link).split("#")[0]
                if where not in seen and not _COMBINED.search(where):
                    todo.append(where)
    return seen


@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_no_link_of_ours_is_broken(client: TestClient, language: str) -> None:
    client.cookies.set("tracker_language", language)
    seen = crawl(client)
    assert len(seen) > 60
    assert {where: status for where, status in seen.items() if status >= 400} == {}
