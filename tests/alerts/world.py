"""A small world for alerts: sources whose documents change, written as a visit would write them."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from alerts import roster
from alerts.channels.base import Answer, Channels, Outcome
from alerts.notifier import Notifier
from alerts.render.message import Message
from alerts.told import Told
from tracker import model
from tracker.model import Block, Edit, EditKind, State, Subscription, Tier
from tracker.settings import Settings
from tracker.store import codec, outbox, tables, writing
from tracker.store.session import Database

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = {
    "safety-governance": {
        "en": "AI safety governance",
        "fr": "Gouvernance de la sécurité de l'IA",
        "zh": "开展人工智能安全治理",
    },
    "data-supply": {
        "en": "Supply of high-quality data",
        "fr": "Offre de données de qualité",
        "zh": "积极推进优质数据供给",
    },
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **units: float) -> None:
        self.now += timedelta(**units)


class Hand:
    """A channel that remembers what it was handed, and answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answers: list[Answer | Exception] = []
        self.always: dict[str, Answer] = {}

    async def send(self, message: Message) -> Answer:
        usual = self.always.get(message.to, Answer(Outcome.ACCEPTED, 250, "ok"))
        answer = self.answers.pop(0) if self.answers else usual
        if isinstance(answer, Exception):
            raise answer
        if answer.outcome in (Outcome.ACCEPTED, Outcome.LOST):
            self.messages.append(message)
        return answer

    async def close(self) -> None:
        pass

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.messages]


def source(name: str = "harbours", **more: Any) -> model.Source:
    made = model.Source(
        id=name,
        url=f"https://law.example/{name}",
        title="Harbour Pilot Regulation",
        jurisdiction="XX",
        language="en",
        question="Must a log be kept?",
        watch_for=("entry into force",),
        affects=("our log service",),
        groups=("coast",),
    )
    return replace(made, **more)


def change(
    old: str,
    new: str,
    seen: datetime = START,
    *,
    areas: Sequence[str] = ("safety-governance",),
    tier: Tier = Tier.SUBSTANTIVE,
    state: State = State.TOLD,
    cluster: str | None = None,
    deadlines: Sequence[model.Deadline] = (),
    name: str = "",
    path: str = "Article 12(1)",
    principles: Sequence[str] = (),
    themes: Sequence[str] = (),
) -> model.Change:
    """One block that was `old` and is `new`; either may be empty."""
    before = (Block(old, path=path, eid="art_12__para_1"),) if old else ()
    after = (Block(new, path=path, eid="art_12__para_1"),) if new else ()
    kind = EditKind.REPLACE if old and new else EditKind.INSERT if new else EditKind.DELETE
    edit = Edit(kind, before, after, 0, 0, path, "art_12__para_1", path, spans(old, new))
    digest = hashlib.sha256(f"{name}\n{old}\n{new}\n{seen}".encode("utf-8", "replace")).hexdigest()
    scores = tuple(model.AreaScore(area, 0.8, (model.Evidence(0, 3, 0.5, new[:12] or old[:12]),)) for area in areas)
    return model.Change(
        id=digest[:32],
        old=fingerprint(old) if old else "",
        new=fingerprint(new) if new else "",
        seen=seen,
        comparison=model.Comparison((edit,), (), tuple(deadlines)),
        assessment=model.Assessment(
            tier, state, 0.9, (model.Reason("meaning", "modality", "may → shall", ("shall",)),)
        ),
        classification=model.Classification(
            "en",
            scores,
            areas[0] if areas else None,
            tuple(model.AreaScore(p, 0.5) for p in principles),
            tuple(model.AreaScore(p, 0.5) for p in themes),
        ),
        summary={"en": "Art. 12(1): may → shall", "fr": "Art. 12(1) : may → shall", "zh": "第12条第1款：may → shall"},
        told=seen if state is State.TOLD else None,
        cluster=cluster,
    )


def spans(old: str, new: str) -> tuple[model.Span, ...]:
    """A redline by words, good enough for what renders it."""
    a, b = re.findall(r"\s+|\w+|.", old), re.findall(r"\s+|\w+|.", new)
    made: list[model.Span] = []
    for sign, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if sign == "equal":
            made.append(("=", "".join(a[i1:i2])))
            continue
        made += [(kind, "".join(part)) for kind, part in (("-", a[i1:i2]), ("+", b[j1:j2])) if part]
    return tuple(made)


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def told(value: model.Change | None = None, of: model.Source | None = None, **more: Any) -> Told:
    """A change with its surroundings, without a database."""
    made = value or change("Providers may keep a log.", "Providers shall keep a log.")
    where = of or source()
    plain: dict[str, Any] = {
        "document": 7, "title": where.title, "url": where.url, "language": where.language,
        "before": START - timedelta(days=9), "after": START,
    }  # fmt: skip
    return Told(made, where, **{**plain, **more})


def deadline(day: date, kind: str = "application", **more: Any) -> model.Deadline:
    return model.Deadline(day.isoformat(), kind, day, **{"governs": "the duty to keep a log", **more})


@dataclass
class World:
    """A database with sources, subscriptions and a notifier on a clock that stands."""

    database: Database
    settings: Settings
    clock: Clock = field(default_factory=Clock)
    hand: Hand = field(default_factory=Hand)

    def notifier(self, **more: Any) -> Notifier:
        given = dict.fromkeys(("email", "webhook", "apprise"), self.hand)
        more.setdefault("channels", Channels(self.settings, given))
        return Notifier(self.database, self.settings, self.clock, **more)

    def subscribe(self, to: str = "reader@example.org", **wishes: Any) -> Subscription:
        with self.database.write() as session:
            row = roster.keep(
                session, Subscription(id=wishes.pop("id", ""), to=to, **wishes), self.clock(), origin="command"
            )
            return roster.value(row)

    def source(self, of: model.Source) -> None:
        with self.database.write() as session:
            if session.get(tables.Source, of.id) is None:
                row = writing.source_row(of, START - timedelta(days=100))
                row.health = "ok"
                session.add(row)

    def tell(self, value: model.Change, of: model.Source | None = None, *, key: str = "", title: str = "") -> str:
        """Records the change with its two versions and its event, in one transaction."""
        where = of or source()
        self.source(where)
        with self.database.write() as session:
            row = session.scalar(
                select(tables.Document).where(tables.Document.source_id == where.id, tables.Document.key == key)
            )
            if row is None:
                first = START - timedelta(days=99) if value.old else value.seen
                row = tables.Document(
                    source_id=where.id, key=key, title=title or where.title, url=where.url, language=where.language,
                    first_seen_at=first, last_seen_at=value.seen,
                )  # fmt: skip
                session.add(row)
                session.flush()
            edit = value.comparison.edits[0] if value.comparison.edits else None
            for mark, blocks, at in (
                (value.old, edit.old if edit else (), value.seen - timedelta(days=9)),
                (value.new, edit.new if edit else (), value.seen),
            ):
                if mark:
                    _version(session, row, where.id, mark, blocks, at)
            writing.keep_change(session, value, where.id, row, value.seen)
            outbox.append(
                session,
                "change.told",
                at=value.seen,
                source_id=where.id,
                document_id=row.id,
                change_id=value.id,
                key=value.id,
            )
        return value.id

    def event(self, type_: str, of: model.Source | None = None, **data: Any) -> None:
        where = of or source()
        self.source(where)
        with self.database.write() as session:
            outbox.append(session, type_, at=self.clock(), source_id=where.id, data=data)

    def alerts(self, **where: Any) -> list[tables.Alert]:
        with self.database.read() as session:
            rows = session.scalars(select(tables.Alert).order_by(tables.Alert.created_at, tables.Alert.id)).all()
            return [row for row in rows if all(getattr(row, name) == value for name, value in where.items())]

    def deliveries(self) -> list[tables.Delivery]:
        with self.database.read() as session:
            return list(session.scalars(select(tables.Delivery).order_by(tables.Delivery.id)))


def _version(
    session: Any, row: tables.Document, source_id: str, mark: str, blocks: Sequence[Block], at: datetime
) -> None:
    known = session.scalar(
        select(tables.Version).where(tables.Version.document_id == row.id, tables.Version.fingerprint == mark)
    )
    if known is not None:
        return
    last = session.scalar(
        select(tables.Version)
        .where(tables.Version.document_id == row.id)
        .order_by(tables.Version.number.desc())
        .limit(1)
    )
    if session.get(tables.Body, mark) is None:
        session.add(tables.Body(hash=mark, size=1, data=codec.pack(b"x"), created_at=at))
        session.flush()
    made = tables.Version(
        document_id=row.id,
        number=last.number + 1 if last else 1,
        body_hash=mark,
        fingerprint=mark,
        seen_at=at,
        kept=1.0,
        accounting={},
        areas={},
        language="en",
        title="",
    )
    writing.add_version(session, row, source_id, made, codec.blocks_plain(blocks), last.chain if last else "")
