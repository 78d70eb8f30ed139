"""What is remembered: bounded, JSON, and trained by readers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from life import START, Life, page

from tracker.assess import memory, policy
from tracker.assess.content import learn_host
from tracker.assess.difference import pieces
from tracker.model import Block, Text, Tier

OLD, NEW = "<p>Tip: read the notes.</p>", "<p>Tip: ask your colleagues in the yellow house.</p>"


def test_memory_never_grows_beyond_its_bound() -> None:
    kept: dict[str, object] = {}
    for day in range(5):
        lines = [Block(f"Sentence number {day}-{n} of a very long document.") for n in range(1000)]
        kept = memory.remember(kept, pieces(lines), START + timedelta(days=day))
    assert len(kept["texts"]) == policy.REMEMBER_TEXTS  # type: ignore[arg-type]  # JSON
    newest = pieces([Block("Sentence number 4-7 of a very long document.")])[0]
    assert memory.known(kept, newest, START + timedelta(days=5))


def test_a_host_remembers_a_bounded_number_of_pages() -> None:
    host: dict[str, object] = {}
    for n in range(policy.HOST_PAGES + 20):
        text = Text("f", tuple(Block(f"Paragraph {n}-{m}.") for m in range(900)))
        host = dict(learn_host(host, f"page-{n}", text, START + timedelta(days=n)))
    assert len(host["pages"]) == policy.HOST_PAGES  # type: ignore[arg-type]  # JSON
    assert len(json.dumps(host)) < 250_000


def test_an_entry_of_a_list_is_no_page_of_the_host() -> None:
    assert learn_host({}, "feed#1", Text("f", (Block("An entry."),)), START) == {}


@pytest.mark.parametrize("tier", [Tier.NOISE, Tier.EDITORIAL])
def test_a_correction_is_followed_from_then_on(tier: Tier) -> None:
    life = Life()
    life.show(page(OLD))
    change = life.show(page(NEW)).changes[0]
    assert change.assessment.tier is Tier.SUBSTANTIVE
    taught = memory.learn(life.past.memory, change, tier)
    assert json.loads(json.dumps(taught)) == taught
    again = Life()
    again.show(page(OLD))
    again.past = type(again.past)(again.past.told, again.past.latest, taught, {}, None)
    assert again.show(page(NEW)).changes[0].assessment.tier is tier


def test_what_a_reader_called_noise_mutes_its_part_of_the_page_but_not_words_that_bind() -> None:
    life = Life()
    life.show(page(after="<div class='tip'><p>Tip: read the notes in the hall.</p></div>"))
    change = life.show(page(after="<div class='tip'><p>Tip: ask in the yellow house.</p></div>")).changes[0]
    past = life.past
    life.past = type(past)(past.told, past.latest, memory.learn(past.memory, change, Tier.NOISE), past.host, None)
    quiet = life.show(page(after="<div class='tip'><p>Tip: walk around the old harbour.</p></div>"))
    assert quiet.changes[0].assessment.tier is Tier.NOISE
    loud = life.show(page(after="<div class='tip'><p>Fee: 300 EUR a day.</p></div>"))
    assert loud.changes[0].assessment.tier is Tier.SUBSTANTIVE
