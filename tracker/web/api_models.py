"""The shapes of the API's answers. They mirror the store's lines; names are the design's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from tracker import model
from tracker.store.queries import BlameLine, ChangeDetail, ChangeLine, DeliveryLine, VersionLine


class _Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A page of a list; `next` is the cursor of the page after it (null at the end)."""

    items: list[Item]
    next: str | None


class Problem(_Shape):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] | None = None


class Score(_Shape):
    """An area with its score, 0 to 1."""

    id: str
    score: float


class Reason(_Shape):
    """One step of a verdict and the words it rests on."""

    step: str
    code: str
    text: str
    words: list[str]


class Change(_Shape):
    """A change as a list shows it. `summary` is by language (en, fr, zh)."""

    id: str
    seen_at: datetime
    told_at: datetime | None
    source_id: str
    document_id: int
    title: str
    url: str
    jurisdiction: str
    language: str
    tier: str
    state: str
    confidence: float
    summary: dict[str, str]
    main_area: str | None
    areas: list[Score]
    reasons: list[Reason]
    old_version: int | None
    new_version: int | None
    cluster: str | None
    technical: bool

    @classmethod
    def of(cls, line: ChangeLine, **more: Any) -> Change:
        """A line of the store."""
        return cls(**_change(line), **more)


class Block(_Shape):
    """A paragraph, heading, list item or table row."""

    text: str
    kind: str
    level: int
    number: str
    path: str
    eid: str


class Edit(_Shape):
    """An edit: `spans` are ["=", words], ["-", words], ["+", words]."""

    kind: str
    path: str
    eid: str
    old_path: str
    old: list[Block]
    new: list[Block]
    spans: list[tuple[Literal["=", "-", "+"], str]]


class Evidence(_Shape):
    """Words that speak for an area: offsets in code points of the edit's old or new text."""

    edit: int
    side: str
    start: int
    end: int
    weight: float
    words: str


class Area(_Shape):
    """An area, principle or theme that the change was given, with what speaks for it."""

    id: str
    kind: Literal["area", "principle", "theme"]
    score: float
    evidence: list[Evidence]


class Reference(_Shape):
    """A citation in the changed words."""

    text: str
    kind: str
    target: str
    edit: int
    side: str


class Deadline(_Shape):
    """A date or period in the changed words."""

    text: str
    kind: str
    date: date | None
    period: str
    governs: str
    edit: int
    side: str


class Place(_Shape):
    """Another place of the same edit."""

    change_id: str
    source_id: str
    title: str
    url: str
    seen_at: datetime


class Delivery(_Shape):
    """An alert that was made of the change: its last attempt."""

    at: datetime
    recipient: str
    channel: str
    kind: str
    subject: str
    state: str
    attempt: int
    outcome: str

    @classmethod
    def of(cls, line: DeliveryLine) -> Delivery:
        """A line of the store."""
        return cls.model_validate(line)


class FullChange(Change):
    """A change with its edits and all that is known of it. `sent` counts the alerts that went out; `previous` and
    `next` are the document's neighbouring changes."""

    edits: list[Edit]
    classified: list[Area]
    references: list[Reference]
    deadlines: list[Deadline]
    places: list[Place]
    previous: str | None
    next: str | None
    sent: int
    deliveries: list[Delivery]
    seal: str

    @classmethod
    def of_detail(cls, found: ChangeDetail, deliveries: Iterable[DeliveryLine]) -> FullChange:
        """A change's detail."""
        value = found.value
        return cls(
            **_change(found.line),
            edits=[edit(of) for of in value.comparison.edits],
            classified=areas(value.classification),
            references=[Reference.model_validate(of) for of in value.comparison.references],
            deadlines=[Deadline.model_validate(of) for of in value.comparison.deadlines],
            places=[Place.model_validate(of) for of in found.places],
            previous=found.before,
            next=found.after,
            sent=found.sent,
            deliveries=[Delivery.of(line) for line in deliveries],
            seal=found.seal,
        )


def _change(line: ChangeLine) -> dict[str, Any]:
    fields = {name: getattr(line, name) for name in Change.model_fields if name not in ("areas", "reasons")}
    return {
        **fields,
        "areas": [Score(id=id_, score=score) for id_, score in line.areas],
        "reasons": [Reason(step=r.step, code=r.code, text=r.text, words=list(r.words)) for r in line.reasons],
    }


def edit(of: model.Edit) -> Edit:
    """An edit of the model."""
    return Edit(
        kind=of.kind.value, path=of.path, eid=of.eid, old_path=of.old_path, old=blocks(of.old), new=blocks(of.new),
        spans=[(kind, text) for kind, text in of.spans],
    )  # fmt: skip


def blocks(of: Iterable[model.Block]) -> list[Block]:
    """Blocks of the model."""
    return [Block(text=b.text, kind=b.kind, level=b.level, number=b.number, path=b.path, eid=b.eid) for b in of]


def areas(of: model.Classification) -> list[Area]:
    """Areas, principles and themes of a classification."""
    made = []
    for kind, scores in (("area", of.areas), ("principle", of.principles), ("theme", of.themes)):
        made += [
            Area(id=s.id, kind=kind, score=s.score, evidence=[Evidence.model_validate(e) for e in s.evidence])
            for s in scores
        ]
    return made


class Document(_Shape):
    """A text with an identity over time."""

    id: int
    source_id: str
    key: str
    title: str
    url: str
    language: str
    jurisdiction: str
    published_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    versions: int
    latest_version: int | None


class Version(_Shape):
    """A version without its text: it stood from `seen_at` until `until` (null: it still does)."""

    number: int
    seen_at: datetime
    until: datetime | None
    title: str
    characters: int
    body_hash: str
    fingerprint: str
    chain: str
    technical: bool
    change_id: str | None
    tier: str

    @classmethod
    def of(cls, line: VersionLine) -> Version:
        """A line of the store."""
        return cls.model_validate(line)


class Text(_Shape):
    """A version's text: its blocks, and all of it as it is read, a line a block."""

    document_id: int
    number: int
    seen_at: datetime
    title: str
    language: str
    fingerprint: str
    chain: str
    body_hash: str
    text: str
    blocks: list[Block]


class Blamed(_Shape):
    """A block, and the version in which its present wording came in."""

    block: Block
    version: int
    since: datetime
    change_id: str | None

    @classmethod
    def of(cls, line: BlameLine) -> Blamed:
        """A line of the store."""
        (block,) = blocks([line.block])
        return cls(block=block, version=line.version, since=line.since, change_id=line.change_id)


class Comparison(_Shape):
    """Two versions compared."""

    document_id: int
    old: int
    new: int
    edits: list[Edit]
    references: list[Reference]
    deadlines: list[Deadline]


class Source(_Shape):
    """A source and how it stands."""

    id: str
    title: str
    url: str
    kind: str
    jurisdiction: str
    language: str
    areas: list[str]
    groups: list[str]
    question: str
    schedule: str
    active: bool
    health: str
    health_since: datetime | None
    failures: int
    last_outcome: str
    last_reason: str
    last_check_at: datetime | None
    last_ok_at: datetime | None
    last_change_at: datetime | None
    next_check_at: datetime | None
    documents: int
    versions: int


class Check(_Shape):
    """A line of the checks' log."""

    id: str
    source_id: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    reason: str
    status: int | None
    bytes: int
    changes: int
    url: str
    final_url: str
    body_hash: str | None


class Hit(_Shape):
    """A passage that holds the words. They stood from `first_at` until `gone_at` (null: they still do). `snippet` is
    HTML with <mark> around the words."""

    document_id: int
    source_id: str
    title: str
    url: str
    jurisdiction: str
    language: str
    eid: str
    text: str
    snippet: str
    first_version: int
    last_version: int | None
    first_at: datetime
    gone_at: datetime | None
    score: float


class Named(_Shape):
    """An area, principle or theme: its titles by language."""

    id: str
    kind: Literal["area", "principle", "theme"]
    title: dict[str, str]


class Activity(_Shape):
    """How many told changes an area had in a month ("2026-02") or jurisdiction."""

    area: str
    column: str
    changes: int


class Ahead(_Shape):
    """A date ahead that a told change brought."""

    date: date
    kind: str
    text: str
    governs: str
    change_id: str
    source_id: str
    title: str
    url: str


class CloudEvent(BaseModel):
    """An event of the stream (CloudEvents 1.0). `sequence` is what `after` takes."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: str
    data: dict[str, Any]


class Correction(BaseModel):
    """A reader's correction: at least one of the three."""

    model_config = ConfigDict(extra="forbid")

    tier: Literal["", "substantive", "editorial", "noise", "glitch", "restored"] = ""
    area: str = Field("", max_length=64)
    note: str = Field("", max_length=2000)


class Standing(_Shape):
    """How the sources stand as a whole."""

    sources: int
    checked: int
    reached: int
    unreached: int
    failing: int
    blocked: int
    gone: int
    versions: int
    next_check_at: datetime | None


class Checkpoint(_Shape):
    """A day's signed statement of what came in since the one before; `signature` is Ed25519, hexadecimal like the key,
    `previous` the SHA-256 of the signature before."""

    day: str
    root: str
    documents: int
    versions: int
    changes: int
    previous: str
    signature: str
    public_key: str
    at: datetime
