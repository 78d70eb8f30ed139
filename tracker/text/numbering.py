"""Labels at the head of a block: "Article 10", "§ 3", "第五条", "Erster Abschnitt", "2.", "(f)", "1°", "（一）".

General rules of how laws, policies and terms are numbered in English, French, German, Chinese, Spanish, Italian and
US style; no rule knows a document.
"""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

HAN = "〇零一二三四五六七八九十百千两"
_LATIN = "bis|ter|quater|quinquies|sexies|septies|octies|nonies|decies|undecies|duodecies"
# What a division is called, by its sign in an eId (Akoma Ntoso Naming Convention 1.0, list of abbreviations).
WORDS: dict[str, str] = {
    "part": r"parts?|partie|parte|teil|deel",
    "book": r"book|livre|libro|buch",
    "title": r"title|titre|título|titulo|titolo|titel",
    "subtitle": r"sub-?title|untertitel",
    "subchp": r"sub-?chapter|unterkapitel",
    "chp": r"chapter|chapitre|capítulo|capitulo|capo|kapitel|hoofdstuk",
    "subsec": r"sub-?section|sous-section|unterabschnitt|subsección|subseccion",
    "sec": r"section|sección|seccion|sezione|abschnitt|sec\.|sect\.|afdeling",
    "art": r"article|artikel|artículo|articulo|articolo|artigo|art\.?",
    "annex": r"annex|annexe|anhang|anlage|anexo|allegato|bijlage",
    "appx": r"appendix|appendice|apéndice",
    "sched": r"schedule",
    "clause": r"clause",
    "dvs": r"division",
    "rule": r"rule|règle|regel",
    "reg": r"regulation",
    "princ": r"principle|principe|grundsatz",
    "rec": r"recital|considérant|erwägungsgrund",
    "paragraf": r"paragraphe|paragraph",
}
_ORDINALS = {
    1: "premier|première|préliminaire|liminaire|unique|one|first|primero|primera|primer|único|única|primo|erster|erstes|erste|ersten",
    2: "deuxième|second|seconde|two|segundo|segunda|secondo|zweiter|zweites|zweite",
    3: "troisième|three|third|tercero|tercera|terzo|dritter|drittes|dritte",
    4: "quatrième|four|fourth|cuarto|cuarta|quarto|vierter|viertes|vierte",
    5: "cinquième|five|fifth|quinto|quinta|fünfter|fünftes|fünfte",
    6: "sixième|six|sixth|sexto|sexta|sesto|sechster|sechstes|sechste",
    7: "septième|seven|seventh|séptimo|séptima|settimo|siebter|siebtes|siebte|siebenter",
    8: "huitième|eight|eighth|octavo|octava|ottavo|achter|achtes|achte",
    9: "neuvième|nine|ninth|noveno|novena|nono|neunter|neuntes|neunte",
    10: "dixième|ten|tenth|décimo|décima|decimo|zehnter|zehntes|zehnte",
}
_ORDINAL_VALUE = {word: str(value) for value, words in _ORDINALS.items() for word in words.split("|")}
_ORDINAL = "|".join(sorted(_ORDINAL_VALUE, key=len, reverse=True))
_ROMAN_UPPER = r"[IVXLCDM]+"
_NUMBER = (
    rf"(?:[A-Z]{{1,2}}\s?\*?\.?\s?)?\d+(?:er|re|ère|ᵉʳ|º|°)?(?:[.:\-–‑]\d+|[a-z](?:\.\d+))*"
    rf"(?:-?[a-zA-Z]{{1,2}}(?![\w’'])|\s[a-zA-Z](?![\w’'.])(?!\s(?!bis|ter|quater)[a-z]{{2}}))?(?:[\s-]?(?i:{_LATIN})\b)?(?:\s[A-Z](?![\w’'.]))?"
    rf"|{_ROMAN_UPPER}(?:er|[a-z]|\.\d+|-\d+|-?[A-Z])?(?![\w’'])(?:[\s-]?(?:{_LATIN})\b)?"
    rf"|[A-Z](?:\.\d+)*(?![\w’'])|(?i:{_ORDINAL})\b"
)
_WORD = "|".join(f"(?P<{name}>(?i:{words}))" for name, words in WORDS.items())
_STOP = r"(?P<stop>\s*(?:[.:)|]|[.]?\s?[–—-])?[\s–—\-:|.]*)"
_WORDED = re.compile(
    rf"(?:{_WORD})(?:\s+|(?<=\.))(?:(?i:n[o°º]\.?|nr\.|number)\s*)?(?P<value>{_NUMBER})(?=\W|$){_STOP}"
)
_HOLDER = "|".join(f"(?P<{name}>(?i:{WORDS[name]}))" for name in ("part", "book", "title", "chp", "subsec", "sec"))
_GERMAN = r"(?=(?i:buch|teil|titel|kapitel|abschnitt|unterabschnitt)\b)"
_ORDINAL_FIRST = re.compile(
    rf"(?:(?P<value>(?i:{_ORDINAL}))\s+|(?P<digit>\d{{1,3}}\.|[IVX]+\.?)\s+{_GERMAN})(?:{_HOLDER})(?=\W|$){_STOP}"
)
_ALONE = re.compile(r"(?P<annex>(?i:annexe?|anhang|anlage|anexo|allegato))|(?P<sched>(?i:schedule))")
_SIGN = re.compile(r"§§?\s*(?P<value>\d+[a-z]?(?:[.:\-–]\d+[a-z]?)*(?:\s?[a-z]{1,2}(?!\w))?)(?=\W|$)" + _STOP)
_HAN_LABEL = re.compile(
    rf"第\s?(?P<value>[{HAN}]+|\d+)\s?(?P<unit>[编篇章节条款项部])(?P<of>之[{HAN}]+)?(?P<stop>[\s\u3000:：]*)"
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
    rf"(?P<latin>[(]?(?:\d{{1,3}}|[a-z])\s(?:{_LATIN})(?:\)|[.]))(?=[\s|]|$)"
    r"|(?P<paren>[(（]\s?(?:\d{1,3}[a-z]{0,2}|[a-z]{1,3}|[ivxlcdm]{1,7}|[A-Z]{1,3}|[IVXLCDM]{1,7}|\d+(?:\.\d+)+)\s?[)）])"
    rf"|(?P<han>[（(][{HAN}]{{1,3}}[）)])"
    rf"|(?P<hanlist>[{HAN}]{{1,3}}[、．])"
    r"|(?P<degree>\d{1,3}\s?[°º](?:\s?(?:bis|ter|quater))?)\s?[).]?(?=\W|$)"
    r"|(?P<deep>\d{1,3}(?:\.\d{1,3}){1,5}[.)]?)(?=[\s|]|$|[A-Z\u3400-\u9fff])"
    r"|(?P<close>(?:\d{1,3}[a-z]{0,2}|[a-z]{1,3}|[ivxlcdm]{1,6}|[A-Z])\))"
    r"|(?P<dot>(?:\d{1,3}[a-z]{0,2}|[a-z]{1,2}|[A-Z]|[ivxlcdm]{1,6}|[IVXLCDM]{1,6})[.．])(?=[\s|]|$|[\u3400-\u9fff])"
    r"|(?P<handot>\d{1,3}[、])"
    r"|(?P<dash>[IVXLCDM]{1,6}|\d{1,3}|[A-Z])\s?(?:\.\s?)?[–—](?=\s)"
    r"|(?P<bullet>[-–—•·‣▪◦●*])(?=[\s|]|$)"
)
_GROUPS = ("latin", "paren", "han", "hanlist", "degree", "deep", "close", "dot", "handot", "dash", "bullet")
_AFTER = re.compile(r"[\s\u3000]*\|?[\s\u3000]*(?:[–—-]\s+)?")


@dataclass(frozen=True, slots=True)
class Label:
    """A label as printed and as understood.

    `kind` is an eId sign for worded labels ("art", "chp"), "bare" for others; `style` tells bare labels apart ("(1)",
    "(a)", "1.", "1.1", "•", …); `value` is the number in the form of an eId; `length` is where the body begins in
    the text; `stop` is what stands between the two.
    """

    text: str
    kind: str
    style: str
    value: str
    length: int
    stop: str = ""


@lru_cache(maxsize=16_384)
def label(text: str) -> Label | None:
    """The label at the head of a text, or None."""
    return worded(text) or bare(text)


@lru_cache(maxsize=16_384)
def worded(text: str) -> Label | None:
    """A label with its word: "Article 10", "CHAPTER II", "§ 5", "第十条", "2. Abschnitt"."""
    if not text:
        return None
    head = text[:160]
    if head[0] == "§":
        found = _SIGN.match(head)
        return _made(found, "art", "§", found["value"]) if found else None
    if head[0] == "第":
        found = _HAN_LABEL.match(head)
        return _han(found) if found else None
    found = _WORDED.match(head)
    if found is not None:
        return _made(found, next(name for name in WORDS if found[name]), "word", found["value"])
    found = _ORDINAL_FIRST.match(head)
    if found is not None:
        named = found.groupdict()
        kind = next(name for name in WORDS if named.get(name))
        return _made(found, kind, "word", found["value"] or found["digit"])
    found = _ALONE.match(head)
    if (
        found is not None
        and (found.end() == len(text) or text[found.end() : found.end() + 2] == " (")
        and head[0].isupper()
    ):
        kind = "annex" if found["annex"] else "sched"
        return Label(found.group(0), kind, "word", "", found.end())
    return None


def _made(found: re.Match[str], kind: str, style: str, value: str) -> Label:
    printed = found.string[: found.start("stop")].strip()
    return Label(printed, kind, style, number(value), found.end(), found["stop"])


def _han(found: re.Match[str]) -> Label:
    value = str(han_number(found["value"])) + (f"-{han_number(found['of'][1:])}" if found["of"] else "")
    printed = "".join(found.string[: found.start("stop")].split())
    return Label(printed, _HAN_UNITS[found["unit"]], found["unit"], value, found.end(), found["stop"])


@lru_cache(maxsize=16_384)
def bare(text: str) -> Label | None:
    """A label without a word: "2.", "(f)", "(iv)", "1.2.3", "1°", "（一）", "一、", "–"."""
    found = _BARE.match(text[:40])
    if found is None:
        return None
    group = next(name for name in _GROUPS if found[name])
    printed = "".join(found[group].split())
    after = _AFTER.match(text, found.end())
    end = after.end() if after else found.end()
    core = re.sub(r"[()（）.．、°º]", "", printed) if group != "deep" else printed.strip(".)")
    if group == "latin":
        core = core.replace(" ", "")
        shape = "1" if core[0].isdigit() else "a"
        style = f"({shape})" if printed[0] == "(" else f"{shape}{printed[-1]}"
        return Label(" ".join(found[group].split()), "bare", style, core, end)
    if group == "bullet":
        return Label(printed, "bare", "•", "", end)
    if group in ("han", "hanlist"):
        return Label(printed, "bare", "（一）" if group == "han" else "一、", str(han_number(core)), end)
    if group == "deep":
        return Label(printed, "bare", "1.1", core, end)
    if "." in core or not core:
        return None
    shape = "1" if core[0].isdigit() else "a" if core.islower() else "A"
    style = {"paren": f"({shape})", "degree": "1°", "close": f"{shape})", "handot": "1、"}.get(group, f"{shape}.")
    return Label(printed, "bare", style, core, end, text[found.end() : end])


def number(printed: str) -> str:
    """A printed number in the form of an eId: "1er" → "1", "premier" → "1", "39 bis A" → "39bisA"."""
    low = printed.lower().strip()
    if low in _ORDINAL_VALUE:
        return _ORDINAL_VALUE[low]
    bare_number = re.sub(r"(?<=\d)(?:er|re|ère|ᵉʳ|º|°)|(?<=I)er\b", "", printed)
    return (
        re.sub(r"[\s.*]+(?=\D|$)|(?<=\D)[\s.*]+|\.$", "", bare_number)
        .replace("–", "-")
        .replace("‑", "-")
        .replace(":", "-")
        .replace(".", "-")
    )


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


_ROMAN = re.compile(r"(?=[ivxlcdm])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)


def roman(text: str) -> int:
    """The value of a roman number in any case; 0 if it is none."""
    if not text or not _ROMAN.fullmatch(text):
        return 0
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}[sign] for sign in text.lower()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


Ordinal = tuple[int, str]


def ordinals(found: Label) -> tuple[tuple[str, Ordinal], ...]:
    """The readings of a bare label, as (style, (number, suffix)): "(i)" is the ninth letter and the roman one."""
    value = found.value
    if found.style in ("（一）", "一、", "•") or (value.isdigit() and value.isascii()):
        return ((found.style, (int(value or 0), "")),)
    latin = re.fullmatch(rf"(\d+|[a-z])({_LATIN})", value)
    if latin:  # 14 bis comes after 14 as 14a does
        first = int(latin[1]) if latin[1].isdigit() else ord(latin[1]) - 96
        return ((found.style, (first, chr(97 + _LATIN.split("|").index(latin[2])))),)
    digits = re.fullmatch(r"(\d+)([a-z]+)", value)
    if digits:
        return ((found.style, (int(digits[1]), digits[2])),)
    made: list[tuple[str, Ordinal]] = []
    low = value.lower()
    value_roman = roman(low)
    if len(low) > 1 and 0 < value_roman < 40:  # "(ii)" is a roman two, not what was put between (i) and (j)
        pass
    elif len(low) == 1:
        made.append((found.style, (ord(low) - 96, "")))
    elif len(set(low)) == 1 and len(low) <= 3:  # German aa), aaa); also what comes between (a) and (b)
        made.append((found.style, (ord(low[0]) - 96, low[1:])))
        made.append((found.style.replace("a", "a" * len(low)).replace("A", "A" * len(low)), (ord(low[0]) - 96, "")))
    elif len(low) == 2:
        made.append((found.style, (ord(low[0]) - 96, low[1:])))
    if value_roman:
        made.append((found.style.replace("a", "i").replace("A", "I"), (value_roman, "")))
    return tuple(made)
