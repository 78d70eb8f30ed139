"""Learns the linear model from the sentences in `training/` and the taxonomy's words: `make train`.

One logistic regression a class with a ridge, all over the same features, by stochastic gradient descent in plain Python
and in a fixed order: the same text gives the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count as counting
from math import exp, log, sqrt
from pathlib import Path
from typing import Final

from tracker.classify import features, linear, taxonomy
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.words import row

TRAINING: Final = Path(__file__).with_name("training")

EPOCHS: Final = 30
RATE: Final = 2.0
"""The first epoch's step; later ones fall as 1 / (1 + epoch / 4)."""
RIDGE: Final = 0.0
"""The ridge beside stopping early (on passages not looked at when the words were written: the less, the better)."""
TERM_WEIGHT: Final = 0.2
"""What a taxonomy's term counts for beside a sentence (compared on the same: 0, 0.05, 0.15, 0.3, 0.6, 1)."""
SECOND: Final = 0.6
"""What an area that is not a sentence's main one counts for."""
KEPT: Final = 44_000


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its areas, the main one first, none for a text without; `weight` is its share in the learning."""

    text: str
    areas: tuple[str, ...]
    language: str
    weight: float = 1.0


class TrainingError(ValueError):
    """A line of the training text that cannot be used, with its file and line."""


def examples(folder: Path = TRAINING, known: Sequence[str] = ()) -> list[Example]:
    """The sentences of `folder`/LANGUAGE.txt and LANGUAGE-SUBJECT.txt: `area area | text`, `- | text` for none.
    Raises TrainingError."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            names, separator, text = line.partition(" | ")
            areas = () if names.strip() == linear.NONE else tuple(names.split())
            wrong = [area for area in areas if known and area not in known]
            if not separator or not text.strip() or wrong:
                raise TrainingError(f"{path.name}:{number}: must be `area … | text` or `- | text` {wrong or ''}")
            found.append(Example(text, areas, path.stem.partition("-")[0]))
    return found


def term_examples(read: Taxonomy, weight: float = TERM_WEIGHT) -> list[Example]:
    """The taxonomy's clear terms as tiny texts of their areas, other fields' terms as texts of none."""
    found = [
        Example(term.text.replace("*", ""), (area.id,), term.language, weight)
        for area in read.areas
        for term in area.terms
        if term.weight >= 2.5
    ]
    found += [Example(term.text, (), term.language, weight) for term in read.elsewhere if term.weight >= 2.0]
    return found


def train(texts: Sequence[Example], areas: Sequence[str], *, epochs: int = EPOCHS, kept: int = KEPT) -> linear.Model:
    """The model of these examples for these areas and for texts without one."""
    counted = []
    frequency: dict[str, int] = {}
    for example in texts:
        counts: dict[str, float] = {}
        features.count(row(example.text), counts)
        counted.append(counts)
        for feature in counts:
            frequency[feature] = frequency.get(feature, 0) + 1
    number = {feature: index for index, feature in enumerate(sorted(frequency))}
    rarity = [log((1 + len(texts)) / (1 + frequency[feature])) + 1.0 for feature in sorted(frequency)]
    vectors = [_vector(counts, number, rarity) for counts in counted]
    columns = []
    for area in (*areas, linear.NONE):
        shares = [share(example, area) for example in texts]
        columns.append(regress(vectors, shares, len(rarity), epochs))
    weights = {
        feature: (rarity[index], tuple((c, column[index]) for c, (column, _) in enumerate(columns) if column[index]))
        for feature, index in number.items()
    }
    model = linear.Model((*areas, linear.NONE), tuple(bias for _, bias in columns), weights)
    return linear.strongest(model, kept)


def _vector(counts: dict[str, float], number: dict[str, int], rarity: Sequence[float]) -> list[tuple[int, float]]:
    pairs = [(number[feature], features.damped(times) * rarity[number[feature]]) for feature, times in counts.items()]
    length = sqrt(sum(value * value for _, value in pairs)) or 1.0
    return sorted((index, value / length) for index, value in pairs)


def share(example: Example, area: str) -> tuple[bool, float]:
    """Whether the example speaks for the area, and how much it counts."""
    if area == linear.NONE:
        return not example.areas, example.weight
    inside = area in example.areas
    return inside, example.weight * (SECOND if inside and example.areas[0] != area else 1.0)


def regress(
    vectors: Sequence[list[tuple[int, float]]], shares: Sequence[tuple[bool, float]], width: int, epochs: int
) -> tuple[list[float], float]:
    """Weights and bias of one class; both sides of the class weigh the same."""
    inside = sum(weight for positive, weight in shares if positive) or 1.0
    total = sum(weight for _, weight in shares)
    up, down = total / (2 * inside), total / (2 * max(1e-9, total - inside))
    weights, bias = [0.0] * width, 0.0
    for epoch, order in enumerate(_orders(len(vectors), epochs)):
        rate = RATE / (1.0 + epoch / 4.0)
        for index in order:
            vector = vectors[index]
            positive, weight = shares[index]
            margin = bias
            for place, value in vector:
                margin += weights[place] * value
            chance = 1.0 / (1.0 + exp(-max(-30.0, min(30.0, margin))))
            step = rate * (positive - chance) * weight * (up if positive else down)
            if abs(step) > 1e-5:
                for place, value in vector:
                    weights[place] += step * value
                bias += 0.1 * step
        shrink = 1.0 - rate * RIDGE
        weights = [value * shrink for value in weights]
    return weights, bias


def _orders(count: int, epochs: int) -> Iterator[list[int]]:
    """The order of examples in each epoch: a walk by a stride without common divisor, never drawn by chance."""
    for epoch in range(epochs):
        stride = next(s for s in counting(int(count * 0.381966) + 1 + epoch) if _coprime(s, count))
        yield [(epoch + step * stride) % count for step in range(count)]


def _coprime(one: int, other: int) -> bool:
    while other:
        one, other = other, one % other
    return one == 1


def main(out: Path = linear.BUILT_IN) -> None:
    """Writes the model file."""
    read = taxonomy.load()
    areas = [area.id for area in read.areas]
    sentences = examples(known=areas)
    terms = term_examples(read)
    model = train([*sentences, *terms], areas)
    about = {"sentences": len(sentences), "terms": len(terms), "epochs": EPOCHS, "taxonomy": read.id}
    out.write_text(linear.dump(model, about), encoding="utf-8")


if __name__ == "__main__":
    main()
