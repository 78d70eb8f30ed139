"""What a body may not exceed, checked before anything parses it: size and depth."""

from __future__ import annotations

import re

from tracker.formats.errors import Unreadable
from tracker.model import Outcome

MAX_BODY = 64 * 2**20  # bytes; fetching stops earlier (25 MB by default), this holds for callers that read files
MAX_RATIO = 200  # unpacked size over packed size
MAX_NESTING = 2_000  # open elements; a page that people wrote has less than 100
_TAG = re.compile(
    rb"<(?:!--.*?(?:-->|\Z)|!\[CDATA\[.*?(?:\]\]>|\Z)|(script|style|textarea|title)\b.*?(?:</\1|\Z)"
    rb"|(/?)([a-zA-Z][^\s/>]{0,40})([^>\"']{0,400}/>)?)",
    re.DOTALL | re.IGNORECASE,
)
# Elements that are never open, or that the next one of their kind closes: they do not nest by themselves.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen "
    b"p li dt dd tr td th option optgroup tbody thead tfoot colgroup rt rp".split()
)


def check_size(body: bytes) -> None:
    """Raises Unreadable for a body that is larger than any document."""
    if len(body) > MAX_BODY:
        raise Unreadable(f"{len(body) // 2**20} MB are more than a document has", Outcome.TOO_LARGE)


def check_nesting(body: bytes) -> None:
    """Raises Unreadable when more than MAX_NESTING elements are open at once. One pass over the tags, without a
    parser: trees that deep cost parsers and walkers more than their size tells."""
    if body.count(b"<") <= MAX_NESTING:
        return
    if depth(body) > MAX_NESTING:
        raise Unreadable(f"elements nested more than {MAX_NESTING:,} deep: no document is", Outcome.TOO_LARGE)


def depth(body: bytes) -> int:
    """The most elements that are open at once, from above: a tag that is never closed stays open."""
    deepest = 0
    open_names: list[bytes] = []
    counts: dict[bytes, int] = {}
    for match in _TAG.finditer(body):
        name = match[3]
        if name is None:
            continue
        name = name.lower()
        if name in _FLAT:
            continue
        if not match[2]:
            if not match[4]:
                open_names.append(name)
                counts[name] = counts.get(name, 0) + 1
                deepest = max(deepest, len(open_names))
                if deepest > MAX_NESTING:
                    return deepest
        elif counts.get(name):
            while open_names:
                closed = open_names.pop()
                counts[closed] -= 1
                if closed == name:
                    break
    return deepest
