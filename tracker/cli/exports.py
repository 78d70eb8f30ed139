"""`tracker export`: what was kept, in the forms that others read."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import setup
from tracker.cli.given import Several, Tier, moment

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from sqlalchemy.orm import Session


class What(StrEnum):
    """What is exported."""

    CHANGES = "changes"
    VERSIONS = "versions"
    BODIES = "bodies"
    TEXT = "text"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(export)


def export(
    file: Annotated[Path, typer.Argument(help="Where it goes: .csv .jsonl .parquet (changes), .warc.gz, .xml.")],
    what: Annotated[
        What | None,
        typer.Option(
            help="changes; versions (JSON Lines that prove themselves); bodies (WARC); text (Akoma Ntoso). "
            "Left out: by the file's ending."
        ),
    ] = None,
    source: Annotated[Several, typer.Option(help="Only this source; for changes also several.")] = None,
    area: Annotated[Several, typer.Option(help="Changes: only this area; several are alternatives.")] = None,
    tier: Annotated[list[Tier] | None, typer.Option(help="Changes: only this tier.")] = None,
    since: Annotated[str, typer.Option(help="Changes: from this day on.")] = "",
    until: Annotated[str, typer.Option(help="Changes: to this day, included.")] = "",
    language: Annotated[str, typer.Option(help="Changes: the language of the summaries (en, fr, zh).")] = "en",
    bodies: Annotated[bool, typer.Option("--bodies", help="Versions: with the bodies as received.")] = False,
    document: Annotated[int, typer.Option(help="Text: the document's number; left out: the source's own page.")] = 0,
    at: Annotated[str, typer.Option(help="Text: as it stood on this day; left out: now.")] = "",
) -> None:
    """Exports changes, versions with their proof, bodies as received, or one text as Akoma Ntoso."""
    from tracker.store import export as exports
    from tracker.store import space
    from tracker.store.queries import ChangeFilter

    kind = what or _by_ending(file)
    if kind is not What.CHANGES and len(source or ()) > 1:
        setup.fail("--source may be given once here.")
    one = (source or [""])[0]
    wanted = ChangeFilter(
        sources=tuple(source or ()), areas=tuple(area or ()), tiers=tuple(value.value for value in tier or ()),
        since=moment(since, "--since") if since else None,
        until=moment(until, "--until", end=True) if until else None,
    )  # fmt: skip
    writers: dict[What, Callable[[Session, Path], int]] = {
        What.CHANGES: lambda session, out: exports.changes_to_file(session, file, wanted, language=language, out=out),
        What.VERSIONS: lambda session, out: _versions(session, out, one, bodies=bodies),
        What.BODIES: lambda session, out: _bodies(session, out, one),
        What.TEXT: lambda session, out: _text(session, out, one, document, at),
    }
    database = setup.database(setup.settings())
    part = file.with_name(file.name + ".part")
    try:
        with database.read() as session:
            number = writers[kind](session, part)
        part.replace(file)
    except ModuleNotFoundError as error:
        setup.fail(f"This needs the package {error.name}: install regulatory-tracker[export]")
    except ValueError as error:
        setup.fail(str(error))
    except OSError as error:
        setup.fail(f"{file}: {space.REMEDY if space.full(error) else error.strerror or error}", 1)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"{file}: {number} {kind.value if kind is not What.TEXT else 'paragraphs'}.", err=True)


def _by_ending(file: Path) -> What:
    if file.name.endswith((".warc", ".warc.gz")):
        return What.BODIES
    if file.suffix == ".xml":
        return What.TEXT
    return What.CHANGES


def _versions(session: Session, file: Path, source: str, *, bodies: bool) -> int:
    from tracker.store import exported

    number = 0
    with file.open("w", encoding="utf-8") as out:
        for line in exported.lines(session, source_id=source, bodies=bodies):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            number += line["type"] == "version"
    return number


def _bodies(session: Session, file: Path, source: str) -> int:
    from tracker.store import export as exports

    with file.open("wb") as out:
        return exports.write_warc(session, out, source_id=source)


def _text(session: Session, file: Path, source: str, number: int, at: str) -> int:
    from tracker.store import export as exports
    from tracker.store import queries

    try:
        document = queries.document(session, number) if number else queries.document_of(session, source)
    except KeyError:
        document = None
    if document is None:
        setup.fail("Say which text: --source with a page of its own, or --document with its number.")
    if at:
        version = queries.version_at(session, document.id, moment(at, "--at", end=True))
    else:
        version = queries.version_number(session, document.id, document.latest_version or 0)
    if version is None:
        setup.fail(f"{document.title}: no version then. The first one is of {document.first_seen_at:%Y-%m-%d}.", 1)
    file.write_bytes(exports.akoma_ntoso(session, version))
    return len(queries.version_blocks(version))
