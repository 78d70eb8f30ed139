"""What `tracker doctor` looks at: each look gives findings, and a finding that is not good says what to do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tracker.catalogue.load import Catalogue, CatalogueError, load
from tracker.cli import setup
from tracker.settings import Settings
from tracker.store import migrate, tables
from tracker.store.session import Database

LOW_DISK = 500 * 2**20  # bytes
APART = timedelta(seconds=30)  # between this clock and the database's: more, and due times of two machines disagree
HOSTS = 3  # of the catalogue, looked up by name


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `good`, what was found, and what to do where it is not good."""

    name: str
    good: bool
    found: str
    remedy: str = ""


def findings(settings: Settings, *, network: bool) -> Iterator[Finding]:
    """Everything in turn; without `network`, nothing is asked of other machines but the database."""
    catalogue, found = _catalogue(settings)
    yield from found
    yield from _folder(settings)
    yield from _keys(settings)
    yield from _database(settings)
    yield from _browser(settings, [source.id for source in catalogue.sources if source.render])
    yield from _web(settings)
    yield from _engine(settings)
    if network:
        yield from _names(settings, [urlsplit(source.url).hostname or "" for source in catalogue.sources])
        yield from _mail(settings)


# -------------------------------------------------------------------------------------- configuration and files


def _catalogue(settings: Settings) -> tuple[Catalogue, list[Finding]]:
    try:
        catalogue = load(settings.sources, taxonomy=settings.taxonomy)
    except CatalogueError as error:
        return Catalogue(), [
            Finding("catalogue", False, str(error), "mend the lines named, or `tracker init` for a new file")
        ]
    sources, readers = len(catalogue.sources), len(catalogue.subscriptions)
    count = f"{setup.counted(sources, 'source')}, {setup.counted(readers, 'subscription')} in {settings.sources}"
    return catalogue, [Finding("catalogue", bool(catalogue.sources), count, "add one: tracker sources add URL")]


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        remedy = f"give this user the right to write {folder.resolve()}, or set TRACKER_DATA"
        yield Finding("data folder", False, str(error), remedy)
        return
    yield Finding("data folder", True, f"{folder.resolve()} can be written")
    space = shutil.disk_usage(folder)
    yield Finding(
        "disk", space.free > LOW_DISK, f"{space.free / 2**30:.1f} of {space.total / 2**30:.1f} GiB free",
        "make room: `tracker vacuum`, TRACKER_KEEP=2y",
    )  # fmt: skip


def _keys(settings: Settings) -> Iterator[Finding]:
    """Keys and the settings file are for this user alone."""
    held = [settings.data / "proof.key", settings.data / "secret.key", Path(".env")]
    there = [path for path in held if path.is_file()]
    open_ = [path for path in there if path.stat().st_mode & 0o077]
    foreign = [path for path in there if not os.access(path, os.R_OK)]
    names = ", ".join(str(path) for path in open_ or foreign)
    if foreign and not open_:
        yield Finding("keys", False, f"this user may not read {names}", f"chown {os.geteuid()} {names}")
        return
    found = f"others may read {names}" if open_ else f"{len(there)} files, for this user alone"
    yield Finding("keys", not open_, found, f"chmod 600 {names}")


# --------------------------------------------------------------------------------------- database and clocks


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        database = Database(settings.database)
        begun = time.monotonic()
        revision, head = migrate.current(database), migrate.head()
        took = f"{(time.monotonic() - begun) * 1000:.0f} ms"
        where = database.url.render_as_string(hide_password=True)
        if revision is None:
            yield Finding("database", True, f"{where}: empty, `tracker run` sets it up")
            yield _clock([])
            return
        yield Finding(
            "database", revision == head, f"{where}: revision {revision}, answered in {took}", "tracker migrate"
        )
        yield from _inside(database) if revision == head else [_clock([])]
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        remedy = "TRACKER_DATABASE_URL=postgresql://user:password@host/name (extra `postgres`), or leave it out"
        yield Finding("database", False, str(error).splitlines()[0], remedy)
        yield _clock([])


def _inside(database: Database) -> Iterator[Finding]:
    now = datetime.now(UTC)
    with database.read() as session:
        apart = []
        if not database.sqlite:  # another machine, perhaps; SQLite has no clock but ours
            told = session.scalar(select(func.clock_timestamp()))
            if told is not None and abs(told - datetime.now(UTC)) > APART:
                apart.append(f"the database's clock says {told:%H:%M:%S}")
        last = session.scalar(select(func.max(tables.Source.last_check_at)))
        if last is not None and last > now + APART:
            apart.append(f"a check is on record for {last:%Y-%m-%d %H:%M}, which is to come")
        behind = session.scalar(
            select(func.count()).select_from(tables.Source)
            .where(tables.Source.active, tables.Source.next_check_at < now - timedelta(hours=1))
        ) or 0  # fmt: skip
        dead = session.scalar(select(func.count()).select_from(tables.Alert).where(tables.Alert.state == "dead")) or 0
    yield _clock(apart)
    yield Finding("schedule", not behind, f"{behind} sources are over an hour late", "is `tracker run` running?")
    yield Finding("deliveries", not dead, f"{dead} alerts could not be delivered", "tracker deliveries --failed")


def _clock(apart: list[str]) -> Finding:
    now = datetime.now(UTC)
    good = not apart and 2025 <= now.year < 2100
    found = "; ".join([now.isoformat(timespec="seconds"), *apart])
    return Finding("clock", good, found, "set the clocks of all machines by NTP (timedatectl set-ntp true)")


# -------------------------------------------------------------------------------------- browser, pages, engine


def _browser(settings: Settings, rendered: list[str]) -> Iterator[Finding]:
    """Good without a browser while no source asks for one."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = str(settings.chromium or next((found for name in names if (found := shutil.which(name))), ""))
    wrong = _no_browser(path)
    wanted = f"{', '.join(rendered[:3])}{' …' if len(rendered) > 3 else ''} with render: true"
    if not wrong:
        yield Finding("browser", True, f"{path}, for {wanted if rendered else 'sources with render: true'}")
    elif rendered:
        remedy = "install chromium and regulatory-tracker[browser], or set TRACKER_CHROMIUM"
        yield Finding("browser", False, f"{wrong}; wanted by {wanted}", remedy)
    else:
        yield Finding("browser", True, f"{wrong}; only sources with render: true need it")


def _no_browser(path: str) -> str:
    """Why no page can be read through a browser; empty where it can."""
    try:
        import playwright  # noqa: F401 - only whether it is there
    except ModuleNotFoundError:
        return "the extra `browser` is not installed"
    if not path:
        return "no Chromium was found"
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own browser, no shell
            [path, "--version"], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{path} does not start ({error})"
    return "" if done.returncode == 0 else f"{path} does not start (exit code {done.returncode})"


def _web(settings: Settings) -> Iterator[Finding]:
    where = f"{settings.web_host}:{settings.web_port}"
    public = settings.web_host not in ("127.0.0.1", "::1", "localhost")
    if public and not settings.web_token.get_secret_value():
        yield Finding("web", False, where, "TRACKER_WEB_TOKEN: others can reach the pages")
        return
    who = _answering(settings)
    remedy = "stop the other program, or set TRACKER_WEB_PORT"
    yield Finding("web", who != "another program", f"{where}: {who or 'free'}", remedy)


def _answering(settings: Settings) -> str:
    """Who has the port of the pages: nobody, a tracker, or another program."""
    host = settings.web_host
    with contextlib.suppress(ValueError):  # a name stays what it is; who listens everywhere is asked at loopback
        address = ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
    try:
        with socket.create_connection((host, settings.web_port), timeout=2):
            pass
    except OSError:
        return ""
    connection = http.client.HTTPConnection(host, settings.web_port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        alive = json.loads(connection.getresponse().read(1000)) == {"status": "ok"}
    except (OSError, http.client.HTTPException, ValueError):
        alive = False
    finally:
        connection.close()
    return "a tracker answers" if alive else "another program"


def _engine(settings: Settings) -> Iterator[Finding]:
    if settings.engine != "queue":
        return
    if settings.database.startswith("sqlite"):
        yield Finding("engine", False, "TRACKER_ENGINE=queue on SQLite", "set TRACKER_DATABASE_URL to a PostgreSQL")
        return
    try:
        import procrastinate  # noqa: F401 - only whether it is there
    except ModuleNotFoundError:
        yield Finding("engine", False, "the extra `queue` is missing", "install regulatory-tracker[queue]")
    else:
        yield Finding("engine", True, "queue: any number of `tracker worker`")


# --------------------------------------------------------------------------------------------- other machines


def _names(settings: Settings, hosts: list[str]) -> Iterator[Finding]:
    """Whether the catalogue's hosts have addresses; one that does is enough, hosts come and go."""
    if settings.proxy:
        yield Finding("names", True, "are looked up by the proxy of TRACKER_PROXY")
        return
    asked = list(dict.fromkeys(host for host in hosts if host))[:HOSTS] or ["www.un.org"]
    unknown = []
    for host in asked:
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            unknown.append(f"{host} ({error})")
    found = f"{', '.join(unknown)} has no address" if unknown else f"{', '.join(asked)} can be looked up"
    yield Finding("names", len(unknown) < len(asked), found, "check the network and its DNS, or set TRACKER_PROXY")


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_host:
        yield Finding("mail", True, f"no server set: mails go into the mailbox under {settings.data}")
        return
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        _greet(settings)
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("mail", False, f"{where}: {error}", _mail_remedy(error))
    else:
        said = "takes our login" if settings.smtp_user else "answers"
        yield Finding("mail", True, f"{where} {said}; `tracker test-alert ADDRESS` sends a sample")


def _mail_remedy(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "TRACKER_SMTP_USER, TRACKER_SMTP_PASSWORD (some providers want a password made for programs)"
    if isinstance(error, FileNotFoundError):
        return "TRACKER_SMTP_CA names a file that is not there"
    if isinstance(error, (ssl.SSLError, smtplib.SMTPNotSupportedError, smtplib.SMTPServerDisconnected)):
        return (
            "TRACKER_SMTP_SECURITY: starttls (mostly port 587), tls (mostly 465) or none; TRACKER_SMTP_CA for an "
            "authority of your own"
        )
    return "TRACKER_SMTP_HOST, TRACKER_SMTP_PORT; can this machine reach it?"


def _greet(settings: Settings) -> None:
    """Connects, encrypts and logs in as a mail would, and sends nothing."""
    context = ssl.create_default_context(cafile=str(settings.smtp_ca) if settings.smtp_ca else None)
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=10, context=context)
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.noop()
