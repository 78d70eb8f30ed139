"""Same input, same output: on every version of Python and on every machine."""

from __future__ import annotations

import hashlib

from tracker.classify import classifier, train

EXPECTED = "c7deabe46915a927"
"""Of the verdicts below, by the shipped model, taxonomy and calibration. It changes when one of them is made again, and
must not change otherwise: `python -m tests.classify.test_same_everywhere` prints it."""


def verdicts() -> str:
    """A hash of the areas, their scores in hundredths and the main area of every ninth training sentence."""
    found = classifier.load()
    lines = []
    for example in train.examples()[::9]:
        answer = found.classify(example.text)
        lines.append(f"{answer.main} {[(area.id, round(area.score, 2)) for area in answer.areas]}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def test_verdicts_are_the_same_on_every_machine() -> None:
    assert verdicts() == EXPECTED


if __name__ == "__main__":
    print(verdicts())  # noqa: T201 - run by hand after a retraining
