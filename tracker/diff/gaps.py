"""What stands between equal blocks: which of it was reworded, moved, split or merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Indel

from tracker.diff.forms import Forms, words
from tracker.diff.slide import slid
from tracker.model import Block

Join = tuple[tuple[int, ...], tuple[int, ...]]
ALIKE = 0.5  # share of common words from which two blocks are one, reworded
ALIKE_PLACE = 0.25  # the same where both have the same label or place
JOINED = 0.85  # share of common words from which one block is the sum of others
MOVED = 20  # characters of a body that is told as moved: shorter ones stand in many places
_SHORT = 40  # characters of two texts in one place that are one, whatever words they share
_TABLE_JOINS = 400  # the same for blocks that may be the sum of others
_TABLE = 40_000  # pairs of one gap that are looked at one by one


@dataclass(slots=True)
class Matched:
    """Which old blocks became which new ones. `same` are equal in body and in order, `reworded` in order, `moved`
    out of order; `joins` are (old positions, new positions) with one on one side and several on the other."""

    same: list[tuple[int, int]]
    reworded: list[tuple[int, int]] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)


def matched(old: Sequence[Block], new: Sequence[Block], a: Forms, b: Forms, same: list[tuple[int, int]]) -> Matched:
    """All pairs, each block in one of them at most."""
    result = Matched(slid(same, (a.body, b.body), (_opens(old, a), _opens(new, b))))
    left = _left(len(old), {x for x, _ in result.same})
    right = _left(len(new), {y for _, y in result.same})
    result.moved = _moves(a, b, left, right)
    taken_a = {x for x, _ in result.same} | {x for x, _ in result.moved}
    taken_b = {y for _, y in result.same} | {y for _, y in result.moved}
    for xs, ys in _runs(result.same, len(old), len(new)):
        xs = [x for x in xs if x not in taken_a and a.whole[x]]
        ys = [y for y in ys if y not in taken_b and b.whole[y]]
        if not xs or not ys:
            continue
        joins = _joins(a, b, xs, ys)
        result.joins.extend(joins)
        for inner_xs, inner_ys in _between(joins, xs, ys):
            result.reworded.extend(_reworded(old, new, a, b, inner_xs, inner_ys))
    return result


def _opens(blocks: Sequence[Block], forms: Forms) -> list[bool]:
    """Which blocks begin something: a heading, or the label of an article or chapter."""
    return [block.kind == "heading" or body[:1] == "\x00" for block, body in zip(blocks, forms.body, strict=True)]


def _left(size: int, taken: set[int]) -> list[int]:
    return [at for at in range(size) if at not in taken]


def _runs(same: list[tuple[int, int]], n: int, m: int) -> list[tuple[list[int], list[int]]]:
    out = []
    last = (0, 0)
    for x, y in [*same, (n, m)]:
        if x > last[0] and y > last[1]:
            out.append((list(range(last[0], x)), list(range(last[1], y))))
        last = (x + 1, y + 1)
    return out


def _moves(a: Forms, b: Forms, left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Bodies that are gone here and new there, each as often on both sides."""
    gone: dict[str, list[int]] = defaultdict(list)
    for x in left:
        if len(a.body[x]) >= MOVED and a.body[x][0] != "\x00":
            gone[a.body[x]].append(x)
    fresh: dict[str, list[int]] = defaultdict(list)
    for y in right:
        if b.body[y] in gone:
            fresh[b.body[y]].append(y)
    return [
        pair for text, ys in fresh.items() if len(ys) == len(gone[text]) for pair in zip(gone[text], ys, strict=True)
    ]


def alike(one: str, other: str) -> float:
    """The share of common words, 0 to 1, of two canonical texts."""
    return float(Indel.normalized_similarity(words(one), words(other)))


def _joins(a: Forms, b: Forms, xs: list[int], ys: list[int]) -> list[Join]:
    """Blocks of one side that are the sum of neighbours on the other, in order on both sides."""
    if len(xs) * len(ys) > _TABLE_JOINS or len(xs) + len(ys) < 3:
        return []
    found: list[Join] = [((x,), run) for x in xs if (run := _sum_of(a.body[x], b.body, ys))]
    found += [(run, (y,)) for y in ys if (run := _sum_of(b.body[y], a.body, xs))]
    out: list[Join] = []
    for join in sorted(found, key=lambda join: (join[0][0], join[1][0])):
        if not out or (join[0][0] > out[-1][0][-1] and join[1][0] > out[-1][1][-1]):
            out.append(join)
    return out


def _between(joins: list[Join], xs: list[int], ys: list[int]) -> list[tuple[list[int], list[int]]]:
    """What is left of a gap before, between and after its joins: nothing may cross them."""
    out: list[tuple[list[int], list[int]]] = []
    last = (-1, -1)
    for join in [*joins, ((1 << 60,), (1 << 60,))]:
        left = [x for x in xs if last[0] < x < join[0][0]]
        right = [y for y in ys if last[1] < y < join[1][0]]
        if left and right:
            out.append((left, right))
        last = (join[0][-1], join[1][-1])
    return out


def _sum_of(text: str, bodies: list[str], at: list[int]) -> tuple[int, ...]:
    """The neighbours that together are the text."""
    size = len(text)
    for start in range(len(at)):
        total, run = 0, list[int]()
        for position in at[start : start + 12]:
            if run and position != run[-1] + 1:
                break
            run.append(position)
            total += len(bodies[position]) + 1 if bodies[position][:1] != "\x00" else 0
            if total > 1.3 * size:
                break
            if len(run) > 1 and total > 0.75 * size:
                joined = " ".join(bodies[p] for p in run if bodies[p][:1] != "\x00")
                biggest = max(alike(text, bodies[p]) for p in run)
                if alike(text, joined) >= max(JOINED, biggest + 0.05):
                    return tuple(run)
    return ()


def _reworded(
    old: Sequence[Block], new: Sequence[Block], a: Forms, b: Forms, xs: list[int], ys: list[int]
) -> list[tuple[int, int]]:
    """The pairs, in order on both sides, that share most words."""
    if len(xs) == len(ys) == 1 and old[xs[0]].path and old[xs[0]].eid == new[ys[0]].eid:
        return [(xs[0], ys[0])]  # one text in the place of one: rewritten
    if len(xs) * len(ys) > _TABLE:
        return _by_place(old, new, a, b, xs, ys)
    share = _shares([a.body[x] for x in xs], [b.body[y] for y in ys])
    score = [[_score(old[x], new[y], a, b, x, y, share(i, j)) for j, y in enumerate(ys)] for i, x in enumerate(xs)]
    best = [[0.0] * (len(ys) + 1) for _ in range(len(xs) + 1)]
    for i in range(len(xs) - 1, -1, -1):
        row, below, values = best[i], best[i + 1], score[i]
        for j in range(len(ys) - 1, -1, -1):
            row[j] = max(below[j], row[j + 1], values[j] + below[j + 1] if values[j] else 0.0)
    pairs, i, j = [], 0, 0
    while i < len(xs) and j < len(ys):
        if score[i][j] and best[i][j] == score[i][j] + best[i + 1][j + 1]:
            pairs.append((xs[i], ys[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _shares(old: Sequence[str], new: Sequence[str]) -> Callable[[int, int], float]:
    """`alike` of one text of each side, by their places: with a character for each different word it takes a tenth of
    the time, and large gaps have forty thousand pairs."""
    known: dict[str, str] = {}
    one, other = (
        ["".join([known.setdefault(word, chr(len(known))) for word in words(text)]) for text in side]
        for side in (old, new)
    )
    return lambda i, j: float(Indel.normalized_similarity(one[i], other[j]))


def _score(one: Block, other: Block, a: Forms, b: Forms, x: int, y: int, share: float) -> float:
    """0 where the two are not one block; `share` is how much of their words they share."""
    if (a.body[x][:1] == "\x00") != (b.body[y][:1] == "\x00"):
        return 0.1 if one.number and one.eid == other.eid else 0.0
    if share >= ALIKE:
        return share + (0.05 if a.label[x] == b.label[y] else 0.0)
    if not one.path or one.eid != other.eid:
        return 0.0
    if one.number and one.number == other.number:  # the point is the same, its words are new
        return max(share, 0.1)
    if share < ALIKE_PLACE and max(len(a.whole[x]), len(b.whole[y])) <= _SHORT:
        return 0.05  # "-" became "(repealed)"
    return share if share >= ALIKE_PLACE else 0.0


def _by_place(
    old: Sequence[Block], new: Sequence[Block], a: Forms, b: Forms, xs: list[int], ys: list[int]
) -> list[tuple[int, int]]:
    """The same for large gaps: by place where there is one."""
    places = {new[y].eid: y for y in ys if new[y].eid and new[y].number}
    pairs, last = [], -1
    for x in xs:
        y = places.get(old[x].eid, -1) if old[x].number else -1
        if y > last and _score(old[x], new[y], a, b, x, y, alike(a.body[x], b.body[y])):
            pairs.append((x, y))
            last = y
    return pairs
