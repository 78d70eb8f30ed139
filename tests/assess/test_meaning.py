"""What changed words do, sentence by sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.assess.difference import Piece, pieces
from tracker.assess.meaning import binds, pair, reworded, weigh
from tracker.model import Block, Tier


def piece(text: str) -> Piece:
    return pieces([Block(text)])[0]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("The provider should keep logs.", "The provider must keep logs.", "modality"),
        ("You may not share data.", "You may share data.", "negation"),
        ("Fines up to 35 EUR.", "Fines up to 15 EUR.", "amount"),
        ("The model is exempt.", "The model is exempt where weights are public.", "condition"),
        ("The clerk keeps logs.", "The registrar keeps logs.", "wording"),
    ],
)
def test_the_reason_names_what_the_words_do_and_the_words(old: str, new: str, code: str) -> None:
    tier, reason = weigh(reworded(piece(old), piece(new)))
    assert (tier, reason.code) == (Tier.SUBSTANTIVE, code)
    assert reason.words


@pytest.mark.parametrize("label", ["Contact us", "Nous suivre", "Mehr"])
def test_a_label_beside_the_text_is_noise(label: str) -> None:
    assert weigh(reworded(None, piece(label)))[0] is Tier.NOISE


def test_an_entry_of_a_list_inside_the_document_is_no_label() -> None:
    entry = pieces([Block("Corvus", kind="item")])[0]
    assert weigh(reworded(None, entry), inside=True)[0] is Tier.SUBSTANTIVE


@settings(deadline=None)
@given(st.text(alphabet="abcde 1é应", min_size=1, max_size=60))
def test_a_sentence_against_itself_is_never_substantive(text: str) -> None:
    for one in pieces([Block(text)]):
        assert weigh(reworded(one, one))[0] is not Tier.SUBSTANTIVE


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc def", min_size=4, max_size=30), max_size=6), st.data())
def test_every_sentence_stands_in_one_pair(texts: list[str], data: st.DataObject) -> None:
    found = pieces(map(Block, texts))
    cut = data.draw(st.integers(0, len(found)))
    pairs = pair(found[:cut], found[cut:])
    assert sorted(one.form for one in found) == sorted(
        [p.old for p in pairs if p.old] + [p.new for p in pairs if p.new]
    )


@pytest.mark.parametrize("text", ["must", "ne", "5", "doit", "不得", "darf", "sans"])
def test_words_that_bind_are_known(text: str) -> None:
    assert binds(text)
