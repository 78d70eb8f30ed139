"""The mail of a change before it goes out: as one of its readers would get it. Nothing is sent."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from alerts import match, roster, told
from alerts.render import compose
from alerts.render.message import Message
from tracker.model import Subscription
from tracker.web.pages_mailbox import MAIL_POLICY, Mail, framed
from tracker.web.site import Site, clean, page, reader, site_of, url

router = APIRouter(include_in_schema=False)
MOST = 200  # subscriptions that can be chosen from


def _told(session: Session, change_id: str) -> told.Told:
    try:
        return told.read(session, change_id)
    except KeyError as error:
        raise HTTPException(404) from error


def _readers(session: Session, of: told.Told, language: str) -> list[Subscription]:
    """Those who would get the mail; where nobody would, a reader who asks for everything."""
    found = [s for s in match.Matcher(roster.active(session)).match(of) if s.channel == "email"]
    return found[:MOST] or [Subscription(id="preview", to="reader@example.org", language=language)]


def _message(session: Session, site: Site, of: told.Told, readers: list[Subscription], to: str) -> Message:
    chosen = next((s for s in readers if s.id == to), readers[0])
    made = compose.preview(session, of.change.id, compose.frame(chosen, site.settings, of.change.seen))
    # The links that end or change a subscription are its reader's own, not whoever looks at these pages.
    for secret in ("unsubscribe", "preferences"):
        made = _without_keys(made, f"{site.settings.link_base}/subscriptions/{secret}/")
    return made


def _without_keys(message: Message, address: str) -> Message:
    def cut(text: str) -> str:
        parts = text.split(address)
        return address.join(
            [
                parts[0],
                *(
                    part.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=")
                    for part in parts[1:]
                ),
            ]
        )

    return replace(message, text=cut(message.text), html=cut(message.html), unsubscribe="")


@router.get("/changes/{change_id}/mail")
def preview(request: Request, change_id: str, to: str = "") -> Response:
    """The mail's page."""
    site, i = site_of(request), reader(request)
    with site.database.read() as session:
        of = _told(session, change_id)
        readers = _readers(session, of, i.language)
        message = _message(session, site, of, readers, to)
    attached = tuple((a.name, a.media_type.partition(";")[0], len(a.data)) for a in message.attachments)
    mail = Mail(
        message.id, message.subject, site.settings.mail_from, message.to, message.at, len(message.html), message.text,
        message.html, attached,
    )  # fmt: skip
    known = [(s.id, f"{s.to} · {s.language}") for s in readers]
    values = {
        "mail": mail, "preview": change_id, "readers": known if len(known) > 1 else [], "chosen": to,
        "frame": url(f"/changes/{change_id}/mail/html", to=to),
    }  # fmt: skip
    return page(request, "mail.html", values)


@router.get("/changes/{change_id}/mail/html")
def html(request: Request, change_id: str, to: str = "") -> Response:
    """The mail's HTML, for the frame on its page."""
    site, i = site_of(request), reader(request)
    with site.database.read() as session:
        of = _told(session, change_id)
        message = _message(session, site, of, _readers(session, of, i.language), to)
    headers = {"content-security-policy": MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(framed(clean(message.html)), headers=headers)
