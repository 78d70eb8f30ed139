"""The constants that decide a verdict, each with what speaks for it. No constant knows a site."""

from __future__ import annotations

from datetime import timedelta

SECOND_LOOK = timedelta(hours=23)  # "never later than 24 h after first seen" leaves an hour for the queue
EARLY = 3 / 23  # of the wait: daily visits drift by an hour or two; one after 20 h is second look enough
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
PROSE = 60  # characters of a block that is running text
LINK_SHARE = 0.8  # of a block's characters in links: it is a link
CORE = 0.85  # of the running text: the smallest part of the page that holds it is where the document stands
CORE_LEAST = 0.4  # of all words are running text; less is an index, whose links are the document
SHARED = 0.8  # of a part's texts stand on another page of the host: the part is the host's, not the document's
TWIN = 0.5  # of the running text in common: two addresses of one document say nothing about each other
HOST_PAGES = 40  # pages remembered a host
HOST_MARKS = 600  # texts remembered a page: 4.8 kB
CLUSTER_KEYS = 60  # sentences by which changes are compared
CLUSTER_WORDS = 40  # characters of changed words from which they say by themselves what was edited
STAMP_LINE = 160  # characters of a line that is only a stamp or a copyright
AMENDMENT_NOTE = 250  # characters of a note of the last amendments: two acts, their dates and places of publication
NOTE_WORDS = 0.3  # of such a note are words of their own; the rest is numbers, dates and short forms of acts
TITLE_WORDS = 8  # words of a title, in which another order of the same words means the same
LABEL = 40  # characters of a label: words that lost their spaces are no label
HOST_REGIONS = 300  # shared parts remembered a host: 5 kB
HOST_REGION_DAYS = 200  # a part that pages no longer share may carry a document again after that
SHELL_WORDS = 40  # words of a page that has no running text yet
TONGUE = 200  # characters on both sides from which languages are compared
BEGUN = 12  # letters from which the same beginning makes two sentences one that was made longer
ROW_OF_LINKS = 4  # links in one block that holds little else
TITLE_PART = 6  # letters from which a line that the title holds is a part of it set apart
HALF = 0.5  # of the page's text: a part that holds more is never furniture, however much of it others share
FIRST_DAYS = 7  # in which a page without text may be one that had not loaded; after that, text on it is news
RESTORED_DAYS = (
    180  # of a text's absence; after that its return is news: a variant flaps in days, a page breaks for weeks
)
REVERTED_DAYS = 2  # the same for a text without parts of a page, which has no variants: a slip taken back at once
RETURNS = 2  # disappearances from which such a text is one that comes and goes
SEVERAL = 3  # times a sentence may stand in a text for one more to be told: a head line stands on every page
