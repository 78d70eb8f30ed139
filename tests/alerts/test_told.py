"""What stands around an edit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts import told
from alerts.told import Around
from tracker.diff import edits
from tracker.model import Block, Edit, EditKind


def paragraphs(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(text, kind="heading" if text.isupper() else "paragraph") for text in texts)


def test_one_unchanged_block_on_each_side_and_the_heading_above() -> None:
    old = paragraphs(
        "LOGS", "Who keeps logs.", "They may keep one.", "It is open.", "It is read.", "It is old.", "End."
    )
    new = paragraphs(
        "LOGS", "Who keeps logs.", "They shall keep one.", "It is open.", "It is read.", "It is old.", "Fin."
    )
    found = edits.compare(old, new).edits
    assert told.surroundings(found, new) == (
        Around("LOGS", "Who keeps logs.", "It is open.", 1),
        Around("LOGS", "It is old.", "", 1),
    )


def test_neighbours_are_shown_once() -> None:
    new = paragraphs("One.", "Two!", "Three.", "Four!", "Five.")
    some = tuple(Edit(EditKind.REPLACE, (Block(new[at].text.replace("!", ".")),), (new[at],), at, at) for at in (1, 3))
    assert [(a.before, a.after, a.gap) for a in told.surroundings(some, new)] == [
        ("One.", "Three.", 0),
        ("", "Five.", 0),
    ]


def test_another_version_than_the_edits_gives_nothing() -> None:
    edit = Edit(EditKind.INSERT, (), (Block("here"),), 0, 0)
    assert told.surroundings((edit,), (Block("elsewhere"),)) == ()
    assert told.surroundings((edit,), ()) == ()


texts = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=14).map(
    lambda names: paragraphs(*(f"p {n}." for n in names))
)


@given(texts, texts)
def test_what_is_shown_around_is_unchanged_and_shown_once(old: tuple[Block, ...], new: tuple[Block, ...]) -> None:
    found = edits.compare(old, new).edits
    around = told.surroundings(found, new)
    assert len(around) in (0, len(found))
    changed = {at for edit in found for at in range(edit.new_at, edit.new_at + len(edit.new))}
    lines = sum(bool(a.before) + bool(a.after) for a in around)
    assert lines + sum(a.gap for a in around) <= len(new) - len(changed)
