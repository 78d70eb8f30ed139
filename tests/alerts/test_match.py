"""Who gets what: nobody what they did not ask for, everybody what they did."""

from __future__ import annotations

from dataclasses import replace

import pytest
import world as w
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import match
from alerts.match import Matcher, holds, matches, why
from alerts.told import Told
from tracker.model import State, Subscription, Tier

AREAS = ("a1", "a2", "a3")
WORDS = ("log", "harbour log", "报告", "Pflicht", "e")
TEXTS = ("The harbour log is kept.", "提供者应当报告。", "Katalogpflicht und Pflicht", "catalogue", "", "LOG")
PLACES = ("US", "US-CA", "EU", "CN")
TIERS = (Tier.SUBSTANTIVE, Tier.EDITORIAL, Tier.NOISE, Tier.RESTORED)


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


subscriptions = st.builds(
    Subscription,
    id=st.uuids().map(str),
    to=st.just("a@b.example"),
    areas=some(AREAS),
    principles=some(("p1", "p2")),
    themes=some(("t1",)),
    sources=some(("s1", "s2")),
    groups=some(("g1", "g2")),
    jurisdictions=some(PLACES),
    languages=some(("en", "fr", "zh")),
    words=some(WORDS),
    watch_for=some(("log", "*", "never said")),
    affects=some(("our log", "*")),
    min_tier=st.sampled_from((Tier.SUBSTANTIVE, Tier.EDITORIAL)),
    active=st.booleans(),
)


@st.composite
def changes(draw: st.DrawFn) -> Told:
    value = w.change(
        draw(st.sampled_from(TEXTS)),
        draw(st.sampled_from(TEXTS[:4])) + " x",
        areas=draw(some(AREAS)),
        principles=draw(some(("p1", "p2"))),
        themes=draw(some(("t1",))),
        tier=draw(st.sampled_from(TIERS)),
        state=draw(st.sampled_from((State.TOLD, State.TOLD, State.SILENT))),
    )
    of = w.source(
        draw(st.sampled_from(("s1", "s2"))),
        groups=draw(some(("g1", "g2"))),
        jurisdiction=draw(st.sampled_from((*PLACES, ""))),
        watch_for=draw(some(("log", "Harbour"))),
        affects=draw(some(("our log", "Our desk"))),
        language=draw(st.sampled_from(("en", "fr-CA", "zh", ""))),
    )
    return w.told(value, of)


@settings(max_examples=80, deadline=None)
@given(st.lists(subscriptions, max_size=30), changes())
def test_the_index_gives_the_answers_of_the_rule(readers: list[Subscription], change: Told) -> None:
    assert Matcher(readers).match(change) == [reader for reader in readers if matches(reader, change)]


FILTERS = (
    "areas",
    "principles",
    "themes",
    "sources",
    "groups",
    "jurisdictions",
    "languages",
    "words",
    "watch_for",
    "affects",
)


@settings(max_examples=120, deadline=None)
@given(
    subscriptions,
    changes(),
    st.sampled_from(FILTERS),
    st.sampled_from((*AREAS, *WORDS, *PLACES, "s1", "g1", "en", "*", "our log")),
)
def test_one_more_value_of_a_filter_only_adds_and_a_filter_taken_away_only_adds(
    reader: Subscription, change: Told, name: str, value: str
) -> None:
    values = getattr(reader, name)
    if values and matches(reader, change):
        assert matches(replace(reader, **{name: (*values, value)}), change)
    if matches(reader, change):
        assert matches(replace(reader, **{name: ()}), change)
    if not matches(reader, change) and not values:
        assert not matches(replace(reader, **{name: (value,)}), change)


@settings(max_examples=80, deadline=None)
@given(subscriptions, changes())
def test_asking_for_editorial_changes_too_loses_no_substantive_one(reader: Subscription, change: Told) -> None:
    if matches(replace(reader, min_tier=Tier.SUBSTANTIVE), change):
        assert matches(replace(reader, min_tier=Tier.EDITORIAL), change)


@settings(max_examples=80, deadline=None)
@given(subscriptions, changes())
def test_nobody_gets_what_they_did_not_ask_for(reader: Subscription, change: Told) -> None:
    if not matches(reader, change):
        return
    found, verdict = change.change.classification, change.change.assessment
    assert reader.active
    assert verdict.state is State.TOLD
    assert verdict.tier in (Tier.SUBSTANTIVE, Tier.EDITORIAL, Tier.RESTORED)
    assert reader.min_tier is not Tier.SUBSTANTIVE or verdict.tier is Tier.SUBSTANTIVE
    assert not reader.areas or {a.id for a in found.areas} & set(reader.areas)
    assert not reader.sources or change.source.id in reader.sources
    assert not reader.groups or set(change.source.groups) & set(reader.groups)
    assert not reader.words or any(
        match.fold(word) in match.fold(text) for word in reader.words for text in change.texts()
    )


@settings(max_examples=80, deadline=None)
@given(changes(), st.sampled_from((Tier.SUBSTANTIVE, Tier.EDITORIAL)))
def test_nobody_misses_what_they_asked_for(change: Told, tier: Tier) -> None:
    """A reader who names one thing that the change has, in any one filter, gets it."""
    everything = Subscription("s", "a@b.example", min_tier=tier)
    if not matches(everything, change):
        return
    for area in change.change.classification.areas:
        assert matches(replace(everything, areas=("other", area.id)), change)
    assert matches(replace(everything, sources=(change.source.id,)), change)
    for group in change.source.groups:
        assert matches(replace(everything, groups=(group,)), change)
    if change.source.jurisdiction:
        assert matches(replace(everything, jurisdictions=(change.source.jurisdiction.split("-")[0].lower(),)), change)
    for text in change.texts():
        for word in text.replace(".", " ").replace("。", " ").split():
            assert matches(replace(everything, words=(word.upper(),)), change)


@settings(max_examples=80, deadline=None)
@given(subscriptions, changes())
def test_every_filter_that_held_is_a_reason(reader: Subscription, change: Told) -> None:
    if matches(reader, change):
        reasons = why(reader, change)
        assert bool(reasons.areas) == bool(reader.areas)
        assert bool(reasons.words) == bool(reader.words)
        assert bool(reasons.watch_for) == bool(reader.watch_for)
        assert bool(reasons.affects) == bool(reader.affects)
        assert reasons.source == bool(reader.sources)


@pytest.mark.parametrize(
    ("phrase", "text", "there"),
    [
        ("use", "because of it", False),
        ("use", "the use of it", True),
        ("use", "use", True),
        ("use", "re-use it", True),
        ("报告", "提供者应当报告。", True),
        ("pflicht", "katalogpflicht und pflicht", True),
        ("pflicht", "katalogpflicht", False),
        ("été", "l'été dernier", True),
        ("", "anything", False),
        ("ai 系统", "新的ai 系统", True),
    ],
)
def test_words_are_whole_words_where_the_script_has_words(phrase: str, text: str, there: bool) -> None:
    assert holds(match.fold(phrase), match.fold(text)) is there


def test_case_width_and_white_space_do_not_matter() -> None:
    change = w.told(w.change("", "Entry  into\nFORCE of the ＬＯＧ"))
    assert matches(Subscription("s", "a@b.example", words=("entry into force",)), change)
    assert matches(Subscription("s", "a@b.example", words=("log",)), change)
