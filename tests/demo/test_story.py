"""The demo tells its story over HTTP with the real pipeline: what matters is told and mailed, the rest stays silent."""

from __future__ import annotations

import mailbox
from email import message_from_bytes, policy
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import select

from tracker.demo import pages, story
from tracker.store import tables
from tracker.store.session import Database


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], story.Outcome]:
    """The story, told once for all tests of this module."""
    import asyncio

    folder, lines = tmp_path_factory.mktemp("demo"), []
    outcome = asyncio.run(story.tell(folder, port=0, say=lines.append, pause=0.0, stay=False, web=False))
    return folder, lines, outcome


def mails(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.rglob("new/*")) + sorted(folder.rglob("cur/*")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        found.append(f"{mail['to']} | {mail['subject']}\n{body.get_content()}")
    return found


def test_every_chapter_is_told_on_the_terminal(told: tuple[Path, list[str], story.Outcome]) -> None:
    assert all(any(words in line for line in told[1]) for words in story.CHAPTERS)


def test_the_law_the_news_and_the_guide_are_told_and_nothing_else(told: tuple[Path, list[str], story.Outcome]) -> None:
    database = Database(story.settings(told[0], 0).database)
    with database.read() as session:
        rows = session.execute(select(tables.Change.source_id, tables.Change.state)).all()
    database.dispose()
    assert sorted(source for source, state in rows if state == "told") == ["guide", "news", "regulation"]


def test_the_reader_gets_one_mail_a_change_with_its_words(told: tuple[Path, list[str], story.Outcome]) -> None:
    to_reader = [mail for mail in mails(told[0]) if mail.startswith("reader@")]
    assert len(to_reader) == 3
    law = next(mail for mail in to_reader if "Regulation" in mail.splitlines()[0])
    assert "shall" in law
    assert "Article 5" in law


def test_a_reader_of_one_area_gets_that_and_in_her_language(told: tuple[Path, list[str], story.Outcome]) -> None:
    hers = [mail for mail in mails(told[0]) if mail.startswith("lectrice@")]
    assert any("Regulation" in mail.splitlines()[0] for mail in hers)
    assert all("Pourquoi" in mail or "vous" in mail for mail in hers)


def test_the_guide_is_a_pdf_that_others_read_too() -> None:
    document = pypdfium2.PdfDocument(pages.guide(0))
    assert "250 employees" in document[0].get_textpage().get_text_range().replace("\r\n", " ")


def test_mails_lie_in_a_mailbox_that_other_programs_read(told: tuple[Path, list[str], story.Outcome]) -> None:
    folder = next(path for path in told[0].rglob("new") if path.is_dir()).parent
    assert len(mailbox.Maildir(folder, create=False)) == told[2].mails
