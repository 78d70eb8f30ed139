"""A change with all that an alert says of it: its source, its document, the other places of the same edit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.model import Block, Change, Edit, Source
from tracker.store import codec, tables

PLACES = 100  # of one edit that an alert names
SURROUNDED = 80  # edits whose surroundings are read: more than a mail shows
FAR = 400  # blocks above an edit among which its heading is looked for
LINE = 400  # characters kept of a block of the surroundings; what is shown of it is shorter still
KEPT = 16  # changes kept read: one change often goes to many readers, one after the other


@dataclass(frozen=True, slots=True)
class Place:
    """Another place where the same edit was found."""

    change_id: str
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around an edit in the text as it is now. `heading` is the nearest one above, `before` and `after`
    the unchanged block next to it ("" where that is changed too, or shown with the edit before); `gap` counts the
    unchanged blocks since the edit before that are not shown."""

    heading: str = ""
    before: str = ""
    after: str = ""
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A change as alerts see it. `document` is the row's id, `language` the document's; `before` and `after` are the
    moments (UTC) at which the old and the new text were first seen, None where there is none."""

    change: Change
    source: Source
    document: int = 0
    key: str = ""
    title: str = ""
    url: str = ""
    language: str = ""
    before: datetime | None = None
    after: datetime | None = None
    places: tuple[Place, ...] = ()
    around: tuple[Around, ...] = ()

    def texts(self) -> Iterator[str]:
        """What the edits' blocks said and say."""
        for edit in self.change.comparison.edits:
            if edit.old:
                yield edit.old_text
            if edit.new:
                yield edit.new_text


def read(session: Session, change_id: str) -> Told:
    """A change of the database. Raises KeyError for an unknown id."""
    row = session.get(tables.Change, change_id)
    if row is None:
        raise KeyError(change_id)
    source = session.get_one(tables.Source, row.source_id)
    document = session.get_one(tables.Document, row.document_id)
    stood = {
        version.id: version.seen_at
        for version in session.execute(
            select(tables.Version.id, tables.Version.seen_at).where(
                tables.Version.id.in_([name for name in (row.old_version_id, row.new_version_id) if name])
            )
        )
    }
    change, around = _value(session, row)
    return Told(
        change=change,
        source=codec.source_value(source),
        document=document.id,
        key=document.key,
        title=document.title or source.title or source.id,
        url=document.url or source.url,
        language=document.language or source.language,
        before=stood.get(row.old_version_id),
        after=stood.get(row.new_version_id),
        places=_places(session, row),
        around=around,
    )


_lately: OrderedDict[str, tuple[Change, tuple[Around, ...]]] = OrderedDict()
_lock = Lock()


def _value(session: Session, row: tables.Change) -> tuple[Change, tuple[Around, ...]]:
    """The change and what stands around its edits. Kept by the row's seal, which is a hash of all that it says."""
    with _lock:
        if row.seal and row.seal in _lately:
            _lately.move_to_end(row.seal)
            return _lately[row.seal]
    change = codec.change_value(session, row.id)
    version = codec.version_of(session, row.new_version_id)
    blocks: Sequence[Block] = codec.blocks_of(version.blocks) if version is not None else ()
    made = change, surroundings(change.comparison.edits, blocks)
    if row.seal:
        with _lock:
            _lately[row.seal] = made
            while len(_lately) > KEPT:
                _lately.popitem(last=False)
    return made


def surroundings(edits: Sequence[Edit], blocks: Sequence[Block]) -> tuple[Around, ...]:
    """What stands around each of the first edits in the new text; empty where the blocks are not those of the edits."""
    some = edits[:SURROUNDED]
    if any(blocks[e.new_at : e.new_at + len(e.new)] != e.new for e in some if e.new) or not blocks:
        return ()
    changed = {at for edit in edits for at in range(edit.new_at, edit.new_at + len(edit.new))}
    made: list[Around] = []
    shown = -1  # the last block that stands in the alert so far
    above, read = -1, 0  # the last heading found, and up to where it was looked for
    for edit in some:
        first, end = edit.new_at, edit.new_at + len(edit.new)
        before, after = first - 1, end
        with_before = before > shown and before >= 0 and before not in changed
        with_after = after < len(blocks) and after not in changed and after > shown
        gap = max(0, (before if with_before else first) - shown - 1)
        above, read = (
            _heading(blocks, max(0, first - FAR, read if first >= read else 0), first, above),
            max(read, first),
        )
        made.append(
            Around(
                heading=blocks[above].text[:LINE] if max(0, first - FAR) <= above < first else "",
                before=blocks[before].text[:LINE] if with_before else "",
                after=blocks[after].text[:LINE] if with_after else "",
                gap=gap,
            )
        )
        shown = max(shown, after if with_after else end - 1)
    return tuple(made)


def _heading(blocks: Sequence[Block], start: int, end: int, otherwise: int) -> int:
    """Where the last heading between two places stands; `otherwise` where there is none."""
    return next((at for at in range(end - 1, start - 1, -1) if blocks[at].kind == "heading"), otherwise)


def _places(session: Session, row: tables.Change) -> tuple[Place, ...]:
    if not row.cluster:
        return ()
    others = (
        select(tables.Change.id, tables.Document.title, tables.Source.title, tables.Document.url, tables.Source.url)
        .join(tables.Document, tables.Document.id == tables.Change.document_id)
        .join(tables.Source, tables.Source.id == tables.Change.source_id)
        .where(tables.Change.cluster == row.cluster, tables.Change.id != row.id)
        .order_by(tables.Change.seen_at, tables.Change.id)
        .limit(PLACES)
    )
    return tuple(Place(r[0], r[1] or r[2], r[3] or r[4]) for r in session.execute(others))


def first_check(session: Session, told: Told) -> bool:
    """Whether the change is of a source's very first visit: the beginning of its history is no news."""
    if told.change.old:
        return False
    if told.key == "":
        return True
    first = session.scalar(
        select(func.min(tables.Document.first_seen_at)).where(tables.Document.source_id == told.source.id)
    )
    return first is None or told.change.seen <= first
