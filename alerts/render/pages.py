"""Templates to text and HTML: Jinja2 with escaping on, the style sheet inlined for mail programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.render.language import Texts

TEMPLATES = Path(__file__).parent / "templates"
LIMIT = 100_000  # bytes of HTML: Gmail clips a mail at 102 KB and hides what stands below, the unsubscribe link first


@cache
def _environment() -> Environment:
    # Text templates carry the suffix .txt.j2 and are not escaped: a reader of plain text must not see &amp;.
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and ".html" in name,  # noqa: S701 - on for every HTML template
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, inline_style_tags=True)


@cache
def _style(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def html(template: str, texts: Texts, values: Mapping[str, Any]) -> str:
    """A mail's HTML, style inlined; what only a style sheet can say (dark mode, small screens) stays in the head."""
    page = (
        _environment()
        .get_template(template)
        .render(
            {
                **values,
                "t": texts.t,
                "tn": texts.tn,
                "texts": texts,
                "style": _style("mail.css"),
                "kept": _style("kept.css"),
            }
        )
    )
    return _inliner().inline(page)


def text(template: str, texts: Texts, values: Mapping[str, Any]) -> str:
    """A mail's plain text: never more than one empty line in a row."""
    page = _environment().get_template(template).render({**values, "t": texts.t, "tn": texts.tn, "texts": texts})
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in page.splitlines())).strip() + "\n"
