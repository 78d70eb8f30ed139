"""The fixed texts of alerts in the reader's language, and dates as the reader writes them."""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "fr", "zh")
LOCALE = Path(__file__).parent / "locale"
_FORMS = {"en": "en_GB", "fr": "fr_FR", "zh": "zh_CN"}
_SHORT = {"en": "d MMM y", "fr": "d MMM y", "zh": "y年M月d日"}


@dataclass(frozen=True, slots=True)
class Texts:
    """A language's fixed texts. `t("… {name}", name=…)` translates and fills in; what is filled in is never read as
    a pattern."""

    language: str
    _translations: gettext.NullTranslations

    def t(self, text: str, **values: object) -> str:
        """The text in this language."""
        found = self._translations.gettext(text)
        return found.format(**values) if values else found

    def tn(self, one: str, many: str, n: int, **values: object) -> str:
        """The text for a number, which is filled in as {n}."""
        return self._translations.ngettext(one, many, n).format(n=n, **values)

    def list(self, names: list[str] | tuple[str, ...]) -> str:
        """Names in a row."""
        return ("、" if self.language == "zh" else ", ").join(names)

    @property
    def tag(self) -> str:
        """The language as HTML says it: fonts and line breaks follow it."""
        return "zh-Hans" if self.language == "zh" else self.language

    @property
    def colon(self) -> str:
        """A colon after a label; the value follows after a space, or at once in Chinese."""
        return {"fr": " : ", "zh": "："}.get(self.language, ": ")

    def quote(self, words: str) -> str:
        """Words in this language's quotation marks; in French with the space that breaks no line."""
        left, right = {"fr": ("«\u202f", "\u202f»"), "zh": ("“", "”")}.get(self.language, ("“", "”"))
        return f"{left}{words}{right}"

    def day(self, of: date, *, short: bool = False) -> str:
        """A date: "2 August 2026", "2 août 2026", "2026年8月2日"."""
        return format_date(of, _SHORT[self.language] if short else "long", locale=_FORMS[self.language])

    def weekday(self, of: date) -> str:
        """A day's short name."""
        return format_date(of, "EEE", locale=_FORMS[self.language])

    def moment(self, of: datetime, zone: ZoneInfo) -> str:
        """A moment in the reader's zone, which is named."""
        local = of.astimezone(zone)
        clock = format_time(local, "HH:mm", locale=_FORMS[self.language])
        return f"{self.day(local.date())}{' ' if self.language == 'zh' else ', '}{clock} {local.tzname()}"

    def percent(self, share: float) -> str:
        """A share of 1 as a percentage."""
        return f"{round(100 * share)}{' ' if self.language == 'fr' else ''}%"

    def language_name(self, code: str) -> str:
        """A language's name in this one; the code where there is none."""
        try:
            return Locale.parse(code.replace("-", "_")).get_display_name(_FORMS[self.language]) or code
        except (ValueError, LookupError):
            return code


@cache
def texts(language: str) -> Texts:
    """The texts of a language: "fr-CA" gives French, an unknown one English."""
    code = language.lower().split("-")[0]
    if code not in LANGUAGES:
        code = "en"
    if code == "en":
        return Texts("en", gettext.NullTranslations())
    return Texts(code, catalogue(LOCALE / code / "LC_MESSAGES" / "alerts.po"))


def catalogue(po: Path) -> gettext.GNUTranslations:
    """The translations of a .po file, compiled in memory: no product of a build is kept beside it."""
    compiled = io.BytesIO()
    with po.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
