"""The redline that pages show: no word is lost, none is made up, and what changed is never left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.diff import edits
from tracker.model import AreaScore, Block, Classification, Comparison, Edit, EditKind, Evidence
from tracker.web.feeds import fitting
from tracker.web.redline import FOLDED, SHOWN, Unchanged, marked, redline, shortened, spans
from tracker.web.site import few

words = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
pieces = st.lists(st.tuples(st.sampled_from("=-+"), words), max_size=8).map(tuple)
blocks = st.lists(
    st.sampled_from([Block(f"Paragraph {n} says {n * 7}.", eid=f"p{n}") for n in range(30)]), max_size=40, unique=True
)


def _edit(made: tuple[tuple[str, str], ...]) -> Edit:
    old = "".join(text for kind, text in made if kind != "+")
    new = "".join(text for kind, text in made if kind != "-")
    return Edit(EditKind.REPLACE, (Block(old),), (Block(new),), spans=made)


@given(
    pieces, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.sampled_from(["old", "new"])), max_size=5)
)
def test_marks_of_evidence_cut_the_words_and_change_none(
    made: tuple[tuple[str, str], ...], marks: list[tuple[int, int, str]]
) -> None:
    edit = _edit(made)
    found = marked(edit, [("area", Evidence(start, end, 1.0, side=side)) for start, end, side in marks])
    for kind in "=-+":
        assert "".join(p.text for p in found if p.kind == kind) == "".join(t for k, t in spans(edit) if k == kind)


@given(st.lists(st.tuples(st.sampled_from("=-+"), st.integers(0, 3000)), max_size=6))
def test_shortening_leaves_out_only_what_did_not_change(lengths: list[tuple[str, int]]) -> None:
    made = tuple((kind, ("word " * (length // 5 + 1))[:length]) for kind, length in lengths)
    whole = marked(_edit(made), [])
    short = shortened(whole)
    assert "".join(p.text for p in short) == "".join(p.text for p in whole)
    for kind in "-+":
        assert [p for p in short if p.kind == kind] == [p for p in whole if p.kind == kind]
    assert all(p.kind == "…" or p.kind in "-+" or len(p.text) <= 700 for p in short)


def test_evidence_lies_on_the_words_it_names() -> None:
    edit = Edit(EditKind.REPLACE, (Block("may report"),), (Block("shall report"),),
                spans=(("-", "may"), ("+", "shall"), ("=", " report")))  # fmt: skip
    classification = Classification(
        areas=(AreaScore("a", 1.0, (Evidence(0, 5, 1.0), Evidence(0, 3, 1.0, side="old"))),)
    )
    (view,) = redline(Comparison((edit,)), edit.new, classification).views
    assert [(p.kind, p.text) for p in view.inline if p.areas == ("a",)] == [("-", "may"), ("+", "shall")]


@given(blocks, blocks)
def test_a_page_shows_every_edit_and_every_paragraph_of_the_new_text_once(old: list[Block], new: list[Block]) -> None:
    comparison = edits.compare(old, new)
    made = redline(comparison, new)
    assert made.edits == len(made.views) == len(comparison.edits)
    assert made.more == 0
    if comparison.edits:
        seen = sum(len(p.head) + p.hidden + len(p.tail) if isinstance(p, Unchanged) else 0 for p in made.parts)
        assert seen + sum(len(edit.new) for edit in comparison.edits) == len(new)


@given(st.integers(0, 300), st.integers(0, 300))
def test_what_is_folded_is_there_or_counted(before: int, after: int) -> None:
    new = [Block(f"still {n}") for n in range(before)] + [Block("now")] + [Block(f"after {n}") for n in range(after)]
    edit = Edit(EditKind.REPLACE, (Block("then"),), (Block("now"),), before, before)
    parts = [part for part in redline(Comparison((edit,)), new).parts if isinstance(part, Unchanged)]
    for part in parts:
        assert len(part.folded) in (0, part.hidden)
        assert part.folded or part.hidden == 0 or part.hidden > FOLDED
    assert sum(len(part.head) + part.hidden + len(part.tail) for part in parts) == before + after


def test_a_long_list_of_edits_is_cut_and_counted() -> None:
    many = tuple(Edit(EditKind.INSERT, (), (Block(str(n)),), n, n, spans=(("+", str(n)),)) for n in range(450))
    made = redline(Comparison(many), [Block(str(n)) for n in range(450)])
    assert len(made.views) == SHOWN
    assert made.more == 450 - SHOWN


def test_the_edits_of_a_later_page_keep_their_numbers_and_begin_with_what_stands_before_them() -> None:
    blocks = [Block(str(n)) for n in range(400)]
    many = tuple(Edit(EditKind.INSERT, (), (blocks[n],), n, n, spans=(("+", str(n)),)) for n in range(10, 400, 10))
    made = redline(Comparison(many[30:]), blocks, edits=len(many), start=30)
    assert [view.number for view in made.views] == list(range(30, 39))
    assert (made.edits, made.more, made.start) == (39, 0, 30)
    first, last = made.parts[0], made.parts[-1]
    assert isinstance(first, Unchanged)
    assert [block.text for block in (*first.head, *first.folded, *first.tail)] == ["308", "309"]
    assert isinstance(last, Unchanged)
    assert last.tail == () or last.hidden


def test_a_part_shows_what_stands_in_it_and_no_more() -> None:
    blocks = [Block(str(n)) for n in range(40)]
    edit = Edit(EditKind.INSERT, (), (blocks[20],), 20, 20, spans=(("+", "20"),))
    made = redline(Comparison((edit,)), blocks, between=(15, 25))
    still = [
        block.text
        for part in made.parts
        if isinstance(part, Unchanged)
        for block in (*part.head, *part.folded, *part.tail)
    ]
    assert still == ["15", "16", "17", "18", "19", "21", "22", "23", "24"]


@given(pieces, st.integers(1, 60))
def test_an_entry_of_a_feed_holds_as_many_letters_as_it_may_and_says_where_it_is_cut(
    made: tuple[tuple[str, str], ...], letters: int
) -> None:
    whole = marked(_edit(made), [])
    cut = fitting(whole, letters)
    assert sum(len(piece.text) for piece in cut if piece.kind != "…") <= letters
    said = "".join(piece.text for piece in whole)
    assert said.startswith("".join(piece.text for piece in cut if piece.kind != "…"))
    assert any(piece.kind == "…" for piece in cut) == (len(said) > letters)


@given(st.integers(0, 80), st.integers(0, 79))
def test_of_many_stretches_first_last_and_neighbours_are_named_and_what_is_left_out_is_marked(
    number: int, here: int
) -> None:
    every = [(str(at), f"/{at}", at == here) for at in range(number)]
    named = few(every)
    assert len(named) <= 9
    if number <= 9:
        assert named == every
        return
    numbers = [int(to[1:]) for _name, to, _here in named]
    assert numbers == sorted(set(numbers))
    assert {0, number - 1} <= set(numbers)
    if here < number:
        assert set(range(max(0, here - 1), min(number, here + 2))) <= set(numbers)
    for before, (name, to, _current) in zip([-1, *numbers], named, strict=False):
        assert name.startswith("… ") == (int(to[1:]) - before > 1)
