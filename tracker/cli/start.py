"""`tracker init` and `tracker tour`: the first five minutes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from tracker.catalogue import editing
from tracker.catalogue.load import CatalogueError, parse
from tracker.classify import taxonomy
from tracker.cli import setup
from tracker.settings import Settings

TOUR = """
# What the tracker does

1. **sources.yaml** says what is watched and who is told. `tracker init` writes one, `tracker sources add URL`
   adds to it, `tracker sources check` reads it back to you.
2. **tracker run** visits every source when it is due, keeps each version in a database, and says what changed.
   A first visit only keeps the first version.
3. A change is **judged**: *substantive* and *editorial* changes can be told; noise, glitches and restored texts
   stay silent. `tracker history` lists them, `tracker show CHANGE` prints one, `tracker explain CHANGE` gives
   every reason.
4. It is **classified** against the thirteen areas of the Action Plan, with the words that speak for each.
5. **Mails** go to who asked: `tracker subscribe`, `tracker subscriptions`, `tracker preview CHANGE --to ID`.
   Without a mail server they go into a local mailbox: open `/mailbox` in the pages.
6. **Pages** at http://127.0.0.1:8000 show all of it; any SQL tool can read the views `change_history`,
   `document_timeline`, `area_activity`, `source_health` and `delivery_log`.
7. Something is wrong? `tracker doctor` looks at configuration, database, disk, clock, names, mail and browser.

Next: `tracker demo` shows it on a built-in site, in under a minute.
"""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(init)
    app.command()(tour)
    app.command(name="settings")(settings_command)


def settings_command(
    markdown: Annotated[bool, typer.Option(help="As a table for the documentation.")] = False,
) -> None:
    """Lists every setting with its default and what it does; values that are set are not shown."""
    rows = list(_settings_rows())
    if markdown:
        typer.echo("# Settings\n\nMade by `tracker settings --markdown`.\n")
        typer.echo("| Setting | Default | What it does |\n|---|---|---|")
        for name, default, meaning in rows:
            typer.echo(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |")
        return
    table = Table("Setting", "Default", "What it does", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _settings_rows() -> Iterator[tuple[str, str, str]]:
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = ", ".join(default) if isinstance(default, tuple) else "" if default is None else str(default)
        yield f"TRACKER_{name.upper()}", shown.lower() if isinstance(default, bool) else shown, field.description or ""


def tour() -> None:
    """Explains the tracker on one screen."""
    Console().print(Markdown(TOUR))


def init(
    to: Annotated[str, typer.Option(help="Who is told; asked for when left out.")] = "",
    areas: Annotated[str, typer.Option(help="Ids of areas, by commas; all for everything.")] = "",
    start: Annotated[str, typer.Option(help="all, or a group of the shipped catalogue to start with.")] = "",
    language: Annotated[str, typer.Option(help="Language of the mails: en, fr, zh.")] = "en",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")] = False,
    force: Annotated[bool, typer.Option(help="Write over a sources.yaml that is there.")] = False,
) -> None:
    """Writes a commented sources.yaml after three questions."""
    settings = setup.settings()
    if settings.sources.exists() and not force:
        setup.fail(f"{settings.sources} is there already: `tracker sources add URL` adds to it, --force replaces it.")
    known = parse(editing.shipped())
    every = [area.id for area in taxonomy.load(settings.taxonomy).areas]
    if not yes:
        to = to or typer.prompt("1. Who is told of changes? (mail address)", default="reader@localhost")
        typer.echo("   Areas: " + ", ".join(every), err=True)
        areas = areas or typer.prompt("2. Which areas? (ids by commas)", default="all")
        typer.echo("   Groups: " + ", ".join(known.groups), err=True)
        start = start or typer.prompt("3. Start with all sources or with one group?", default="all")
    wanted = [] if areas in ("", "all") else [area.strip() for area in areas.split(",")]
    if start not in ("", "all") and start not in known.groups:
        setup.fail(f"no group {start!r}: all, or one of {', '.join(known.groups)}")
    keep = None if start in ("", "all") else frozenset(known.groups[start])
    text = editing.first_catalogue(to or "reader@localhost", wanted, keep, language)
    _write(settings.sources, text)
    count = len(known.sources if keep is None else keep)
    typer.echo(f"{settings.sources}: {setup.counted(count, 'source')}, told to {to or 'reader@localhost'}.")
    typer.echo(f"Next: {setup.own_name()} run")


def _write(path: Path, text: str) -> None:
    try:
        parse(text, "your answers")
    except CatalogueError as error:
        setup.fail(f"{error}\nNothing was written.")
    try:
        editing.write(path, text)
    except OSError as error:
        setup.fail(f"{path} cannot be written: {error}")
