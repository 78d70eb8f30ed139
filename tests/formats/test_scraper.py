"""Custom scrapers: the worked example, and what happens when somebody's class fails."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tracker.formats import registry, scraper
from tracker.formats.errors import Unreadable
from tracker.formats.scraper import document
from tracker.formats.scraper_example import Timetable
from tracker.model import Item

PAGE = b"""<html><title>Procedure</title><body><h1>Procedure 12</h1><table>
<tr><th>Stage</th><th>Date</th><th>Outcome</th></tr>
<tr><td>First reading</td><td>5 March 2024</td><td><a href="/d/1">Adopted</a></td></tr>
<tr><td>Second reading</td><td></td><td>Awaited</td></tr></table></body></html>"""


def installed(monkeypatch: pytest.MonkeyPatch, made: Any) -> None:
    entry = EntryPoint("mine", "tests:mine", scraper.GROUP)
    monkeypatch.setattr(scraper, "available", lambda: {"mine": entry})
    monkeypatch.setattr(EntryPoint, "load", lambda _self: made)


def test_the_example_reads_a_timetable_stage_by_stage() -> None:
    first, second = Timetable().documents(BeautifulSoup(PAGE, "lxml"), "https://example.org/p")
    assert (first.key, first.title, first.url) == ("stage: first reading", "First reading", "https://example.org/d/1")
    assert [block.text for block in first.blocks] == ["Date: 5 March 2024", "Outcome: Adopted"]
    assert first.published is not None
    assert [block.text for block in second.blocks] == ["Outcome: Awaited"]


def test_the_example_is_installed_under_its_name() -> None:
    if "timetable" not in scraper.available():
        pytest.skip("the package is not installed, only imported: entry points are known from an installation")
    reading = registry.read(PAGE, url="https://example.org/p", scraper="timetable")
    assert [item.title for item in reading.items] == ["First reading", "Second reading"]
    assert (reading.format, reading.title) == ("scraper", "Procedure")


def test_a_stage_that_is_decided_is_a_change_of_that_stage_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, Timetable)
    before = registry.read(PAGE, scraper="mine").items
    after = registry.read(PAGE.replace(b"Awaited", b"Rejected"), scraper="mine").items
    assert [item.key for item in before] == [item.key for item in after]
    assert [old.blocks == new.blocks for old, new in zip(before, after, strict=True)] == [True, False]


def test_a_name_that_is_not_installed_is_said_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, Timetable)
    with pytest.raises(Unreadable, match=r"no scraper 'other' is installed .*mine"):
        registry.read(PAGE, scraper="other")


class Failing:
    def documents(self, soup: BeautifulSoup, url: str) -> Iterable[Item]:
        yield document("One")
        raise KeyError("gone")


class Wrong:
    def documents(self, soup: BeautifulSoup, url: str) -> Iterable[Any]:
        yield {"title": "x"}


class Empty:
    def documents(self, soup: BeautifulSoup, url: str) -> Iterable[Item]:
        return ()


@pytest.mark.parametrize(
    ("made", "words"), [(Failing, "failed: KeyError"), (Wrong, "yields dict"), (Empty, "finds nothing")]
)
def test_a_scraper_that_fails_is_the_sources_failure_in_words(
    monkeypatch: pytest.MonkeyPatch, made: Any, words: str
) -> None:
    installed(monkeypatch, made)
    with pytest.raises(Unreadable, match=words):
        registry.read(PAGE, scraper="mine")
