"""Long texts and whole documents: read passage by passage under their headings, then added up by length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tracker.classify import evidence, policy
from tracker.classify.reading import Part
from tracker.classify.tongue import spoken
from tracker.classify.words import row
from tracker.model import AreaScore, Block, Classification, Evidence

if TYPE_CHECKING:
    from tracker.classify.classifier import Classifier

_CUT: Final = re.compile(r"\n\s*\n|(?<=[.!?;])\s+|(?<=[。！？；])")
_HAN_CHARACTER: Final = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document: its text, where it begins in the whole, and the headings above it."""

    text: str
    start: int
    heading: str = ""
    language: str = ""


def is_long(text: str) -> bool:
    """Whether a text is read in passages: some three paragraphs and more."""
    return len(text) > policy.LONG and (
        len(text) > policy.LONG * 3 or len(_HAN_CHARACTER.findall(text, 0, policy.LONG)) * 3 > policy.LONG
    )


def passages(text: str, heading: str = "") -> Iterator[Passage]:
    """A text cut at paragraphs and sentences into pieces of about a paragraph."""
    start = end = 0
    han = len(_HAN_CHARACTER.findall(text, 0, 2000)) * 3 > min(len(text), 2000)
    wanted = policy.PASSAGE // 3 if han else policy.PASSAGE
    for match in _CUT.finditer(text):
        end = match.end()
        if end - start >= wanted:
            yield from _bounded(Passage(text[start:end], start, heading))
            start = end
    if text[start:].strip():
        yield from _bounded(Passage(text[start:], start, heading))


def _bounded(passage: Passage) -> Iterator[Passage]:
    """A passage without a place to cut at is cut all the same."""
    most = policy.PASSAGE * 4
    for at in range(0, len(passage.text), most):
        yield replace(passage, text=passage.text[at : at + most], start=passage.start + at)


def of_blocks(blocks: Iterable[Block]) -> Iterator[Passage]:
    """Passages of a document: blocks that stand together under a heading and in one language."""
    heading: dict[int, str] = {}
    texts: list[str] = []
    begin = place = 0
    language = ""
    for block in blocks:
        ended = block.kind == "heading" or block.language != language or place - begin > policy.PASSAGE
        if texts and ended:
            yield from passages_of(texts, begin, heading, language)
            texts = []
        if block.kind == "heading":
            heading = {level: text for level, text in heading.items() if level < block.level}
            heading[block.level] = block.text
        else:
            if not texts:
                begin, language = place, block.language
            texts.append(block.text)
        place += len(block.text) + 1
    if texts:
        yield from passages_of(texts, begin, heading, language)


def passages_of(texts: Sequence[str], begin: int, heading: dict[int, str], language: str) -> Iterator[Passage]:
    """The passages of blocks that stand together; `begin` is where they begin in the whole."""
    above = " . ".join(heading[level] for level in sorted(heading)[-2:])
    for passage in passages("\n".join(texts), above):
        yield replace(passage, start=passage.start + begin, language=language)


def classify(found: Iterable[Passage], classifier: Classifier, language: str) -> Classification:
    """The areas of a document: an area is the document's when enough of its words are in passages of the area. The
    score joins that share with the passages' own scores. Evidence comes from the passages that speak clearest."""
    total = 0.0
    shares = [0.0] * len(classifier.ids)
    mains = [0.0] * len(classifier.ids)
    best = [0.0] * len(classifier.ids)
    strengths: list[float] = []
    words: dict[int, list[Evidence]] = {}
    tongues: dict[str, float] = {}
    for passage in found:
        line = row(passage.text)
        hint = passage.language or language
        own = spoken(line, hint)
        above = [Part(row(passage.heading), policy.HEADING)] if passage.heading else []
        read, scored = classifier.judge([*above, Part(line)], own)
        size = max(1.0, len(line.words) - 1 + line.han / 1.7)
        total += size
        name = own or hint.lower().split("-")[0]
        tongues[name] = tongues.get(name, 0.0) + size
        strengths = _sum(strengths, read.strengths, size)
        given = [number for number, inside in enumerate(scored.given) if inside]
        for number in given:
            shares[number] += size * scored.scores[number]
            best[number] = max(best[number], scored.scores[number])
            hits = [hit for hit in read.found[-1].hits if hit.entry == number]
            spans = evidence.spans(hits, line, passage.text)[: policy.EVIDENCE // 3]
            words.setdefault(number, []).extend(_moved(spans, passage.start))
        if given:
            mains[max(given, key=lambda n: (scored.ranks[n], -n))] += size
    means = [strength / total for strength in strengths] if total else []
    return _joined(classifier, total, shares, mains, best, means, words, tongues)


def _joined(
    classifier: Classifier,
    total: float,
    shares: Sequence[float],
    mains: Sequence[float],
    best: Sequence[float],
    strengths: Sequence[float],
    words: dict[int, list[Evidence]],
    tongues: dict[str, float],
) -> Classification:
    language = max(sorted(tongues), key=lambda name: tongues[name], default="")
    if not total:
        return Classification(language)
    found = []
    for number, id_ in enumerate(classifier.ids):
        share = shares[number] / total
        if share >= policy.DOCUMENT_SHARE:
            score = best[number] * min(1.0, 0.5 + share)
            ranked = sorted(words.get(number, ()), key=lambda e: (-e.weight, e.start))[: policy.EVIDENCE]
            found.append((mains[number], shares[number], AreaScore(id_, round(score, 4), tuple(ranked))))
    found.sort(key=lambda item: (-item[0], -item[1], item[2].id))
    areas = tuple(item[2] for item in found)
    principles, themes = classifier.beside(strengths) if areas else ([], [])
    return Classification(language, areas, areas[0].id if areas else None, tuple(principles), tuple(themes))


def _sum(sums: list[float], more: Sequence[float], size: float) -> list[float]:
    if not sums:
        return [value * size for value in more]
    return [old + value * size for old, value in zip(sums, more, strict=True)]


def _moved(spans: Iterable[Evidence], by: int) -> Iterator[Evidence]:
    for span in spans:
        yield replace(span, start=span.start + by, end=span.end + by)
