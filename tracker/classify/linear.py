"""A linear model over `features`: one weight for each feature and area, learnt by `train` from sentences in our own
words. The file is text: a JSON head line, then a feature a line with its weights in tenths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import sqrt
from pathlib import Path
from struct import unpack
from typing import Final

from tracker.classify.features import damped

BUILT_IN: Final = Path(__file__).with_name("data") / "model.tsv"
FORMAT: Final = "tracker-linear-2"
NONE: Final = "-"
"""The class of texts without an area."""
PRUNED: Final = 0.25
"""Weights below this share of the feature's largest for an area are not kept (that of NONE is)."""
NONE_SHARE: Final = 0.4
"""What a feature's weight for NONE counts for beside its weights for areas when features are chosen."""


_FIELD: Final = 64
"""Bits of a field of a packed row: the sums of all features of the shipped model fit, each met a million times."""
_MASK: Final = (1 << _FIELD) - 1
_MIDDLE: Final = 1 << (_FIELD - 1)
_ONE: Final = 1 << 20
"""What a feature that is met once is multiplied by: parts of it are told in whole numbers."""


@dataclass(frozen=True, slots=True)
class Model:
    """`classes` are ids of areas, the last one NONE; `weights` maps a feature to its rarity (inverse document frequency
    in the training text) and the pairs of class and weight. Rarities and weights are read in hundredths."""

    classes: tuple[str, ...]
    weights: Mapping[str, tuple[float, tuple[tuple[int, float], ...]]]
    _packed: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def score(self, counts: Mapping[str, float]) -> list[float]:
        """How far a text with these feature counts speaks for each class, above 0, or against it. Features that the
        model does not know say nothing; the others form a vector of length 1."""
        # Rows of features that are met equally often are added as whole numbers, all classes at once: exact on every
        # machine, and twice as fast as weight by weight.
        rows: dict[float, int] = {}
        known, packed, sums = self.weights, self._packed.get, rows.get
        for feature, times in counts.items():
            row = packed(feature)
            if row is None:
                if feature not in known:
                    continue
                row = self._pack(feature)
            rows[times] = sums(times, 0) + row
        total = squares = 0
        for times, row in rows.items():
            factor = round(damped(times) * _ONE)
            total += (row >> _FIELD) * factor
            squares += (row & _MASK) * factor * factor
        fields = self._unpack(total)
        scale = 0.01 / sqrt(squares) if squares else 0.0
        return [value * scale for value in fields]

    def _pack(self, feature: str) -> int:
        """The square of a feature's rarity, and what it says of each class where it is met once, in ten thousandths
        as fields of one number; kept from the first time on."""
        rarity, pairs = self.weights[feature]
        share = round(rarity * 100)
        row = share * share
        for number, weight in pairs:
            row += (share * round(weight * 100)) << (_FIELD * (number + 1))
        self._packed[feature] = row
        return row

    def _unpack(self, row: int) -> list[int]:
        """What a sum of rows says of each class."""
        count = len(self.classes)
        fields = (row + _middles(count)).to_bytes(count * _FIELD // 8, "little")
        return [value - _MIDDLE for value in unpack(f"<{count}Q", fields)]


@lru_cache(maxsize=8)
def _middles(count: int) -> int:
    """What makes every field of a row positive."""
    return sum(_MIDDLE << (_FIELD * number) for number in range(count))


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
            weights[feature] = (float(rarity), tuple((int(number), int(value) / 10.0) for number, value in parts))
    return Model(tuple(head["classes"]), weights)


def dump(model: Model, about: Mapping[str, object]) -> str:
    """The model as text; `about` goes into the head line (seed, counts, how it was made)."""
    head = {"format": FORMAT, "classes": list(model.classes), **about}
    lines = [json.dumps(head, ensure_ascii=False, sort_keys=True)]
    none = len(model.classes) - 1
    for feature in sorted(model.weights):
        rarity, pairs = model.weights[feature]
        least = PRUNED * max((abs(value) for number, value in pairs if number != none), default=0.0)
        kept = [(number, round(value * 10)) for number, value in pairs if number == none or abs(value) >= least]
        shown = " ".join(f"{number}:{value}" for number, value in kept if value)
        if shown:
            lines.append(f"{feature}\t{rarity:.2f}\t{shown}")
    return "\n".join(lines) + "\n"


def strongest(model: Model, count: int, frequency: Mapping[str, int]) -> Model:
    """The same model with the `count` features that matter most to some class: by weight, and by `frequency`, in how
    many training texts they stand. (By weight alone, what stands in one text would crowd out the rest.)"""
    none = len(model.classes) - 1

    def reach(item: tuple[str, tuple[float, tuple[tuple[int, float], ...]]]) -> tuple[float, str]:
        feature, (rarity, pairs) = item
        most = max((abs(value) for number, value in pairs if number != none), default=0.0)
        most += NONE_SHARE * max((abs(value) for number, value in pairs if number == none), default=0.0)
        return -round(rarity * frequency[feature] * most, 4), feature

    return Model(model.classes, dict(sorted(model.weights.items(), key=reach)[:count]))


def align(model: Model, ids: Sequence[str]) -> list[int | None]:
    """For each id its class's number in the model, None for ids that it never learnt."""
    known = {name: number for number, name in enumerate(model.classes)}
    return [known.get(name) for name in ids]
