"""Mails in a real Chromium: nothing runs, nothing is loaded, everything fits a phone, dark is dark."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import labelled
import pytest
import world as w

from alerts.render import change, compose, digest, notice, pages, sample
from alerts.render.digest import Gathered, Line
from alerts.told import Around
from tracker.model import Subscription

pytestmark = pytest.mark.browser

HOSTILE = (
    '<img src="http://evil.example/a.png"><script>document.title="ran"</script><iframe src="http://evil.example/f">'
    "</iframe><style>@import url(http://evil.example/s.css);</style><link rel=stylesheet href=http://evil.example/l>"
    '<svg onload="document.title=1"><video src=http://evil.example/v autoplay></video><base href=http://evil.example/>'
    "<body background=http://evil.example/b><meta http-equiv=refresh content='0;url=http://evil.example/m'>"
    '" style="background:url(http://evil.example/u)" x="'
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    """A browser with JavaScript on, and the file in which it logs what it asks the network for."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium is installed: this test renders mails in it")
    from playwright.sync_api import sync_playwright

    log = tmp_path_factory.mktemp("net") / "net.json"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", f"--log-net-log={log}",
            ],
        )  # fmt: skip
        yield browser, log
        if browser.is_connected():
            browser.close()


def mails() -> dict[str, str]:
    """Hostile and long mails of every kind, in HTML."""
    made: dict[str, str] = {}
    for language in ("en", "fr", "zh"):
        reader = Subscription("desk", "reader@example.org", language=language, areas=("safety-governance",))
        frame = compose.frame(reader, labelled.SETTINGS, w.START, "f" * 32)
        value = w.change(
            f"It may {HOSTILE}.", f"It shall {HOSTILE}.", path=HOSTILE, deadlines=[w.deadline(date(2026, 8, 2))]
        )
        value = replace(value, summary=dict.fromkeys(("en", "fr", "zh"), HOSTILE))
        of = w.source(title=HOSTILE, question=HOSTILE, affects=(HOSTILE, "x" * 400))
        told = w.told(value, of, title=HOSTILE, around=(Around(HOSTILE, HOSTILE, HOSTILE, 3),))
        made[f"hostile-{language}"] = change.message(told, frame).html
        made[f"sample-{language}"] = change.message(sample.told(w.START), frame).html
        line = Line("c", w.START, "s", HOSTILE, HOSTILE, "editorial", {"en": HOSTILE}, HOSTILE, (HOSTILE,), places=2)
        found = Gathered(None, w.START, weekly=True, lines=(line,) * 30, heat={("a" * 60, w.START.date()): 3})
        made[f"digest-{language}"] = digest.message(found, frame).html
        data = {"title": HOSTILE, "url": "javascript:alert(1)", "reason": HOSTILE, "source": HOSTILE}
        made[f"notice-{language}"] = notice.message("source.failing", data, frame).html
    return made


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_runs_and_everything_fits(chromium: tuple[Any, Path], tmp_path: Path, width: int) -> None:
    browser, _ = chromium
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append("dialog"))
    for name, html in mails().items():
        file = tmp_path / f"{name}.html"
        file.write_text(html, encoding="utf-8")
        page.goto(file.as_uri())
        assert page.title() not in ("ran", "1")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide on a screen of {width}"
        assert len(html.encode()) <= pages.LIMIT
    context.close()
    assert [url for url in asked if not url.startswith("file:")] == []


def test_dark_is_dark_and_both_can_be_read(chromium: tuple[Any, Path]) -> None:
    browser, _ = chromium
    shown = mails()
    for scheme, html in product(("light", "dark"), (shown["sample-en"], shown["digest-zh"], shown["notice-fr"])):
        context = browser.new_context(viewport={"width": 800, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        page.set_content(html)
        pairs = page.evaluate(CONTRASTS)
        assert len(pairs) > 3
        poor = [pair for pair in pairs if pair["contrast"] < 4.5]
        assert poor == [], scheme
        assert (page.evaluate("lum(ground(document.body))") < 0.1) is (scheme == "dark")
        context.close()


def test_the_network_log_is_empty(chromium: tuple[Any, Path]) -> None:
    """Last: the browser ends, and its own log of the network is read."""
    browser, log = chromium
    browser.close()
    events = _written(log)["events"]
    hosts = [url for event in events if "evil.example" in (url := json.dumps(event.get("params", {})))]
    assert events
    assert hosts == []


def _written(log: Path) -> dict[str, Any]:
    """The log, which the browser's own process for the network may end a moment after the browser."""
    for _ in range(200):
        try:
            return dict(json.loads(log.read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError):
            time.sleep(0.1)
    raise AssertionError(f"{log} was not written to its end")


# Every text's contrast with the ground it stands on (WCAG 2: 4.5 is enough for text of any size).
CONTRASTS = """() => {
  const part = v => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  window.lum = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const rgb = (s) => (s.match(/[\\d.]+/g) || []).map(Number);
  window.ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c.slice(0, 3) } return [255, 255, 255] };
  const made = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || getComputedStyle(e).display === 'none') continue;
    const a = lum(rgb(getComputedStyle(e).color)), b = lum(ground(e));
    made.push({text: e.textContent.trim().slice(0, 40), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)});
  }
  return made;
}"""


@pytest.mark.slow
@pytest.mark.shared
def test_labelled_changes_are_told_with_the_words_that_changed(shared: Path) -> None:
    """Twelve labelled changes of recorded pages, in three languages: the mail holds words that prove it is about the
    change, or says how much of it is folded."""

    def flat(text: str) -> str:
        return "".join(char for char in text.casefold() if char.isalnum())

    seen = 0
    for one in labelled.labelled(shared):
        for code, message in one.mails.items():
            seen += 1
            words = flat(message.text.replace("[-", "").replace("{+", ""))
            assert len(message.html.encode()) <= pages.LIMIT
            assert message.subject
            folded = len(one.told.change.comparison.edits) > message.text.count("\n* ")
            assert folded or any(flat(piece) in words for piece in one.words), (one.id, code)
    assert seen >= 30
