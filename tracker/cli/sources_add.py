"""`tracker sources add`: looks at an address and puts an entry for it into sources.yaml."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from tracker.cli import setup
from tracker.cli.sources_test import as_yaml, fetched, identifier, tested_of
from tracker.model import Kind, Outcome, Reading, Source

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker.settings import Settings

MOST_AREAS = 3


def register(sources: typer.Typer) -> None:
    """Adds the command to `tracker sources`."""
    sources.command("add", no_args_is_help=True)(add)


def add(
    url: Annotated[str, typer.Argument(help="Address of the page, feed, list or document.")],
    id_: Annotated[str, typer.Option("--id", help="Left out: made from host and title.")] = "",
    title: Annotated[str, typer.Option(help="Left out: the page's own.")] = "",
    kind: Annotated[Kind | None, typer.Option(help="Left out: what fits.")] = None,
    every: Annotated[str, typer.Option(help="Interval, like 6h, or auto.")] = "",
    area: Annotated[list[str] | None, typer.Option(help="Prior area; left out: what its text is about.")] = None,
    question: Annotated[str, typer.Option(help="What you want to know from it; repeated in alerts.")] = "",
    unseen: Annotated[bool, typer.Option(help="Add it although it cannot be reached now.")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only show the entry.")] = False,
) -> None:
    """Visits URL once, guesses kind, title, schedule and areas, and adds the entry to sources.yaml."""
    settings = setup.settings()
    known = setup.catalogue(settings, may_be_empty=True)  # its mistakes are mended before anything is added to it
    _address(url)
    for there in known.sources:
        if there.url == url and not id_:
            setup.fail(f"{url} is watched already, as {there.id}. --id NAME adds it once more, under another name.")
    source = Source(id="new", url=url, kind=kind)
    tested = tested_of(source, asyncio.run(fetched(source)))
    if tested.outcome is not Outcome.OK and not unseen:
        setup.fail(f"{url}: {tested.reason}. Nothing was added; --unseen adds it all the same.", 1)
    entry: dict[str, Any] = dict(tested.entry or {"id": identifier("", url), "title": url, "url": url})
    asked = {"id": id_, "title": title, "every": every, "question": question, "kind": kind.value if kind else ""}
    entry |= {name: value for name, value in asked.items() if value}
    areas = area or (_areas(tested.reading, settings) if tested.reading else [])
    if areas:
        entry["areas"] = areas
    typer.echo(as_yaml(entry))
    for note in tested.notes:
        typer.echo(f"note: {note}", err=True)
    if not dry:
        _keep(settings, entry)


def _address(url: str) -> None:
    """Ends the command with what to write instead where no address was given."""
    if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname:
        return
    if Path(url).is_file():
        setup.fail(f"{url} is a file: `tracker sources test {url}` reads it, `tracker import` makes files history.")
    bare = url.split("://")[-1].lstrip("/")
    setup.fail(f"{url!r} is no address: write it whole, like https://{bare if '.' in bare else 'www.example.org/page'}")


def _areas(reading: Reading, settings: Settings) -> list[str]:
    """The areas its text, or its entries' titles, are about, strongest first."""
    from tracker.classify import classifier

    judge = classifier.load(settings.taxonomy)
    text = "\n".join(item.title for item in reading.items)
    made = judge.classify(text, language=reading.language) if text else judge.classify_blocks(reading.blocks)
    return [score.id for score in made.areas][:MOST_AREAS]


def _keep(settings: Settings, entry: dict[str, Any]) -> None:
    from tracker.catalogue import editing
    from tracker.catalogue.load import CatalogueError

    path = settings.sources
    try:
        text, catalogue = editing.add_source(path.read_text(encoding="utf-8"), entry, name=str(path))
    except CatalogueError as error:
        setup.fail(f"{error}\nNothing was added to {path}.")
    try:
        editing.write(path, text)
    except OSError as error:
        setup.fail(f"{path} cannot be written: {error}")
    typer.echo(
        f"Added to {path}: {len(catalogue.sources)} sources now. A running tracker takes it over by itself.", err=True
    )
