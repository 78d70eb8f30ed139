"""`tracker doctor`: everything the tracker stands on, looked at once, and what to do about what is wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from tracker.cli import setup


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(
    network: Annotated[bool, typer.Option(help="Also look up names and log in at the mail server.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """Looks at configuration, files, disk, database, clocks, browser, names and mail.

    Exit code 1: there is something to do, and each such line says what.
    """
    from tracker.cli import looks

    settings, fine = setup.settings(), True
    for finding in looks.findings(settings, network=network):
        fine &= finding.good
        if as_json:
            typer.echo(setup.dump(finding))
            continue
        typer.secho(
            f"{'fine' if finding.good else 'look'}  {finding.name}: {finding.found}", fg=None if finding.good else "red"
        )
        if finding.remedy and not finding.good:
            typer.echo(f"      → {finding.remedy}")
    raise typer.Exit(0 if fine else 1)
