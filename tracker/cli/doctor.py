"""`tracker doctor`: looks at everything the tracker stands on, and says what to do about what is wrong."""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tracker.catalogue.load import CatalogueError, load
from tracker.cli import setup
from tracker.settings import Settings
from tracker.store import migrate, tables
from tracker.store.session import Database

LOW_DISK = 500 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `good`, what was found, and what to do where it is not good."""

    name: str
    good: bool
    found: str
    remedy: str = ""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(
    network: Annotated[bool, typer.Option(help="Also look up a name and greet the mail server.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """Looks at configuration, database, clock, disk, names, mail and browser. Exit code 1: there is something to do."""
    settings = setup.settings()
    looks: list[Callable[[Settings], Iterator[Finding]]] = [_catalogue, _folder, _database, _clock, _browser, _web]
    findings = [finding for look in (*looks, *((_names, _mail) if network else ())) for finding in look(settings)]
    for finding in findings:
        if as_json:
            typer.echo(setup.dump(finding))
            continue
        typer.secho(
            f"{'fine' if finding.good else 'look'}  {finding.name}: {finding.found}", fg=None if finding.good else "red"
        )
        if finding.remedy and not finding.good:
            typer.echo(f"      → {finding.remedy}")
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


def _catalogue(settings: Settings) -> Iterator[Finding]:
    try:
        catalogue = load(settings.sources, taxonomy=settings.taxonomy)
    except CatalogueError as error:
        yield Finding("catalogue", False, str(error), "mend the lines named, or `tracker init` for a new file")
        return
    count = f"{len(catalogue.sources)} sources, {len(catalogue.subscriptions)} subscriptions in {settings.sources}"
    yield Finding("catalogue", bool(catalogue.sources), count, "add one: tracker sources add URL")
    rendered = [source.id for source in catalogue.sources if source.render]
    if rendered:
        yield Finding("browser pages", True, f"{', '.join(rendered)} are read through a browser")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
        yield Finding("data folder", True, f"{folder.resolve()} can be written")
    except OSError as error:
        yield Finding(
            "data folder", False, str(error), f"give this user the right to write {folder}, or set TRACKER_DATA"
        )
        return
    free = shutil.disk_usage(folder).free
    yield Finding(
        "disk", free > LOW_DISK, f"{free / 2**30:.1f} GiB free", "make room: `tracker vacuum`, TRACKER_KEEP=2y"
    )
    mode = (folder / "proof.key").stat().st_mode & 0o077 if (folder / "proof.key").exists() else 0
    yield Finding("keys", mode == 0, "readable by this user alone" if not mode else "others may read proof.key",
                  f"chmod 600 {folder}/proof.key")  # fmt: skip


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        database = Database(settings.database)
        begun = time.monotonic()
        revision, head = migrate.current(database), migrate.head()
        took = f"{(time.monotonic() - begun) * 1000:.0f} ms"
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        yield Finding(
            "database", False, str(error).splitlines()[0], "TRACKER_DATABASE_URL; extra `postgres` for PostgreSQL"
        )
        return
    where = database.url.render_as_string(hide_password=True)
    if revision is None:
        yield Finding("database", True, f"{where}: empty, `tracker run` sets it up")
        return
    yield Finding("database", revision == head, f"{where}: revision {revision}, answered in {took}", "tracker migrate")
    if revision != head:
        return
    with database.read() as session:
        behind = session.scalar(
            select(func.count()).select_from(tables.Source)
            .where(tables.Source.active, tables.Source.next_check_at < datetime.now(UTC) - timedelta(hours=1))
        ) or 0  # fmt: skip
        waiting = (
            session.scalar(select(func.count()).select_from(tables.Alert).where(tables.Alert.state == "dead")) or 0
        )
    yield Finding("schedule", not behind, f"{behind} sources are over an hour late", "is `tracker run` running?")
    yield Finding("deliveries", not waiting, f"{waiting} alerts could not be delivered", "tracker deliveries --failed")


def _clock(_settings: Settings) -> Iterator[Finding]:
    year = datetime.now(UTC).year
    yield Finding("clock", 2025 <= year < 2100, datetime.now(UTC).isoformat(timespec="seconds"), "set the clock (NTP)")


def _browser(settings: Settings) -> Iterator[Finding]:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = settings.chromium or next((found for name in names if (found := shutil.which(name))), "")
    try:
        import playwright  # noqa: F401 - only whether it is there

        extra = True
    except ModuleNotFoundError:
        extra = False
    if extra and path:
        yield Finding("browser", True, f"{path}, for sources with render: true")
    else:
        missing = "no Chromium" if extra else "the extra `browser` is not installed"
        yield Finding("browser", True, f"{missing}; only sources with render: true need it")


def _web(settings: Settings) -> Iterator[Finding]:
    public = settings.web_host not in ("127.0.0.1", "::1", "localhost")
    good = not public or bool(settings.web_token.get_secret_value())
    yield Finding(
        "web", good, f"{settings.web_host}:{settings.web_port}", "TRACKER_WEB_TOKEN: others can reach the pages"
    )


def _names(_settings: Settings) -> Iterator[Finding]:
    try:
        socket.getaddrinfo("www.un.org", 443)
    except OSError as error:
        yield Finding(
            "names", False, f"no name can be looked up ({error})", "check the network and its DNS, or TRACKER_PROXY"
        )
    else:
        yield Finding("names", True, "names are looked up")


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_host:
        yield Finding("mail", True, f"no server set: mails go into the mailbox under {settings.data}")
        return
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        context = ssl.create_default_context(cafile=str(settings.smtp_ca) if settings.smtp_ca else None)
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=10, context=context)
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding(
            "mail", False, f"{where}: {error}", "TRACKER_SMTP_HOST, _PORT, _SECURITY, _CA; `tracker test-alert ADDRESS`"
        )
    else:
        yield Finding("mail", True, f"{where} answers; `tracker test-alert ADDRESS` sends a sample")
