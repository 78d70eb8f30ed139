"""The words that differ between two texts, in pieces a person reads.

Words are aligned by their longest common subsequence (rapidfuzz, bit-parallel); then short islands of common words
between two differences are given up, so that a reworded clause is one piece and not confetti; then each difference is
slid to where a clause begins, as far as the words allow.
"""

from __future__ import annotations

import re

from rapidfuzz.distance import Indel

from tracker.model import Span

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = r"\u3040-\u30ff\u31f0-\u31ff"
_TOKEN = re.compile(
    rf"\s+|[{_HAN}{_KANA}]"  # a sign of a script without spaces is its own token, joined again below
    rf"|\d+(?:[.,:/-]\d+)*"
    rf"|[^\W\d_{_HAN}{_KANA}]+(?:['’‐-][^\W\d_{_HAN}{_KANA}]+)*"
    rf"|\w|[^\w\s]"
)
_CJK = re.compile(rf"[{_HAN}{_KANA}]")
_LONGEST = 6_000  # tokens on the longer side that are aligned in one go: 6,000² / 64 steps are 20 ms
_ISLAND = 2  # common words between two differences that are fewer than this are told with them, see _worth
_SHARED = 0.25  # share of common words below which two texts are told as two texts


def tokens(text: str) -> list[str]:
    """Words, numbers, signs and runs of space, in order; joined they are the text."""
    return _TOKEN.findall(text)


def spans(old: str, new: str) -> tuple[Span, ...]:
    """The redline of two texts: the "=" and "-" pieces joined are `old`, the "=" and "+" pieces are `new`.

    Deterministic; ("=", text) alone for equal texts; empty for two empty texts. A "-" stands before its "+".
    """
    if old == new:
        return (("=", old),) if old else ()
    if not old or not new:
        return (("-", old),) if old else (("+", new),)
    a, b = tokens(old), tokens(new)
    ops = _merged(_opcodes(a, b), a, b)
    ops = _slid(ops, a, b)
    if _common(ops, a) < _SHARED * max(_weight(a, 0, len(a)), _weight(b, 0, len(b))):
        ops = _ends_only(a, b)
    return _rendered(ops, a, b)


Op = tuple[bool, int, int, int, int]
"""(equal?, start and end in the old tokens, start and end in the new tokens)."""


def _opcodes(a: list[str], b: list[str]) -> list[Op]:
    head = 0
    while head < len(a) and head < len(b) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < len(a) - head and tail < len(b) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    ops: list[Op] = [(True, 0, head, 0, head)] if head else []
    mid_a, mid_b = a[head : len(a) - tail], b[head : len(b) - tail]
    if max(len(mid_a), len(mid_b)) > _LONGEST or not mid_a or not mid_b:
        ops.append((False, head, len(a) - tail, head, len(b) - tail))
    else:
        for op in Indel.opcodes(mid_a, mid_b):
            a_span, b_span = (op.src_start + head, op.src_end + head), (op.dest_start + head, op.dest_end + head)
            ops.append((op.tag == "equal", *a_span, *b_span))
    if tail:
        ops.append((True, len(a) - tail, len(a), len(b) - tail, len(b)))
    return ops


def _joined(ops: list[Op]) -> list[Op]:
    """Neighbours of one kind as one; empty ones left out."""
    out: list[Op] = []
    for op in ops:
        if op[1] == op[2] and op[3] == op[4]:
            continue
        if out and out[-1][0] == op[0]:
            last = out.pop()
            op = (op[0], last[1], op[2], last[3], op[4])
        out.append(op)
    return out


def _weight(part: list[str], start: int, end: int) -> int:
    """How much a reader has to read: letters and digits, a CJK sign for two."""
    total = 0
    for token in part[start:end]:
        if token[0].isalnum():
            total += 2 if _CJK.match(token) else len(token)
    return total


def _words(part: list[str], start: int, end: int) -> int:
    return sum(1 for token in part[start:end] if token[0].isalnum())


def _merged(ops: list[Op], a: list[str], b: list[str]) -> list[Op]:
    """Gives up islands that are not worth their two borders, until none is left."""
    ops = _joined(ops)
    while True:
        for at in range(1, len(ops) - 1):
            if ops[at][0] and not _worth(ops[at - 1], ops[at], ops[at + 1], a, b):
                break
        else:
            return ops
        left, island, right = ops[at - 1 : at + 2]
        ops[at - 1 : at + 2] = [(False, left[1], right[2], left[3], right[4])]
        del island


def _worth(left: Op, island: Op, right: Op, a: list[str], b: list[str]) -> bool:
    """Whether common words between two differences help a reader: more of them than of the smaller difference, or
    a good stretch by themselves."""
    weight, words = _weight(a, island[1], island[2]), _words(a, island[1], island[2])
    if not words:
        return False
    if weight >= 24:
        return True
    around = min(max(_weight(a, op[1], op[2]), _weight(b, op[3], op[4])) for op in (left, right))
    return words >= _ISLAND and weight >= 8 and weight >= around


def _slid(ops: list[Op], a: list[str], b: list[str]) -> list[Op]:
    """Pure insertions and deletions moved, within what stays the same, to begin at a word or a clause."""
    out = list(ops)
    for at in range(1, len(out) - 1):
        equal, i, j, k, m = out[at]
        if equal or (i != j and k != m) or not (out[at - 1][0] and out[at + 1][0]):
            continue
        part, start, end = (a, i, j) if i != j else (b, k, m)
        before, after = out[at - 1][2] - out[at - 1][1], out[at + 1][2] - out[at + 1][1]
        shift = _best_shift(part, start, end, before - 1, after - 1)
        if shift:
            out[at - 1] = _stretched(out[at - 1], 0, shift)
            out[at] = (False, i + shift, j + shift, k + shift, m + shift)
            out[at + 1] = _stretched(out[at + 1], shift, 0)
    return out


def _stretched(op: Op, start: int, end: int) -> Op:
    return (op[0], op[1] + start, op[2] + end, op[3] + start, op[4] + end)


def _best_shift(part: list[str], start: int, end: int, left: int, right: int) -> int:
    """How far to move part[start:end] (negative: to the left) so that it begins and ends best."""
    best, shift = _border(part, start, end), 0
    moved = 0
    while moved > -left and start + moved > 0 and part[start + moved - 1] == part[end + moved - 1]:
        moved -= 1
        score = _border(part, start + moved, end + moved)
        if score > best:
            best, shift = score, moved
    moved = 0
    while moved < right and end + moved < len(part) and part[start + moved] == part[end + moved]:
        moved += 1
        score = _border(part, start + moved, end + moved)
        if score > best:
            best, shift = score, moved
    return shift


def _border(part: list[str], start: int, end: int) -> int:
    """Better when the piece begins after a sentence's or clause's end, and carries its space behind it."""
    before = part[start - 1] if start else ""
    first, last = part[start], part[end - 1]
    score = 0
    if before.isspace():
        score += 2
        mark = part[start - 2] if start > 1 else "."
        score += 3 if mark in ".;:!?" else 1 if mark == "," else 0
    elif before in "。；：！？":
        score += 5
    elif before in "，、（(":
        score += 3
    if last in "。；：！？.;":
        score += 3
    elif last.isspace() or last in "，、,":
        score += 2
    if first.isspace():
        score -= 1
    return score


def _common(ops: list[Op], a: list[str]) -> int:
    return sum(_weight(a, op[1], op[2]) for op in ops if op[0])


def _ends_only(a: list[str], b: list[str]) -> list[Op]:
    """Two texts told as two texts, behind the label or words that both begin with."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    while head and not a[head - 1].isspace():
        head -= 1
    return [(True, 0, head, 0, head), (False, head, len(a), head, len(b))]


def _rendered(ops: list[Op], a: list[str], b: list[str]) -> tuple[Span, ...]:
    out: list[Span] = []
    for equal, i, j, k, m in _joined(ops):
        if equal:
            out.append(("=", "".join(a[i:j])))
            continue
        if i != j:
            out.append(("-", "".join(a[i:j])))
        if k != m:
            out.append(("+", "".join(b[k:m])))
    return tuple(out)
