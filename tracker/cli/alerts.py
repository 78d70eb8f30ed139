"""`tracker subscribe`, `unsubscribe`, `subscriptions`, `deliveries`, `preview`, `test-alert`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.cli import setup
from tracker.model import Subscription, Tier

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from sqlalchemy.orm import Session

    from alerts.render.message import Message
    from tracker.settings import Settings
    from tracker.store import tables
    from tracker.store.session import Database

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")]
Names = Annotated[list[str] | None, typer.Option(help="May be given several times; any of them is enough.")]


class Least(StrEnum):
    """The least tier that is told."""

    SUBSTANTIVE = "substantive"
    EDITORIAL = "editorial"


class Part(StrEnum):
    """What a preview shows."""

    TEXT = "text"
    HTML = "html"
    MAIL = "mail"
    SHORT = "short"
    DATA = "data"


def _open() -> tuple[Settings, Database]:
    given = setup.settings()
    return given, setup.database(given)


def _now() -> datetime:
    return datetime.now(UTC)


def _wrong(words: str) -> typer.Exit:
    typer.echo(words, err=True)
    return typer.Exit(2)


def subscribe(
    to: Annotated[
        str, typer.Argument(help="Mail address, https:// address of a webhook, Apprise address, or a feed's name.")
    ],
    channel: Annotated[
        str, typer.Option(help="email, webhook, apprise, atom or an installed one; left out: by the address.")
    ] = "",
    area: Names = None,
    principle: Names = None,
    theme: Names = None,
    source: Names = None,
    group: Names = None,
    jurisdiction: Names = None,
    document_language: Names = None,
    word: Annotated[list[str] | None, typer.Option(help="A word or phrase of the changed text.")] = None,
    watch_for: Annotated[
        list[str] | None, typer.Option(help="A phrase that the source watches for; * for any.")
    ] = None,
    affects: Annotated[list[str] | None, typer.Option(help="What a source says it affects; * for anything.")] = None,
    min_tier: Annotated[Least, typer.Option(help="The least that is told.")] = Least.SUBSTANTIVE,
    when: Annotated[str, typer.Option(help="immediate, daily 07:00, weekly mon 07:00 Europe/Paris.")] = "immediate",
    quiet: Annotated[str, typer.Option(help="No immediate alerts in these hours: 22:00-06:00.")] = "",
    timezone: Annotated[str, typer.Option(help="The reader's time zone.")] = "UTC",
    language: Annotated[str, typer.Option(help="Language of the alerts: en, fr, zh.")] = "en",
    attach: Annotated[list[str] | None, typer.Option(help="ics, redline.")] = None,
    operator: Annotated[bool, typer.Option(help="Also gets notices about failing sources and the like.")] = False,
    explain_silence: Annotated[bool, typer.Option(help="A digest comes even when nothing changed.")] = False,
    id_: Annotated[str, typer.Option("--id", help="A name for the subscription; left out: made from the rest.")] = "",
    as_json: Json = False,
) -> None:
    """Adds a subscription. Without filters it gets everything; several filters must all hold."""
    from alerts import roster

    settings, database = _open()
    wanted = Subscription(
        id=id_,
        to=to.strip(),
        channel=channel or _channel(to),
        areas=_t(area),
        principles=_t(principle),
        themes=_t(theme),
        sources=_t(source),
        groups=_t(group),
        jurisdictions=_t(jurisdiction),
        languages=_t(document_language),
        words=_t(word),
        watch_for=_t(watch_for),
        affects=_t(affects),
        min_tier=Tier(min_tier.value),
        when=when,
        quiet=quiet,
        timezone=timezone,
        language=language,
        operator=operator,
        silence_explained=explain_silence,
        attach=tuple(attach) if attach is not None else ("ics",),
    )
    _check(wanted, settings)
    _watched(wanted, settings, database)
    try:
        with database.write() as session:
            row = roster.keep(session, wanted, _now(), origin="command")
            shown = _described(row, settings)
    except ValueError as error:
        raise _wrong(str(error)) from error
    typer.echo(json.dumps(shown, ensure_ascii=False) if as_json else f"{shown['id']}: {' '.join(shown['wishes'])}")
    for name in ("feed", "secret"):
        if name in shown and not as_json:
            typer.echo(f"{name}: {shown[name]}")


def _check(wanted: Subscription, settings: Settings) -> None:
    from alerts.channels.base import UnknownChannelError, load
    from alerts.render import compose, mail
    from alerts.render.language import LANGUAGES

    try:
        load(wanted.channel)
        if wanted.channel in ("email", "smtp", "maildir"):
            mail.recipient(wanted.to)
    except (UnknownChannelError, ValueError) as error:
        raise _wrong(str(error)) from error
    if wanted.language not in LANGUAGES:
        raise _wrong(f"alerts are written in {', '.join(LANGUAGES)}, not in {wanted.language!r}")
    known = compose.titles(settings)
    for name in (*wanted.areas, *wanted.principles, *wanted.themes):
        if name not in known:
            close = setup.meant(name, known)
            raise _wrong(f"no area, principle or theme {name!r}: there are {', '.join(sorted(known))}.{close}")


def _watched(wanted: Subscription, settings: Settings, database: Database) -> None:
    """Refuses sources and groups that nobody watches: such a subscription would never be told anything."""
    from sqlalchemy import select

    from tracker.store import queries_overview, tables

    catalogue = setup.catalogue(settings) if settings.sources.is_file() else None
    with database.read() as session:
        sources = set(session.scalars(select(tables.Source.id).where(tables.Source.active)))
        groups = set(queries_overview.choices(session, most=0).groups)
    if catalogue is not None:
        sources |= {source.id for source in catalogue.sources}
        groups |= set(catalogue.groups)
    for kind, names, known in (("source", wanted.sources, sources), ("group", wanted.groups, groups)):
        for name in names:
            if name not in known:
                raise _wrong(f"no {kind} {name!r}: `tracker sources` lists what is watched.{setup.meant(name, known)}")


def _t(values: list[str] | None) -> tuple[str, ...]:
    return tuple(values or ())


def _channel(to: str) -> str:
    if "://" not in to:
        return "email"
    return "webhook" if to.startswith(("https://", "http://")) else "apprise"


def _described(row: tables.Subscription, settings: Settings, *, secret: bool = True) -> dict[str, Any]:
    from alerts import links, roster, signing
    from alerts.render import compose, wishes

    value = roster.value(row)
    made: dict[str, Any] = {
        "id": row.id, "to": row.recipient, "channel": row.channel, "origin": row.origin, "active": roster.usable(row),
        "confirmed": row.confirmed_at is not None, "disabled": row.disabled_reason, "failures": row.failures,
        "next_digest": row.next_digest_at.isoformat() if row.next_digest_at else None,
        "wishes": wishes.lines(compose.frame(value, settings, _now())), "filters": roster.plain(value),
    }  # fmt: skip
    if row.channel == "atom":
        made["feed"] = links.feed(settings, row.id)
    if row.channel == "webhook" and secret:
        made["secret"] = signing.webhook_secret(settings, row.id)
    return made


def unsubscribe(
    name: Annotated[str, typer.Argument(help="The subscription's id, or a recipient.")],
    forget: Annotated[bool, typer.Option(help="Delete all that is kept about the recipient, not only stop.")] = False,
) -> None:
    """Ends a subscription, or all of a recipient's."""
    from sqlalchemy import select

    from alerts import roster
    from tracker.store import tables

    _, database = _open()
    with database.write() as session:
        rows = session.scalars(
            select(tables.Subscription).where(
                (tables.Subscription.id == name) | (tables.Subscription.recipient == name)
            )
        ).all()
        if not rows:
            raise _wrong(f"no subscription and no recipient {name!r}: `tracker subscriptions` lists them")
        for row in rows:
            roster.end(session, row.id)
        gone = sum(roster.forget(session, recipient) for recipient in {row.recipient for row in rows}) if forget else 0
    in_file = [row.id for row in rows if row.origin == "file"]
    typer.echo(f"{len(rows)} ended" + (f", {gone} deleted with alerts and deliveries" if forget else ""))
    if in_file:
        typer.echo(f"take {', '.join(in_file)} out of sources.yaml too, or it comes back at the next start", err=True)


def subscriptions(
    secrets: Annotated[bool, typer.Option(help="Show webhook secrets.")] = False,
    as_json: Json = False,
) -> None:
    """Lists subscriptions: who is told what, when, and whether it works."""
    from sqlalchemy import select

    from tracker.store import tables

    settings, database = _open()
    with database.read() as session:
        rows = session.scalars(
            select(tables.Subscription).order_by(tables.Subscription.recipient, tables.Subscription.id)
        )
        for row in rows:
            shown = _described(row, settings, secret=secrets)
            if as_json:
                typer.echo(json.dumps(shown, ensure_ascii=False))
                continue
            state = (
                "on"
                if shown["active"]
                else f"off ({row.disabled_reason or ('not confirmed' if not row.confirmed_at else 'ended')})"
            )
            typer.echo(f"{row.id}  {row.channel}  {row.recipient}  [{row.origin}, {state}]")
            for line in (*shown["wishes"], *(f"{key}: {shown[key]}" for key in ("feed", "secret") if key in shown)):
                typer.echo(f"    {line}")


def deliveries(
    action: Annotated[str, typer.Argument(help="retry: try an alert again; left out: list.")] = "",
    alert: Annotated[str, typer.Argument(help="The alert's id.")] = "",
    failed: Annotated[
        bool, typer.Option("--failed", help="Only alerts that could not be delivered (dead letters).")
    ] = False,
    to: Annotated[str, typer.Option(help="Only this recipient.")] = "",
    enable: Annotated[str, typer.Option(help="Switch a disabled subscription on again, by its id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Shows what was handed over and what was not; tries dead letters again."""
    from alerts import deliver

    _, database = _open()
    if enable:
        _by_id(database, lambda session: deliver.enable(session, enable), f"subscription {enable!r}")
        typer.echo(f"{enable} is on again")
        return
    if action:
        if action != "retry" or not alert:
            raise _wrong("write: tracker deliveries retry ALERT")
        _by_id(database, lambda session: deliver.again(session, alert, _now()), f"alert {alert!r}")
        typer.echo(f"{alert} is due now; the running service (or `tracker test-alert`) sends it")
        return
    with database.read() as session:
        for line in _dead(session, limit) if failed else _attempts(session, to, limit):
            _line(line, as_json)


def _dead(session: Session, limit: int) -> Iterator[dict[str, Any]]:
    from sqlalchemy import select

    from alerts import deliver
    from tracker.store import tables

    for row in deliver.dead(session, limit):
        subscription = session.get_one(tables.Subscription, row.subscription_id)
        last = session.scalar(
            select(tables.Delivery)
            .where(tables.Delivery.alert_id == row.id)
            .order_by(tables.Delivery.id.desc())
            .limit(1)
        )
        yield {
            "alert": row.id, "to": subscription.recipient, "subject": row.subject, "attempts": row.attempts,
            "at": last.at.isoformat() if last else None, "outcome": last.outcome if last else "",
            "code": last.code if last else None, "answer": last.answer if last else "",
        }  # fmt: skip


def _attempts(session: Session, to: str, limit: int) -> Iterator[dict[str, Any]]:
    from tracker.store import queries

    for line in queries.deliveries(session, recipient=to, limit=limit):
        yield {
            "at": line.at.isoformat(), "alert": line.alert_id, "to": line.recipient, "channel": line.channel,
            "state": line.state, "attempt": line.attempt, "outcome": line.outcome, "code": line.code,
            "answer": line.answer, "next": line.next_at.isoformat() if line.next_at else None, "subject": line.subject,
        }  # fmt: skip


def _by_id(database: Database, act: Any, what: str) -> None:
    try:
        with database.write() as session:
            act(session)
    except KeyError as error:
        raise _wrong(f"no {what}") from error
    except ValueError as error:
        raise _wrong(str(error)) from error


def _line(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False))
    else:
        typer.echo("  ".join(str(value) for value in values.values() if value not in (None, "")))


def preview(
    change: Annotated[str, typer.Argument(help="The change's id.")],
    to: Annotated[str, typer.Option("--to", help="The subscription's id, or its recipient.")] = "",
    part: Annotated[Part, typer.Option(help="text, html, mail (as sent), short (chat), data (webhook).")] = Part.TEXT,
    language: Annotated[str, typer.Option(help="Another language than the subscription's.")] = "",
    out: Annotated[Path | None, typer.Option(help="A file instead of the terminal.")] = None,
) -> None:
    """Shows a change as a subscription would get it; nothing is sent."""
    from sqlalchemy import select

    from alerts import roster
    from alerts.render import compose
    from alerts.render.language import texts
    from tracker.store import tables

    settings, database = _open()
    with database.read() as session:
        reader = Subscription(id="preview", to="you@example.org")
        if to:
            row = session.get(tables.Subscription, to) or session.scalar(
                select(tables.Subscription).where(tables.Subscription.recipient == to).limit(1)
            )
            if row is None:
                raise _wrong(f"no subscription and no recipient {to!r}: `tracker subscriptions` lists them")
            reader = roster.value(row)
        if language:
            reader = Subscription(**{**_fields(reader), "language": texts(language).language})
        try:
            message = compose.preview(session, change, compose.frame(reader, settings, _now()))
        except KeyError as error:
            raise _wrong(f"no change {change!r}: `tracker history` lists them") from error
    shown = _part(message, part, settings)
    if out is not None:
        out.write_bytes(shown)
        typer.echo(f"written to {out}", err=True)
    else:
        typer.echo(shown.decode())


def _fields(value: Subscription) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Subscription.__dataclass_fields__}


def _part(message: Message, part: Part, settings: Settings) -> bytes:
    from alerts.render import mail

    if part is Part.MAIL:
        return mail.build(message, settings).as_bytes()
    if part is Part.DATA:
        return json.dumps(dict(message.data), ensure_ascii=False, indent=2).encode()
    shown = {Part.TEXT: message.text, Part.HTML: message.html, Part.SHORT: f"{message.subject}\n{message.short}"}[part]
    return shown.encode()


def test_alert(
    to: Annotated[str, typer.Argument(help="A mail address, a webhook's or Apprise address, or a subscription's id.")],
    language: Annotated[str, typer.Option(help="en, fr, zh.")] = "en",  # noqa: PT028 - a command, not a test
) -> None:
    """Sends a sample alert and says what became of it."""
    from alerts import making, roster
    from tracker import log
    from tracker.store import tables

    settings, database = _open()
    log.configure("error", as_json=settings.log_json)
    now = _now()
    with database.write() as session:
        row = session.get(tables.Subscription, to)
        if row is None:
            wanted = Subscription(
                id=roster.derived_id(Subscription("", to, channel="sample")),
                to=to,
                channel=_channel(to),
                sources=(roster.NOTHING,),
                language=language,
            )
            _check(wanted, settings)
            row = roster.keep(session, wanted, now, origin="sample")
        reader = roster.value(row)
        alert = making.direct(session, reader, "sample", now.isoformat(), settings, now, {})
    outcome = asyncio.run(_deliver(database, settings, alert))
    typer.echo(f"{outcome.outcome} {outcome.code or ''} {outcome.answer}".replace("  ", " ").strip())
    if outcome.outcome != "accepted":
        typer.echo("A running tracker tries it again. `tracker doctor` looks at the mail server.", err=True)
        raise typer.Exit(1)


async def _deliver(database: Database, settings: Settings, alert: str) -> tables.Delivery:
    from sqlalchemy import select

    from alerts.channels.base import Channels
    from alerts.deliver import Deliverer
    from tracker.store import tables

    channels = Channels(settings)
    hand = Deliverer(database, settings, channels, _now, f"test-alert:{alert[:12]}")
    try:
        await hand.just(alert)
    finally:
        await channels.close()
    with database.read() as session:
        found = session.scalar(
            select(tables.Delivery)
            .where(tables.Delivery.alert_id == alert)
            .order_by(tables.Delivery.id.desc())
            .limit(1)
        )
        return found or tables.Delivery(alert_id=alert, outcome="none", answer="nothing was sent", code=None)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("subscribe")(subscribe)
    app.command("unsubscribe")(unsubscribe)
    app.command("subscriptions")(subscriptions)
    app.command("deliveries")(deliveries)
    app.command("preview")(preview)
    app.command("test-alert")(test_alert)
