"""Filters of changes as addresses: read from a query, and made into links that add or take away one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from tracker.model import State, Tier
from tracker.store.queries import ChangeFilter
from tracker.store.queries_overview import Choices
from tracker.web.i18n import Interface
from tracker.web.names import Names
from tracker.web.site import moment, tier_word

MANY = ("area", "principle", "theme", "source", "group", "jurisdiction", "language", "tier")
ONE = ("since", "until", "q", "state", "document", "cluster")
LONGEST = 200  # characters of one value
MOST = 40  # values of one filter
TIERS = tuple(tier.value for tier in Tier)
STATES = tuple(state.value for state in State)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address: several values of one name are alternatives."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        return self.values.get(name, ("",))[0]

    def has(self, name: str, value: str) -> bool:
        return value in self.values.get(name, ())

    def pairs(self, **other: str) -> list[tuple[str, str]]:
        """As pairs of an address; `other` replaces whole names ("" removes them)."""
        made = [(name, value) for name, values in self.values.items() if name not in other for value in values]
        return made + [(name, value) for name, value in other.items() if value]

    def link(self, path: str, **other: str) -> str:
        """The address with these filters and `other`."""
        pairs = self.pairs(**other)
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def toggled(self, path: str, name: str, value: str) -> str:
        """The address with one value more, or without it where it is there."""
        now = list(self.values.get(name, ()))
        kept = [item for item in now if item != value] if value in now else [*now, value]
        pairs = [pair for pair in self.pairs() if pair[0] != name] + [(name, item) for item in kept]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def any(self) -> bool:
        return any(name != "view" for name in self.values)


def asked(query: QueryParams) -> Asked:
    """The filters of a query; unknown names, empty values and what is too long are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for name in (*MANY, *ONE):
        values = [value.strip() for value in query.getlist(name) if value.strip() and len(value) <= LONGEST]
        if name == "tier":
            values = [value for value in values if value in TIERS]
        if name == "state":
            values = [value for value in values if value in STATES]
        if name == "document":
            values = [value for value in values if value.isascii() and value.isdigit() and len(value) < 12]
        if values:
            found[name] = tuple(dict.fromkeys(values))[: MOST if name in MANY else 1]
    return Asked(found)


def wanted(of: Asked, i: Interface | None = None, *, states: Sequence[str] = ()) -> ChangeFilter:
    """The filter that the store takes. `states` hold where the address names none; dates are the reader's days."""
    state = of.values.get("state", ())
    return ChangeFilter(
        areas=of.values.get("area", ()),
        principles=of.values.get("principle", ()),
        themes=of.values.get("theme", ()),
        sources=of.values.get("source", ()),
        groups=of.values.get("group", ()),
        jurisdictions=of.values.get("jurisdiction", ()),
        languages=of.values.get("language", ()),
        tiers=of.values.get("tier", ()),
        states=tuple(state) or tuple(states),
        documents=tuple(int(value) for value in of.values.get("document", ())),
        since=moment(of.one("since"), i),
        until=moment(of.one("until"), i),
        words=of.one("q"),
        cluster=of.one("cluster"),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter as a link."""

    name: str
    value: str
    label: str
    href: str
    on: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter and its values."""

    title: str
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> int:
        return sum(choice.on for choice in self.choices)


def facets(
    of: Asked, path: str, i: Interface, names: Names, choices: Choices, titles: Mapping[str, str] | None = None
) -> tuple[Facet, ...]:
    """What can be filtered by, as links; filters with a single value are left out. `titles` are those of the sources
    that are chosen."""
    named = titles or {}

    def made(title: str, name: str, values: Sequence[tuple[str, str]]) -> Facet:
        known = {value for value, _ in values}
        every = [*values, *((v, named.get(v, v)) for v in of.values.get(name, ()) if v not in known)]
        return Facet(
            title,
            tuple(Choice(name, v, label, of.toggled(path, name, v), of.has(name, v)) for v, label in every),
        )

    found = (
        made(i.t("Area"), "area", [(id_, names.title(id_, i.language)) for id_ in names.areas]),
        made(i.t("Kind of change"), "tier", [(tier, tier_word(i, tier)) for tier in TIERS]),
        made(i.t("Jurisdiction"), "jurisdiction", [(value, value) for value in choices.jurisdictions]),
        made(i.t("Language"), "language", [(value, i.language_name(value)) for value in choices.languages]),
        made(i.t("Group"), "group", [(value, value) for value in choices.groups]),
        made(i.t("Principle"), "principle", [(id_, names.title(id_, i.language)) for id_ in names.principles]),
        made(i.t("Theme"), "theme", [(id_, names.title(id_, i.language)) for id_ in names.themes]),
        made(i.t("Source"), "source", choices.sources),
    )
    return tuple(facet for facet in found if len(facet.choices) > 1 or facet.chosen)


def active(of: Asked, path: str, found: Sequence[Facet]) -> tuple[Choice, ...]:
    """The filters that hold, each as a link that takes it away."""
    made = [choice for facet in found for choice in facet.choices if choice.on]
    for name in ONE:
        made += [Choice(name, v, v, of.toggled(path, name, v), True) for v in of.values.get(name, ())]
    return tuple(made)
