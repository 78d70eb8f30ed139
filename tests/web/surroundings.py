"""What the tests of the pages share besides their fixtures: the hour, the address, settings, and a walk over links."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import visits
from starlette.testclient import TestClient

from tracker.settings import Settings

NOW = visits.START + timedelta(days=60)
BASE = "http://127.0.0.1"


def settings_for(folder: Path, **more: Any) -> Settings:
    """Settings that read nothing of the machine they run on."""
    return Settings(_env_file=None, data=folder, **more)  # type: ignore[call-arg] # pydantic-settings takes it


Asking = Callable[..., TestClient]

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
                if where not in seen and not _COMBINED.search(where) and not where.startswith("/language/"):
                    todo.append(where)
    return seen
