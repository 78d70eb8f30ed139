"""Values of the model to rows and back: blocks as compressed JSON, changes from their rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from datetime import date
from functools import lru_cache
from typing import Any, overload

import zstandard
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from tracker import model
from tracker.store import tables

LEVEL = 9


def pack(data: bytes) -> bytes:
    """Compressed with zstandard, with the size inside."""
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)


def unpack(data: bytes) -> bytes:
    """The other way. Raises zstandard.ZstdError for damaged data."""
    return zstandard.ZstdDecompressor().decompress(data)


def blocks_plain(blocks: Sequence[model.Block]) -> list[dict[str, Any]]:
    """Blocks as JSON values; fields that say nothing are left out."""
    return [_block_plain(block) for block in blocks]


def pack_blocks(blocks: Sequence[model.Block]) -> bytes:
    """Blocks as compressed JSON."""
    return pack(_plain_json(blocks_plain(blocks)))


def unpack_blocks(data: bytes) -> tuple[model.Block, ...]:
    """The blocks of `pack_blocks`."""
    return tuple([block_value(value) for value in unpack_plain(data)])


class Blocks(Sequence[model.Block]):
    """The blocks of `pack_blocks`, each read when it is asked for: a code of law has twenty thousand, and who shows
    a change of it needs fifty."""

    __slots__ = ("_made", "_parts")

    def __init__(self, data: bytes) -> None:
        self._parts = _parts(data)
        self._made: dict[int, model.Block] = {}

    def __len__(self) -> int:
        return len(self._parts)

    @overload
    def __getitem__(self, at: int) -> model.Block: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[model.Block, ...]: ...
    def __getitem__(self, at: int | slice) -> model.Block | tuple[model.Block, ...]:
        if isinstance(at, slice):
            return tuple([self[one] for one in range(*at.indices(len(self._parts)))])
        made = self._made.get(at)
        if made is None:
            made = self._made[at] = block_value(json.loads((_BEGINS + self._parts[at]).decode()))
        return made

    def place(self, eid: str) -> int | None:
        """Where the first block with this eid stands; None where none does."""
        said = b'"eid":' + json.dumps(eid, ensure_ascii=False).encode()
        return next((at for at, part in enumerate(self._parts) if said in part and self[at].eid == eid), None)

    def keys(self) -> list[bytes]:
        """For each block a key that is equal where the texts are."""
        return [_key(part) for part in self._parts]


@lru_cache(maxsize=8)
def blocks_of(data: bytes) -> Blocks:
    """`Blocks` of the data, the last ones kept: a page of a change asks for the same two texts several times."""
    return Blocks(data)


# A block begins with its text (`_block_plain`), and a quotation mark inside a string has a backslash before it: these
# bytes stand nowhere else.
_BEGINS = b'{"text":"'


def _parts(data: bytes) -> list[bytes]:
    """Each block's JSON behind its beginning, none of it read."""
    raw = unpack(data)
    first, *parts = raw.split(_BEGINS)
    ours = first == b"[" and raw.endswith(b"}]") and raw.count(b"}," + _BEGINS) == len(parts) - 1
    if ours and raw.count(b'"text":') == len(parts):
        return [part[:-1] for part in parts]
    return [_plain_json({"text": value["text"], **value})[len(_BEGINS) :] for value in json.loads(raw)]


def _plain_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# The rest of a string, to its quotation mark.
_REST = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*')


def _key(part: bytes) -> bytes:
    end = part.find(b'"')
    if end < 0 or part[end - 1 : end] != b"\\":
        return part[:end]
    found = _REST.match(part)
    return found.group() if found else part


_DEFAULTS = {field.name: field.default for field in fields(model.Block) if field.default is not MISSING}


def unpack_plain(data: bytes) -> list[dict[str, Any]]:
    """The blocks as `blocks_plain` gives them."""
    found: list[dict[str, Any]] = json.loads(unpack(data))
    return found


def text_keys(data: bytes) -> list[bytes]:
    """For each block a key that is equal where the texts are: the text as JSON writes it, without reading the rest.
    A fifth of the work of `unpack_plain`."""
    return [_key(part) for part in _parts(data)]


def _block_plain(block: model.Block) -> dict[str, Any]:
    plain: dict[str, Any] = {"text": block.text}
    for name, default in _DEFAULTS.items():
        value = getattr(block, name)
        if value != default:
            plain[name] = [[link.url, link.text] for link in value] if name == "links" else value
    return plain


def block_value(value: Mapping[str, Any]) -> model.Block:
    """A block from one value of `blocks_plain`."""
    if "links" in value:
        value = {**value, "links": tuple(model.Link(url, text) for url, text in value["links"])}
    return model.Block(**value)


def text_of(blocks: Sequence[model.Block]) -> str:
    """The blocks' texts by line: what `version.text` holds."""
    return "\n".join(block.text for block in blocks)


def text_value(version: tables.Version) -> model.Text:
    """A version's text as a value."""
    return model.Text(version.fingerprint, unpack_blocks(version.blocks), version.title, version.language)


def plain_reason(reason: model.Reason) -> dict[str, Any]:
    """A reason as JSON."""
    return {"step": reason.step, "code": reason.code, "text": reason.text, "words": list(reason.words)}


def plain_deadline(deadline: model.Deadline) -> dict[str, Any]:
    """A deadline as JSON; the date as ISO 8601."""
    return asdict(deadline) | {"date": deadline.date.isoformat() if deadline.date else None}


def reasons(values: Sequence[Mapping[str, Any]]) -> tuple[model.Reason, ...]:
    """The other way of `plain_reason`."""
    return tuple(model.Reason(v["step"], v["code"], v["text"], tuple(v.get("words", ()))) for v in values)


def references(values: Sequence[Mapping[str, Any]]) -> tuple[model.Reference, ...]:
    """References from JSON."""
    return tuple(model.Reference(**value) for value in values)


def deadlines(values: Sequence[Mapping[str, Any]]) -> tuple[model.Deadline, ...]:
    """The other way of `plain_deadline`."""
    return tuple(
        model.Deadline(**{**value, "date": date.fromisoformat(value["date"]) if value.get("date") else None})
        for value in values
    )


def change_value(session: Session, change_id: str, *, most: int | None = None, start: int = 0) -> model.Change:
    """A change with its edits (behind the first `start`, no more than `most` of them), verdict and areas, as the visit
    made it. Raises KeyError for an unknown id."""
    row = session.get(tables.Change, change_id)
    if row is None:
        raise KeyError(change_id)
    old = version_of(session, row.old_version_id)
    new = version_of(session, row.new_version_id)
    edits = session.execute(
        select(*EDIT)
        .where(tables.Edit.change_id == change_id, tables.Edit.position >= start)
        .order_by(tables.Edit.position)
        .limit(most)
    ).all()
    old_blocks: Sequence[model.Block] = blocks_of(old.blocks) if old else ()
    new_blocks: Sequence[model.Block] = blocks_of(new.blocks) if new else ()
    comparison = model.Comparison(
        tuple(edit_value(edit, old_blocks, new_blocks) for edit in edits),
        references(row.references_),
        deadlines(row.deadlines),
    )
    return model.Change(
        id=row.id,
        old=old.fingerprint if old else "",
        new=new.fingerprint if new else "",
        seen=row.seen_at,
        comparison=comparison,
        assessment=model.Assessment(
            model.Tier(row.tier), model.State(row.state), row.confidence, reasons(row.reasons), tuple(row.cluster_keys)
        ),
        classification=classification_value(session, row),
        summary=row.summary,
        told=row.told_at,
        cluster=row.cluster,
        confirm_at=row.confirm_at,
    )


EDIT = tuple(
    getattr(tables.Edit, name)
    for name in (
        "kind", "path", "eid", "old_path", "old_at", "new_at", "old_count", "new_count", "old_text", "new_text",
        "spans",
    )
)  # fmt: skip


def version_of(session: Session, version_id: int | None) -> tables.Version | None:
    """A version's row without its plain text, which is read from the disk only where it is asked for."""
    if version_id is None:
        return None
    return session.get(tables.Version, version_id, options=(defer(tables.Version.text),))


def edit_value(row: Any, old_blocks: Sequence[model.Block] = (), new_blocks: Sequence[model.Block] = ()) -> model.Edit:
    """An edit from its row or the columns of `EDIT`; its blocks from the two versions where they are given and fit."""
    return model.Edit(
        kind=model.EditKind(row.kind),
        old=_side(old_blocks, row.old_at, row.old_count, row.old_text),
        new=_side(new_blocks, row.new_at, row.new_count, row.new_text),
        old_at=row.old_at,
        new_at=row.new_at,
        path=row.path,
        eid=row.eid,
        old_path=row.old_path,
        spans=tuple((kind, text) for kind, text in row.spans),
    )


def _side(blocks: Sequence[model.Block], at: int, count: int, text: str) -> tuple[model.Block, ...]:
    found = tuple(blocks[at : at + count])
    if len(found) == count and text_of(found) == text:
        return found
    lines = text.split("\n") if count > 1 else [text]
    return tuple(model.Block(line) for line in lines) if count else ()


def classification_value(session: Session, row: tables.Change) -> model.Classification:
    """A change's areas, principles and themes with their evidence, strongest first."""
    scores = session.scalars(
        select(tables.ChangeArea)
        .where(tables.ChangeArea.change_id == row.id)
        .order_by(tables.ChangeArea.score.desc(), tables.ChangeArea.area)
    ).all()
    evidence: dict[str, list[model.Evidence]] = {}
    for item in session.scalars(
        select(tables.Evidence).where(tables.Evidence.change_id == row.id).order_by(tables.Evidence.id)
    ):
        evidence.setdefault(item.area, []).append(
            model.Evidence(item.start, item.end, item.weight, item.words, item.edit_position, item.side)
        )

    def of(kind: str) -> tuple[model.AreaScore, ...]:
        return tuple(
            model.AreaScore(score.area, score.score, tuple(evidence.get(score.area, ())))
            for score in scores
            if score.kind == kind
        )

    return model.Classification(row.language, of("area"), row.main_area, of("principle"), of("theme"))


def source_plain(source: model.Source) -> dict[str, Any]:
    """A source's whole entry as JSON, for `source.config`."""
    plain = asdict(source)
    plain["kind"] = source.kind.value if source.kind else None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def source_value(row: tables.Source) -> model.Source:
    """The entry back from `source.config`; a row without one gives what its columns say."""
    plain = dict(row.config)
    if not plain:
        return model.Source(id=row.id, url=row.url, title=row.title, schedule=row.schedule, language=row.language)
    plain["kind"] = model.Kind(plain["kind"]) if plain.get("kind") else None
    plain["follow"] = model.Follow(**plain.get("follow", {}))
    known = {field.name for field in fields(model.Source)}
    given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items() if name in known}
    return model.Source(**given)
