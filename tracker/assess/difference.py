"""Which sentences of two texts differ, whatever blocks they stand in.

Pages are rebuilt again and again: paragraphs are merged, split, wrapped, moved. So texts are compared sentence by
sentence, and a sentence that the other text holds in one run of words, across the borders of its blocks, is no
difference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tracker.assess import policy
from tracker.model import Block
from tracker.text.canonical import canonical

_ENDS = re.compile(r"(?<=[.!?;])\s+(?=\S)|(?<=[。！？；])|\s\|\s")
_LABEL = re.compile(
    r"^(?:\(?(?:[a-z]|[ivx]{1,5}|\d{1,3})(?:\.(?:[a-z]|[ivx]{1,5}|\d{1,3})){0,5}(?:[.)]+|(?<=\d)(?=\s))|[•*·▪–-]+)\s*"
    r"(?=[^\W\d_]|[\"'(])"
)
_LABEL_ALONE = re.compile(
    r"\(?(?:[a-z]|[ivx]{1,5}|\d{1,3})(?:\.(?:[a-z]|[ivx]{1,5}|\d{1,3})){1,5}[.)]*|\(?(?:[a-z]|[ivx]{1,5}|\d{1,3})[.)]+"
)
_BETWEEN = re.compile(r"(?<=\d)[^\w%€$£¥]+(?=\d)")
_OTHER = re.compile(r"[^\w%€$£¥.,~]+|_|(?<!\d)[.,~]|[.,~](?!\d)")
_JOINS = frozenset(
    ("and", "or", "andor", "et", "ou", "etou", "und", "oder", "y", "o", "或", "或者", "和", "以及", "并", "并且", "且")
)
_RUN = 24  # letters from which finding the same run of words in the other text is no accident


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence: `form` canonical, `bare` its letters, digits and signs of amount alone, and its block."""

    form: str
    bare: str
    block: Block


@dataclass(frozen=True, slots=True)
class Difference:
    """Sentences that only the old text has and that only the new one has, in their order."""

    gone: tuple[Piece, ...]
    fresh: tuple[Piece, ...]


@lru_cache(maxsize=16_384)
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
    """What differs between two texts, regardless of order and the borders of blocks; of repetition too, where a page
    has parts that may show the same twice."""
    before, after = pieces(old), pieces(new)
    gone = _only(before, {piece.bare for piece in after})
    fresh = _only(after, {piece.bare for piece in before})
    fewer, more = _oftener(before, after), _oftener(after, before)
    if gone and fresh:
        here, there = "".join(p.bare for p in before), "".join(p.bare for p in after)
        lost, found = _not_within(before, gone, there), _not_within(after, fresh, here)
        gone = _with_parts(before, gone, lost, [after[at] for at in found])
        fresh = _with_parts(after, fresh, found, [before[at] for at in lost])
    old_joins, new_joins = _joined_otherwise(before, after), _joined_otherwise(after, before)
    return Difference(
        tuple(old_joins.get(at, before[at]) for at in sorted({*gone, *fewer, *old_joins})),
        tuple(new_joins.get(at, after[at]) for at in sorted({*fresh, *more, *new_joins})),
    )


def _joined_otherwise(found: Sequence[Piece], others: Sequence[Piece]) -> dict[int, Piece]:
    """Position → a list's entry with the word that joins it to the next, where the other text joins the same entries by
    other words: "; or" and "; and". A join that comes or goes alone is the list's punctuation."""
    other: dict[str, set[str]] = {}
    for at in _joins(others):
        other.setdefault(others[at - 1].bare, set()).add(others[at].bare)
    out: dict[int, Piece] = {}
    for at in _joins(found):
        entry, join = found[at - 1], found[at]
        joins = other.get(entry.bare)
        if joins and join.bare not in joins:
            out[at - 1] = Piece(f"{entry.form} {join.form}", entry.bare + join.bare, entry.block)
    return out


def _joins(found: Sequence[Piece]) -> list[int]:
    """The positions of the words that end an entry and join it to the next one."""
    return [
        at
        for at in range(1, len(found))
        if found[at].bare in _JOINS and found[at].block is found[at - 1].block
        if at + 1 == len(found) or found[at + 1].block is not found[at].block
    ]


def _oftener(found: Sequence[Piece], others: Sequence[Piece]) -> list[int]:
    """The positions of sentences that stand there more often than in the other text, in texts without parts of a page:
    an entry that one list of a law has and another one gets. What stands there on every page of a print is no such."""
    here, there = (Counter(p.bare for p in side if not p.block.region) for side in (found, others))
    names = {name for name, count in here.items() if 0 < there[name] < count and there[name] <= policy.SEVERAL}
    if not names:
        return []
    text, other = "".join(p.bare for p in found), "".join(p.bare for p in others)
    beside = {pair for pair in pairwise(p.bare for p in others) if pair[1] in names}
    out: list[int] = []
    for name in names:
        if text.count(name) <= other.count(name):  # it stood there in one run with more
            continue
        places = [at for at, piece in enumerate(found) if piece.bare == name]
        new = [at for at in places if at == 0 or (found[at - 1].bare, name) not in beside]
        out.extend((new or places[::-1])[: here[name] - there[name]])
    return out


def _with_parts(
    found: Sequence[Piece], alone: Sequence[int], left: Sequence[int], others: Sequence[Piece]
) -> list[int]:
    """The positions left, and those that one sentence of the other text holds together with more: that sentence was
    made longer, and is told beside what it was."""
    kept = set(left)
    longer = "\n".join(other.bare for other in others)
    for at in alone:
        text = found[at].bare
        if at in kept or text not in longer:
            continue
        begins = len(text) >= policy.BEGUN and any(other.bare.startswith(text) for other in others)
        if begins or any(text in other.bare and len(text) * 2 > len(other.bare) for other in others):
            kept.add(at)
    return sorted(kept)


def without(found: Sequence[Piece], blocks: Iterable[Block]) -> list[Piece]:
    """The sentences that blocks do not hold, in one or across their borders."""
    others = [piece.bare for piece in pieces(blocks)]
    single, joined = set(others), "".join(others)
    return [p for p in found if p.bare not in single and not (len(p.bare) >= _RUN and p.bare in joined)]


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


def is_label(form: str) -> bool:
    """Whether the text is a clause's number and nothing else."""
    return _LABEL_ALONE.fullmatch(form) is not None
