"""Words of an XML element, without what stands beside the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Element = Any  # lxml publishes no complete types
_DEPTH = 300  # elements within elements; deeper ones are read as words only


def local(element: Element) -> str:
    """The element's name without its namespace; "" for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def folded(text: str) -> str:
    """One space between words."""
    return " ".join(text.split())


def words(element: Element, special: Callable[[Element], str | None]) -> str:
    """The element's words; `special` gives an inner element's words, or None for "as they are"."""
    return folded("".join(_pieces(element, special, 0)))


def _pieces(element: Element, special: Callable[[Element], str | None], depth: int) -> list[str]:
    out = [element.text or ""]
    for child in element:
        said = special(child) if local(child) else ""
        if said is None:
            said = "".join(_pieces(child, special, depth + 1)) if depth < _DEPTH else "".join(child.itertext())
        out.append(said)
        out.append(child.tail or "")
    return out


def identifier(element: Element) -> str:
    """The element's own identifier."""
    for name in ("eId", "id", "IDENTIFIER", "identifier", "GUID"):
        value = element.get(name)
        if value:
            return str(value)[:200]
    return ""
