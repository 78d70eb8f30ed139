"""Edits made of two texts give the second back when applied to the first, and say nothing about equal texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diff.texts import law, relabelled, texts
from tracker.diff.edits import apply, compare
from tracker.model import Block, EditKind
from tracker.text.canonical import canonical
from tracker.text.structure import structure

Blocks = tuple[Block, ...]


def _read(blocks: Iterable[Block]) -> list[str]:
    """What a reader reads: lines of signs alone (rules, dashes) are no text."""
    return [form for block in blocks if re.search(r"\w", form := canonical(block.text))]


@settings(max_examples=120, deadline=None)
@given(texts, texts)
def test_edits_applied_to_the_old_text_give_the_new_one(old: Blocks, new: Blocks) -> None:
    assert _read(apply(old, compare(old, new).edits)) == _read(new)


@settings(max_examples=60, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_edits_of_a_shuffled_text_give_it_back_too(old: Blocks, random: object) -> None:
    new = list(old)
    random.shuffle(new)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert _read(apply(old, compare(old, new).edits)) == _read(new)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_equal_texts_have_no_edits(blocks: Blocks) -> None:
    assert compare(blocks, list(blocks)).edits == ()


@settings(max_examples=100, deadline=None)
@given(texts)
def test_texts_that_a_reader_reads_as_equal_have_no_edits(blocks: Blocks) -> None:
    dressed = [
        replace(block, text=f"  {block.text.replace('–', '-').replace('’', chr(39)).upper()} ") for block in blocks
    ]
    if _read(blocks) == _read(dressed):
        assert compare(blocks, dressed).edits == ()


@settings(max_examples=80, deadline=None)
@given(texts, texts)
def test_spans_of_an_edit_are_its_two_texts(old: Blocks, new: Blocks) -> None:
    for edit in compare(old, new).edits:
        assert "".join(text for sign, text in edit.spans if sign in "=-") == edit.old_text
        assert "".join(text for sign, text in edit.spans if sign in "=+") == edit.new_text
        assert edit.old == tuple(old[edit.old_at : edit.old_at + len(edit.old)])
        assert edit.new == tuple(new[edit.new_at : edit.new_at + len(edit.new)])


@settings(max_examples=80, deadline=None)
@given(texts, texts)
def test_no_block_is_told_twice(old: Blocks, new: Blocks) -> None:
    edits = compare(old, new).edits
    for taken in (
        [edit.old_at + step for edit in edits for step in range(len(edit.old))],
        [edit.new_at + step for edit in edits for step in range(len(edit.new))],
    ):
        assert len(taken) == len(set(taken))


@settings(max_examples=80, deadline=None)
@given(texts, texts)
def test_the_comparison_reversed_tells_as_many_words(old: Blocks, new: Blocks) -> None:
    there, back = compare(old, new).edits, compare(new, old).edits
    assert bool(there) == bool(back)
    assert _read(apply(new, back)) == _read(old)


@settings(max_examples=80, deadline=None)
@given(texts, texts)
def test_the_same_texts_always_give_the_same_edits(old: Blocks, new: Blocks) -> None:
    assert compare(old, new) == compare(tuple(old), list(new))


@settings(max_examples=80, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_what_moved_keeps_its_words(old: Blocks, random: object) -> None:
    new = list(old)
    random.shuffle(new)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    for edit in compare(old, new).edits:
        if edit.kind is EditKind.MOVE:
            assert Counter(canonical(block.text)[-20:] for block in edit.old) == Counter(
                canonical(block.text)[-20:] for block in edit.new
            )


def test_a_changed_word_is_one_replace_with_its_redline() -> None:
    (edit,) = compare([Block("Users shall log in.")], [Block("Users may log in.")]).edits
    assert edit.kind is EditKind.REPLACE
    assert edit.spans == (("=", "Users "), ("-", "shall"), ("+", "may"), ("=", " log in."))


def test_an_article_put_in_the_middle_is_one_insertion_and_the_rest_is_renumbered() -> None:
    old = law(6)
    blocks: list[Block] = []
    for block in old:
        if block.text == "Article 4":
            blocks += [Block("Article 4"), Block("A new duty"), Block("1. A register shall be kept of all reports.")]
        number = block.text.removeprefix("Article ")
        blocks.append(replace(block, text=f"Article {int(number) + 1}") if number in ("4", "5", "6") else block)
    edits = compare(old, relabelled(blocks)).edits
    kinds = [(edit.kind, edit.old_path, edit.path) for edit in edits]
    assert kinds == [
        (EditKind.INSERT, "", "Article 4"),
        (EditKind.RENUMBER, "Article 4", "Article 5"),
        (EditKind.RENUMBER, "Article 5", "Article 6"),
        (EditKind.RENUMBER, "Article 6", "Article 7"),
    ]
    assert len(edits[0].new) == 3


def test_a_paragraph_that_moved_is_told_as_moved() -> None:
    old = law(5)
    blocks = [block for block in old if block.eid != "art_2__para_2"]
    moved = next(block for block in old if block.eid == "art_2__para_2")
    new = relabelled([*blocks, replace(moved, text=moved.text.replace("2. ", "3. "))])
    (edit,) = compare(old, new).edits
    assert (edit.kind, edit.old_path, edit.path) == (EditKind.MOVE, "Article 2(2)", "Article 5(3)")


@pytest.mark.parametrize("turned", [False, True])
def test_a_paragraph_cut_in_two_is_a_split_and_the_way_back_a_merge(turned: bool) -> None:
    first = "The authority shall publish a summary of each of its decisions within 30 days."
    second = "It shall name the parties and the reasons that it rests on."
    one, two = [Block(f"{first} {second}")], [Block(first), Block(second)]
    (edit,) = compare(two, one).edits if turned else compare(one, two).edits
    assert edit.kind is (EditKind.MERGE if turned else EditKind.SPLIT)


def test_a_row_of_a_table_is_told_by_its_cell() -> None:
    rows = [Block(f"Item {at} | {at * 10} EUR | yearly", kind="row") for at in range(5)]
    new = [*rows[:2], replace(rows[2], text="Item 2 | 25 EUR | yearly"), *rows[3:]]
    (edit,) = compare(rows, new).edits
    assert [text for sign, text in edit.spans if sign in "-+"] == ["20", "25"]


def test_editors_marks_of_consolidated_texts_are_no_words() -> None:
    old = structure([Block("Article 1"), Block("1. Reports are due every year.")])
    new = structure([Block("▼M1"), Block("Article 1"), Block("1. ►M2 Reports are due every year. ◄"), Block("▼B")])
    assert compare(old, new).edits == ()


def test_a_new_block_under_a_new_heading_belongs_to_it() -> None:
    old = [Block("Terms", kind="heading", level=1), Block("You use the service.")]
    new = [*old, Block("Payment", kind="heading", level=2), Block("Fees are due monthly.")]
    (edit,) = compare(old, new).edits
    assert len(edit.new) == 2


def test_dates_and_citations_of_the_changed_words_are_kept() -> None:
    old = [Block("This Act applies from 2 August 2026 to providers under Article 6(2) of Regulation (EU) 2024/1689.")]
    new = [Block("This Act applies from 2 August 2027 to providers under Article 6(3) of Regulation (EU) 2024/1689.")]
    comparison = compare(old, new)
    assert [(one.date.isoformat() if one.date else "", one.side) for one in comparison.deadlines] == [
        ("2027-08-02", "new"),
        ("2026-08-02", "old"),
    ]
    assert {one.target for one in comparison.references} == {
        "eu:reg:2024/1689#art_6__para_2",
        "eu:reg:2024/1689#art_6__para_3",
    }
