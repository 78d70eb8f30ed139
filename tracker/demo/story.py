"""The story: the site moves through its chapters, the real pipeline checks it over HTTP, what comes of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.catalogue.load import Catalogue, parse
from tracker.demo.site import DemoSite
from tracker.model import State
from tracker.service import Service, prepare
from tracker.settings import Settings
from tracker.store import tables
from tracker.store.records import Records
from tracker.store.session import Database

Say = Callable[[str], None]

CHAPTERS = (
    "The tracker visits four sources for the first time and keeps their first versions. Nobody gets mail for that.",
    "On the terms page a banner flips and the visitor counter runs on. That is noise: it stays silent.",
    "The regulation is amended: “may” becomes “shall”, twelve months become six, and an article on oversight comes in.",
    "The news feed has a new entry: a call for shared computing.",
    "The guide, a PDF, lowers a threshold from 250 employees to 50.",
    "The terms page shows “Service unavailable”. That is not the document: it is set aside, not told as a deletion.",
    "The terms page is back as it was. Nothing to tell.",
)

CATALOGUE = """
defaults: {{every: 1h, language: en, jurisdiction: DEMO}}
sources:
  - {{id: regulation, title: Regulation on AI in Public Advice, url: "{url}/regulation", areas: [safety-governance],
     question: "Which duty changed, and from when does it apply?", watch_for: [shall apply from],
     affects: [our notice to users]}}
  - {{id: terms, title: Terms of the advice service, url: "{url}/policy", question: "How long are questions kept?"}}
  - {{id: news, title: News of the Office, url: "{url}/feed.xml", kind: feed}}
  - {{id: guide, title: Guide to the assessment of risks, url: "{url}/guide.pdf", kind: pdf}}
groups: {{rules: [regulation, guide]}}
subscriptions:
  - {{to: reader@localhost, when: immediate}}
  - {{to: lectrice@localhost, areas: [safety-governance], language: fr}}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the story came to: changes told and silent, and mails in the mailbox."""

    told: int
    silent: int
    mails: int


def settings(folder: Path, port: int) -> Settings:
    """Everything at home in `folder`, whatever the environment says; the one network is loopback."""
    return Settings(
        data=folder,
        sources=folder / "sources.yaml",
        database_url="",
        allow_private=("127.0.0.0/8",),
        host_delay=0.0,
        host_concurrency=4,
        proxy="",
        smtp_host="",
        operator="",
        web_host="127.0.0.1",
        web_port=port,
        base_url="",
        engine="inline",
        dead_man_url="",
        log_level="error",
    )


async def tell(folder: Path, *, port: int, say: Say, pause: float, stay: bool, web: bool = True) -> Outcome:
    """Tells the story in `folder`; `pause` is the seconds between two chapters. With `stay` the pages are served
    until somebody stops it."""
    with DemoSite() as site:
        given = settings(folder, port)
        text = CATALOGUE.format(url=site.url)
        given.sources.write_text(text, encoding="utf-8")
        catalogue, database = parse(text, str(given.sources)), Database(given.database)
        await asyncio.to_thread(prepare, database, catalogue, datetime.now(UTC))
        service = Service(given, catalogue, database, web=web)
        running = asyncio.create_task(service.run())
        try:
            outcome = await _chapters(site, catalogue, database, say, pause, running)
            if web and not running.done():
                say(f"\nLook around: {given.link_base}  ·  the mails: {given.link_base}/mailbox")
            if stay:
                say("Ctrl-C ends the demo.")
                await running
            return outcome
        finally:
            service.stop.set()
            await running
            database.dispose()


async def _chapters(
    site: DemoSite, catalogue: Catalogue, database: Database, say: Say, pause: float, running: asyncio.Task[None]
) -> Outcome:
    records = Records(database)
    seen: set[str] = set()
    for number, words in enumerate(CHAPTERS):
        if running.done():
            break
        say(f"\n{number + 1}. {words}")
        site.chapter = number
        begun = datetime.now(UTC)
        if number:
            for source in catalogue.sources:
                await asyncio.to_thread(records.check_now, source.id, begun)
        await _settled(database, begun, len(catalogue.sources), running)
        with database.read() as session:
            for line in _news(session, seen):
                say(line)
        await asyncio.sleep(pause)
    with database.read() as session:
        return _outcome(session)


async def _settled(database: Database, since: datetime, sources: int, running: asyncio.Task[None]) -> None:
    """Waits until every source was checked since then, nothing waits for a second look, and the mails are out."""
    for _ in range(600):
        if running.done():
            return
        with database.read() as session:
            if _is_settled(session, since, sources):
                return
        await asyncio.sleep(0.1)


def _is_settled(session: Session, since: datetime, sources: int) -> bool:
    if _count(session, tables.Source, tables.Source.last_check_at >= since) < sources:
        return False
    open_work = _count(session, tables.EventTodo) + _count(session, tables.Alert, tables.Alert.state == "waiting")
    return open_work == 0


def _count(session: Session, table: type[tables.Base], *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]  # a mapped column's comparison


def _news(session: Session, seen: set[str]) -> list[str]:
    lines = []
    for change in session.scalars(select(tables.Change).order_by(tables.Change.recorded_at, tables.Change.id)):
        mark = f"{change.id} {change.state}"
        if mark in seen:
            continue
        seen.add(mark)
        areas = session.scalars(
            select(tables.ChangeArea.area)
            .where(tables.ChangeArea.change_id == change.id, tables.ChangeArea.kind == "area")
            .order_by(tables.ChangeArea.score.desc())
        ).all()
        summary = change.summary.get("en") or "no words changed"
        about = f"  ({', '.join(areas)})" if areas else ""
        lines.append(f"   {change.state:>7}  {change.tier}: {summary}{about}")
    mails = _count(session, tables.Alert, tables.Alert.state == "sent")
    lines.append(f"   {mails} mail{'s' if mails != 1 else ''} so far")
    return lines


def _outcome(session: Session) -> Outcome:
    return Outcome(
        told=_count(session, tables.Change, tables.Change.state == State.TOLD.value),
        silent=_count(session, tables.Change, tables.Change.state == State.SILENT.value),
        mails=_count(session, tables.Alert, tables.Alert.state == "sent"),
    )
