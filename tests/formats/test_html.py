"""Pages become documents: what is kept, what stands beside it, and that nothing is lost without a word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.formats.charset import decode
from tracker.formats.html import read_html

PAGE = b"""<html lang="fr-FR"><title>Loi</title><body><nav><a href="/a">Accueil</a></nav>
<main><h1 id="t">Titre</h1><p>Nul ne <a href="/x">doit</a>.</p><ul><li>un</li><li>deux</li></ul>
<table><tr><td>A</td><td>B</td></tr></table></main><footer>Pied</footer></body></html>"""


def test_a_page_is_read_block_by_block() -> None:
    reading = read_html(PAGE, url="https://example.org/", structured=False)
    assert [(block.kind, block.text) for block in reading.blocks] == [
        ("heading", "Titre"), ("paragraph", "Nul ne doit."), ("item", "un"), ("item", "deux"), ("row", "A | B"),
    ]  # fmt: skip
    assert reading.language == "fr"
    assert reading.title == "Loi"
    assert [link.url for link in reading.links] == ["https://example.org/x"]
    assert {block.role for block in reading.aside} == {"menu", "footer"}


def test_the_shares_of_the_accounting_add_up_to_one() -> None:
    accounting = read_html(PAGE, structured=False).accounting
    assert accounting.kept + sum(accounting.elsewhere.values()) == pytest.approx(1)


def test_a_selector_wins_and_one_that_finds_nothing_is_noted() -> None:
    assert [b.text for b in read_html(PAGE, select=["footer"], structured=False).blocks] == ["Pied"]
    assert any("finds nothing" in note for note in read_html(PAGE, select=["#none"], structured=False).notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [("gb18030", "第一条 应当"), ("big5", "第一條"), ("shift_jis", "第一条"), ("utf-16", "Ä"), ("cp1252", "œuvre")],
)
def test_declared_charsets_are_read(name: str, text: str) -> None:
    assert decode((text * 20).encode(name), name)[0] == text * 20


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_are_an_error(body: bytes) -> None:
    read_html(body, structured=False)
