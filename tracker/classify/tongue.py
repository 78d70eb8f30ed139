"""The vocabulary by which a text is read: en, fr, zh, or none of them. Cheap: it looks only at words already folded.

`text.language` tells any language apart; here only the three of the vocabularies matter, two thousand times a second.
"""

from __future__ import annotations

from typing import Final

from tracker.classify.words import Row, fold

SPOKEN: Final = ("en", "fr", "zh")
"""The languages of the vocabularies."""

_SURE: Final = 2
"""Common words of a language after which the words are believed rather than the hint."""

_COMMON: Final = {
    language: frozenset(fold(word) for word in words.split())
    for language, words in {
        "en": "the of and to in that is for shall be by with on this are which or not from as any may must will",
        "fr": "le la de des du et les un une dans pour par que qui est sur aux au ou ne pas ce cet cette leur ses sont",
        "": "der die das und von den dem ein nicht mit ist für auf werden el los las y por con del para il di che per "
        "gli della o os da do uma na no het een van w z sie je og att som det",
    }.items()
}


def tongue(row: Row) -> str:
    """ "en", "fr", "zh", or "" when it is none of them; a text too short to tell is English if it is plain ASCII."""
    found, count = _guess(row)
    if count:
        return found
    return "en" if len(row.words) > 1 and row.line.isascii() else ""


def spoken(row: Row, hint: str) -> str:
    """The same for a piece of a document whose language is said to be `hint`: the hint decides what is too short to
    tell, the words decide everything else (a Chinese page may have an English annex)."""
    base = hint.lower().replace("_", "-").split("-")[0]
    found, count = _guess(row)
    if count >= _SURE or not base:
        return found if count else tongue(row)
    return base if base in SPOKEN else ""


def _guess(row: Row) -> tuple[str, int]:
    """The language of the most common words, and how many of them there are."""
    latin = len(row.words) - 1
    if row.han >= 2 and row.han >= 0.3 * (row.han + 2 * latin):
        return "zh", row.han
    best, most = "", 0
    for language, common in _COMMON.items():
        count = sum(1 for word in row.words if word in common)
        if count > most:
            best, most = language, count
    return best, most
