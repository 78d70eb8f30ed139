"""Makes the pictures of the pages: a library of invented acts, served on the loopback, looked at in Chromium.

    python docs/screenshots/make_pages.py [--out docs/screenshots] [--chromium /usr/bin/chromium]

Runs from a checkout (the library is the tests' own). A page that asks for anything elsewhere fails the run.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web"), str(ROOT / "tests" / "store")]

import library  # noqa: E402 - its folder is on the path only now
import uvicorn  # noqa: E402 - the same
from playwright.sync_api import Browser, Route, sync_playwright  # noqa: E402 - the same

from tracker import model  # noqa: E402 - the same
from tracker.classify import classifier  # noqa: E402 - the same
from tracker.settings import Settings  # noqa: E402 - the same
from tracker.store import queries  # noqa: E402 - the same
from tracker.store.migrate import migrate  # noqa: E402 - the same
from tracker.store.records import Records  # noqa: E402 - the same
from tracker.store.session import Database  # noqa: E402 - the same
from tracker.web.app import create_app  # noqa: E402 - the same

MONTHS = 12
NOW = library.START + timedelta(days=30 * MONTHS + 21)
LARGEST = 200_000  # bytes of a picture
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Database]]:
    """The pages over the library on a free port."""
    database = Database(f"sqlite:///{folder / 'tracker.db'}")
    migrate(database)
    known = classifier.load()

    def classify(comparison: model.Comparison, language: str) -> model.Classification:
        return known.classify_change(comparison, language=language)

    library.fill(Records(database), months=MONTHS, classify=classify)
    settings = Settings(_env_file=None, data=folder)  # type: ignore[call-arg] # pydantic-settings takes it
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(database, settings, clock=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}", database
    server.should_exit = True
    thread.join(10)
    database.dispose()


def _change(database: Database) -> queries.ChangeLine:
    """A change that shows much: told, English, with a date, areas and few edits."""
    with database.read() as session:
        found = queries.list_changes(
            session, queries.ChangeFilter(states=("told",), languages=("en",)), limit=200
        ).items
        for line in found:
            value = queries.change_detail(session, line.id).value
            if value.comparison.deadlines and line.areas and 2 <= len(value.comparison.edits) <= 3:
                return line
    return found[0]


def pictures(browser: Browser, address: str, database: Database, out: Path) -> None:
    """Writes the pictures."""
    line = _change(database)
    at = f"/documents/{line.document_id}"
    shots = (
        ("overview", "/", 1180, 740, "light"),
        ("change", f"/changes/{line.id}", 1180, 740, "light"),
        ("document", at, 1180, 740, "dark"),
        ("blame", f"{at}/blame", 1180, 680, "light"),
        ("search", "/search?q=%E5%AE%89%E5%85%A8%E4%BA%8B%E4%BB%B6&lang=zh", 1180, 680, "light"),
        ("phone", f"/changes/{line.id}", 390, 844, "dark"),
    )
    for name, where, width, height, scheme in shots:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type] # one of the two
        page = context.new_page()

        def only_ours(route: Route) -> None:
            if not route.request.url.startswith(address + "/"):
                raise SystemExit(f"a page asks for {route.request.url}")
            route.continue_()

        page.route("**/*", only_ours)
        page.goto(address + where)
        picture = page.screenshot()
        context.close()
        if len(picture) > LARGEST:
            raise SystemExit(f"{name}: {len(picture)} bytes are too many")
        (out / f"{name}.png").write_bytes(picture)
        sys.stdout.write(f"{name}.png {len(picture) // 1000} kB\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as (address, database),
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=given.chromium, args=FLAGS)
        pictures(browser, address, database, given.out)
        browser.close()


if __name__ == "__main__":
    main()
