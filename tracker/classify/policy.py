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

THRESHOLD: Final = 0.5
"""The score from which a principle or a theme is given."""

HEADING: Final = 0.4
"""What a heading's words count for beside the passage's own (compared: 0.3, 0.4, 0.6: no difference beyond chance)."""

LONG: Final = 700
"""Characters (three times that without Chinese) from which a text is read passage by passage."""

PASSAGE: Final = 700
"""Characters of a passage that long texts are cut into: about 100 words, the length the calibration knows."""

DOCUMENT_SHARE: Final = 0.08
"""An area is a document's when passages that speak of it make up this share of its words."""

OLD: Final = 0.8
"""What removed words count for beside added ones."""

CONTEXT: Final = 0.25
"""What the unchanged words of a changed paragraph count for beside the changed ones, when many changed."""

CONTEXT_WORDS: Final = 20.0
"""The fewer words changed, the more their paragraph must speak for them: from this many on it counts for CONTEXT."""

EDIT_SHARE: Final = 0.05
"""An edit with less than this share of the changed words gives the change no area, unless it is among the largest."""

SECOND: Final = 0.5
"""What an edit's other areas count for beside its main one when the change's main area is chosen."""

PRIOR: Final = 0.01
"""What being one of the source's areas adds to an area's share of the change: it breaks ties only."""

EVIDENCE: Final = 12
"""Pieces of evidence kept for an area."""
