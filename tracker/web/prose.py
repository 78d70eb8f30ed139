"""A version's text as HTML: made once, by hand rather than by a template, because a code of law has twenty thousand
paragraphs. Versions never change, so the last ones made are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from tracker.model import Block
from tracker.store import codec
from tracker.store.queries import BlameLine
from tracker.store.tables import Version
from tracker.web.site import clean

MOST = 8  # versions kept: a large one takes ten megabytes
CONTENTS = 150  # headings of a table of contents


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the table of contents."""

    text: str
    eid: str
    depth: int


@dataclass(frozen=True, slots=True)
class Prose:
    """A text as a page shows it."""

    html: Markup
    contents: tuple[Heading, ...]


class Kept:
    """A version's block data under its chain value; the data itself is no part of the key."""

    __slots__ = ("chain", "data")

    def __init__(self, version: Version) -> None:
        self.chain, self.data = version.chain, version.blocks

    def __hash__(self) -> int:
        return hash(self.chain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self.chain == other.chain


def blocks_kept(kept: Kept) -> codec.Blocks:
    """The blocks of a version's data."""
    return codec.blocks_of(kept.data)


@lru_cache(maxsize=MOST)
def _prose(kept: Kept) -> Prose:
    found = codec.unpack_plain(kept.data)
    headings = [codec.block_value(value) for value in found if value.get("kind") == "heading"]
    return Prose(_html(found, headings), contents(headings))


def blocks(version: Version) -> Sequence[Block]:
    """A version's blocks."""
    return blocks_kept(Kept(version))


def prose(version: Version) -> Prose:
    """A version's text."""
    return _prose(Kept(version))


def contents(found: Sequence[Block], most: int = CONTENTS) -> tuple[Heading, ...]:
    """The headings that can be jumped to: as many levels as fit into `most` entries, at least the uppermost."""
    headings = [block for block in found if block.kind == "heading" and block.eid and block.text.strip()]
    levels = sorted({max(1, block.level) for block in headings})
    while len(levels) > 1 and len(headings) > most:
        levels.pop()
        headings = [block for block in headings if max(1, block.level) <= levels[-1]]
    return tuple(
        Heading(block.text, block.eid, min(3, levels.index(max(1, block.level)))) for block in headings[: 4 * most]
    )


def levels(found: Sequence[Block]) -> list[int]:
    """The HTML level of each heading, 2 to 6, and 0 for what is none: no level is skipped on the way down, so that who
    moves from heading to heading hears a sound outline whatever the page did."""
    made: list[int] = []
    above: list[int] = []  # the levels, as the document counts them, of the headings we stand under
    for block in found:
        if block.kind != "heading":
            made.append(0)
            continue
        while above and above[-1] >= block.level:
            above.pop()
        above.append(block.level)
        made.append(min(6, len(above) + 1))
    return made


CLASSES = frozenset(("row", "cell", "term", "note", "caption"))


def html(found: Sequence[Block]) -> Markup:
    """The blocks as HTML. Every word of the document goes through `_safe`."""
    return _html(codec.blocks_plain(found), [block for block in found if block.kind == "heading"])


def _html(found: Sequence[Mapping[str, Any]], headings: Sequence[Block]) -> Markup:
    """The same of blocks as they are kept (`codec.blocks_plain`): twenty thousand need not become values first."""
    parts: list[str] = []
    texts = _all_safe([value["text"] for value in found])
    eids = _all_safe([value.get("eid", "") for value in found])
    heads = iter(levels(headings))
    for value, text, eid in zip(found, texts, eids, strict=True):
        place = f' id="{eid}"' if eid else ""
        mark = f'<a class="anchor" href="#{eid}" tabindex="-1" aria-hidden="true">#</a>' if eid else ""
        words = _number(value.get("number", ""), value["text"]) + text
        kind = value.get("kind", "paragraph")
        if kind == "heading":
            level = next(heads)
            parts.append(f"<h{level}{place}>{words}{mark}</h{level}>")
        elif kind == "item":
            parts.append(f'<p class="item depth-{min(5, max(0, value.get("level", 0)))}"{place}>{words}{mark}</p>')
        elif kind == "quote":
            parts.append(f"<blockquote{place}><p>{words}{mark}</p></blockquote>")
        elif kind == "code":
            parts.append(f'<pre{place} tabindex="0">{words}</pre>')
        else:
            shape = f' class="{kind}"' if kind in CLASSES else ""
            parts.append(f"<p{shape}{place}>{words}{mark}</p>")
    return Markup("\n".join(parts))  # noqa: S704 - put together from constants and escaped words


def number(block: Block) -> str:
    """The block's label as HTML, where its text does not begin with it."""
    return _number(block.number, block.text)


def _number(label: str, text: str) -> str:
    return "" if not label or text.startswith(label) else f'<span class="number">{_safe(label)}</span> '


def _safe(text: str, escaped: Callable[[str], Markup] = escape) -> str:
    return str(escaped(clean(text))) if text else ""


_APART = "\ufdd0"  # a character that is in no text that is exchanged (Unicode, 23.7)


def _all_safe(words: Sequence[str]) -> list[str]:
    """`_safe` of each, in one go: escaping twenty thousand small texts takes ten times as long as one large text."""
    joined = _APART.join(words)
    if len(words) < 2 or joined.count(_APART) != len(words) - 1:
        return [_safe(one) for one in words]
    return _safe(joined).split(_APART)


@dataclass(frozen=True, slots=True)
class Since:
    """A run of blocks whose wording came in with one version: `cell` is the HTML of its date, `age` how fresh it is,
    0 for the youngest."""

    cell: Markup
    age: int


def rows(lines: Sequence[BlameLine], since: Mapping[int, Since], language: str, sought: str = "") -> Markup:
    """The rows of the page that says since when: a date where the version differs from the row above's, and at the
    place that is sought (an eid)."""
    parts: list[str] = []
    before: int | None = None
    spoken = _safe(language)
    dates = {version: came.cell.striptags() for version, came in since.items()}
    texts, eids = _all_safe([line.block.text for line in lines]), _all_safe([line.block.eid for line in lines])
    for line, words, eid in zip(lines, texts, eids, strict=True):
        block, came = line.block, since[line.version]
        place = f' id="{eid}"' if eid else ""
        kind = block.kind if block.kind in CLASSES or block.kind in ("heading", "item") else "paragraph"
        if line.version == before and not (sought and block.eid == sought):
            parts.append(f'<tr><td class="age age-{came.age}"><span class="hidden">{dates[line.version]}</span></td>')
        else:
            parts.append(f'<tr class="blame-first"><td class="age age-{came.age}">{came.cell}</td>')
        text = number(block) + words
        parts.append(f'<td class="blame-text blame-{kind}"{place} lang="{spoken}" dir="auto">{text}</td></tr>\n')
        before = line.version
    return Markup("".join(parts))  # noqa: S704 - put together from constants and escaped words
