"""The service as its operator meets it: it starts from nothing, tells what is going on, and can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tracker.demo.site import DemoSite
from tracker.store import tables
from tracker.store.session import Database

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent

SOURCES = """sources:
  - {{id: regulation, url: "{url}/regulation"}}
  - {{id: terms, url: "{url}/policy"}}
  - {{id: news, url: "{url}/feed.xml"}}
subscriptions:
  - {{to: reader@localhost}}
"""


class Running:
    """`tracker run` in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder, self.port = folder, free_port()
        settings = {
            "TRACKER_DATA": str(folder / "data"), "TRACKER_SOURCES": str(folder / "sources.yaml"),
            "TRACKER_ALLOW_PRIVATE": "127.0.0.0/8", "TRACKER_HOST_DELAY": "0", "TRACKER_WEB_PORT": str(self.port),
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT),  # this checkout, wherever it is installed from
        }  # fmt: skip
        self.output = (folder / f"output-{self.port}").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tracker.cli.main", "run", *arguments], cwd=folder, env=settings,
            stdout=self.output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def told(self) -> str:
        assert self.process.poll() is None or self.process.returncode == 0, Path(self.output.name).read_text()
        return Path(self.output.name).read_text(encoding="utf-8")

    def end(self, how: int = signal.SIGTERM, within: float = 10) -> int:
        self.process.send_signal(how)
        return self.process.wait(within)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], seconds: float = 40) -> None:
    """Waits for something to become true; what it does not wait for is a figure."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def count(folder: Path, table: type[tables.Base], *conditions: object) -> int:
    if not (folder / "data" / "tracker.db").exists():
        return 0
    database = Database(f"sqlite:///{folder / 'data' / 'tracker.db'}")
    try:
        with database.read() as session:
            return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - not migrated yet
        return 0
    finally:
        database.dispose()


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Running]:
    service = Running(folder, *arguments)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait(10)
        service.output.close()


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, site: DemoSite) -> Path:
    (tmp_path / "sources.yaml").write_text(SOURCES.format(url=site.url), encoding="utf-8")
    return tmp_path


def test_it_starts_from_nothing_tells_what_is_going_on_and_drains_on_sigterm(folder: Path) -> None:
    with running(folder) as service:
        until(lambda: "First round done: 3 of 3 sources read" in service.told())
        assert "ok" in service.get("/healthz").casefold()
        assert "Regulation" in service.get("/sources") or "regulation" in service.get("/sources")
        assert service.end() == 0
        assert "everything is kept" in service.told()
    assert count(folder, tables.Version) == 4  # two pages and two entries of the feed


def obeys(service: Running) -> bool:
    """Whether the process is up so far that it takes SIGTERM itself (Linux: the mask of caught signals)."""
    status = Path(f"/proc/{service.process.pid}/status")
    if not status.exists():
        return True
    mask = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def test_after_kill_9_it_goes_on_where_it_was(folder: Path, site: DemoSite) -> None:
    with running(folder, "--no-web") as service:
        until(lambda: count(folder, tables.Version) > 0)
        service.end(signal.SIGKILL)
    site.chapter = 2
    with running(folder, "--no-web") as service:
        until(lambda: obeys(service))  # the first run may have checked all three already
        until(lambda: count(folder, tables.Source, tables.Source.last_check_at.is_not(None)) == 3)
        assert service.end() == 0
    assert count(folder, tables.Version) >= 4


def test_two_that_start_together_migrate_once_and_share_the_work(folder: Path) -> None:
    with running(folder, "--no-web") as one, running(folder, "--no-web") as two:
        until(lambda: count(folder, tables.Source, tables.Source.last_check_at.is_not(None)) == 3)
        assert [one.end(), two.end()] == [0, 0]
    assert count(folder, tables.Check) == 3


def test_where_nothing_can_be_reached_one_line_points_to_the_demo(tmp_path: Path) -> None:
    closed = free_port()
    (tmp_path / "sources.yaml").write_text(
        f"sources:\n  - {{id: a, url: 'http://127.0.0.1:{closed}/a'}}\n  - {{id: b, url: 'http://127.0.0.1:{closed}/b'}}\n"
    )
    with running(tmp_path, "--no-web") as service:
        until(lambda: "tracker demo" in service.told())
        assert service.told().count("No source can be reached") == 1
        assert service.end() == 0


def test_an_edited_catalogue_is_taken_over_and_a_broken_one_is_not(folder: Path, site: DemoSite) -> None:
    with running(folder, "--no-web") as service:
        until(lambda: count(folder, tables.Source, tables.Source.last_check_at.is_not(None)) == 3)
        good = (folder / "sources.yaml").read_text()
        (folder / "sources.yaml").write_text(good.replace("id: terms", "id: Terms!"))
        until(lambda: "sources.yaml:3" in service.told())
        assert count(folder, tables.Source, tables.Source.active) == 3
        added = f'sources:\n  - {{id: guide, url: "{site.url}/guide.pdf"}}\n'
        (folder / "sources.yaml").write_text(good.replace("sources:\n", added, 1))
        until(lambda: count(folder, tables.Source, tables.Source.last_check_at.is_not(None)) == 4)
        assert service.end() == 0


def test_a_port_that_is_taken_is_said_in_one_line(folder: Path) -> None:
    with running(folder) as first:
        until(lambda: "First round" in first.told())
        second = subprocess.run(
            [sys.executable, "-m", "tracker.cli.main", "run"], cwd=folder, capture_output=True, text=True, timeout=60,
            check=False,
            env={"TRACKER_DATA": str(folder / "data"), "TRACKER_WEB_PORT": str(first.port), "PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert second.returncode == 1
        assert "TRACKER_WEB_PORT" in second.stderr
        assert "Traceback" not in second.stderr
