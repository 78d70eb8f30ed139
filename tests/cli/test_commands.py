"""The list of commands: what it says is what the commands are, and it costs no room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tracker.cli import commands
from tracker.cli.main import app

HEAVY = ("sqlalchemy", "alembic", "fastapi", "httpx", "selectolax", "lxml", "tracker.settings", "alerts")


def imported(words: str, **environment: str) -> set[str]:
    """The heavy modules that a command line imports in a process of its own."""
    code = (
        "import sys, atexit; from tracker.cli.main import main; sys.argv = ['tracker', *sys.argv[1:]]\n"
        f"names = lambda: [name for name in {HEAVY!r} if name in sys.modules]\n"
        "atexit.register(lambda: print('imported:', *names(), file=sys.stderr))\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()], env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    last = done.stderr.splitlines()[-1].split()
    assert last[0] == "imported:", done.stderr
    return set(last[1:])


@pytest.mark.parametrize("name", commands.names())
def test_the_list_says_what_the_command_says_itself(name: str) -> None:
    panel = next(listed for listed in commands.LIST.values() for room in listed.values() if name in room)
    about = next(room[name] for room in panel.values() if name in room)
    said = " ".join(str(commands.whole(name).help).split())
    assert said.startswith(about)


def test_every_command_of_every_room_is_listed() -> None:
    rooms = {room for panel in commands.LIST.values() for room in panel}
    assert len(commands.names()) == len(set(commands.names()))
    for room in rooms:
        assert set(commands.of_room(room)) <= set(commands.names()), room


@pytest.mark.parametrize("words", ["--help", "", "--version", "hlep", "history --help", "subscribe --help"])
def test_help_needs_no_room(words: str) -> None:
    assert imported(words) == set()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("tracker his", "history"), ("tracker sources a", "add"), ("tracker subscribe --quie", "--quiet")],
)
def test_completion_knows_commands_and_options_and_needs_no_room(typed: str, wanted: str) -> None:
    asked = {"_TRACKER_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    assert wanted in CliRunner().invoke(app, [], env=asked, prog_name="tracker").stdout.splitlines()
    assert imported("", **asked) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_script_of_a_completion_is_one_that_its_shell_takes(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} is installed")
    script = CliRunner().invoke(app, [], env={"_TRACKER_COMPLETE": f"source_{shell}"}, prog_name="tracker").stdout
    assert "_TRACKER_COMPLETE" in script
    assert subprocess.run([shell, "-n"], input=script, text=True, check=False).returncode == 0
