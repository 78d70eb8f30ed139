"""Visits as values, for tests of the store: a page that says this or that, and what was judged of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tracker import model
from tracker.model import Block, Edit, EditKind, State, Tier

START = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    type: str
    key: str | None = None
    change: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentVisit:
    key: str
    judged: model.Judged
    body: str
    title: str = "Regulation on Lighthouses"
    url: str = "https://law.example/lighthouses"
    language: str = "en"
    kind: str = "html"
    published: datetime | None = None
    accounting: model.Accounting = field(default_factory=lambda: model.Accounting(10, 1.0))
    classification: model.Classification | None = None
    gone: bool = False


@dataclass(frozen=True)
class Visited:
    check: str
    source: model.Source
    now: datetime
    fetched: model.Fetched
    outcome: model.Outcome = model.Outcome.OK
    reason: str = "read"
    health: model.Health = model.Health.OK
    failures: int = 0
    body: str | None = None
    bodies: Mapping[str, model.Fetched] = field(default_factory=dict)
    seen: tuple[str, ...] = ("",)
    documents: Sequence[DocumentVisit] = ()
    facts: Sequence[Fact] = ()
    glitch: Mapping[str, Any] | None = None
    learned: Mapping[str, Any] = field(default_factory=dict)
    next_check_at: datetime | None = None

    @property
    def changes(self) -> tuple[model.Change, ...]:
        return tuple(change for document in self.documents for change in document.judged.changes)


def source(name: str = "lighthouses") -> model.Source:
    return model.Source(
        id=name, url=f"https://law.example/{name}", title="Lighthouse law", jurisdiction="XX", language="en",
        schedule="6h", areas=("safety-governance",), groups=("coast",),
    )  # fmt: skip


def text(*lines: str) -> model.Text:
    blocks = tuple(Block(line, eid=f"art_{at}", path=f"Article {at}") for at, line in enumerate(lines, 1))
    return model.Text(hashlib.sha256("\n".join(lines).encode()).hexdigest(), blocks, "Regulation on Lighthouses", "en")


def change(
    old: model.Text, new: model.Text, now: datetime, *, state: State = State.TOLD, tier: Tier = Tier.SUBSTANTIVE,
    name: str = "lighthouses",
) -> model.Change:  # fmt: skip
    """One replace edit over all blocks: enough for the store, which does not judge."""
    edit = Edit(
        EditKind.REPLACE, old.blocks, new.blocks, 0, 0, "Article 1", "art_1", "Article 1",
        (("-", "\n".join(b.text for b in old.blocks)), ("+", "\n".join(b.text for b in new.blocks))),
    )  # fmt: skip
    evidence = (model.Evidence(0, 4, 0.7, new.blocks[0].text[:4]),)
    return model.Change(
        id=hashlib.sha256(f"{name}{old.fingerprint}{new.fingerprint}{now}".encode()).hexdigest()[:32],
        old=old.fingerprint,
        new=new.fingerprint,
        seen=now,
        comparison=model.Comparison(
            (edit,),
            (model.Reference("Article 6", "article", "xx:reg:2026/1#art_6"),),
            (model.Deadline("by 1 May 2026", "deadline", date(2026, 5, 1), governs="keepers report"),),
        ),
        assessment=model.Assessment(
            tier, state, 0.9, (model.Reason("meaning", "modality", "may became shall", ("shall",)),), ("k1", "k2")
        ),
        classification=model.Classification(
            "en", (model.AreaScore("safety-governance", 0.8, evidence), model.AreaScore("data", 0.3)),
            "safety-governance", (model.AreaScore("fairness", 0.4),),
        ),
        summary={"en": "Keepers must report", "fr": "Les gardiens doivent rapporter", "zh": "守护者必须报告"},
        told=now if state is State.TOLD else None,
        cluster="c1" if state is State.TOLD else None,
        confirm_at=now + timedelta(hours=1) if state is State.PENDING else None,
    )  # fmt: skip


def visit(
    now: datetime, new: model.Text | None = None, *, changes: tuple[model.Change, ...] = (), told: str | None = None,
    name: str = "lighthouses", key: str = "", **more: Any,
) -> Visited:  # fmt: skip
    """A visit that found `new` (None: nothing new)."""
    body = ("<p>" + "</p><p>".join(b.text for b in new.blocks) + "</p>").encode() if new else b"<p>same</p>"
    digest = hashlib.sha256(body).hexdigest()
    fetched = model.Fetched(
        model.Outcome.OK, "", f"https://law.example/{name}", now, now + timedelta(seconds=1), status=200, body=body,
        media_type="text/html", charset="utf-8", etag=f'"{digest[:8]}"', received={"content-type": "text/html"},
    )  # fmt: skip
    judged = model.Judged(
        text=new, changes=changes, told=told, memory={"visits": now.isoformat()}, host={"furniture": ["menu"]}
    )
    facts = tuple(
        Fact("change.told", key, c.id, {"tier": c.assessment.tier.value})
        for c in changes
        if c.assessment.state is State.TOLD
    )
    made = Visited(
        check=hashlib.sha256(f"{name}{key}{now}".encode()).hexdigest()[:32], source=source(name), now=now,
        fetched=fetched, body=digest, bodies={digest: fetched}, seen=(key,),
        documents=(DocumentVisit(key, judged, digest),), facts=facts,
    )  # fmt: skip
    return replace(made, **more)


FIRST = text("Keepers may report.", "The lamp is lit at dusk.", "人工智能系统的提供者应当报告。")
SECOND = text("Keepers shall report by 1 May 2026.", "The lamp is lit at dusk.", "人工智能系统的提供者应当报告。")
THIRD = text("Keepers shall report by 1 May 2026.", "The lamp is lit at noon.")


def story(records: Any, name: str = "lighthouses") -> list[model.Change]:
    """Three versions, two changes: a told one and a silent one."""
    told = change(FIRST, SECOND, START + timedelta(days=1), name=name)
    silent = change(SECOND, THIRD, START + timedelta(days=40), state=State.SILENT, tier=Tier.NOISE, name=name)
    records.record(visit(START, FIRST, told=FIRST.fingerprint, name=name))
    records.record(visit(told.seen, SECOND, changes=(told,), told=SECOND.fingerprint, name=name))
    records.record(visit(silent.seen, THIRD, changes=(silent,), told=THIRD.fingerprint, name=name))
    return [told, silent]
