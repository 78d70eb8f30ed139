"""The commands that the documentation shows are run, each in a copy of a home with a history, and end well."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from typer.testing import CliRunner

from tracker.catalogue import editing
from tracker.cli.main import app
from tracker.demo.site import DemoSite
from tracker.store import tables
from tracker.store.session import Database

sys.path.insert(0, str(Path(__file__).parent))
import test_docs

ROOT = Path(__file__).resolve().parents[2]
# These run until they are stopped, or change the shell of who types them: tests of their own start and stop them.
ELSEWHERE = {
    "tracker run": "tests/test_service.py", "tracker worker": "tests/engine/test_queue.py",
    "tracker demo": "tests/demo/test_story.py", "tracker --install-completion": "tests/cli/test_commands.py",
}  # fmt: skip
NAMED = re.compile(
    r"Missing (argument|option)|requires an argument|^\s*Usage: .*\[required\]", re.DOTALL
)  # a command that is named and not shown
DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")
LINES = sorted({line for _page, line in test_docs.commands()})
Home = tuple[Path, dict[str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A folder with a catalogue, a history of two rounds and an alert; and what the words in capitals stand for."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, DemoSite() as site:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("TRACKER_")]:
            patch.delenv(name)
        patch.setenv("TRACKER_ALLOW_PRIVATE", "127.0.0.0/8")
        patch.setenv("TRACKER_HOST_DELAY", "0")
        text, _made = editing.add_source("sources:\n", {"id": "eu-ai-act", "url": f"{site.url}/regulation"})
        editing.write(folder / "sources.yaml", text + "subscriptions:\n  - to: policy@example.org\n")
        for chapter in (0, 3):
            site.chapter = chapter
            out("check")
        yield folder, words(folder, site)


def out(*given: str) -> str:
    made = CliRunner().invoke(app, list(given))
    assert made.exit_code == 0, made.output
    return made.stdout


def words(folder: Path, site: DemoSite) -> dict[str, str]:
    """What each word stands for in this home. Files that commands read are made."""
    change = json.loads(out("history", "--json").splitlines()[0])["id"]
    reader = json.loads(out("subscriptions", "--json").splitlines()[0])["id"]
    alert = json.loads(out("deliveries", "--json").splitlines()[0])["alert"]
    out("verify", "--sign")
    out("export", "history.jsonl", "--what", "versions", "--bodies")
    out("backup", "tracker-backup.db")
    point = json.loads(next((folder / "data" / "checkpoints").glob("*.json")).read_text())
    (folder / "page.html").write_text("<main><h1>Rules</h1><p>Providers shall report incidents.</p></main>")
    (folder / "FILE.jsonl").write_text('{"text": "Providers shall report incidents.", "areas": []}\n')
    (folder / "listing.html").write_text(
        "".join(f"<div class=result><h3><a href=/{n}>Rule {n}</a></h3></div>" for n in "abc")
    )
    recorded(folder / "recordings" / "here")
    shutil.copy(ROOT / "tracker" / "classify" / "data" / "taxonomy.yaml", folder / "taxonomy.yaml")
    return {
        "CHANGE": change, "3fa9c2": change[:6], "ID": reader, "SUBSCRIPTION": reader, "ALERT": alert, "NAME": "rules",
        "ADDRESS": "policy@example.org", "TEXT": "'Risk assessments of frontier models'", "FILE": "taxonomy.yaml",
        "HEX": point["public_key"], "FOLDER": "recordings", "URL": f"{site.url}/guide.pdf",
        "https://www.example.org/guidance": f"{site.url}/policy", "person@example.org": "policy@example.org",
        "postgresql://user:password@host/name": "sqlite:///other.db",
    }  # fmt: skip


def recorded(folder: Path) -> None:
    """Two snapshots of a page, as `tracker replay` reads them."""
    bodies = [f"<main><h1>Rules</h1><p>Keepers {word} report.</p></main>".encode() for word in ("may", "shall")]
    folder.mkdir(parents=True)
    (folder / "page.zst").write_bytes(zstandard.compress(b"".join(bodies)))
    row = {
        "page": "here/page", "file": "page.zst", "format": "html", "service": "Here", "urls": [[0, "https://x.example/"]],
        "snapshots": [[86_400 * (day + 1), len(body), ""] for day, body in enumerate(bodies)],
    }  # fmt: skip
    (folder / "index.jsonl").write_text(json.dumps(row))


def typed(line: str, stands: dict[str, str]) -> list[str]:
    """The words of a line as somebody in this home would type them."""
    if "--kind listing" in line:
        stands = {**stands, "URL": "listing.html"}
    for name, meant in stands.items():
        line = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", meant.replace("\\", r"\\"), line)
    return shlex.split(DAY.sub(f"{datetime.now(UTC):%Y-%m-%d}", line))[1:]


@pytest.mark.parametrize("line", [line for line in LINES if line not in ELSEWHERE])
def test_a_command_that_is_shown_runs(line: str, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, stands = home
    shutil.copytree(folder, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    given = typed(line, stands)
    if given[0] == "restore":
        shutil.rmtree("data")
    if given[0] == "init":
        Path("sources.yaml").unlink()
    if "retry" in given:
        database = Database("sqlite:///data/tracker.db")
        with database.write() as session:
            session.get_one(tables.Alert, stands["ALERT"]).state = "dead"  # as if its server had refused it
        database.dispose()
    made = CliRunner().invoke(app, given)
    named = made.exit_code == 2 and NAMED.search(made.output)
    assert named or made.exit_code == 0, f"{' '.join(given)}\n{made.output}"


def test_what_is_run_elsewhere_is_run_there() -> None:
    for line, file in ELSEWHERE.items():
        assert line in LINES
        assert (ROOT / file).is_file()
