"""A change's areas: of the words added and removed, with their paragraphs as context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tracker.classify import evidence, policy
from tracker.classify.reading import Part, Read
from tracker.classify.scoring import Scored
from tracker.classify.tongue import spoken
from tracker.classify.words import Row, row
from tracker.model import AreaScore, Classification, Comparison, Edit, EditKind, Evidence

if TYPE_CHECKING:
    from tracker.classify.classifier import Classifier

_STILL: Final = (EditKind.MOVE, EditKind.RENUMBER)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of an edit: its text, the intervals of it that changed, and whose side it is."""

    text: str
    changed: tuple[tuple[int, int], ...]
    side: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """An edit's verdict, with the words that changed as its weight."""

    number: int
    words: float
    sides: tuple[_Side, ...]
    rows: tuple[Row, ...]
    read: Read
    scored: Scored
    language: str


def classify(comparison: Comparison, classifier: Classifier, language: str, prior: Sequence[str]) -> Classification:
    """The areas of a change, see Classifier.classify_change."""
    judged = [
        found for number, edit in enumerate(comparison.edits) for found in _judge(number, edit, classifier, language)
    ]
    total = sum(found.words for found in judged)
    if not total:
        return Classification(language)
    tongues: dict[str, float] = {}
    for found in judged:
        tongues[found.language] = tongues.get(found.language, 0.0) + found.words
    scores, mains = _sums(judged, total, classifier)
    areas = []
    for number, id_ in enumerate(classifier.ids):
        if scores[number]:
            rank = mains[number] / total + (policy.PRIOR if id_ in prior else 0.0)
            areas.append((rank, AreaScore(id_, round(scores[number], 4), _evidence(judged, number))))
    areas.sort(key=lambda item: (-item[0], -item[1].score, item[1].id))
    strengths = [max(found.read.strengths[n] for found in judged) for n in range(len(judged[0].read.strengths))]
    principles, themes = classifier.beside(strengths) if areas else ([], [])
    return Classification(
        max(sorted(tongues), key=lambda name: tongues[name]) or language,
        tuple(area for _, area in areas),
        areas[0][1].id if areas else None,
        tuple(AreaScore(p.id, p.score, _evidence(judged, classifier.number(p.id))) for p in principles),
        tuple(AreaScore(t.id, t.score, _evidence(judged, classifier.number(t.id))) for t in themes),
    )


def _sums(judged: Sequence[_Judged], total: float, classifier: Classifier) -> tuple[list[float], list[float]]:
    """By area the best score of an edit that gives it and weighs something, and the words of edits by it."""
    scores = [0.0] * len(classifier.ids)
    mains = [0.0] * len(classifier.ids)
    heaviest = max(found.words for found in judged)
    for found in judged:
        given = [number for number, inside in enumerate(found.scored.given) if inside]
        for number in given:
            mains[number] += found.words * found.scored.scores[number] * policy.SECOND
            if found.words >= policy.EDIT_SHARE * total or found.words >= heaviest / 2:
                scores[number] = max(scores[number], found.scored.scores[number])
        if given:
            best = max(given, key=lambda n: (found.scored.ranks[n], -n))
            mains[best] += found.words * found.scored.scores[best]
    return scores, mains


def _judge(number: int, edit: Edit, classifier: Classifier, language: str) -> Iterator[_Judged]:
    if edit.kind in _STILL:
        return
    sides = tuple(_sides(edit))
    rows = tuple(row(side.text) for side in sides)
    touched = [_touched(line, side.changed) for line, side in zip(rows, sides, strict=True)]
    words = sum(touched)
    if not words:
        return
    context = max(policy.CONTEXT, 1.0 - words / policy.CONTEXT_WORDS)
    # The headings above are read first, as those of a passage are: a point of a list hardly ever names its subject.
    above = [Part(row(edit.path), policy.HEADING)] if edit.path else []
    parts = above + [
        Part(line, policy.OLD if side.side == "old" and len(sides) > 1 else 1.0, _weights(line, side.changed, context))
        for line, side in zip(rows, sides, strict=True)
    ]
    base = language.lower().split("-")[0]
    longest = max(rows, key=lambda line: len(line.line))
    own = spoken(longest, language)
    read, scored = classifier.judge(parts, own)
    yield _Judged(number, words, sides, rows, read, scored, own or base)


def _sides(edit: Edit) -> Iterator[_Side]:
    """The sides with changed words. Without spans the whole text of a side is what changed."""
    old, new = edit.old_text, edit.new_text
    if not edit.spans:
        if old and new and old == new:
            return
        if old:
            yield _Side(old, ((0, len(old)),), "old")
        if new:
            yield _Side(new, ((0, len(new)),), "new")
        return
    for side, mark, text in (("old", "-", old), ("new", "+", new)):
        place = 0
        changed = []
        for kind, piece in edit.spans:
            if kind == mark:
                changed.append((place, place + len(piece)))
            if kind in ("=", mark):
                place += len(piece)
        if changed and text:
            yield _Side(text, tuple(changed), side)


def _touched(line: Row, changed: Sequence[tuple[int, int]]) -> float:
    """How many words of a row changed."""
    count = 0.0
    for word, (start, end) in zip(line.words, line.places, strict=True):
        if word in ("", ".", ","):
            continue
        for a, b in changed:
            common = min(end, b) - max(start, a)
            if common > 0:
                count += common / 1.7 if word[0] > "\u2fff" else 1.0
                break
    return count


def _weights(line: Row, changed: Sequence[tuple[int, int]], context: float) -> list[float]:
    """What each character of the row's line counts for: 1 where it changed, `context` elsewhere."""
    weights = [context] * len(line.line)
    for number in range(1, len(line.at)):
        start, end = line.places[number]
        place = line.at[number]
        han = line.words[number][0] > "\u2fff"
        for a, b in changed:
            first, last = max(start, a), min(end, b)
            if first < last:
                span = range(place + first - start, place + last - start) if han else range(place, _next(line, number))
                for at in span:
                    weights[at] = 1.0
    return weights


def _next(line: Row, number: int) -> int:
    return line.at[number + 1] if number + 1 < len(line.at) else len(line.line)


def _evidence(judged: Sequence[_Judged], entry: int) -> tuple[Evidence, ...]:
    """The strongest evidence of all edits, from their own words."""
    found: list[Evidence] = []
    for one in judged:
        own = one.read.found[-len(one.sides) :]
        for side, line, part in zip(one.sides, one.rows, own, strict=True):
            hits = [hit for hit in part.hits if hit.entry == entry]
            found.extend(evidence.spans(hits, line, side.text, edit=one.number, side=side.side))
    found.sort(key=lambda e: (-e.weight, e.edit, e.side, e.start))
    return tuple(found[: policy.EVIDENCE])
