"""A text as a row of folded words in which terms are searched: one form for upper and lower case, accents,
plurals, hyphens, traditional characters and residue of pages, with the way back to the text's own offsets."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from tracker.classify.characters import SIMPLIFIED

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER: Final = rf"[^\W_{_HAN}]"
# A word may be broken by a soft hyphen or at a line's end, or hold an entity instead of a letter.
_WORD: Final = re.compile(
    rf"<[/!a-zA-Z][^<>]{{0,300}}>"
    rf"|(?P<han>[{_HAN}]+)"
    rf"|(?P<word>(?:{_LETTER}|&(?!nbsp|amp|lt|gt|quot)[a-zA-Z]{{2,8}};)"
    rf"(?:[\u00ad\u200b\u2060]?{_LETTER}|\u0300|\u0301|\u0302|\u0308|\u0327|-[ \t]*\r?\n[ \t]*(?=[a-zà-ÿ])"
    rf"|&(?!nbsp|amp|lt|gt|quot)[a-zA-Z]{{2,8}};)*)"
    rf"|(?P<stop>[.;:!?。；：！？]|,|，|、|\n[ \t]*\n)"
)
_BREAKS: Final = re.compile(r"[\u00ad\u200b\u2060]|-[ \t]*\r?\n[ \t]*")
STOP: Final = "."
PAUSE: Final = ","


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is what is searched: words between single spaces, runs of Han characters as they are, "." where a
    sentence ends and "," where it pauses. `at` and `origin` are the places where pieces begin in `line` and in the
    text, `ends` where they end in the text; a piece of Han characters has as many characters in both."""

    line: str
    at: list[int] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    han: int = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The text's offsets of line[start:end]."""
        first = max(bisect_right(self.at, start) - 1, 0)
        last = max(bisect_right(self.at, end - 1) - 1, 0)
        return self._inside(first, start), self._inside(last, end - 1, after=True)

    def _inside(self, piece: int, place: int, *, after: bool = False) -> int:
        length = (self.at[piece + 1] if piece + 1 < len(self.at) else len(self.line)) - self.at[piece]
        whole = self.ends[piece] - self.origin[piece]
        offset = place - self.at[piece]
        # Han pieces stand without a space after them and keep their length.
        if length == whole and is_han(self.line[self.at[piece]]):
            return self.origin[piece] + offset + (1 if after else 0)
        return self.ends[piece] if after else self.origin[piece]


def is_han(character: str) -> bool:
    return "\u3007" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """A word without case, accents, breaks and plural: "Systèmes" and "SYSTEME" are "systeme"."""
    return _singular(plain(word))


def plain(word: str) -> str:
    """A word without case, accents and breaks."""
    if "&" in word:
        word = html.unescape(word)
    letters = unicodedata.normalize("NFKD", _BREAKS.sub("", word).casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).replace("œ", "oe").replace("æ", "ae")


def _singular(word: str) -> str:
    """Without the endings of number and gender that English and French spell; the same for terms and texts."""
    if len(word) <= 3:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("aux") and not word.endswith("eaux"):
        return word[:-3] + "al"
    if word[-1] in "sx" and word[-2] != "s":
        word = word[:-1]
    return _masculine(word[:-1]) if len(word) > 4 and word[-1] == "e" else word


def _masculine(word: str) -> str:
    """A word that lost its final e as French spells it without gender: "administrativ", "publiqu", "professionnell"."""
    if len(word) > 5:
        if word.endswith("iv"):
            return word[:-1] + "f"
        if word.endswith("qu"):
            return word[:-2] + "c"
        if word.endswith(("enn", "ell", "onn", "ett", "eus")):
            return word[:-1]
    return word


def simplified(han: str) -> str:
    """Traditional characters as simplified ones, one for one."""
    return unicodedata.normalize("NFKC", han).translate(SIMPLIFIED)


def row(text: str) -> Row:
    """The text's row. Any text has one; a text without words has an empty one."""
    pieces: list[str] = [" "]
    at, origin, ends, words = [0], [0], [0], [""]
    place, han = 1, 0
    spaced = True  # the line ends with a space
    for match in _WORD.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        start, end = match.span()
        if kind == "han":
            piece = simplified(match.group())
            if len(piece) != end - start:
                piece = match.group()
            han += end - start
            spaced = False
        elif kind == "word":
            piece = fold(match.group())
            if not piece:
                continue
            if not spaced:
                piece = " " + piece
            piece += " "
            spaced = True
        else:
            piece = (PAUSE if match.group() in ",，、" else STOP) + " "
            if not spaced:
                piece = " " + piece
            spaced = True
        at.append(place)
        origin.append(start)
        ends.append(end)
        words.append(piece.strip())
        pieces.append(piece)
        place += len(piece)
    if not spaced:
        pieces.append(" ")
    return Row("".join(pieces), at, origin, ends, words, han)


def patterns(term: str) -> tuple[str, ...]:
    """What stands in a row's line where the term stands in a text: a trailing `*` leaves the ending open, one inside
    stands for s or z."""
    opened = term.endswith("*")
    inner = term.rstrip("*")
    forms = (inner.replace("*", "s"), inner.replace("*", "z")) if "*" in inner else (inner,)
    return tuple(_pattern(form, opened) for form in forms)


def _pattern(term: str, opened: bool) -> str:
    line = row(term).line
    if opened:
        # Without the singular's rule: "policies" must not become "policy" where the ending is open.
        head, _, last = term.rpartition(" ")
        line = (row(head).line.rstrip(" ") if head else "") + " " + plain(last)
    stripped = line.strip()
    if stripped and is_han(stripped[-1]):
        line = line.rstrip(" ")
    if stripped and is_han(stripped[0]):
        line = line.lstrip(" ")
    return line
