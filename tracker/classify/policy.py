"""Constants that decide a verdict of the classifier, each with its evidence."""

from __future__ import annotations

from typing import Final

EXCLUDED: Final = 0.1
"""What words count for after "does not apply to": they still name the matter, but not as its subject."""

UNBOUND: Final = 0.15
"""What a bound term counts for in a text that never speaks of the subject."""

SUBJECT_FULL: Final = 2.0
"""From this strength of the subject's words on, bound terms count in full: one clear term."""

LENGTH: Final = 80.0
"""Words after which a text's length begins to divide its strengths: about a paragraph."""

CLEAR: Final = 4.0
"""The strength at which a score reaches a half: one deciding term in a paragraph (cross-validated: 2, 3, 4, 5)."""

BESIDE: Final = 0.6
"""An area is given beside the strongest one from this share of its strength (cross-validated: 0.5, 0.6, 0.7)."""

ELSEWHERE: Final = 1.0
"""What other fields' words take from every area where they outweigh the subject's (cross-validated: 0, 0.5, 1)."""

THRESHOLD: Final = 0.5
"""The score from which an area is given."""

HEADING: Final = 0.5
"""What a heading's words count for beside the passage's own."""

OLD: Final = 0.8
"""What removed words count for beside added ones."""

CONTEXT: Final = 0.25
"""What the unchanged words of a changed paragraph count for beside the changed ones."""

PRIOR: Final = 0.02
"""What being one of the source's areas adds to a score when the main area is chosen: it breaks ties only."""

EVIDENCE: Final = 12
"""Pieces of evidence kept for an area."""
