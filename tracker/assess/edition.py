"""Notes about the text: as of when it stands, what amended it last, where an act it cites was published.

Official publishers write them into the running text, and they change with every edition. They bind nobody: editorial.
"""

from __future__ import annotations

import re

from tracker.assess import lexis, policy
from tracker.text.canonical import canonical

_CLAUSE = re.compile(r" ?\(([^()]{4,80})\)")
_HEAD = re.compile(
    r"(?:version consolidée|texte consolidé|consolidated (?:version|text)|konsolidierte fassung|konsoliderad version)\b"
)
_AMENDED = re.compile(
    r"(?:(?:zuletzt|mehrfach) )?(?:geändert|neugefasst|neu gefasst) durch\b|(?:as )?(?:last )?amended (?:by|on)\b|"
    r"(?:dernière modification|(?:modifiée?|amendée?)(?: en dernier lieu)?) par\b|(?:senast )?ändrad genom\b|"
    r"(?:最近一次|最后)?(?:修正|修订)[:于]|\(?根据.{4,120}(?:修正|修订)[。)]?$"
)
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,10}[〔(\[](?:19|20)\d\d[〕)\]]第?\d{1,5}号")
_BY = frozenset(("durch", "genom", "amended", "amendée"))
_SETTLED = re.compile(
    r"(?:letzte )?änderung durch:? (?:art|§|g |v |gesetz|verordnung)|"
    r"(?:pending )?amendments? (?:not yet|by (?:act|law))\b|"
    r"modification par (?:la loi|le décret|l'art)|ändring genom (?:lag|sfs)\b"
)
_MARKUP = re.compile(r"\[\^[^\]\s]{1,40}\]:?|\{%[^{}]{0,200}?%\}")
_BLANK = r"(?:0|_+|x{2,})"
_UNPUBLISHED = re.compile(rf"(?<!\w){_BLANK} ([a-z][a-z.]{{1,9}}) {_BLANK}(?=\))")


def undated(form: str) -> str:
    """A canonical sentence without clauses in brackets that only say as of when the text stands; one that says since
    when it is in force stays."""
    return _CLAUSE.sub(lambda found: "" if _as_of(found[1]) else found[0], form)


def unmarked(form: str) -> str:
    """A canonical sentence without the marks of footnotes and the conditions of templates that Markdown may carry."""
    return " ".join(_MARKUP.sub(" ", form).split())


def _as_of(clause: str) -> bool:
    words = [word for word in lexis.WORD.findall(clause) if word[0].isalnum()]
    return bool(lexis.DATE.search(clause)) and all(map(lexis.stamps, words)) and not lexis.in_force(words)


def is_note(text: str, changed: str) -> bool:
    """Whether a block says what amended the text last, in numbers and references mostly, and what changed in it
    (canonical) does not say since when it is in force."""
    form = canonical(text)
    if len(form) > policy.AMENDMENT_NOTE or not _AMENDED.match(form) or lexis.in_force(lexis.WORD.findall(changed)):
        return False
    words = [word for word in lexis.WORD.findall(form) if word[0].isalnum()]
    told = [word for word in words if len(word) > 3 and word.isalpha() and not (word in _BY or lexis.stamps(word))]
    return len(told) <= policy.NOTE_WORDS * len(words) and not dict(lexis.BINDING)["modality"].search(form)


def is_settled(text: str) -> bool:
    """Whether a block that is gone named an amendment that was to be worked in: what it did is told where the text
    changes. That such a note comes is news."""
    form = canonical(text)
    short = len(form) <= policy.AMENDMENT_NOTE and not dict(lexis.BINDING)["modality"].search(form)
    return short and _SETTLED.match(form) is not None


def is_head(text: str) -> bool:
    """Whether a block is the head line of a consolidated edition."""
    return len(text) <= policy.AMENDMENT_NOTE and _HEAD.match(canonical(text)) is not None


def is_number(form: str) -> bool:
    """Whether a line (canonical) is the number under which a Chinese authority issued the text, and nothing else."""
    return _NUMBER.fullmatch(form) is not None


def published(old: str, new: str) -> bool:
    """Whether a citation only got the volume and page that were left blank ("0 TRR 0" or "__ TRR __")."""
    blanks = list(_UNPUBLISHED.finditer(old))
    if not blanks:
        return False
    pattern, at = "", 0
    for blank in blanks:
        pattern += re.escape(old[at : blank.start()]) + rf"\d+ {re.escape(blank[1])} \d+"
        at = blank.end()
    return re.fullmatch(pattern + re.escape(old[at:]), new) is not None
