"""Long texts compared part by part: together the parts are the whole, and each is bounded."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.diff.texts import law
from tracker.diff import parts
from tracker.diff.edits import apply, compare
from tracker.model import Block, EditKind
from tracker.text.canonical import canonical

lines = st.lists(
    st.sampled_from(
        [f"Paragraph {n} tells keeper {n * 7} what to do on the island." for n in range(24)] + ["–", "No."]
    ),
    max_size=50,
)


def blocks(texts: list[str]) -> list[Block]:
    return [Block(text, eid=f"p{at}") for at, text in enumerate(texts)]


def keys(of: list[Block]) -> list[bytes]:
    return [block.text.encode() for block in of]


def read(of: tuple[Block, ...] | list[Block]) -> list[str]:
    return [said for block in of if (said := canonical(block.text)) and any(c.isalnum() for c in said)]


@given(lines, lines, st.integers(1, 12), st.integers(1, 5))
def test_the_edits_of_all_parts_make_the_new_text(old: list[str], new: list[str], most: int, places: int) -> None:
    a, b = blocks(old), blocks(new)
    made = parts.parts(keys(a), keys(b), whole=0, most=most, places=places)
    assert (made[0].old[0], made[0].new[0]) == (0, 0)
    assert (made[-1].old[1], made[-1].new[1]) == (len(a), len(b))
    for one, following in pairwise(made):
        assert (one.old[1], one.new[1]) == (following.old[0], following.new[0])
    edits = [edit for part in made for edit in parts.edits(a, b, part)]
    for edit in edits:
        assert tuple(a[edit.old_at : edit.old_at + len(edit.old)]) == edit.old
        assert tuple(b[edit.new_at : edit.new_at + len(edit.new)]) == edit.new
    assert read(apply(a, edits)) == read(b)


@given(lines, lines)
def test_a_text_that_is_short_is_one_part(old: list[str], new: list[str]) -> None:
    a, b = blocks(old), blocks(new)
    (part,) = parts.parts(keys(a), keys(b))
    assert read(apply(a, parts.edits(a, b, part))) == read(b)


def test_one_part_tells_what_the_whole_comparison_tells() -> None:
    old = law(articles=30)
    new = [*old[:9], Block("A new paragraph about lamps.", eid="x"), *old[9:40], *old[42:]]
    (part,) = parts.parts(keys(old), keys(new))
    assert parts.edits(old, new, part) == compare(old, new).edits


def test_parts_end_where_enough_differs() -> None:
    old = blocks([f"Paragraph {n} stands." for n in range(1000)])
    new = blocks([f"Paragraph {n} {'fell' if n % 5 == 0 else 'stands'}." for n in range(1000)])
    made = parts.parts(keys(old), keys(new), whole=0, most=80)
    assert len(made) == 5
    found = [parts.edits(old, new, part) for part in made]
    assert [len(edits) for edits in found] == [40] * 5
    assert {edit.kind for edits in found for edit in edits} == {EditKind.REPLACE}


def test_a_stretch_without_an_equal_paragraph_is_cut_where_only_signs_differ() -> None:
    old = blocks([f"Paragraph {n}, it stands" for n in range(300)])
    new = blocks([f"Paragraph {n} – it stands!" for n in range(299)] + ["Paragraph 299 fell"])
    made = parts.parts(keys(old), keys(new), whole=0, most=100)
    assert len(made) >= 6
    assert all(part.old[1] - part.old[0] <= 52 for part in made)
    edits = [edit for part in made for edit in parts.edits(old, new, part)]
    assert read(apply(old, edits)) == read(new)
