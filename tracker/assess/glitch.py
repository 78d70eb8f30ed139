"""Is this the document at all? By the page itself, and by its distance from what the document was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tracker.assess import policy
from tracker.assess.difference import Difference
from tracker.model import Block, Reading, Reason, Text
from tracker.text.canonical import canonical
from tracker.text.language import detect

_SIGNS = (
    ("error-page", re.compile(
        r"\b(?:404|403|500|502|503)\b.{0,40}\b(?:error|not found|forbidden|unavailable)|page (?:not found|introuvable)|"
        r"internal server error|^application error|^redirecting to |^weiterleitung|n.avons pas trouvé la page|"
        r"bad gateway|service unavailable|(?:something|an error) (?:went wrong|occurred)|under maintenance|"
        r"scheduled maintenance|en maintenance|seite nicht gefunden|this page isn.t available|"
        r"page n.est pas disponible|无法找到|页面不存在|系统维护", re.IGNORECASE)),
    ("bot-wall", re.compile(
        r"checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|just a moment|captcha|access denied|"
        r"unusual traffic|ray id|you have been blocked|êtes pas un robot|安全验证", re.IGNORECASE)),
    ("shell", re.compile(
        r"(?:enable|requires?|activer|aktivieren).{0,20}javascript|^loading\W*$|^chargement\W*$|"
        r"javascript (?:is|seems to be) (?:disabled|required)", re.IGNORECASE)),
    ("consent-wall", re.compile(
        r"before you continue|avant d'accéder|bevor sie .{0,20}fortfahren|we value your privacy", re.IGNORECASE)),
    ("login-wall", re.compile(r"^(?:please )?(?:log|sign) ?in(?: to continue)?\b|^connectez-vous\b", re.IGNORECASE)),
)  # fmt: skip
_COOKIES = re.compile(r"\bcookies?\b", re.IGNORECASE)  # a notice of cookies under an error makes no document of it
_WORD = re.compile(r"[^\W_]{4,}|[\u3400-\u9fff]")
_NOTICE = 600  # characters of the longest paragraph of such a notice
_BRIEF = 1_500  # characters: a page that is longer is a text that mentions errors, not an error page


def look(reading: Reading, blocks: Sequence[Block], told: Text | None) -> Reason | None:
    """Why these blocks are not the document, or None."""
    text = "\n".join(canonical(block.text) for block in blocks)
    if not text.strip():
        return Reason("glitch", "empty", "The page shows no text.")
    if all(block.role == "consent" for block in blocks):
        return Reason("glitch", "consent-wall", "The page shows a consent banner and nothing else.", (text[:80],))
    own = [block.text for block in blocks if len(block.text) > _NOTICE or not _COOKIES.search(block.text)]
    if sum(len(each) for each in own) < _BRIEF:
        text = "\n".join(canonical(each) for each in own)
        for code, sign in _SIGNS:
            found = sign.search(text) or sign.search(reading.title)
            if found:
                return Reason("glitch", code, "The page shows a notice in place of the document.", (found.group(0),))
    return _distance(reading, blocks, told) if told is not None and told.blocks else None


def _distance(reading: Reading, blocks: Sequence[Block], told: Text) -> Reason | None:
    was, shown = (Counter(canonical(block.text) for block in each) for each in (told.blocks, blocks))
    same = was & shown  # most of a page; only the words of the rest need to be held against each other
    whole = sum(times * len(_WORD.findall(form)) for form, times in same.items())
    before, after = _words(was - same), _words(shown - same)
    kept = whole + sum((before & after).values())
    size, now = whole + sum(before.values()), whole + sum(after.values())
    if size < 30:
        return None
    share = kept / size
    if reading.language and told.language and reading.language != told.language and share < policy.REWRITTEN:
        return Reason("glitch", "language", f"The page is in {reading.language!r}, the document in {told.language!r}.")
    if share < policy.KEPT_GLITCH and now < policy.SUCCESSOR_WORDS:
        code = "truncated" if now < policy.SHRUNK_GLITCH * size else "other-document"
        return Reason("glitch", code, f"Only {share:.0%} of the document's words are there.")
    return None


def _words(forms: Counter[str]) -> Counter[str]:
    return Counter(word for form in forms.elements() for word in _WORD.findall(form))


def tongue(found: Difference) -> Reason | None:
    """Whether a difference is the same document in another language: what is gone and what came are in two."""
    gone, fresh = "\n".join(p.block.text for p in found.gone), "\n".join(p.block.text for p in found.fresh)
    if min(len(gone), len(fresh)) < policy.TONGUE or max(len(gone), len(fresh)) > 4 * min(len(gone), len(fresh)):
        return None
    was, now = detect(gone), detect(fresh)
    if was and now and was != now:
        return Reason("glitch", "language", f"The page is in {now!r}, the document in {was!r}.", (fresh[:80],))
    return None
