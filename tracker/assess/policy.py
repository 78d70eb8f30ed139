"""The constants that decide a verdict, each with what speaks for it. No constant knows a site."""

from __future__ import annotations

from datetime import timedelta

CONFIRM_AFTER = timedelta(hours=20)  # daily visits drift by an hour or two; 20 h never waits for a third one
CONFIRM_RECHECK = timedelta(hours=23)  # "never later than 24 h after first seen" leaves an hour for the queue
REMEMBER_TEXTS = 3_000  # texts remembered a document: 16 hex digits and two days each, below 100 kB
KEPT_GLITCH = 0.35  # of the told words still there: less and shorter is another page, not an edit of this one
SHRUNK_GLITCH = 0.5  # of the told size: shells, errors and walls are short
REWRITTEN = 0.6  # of the told words gone or new: a second look decides
PAIRED = 0.55  # similarity from which two blocks are one block edited
VOLATILE = 3  # changes of one region in VOLATILE_WINDOW without anything that binds: it rotates
VOLATILE_WINDOW_DAYS = 60
TYPO_DISTANCE = 0.75  # similarity of two single words that are one word spelled twice
SHORT_WORDS = 4  # a new line this short, without number or duty, is a label or a button
SUCCESSOR_WORDS = 200  # long words: a different text this long is a successor that a second look confirms, not a notice
SUCCESSOR_SIZE = 0.2  # of the told size: successors in the recordings are often much shorter than what they replace
