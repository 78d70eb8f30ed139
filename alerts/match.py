"""Which subscriptions want which change.

Empty filters let everything through; several filters must all hold; several values of one filter are alternatives.
`matches` is the rule for one subscription, `Matcher` gives the same answers for many at once.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import ahocorasick

from alerts.told import Told
from tracker.model import State, Subscription, Tier

RANK = {Tier.SUBSTANTIVE: 2, Tier.EDITORIAL: 1, Tier.RESTORED: 1, Tier.NOISE: 0, Tier.GLITCH: 0}
ANY = "*"  # in watch_for and affects: whatever the source names there


def fold(words: str) -> str:
    """Words as they are compared: compatibility forms and cases are one, white space is one space."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def holds(phrase: str, text: str) -> bool:
    """Whether folded words stand in a folded text, as whole words where the script has words: "use" is not in
    "because", 报告 is in 应当报告."""
    at = text.find(phrase) if phrase else -1
    while at >= 0:
        if bounded(text, at, at + len(phrase)):
            return True
        at = text.find(phrase, at + 1)
    return False


def bounded(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] begins and ends at the border of a word."""
    return not (
        (start > 0 and _joined(text[start - 1], text[start])) or (end < len(text) and _joined(text[end - 1], text[end]))
    )


def _joined(left: str, right: str) -> bool:
    return _spelled(left) and _spelled(right)


def _spelled(char: str) -> bool:
    """A letter, mark or digit of a script that parts its words by spaces."""
    if not (char.isalnum() or unicodedata.combining(char)):
        return False
    code = ord(char)
    # Kana, Han (all planes), Thai, Lao, Myanmar, Khmer: written without spaces between words.
    unspaced = (
        0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
        or 0x0E00 <= code <= 0x0EFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF
    )  # fmt: skip
    return not unspaced


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a change filters look at, folded once for all subscriptions. `watched` are the source's phrases that
    stand in the changed text."""

    areas: frozenset[str]
    principles: frozenset[str]
    themes: frozenset[str]
    source: str
    groups: frozenset[str]
    jurisdictions: frozenset[str]
    languages: frozenset[str]
    affects: frozenset[str]
    watched: frozenset[str]
    texts: tuple[str, ...]
    rank: int


def facts(told: Told) -> Facts:
    """The change's facts. A part of a place or language counts for the whole: US-CA is also US, en-GB also en."""
    found, source = told.change.classification, told.source
    texts = tuple(fold(text) for text in told.texts())
    return Facts(
        areas=frozenset(score.id for score in found.areas),
        principles=frozenset(score.id for score in found.principles),
        themes=frozenset(score.id for score in found.themes),
        source=source.id,
        groups=frozenset(source.groups),
        jurisdictions=wholes(source.jurisdiction),
        languages=wholes(told.language),
        affects=frozenset(fold(name) for name in source.affects if name.strip()),
        watched=frozenset(
            phrase for phrase in map(fold, source.watch_for) if any(holds(phrase, text) for text in texts)
        ),
        texts=texts,
        rank=RANK[told.change.assessment.tier] if told.change.assessment.state is State.TOLD else 0,
    )


def wholes(name: str) -> frozenset[str]:
    """A name and what it is part of, folded: "US-CA" gives us-ca and us."""
    parts = name.casefold().split("-")
    return frozenset("-".join(parts[: n + 1]) for n in range(len(parts))) if name else frozenset()


def matches(subscription: Subscription, change: Told) -> bool:
    """Whether the subscription wants the change."""
    return subscription.active and wanted(subscription, facts(change))


def wanted(subscription: Subscription, change: Facts) -> bool:
    """The same with the change's facts at hand."""
    s = subscription
    if change.rank < RANK[s.min_tier] or change.rank < 1:
        return False
    return (
        (not s.areas or not change.areas.isdisjoint(s.areas))
        and (not s.principles or not change.principles.isdisjoint(s.principles))
        and (not s.themes or not change.themes.isdisjoint(s.themes))
        and (not s.sources or change.source in s.sources)
        and (not s.groups or not change.groups.isdisjoint(s.groups))
        and (not s.jurisdictions or any(name.casefold() in change.jurisdictions for name in s.jurisdictions))
        and (not s.languages or any(name.casefold() in change.languages for name in s.languages))
        and (not s.affects or _named(s.affects, change.affects))
        and (not s.watch_for or _named(s.watch_for, change.watched))
        and (not s.words or any(holds(fold(phrase), text) for phrase in s.words for text in change.texts))
    )


def _named(asked: Sequence[str], there: frozenset[str]) -> bool:
    return any(bool(there) if name == ANY else fold(name) in there for name in asked)


# ---------------------------------------------------------------------------------------------- many at once


class Matcher:
    """Many subscriptions, indexed: a bit a subscription, a mask a value of a filter. A change costs a few "and"s on
    long integers and one pass over its text for all phrases together."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self.subscriptions = tuple(s for s in subscriptions if s.active)
        everyone = (1 << len(self.subscriptions)) - 1
        self._open = dict.fromkeys(_FILTERS, everyone)
        self._with: dict[str, dict[str, int]] = {name: defaultdict(int) for name in _FILTERS}
        self._ranks = [0, 0, 0]
        self._phrases = ahocorasick.Automaton()
        phrases: dict[str, int] = defaultdict(int)
        for at, subscription in enumerate(self.subscriptions):
            bit = 1 << at
            for rank in range(max(1, RANK[subscription.min_tier]), 3):
                self._ranks[rank] |= bit
            for name in _FILTERS:
                asked = getattr(subscription, name)
                if not asked:
                    continue
                self._open[name] &= ~bit
                for item in map(_KEYS.get(name, str), asked):
                    if name == "words":
                        phrases[item] |= bit
                    else:
                        self._with[name][item] |= bit
        for phrase, mask in phrases.items():
            if phrase:
                self._phrases.add_word(phrase, (phrase, mask))
        if len(self._phrases):
            self._phrases.make_automaton()

    def match(self, change: Told) -> list[Subscription]:
        """The subscriptions that want the change, in the order given."""
        return list(self._those(self.mask(facts(change))))

    def mask(self, change: Facts) -> int:
        """The same as bits."""
        found = self._ranks[change.rank]
        for name, there in (
            ("sources", (change.source,)),
            ("areas", change.areas),
            ("groups", change.groups),
            ("jurisdictions", change.jurisdictions),
            ("languages", change.languages),
            ("principles", change.principles),
            ("themes", change.themes),
            ("affects", (*change.affects, ANY) if change.affects else ()),
            ("watch_for", (*change.watched, ANY) if change.watched else ()),
        ):
            masks, reached = self._with[name], self._open[name]
            for item in there:
                reached |= masks.get(item, 0)
            found &= reached
            if not found:
                return 0
        if found & ~self._open["words"]:
            found &= self._open["words"] | self._said(change.texts)
        return found

    def _said(self, texts: Sequence[str]) -> int:
        found = 0
        if len(self._phrases):
            for text in texts:
                for end, (phrase, mask) in self._phrases.iter(text):
                    if mask & ~found and bounded(text, end + 1 - len(phrase), end + 1):
                        found |= mask
        return found

    def _those(self, mask: int) -> Iterator[Subscription]:
        while mask:
            low = mask & -mask
            yield self.subscriptions[low.bit_length() - 1]
            mask ^= low


_FILTERS = (
    "areas", "principles", "themes", "sources", "groups", "jurisdictions", "languages", "affects", "watch_for", "words",
)  # fmt: skip
_KEYS = {
    "jurisdictions": str.casefold,
    "languages": str.casefold,
    "affects": fold,
    "watch_for": fold,
    "words": fold,
}


# ------------------------------------------------------------------------------------------------ the reasons


@dataclass(frozen=True, slots=True)
class Why:
    """Why a reader gets a change: the filters that held, with what of the change held them. All empty: the reader
    asked for everything."""

    areas: tuple[str, ...] = ()
    principles: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    source: bool = False
    groups: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    watch_for: tuple[str, ...] = ()
    affects: tuple[str, ...] = ()


def why(subscription: Subscription, told: Told) -> Why:
    """The filters of the subscription that the change meets, in the reader's own words."""
    s, change = subscription, facts(told)

    def both(asked: Sequence[str], there: frozenset[str]) -> tuple[str, ...]:
        return tuple(name for name in asked if name in there)

    def named(asked: Sequence[str], there: frozenset[str], own: Sequence[str]) -> tuple[str, ...]:
        met = {name for name in there if ANY in asked or name in set(map(fold, asked))}
        return tuple(name for name in own if fold(name) in met)

    return Why(
        areas=both(s.areas, change.areas),
        principles=both(s.principles, change.principles),
        themes=both(s.themes, change.themes),
        source=change.source in s.sources,
        groups=both(s.groups, change.groups),
        jurisdictions=tuple(name for name in s.jurisdictions if name.casefold() in change.jurisdictions),
        languages=tuple(name for name in s.languages if name.casefold() in change.languages),
        words=tuple(phrase for phrase in s.words if any(holds(fold(phrase), text) for text in change.texts)),
        watch_for=named(s.watch_for, change.watched, told.source.watch_for),
        affects=named(s.affects, change.affects, told.source.affects),
    )
