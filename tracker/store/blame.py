"""Since when each paragraph of a version stands so: kept with the version when it comes in.

A wording is new where the version before does not hold it as often; among equal ones the earliest are the oldest. So
what is known of a version follows from what is known of the one before it, and a row of `blame` holds no more than the
versions' numbers, one a block. Rows are derived: what is missing (of a database that is older than they are) is
worked out from the texts when it is asked for, and kept by `fill`.
"""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from tracker.store import codec
from tracker.store.session import Database
from tracker.store.tables import Blame, Version

Numbers = Sequence[int]
"""For each block of a version the number of the version in which its present wording came in."""


def follow(keys: Sequence[bytes], numbers: Numbers, new: Sequence[bytes], number: int) -> list[int]:
    """The numbers of a version from those of the one before: `keys` and `new` are the two texts' `codec.text_keys`,
    `number` is the new version's."""
    stood: dict[bytes, list[int]] = defaultdict(list)
    for key, came in zip(keys, numbers, strict=True):
        stood[key].append(came)
    for several in stood.values():
        several.reverse()  # the oldest last: they are given away first
    none: list[int] = []
    return [several.pop() if (several := stood.get(key, none)) else number for key in new]


def pack(numbers: Numbers) -> bytes:
    """Numbers as bytes: four each, the lowest first, compressed."""
    made = array("I", numbers)
    if sys.byteorder == "big":
        made.byteswap()
    return codec.pack(made.tobytes())


def unpack(data: bytes) -> list[int]:
    """The other way."""
    made = array("I")
    made.frombytes(codec.unpack(data))
    if sys.byteorder == "big":
        made.byteswap()
    return made.tolist()


def keep(session: Session, version: Version) -> None:
    """Keeps the numbers of a version that has just come in; nothing for a technical one, or where those of the version
    before are not there."""
    if version.technical:
        return
    before = session.execute(
        select(Version.blocks, Blame.numbers)
        .outerjoin(Blame, Blame.version_id == Version.id)
        .where(
            Version.document_id == version.document_id, Version.number < version.number, Version.technical.is_(False)
        )
        .order_by(Version.number.desc())
        .limit(1)
    ).first()
    if before is not None and before.numbers is None:
        return
    keys, numbers = (codec.text_keys(before.blocks), unpack(before.numbers)) if before else ([], [])
    made = follow(keys, numbers, codec.text_keys(version.blocks), version.number)
    session.add(Blame(version_id=version.id, numbers=pack(made)))


def of(session: Session, version_id: int, document_id: int, number: int) -> Numbers:
    """The numbers of a version (not a technical one), as kept or worked out."""
    kept = session.scalar(select(Blame.numbers).where(Blame.version_id == version_id))
    if kept is not None:
        return unpack(kept)
    (last,) = deque(_walk(session, document_id, number), maxlen=1)
    return last[2]


def fill(database: Database, *, documents: int = 200) -> int:
    """Keeps what is missing for as many documents; gives the number of rows made. Each document is one transaction, so
    that a service goes on meanwhile."""
    missing = select(Version.document_id).where(
        Version.technical.is_(False), ~exists().where(Blame.version_id == Version.id)
    )
    with database.read() as session:
        found = session.scalars(missing.distinct().order_by(Version.document_id).limit(documents)).all()
    made = 0
    for document_id in found:
        with database.read() as session:
            rows = [(id_, pack(numbers)) for id_, kept, numbers in _walk(session, document_id) if not kept]
        with database.write() as session:
            there = set(session.scalars(select(Blame.version_id).where(Blame.version_id.in_([id_ for id_, _ in rows]))))
            session.add_all([Blame(version_id=id_, numbers=data) for id_, data in rows if id_ not in there])
        made += len(rows)
    return made


def _walk(session: Session, document_id: int, upto: int | None = None) -> Iterator[tuple[int, bool, Numbers]]:
    """(id, whether it is kept, numbers) of a document's versions in order."""
    statement = (
        select(Version.id, Version.number, Version.blocks, Blame.version_id)
        .outerjoin(Blame, Blame.version_id == Version.id)
        .where(Version.document_id == document_id, Version.technical.is_(False))
        .order_by(Version.number)
    )
    if upto is not None:
        statement = statement.where(Version.number <= upto)
    keys: Sequence[bytes] = ()
    numbers: Numbers = ()
    for row in session.execute(statement.execution_options(yield_per=20)):
        new = codec.text_keys(row.blocks)
        keys, numbers = new, follow(keys, numbers, new, row.number)
        yield row.id, row[3] is not None, numbers
