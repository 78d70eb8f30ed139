"""Labelled changes of recorded pages as mails, to be looked at: read, compared, judged and rendered in three languages.

    python tests/alerts/labelled.py FOLDER OUT [--count 12] [--chromium /usr/bin/chromium]

FOLDER holds `gold/changes.json` and `recordings`; OUT gets an HTML and a text file a mail, and pictures where a
Chromium is named. Whatever a mail asks the network for is printed, and the run ends with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts import told as tolds
from alerts.render import change as render
from alerts.render import compose
from alerts.render.message import Message
from alerts.told import Told
from tracker import replay
from tracker.assess import verdict
from tracker.classify import classifier
from tracker.diff import edits, summary
from tracker.formats import registry
from tracker.model import Assessment, Change, Past, Source, State, Subscription, Text, Tier
from tracker.settings import Settings
from tracker.text.canonical import fingerprint

LANGUAGES = ("en", "fr", "zh")
SETTINGS = Settings(
    _env_file=None, base_url="https://tracker.example", mail_from="Tracker <t@rules.example>", secret_key="k"
)


@dataclass(frozen=True)
class Labelled:
    """A label, the change as the tracker tells it, and its mail by language."""

    id: str
    words: tuple[str, ...]
    what: str
    told: Told
    mails: dict[str, Message]


def chosen(folder: Path, count: int) -> list[dict[str, Any]]:
    """Sure labels of substantive changes, one a page, evenly over the list."""
    found = json.loads((folder / "gold" / "changes.json").read_text(encoding="utf-8"))["changes"]
    sure = {c["page"]: c for c in reversed(found) if c["sure"] and c["tier"] == "substantive" and c["words"]}
    of_pages = sorted(sure.values(), key=lambda c: c["id"])
    return [of_pages[n * len(of_pages) // count] for n in range(min(count, len(of_pages)))]


def labelled(folder: Path, count: int = 12) -> Iterator[Labelled]:
    """The labels with their mails."""
    pages = {page["page"]: page for page in replay.pages(folder / "recordings")}
    for label in chosen(folder, count):
        page = pages[label["page"]]
        before = after = b""
        for taken, body in replay.snapshots(folder / "recordings", page):
            if taken >= label["seen"]:
                after = body
                break
            before = body
        found = _told(label, page, before, after)
        if found is None:
            sys.stderr.write(f"{label['id']}: no change found between the two snapshots\n")
            continue
        yield Labelled(label["id"], tuple(label["words"]), label["what"], found, mails(found))


def _told(label: dict[str, Any], page: dict[str, Any], before: bytes, after: bytes) -> Told | None:
    url = page["urls"][0][1]
    seen = datetime.fromtimestamp(label["seen"], UTC)
    source = Source("labelled", url, f"{page['service']} — {page['terms'].split('#')[0].strip()}")
    old, new = (registry.read(body, url=url) for body in (before, after))
    known = Text(fingerprint(old.blocks), old.blocks, old.title, old.language)
    judged = verdict.judge("labelled", Past(told=known, latest=known), new, seen)
    blocks = judged.text.blocks if judged.text else new.blocks
    told = [change for change in judged.changes if change.comparison.edits]
    if told:
        value = told[-1]
    else:
        comparison = edits.compare(old.blocks, new.blocks)
        if not comparison.edits:
            return None
        value = Change("0" * 32, known.fingerprint, "new", seen, comparison, Assessment(Tier.SUBSTANTIVE, State.TOLD))
    value = replace(
        value,
        assessment=replace(value.assessment, state=State.TOLD),
        classification=classifier.load().classify_change(value.comparison, language=new.language),
        summary={code: summary.headline(value.comparison, code) for code in LANGUAGES},
    )
    around = tolds.surroundings(value.comparison.edits, blocks)
    return Told(
        value, source, 1, "", new.title or source.title, url, new.language, seen - timedelta(days=1), seen, (), around
    )


def mails(found: Told) -> dict[str, Message]:
    """The change in every language."""
    readers = {code: Subscription("desk", "reader@example.org", language=code) for code in LANGUAGES}
    return {
        code: render.message(found, compose.frame(reader, SETTINGS, found.change.seen))
        for code, reader in readers.items()
    }


def main() -> int:
    """Writes the mails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--chromium", default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    names = []
    for one in labelled(options.folder, options.count):
        for code, message in one.mails.items():
            name = f"{one.id}-{code}"
            names.append(name)
            (options.out / f"{name}.html").write_text(message.html, encoding="utf-8")
            (options.out / f"{name}.txt").write_text(message.text, encoding="utf-8")
        english = one.mails["en"]
        sys.stdout.write(f"{one.id}  {english.subject}\n     label: {one.what}\n")
    return _pictures(options.out, names, options.chromium) if options.chromium else 0


def _pictures(out: Path, names: list[str], chromium: str) -> int:
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name in names:
            for width, scheme in ((390, "light"), (800, "dark" if name.endswith("zh") else "light")):
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                page.on("request", lambda request: asked.append(request.url))
                page.set_content((out / f"{name}.html").read_text(encoding="utf-8"))
                page.screenshot(path=out / f"{name}-{width}.png", full_page=True)
                page.close()
        browser.close()
    for url in asked:
        sys.stderr.write(f"asked for {url}\n")
    return 1 if asked else 0


if __name__ == "__main__":
    sys.exit(main())
