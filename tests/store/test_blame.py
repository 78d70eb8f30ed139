"""Since when each paragraph stands so: kept with each version, and the same as what the texts alone say."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from tests.store import visits
from tests.store.visits import START
from tracker.model import Block, Text
from tracker.store import blame, queries
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.tables import Blame, Version
from tracker.text.canonical import fingerprint

TEXTS = (
    ("One.", "(repealed)", "Two."),
    ("One.", "(repealed)", "(repealed)", "Two."),
    ("(repealed)", "Two, reworded."),
    ("(repealed)", "Two.", "(repealed)"),
)
CAME = ([1, 1, 1], [1, 1, 2, 1], [1, 3], [1, 4, 4])


def text(lines: tuple[str, ...]) -> Text:
    blocks = tuple(Block(line) for line in lines)
    return Text(fingerprint(blocks), blocks, "A text", "en")


def fill_with_texts(database: Database) -> int:
    records = Records(database)
    for at, lines in enumerate(TEXTS):
        made = text(lines)
        records.record(visits.visit(START + timedelta(days=at), made, told=made.fingerprint))
    with database.read() as session:
        return session.scalars(select(Version.document_id).limit(1)).one()


def said(database: Database, document: int) -> list[list[int]]:
    with database.read() as session:
        return [
            [line.version for line in queries.blame(session, document, number=number)]
            for number in range(1, len(TEXTS) + 1)
        ]


def test_a_version_comes_with_the_dates_of_its_paragraphs(database: Database) -> None:
    document = fill_with_texts(database)
    with database.read() as session:
        kept = [blame.unpack(data) for data in session.scalars(select(Blame.numbers).order_by(Blame.version_id))]
    assert kept == list(CAME)
    assert said(database, document) == list(CAME)


def test_what_is_missing_is_worked_out_and_filled_in_at_night(database: Database) -> None:
    document = fill_with_texts(database)
    with database.write() as session:
        session.execute(delete(Blame).where(Blame.version_id != 1))
    assert said(database, document) == list(CAME)
    assert blame.fill(database) == len(TEXTS) - 1
    assert blame.fill(database) == 0
    with database.read() as session:
        kept = [blame.unpack(data) for data in session.scalars(select(Blame.numbers).order_by(Blame.version_id))]
    assert kept == list(CAME)


def test_a_version_after_one_that_is_missing_waits_for_the_night(database: Database) -> None:
    fill_with_texts(database)
    with database.write() as session:
        session.execute(delete(Blame))
    more = text(("A fifth.",))
    Records(database).record(visits.visit(START + timedelta(days=9), more, told=more.fingerprint))
    with database.read() as session:
        assert session.scalars(select(Blame.version_id)).all() == []
    assert blame.fill(database) == len(TEXTS) + 1


@given(st.lists(st.lists(st.sampled_from((b"a", b"b", b"c", b"d")), max_size=7), min_size=1, max_size=6))
def test_a_wording_is_as_old_as_the_run_of_versions_that_hold_it_as_often(versions: list[list[bytes]]) -> None:
    keys: list[bytes] = []
    numbers: list[int] = []
    for number, new in enumerate(versions, 1):
        keys, numbers = new, blame.follow(keys, numbers, new, number)
        assert blame.unpack(blame.pack(numbers)) == numbers
    expected = []
    taken: Counter[bytes] = Counter()
    for key in versions[-1]:
        taken[key] += 1  # the n-th of equal ones is as old as n of them have stood without a break
        since = len(versions)
        while since > 1 and versions[since - 2].count(key) >= taken[key]:
            since -= 1
        expected.append(since)
    assert numbers == expected
