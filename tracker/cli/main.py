"""The command `tracker`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tracker.cli.commands import Commands

app = typer.Typer(
    name="tracker",
    cls=Commands,
    help="Watches the texts that govern artificial intelligence and tells those who asked what changed in them. "
    "Start with `tracker demo`, then `tracker init` and `tracker run`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # what a page said and what the settings hold is nobody's business in a log
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # this one and the next are rarely asked for, and take their time

        typer.echo(version("regulatory-tracker"))
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Settings come from TRACKER_… in the environment or an .env file; the catalogue is sources.yaml."""


def main() -> None:
    """Runs the command line; a reader that closes the pipe early is no error, and a full disk is said in one line."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        from tracker.store import space

        if not space.full(error):
            raise
        sys.stderr.write(f"{space.REMEDY}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
