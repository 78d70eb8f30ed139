"""The taxonomy's names for people: areas, principles, themes, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Names:
    """Ids with their titles by language, in the taxonomy's order, and what each is about (English)."""

    areas: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    principles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    themes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)

    def title(self, id_: str, language: str) -> str:
        """A title in the language, in English, or made of the id."""
        for kind in (self.areas, self.principles, self.themes):
            if id_ in kind:
                return kind[id_].get(language) or kind[id_].get("en") or id_
        return id_.replace("-", " ").capitalize()


def of(taxonomy: Any) -> Names:
    """The names of a classify.taxonomy.Taxonomy."""

    def titles(entries: Iterable[Any]) -> dict[str, Mapping[str, str]]:
        return {entry.id: dict(entry.title) for entry in entries}

    every = (*taxonomy.areas, *taxonomy.principles, *taxonomy.themes)
    return Names(
        titles(taxonomy.areas),
        titles(taxonomy.principles),
        titles(taxonomy.themes),
        {entry.id: str(entry.about) for entry in every},
    )


def load(path: Path | None = None) -> Names:
    """The names of the taxonomy file (the Action Plan's without one)."""
    from tracker.classify import taxonomy

    return of(taxonomy.load(path))
