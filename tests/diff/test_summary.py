"""A change in one line and a line a statement, as an expert would put it, in three languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.diff.texts import law, relabelled, texts
from tracker.diff.edits import compare
from tracker.diff.summary import headline, lines
from tracker.model import Block, Comparison
from tracker.text.structure import structure


def _two(old: str, new: str) -> Comparison:
    before = [Block("Article 50"), Block("Transparency"), Block("1. This Article applies to providers.")]
    return compare(structure([*before, Block(old)]), structure([*before, Block(new)]))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Art. 50(2): shall → may"), ("fr", "Art. 50(2) : shall → may"), ("zh", "Art. 50(2)：shall → may")],
)
def test_a_changed_duty_is_told_in_its_place(language: str, expected: str) -> None:
    made = _two("2. Providers shall mark the output.", "2. Providers may mark the output.")
    assert headline(made, language) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Art. 4 new", "Art. 4–6 → 5–7"]),
        ("fr", ["Art. 4 nouveau", "Art. 4–6 → 5–7"]),
        ("zh", ["新增Art. 4", "Art. 4–6→5–7"]),
    ],
)
def test_an_insertion_and_what_it_renumbers_are_two_statements(language: str, expected: list[str]) -> None:
    old = law(6)
    blocks: list[Block] = []
    for block in old:
        if block.text == "Article 4":
            blocks += [Block("Article 4"), Block("A new duty"), Block("1. A register shall be kept of all reports.")]
        number = block.text.removeprefix("Article ")
        blocks.append(replace(block, text=f"Article {int(number) + 1}") if number in ("4", "5", "6") else block)
    assert lines(compare(old, relabelled(blocks)), language) == expected


def test_neighbours_that_all_went_are_told_once() -> None:
    old = law(6)
    new = [block for block in old if not block.eid.startswith(("art_3", "art_4", "art_5"))]
    assert lines(compare(old, new), "en") == ["Art. 3–5 deleted"]


def test_one_change_in_many_places_is_told_once() -> None:
    old = law(6)
    new = [replace(block, text=block.text.replace("the authority", "the Office")) for block in old]
    assert lines(compare(old, new), "en") == ["Art. 1(1) and 11 more places: authority → Office"]


def test_the_weightiest_leads_the_headline() -> None:
    old = law(4)
    new = [
        replace(block, text=block.text.replace("Duties of", "Tasks of") if block.path == "Article 1" else block.text)
        for block in old
    ]
    new = [
        replace(block, text=block.text.replace("shall", "may") if block.eid == "art_4__para_2" else block.text)
        for block in new
    ]
    assert "Art. 4(2): shall → may" in headline(compare(old, new), "en")


def test_a_sentence_put_in_is_quoted() -> None:
    made = _two("2. Reports are due.", "2. Reports are due. They are public.")
    assert headline(made, "en") == "Art. 50(2): adds “They are public.”"


def test_nothing_changed_is_said_so() -> None:
    assert headline(compare(law(1), law(1)), "fr") == "aucun changement du texte"


@settings(max_examples=60, deadline=None)
@given(texts, texts)
def test_a_headline_is_one_line_of_bounded_length(old: tuple[Block, ...], new: tuple[Block, ...]) -> None:
    made = compare(old, new)
    for language in ("en", "fr", "zh", "xx"):
        said = headline(made, language)
        assert said
        assert "\n" not in said
        assert len(said) < 600
        assert bool(lines(made, language)) == bool(made.edits)
