"""`tracker migrate`, `backup`, `restore`, `vacuum`: the database as a whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tracker.cli import setup

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker.store.session import Database

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(migrate)
    app.command()(backup)
    app.command()(restore)
    app.command()(vacuum)


def migrate(
    origin: Annotated[
        str, typer.Option("--from", help="Move a whole database: the address to copy from. The tracker must rest.")
    ] = "",
    target: Annotated[
        str, typer.Option("--to", help="The address to copy to; left out: the database of the settings.")
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 where the schema is not this program's.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Brings the database to this program's schema, or moves everything into another one (--from, --to).

    A move is verified row by row at its end, and goes on where it stopped when it is begun again.
    """
    from tracker.store import migrate as migrations

    if target and not origin:
        setup.fail("--to needs --from: say which database is to be copied.")
    if origin:
        _move(origin, target or setup.settings().database, as_json=as_json)
        return
    database = setup.database(setup.settings(), migrated=not check)
    revision = migrations.current(database)
    drift = migrations.drift(database) if revision == migrations.head() else []
    fits = revision == migrations.head() and not drift
    if as_json:
        typer.echo(setup.dump({"revision": revision, "head": migrations.head(), "fits": fits}))
    else:
        typer.echo(_standing(revision, fits=fits))
        for difference in drift:
            typer.echo(f"  differs: {difference}", err=True)
    if not fits:
        raise typer.Exit(1)


def _standing(revision: str | None, *, fits: bool) -> str:
    from tracker.store import migrate as migrations

    if fits:
        return f"The database is at revision {revision}, this program's."
    if revision is None:
        return "The database is empty: run `tracker migrate`."
    return f"The database is at revision {revision}, this program's is {migrations.head()}: run `tracker migrate`."


def _opened(address: str) -> Database:
    from sqlalchemy.exc import SQLAlchemyError

    from tracker.store.session import Database

    try:
        return Database(address)
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        setup.fail(f"{address}: {error}")


def _move(origin: str, target: str, *, as_json: bool) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from tracker.store import migrate as migrations
    from tracker.store import moving

    one, other = _opened(origin), _opened(target)
    if one.url == other.url:
        setup.fail("--from and --to are the same database.")
    if one.sqlite and not Path(str(one.url.database)).is_file():
        setup.fail(f"--from: there is no database at {one.url.database}.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as bars:
        try:
            moved = moving.move(one, other, progress=_shown(bars))
        except moving.MoveError as error:
            setup.fail(str(error), 1)
        except migrations.NewerDatabase as error:
            setup.fail(str(error))
        except SQLAlchemyError as error:
            setup.fail(f"The move stopped: {error}. Begun again, it goes on from there.", 1)
    if as_json:
        typer.echo(setup.dump({"rows": moved.rows, "copied": moved.copied}))
        return
    number = sum(moved.rows.values())
    typer.echo(f"{number} rows in {len(moved.rows)} tables are the same on both sides ({moved.copied} copied now).")
    typer.echo(f"Set TRACKER_DATABASE_URL={other.url.render_as_string()} (with its password) and start the tracker.")


def _shown(bars: Progress) -> Callable[[str, int, int], None]:
    tasks = {}

    def show(table: str, done: int, total: int) -> None:
        if table not in tasks:
            tasks[table] = bars.add_task(table, total=total)
        bars.update(tasks[table], completed=done)

    return show


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; an existing file is replaced when it is whole.")],
    as_json: Json = False,
) -> None:
    """Makes a consistent copy of the database while the tracker runs."""
    from tracker.store import keeping

    database = setup.database(setup.settings(), migrated=False)
    try:
        size = keeping.backup(database, file)
    except (keeping.KeepingError, OSError) as error:
        setup.fail(f"No backup was made: {error}", 1)
    if as_json:
        typer.echo(setup.dump({"file": str(file), "bytes": size}))
        return
    typer.echo(f"{file}: {size / 2**20:.1f} MB. `tracker restore {file}` puts it back.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tracker backup` made.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what is in the database now.")] = False,
) -> None:
    """Puts a backup in the place of the database. Stop the tracker first."""
    from tracker.store import keeping
    from tracker.store import migrate as migrations

    database = setup.database(setup.settings(), migrated=False)
    try:
        keeping.restore(database, file, force=force)
    except keeping.KeepingError as error:
        setup.fail(str(error))
    except (migrations.NewerDatabase, OSError) as error:
        setup.fail(str(error), 1)
    typer.echo(f"Restored from {file}. `tracker verify` proves that it is whole.")


def vacuum(
    keep: Annotated[
        str, typer.Option("--keep", help="Bodies kept: all, changes, or a period such as 90d or 2y; default: settings.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Lets go of bodies and old uneventful checks that retention does not keep, and gives the space back. Texts,
    changes and proofs stay."""
    from tracker.store import keeping

    settings = setup.settings()
    database = setup.database(settings)
    try:
        gone = keeping.let_go(database, keep or settings.keep, datetime.now(UTC), by_source=not keep)
        checks = keeping.let_go_checks(database, settings.keep_checks, datetime.now(UTC))
    except ValueError as error:
        setup.fail(str(error))
    before = keeping.size(database)
    keeping.vacuum(database)
    after = keeping.size(database)
    if as_json:
        typer.echo(setup.dump({"bodies": gone, "checks": checks, "before": before, "after": after}))
        return
    typer.echo(f"{gone} bodies and {checks} checks let go; {before / 2**20:.1f} MB before, {after / 2**20:.1f} MB now.")
