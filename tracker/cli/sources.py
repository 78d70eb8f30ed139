"""`tracker sources`: what is watched, how it stands, and the catalogue's own tools."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracker.cli import setup, sources_add, sources_test

sources = typer.Typer(help="What is watched, and how it stands.", no_args_is_help=False, rich_markup_mode="markdown")

Json = Annotated[bool, typer.Option("--json", help="One JSON document a line on standard output.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    sources_test.register(sources)
    sources_add.register(sources)
    app.add_typer(sources, name="sources")


@sources.callback(invoke_without_command=True)
def listing(context: typer.Context, as_json: Json = False) -> None:
    """Lists the sources with their health and next check; with a subcommand, does that instead."""
    if context.invoked_subcommand is not None:
        return
    from tracker.store import queries

    settings = setup.settings()
    catalogue, database = setup.catalogue(settings), setup.database(settings)
    with database.read() as session:
        lines = {line.id: line for line in queries.sources(session)}
    table = Table(box=None, pad_edge=False)
    for name in ("Source", "Kind", "Health", "Next check", "Last reason"):
        table.add_column(name, overflow="fold")
    for source in catalogue.sources:
        line = lines.get(source.id)
        health = line.health if line else "new"
        if as_json:
            typer.echo(setup.dump({"id": source.id, "title": source.title, "url": source.url, "kind": source.kind,
                                   "schedule": source.schedule, "health": health,
                                   "next": line.next_check_at if line else None,
                                   "last_check": line.last_check_at if line else None,
                                   "reason": line.last_reason if line else ""}))  # fmt: skip
            continue
        due = line.next_check_at if line else None
        table.add_row(
            source.id, source.kind.value if source.kind else "?", health, _in(due), line.last_reason if line else "",
            style={"failing": "red", "blocked": "yellow", "gone": "red"}.get(health),
        )  # fmt: skip
    if not as_json:
        Console().print(table)


def _in(moment: datetime | None) -> str:
    if moment is None:
        return "—"
    minutes = (moment - datetime.now(UTC)).total_seconds() / 60
    if minutes <= 0:
        return "now"
    return f"in {minutes:.0f} min" if minutes < 120 else f"in {minutes / 60:.0f} h"


@sources.command(name="schema")
def schema_command() -> None:
    """Prints the JSON Schema of sources.yaml, for editors that complete and check while you write."""
    from tracker.catalogue.load import schema

    typer.echo(json.dumps(schema(), ensure_ascii=False, indent=2))


@sources.command(name="check")
def check_command() -> None:
    """Reads sources.yaml and says whether it can be used; nothing is visited or written."""
    settings = setup.settings()
    catalogue = setup.catalogue(settings)
    typer.echo(
        f"{settings.sources}: {setup.counted(len(catalogue.sources), 'source')}, "
        f"{setup.counted(len(catalogue.subscriptions), 'subscription')}, fine."
    )
