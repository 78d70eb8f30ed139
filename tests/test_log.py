"""Logs tell what happened and keep secrets to themselves."""

from __future__ import annotations

import json

import pytest
import structlog

from tracker import log


def test_what_is_named_like_a_secret_is_hidden_and_so_are_credentials_in_addresses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("info", as_json=True)
    structlog.get_logger("x").info(
        "asked", smtp_password="one", Authorization="two", url="postgresql://tracker:three@host/db", source="a"
    )
    line = capsys.readouterr().err
    told = json.loads(line)
    assert told["source"] == "a"
    assert told["url"] == "postgresql://•••@host/db"
    assert not [secret for secret in ("one", "two", "three") if secret in line.replace("•", "")]


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning")
    structlog.get_logger("x").info("quiet")
    structlog.get_logger("x").warning("loud")
    assert "quiet" not in (told := capsys.readouterr().err)
    assert "loud" in told
