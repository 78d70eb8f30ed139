"""The vocabulary by which a text is read: en, fr, zh, or none of them. Cheap: it looks only at words already folded.

`text.language` tells any language apart; here only the three of the vocabularies matter, two thousand times a second.
"""

from __future__ import annotations

from typing import Final

from tracker.classify.words import Row, fold

SPOKEN: Final = ("en", "fr", "zh")
"""The languages of the vocabularies."""

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
    """ "en", "fr", "zh" or "" when it is none of them or too short to tell and without English words."""
    latin = len(row.at) - 1
    if row.han >= 2 and row.han >= 0.3 * (row.han + 2 * latin):
        return "zh"
    words = row.words
    if not latin:
        return ""
    best, most = "", 0
    for language, common in _COMMON.items():
        count = sum(1 for word in words if word in common)
        if count > most:
            best, most = language, count
    if not most:
        return "en" if row.line.isascii() else ""
    return best
