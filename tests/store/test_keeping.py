"""Backups, retention, and moving between databases."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import visits
from lxml import etree
from sqlalchemy import select, text
from visits import START

from bench import backup
from tracker import model
from tracker.store import export, keeping, migrate, moving, proof, queries, tables
from tracker.store.records import Records
from tracker.store.session import Database


@pytest.fixture
def told(database: Database) -> Database:
    visits.story(Records(database))
    return database


def state(database: Database) -> tuple[dict[str, int], int]:
    with database.read() as session:
        return queries.counts(session), len(proof.verify(session).problems)


def test_a_backup_restores_to_the_same(told: Database, tmp_path: Path) -> None:
    before = state(told)
    assert keeping.backup(told, tmp_path / "copy") > 0
    with told.write() as session:
        session.execute(text("UPDATE source SET title = 'spoiled'"))
    with pytest.raises(keeping.KeepingError, match="not empty"):
        keeping.restore(told, tmp_path / "copy")
    keeping.restore(told, tmp_path / "copy", force=True)
    assert state(told) == before
    with told.read() as session:
        assert queries.source(session, "lighthouses").title == "Lighthouse law"


@pytest.mark.slow
def test_backed_up_under_load_killed_and_restored_elsewhere_it_is_the_same(tmp_path: Path) -> None:
    """Chains, seals and counts are those of one moment of the backup; the bench has it at size."""
    with backup.of_files(tmp_path, ["origin", "one", "two"]) as (origin, *others):
        migrate.migrate(origin)
        made = backup.run(origin, others, tmp_path, seconds=1)
    assert made.wrong == []
    assert 0 < made.versions[0] <= made.versions[1]


@pytest.mark.slow
@pytest.mark.postgres
def test_the_same_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with backup.of_server(postgres_url, ["origin", "one", "two"]) as (origin, *others):
        migrate.migrate(origin)
        made = backup.run(origin, others, tmp_path, seconds=1)
    assert made.wrong == []
    assert 0 < made.versions[0] <= made.versions[1]


@pytest.mark.postgres
def test_a_restore_that_fails_half_way_leaves_what_was_there(fresh_postgres: str, tmp_path: Path) -> None:
    database = Database(fresh_postgres)
    migrate.migrate(database)
    visits.story(Records(database))
    keeping.backup(database, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    visits.story(Records(database), "harbours")
    before = state(database)
    (tmp_path / "copy").write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(keeping.KeepingError, match="pg_restore"):
        keeping.restore(database, tmp_path / "copy", force=True)
    assert state(database) == before
    database.dispose()


def test_a_database_in_use_is_not_replaced(tmp_path: Path) -> None:
    """Whoever has it open would go on writing into a file that is gone, and take the new one's log away at its end."""
    database = Database(f"sqlite:///{tmp_path / 'tracker.db'}")
    migrate.migrate(database)
    keeping.backup(database, tmp_path / "copy")
    program = "import sys; from tracker.store.session import Database; d = Database(sys.argv[1])\n"
    program += "with d.read() as session: session.connection(); print('open', flush=True); sys.stdin.readline()"
    root = Path(__file__).resolve().parents[2]
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(database.url)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert other.stdout.readline()
    with pytest.raises(keeping.KeepingError, match="stop the tracker"):
        keeping.restore(database, tmp_path / "copy", force=True)
    other.communicate(b"\n", timeout=20)
    keeping.restore(database, tmp_path / "copy", force=True)
    database.dispose()


def test_a_damaged_backup_is_refused(told: Database, tmp_path: Path) -> None:
    if not told.sqlite:
        pytest.skip("PostgreSQL's own programs check their files")
    (tmp_path / "bad").write_bytes(b"not a database, only some words that are long enough" * 20)
    with pytest.raises(keeping.KeepingError, match="not a SQLite database"):
        keeping.restore(told, tmp_path / "bad", force=True)
    assert state(told)[1] == 0


@pytest.mark.parametrize(("keep", "gone"), [("all", 0), ("changes", 0), ("20d", 2), ("2y", 0)])
def test_retention_empties_bodies_and_nothing_else(told: Database, keep: str, gone: int) -> None:
    before = state(told)
    assert keeping.let_go(told, keep, START + timedelta(days=41)) == gone
    keeping.vacuum(told)
    assert state(told) == before


def test_old_checks_that_found_nothing_go_and_all_others_stay(told: Database) -> None:
    records, before = Records(told), state(told)
    for day in range(30):
        moment = START + timedelta(days=50 + day)
        name = f"day {day}"
        found = visits.visit(moment, check=name)
        more: dict[int, dict[str, Any]] = {
            3: {"outcome": model.Outcome.TIMEOUT},
            5: {"glitch": {"step": "shell", "code": "shell", "text": "an empty page"}},
            7: {"fetched": replace(found.fetched, received={keeping.IMPORTED: "a file"})},
        }
        records.record(replace(found, **more.get(day, {})))
    now = START + timedelta(days=50 + 30 + 10)
    with told.read() as session:
        old = set(session.scalars(select(tables.Check.id).where(tables.Check.id.not_like("day %"))))
    assert keeping.let_go_checks(told, "all", now) == 0
    assert keeping.let_go_checks(told, "20d", now, batch=4) == 20 - 3
    with told.read() as session:
        left = set(session.scalars(select(tables.Check.id)))
    assert left == old | {f"day {day}" for day in (3, 5, 7, *range(20, 30))}
    assert keeping.let_go_checks(told, "20d", now) == 0
    assert state(told)[1] == before[1] == 0


def test_retention_refuses_what_it_does_not_understand(told: Database) -> None:
    with pytest.raises(ValueError, match="none of all, changes"):
        keeping.let_go(told, "forever", START)


@pytest.mark.postgres
def test_everything_moves_from_sqlite_to_postgresql_and_can_go_on(tmp_path: Path, fresh_postgres: str) -> None:
    origin, target = Database(f"sqlite:///{tmp_path / 'a.db'}"), Database(fresh_postgres)
    migrate.migrate(origin)
    for name in ("lighthouses", "harbours", "Z-upper", "é-accent"):
        visits.story(Records(origin), name)
    first = moving.move(origin, target)
    assert first.copied == sum(first.rows.values()) > 0
    assert moving.move(origin, target).copied == 0
    assert state(target) == state(origin)
    with target.write() as session:  # as if the first run had been killed half way
        session.execute(text("DELETE FROM evidence"))
        session.execute(text("DELETE FROM event_todo"))
    assert moving.move(origin, target).copied == first.rows["evidence"] + first.rows["event_todo"]
    visits.story(Records(target), "beaches")  # the counters go on after the rows that came
    assert state(target)[1] == 0
    with target.write() as session:
        session.execute(text("UPDATE source SET title = 'other' WHERE id = 'harbours'"))
    with pytest.raises(moving.MoveError, match="table source"):
        moving.move(origin, target)
    origin.dispose()
    target.dispose()


def test_kill_in_a_transaction_leaves_nothing_half_done(tmp_path: Path) -> None:
    """A process that dies with SIGKILL after everything was written and before it was committed."""
    path = tmp_path / "tracker.db"
    database = Database(f"sqlite:///{path}")
    migrate.migrate(database)
    records = Records(database)
    records.record(visits.visit(START, visits.FIRST, told=visits.FIRST.fingerprint))
    before = state(database)
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(visits.__file__).parent)!r})
from dataclasses import replace
from datetime import timedelta
import visits
from tracker.store import records, session
records._standing = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
change = visits.change(visits.FIRST, visits.SECOND, visits.START + timedelta(days=1))
records.Records(session.Database("sqlite:///{path}")).record(
    visits.visit(change.seen, visits.SECOND, changes=(change,), told=visits.SECOND.fingerprint))
"""
    root = Path(__file__).resolve().parents[2]
    died = subprocess.run([sys.executable, "-c", program], cwd=root, check=False, timeout=60, env={**os.environ})
    assert died.returncode == -signal.SIGKILL
    assert state(database) == before
    visits.story(records)
    assert state(database)[0]["versions"] == 3
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.dispose()


# -------------------------------------------------------------------------------------------------- exports


def test_changes_as_lines_csv_and_parquet_say_the_same(told: Database, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    with told.read() as session:
        for ending in ("csv", "jsonl", "parquet"):
            assert export.changes_to_file(session, tmp_path / f"changes.{ending}") == 2
        with pytest.raises(ValueError, match="ending must be"):
            export.changes_to_file(session, tmp_path / "changes.xls")
    lines = [json.loads(line) for line in (tmp_path / "changes.jsonl").read_text().splitlines()]
    assert pq.read_table(tmp_path / "changes.parquet").to_pylist() == lines
    with (tmp_path / "changes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert rows[1]["areas"] == "safety-governance; data"


def test_a_cell_is_no_formula() -> None:
    out = io.StringIO()
    export.write_csv(iter([{"title": "=HYPERLINK(1)", "summary": "-1"}]), out)
    assert "'=HYPERLINK(1)" in out.getvalue()
    assert ",'-1," in out.getvalue()


def test_a_warc_holds_what_was_received(told: Database) -> None:
    from warcio.archiveiterator import ArchiveIterator

    out = io.BytesIO()
    with told.read() as session:
        assert export.write_warc(session, out) == 3
        bodies = {row.hash for row in session.scalars(select(tables.Body))}
    import hashlib

    out.seek(0)
    records = [(r.rec_headers.get_header("WARC-Target-URI"), r.content_stream().read()) for r in ArchiveIterator(out)]
    assert {hashlib.sha256(data).hexdigest() for _url, data in records} == bodies
    assert {url for url, _data in records} == {"https://law.example/lighthouses"}


def test_a_version_as_akoma_ntoso(told: Database) -> None:
    with told.read() as session:
        version = session.scalars(select(tables.Version).where(tables.Version.number == 2)).one()
        xml = export.akoma_ntoso(session, version)
    root = etree.fromstring(xml)
    space = {"a": export.AKN}
    assert root.xpath("//a:hcontainer/@eId", namespaces=space) == ["art_1", "art_2", "art_3"]
    assert "Keepers shall report by 1 May 2026." in root.xpath("//a:p/text()", namespaces=space)
    assert root.xpath("string(//a:FRBRExpression/a:FRBRdate/@date)", namespaces=space) == "2026-02-02"
