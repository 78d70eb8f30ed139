"""What a body is, by its first bytes and marks; the media type and the address only where the body does not tell."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from tracker.formats.charset import decode

_HEAD = 4096
_MAGIC = (
    (b"\x89PNG", "image"), (b"GIF8", "image"), (b"\xff\xd8\xff", "image"), (b"RIFF", "image"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"\x1f\x8b", "gzip"), (b"7z\xbc\xaf", "zip"), (b"Rar!", "zip"), (b"\x7fELF", "binary"),
)  # fmt: skip
_FEED = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:rss\b|rdf:RDF\b|(?:\w+:)?feed\b[^>]*(?:atom|xmlns)|channel[\s>])", re.IGNORECASE)
_SITEMAP = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6]|script|ul|ol|span|a|section|main|article|center|font|style|link|b|br|form)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"^\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?>\s*)*<([\w:.-]+)", re.DOTALL)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|[=-]{4,}\s*$|```|\[[^\]]+\]: )", re.MULTILINE)
_MARKDOWN_LINK = re.compile(r"\[[^\]\n]+\]\([^)\s]+\)")


def guess(body: bytes, media_type: str = "", url: str = "") -> str:
    """One of html pdf feed json sitemap legal_xml docx markdown plain xml, or what has no reader: empty, image,
    office, zip, gzip, binary."""
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return "empty"
    binary = _binary(body)
    if binary:
        return binary
    text = decode(body[:_HEAD], "", media_type)[0].lstrip("\ufeff \t\r\n\x00")
    declared = media_type.partition(";")[0].strip().lower()
    if text[:1] in "{[" and _is_json(body):
        return _json_kind(text)
    if text.startswith("<"):
        return _markup(body, text, declared)
    return _texts(text, declared, url)


def _binary(body: bytes) -> str:
    if b"%PDF-" in body[:1024]:
        return "pdf"
    if body.startswith(b"PK\x03\x04"):
        return "docx" if b"word/" in body[:200_000] or b"word/document.xml" in body[-200_000:] else "zip"
    return next((name for magic, name in _MAGIC if body.startswith(magic)), "")


def _is_json(body: bytes) -> bool:
    """Whether the end looks like the beginning: `[1]` is JSON, `[Amended] Article 1` is not."""
    start, end = body.lstrip(b"\xef\xbb\xbf \t\r\n\x00")[:200], body.rstrip(b" \t\r\n\x00;")[-1:]
    if end not in b"}]\x00":
        return bool(re.match(rb"[\[{]\s*[\"{\[]", start))
    return bool(re.match(rb"[\[{]\s*(?:[\"{\[\]}\-0-9]|true|false|null)", start)) or b"\x00" in start


def _json_kind(text: str) -> str:
    return "feed" if "jsonfeed.org/version" in text.replace("\\/", "/")[:1500] else "json"


def _markup(body: bytes, text: str, declared: str) -> str:
    first = _FIRST.match(text)
    root = first[1].lower() if first else ""
    local = root.rpartition(":")[2]
    if local == "html" or (local in ("head", "body", "div", "p") and "xml" not in declared):
        return "html"
    if _SITEMAP.search(text[:_HEAD]) and local in ("urlset", "sitemapindex"):
        return "sitemap"
    if local in ("rss", "feed", "rdf", "channel"):
        return "feed"
    if not local and _FEED_ROOT.search(text):
        return "feed"
    if _legal(body):
        return "legal_xml"
    if _FEED_ROOT.search(text) and not re.search(r"<html\b", text, re.IGNORECASE):
        return "feed"
    if declared.endswith("xml") and "xhtml" not in declared and local and not _HTML.match(f"<{local}>"):
        return "xml"
    if _HTML.search(text) and not (text.startswith("<?xml") and "html" not in text.lower()):
        return "html"
    if text.startswith("<?xml") or declared.endswith("xml"):
        return "xml"
    return "html"


def _legal(body: bytes) -> bool:
    try:
        from tracker.formats.legal_xml import looks_like_legal_xml  # imported late: few bodies are legal XML
    except ImportError:
        return False
    return bool(looks_like_legal_xml(body))


def _texts(text: str, declared: str, url: str) -> str:
    if declared in ("text/markdown", "text/x-markdown"):
        return "markdown"
    path = urlsplit(url).path.lower() if "://" in url or url.startswith("/") else url.lower()
    if path.endswith((".md", ".markdown")):
        return "markdown"
    if declared in ("text/html", "application/xhtml+xml") or len(_HTML.findall(text)) >= 3:
        return "html"
    if declared != "text/plain" and len(_MARKDOWN.findall(text)) + len(_MARKDOWN_LINK.findall(text)) >= 3:
        return "markdown"
    return "binary" if _unprintable(text) else "plain"


def _unprintable(text: str) -> bool:
    bad = sum(1 for sign in text if (sign < " " and sign not in "\t\n\r\f\x1b\x00") or sign == "\ufffd")
    return bad * 10 > len(text)


def parsed_json(text: str) -> object:
    """The JSON value. Raises ValueError for what is none, RecursionError for what is nested without end."""
    return json.loads(text, parse_constant=lambda _name: None)
