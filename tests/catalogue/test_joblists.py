"""Other programs' lists become entries of sources.yaml; what cannot be said there is noted, the rest goes in."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tracker.catalogue import joblists
from tracker.catalogue.joblists import Note
from tracker.catalogue.load import Catalogue, parse

JOBS = """\
name: Harbour rules
url: https://law.example/harbours
filter:
  - css: {selector: main, exclude: .banner}
  - html2text
---
url: https://law.example/act.pdf
filter: [pdf2text]
---
name: Through a browser
navigate: https://law.example/app
filter: css:article,strip
---
name: A command
command: ls -l
---
name: A form
url: https://law.example/search
data: {q: rules}
---
name: By id, and what has no counterpart
url: https://law.example/id
filter: [element-by-id: text, xpath: //p]
headers: {Authorization: secret}
---
- not a job
"""

WATCHES: dict[str, Any] = {
    "watching": {
        "a": {
            "url": "https://law.example/one", "title": "One", "include_filters": ["article", "xpath://p"],
            "subtractive_selectors": ["nav"], "time_between_check": {"hours": 6, "minutes": 0},
            "fetch_backend": "html_webdriver", "paused": True,
        },
        "b": {"url": "https://law.example/two", "time_between_check": {"weeks": 1}},
        "c": {"title": "no address"},
        "d": {"url": "https://law.example/form", "method": "POST"},
        "e": {"url": "ftp://law.example/file"},
    }
}  # fmt: skip

FEEDS = """<?xml version="1.0"?><opml version="2.0"><body><outline text="Law">
<outline type="rss" text="Gazette" xmlUrl="https://law.example/feed.xml"/>
<outline type="rss" text="Nothing"/></outline></body></opml>"""


def entries(found: list[joblists.Found]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in found if not isinstance(one, Note)}


def notes(found: list[joblists.Found]) -> list[str]:
    return [f"{one.name}: {one.why}" for one in found if isinstance(one, Note)]


def test_urlwatch_jobs(tmp_path: Path) -> None:
    (tmp_path / "urls.yaml").write_text(JOBS)
    found = joblists.read(tmp_path / "urls.yaml")
    made = entries(found)
    assert made["harbour-rules"]["select"] == ["main"]
    assert made["harbour-rules"]["remove"] == [".banner"]
    assert made["law-example-act-pdf"]["kind"] == "pdf"
    assert made["through-a-browser"]["render"] is True
    assert made["through-a-browser"]["select"] == ["article"]
    assert made["by-id-and-what-has-no-counterpart"]["select"] == ["#text"]
    assert len(made) == 4
    said = "\n".join(notes(found))
    assert "A command: runs a command" in said
    assert "A form: sends a form" in said
    assert "'xpath' has no counterpart" in said
    assert "secret" not in json.dumps(list(made.values()))
    assert "job 7" in said


@pytest.mark.parametrize("packed", [False, True])
def test_changedetection_watches(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / ("backup.zip" if packed else "url-watches.json")
    if packed:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("url-watches.json", json.dumps(WATCHES))
    else:
        file.write_text(json.dumps(WATCHES))
    found = joblists.read(file)
    one = entries(found)["one"]
    assert (one["every"], one["render"], one["active"]) == ("6h", True, False)
    assert (one["select"], one["remove"]) == (["article"], ["nav"])
    assert entries(found)["law-example-two"]["every"] == "7d"
    assert len(notes(found)) == 3


def test_opml_feeds(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(FEEDS)
    found = joblists.read(tmp_path / "feeds.opml")
    assert entries(found)["gazette"]["kind"] == "feed"
    assert notes(found) == ["Nothing: has no address"]


def test_addresses_by_line(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# mine\nhttps://law.example/one tag\n\nnonsense\n")
    found = joblists.read(tmp_path / "list.txt")
    assert [one["url"] for one in entries(found).values()] == ["https://law.example/one"]
    assert len(notes(found)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{}"),
        ("a.json", "{"),
        ("a.xml", "<feed/>"),
        ("a.xml", "<opml"),
        ("a.yaml", "a: ["),
        ("a.xml", '<!DOCTYPE opml [<!ENTITY a "b">]><opml><x'),
    ],
)
def test_what_is_no_list_is_said_to_be_none(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(joblists.NoListError):
        joblists.read(tmp_path / name)


def test_entries_go_to_the_end_of_the_sources_and_nothing_else_moves(tmp_path: Path) -> None:
    one = "sources:\n  - id: one\n    url: https://law.example/one\n"
    before = f"# ours\n{one}\n# who\nsubscriptions:\n  - to: a@b.example\n"
    file = tmp_path / "watches.json"
    file.write_text(json.dumps(WATCHES))
    added = joblists.add(before, parse(before), joblists.read(file))
    assert added.number == 1
    assert [source.id for source in parse(added.text).sources] == ["one", "law-example-two"]
    assert set(before.splitlines()) <= set(added.text.splitlines())
    assert [note.why for note in added.notes if "already" in note.why] == ["is watched already"]
    assert any("not a web address" in note.why for note in added.notes)
    again = joblists.add(added.text, parse(added.text), joblists.read(file))
    assert (again.number, again.text) == (0, added.text)


def test_a_list_begins_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "urls.yaml").write_text(JOBS)
    added = joblists.add("", Catalogue(), joblists.read(tmp_path / "urls.yaml"))
    assert len(parse(added.text).sources) == added.number == 4
