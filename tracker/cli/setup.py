"""What commands begin with: settings, catalogue and database, each with an error that says what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:  # what a command stands on comes when it runs: `--help` and completion answer without
    from tracker.catalogue.load import Catalogue
    from tracker.settings import Settings
    from tracker.store.session import Database


DATABASES = "Write postgresql://user:password@host/name or sqlite:///path/tracker.db, or leave it out."


def counted(number: int, one: str) -> str:
    """A number with its noun: 1 source, 2 sources."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def meant(name: str, known: Iterable[str]) -> str:
    """What a name that is not known may have meant, as an end of the message; empty where nothing is close."""
    names = list(known)
    close = [*get_close_matches(name, names, 3), *(each for each in names if name and name in each)]
    return f" Did you mean {', '.join(list(dict.fromkeys(close))[:5])}?" if close else ""


def own_name() -> str:
    """How this program is started here: `tracker` where the shell finds it, otherwise the path that was typed."""
    typed = Path(sys.argv[0])
    return str(typed) if typed.name == "tracker" and not which("tracker") else "tracker"


def fail(words: str, code: int = 2) -> NoReturn:
    """Ends the command with a line on stderr; 2 is usage or configuration, 1 work that failed."""
    typer.echo(words, err=True)
    raise typer.Exit(code)


def settings() -> Settings:
    """The settings of the environment; a wrong one is named with what would be right."""
    from pydantic import ValidationError

    from tracker.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        lines = (
            f"TRACKER_{str(item['loc'][0]).upper()}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        fail("The settings cannot be used (`tracker settings` lists them all):\n  " + "\n  ".join(lines))


def catalogue(given: Settings, *, may_be_empty: bool = False) -> Catalogue:
    """sources.yaml; all its mistakes are listed with file and line."""
    from tracker.catalogue.load import EMPTY, Catalogue, CatalogueError, load

    try:
        return load(given.sources, taxonomy=given.taxonomy)
    except CatalogueError as error:
        if may_be_empty and error.mistakes[0].message == EMPTY:
            return Catalogue()
        count = len(error.mistakes)
        fail(f"{error}\n{count} mistake{'s' if count > 1 else ''} in {given.sources}: nothing was changed.")


def database(given: Settings, *, migrated: bool = True) -> Database:
    """The database, brought to this program's schema."""
    from sqlalchemy.exc import ArgumentError, OperationalError

    from tracker.store import space
    from tracker.store.migrate import NewerDatabase, migrate
    from tracker.store.session import Database, address

    try:
        if address(given.database).get_backend_name() not in ("sqlite", "postgresql"):
            fail(f"TRACKER_DATABASE_URL: history is kept in SQLite or PostgreSQL. {DATABASES}")
        made = Database(given.database)
        if migrated:
            migrate(made)
    except NewerDatabase as error:
        fail(str(error))
    except ArgumentError as error:
        fail(f"TRACKER_DATABASE_URL: this is no address of a database ({error}). {DATABASES}")
    except ModuleNotFoundError as error:
        fail(f"The database needs the package {error.name}: install regulatory-tracker[postgres]")
    except OperationalError as error:
        said = space.REMEDY if space.full(error) else error.orig
        fail(f"The database at {Database(given.database).url!r} cannot be opened: {said}")
    except OSError as error:
        fail(f"The folder for the database cannot be used: {error}. TRACKER_DATA names another one.")
    return made


def dump(value: Any) -> str:
    """One JSON document on one line; dates as ISO 8601, enumerations by their value."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
