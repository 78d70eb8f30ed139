"""Which part of a page is what: elements that are never text, roles of furniture, the element that holds the document."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

DROPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "canvas",
        "audio",
        "video",
        "picture",
        "source",
        "img",
        "input",
        "select",
        "option",
        "textarea",
        "datalist",
        "head",
        "link",
        "meta",
        "base",
        "map",
        "area",
        "dialog-polyfill",
    ]
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "legend",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_BY_TAG = {"nav": "menu", "footer": "footer", "aside": "aside", "dialog": "consent", "button": "menu", "menu": "menu"}
_BY_ROLE = {
    "navigation": "menu", "banner": "header", "contentinfo": "footer", "complementary": "aside", "dialog": "consent",
    "alertdialog": "consent", "search": "menu", "menu": "menu", "menubar": "menu", "alert": "aside", "status": "aside",
}  # fmt: skip
_BY_NAME = (
    ("consent", re.compile(r"(?:^|[^a-z])(?:cookie-?(?:bar|banner|consent|notice|modal|popup)|consent|onetrust|didomi|"
                           r"gdpr|usercentrics|cky|cmp|tarteaucitron|axeptio|cookieconsent|cybot)", re.IGNORECASE)),
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
    if len(names) > 1:
        for role, pattern in _BY_NAME:
            if pattern.search(names):
                return role
    return "main"


def signature(tag: str, attributes: Mapping[str, str | None]) -> str:
    """The element as it is called on every visit: its tag and those names that no build tool made up."""
    if not attributes:
        return tag
    names = [attributes.get("id") or "", *(attributes.get("class") or "")[:200].split()[:3]]
    stable = next((name for name in names if name and len(name) < 40 and not _NOISY.search(name)), "")
    return f"{tag}.{stable}" if stable else tag


def content_root(tree: LexborHTMLParser) -> LexborNode | None:
    """The element that holds the document by the page's own word (main, role=main, article), if it holds enough of
    what is not furniture; None: the body."""
    if tree.body is None:
        return None
    whole = _length(tree.body)
    for selector in ("main", "[role=main]", "article", "#content, #main, #main-content"):
        found = [(_length(node), node) for node in tree.css(selector)[:50]]
        if not found:
            continue
        best, node = max(found, key=lambda pair: pair[0])
        if best >= _ENOUGH * whole:
            return node
    return None


def _length(node: LexborNode) -> int:
    """Characters of running text: paragraphs, items and cells, without links and furniture."""
    total = 0
    for part in node.css("p, li, td, dd, h1, h2, h3, h4"):
        total += len(part.text(deep=True))
    for part in node.css("nav li, footer li, footer p, header li, aside p, aside li"):
        total -= len(part.text(deep=True))
    return max(total, 0)


def plain(body: bytes) -> bytes:
    """A hash of the text that the page shows anywhere, made in C: equal hashes are equal texts, and nothing else of
    the page needs to be read. Digits of 6 and more (session parts) stay in: a false difference only costs time."""
    tree = LexborHTMLParser(body)
    tree.strip_tags(["script", "style", "noscript", "template", "svg"])
    text = tree.body.text(deep=True, separator=" ") if tree.body is not None else ""
    return hashlib.blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=16).digest()
