"""Dated files, a git repository, a WARC become history: the same texts at the same times, nobody alerted."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tracker import importing
from tracker.classify import classifier
from tracker.importing import Bad, Entry, Taken
from tracker.store import export, proof, queries, tables
from tracker.store.migrate import migrate
from tracker.store.session import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'tracker.db'}")
    migrate(made)
    return made


def take(database: Database, entries: object) -> Taken:
    return asyncio.run(importing.take(entries, database, classifier.load(), now=NOW))  # type: ignore[arg-type]  # any iterable


def page(*paragraphs: str) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    main = f"<main><h1>Lighthouse rules</h1>{body}</main>"
    return f"<html><head><title>Lighthouse rules</title></head><body>{main}</body></html>"


FIRST = page(
    "Keepers of automated lights may report failures to the harbour office.",
    "The lamp is lit at dusk and put out at dawn.",
)
SECOND = page(
    "Keepers of automated lights shall report failures to the harbour office within 15 days.",
    "The lamp is lit at dusk and put out at dawn.",
)


def texts(database: Database, source: str) -> list[str]:
    with database.read() as session:
        document = queries.document_of(session, source)
        assert document is not None
        return [
            "\n".join(block.text for block in queries.version_blocks(version))
            for number in range(1, document.versions + 1)
            if (version := queries.version_number(session, document.id, number))
        ]


# ------------------------------------------------------------------------------------------- dates in names


@pytest.mark.parametrize(
    ("name", "at", "rest"),
    [
        ("2024-01-31", (2024, 1, 31), ""),
        ("policy-20240131", (2024, 1, 31), "policy"),
        ("20240131093015_terms", (2024, 1, 31, 9, 30, 15), "terms"),
        ("2024-01-31T0930Z.v2", (2024, 1, 31, 9, 30), "v2"),
    ],
)
def test_the_moment_of_a_name(name: str, at: tuple[int, ...], rest: str) -> None:
    assert importing.dated(name) == (datetime(*at, tzinfo=UTC), rest)  # type: ignore[misc]  # year to second


@pytest.mark.parametrize("name", ["policy", "32024R1689", "20241301", "2024-02-30", "123202401319"])
def test_names_without_a_date(name: str) -> None:
    assert importing.dated(name) is None


@given(st.integers(631152000, 4070908800), st.sampled_from(["%Y-%m-%d", "%Y%m%d%H%M%S"]))
def test_every_moment_comes_back_from_its_name(seconds: int, form: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    found = importing.dated(f"text-{at.strftime(form)}")
    assert found is not None
    assert found[0].strftime(form) == at.strftime(form)


def test_names_of_any_script_become_ids_of_their_own() -> None:
    names = ["反间谍法", "反洗钱法", "Règlement", "x" * 90 + "1", "x" * 90 + "2", "...", "a b"]
    ids = [importing.slug(name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(len(one) <= 80 and one.replace("-", "").isalnum() and one.isascii() for one in ids)
    assert (ids[2], ids[6]) == ("reglement", "a-b")


# ---------------------------------------------------------------------------------------------------- files


def dated_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "2026-01-02.html").write_text(FIRST)
    (folder / "2026-01-09.html").write_text(FIRST)
    (folder / "2026-02-03.html").write_text(SECOND)
    (folder / "notes.html").write_text(SECOND)
    (folder / "2027-01-01.html").write_text(SECOND)
    return folder


def test_dated_files_become_versions_and_a_change(database: Database, tmp_path: Path) -> None:
    folder = dated_folder(tmp_path / "Lighthouse rules")
    taken = take(database, importing.files(folder))
    assert (taken.visits, taken.versions) == (3, 2)
    assert sorted(bad.name for bad in taken.bad) == ["2027-01-01.html", "notes.html"]
    assert "may report" in texts(database, "lighthouse-rules")[0]
    assert "shall report" in texts(database, "lighthouse-rules")[1]
    with database.read() as session:
        (line,) = queries.list_changes(session).items
        assert line.seen_at == datetime(2026, 2, 3, tzinfo=UTC)
        assert line.tier == "substantive"
        assert session.scalar(select(func.count()).select_from(tables.EventTodo)) == 0, "nobody is alerted"
        assert proof.verify(session).problems == ()


def test_importing_twice_has_the_effect_of_once(database: Database, tmp_path: Path) -> None:
    folder = dated_folder(tmp_path / "rules")
    take(database, importing.files(folder))
    with database.read() as session:
        before = queries.counts(session)
    again = take(database, importing.files(folder))
    with database.read() as session:
        assert queries.counts(session) == before
    assert (again.visits, again.known) == (0, 3)


def test_what_is_older_than_what_is_known_is_listed(database: Database, tmp_path: Path) -> None:
    folder = dated_folder(tmp_path / "rules")
    take(database, importing.files(folder))
    (folder / "2026-01-05.html").write_text(page("Between."))
    again = take(database, importing.files(folder))
    assert [bad.why for bad in again.bad if bad.name == "2026-01-05.html"] == [
        "is not newer than what rules was last (2026-02-03 23:00)"  # when the surprise was looked at again
    ]


def test_folders_name_documents(tmp_path: Path) -> None:
    for place in ("terms/2026-01-02.html", "2026-01-03/privacy.html", "cookies-20260104.md"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(FIRST)
    found = {entry.source: entry.at.day for entry in importing.files(tmp_path) if isinstance(entry, Entry)}
    assert found == {"terms": 2, "privacy": 3, "cookies": 4}


# ------------------------------------------------------------------------------------------------------ git


def git(folder: Path, *words: str, at: datetime | None = None) -> None:
    when = (at or NOW).isoformat()
    environment = {
        **os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.example", "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@b.example",
    }  # fmt: skip
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "laws"
    folder.mkdir()
    git(folder, "init", "-q")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day, (name, text) in enumerate(
        [
            ("lights.md", "# Lights\n\nKeepers may report failures to the harbour office.\n"),
            ("code/ports.md", "# Ports\n\nShips wait outside.\n"),
            ("lights.md", "# Lights\n\nKeepers shall report failures to the harbour office within 15 days.\n"),
            ("logo.png", "no text"),
        ]
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", name, at=start + timedelta(days=day))
    git(folder, "mv", "code/ports.md", "ports.md")
    git(folder, "commit", "-qm", "moved", at=start - timedelta(days=9))  # a clock that went backwards
    return folder


def test_a_repository_s_revisions_become_versions(database: Database, repository: Path) -> None:
    taken = take(database, importing.git(repository))
    assert taken.bad == []
    assert taken.sources == {"lights", "code-ports", "ports"}
    assert [text.split()[2] for text in texts(database, "lights")] == ["may", "shall"]
    with database.read() as session:
        times = [line.seen_at.day for line in queries.timeline(session, queries.document_of(session, "lights").id)]  # type: ignore[union-attr]  # it is there
    assert times == [1, 3]


def test_a_repository_twice_gives_the_same_rows(database: Database, repository: Path, tmp_path: Path) -> None:
    take(database, importing.git(repository))
    assert take(database, importing.git(repository)).visits == 0
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    take(other, importing.git(repository))
    rows = []
    for one in (database, other):
        with one.read() as session:
            versions = session.execute(select(tables.Version.chain).order_by(tables.Version.chain)).scalars().all()
            changes = session.execute(select(tables.Change.seal).order_by(tables.Change.seal)).scalars().all()
            rows.append((versions, changes))
    assert rows[0] == rows[1]


def test_only_paths_that_match(repository: Path) -> None:
    found = {entry.source for entry in importing.git(repository, match="code/*.md") if isinstance(entry, Entry)}
    assert found == {"code-ports"}


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(importing.GitError):
        list(importing.git(tmp_path))


# ----------------------------------------------------------------------------------------------------- warc


def test_a_warc_goes_round(database: Database, tmp_path: Path) -> None:
    take(database, importing.files(dated_folder(tmp_path / "rules"), url="https://law.example/rules"))
    out = io.BytesIO()
    with database.read() as session:
        export.write_warc(session, out)
    (tmp_path / "a.warc.gz").write_bytes(out.getvalue())
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    taken = take(other, importing.warc(tmp_path / "a.warc.gz"))
    assert (taken.visits, taken.bad) == (2, [])
    assert texts(other, "law-example-rules") == texts(database, "rules")


def test_a_torn_warc_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"WARC/1.0\r\nnonsense")
    found = list(importing.warc(tmp_path / "a.warc"))
    assert all(isinstance(one, Bad) for one in found)
