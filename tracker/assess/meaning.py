"""What the changed words do: bind, allow, forbid, name an amount, a date, a party; or only look different."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from rapidfuzz import fuzz, process

from tracker.assess import policy
from tracker.assess.difference import Piece
from tracker.model import Block, Reason, Tier

_BINDS = (
    ("modality", re.compile(
        r"\b(?:must|shall|may|should|will|can|required?|requires|entitled|prohibit\w*|permit\w*|oblig\w+|agree\w*|consent\w*|liab\w+|"
        r"doit|doivent|peut|peuvent|devra|devront|pourra|pourront|interdit\w*|oblig\w+|tenus?|autoris\w+|"
        r"muss|müssen|darf|dürfen|kann|können|soll|sollen|verpflicht\w+|ska|skall|får|måste)\b|应当|必须|不得|可以|禁止|有权", re.IGNORECASE)),
    ("negation", re.compile(
        r"\b(?:not|no|never|none|neither|nor|without|except|unless|cannot|ne|pas|non|sans|sauf|aucune?|jamais|nicht|kein\w*|"
        r"ohne|außer|inte|ej|utan)\b|不|未|无|非|除外", re.IGNORECASE)),
    ("amount", re.compile(r"\d|[€$£¥%]|\b(?:percent|million|thousand|euros?|dollars?)\b|[一二三四五六七八九十百千万]+(?:年|月|日|元|条|天)", re.IGNORECASE)),
    ("condition", re.compile(r"\b(?:if|when|where|provided|subject to|only|si|lorsque|sous réserve|wenn|falls|sofern|om)\b|如果|除非", re.IGNORECASE)),
)  # fmt: skip
_STAMP = re.compile(
    r"\b(?:last (?:updated|modified|revised|reviewed|edited)|updated(?: on)?|modified|revised|published|version|dernière (?:mise à jour|modification|révision)|"
    r"mis(?:e)? à jour|date de (?:mise à jour|publication)|stand|zuletzt (?:geändert|aktualisiert)|senast uppdaterad|(?:更新|修订|发布)(?:日期|时间)?)\b",
    re.IGNORECASE,
)
_DATE_WORD = re.compile(
    r"^(?:\d{1,4}(?:st|nd|rd|th|er)?|jan\w*|feb\w*|mar\w*|apr\w*|may|jun\w*|jul\w*|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|"
    r"janv\w*|févr\w*|mars|avr\w*|mai|juin|juil\w*|août|déc\w*|okt\w*|dez\w*|märz)$", re.IGNORECASE,
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Reworded:
    """One sentence as it was and is ("" where there is none), the words that differ, and the block it stands in."""

    old: str
    new: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    block: Block
    was: Piece | None = None
    now: Piece | None = None


def pair(gone: Sequence[Piece], fresh: Sequence[Piece]) -> list[Reworded]:
    """Fresh sentences beside the gone ones that they are an edit of, then the gone ones that are left over."""
    left, found = {at: piece.form for at, piece in enumerate(gone[:800])}, []
    for piece in fresh:
        best = process.extractOne(piece.form, left, scorer=fuzz.ratio, score_cutoff=100 * policy.PAIRED)
        if best is None:
            found.append(reworded(None, piece))
        else:
            found.append(reworded(gone[best[2]], piece))
            del left[best[2]]
    found.extend(reworded(gone[at], None) for at in left)
    return found


def reworded(old: Piece | None, new: Piece | None) -> Reworded:
    """The words that differ between two sentences."""
    before, after = old.form if old else "", new.form if new else ""
    removed, added = _differing(before, after)
    piece = new or old
    return Reworded(before, after, removed, added, piece.block if piece is not None else Block(""), old, new)


_COPYRIGHT = re.compile(
    r"©|\(c\) ?(?:19|20)\d\d|\bcopyright (?:19|20)\d\d|all rights reserved|tous droits réservés|版权所有", re.IGNORECASE
)
_PIECE = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


def _differing(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The runs of words that only one side has."""
    if not before or not after:
        return ((before,) if before else ()), ((after,) if after else ())
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    removed, added = [], []
    for sign, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if sign != "equal":
            removed.append(" ".join(old[a:b]))
            added.append(" ".join(new[c:d]))
    return tuple(filter(None, removed)), tuple(filter(None, added))


def weigh(words: Reworded, now: datetime | None = None) -> tuple[Tier, Reason]:
    """The tier of one reworded sentence by what its changed words do, with the reason."""
    changed = [part for piece in (*words.removed, *words.added) for part in _WORD.findall(piece)]
    letters = [word for word in changed if word[0].isalnum()]
    shown = (*words.removed, *words.added)[:6]
    if not letters:
        return Tier.EDITORIAL, Reason("meaning", "punctuation", "Only punctuation or signs differ.", shown)
    whole = words.new or words.old
    if _COPYRIGHT.search(whole) and len(whole) < 160:
        return Tier.NOISE, Reason("meaning", "copyright", "A copyright line of the site.", shown)
    if (
        words.old
        and words.new
        and sorted(_WORD.findall(words.old)) == sorted(_WORD.findall(words.new))
        and len(whole) < 160
    ):
        return Tier.EDITORIAL, Reason("meaning", "order", "The same words and figures in another order.", shown)
    links = sum(len(link.text) for link in words.block.links)
    if len(words.block.links) >= 4 and links >= 0.8 * len(words.block.text):
        return Tier.NOISE, Reason("content", "links", "A line of links, not of text.", shown)
    if (
        _STAMP.search(whole)
        and len(whole) < 160
        and all(_DATE_WORD.match(word) or _STAMP.search(word) for word in letters)
    ):
        return Tier.EDITORIAL, Reason("meaning", "stamp", "Only the date of the last update differs.", shown)
    if words.old and words.new and _spelling(words):
        return Tier.EDITORIAL, Reason("meaning", "spelling", "The same words are spelled differently.", shown)
    text = " ".join(shown)
    for code, pattern in _BINDS:
        found = pattern.search(text)
        if found:
            return Tier.SUBSTANTIVE, Reason(
                "meaning", code, f"The changed words touch {code}.", (found.group(0), *shown)
            )
    count = len(re.findall(r"[\u3400-\u9fff]", text)) // 2 + len(letters)
    if not (words.old and words.new) and count <= policy.SHORT_WORDS:
        return Tier.NOISE, Reason("meaning", "label", "A label without duty, number or name.", shown)
    return Tier.SUBSTANTIVE, Reason("meaning", "wording", "Words of the document differ.", shown)


def binds(text: str) -> bool:
    """Whether the text carries a duty, a negation or an amount: such a text is never muted for its place."""
    return any(pattern.search(text) for _, pattern in _BINDS[:3])


def _spelling(words: Reworded) -> bool:
    old, new = " ".join(words.removed), " ".join(words.added)
    if re.sub(r"[\W_]", "", old) == re.sub(r"[\W_]", "", new):
        return True
    if any(sign.isdigit() for sign in old + new) or binds(old) != binds(new) or not (old and new):
        return False
    return len(old) > 3 and old.count(" ") == new.count(" ") < 2 and fuzz.ratio(old, new) >= 100 * policy.TYPO_DISTANCE
