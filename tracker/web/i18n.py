"""The interface's language, and dates, sizes and spans of time as its reader writes them."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal

from alerts.render.language import catalogue

LANGUAGES = ("en", "fr", "zh")
OWN_NAMES = {"en": "English", "fr": "Français", "zh": "中文"}
TRANSLATIONS = Path(__file__).parent / "translations"
DOMAIN = "web"
_FORMS = {"en": "en_GB", "fr": "fr_FR", "zh": "zh_Hans_CN"}
_SHORT = {"en": "d MMM y", "fr": "d MMM y", "zh": "y年M月d日"}


@dataclass(frozen=True, slots=True)
class Interface:
    """One language of the interface in one time zone. `t("… {name}", name=…)` translates and fills in; what is
    filled in is never read as a pattern."""

    language: str
    zone: ZoneInfo
    translations: gettext.NullTranslations

    def t(self, text: str, **values: object) -> str:
        """The text in this language."""
        found = self.translations.gettext(text) if text else ""
        return found.format(**values) if values else found

    def tn(self, one: str, many: str, n: int, **values: object) -> str:
        """The text for a number, which is filled in as {n}, grouped as this language does."""
        return self.translations.ngettext(one, many, n).format(n=self.number(n), **values)

    @property
    def tag(self) -> str:
        """The language as an HTML lang attribute says it."""
        return "zh-Hans" if self.language == "zh" else self.language

    @property
    def _form(self) -> str:
        return _FORMS[self.language]

    def number(self, n: float) -> str:
        """A number: 25,582; 25 582."""
        return _counted(n, self._form)

    def day(self, of: date, *, short: bool = False) -> str:
        """A date: "2 August 2026", "2 août 2026", "2026年8月2日". A moment is taken in the reader's zone."""
        if isinstance(of, datetime):
            of = of.astimezone(self.zone).date()
        return _dated(of, _SHORT[self.language] if short else "long", self._form)

    def month(self, of: date, *, short: bool = True) -> str:
        """A month: "Aug" or "August 2026"."""
        return _dated(of, "LLL" if short else "LLLL y" if self.language != "zh" else "y年M月", self._form)

    def clock(self, of: datetime) -> str:
        """Hours and minutes in the reader's zone."""
        return f"{of.astimezone(self.zone):%H:%M}"

    def moment(self, of: datetime) -> str:
        """A moment: day and clock in the reader's zone."""
        return f"{self.day(of, short=True)}{' ' if self.language == 'zh' else ', '}{self.clock(of)}"

    def ago(self, of: datetime, now: datetime) -> str:
        """How long ago, or in how long: "3 hours ago", "in 2 days"."""
        seconds = round((of - now).total_seconds())
        return _span(seconds if abs(seconds) < 120 else round(seconds / 60) * 60, self._form)

    def size(self, count: int) -> str:
        """Bytes for people: 1.2 MB."""
        amount, unit = float(count), "B"
        for unit in ("B", "kB", "MB", "GB"):
            if amount < 1000 or unit == "GB":
                break
            amount /= 1000
        return f"{format_decimal(round(amount, 1 if amount < 10 and unit != 'B' else 0), locale=self._form)} {unit}"

    def percent(self, share: float) -> str:
        """A share of 1 as a percentage."""
        return f"{round(100 * share)}{' ' if self.language == 'fr' else ''}%"

    def list(self, names: list[str] | tuple[str, ...]) -> str:
        """Names in a row."""
        return ("、" if self.language == "zh" else ", ").join(names)

    @property
    def colon(self) -> str:
        """A colon after a label."""
        return {"fr": " : ", "zh": "："}.get(self.language, ": ")

    def language_name(self, code: str) -> str:
        """A language's name in this one; the code where there is none."""
        try:
            return Locale.parse(code.replace("-", "_")).get_display_name(self._form) or code
        except (ValueError, LookupError):
            return code


@lru_cache(maxsize=4096)
def _span(seconds: int, form: str) -> str:
    return str(format_timedelta(timedelta(seconds=seconds), add_direction=True, threshold=1.1, locale=form))


@lru_cache(maxsize=4096)
def _dated(of: date, pattern: str, form: str) -> str:
    """A date in a locale; a page says the same few dates many times, and each costs a tenth of a millisecond."""
    return str(format_date(of, pattern, locale=form))


@lru_cache(maxsize=4096)
def _counted(n: float, form: str) -> str:
    return str(format_decimal(n, locale=form))


@cache
def interface(language: str, zone: str = "UTC") -> Interface:
    """The interface in a language and zone; an unknown language gives English, an unknown zone UTC."""
    try:
        there = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        there = ZoneInfo("UTC")
    if language not in LANGUAGES or language == "en":
        return Interface("en", there, gettext.NullTranslations())
    return Interface(language, there, catalogue(TRANSLATIONS / language / "LC_MESSAGES" / f"{DOMAIN}.po"))


def chosen(cookie: str, accept_language: str) -> str:
    """The interface's language: what the reader chose, else the best of what the browser asks for, else English."""
    if cookie in LANGUAGES:
        return cookie
    wanted: list[tuple[float, int, str]] = []
    for at, part in enumerate(accept_language.split(",")[:20]):
        code, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        if code and quality > 0:
            wanted.append((-quality, at, code.replace("-", "_")))
    found = negotiate_locale([code for _, _, code in sorted(wanted)], list(LANGUAGES), sep="_")
    return found if found in LANGUAGES else "en"
