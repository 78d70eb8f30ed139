"""Brings a database to this program's schema, once, even if two start together.

`python -m tracker.store.migrate --regenerate` rewrites the first migration from the tables; only before a release.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import alembic.command
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tracker.store import search, views
from tracker.store.session import Database
from tracker.store.tables import Base, Moment

LOCK = 0x7472616B  # "trak": PostgreSQL's advisory lock of migrations
OURS_ALONE = (
    "passage_fts",
    "edit_fts",
    "ix_passage_words",
    "ix_edit_words",
    "alembic_version",
    "procrastinate",
)  # not SQLAlchemy tables of ours


class NewerDatabase(RuntimeError):  # noqa: N818 - says what is the matter, like the words of the design
    """The database was migrated by a newer program than this one."""


def folder() -> Path:
    """Where the migrations are: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "migrations", package.parent / "migrations"):
        if (place / "env.py").is_file():
            return place
    raise FileNotFoundError(f"no migrations beside {package}: the installation is incomplete, install it again")


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file; env.py takes the connection from it."""
    made = Config()
    made.set_main_option("script_location", str(folder()))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """The revision this program knows last."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    if revision is None:
        raise FileNotFoundError(f"no migrations in {folder()}")
    return revision


def current(database: Database) -> str | None:
    """The database's revision; None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database, revision: str = "head") -> None:
    """Brings the database up to `revision`. Raises NewerDatabase for one that a newer program has migrated."""
    with _locked(database) as connection:
        _refuse_newer(connection)
        alembic.command.upgrade(config(connection), revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Takes the database back to `revision`; what newer tables held is gone."""
    with _locked(database) as connection:
        alembic.command.downgrade(config(connection), revision)


def drift(database: Database) -> list[Any]:
    """What `alembic check` would find: differences between the database and the tables; empty is good."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options()), Base.metadata))


def options() -> dict[str, Any]:
    """How Alembic compares: types too, and nothing that is not a table of ours."""
    return {"compare_type": True, "include_name": _ours, "target_metadata": Base.metadata, "render_item": _render}


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    return not (kind in ("table", "index") and (name or "").startswith(OURS_ALONE))


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


def _refuse_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if found is not None and found not in known:
        raise NewerDatabase(
            f"the database is at revision {found}, which this program (up to {head()}) does not know: "
            "a newer tracker has used it. Install that version, or restore a backup made before the upgrade."
        )


@contextmanager
def _locked(database: Database) -> Iterator[Connection]:
    """One transaction that nobody else's migration gets into: SQLite's write lock or PostgreSQL's advisory lock."""
    engine = database.engine.execution_options(tracker_write=True)
    with engine.connect() as connection, connection.begin():
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        yield connection


_TEMPLATE = '''"""The tables, views and search index of the first release.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXTRA = {extra}


def upgrade() -> None:
{upgrade}
    for statement in EXTRA[op.get_bind().dialect.name]:
        op.execute(sa.text(statement.replace(":", "\\\\:")))


def downgrade() -> None:
    for name in {views!r}:
        op.execute("DROP VIEW " + name)
    if op.get_bind().dialect.name == "sqlite":
        for table in {indexed!r}:
            for name in ("insert", "delete", "update"):
                op.execute("DROP TRIGGER " + table + "_fts_" + name)
            op.execute("DROP TABLE " + table + "_fts")
    else:
        for table in {indexed!r}:
            op.execute("DROP INDEX ix_" + table + "_words")
{downgrade}
'''


def regenerate() -> Path:
    """Writes migrations/versions/0001_initial.py from the tables, the views and the search index."""
    database = Database("sqlite://")
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options())
        made = produce_migrations(context, Base.metadata)
        rendered = {
            name: render_python_code(ops, render_item=_render, migration_context=context)
            for name, ops in (("upgrade", made.upgrade_ops), ("downgrade", made.downgrade_ops))
            if ops is not None
        }
    extra = {
        "sqlite": [*search.SQLITE, *views.create("sqlite")],
        "postgresql": [*search.POSTGRESQL, *views.create("postgresql")],
    }
    listed = "{\n" + "".join(
        f"    {name!r}: [\n" + "".join(f"        {statement!r},\n" for statement in statements) + "    ],\n"
        for name, statements in extra.items()
    ) + "}"  # fmt: skip
    target = folder() / "versions" / "0001_initial.py"
    target.write_text(
        _TEMPLATE.format(
            extra=listed,
            views=views.NAMES,
            indexed=search.INDEXED,
            upgrade="\n".join("    " + line for line in _body(rendered["upgrade"])),
            downgrade="\n".join("    " + line for line in _body(rendered["downgrade"])),
        )
    )
    return target


def _body(code: str) -> list[str]:
    return [
        line.removeprefix("    ") for line in code.splitlines() if line.strip() and not line.strip().startswith("#")
    ]


if __name__ == "__main__":
    if sys.argv[1:] != ["--regenerate"]:
        sys.exit("usage: python -m tracker.store.migrate --regenerate")
    sys.stderr.write(f"{regenerate()} written\n")
