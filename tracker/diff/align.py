"""Two sequences of keys aligned: common ends, then keys that are unique on both sides (patience), then what is left
by longest common subsequence. Near-linear on nearly equal sequences, bounded on all others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence

from rapidfuzz.distance import Indel

Pair = tuple[int, int]
_CELLS = 40_000_000  # of the table of a longest common subsequence that are worth their time: about 50 ms


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """Pairs (position in old, position in new) of equal keys, rising on both sides. Deterministic."""
    numbers: dict[Hashable, int] = {}
    a = [numbers.setdefault(key, len(numbers)) for key in old]
    b = [numbers.setdefault(key, len(numbers)) for key in new]
    pairs: list[Pair] = []
    work = [(0, len(a), 0, len(b))]
    while work:
        i, j, k, m = work.pop()
        while i < j and k < m and a[i] == b[k]:
            pairs.append((i, k))
            i, k = i + 1, k + 1
        while i < j and k < m and a[j - 1] == b[m - 1]:
            j, m = j - 1, m - 1
            pairs.append((j, m))
        if i == j or k == m:
            continue
        anchors = _anchors(a, b, i, j, k, m)
        if anchors:
            last = (i, k)
            for x, y in anchors:
                work.append((last[0], x, last[1], y))
                last = (x + 1, y + 1)
            work.append((last[0], j, last[1], m))
            pairs.extend(anchors)
        else:
            pairs.extend(_common(a, b, i, j, k, m))
    pairs.sort()
    return pairs


def _anchors(a: list[int], b: list[int], i: int, j: int, k: int, m: int) -> list[Pair]:
    """Keys that stand once on each side, in their longest rising run."""
    once_a: dict[int, int] = {}
    for x in range(i, j):
        once_a[a[x]] = -1 if a[x] in once_a else x
    once_b: dict[int, int] = {}
    for y in range(k, m):
        once_b[b[y]] = -1 if b[y] in once_b else y
    pairs = [(x, y) for key, y in once_b.items() if y >= 0 and (x := once_a.get(key, -1)) >= 0]
    pairs.sort()
    return rising(pairs)


def rising(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest run of pairs that rises on both sides; `pairs` is sorted by the first and has no first twice."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, (_, y) in enumerate(pairs):
        place = bisect_left(tails, y)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(y)
            ends.append(at)
        else:
            tails[place] = y
            ends[place] = at
    run: list[Pair] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _common(a: list[int], b: list[int], i: int, j: int, k: int, m: int) -> list[Pair]:
    shared = set(a[i:j]) & set(b[k:m])
    if not shared:
        return []
    left = [x for x in range(i, j) if a[x] in shared]
    right = [y for y in range(k, m) if b[y] in shared]
    pairs: list[Pair] = []
    # Thousands of equal lines: cut into stretches of equal share on both sides, each aligned by itself.
    parts = 1 + int((len(left) * len(right) / _CELLS) ** 0.5)
    for part in range(parts):
        xs = left[part * len(left) // parts : (part + 1) * len(left) // parts]
        ys = right[part * len(right) // parts : (part + 1) * len(right) // parts]
        for op in Indel.opcodes([a[x] for x in xs], [b[y] for y in ys]):
            if op.tag == "equal":
                length = op.src_end - op.src_start
                pairs.extend((xs[op.src_start + step], ys[op.dest_start + step]) for step in range(length))
    return pairs
