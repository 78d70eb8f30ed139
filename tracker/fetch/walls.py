"""What stands between a reader and the page: a bot wall, a login, a consent page. Seen, named, never climbed.

Only what is certain is decided here, from the answer's own machinery: headers and scripts that products which keep
programs out put into every page of theirs, a password field on a page without a text, a redirect to a login. Pages
that only look odd are for `assess.glitch`, which knows what the document was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from tracker.fetch.outcome import Failure
from tracker.model import Outcome

LOOKED_AT = 131_072  # bytes; walls are small, and what is longer carries a text
FEW_WORDS = 60  # words that a person reads; a Han or kana character counts as half a word
LITTLE_WORDS = 120  # the same where a redirect led to the page, which says something by itself

_HEADERS: Mapping[str, re.Pattern[str]] = {
    "cf-mitigated": re.compile("challenge", re.IGNORECASE),
    "x-amzn-waf-action": re.compile("challenge|captcha", re.IGNORECASE),
    "x-datadome": re.compile("protected|challenge|captcha", re.IGNORECASE),
    "x-sucuri-block": re.compile("."),
}
# Only what stands in the wall's own page: the same products put other scripts of theirs into ordinary pages as well.
_SCRIPTS = re.compile(
    rb"_cf_chl_opt|_Incapsula_Resource|captcha-delivery\.com|awsWafCookieDomainList|px-captcha|sec-if-cpt-container|"
    rb"sucuri_cloudproxy_js|class=[\"'](?:g-recaptcha|h-captcha|cf-turnstile)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rb"<input[^<>]{0,500}?type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(
    r"(^|[/._-])(log-?in|sign-?in|logon|sso|oauth2?|saml2?|adfs|cas|anmelden|connexion)([/._-]|$)", re.IGNORECASE
)
_CONSENT = re.compile(r"(^|[/._-])(consent|cookie-?wall|privacy-?wall|gdpr-?consent)([/._-]|$)", re.IGNORECASE)
_UNREAD = re.compile(
    rb"<!--.*?-->|<(script|style|template|noscript|svg)\b.*?</\1\s*>|<[^<>]*>", re.IGNORECASE | re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def wall(asked: httpx.URL, final: httpx.URL, headers: httpx.Headers, media_type: str, body: bytes) -> Failure | None:
    """The Failure that an answer with a good status is in truth, None where nothing stands in the way."""
    for name, sign in _HEADERS.items():
        if sign.search(headers.get(name, "")):
            return Failure(Outcome.BLOCKED, f"a bot wall answers instead of the page ({name}): open it by hand")
    if len(body) > LOOKED_AT or not is_html(media_type, body):
        return None
    count = words(body)
    few = count < FEW_WORDS
    script = _SCRIPTS.search(body)
    if few and script:
        shown = script.group(0).decode("ascii", "replace").strip("/\"'")
        return Failure(Outcome.BLOCKED, f"a bot wall answers instead of the page ({shown}): open it by hand")
    elsewhere = count < LITTLE_WORDS and (asked.host, asked.path) != (final.host, final.path)
    if few and _PASSWORD.search(body):
        return Failure(Outcome.LOGIN, "the page asks to log in: open it by hand")
    if elsewhere and _leads_to(_LOGIN, asked, final):
        return Failure(Outcome.LOGIN, f"the host leads to a login ({final.host}{final.path}): open it by hand")
    if elsewhere and _leads_to(_CONSENT, asked, final):
        return Failure(Outcome.CONSENT, f"the host asks for consent first ({final.host}{final.path}): open it by hand")
    return None


def refused_by_wall(headers: httpx.Headers) -> str:
    """The header by which a wall's product says that a bad status is its own, "" without one."""
    return next((name for name, sign in _HEADERS.items() if sign.search(headers.get(name, ""))), "")


def words(body: bytes) -> int:
    """Roughly how many words a person reads in a page; Han and kana characters count half."""
    text = _UNREAD.sub(b" ", body).decode("utf-8", "ignore")
    han = len(_HAN.findall(text))
    return len(_WORD.findall(_HAN.sub(" ", text))) + han // 2


def _leads_to(sign: re.Pattern[str], asked: httpx.URL, final: httpx.URL) -> bool:
    """The words are in the address that answered, not in the one that was asked for."""
    there, here = f"{final.host}{final.path}", f"{asked.host}{asked.path}"
    return bool(sign.search(there)) and not sign.search(here)


def is_html(media_type: str, body: bytes) -> bool:
    """Whether a body is a page, by what the host says, else by how it begins."""
    return "html" in media_type or (not media_type and b"<html" in body[:1024].lower())
