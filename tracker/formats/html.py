"""A web page to a Reading: the document's blocks, what stands beside them and why, and where the words went.

Parsing is lexbor's (selectolax). The walk is ours and keeps no Python stack, so that nesting costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from tracker.formats.charset import decode
from tracker.formats.html_parts import BLOCKS, DROPPED, HEADINGS, content_root, role_of, signature
from tracker.model import Accounting, Block, Link, Reading

_MAX_TEXT = 1_000_000  # characters of one block: a page that is one endless line stays readable
_MAX_LINKS = 5_000


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
    walk = _Walk(url, _title_of(tree), content_root(tree) if not chosen else None, {n.mem_id for n in chosen})
    if tree.body is not None:
        walk.run(tree.body)
    return _reading(tree, walk, url, tuple(notes), structured)


def _reading(tree: LexborHTMLParser, walk: _Walk, url: str, notes: tuple[str, ...], structured: bool) -> Reading:
    blocks = [block for block in walk.out if block.role == "main"]
    if not blocks and walk.out:  # everything looked like furniture: then the furniture is the page
        walk.out = [replace(b, role="main") if b.role != "hidden" else b for b in walk.out]
        blocks = [block for block in walk.out if block.role == "main"]
        notes += ("no main part was found; the whole page was read",)
    aside = [block for block in walk.out if block.role != "main"]
    first, second = iter(range(len(blocks))), iter(range(len(blocks), len(walk.out)))
    order = tuple(next(first) if block.role == "main" else next(second) for block in walk.out) if aside else ()
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
    try:
        return urljoin(url, href)
    except ValueError:
        return ""


@dataclass
class _Walk:
    """One pass over the page in order. `inside` is the element that was found to hold the document (None: the
    body), `chosen` the elements that a selector named."""

    url: str
    title: str
    root: LexborNode | None
    chosen: set[int]
    out: list[Block] = field(default_factory=list)

    def run(self, body: LexborNode) -> None:
        root = self.root.mem_id if self.root is not None else 0
        everything = not root and not self.chosen
        # One entry an open element: (tag, role, region, kind, level, anchor, whether it is the document's).
        stack: list[tuple[str, str, str, str, int, bool]] = [("body", "main", "body", "paragraph", 0, everything)]
        self.buffer: list[str] = []
        self.links: list[Link] = []
        self.anchor = ""
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

    def _enter(
        self, node: LexborNode, tag: str, stack: list[tuple[str, str, str, str, int, bool]], root: int
    ) -> LexborNode | None:
        attributes = node.attributes
        above = stack[-1]
        if tag == "br":
            self.buffer.append("\n" if above[3] != "row" else " ")
        if tag == "a" and len(self.links) < _MAX_LINKS:
            address = _absolute(self.url, attributes.get("href") or "")
            if address:
                self.links.append(Link(address, " ".join(node.text(deep=True).split())[:300]))
        child = node.child
        is_block = tag in BLOCKS
        if (is_block and above[3] != "row") or tag == "tr":
            self._flush(above)
        elif tag in ("td", "th"):
            self.buffer.append(" | " if "".join(self.buffer).strip() else "")
        identity = attributes.get("id") or attributes.get("name") or ""
        if identity and is_block:
            self.anchor = identity[:200]
        if child is None:
            return None
        document = above[5] or node.mem_id == root or node.mem_id in self.chosen
        role = role_of(tag, attributes, above[1]) if not self.chosen or not document else "main"
        kind, level = _kind(tag, above)
        region = above[2]
        if is_block and len(stack) < 60:
            region = f"{region}>{signature(tag, attributes)}"
            region = region if region.count(">") < 9 else ">".join(region.split(">")[-8:])
        stack.append((tag, role, region, kind, level, document))
        return child

    def _leave(self, stack: list[tuple[str, str, str, str, int, bool]]) -> None:
        entry = stack.pop()
        if (entry[0] in BLOCKS and stack[-1][3] != "row") or entry[0] == "tr":
            self._flush(entry)

    def _flush(self, entry: tuple[str, str, str, str, int, bool]) -> None:
        text = " ".join("".join(self.buffer).split())[:_MAX_TEXT]
        self.buffer.clear()
        links, self.links = tuple(self.links), []
        if not text.strip(" |"):
            return
        _, role, region, kind, level, document = entry
        if role == "main" and not document:
            role = "outside"
        self.out.append(Block(text, kind=kind, level=level, anchor=self.anchor, region=region, role=role, links=links))


def _kind(tag: str, above: tuple[str, str, str, str, int, bool]) -> tuple[str, int]:
    if tag in HEADINGS:
        return "heading", HEADINGS[tag]
    if tag in ("ul", "ol"):
        return above[3], above[4] + 1 if above[3] == "item" else 0
    if tag == "li":
        return "item", above[4] if above[3] == "item" else 1
    if tag == "tr":
        return "row", 0
    named = {"dt": "term", "blockquote": "quote", "pre": "code", "figcaption": "caption", "caption": "caption"}.get(tag)
    if named:
        return named, 0
    return above[3], above[4]
