"""`tracker run` and `tracker check`: the service, and one round by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from tracker.cli import setup
from tracker.model import Outcome, Source

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker import pipeline
    from tracker.catalogue.load import Catalogue
    from tracker.settings import Settings
    from tracker.store.session import Database

GOOD = frozenset({Outcome.OK, Outcome.NOT_MODIFIED})

Json = Annotated[bool, typer.Option("--json", help="One JSON document a line on standard output.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(run)
    app.command()(check)
    app.command()(worker)


def run(
    web: Annotated[bool, typer.Option(help="Serve the web pages.")] = True,
) -> None:
    """Runs the tracker: checks what is due, tells who asked, serves the pages. Ends with Ctrl-C or SIGTERM."""
    from tracker import log
    from tracker.service import Service

    settings = setup.settings()
    catalogue = setup.catalogue(settings)
    database = setup.database(settings)
    if settings.engine == "queue":
        _queue_can_be(database)
    _keep_can_be(settings)
    log.configure(settings.log_level, as_json=settings.log_json)
    say = _speaker()
    _opening(settings, catalogue, database, say, web=web)
    service = Service(settings, catalogue, database, say=say, web=web)
    try:
        asyncio.run(service.run())
    except (RuntimeError, OSError, ValueError, ModuleNotFoundError) as error:
        setup.fail(f"The tracker stopped: {error}", 1)
    say("Stopped; everything is kept, `tracker run` goes on from here.")


def worker() -> None:
    """Takes checks and deliveries from the queue, beside any number of others (TRACKER_ENGINE=queue)."""
    from tracker import log
    from tracker.service import Service

    settings = setup.settings()
    if settings.engine != "queue":
        setup.fail(
            "`tracker worker` needs TRACKER_ENGINE=queue and a PostgreSQL database; `tracker run` alone needs neither."
        )
    catalogue, database = setup.catalogue(settings), setup.database(settings)
    _queue_can_be(database)
    log.configure(settings.log_level, as_json=settings.log_json)
    service = Service(settings, catalogue, database, say=_speaker())
    try:
        asyncio.run(service.work())
    except (RuntimeError, OSError, ValueError, ModuleNotFoundError) as error:
        setup.fail(f"The worker stopped: {error}", 1)


def _queue_can_be(database: Database) -> None:
    if database.sqlite:
        setup.fail("TRACKER_ENGINE=queue needs PostgreSQL: set TRACKER_DATABASE_URL, or leave the engine out.")
    if find_spec("procrastinate") is None:
        setup.fail("TRACKER_ENGINE=queue needs the package procrastinate: install regulatory-tracker[queue].")


def _keep_can_be(settings: Settings) -> None:
    from tracker.store import keeping

    try:
        keeping.period(settings.keep)
    except ValueError as error:
        setup.fail(f"TRACKER_KEEP: {error}")


def _speaker() -> Callable[[str], None]:
    """Says lines on stderr as they are, however long."""
    console = Console(stderr=True)
    return lambda line: console.print(line, highlight=False, markup=False, soft_wrap=True)


def _opening(
    settings: Settings, catalogue: Catalogue, database: Database, say: Callable[[str], None], *, web: bool
) -> None:
    where = database.url.render_as_string(hide_password=True)
    sources, readers = len(catalogue.sources), len(catalogue.subscriptions)
    say(f"{setup.counted(sources, 'source')} from {settings.sources}, {setup.counted(readers, 'subscription')}.")
    say(f"History: {where}")
    mail = f"{settings.smtp_host}:{settings.smtp_port}" if settings.smtp_host else f"local mailbox in {settings.data}"
    say(f"Mails: {mail}")
    if web:
        host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
        say(f"Pages: http://{host}:{settings.web_port}")
    say("Checking what is due; first versions are kept without an alert. Ctrl-C stops.")


def check(
    ids: Annotated[list[str] | None, typer.Argument(help="Sources to visit; none named: all of them.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Only those whose time has come.")] = False,
    mail: Annotated[bool, typer.Option(help="Deliver the alerts that come of it.")] = True,
    as_json: Json = False,
) -> None:
    """Visits sources once, now, records what came of it, and delivers the alerts. Exit code 1: some failed."""
    from tracker import log
    from tracker.service import prepare

    settings = setup.settings()
    log.configure("error", as_json=settings.log_json)
    catalogue = setup.catalogue(settings)
    database = setup.database(settings)
    prepare(database, catalogue, datetime.now(UTC))
    wanted = _chosen(catalogue, ids or [], database if due else None)
    visits = asyncio.run(_round(settings, database, catalogue, wanted, mail=mail, quiet=as_json))
    if as_json:
        for visited in visits:
            typer.echo(setup.dump(_line(visited)))
    else:
        _show(visits)
    raise typer.Exit(0 if all(visited.outcome in GOOD for visited in visits) else 1)


def _chosen(catalogue: Catalogue, ids: Sequence[str], due_in: Database | None) -> list[Source]:
    wanted: list[Source] = []
    for name in ids:
        try:
            wanted.append(catalogue.source(name))
        except KeyError as error:
            close = setup.meant(name, (source.id for source in catalogue.sources))
            setup.fail(f"{error.args[0]}: `tracker sources` lists them.{close}")
    wanted = wanted or list(catalogue.sources)
    if due_in is None:
        return wanted
    from tracker.store import queries

    with due_in.read() as session:
        now = datetime.now(UTC)
        names = {line.id for line in queries.sources(session) if line.next_check_at and line.next_check_at <= now}
    return [source for source in wanted if source.id in names]


async def _round(
    settings: Settings, database: Database, catalogue: Catalogue, sources: Sequence[Source], *, mail: bool, quiet: bool
) -> list[pipeline.Visited]:
    from alerts.notifier import Notifier
    from tracker import pipeline
    from tracker.classify import classifier as classifiers
    from tracker.engine.inline import broken
    from tracker.fetch.client import Fetcher
    from tracker.service import planner
    from tracker.store.records import Records

    records, classifier = Records(database), classifiers.load(settings.taxonomy)
    plan, limit = planner(settings, database, catalogue), asyncio.Semaphore(settings.concurrency)
    visits: list[pipeline.Visited] = []

    def now() -> datetime:
        return datetime.now(UTC)

    with _progress(quiet=quiet) as bar:
        task = bar.add_task("Checking", total=len(sources))

        async def one(source: Source, fetcher: pipeline.Fetch) -> None:
            async with limit:
                try:
                    visited = await pipeline.visit(
                        source, fetcher, records, classifier, now(), plan=plan, clock=now,
                        failing_after=settings.failing_after,
                        second_look=timedelta(hours=settings.second_look_hours),
                    )  # fmt: skip
                except Exception as error:  # noqa: BLE001 - one source's defect is listed and must not stop the others
                    visited = broken(source, error, records, plan, now(), settings.failing_after)
                    await asyncio.to_thread(records.record, visited)
            visits.append(visited)
            bar.advance(task)

        async with Fetcher(settings) as fetcher:
            await asyncio.gather(*(one(source, fetcher) for source in sources))
        if mail:
            bar.update(task, description="Telling")
            notifier = Notifier(database, settings)
            try:
                while await notifier.work_once():
                    pass
            finally:
                await notifier.close()
    order = {source.id: number for number, source in enumerate(sources)}
    return sorted(visits, key=lambda visited: order[visited.source.id])


def _progress(*, quiet: bool) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=Console(stderr=True), transient=True, disable=quiet,
    )  # fmt: skip


def _line(visited: pipeline.Visited) -> dict[str, Any]:
    return {
        "source": visited.source.id,
        "outcome": visited.outcome,
        "reason": visited.reason,
        "health": visited.health,
        "url": visited.fetched.final_url or visited.fetched.url,
        "next": visited.next_check_at,
        "changes": [
            {
                "id": change.id,
                "tier": change.assessment.tier,
                "state": change.assessment.state,
                "summary": change.summary.get("en", ""),
                "areas": [area.id for area in change.classification.areas],
                "reasons": [reason.text for reason in change.assessment.reasons],
            }
            for change in visited.changes
        ],
    }


def _show(visits: Sequence[pipeline.Visited]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("Source", "Outcome", "What came of it"):
        table.add_column(name, overflow="fold")
    for visited in visits:
        good = visited.outcome in GOOD
        table.add_row(visited.source.id, visited.outcome.value, visited.reason, style=None if good else "red")
        for change in visited.changes:
            state = f"{change.assessment.tier.value}, {change.assessment.state.value}"
            table.add_row("", state, change.summary.get("en", ""), style="bold" if change.told else "dim")
    Console().print(table)
    failed = sum(visited.outcome not in GOOD for visited in visits)
    unreached = {Outcome.DNS, Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT}
    if failed and all(visited.outcome in unreached for visited in visits):
        typer.echo("No source can be reached from here. To see the tracker at work: tracker demo", err=True)
    elif failed:
        typer.echo(f"{failed} of {len(visits)} failed, listed above.", err=True)
