"""A full disk, at every write: what to do is said, reading goes on, nothing is half done, and it recovers by itself.

The disk is a small tmpfs of the test's own, which takes the right to mount one.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent.parent / "store"))  # visits.py: values for these tests, in no package

sys.path.insert(0, str(Path(__file__).parent.parent))  # test_service.py: `tracker run` in a folder of its own

import visits
from test_service import count, running, until
from visits import FIRST, SECOND, START

from alerts import roster
from alerts.channels.base import Answer, Channels
from alerts.channels.maildir import Maildir
from alerts.notifier import Notifier
from alerts.render.message import Message
from tracker import service
from tracker.cli.main import app
from tracker.demo.site import DemoSite
from tracker.model import Subscription
from tracker.settings import Settings
from tracker.store import keeping, migrate, proof, queries, space, tables
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.web.app import create_app

PAGE = 4096
NOW = START + timedelta(days=1)
CHANGE = visits.change(FIRST, SECOND, NOW)


@dataclass
class Disk:
    """A disk of a few megabytes, and the ballast on it."""

    folder: Path

    def fill(self, *, leave: int = 0) -> None:
        """Leaves this many bytes free."""
        ballast = self.folder / "ballast"
        with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(b"x" * PAGE)
        os.truncate(ballast, max(0, ballast.stat().st_size - leave))

    def free(self) -> None:
        """Makes room."""
        (self.folder / "ballast").unlink()


@contextlib.contextmanager
def mounted(folder: Path, size: str = "8m") -> Iterator[Disk]:
    """A disk of its own at a folder; the test is skipped where nobody may mount one."""
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False, capture_output=True
    )
    if not made or made.returncode:
        pytest.skip("no right to mount a small disk (root has it)")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


class Mailbox(Maildir):
    """The local mailbox, which counts what it was handed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.data / "mailbox")
        self.taken: list[str] = []

    async def send(self, message: Message) -> Answer:
        """One mail."""
        answer = await super().send(message)
        if answer.outcome == "accepted":
            self.taken.append(message.id)
        return answer


@dataclass
class Installation:
    """All that writes, on one disk; `now` is moved by hand."""

    folder: Path
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = Settings(_env_file=None, data=self.folder)  # type: ignore[call-arg]  # pydantic's own argument
        self.database = Database(f"sqlite:///{self.folder / 'tracker.db'}")
        self.mailbox, self.now = Mailbox(self.settings), NOW
        self.notifier = Notifier(
            self.database, self.settings, lambda: self.now, channels=Channels(self.settings, {"email": self.mailbox})
        )

    def begin(self) -> None:
        """A first version that nobody is told, and one reader."""
        migrate.migrate(self.database)
        Records(self.database).record(visits.visit(START, FIRST, told=FIRST.fingerprint))
        with self.database.write() as session:
            roster.keep(session, Subscription("reader", "reader@example.org"), START, origin="command")

    def steps(self) -> dict[str, Callable[[], object]]:
        """Every kind of write, in the order of a day."""
        return {
            "visit": lambda: Records(self.database).record(
                visits.visit(NOW, SECOND, changes=(CHANGE,), told=SECOND.fingerprint)
            ),
            "alert and mail": self._notify,
            "checkpoint": lambda: service.checkpoint(self.database, self.settings, NOW),
            "export": lambda: self._command("export", str(self.folder / "changes.jsonl")),
            "backup": lambda: keeping.backup(self.database, self.folder / "copy.db"),
        }

    def _notify(self) -> None:
        while asyncio.run(self.notifier.work_once()):
            pass

    def _command(self, *arguments: str) -> None:
        done = CliRunner().invoke(app, arguments, env={"TRACKER_DATA": str(self.folder), "COLUMNS": "200"})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        if done.exit_code:
            raise OSError(errno.ENOSPC, done.output) if "disk is full" in done.output else AssertionError(done.output)

    def day(self) -> list[str]:
        """Takes every step; gives those that had no room. Anything else than a full disk's error is one of ours."""
        failed = []
        for name, step in self.steps().items():
            try:
                step()
            except Exception as error:
                if not (space.full(error) or (isinstance(error, keeping.KeepingError) and "room" in str(error))):
                    raise
                failed.append(name)
        return failed

    def whole(self) -> None:
        """What must hold at any moment, room or not."""
        with self.database.read() as session:
            assert proof.verify(session, folder=self.folder / "checkpoints").problems == ()
        left = [file.name for file in self.folder.rglob("*") if file.suffix in (".part", ".new", ".restore")]
        assert left == []
        assert not list(self.folder.glob("mailbox/tmp/*"))
        for file in self.folder.glob("copy.db"):
            # Nothing may be written beside it here, not even SQLite's own log.
            with contextlib.closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    made = Installation(folder)
    made.begin()
    made.database.dispose()
    return folder


@pytest.mark.slow
def test_however_little_room_is_left_nothing_is_half_done_and_it_goes_on_when_there_is_some(
    begun: Path, tmp_path: Path
) -> None:
    met: set[str] = set()
    for pages in (*range(0, 40, 3), *range(40, 400, 16)):
        # A folder each: a connection that is closed late takes its log away by name.
        with mounted(tmp_path / f"disk-{pages}") as disk:
            shutil.copytree(begun, disk.folder, dirs_exist_ok=True)
            here = Installation(disk.folder)
            with here.database.read() as session:  # it was running before
                queries.counts(session)
            disk.fill(leave=pages * PAGE)
            failed = here.day()
            met |= set(failed)
            here.whole()
            disk.free()
            here.now += timedelta(hours=6)  # leases and pauses are over
            assert here.day() == [], f"{pages} pages were free, {failed} failed then"
            here.whole()
            with here.database.read() as session:
                assert queries.counts(session)["changes"] == 1
            assert len(here.mailbox.taken) == 1, f"{pages} pages were free, {failed} failed then"
            assert sorted(file.suffix for file in (disk.folder / "checkpoints").iterdir()) == [".json"]
            here.database.dispose()
        if not failed:
            break
    assert not failed
    assert met == set(here.steps())


@pytest.mark.slow
@pytest.mark.postgres
def test_postgresql_without_room_keeps_nothing_of_a_visit_and_goes_on(postgres_url: str) -> None:
    """The data lie on a small disk, the server's own log does not: a server that cannot write that stops by itself."""
    with (
        tempfile.TemporaryDirectory(prefix="tracker-disk-") as made,
        mounted(Path(made) / "disk", "24m") as disk,
        contextlib.ExitStack() as later,
    ):
        Path(made).chmod(0o755)  # the server runs as somebody else
        shutil.chown(disk.folder, "postgres")
        server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        later.callback(server.dispose)
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{disk.folder}'")
            connection.exec_driver_sql("CREATE DATABASE small TABLESPACE small")
        database = Database(postgres_url.rsplit("/", 1)[0] + "/small")
        migrate.migrate(database)
        records = Records(database)
        records.record(visits.visit(START, FIRST, told=FIRST.fingerprint))
        disk.fill()
        large = visits.text(*(f"Paragraph {n} of many that take space. {os.urandom(300).hex()}" for n in range(900)))
        entry = visits.visit(NOW, large, told=large.fingerprint)
        with pytest.raises(OperationalError) as caught:
            records.record(entry)
        assert space.full(caught.value)
        with database.read() as session:
            assert queries.counts(session)["versions"] == 1
            assert proof.verify(session).problems == ()
        disk.free()
        records.record(entry)
        with database.read() as session:
            assert queries.counts(session)["versions"] == 2
            assert proof.verify(session).problems == ()
        database.dispose()
        with server.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE small WITH (FORCE)")
            connection.exec_driver_sql("DROP TABLESPACE small")


@pytest.mark.slow
def test_the_service_says_so_serves_its_pages_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with DemoSite() as site, mounted(tmp_path / "disk") as disk:
        (tmp_path / "sources.yaml").write_text(
            f'sources: [{{id: regulation, url: "{site.url}/regulation", every: 1m}}]\n'
            "subscriptions: [{to: reader@localhost}]\n"
        )
        (tmp_path / "data").symlink_to(disk.folder)
        with running(tmp_path) as one:
            until(lambda: "First round done" in one.told())
            with contextlib.closing(sqlite3.connect(disk.folder / "tracker.db")) as log:
                log.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else its log has room for a while
            disk.fill()
            site.chapter = 2
            until(lambda: "The disk is full" in one.told(), 150)
            assert "Traceback" not in one.told()
            assert "Regulation" in one.get("/documents") or "regulation" in one.get("/sources")
            one.end(signal.SIGKILL)
        with running(tmp_path) as two:
            until(lambda: "The disk is full" in two.told())
            assert "regulation" in two.get("/sources").casefold()
            disk.free()
            until(lambda: count(tmp_path, tables.Alert, tables.Alert.state == "sent") > 0, 240)
            assert two.end() == 0
        database = Database(f"sqlite:///{disk.folder}/tracker.db")
        with database.read() as session:
            assert proof.verify(session).problems == ()
            assert queries.counts(session)["changes"] == 1
        database.dispose()


def test_on_a_full_disk_pages_answer_and_a_form_is_told_why_not(begun: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk") as disk:
        shutil.copytree(begun, disk.folder, dirs_exist_ok=True)
        here = Installation(disk.folder)
        client = TestClient(create_app(here.database, here.settings), base_url="http://127.0.0.1")
        Records(here.database).record(visits.visit(NOW, SECOND, changes=(CHANGE,), told=SECOND.fingerprint))
        disk.fill()
        for path in ("/", "/changes", "/documents/1", "/sources", "/search?q=lamp", "/readyz", "/metrics"):
            assert client.get(path).status_code == 200, path
        correction = {"json": {"tier": "noise", "note": "long words " * 90}}
        answer = client.post(f"/api/v1/changes/{CHANGE.id}/feedback", **correction)
        assert answer.status_code == 507
        assert "make room" in answer.json()["detail"].casefold()
        disk.free()
        assert client.post(f"/api/v1/changes/{CHANGE.id}/feedback", **correction).status_code == 204
        here.database.dispose()
