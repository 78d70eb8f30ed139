"""Which part of a page is what: elements that are never text, roles of furniture, what holds the document."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

_NO_TEXT = (
    "script style noscript template svg math iframe object embed canvas audio video picture source img input select "
    "option textarea datalist head link meta base map area dialog-polyfill"
)
DROPPED = frozenset(_NO_TEXT.split())
HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKING = (
    "address article aside blockquote body button caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr li legend main menu nav ol p pre section summary table tbody td "
    "tfoot th thead tr ul"
)
BLOCKS = frozenset(_BREAKING.split())
_BY_TAG = {"nav": "menu", "footer": "footer", "aside": "aside", "dialog": "consent", "menu": "menu"}
_BY_ROLE = {
    "navigation": "menu", "banner": "header", "contentinfo": "footer", "complementary": "aside", "dialog": "consent",
    "alertdialog": "consent", "search": "menu", "menu": "menu", "menubar": "menu", "alert": "aside", "status": "aside",
}  # fmt: skip
_BY_NAME = (
    ("consent", re.compile(r"(?:^|[^a-z])(?:cookie-?(?:bar|banner|consent|notice|modal|popup)|consent|onetrust|didomi|"
                           r"gdpr|usercentrics|cky|tarteaucitron|axeptio|cookieconsent|cybot|tc-privacy|truste|termly|iubenda|"
                           r"klaro|osano|borlabs|cmplz)", re.IGNORECASE)),
    ("menu", re.compile(r"(?:^|[^a-z])(?:nav|navbar|navigation|menu|breadcrumbs?|skip-?link|pagination|pager|"
                        r"topbar|lang(?:uage)?-?(?:switch|select|picker)\w*)(?:[^a-z]|$)", re.IGNORECASE)),
    ("footer", re.compile(r"(?:^|[^a-z])(?:site-?footer|page-?footer|footer|colophon)(?:[^a-z]|$)", re.IGNORECASE)),
    ("header", re.compile(r"(?:^|[^a-z])(?:site-?header|page-?top|masthead)(?:[^a-z]|$)", re.IGNORECASE)),
    ("aside", re.compile(r"(?:^|[^a-z])(?:sidebar|related|recommend\w*|social|share|sharing|newsletter|promo|advert\w*|"
                         r"announcement-?bar|popup|modal|toast|carousel|widget|comments?|feedback|vote|rating)(?:[^a-z]|$)",
                         re.IGNORECASE)),
)  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NOISY = re.compile(r"\d{2,}|[0-9a-f]{6,}|[A-Z][a-z]+[A-Z]|__|--", re.ASCII)
_RUNNING = "p, li, td, dd, dt, h1, h2, h3, h4, blockquote, pre"
_ENTRIES = frozenset(["p", "li", "tr", "td", "th", "dd", "dt"])
_CARDS = frozenset(["div", "section", "article", "ul", "ol", "table", "details", "fieldset"])
_NEAR = 3  # texts and comments between two elements beside each other
_APART = frozenset(["nav", "footer", "aside", "header", "dialog"])
_DEEPEST = 400  # elements on the way to the top
_ENOUGH = 0.4  # of the words outside furniture: less in <main> means that the document stands elsewhere


def role_of(tag: str, attributes: Mapping[str, str | None], above: str) -> str:
    """The role of an element inside an element of role `above`; furniture stays furniture all the way down."""
    if above != "main" or tag in ("main", "article", "body"):
        return above
    if tag in _BY_TAG:
        return _BY_TAG[tag]
    if not attributes:
        return "main"
    if (attributes.get("role") or "") in _BY_ROLE:
        return _BY_ROLE[attributes.get("role") or ""]
    if "hidden" in attributes and attributes.get("hidden") != "until-found":
        return "hidden"
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"[:300]
    return _role_by_name(names) if len(names) > 1 else "main"


@lru_cache(maxsize=10_000)  # a page gives few names to many elements
def _role_by_name(names: str) -> str:
    return next((role for role, pattern in _BY_NAME if pattern.search(names)), "main")


def repeated(node: LexborNode, tag: str, name: str) -> bool:
    """Whether the element is one of several of its kind beside each other: an entry of a list, a card, a section."""
    if tag in _ENTRIES:
        return True
    if tag not in _CARDS:
        return False
    for step in ("prev", "next"):
        beside = getattr(node, step)
        for _ in range(_NEAR):
            if beside is None or (beside.tag and beside.tag[0] not in "-!_"):
                break
            beside = getattr(beside, step)
        if beside is not None and beside.tag == tag and signature(tag, beside.attributes) == name:
            return True
    return False


def signature(tag: str, attributes: Mapping[str, str | None]) -> str:
    """The element as it is called on every visit: its tag and those names that no build tool made up."""
    if not attributes:
        return tag
    return _signature(tag, attributes.get("id") or "", (attributes.get("class") or "")[:200])


@lru_cache(maxsize=10_000)
def _signature(tag: str, identity: str, classes: str) -> str:
    names = [identity, *classes.split()[:3]]
    stable = next((name for name in names if name and len(name) < 40 and not _NOISY.search(name)), "")
    return f"{tag}.{stable}" if stable else tag


@dataclass(frozen=True, slots=True)
class Weights:
    """Characters of running text below each element (by mem_id) and the elements on the way down to most of it."""

    below: Mapping[int, int]
    root: LexborNode | None
    spine: frozenset[int]


def weigh(tree: LexborHTMLParser) -> Weights:
    """Where the running text of the page stands: paragraphs, items and cells, without what tags call furniture.

    `root` is the element that holds the document by the page's own word (main, role=main, article), if it holds
    enough; None: the body. `spine` are the elements that hold most of the text: whatever they are called, they are
    not furniture.
    """
    body = tree.body
    if body is None:
        return Weights({}, None, frozenset())
    below: dict[int, int] = {}
    ways: dict[int, tuple[int, ...]] = {body.mem_id: (body.mem_id,)}
    for part in body.css(_RUNNING):
        way = _way_up(part, ways)
        count = len(part.text(deep=True)) if way else 0
        for identity in way:
            below[identity] = below.get(identity, 0) + count
    whole = below.get(body.mem_id, 0)
    root = _named_root(body, below, whole)
    return Weights(below, root, _spine(root if root is not None else body, below))


def _way_up(part: LexborNode, ways: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    """The element and those above it up to the body, by mem_id; empty where furniture is on the way, or too many.
    `ways` keeps what is known already."""
    steps: list[LexborNode] = []
    node: LexborNode | None = part
    while node is not None and node.mem_id not in ways and len(steps) < _DEEPEST:
        steps.append(node)
        node = node.parent
    if node is not None and node.mem_id not in ways:
        return ()
    way = ways[node.mem_id] if node is not None else ()
    for step in reversed(steps):
        way = (step.mem_id, *way) if way and len(way) < _DEEPEST and step.tag not in _APART else ()
        ways[step.mem_id] = way
    return way


def _named_root(body: LexborNode, below: Mapping[int, int], whole: int) -> LexborNode | None:
    for selector in ("main", "[role=main]", "article", "#content, #main, #main-content"):
        best = max(body.css(selector)[:50], key=lambda node: below.get(node.mem_id, 0), default=None)
        if best is not None and below.get(best.mem_id, 0) >= max(1, _ENOUGH * whole):
            return best
    return None


def _spine(top: LexborNode, below: Mapping[int, int]) -> frozenset[int]:
    found: set[int] = set()
    node = top
    up: LexborNode | None = top
    while up is not None and len(found) < _DEEPEST:
        found.add(up.mem_id)
        up = up.parent
    for _ in range(_DEEPEST):
        child, best = node.child, None
        while child is not None:
            if below.get(child.mem_id, 0) > 0.5 * below.get(node.mem_id, 0):
                best = child
                break
            child = child.next
        if best is None:
            break
        found.add(best.mem_id)
        node = best
    return frozenset(found)


def plain(body: bytes) -> bytes:
    """A hash of the text that the page shows anywhere, made in C: equal hashes are equal texts, and nothing else of
    the page needs to be read. Space and session parts stay in: a false difference only costs time."""
    tree = LexborHTMLParser(body)
    tree.strip_tags(["script", "style", "noscript", "template", "svg"])
    text = tree.body.text(deep=True, separator=" ") if tree.body is not None else ""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
