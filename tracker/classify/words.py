"""A text as a row of folded words in which terms are searched: one form for upper and lower case, accents,
plurals, hyphens, traditional characters and residue of pages, with the way back to the text's own offsets."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, repeat
from operator import add
from typing import Final

from tracker.classify.characters import SIMPLIFIED

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER: Final = rf"[^\W_{_HAN}]"
_STOPS: Final = r"[.;:!?。；：！？]|,|，|、|\n[ \t]*\n"
# Most texts are made of words, Han characters and stops alone; they are read by a pattern that is much faster.
_PLAIN: Final = re.compile(rf"[{_HAN}]+|{_LETTER}+|{_STOPS}")
_ODD: Final = re.compile("[<&\u00ad\u200b\u2060\u0300\u0301\u0302\u0308\u0327]|-[ \t]*\r?\n")
# A word may be broken by a soft hyphen or at a line's end, or hold an entity instead of a letter.
_ANY: Final = re.compile(
    rf"<[/!a-zA-Z][^<>]{{0,300}}>"
    rf"|[{_HAN}]+"
    rf"|(?:{_LETTER}|&(?!nbsp|amp|lt|gt|quot)[a-zA-Z]{{2,8}};)"
    rf"(?:[\u00ad\u200b\u2060]?{_LETTER}|\u0300|\u0301|\u0302|\u0308|\u0327|-[ \t]*\r?\n[ \t]*(?=[a-zà-ÿ])"
    rf"|&(?!nbsp|amp|lt|gt|quot)[a-zA-Z]{{2,8}};)*"
    rf"|{_STOPS}"
)
_BREAKS: Final = re.compile(r"[\u00ad\u200b\u2060]|-[ \t]*\r?\n[ \t]*")
STOP: Final = "."
PAUSE: Final = ","
_MARKS: Final = {**dict.fromkeys(".;:!?。；：！？\n", STOP), **dict.fromkeys(",，、", PAUSE), "<": ""}
"""What a piece is that begins with this character; tags are nothing."""


@dataclass(frozen=True)
class Row:
    """`line` is what is searched: words between single spaces, runs of Han characters as they are, "." where a
    sentence ends and "," where it pauses. `words` are its pieces and `places` where these begin and end in the text;
    the first piece stands for the space that the line begins with. A piece of Han characters has as many characters
    in both. `han` counts those."""

    line: str
    words: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    han: int = 0

    @cached_property
    def at(self) -> list[int]:
        """Where each piece begins in `line`; a word after Han characters with the space between them."""
        if not self.han:
            return [0, *accumulate(map(add, map(len, self.words[:-1]), repeat(1)))]
        found = [0]
        place, spaced = 1, True
        for word, spot in zip(self.words[1:], self.places[1:], strict=True):
            found.append(place)
            run = _is_run(word, spot)
            place += len(word) + (0 if run else 1 if spaced else 2)
            spaced = not run
        return found

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The text's offsets of line[start:end]."""
        first = max(bisect_right(self.at, start) - 1, 0)
        last = max(bisect_right(self.at, end - 1) - 1, 0)
        begin, after = self.places[first][0], self.places[last][1]
        if self.han:
            if _is_run(self.words[first], self.places[first]):
                begin += start - self.at[first]
            if _is_run(self.words[last], self.places[last]):
                after = self.places[last][0] + end - self.at[last]
        return begin, after


def _is_run(word: str, place: tuple[int, int]) -> bool:
    """Whether a piece is a run of Han characters: they stand without a space and keep their length."""
    return word > "\u3000" and is_han(word[0]) and len(word) == place[1] - place[0]


def is_han(character: str) -> bool:
    return "\u3007" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """A word without case, accents, breaks and plural: "Systèmes" and "SYSTEME" are "systeme"."""
    return _singular(plain(word))


def plain(word: str) -> str:
    """A word without case, accents and breaks."""
    if "&" in word:
        # An entity may be white space.
        word = html.unescape(word).strip()
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
    words, places, han = [""], [(0, 0)], 0
    mark = _MARKS.get
    for match in (_ANY if _ODD.search(text) else _PLAIN).finditer(text):
        piece = match[0]
        word = mark(piece[0])
        if word is None:
            if piece > "\u3000" and is_han(piece[0]):
                word = simplified(piece)
                if len(word) != len(piece):
                    word = piece
                han += len(piece)
            else:
                word = fold(piece)
        if word:
            words.append(word)
            places.append(match.span())
    line = _line(words, places) if han else f"{' '.join(words)} "
    return Row(line, words, places, han)


def _line(words: Sequence[str], places: Sequence[tuple[int, int]]) -> str:
    """Pieces as a line: no space between runs of Han characters."""
    pieces = [" "]
    spaced = True
    for word, place in zip(words[1:], places[1:], strict=True):
        if _is_run(word, place):
            pieces.append(word)
            spaced = False
        else:
            pieces.append(f"{word} " if spaced else f" {word} ")
            spaced = True
    if not spaced:
        pieces.append(" ")
    return "".join(pieces)


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
