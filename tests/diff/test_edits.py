"""Edits made of two texts give the second back when applied to the first, and say nothing about equal texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.diff.edits import apply, compare
from tracker.model import Block, EditKind
from tracker.text.canonical import canonical

_SENTENCES = [
    "The provider shall keep the documentation for ten years.",
    "The provider shall keep the records for ten years.",
    "1. Member States may lay down further rules on fees.",
    "2. Member States may lay down further rules on fees.",
    "Article 5",
    "Article 6",
    "Penalties",
    "第五条 提供者应当建立健全管理制度。",
    "(a) the name of the deployer;",
    "(b) the name of the deployer;",
]
_BLOCKS = st.lists(st.sampled_from(_SENTENCES).map(Block), max_size=12)


def _read(blocks: object) -> list[str]:
    return [canonical(block.text) for block in blocks]  # type: ignore[attr-defined]  # any iterable of blocks


@settings(max_examples=200, deadline=None)
@given(_BLOCKS, _BLOCKS)
def test_edits_applied_to_the_old_text_give_the_new_one(old: list[Block], new: list[Block]) -> None:
    assert _read(apply(old, compare(old, new).edits)) == _read(new)


@settings(max_examples=50, deadline=None)
@given(_BLOCKS)
def test_equal_texts_have_no_edits(blocks: list[Block]) -> None:
    assert compare(blocks, list(blocks)).edits == ()


def test_a_changed_word_is_one_replace_with_its_redline() -> None:
    (edit,) = compare([Block("Users shall log in.")], [Block("Users may log in.")]).edits
    assert edit.kind is EditKind.REPLACE
    assert edit.spans == (("=", "Users "), ("-", "shall"), ("+", "may"), ("=", " log in."))
