"""Which sentences of two texts differ, whatever blocks they stand in.

Pages are rebuilt again and again: paragraphs are merged, split, wrapped, moved. So texts are compared sentence by
sentence, and a sentence that the other text holds in one run of words, across the borders of its blocks, is no
difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tracker.model import Block
from tracker.text.canonical import canonical

_ENDS = re.compile(r"(?<=[.!?;])\s+(?=\S)|(?<=[。！？；])|\s\|\s|(?<=\w:)\s+(?=\S)")
_LABEL = re.compile(r"^(?:\(?(?:[a-z]|[ivx]{1,5}|\d{1,3})(?:\.\d{1,3}){0,4}[.)]+|[•*·▪–-]+)\s+(?=\S+\s+\S)")
_BETWEEN = re.compile(r"(?<=\d)[^\w%€$£¥]+(?=\d)")
_OTHER = re.compile(r"[^\w%€$£¥.,~]+|_|(?<!\d)[.,~]|[.,~](?!\d)")
_RUN = 24  # letters from which finding the same run of words in the other text is no accident


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence: `form` canonical, `bare` its letters, digits and signs of amount alone, and the block it stands in."""

    form: str
    bare: str
    block: Block


@dataclass(frozen=True, slots=True)
class Difference:
    """Sentences that only the old text has and that only the new one has, in their order."""

    gone: tuple[Piece, ...]
    fresh: tuple[Piece, ...]


@lru_cache(maxsize=50_000)
def sentences(text: str) -> tuple[tuple[str, str], ...]:
    """The sentences of a block's text as (canonical form, bare form), without those that have no letter or digit."""
    form = _LABEL.sub("", canonical(text))
    found = ((part.strip(), bare(part)) for part in _ENDS.split(form))
    return tuple((part, letters) for part, letters in found if letters)


def bare(form: str) -> str:
    """Letters, digits and signs of amount of a canonical text. What stands between two digits is kept apart, so that
    "1.5" is not "15" and "1, 2" is not "12"."""
    kept = _BETWEEN.sub(lambda run: run[0] if run[0] in (".", ",") else "~", form)
    return _OTHER.sub("", kept)


def pieces(blocks: Iterable[Block]) -> list[Piece]:
    """The sentences of blocks, in order."""
    return [Piece(form, letters, block) for block in blocks for form, letters in sentences(block.text)]


def difference(old: Sequence[Block], new: Sequence[Block]) -> Difference:
    """What differs between two texts, regardless of order, repetition and the borders of blocks."""
    before, after = pieces(old), pieces(new)
    gone = _only(before, {piece.bare for piece in after})
    fresh = _only(after, {piece.bare for piece in before})
    if gone or fresh:
        here, there = "".join(p.bare for p in before), "".join(p.bare for p in after)
        gone, fresh = _not_within(before, gone, there), _not_within(after, fresh, here)
    return Difference(tuple(before[at] for at in gone), tuple(after[at] for at in fresh))


def within(piece: Piece, blocks: Iterable[Block]) -> bool:
    """Whether blocks hold the sentence, in one or across their borders."""
    found = pieces(blocks)
    if any(piece.bare == other.bare for other in found):
        return True
    return len(piece.bare) >= _RUN and piece.bare in "".join(other.bare for other in found)


def _only(found: Sequence[Piece], others: set[str]) -> list[int]:
    return [at for at, piece in enumerate(found) if piece.bare not in others]


def _not_within(found: Sequence[Piece], left: Sequence[int], other: str) -> list[int]:
    """Those of the positions `left` whose words the other text does not hold in one run. Short ones are looked for
    with what stands before or after them."""
    out = []
    for at in left:
        text = found[at].bare
        if len(text) >= _RUN:
            if text not in other:
                out.append(at)
            continue
        before, after = _near(found, at, -1), _near(found, at, 1)
        joined = [before + text + after] if before and after else [before + text, text + after]
        if not any(len(run) >= _RUN and run in other for run in joined):
            out.append(at)
    return out


def _near(found: Sequence[Piece], at: int, step: int) -> str:
    """Up to `_RUN` letters beside a sentence."""
    text, at = "", at + step
    while 0 <= at < len(found) and len(text) < _RUN:
        text = found[at].bare + text if step < 0 else text + found[at].bare
        at += step
    return text[-_RUN:] if step < 0 else text[:_RUN]
