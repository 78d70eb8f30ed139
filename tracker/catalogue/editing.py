"""Writes sources.yaml as a person would: by adding lines, so that comments and order stay as they are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracker.catalogue.load import Catalogue, parse

_PLAIN = re.compile(r"^[^\s\-?:,\[\]{}#&*!|>'\"%@`][^:#\[\]{},&*!|>'\"%@`]*$")
_WORDS_YAML_READS_OTHERWISE = frozenset({"yes", "no", "on", "off", "true", "false", "null", "~", "y", "n"})


def shipped() -> str:
    """The text of the catalogue that comes with the program."""
    here = Path(__file__).resolve().parent
    for place in (here / "sources.yaml", here.parent.parent / "sources.yaml"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise FileNotFoundError("the catalogue that ships with the program is missing: install it again")


def scalar(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    numeric = text.replace(".", "", 1).isdigit()
    if _PLAIN.match(text) and text == text.strip() and not numeric and text.lower() not in _WORDS_YAML_READS_OTHERWISE:
        return text
    return json.dumps(text, ensure_ascii=False)


def inline(value: object) -> str:
    """A scalar, a list or a mapping as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(name)}: {inline(each)}" for name, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(inline(each) for each in value) + "]"
    return scalar(value)


def lines(entry: Mapping[str, Any]) -> list[str]:
    """An entry of a list as YAML lines, empty values left out."""
    made: list[str] = []
    for name, value in entry.items():
        if value in ("", None, [], {}, ()):
            continue
        made.append(f"{'  - ' if not made else '    '}{name}: {inline(value)}")
    return made


def add_source(text: str, entry: Mapping[str, Any], *, name: str = "sources.yaml") -> tuple[str, Catalogue]:
    """The text with one more source at the end of its list, and the catalogue it makes.

    Raises CatalogueError where the result could not be used (the id is taken, say); the text is then not to be kept.
    """
    rows = text.splitlines()
    start = next((number for number, row in enumerate(rows) if row.startswith("sources:")), None)
    if start is None:
        rows += ["", "sources:"] if rows else ["sources:"]
        start = len(rows) - 1
    rows[start] = "sources:"  # from `sources: []`
    end = next((number for number in range(start + 1, len(rows)) if re.match(r"[A-Za-z]", rows[number])), len(rows))
    while end > start + 1 and (not rows[end - 1].strip() or rows[end - 1].startswith("#")):
        end -= 1
    made = "\n".join([*rows[:end], *lines(entry), *rows[end:]]) + "\n"
    return made, parse(made, name)


def first_catalogue(to: str, areas: Sequence[str], keep: Collection[str] | None, language: str) -> str:
    """A sources.yaml to begin with: the shipped sources (of them only `keep`, where given) and one subscription."""
    head, _, rest = shipped().partition("\nsources:\n")
    entries, _, tail = rest.partition("\ngroups:\n")
    groups = tail.partition("\n# Who is told what")[0]
    blocks = [block for block in re.split(r"(?m)^(?=  - id: )", entries) if block.strip()]
    chosen = [block for block in blocks if keep is None or block.split("id: ", 1)[1].split()[0] in keep]
    subscription = {"to": to, "areas": list(areas), "when": "immediate", "language": language}
    parts = [head.rstrip(), "", "sources:", "".join(chosen).rstrip(), ""]
    if keep is None:
        parts += ["groups:", groups.rstrip(), ""]
    parts += [
        "# Who is told what; empty filters mean everything, several must all hold (docs/alerts.md).",
        "subscriptions:",
        *lines(subscription),
        "",
    ]
    return "\n".join(parts)


def write(path: Path, text: str) -> None:
    """Puts the text there as a whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
