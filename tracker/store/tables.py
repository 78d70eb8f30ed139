"""The tables, one class a word of the design. Times are UTC, JSON columns hold plain values, bodies are
compressed; `text` columns hold what a reader reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only for INTEGER PRIMARY KEY.
Serial = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware datetime in UTC; a naive one is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Common to all tables: constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own class attribute
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class Source(Base):
    """A catalogue entry, and how its visits stand. `config` is the whole entry; `health` a word of model.Health."""

    __tablename__ = "source"
    __table_args__ = (Index("ix_source_priority_next_check_at", "priority", "next_check_at", "id"),)
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    title: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(255), default="", index=True)
    kind: Mapped[str | None] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(16), default="")
    jurisdiction: Mapped[str] = mapped_column(String(16), default="")
    question: Mapped[str] = mapped_column(Text, default="")
    areas: Mapped[list[Any]] = mapped_column(JSON, default=list)
    groups: Mapped[list[Any]] = mapped_column(JSON, default=list)
    config: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    schedule: Mapped[str] = mapped_column(String(80), default="12h")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    health: Mapped[str] = mapped_column(String(16), default="new")
    health_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_outcome: Mapped[str] = mapped_column(String(24), default="")
    last_reason: Mapped[str] = mapped_column(Text, default="")
    last_check_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    last_change_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None]
    claimed_by: Mapped[str] = mapped_column(String(80), default="")
    priority: Mapped[int] = mapped_column(Integer, default=0)
    etag: Mapped[str] = mapped_column(Text, default="")
    last_modified: Mapped[str] = mapped_column(Text, default="")
    last_body: Mapped[str | None] = mapped_column(String(64))
    learned: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]


class Document(Base):
    """A text with an identity over time. `key` is "" for a source's own page, the item's key for an entry.

    `told_version` is the text readers know, `latest_version` the one that stands; `kept_versions` counts all of them,
    technical ones too.
    """

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("source_id", "key"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    kind: Mapped[str] = mapped_column(String(16), default="")
    published_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    latest_version: Mapped[int | None] = mapped_column(Integer)
    told_version: Mapped[int | None] = mapped_column(Integer)
    kept_versions: Mapped[int] = mapped_column(Integer, default=0)


class Check(Base):
    """One visit: what was asked, what came back, how it ended, in words."""

    __tablename__ = "check"
    __table_args__ = (Index("ix_check_source_id_started_at", "source_id", "started_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    final_url: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[int | None] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Integer, default=0)
    body_hash: Mapped[str | None] = mapped_column(String(64))
    sent: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    received: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changes: Mapped[int] = mapped_column(Integer, default=0)
    glitch: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Body(Base):
    """A body as received, content-addressed by the SHA-256 of its bytes and compressed with zstandard.

    `data` is NULL once retention has let it go; hash and size stay.
    """

    __tablename__ = "body"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(120), default="")
    charset: Mapped[str] = mapped_column(String(40), default="")
    size: Mapped[int] = mapped_column(Integer)
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Version(Base):
    """A document's text that differs from the one before in canonical form.

    `blocks` is the zstandard-compressed JSON of the blocks, `text` their texts by line. `chain` is the SHA-256 over
    the chain before, the body's hash, the fingerprint and the times (see store.chain). `technical` marks versions
    that a better reader made of an old body.
    """

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("document_id", "number"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    body_hash: Mapped[str] = mapped_column(ForeignKey("body.hash"))
    check_id: Mapped[str | None] = mapped_column(String(32))
    fingerprint: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(Text)
    blocks: Mapped[bytes] = mapped_column(LargeBinary)
    seen_at: Mapped[datetime] = mapped_column(index=True)
    kept: Mapped[float] = mapped_column(Float, default=1.0)
    accounting: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    areas: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    technical: Mapped[bool] = mapped_column(Boolean, default=False)
    chain: Mapped[str] = mapped_column(String(64))


class Blame(Base):
    """Since when each paragraph of a version stands so: for each block the number of the version in which its present
    wording came in (store.blame). Derived from the versions, and kept because it is often asked."""

    __tablename__ = "blame"
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id", ondelete="CASCADE"), primary_key=True)
    numbers: Mapped[bytes] = mapped_column(LargeBinary)


class Passage(Base):
    """A block's words and how long they stood in a document: what full-text search looks through.

    `words` is the text folded and cut for search (store.search); the words stood from `first_at` until `gone_at`
    (still there: NULL). Words that come back are a new row.
    """

    __tablename__ = "passage"
    __table_args__ = (Index("ix_passage_document_id_gone_at", "document_id", "gone_at"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(32))
    eid: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    first_version: Mapped[int] = mapped_column(Integer)
    last_version: Mapped[int | None] = mapped_column(Integer)
    first_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class Change(Base):
    """Two versions and what happened between them, with its verdict. `summary` and `headline` are by language;
    `reasons`, `references_`, `deadlines` are the model's values as JSON. `recorded_at` is when it was last written:
    seen, or decided."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_document_id_seen_at", "document_id", "seen_at"),
        Index("ix_change_state_seen_at", "state", "seen_at", "id"),
        Index("ix_change_seen_at_id", "seen_at", "id"),
        Index("ix_change_tier_seen_at", "tier", "seen_at", "id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    old_version_id: Mapped[int | None] = mapped_column(ForeignKey("version.id"))
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("version.id"))
    seen_at: Mapped[datetime]
    told_at: Mapped[datetime | None] = mapped_column(index=True)
    confirm_at: Mapped[datetime | None]
    tier: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float] = mapped_column(Float, default=1.0)
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    headline: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    references_: Mapped[list[Any]] = mapped_column("references", JSON, default=list)
    deadlines: Mapped[list[Any]] = mapped_column(JSON, default=list)
    cluster: Mapped[str | None] = mapped_column(String(64), index=True)
    cluster_keys: Mapped[list[Any]] = mapped_column(JSON, default=list)
    main_area: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16), default="")
    technical: Mapped[bool] = mapped_column(Boolean, default=False)
    recorded_at: Mapped[datetime]
    seal: Mapped[str] = mapped_column(String(64), default="")


class Edit(Base):
    """One edit of a change, in the order of the new text. `words` is both texts folded and cut for search."""

    __tablename__ = "edit"
    __table_args__ = (UniqueConstraint("change_id", "position"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    change_id: Mapped[str] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(Text, default="")
    eid: Mapped[str] = mapped_column(Text, default="")
    old_path: Mapped[str] = mapped_column(Text, default="")
    old_at: Mapped[int] = mapped_column(Integer, default=0)
    new_at: Mapped[int] = mapped_column(Integer, default=0)
    old_count: Mapped[int] = mapped_column(Integer, default=0)
    new_count: Mapped[int] = mapped_column(Integer, default=0)
    old_text: Mapped[str] = mapped_column(Text, default="")
    new_text: Mapped[str] = mapped_column(Text, default="")
    spans: Mapped[list[Any]] = mapped_column(JSON, default=list)
    words: Mapped[str] = mapped_column(Text, default="")


class Deadline(Base):
    """A date that a change brought: one row for each of `change.deadlines` that is a date in the new words, so that
    what is ahead is found by its date. `date` is ISO 8601."""

    __tablename__ = "deadline"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    change_id: Mapped[str] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"), index=True)
    date: Mapped[str] = mapped_column(String(10), index=True)
    kind: Mapped[str] = mapped_column(String(24), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    governs: Mapped[str] = mapped_column(Text, default="")


class ChangeArea(Base):
    """An area, principle or theme that a change was given. `kind` is one of area, principle, theme."""

    __tablename__ = "change_area"
    __table_args__ = (Index("ix_change_area_kind_area", "kind", "area"),)
    change_id: Mapped[str] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True, default="area")
    area: Mapped[str] = mapped_column(String(64), primary_key=True)
    score: Mapped[float] = mapped_column(Float)
    main: Mapped[bool] = mapped_column(Boolean, default=False)


class Evidence(Base):
    """Words that speak for an area: offsets in the edit's old or new text."""

    __tablename__ = "evidence"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    change_id: Mapped[str] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"), index=True)
    area: Mapped[str] = mapped_column(String(64))
    edit_position: Mapped[int] = mapped_column(Integer, default=0)
    side: Mapped[str] = mapped_column(String(3), default="new")
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    weight: Mapped[float] = mapped_column(Float)
    words: Mapped[str] = mapped_column(Text, default="")


class Event(Base):
    """A fact that others act on, written in the transaction that made it true."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    type: Mapped[str] = mapped_column(String(48), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    source_id: Mapped[str | None] = mapped_column(String(80), index=True)
    document_id: Mapped[int | None] = mapped_column(Serial)
    change_id: Mapped[str | None] = mapped_column(String(32), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class EventTodo(Base):
    """A consumer's open work: a row a consumer and event, deleted when done."""

    __tablename__ = "event_todo"
    __table_args__ = (Index("ix_event_todo_due", "consumer", "available_at"),)
    consumer: Mapped[str] = mapped_column(String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    taken_by: Mapped[str] = mapped_column(String(80), default="")
    taken_until: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")


class Subscription(Base):
    """Who wants what. `config` is model.Subscription as JSON; `origin` is one of file, command, web."""

    __tablename__ = "subscription"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    recipient: Mapped[str] = mapped_column(Text, index=True)
    channel: Mapped[str] = mapped_column(String(24), default="email")
    config: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    origin: Mapped[str] = mapped_column(String(16), default="file")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    confirmed_at: Mapped[datetime | None]
    disabled_reason: Mapped[str] = mapped_column(Text, default="")
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_digest_at: Mapped[datetime | None]
    next_digest_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


class Alert(Base):
    """What one subscription is told of one change, digest or notice. `id` is derived from subscription and subject
    matter, so that the same alert is never made twice. `state` is one of waiting, sent, dead, folded (into a
    digest), dropped."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_state_due_at", "state", "due_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    change_id: Mapped[str | None] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"), index=True)
    cluster: Mapped[str | None] = mapped_column(String(64), index=True)
    digest_id: Mapped[str | None] = mapped_column(String(32), index=True)
    event_id: Mapped[int | None] = mapped_column(Serial)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    subject: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    created_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    taken_by: Mapped[str] = mapped_column(String(80), default="")
    taken_until: Mapped[datetime | None]


class Delivery(Base):
    """One attempt to hand an alert over. `outcome` is one of begun, accepted, deferred, refused, lost, failed."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(Text, default="")
    next_at: Mapped[datetime | None]


class SourceMemory(Base):
    """What the middle remembers: `scope` is "document:ID" or "host:NAME"."""

    __tablename__ = "source_memory"
    scope: Mapped[str] = mapped_column(String(280), primary_key=True)
    source_id: Mapped[str | None] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    updated_at: Mapped[datetime]


class HostTurn(Base):
    """Whose turn it is at a host, for workers on many machines: the turn is taken until `taken_until`, the next one
    may begin at `free_at`, and until `held_until` the host wants peace."""

    __tablename__ = "host_turn"
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    taken_by: Mapped[str] = mapped_column(String(120), default="")
    taken_until: Mapped[datetime | None]
    free_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]


class Feedback(Base):
    """A reader's correction of a verdict."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    change_id: Mapped[str] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"), index=True)
    tier: Mapped[str] = mapped_column(String(16), default="")
    area: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


class Checkpoint(Base):
    """A day's signed statement of what came in since the one before (store.checkpoint): `root` is the SHA-256 over the
    chain values of the versions up to `last_version_id` and the seals of the changes decided up to `at`, without those
    that an earlier one covers; the counts are theirs. `previous` is the SHA-256 of the signature before; `signature`
    is Ed25519 over all of it, hexadecimal."""

    __tablename__ = "checkpoint"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    root: Mapped[str] = mapped_column(String(64))
    documents: Mapped[int] = mapped_column(Integer)
    versions: Mapped[int] = mapped_column(Integer)
    changes: Mapped[int] = mapped_column(Integer, default=0)
    last_version_id: Mapped[int] = mapped_column(BigInteger, default=0)
    previous: Mapped[str] = mapped_column(String(64), default="")
    signature: Mapped[str] = mapped_column(String(128), default="")
    public_key: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
