"""Learns the linear model from the sentences in `training/` and the taxonomy's words: `make train`.

What a feature says of an area is how much rarer it is in texts without the area than in texts without other areas; what
it says of having none, how much more frequent it is in texts without an area than in the others. Plain sums in a fixed
order: the same text gives the same file.

Rennie, Shih, Teevan, Karger: Tackling the poor assumptions of naive Bayes text classifiers, 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from pathlib import Path
from typing import Final

from tracker.classify import features, linear, taxonomy
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.words import row

TRAINING: Final = Path(__file__).with_name("training")

SMOOTH: Final = 0.1
"""What is added to a feature's sum in the texts without an area (compared: 0.03 to 1)."""
NONE_SMOOTH: Final = 0.03
"""The same for what says that a text has no area."""
SCALE: Final = 3.0
NONE_SCALE: Final = 0.5
"""Bring weights to where tenths of them are fine enough, and scores to those of a text's log-odds."""
TERM_WEIGHT: Final = 0.2
"""What a taxonomy's term counts for beside a sentence (compared: 0.05 to 1)."""
KEPT: Final = 100_000


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


def train(texts: Sequence[Example], areas: Sequence[str], *, kept: int = KEPT) -> linear.Model:
    """The model of these examples for these areas and for texts without one."""
    counted = []
    frequency: dict[str, int] = {}
    for example in texts:
        counts: dict[str, float] = {}
        features.count(row(example.text), counts)
        counted.append(counts)
        for feature in counts:
            frequency[feature] = frequency.get(feature, 0) + 1
    rarity = {feature: log((1 + len(texts)) / (1 + frequency[feature])) + 1.0 for feature in sorted(frequency)}
    whole = dict.fromkeys(rarity, 0.0)
    sums = {name: dict.fromkeys(rarity, 0.0) for name in (*areas, linear.NONE)}
    for example, counts in zip(texts, counted, strict=True):
        for feature, value in _vector(counts, rarity).items():
            whole[feature] += example.weight * value
            for name in example.areas or (linear.NONE,):
                sums[name][feature] += example.weight * value
    for_areas = _centred([_without(whole, sums[name]) for name in (*areas, linear.NONE)])[:-1]
    for_none = _against(sums[linear.NONE], whole)
    weights = {
        feature: (
            rarity[feature],
            (
                *((number, SCALE * column[feature]) for number, column in enumerate(for_areas)),
                (len(areas), NONE_SCALE * for_none[feature]),
            ),
        )
        for feature in rarity
    }
    return linear.strongest(linear.Model((*areas, linear.NONE), weights), kept, frequency)


def _vector(counts: dict[str, float], rarity: dict[str, float]) -> dict[str, float]:
    """A text's features by rarity, as a vector of length 1."""
    values = {feature: features.damped(times) * rarity[feature] for feature, times in counts.items()}
    length = sqrt(fsum(value * value for value in values.values())) or 1.0
    return {feature: value / length for feature, value in values.items()}


def _without(whole: dict[str, float], part: dict[str, float]) -> dict[str, float]:
    """How rare each feature is in the texts outside a part: minus the logarithm of its share."""
    rest = {feature: max(0.0, value - part[feature]) + SMOOTH for feature, value in whole.items()}
    total = log(fsum(rest.values()))
    return {feature: total - log(value) for feature, value in rest.items()}


def _centred(columns: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The same with a mean of 0 for each feature: what all classes share says nothing."""
    means = {feature: fsum(column[feature] for column in columns) / len(columns) for feature in columns[0]}
    return [{feature: value - means[feature] for feature, value in column.items()} for column in columns]


def _against(part: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """How much more frequent each feature is inside a part than outside: the logarithm of the ratio of its shares."""
    inside = {feature: value + NONE_SMOOTH for feature, value in part.items()}
    outside = {feature: max(0.0, whole[feature] - value) + NONE_SMOOTH for feature, value in part.items()}
    ratio = log(fsum(outside.values()) / fsum(inside.values()))
    return {feature: ratio + log(inside[feature] / outside[feature]) for feature in part}


def main(out: Path = linear.BUILT_IN) -> None:
    """Writes the model file."""
    read = taxonomy.load()
    areas = [area.id for area in read.areas]
    sentences = examples(known=areas)
    terms = term_examples(read)
    model = train([*sentences, *terms], areas)
    about = {"sentences": len(sentences), "terms": len(terms), "taxonomy": read.id}
    out.write_text(linear.dump(model, about), encoding="utf-8")


if __name__ == "__main__":
    main()
