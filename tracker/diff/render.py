"""A comparison for people and programs: terminal (Rich), JSON after the contract, a page that stands by itself."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tracker.diff import summary
from tracker.model import Block, Comparison, Edit, EditKind, Span

CONTEXT = 2  # unchanged blocks shown on each side of an edit
LANGUAGES = ("en", "fr", "zh")
_LONG = 700  # characters of unchanged words inside an edit that are shown whole
_KEPT = 200  # of longer ones, on each side
_SIGNS = {EditKind.INSERT: "+", EditKind.DELETE: "−", EditKind.REPLACE: "~", EditKind.MOVE: "→", EditKind.RENUMBER: "#",
          EditKind.SPLIT: "⑂", EditKind.MERGE: "⑃"}  # fmt: skip


def as_json(comparison: Comparison, old: str, new: str) -> dict[str, Any]:
    """The comparison as `tracker diff --json` prints it; `old` and `new` name the two texts."""
    return {
        "old": old,
        "new": new,
        "edits": [_edit(edit) for edit in comparison.edits],
        "references": [
            {"text": one.text, "kind": one.kind, "target": one.target, "edit": one.edit, "side": one.side}
            for one in comparison.references
        ],
        "deadlines": [
            {
                "text": one.text, "kind": one.kind, "date": one.date.isoformat() if one.date else None,
                "period": one.period or None, "governs": one.governs, "edit": one.edit, "side": one.side,
            }
            for one in comparison.deadlines
        ],
        "summary": {code: summary.headline(comparison, code) for code in LANGUAGES},
        "lines": {code: summary.lines(comparison, code) for code in LANGUAGES},
    }  # fmt: skip


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "kind": edit.kind.value,
        "path": edit.path,
        "eid": edit.eid,
        "old_path": edit.old_path,
        "old": edit.old_text or None,
        "new": edit.new_text or None,
        "spans": [[sign, text] for sign, text in edit.spans],
    }


def shown(spans: Sequence[Span]) -> list[Span]:
    """The spans with long unchanged words left out in the middle ("…" stands for them)."""
    out: list[Span] = []
    for at, (sign, text) in enumerate(spans):
        if sign != "=" or len(text) <= _LONG:
            out.append((sign, text))
            continue
        head = text[: text.rfind(" ", 0, _KEPT) + 1 or _KEPT] if at else ""
        tail = text[len(text) - _KEPT :]
        tail = tail[tail.find(" ") + 1 :] if at < len(spans) - 1 else ""
        if not head and not tail:
            head = text[:_KEPT]
        out += [("=", head), ("…", " … "), ("=", tail)]
    return [(sign, text) for sign, text in out if text]


def around(comparison: Comparison, new: Sequence[Block], context: int = CONTEXT) -> Iterator[Edit | Block | int]:
    """The edits in the order of the new text, with unchanged blocks before and behind; a number stands for as many
    unchanged blocks that are left out."""
    at = 0
    for position, edit in enumerate(comparison.edits):
        between = list(new[at : edit.new_at])
        if between:
            yield from _folded(between, context if position else 0, context)
        yield edit
        at = max(at, edit.new_at + len(edit.new))
    if comparison.edits and at < len(new):
        yield from _folded(list(new[at:]), context, 0)


def _folded(blocks: list[Block], head: int, tail: int) -> Iterator[Block | int]:
    if len(blocks) <= head + tail + 1:
        yield from blocks
        return
    yield from blocks[:head]
    yield len(blocks) - head - tail
    yield from blocks[len(blocks) - tail :] if tail else ()


# ------------------------------------------------------------------------------------------------ terminal


def terminal(comparison: Comparison, new: Sequence[Block], language: str = "en") -> RenderableType:
    """The redline for a terminal: the place as heading, words struck and added, unchanged lines folded."""
    parts: list[RenderableType] = [Text(summary.headline(comparison, language), style="bold"), Text()]
    for part in around(comparison, new):
        if isinstance(part, Edit):
            parts += _printed(part)
        elif isinstance(part, Block):
            parts.append(Padding(Text(_cut(part.text), style="dim"), (0, 0, 0, 2)))
        else:
            parts.append(Text(f"  ⋯ {part} unchanged", style="dim italic"))
    return Group(*parts)


def _printed(edit: Edit) -> list[RenderableType]:
    place = edit.path or (edit.new or edit.old)[0].number
    head = Text(f"{_SIGNS[edit.kind]} {edit.kind.value}", style="bold cyan")
    if place:
        head.append(f"  {place}", style="bold")
    if edit.old_path and edit.old_path != edit.path and edit.new:
        head.append(f"  (was {edit.old_path})", style="dim")
    body = Text()
    styles = {"=": "", "-": "red strike", "+": "green", "…": "dim"}
    for sign, text in shown(edit.spans):
        body.append(text, style=styles[sign])
    return [Text(), head, Padding(body, (0, 0, 0, 2))]


def _cut(text: str) -> str:
    return text if len(text) <= 160 else text[:159].rstrip() + "…"


def print_terminal(comparison: Comparison, new: Sequence[Block], console: Console, language: str = "en") -> None:
    """Prints the redline."""
    console.print(terminal(comparison, new, language))


# ----------------------------------------------------------------------------------------------------- HTML

_STYLE = """
:root{color-scheme:light dark;--ins:#e3f6e6;--insc:#0b5d1e;--del:#fde8e8;--delc:#8f1414;--line:#8884}
@media(prefers-color-scheme:dark){:root{--ins:#12351c;--insc:#a6e8b4;--del:#421616;--delc:#f5b3b3}}
body{font:16px/1.55 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.25rem;line-height:1.35}h2{font-size:1rem;margin:0}
ol.lines{padding-left:1.4rem}section{border-left:3px solid var(--line);padding:.3rem 0 .3rem 1rem;margin:1.2rem 0}
.kind{font-weight:400;opacity:.75;margin-right:.5rem}.was{font-weight:400;opacity:.75}
ins{background:var(--ins);color:var(--insc);text-decoration:underline;text-decoration-thickness:1px}
del{background:var(--del);color:var(--delc)}p{margin:.35rem 0;white-space:pre-line}
.same{opacity:.72}.fold{text-align:center;opacity:.6;font-size:.9rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dd{margin:0}
"""
_TITLES = {
    "en": ("What changed", "unchanged", "was", "Dates", "Citations", "moved here"),
    "fr": ("Ce qui a changé", "inchangés", "était", "Dates", "Références", "déplacé ici"),
    "zh": ("修改内容", "段未变", "原为", "日期", "引用", "移至此处"),
}


def page(comparison: Comparison, new: Sequence[Block], *, old_name: str, new_name: str, language: str = "en") -> str:
    """One HTML page that needs nothing else: summary, redline with two lines of context, dates and citations."""
    w = _TITLES.get(language, _TITLES["en"])
    headline = summary.headline(comparison, language)
    said = "".join(f"<li>{html.escape(line)}</li>" for line in summary.lines(comparison, language))
    parts = "".join(_part(part, w) for part in around(comparison, new))
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(headline)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{html.escape(headline)}</h1><p>{html.escape(old_name)} → {html.escape(new_name)}</p>"
        f'<ol class="lines" aria-label="{w[0]}">{said}</ol>{parts}{_lists(comparison, w)}</main></body></html>\n'
    )


def _part(part: Edit | Block | int, w: tuple[str, ...]) -> str:
    if isinstance(part, int):
        return f'<p class="fold">⋯ {part} {w[1]}</p>'
    if isinstance(part, Block):
        return f'<p class="same">{html.escape(_cut(part.text))}</p>'
    place = html.escape(part.path or (part.new or part.old)[0].number)
    was = (
        f' <span class="was">({w[2]} {html.escape(part.old_path)})</span>'
        if part.new and part.old_path not in ("", part.path)
        else ""
    )
    tags = {"-": ("<del>", "</del>"), "+": ("<ins>", "</ins>"), "=": ("", ""), "…": ("<i>", "</i>")}
    words = "".join(f"{tags[sign][0]}{html.escape(text)}{tags[sign][1]}" for sign, text in shown(part.spans))
    return f'<section><h2><span class="kind">{part.kind.value}</span>{place}{was}</h2><p>{words}</p></section>'


def _lists(comparison: Comparison, w: tuple[str, ...]) -> str:
    dates = [one for one in comparison.deadlines if one.side == "new"]
    cited = [one for one in comparison.references if one.side == "new"]
    out = ""
    if dates:
        rows = "".join(
            f"<dt>{one.date or html.escape(one.period)}</dt><dd>{html.escape(one.governs or one.text)}</dd>"
            for one in dates[:100]
        )
        out += f"<h2>{w[3]}</h2><dl>{rows}</dl>"
    if cited:
        rows = "".join(f"<li>{html.escape(text)}</li>" for text in list(dict.fromkeys(one.text for one in cited))[:100])
        out += f"<h2>{w[4]}</h2><ul>{rows}</ul>"
    return out
