"""A web page to a Reading: the document's blocks, what stands beside them and why, and where the words went.

Parsing is lexbor's (selectolax). The walk is ours and keeps no Python stack, so that nesting costs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from tracker.formats.charset import decode
from tracker.formats.html_consent import Chain, banners, declared, speaks_of_cookies
from tracker.formats.html_parts import BLOCKS, DROPPED, HEADINGS, Weights, repeated, role_of, signature, weigh
from tracker.model import Accounting, Block, Link, Reading
from tracker.text.lists import joined

NO_MAIN = "no main part was found; the whole page was read"
_MAX_TEXT = 1_000_000  # characters of one block: a page that is one endless line stays readable
_MAX_LINKS = 5_000
_MAX_REGION = 30  # elements named in a region
_UNFOLDS = frozenset(["aria-controls", "aria-expanded"])  # of a button that is the heading of a text it unfolds
_WALL = 3_000  # characters of the longest banner that can stand alone on a page
_WHOLE = re.compile(r"https?://[\w.-]+/[\w~%/-]*", re.ASCII)
_TITLE = 4  # characters: a heading has more


def read_html(
    body: bytes,
    *,
    media_type: str = "",
    charset: str = "",
    url: str = "",
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    structured: bool = True,
    **_: object,
) -> Reading:
    """The page as a document. `select` and `remove` are CSS selectors and win over what the reader finds itself.

    `structured=False` leaves out numbers and paths, for callers who only compare texts. A selector that finds
    nothing is a note, never an empty document in silence.
    """
    text, used = decode(body, charset, media_type)
    notes = [] if not charset or used[:3] == charset.lower()[:3] else [f"declared {charset}, read as {used}"]
    tree = LexborHTMLParser(text)
    notes.extend(_without(tree, remove))
    chosen = _selected(tree, select, notes)
    walk = _Walk(url, _title_of(tree), weigh(tree), {node.mem_id for node in chosen})
    if tree.body is not None:
        walk.run(tree.body)
        if not chosen:
            walk.consent()
    return _reading(tree, walk, url, tuple(notes), structured)


def _reading(tree: LexborHTMLParser, walk: _Walk, url: str, notes: tuple[str, ...], structured: bool) -> Reading:
    walk.out = list(joined(walk.out))  # "(a)" in a cell or column of its own goes before its text again
    blocks = [block for block in walk.out if block.role == "main"]
    if not blocks and walk.out:  # everything looked like furniture: then the furniture is the page
        # A page that is a banner alone keeps the banner's role, so that the verdict knows it for what it is.
        rest = [block for block in walk.out if block.role not in ("hidden", "consent")]
        blocks = [replace(b, role="main") for b in rest] or [b for b in walk.out if b.role == "consent"]
        walk.out = blocks + [b for b in walk.out if b.role in ("hidden", "consent") and b not in blocks]
        notes += (NO_MAIN,)
    kept = set(map(id, blocks))
    aside = [block for block in walk.out if id(block) not in kept]
    first, second = iter(range(len(blocks))), iter(range(len(blocks), len(walk.out)))
    order = tuple(next(first) if id(block) in kept else next(second) for block in walk.out) if aside else ()
    html_node = tree.root
    language = (html_node.attributes.get("lang") or "") if html_node is not None else ""
    links = tuple(link for block in blocks for link in block.links)[:_MAX_LINKS]
    return Reading(
        format="html",
        title=walk.title,
        language=language.split("-")[0].split("_")[0].lower()[:3],
        blocks=_structured(blocks) if structured else tuple(blocks),
        aside=tuple(aside),
        order=order,
        links=links,
        next_page=_next_page(tree, url),
        accounting=_accounting(walk.out),
        notes=notes,
    )


def _structured(blocks: Sequence[Block]) -> tuple[Block, ...]:
    from tracker.text.structure import structure  # only when asked: most visits compare texts and never need it

    return structure(blocks)


def _accounting(out: Sequence[Block]) -> Accounting:
    words: Counter[str] = Counter()
    for block in out:
        words[block.role] += max(len(block.text.split()), len(block.text) // 12)
    total = sum(words.values())
    if not total:
        return Accounting(0, 0.0)
    return Accounting(
        total, words["main"] / total, {role: count / total for role, count in words.items() if role != "main"}
    )


def _without(tree: LexborHTMLParser, remove: Sequence[str]) -> list[str]:
    notes = []
    for selector in remove:
        try:
            for node in tree.css(selector):
                node.decompose()
        except (SelectolaxError, ValueError):
            notes.append(f"remove: {selector!r} is not a selector")
    return notes


def _selected(tree: LexborHTMLParser, select: Sequence[str], notes: list[str]) -> list[LexborNode]:
    chosen: list[LexborNode] = []
    for selector in select:
        try:
            found = tree.css(selector)
        except (SelectolaxError, ValueError):
            notes.append(f"select: {selector!r} is not a selector")
            continue
        if not found:
            notes.append(f"select: {selector!r} finds nothing")
        chosen.extend(found)
    return chosen


def _title_of(tree: LexborHTMLParser) -> str:
    node = tree.css_first("head > title") or tree.css_first("h1")
    return " ".join(node.text().split())[:500] if node is not None else ""


def _next_page(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("link[rel=next], a[rel=next]")
    return _absolute(url, (node.attributes.get("href") or "") if node is not None else "")


def _absolute(url: str, href: str) -> str:
    href = href.strip()[:2000]
    if not href or href.startswith(("#", "javascript:", "data:")):
        return ""
    if _WHOLE.fullmatch(href):
        return href  # joining would only take it apart and put it together again
    try:
        return urljoin(url, href)
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that the walk is inside of. `document` says whether it belongs to the document, `above` are the
    elements around it."""

    tag: str
    role: str
    region: str
    kind: str
    level: int
    document: bool
    above: Chain


@dataclass
class _Walk:
    """One pass over the page in order. `weights` say which element holds the document, `chosen` are the elements
    that a selector named."""

    url: str
    title: str
    weights: Weights
    chosen: set[int]
    out: list[Block] = field(default_factory=list)
    above: list[Chain] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    anchor: str = ""

    def run(self, body: LexborNode) -> None:
        root = self.weights.root.mem_id if self.weights.root is not None and not self.chosen else 0
        stack = [_Open("body", "main", "body", "paragraph", 0, not root and not self.chosen, (None, body.mem_id))]
        node: LexborNode | None = body.child
        while node is not None:
            tag = node.tag
            down = None
            if tag == "-text":
                text = node.text_content
                if text:
                    self.buffer.append(text)
            elif tag and tag[0] not in "-!_" and tag not in DROPPED:
                down = self._enter(node, tag, stack, root)
            if down is not None:
                node = down
                continue
            while node is not None and node.next is None and len(stack) > 1:
                node = node.parent
                self._leave(stack)
            node = node.next if node is not None else None
        self._flush(stack[0])

    def _enter(self, node: LexborNode, tag: str, stack: list[_Open], root: int) -> LexborNode | None:
        attributes = node.attributes
        above = stack[-1]
        if tag == "br":
            self.buffer.append("\n" if above.kind != "row" else " ")
        if tag == "a" and node.prev is not None and node.prev.tag == "a":
            self.buffer.append(" ")  # two links in a row are two words, whatever style sheets put between them
        if tag == "a" and len(self.links) < _MAX_LINKS:
            address = _absolute(self.url, attributes.get("href") or "")
            if address:
                self.links.append(Link(address, " ".join(node.text(deep=True).split())[:300]))
        child = node.child
        is_block = tag in BLOCKS and not (tag == "button" and above.kind == "heading")
        if (is_block and above.kind != "row") or tag == "tr":
            self._flush(above)
        elif tag in ("td", "th"):
            self.buffer.append(" | " if "".join(self.buffer).strip() else "")
        identity = attributes.get("id") or attributes.get("name") or ""
        if identity and is_block:
            self.anchor = identity[:200]
        if child is None:
            return None
        stack.append(self._opened(node, tag, attributes, above, root, is_block))
        return child

    def _opened(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None], above: _Open, root: int, is_block: bool
    ) -> _Open:
        me = node.mem_id
        document = above.document or me == root or me in self.chosen
        role = above.role
        if self.chosen and document:
            role = "main"
        else:
            role = role_of(tag, attributes, above.role)
            if me in self.weights.spine and not (role == "consent" and self._is_wall(node)):
                role = above.role
            elif role == "main" and is_block:
                role = _by_content(node, tag, attributes)
        kind, level = _kind(tag, above)
        region, chain = above.region, above.above
        if is_block:
            chain = (chain, me)
            if region.count(">") < _MAX_REGION:
                name = signature(tag, attributes)
                region = f"{region}>{name}{'*' if repeated(node, tag, name) else ''}"
        return _Open(tag, role, region, kind, level, document, chain)

    def _is_wall(self, node: LexborNode) -> bool:
        """Whether an element called a consent banner is that, although it holds most of the page's text."""
        return self.weights.below.get(node.mem_id, 0) < _WALL and node.css_first("h1, main, article") is None

    def _leave(self, stack: list[_Open]) -> None:
        entry = stack.pop()
        is_block = entry.tag in BLOCKS and not (entry.tag == "button" and stack[-1].kind == "heading")
        if (is_block and stack[-1].kind != "row") or entry.tag == "tr":
            self._flush(entry)

    def _flush(self, entry: _Open) -> None:
        text = " ".join("".join(self.buffer).split())[:_MAX_TEXT]
        self.buffer.clear()
        links, self.links = tuple(self.links), []
        if not text.strip(" |"):
            return
        role = "outside" if entry.role == "main" and not entry.document else entry.role
        self.above.append(entry.above)
        where = {"anchor": self.anchor, "region": entry.region, "role": role}
        self.out.append(Block(text, kind=entry.kind, level=entry.level, links=links, **where))

    def consent(self) -> None:
        """Gives the blocks of consent banners their role."""
        for at in banners(self.out, self.above, self.weights.spine):
            self.out[at] = replace(self.out[at], role="consent")
        if speaks_of_cookies(self.title):
            for at in declared(self.out):
                self.out[at] = replace(self.out[at], role="main")


def _by_content(node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> str:
    """The role of an element that its name does not tell: a page's header without a title, a button that does
    something (one that unfolds a text is that text's heading)."""
    if tag == "header" and node.css_first("h1, h2") is None:
        return "header"
    if tag == "button" and (not _UNFOLDS & attributes.keys() or len(node.text(deep=True).strip()) < _TITLE):
        return "menu"
    return "main"


def _kind(tag: str, above: _Open) -> tuple[str, int]:
    if tag in HEADINGS:
        return "heading", HEADINGS[tag]
    if tag in ("ul", "ol"):
        return above.kind, above.level + 1 if above.kind == "item" else 0
    if tag == "li":
        return "item", above.level if above.kind == "item" else 1
    if tag == "tr":
        return "row", 0
    named = {"dt": "term", "blockquote": "quote", "pre": "code", "figcaption": "caption", "caption": "caption"}.get(tag)
    if named:
        return named, 0
    return above.kind, above.level
