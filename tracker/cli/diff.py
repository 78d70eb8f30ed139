"""`tracker diff OLD NEW`: two files of any format compared."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from tracker.diff import render
from tracker.diff.edits import compare
from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Reading


class Language(StrEnum):
    """Languages of a summary."""

    EN = "en"
    FR = "fr"
    ZH = "zh"


def diff(
    old: Annotated[
        Path, typer.Argument(help="The text as it was: HTML, PDF, legal XML, Word, Markdown, plain text, …")
    ],
    new: Annotated[Path, typer.Argument(help="The text as it is; the two formats may differ.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page that stands by itself.")] = None,
    language: Annotated[Language, typer.Option("--language", help="Language of the summary.")] = Language.EN,
) -> None:
    """Says what changed between two texts: inserted, deleted, reworded, moved, renumbered, split, merged."""
    before, after = _read(old), _read(new)
    comparison = compare(before.blocks, after.blocks)
    if html is not None:
        page = render.page(comparison, after.blocks, old_name=old.name, new_name=new.name, language=language.value)
        try:
            html.write_text(page, encoding="utf-8")
        except OSError as error:
            _refuse(f"{html}: cannot be written: {error.strerror}")
        typer.echo(f"{html} written", err=True)
    if as_json:
        typer.echo(json.dumps(render.as_json(comparison, str(old), str(new)), ensure_ascii=False))
    elif html is None:
        render.print_terminal(comparison, after.blocks, Console(highlight=False, soft_wrap=False), language.value)


def _read(path: Path) -> Reading:
    try:
        body = path.read_bytes()
    except OSError as error:
        _refuse(f"{path}: cannot be read: {error.strerror or error}")
    try:
        reading = registry.read(body, url=path.name)
    except Unreadable as error:
        _refuse(f"{path}: {error.reason}")
    for note in reading.notes:
        typer.echo(f"{path}: {note}", err=True)
    return reading


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("diff")(diff)
