"""`tracker classify`: what a text is about, with the words that speak for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.classify import classifier
from tracker.cli import setup
from tracker.model import AreaScore


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(no_args_is_help=True)(classify)


def classify(
    text: Annotated[str, typer.Argument(help="The text, a file, or - for standard input.")],
    language: Annotated[str, typer.Option(help="Left out: found by itself.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Says which areas of the taxonomy a text touches."""
    given = sys.stdin.read() if text == "-" else Path(text).read_text() if _is_file(text) else text
    made = classifier.load(setup.settings().taxonomy).classify(given, language=language)
    if as_json:
        typer.echo(setup.dump({
            "language": made.language, "areas": [_plain(score) for score in made.areas], "main": made.main,
            "principles": [_plain(score) for score in made.principles], "themes": [_plain(score) for score in made.themes],
        }))  # fmt: skip
        return
    for score in made.areas:
        typer.echo(f"{score.score:.2f}  {score.id}: {', '.join(evidence.words for evidence in score.evidence[:5])}")


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:
        return False


def _plain(score: AreaScore) -> dict[str, Any]:
    spans = [[evidence.start, evidence.end, evidence.weight] for evidence in score.evidence]
    return {"id": score.id, "score": score.score, "evidence": spans}
