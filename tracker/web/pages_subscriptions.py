"""Subscribing by oneself: the form, its confirmation, the preference page and unsubscribing by signed links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts import subscriptions
from tracker.model import Subscription, Tier
from tracker.store import queries_overview
from tracker.web.i18n import LANGUAGES, Interface
from tracker.web.pages_changes import guard_form
from tracker.web.site import Site, clean, page, reader, site_of

router = APIRouter(include_in_schema=False)
TIERS = (Tier.SUBSTANTIVE, Tier.EDITORIAL)
HOURS = tuple(f"{hour:02d}:00" for hour in range(24))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = 300


def _wish(form: FormData, before: Subscription) -> Subscription:
    """What a form asks for; what it does not name stays as it was."""

    def one(name: str, otherwise: str) -> str:
        value = form.get(name)
        return clean(value).strip()[:LONGEST] if isinstance(value, str) else otherwise

    def many(name: str) -> tuple[str, ...]:
        values = (clean(value).strip() for value in form.getlist(name) if isinstance(value, str))
        return tuple(dict.fromkeys(value[:LONGEST] for value in values if value))

    rhythm = one("rhythm", "immediate")
    at = one("at", "07:00")
    when = {"daily": f"daily {at}", "weekly": f"weekly {one('day', 'mon')} {at}"}.get(rhythm, "immediate")
    language = one("language", before.language)
    tier = one("min_tier", before.min_tier.value)
    quiet = "22:00-07:00" if form.get("quiet") else ""
    return replace(
        before, to=one("to", before.to), when=when, quiet=quiet, timezone=one("timezone", before.timezone) or "UTC",
        language=language if language in LANGUAGES else "en",
        min_tier=Tier(tier) if tier in {t.value for t in TIERS} else Tier.SUBSTANTIVE,
        words=tuple(word.strip() for word in one("words", "").split(",") if word.strip()),
        silence_explained=bool(form.get("silence_explained")), areas=many("areas"), principles=many("principles"),
        themes=many("themes"), sources=many("sources"), groups=many("groups"), jurisdictions=many("jurisdictions"),
        languages=many("languages"),
    )  # fmt: skip


def _values(site: Site, i: Interface, chosen: Subscription, **more: Any) -> dict[str, Any]:
    with site.database.read() as session:
        choices = queries_overview.choices(session, most=1000)
    rhythm, _, rest = chosen.when.partition(" ")
    day, _, at = rest.rpartition(" ") if rhythm == "weekly" else ("mon", "", rest.partition(" ")[0] or "07:00")
    return {
        "chosen": chosen, "sources": choices.sources, "jurisdictions": choices.jurisdictions,
        "source_languages": choices.languages, "tiers": [t.value for t in TIERS],
        "rhythm": rhythm, "day": day, "at": at, "hours": HOURS, "days": DAYS, "day_names": day_names(i), "problem": "",
        **more,
    }  # fmt: skip


def day_names(i: Interface) -> dict[str, str]:
    """The days of the week."""
    return {
        "mon": i.t("Monday"), "tue": i.t("Tuesday"), "wed": i.t("Wednesday"), "thu": i.t("Thursday"),
        "fri": i.t("Friday"), "sat": i.t("Saturday"), "sun": i.t("Sunday"),
    }  # fmt: skip


def _switched_on(site: Site) -> None:
    if not site.settings.signup:
        raise HTTPException(404)


def _said(i: Interface, error: subscriptions.NotAcceptedError) -> str:
    return (
        i.t("Too many at once. Please wait a moment.") if isinstance(error, subscriptions.TooManyError) else str(error)
    )


@router.get("/subscriptions")
def form(request: Request) -> Response:
    """The form."""
    site, i = site_of(request), reader(request)
    _switched_on(site)
    areas = tuple(a for a in request.query_params.getlist("area") if a in site.names.areas)
    chosen = Subscription(id="", to="", areas=areas, language=i.language, timezone=site.settings.timezone)
    return page(request, "subscribe.html", _values(site, i, chosen, action="/subscriptions", new=True), forms=True)


@router.post("/subscriptions")
async def sign_up(request: Request) -> Response:
    """Takes a wish; a confirmation mail goes out. Whoever asks gets the same answer."""
    _switched_on(site_of(request))
    # The database may make a writer wait: that is not for the loop that serves everybody else.
    return await run_in_threadpool(_sign_up, request, await request.form(max_fields=500))


def _sign_up(request: Request, given: FormData) -> Response:
    site, i = site_of(request), reader(request)
    guard_form(request, site, str(given.get("csrf", "")))
    wish = _wish(given, Subscription(id="", to="", language=i.language))
    try:
        with site.database.write() as session:
            subscriptions.sign_up(
                session, site.settings, wish, site.clock(), remote=request.client.host if request.client else ""
            )
    except (subscriptions.NotAcceptedError, ValueError) as error:
        said = _said(i, error) if isinstance(error, subscriptions.NotAcceptedError) else str(error)
        values = _values(site, i, wish, action="/subscriptions", new=True, problem=said)
        status = 429 if isinstance(error, subscriptions.TooManyError) else 400
        return page(request, "subscribe.html", values, status=status, forms=True)
    said = i.t(
        "Please look into your mailbox: a link there leads to a button that confirms. Without it nothing is sent."
    )
    return page(request, "subscribed.html", {"title": i.t("One more step"), "said": said})


@router.get("/subscriptions/confirm/{token}")
def confirm_page(request: Request, token: str) -> Response:
    """A page with a button: mail scanners that open links must not subscribe anybody."""
    site, i = site_of(request), reader(request)
    with site.database.read() as session:
        found = subscriptions.confirming(session, site.settings, token)
    if found is None:
        raise HTTPException(404, i.t("This link is not valid, or older than two days. Please subscribe again."))
    return page(request, "confirm.html", {"token": token, "address": found.to})


@router.post("/subscriptions/confirm/{token}")
def confirm(request: Request, token: str) -> Response:
    """Confirms a sign-up; the signed link is the key."""
    site, i = site_of(request), reader(request)
    with site.database.write() as session:
        found = subscriptions.confirm(session, site.settings, token, site.clock())
    if found is None:
        raise HTTPException(404, i.t("This link is not valid, or older than two days. Please subscribe again."))
    said = i.t("You are subscribed as {address}.", address=found.to)
    return page(request, "subscribed.html", {"title": i.t("Confirmed"), "said": said})


def _mine(request: Request, token: str) -> Subscription:
    site, i = site_of(request), reader(request)
    with site.database.read() as session:
        found = subscriptions.preferences(session, site.settings, token)
    if found is None:
        raise HTTPException(404, i.t("This link is not valid."))
    return found


@router.get("/subscriptions/preferences/{token}")
def preferences(request: Request, token: str) -> Response:
    """The preference page; the link is the key."""
    site, i = site_of(request), reader(request)
    values = _values(
        site, i, _mine(request, token), action=f"/subscriptions/preferences/{token}", new=False, token=token
    )
    return page(request, "subscribe.html", values, forms=True)


@router.post("/subscriptions/preferences/{token}")
async def change(request: Request, token: str) -> Response:
    """Changes what a subscription asks for, or with `forget` deletes all that is kept about the person."""
    return await run_in_threadpool(_change, request, token, await request.form(max_fields=500))


def _change(request: Request, token: str, given: FormData) -> Response:
    site, i = site_of(request), reader(request)
    guard_form(request, site, str(given.get("csrf", "")))
    before = _mine(request, token)
    if given.get("forget"):
        with site.database.write() as session:
            subscriptions.forget(session, site.settings, token)
        said = i.t("All that was kept about you is deleted.")
        return page(request, "subscribed.html", {"title": i.t("Deleted"), "said": said})
    try:
        with site.database.write() as session:
            subscriptions.change(session, site.settings, token, _wish(given, before), site.clock())
    except subscriptions.NotAcceptedError as error:
        action = f"/subscriptions/preferences/{token}"
        values = _values(site, i, _wish(given, before), action=action, new=False, token=token, problem=_said(i, error))
        return page(request, "subscribe.html", values, status=400, forms=True)
    return page(
        request, "subscribed.html", {"title": i.t("Kept"), "said": i.t("The next alert follows your new wishes.")}
    )


@router.get("/subscriptions/unsubscribe/{token}")
def unsubscribe_page(request: Request, token: str) -> Response:
    """A page with a button: mail scanners that open links must not end anything."""
    return page(request, "unsubscribe.html", {"token": token})


@router.post("/subscriptions/unsubscribe/{token}")
def unsubscribe(request: Request, token: str) -> Response:
    """Ends a subscription: one click (RFC 8058), so no form token; the signed link is the key."""
    site, i = site_of(request), reader(request)
    with site.database.write() as session:
        done = subscriptions.unsubscribe(session, site.settings, token)
    if not done:
        raise HTTPException(404, i.t("This link is not valid."))
    return page(request, "subscribed.html", {"title": i.t("Unsubscribed"), "said": i.t("No further mails will come.")})
