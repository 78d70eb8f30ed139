"""Bytes to text: byte order marks, what the page declares, and what the bytes themselves say when both are wrong."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What browsers read under these labels (WHATWG Encoding Standard, "names and labels").
_BROWSERS = {
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "x-mac-roman": "mac-roman", "windows-31j": "cp932", "utf-16": "utf-16-le", "unicode": "utf-16-le",
}  # fmt: skip
_SAMPLE = 200_000


def decode(body: bytes, declared: str = "", media_type: str = "") -> tuple[str, str]:
    """(text, the charset it was read with). Never raises; undecodable bytes become U+FFFD.

    In this order: byte order mark, `declared` (the header's), the page's own word, UTF-8, then the bytes' statistics.
    A declared charset that does not fit the bytes is passed over when another does.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name
    sniffed = _without_mark(body)
    if sniffed:
        return body.decode(sniffed, "replace"), sniffed
    named = declared or _charset_of(media_type)
    inside = _META.search(body, 0, 8192) or _XML.search(body, 0, 1024)
    said = [named, inside.group(1).decode("ascii") if inside else ""]
    # Text that is valid UTF-8 beyond ASCII is UTF-8, whatever a server's default says.
    for name in ["utf-8", *said]:
        text = _strictly(body, name)
        if text is not None:
            return text, _name(name)
    return _loosely(body, [_name(name) for name in said if name])


def _loosely(body: bytes, said: list[str]) -> tuple[str, str]:
    for name in [*said, "utf-8"]:
        try:
            text = body.decode(name, "replace")
        except (LookupError, UnicodeError):
            continue
        if text.count("\ufffd") * 200 <= len(text):  # a few broken bytes: the declaration stands
            return text, name
    best = from_bytes(body[:_SAMPLE]).best()
    name = best.encoding if best else "cp1252"
    return body.decode(name, "replace"), name


def _without_mark(body: bytes) -> str:
    head = body[:400]
    if len(head) >= 8 and head.count(0) * 10 >= 7 * len(head):  # three of four bytes are zero
        return "utf-32-le" if head[0] else "utf-32-be"
    if len(head) >= 8 and head.count(0) * 3 >= len(head):
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    return ""


def _charset_of(media_type: str) -> str:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", media_type, re.IGNORECASE)
    return found.group(1) if found else ""


def _name(label: str) -> str:
    low = label.strip().lower()
    return _BROWSERS.get(low, low)


def _strictly(body: bytes, label: str) -> str | None:
    name = _name(label)
    if not name or name.startswith(("utf-16", "utf-32")):  # without a mark and without zeros it is not UTF-16
        return None
    try:
        return body.decode(name)
    except (LookupError, UnicodeError):
        return None
