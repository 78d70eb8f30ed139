"""`tracker verify` and `certificate`: that no past was altered, shown and printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import setup

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker.settings import Settings
    from tracker.store.verified import Verified

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(verify)
    app.command()(certificate)


def verify(
    file: Annotated[Path | None, typer.Option("--file", help="Check an export, without a database.")] = None,
    key: Annotated[
        str, typer.Option("--key", help="The public key that signatures must be from, in hexadecimal.")
    ] = "",
    sign: Annotated[bool, typer.Option("--sign", help="Sign today's checkpoint after an untroubled walk.")] = False,
    as_json: Json = False,
) -> None:
    """Walks every chain, body, change and checkpoint, and names the first version that does not fit.

    Exit code 1: something does not fit. Without --key, this installation's own key is expected, where it has one.
    """
    from tracker.store import proof

    if file is not None:
        _said(_of_file(file, key), as_json=as_json)
        return
    settings = setup.settings()
    database = setup.database(settings)
    folder = settings.data / "checkpoints"
    with database.read() as session:
        found = proof.verify(
            session, public_key=key or _own(settings), folder=folder if folder.is_dir() else None
        )  # fmt: skip
    if sign and not found.problems:
        with database.write() as session:
            point = proof.checkpoint(session, proof.load_key(settings.data / "proof.key"), datetime.now(UTC))
            proof.keep_file(point, folder)
        typer.echo(f"Checkpoint {point.day} signed: {folder / point.day}.json. Keep a copy elsewhere.", err=True)
    _said(found, as_json=as_json)


def _own(settings: Settings) -> str:
    from tracker.store import proof

    path = settings.data / "proof.key"
    return proof.public(proof.load_key(path)) if path.is_file() else ""


def _of_file(file: Path, key: str) -> Verified:
    from tracker.store import proof

    def lines() -> Iterator[str]:
        with file.open(encoding="utf-8", errors="replace") as given:
            yield from given

    try:
        return proof.verify_lines(lines(), public_key=key)
    except OSError as error:
        setup.fail(f"{file}: {error.strerror}")


def _said(found: Verified, *, as_json: bool) -> None:
    if as_json:
        typer.echo(setup.dump(found))
    else:
        for problem in found.problems:
            typer.echo(f"{problem.where}: {problem.what}")
        walked = (
            f"{found.versions} versions of {found.documents} documents, {found.bodies} bodies, "
            f"{found.changes} changes, {found.checkpoints} checkpoints"
        )
        number = len(found.problems)
        typer.echo(
            f"{walked}: {'all fits' if not number else f'{number} problem' + ('s' if number > 1 else '')}.", err=True
        )
    if found.problems:
        raise typer.Exit(1)


def certificate(
    change: Annotated[str, typer.Argument(help="A change's id; its beginning is enough.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where the page goes; left out: standard output.")] = None,
) -> None:
    """Makes a page to print: a change's words, times and hashes, and the signed checkpoint that covers it."""
    from tracker.store import certificate as certificates
    from tracker.store import queries

    database = setup.database(setup.settings())
    with database.read() as session:
        found = queries.find_change(session, change)
        if len(found) != 1:
            number = f"{len(found) or 'No'} change{'s begin' if found else ' begins'} with {change!r}"
            setup.fail(f"{number}: `tracker history` lists them.")
        page = certificates.certificate(session, found[0], datetime.now(UTC))
    if out is None:
        typer.echo(page, nl=False)
        return
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        setup.fail(f"{out}: {error.strerror}", 1)
    typer.echo(f"{out} written.", err=True)
