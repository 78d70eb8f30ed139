"""`tracker classify`, `evaluate`, `taxonomy`: what a text is about, how well that works, whether a file is right."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.classify import classifier as classifiers
from tracker.classify import evaluate, report
from tracker.classify import taxonomy as taxonomies
from tracker.classify.tongue import SPOKEN
from tracker.cli import setup
from tracker.model import AreaScore, Classification

_Taxonomy = Annotated[
    Path | None, typer.Option("--taxonomy", help="Another taxonomy file; TRACKER_TAXONOMY names one for good.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def classify(
    text: Annotated[str, typer.Argument(help="The text, the name of a file, or - for standard input.")],
    as_json: _Json = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the words each verdict rests on.")] = False,
    language: Annotated[str, typer.Option(help="en, fr, zh, …; found by itself without it.")] = "",
    heading: Annotated[str, typer.Option(help="The heading above the text, as context.")] = "",
    taxonomy: _Taxonomy = None,
) -> None:
    """Says which areas, principles and themes a text speaks of."""
    body = _text(text)
    found = _load(taxonomy)
    answer = found.classify(body, language=language, heading=heading)
    if answer.language not in SPOKEN and body.strip():
        typer.echo("Language not known: only names of acts, bodies and standards were read.", err=True)
    if as_json:
        typer.echo(json.dumps(as_document(answer), ensure_ascii=False))
        return
    titles = _titles(found.taxonomy)
    if not answer.areas:
        typer.echo("No area.")
    for kind, entries in (("area", answer.areas), ("principle", answer.principles), ("theme", answer.themes)):
        for entry in entries:
            main = " (main)" if entry.id == answer.main else ""
            typer.echo(f"{kind} {entry.id}{main}: {titles.get(entry.id, entry.id)}, score {entry.score:.2f}")
            if explain:
                for word in entry.evidence:
                    typer.echo(f"    {word.start}-{word.end}  {word.weight:.2f}  {' '.join(word.words.split())}")


def as_document(answer: Classification) -> dict[str, Any]:
    """The JSON contract: `{"language","areas":[{"id","score","evidence":[[start,end,weight],…]}],"main",
    "principles":[…],"themes":[…]}`; offsets in code points of the text given."""

    def shown(entries: Sequence[AreaScore]) -> list[dict[str, Any]]:
        return [
            {"id": e.id, "score": e.score, "evidence": [[w.start, w.end, w.weight] for w in e.evidence]}
            for e in entries
        ]

    return {
        "language": answer.language,
        "areas": shown(answer.areas),
        "main": answer.main,
        "principles": shown(answer.principles),
        "themes": shown(answer.themes),
    }


def evaluate_passages(
    file: Annotated[Path, typer.Argument(help="Labelled passages, one JSON object a line.")],
    as_json: _Json = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with the worst errors here.")] = None,
    taxonomy: _Taxonomy = None,
) -> None:
    """Measures the classifier on labelled passages."""
    found = _load(taxonomy)
    try:
        passages = evaluate.load(file, found.ids)
    except evaluate.PassagesError as error:
        raise _usage(str(error)) from error
    answers = [found.classify(p.text, language=p.language, heading=p.heading) for p in passages]
    verdicts = [evaluate.verdict(answer) for answer in answers]
    figures = evaluate.figures(passages, verdicts, found.ids)
    if html:
        spans = {
            passage.id: [(w.start, w.end) for area in answer.areas for w in area.evidence]
            for passage, answer in zip(passages, answers, strict=True)
        }
        errors = evaluate.worst(passages, verdicts)
        page = report.html(f"Classification of {file.name}", figures, errors, _titles(found.taxonomy), spans)
        html.write_text(page, encoding="utf-8")
        typer.echo(f"Report written to {html}", err=True)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _print(figures)


def check_taxonomy(
    file: Annotated[Path | None, typer.Argument(help="The file; the Action Plan's without one.")] = None,
    as_json: _Json = False,
) -> None:
    """Checks a taxonomy file and lists what is in it."""
    found = _taxonomy(file or _configured())
    kinds = (("areas", found.areas), ("principles", found.principles), ("themes", found.themes))
    if as_json:
        listed = {
            kind: [{"id": e.id, "title": dict(e.title), "about": e.about, "words": len(e.terms)} for e in entries]
            for kind, entries in kinds
        }
        typer.echo(json.dumps({"plan": found.id, **listed}, ensure_ascii=False))
        return
    typer.echo(f"{found.title.get('en', found.id)}: {len(found.areas)} areas")
    for kind, entries in kinds:
        for entry in entries:
            typer.echo(f"  {kind[:-1]:9} {entry.id:24} {len(entry.terms):4} words  {entry.title.get('en', '')}")


# ---------------------------------------------------------------------------------------------------- inside


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    try:
        path = Path(given)
        if len(given) < 1000 and path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return given
    return given


def _configured() -> Path | None:
    """The settings' taxonomy: from the environment or from `.env`."""
    return setup.settings().taxonomy


def _load(path: Path | None) -> classifiers.Classifier:
    try:
        return classifiers.load(path or _configured())
    except taxonomies.TaxonomyError as error:
        raise _usage(str(error)) from error


def _taxonomy(path: Path | None) -> taxonomies.Taxonomy:
    try:
        return taxonomies.load(path)
    except taxonomies.TaxonomyError as error:
        raise _usage(str(error)) from error


def _usage(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(2)


def _titles(taxonomy: taxonomies.Taxonomy) -> dict[str, str]:
    entries = (*taxonomy.areas, *taxonomy.principles, *taxonomy.themes)
    return {entry.id: entry.title.get("en", entry.id) for entry in entries}


def _print(figures: dict[str, Any]) -> None:
    typer.echo(
        f"{figures['passages']} passages: micro-F1 {_shown(figures['micro_f1'])} (precision "
        f"{_shown(figures['precision'])}, recall {_shown(figures['recall'])}), false areas "
        f"{_shown(figures['false_areas'])}"
    )
    for name, row in figures["languages"].items():
        typer.echo(
            f"  {name or '?':4} {row['passages']:4} passages  F1 {_shown(row['f1'])}  "
            f"main {_shown(row['main_accuracy'])}  false areas {_shown(row['false_areas'])}"
        )
    for name, row in figures["areas"].items():
        typer.echo(
            f"  {name:24} {row['passages']:4} passages  precision {_shown(row['precision'])}  "
            f"recall {_shown(row['recall'])}  F1 {_shown(row['f1'])}"
        )
    for row in figures["confusions"][:12]:
        typer.echo(f"  {row['count']:3} x {row['wanted']} taken for {row['given']}")


def _shown(value: float | None) -> str:
    return "    –" if value is None else f"{value:.3f}"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("classify")(classify)
    app.command("evaluate")(evaluate_passages)
    app.command("taxonomy")(check_taxonomy)
