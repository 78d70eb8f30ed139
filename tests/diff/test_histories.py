"""The properties of comparing hold on real revisions of laws and policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.diff.edits import apply, compare
from tracker.diff.forms import Forms, both
from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Block, EditKind
from tracker.replay import pages, snapshots


def _read(forms: Forms) -> list[tuple[str, str]]:
    return [(label, body) for label, body, whole in zip(forms.label, forms.body, forms.whole, strict=True) if whole]


def _check(old: tuple[Block, ...], new: tuple[Block, ...]) -> None:
    edits = compare(old, new).edits
    made, wanted = both(apply(old, edits), new)
    assert _read(made) == _read(wanted)
    assert compare(new, new).edits == ()
    assert bool(compare(new, old).edits) == bool(edits)
    for edit in edits:
        assert "".join(text for sign, text in edit.spans if sign in "=-") == edit.old_text
        assert "".join(text for sign, text in edit.spans if sign in "=+") == edit.new_text
        if edit.kind is EditKind.MOVE:
            before, after = both(edit.old, edit.new)
            assert before.body == after.body


def _documents(folder: Path, step: int, transitions: int) -> None:
    for page in pages(folder)[::step]:
        before: tuple[Block, ...] | None = None
        for at, (_, body) in enumerate(snapshots(folder, page)):
            if at > transitions:
                break
            try:
                blocks = registry.read(body, url=str(page["path"])).blocks
            except Unreadable:
                continue
            assert len({block.eid for block in blocks}) == len(blocks)
            assert all(block.eid for block in blocks)
            if before is not None:
                _check(before, blocks)
            before = blocks


@pytest.mark.shared
def test_a_few_documents_of_each_kind(shared: Path) -> None:
    _documents(shared / "histories", 40, 1)


@pytest.mark.shared
@pytest.mark.slow
def test_every_eighth_document(shared: Path) -> None:
    _documents(shared / "histories", 8, 3)
