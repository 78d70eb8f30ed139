"""Settings come from the environment or files, have defaults that work, and a wrong one is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from tracker.settings import Settings


def test_every_setting_says_what_it_does_and_works_unset() -> None:
    Settings(_env_file=None)
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_networks_are_named_by_commas_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_ALLOW_PRIVATE", "127.0.0.0/8, fd00::/8")
    assert Settings(_env_file=None).allow_private == ("127.0.0.0/8", "fd00::/8")
    monkeypatch.setenv("TRACKER_ALLOW_PRIVATE", "127.0.0.0/99")
    with pytest.raises(ValidationError, match="allow_private"):
        Settings(_env_file=None)


def test_a_zone_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("Mars", "../../etc/passwd", ""):
        monkeypatch.setenv("TRACKER_TIMEZONE", zone)
        with pytest.raises(ValidationError, match="is not a time zone"):
            Settings(_env_file=None)


def test_a_secret_may_stand_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "tracker_smtp_password").write_text("quite secret\n")
    code = (
        "from tracker.settings import Settings; s = Settings(_env_file=None);"
        "print(s.smtp_password.get_secret_value().strip(), repr(s))"
    )
    made = subprocess.run(
        [sys.executable, "-c", code],
        env={"TRACKER_SECRETS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.startswith("quite secret ")
    assert made.stdout.count("quite secret") == 1


def test_a_wrong_setting_is_named_and_ends_the_command_with_2() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tracker.cli.main", "sources"],
        env={"TRACKER_WEB_PORT": "eighty"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 2
    assert "TRACKER_WEB_PORT" in made.stderr
    assert "Traceback" not in made.stderr
