"""Real pages, a real mail server: a change that a person marked as one that matters ends as a mail with its words."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

SAMPLE = 4  # labels from as many services, in the order of their pages' names


class Inbox:
    """Keeps what a mail server was handed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    kept = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, port
    server.stop()


def labels(shared: Path) -> list[dict[str, Any]]:
    """Sure, substantive labels, the first one of each service's pages."""
    known = json.loads((shared / "gold" / "changes.json").read_text(encoding="utf-8"))["changes"]
    chosen: dict[str, dict[str, Any]] = {}
    for label in sorted(known, key=lambda each: (each["page"], each["seen"])):
        if label["tier"] == "substantive" and label.get("sure", True):
            chosen.setdefault(label["page"], label)
    return list(chosen.values())[:: max(len(chosen) // SAMPLE, 1)][:SAMPLE]


def read(mail: EmailMessage) -> str:
    """The words of both parts, without markup, folded."""
    parts = [part.get_content() for part in mail.walk() if part.get_content_type() in ("text/plain", "text/html")]
    return folded(" ".join([str(mail["subject"]), *parts]))


def folded(text: str) -> str:
    plain = re.sub(r"<[^>]+>", " ", text)
    return re.sub(r"\W+", " ", plain).casefold().strip()


def check(folder: Path, port: int) -> list[dict[str, Any]]:
    """`tracker check`, the program itself, with everything at home in `folder`."""
    settings = {
        "TRACKER_DATA": str(folder / "data"), "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_SMTP_HOST": "127.0.0.1", "TRACKER_SMTP_PORT": str(port), "TRACKER_SMTP_SECURITY": "none",
        "TRACKER_ALLOW_PRIVATE": "127.0.0.0/8",
        "TRACKER_HOST_DELAY": "0", "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "tracker.cli.main", "check", "--json"], cwd=folder, env=settings, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return [json.loads(line) for line in made.stdout.splitlines()]


@pytest.mark.shared
def test_a_labelled_change_ends_as_a_mail_with_the_words_that_changed(
    shared: Path, tmp_path: Path, inbox: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(shared / "tools"))
    import recorded_site

    kept, port = inbox
    wanted = labels(shared)
    assert len(wanted) == SAMPLE
    missing = []
    with recorded_site.RecordedSite(shared / "recordings") as site:
        for number, label in enumerate(wanted):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / "sources.yaml").write_text(
                f"sources:\n  - {{id: page, title: A recorded page, url: '{site.url(label['page'])}'}}\n"
                "subscriptions:\n  - {to: reader@example.org, when: immediate}\n",
                encoding="utf-8",
            )
            site.at = int(label["seen"]) - 1
            check(folder, port)
            assert not kept.mails, "a first visit never alerts"
            site.at = int(label["seen"])
            check(folder, port)  # sees it
            check(folder, port)  # looks again, where the first look was surprised
            if not any(folded(words) in read(mail) for words in label["words"] for mail in kept.mails):
                missing.append(label["id"])
            kept.mails.clear()
    assert not missing, f"no mail has the words of the labels {missing}"


@pytest.fixture(autouse=True)
def _no_running_loop() -> Iterator[None]:
    """The mail server has a thread and a loop of its own; this one must not be left behind."""
    yield
    asyncio.set_event_loop(None)
