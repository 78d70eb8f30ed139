"""Consent banners by what they say: a part of the page that speaks of cookies and offers at least two of accepting,
refusing and settings. A cookie policy speaks of cookies too, but not in one small part with the buttons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tracker.model import Block
from tracker.text.size import length

Chain = tuple["Chain", int] | None
"""The elements above a block, innermost first, by their identity on the page."""

_OFFERS = (
    re.compile(
        r"\b(?:accept(?: all)?|allow (?:all|cookies)|agree|got it|(?:tout )?accepter|j'accepte|(?:alle )?akzeptieren|"
        r"zustimmen|godkänn|aceptar|accett[ao])\b|接受|同意", re.IGNORECASE),
    re.compile(
        r"\b(?:reject|decline|deny|refuse|(?:only )?(?:strictly )?necessary|(?:tout )?refuser|continuer sans accepter|"
        r"ablehnen|nur notwendige|avvisa|neka|rechazar|rifiuta)\b|拒绝", re.IGNORECASE),
    re.compile(
        r"\b(?:manage|settings|preferences|customi[sz]e|options|param[ée]tre\w*|personnaliser|gérer|einstellungen|"
        r"inställningar|configurar)\b|管理|设置", re.IGNORECASE),
)  # fmt: skip
# Without one of these words the expression of its place cannot match; looking for a word costs far less.
_OFFER_WORDS = (
    ("accept", "allow", "agree", "got it", "akzept", "zustimmen", "godkänn", "acept", "accett", "接受", "同意"),
    ("reject", "decline", "deny", "refuse", "necessary", "sans accepter", "ablehnen", "nur notwendige", "avvisa",
     "neka", "rechazar", "rifiuta", "拒绝"),
    ("manage", "settings", "preferences", "custom", "options", "param", "personnaliser", "gérer", "einstellungen",
     "inställningar", "configurar", "管理", "设置"),
)  # fmt: skip
_COOKIES = re.compile(r"\bcookies?\b|\btraceurs?\b|\bkakor\b|\btrackers?\b|privacy preferences", re.IGNORECASE)
_LABEL = 120  # characters: offers are short
_BANNER = 8_000  # characters: the longest banners list their partners; more is a document
_DECLARATION = 4_000  # characters from which a banner lists the cookies themselves
_SHARE = 0.5  # of the page: a page that is mostly a banner is a wall, which the verdict deals with


def banners(blocks: Sequence[Block], above: Sequence[Chain], spine: Iterable[int]) -> set[int]:
    """The positions of the blocks that belong to a consent banner."""
    offers = _offers(blocks)
    if len(set().union(*offers.values()) if offers else ()) < 2 or not any(_COOKIES.search(b.text) for b in blocks):
        return set()
    kept, whole = frozenset(spine), sum(len(block.text) for block in blocks)
    below: dict[int, list[int]] = {}
    near = {identity for at in offers for identity in _path(above[at]) if identity not in kept}
    for at, chain in enumerate(above):
        for identity in _path(chain):
            if identity in near:
                below.setdefault(identity, []).append(at)
    found: set[int] = set()
    for at in offers:
        for identity in _path(above[at]):
            if identity in kept:
                break
            part = below[identity]
            size = sum(len(blocks[each].text) for each in part)
            if size > min(_BANNER, _SHARE * whole):
                break
            if _is_banner(part, blocks, offers):
                found.update(part)
                break
    return found


def speaks_of_cookies(title: str) -> bool:
    """Whether a page with this title is about cookies."""
    return bool(_COOKIES.search(title))


def declared(blocks: Sequence[Block]) -> list[int]:
    """The positions of the blocks in banners that declare cookies, on a page that is about them: there, the list that
    the banner unfolds is part of the document, and often the only place where the cookies are named."""
    consent = [at for at, block in enumerate(blocks) if block.role == "consent"]
    if sum(len(blocks[at].text) for at in consent) < _DECLARATION:
        return []
    offers = _offers(blocks)
    return [at for at in consent if at not in offers]


def _is_banner(part: Sequence[int], blocks: Sequence[Block], offers: Mapping[int, set[int]]) -> bool:
    kinds: set[int] = set()
    for at in part:
        kinds |= offers.get(at, set())
    return len(kinds) >= 2 and any(length(blocks[at].text) > 40 and _COOKIES.search(blocks[at].text) for at in part)


def _offers(blocks: Sequence[Block]) -> dict[int, set[int]]:
    """What each block offers, by its position, in the order of the blocks; only those that offer something."""
    short = {at: block.text.lower() for at, block in enumerate(blocks) if len(block.text) <= _LABEL}
    page = "\n".join(short.values())
    found: dict[int, set[int]] = {}
    for kind, words in enumerate(_OFFER_WORDS):
        said = [word for word in words if word in page]
        for at, text in short.items() if said else ():
            if any(word in text for word in said) and _OFFERS[kind].search(text):
                found.setdefault(at, set()).add(kind)
    return dict(sorted(found.items()))


def _path(chain: Chain) -> Iterable[int]:
    while chain is not None:
        yield chain[1]
        chain = chain[0]
