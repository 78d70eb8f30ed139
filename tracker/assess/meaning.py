"""What the changed words do: bind, allow, forbid, name an amount, a date, a party; or only look different."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from tracker.assess import edition, lexis, policy
from tracker.assess.difference import Piece, bare, is_label
from tracker.model import Block, Reason, Tier
from tracker.text.canonical import canonical
from tracker.text.size import word_count


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
        at = best[2] if best is not None else _begun(piece, gone, left)
        found.append(reworded(gone[at] if at is not None else None, piece))
        if at is not None:
            del left[at]
    found.extend(reworded(gone[at], None) for at in left)
    return found


def _begun(piece: Piece, gone: Sequence[Piece], left: Mapping[int, str]) -> int | None:
    """The gone sentence that begins as this one does, where one of them goes on much longer."""
    for at in left:
        short, long = sorted((gone[at].bare, piece.bare), key=len)
        if len(short) >= policy.BEGUN and long.startswith(short):
            return at
    return None


def reworded(old: Piece | None, new: Piece | None) -> Reworded:
    """The words that differ between two sentences."""
    before, after = old.form if old else "", new.form if new else ""
    removed, added = _differing(before, after)
    piece = new or old
    return Reworded(before, after, removed, added, piece.block if piece is not None else Block(""), old, new)


def _differing(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The runs of words that only one side has."""
    if not before or not after:
        return ((before,) if before else ()), ((after,) if after else ())
    old, new = lexis.PIECE.findall(before), lexis.PIECE.findall(after)
    removed, added = [], []
    for sign, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if sign != "equal":
            removed.append(" ".join(old[a:b]))
            added.append(" ".join(new[c:d]))
    return tuple(filter(None, removed)), tuple(filter(None, added))


# ------------------------------------------------------------------------------------------------- weighing


def weigh(
    one: Reworded, now: datetime | None = None, *, inside: bool = False, index: bool = False
) -> tuple[Tier, Reason]:
    """The tier of one reworded sentence by what its changed words do, with the reason. `inside`: the sentence stands
    where the running text stands, so that a short item of a list there is a list's entry and no label."""
    shown = (*one.removed, *one.added)[:6]
    letters = [word for piece in (*one.removed, *one.added) for word in lexis.WORD.findall(piece) if word[0].isalnum()]
    if not index and _is_row_of_links(one.block):
        return Tier.NOISE, Reason("content", "links", "A line of links, not of text.", shown)
    for rule in (_signs, _numbering, _calendar, _stamp, _edition, _address, _same_words, _acronym, _taken_down):
        found = rule(one, letters, now)
        if found is not None:
            tier, code, text = found
            return tier, Reason("meaning", code, text, shown)
    return _by_words(one, letters, shown, inside)


Verdict = tuple[Tier, str, str]


def _signs(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    if letters and re.sub(r"[\W_]", "", "".join(one.removed)) != re.sub(r"[\W_]", "", "".join(one.added)):
        return None
    if one.old and one.new and lexis.AMOUNT_SIGN.search("".join((*one.removed, *one.added))):
        return None
    return (Tier.EDITORIAL, "punctuation", "Only punctuation or signs differ.") if one.old or one.new else None


def _numbering(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    if not (one.old and one.new) and is_label(one.new or one.old):
        return Tier.EDITORIAL, "numbering", "Only the numbers of clauses differ."
    return None


def _calendar(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """Years that follow the calendar: in a copyright line, or alone. A copyright line that names somebody else is
    told: that is the legal entity."""
    whole = one.new or one.old
    if len(one.block.text) < policy.STAMP_LINE and lexis.COPYRIGHT.search(canonical(one.block.text)):
        named = [w for w in letters if not (lexis.YEAR.fullmatch(w) or lexis.COPYRIGHT_WORD.fullmatch(w))]
        other = bool(one.removed and one.added and named) or any(word in lexis.ENTITY for word in named)
        return None if other else (Tier.NOISE, "copyright", "A copyright line of the site.")
    years = all(lexis.YEAR.fullmatch(word) for word in letters) and len(whole.split()) <= 2
    if years and one.new and now is not None and letters and len(letters) <= 2 and max(letters) == str(now.year):
        return Tier.NOISE, "calendar", "The year of the calendar."
    return None


def _stamp(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """Dates of the page's last change. Where a text enters into force is another matter: that is told."""
    undated = [lexis.COMPACT_DATE.sub("", side) for side in (one.old, one.new)]
    if undated[0] == undated[1] and lexis.COMPACT_DATE.search(one.new):
        return Tier.EDITORIAL, "stamp", "Only a date in a reference differs."
    if not all(map(lexis.stamps, letters)):
        return None
    words = [word for word in lexis.WORD.findall(canonical(one.block.text)) if word[0].isalnum()]
    dates = [set(lexis.DATE.findall(" ".join(side))) for side in (one.removed, one.added)]
    if all(map(lexis.stamps, words)) and (not lexis.in_force(words) or dates[0] == dates[1]):
        return Tier.EDITORIAL, "stamp", "Only the date of the last update differs."
    return None


def _edition(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """Notes about the text that publishers of laws set into it."""
    if one.old and one.new and edition.undated(one.old) == edition.undated(one.new):
        return Tier.EDITORIAL, "stamp", "Only the date of the edition differs."
    if one.old and one.new and edition.unmarked(one.old) == edition.unmarked(one.new):
        return Tier.EDITORIAL, "numbering", "Only marks of footnotes or conditions of a template differ."
    if one.old and one.new and edition.published(one.old, one.new):
        return Tier.EDITORIAL, "citation", "Only the place of publication of a cited act is filled in."
    if not (one.old and one.new) and edition.is_number(one.new or one.old):
        return Tier.EDITORIAL, "stamp", "The number under which the text was issued stands there, or no more."
    head = edition.is_head(one.block.text) and all(map(lexis.stamps, letters))
    settled = not one.new and edition.is_settled(one.block.text)
    if head or settled or edition.is_note(one.block.text, " ".join((*one.removed, *one.added))):
        return Tier.EDITORIAL, "stamp", "Only the note of the last amendment differs."
    return None


def _is_row_of_links(block: Block) -> bool:
    links = sum(len(link.text) for link in block.links)
    return len(block.links) >= policy.ROW_OF_LINKS and links >= policy.LINK_SHARE * len(block.text)


def _address(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """Addresses of pages on the same host that changed in the same sentence."""
    if not (one.old and one.new) or not lexis.ADDRESS.search(one.old):
        return None
    hosts = [[_host(address) for address in lexis.ADDRESS.findall(side)] for side in (one.old, one.new)]
    if hosts[0] == hosts[1] and lexis.ADDRESS.sub("", one.old) == lexis.ADDRESS.sub("", one.new):
        return Tier.EDITORIAL, "address", "Only the address of a link differs."
    return None


def _host(address: str) -> str:
    return address.split("/")[2].removeprefix("www.").rstrip(".,;")


def _same_words(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """Typing errors, inflections, small words and another order of the same words, where none of these can bind."""
    if not (one.old and one.new) or _numbers(one.removed) != _numbers(one.added):
        return None
    if _DOUBLED.sub(r"\1", one.old) == _DOUBLED.sub(r"\1", one.new):
        return Tier.EDITORIAL, "spelling", "A word stands there once instead of twice."
    old, new = Counter(_words(one.removed)), Counter(_words(one.added))
    removed, added = list((old - new).elements()), list((new - old).elements())
    left = " ".join((*removed, *added))
    if any(sign.isdigit() for sign in left) or lexis.binds(left) or {"or", "ou", "oder", "eller"} & {*removed, *added}:
        return None
    if not removed and not added:
        title = not one.new.endswith((".", "。", ";")) and word_count(one.new) <= policy.TITLE_WORDS
        short = title and not lexis.binds(one.new)  # in a sentence, the order says who owes whom
        listed = one.new.count(",") >= 2 or one.new.endswith("?")
        return (Tier.EDITORIAL, "order", "The same words in another order.") if short or listed else None
    removed, added = _unlike(removed, added)
    if all(word in lexis.SMALL for word in (*removed, *added)):
        return Tier.EDITORIAL, "spelling", "The same words are spelled or joined differently."
    return None


_DOUBLED = re.compile(r"\b([^\W\d_]+)(?: \1\b)+")


def _numbers(runs: Sequence[str]) -> Counter[str]:
    """What carries a digit, with the letters and points that belong to it: "12(a)" is not "12"."""
    return Counter(word.strip(".,;:") for run in runs for word in run.split() if any(sign.isdigit() for sign in word))


def _words(runs: Sequence[str]) -> list[str]:
    return [word for run in runs for word in lexis.WORD.findall(run) if word[0].isalnum()]


def _unlike(removed: list[str], added: list[str]) -> tuple[list[str], list[str]]:
    """Without pairs of words that are one word, spelled or inflected differently."""
    left = list(added)
    out = []
    for word in removed:
        match = next((other for other in left if _alike(word, other)), None)
        if match is None:
            out.append(word)
        else:
            left.remove(match)
    return out, left


def _alike(one: str, other: str) -> bool:
    longest = max(len(one), len(other))
    if min(len(one), len(other)) < 3 or (longest < 4 and one[0] != other[0]):
        return False
    return Levenshtein.distance(one, other) <= (1 if longest < 6 else 2 if longest < 10 else 3)


def _acronym(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """An abbreviation that is spelt out, or no more."""
    if not (one.old and one.new):
        return None
    longer, shorter = (one.new, one.old) if len(one.new) > len(one.old) else (one.old, one.new)
    found = next((p for p in lexis.BRACKETS.finditer(longer) if p[0] not in shorter), None)
    if found is None or bare(longer[: found.start()] + longer[found.end() :]) != bare(shorter):
        return None
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", found[1]) if word not in lexis.SMALL)
    short = [word for word in lexis.WORD.findall(one.old) if 2 <= len(word) <= 8 and word.isalpha()]
    if any(_in_order(word, initials) for word in short if len(word) >= 3):
        return Tier.EDITORIAL, "acronym", "An abbreviation is spelt out, or no more."
    return None


def _in_order(short: str, initials: str) -> bool:
    letters = iter(initials)
    return len(short) >= len(initials) - 2 and all(letter in letters for letter in short)


def _taken_down(one: Reworded, letters: Sequence[str], now: datetime | None) -> Verdict | None:
    """The report of a past change of the terms, which told of it when it came, is gone."""
    if one.new or not lexis.reports(one.old):
        return None
    if now is None or max(lexis.DATE.findall(one.old)) < now.date().isoformat():
        return Tier.EDITORIAL, "taken-down", "A notice of an earlier change is gone."
    return None


def _by_words(one: Reworded, letters: Sequence[str], shown: tuple[str, ...], inside: bool) -> tuple[Tier, Reason]:
    text = " ".join((*one.removed, *one.added))
    for code, pattern in lexis.BINDING:
        found = pattern.search(text)
        if found:
            return Tier.SUBSTANTIVE, Reason(
                "meaning", code, f"The changed words touch {code}.", (found.group(0), *shown)
            )
    if inside and one.block.kind in ("item", "row", "cell", "term"):
        return Tier.SUBSTANTIVE, Reason("meaning", "list", "An entry of a list in the document differs.", shown)
    count = len(lexis.HAN.findall(text)) // 2 + len(letters)
    sentence = inside and (not one.block.region or text.endswith((".", "!", "?", "。")))
    if not ((one.old and one.new) or sentence) and count <= policy.SHORT_WORDS and len(text) <= policy.LABEL:
        return Tier.NOISE, Reason("meaning", "label", "A label without duty, number or name.", shown)
    return Tier.SUBSTANTIVE, Reason("meaning", "wording", "Words of the document differ.", shown)


def binds(text: str) -> bool:
    """Whether the text carries a duty, a negation or an amount: such a text is never muted for its place."""
    return lexis.binds(text)
