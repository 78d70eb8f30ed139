"""Fits the formulas of `scoring` on labelled passages: weights of a handful of features, an offset and a threshold an
area. The passages stay outside; what is kept are some sixty numbers a formula.

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
GRID: Final = tuple(0.16 + 0.03 * step for step in range(19))
PULL: Final = 20.0
"""Passages by which an area's own threshold is drawn to the common one."""
SEEN: Final = 3
"""Passages that an area needs to get an offset and a threshold of its own; others take the common ones."""

BLANK: Final = Formula((0.0,) * 7, (1.0,) * 7, (0.0,) * 7, 0.0, {}, {}, {}, 0.5)
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
    rows: list[tuple[list[float], int, bool]] = []
    for passage in passages:
        for number, row in enumerate(features(passage.signals, kind)):
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
        {},
        0.5,
    )
    ranked = replace(rough, main=_main(passages, areas, kind, rough))
    return _thresholds(passages, areas, kind, ranked)


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
            rows = features(passage.signals, kind)
            tasks.append(([formula.logit(row, area) for row, area in zip(rows, areas, strict=True)], right))
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


def _thresholds(passages: Sequence[Labelled], areas: Sequence[str], kind: str, formula: Formula) -> Formula:
    """The common threshold with the best harmony of areas, main area and silence, then each area's own, drawn to
    the common one where the passages are few."""
    logits = [
        [formula.logit(row, area) for row, area in zip(features(p.signals, kind), areas, strict=True)] for p in passages
    ]
    scores = [[sigmoid(value) for value in row] for row in logits]
    common = max(GRID, key=lambda level: (_worth(passages, areas, scores, logits, formula, level), -level))
    own: dict[str, float] = {}
    for number, area in enumerate(areas):
        pairs = [
            (scores[index][number], area in passage.areas)
            for index, passage in enumerate(passages)
            if area not in passage.maybe
        ]
        count = sum(positive for _, positive in pairs)
        near = [level for level in GRID if abs(level - common) <= 0.19]
        best = max(near, key=lambda level: (_f1(pairs, level), -abs(level - common)))
        if area in formula.offsets:
            own[area] = (best * count + common * PULL) / (count + PULL)
    return replace(formula, thresholds=own, threshold=common)


def _worth(
    passages: Sequence[Labelled],
    areas: Sequence[str],
    scores: Sequence[Sequence[float]],
    logits: Sequence[Sequence[float]],
    formula: Formula,
    level: float,
) -> float:
    right = wrong = missed = false = empty = main = 0
    for passage, row, odds in zip(passages, scores, logits, strict=True):
        given = [number for number in range(len(areas)) if row[number] >= level]
        names = {areas[number] for number in given}
        right += len(names & passage.areas)
        wrong += len(names - passage.areas - passage.maybe)
        missed += len(passage.areas - names)
        if not passage.areas and not passage.maybe:
            empty += 1
            false += bool(given)
        best = max(given, key=lambda n: odds[n] + formula.main.get(areas[n], 0.0)) if given else None
        main += (areas[best] if best is not None else None) in passage.main_ok
    f1 = 2 * right / max(1, 2 * right + wrong + missed)
    return f1 + 0.7 * main / max(1, len(passages)) - 2.0 * max(0.0, false / max(1, empty) - FALSE_WANTED)


def _f1(pairs: Sequence[tuple[float, bool]], level: float) -> float:
    right = sum(1 for value, positive in pairs if positive and value >= level)
    wrong = sum(1 for value, positive in pairs if not positive and value >= level)
    missed = sum(1 for value, positive in pairs if positive and value < level)
    return 2 * right / max(1, 2 * right + wrong + missed)


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
