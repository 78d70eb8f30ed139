"""The local mailbox: what went out, where no mail server is set. A mail's own HTML is shown sandboxed."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import nh3
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tracker.web.site import Site, clean, page, reader, site_of, url

router = APIRouter(include_in_schema=False)
SHOWN = 200
LARGEST = 5 * 2**20
# Nothing of a mail runs, loads or sends; its links open in the whole window, never inside the frame.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of the mailbox."""

    name: str
    subject: str
    sender: str
    to: str
    at: datetime
    size: int
    text: str = ""
    html: str = ""
    attachments: tuple[tuple[str, str, int], ...] = ()


def _folder(site: Site) -> Path:
    if site.settings.smtp_host:
        raise HTTPException(404)
    return site.settings.data / "mailbox"


def files(folder: Path) -> list[Path]:
    """The mails' files, newest first."""
    found = [file for part in ("new", "cur") if (folder / part).is_dir() for file in (folder / part).iterdir()]
    dated = [
        (file.stat().st_mtime, file.name, file) for file in found if file.is_file() and not file.name.startswith(".")
    ]
    return [file for _, _, file in sorted(dated, reverse=True)]


def read(file: Path, *, whole: bool = False) -> Mail:
    """A mail; its bodies only with `whole`. A broken one shows as far as it goes."""
    data = file.read_bytes()[:LARGEST]
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage):  # a policy promises it; the type does not say so
        raise TypeError("not a mail")
    try:
        at = parsedate_to_datetime(str(message["date"])).astimezone(UTC)
    except (TypeError, ValueError):
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    text, html = (_part(message, kind) for kind in ("plain", "html")) if whole else ("", "")
    attached = tuple(
        (part.get_filename() or "", part.get_content_type(), len(part.get_payload(decode=True) or b""))
        for part in message.iter_attachments()
    )
    name = file.name.partition(":")[0]
    subject, sender, to = (str(message[header] or "") for header in ("subject", "from", "to"))
    return Mail(name, subject, sender, to, at, len(data), text, html, attached)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError):  # an unknown charset or encoding
        return (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr] # bytes when decoded


def _found(site: Site, name: str) -> Mail:
    for file in files(_folder(site)):
        if file.name.partition(":")[0] == name:
            return read(file, whole=True)
    raise HTTPException(404)


@router.get("/mailbox")
def mailbox(request: Request) -> Response:
    """The mails, newest first."""
    folder = _folder(site_of(request))
    found = files(folder)
    return page(request, "mailbox.html", {"mails": [read(file) for file in found[:SHOWN]], "number": len(found)})


@router.get("/mailbox/{name}")
def mail(request: Request, name: str) -> Response:
    """One mail."""
    return page(request, "mail.html", {"mail": _found(site_of(request), name), "frame": url(f"/mailbox/{name}/html")})


@router.get("/mailbox/{name}/html")
def html(request: Request, name: str) -> Response:
    """A mail's HTML, for the frame on its page."""
    found = _found(site_of(request), name)
    headers = {"content-security-policy": MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    if not found.html:
        return HTMLResponse(reader(request).t("This mail has no HTML part."), headers=headers)
    return HTMLResponse(framed(clean(found.html)), headers=headers)


_TAGS = nh3.ALLOWED_TAGS | {"style", "center", "font", "section", "header", "footer", "main"}
_ATTRIBUTES = {
    "*": {"style", "class", "align", "valign", "width", "height", "bgcolor", "border", "role", "lang", "dir", "title",
          "cellpadding", "cellspacing", "colspan", "rowspan", "aria-hidden"},
    "a": {"href"},
    "img": {"src", "alt"},
}  # fmt: skip


def _local(tag: str, attribute: str, value: str) -> str | None:
    """Pictures that travel inside the mail, and no others: one that is fetched says that the mail was opened."""
    return None if tag == "img" and attribute == "src" and not value.startswith("data:image/") else value


def framed(html: str) -> str:
    """A mail's HTML as it may stand in the frame on our page: nothing that runs or loads, links that open in the whole
    window. The frame's policy forbids the same; two locks, because mails are made of the world's words."""
    cleaned = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, clean_content_tags={"script", "noscript", "title"},
        url_schemes={"http", "https", "mailto", "data"}, link_rel="noopener noreferrer",
        attribute_filter=_local,
    )  # fmt: skip
    return f'<!doctype html><meta charset="utf-8"><base target="_top">{cleaned}'
