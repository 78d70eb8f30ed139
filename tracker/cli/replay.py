"""`tracker replay`: recordings through the assessment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tracker.replay import replay as run


def replay(
    folder: Annotated[Path, typer.Argument(help="Folder with */index.jsonl and the recorded bodies.")],
    out: Annotated[Path, typer.Option("--out", help="Where the changes go, one JSON line each.")],
    processes: Annotated[int, typer.Option(min=1, help="Processes; pages of one service stay together.")] = 2,
    only: Annotated[str, typer.Option(help="Replay only pages whose name contains this.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON document.")] = False,
) -> None:
    """Replays recordings with their own clock and writes what would have been told, and when."""
    try:
        count = run(folder, out, processes=processes, progress=lambda line: typer.echo(line, err=True), only=only)
    except (OSError, EOFError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps({"changes": count, "out": str(out)}))


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("replay")(replay)
