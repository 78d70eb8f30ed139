"""Alignment pairs equal things in their order, whatever the sequences look like."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.diff.align import align, rising

_KEYS = st.lists(st.sampled_from("abcdefgh"), max_size=40)


@settings(max_examples=120, deadline=None)
@given(_KEYS, _KEYS)
def test_pairs_are_equal_and_rise_on_both_sides(old: list[str], new: list[str]) -> None:
    pairs = align(old, new)
    assert all(old[x] == new[y] for x, y in pairs)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in itertools.pairwise(pairs))


@given(_KEYS)
def test_a_sequence_is_aligned_with_itself_throughout(keys: list[str]) -> None:
    assert align(keys, keys) == [(at, at) for at in range(len(keys))]


@settings(max_examples=80, deadline=None)
@given(_KEYS, _KEYS)
def test_both_directions_find_as_much(old: list[str], new: list[str]) -> None:
    assert bool(align(old, new)) == bool(align(new, old))


def test_thousands_of_equal_lines_are_no_trouble() -> None:
    old, new = ["same"] * 3000 + ["one"] + ["same"] * 2000, ["same"] * 2500 + ["one"] + ["same"] * 2600
    assert len(align(old, new)) >= 4500


@given(st.lists(st.integers(0, 50), unique=True, max_size=30))
def test_the_longest_rising_run_rises(values: list[int]) -> None:
    run = rising(list(enumerate(values)))
    assert all(one[1] < other[1] for one, other in itertools.pairwise(run))
    assert len(run) >= min(1, len(values))
