"""Every alert arrives, whatever fails and whoever is killed; twice only where nobody could know."""

from __future__ import annotations

from pathlib import Path

import pytest
import schedules


def check(history: schedules.History) -> None:
    assert history.missing == []
    assert history.unexplained == []
    assert history.arrived == history.expected > 0
    assert history.copies == history.cut_after_dot + history.killed_after_dot


def test_some_histories(tmp_path: Path) -> None:
    fork = schedules.context()
    for seed in range(3):
        check(schedules.play(seed, tmp_path / str(seed), fork))


@pytest.mark.slow
def test_sixty_histories(tmp_path: Path) -> None:
    """Five hundred and more are the bench's: python -m bench.alerts faults."""
    fork = schedules.context()
    for seed in range(1000, 1060):
        check(schedules.play(seed, tmp_path / str(seed), fork))
