"""What every page shares: database, settings, clock, names; templates, and how a page is made of them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from alerts import links
from alerts.render import words
from alerts.render.language import texts as alert_texts
from tracker.model import Deadline, Reason
from tracker.settings import Settings
from tracker.store.session import Database
from tracker.web import security
from tracker.web.i18n import LANGUAGES, OWN_NAMES, Interface, chosen, interface
from tracker.web.kept import Kept
from tracker.web.names import Names

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "tracker_language"
# What would steer a terminal or turn the direction of the words around it: never part of what a reader reads.
_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one network address may ask for what costs."""

    login: security.Limit = field(default_factory=lambda: security.Limit(10, 300))
    forms: security.Limit = field(default_factory=lambda: security.Limit(60, 300))
    heavy: security.Limit = field(default_factory=lambda: security.Limit(240, 60))


@dataclass(frozen=True, slots=True)
class Site:
    """The web room's surroundings; one a process."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    names: Names
    limits: Limits = field(default_factory=Limits)
    kept: Kept = field(default_factory=Kept)

    @property
    def guarded(self) -> bool:
        return security.required(self.settings)


def site_of(request: Request) -> Site:
    """The site a request came to."""
    site: Site = request.app.state.site
    return site


def reader(request: Request) -> Interface:
    """The interface in the reader's language."""
    wanted = request.query_params.get("lang", "")
    if wanted not in LANGUAGES:
        wanted = request.cookies.get(LANGUAGE_COOKIE, "")
    language = chosen(wanted, request.headers.get("accept-language", ""))
    return interface(language, site_of(request).settings.timezone)


def clean(text: str) -> str:
    """Text without steering characters; U+FFFD stands where one was."""
    return _STEERING.sub("\ufffd", text) if _STEERING.search(text) else text


def _finalized(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    return clean(value) if isinstance(value, str) else value


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters.update(safe_url=links.safe, clean=clean)
    made.globals.update(own_names=OWN_NAMES, languages=LANGUAGES, clean=clean)
    return made


TEMPLATES = _environment()


def compiled() -> None:
    """Compiles all templates: otherwise the first reader of each page waits for it."""
    for name in TEMPLATES.list_templates(extensions=["html"]):
        TEMPLATES.get_template(name)


def page(
    request: Request, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200, forms: bool = False
) -> HTMLResponse:
    """A template as an answer. `forms` gives it a form token (`csrf`) and the cookie that the token is bound to."""
    site, i = site_of(request), reader(request)
    visitor = request.cookies.get(security.VISITOR, "")
    fresh = forms and not 20 <= len(visitor) <= 64
    if fresh:
        visitor = secrets.token_urlsafe(24)
    given = {
        **context(site, i),
        "request": request,
        "path": request.url.path,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "csrf": security.form_token(site.settings, visitor) if forms else "",
        "mailbox": not site.settings.smtp_host,
        "signed_in": site.guarded,
        **(values or {}),
    }
    answer = HTMLResponse(TEMPLATES.get_template(template).render(given), status_code=status)
    answer.headers["content-language"] = i.language
    answer.headers["vary"] = "Accept-Language, Cookie"
    if fresh:
        cookie(answer, site.settings, security.VISITOR, visitor)
    return answer


def context(site: Site, i: Interface) -> dict[str, Any]:
    """What every template may use."""
    fixed = alert_texts(i.language)

    def named(id_: str) -> str:
        return site.names.title(id_, i.language)

    def summary(by_language: Mapping[str, str]) -> str:
        return by_language.get(i.language) or by_language.get("en") or next(iter(by_language.values()), "")

    def reason(of: Reason) -> str:
        return words.reason(fixed, of)

    def said_once(reasons: Sequence[Reason]) -> list[tuple[str, tuple[str, ...]]]:
        """Reasons as readers see them: each said once, with the words of all that say the same."""
        found: dict[str, dict[str, None]] = {}
        for one in reasons:
            found.setdefault(reason(one), {}).update(dict.fromkeys(one.words[:4]))
        return [(text, tuple(quoted)) for text, quoted in found.items()]

    def deadline(of: Deadline) -> str:
        return words.deadline(fixed, of)

    return {
        "i": i, "t": i.t, "tn": i.tn, "lang": i.language, "now": site.clock(), "named": named, "names": site.names,
        "summary": summary, "said_once": said_once, "deadline_word": deadline, "edit_word": partial(edit_word, i),
        "tier_word": partial(tier_word, i), "health_word": partial(health_word, i), "when": partial(when, i),
        "outcome_word": partial(outcome_word, i), "delivery_word": partial(delivery_word, i),
        "placed": placed,
        "date_word": lambda kind: words.deadline(fixed, Deadline("", kind)), "url": url, "signup": site.settings.signup,
        "ago": lambda at: _time(at, i.ago(at, site.clock())), "delta": lambda at: i.ago(at, site.clock()),
    }  # fmt: skip


def _time(at: datetime, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(at.astimezone(UTC).isoformat(timespec="seconds"), shown)


def when(i: Interface, at: datetime | date | None, *, day: bool = False) -> Markup:
    """A <time> of a moment or a day; nothing for None."""
    if at is None:
        return Markup("")
    if not isinstance(at, datetime):
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), i.day(at, short=True))
    return _time(at, i.day(at, short=True) if day else i.moment(at))


def url(path: str, /, **query: Any) -> str:
    """An address of ours: the path quoted, empty values left out, lists as repeated values."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        several = value if isinstance(value, (list, tuple)) else (value,)
        pairs += [(name, str(item)) for item in several if item not in ("", None, False)]
    return quote(path, safe="/:@%") + (f"?{urlencode(pairs)}" if pairs else "")


def placed(path: str, place: str) -> str:
    """The address of a paragraph in one of a document's pages. The place is said twice: to the reader's browser, and to
    us, who never see what stands behind "#"."""
    return url(path, place=place) + (f"#{quote(place, safe='')}" if place else "")


def stretches(i: Interface, number: int, size: int, here: int, to: Callable[[int], str]) -> list[tuple[str, str, bool]]:
    """What comes in stretches of `size`: (first and last of each, its address, whether it is the one that begins at
    `here`). `to` gives the address of the stretch that begins at a place, counted from 0."""
    return few([
        (f"{i.number(start + 1)}–{i.number(min(start + size, number))}", to(start), start == here)
        for start in range(0, number, size)
    ])  # fmt: skip


FEW = 9  # stretches that are all named


def few(every: list[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    """Of many stretches those a reader goes to next: the first, the last, this one with its neighbours, and one in the
    middle of what is left out, with "…" before it."""
    if len(every) <= FEW:
        return every
    here = next((at for at, (_name, _to, current) in enumerate(every) if current), 0)
    near = sorted({0, *(at for at in (here - 1, here, here + 1) if 0 <= at < len(every)), len(every) - 1})
    wanted = sorted({*near, *((one + other) // 2 for one, other in pairwise(near))})
    return [
        (name if at - before == 1 else f"… {name}", to, current)
        for before, at in pairwise([-1, *wanted])
        for name, to, current in (every[at],)
    ]


def cookie(answer: Response, settings: Settings, name: str, value: str, *, age: int = 365 * 24 * 3600) -> None:
    """Sets a cookie of ours: no script reads it, no foreign page sends it along with a form."""
    answer.set_cookie(
        name, value, max_age=age, httponly=True, samesite="lax", path="/",
        secure=settings.base_url.startswith("https://"),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- words of values


def tier_word(i: Interface, tier: str) -> str:
    """A tier's name."""
    return {
        "substantive": i.t("Substantive"),
        "editorial": i.t("Editorial"),
        "noise": i.t("Noise"),
        "glitch": i.t("Glitch"),
        "restored": i.t("Restored"),
    }.get(tier, tier)


def health_word(i: Interface, health: str) -> str:
    """A source's standing."""
    return {
        "new": i.t("Not checked yet"),
        "ok": i.t("Fine"),
        "failing": i.t("Failing"),
        "blocked": i.t("Blocked"),
        "gone": i.t("Gone"),
    }.get(health, health)


def edit_word(i: Interface, kind: str) -> str:
    """What happened at a place."""
    return {
        "insert": i.t("New"),
        "delete": i.t("Deleted"),
        "replace": i.t("Changed"),
        "move": i.t("Moved"),
        "renumber": i.t("Renumbered"),
        "split": i.t("Split"),
        "merge": i.t("Merged"),
    }.get(kind, kind)


def delivery_word(i: Interface, outcome: str) -> str:
    """How an attempt to deliver ended."""
    return {
        "begun": i.t("being sent"),
        "accepted": i.t("accepted"),
        "deferred": i.t("put off"),
        "refused": i.t("refused"),
        "lost": i.t("connection lost"),
        "failed": i.t("failed"),
    }.get(outcome, outcome)


def outcome_word(i: Interface, outcome: str) -> str:
    """How a check ended."""
    return {
        "ok": i.t("Read"),
        "not_modified": i.t("Not modified"),
        "dns": i.t("Name not found"),
        "connect": i.t("No connection"),
        "tls": i.t("No secure connection"),
        "timeout": i.t("Too slow"),
        "protocol": i.t("Broken answer"),
        "refused": i.t("Address refused"),
        "robots": i.t("Not allowed by robots.txt"),
        "blocked": i.t("Blocked"),
        "rate_limited": i.t("Asked to slow down"),
        "not_found": i.t("Not found"),
        "gone": i.t("Gone"),
        "client_error": i.t("Request refused"),
        "server_error": i.t("Server error"),
        "too_large": i.t("Too large"),
        "redirects": i.t("Too many redirects"),
        "unreadable": i.t("Unreadable"),
        "empty": i.t("Empty"),
        "login": i.t("Login page"),
        "consent": i.t("Consent page"),
        "no_browser": i.t("Needs a browser"),
        "internal": i.t("Our own error"),
    }.get(outcome, outcome)


# ----------------------------------------------------------------------------------------------- moments


def moment(text: str, i: Interface | None = None, *, end: bool = False) -> datetime | None:
    """A moment from an address: a date ("2026-02-02") or a date and time, in UTC unless it says otherwise. A date
    means its first instant, or with `end` its last. None for what is neither."""
    text = text.strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    zone = i.zone if i else UTC
    start = datetime.combine(day, time.min, tzinfo=zone)
    try:
        return ((start + timedelta(days=1) - timedelta(microseconds=1)) if end else start).astimezone(UTC)
    except OverflowError:
        return None


def joined(*parts: str) -> Markup:
    """HTML of ours put together."""
    return Markup("").join(escape(part) for part in parts)
