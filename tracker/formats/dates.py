"""Dates as lists, feeds and APIs print them, in the languages of the sources, to moments in UTC.

Only what is surely a date is one: `3/4/2024` is read by `day_first`, which a list's other dates decide.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_MONTHS = {
    1: (
        "january janvier januar enero janeiro gennaio januari jänner января січня styczeń stycznia ledna ocak "
        "يناير leden januára tammikuu tammikuuta"
    ),
    2: (
        "february février fevrier februar febrero fevereiro febbraio februari feber февраля лютого luty "
        "lutego února şubat فبراير únor februára helmikuu helmikuuta"
    ),
    3: (
        "march mars märz maerz marzo março março maart марта березня marzec marca března mart مارس březen "
        "maaliskuu maaliskuuta"
    ),
    4: ("april avril abril aprile апреля квітня kwiecień kwietnia dubna nisan أبريل duben apríla huhtikuu huhtikuuta"),
    5: ("may mai mayo maio maggio mei maj мая травня maja května mayıs مايو květen mája toukokuu toukokuuta"),
    6: (
        "june juin juni junio junho giugno июня червня czerwiec czerwca června haziran يونيو červen júna "
        "kesäkuu kesäkuuta"
    ),
    7: (
        "july juillet juli julio julho luglio июля липня lipiec lipca července temmuz يوليو červenec júla "
        "heinäkuu heinäkuuta"
    ),
    8: (
        "august août aout agosto augustus augusti августа серпня sierpień sierpnia srpna ağustos أغسطس srpen "
        "augusta elokuu elokuuta"
    ),
    9: (
        "september septembre sept septiembre setembro settembre сентября вересня wrzesień września září eylül "
        "سبتمبر septembra syyskuu syyskuuta"
    ),
    10: (
        "october octobre oktober octubre outubro ottobre октября жовтня październik października října ekim "
        "أكتوبر říjen októbra lokakuu lokakuuta"
    ),
    11: (
        "november novembre noviembre novembro ноября листопада listopad listopada listopadu kasım نوفمبر "
        "novembra marraskuu marraskuuta"
    ),
    12: (
        "december décembre decembre dezember diciembre dezembro dicembre декабря грудня grudzień grudnia "
        "prosince aralık ديسمبر prosinec decembra joulukuu joulukuuta"
    ),
}
_SHORT = {
    1: "jan ene gen janv", 2: "feb févr fevr fév fev", 3: "mar mrz mär", 4: "apr abr avr", 5: "mag", 6: "jun giu",
    7: "jul juil lug", 8: "aug ago aoû", 9: "sep sept set", 10: "oct okt out ott", 11: "nov", 12: "dec dez dic déc",
}  # fmt: skip
MONTHS = {name: number for table in (_SHORT, _MONTHS) for number, names in table.items() for name in names.split()}
_MONTH = "|".join(sorted((re.escape(name) for name in MONTHS), key=len, reverse=True))
_YEAR = r"(?:19[5-9]\d|20\d\d)"
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:h]([0-5]\d)(?::([0-5]\d))?\s*([ap])?\.?m?\b\.?", re.IGNORECASE)
_ISO = re.compile(
    rf"(?<![\d/-])({_YEAR})-(\d\d?)-(\d\d?)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?(?!\d)"
)
_CHINESE = re.compile(rf"({_YEAR})\s*[年년]\s*(\d\d?)\s*[月월]\s*(\d\d?)\s*[日일号]")
_BIG_FIRST = re.compile(rf"(?<![\d/.-])({_YEAR})\s?[/.]\s?(\d\d?)\s?[/.]\s?(\d\d?)(?!\d)")
_WORDS = re.compile(
    rf"(?<!\d)(\d\d?)(?:st|nd|rd|th|er|º|°)?\.?[\s\-]*(?:de |of |di )?({_MONTH})\b\.?,?[\s\-]*(?:de |del )?"
    rf"({_YEAR}|\d\d(?!\d))(?!\d)"
)
_AMERICAN = re.compile(rf"\b({_MONTH})\b\.?\s*(\d\d?)(?:st|nd|rd|th)?\s*,?\s*({_YEAR})(?!\d)")
_SLASHED = re.compile(rf"(?<![\d/.\-])(\d\d?)\s?([/.\-])\s?(\d\d?)\s?\2\s?({_YEAR}|\d\d)(?![\d/]|[.\-]\d)")
_COMPACT = re.compile(rf"^\s*({_YEAR})(0\d|1[0-2])([0-2]\d|3[01])(?:T?([01]\d|2[0-3])([0-5]\d)([0-5]\d)Z?)?\s*$")
_MICROSOFT = re.compile(r"^/?\\?/?Date\((-?\d{9,14})(?:[+-]\d{4})?\)\\?/?$")
_MAIL = re.compile(r"^\s*(?:[A-Za-z]{3},\s*)?\d\d?\s+[A-Za-z]{3,9}\s+\d{4}\s+\d\d?:\d\d")


def parse(text: str, *, day_first: bool | None = None) -> datetime | None:
    """The first date in a short text as a moment in UTC (midnight where no time is printed); None without one.

    `day_first` says how `3/4/2024` is meant; None takes what is possible, and the American order where both are.
    """
    found = find(text, day_first=day_first)
    return found[0] if found else None


def find(text: str, *, day_first: bool | None = None) -> tuple[datetime, int, int] | None:
    """(moment, start, end) of the first date in a text of at most a few hundred characters."""
    text = text[:600]
    if not any(sign.isdigit() for sign in text):
        return None
    whole = _whole(text)
    if whole is not None:
        return whole, 0, len(text)
    low = text.casefold() if len(text.casefold()) == len(text) else text.lower()
    candidates = []
    for pattern, order in ((_ISO, "ymd"), (_CHINESE, "ymd"), (_BIG_FIRST, "ymd"), (_WORDS, "dmy"), (_AMERICAN, "mdy")):
        match = pattern.search(text if pattern is _ISO else low)
        if match:
            moment = _moment(match, order, text)
            if moment is not None:
                candidates.append((match.start(), match.end(), moment))
    for match in _SLASHED.finditer(text):
        moment = _slashed(match, text, day_first)
        if moment is not None:
            candidates.append((match.start(), match.end(), moment))
            break
    if not candidates:
        return None
    start, end, moment = min(candidates, key=lambda each: (each[0], -each[1]))
    return moment, start, end


def day_first(texts: list[str]) -> bool | None:
    """Whether a list prints the day before the month: a first number above 12 says so, a second one the opposite."""
    first = second = 0
    for text in texts:
        for match in _SLASHED.finditer(text[:600]):
            first += int(match[1]) > 12
            second += int(match[3]) > 12
            if match[2] == "." and int(match[3]) <= 12:
                first += 1
    return None if first == second else first > second


def _whole(text: str) -> datetime | None:
    """A text that is nothing but a date in one of the machine's forms."""
    compact = _COMPACT.match(text)
    if compact:
        year, month, day, hour, minute, second = (int(part or 0) for part in compact.groups())
        return _made(year, month, day, hour, minute, second)
    microsoft = _MICROSOFT.match(text.strip())
    if microsoft:
        try:
            return datetime.fromtimestamp(int(microsoft[1]) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if _MAIL.match(text):
        try:
            moment = parsedate_to_datetime(text.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return None


def _moment(match: re.Match[str], order: str, text: str) -> datetime | None:
    parts = dict(zip(order, match.groups()[:3], strict=True))
    month = MONTHS.get(parts["m"]) or (int(parts["m"]) if parts["m"].isdigit() else 0)
    year = _year(parts["y"])
    if match.re is _ISO and match[4]:
        moment = _made(year, month, int(parts["d"]), int(match[4]), int(match[5]), int(match[6] or 0))
        return _shifted(moment, match[7] or "")
    hour, minute, second = _clock(text[match.end() : match.end() + 24])
    return _made(year, month, int(parts["d"]), hour, minute, second)


def _slashed(match: re.Match[str], text: str, day_first: bool | None) -> datetime | None:
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    if len(match[4]) == 2 and match[2] == "." and len(match[3]) == 1:
        return None  # 1.2.24 is more often the number of a section
    days_lead = day_first if day_first is not None else match[2] == "."
    if first > 12 >= second:
        days_lead = True
    elif second > 12 >= first:
        days_lead = False
    day, month = (first, second) if days_lead else (second, first)
    hour, minute, seconds = _clock(text[match.end() : match.end() + 24])
    return _made(year, month, day, hour, minute, seconds)


def _clock(after: str) -> tuple[int, int, int]:
    match = _CLOCK.search(after)
    if not match or match.start() > 10:
        return 0, 0, 0
    hour, half = int(match[1]), (match[4] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(match[2]), int(match[3] or 0)


def _year(said: str) -> int:
    year = int(said)
    return year if year > 99 else year + (2000 if year < 70 else 1900)


def _made(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _shifted(moment: datetime | None, offset: str) -> datetime | None:
    if moment is None or offset in ("", "Z"):
        return moment
    sign = -1 if offset[0] == "-" else 1
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if shift >= timedelta(hours=24):
        return moment
    return moment.replace(tzinfo=timezone(sign * shift)).astimezone(UTC)
