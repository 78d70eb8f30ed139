"""`tracker rederive`: the past as today's reader, differ and classifier see it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tracker.cli import setup
from tracker.cli.given import moment

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker.rederive import Derived

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output: a finding a line, then the figures.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(rederive)


def rederive(
    sources: Annotated[list[str] | None, typer.Argument(help="Sources; none named: all of them.")] = None,
    since: Annotated[str, typer.Option(help="Only what was seen from this day on.")] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help="Record what would be otherwise, beside what was, as technical.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Shows what versions, changes and areas would be now, from the bodies that were kept. Nobody is alerted."""
    from tracker.classify import classifier
    from tracker.rederive import rederive as derive

    settings = setup.settings()
    database = setup.database(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=as_json) as bars:
        task = bars.add_task("")
        derived = derive(
            database, classifier.load(settings.taxonomy), datetime.now(UTC), sources=sources or (),
            since=moment(since, "--since") if since else None, apply=apply,
            progress=lambda name, done, total: bars.update(task, description=name, completed=done, total=total),
        )  # fmt: skip
    if sources and derived.sources < len(set(sources)):
        setup.fail(f"{len(set(sources)) - derived.sources} of the sources named have no texts.")
    _told(derived, apply=apply, as_json=as_json)


def _told(derived: Derived, *, apply: bool, as_json: bool) -> None:
    kinds = Counter(finding.what for finding in derived.findings)
    if as_json:
        for finding in derived.findings:
            typer.echo(setup.dump(finding))
        typer.echo(setup.dump({
            "sources": derived.sources, "versions": derived.versions, "unread": derived.unread,
            "changes": derived.changes, "recorded": derived.recorded, "otherwise": dict(kinds),
        }))  # fmt: skip
        return
    for finding in derived.findings:
        name = f"{finding.source} {finding.key}".strip()
        if finding.what == "text":
            typer.echo(f"{finding.seen_at:%Y-%m-%d} {name}: another text ({finding.was[:10]} → {finding.now[:10]})")
        else:
            was, now = finding.was or "nothing", finding.now or "nothing"
            typer.echo(f"{finding.seen_at:%Y-%m-%d} {name}: {was} → {now}")
    said = ", ".join(f"{number} {what}" for what, number in sorted(kinds.items())) or "nothing"
    typer.echo(
        f"{derived.versions} versions and {derived.changes} changes of {derived.sources} sources; "
        f"otherwise now: {said}; {derived.unread} bodies could not be read again.",
        err=True,
    )
    if apply:
        typer.echo(f"{derived.recorded} rows recorded as technical; nobody was alerted.", err=True)
    elif derived.findings:
        typer.echo("Nothing was written. --apply records it beside what was.", err=True)
