"""A linear model over `features`: one weight for each feature and area, learnt by `train` from sentences in our own
words. The file is text: a JSON head line, then a feature a line with its weights in hundredths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from pathlib import Path
from typing import Final

from tracker.classify.features import damped

BUILT_IN: Final = Path(__file__).with_name("data") / "model.tsv"
FORMAT: Final = "tracker-linear-1"
PRUNED: Final = 0.15
"""Weights below this share of the feature's largest are not kept."""
NONE: Final = "-"
"""The class of texts without an area."""


@dataclass(frozen=True, slots=True)
class Model:
    """`classes` are ids of areas, the last one NONE; `bias` has one value for each; `weights` maps a feature to its
    rarity (inverse document frequency in the training text) and the pairs of class and weight."""

    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, tuple[tuple[int, float], ...]]]

    def score(self, counts: Mapping[str, float]) -> list[float]:
        """The log-odds of each class for a text's feature counts. Features that the model does not know say
        nothing; the others form a vector of length 1."""
        sums = [0.0] * len(self.classes)
        length = 0.0
        known = self.weights
        for feature, times in counts.items():
            found = known.get(feature)
            if found is not None:
                rarity, weights = found
                value = damped(times) * rarity
                length += value * value
                for number, weight in weights:
                    sums[number] += value * weight
        if length:
            scale = 1.0 / sqrt(length)
            sums = [value * scale for value in sums]
        return [value + bias for value, bias in zip(sums, self.bias, strict=True)]


@lru_cache(maxsize=4)
def load(path: Path = BUILT_IN) -> Model:
    """The model of a file written by `dump`. Raises ValueError when it is not one."""
    lines = path.read_text(encoding="utf-8").split("\n")
    head = json.loads(lines[0])
    if head.get("format") != FORMAT:
        raise ValueError(f"{path}: not a model of format {FORMAT}")
    weights: dict[str, tuple[float, tuple[tuple[int, float], ...]]] = {}
    for line in lines[1:]:
        if line:
            feature, rarity, pairs = line.split("\t")
            parts = (pair.split(":") for pair in pairs.split(" "))
            weights[feature] = (float(rarity), tuple((int(number), int(value) / 100.0) for number, value in parts))
    return Model(tuple(head["classes"]), tuple(head["bias"]), weights)


def dump(model: Model, about: Mapping[str, object]) -> str:
    """The model as text; `about` goes into the head line (seed, counts, how it was made)."""
    head = {"format": FORMAT, "classes": list(model.classes), "bias": [round(b, 4) for b in model.bias], **about}
    lines = [json.dumps(head, ensure_ascii=False, sort_keys=True)]
    for feature in sorted(model.weights):
        rarity, pairs = model.weights[feature]
        least = PRUNED * max((abs(value) for _, value in pairs), default=0.0)
        kept = [(number, round(value * 100)) for number, value in pairs if abs(value) >= least]
        shown = " ".join(f"{number}:{value}" for number, value in kept if value)
        if shown:
            lines.append(f"{feature}\t{rarity:.2f}\t{shown}")
    return "\n".join(lines) + "\n"


def strongest(model: Model, count: int) -> Model:
    """The same model with the `count` features that matter most to some class."""

    def reach(item: tuple[str, tuple[float, tuple[tuple[int, float], ...]]]) -> tuple[float, str]:
        feature, (rarity, pairs) = item
        return -rarity * max((abs(value) for _, value in pairs), default=0.0), feature

    return Model(model.classes, model.bias, dict(sorted(model.weights.items(), key=reach)[:count]))


def align(model: Model, ids: Sequence[str]) -> list[int | None]:
    """For each id its class's number in the model, None for ids that it never learnt."""
    known = {name: number for number, name in enumerate(model.classes)}
    return [known.get(name) for name in ids]
