"""How well verdicts fit labelled passages: precision, recall, F1 by area and language, main area, silence,
calibration, confusions, worst errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.model import Classification

NONE = "(none)"


@dataclass(frozen=True, slots=True)
class Passage:
    """A labelled passage. `areas` are right, `maybe` neither right nor wrong, `main_ok` the right answers for the main
    area (None: no area); `sure` says whether readings agreed; `document` is where it comes from."""

    id: str
    text: str
    heading: str
    language: str
    areas: frozenset[str]
    maybe: frozenset[str]
    main_ok: frozenset[str | None]
    sure: bool = True
    document: str = ""


class PassagesError(ValueError):
    """A file of passages cannot be used; the message names file and line."""


def load(path: Path, known: Iterable[str] = ()) -> list[Passage]:
    """The passages of a JSON-lines file: `text`, and `areas` or `main`; `heading, language, maybe, main_ok, sure,
    document, id` where they are. Areas that are not `known` (where it is given) raise PassagesError."""
    allowed = frozenset(known)
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PassagesError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_passage(json.loads(line), number))
            except (ValueError, TypeError, AttributeError, KeyError) as error:
                raise PassagesError(f"{path}:{number}: not a labelled passage ({error!r})") from error
            strange = found[-1].areas | found[-1].maybe | {m for m in found[-1].main_ok if m}
            if allowed and strange - allowed:
                raise PassagesError(f"{path}:{number}: unknown area {', '.join(sorted(strange - allowed))}")
    if not found:
        raise PassagesError(f"{path}: no passages")
    return found


def _passage(data: Mapping[str, Any], number: int) -> Passage:
    main = data.get("main")
    areas = frozenset(data.get("areas", [main] if main else []))
    return Passage(
        id=str(data.get("id", number)),
        text=str(data["text"]),
        heading=str(data.get("heading") or ""),
        language=str(data.get("language") or ""),
        areas=areas,
        maybe=frozenset(data.get("maybe") or ()),
        main_ok=frozenset(data["main_ok"] if data.get("main_ok") else [main if main or not areas else min(areas)]),
        sure=bool(data.get("sure", True)),
        document=str(data.get("document") or ""),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was answered: the areas, the main one, and the score of each area given."""

    areas: frozenset[str]
    main: str | None
    scores: Mapping[str, float]


def verdict(found: Classification) -> Verdict:
    """A classification as a verdict."""
    return Verdict(frozenset(a.id for a in found.areas), found.main, {a.id: a.score for a in found.areas})


def answer(passages: Sequence[Passage], classify: Callable[[Passage], Classification]) -> list[Verdict]:
    """The verdicts on all passages."""
    return [verdict(classify(passage)) for passage in passages]


def figures(passages: Sequence[Passage], verdicts: Sequence[Verdict], areas: Sequence[str]) -> dict[str, Any]:
    """All figures as one JSON object: `micro_f1`, `main_accuracy` by language, `false_areas` (share of passages
    without an area that were given one), `languages`, `areas`, `calibration`, `confusions`, `sure`."""
    pairs = list(zip(passages, verdicts, strict=True))
    languages = sorted({passage.language for passage in passages})
    by_language = {name: [pair for pair in pairs if pair[0].language == name] for name in languages}
    whole = _totals(pairs)
    return {
        "passages": len(passages),
        "micro_f1": whole["f1"],
        "precision": whole["precision"],
        "recall": whole["recall"],
        "main_accuracy": {name: _totals(found)["main_accuracy"] for name, found in by_language.items()},
        "false_areas": whole["false_areas"],
        "languages": {name: _totals(found) for name, found in by_language.items()},
        "areas": {area: _area(pairs, area) for area in areas},
        "sure": _totals([pair for pair in pairs if pair[0].sure]),
        "calibration": _calibration(pairs),
        "confusions": _confusions(pairs),
    }


def _totals(pairs: Sequence[tuple[Passage, Verdict]]) -> dict[str, Any]:
    right = sum(len(v.areas & p.areas) for p, v in pairs)
    wrong = sum(len(v.areas - p.areas - p.maybe) for p, v in pairs)
    missed = sum(len(p.areas - v.areas) for p, v in pairs)
    empty = [v for p, v in pairs if not p.areas and not p.maybe]
    return {
        "passages": len(pairs),
        **_rates(right, wrong, missed),
        "main_accuracy": _share(sum(v.main in p.main_ok for p, v in pairs), len(pairs)),
        "without_area": len(empty),
        "false_areas": _share(sum(bool(v.areas) for v in empty), len(empty)),
    }


def _area(pairs: Sequence[tuple[Passage, Verdict]], area: str) -> dict[str, Any]:
    counted = [(area in p.areas, area in v.areas) for p, v in pairs if area not in p.maybe]
    right = sum(a and b for a, b in counted)
    return {
        "passages": sum(a for a, _ in counted),
        **_rates(right, sum(b and not a for a, b in counted), sum(a and not b for a, b in counted)),
    }


def _rates(right: int, wrong: int, missed: int) -> dict[str, float | None]:
    return {
        "precision": _share(right, right + wrong),
        "recall": _share(right, right + missed),
        "f1": _share(2 * right, 2 * right + wrong + missed),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _calibration(pairs: Sequence[tuple[Passage, Verdict]]) -> list[dict[str, Any]]:
    """Scores of given areas in tenths: how many, their mean, and the share that was right."""
    found: dict[int, list[tuple[float, bool]]] = {}
    for passage, given in pairs:
        for area, score in given.scores.items():
            if area not in passage.maybe:
                found.setdefault(min(9, int(score * 10)), []).append((score, area in passage.areas))
    return [
        {
            "from": tenth / 10,
            "to": (tenth + 1) / 10,
            "given": len(scores),
            "mean_score": round(sum(score for score, _ in scores) / len(scores), 4),
            "right": _share(sum(good for _, good in scores), len(scores)),
        }
        for tenth, scores in sorted(found.items())
    ]


def _confusions(pairs: Sequence[tuple[Passage, Verdict]]) -> list[dict[str, Any]]:
    """Main areas taken for others, most frequent first."""
    counts: dict[tuple[str, str], int] = {}
    for passage, given in pairs:
        if given.main not in passage.main_ok:
            key = (" or ".join(sorted(m or NONE for m in passage.main_ok)), given.main or NONE)
            counts[key] = counts.get(key, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"wanted": wanted, "given": got, "count": count} for (wanted, got), count in ranked]


def worst(passages: Sequence[Passage], verdicts: Sequence[Verdict], most: int = 40) -> list[tuple[Passage, Verdict]]:
    """The errors of which the verdict was most certain: wrong areas by their score, then missed main areas."""

    def badness(pair: tuple[Passage, Verdict]) -> float:
        passage, given = pair
        wrong = [score for area, score in given.scores.items() if area not in passage.areas | passage.maybe]
        return max(wrong, default=0.0) + (0.5 if given.main not in passage.main_ok else 0.0)

    pairs = sorted(zip(passages, verdicts, strict=True), key=lambda pair: (-badness(pair), pair[0].id))
    return [pair for pair in pairs if badness(pair) > 0][:most]
