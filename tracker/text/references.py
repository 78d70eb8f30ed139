"""Citations: articles of this and other acts, acts of the European Union, treaties, resolutions, national laws.

A `target` is a normal form that does not depend on language or way of citing: `eu:reg:2024/1689#art_6__para_2`,
`cets:225`, `us:fr:88/75191`; a place in the text itself is `#art_6`. Places are written as eIds.
"""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tracker.model import Reference
from tracker.text.numbering import HAN, han_number, number

_EU_KIND = (
    ("reg", "regulation|règlement|verordnung|reglamento|regolamento|条例"),
    ("dir", "directive|richtlinie|directiva|direttiva|指令"),
    ("dec", "decision|décision|beschluss|entscheidung|decisión|decisione"),
    ("rec", "recommendation|recommandation|empfehlung"),
)
_EU_WORD = "|".join(words for _, words in _EU_KIND)
_EU_BODY = r"\((?:EU|EC|EEC|UE|CE|CEE|EG|EWG|Euratom)(?:, ?Euratom)?\)"
_SECTOR = {"R": "reg", "L": "dir", "D": "dec", "H": "rec"}


def _eu(found: re.Match[str]) -> str:
    word = found["word"].lower()
    kind = next((sign for sign, words in _EU_KIND if re.match(words, word)), "act")
    first, second = found["a"], found["b"]
    # Until 2014 regulations were cited number/year ("No 765/2008"); since 2015 everything is year/number.
    old = bool(found["no"]) or (len(second) == 4 and second[:2] in ("19", "20") and not first.startswith(("19", "20")))
    year, serial = (second, first) if old else (first, second)
    if len(year) == 2:
        year = f"19{year}"
    return f"eu:{kind}:{year}/{int(serial)}"


def _celex(found: re.Match[str]) -> str:
    kind = _SECTOR.get(found["t"], found["t"].lower())
    return f"eu:{kind}:{found['y']}/{int(found['n'])}" if found["s"] in "03" else f"celex:{found[0].upper()}"


def _oj(found: re.Match[str]) -> str:
    page = f"#p{found['page']}" if found["page"] else ""
    return f"eu:oj:{found['series'].upper()}:{found['serial'].replace(' ', '')}{page}"


@dataclass(frozen=True, slots=True)
class Found:
    """A citation with its place in the text (code points)."""

    start: int
    end: int
    kind: str
    target: str


_ACTS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("act", re.compile(rf"(?i:(?P<word>(?:{_EU_WORD})(?:n|s)?))\s(?:d’exécution |déléguée? |d'exécution )?(?:{_EU_BODY}\s)?(?P<no>(?:No|Nr\.|n[o°º]|nº)\s?)?(?P<a>\d{{2,4}})/(?P<b>\d{{1,4}})(?:/(?:EU|EC|EEC|UE|CE|CEE|EG|EWG|JHA|JI|Euratom)\b)?"), _eu),
    ("act", re.compile(r"(?:(?:第)?(?P<a>\d{4})/(?P<b>\d{1,4})号?(?P<word>条例|指令))(?P<no>\b)?"), _eu),
    ("celex", re.compile(r"\b(?P<s>[03])(?P<y>(?:19|20)\d\d)(?P<t>[RLDH])(?P<n>\d{4})\b"), _celex),
    ("eli", re.compile(r"\beli/(?P<t>reg|dir|dec)(?:_impl|_del)?/(?P<y>\d{4})/(?P<n>\d{1,5})"), lambda m: f"eu:{m['t']}:{m['y']}/{int(m['n'])}"),
    ("oj", re.compile(r"\b(?:OJ|JO|ABl\.|DO|GU)\s?(?P<series>[LC](?:\s?I)?)[ ,]\s?(?P<serial>\d{4}/\d+|\d{1,4}(?:\s?[A-E])?)(?:(?:,| vom| du| of)\s?\d{1,2}\.\d{1,2}\.\d{4})?(?:,\s?(?:p\.|S\.|s\.|pp\.)\s?(?P<page>\d+))?"), _oj),
    ("treaty", re.compile(r"\b(?:CETS|STCE|ETS|STE|SEV)\s?(?:No\.?|n[o°º]\.?|Nr\.)?\s?(?P<n>\d{1,3})\b"), lambda m: f"cets:{int(m['n'])}"),
    ("resolution", re.compile(r"\bA/(?:RES/)?(?P<s>\d{2})/(?P<n>(?:L\.)?\d{1,4})\b"), lambda m: f"un:a/res/{m['s']}/{m['n'].lower()}"),
    ("resolution", re.compile(r"(?i:\b(?:general assembly )?(?:resolution|résolution)s?)\s(?P<s>\d{2})/(?P<n>\d{1,3})\b|第(?P<zs>\d{2})/(?P<zn>\d{1,3})号决议"), lambda m: f"un:a/res/{m['s'] or m['zs']}/{m['n'] or m['zn']}"),
    ("resolution", re.compile(r"(?i:security council resolution|résolution)\s(?P<n>\d{3,4})\s?\((?P<y>\d{4})\)"), lambda m: f"un:s/res/{m['n']}({m['y']})"),
    ("federal-register", re.compile(r"\b(?P<v>\d{2,3})\s(?:FR|Fed\. ?Reg\.)\s(?P<p>\d{1,3},?\d{1,3})\b"), lambda m: f"us:fr:{m['v']}/{m['p'].replace(',', '')}"),
    ("code", re.compile(r"\b(?P<t>\d{1,2})\sU\.?S\.?C\.?\s(?:§§?\s?)?(?P<n>\d+[a-z]{0,2}(?:-\d+)?)"), lambda m: f"us:usc:{m['t']}/{m['n']}"),
    ("code", re.compile(r"\b(?P<t>\d{1,2})\sC\.?F\.?R\.?\s(?:§§?\s?|part\s)?(?P<n>\d+(?:\.\d+)?)"), lambda m: f"us:cfr:{m['t']}/{m['n']}"),
    ("act", re.compile(r"\b(?:Public Law|Pub\. ?L\.|P\.L\.)\s?(?:No\. ?)?(?P<c>\d{2,3})[-–‑](?P<n>\d{1,4})"), lambda m: f"us:pl:{m['c']}-{m['n']}"),
    ("act", re.compile(r"\b(?:Executive Order|E\.O\.|EO)\s(?:No\. ?)?(?P<n>\d{4,5})\b"), lambda m: f"us:eo:{m['n']}"),
    ("act", re.compile(r"(?i:\b(?P<k>loi|décret|ordonnance|arrêté)(?:s|-loi)?(?: organique)?)\sn[o°º]\s?(?P<n>\d{2,4}-\d{1,5})"), lambda m: f"fr:{_plain(m['k'])}:{m['n']}"),
    ("gazette", re.compile(r"\bBGBl\.?\s?(?:(?P<y>\d{4})\s)?(?P<p>I{1,3})(?:\s(?P<y2>\d{4}))?\s?(?:,\s?)?(?:Nr\.|S\.)?\s?(?P<n>\d{1,5})"), lambda m: f"de:bgbl:{m['y'] or m['y2'] or ''}-{m['p']}-{m['n']}"),
    ("standard", re.compile(r"\b(?P<b>ISO(?:/IEC)?|IEC|EN ISO|IEEE|ETSI EN|NIST AI)\s(?P<n>\d{3,6}(?:-\d+)*)(?::(?P<y>\d{4}))?"), lambda m: f"std:{m['b'].lower().replace(' ', '-')}:{m['n']}{':' + m['y'] if m['y'] else ''}"),
    ("act", re.compile(r"《(?P<n>[^《》]{2,60})》"), lambda m: f"zh:{m['n']}"),
)  # fmt: skip


def _plain(word: str) -> str:
    return word.lower().replace("é", "e").replace("ê", "e")


_PARA = r"(?:\s?\((?P<para>\d{1,3}[a-z]{0,2})\))?(?:\s?\((?P<point>[a-z]{1,2})\))?(?:\s?\((?P<sub>[ivx]{1,5})\))?"
_LIST = r"(?P<more>(?:(?:,\s|\s(?:and|or|to|et|ou|à|und|oder|bis)\s|\s?(?:–|-)\s?)\d{1,4}[a-z]{0,2}(?:\(\d{1,3}[a-z]?\))*(?!\w))*)"
_ARTICLE = re.compile(
    r"(?i:\b(?P<word>articles?|art\.|artikeln?|artículos?))\s(?P<n>(?:[LRDA]\.?\s?\*?)?\d{1,4}(?:[-.]\d+)*[a-z]{0,2}(?:\s(?:bis|ter|quater))?)(?![\w/])"
    rf"{_PARA}{_LIST}"
)
_PARAGRAPH_WORDS = re.compile(
    r"^,?\s(?i:paragraph|paragraphe|absatz|abs\.|§)\s(?P<para>\d{1,3}[a-z]{0,2})(?:,?\s(?:(?i:point|buchstabe|lettre)\s)\(?(?P<point>[a-z]{1,2})\)?)?"
)
_POINT_WORDS = re.compile(r"^,?\s(?i:points?|buchstabe|lettre|nummer|nr\.)\s\(?(?P<point>[a-z]{1,2}|\d{1,2})\)?(?!\w)")
_PART = re.compile(
    r"\b(?P<word>(?i:chapter|chapitre|kapitel)|(?i:annex|annexe|anhang)|(?i:section|title|titre|part))\s(?P<n>[IVXLC]+|[A-Z](?=\b)|\d{1,3})(?![\w.])"
)
_SIGN = re.compile(
    r"§§?\s?(?P<n>\d{1,4}[a-z]?)(?:\s(?:Absatz|Abs\.)\s(?P<para>\d{1,2}[a-z]?))?(?:\s(?:Satz)\s\d)?(?:\s(?:Nummer|Nr\.)\s(?P<point>\d{1,2}[a-z]?))?"
)
_HAN_ARTICLE = re.compile(
    rf"第(?P<n>[{HAN}]+|\d+)条(?:第(?P<para>[{HAN}]+|\d+)款)?(?:第?[（(]?(?P<point>[{HAN}]+|\d+)[）)]?项)?"
)
_OF = re.compile(r"^(?:\s|,\s)?(?:of(?: the)?|de la|de l['’]|du|des|der|dem|della|del|thereof)?\s?$")


_HINT = re.compile(r"[\d第《]|\b[IVXLC]+\b|\b(?i:annexe?|anhang|section|part) [A-Z]\b")


def references(text: str, language: str) -> list[Reference]:
    """The citations in a text, in their order, each with its words and its normal form."""
    return [Reference(text[found.start : found.end], found.kind, found.target) for found in find(text, language)]


def find(text: str, language: str) -> list[Found]:
    """The citations with their places; an article and the act it is of are one."""
    if not _HINT.search(text):
        return []
    acts = _without_overlaps(_acts(text))
    places = [place for place in _without_overlaps(_places(text, language)) if not _inside(place, acts)]
    out: list[Found] = list(acts)
    for place in places:
        act = next(
            (act for act in acts if 0 <= act.start - place.end <= 14 and _OF.match(text[place.end : act.start])), None
        )
        before = next((act for act in acts if act.end == place.start and act.target.startswith("zh:")), None)
        if act is not None:
            if act in out:
                out.remove(act)
            out.append(Found(place.start, act.end, "article", act.target + place.target))
        elif before is not None:
            if before in out:
                out.remove(before)
            out.append(Found(before.start, place.end, "article", before.target + place.target))
        else:
            out.append(place)
    return sorted(out, key=lambda found: (found.start, found.end, found.target))


def _acts(text: str) -> Iterator[Found]:
    for kind, pattern, target in _ACTS:
        for found in pattern.finditer(text):
            yield Found(found.start(), found.end(), kind, target(found))


def _places(text: str, language: str) -> Iterator[Found]:
    for found in _ARTICLE.finditer(text):
        yield from _articles(text, found)
    for found in _HAN_ARTICLE.finditer(text):
        point = f"__point_{han_number(found['point'])}" if found["point"] else ""
        para = f"__para_{han_number(found['para'])}" if found["para"] else ""
        yield Found(found.start(), found.end(), "article", f"#art_{han_number(found['n'])}{para}{point}")
    for found in _SIGN.finditer(text):
        para = f"__para_{found['para']}" if found["para"] else ""
        point = f"__point_{found['point']}" if found["point"] else ""
        yield Found(found.start(), found.end(), "article", f"#art_{found['n']}{para}{point}")
    if language not in ("zh", "ja"):
        for found in _PART.finditer(text):
            word = found["word"].lower()
            sign = (
                "chp"
                if word[0] in "ck"
                else "annex"
                if word.startswith("an")
                else word[:3]
                if word == "section"
                else "title"
                if word[0] == "t"
                else "part"
            )
            yield Found(found.start(), found.end(), "part", f"#{sign}_{found['n']}")


def _articles(text: str, found: re.Match[str]) -> Iterator[Found]:
    para, point, sub, end = found["para"], found["point"], found["sub"], found.start("more")
    if not found["more"]:
        more = _PARAGRAPH_WORDS.match(text[end : end + 60]) if not para else None
        if more:
            para, point, end = more["para"], more["point"], end + more.end()
        if not point:
            more = _POINT_WORDS.match(text[end : end + 30])
            if more:
                point, end = more["point"], end + more.end()
    yield Found(found.start(), end, "article", _target(found["n"], para, point, sub))
    for other in re.finditer(r"(\d{1,4}[a-z]{0,2})((?:\(\d{1,3}[a-z]?\))*)", found["more"] or ""):
        start = found.start("more") + other.start()
        inner = re.findall(r"\d{1,3}[a-z]?", other[2])
        yield Found(start, start + len(other[0]), "article", _target(other[1], inner[0] if inner else None, None, None))


def _target(article: str, para: str | None, point: str | None, sub: str | None) -> str:
    out = f"#art_{number(article)}"
    for sign, value in (("para", para), ("point", point), ("point", sub)):
        if value:
            out += f"__{sign}_{value}"
    return out


def _without_overlaps(found: Iterator[Found]) -> list[Found]:
    """The longest of those that overlap."""
    out: list[Found] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if not out or one.start >= out[-1].end:
            out.append(one)
    return out


def _inside(place: Found, acts: list[Found]) -> bool:
    return any(act.start < place.end and place.start < act.end for act in acts)
