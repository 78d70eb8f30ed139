"""Alembic's way in: `tracker migrate` hands a connection over; `alembic check` by hand takes TRACKER_DATABASE_URL."""

from alembic import context

from tracker.settings import Settings
from tracker.store.migrate import options
from tracker.store.session import Database


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection, transaction_per_migration=False, **options())
        context.run_migrations()
        return
    with Database(Settings().database).engine.connect() as made, made.begin():
        context.configure(connection=made, **options())
        context.run_migrations()


run()
