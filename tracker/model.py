"""The words of the project as values: what a room hands to the next one.

Everything here is frozen, compares by value and imports nothing of ours. Times are aware datetimes in UTC,
shares lie between 0 and 1, offsets count code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a source is; left out in sources.yaml it is found from the body itself."""

    PAGE = "page"
    PDF = "pdf"
    FEED = "feed"
    LISTING = "listing"
    JSON = "json"
    SITEMAP = "sitemap"
    LEGAL = "legal"
    TEXT = "text"


class Outcome(StrEnum):
    """How a check ended. Only OK and NOT_MODIFIED say something about the text; none of the others ever looks
    like a change of it."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"  # broken framing, wrong lengths, undecodable compression
    REFUSED = "refused"  # our own address guard: scheme, private address, rebinding
    ROBOTS = "robots"
    BLOCKED = "blocked"  # 401, 403, 451, bot walls: to be opened by hand, never circumvented
    RATE_LIMITED = "rate_limited"  # 429, 503 with Retry-After
    NOT_FOUND = "not_found"
    GONE = "gone"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    UNREADABLE = "unreadable"  # received, but no reading could be made of it; the reason says why
    EMPTY = "empty"
    LOGIN = "login"
    CONSENT = "consent"
    NO_BROWSER = "no_browser"
    INTERNAL = "internal"  # a defect of ours, kept visible


class Health(StrEnum):
    """A source's standing, from its checks' outcomes."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    BLOCKED = "blocked"
    GONE = "gone"


class Tier(StrEnum):
    """What a change is to a reader."""

    SUBSTANTIVE = "substantive"
    EDITORIAL = "editorial"
    NOISE = "noise"
    GLITCH = "glitch"
    RESTORED = "restored"


class State(StrEnum):
    """Where a change stands: waiting for a second look, told to those who asked, or kept silent."""

    PENDING = "pending"
    TOLD = "told"
    SILENT = "silent"


class EditKind(StrEnum):
    """What happened to blocks between two texts."""

    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"
    MOVE = "move"
    RENUMBER = "renumber"
    SPLIT = "split"
    MERGE = "merge"


# ---------------------------------------------------------------------------------------------- a reading


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a document: absolute address and the words it stands on."""

    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, table row or cell: the smallest thing that is aligned and told.

    `text` is what a reader reads, whitespace folded. `kind` is one of heading, paragraph, item, row, cell, term,
    note, quote, code, caption. `level` is 1 to 6 for headings, the depth for items. `number` is the label as printed
    or marked up ("Article 10", "(f)", "§ 3", "第五条"). `path` is what a person reads ("Article 10(2)(f)"), `eid`
    follows the Akoma Ntoso naming convention ("art_10__para_2__point_f") and is unique in a document. `anchor` finds
    the place in the body (an id, "page=3"). `region` names the part of the page it came from, equal between visits
    as long as the page is built the same way. `role` says what the part is: main, or why it is not (menu, header,
    footer, aside, consent, hidden, repeated).
    """

    text: str
    kind: str = "paragraph"
    level: int = 0
    number: str = ""
    path: str = ""
    eid: str = ""
    anchor: str = ""
    region: str = ""
    role: str = "main"
    language: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a feed, listing, sitemap or JSON answer: a document of its own with an identity over time.

    `key` is stable between visits (guid, canonical address, or a hash of the title where there is neither).
    """

    key: str
    title: str
    url: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    summary: str = ""
    blocks: tuple[Block, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where a body's words went: `kept` is the share in the reading's blocks, `elsewhere` the share by role.

    The shares add up to 1 for a body with words and are all 0 for one without.
    """

    words: int
    kept: float
    elsewhere: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format makes of a body.

    `blocks` is the document by this body alone, `aside` what the page holds besides (menus, footers, banners), both
    in page order; `assess.content` may move blocks between the two with what it knows of the past. `position` of a
    block among all of the page's blocks is kept by `order`: indexes into blocks + aside in page order (empty where
    there is no aside). `notes` are facts for the operator: "scanned PDF: 3 pages without text". `shown` are marks of
    what a web page shows (formats.html_parts.shown), where they were asked for.
    """

    format: str
    title: str = ""
    language: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    blocks: tuple[Block, ...] = ()
    aside: tuple[Block, ...] = ()
    order: tuple[int, ...] = ()
    items: tuple[Item, ...] = ()
    links: tuple[Link, ...] = ()
    next_page: str = ""
    accounting: Accounting = Accounting(0, 0.0)
    notes: tuple[str, ...] = ()
    shown: tuple[str, str] = ("", "")


# ------------------------------------------------------------------------------------------- a comparison

Span = tuple[str, str]
"""("=", text), ("-", text) or ("+", text)."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What happened to one run of blocks.

    `old_at` and `new_at` are positions in the two block lists, `old` and `new` the blocks there (empty on one side
    for insert and delete; several on one side for split and merge). `spans` is the redline of the joined texts: the
    "=" and "-" pieces give the old text, the "=" and "+" pieces the new one. `path` and `eid` are the place as it is
    now (as it was, for a delete); `old_path` is the place as it was. `old_to` is, for a move, the position in the old
    text before which the blocks stand now.
    """

    kind: EditKind
    old: tuple[Block, ...] = ()
    new: tuple[Block, ...] = ()
    old_at: int = 0
    new_at: int = 0
    path: str = ""
    eid: str = ""
    old_path: str = ""
    spans: tuple[Span, ...] = ()
    old_to: int = -1

    @property
    def old_text(self) -> str:
        return "\n".join(block.text for block in self.old)

    @property
    def new_text(self) -> str:
        return "\n".join(block.text for block in self.new)


@dataclass(frozen=True, slots=True)
class Reference:
    """A citation in the changed words. `target` is a normal form: "eu:reg:2024/1689#art_6", "cets:225"."""

    text: str
    kind: str
    target: str
    edit: int = 0
    side: str = "new"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date or period in the changed words: `date` where it is one, `period` as ISO 8601 ("P30D") where it is
    that; `kind` is one of application, deadline, repeal, expiry, event, period; `governs` are the words it rules."""

    text: str
    kind: str
    date: date | None = None
    period: str = ""
    governs: str = ""
    edit: int = 0
    side: str = "new"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two block lists compared: edits in the order of the new text, with the citations and dates they touch."""

    edits: tuple[Edit, ...] = ()
    references: tuple[Reference, ...] = ()
    deadlines: tuple[Deadline, ...] = ()


# ------------------------------------------------------------------------------- a verdict and its reasons


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a verdict: `step` is the room's part (content, canonical, glitch, memory, meaning, confirm,
    cluster), `code` a stable name ("modality", "restored-variant"), `words` the words it rests on, `text` one
    English sentence."""

    step: str
    code: str
    text: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """A change's verdict. `confidence` is 0 to 1. `cluster_keys` are what other changes are compared by."""

    tier: Tier
    state: State
    confidence: float = 1.0
    reasons: tuple[Reason, ...] = ()
    cluster_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that speak for an area: offsets in the text given, and their weight."""

    start: int
    end: int
    weight: float
    words: str = ""
    edit: int = 0
    side: str = "new"


@dataclass(frozen=True, slots=True)
class AreaScore:
    """An area, principle or theme with its calibrated score, 0 to 1, and what speaks for it, strongest first."""

    id: str
    score: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """What a text or a change is about. `main` is an area's id or None."""

    language: str = ""
    areas: tuple[AreaScore, ...] = ()
    main: str | None = None
    principles: tuple[AreaScore, ...] = ()
    themes: tuple[AreaScore, ...] = ()


# ----------------------------------------------------------------------------------- texts and their changes


@dataclass(frozen=True, slots=True)
class Text:
    """A document's text as it is kept: the blocks of a version and their fingerprint (SHA-256 of the canonical
    text, hexadecimal). Two texts with one fingerprint are the same to a reader."""

    fingerprint: str
    blocks: tuple[Block, ...]
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Two texts of one document and their edits, with an assessment and areas.

    `id` is derived from document, texts and `seen`, so that the same change has the same id wherever it is found.
    `old` is the fingerprint of the text the reader knew, `new` of the one that is there now.
    `told` is set once, by the visit that decided to tell.
    """

    id: str
    old: str
    new: str
    seen: datetime
    comparison: Comparison
    assessment: Assessment
    classification: Classification = Classification()
    summary: Mapping[str, str] = field(default_factory=dict)
    told: datetime | None = None
    cluster: str | None = None
    confirm_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What the middle needs to know of what was: all values, no handles.

    `told` is the text the reader knows (the base of the next comparison), `latest` the last one recorded; they
    differ while a change waits for confirmation. `memory` is the document's, `host` what all documents of the host
    share; both are JSON objects that only `assess.memory` reads. `pending` waits for a decision.
    """

    told: Text | None = None
    latest: Text | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    pending: Change | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a visit made of one document: the other side of `Past`.

    `text` is to be kept as a new version, None when nothing new was seen. `changes` are new ones, or decided ones
    that were pending (same id). `recheck_at` asks for a second look. `glitch` says, for the check's log, why a body
    was not taken as the document.
    """

    text: Text | None = None
    changes: tuple[Change, ...] = ()
    told: str | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    recheck_at: datetime | None = None
    glitch: Reason | None = None


# ---------------------------------------------------------------------------------------------- the catalogue


@dataclass(frozen=True, slots=True)
class Follow:
    """How far links of a listing or feed are followed."""

    depth: int = 0
    limit: int = 20
    match: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of sources.yaml, checked. `every` is seconds or None (cron or auto stand in `schedule`)."""

    id: str
    url: str
    title: str = ""
    kind: Kind | None = None
    schedule: str = "12h"
    language: str = ""
    jurisdiction: str = ""
    areas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    question: str = ""
    watch_for: tuple[str, ...] = ()
    affects: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    render: bool = False
    robots: str = "obey"
    headers: Mapping[str, str] = field(default_factory=dict)
    follow: Follow = Follow()
    scraper: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    window: str = ""
    keep: str = "all"


# -------------------------------------------------------------------------------------------------- fetching


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer, or the reason why there is none.

    `url` is the address asked for, `final_url` the one that answered, `permanent_url` where permanent redirects led
    ("" without). `body` is decompressed, not decoded. `sent` and `received` are headers without secrets.
    """

    outcome: Outcome
    reason: str
    url: str
    started: datetime
    finished: datetime
    final_url: str = ""
    permanent_url: str = ""
    status: int | None = None
    body: bytes = b""
    media_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""
    retry_after: float | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    received: Mapping[str, str] = field(default_factory=dict)


# -------------------------------------------------------------------------------------------------- alerts


class Form(StrEnum):
    """When a subscription is told."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants what, when, in which language, through which channel. Empty filters mean everything; several
    filters must all hold, several values of one filter are alternatives."""

    id: str
    to: str
    channel: str = "email"
    areas: tuple[str, ...] = ()
    principles: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    watch_for: tuple[str, ...] = ()
    affects: tuple[str, ...] = ()
    min_tier: Tier = Tier.SUBSTANTIVE
    when: str = "immediate"
    quiet: str = ""
    language: str = "en"
    timezone: str = "UTC"
    operator: bool = False
    silence_explained: bool = False
    attach: tuple[str, ...] = ("ics",)
    active: bool = True
