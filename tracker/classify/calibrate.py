"""Fits the formulas of `scoring` on labelled passages: weights of a handful of features, an offset an area, what says
that a text has an area, two thresholds. The passages stay outside; what is kept are some fifty numbers a formula.

Platt: Probabilistic outputs for support vector machines, 1999, with shared weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, sqrt
from pathlib import Path
from typing import Final

from tracker.classify import evaluate, taxonomy
from tracker.classify.classifier import Classifier
from tracker.classify.evaluate import Passage
from tracker.classify.scoring import (
    BOTH,
    BUILT_IN,
    LEXICON,
    Formula,
    Scored,
    Signals,
    dump,
    features,
    presence_features,
    score,
    sigmoid,
)

STEPS: Final = 150
RIDGE: Final = 1.0
OFFSET_RIDGE: Final = 2.0
MAIN_RIDGE: Final = 0.15
FALSE_WANTED: Final = 0.02
"""The share of area-less passages given an area for which thresholds are sought; lower than the 0.05 that is
promised, because thresholds found on few passages are too hopeful."""
FALSE_COST: Final = 2.0
MAIN_WORTH: Final = 0.7
THRESHOLDS: Final = tuple(0.22 + 0.04 * step for step in range(16))
"""Scores tried as the threshold of further areas."""
PRESENT: Final = tuple(-1.5 + 0.25 * step for step in range(19))
"""Log-odds tried as the least at which a text has an area."""
SEEN: Final = 3
"""Passages that an area needs to get an offset of its own."""

BLANK: Final = Formula((0.0,) * 7, (1.0,) * 7, (0.0,) * 7, 0.0, {}, {}, 0.5, (0.0,) * 4, 0.0)
"""A formula that says nothing: for a classifier of which only the signals are wanted."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A passage's signals and what readers said: `areas` are right, `maybe` neither right nor wrong, `main_ok` the
    right answers for the main area (None: no area)."""

    signals: Signals
    areas: frozenset[str]
    maybe: frozenset[str]
    main_ok: frozenset[str | None]
    language: str = ""


def fit(passages: Sequence[Labelled], areas: Sequence[str], kind: str, *, steps: int = STEPS) -> Formula:
    """The formula of one kind (scoring.BOTH, LEXICON or LINEAR)."""
    rows: list[tuple[Sequence[float], int, bool]] = []
    for passage in passages:
        for number, row in enumerate(zip(*features(passage.signals, kind), strict=True)):
            if areas[number] not in passage.maybe:
                rows.append((row, number, areas[number] in passage.areas))
    width = len(rows[0][0])
    means = [sum(row[i] for row, _, _ in rows) / len(rows) for i in range(width)]
    scales = [sqrt(sum((row[i] - means[i]) ** 2 for row, _, _ in rows) / len(rows)) + 1e-9 for i in range(width)]
    ready = [([(v - m) / s for v, m, s in zip(row, means, scales, strict=True)], n, y) for row, n, y in rows]
    weights, constant, offsets = _regress(ready, width, len(areas), steps)
    seen = {area for area in areas if sum(area in p.areas for p in passages) >= SEEN}
    rough = Formula(
        tuple(means),
        tuple(scales),
        tuple(weights),
        constant,
        {area: offsets[number] for number, area in enumerate(areas) if area in seen},
        {},
        0.5,
        (0.0,) * 4,
        0.0,
    )
    ranked = replace(rough, main=_main(passages, areas, kind, rough))
    return _present(passages, areas, kind, ranked)


def labelled(passages: Sequence[Passage], classifier: Classifier) -> list[Labelled]:
    """Passages with the signals that the classifier has of them."""
    return [
        Labelled(
            classifier.signals(p.text, language=p.language, heading=p.heading), p.areas, p.maybe, p.main_ok, p.language
        )
        for p in passages
    ]


def write(passages: Path, out: Path = BUILT_IN) -> None:
    """Fits the formulas on a file of labelled passages and writes the calibration. Raises evaluate.PassagesError."""
    classifier = Classifier(taxonomy.load(), formulas={BOTH: BLANK, LEXICON: BLANK})
    found = labelled(evaluate.load(passages, classifier.ids), classifier)
    formulas = {kind: fit(found, classifier.ids, kind) for kind in (BOTH, LEXICON)}
    out.write_text(dump(formulas, {"passages": len(found)}), encoding="utf-8")


def _regress(
    rows: Sequence[tuple[list[float], int, bool]], width: int, areas: int, steps: int
) -> tuple[list[float], float, list[float]]:
    """Gradient descent with momentum on the ridged loss, all passages at once."""
    weights, offsets, constant = [0.0] * width, [0.0] * areas, -2.0
    speed, offset_speed, constant_speed = [0.0] * width, [0.0] * areas, 0.0
    rate = 4.0 / len(rows)
    for _ in range(steps):
        gradient = [RIDGE * value for value in weights]
        offset_gradient = [OFFSET_RIDGE * value for value in offsets]
        constant_gradient = 0.0
        for row, number, positive in rows:
            total = constant + offsets[number]
            for value, weight in zip(row, weights, strict=True):
                total += value * weight
            slope = 1.0 / (1.0 + exp(-max(-30.0, min(30.0, total)))) - positive
            if -1e-4 < slope < 1e-4:
                continue
            for place, value in enumerate(row):
                gradient[place] += slope * value
            offset_gradient[number] += slope
            constant_gradient += slope
        speed = [0.9 * s - rate * g for s, g in zip(speed, gradient, strict=True)]
        offset_speed = [0.9 * s - rate * g for s, g in zip(offset_speed, offset_gradient, strict=True)]
        constant_speed = 0.9 * constant_speed - rate * constant_gradient
        weights = [w + s for w, s in zip(weights, speed, strict=True)]
        offsets = [w + s for w, s in zip(offsets, offset_speed, strict=True)]
        constant += constant_speed
    return weights, constant, offsets


def _main(passages: Sequence[Labelled], areas: Sequence[str], kind: str, formula: Formula) -> dict[str, float]:
    """What is added to an area's log-odds when the main one is chosen: broad areas stand back behind special ones."""
    extra = [0.0] * len(areas)
    tasks = []
    for passage in passages:
        right = [number for number, area in enumerate(areas) if area in passage.main_ok]
        if right:
            tasks.append((formula.logits(features(passage.signals, kind), areas), right))
    for _ in range(120):
        gradient = [-MAIN_RIDGE * len(tasks) / 10 * value for value in extra]
        for logits, right in tasks:
            chances = _softmax([value + more for value, more in zip(logits, extra, strict=True)])
            mass = sum(chances[number] for number in right) or 1.0
            for number, chance in enumerate(chances):
                gradient[number] -= chance
            for number in right:
                gradient[number] += chances[number] / mass
        extra = [value + 2.0 / (10 + len(tasks)) * slope for value, slope in zip(extra, gradient, strict=True)]
    return {area: extra[number] for number, area in enumerate(areas) if area in formula.offsets}


def _softmax(values: Sequence[float]) -> list[float]:
    top = max(values)
    powers = [exp(value - top) for value in values]
    total = sum(powers)
    return [power / total for power in powers]


def _present(passages: Sequence[Labelled], areas: Sequence[str], kind: str, formula: Formula) -> Formula:
    """What says that a text has an area, and the two thresholds with the best harmony of areas, main area and silence:
    that of the text, and that of areas beside its best one."""
    logits = [formula.logits(features(p.signals, kind), areas) for p in passages]
    rows = [presence_features(odds, p.signals.no_area, kind) for odds, p in zip(logits, passages, strict=True)]
    certain = [(row, bool(p.areas)) for row, p in zip(rows, passages, strict=True) if p.areas or not p.maybe]
    weights = logistic([row for row, _ in certain], [inside for _, inside in certain])
    odds = [sum(w * v for w, v in zip(weights, (*row, 1.0), strict=True)) for row in rows]
    tried = []
    for threshold in THRESHOLDS:
        counts = [_counts(p, areas, row, formula, threshold) for p, row in zip(passages, logits, strict=True)]
        for present in PRESENT:
            worth = _worth(passages, odds, counts, present)
            tried.append((worth, -abs(present), -abs(threshold - 0.5), present, threshold))
    _, _, _, present, threshold = max(tried)
    return replace(formula, threshold=threshold, presence=tuple(weights), present=present)


def logistic(rows: Sequence[Sequence[float]], inside: Sequence[bool], *, steps: int = 25) -> list[float]:
    """Weights of the rows' features and a constant: ridged logistic regression by Newton's method, over features
    brought to one scale."""
    width = len(rows[0])
    means = [sum(row[i] for row in rows) / len(rows) for i in range(width)]
    scales = [sqrt(sum((row[i] - means[i]) ** 2 for row in rows) / len(rows)) or 1.0 for i in range(width)]
    ready = [[*((v - m) / s for v, m, s in zip(row, means, scales, strict=True)), 1.0] for row in rows]
    size = width + 1
    weights = [0.0] * size
    for _ in range(steps):
        slope = [RIDGE * value for value in weights[:-1]] + [0.0]
        bend = [[(RIDGE if i == j and i < width else 0.0) for j in range(size)] for i in range(size)]
        for row, right in zip(ready, inside, strict=True):
            chance = sigmoid(sum(w * v for w, v in zip(weights, row, strict=True)))
            sure = max(1e-6, chance * (1.0 - chance))
            for i in range(size):
                slope[i] += (chance - right) * row[i]
                for j in range(size):
                    bend[i][j] += sure * row[i] * row[j]
        weights = [w - step for w, step in zip(weights, _solved(bend, slope), strict=True)]
    plain = [weight / scale for weight, scale in zip(weights, scales, strict=False)]
    return [*plain, weights[-1] - sum(w * m for w, m in zip(plain, means, strict=True))]


def _solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a small system that is positive definite, by Gauss."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        for row in rows[i + 1 :]:
            factor = row[i] / pivot[i]
            for j in range(i, len(row)):
                row[j] -= factor * pivot[j]
    found = [0.0] * len(rows)
    for i in range(len(rows) - 1, -1, -1):
        found[i] = (rows[i][-1] - sum(rows[i][j] * found[j] for j in range(i + 1, len(rows)))) / rows[i][i]
    return found


def _counts(
    passage: Labelled, areas: Sequence[str], logits: Sequence[float], formula: Formula, threshold: float
) -> tuple[int, int, bool]:
    """How many areas are right and wrong, and whether the main one is right, if the passage has areas at all."""
    best = max(range(len(areas)), key=lambda n: (logits[n] + formula.main.get(areas[n], 0.0), -n))
    names = {area for n, area in enumerate(areas) if n == best or sigmoid(logits[n]) >= threshold}
    return (
        len(names & passage.areas),
        len(names - passage.areas - passage.maybe),
        areas[best] in passage.main_ok,
    )


def _worth(
    passages: Sequence[Labelled], odds: Sequence[float], counts: Sequence[tuple[int, int, bool]], present: float
) -> float:
    right = wrong = missed = false = empty = main = 0
    for passage, chance, (hit, miss, leads) in zip(passages, odds, counts, strict=True):
        given = chance >= present
        if given:
            right += hit
            wrong += miss
        missed += len(passage.areas) - (hit if given else 0)
        if not passage.areas and not passage.maybe:
            empty += 1
            false += given
        main += leads if given else None in passage.main_ok
    f1 = 2 * right / max(1, 2 * right + wrong + missed)
    return f1 + MAIN_WORTH * main / max(1, len(passages)) - FALSE_COST * max(0.0, false / max(1, empty) - FALSE_WANTED)


def verdict(scored: Scored, areas: Sequence[str]) -> tuple[frozenset[str], str | None]:
    """The areas given and the main one."""
    given = [number for number, inside in enumerate(scored.given) if inside]
    best = max(given, key=lambda number: (scored.ranks[number], -number), default=None)
    return frozenset(areas[number] for number in given), None if best is None else areas[best]


def judged(
    passage: Labelled, areas: Sequence[str], formulas: Mapping[str, Formula], kind: str
) -> tuple[frozenset[str], str | None]:
    """The verdict of a kind of formula on a labelled passage's signals."""
    return verdict(score(passage.signals, areas, formulas, kind), areas)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fits thresholds and scores on labelled passages.")
    parser.add_argument("passages", type=Path, help="labelled passages, one JSON object a line")
    write(parser.parse_args().passages)
