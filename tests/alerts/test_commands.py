"""`tracker subscribe`, `subscriptions`, `unsubscribe`, `deliveries`, `preview`, `test-alert`: what people type."""

from __future__ import annotations

import email
import json
from email import policy
from pathlib import Path
from typing import Any

import pytest
import typer
import world as w
from typer.testing import CliRunner, Result

from alerts.channels.base import Answer, Outcome
from tracker.cli import alerts as commands
from tracker.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, small: w.World) -> w.World:
    """The small world's database as the one that the settings of the environment name."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATA": str(settings.data), "DATABASE_URL": str(small.database.url), "BASE_URL": settings.base_url,
        "MAIL_FROM": settings.mail_from, "SECRET_KEY": settings.secret_key.get_secret_value(),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"TRACKER_{name}", value)
    return small


def run(*words: str) -> Result:
    app = typer.Typer()
    commands.register(app)
    return CliRunner().invoke(app, list(words))


def lines(*words: str) -> list[dict[str, Any]]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_subscribing_listing_and_ending(home: w.World) -> None:
    made = lines("subscribe", "reader@example.org", "--area", "safety-governance", "--when", "daily 07:00 Europe/Paris")
    assert made[0]["channel"] == "email"
    assert made[0]["filters"]["areas"] == ["safety-governance"]
    lines("subscribe", "reader@example.org", "--area", "safety-governance", "--when", "daily 07:00 Europe/Paris")
    listed = lines("subscriptions")
    assert [one["id"] for one in listed] == [made[0]["id"]]
    assert listed[0]["active"]
    assert "Europe/Paris" in run("subscriptions").stdout
    assert run("unsubscribe", "reader@example.org").exit_code == 0
    assert not lines("subscriptions")[0]["active"]
    assert run("unsubscribe", "reader@example.org", "--forget").exit_code == 0
    assert lines("subscriptions") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("subscribe", "nobody"), "no mail address"),
        (("subscribe", "a@b.example", "--area", "harbours"), "no area, principle or theme 'harbours'"),
        (("subscribe", "a@b.example", "--area", "safety"), "Did you mean"),
        (("subscribe", "a@b.example", "--source", "nowhere"), "no source 'nowhere'"),
        (("subscribe", "a@b.example", "--group", "nobody"), "no group 'nobody'"),
        (("subscribe", "a@b.example", "--language", "tlh"), "alerts are written in en, fr, zh"),
        (("subscribe", "a@b.example", "--when", "sometimes"), "write immediate, daily 07:00"),
        (("subscribe", "a@b.example", "--timezone", "Mars/Base"), "not a time zone"),
        (("subscribe", "a@b.example", "--channel", "pigeon"), "no channel 'pigeon'"),
        (("unsubscribe", "who@b.example"), "`tracker subscriptions` lists them"),
        (("deliveries", "retry", "none"), "no alert 'none'"),
        (("preview", "none"), "no change 'none'"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(home: w.World, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_webhook_gets_its_secret_and_a_feed_its_address(home: w.World) -> None:
    (hook,) = lines("subscribe", "https://bot.example.org/rules")
    assert hook["channel"] == "webhook"
    assert hook["secret"].startswith("whsec_")
    (feed,) = lines("subscribe", "team", "--channel", "atom")
    assert feed["feed"].startswith("https://tracker.example/feeds/subscriptions/")
    assert "whsec_" not in run("subscriptions").stdout
    assert hook["secret"] in run("subscriptions", "--secrets").stdout


def test_a_preview_shows_every_part_and_sends_nothing(home: w.World) -> None:
    change = home.tell(w.change("It may.", "It shall."))
    home.subscribe(id="desk", language="fr")
    assert "[-may-] {+shall+}" in run("preview", change).stdout
    assert "Ce qui a changé" in run("preview", change, "--to", "desk", "--part", "html").stdout
    assert "变更内容" in run("preview", change, "--to", "reader@example.org", "--language", "zh").stdout
    parsed = email.message_from_string(run("preview", change, "--part", "mail").stdout, policy=policy.default)
    assert "may → shall" in parsed["Subject"]
    assert json.loads(run("preview", change, "--part", "data").stdout)["change"] == change
    out = Path("mail.html")
    assert run("preview", change, "--part", "html", "--out", str(out)).exit_code == 0
    assert "<ins>" in out.read_text(encoding="utf-8") or "<ins " in out.read_text(encoding="utf-8")
    assert home.alerts() == []


def test_a_sample_arrives_and_its_outcome_is_told(home: w.World) -> None:
    result = run("test-alert", "reader@example.org", "--language", "fr")
    assert result.exit_code == 0, result.output
    assert "accepted" in result.stdout
    (file,) = (home.settings.data / "mailbox" / "new").iterdir()
    parsed = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert parsed["To"] == "reader@example.org"
    assert parsed["Content-Language"] == "fr"


async def test_dead_letters_are_listed_and_tried_again(home: w.World) -> None:
    home.subscribe()
    home.tell(w.change("It may.", "It shall."))
    home.hand.always["reader@example.org"] = Answer(Outcome.REFUSED, 550, "no such user")
    await home.notifier().work_once()
    (dead,) = lines("deliveries", "--failed")
    assert (dead["to"], dead["code"], dead["answer"]) == ("reader@example.org", 550, "no such user")
    assert run("deliveries", "retry", dead["alert"]).exit_code == 0
    assert lines("deliveries", "--failed") == []
    (attempt,) = lines("deliveries")
    assert attempt["outcome"] == "refused"
    assert [alert.state for alert in home.alerts()] == ["waiting"]
    assert run("deliveries", "retry", "none").exit_code == 2
