"""Which part of the main text is the document, and which is furniture that the page's markup does not own up to.

Three kinds of evidence, none of them a site's name: where most of the running text stands (menus stand beside it),
what pages of the same host share (headers and footers are on all of them), and what the reader of formats said.
Nothing is taken out of a text for it: furniture is kept, compared and remembered, only not told.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from tracker.assess import lexis, policy
from tracker.assess.difference import Piece, bare, sentences
from tracker.model import Block, Reading, Reason, Text
from tracker.text.canonical import canonical
from tracker.text.size import length, word_count


@dataclass(frozen=True, slots=True)
class Furniture:
    """What is known of the page's parts. `cores` are the regions that hold most of the running text, as it was and as
    it is (none: unknown), `shared` are regions whose texts stand on other pages of the host as well, `learned` the
    marks of regions that were so before. `index`: the page is mostly links and labels; then they are what it is about.
    `large` are the regions that hold so much of the page that they cannot be furniture, `promotions` those that invite
    to buy or to sign up, `related` the links to other pages that say so."""

    cores: frozenset[str]
    shared: frozenset[str]
    learned: frozenset[str] = frozenset()
    index: bool = False
    large: frozenset[str] = frozenset()
    promotions: frozenset[str] = frozenset()
    related: frozenset[Block] = frozenset()

    def why(self, block: Block) -> Reason | None:
        """Why the block is furniture, or None."""
        kept = {*self.large, *(part for core in self.cores for part in _prefixes(core))}
        parts = [part for part in _prefixes(block.region) if part not in kept]
        if any(part in self.shared or _region(part) in self.learned for part in parts):
            return Reason("content", "shared", "This part of the page is the same on other pages of the host.")
        if self.outside(block) and (_is_link(block) or _is_label(block)):
            return Reason("content", "beside", "A link or label beside the text, not in it.")
        if block in self.related:
            return Reason("content", "related", "A link to a related page.")
        return None

    def inside(self, block: Block) -> bool:
        """Whether the block stands where the running text stands. Formats that know no parts of a page have no
        furniture either."""
        return not block.region or any(_inside(block.region, core) for core in self.cores)

    def outside(self, block: Block) -> bool:
        """Whether the block stands where the running text is known not to stand."""
        return bool(self.cores) and not any(_inside(block.region, core) for core in self.cores)

    def apart(self, piece: Piece) -> bool:
        """Whether a sentence stands apart from the running text and neither binds nor announces, or promotes."""
        if not self.outside(piece.block) or piece.block.kind not in ("paragraph", "heading"):
            return False
        if lexis.announces(piece.form) or lexis.comes_into_force(piece.form):
            return False
        return self.promoting(piece.block.region) or not lexis.binds(piece.form)

    def promoting(self, region: str) -> bool:
        """Whether the region lies in a part that invites to buy or to sign up."""
        return any(part in self.promotions for part in _prefixes(region))


def document(reading: Reading) -> tuple[Block, ...]:
    """The blocks that are compared: the main text, and what menus, banners and footers announce about terms."""
    beside = tuple(block for block in reading.aside if block.role != "hidden" and _announces(block))
    return (*reading.blocks, *beside) if beside else reading.blocks


def _announces(block: Block) -> bool:
    if not any(sign.isdigit() for sign in block.text):
        return False
    return any(lexis.announces(form) for form, _ in sentences(block.text))


def furniture(told: Text, blocks: Sequence[Block], document: str, host: Mapping[str, Any]) -> Furniture:
    """What the text that readers know, and the other pages of the host, say about the page's parts."""
    learned = frozenset(host.get("regions", {}))
    both = (*told.blocks, *blocks)
    index = _is_index(both)
    shared = _shared(told.blocks, document, host)
    cores = frozenset() if index else frozenset({_core(told.blocks), _core(blocks)}) - {""}
    large = _large(told.blocks) | _large(blocks)
    return Furniture(
        cores, shared, learned, index, large, _promotions(both, cores), _related(told.blocks) | _related(blocks)
    )


def _related(blocks: Iterable[Block]) -> frozenset[Block]:
    """The links that stand under a heading which says that they lead elsewhere ("Related resources", "Voir aussi")."""
    found, level = set(), 0
    for block in blocks:
        if block.kind == "heading" and not 0 < level < block.level:
            level = block.level if lexis.RELATED.fullmatch(canonical(block.text).strip(" :.")) else 0
        elif level and _is_link(block):
            found.add(block)
    return frozenset(found)


def _promotions(blocks: Iterable[Block], cores: frozenset[str]) -> frozenset[str]:
    """The parts beside the running text that invite to sign up, to buy or to try."""
    spine = {part for core in cores for part in _prefixes(core)}
    found = set()
    for block in blocks:
        beside = [part for part in _prefixes(block.region) if part not in spine]
        if cores and beside and lexis.promotes(canonical(block.text)):
            found.add(beside[0])
    return frozenset(found)


def _is_index(blocks: Sequence[Block]) -> bool:
    prose = sum(len(block.text) for block in blocks if _runs(block.text) and not _is_link(block))
    return prose < policy.CORE_LEAST * sum(len(block.text) for block in blocks)


def is_shell(blocks: Sequence[Block]) -> bool:
    """Whether the page has no running text: an application that had not loaded, a page under construction."""
    words = sum(word_count(block.text) for block in blocks)
    return words < policy.SHELL_WORDS and not any(_runs(b.text) and not _is_link(b) for b in blocks)


def _core(blocks: Sequence[Block]) -> str:
    prose: Counter[str] = Counter()
    whole = 0
    for block in blocks:
        if _runs(block.text) and not _is_link(block):
            whole += len(block.text)
            # Not the paragraph's own element, and not one of several cards: the core is what stands there once.
            for part in _prefixes(block.region.partition("*")[0].rpartition(">")[0]):
                prose[part] += len(block.text)
    held = [part for part, size in prose.items() if size >= policy.CORE * whole]
    return max(held, key=len, default="")


def _runs(text: str) -> bool:
    """Whether a text is long enough to be running text."""
    return len(text) >= policy.PROSE or length(text) >= policy.PROSE


def _inside(region: str, core: str) -> bool:
    return region == core or region.startswith(core + ">")


@lru_cache(maxsize=10_000)  # a page has far fewer regions than blocks, and nearly the same ones at every visit
def _prefixes(region: str) -> tuple[str, ...]:
    parts = region.split(">") if region else []
    return tuple(">".join(parts[: count + 1]) for count in range(len(parts)))


def _is_link(block: Block) -> bool:
    """Whether nearly all of the block is links."""
    return bool(block.links) and sum(len(link.text) for link in block.links) >= policy.LINK_SHARE * len(block.text)


def _is_label(block: Block) -> bool:
    text = block.text
    return word_count(text) <= policy.SHORT_WORDS and len(text) < 60 and not any(sign.isdigit() for sign in text)


# ------------------------------------------------------------------------------------------- pages of one host


@lru_cache(maxsize=20_000)
def _mark(text: str) -> str:
    return hashlib.blake2b(bare(canonical(text)).encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _marks(blocks: Iterable[Block]) -> list[str]:
    return list(dict.fromkeys(_mark(block.text) for block in blocks))[: policy.HOST_MARKS]


def _region(region: str) -> str:
    return hashlib.blake2b(region.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()


def learn_host(
    host: Mapping[str, Any], document: str, text: Text, now: datetime, parts: Furniture | None = None
) -> Mapping[str, Any]:
    """The host's memory with what this page shows now: `pages` maps a page to its day and its texts' marks, eight
    hexadecimal digits each; `regions` maps the mark of a part that pages shared to the day when they last did.
    Entries of lists are no pages."""
    if "#" in document:
        return host
    today = int(now.timestamp() // 86_400)
    name = hashlib.blake2b(document.encode(), digest_size=6).hexdigest()
    pages = {key: page for key, page in host.get("pages", {}).items() if key != name}
    pages[name] = [today, "".join(_marks(text.blocks))]
    latest = sorted(pages.items(), key=lambda pair: pair[1][0])[-policy.HOST_PAGES :]
    regions = {key: day for key, day in host.get("regions", {}).items() if today - day < policy.HOST_REGION_DAYS}
    if parts is not None:
        regions.update({_region(part): today for part in parts.shared})
    kept = sorted(regions.items(), key=lambda pair: pair[1])[-policy.HOST_REGIONS :]
    return {**host, "pages": dict(latest), "regions": dict(kept)}


def _shared(blocks: Sequence[Block], document: str, host: Mapping[str, Any]) -> frozenset[str]:
    """Regions most of whose texts stand on another page of the host. Pages that are the same document in another
    place or language of address say nothing."""
    name = hashlib.blake2b(document.encode(), digest_size=6).hexdigest()
    own = {block: _mark(block.text) for block in blocks}
    prose = {mark for block, mark in own.items() if _runs(block.text)}
    others: set[str] = set()
    for key, (_, joined) in host.get("pages", {}).items():
        marks = {joined[at : at + 8] for at in range(0, len(joined), 8)}
        if key != name and len(prose & marks) <= policy.TWIN * max(1, len(prose)):
            others |= marks
    if not others:
        return frozenset()
    there: Counter[str] = Counter()
    common: Counter[str] = Counter()
    for block, mark in own.items():
        for part in _prefixes(block.region):
            there[part] += 1
            common[part] += mark in others
    found = frozenset(part for part, count in common.items() if count >= policy.SHARED * there[part] and count >= 2)
    return found - _large(blocks)


def _large(blocks: Sequence[Block]) -> frozenset[str]:
    size: Counter[str] = Counter()
    for block in blocks:
        size.update(dict.fromkeys(_prefixes(block.region), len(block.text)))
    most = policy.HALF * sum(len(block.text) for block in blocks)
    return frozenset(part for part, held in size.items() if held > most)


def links_lost(old: Sequence[Block], new: Sequence[Block]) -> list[Piece]:
    """Links that are gone although others say the same ("View this dataset"): each as a sentence with its address."""
    before, after = Counter(map(_label_of, old)), Counter(map(_label_of, new))
    fewer = {label for label, count in before.items() if label and 0 < after[label] < count}
    if not fewer:
        return []
    there = {link.url for block in new for link in block.links}
    was = {link.url for block in old for link in block.links}
    came = {_label_of(block) for block in new for link in block.links if link.url not in was}
    lost = []
    for block in old:
        label = _label_of(block)
        if label in fewer and label not in came and block.links[0].url not in there:
            form = f"{canonical(block.text)} ({block.links[0].url})"
            lost.append(Piece(form, bare(form), block))
    return lost


def _label_of(block: Block) -> str:
    return canonical(block.text) if len(block.links) == 1 and _is_link(block) else ""


def parted(pieces: Iterable[Piece], parts: Furniture) -> tuple[list[Piece], list[Piece], list[Reason]]:
    """(pieces of the document, pieces of furniture, why)."""
    document, beside, reasons = [], [], []
    for piece in pieces:
        why = None if lexis.announces(piece.form) else parts.why(piece.block)
        if why is None:
            document.append(piece)
        else:
            beside.append(piece)
            reasons.append(why)
    return document, beside, list(dict.fromkeys(reasons))
