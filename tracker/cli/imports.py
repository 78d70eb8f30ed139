"""`tracker import`: what people already have becomes history, or sources."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tracker.cli import setup

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker.importing import Bad, Entry, Taken

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


class Kind(StrEnum):
    """What is imported."""

    FILES = "files"
    GIT = "git"
    WARC = "warc"
    EXPORT = "export"
    LIST = "list"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="import")(import_)


def import_(
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder of dated files, a git repository, a .warc(.gz), an export of versions (.jsonl); or a list: "
            "urlwatch (.yaml), changedetection.io (.json, .zip), OPML, addresses by line."
        ),
    ],
    kind: Annotated[Kind | None, typer.Option(help="What it is, where that cannot be seen from its name.")] = None,
    source: Annotated[str, typer.Option(help="The source that it belongs to, or the beginning of its id.")] = "",
    url: Annotated[str, typer.Option(help="Where the texts were published, for links.")] = "",
    match: Annotated[str, typer.Option(help="Git: only paths of this pattern (laws/*.md).")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="Lists: print what would be added; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Puts what you already have into the history, or other programs' lists into sources.yaml. Nobody is alerted.

    Bad entries are listed, the rest goes in (exit code 1 then). Doing it twice has the effect of once.
    """
    from tracker.importing import slug

    if not path.exists():
        setup.fail(f"{path}: there is nothing.")
    what = kind or _seen(path)
    if what is Kind.LIST:
        _list(path, dry=dry, as_json=as_json)
    elif what is Kind.EXPORT:
        _export(path, as_json=as_json)
    else:
        _entries(_from(path, what, slug(source) if source else "", url, match), as_json=as_json)


def _seen(path: Path) -> Kind:
    if path.is_dir():
        return Kind.GIT if (path / ".git").exists() or (path / "HEAD").is_file() else Kind.FILES
    if path.name.endswith((".warc", ".warc.gz")):
        return Kind.WARC
    return Kind.EXPORT if path.suffix == ".jsonl" else Kind.LIST


def _from(path: Path, kind: Kind, source: str, url: str, match: str) -> Iterable[Entry | Bad]:
    from tracker import importing

    if kind is Kind.GIT:
        return importing.git(path, source=source, match=match, url=url)
    if kind is Kind.WARC:
        return importing.warc(path, source=source)
    return importing.files(path, source=source, url=url)


def _entries(entries: Iterable[Entry | Bad], *, as_json: bool) -> None:
    from tracker import importing
    from tracker.classify import classifier

    settings = setup.settings()
    database = setup.database(settings)
    console = Console(stderr=True)

    def show(taken: Taken) -> None:
        if not as_json and taken.visits % 20 == 0:
            console.print(f"{taken.visits} visits, {taken.versions} versions, {taken.changes} changes", end="\r")

    try:
        taken = asyncio.run(
            importing.take(
                entries, database, classifier.load(settings.taxonomy), now=datetime.now(UTC), progress=show
            )
        )  # fmt: skip
    except importing.GitError as error:
        setup.fail(f"git: {error}")
    except ModuleNotFoundError as error:
        setup.fail(f"This needs the package {error.name}: install regulatory-tracker[export]")
    if as_json:
        typer.echo(setup.dump(taken))
    else:
        for bad in taken.bad:
            typer.echo(f"{bad.name}: {bad.why}", err=True)
        typer.echo(
            f"{taken.versions} versions and {taken.changes} changes of {len(taken.sources)} sources from "
            f"{taken.visits} entries; {taken.known} were there already, {len(taken.bad)} not taken."
        )
    if taken.bad:
        raise typer.Exit(1)


def _export(path: Path, *, as_json: bool) -> None:
    from tracker.store import exported

    database = setup.database(setup.settings())

    def lines() -> Iterator[str]:
        with path.open(encoding="utf-8") as given:
            yield from given

    number, problems = exported.take(database, lines(), datetime.now(UTC))
    if as_json:
        typer.echo(setup.dump({"versions": number, "problems": problems}))
    else:
        for problem in problems:
            typer.echo(f"{problem.where}: {problem.what}", err=True)
        typer.echo(f"{number} versions taken, {len(problems)} refused. `tracker verify` proves them.")
    if problems:
        raise typer.Exit(1)


def _list(path: Path, *, dry: bool, as_json: bool) -> None:
    from tracker.catalogue import editing, joblists
    from tracker.catalogue.load import Catalogue

    settings = setup.settings()
    try:
        found = joblists.read(path)
    except joblists.NoListError as error:
        setup.fail(str(error))
    there = settings.sources.is_file()
    catalogue = setup.catalogue(settings) if there else Catalogue()
    text = settings.sources.read_text(encoding="utf-8") if there else ""
    added = joblists.add(text, catalogue, found, name=str(settings.sources))
    if not dry and added.number:
        editing.write(settings.sources, added.text)
    if as_json:
        typer.echo(setup.dump({"added": added.number, "notes": added.notes}))
    else:
        if dry:
            typer.echo(added.text)
        for note in added.notes:
            typer.echo(f"{note.name}: {note.why}", err=True)
        said = "would be added to" if dry else "added to"
        typer.echo(f"{added.number} sources {said} {settings.sources}; {len(added.notes)} notes.", err=True)
    if added.notes:
        raise typer.Exit(1)
