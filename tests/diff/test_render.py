"""A comparison as JSON keeps the contract, as a page needs nothing else, in a terminal shows the places."""

from __future__ import annotations

import io
import json

from hypothesis import given, settings
from rich.console import Console

from tests.diff.texts import law, texts
from tracker.diff import render
from tracker.diff.edits import compare
from tracker.model import Block


def test_json_keeps_the_contract() -> None:
    old = law(2)
    new = [block for block in old if block.eid != "art_1__para_2"]
    made = json.loads(json.dumps(render.as_json(compare(old, new), "a", "b")))
    assert {"old", "new", "edits", "references", "deadlines", "summary"} <= made.keys()
    (edit,) = made["edits"]
    assert {"kind", "path", "eid", "old", "new", "spans"} <= edit.keys()
    assert (edit["kind"], edit["path"], edit["new"]) == ("delete", "Article 1(2)", None)
    assert set(made["summary"]) == {"en", "fr", "zh"}


def test_the_page_shows_no_markup_of_the_text() -> None:
    old, new = [Block("One <b>word</b>.")], [Block("One <script>alert(1)</script> word.")]
    page = render.page(compare(old, new), new, old_name="<a>", new_name='"b"')
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_long_unchanged_stretches_are_folded() -> None:
    old = law(30)
    new = [block for block in old if block.eid != "art_20__para_2"]
    parts = list(render.around(compare(old, new), new))
    assert any(isinstance(part, int) and part > 50 for part in parts)


def test_the_terminal_names_place_and_words() -> None:
    old, new = law(2), [*law(2)[:-1], Block("2. The members of group 2 may report.")]
    out = io.StringIO()
    render.print_terminal(compare(old, new), new, Console(file=out, width=100))
    assert "Article 2(2)" in out.getvalue()


@settings(max_examples=60, deadline=None)
@given(texts, texts)
def test_every_edit_is_shown_once(old: tuple[Block, ...], new: tuple[Block, ...]) -> None:
    made = compare(old, new)
    parts = list(render.around(made, new))
    assert sum(not isinstance(part, int | Block) for part in parts) == len(made.edits)
