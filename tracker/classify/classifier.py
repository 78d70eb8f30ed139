"""What a text or a change is about: areas, principles and themes of a taxonomy, each with the words it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tracker.classify import evidence, policy
from tracker.classify import taxonomy as taxonomies
from tracker.classify.lexicon import Found, Lexicon, confidence
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.tongue import tongue
from tracker.classify.words import Row, row
from tracker.model import AreaScore, Block, Classification, Comparison, EditKind


class Classifier:
    """Classifies texts and changes by a taxonomy. Holds no state between calls: same input, same output."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self._lexicon = Lexicon(taxonomy)
        self._areas = len(taxonomy.areas)
        self._principles = len(taxonomy.principles)

    def classify(self, text: str, *, language: str = "", heading: str = "") -> Classification:
        """The areas of a passage. `heading` gives context. Offsets of the evidence are those of `text`."""
        return self._classify(row(text), text, language, heading)

    def classify_blocks(self, blocks: Sequence[Block]) -> Classification:
        """The areas of a document: those of its blocks, weighed by their length."""
        text = "\n\n".join(block.text for block in blocks)
        return self._classify(row(text), text, blocks[0].language if blocks else "", "")

    def classify_change(
        self, comparison: Comparison, *, language: str = "", prior: Sequence[str] = ()
    ) -> Classification:
        """The areas of a change: of the words added and removed. Text that only moved has none."""
        parts = [edit for edit in comparison.edits if edit.kind not in (EditKind.MOVE, EditKind.RENUMBER)]
        text = "\n\n".join(edit.new_text or edit.old_text for edit in parts)
        return self._classify(row(text), text, language, "")

    def _classify(self, line: Row, text: str, language: str, heading: str) -> Classification:
        spoken = language if language in ("en", "fr", "zh") else tongue(line)
        above = self._lexicon.find(row(heading), spoken) if heading else None
        found = self._lexicon.find(line, spoken, context=above.subject * policy.HEADING if above else 0.0)
        strength = [s + policy.HEADING * (above.strength[i] if above else 0.0) for i, s in enumerate(found.strength)]
        subject = found.subject + (above.subject if above else 0.0)
        off = policy.ELSEWHERE * max(0.0, found.elsewhere - subject)
        best = max(strength[: self._areas], default=0.0)
        scores = [
            confidence(s - off if i < self._areas else s) if i >= self._areas or s >= policy.BESIDE * best else 0.0
            for i, s in enumerate(strength)
        ]
        return self._verdict(spoken or language, scores, found, line, text)

    def _verdict(self, language: str, scores: Sequence[float], found: Found, line: Row, text: str) -> Classification:
        given = []
        for number, (entry, score) in enumerate(zip(self._lexicon.entries, scores, strict=True)):
            if score >= policy.THRESHOLD:
                spans = evidence.spans([hit for hit in found.hits if hit.entry == number], line, text)
                given.append((number, AreaScore(entry.id, round(score, 4), spans)))
        areas = sorted((s for n, s in given if n < self._areas), key=lambda s: (-s.score, s.id))
        principles = [s for n, s in given if self._areas <= n < self._areas + self._principles]
        themes = [s for n, s in given if n >= self._areas + self._principles]
        return Classification(language, tuple(areas), areas[0].id if areas else None, tuple(principles), tuple(themes))


_KEPT: dict[int, tuple[Taxonomy, Classifier]] = {}


def load(taxonomy: Path | None = None) -> Classifier:
    """The classifier of a taxonomy file, of the Action Plan's without one; kept in memory until the file changes.

    Raises taxonomy.TaxonomyError.
    """
    read = taxonomies.load(taxonomy)
    kept = _KEPT.get(id(read))
    if kept is None or kept[0] is not read:
        kept = _KEPT[id(read)] = (read, Classifier(read))
    return kept[1]
