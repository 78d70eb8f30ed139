"""Dates, periods and deadlines, with what they govern; English, French, Chinese and German.

A date says when something applies, ends, is due or happens; which of these it is, the words around it say. Dates that
only name an act ("Regulation … of 13 June 2024", "OJ L 119, 4.5.2016") are none.
"""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tracker.model import Deadline
from tracker.text import references
from tracker.text.numbering import HAN, han_number

_MONTHS = (
    "january janvier januar", "february février februar", "march mars märz", "april avril", "may mai", "june juin juni",
    "july juillet juli", "august août", "september septembre", "october octobre oktober", "november novembre",
    "december décembre dezember",
)  # fmt: skip
_MONTH = {name: at + 1 for at, names in enumerate(_MONTHS) for name in names.split()}
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_HAN_YEAR = "[〇零一二三四五六七八九]{4}"
_DATES = (
    re.compile(rf"\b(?P<d>[0-3]?\d)(?:er|st|nd|rd|th|\.)?\s(?:of\s)?(?P<m>(?i:{_NAMES})),?\s(?P<y>{_YEAR})\b"),
    re.compile(rf"\b(?P<m>(?i:{_NAMES}))\s(?P<d>[0-3]?\d)(?:st|nd|rd|th)?,\s(?P<y>{_YEAR})\b"),
    re.compile(rf"\b(?P<d>[0-3]?\d)[./](?P<m>[01]?\d)[./](?P<y>{_YEAR})\b"),
    re.compile(rf"\b(?P<y>{_YEAR})-(?P<m>[01]\d)-(?P<d>[0-3]\d)\b"),
    re.compile(
        rf"(?P<y>{_YEAR}|{_HAN_YEAR})\s?年\s?(?P<m>\d{{1,2}}|[{HAN}]{{1,2}})\s?月\s?(?P<d>\d{{1,2}}|[{HAN}]{{1,3}})\s?日"
    ),
)
_COUNTS = {word: at for at, words in {
    1: "one un une a ein einem einer eines", 2: "two deux zwei", 3: "three trois drei", 4: "four quatre vier", 5: "five cinq fünf",
    6: "six sechs", 7: "seven sept sieben", 8: "eight huit acht", 9: "nine neuf neun", 10: "ten dix zehn", 12: "twelve douze zwölf",
    14: "fourteen vierzehn", 15: "fifteen quinze fünfzehn", 18: "eighteen", 20: "twenty vingt zwanzig", 21: "twenty-one", 24: "twenty-four",
    30: "thirty trente dreißig", 36: "thirty-six", 45: "forty-five", 60: "sixty soixante sechzig", 90: "ninety neunzig",
}.items() for word in words.split()}  # fmt: skip
_UNITS = (
    ("D", r"(?:working |calendar |business )?days?|jours?(?: ouvrables| ouvrés| francs)?|tage?n?|日|天|个工作日"),
    ("W", r"weeks?|semaines?|wochen?|周|个星期"),
    ("M", r"months?|mois|monate?n?|monats|个月|月"),
    ("Y", r"years?|ans?|années?|jahre?n?|jahres|年"),
    ("H", r"hours?|heures?|stunden?|小时"),
)
_UNIT = "|".join(f"(?P<{sign}>{words})" for sign, words in _UNITS)
_COUNT = rf"(?P<n>\d{{1,4}}|(?i:{'|'.join(sorted(_COUNTS, key=len, reverse=True))}))"
_PERIOD = re.compile(rf"\b{_COUNT}(?:\s\(\d+\))?[\s-](?:(?i:{_UNIT}))\b")
_PERIOD_ZH = re.compile(
    rf"(?P<n>\d{{1,4}}|[{HAN}]{{1,4}})\s?(?:(?P<D>个工作日|日|天)|(?P<M>个月)|(?P<Y>年)|(?P<H>小时))(?P<in>(?:以)?内|之内|前|后|以上|以下)"
)
# What a date is, by the words before it ("…{0,60}$") or after it; the first that fits decides.
_CUES: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    ("repeal", re.compile(r"(?i:repealed|abrogée?s?|aufgehoben|废止)[^.;。]{0,60}$"), re.compile(r"^[^.;。]{0,40}(?i:repeal|abrog|废止|aufgehoben)")),
    ("expiry", re.compile(r"(?i:\buntil|\bexpires?|cease[sd]? to (?:apply|have effect)|jusqu['’]au?|expire|cesse|läuft|außer kraft|截至|至)[^.;。]{0,30}$"),
     re.compile(r"^[^.;。]{0,30}(?i:expire|außer kraft|失效|为止|止\b)")),
    ("deadline", re.compile(r"(?i:\bby|not? later than|at the latest|\bbefore|prior to|au plus tard|avant|bis zum|bis|spätestens|vor dem|不迟于|不晚于)[^.;。\d]{0,25}$"),
     re.compile(r"^\s?(?:之前|以前|前)|^[^.;。]{0,20}(?i:at the latest|au plus tard|spätestens)")),
    ("application", re.compile(r"(?i:appl(?:y|ies|icable)|force|effect(?:ive)?|\bfrom|commenc\w+|vigueur|appli(?:que|cable)\w*|à compter|à partir|en vigueur|\bab|\bgilt|kraft|自|于)[^.;。]{0,60}$"),
     re.compile(r"^\s?(?:起|起施行|施行|生效)|^[^.;。]{0,60}(?i:appl(?:y|ies)|into force|effect|vigueur|s['’]applique|in kraft)")),
)  # fmt: skip
_NAMING = re.compile(
    r"(?i:regulation|directive|decision|council|parliament|commission|\bact|law|règlement|conseil|parlement|\bloi|décret|ordonnance|arrêté|"
    r"verordnung|richtlinie|rates|gesetz\w*|fassung|bekanntmachung|resolution|recommendation)[^.;]{0,60}\s(?:of|du|vom|on|en date du|dated)\s?$"
)
_TERM = re.compile(
    r"(?i:within|no later than|not later than|at least|at the latest|up to|period of|for|after|from|prior|before|"
    r"dans (?:un|les|le)|délai|au plus tard|pendant|durant|à compter|avant|après|au moins|"
    r"innerhalb|binnen|spätestens|frist|nach|mindestens|höchstens|für)\b[^.;]{0,30}$"
)
_STOP = re.compile(r"(?<!\b\d)(?<!\b\d\d)\.(?=\s|$)|[;。；\n]")
_AGE = re.compile(r"^\s?(?i:of age|old|d['’]âge|alt\b)|^-?old")


_HINT = re.compile(rf"[\d{HAN}]")


@dataclass(frozen=True, slots=True)
class Found:
    """A date or period with its place in the text (code points)."""

    start: int
    end: int
    deadline: Deadline


def deadlines(text: str, language: str) -> list[Deadline]:
    """The dates and periods of a text that rule something, in their order."""
    return [found.deadline for found in find(text, language)]


def find(text: str, language: str) -> list[Found]:
    """The same with their places."""
    if not _HINT.search(text) and not _PERIOD.search(text):
        return []
    cited = [(found.start, found.end) for found in references.find(text, language)]
    dates = list(_dates(text, cited))
    taken = [*cited, *((found.start, found.end) for found in dates)]
    return sorted([*dates, *_periods(text, taken)], key=lambda found: (found.start, found.end))


def _dates(text: str, cited: list[tuple[int, int]]) -> Iterator[Found]:
    seen: set[int] = set()
    for pattern in _DATES:
        for found in pattern.finditer(text):
            day = _date(found)
            if day is None or found.start() in seen or _overlaps(found, cited):
                continue
            before, after = text[max(0, found.start() - 120) : found.start()], text[found.end() : found.end() + 80]
            if _NAMING.search(before):
                continue
            seen.add(found.start())
            kind = _kind(before, after)
            yield Found(found.start(), found.end(), Deadline(found[0], kind, date=day, governs=_governed(text, found)))


def _date(found: re.Match[str]) -> date | None:
    month, day, year = found["m"], found["d"], found["y"]
    try:
        return date(
            int(year) if year.isdigit() and year.isascii() else int("".join(str(han_number(sign)) for sign in year)),
            _MONTH.get(month.lower()) or han_number(month),
            han_number(day),
        )
    except ValueError:
        return None


def _kind(before: str, after: str) -> str:
    for kind, ahead, behind in _CUES:
        if ahead.search(before) or behind.search(after):
            return kind
    return "event"


def _periods(text: str, taken: list[tuple[int, int]]) -> Iterator[Found]:
    for pattern in (_PERIOD, _PERIOD_ZH):
        for found in pattern.finditer(text):
            if _overlaps(found, taken):
                continue
            before, after = text[max(0, found.start() - 60) : found.start()], text[found.end() : found.end() + 40]
            if (pattern is _PERIOD and (not _TERM.search(before) and not _ruled(after))) or _AGE.match(after):
                continue
            period = _iso(found)
            if period:
                kind = "deadline" if _due(found, before) else "period"
                yield Found(
                    found.start(), found.end(), Deadline(found[0], kind, period=period, governs=_governed(text, found))
                )


def _ruled(after: str) -> bool:
    return bool(re.match(r"\s?(?i:after|from|before|of the|prior|following|à compter|après|nach|vor|ab)\b", after))


def _due(found: re.Match[str], before: str) -> bool:
    if found.re is _PERIOD_ZH:
        return "内" in found["in"] or found["in"] == "前"
    return bool(
        re.search(
            r"(?i:within|later than|at the latest|dans (?:un|les|le)|délai|au plus tard|innerhalb|binnen|spätestens)\b[^.;]{0,30}$",
            before,
        )
    )


def _iso(found: re.Match[str]) -> str:
    said = found["n"].lower()
    count = _COUNTS.get(said) or han_number(said)
    if not count:
        return ""
    named = found.groupdict()
    unit = next(sign for sign in "DWMYH" if named.get(sign))
    return f"PT{count}H" if unit == "H" else f"P{count}{unit}"


def _overlaps(found: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return any(start < found.end() and found.start() < end for start, end in taken)


def _governed(text: str, found: re.Match[str]) -> str:
    """The clause that the date stands in, "…" in the date's place when there are words on both sides: at most 160
    characters."""
    start = max((stop.end() for stop in _STOP.finditer(text, max(0, found.start() - 400), found.start())), default=0)
    start = max(start, found.start() - 400)
    stop = _STOP.search(text, found.end())
    end = stop.start() if stop else len(text)
    sides = (" ".join(side.split()).strip(" .,") for side in (text[start : found.start()], text[found.end() : end]))
    clause = " … ".join(side for side in sides if side)
    return clause if len(clause) <= 160 else clause[:159].rstrip() + "…"
