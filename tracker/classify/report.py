"""An evaluation as one HTML page that needs nothing else: figures, calibration, confusions, worst errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from tracker.classify.evaluate import NONE, Passage, Verdict

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border-bottom:1px solid #ccc;padding:.25rem .7rem;text-align:right}th:first-child,td:first-child{text-align:left}
.text td{text-align:left;vertical-align:top}mark{background:#ffe08a}.wrong{color:#a01010}.right{color:#0b5a2b}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}mark{background:#6b5200;
color:#fff}.wrong{color:#ff9a9a}.right{color:#8be0a6}}
"""

_RATES: Final = ("passages", "precision", "recall", "f1")


def html(
    title: str,
    found: Mapping[str, Any],
    errors: Sequence[tuple[Passage, Verdict]],
    names: Mapping[str, str],
    spans: Mapping[str, Sequence[tuple[int, int]]],
) -> str:
    """The page. `names` are the areas' titles, `spans` the evidence to mark in a passage's text, by its id."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>",
        f"<p>{found['passages']} passages. Micro-F1 {_number(found['micro_f1'])}, precision "
        f"{_number(found['precision'])}, recall {_number(found['recall'])}; areas given to passages without one: "
        f"{_number(found['false_areas'])}.</p>",
        _table(
            "By language",
            ("language", *_RATES, "main_accuracy", "without_area", "false_areas"),
            ({"language": name, **row} for name, row in found["languages"].items()),
        ),
        _table(
            "By area",
            ("area", *_RATES),
            ({"area": names.get(name, name), **row} for name, row in found["areas"].items()),
        ),
        _table("Calibration of given areas", ("from", "to", "given", "mean_score", "right"), found["calibration"]),
        _table("Main area taken for another", ("wanted", "given", "count"), found["confusions"]),
        _errors(errors, names, spans),
    ]
    return "\n".join(parts) + "\n"


def _table(caption: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    head = "".join(f"<th scope=col>{escape(column.replace('_', ' '))}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_number(row.get(column)))}</td>" for column in columns) + "</tr>" for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _errors(
    errors: Sequence[tuple[Passage, Verdict]],
    names: Mapping[str, str],
    spans: Mapping[str, Sequence[tuple[int, int]]],
) -> str:
    rows = []
    for passage, given in errors:
        wanted = ", ".join(sorted(names.get(area, area) for area in passage.areas)) or NONE
        got = ", ".join(
            f"{names.get(area, area)} {score:.2f}"
            for area, score in sorted(given.scores.items(), key=lambda item: (-item[1], item[0]))
        )
        text = _marked(passage.text[:1500], spans.get(passage.id, ()))
        rows.append(
            f"<tr><td>{escape(passage.id)}</td><td class=right>{escape(wanted)}</td>"
            f"<td class=wrong>{escape(got or NONE)}</td>"
            f"<td lang='{escape(passage.language)}'><b>{escape(passage.heading)}</b> {text}</td></tr>"
        )
    head = "<tr><th>passage</th><th>wanted</th><th>given</th><th>text</th></tr>"
    return f"<h2>Worst errors</h2><table class=text><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    out, place = [], 0
    for start, end in sorted(spans):
        if start >= place and end <= len(text):
            out += [escape(text[place:start]), f"<mark>{escape(text[start:end])}</mark>"]
            place = end
    return "".join([*out, escape(text[place:])])
