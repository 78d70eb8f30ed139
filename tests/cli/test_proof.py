"""`tracker verify`, `certificate` and `export`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from lxml import etree, html
from sqlalchemy import text
from typer.testing import CliRunner

from tracker.cli.main import app
from tracker.model import Change
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))  # visits.py: values for tests of the store
import visits

Run = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'tracker.db'}"
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "data"))
    database = Database(url)
    migrate(database)
    return database


@pytest.fixture
def told(database: Database) -> list[Change]:
    return visits.story(Records(database))


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def alter(database: Database, statement: str) -> None:
    with database.write() as session:
        session.execute(text(statement))


def test_verify_says_what_it_walked_and_signs(told: list[Change], run: Run, tmp_path: Path) -> None:
    done = run("verify", "--sign")
    assert done.exit_code == 0
    assert "3 versions of 1 documents" in done.stderr
    assert len(list((tmp_path / "data" / "checkpoints").glob("*.json"))) == 1
    assert json.loads(run("verify", "--json").stdout)["checkpoints"] == 1


def test_verify_names_the_first_version_that_does_not_fit(told: list[Change], run: Run, database: Database) -> None:
    alter(database, "UPDATE version SET text = replace(text, 'May', 'Mai') WHERE number = 2")
    done = run("verify")
    assert done.exit_code == 1
    assert done.stdout.startswith("lighthouses version 2: ")


def test_an_export_is_verified_alone(told: list[Change], run: Run, tmp_path: Path) -> None:
    run("verify", "--sign")
    file = tmp_path / "history.jsonl"
    assert run("export", file, "--what", "versions", "--bodies").exit_code == 0
    assert run("verify", "--file", file).exit_code == 0
    file.write_text(file.read_text().replace("1 May", "2 May"))
    done = run("verify", "--file", file)
    assert (done.exit_code, done.stdout.split(":")[0]) == (1, "lighthouses version 2")
    assert run("verify", "--file", tmp_path / "absent").exit_code == 2


def test_an_export_signed_by_another_key_is_refused(told: list[Change], run: Run, tmp_path: Path) -> None:
    run("verify", "--sign")
    run("export", tmp_path / "x.jsonl", "--what", "versions")
    done = run("verify", "--file", tmp_path / "x.jsonl", "--key", "00" * 32)
    assert done.exit_code == 1
    assert "signature" in done.stdout


def test_a_certificate_is_one_page_with_the_hashes(told: list[Change], run: Run, tmp_path: Path) -> None:
    run("verify", "--sign")
    assert run("certificate", told[0].id[:9], "--out", tmp_path / "c.html").exit_code == 0
    page = html.fromstring((tmp_path / "c.html").read_text(encoding="utf-8"))
    words = page.text_content()
    assert "Keepers may report." in page.findtext(".//del")
    assert "First checkpoint that covers it" in words
    assert words.count("Chain (SHA-256)") == 2
    assert page.xpath("//script | //link | //img | //@onclick") == []
    assert run("certificate", "ffffffffff").exit_code == 2


def test_hostile_words_stay_words_in_a_certificate(database: Database, run: Run) -> None:
    bad = '"><script>alert(1)</script>'
    first, second = visits.text(f"Old {bad}"), visits.text(f"New {bad}")
    change = visits.change(first, second, visits.START)
    records = Records(database)
    records.record(visits.visit(visits.START, first, told=first.fingerprint))
    entry = visits.visit(change.seen.replace(day=3), second, changes=(change,), told=second.fingerprint)
    records.record(entry)
    alter(database, "UPDATE document SET title = '<img src=x onerror=1>'")
    page = html.fromstring(run("certificate", change.id).stdout)
    assert page.xpath("//script | //img | //@onerror") == []
    assert bad in page.text_content()


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_changes_are_exported_by_the_ending(told: list[Change], run: Run, tmp_path: Path, name: str) -> None:
    assert run("export", tmp_path / name, "--tier", "substantive").exit_code == 0
    if name.endswith("csv"):
        with (tmp_path / name).open(newline="", encoding="utf-8") as file:
            assert [row["id"] for row in csv.DictReader(file)] == [told[0].id]
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_the_text_of_a_day_as_akoma_ntoso(told: list[Change], run: Run, tmp_path: Path) -> None:
    assert run("export", tmp_path / "a.xml", "--source", "lighthouses", "--at", "2026-02-01").exit_code == 0
    assert "Keepers may report." in etree.parse(tmp_path / "a.xml").xpath("string()")
    assert run("export", tmp_path / "b.xml", "--document", "99").exit_code == 2
    assert run("export", tmp_path / "c.xls").exit_code == 2


def test_bodies_as_a_warc(told: list[Change], run: Run, tmp_path: Path) -> None:
    done = run("export", tmp_path / "a.warc.gz", "--source", "lighthouses")
    assert done.exit_code == 0
    assert "3 bodies" in done.stderr
