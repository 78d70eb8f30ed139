"""From what the lexicon and the linear model say to calibrated scores, given areas and the main one.

One logistic regression shared by all areas over a few features of each area, with a small offset an area
(`calibrate` fits it on labelled passages), and a second one that says whether the text has an area at all: where it
has, the best area is given and others from a common score on. Areas that the linear model never learnt, and texts in
languages that it cannot read, go by the lexicon's features alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log1p
from pathlib import Path
from typing import Final

BUILT_IN: Final = Path(__file__).with_name("data") / "calibration.json"
FORMAT: Final = "tracker-calibration-2"

BOTH: Final = "both"
LEXICON: Final = "lexicon"
LINEAR: Final = "linear"


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a text: by area the lexicon's strength and the linear model's log-odds (None: not learnt),
    the log-odds of having no area, and how much it speaks of the subject and of other fields."""

    strengths: tuple[float, ...]
    odds: tuple[float | None, ...]
    no_area: float
    subject: float
    elsewhere: float


@dataclass(frozen=True, slots=True)
class Formula:
    """One fitted regression an area, one of the whole text. `offsets` and `main` are by area; areas without one take 0.
    `presence` are the weights of `presence_features` and a constant; a text has an area where they come to
    `present` or more, its best one and those whose score is `threshold` or more."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    constant: float
    offsets: Mapping[str, float]
    main: Mapping[str, float]
    threshold: float
    presence: tuple[float, ...]
    present: float

    def logits(self, columns: Sequence[Sequence[float]], areas: Sequence[str]) -> list[float]:
        """The log-odds of each area, that it is one of the text's; `columns` are those of `features`."""
        offsets, constant = self.offsets.get, self.constant
        totals = [constant + offsets(area, 0.0) for area in areas]
        for values, mean, scale, weight in zip(columns, self.means, self.scales, self.weights, strict=True):
            totals = [total + (value - mean) / scale * weight for total, value in zip(totals, values, strict=True)]
        return totals

    def has_area(self, row: Sequence[float]) -> bool:
        """Whether a text of these `presence_features` has an area."""
        total = sum(weight * value for weight, value in zip(self.presence, (*row, 1.0), strict=True))
        return total >= self.present


@dataclass(frozen=True, slots=True)
class Scored:
    """By area: the score (0 to 1), whether it is given, and the rank by which the main one is chosen."""

    scores: tuple[float, ...]
    given: tuple[bool, ...]
    ranks: tuple[float, ...]


def features(signals: Signals, kind: str) -> list[Sequence[float]]:
    """The regression's features, each with a value an area: how strongly each of the two speaks for it, and how far
    it stays behind the strongest other area."""
    count = len(signals.strengths)
    columns: list[Sequence[float]] = []
    if kind != LEXICON:
        odds = [-3.0 if value is None else value for value in signals.odds]
        columns += (odds, _behind(odds), (signals.no_area,) * count)
    if kind != LINEAR:
        logs = [log1p(strength) if strength > 0.0 else 0.0 for strength in signals.strengths]
        # Other fields' words matter only where they outweigh the subject's.
        away = log1p(max(0.0, signals.elsewhere - signals.subject))
        subject = min(3.0, log1p(max(0.0, signals.subject)))
        columns += (logs, _behind(logs), (subject,) * count, (away,) * count)
    return columns


def presence_features(logits: Sequence[float], no_area: float, kind: str) -> list[float]:
    """What tells a text with an area from one without: its best area, all areas together, and how strongly the linear
    model believes that there is none."""
    together = sum(log1p(exp(min(30.0, value))) for value in logits)
    return [max(logits, default=0.0), together, 0.0 if kind == LEXICON else no_area]


def _behind(values: Sequence[float]) -> list[float]:
    """How far each value stays behind the best of the others: 0 for the best one."""
    if not values:
        return []
    best = max(values)
    place = values.index(best)
    return [0.0 if number == place else value - best for number, value in enumerate(values)]


def score(signals: Signals, areas: Sequence[str], formulas: Mapping[str, Formula], kind: str = BOTH) -> Scored:
    """The verdict on a text by the formula of a kind; areas that the linear model never learnt go by the lexicon's."""
    used = [formulas[kind]] * len(areas)
    logits = formulas[kind].logits(features(signals, kind), areas)
    if kind == BOTH and None in signals.odds:
        words = formulas[LEXICON].logits(features(signals, LEXICON), areas)
        for number, odds in enumerate(signals.odds):
            if odds is None:
                used[number], logits[number] = formulas[LEXICON], words[number]
    scores = tuple(sigmoid(value) for value in logits)
    ranks = tuple(value + formula.main.get(area, 0.0) for value, formula, area in zip(logits, used, areas, strict=True))
    best = max(range(len(areas)), key=lambda number: (ranks[number], -number), default=None)
    if best is None:
        return Scored((), (), ())
    # Of the formula by which the best area is judged: what the linear model says of "no area" means nothing beside
    # areas that it never learnt.
    by = LEXICON if kind == BOTH and signals.odds[best] is None else kind
    given = (False,) * len(areas)
    if formulas[by].has_area(presence_features(logits, signals.no_area, by)):
        given = tuple(
            number == best or value >= formula.threshold
            for number, (value, formula) in enumerate(zip(scores, used, strict=True))
        )
    return Scored(scores, given, ranks)


def sigmoid(value: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, value))))


@lru_cache(maxsize=4)
def load(path: Path = BUILT_IN) -> dict[str, Formula]:
    """The formulas of a file written by `dump`. Raises ValueError when it is not one."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("format") != FORMAT:
        raise ValueError(f"{path}: not a calibration of format {FORMAT}")
    return {
        kind: Formula(
            means=tuple(found["means"]),
            scales=tuple(found["scales"]),
            weights=tuple(found["weights"]),
            constant=found["constant"],
            offsets=found["offsets"],
            main=found["main"],
            threshold=found["threshold"],
            presence=tuple(found["presence"]),
            present=found["present"],
        )
        for kind, found in data["formulas"].items()
    }


def dump(formulas: Mapping[str, Formula], about: Mapping[str, object]) -> str:
    """The formulas as JSON text; `about` says on what they were fitted."""

    def shown(value: object) -> object:
        if isinstance(value, float):
            return round(value, 4)
        if isinstance(value, Mapping):
            return {key: shown(item) for key, item in sorted(value.items())}
        return [shown(item) for item in value] if isinstance(value, tuple) else value

    found = {
        kind: {name: shown(getattr(formula, name)) for name in Formula.__slots__}
        for kind, formula in sorted(formulas.items())
    }
    return json.dumps({"format": FORMAT, **about, "formulas": found}, indent=1, sort_keys=True) + "\n"
