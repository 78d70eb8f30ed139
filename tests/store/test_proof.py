"""Tampering is named, every time, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import visits
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from visits import START

from tracker.model import State
from tracker.store import chain, exported, proof
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

NOW = START + timedelta(days=50)


@pytest.fixture
def sealed(database: Database) -> Database:
    """Two regulations with three versions each, and a checkpoint."""
    records = Records(database)
    visits.story(records)
    visits.story(records, "harbours")
    with database.write() as session:
        proof.checkpoint(session, Ed25519PrivateKey.generate(), NOW)
    return database


def found(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {problem.where: problem.what for problem in proof.verify(session).problems}


def test_an_untouched_database_is_whole(sealed: Database) -> None:
    with sealed.read() as session:
        verified = proof.verify(session)
    assert verified.problems == ()
    assert (verified.documents, verified.versions, verified.changes, verified.checkpoints) == (2, 6, 4, 1)


def test_growing_on_does_not_break_a_checkpoint(sealed: Database) -> None:
    visits.story(Records(sealed), "beaches")  # seen in the past: an import
    assert found(sealed) == {}


VERSION = (
    "(SELECT v.id FROM version v JOIN document d ON d.id = v.document_id "
    "WHERE d.source_id = 'harbours' AND v.number = 2)"
)
FIRST = "(SELECT {} FROM version WHERE number = 1 LIMIT 1)"
CHANGE = "(SELECT id FROM change WHERE source_id = 'harbours' AND tier = 'substantive')"


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        (f"UPDATE version SET text = replace(text, 'May', 'Mai') WHERE id = {VERSION}", "harbours version 2"),
        (f"UPDATE version SET title = 'x' WHERE id = {VERSION}", "harbours version 2"),
        (f"UPDATE version SET fingerprint = 'x' WHERE id = {VERSION}", "harbours version 2"),
        (f"UPDATE version SET chain = 'x' WHERE id = {VERSION}", "harbours version 2"),
        (f"UPDATE version SET seen_at = '2026-02-01 10:00:00+00:00' WHERE id = {VERSION}", "harbours version 2"),
        (f"UPDATE version SET blocks = {FIRST.format('blocks')} WHERE id = {VERSION}", "harbours version 2"),
        (f"UPDATE version SET body_hash = {FIRST.format('body_hash')} WHERE id = {VERSION}", "harbours version 2"),
        ("UPDATE version SET number = number + 10 WHERE number = 3", "harbours version 3"),
        ("UPDATE document SET kept_versions = 4 WHERE source_id = 'harbours'", "harbours version 4"),
        (f"UPDATE change SET tier = 'noise' WHERE id = {CHANGE}", "change"),
        (f"UPDATE change SET told_at = NULL WHERE id = {CHANGE}", "change"),
        (f"UPDATE edit SET new_text = new_text || '.' WHERE change_id = {CHANGE}", "change"),
        (f"DELETE FROM edit WHERE change_id = {CHANGE}", "change"),
        (f"UPDATE change_area SET score = 0.81 WHERE area = 'safety-governance' AND change_id = {CHANGE}", "change"),
        (f"DELETE FROM evidence WHERE change_id = {CHANGE}", "change"),
        (f"DELETE FROM change WHERE id = {CHANGE}", "change"),
        ("UPDATE body SET size = size + 1 WHERE hash = (SELECT min(hash) FROM body)", "body"),
        ("UPDATE checkpoint SET versions = 5", "checkpoint 2026-03-23"),
        ("UPDATE checkpoint SET day = '2026-03-22'", "checkpoint 2026-03-22"),
        ("UPDATE checkpoint SET root = signature", "checkpoint 2026-03-23"),
    ],
)  # fmt: skip
def test_one_altered_value_is_named(sealed: Database, tampering: str, named: str) -> None:
    if "root = signature" in tampering:
        tampering = "UPDATE checkpoint SET root = '" + "0" * 64 + "'"
    with sealed.write() as session:
        assert session.execute(text(tampering)).rowcount >= 1  # type: ignore[attr-defined]  # a cursor's result has it
    assert any(where.startswith(named) for where in found(sealed)), found(sealed)


@pytest.mark.parametrize("at", [0, 5, -1])
def test_one_altered_byte_of_a_body_or_of_blocks_is_named(sealed: Database, at: int) -> None:
    from tracker.store.tables import Body, Version

    with sealed.write() as session:
        body = session.query(Body).order_by(Body.hash).first()
        version = session.query(Version).order_by(Version.id).first()
        assert body is not None
        assert body.data is not None
        assert version is not None
        for row, name in ((body, "data"), (version, "blocks")):
            data = bytearray(getattr(row, name))
            data[at] ^= 1
            setattr(row, name, bytes(data))
        digest = body.hash
    assert f"body {digest}" in found(sealed)
    assert "lighthouses version 1" in found(sealed)


def test_a_deleted_version_is_named(sealed: Database) -> None:
    for number in (3, 1):
        with sealed.write() as session:
            one = "SELECT v.id FROM version v JOIN document d ON d.id = v.document_id WHERE d.source_id = 'harbours'"
            session.execute(
                text(f"UPDATE change SET old_version_id = NULL WHERE old_version_id IN ({one} AND v.number = {number})")
            )
            session.execute(
                text(f"UPDATE change SET new_version_id = NULL WHERE new_version_id IN ({one} AND v.number = {number})")
            )
            session.execute(text(f"DELETE FROM version WHERE id IN ({one} AND v.number = {number})"))
        assert f"harbours version {number}" in found(sealed)


def test_swapped_versions_are_named(sealed: Database) -> None:
    with sealed.write() as session:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            session.execute(text(f"UPDATE version SET number = {new} WHERE number = {old}"))
    assert {"harbours version 2", "lighthouses version 2"} <= set(found(sealed))


def test_a_history_that_was_recomputed_whole_is_caught_by_the_checkpoint(sealed: Database) -> None:
    """Who owns the database can make every hash fit again, but not the signature."""
    from sqlalchemy import select

    from tracker.store import chain, codec, tables

    with sealed.write() as session:
        document = session.scalars(select(tables.Document).where(tables.Document.source_id == "harbours")).one()
        before = ""
        for version in session.scalars(
            select(tables.Version).where(tables.Version.document_id == document.id).order_by(tables.Version.number)
        ):
            version.title = "Forged"
            version.chain = chain.link(before, "harbours", "", version, codec.unpack(version.blocks))
            before = version.chain
        session.flush()
        for change in session.scalars(select(tables.Change).where(tables.Change.source_id == "harbours")):
            change.seal = chain.seal(session, change)
    assert list(found(sealed)) == ["checkpoint 2026-03-23"]


def test_a_checkpoint_by_another_key_is_caught(sealed: Database) -> None:
    with sealed.read() as session:
        other = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
        assert [p.where for p in proof.verify(session, public_key=other).problems] == ["checkpoint 2026-03-23"]


def test_an_export_proves_itself(sealed: Database) -> None:
    with sealed.read() as session:
        lines = [json.dumps(line, ensure_ascii=False) for line in exported.lines(session)]
    assert proof.verify_lines(lines).problems == ()
    assert proof.verify_lines(lines).versions == 6
    altered = [line.replace("1 May 2026", "2 May 2026") for line in lines]
    assert [p.where for p in proof.verify_lines(altered).problems] == ["harbours version 2", "lighthouses version 2"]
    assert [p.where for p in proof.verify_lines(lines[:1] + lines[2:]).problems] == ["harbours version 3"]
    assert [p.where for p in proof.verify_lines(["nonsense"]).problems] == ["line 1"]


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "checkpoint.key"
    first, again = proof.load_key(path), proof.load_key(path)
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert path.stat().st_mode & 0o077 == 0


def test_a_missing_or_exchanged_checkpoint_is_noticed(sealed: Database, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    with sealed.write() as session:
        for days in (1, 2):
            point = proof.checkpoint(session, key, NOW + timedelta(days=days))
            (tmp_path / f"{point.day}.json").write_text(json.dumps(proof.checkpoint_plain(point)))
    with sealed.read() as session:
        assert proof.verify(session, folder=tmp_path).problems == ()
    with sealed.write() as session:
        session.execute(text("DELETE FROM checkpoint WHERE day = '2026-03-24'"))
    with sealed.read() as session:
        assert {p.where: p.what for p in proof.verify(session, folder=tmp_path).problems} == {
            "checkpoint 2026-03-24": "is kept as a file and missing in the database",
            "checkpoint 2026-03-25": "the checkpoint before it is missing or another one",
        }
    (tmp_path / "2026-03-25.json").write_text("{")
    with sealed.read() as session:
        assert "its file is damaged" in [p.what for p in proof.verify(session, folder=tmp_path).problems]


def test_every_day_signs_what_came_in_since_the_one_before(database: Database) -> None:
    records, key = Records(database), Ed25519PrivateKey.generate()
    for day, name in enumerate(("lighthouses", "harbours", "beaches")):
        visits.story(records, name)
        with database.write() as session:
            point = proof.checkpoint(session, key, NOW + timedelta(days=day))
            assert (point.documents, point.versions, point.changes) == (1, 3, 2)
    assert found(database) == {}
    with database.write() as session:
        session.execute(text("UPDATE change SET seal = 'x' WHERE source_id = 'harbours' AND state = 'silent'"))
    assert [where for where in found(database) if where.startswith("checkpoint")] == ["checkpoint 2026-03-24"]


def test_a_clock_that_went_back_signs_nothing_out_of_order(sealed: Database) -> None:
    with sealed.write() as session:
        point = proof.checkpoint(session, Ed25519PrivateKey.generate(), NOW - timedelta(days=3))
        assert point.day == "2026-03-23"
    assert found(sealed) == {}


def test_a_silent_change_that_was_deleted_is_missed_by_the_checkpoint(sealed: Database) -> None:
    with sealed.write() as session:
        session.execute(text("DELETE FROM change WHERE state = 'silent' AND source_id = 'harbours'"))
    assert list(found(sealed)) == ["checkpoint 2026-03-23"]


def test_a_document_that_was_deleted_whole_is_missed_by_the_checkpoint(sealed: Database) -> None:
    with sealed.write() as session:
        session.execute(text("DELETE FROM event"))
        session.execute(text("DELETE FROM change WHERE source_id = 'harbours'"))
        session.execute(text("DELETE FROM document WHERE source_id = 'harbours'"))
    assert list(found(sealed)) == ["checkpoint 2026-03-23"]


def test_a_decision_after_the_checkpoint_does_not_break_it(database: Database) -> None:
    """A change that waited when the day was signed is told later: the same row, another seal."""
    records, key = Records(database), Ed25519PrivateKey.generate()
    waiting = visits.change(visits.FIRST, visits.SECOND, START + timedelta(days=1), state=State.PENDING)
    records.record(visits.visit(START, visits.FIRST, told=visits.FIRST.fingerprint))
    records.record(visits.visit(waiting.seen, visits.SECOND, changes=(waiting,)))
    with database.write() as session:
        proof.checkpoint(session, key, START + timedelta(days=1, hours=1))
    later = START + timedelta(days=2)
    decided = replace(waiting, told=later, assessment=replace(waiting.assessment, state=State.TOLD))
    records.record(visits.visit(later, None, changes=(decided,), told=visits.SECOND.fingerprint))
    assert found(database) == {}


def test_a_forged_export_is_caught_by_what_the_checkpoint_lists(sealed: Database) -> None:
    """Every hash of the lines fits, and they are still not what was signed."""
    with sealed.read() as session:
        lines = list(exported.lines(session))
    before = ""
    for line in lines:
        if line["type"] == "version" and line["source"] == "harbours":
            line["title"] = "Forged"
            version = exported.version_row(line)
            blocks = json.dumps(line["blocks"], ensure_ascii=False, separators=(",", ":")).encode()
            before = line["chain"] = chain.link(before, "harbours", "", version, blocks)
    found = proof.verify_lines([json.dumps(line, ensure_ascii=False) for line in lines]).problems
    assert [(p.where, p.what) for p in found] == [
        ("checkpoint 2026-03-23", "the versions of that day are not those that it signed")
    ]


def unsigned(line: str) -> dict[str, object]:
    """An exported version without the day of the checkpoint that covers it: signatures stay where they were made."""
    value: dict[str, object] = json.loads(line)
    value.pop("signed_on", None)
    return value


def test_an_export_imported_elsewhere_verifies_there(sealed: Database, tmp_path: Path) -> None:
    with sealed.read() as session:
        lines = [json.dumps(line, ensure_ascii=False) for line in exported.lines(session, bodies=True)]
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    assert exported.take(other, lines, NOW) == (6, [])
    assert exported.take(other, lines, NOW) == (0, [])
    with other.read() as session:
        assert proof.verify(session).problems == ()
        again = [json.dumps(line, ensure_ascii=False) for line in exported.lines(session, bodies=True)]
    assert [unsigned(line) for line in lines if '"checkpoint"' not in line] == [unsigned(line) for line in again]
    torn = [line.replace("dusk", "dawn") for line in lines]
    another = Database(f"sqlite:///{tmp_path / 'another.db'}")
    migrate(another)
    number, problems = exported.take(another, torn, NOW)
    assert number == 0
    assert len(problems) == 6
    for made in (other, another):
        made.dispose()


def test_who_follows_the_page_about_proof_comes_to_the_same(sealed: Database) -> None:
    """Written from docs/proof.md alone, without a line of ours."""
    import hashlib

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    def sha(data: str) -> str:
        return hashlib.sha256(data.encode()).hexdigest()

    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    with sealed.read() as session:
        lines = [json.loads(json.dumps(line)) for line in exported.lines(session)]
    before: dict[tuple[str, str], str] = {}
    links = []
    for line in (line for line in lines if line["type"] == "version"):
        name = (line["source"], line["key"])
        value = [
            before.get(name, ""), *name, line["number"], line["body_hash"], line["fingerprint"], line["title"],
            line["language"], sha(line["text"]), sha(compact(line["blocks"])), line["seen_at"], line["technical"],
        ]  # fmt: skip
        before[name] = sha(compact(value))
        assert before[name] == line["chain"]
        links.append([*name, line["number"], line["chain"]])
    (point,) = (line for line in lines if line["type"] == "checkpoint")
    root = "".join(f"{compact(link)}\n" for link in sorted(links))
    root += "".join(f"{change} {seal}\n" for change, seal in sorted(point["seals"]))
    assert sha(root) == point["root"]
    names = ("day", "root", "documents", "versions", "changes", "last_version_id", "previous", "at")
    message = json.dumps(["tracker checkpoint", *(point[name] for name in names)]).encode()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(point["public_key"])).verify(
        bytes.fromhex(point["signature"]), message
    )
