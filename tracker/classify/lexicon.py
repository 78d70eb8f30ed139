"""The taxonomy's words found in a text: one pass of Aho-Corasick over the folded text, then context.

Aho, Corasick: Efficient string matching, 1975. The longest match wins, names are read whole, what is excluded in so
many words hardly counts, and words that mean something only in the taxonomy's field need the field to be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final, NamedTuple

import ahocorasick

from tracker.classify import policy
from tracker.classify.taxonomy import Entry, Taxonomy, Term
from tracker.classify.words import STOP, Row, patterns

_SUBJECT: Final = -1
_NAME: Final = -2
_EXCLUDES: Final = -3
_EXCLUDED: Final = -4
_ELSEWHERE: Final = -5

_READS: Final = {
    "en": ("en", "any"),
    "fr": ("fr", "any"),
    "zh": ("zh", "en", "any"),  # Chinese texts keep English names and abbreviations
    "": ("any",),
}


class _Meaning(NamedTuple):
    """What a term says: its length in a row's line, the entries it speaks for with weight and whether it is bound, its
    weight for the subject and for other fields, and what else it is (_NAME, _EXCLUDES, _EXCLUDED)."""

    length: int
    entries: tuple[tuple[int, float, bool], ...]
    subject: float
    elsewhere: float
    marks: tuple[int, ...]


_Match = tuple[int, int, _Meaning]


class Hit(NamedTuple):
    """A term in a row: its place in the row's line, the entry it speaks for, and its weight here."""

    start: int
    end: int
    entry: int
    weight: float


@dataclass(slots=True)
class Found:
    """What a row says: the strength of each entry (in the lexicon's order), the hits behind it, and how much the row
    speaks of the taxonomy's subject and of other fields. `excluded` are the stretches of the row's line whose words
    are named only to be left out."""

    strength: list[float]
    hits: list[Hit] = field(default_factory=list)
    subject: float = 0.0
    elsewhere: float = 0.0
    excluded: tuple[tuple[int, int], ...] = ()


class Lexicon:
    """The words of a taxonomy, ready to be searched. Entries are areas, principles, themes in this order."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.entries: tuple[Entry, ...] = (*taxonomy.areas, *taxonomy.principles, *taxonomy.themes)
        self._taxonomy = taxonomy
        self._automata: dict[str, Any] = {}

    def find(self, row: Row, language: str, *, context: float = 0.0, weights: Sequence[float] | None = None) -> Found:
        """The hits of a row and each entry's strength. `language` is one of those of the vocabularies; any other is
        read by the terms that travel. `context` is the subject's strength in the text around the row. `weights`
        says for each character of the row's line what words there count for."""
        matches, marked = self._matches(row, language)
        strength = [0.0] * len(self.entries)
        if not matches:
            return Found(strength)
        masks = [(start, end) for start, end, meaning in marked if _NAME in meaning.marks]
        excluded = tuple(_excluded(marked, row.line))
        subject = elsewhere = 0.0
        hits: list[tuple[int, int, int, float, bool]] = []
        for start, end, (length, entries, of_subject, of_others, _) in matches:
            if masks and any(a <= start and end <= b and b - a > length for a, b in masks):
                continue
            factor = policy.EXCLUDED if excluded and any(a <= start < b for a, b in excluded) else 1.0
            if weights is not None:
                factor *= max(weights[start:end])
            subject += of_subject * factor
            elsewhere += of_others * factor
            for entry, weight, bound in entries:
                hits.append((entry, start, -end, weight * factor, bound))
        share = min(1.0, (subject + context) / policy.SUBJECT_FULL)
        free = policy.UNBOUND + (1.0 - policy.UNBOUND) * share
        kept = list(_longest(sorted(hits), free))
        for hit in _fading(kept, row.line):
            strength[hit.entry] += hit.weight
        scale = 1.0 / sqrt(1.0 + _size(row, weights) / policy.LENGTH)
        return Found([value * scale for value in strength], kept, subject, elsewhere, excluded)

    def _matches(self, row: Row, language: str) -> tuple[list[_Match], list[_Match]]:
        """All terms of a row, and those with marks."""
        automaton = self._automaton(language if language in _READS else "")
        if automaton is None:
            return [], []
        matches: list[_Match] = [(last + 1 - found.length, last + 1, found) for last, found in automaton.iter(row.line)]
        return matches, [match for match in matches if match[2].marks]

    def _automaton(self, language: str) -> Any:
        if language not in self._automata:
            self._automata[language] = _build(self._taxonomy, self.entries, _READS[language])
        return self._automata[language]


def _build(taxonomy: Taxonomy, entries: Sequence[Entry], languages: Sequence[str]) -> Any:
    """An automaton over the terms of these languages, None without any."""
    found: dict[str, dict[tuple[int, bool], float]] = {}

    def add(term: Term, entry: int) -> None:
        if term.language in languages:
            for line in patterns(term.text):
                spoken = found.setdefault(line, {})
                key = (entry, term.bound)
                if key not in spoken or abs(term.weight) > abs(spoken[key]):
                    spoken[key] = term.weight

    for number, entry in enumerate(entries):
        for term in entry.terms:
            add(term, number)
    special = (
        (_SUBJECT, taxonomy.subject),
        (_ELSEWHERE, taxonomy.elsewhere),
        (_NAME, taxonomy.names),
        (_EXCLUDES, taxonomy.exclusions),
        (_EXCLUDED, taxonomy.exclusions_after),
    )
    for code, terms in special:
        for term in terms:
            add(term, code)
    automaton = ahocorasick.Automaton()
    for line in sorted(found):
        if line.strip():
            automaton.add_word(line, _meaning(len(line), found[line]))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _meaning(length: int, spoken: Mapping[tuple[int, bool], float]) -> _Meaning:
    by_code = {entry: weight for (entry, _), weight in spoken.items() if entry < 0}
    return _Meaning(
        length,
        tuple((entry, weight, bound) for (entry, bound), weight in sorted(spoken.items()) if entry >= 0),
        by_code.get(_SUBJECT, 0.0),
        by_code.get(_ELSEWHERE, 0.0),
        tuple(sorted(set(by_code) - {_SUBJECT, _ELSEWHERE})),
    )


def _excluded(matches: Sequence[_Match], line: str) -> Iterator[tuple[int, int]]:
    """Stretches of the line whose words are excluded: from "does not apply to" to the sentence's end, or from the
    sentence's beginning to "不适用本法"."""
    for start, end, meaning in matches:
        for code in meaning.marks:
            if code == _EXCLUDES:
                stop = line.find(STOP + " ", end)
                yield end - 1, stop if stop >= 0 else len(line)
            elif code == _EXCLUDED:
                yield line.rfind(STOP + " ", 0, start) + 1, start


def _longest(hits: Sequence[tuple[int, int, int, float, bool]], free: float) -> Iterator[Hit]:
    """Hits that do not lie inside a longer one of the same entry; `hits` come by entry, start and falling end."""
    entry, reached = -1, -1
    for number, start, negative_end, weight, bound in hits:
        end = -negative_end
        if number != entry:
            entry, reached = number, -1
        if end <= reached:
            continue
        reached = end
        yield Hit(start, end, number, weight * free if bound else weight)


def _fading(hits: Sequence[Hit], line: str) -> Iterator[Hit]:
    """The same words again count less each time: the n-th time 1/n of the first."""
    seen: dict[tuple[int, str], int] = {}
    for hit in hits:
        key = (hit.entry, line[hit.start : hit.end])
        seen[key] = times = seen.get(key, 0) + 1
        yield hit if times == 1 else Hit(hit.start, hit.end, hit.entry, hit.weight / times)


def _size(row: Row, weights: Sequence[float] | None) -> float:
    """The row's length in words; Chinese has about 1.7 characters a word."""
    words = max(0.0, len(row.words) - 1 + row.han / 1.7)
    return words * sum(weights) / max(1, len(weights)) if weights else words


def confidence(strength: float) -> float:
    """A strength as a score between 0 and 1: a half at `policy.CLEAR`."""
    return max(0.0, strength) / (max(0.0, strength) + policy.CLEAR)
