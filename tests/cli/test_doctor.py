"""`tracker doctor`: what is wrong is found, and each finding says what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tracker.catalogue import editing
from tracker.cli import looks
from tracker.cli.looks import Finding
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.session import Database

Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """The findings by name, with the settings given; everything else is fine."""
    catalogue = tmp_path / "sources.yaml"
    editing.write(catalogue, "sources:\n  - {id: here, url: 'https://127.0.0.1/'}\n")

    def look(*, network: bool = False, **given: object) -> dict[str, Finding]:
        made = {"data": tmp_path / "data", "sources": catalogue, "web_port": free_port(), **given}
        settings = Settings(_env_file=None, **made)  # type: ignore[arg-type]  # settings of any type
        return {each.name: each for each in looks.findings(settings, network=network)}

    return look


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_where_nothing_is_wrong_everything_is_fine(look: Look) -> None:
    found = look(network=True)
    assert [each for each in found.values() if not each.good] == []
    assert {"catalogue", "data folder", "disk", "keys", "database", "clock", "browser", "web", "names", "mail"} <= set(
        found
    )


def test_a_key_that_others_may_read(look: Look, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    key = tmp_path / "data" / "secret.key"
    key.write_text("x")
    key.chmod(0o644)
    assert (look()["keys"].good, look()["keys"].remedy) == (False, f"chmod 600 {key}")
    key.chmod(0o600)
    assert look()["keys"].good


def test_a_folder_that_cannot_be_written(look: Look, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = look(data=tmp_path / "file" / "data")
    assert not found["data folder"].good
    assert "TRACKER_DATA" in found["data folder"].remedy


def test_little_room(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LOW_DISK", 2**62)
    assert (look()["disk"].good, "tracker vacuum" in look()["disk"].remedy) == (False, True)


def test_a_database_that_does_not_answer(look: Look) -> None:
    pytest.importorskip("psycopg")
    found = look(database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none")["database"]
    assert (found.good, "TRACKER_DATABASE_URL" in found.remedy) == (False, True)


@pytest.mark.postgres
def test_a_database_whose_clock_is_another(look: Look, fresh_postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(Database(fresh_postgres))
    assert look(database_url=fresh_postgres)["clock"].good
    monkeypatch.setattr(looks, "APART", timedelta(0))
    found = look(database_url=fresh_postgres)["clock"]
    assert (found.good, "the database's clock says" in found.found, "NTP" in found.remedy) == (False, True, True)


def test_a_clock_that_is_behind_what_was_recorded(look: Look, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data' / 'tracker.db'}")
    migrate(database)
    soon = datetime.now(UTC) + timedelta(days=2)
    with database.write() as session:
        session.add(tables.Source(id="here", url="https://127.0.0.1/", created_at=soon, last_check_at=soon))
    assert (look()["clock"].good, "which is to come" in look()["clock"].found) == (False, True)


def test_a_browser_is_wanted_only_where_a_source_wants_one(look: Look, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "chromium")
    assert look(chromium=nowhere)["browser"].good
    wanting = tmp_path / "wanting.yaml"
    editing.write(wanting, "sources:\n  - {id: here, url: 'https://127.0.0.1/', render: true}\n")
    found = look(chromium=nowhere, sources=wanting)["browser"]
    assert (found.good, "TRACKER_CHROMIUM" in found.remedy) == (False, True)


# ---------------------------------------------------------------------------------------- the port of the pages


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """A server on a port, and what it answers."""
    answer = [b"Hello"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer[0])

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    made = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=made.serve_forever, daemon=True).start()
    yield made.server_address[1], answer
    made.shutdown()
    made.server_close()


def test_a_port_that_another_program_has(look: Look, server: tuple[int, list[bytes]]) -> None:
    port, answer = server
    found = look(web_port=port)["web"]
    assert (found.good, "TRACKER_WEB_PORT" in found.remedy) == (False, True)
    answer[0] = b'{"status": "ok"}'
    assert (look(web_port=port)["web"].good, "a tracker answers" in look(web_port=port)["web"].found) == (True, True)


def test_pages_that_others_can_reach_want_a_token(look: Look) -> None:
    assert "TRACKER_WEB_TOKEN" in look(web_host="0.0.0.0")["web"].remedy
    assert look(web_host="0.0.0.0", web_token="long and random")["web"].good


# ------------------------------------------------------------------------------------------------ the mail server


@pytest.fixture
def mail_server() -> Iterator[int]:
    """A mail server that knows one reader with one password."""

    def known(_server: object, _session: object, _envelope: object, _mechanism: str, given: object) -> AuthResult:
        right = (getattr(given, "login", b""), getattr(given, "password", b"")) == (b"me", b"right")
        return AuthResult(success=right, handled=right)  # what is not handled is refused by the server itself

    made = Controller(
        object(), hostname="127.0.0.1", port=(port := free_port()), authenticator=known, auth_require_tls=False
    )
    made.start()
    yield port
    made.stop()


def test_a_login_that_is_refused_is_told_apart_from_a_server_that_is_not_there(look: Look, mail_server: int) -> None:
    given = {"network": True, "smtp_host": "127.0.0.1", "smtp_port": mail_server, "smtp_security": "none"}
    assert look(**given)["mail"].good
    assert "takes our login" in look(**given, smtp_user="me", smtp_password="right")["mail"].found
    wrong = look(**given, smtp_user="me", smtp_password="wrong")["mail"]
    assert (wrong.good, "TRACKER_SMTP_PASSWORD" in wrong.remedy, "wrong" in wrong.found) == (False, True, False)
    assert "TRACKER_SMTP_SECURITY" in look(**{**given, "smtp_security": "starttls"})["mail"].remedy
    away = look(**{**given, "smtp_port": free_port()})["mail"]
    assert (away.good, "TRACKER_SMTP_HOST" in away.remedy) == (False, True)
