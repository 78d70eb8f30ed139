"""One text read by the lexicon and the linear model: signals for the scores, hits for the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.classify import features, linear, policy
from tracker.classify.lexicon import Found, Lexicon
from tracker.classify.scoring import Signals
from tracker.classify.words import Row


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of what is classified together: a heading, a passage, one side of an edit. `weight` is what all of it
    counts for; `weights` what each character of the row's line counts for."""

    row: Row
    weight: float = 1.0
    weights: Sequence[float] | None = None


@dataclass(slots=True)
class Read:
    """What parts say together: the strength of every entry of the lexicon, what was found in each part, and the
    signals of the areas."""

    strengths: list[float]
    found: list[Found] = field(default_factory=list)
    signals: Signals = field(default_factory=lambda: Signals((), (), 0.0, 0.0, 0.0))


def read(
    parts: Sequence[Part], language: str, lexicon: Lexicon, model: linear.Model, classes: Sequence[int | None]
) -> Read:
    """Reads parts as one text. `classes` are the areas' numbers in the model. Context flows from light parts (the
    heading) into heavy ones: give them first."""
    result = Read([0.0] * len(lexicon.entries))
    counts: dict[str, float] = {}
    subject = elsewhere = 0.0
    for part in parts:
        found = lexicon.find(part.row, language, context=subject, weights=part.weights)
        for number, strength in enumerate(found.strength):
            if strength:
                result.strengths[number] += part.weight * strength
        subject += part.weight * found.subject
        elsewhere += part.weight * found.elsewhere
        features.count(part.row, counts, weight=part.weight, weights=_weights(part, found))
        result.found.append(found)
    odds = model.score(counts)
    result.signals = Signals(
        strengths=tuple(result.strengths[: len(classes)]),
        odds=tuple(None if number is None else odds[number] for number in classes),
        no_area=odds[-1],
        subject=subject,
        elsewhere=elsewhere,
    )
    return result


def _weights(part: Part, found: Found) -> list[float] | None:
    """What each character of the line counts for in the linear model; None where all count the same."""
    if part.weights is None and not found.excluded:
        return None
    own = part.weights if part.weights is not None else [1.0] * len(part.row.line)
    weights = [part.weight * value for value in own]
    for start, end in found.excluded:
        for place in range(start, min(end, len(weights))):
            weights[place] *= policy.EXCLUDED
    return weights
