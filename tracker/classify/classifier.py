"""What a text or a change is about: areas, principles and themes of a taxonomy, each with the words it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tracker.classify import changes, documents, evidence, linear, policy, scoring
from tracker.classify import taxonomy as taxonomies
from tracker.classify.lexicon import Hit, Lexicon, confidence
from tracker.classify.reading import Part, Read, read
from tracker.classify.scoring import Scored, Signals
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.tongue import SPOKEN, tongue
from tracker.classify.words import Row, row
from tracker.model import AreaScore, Block, Classification, Comparison, Evidence

_KEPT: Final[dict[int, tuple[Taxonomy, Classifier]]] = {}


class Classifier:
    """Classifies texts and changes by a taxonomy. Holds no state between calls: same input, same output."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        *,
        model: linear.Model | None = None,
        formulas: Mapping[str, scoring.Formula] | None = None,
    ) -> None:
        self.taxonomy = taxonomy
        self.ids: tuple[str, ...] = tuple(area.id for area in taxonomy.areas)
        self._lexicon = Lexicon(taxonomy)
        self._model = model or linear.load()
        self._formulas = formulas or scoring.load()
        self._classes = linear.align(self._model, self.ids)
        self._principles = len(self.ids) + len(taxonomy.principles)

    # ------------------------------------------------------------------------------------- the three questions

    def classify(self, text: str, *, language: str = "", heading: str = "") -> Classification:
        """The areas of a passage, or of a text of any length. `heading` gives context; `language` as "en", "fr",
        "zh" is found from the text without it. Offsets of the evidence are those of `text`.

        In another language only terms that travel between languages are read, and `language` of the answer is that
        other language or "".
        """
        if documents.is_long(text):
            return documents.classify(documents.passages(text, heading), self, language)
        line = row(text)
        spoken = self._spoken(line, language)
        judged, scored = self.judge(self._parts(line, heading), spoken)
        return self._verdict(spoken or language, judged, scored, line, text, len(judged.found) - 1)

    def classify_blocks(self, blocks: Sequence[Block]) -> Classification:
        """The areas of a document: the sum of its blocks, each read under its heading and in its own language.
        Offsets of the evidence are those of the blocks' texts joined by line breaks."""
        return documents.classify(documents.of_blocks(blocks), self, "")

    def classify_change(
        self, comparison: Comparison, *, language: str = "", prior: Sequence[str] = ()
    ) -> Classification:
        """The areas of a change. Words added, removed or replaced weigh most, their paragraph gives context; what
        only moved or was renumbered has no area. `prior`, the source's areas, only breaks ties for the main one.
        Evidence names its edit and its side; offsets are those of Edit.new_text or Edit.old_text."""
        return changes.classify(comparison, self, language, prior)

    # ------------------------------------------------------------------------------------------ for the rooms' parts

    def judge(self, parts: Sequence[Part], language: str) -> tuple[Read, Scored]:
        """What parts say together, and the verdict on the areas."""
        found = read(parts, language, self._lexicon, self._model, self._classes)
        return found, scoring.score(
            found.signals, self.ids, self._formulas, scoring.BOTH if language in SPOKEN else scoring.LEXICON
        )

    def signals(self, text: str, *, language: str = "", heading: str = "") -> Signals:
        """What calibration learns from: a passage's signals before any verdict."""
        line = row(text)
        spoken = self._spoken(line, language)
        return read(self._parts(line, heading), spoken, self._lexicon, self._model, self._classes).signals

    def beside(self, strengths: Sequence[float]) -> tuple[list[AreaScore], list[AreaScore]]:
        """Principles and themes of these strengths, without evidence: they go by their words alone."""
        principles: list[AreaScore] = []
        themes: list[AreaScore] = []
        for number in range(len(self.ids), len(strengths)):
            score = confidence(strengths[number])
            if score >= policy.THRESHOLD:
                entry = AreaScore(self._lexicon.entries[number].id, round(score, 4))
                (principles if number < self._principles else themes).append(entry)
        return principles, themes

    def number(self, id_: str) -> int:
        """The place of an entry among areas, principles, themes."""
        return next(number for number, entry in enumerate(self._lexicon.entries) if entry.id == id_)

    # ------------------------------------------------------------------------------------------------ inside

    @staticmethod
    def _parts(line: Row, heading: str) -> list[Part]:
        above = [Part(row(heading), policy.HEADING)] if heading else []
        return [*above, Part(line)]

    @staticmethod
    def _spoken(line: Row, language: str) -> str:
        base = language.lower().replace("_", "-").split("-")[0]
        return base if base in SPOKEN else ("" if base else tongue(line))

    def _verdict(self, language: str, found: Read, scored: Scored, line: Row, text: str, part: int) -> Classification:
        hits: dict[int, list[Hit]] = {}
        for hit in found.found[part].hits:
            hits.setdefault(hit.entry, []).append(hit)

        def spans(number: int) -> tuple[Evidence, ...]:
            return evidence.spans(hits.get(number, ()), line, text)

        given = [
            (scored.ranks[number], AreaScore(id_, round(scored.scores[number], 4), spans(number)))
            for number, id_ in enumerate(self.ids)
            if scored.given[number]
        ]
        given.sort(key=lambda pair: (-pair[0], pair[1].id))
        areas = tuple(area for _, area in given)
        principles, themes = self.beside(found.strengths) if areas else ([], [])
        return Classification(
            language,
            areas,
            areas[0].id if areas else None,
            tuple(AreaScore(p.id, p.score, spans(self.number(p.id))) for p in principles),
            tuple(AreaScore(t.id, t.score, spans(self.number(t.id))) for t in themes),
        )


def load(taxonomy: Path | None = None) -> Classifier:
    """The classifier of a taxonomy file, of the Action Plan's without one; kept in memory until the file changes.

    Raises taxonomy.TaxonomyError.
    """
    found = taxonomies.load(taxonomy)
    kept = _KEPT.get(id(found))
    if kept is None or kept[0] is not found:
        kept = _KEPT[id(found)] = (found, Classifier(found))
    return kept[1]
