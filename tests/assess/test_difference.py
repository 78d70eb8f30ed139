"""Sentences are compared whatever blocks they stand in."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.assess.difference import bare, difference, pieces
from tracker.model import Block

SENTENCES = st.lists(
    st.sampled_from([
        "The provider keeps the technical documentation.", "Logs are kept for six months by the deployer.",
        "Le fournisseur tient à jour la documentation.", "The office answers in writing.",
        "提供者应当保存日志并接受检查。",
        "Fines are set by the court, not by the office.",
    ]), min_size=1, max_size=6, unique=True,
)  # fmt: skip


def blocks(*texts: str) -> list[Block]:
    return [Block(text) for text in texts]


@settings(deadline=None)
@given(SENTENCES, st.data())
def test_dividing_the_same_words_into_other_blocks_is_no_difference(texts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(texts)))
    merged = [" ".join(texts[:at]), *texts[at:]]
    found = difference(blocks(*texts), blocks(*merged))
    assert not found.gone
    assert not found.fresh


@settings(deadline=None)
@given(SENTENCES)
def test_another_order_is_no_difference(texts: list[str]) -> None:
    found = difference(blocks(*texts), blocks(*reversed(texts)))
    assert not found.gone
    assert not found.fresh


@settings(deadline=None)
@given(SENTENCES, st.data())
def test_a_sentence_that_is_only_on_one_side_is_found(texts: list[str], data: st.DataObject) -> None:
    extra = "Deployers inform the people concerned before use."
    at = data.draw(st.integers(0, len(texts)))
    longer = [*texts[:at], extra, *texts[at:]]
    assert [p.block.text for p in difference(blocks(*texts), blocks(*longer)).fresh] == [extra]
    assert [p.block.text for p in difference(blocks(*longer), blocks(*texts)).gone] == [extra]


def test_a_short_word_that_stands_elsewhere_too_is_still_missed() -> None:
    old = blocks("Hosting companies", "Acme", "Borel", "The contract with Acme runs until the end of the year.")
    new = blocks("Hosting companies", "Borel", "The contract with Acme runs until the end of the year.")
    assert [piece.form for piece in difference(old, new).gone] == ["acme"]


def test_numbers_keep_what_stands_between_their_digits() -> None:
    assert bare("1.5 %") != bare("15 %")
    assert bare("1, 2") != bare("12")
    assert bare("e-mail") == bare("e mail")


def test_the_number_of_a_clause_is_no_part_of_its_sentence() -> None:
    assert [p.bare for p in pieces(blocks("A.1. Overview of duties."))] == [
        p.bare for p in pieces(blocks("Overview of duties."))
    ]
