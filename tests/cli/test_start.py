"""The first five minutes: a catalogue by three questions, a source by its address, a look at everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracker.catalogue.load import load
from tracker.cli.main import app
from tracker.demo.site import DemoSite

run = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TRACKER_ALLOW_PRIVATE", "127.0.0.0/8")
    return tmp_path


def test_init_asks_three_questions_and_writes_what_can_be_used(home: Path) -> None:
    made = run.invoke(app, ["init"], input="policy@example.org\nsafety-governance, innovation\neu-law\n")
    assert made.exit_code == 0, made.output
    catalogue = load(home / "sources.yaml")
    assert len(catalogue.sources) == 7
    assert catalogue.subscriptions[0].areas == ("safety-governance", "innovation")


def test_init_never_writes_over_a_file_unless_told(home: Path) -> None:
    (home / "sources.yaml").write_text("sources: []\n")
    assert run.invoke(app, ["init", "--yes"]).exit_code == 2
    assert (home / "sources.yaml").read_text() == "sources: []\n"
    assert run.invoke(app, ["init", "--yes", "--force"]).exit_code == 0


def test_an_area_that_does_not_exist_is_said_and_nothing_is_written(home: Path) -> None:
    made = run.invoke(app, ["init", "--yes", "--areas", "safety-governence"])
    assert made.exit_code == 2
    assert not (home / "sources.yaml").exists()


def test_a_source_is_added_by_its_address_with_what_it_is(home: Path) -> None:
    run.invoke(app, ["init", "--yes", "--start", "treaties"])
    before = (home / "sources.yaml").read_text()
    with DemoSite() as site:
        made = run.invoke(app, ["sources", "add", f"{site.url}/feed.xml", "--id", "office-news"])
    assert made.exit_code == 0, made.output
    added = load(home / "sources.yaml").source("office-news")
    assert (added.kind, added.title) == ("feed", "News of the Office")
    assert before.splitlines()[:4] == (home / "sources.yaml").read_text().splitlines()[:4]


def test_an_address_that_does_not_answer_is_not_added_unless_asked(home: Path) -> None:
    run.invoke(app, ["init", "--yes", "--start", "treaties"])
    before = (home / "sources.yaml").read_text()
    gone = ["sources", "add", "http://127.0.0.1:9/", "--id", "gone"]
    assert run.invoke(app, gone).exit_code == 1
    assert (home / "sources.yaml").read_text() == before
    assert run.invoke(app, [*gone, "--unseen"]).exit_code == 0


def test_an_address_that_is_watched_is_not_added_twice_unless_named(home: Path) -> None:
    run.invoke(app, ["init", "--yes", "--start", "treaties"])
    with DemoSite() as site:
        address = f"{site.url}/feed.xml"
        assert run.invoke(app, ["sources", "add", address]).exit_code == 0
        again = run.invoke(app, ["sources", "add", address])
        assert (again.exit_code, "is watched already, as " in again.stderr) == (2, True)
        assert run.invoke(app, ["sources", "add", address, "--id", "again"]).exit_code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("www.example.org/rules", "like https://www.example.org/rules"),
        ("htp://example.org", "like https://example.org"),
        ("sources.yaml", "is a file: `tracker sources test sources.yaml` reads it"),
        ("rules", "like https://www.example.org/page"),
    ],
)
def test_what_is_no_address_is_said_with_one(home: Path, given: str, said: str) -> None:
    run.invoke(app, ["init", "--yes", "--start", "treaties"])
    made = run.invoke(app, ["sources", "add", given, "--unseen"])
    assert (made.exit_code, said in " ".join(made.stderr.split())) == (2, True)


@pytest.mark.parametrize(
    ("name", "value", "command", "said"),
    [
        ("DATABASE_URL", "mysql://x/y", "check", "SQLite or PostgreSQL"),
        ("DATABASE_URL", "my database", "check", "Write postgresql://user:password@host/name"),
        ("TIMEZONE", "Mars", "run", "TRACKER_TIMEZONE: 'Mars' is not a time zone"),
        ("KEEP", "forever", "run", "TRACKER_KEEP: keep: 'forever' is none of all, changes, or a period such as 90d"),
        ("ENGINE", "queue", "run", "TRACKER_ENGINE=queue needs PostgreSQL"),
        ("SOURCES", "elsewhere.yaml", "run", "`tracker init` writes one"),
    ],
)
def test_a_wrong_setting_is_said_with_what_would_be_right(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, command: str, said: str
) -> None:
    run.invoke(app, ["init", "--yes", "--start", "treaties"])
    monkeypatch.setenv(f"TRACKER_{name}", value)
    made = run.invoke(app, [command])
    assert (made.exit_code, said in " ".join(made.stderr.split())) == (2, True), made.output


def test_the_doctor_looks_at_everything_and_names_a_remedy_for_what_is_wrong(home: Path) -> None:
    made = run.invoke(app, ["doctor", "--no-network", "--json"])
    found = {each["name"]: each for each in map(json.loads, made.stdout.splitlines())}
    assert {"catalogue", "data folder", "disk", "keys", "database", "clock", "browser", "web"} <= found.keys()
    assert made.exit_code == 1
    assert "tracker init" in found["catalogue"]["remedy"]
    run.invoke(app, ["init", "--yes"])
    assert run.invoke(app, ["doctor", "--no-network"]).exit_code == 0


def test_the_schema_is_json(home: Path) -> None:
    assert json.loads(run.invoke(app, ["sources", "schema"]).stdout)["title"]


def test_sources_are_listed_before_their_first_check(home: Path) -> None:
    run.invoke(app, ["init", "--yes", "--start", "treaties"])
    listed = [json.loads(line) for line in run.invoke(app, ["sources", "--json"]).stdout.splitlines()]
    assert {line["health"] for line in listed} == {"new"}
    assert run.invoke(app, ["check", "no-such-source"]).exit_code == 2
