"""Words that decide: what binds, what stamps, what fills. English, French, German, Swedish and Chinese.

All patterns are for canonical text (lower case, ISO dates).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

BINDING = (
    ("modality", re.compile(
        r"\b(?:must|shall|may|should|will|can|required?|requires|entitled|prohibit\w*|permit\w*|oblig\w+|agree\w*|"
        r"consent\w*|liab\w+|doit|doivent|peut|peuvent|devra|devront|pourra|pourront|interdit\w*|tenus?|autoris\w+|"
        r"muss|müssen|darf|dürfen|kann|können|soll|sollen|verpflicht\w+|ska|skall|får|måste)\b|应当|必须|不得|可以|禁止|有权")),
    ("negation", re.compile(
        r"\b(?:not|no|never|none|neither|nor|without|except|unless|cannot|ne|pas|non|sans|sauf|aucune?|jamais|nicht|"
        r"kein\w*|ohne|außer|inte|ej|utan)\b|不|未|无|非|除外")),
    ("amount", re.compile(
        r"\d|[€$£¥%]|\b(?:percent|million|thousand|euros?|dollars?)\b|[一二三四五六七八九十百千万]+(?:年|月|日|元|条|天)")),
    ("condition", re.compile(
        r"\b(?:if|when|where|provided|subject to|only|si|lorsque|sous réserve|wenn|falls|sofern|om)\b|如果|除非")),
)  # fmt: skip
AMOUNT_SIGN = re.compile(r"[€$£¥%]|\d")
COPYRIGHT = re.compile(
    r"©|\(c\) ?(?:19|20)\d\d|\bcopyright ?(?:\(c\) ?)?(?:19|20)\d\d|all rights reserved|tous droits réservés|"
    r"alle rechte vorbehalten|版权所有"
)
COPYRIGHT_WORD = re.compile(
    r"c|copyright|all|rights?|reserved|tous|droits|réservés|alle|rechte|vorbehalten|par|by|版|权|所|有"
)
_COMPANIES = "inc ltd llc llp plc gmbh ag kg ab sa sas sarl bv spa srl company limited corporation corp 公 司"
ENTITY = frozenset(_COMPANIES.split())
COMPACT_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
BRACKETS = re.compile(r" ?\(([^()]{8,150})\)")
YEAR = re.compile(r"(?:19|20)\d\d(?:-(?:19|20)?\d\d)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
DATE_WORD = re.compile(
    r"\d{4}-\d\d-\d\d|(?:19|20)\d{6}|\d{1,4}(?:st|nd|rd|th|er)?|jan\w*|feb\w*|mar(?:ch|s)?|apr\w*|may|june?|july?|aug\w*|"
    r"sept?\w*|oct\w*|nov\w*|dec\w*|janv\w*|févr\w*|avr\w*|mai|juin|juil\w*|août|déc\w*|okt\w*|dez\w*|märz|maj|juni|juli|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|montag|dienstag|"
    r"mittwoch|donnerstag|freitag|samstag|sonntag|年|月|日|星|期"
)
FORCE_WORD = re.compile(r"effective|vigueur|kraft|gilt|gäller|ikraft\w*|生|效|施|行")
STAMP_WORD = re.compile(
    rf"{FORCE_WORD.pattern}|last|updated?|modified|revised|reviewed|edited|published|posted|printed|downloaded|generated|"
    r"versions?|release|released|imprimé\w*|téléchargé\w*|gedruckt|heruntergeladen|utskriven|打|印|下|载|"
    r"dernière|mise?|jour|modification|révision|publication|publié\w*|modifié\w*|actualis\w+|"
    r"stand|état|stato|zuletzt|geändert|aktualisiert|fassung|senast|uppdaterad|ändrad|更|新|修|订|发|布|期|时|间|于|本"
)
_FILLING = "as of on from the date dated le la du de au à en vom am den und and et current actuelle aktuelle policy"
FILLING = frozenset(_FILLING.split())
_SMALL = (
    "a an the this that these those of in on at for to with as by is are be it its it's our your we you their his her "
    "also please and so then such which who about over out up etc via per here there i e g "
    "le la les un une des du de d l au aux en et à ce cet cette ces est sont sur par pour se s y qui que qu dont ainsi "
    "der die das den dem des ein eine einer eines einem einen und zu zum zur im in am auf mit von für ist sind wird "
    "en ett den det de och att i på för med av är som"
)
SMALL = frozenset(_SMALL.split())
ADDRESS = re.compile(r"https?://[^\s\"')\]]+")
WORD = re.compile(r"\d{4}-\d\d-\d\d|[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['-][^\W_\u3400-\u9fff]+)*|[^\w\s]")
PIECE = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
_TERMS = re.compile(
    r"\b(?:terms|polic(?:y|ies)|conditions|notice|agreement|rules|act|regulation|cgu|cgv|politique|règlement|"
    r"conditions|charte|bedingungen|richtlinie|verordnung|gesetz|villkor|policy)\b|条款|政策|规定|办法|协议"
)
_CHANGES = re.compile(
    r"\b(?:updat\w+|chang\w+|new|amend\w+|replac\w+|effective|appl(?:y|ies)|vigueur|modifi\w+|évolu\w+|nouve\w+|"
    r"s'appliqu\w+|geändert|neue?n?|gelten|gilt|kraft|ändra\w+|nya|gäller)\b|生效|施行|更新|修订|变更"
)
HAN = re.compile(r"[\u3400-\u9fff]")


def stamps(word: str) -> bool:
    """Whether a word can stand in a line that says when a text was last changed."""
    return bool(DATE_WORD.fullmatch(word) or STAMP_WORD.fullmatch(word)) or word in FILLING


def in_force(words: Iterable[str]) -> bool:
    """Whether one of the words says since when a text is in force."""
    return any(FORCE_WORD.fullmatch(word) for word in words)


def announces(form: str) -> bool:
    """Whether a sentence announces that terms change on a day: told even from a banner."""
    return bool(DATE.search(form) and _TERMS.search(form) and _CHANGES.search(form))


RELATED = re.compile(
    r"(?:related|further|more|additional|other|useful|helpful|recommended|suggested|popular) (?:\w+ )?"
    r"(?:resources?|articles?|links?|reading|topics?|content|pages|posts|stories|news|information)\b.{0,40}|"
    r"see also|read (?:more|next)|learn more|you (?:may|might) also like|(?:need )?more help\??|"
    r"(?:articles?|liens?|ressources?|contenus?|pages?|sujets?|actualités) "
    r"(?:connexes?|utiles?|associée?s?|liée?s?|similaires?|complémentaires?|recommandée?s?|populaires?)|"
    r"voir aussi|à lire aussi|pour en savoir plus|en savoir plus|"
    r"(?:verwandte|ähnliche|weitere|weiterführende) (?:artikel|themen|links|informationen|inhalte|ressourcen)|"
    r"siehe auch|"
    r"(?:relaterade?|liknande|fler) (?:artiklar|länkar|ämnen|innehåll)|läs (?:mer|också|även)|se även|"
    r"相关(?:链接|文章|资源|内容|推荐|阅读|新闻)|推荐阅读|延伸阅读|更多(?:内容|资讯|推荐)"
)
_UPDATED = re.compile(
    r"\b(?:we|have been|has been|was|were|avons|a été|ont été|wurden?|har|haben) (?:\w+ )?"
    r"(?:updated|revised|changed|amended|modifiée?s?|mise?s? à jour|aktualisiert|geändert|uppdaterats?|ändrats?)\b|"
    r"已(?:更新|修订)"
)
_PROMOTES = re.compile(
    r"\b(?:sign up|subscribe to|join (?:us|now|millions)|newsletter|try (?:it|for|now|our)|free trial|buy now|"
    r"shop now|discount|"
    r"get started|learn more about our products|special offer|our offers|"
    r"inscrivez-vous|abonnez-vous|en vous inscrivant|infolettre|essayez|essai gratuit|réduction|promotions?|profitez|"
    r"offres? exclusives?|découvrez|jetzt (?:testen|kaufen|anmelden)|kostenlos testen|rabatt|prova gratis|"
    r"köp nu|nyhetsbrev)\b|"
    r"免费试用|立即购买|订阅|优惠|注册即可"
)


def reports(form: str) -> bool:
    """Whether a sentence reports that terms were changed on a day, and holds no duty, negation or condition beside."""
    if any(pattern.search(form) for name, pattern in BINDING if name != "amount"):
        return False
    return bool(DATE.search(form) and _TERMS.search(form) and _UPDATED.search(form))


def promotes(form: str) -> bool:
    """Whether a sentence invites to sign up, to buy or to try."""
    return bool(_PROMOTES.search(form))


def comes_into_force(form: str) -> bool:
    """Whether a sentence holds a date and a word of entering into force."""
    return bool(DATE.search(form)) and in_force(WORD.findall(form))


def binds(text: str) -> bool:
    """Whether the text carries a duty, a negation or an amount."""
    return any(pattern.search(text) for _, pattern in BINDING[:3])
