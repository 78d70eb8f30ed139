"""The words that a verdict rests on, as spans of the text given."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.classify import policy
from tracker.classify.lexicon import Hit
from tracker.classify.words import Row
from tracker.model import Evidence


def spans(hits: Sequence[Hit], row: Row, text: str, *, edit: int = 0, side: str = "new") -> tuple[Evidence, ...]:
    """The hits as evidence, strongest first, at most `policy.EVIDENCE`; offsets count code points of `text`."""
    found: dict[tuple[int, int], float] = {}
    for hit in hits:
        if hit.weight <= 0:
            continue
        line = row.line
        start = hit.start + (1 if line[hit.start] == " " else 0)
        end = hit.end - (1 if line[hit.end - 1] == " " else 0)
        place = row.span(start, end)
        found[place] = max(found.get(place, 0.0), hit.weight)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))[: policy.EVIDENCE]
    return tuple(Evidence(a, b, round(weight, 3), text[a:b], edit, side) for (a, b), weight in ranked)
