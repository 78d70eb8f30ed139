"""Every page in a real Chromium: no violation that axe finds, nothing loaded from elsewhere, readable without a
sideways scroll, and all of it within reach of the keyboard."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import library
import pytest
import uvicorn

from tracker.store import queries
from tracker.store.session import Database
from tracker.web.app import create_app

pytestmark = pytest.mark.browser
WHEN = library.START + timedelta(days=30 * 8 + 21)


@pytest.fixture(scope="module")
def address(library_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application over the library on a free loopback port."""
    from surroundings import settings_for

    app = create_app(
        library_database, settings_for(tmp_path_factory.mktemp("data"), signup=True), clock=lambda: WHEN
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without anything that talks to its maker."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed: this test looks at pages in one")
    sync = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=flags)
        yield made
        made.close()


def pages(database: Database) -> list[str]:
    """One address of each kind of page."""
    with database.read() as session:
        found = queries.list_changes(session, limit=50).items
        check = queries.checks(session, limit=1)[0].id
    told = next(line for line in found if line.state == "told" and line.old_version)
    at = f"/documents/{told.document_id}"
    return [
        "/", "/changes", f"/changes?area={told.areas[0][0]}&tier=substantive", "/changes?q=nothingatall", "/silenced",
        f"/changes/{told.id}", f"/changes/{told.id}?view=side", f"/changes/{told.id}/certificate",
        f"/changes/{told.id}/mail", "/documents", at, f"{at}/at/2025-06-30", f"{at}/at/2001-01-01", f"{at}/history",
        f"{at}/blame", f"{at}/compare?old=1&new={told.new_version}",
        f"{at}/compare?old=1&new={told.new_version}&view=side",
        "/sources", f"/sources/{told.source_id}", "/checks", f"/checks/{check}", "/search?q=incident", "/search",
        "/mailbox", "/login", "/about", "/subscriptions", "/nothing-here",
    ]  # fmt: skip


def _axe() -> str:
    package = pytest.importorskip("axe_playwright_python")
    (script,) = Path(package.__file__).parent.rglob("axe.min.js")
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "dark"),
        pytest.param(1440, "light", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
        pytest.param(1440, "dark", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing_and_nothing_leaves_the_host(
    browser: Any, address: str, library_database: Database, width: int, scheme: str
) -> None:
    axe = _axe()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    asked: list[str] = []
    wrong: list[str] = []
    view = context.new_page()
    view.on("request", lambda request: asked.append(request.url))
    view.on(
        "console", lambda said: wrong.append(said.text) if said.type == "error" and "404" not in said.text else None
    )
    view.on("pageerror", lambda error: wrong.append(str(error)))
    for where in pages(library_database):
        view.goto(address + where)
        view.evaluate(axe)
        found = view.evaluate(
            "async () => (await axe.run()).violations.map(v => [v.id, v.nodes[0].html.slice(0, 200)])"
        )
        wrong += [f"{where}: {violation}" for violation in found]
        spill = view.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if spill > 0:
            wrong.append(f"{where}: {spill} pixels wider than the window")
    context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith((address + "/", "data:"))] == []


@pytest.mark.slow
def test_every_link_and_field_can_be_reached_with_the_keyboard_alone(
    browser: Any, address: str, library_database: Database
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    view = context.new_page()
    missed = {}
    for where in pages(library_database):
        view.goto(address + where)
        view.evaluate(
            """() => { window.wanted = new Set([...document.querySelectorAll(
                 'a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(one =>
                 one.tabIndex >= 0 && !one.disabled && one.checkVisibility() &&
                 !(one.type == 'radio' && !one.checked)));
               window.total = window.wanted.size; }"""
        )
        total = view.evaluate("window.total")
        for _ in range(total * 3 + 40):  # a date has several parts to go through
            view.keyboard.press("Tab")
            if view.evaluate("(window.wanted.delete(document.activeElement), window.wanted.size)") == 0:
                break
        left = view.evaluate("[...window.wanted].map(one => one.outerHTML.slice(0, 120))")
        if left:
            missed[where] = left
    context.close()
    assert missed == {}


def test_the_first_tab_stop_leads_past_the_menu(browser: Any, address: str) -> None:
    context = browser.new_context()
    view = context.new_page()
    view.goto(address + "/")
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.getAttribute('href')") == "#page-main"
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "page-main"
    context.close()
