"""Labels at the head of a block: "Article 10", "§ 3", "第五条", "2.", "(f)", "1°", "（一）".

General rules of how laws, policies and terms are numbered in English, French, German, Chinese, Spanish, Italian and US style; no rule
knows a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_ROMAN = re.compile(r"(?=[ivxlcdm])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_HAN_NUMBER = "〇零一二三四五六七八九十百千两"
_SUFFIX = r"(?:\s?(?:bis|ter|quater|quinquies|sexies|septies|octies|nonies|decies)\b)?"
_NUMBER = rf"(?:[A-Z]{{1,2}}\.?\s?)?\d+(?:[.\-–]\d+)*(?:\s?[a-zA-Z]{{1,2}}(?![\w’']))?{_SUFFIX}|[IVXLCDM]+(?:[a-z]|\.\d+)?\b{_SUFFIX}|[A-Z]\b"
_ORDINAL = (
    r"premier|première|préliminaire|liminaire|unique|1er|1re|1ère|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|"
    r"primero|primera|segundo|segunda|tercero|tercera|cuarto|cuarta|quinto|quinta|sexto|sexta|séptimo|séptima|octavo|octava|noveno|novena|décimo|décima|"
    r"único|única|primo|secondo|terzo|erster|zweiter|dritter|vierter|fünfter|sechster|siebter|achter|neunter|zehnter"
)
# What a container or article is called, by its sign in an eId (Akoma Ntoso Naming Convention, table of abbreviations).
WORDS: dict[str, str] = {
    "part": r"part|partie|parte|teil|deel",
    "book": r"book|livre|libro|buch",
    "title": r"title|titre|título|titulo|titolo|titel",
    "chp": r"chapter|chapitre|capítulo|capitulo|capo|kapitel|hoofdstuk|chap\.",
    "sec": r"section|sección|sezione|abschnitt|sec\.|sect\.|afdeling",
    "subsec": r"sub-?section|sous-section|unterabschnitt|subsección",
    "art": r"article|artikel|artículo|articulo|articolo|art\.|artigo",
    "annex": r"annex|annexe|anhang|anlage|anexo|allegato|appendix|appendice|apéndice|bijlage",
    "sched": r"schedule",
    "clause": r"clause",
    "dvs": r"division",
    "rule": r"rule|règle",
    "reg": r"regulation",
    "princ": r"principle",
}
_WORD = "|".join(f"(?P<{name}>{words})" for name, words in WORDS.items())
_WORDED = re.compile(
    rf"(?:{_WORD})\s*(?:(?:n[o°º]\.?|nr\.|number)\s*)?(?P<value>{_NUMBER}|(?i:{_ORDINAL})\b)"
    rf"(?P<stop>\s*[.:)]?[\s–—\-:|.]*)(?=\s|$|[^\w])",
    re.IGNORECASE,
)
_SIGN = re.compile(r"(?P<sign>§§?)\s*(?P<value>\d+(?:[.:\-–]\d+)*(?:\s?[a-z]{1,2}(?!\w))?)(?P<stop>\.?\s*)")
_HAN = re.compile(
    rf"第(?P<value>[{_HAN_NUMBER}]+|\d+)(?P<unit>[编篇章节条款项部])(?P<of>之[{_HAN_NUMBER}]+)?[\s\u3000:：]*"
)
_HAN_UNITS = {
    "编": "part",
    "篇": "part",
    "部": "part",
    "章": "chp",
    "节": "sec",
    "条": "art",
    "款": "para",
    "项": "point",
}
_BARE = re.compile(
    r"(?P<paren>\((?P<p>\d{1,3}[a-z]{0,2}|[a-z]{1,3}|[ivxlcdm]{1,7}|[A-Z]{1,3}|[IVXLCDM]{1,7}|\d+(?:\.\d+)+)\))\s*\|?\s*"
    rf"|(?P<han>[（(][{_HAN_NUMBER}\d]+[）)])\s*"
    rf"|(?P<hanlist>[{_HAN_NUMBER}]{{1,4}}[、．.])\s*"
    r"|(?P<deep>\d{1,3}(?:\.\d{1,3}){1,4}\.?)(?=\s)\s*\|?\s*"
    r"|(?P<degree>\d{1,3}\s?°(?:\s?(?:bis|ter|quater))?)\s*[).]?\s*\|?\s*"
    r"|(?P<dot>(?:\d{1,3}[a-z]{0,2}|[a-z]{1,2}|[A-Z]{1,2}|[ivxlcdmIVXLCDM]{1,6})[.．])(?:\s+|\s*\|\s*)"
    r"|(?P<handot>\d{1,3}[.．、])(?=[\u3400-\u9fff])"
    r"|(?P<close>(?:\d{1,3}[a-z]{0,2}|[a-z]{1,2}|[ivxlcdm]{1,6}|[A-Z])\))\s*\|?\s*"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A label as printed and as understood. `kind` is an eId sign for worded labels ("art", "chp"), "bare" for
    others; `style` tells bare labels apart ("(1)", "(a)", "(i)", "1.", "1.1", …); `value` is the number in the form
    of an eId; `length` is where the body begins in the text."""

    text: str
    kind: str
    style: str
    value: str
    length: int


@lru_cache(maxsize=50_000)
def label(text: str) -> Label | None:
    """The label at the head of a text, or None."""
    return worded(text) or bare(text)


def worded(text: str) -> Label | None:
    """A label with its word: "Article 10", "CHAPTER II", "§ 5", "第十条"."""
    if not text:
        return None
    if text[0] == "§":
        found = _SIGN.match(text)
        if found:
            return Label(found.group(0).strip().rstrip("."), "sec", "§", _value(found["value"]), found.end())
    if text[0] == "第":
        found = _HAN.match(text)
        if found:
            value = str(han_number(found["value"])) + (f"-{han_number(found['of'][1:])}" if found["of"] else "")
            printed = found.group(0).strip(" \u3000:：")
            return Label(printed, _HAN_UNITS[found["unit"]], found["unit"], value, found.end())
    found = _WORDED.match(text)
    if found is None:
        return None
    kind = next(name for name in WORDS if found[name])
    return Label(text[: found.end("value")].strip(), kind, "word", _value(found["value"]), found.end())


def bare(text: str) -> Label | None:
    """A label without a word: "2.", "(f)", "(iv)", "1.2.3", "1°", "（一）", "一、"."""
    found = _BARE.match(text)
    if found is None or found.lastgroup is None:
        return None
    group = next(
        name for name in ("paren", "han", "hanlist", "deep", "degree", "dot", "handot", "close") if found[name]
    )
    printed = found[group]
    core = printed.strip("()（）.．、°) ").strip()
    if group in ("han", "hanlist"):
        return Label(printed, "bare", "（一）" if group == "han" else "一、", str(han_number(core)), found.end())
    if group == "deep":
        return Label(printed, "bare", "1.1", core, found.end())
    shape = "1" if core[0].isdigit() else "a" if core.islower() else "A"
    style = {"paren": f"({shape})", "degree": "1°", "dot": f"{shape}.", "handot": "1.", "close": f"{shape})"}[group]
    return Label(printed, "bare", style, _value(core), found.end())


def _value(printed: str) -> str:
    return re.sub(r"[\s.]+", "", printed).replace("–", "-")


def han_number(text: str) -> int:
    """一百一十三 → 113; digits stay; 〇 and 零 are zero."""
    if text.isdigit() and text.isascii():
        return int(text)
    digits = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    units = {"十": 10, "百": 100, "千": 1000}
    total, last = 0, 0
    for sign in text:
        if sign in units:
            total += (last or 1) * units[sign]
            last = 0
        elif sign in digits:
            last = digits[sign]
    return total + last


def roman(text: str) -> int:
    """The value of a roman number in any case; 0 if it is none."""
    if not text or not _ROMAN.fullmatch(text):
        return 0
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}[sign] for sign in text.lower()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
