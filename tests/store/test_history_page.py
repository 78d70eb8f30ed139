"""The questions of docs/history.md: each runs as it stands on both databases, and finds what it asks for."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import visits
from sqlalchemy import text

from tracker.model import Health, Outcome
from tracker.store import views
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.tables import Alert, Delivery, Subscription

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
QUESTIONS = dict(
    re.findall(r"\*\*(\d+\. [^*]+)\*\*\s+```sql\n(.*?);\n```", PAGE, flags=re.DOTALL),
)
OURS = {"eu-ai-act": "lighthouses", "art_5__para_1__point_f": "art_1"}


@pytest.fixture
def told(database: Database) -> Database:
    """The story of a small regulation, a mail that went out for it, and a source that fails."""
    records = Records(database)
    change, _silent = visits.story(records)
    records.record(
        visits.visit(
            visits.START, None, name="harbours", outcome=Outcome.TIMEOUT, reason="no answer within 60 s",
            health=Health.FAILING, failures=3, documents=(), seen=(),
        )
    )  # fmt: skip
    at = visits.START + timedelta(days=1)
    with database.write() as session:
        session.add(Subscription(id="s", recipient="a@b.example", created_at=at))
        session.flush()
        session.add(Alert(id="a", subscription_id="s", kind="change", change_id=change.id, created_at=at, due_at=at))
        session.flush()
        session.add(Delivery(alert_id="a", attempt=1, at=at, outcome="accepted", code=250))
    return database


def ours(statement: str) -> str:
    for theirs, mine in OURS.items():
        statement = statement.replace(theirs, mine)
    return statement


def test_there_are_twelve() -> None:
    assert [question.split(".")[0] for question in QUESTIONS] == [str(n) for n in range(1, 13)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_question_runs_and_finds(told: Database, question: str) -> None:
    with told.read() as session:
        assert session.execute(text(QUESTIONS[question])).all() is not None, "as it stands"
        assert session.execute(text(ours(QUESTIONS[question]))).all() != []


def test_the_answers_are_those_of_the_day(told: Database) -> None:
    by_number = {question.split(".")[0]: ours(statement) for question, statement in QUESTIONS.items()}
    with told.read() as session:
        assert session.execute(text(by_number["2"])).scalars().all() == ["Keepers shall report by 1 May 2026."]
        (version, _since, words) = session.execute(text(by_number["3"])).one()
        assert (version, words.splitlines()[0]) == (2, "Keepers shall report by 1 May 2026.")
        assert "Keepers may report." in session.execute(text(by_number["5"])).first().old_words  # type: ignore[union-attr]  # it is there
        assert session.execute(text(by_number["9"])).one().reason == "may became shall"
        assert session.execute(text(by_number["8"])).one().date == "2026-05-01"


def test_the_page_names_the_columns_that_are_there(told: Database) -> None:
    listed = {
        name: columns.split() for name, columns in re.findall(r"\| `(\w+)` \| [^|]+ \| `([^`]+)` \|", PAGE)
    }  # fmt: skip
    assert set(listed) == set(views.NAMES)
    with told.read() as session:
        for name, columns in listed.items():
            assert list(session.execute(text(f"SELECT * FROM {name}")).keys()) == columns, name
