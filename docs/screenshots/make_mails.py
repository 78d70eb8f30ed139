"""Renders mails in Chromium at phone and desktop width, light and dark, and keeps the screenshots.

    python docs/screenshots/make_mails.py FOLDER [--chromium /usr/bin/chromium]
    python docs/screenshots/make_mails.py docs/screenshots --docs     # the three that docs/alerts.md shows

The mails are made of values of this file; no database, no network: a page that asks for anything fails the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

from alerts.render import change, compose, digest, notice, sample
from alerts.render.change import Frame
from alerts.render.digest import Ahead, Gathered, Line, Trouble
from alerts.render.message import Message
from tracker.model import Deadline, Subscription
from tracker.settings import Settings

NOW = datetime(2026, 3, 6, 7, 0, tzinfo=UTC)
WIDTHS = {"phone": 390, "desktop": 1440}
DOCS = (
    ("change-en", "mail-change", 720, "light"),
    ("digest-en", "mail-digest", 720, "light"),
    ("change-fr", "mail-phone", 390, "dark"),
)


def frame(language: str, **more: object) -> Frame:
    """A reader of that language who follows one area."""
    wishes = {"areas": ("safety-governance",), "language": language, "timezone": "Europe/Paris", **more}
    settings = Settings(
        base_url="https://tracker.example",
        secret_key="pictures",  # noqa: S106 - signs links that nobody follows
        mail_from="Tracker <t@rules.example>",
    )
    return compose.frame(Subscription(id="policy-desk", to="reader@example.org", **wishes), settings, NOW, "a" * 32)


def week(language: str) -> Message:
    """A weekly digest with everything that one can hold."""
    lines = []
    for n, (source, area, point) in enumerate(
        [
            ("Harbour Pilot Regulation", "safety-governance", "Art. 12(1): may → shall"),
            ("Harbour Pilot Regulation", "safety-governance", "Art. 14: new paragraph on incidents"),
            ("Lighthouse Data Act", "data-supply", "§ 3: 30 days → 10 days"),
            ("Standards office: list of drafts", "standards-norms", "New entry: vocabulary of pilots"),
            ("Guide for harbour offices", "safety-governance", "Annex II: two items deleted"),
        ]
    ):
        words = {"en": point, "fr": point, "zh": point}
        due = (Deadline("2 August 2026", "application", date(2026, 8, 2)),) if n == 0 else ()
        tier = "editorial" if n == 4 else "substantive"
        lines.append(
            Line(
                f"c{n}",
                NOW - timedelta(days=n),
                source,
                source,
                source,
                tier,
                words,
                area,
                (area,),
                due,
                2 if n == 3 else 0,
            )
        )
    heat = {
        (line.area, (NOW - timedelta(days=back)).date()): 1 + (back * 5 + n) % 4
        for n, line in enumerate(lines)
        for back in range(n, 7, 2)
    }
    found = Gathered(
        NOW - timedelta(days=7),
        NOW,
        weekly=True,
        lines=tuple(lines),
        heat=heat,
        ahead=(Ahead(date(2026, 4, 1), "deadline", "Lighthouse Data Act", "comments on the draft", "c2"),),
        trouble=(Trouble("s9", "Ministry of Tides", "blocked", "403 from the host", NOW - timedelta(days=3)),),
        checked=118,
    )
    return digest.message(found, frame(language, when="weekly fri 08:00"))


def messages() -> Iterator[tuple[str, Message]]:
    """Name and message of every picture."""
    for language in ("en", "fr", "zh"):
        yield f"change-{language}", change.message(sample.told(NOW), frame(language))
        yield f"digest-{language}", week(language)
    storm = Gathered(
        None,
        NOW,
        storm=20,
        lines=tuple(
            Line(
                f"x{n}",
                NOW,
                "s",
                "Harbour Pilot Regulation",
                f"Annex {n}",
                "substantive",
                {"en": f"Annex {n}: reworded"},
                "safety-governance",
            )
            for n in range(25)
        ),
    )
    yield "storm-en", digest.message(storm, frame("en"))
    quiet = Gathered(NOW - timedelta(days=1), NOW, checked=118)
    yield "nothing-en", digest.message(quiet, frame("en", when="daily 08:00"))
    failing = {
        "type": "source.failing",
        "source": "tides",
        "title": "Ministry of Tides",
        "url": "https://tides.example/",
        "reason": "HTTP 503 three times",
    }
    yield "notice-en", notice.message("source.failing", failing, replace(frame("en")))


def shoot(browser: Browser, html: str, target: Path, width: int, scheme: str) -> list[str]:
    """One picture; gives the addresses that the page asked for."""
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # "light" or "dark"
    page = context.new_page()
    page.route("**/*", refuse)
    page.set_content(html)
    page.screenshot(path=target, full_page=True)
    context.close()
    return asked


def main() -> int:
    """Writes the pictures; 1 if a mail asked for anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--only", default="")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        if options.docs:
            found = dict(messages())
            for name, target, width, scheme in DOCS:
                asked += shoot(browser, found[name].html, options.folder / f"{target}.png", width, scheme)
        for name, message in messages() if not options.docs else ():
            if options.only not in name:
                continue
            for size, width in WIDTHS.items():
                for scheme in ("light", "dark"):
                    asked += shoot(browser, message.html, options.folder / f"{name}-{size}-{scheme}.png", width, scheme)
        browser.close()
    for url in asked:
        sys.stderr.write(f"asked for {url}\n")
    return 1 if asked else 0


if __name__ == "__main__":
    sys.exit(main())
