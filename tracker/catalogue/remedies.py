"""What would be right: the words for a mistake in sources.yaml, from what the YAML reader or the models said of it."""

from __future__ import annotations

from typing import Any

import yaml

OTHER_WORDS = {
    "schedule": "every", "interval": "every", "frequency": "every", "period": "every", "name": "title",
    "link": "url", "href": "url", "address": "url", "uri": "url", "type": "kind", "lang": "language",
    "country": "jurisdiction", "topics": "areas", "area": "areas", "tags": "areas", "email": "to", "mail": "to",
    "recipient": "to", "css": "select", "selector": "select", "keywords": "words", "time": "when", "enabled": "active",
}  # fmt: skip
"""Keys that people write for ours."""

_YAML = (
    ("mapping values are not allowed", 'a colon inside words needs quotes: title: "AI: the law"'),
    ("cannot start any token", "YAML is indented with spaces, and words that begin with @ ` or % need quotes"),
    ("found undefined alias", 'words that begin with * need quotes: "*"'),
    ("could not determine a constructor", "words that begin with ! need quotes"),
    ("unknown escape character", "a backslash means something in double quotes: use single quotes"),
    ("unexpected end of stream", "a quote that was opened is not closed"),
    ("expected the node content, but found '<stream end>'", "a bracket that was opened is not closed"),
    ("expected ',' or ']'", "a bracket that was opened is not closed, or a comma is missing"),
    ("expected ',' or '}'", "a brace that was opened is not closed, or a comma is missing"),
    ("expected <block end>", "this line is indented otherwise than those it belongs to"),
    ("could not find expected ':'", "a colon is missing after the key, or a line is indented otherwise"),
    ("expected a single document", "--- begins a second document: keep everything in one"),
)


def of_yaml(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """(the line, counted from 1; what would be right) of what is not YAML. A quote or bracket that is not closed is
    shown where it was opened."""
    said = f"{error.problem or ''} {error.context or ''}"
    remedy = next((words for part, words in _YAML if part in said), "check indentation, colons and quotes")
    opened = "not closed" in remedy and error.context_mark
    mark = error.context_mark if opened else error.problem_mark or error.context_mark
    return (mark.line + 1 if mark else 1), f"not YAML here ({error.problem}): {remedy}"


def of_value(kind: str, field: str, given: Any, *, entry: bool) -> str:
    """What would be right where a value is of another kind than wanted; "" where the models' own words say it.
    `kind` is pydantic's name of the error, `entry` says that a whole entry of a list is meant."""
    if given is None:
        return "nothing stands after the colon: write a value, or leave the key out"
    if kind == "list_type":
        entries = isinstance(given, dict) or field in ("sources", "subscriptions")
        shown = "one entry after the other, each begun with `- `" if entries else f"[{given}]"
        return f"a list is wanted here: {shown}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        example = (
            "- id: a-name, and below it url: https://…" if entry else f"{field}: and below it, indented, key: value"
        )
        return f"keys with values are wanted here, not {_called(given)}: {example}"
    if kind == "string_type":
        if isinstance(given, (list, dict)):
            return f"one value is wanted here, not {_called(given)}" + (
                ": write an entry for each" if field == "to" else ""
            )
        return f'YAML reads this as {_called(given)}: put it in quotes, {field}: "…"'
    if kind.startswith("bool_"):
        return f"{given!r}: write true or false"
    if kind.startswith("int_"):
        return f"{given!r}: write a whole number"
    if kind == "string_pattern_mismatch" and field == "language":
        return f"{given!r}: write a language's code such as en, fr, zh or pt-BR"
    return ""


def _called(given: Any) -> str:
    if isinstance(given, bool):
        return "yes or no"
    if isinstance(given, (int, float)):
        return "a number"
    if isinstance(given, str):
        return "words"
    return (
        "a mapping" if isinstance(given, dict) else "a list" if isinstance(given, list) else f"a {type(given).__name__}"
    )
