"""What a reader reads as the same is the same: the form in which texts are compared."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from tracker.model import Block

_FOLD = str.maketrans({
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u300c\u300d", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\uff0d", "-"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffd", None),
    "\u2026": "...",
})  # fmt: skip
_FOLDED = re.compile("[" + "".join(map(chr, _FOLD)) + "]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,12});", re.IGNORECASE)
_AGO = re.compile(
    r"(?:\b(?:updated|last updated|modified|edited|posted|published)\s*:?\s*)?"
    r"\b(?:(?:over|about|almost|more than)\s+)?(?:an?|one|two|three|\d+)\s+"
    r"(?:second|minute|hour|day|week|month|year)s?\s+ago\b"
    r"|\b(?:updated|last updated|modified)\s*:?\s*(?:today|yesterday|this week|last week|this month|last month|"
    r"in the last (?:\d+ )?(?:minute|hour|day|week)s?)\b"
    r"|\bil y a\s+(?:plus d'|environ\s+)?(?:une?|\d+)\s*(?:seconde|minute|heure|jour|semaine|mois|an)s?\b"
    r"|\bmis(?:e)? à jour\s*:?\s*(?:aujourd'hui|hier|cette semaine|la semaine dernière)\b"
    r"|\bvor\s+(?:einem|einer|\d+)\s+(?:sekunde|minute|stunde|tag|woche|monat|jahr)(?:e?n)?\b"
    r"|\bför\s+\d+\s+\w+\s+sedan\b|\bhace\s+\d+\s+(?:días?|horas?|minutos?|semanas?|mes(?:es)?|años?)\b"
    r"|\d+\s*(?:秒|分钟|小时|天|周|星期|个月|年)前",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"\b\d(?:[\d.,\s]*\d)?\s*[km]?\s*(?:views?|likes?|shares?|comments?|downloads?|visits?|vues?|partages?|"
    r"min(?:utes?)? (?:read|de lecture))\b"
    r"|(?:阅读|浏览|点击|访问)(?:量|数|次数)?\s*[:：]?\s*\d+(?:\s*次)?",
    re.IGNORECASE,
)
_CROWD = re.compile(  # how many have looked, said as a line of its own
    r"\b(?:viewed|visited|read|seen|downloaded|shared|watched)\s+(?:by\s+)?\d[\d.,\s]*"
    r"(?:people|persons?|visitors?|readers?|users?|times?)\b"
    r"|\b\d[\d.,\s]*(?:people|visitors?|readers?|users?)\s+(?:(?:are|have)\s+)?"
    r"(?:viewing|viewed|visited|reading|read|watching|online|seen)\b"
    r"|\b(?:vue?|lue?|consultée?|visitée?|téléchargée?|partagée?)\s+(?:par\s+)?\d[\d.,\s]*"
    r"(?:fois|personnes?|visiteurs?|lecteurs?|utilisateurs?)\b"
    r"|\b\d[\d.,\s]*(?:mal|personen|besucher|leser)\s+(?:angesehen|gelesen|besucht|heruntergeladen|geteilt)\b"
    r"|(?:已有?|共有?)?\s*\d+\s*(?:人|次)(?:浏览|阅读|访问|查看|下载|点击)",
    re.IGNORECASE,
)
_SPOKEN = re.compile(  # said to users of screen readers beside a link, not part of the text
    r"\(?(?:opens?|opening) in (?:a )?new (?:window|tab)\)?|"
    r"\(?s'ouvre dans (?:une nouvelle fenêtre|un nouvel onglet)\)?|"
    r"\((?:nouvelle fenêtre|nouvel onglet|external link|lien externe|externer link|extern länk)\)|"
    r"\(?öffnet (?:sich )?in (?:einem )?neue[mn] (?:fenster|tab)\)?|\bmailto:|（在新窗口打开）",
    re.IGNORECASE,
)
# Without one of these words the expression above cannot match; looking for a word is a hundred times cheaper.
_AGO_WORDS = (
    " ago", "today", "yesterday", "this week", "last week", "this month", "last month", "in the last", "il y a",
    "à jour", "vor ", "sedan", "hace ", "前",
)  # fmt: skip
_COUNTER_WORDS = (
    "view", "like", "share", "comment", "download", "visit", "vue", "partage", "min", "阅读", "浏览", "点击", "访问",
)  # fmt: skip
_CROWD_WORDS = (
    "people", "person", "visit", "reader", "user", "times", "fois", "lecteur", "utilisateur", "mal ", "besucher",
    "leser", "人", "次",
)  # fmt: skip
_SPOKEN_WORDS = (
    "new window", "new tab", "nouvelle fenêtre", "nouvel onglet", "external link", "lien externe", "externer link",
    "extern länk", "öffnet", "mailto:", "在新窗口打开",
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_VIEWS = re.compile(
    r"\b(?:no\. of )?(?:views?|comments?|likes?|downloads?|shares?|hits|vues|commentaires?)\s*[:(]+\s*\d[\d.,]*\)?",
    re.IGNORECASE,
)
_LINE = 80  # characters of a line that stands by itself
_GREETING = re.compile(
    r"^(?:good (?:morning|afternoon|evening)|bonjour|bonsoir|guten (?:morgen|tag|abend)|"
    r"(?:早上|下午|晚上)好)[,!.，。！]?",
    re.IGNORECASE,
)
_SESSION = re.compile(r"([?&;])(?:utm_\w+|gclid|fbclid|sid|sessionid|phpsessid|jsessionid|_ga)=[^\s&]*", re.IGNORECASE)
_MONTHS = (
    "jan|janv|ene|gen", "feb|fév|fev|fevr|févr", "mar|mär|mrz|mars|maa", "apr|avr|abr", "may|mai|maj|mei|mag",
    "jun|juin|giu", "jul|juil|lug", "aug|août|aout|ago|augusti", "sep|sept|set", "oct|okt|ott", "nov",
    "dec|déc|dez|dic",
)  # fmt: skip
_FULL = (
    "january januar janvier januari enero gennaio", "february februar février februari febrero febbraio",
    "march märz mars marzo maart", "april avril abril aprile", "may mai maj mayo maggio mei",
    "june juni juin junio giugno", "july juli juillet julio luglio", "august août augusti agosto augustus",
    "september septembre septiembre settembre", "october oktober octobre octubre ottobre",
    "november novembre noviembre", "december dezember décembre diciembre dicembre",
)  # fmt: skip
_MONTH_OF = {
    name: number + 1
    for number, (short, full) in enumerate(zip(_MONTHS, _FULL, strict=True))
    for name in {*short.split("|"), *full.split()}
}
_NAME = "|".join(sorted(map(re.escape, _MONTH_OF), key=len, reverse=True))
_DATES = (
    re.compile(
        rf"(?<![\w.])(?P<d>[0-3]?\d)(?:st|nd|rd|th|er|º|\.)? (?:of |de |d')?(?P<m>{_NAME})\.?,? "
        rf"(?:de |of )?(?P<y>(?:19|20)\d\d)(?!\d)"
    ),
    re.compile(rf"(?<!\w)(?P<m>{_NAME})\.? (?P<d>[0-3]?\d)(?:st|nd|rd|th)?,? (?P<y>(?:19|20)\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d) ?年 ?(?P<m>[01]?\d) ?月 ?(?P<d>[0-3]?\d) ?[日号]"),
)  # fmt: skip
_THOUSANDS = re.compile(r"(?<=\d)[ '](?=\d{3}(?!\d))")
_SPACE_CJK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+|\s+(?=[\u3000-\u9fff\uff00-\uffef])")
_CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_BEFORE_PUNCTUATION = re.compile(r"\s+(?=[.,;:!?)\]%])|(?<=[(\[])\s+")


@lru_cache(maxsize=16_384)
def canonical(text: str) -> str:
    """The text in the form that is compared: NFKC, case folded, one kind of quote, dash and space, entities read;
    relative times, counters, greetings and session parts of addresses left out. Idempotent."""
    for _ in range(4):
        folded = _folded(text)
        form = _without(folded)
        if form == text or (form == folded and _folded(form) == form):
            return form
        text = form
    return text


def _folded(text: str) -> str:
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if text.isascii():
        return " ".join(text.replace("`", "'").lower().split())
    text = unicodedata.normalize("NFKC", _one_kind(text))
    return " ".join(_one_kind(text).casefold().split())


def _one_kind(text: str) -> str:
    return text.translate(_FOLD) if _FOLDED.search(text) else text


def _without(text: str) -> str:
    """A folded text without what says nothing; written dates in one form."""
    short = len(text) <= _LINE  # in a sentence, "5 years ago" and "100 shares" are what the text is about
    if short and any(word in text for word in _AGO_WORDS):
        text = _AGO.sub("", text)
    if any(word in text for word in _SPOKEN_WORDS):
        text = _SPOKEN.sub("", text)
    if _DIGIT.search(text):
        if short and any(word in text for word in _COUNTER_WORDS):
            text = _COUNTER.sub("", text)
        if short and any(word in text for word in _CROWD_WORDS):
            text = _CROWD.sub("", text)
        if any(word in text for word in _COUNTER_WORDS):
            text = _VIEWS.sub("", text)
        text = _THOUSANDS.sub("", text)
        text = _dates(text)
    if "=" in text:
        text = _SESSION.sub(r"\1", text)
    text = _GREETING.sub("", text)
    if not text.isascii() and _CJK.search(text):
        text = _SPACE_CJK.sub("", text)
    text = _BEFORE_PUNCTUATION.sub("", text)
    return " ".join(text.split())


def _dates(text: str) -> str:
    """Written dates with day, month and year as 2026-05-03; all other forms stay as they are."""
    if "20" not in text and "19" not in text:
        return text
    for pattern in _DATES:
        text = pattern.sub(_date, text)
    return text


def _date(found: re.Match[str]) -> str:
    named = found["m"]
    month = int(named) if named.isdigit() else _MONTH_OF[named]
    day = int(found["d"])
    return f"{found['y']}-{month:02d}-{day:02d}" if 1 <= day <= 31 and 1 <= month <= 12 else found[0]


def fingerprint(blocks: Iterable[Block]) -> str:
    """SHA-256, hexadecimal, of the canonical texts in order; blocks without text do not count."""
    digest = hashlib.sha256()
    for block in blocks:
        form = canonical(block.text)
        if form:
            digest.update(form.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()
