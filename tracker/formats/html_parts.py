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
_UNSEEN = ["script", "style", "noscript", "template", "svg"]
_YEAR = re.compile(r"(?:19|20)\d\d")
_AROUND = 200  # characters beside a year, in which terms that change from a day on are named
_SAID = ", ".join(["[role]", "[hidden]", *_BY_TAG])
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
    said = _said_role(tag, attributes)
    if said or not attributes:
        return said or "main"
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"[:300]
    return _role_by_name(names) if len(names) > 1 else "main"


def _said_role(tag: str, attributes: Mapping[str, str | None]) -> str:
    """The role that the page itself gives an element, by its tag, its role, or by hiding it; "" without one."""
    if tag in _BY_TAG:
        return _BY_TAG[tag]
    if not attributes:
        return ""
    if (attributes.get("role") or "") in _BY_ROLE:
        return _BY_ROLE[attributes.get("role") or ""]
    return "hidden" if "hidden" in attributes and attributes.get("hidden") != "until-found" else ""


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


Shown = tuple[str, str]
"""What a page shows, as two marks of 32 hexadecimal digits: all of it, and the part that holds the document."""


def shown(text: str, known: Shown = ("", "")) -> Shown:
    """The marks of a page, made in C; `known` itself where the whole page shows what it did.

    Equal marks are equal texts, with the same parts called menu, footer, hidden and so on by the page itself: nothing
    else needs to be read, since a document is its texts. A part that only the name of a class calls furniture from now
    on is seen when a text changes: such names are a style sheet's. What is not equal may still read the same (space,
    session parts): that only costs time. The part is the element that the page says holds the document, with the
    title, which has a say in what a banner is, and with what stands around years elsewhere: a banner that announces
    new terms names the day. Without such an element it is the page.
    """
    tree = LexborHTMLParser(text)
    if tree.body is None:
        return "", ""
    tree.strip_tags(_UNSEEN)
    all_of_it = _text_of(tree.body)
    whole = _mark(tree.body, all_of_it)
    if whole == known[0]:
        return known
    tree = LexborHTMLParser(text)  # as it was: the weights are those of the reading
    root = weigh(tree).root
    if root is None:
        return whole, whole
    tree.strip_tags(_UNSEEN)
    title, inside = tree.css_first("head > title"), _text_of(root)
    beside = all_of_it.replace(inside, "", 1)
    dated = [beside[max(0, at.start() - _AROUND) : at.end() + _AROUND] for at in _YEAR.finditer(beside)]
    return whole, _mark(root, inside, title.text() if title is not None else "", *dated)


def _text_of(top: LexborNode) -> str:
    return top.text(deep=True, separator=" ")


def _mark(top: LexborNode, *texts: str) -> str:
    roles = (_said_role(node.tag or "", node.attributes) for node in top.css(_SAID))
    joined = "\n".join([*texts, *filter(None, roles)])
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
