"""`tracker demo`: the tracker at work on a small built-in site, without network and without settings."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracker.cli import setup


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    port: Annotated[int, typer.Option(help="Port of the pages; taken ones are passed over.")] = 8000,
    pause: Annotated[float, typer.Option(help="Seconds between two chapters.")] = 3.0,
    stay: Annotated[bool, typer.Option(help="Serve the pages after the story until Ctrl-C.")] = True,
    folder: Annotated[Path | None, typer.Option(help="Keep everything here; left out: gone afterwards.")] = None,
) -> None:
    """Tells a story in under a minute: noise that stays silent, a law that changes, the mail about it."""
    from tracker import log
    from tracker.demo import story  # the whole service comes with it

    log.configure("error")
    console = Console()

    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    with tempfile.TemporaryDirectory(prefix="tracker-demo-") as fresh:
        home = folder or Path(fresh)
        home.mkdir(parents=True, exist_ok=True)
        if (home / "tracker.db").exists():
            setup.fail(f"{home} has a history already: the demo starts from nothing. Name an empty folder.")
        told = None
        with contextlib.suppress(KeyboardInterrupt):
            told = asyncio.run(story.tell(home, port=_free(port), say=say, pause=pause, stay=stay))
        if told:
            silent = f"{told.silent} kept silent, " if told.silent else ""
            say(f"\n{setup.counted(told.told, 'change')} told, {silent}{setup.counted(told.mails, 'mail')}.")
    name = setup.own_name()
    say(f"Next: {name} init writes a sources.yaml of your own; {name} run starts the real thing.")


def _free(port: int) -> int:
    """The port, or the next one that is free."""
    for candidate in range(port, port + 51):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    raise typer.BadParameter(f"no free port from {port} to {port + 50}: name another with --port")
