"""The place of a block as a chain of levels, and its names: the path a person reads, the eId a program keeps.

eIds follow the Akoma Ntoso Naming Convention 1.0 (OASIS, 2018): sign, "_", number, levels joined by "__"; the signs are
those of its list of abbreviations. Articles are numbered through a document, so their eId begins with them; where a
document begins anew (annexes, parts that count from 1 again) it begins with what holds them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ANNEXES = ("annex", "sched", "appx")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a place: `kind` is the eId's sign, `value` its number, `printed` the label as printed. `unit` marks
    what holds the text (article, § …), `heading` a heading without a number, `opens` what begins numbering anew."""

    kind: str
    value: str
    printed: str = ""
    unit: bool = False
    heading: bool = False
    opens: bool = False


def eid(levels: Sequence[Level], *, continuous: bool = True) -> str:
    """The eId of a place; `continuous` says that articles are numbered through the document."""
    first = next((at for at, level in enumerate(levels) if level.unit), 0)
    if not continuous and first:  # begin with the divisions, but not with the document's own title
        first = next((at for at, level in enumerate(levels) if not level.heading), 0)
    kept = [level for level in levels[:first] if level.opens] + list(levels[first:])
    return "__".join(f"{level.kind}_{sign(level.value)}" if level.value else level.kind for level in kept)


def sign(value: str) -> str:
    """A number as it stands in an eId: without spaces and stops, "4.2" as "4-2"."""
    return re.sub(r"[^\w-]+", "-", value.strip(" .")).strip("-")


def path(levels: Sequence[Level]) -> str:
    """The place as a person reads it: "Article 10(2)(f)", "Chapter III, Section 2", "Annex III(1)(a)"."""
    first = next((at for at, level in enumerate(levels) if level.unit), 0)
    out = base = ""
    for level in [*(level for level in levels[:first] if level.opens), *levels[first:]]:
        if level.heading:
            out = base = f"{out} › {level.printed}" if out else level.printed
        elif level.kind in ("al", "tr", "p"):
            out += f" ¶{level.value}" if out and level.value not in ("", "1") else ""
        elif level.kind == "indent":
            out += f" –{level.value}"
        elif level.kind == "note":
            out = f"{out}, note {level.value}" if out else f"note {level.value}"
        elif level.kind in ("hdg", "mark", "qstr", "toc", "item") and not level.printed:
            continue
        elif (level.printed[:1].isalpha() and len(level.value) < len(level.printed) - 1) or level.printed[:1] in "§第":
            printed = _cased(level.printed)
            out = base = f"{out}, {printed}" if out else printed
        elif "." in level.value:  # 4.2.1 says its whole place
            out = f"{base}, {level.value}" if base else level.value
        else:
            out += _inner(level, out)
    return out.strip()


def _inner(level: Level, before: str) -> str:
    printed = level.printed.strip()
    if printed[:1] in "（(" or printed.endswith("、"):
        return printed.rstrip("、") if before else printed
    value = printed.rstrip(".)").strip() if printed else level.value
    return f"({value})" if before else printed.rstrip(".") or value


def _cased(printed: str) -> str:
    """CHAPTER III → Chapter III; roman numbers stay."""
    words = _SPACE.sub(" ", printed).split(" ")
    if len(words[0]) > 2 and words[0].isupper():
        words = [
            word.capitalize() if len(word) > 3 and word.isalpha() and not _roman_like(word) else word for word in words
        ]
    return " ".join(words)


def _roman_like(word: str) -> bool:
    return bool(re.fullmatch(r"[IVXLCDM]+", word))


def slug(text: str) -> str:
    """A heading as the number of its level: "Your content" → "your-content"."""
    words = re.findall(r"\w+", text.casefold())
    return "-".join(words)[:48].strip("-") or "untitled"
