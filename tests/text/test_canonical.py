"""The canonical form: what a reader reads as the same, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.model import Block
from tracker.text.canonical import canonical, fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Updated today", "Updated yesterday"),
        ("Posted 3 days ago", "Posted an hour ago"),
        ("il y a 3 jours", "il y a 2 heures"),
        ("3天前", "5小时前"),
        ("the operator’s “duty”", 'the operator\'s "duty"'),
        ("10 000 €", "10 000 €"),
        ("1,204 views", "1,377 views"),
        ("see https://example.org/?utm_source=a", "see https://example.org/?utm_source=b"),
        ("Fish &amp; chips", "Fish & chips"),
    ],
)
def test_the_same_to_a_reader(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("may not be shared", "may be shared"),
        ("within 30 days", "within 31 days"),
        ("应当在三十日内", "应当在六十日内"),
        ("à compter du 1er mai 2026", "à compter du 1er juin 2026"),
        ("a fine of 10,000 euros", "a fine of 100,000 euros"),
    ],
)
def test_never_the_same(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_canonical_of_canonical_changes_nothing_more(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


def test_blocks_without_text_do_not_count() -> None:
    assert fingerprint([Block("a"), Block(" ")]) == fingerprint([Block("a")])


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("Last visited by 1042 people today.", "Last visited by 1,079 people today."),
        ("Viewed 12 times", "Viewed 13 times"),
        ("31 people are viewing this page", "4 people are viewing this page"),
        ("Consulté par 31 personnes", "Consulté par 1 204 personnes"),
        ("Lu 12 fois", "Lu 13 fois"),
        ("1042 mal gelesen", "1043 mal gelesen"),
        ("已有1042人阅读", "已有1043人阅读"),
    ],
)
def test_how_many_have_looked_is_no_news(then: str, now: str) -> None:
    assert canonical(then) == canonical(now)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("The platform has more than 45 million users.", "The platform has more than 50 million users."),
        ("A committee of 12 people decides.", "A committee of 14 people decides."),
        ("处理100万人以上个人信息", "处理50万人以上个人信息"),
    ],
)
def test_how_many_a_rule_speaks_of_is_news(then: str, now: str) -> None:
    assert canonical(then) != canonical(now)
