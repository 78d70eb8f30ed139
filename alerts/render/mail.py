"""A message as a mail (RFC 5322): headers that cannot be broken into, both parts, attachments."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, compat32
from email.utils import format_datetime, parseaddr

from alerts.render.message import Message
from alerts.render.redline import clean
from tracker.settings import Settings

_HOST = re.compile(r"[^\s@,;<>()\[\]\\\"=?_]+(?<!\.)")
_UNFIT = re.compile(r"[\s@,;<>()\[\]\\\":]")
HEADER = 250  # characters of a header made of a document's words


def sender(settings: Settings) -> Address:
    """Whom mails are from. Raises ValueError for a setting that is no address."""
    name, address = parseaddr(settings.mail_from)
    if "@" not in address:
        raise ValueError(f"TRACKER_MAIL_FROM: {settings.mail_from!r} is no address: write Name <name@example.org>")
    return Address(clean(name), addr_spec=address)


def domain(settings: Settings) -> str:
    """The domain that message and list ids end in."""
    return sender(settings).domain or "localhost"


def message_id(settings: Settings, alert: str) -> str:
    """The Message-ID of an alert: the same in every attempt, so that a mail sent twice is one."""
    return f"<alert-{alert}@{domain(settings)}>"


def thread_id(settings: Settings, subscription: str, document: int) -> str:
    """The id that all mails of one document to one subscription refer to."""
    return f"<document-{document}-{_atom(subscription)}@{domain(settings)}>"


def _atom(name: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in name) or "x"


def line(text: str, limit: int = HEADER) -> str:
    """Words as they may stand in a header: one line, nothing that steers, not endless. An encoded word (RFC 2047) of a
    hostile title would be decoded on its way and could hold a line end: it is taken apart."""
    return clean(text).replace("=?", "= ?").replace("?=", "? =")[:limit]


def build(message: Message, settings: Settings) -> EmailMessage:
    """The mail. Raises ValueError for a recipient that is no address."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender(settings)
    mail["To"] = recipient(message.to)
    mail["Subject"] = line(message.subject)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message.message_id or message_id(settings, message.id)
    if message.thread:
        mail["References"] = message.thread
        mail["In-Reply-To"] = message.thread
    if message.subscription:
        mail["List-Id"] = f"{line(message.list_name, 60)} <{_atom(message.subscription)}.alerts.{domain(settings)}>"
    if message.unsubscribe:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        if message.unsubscribe.startswith("https://"):  # RFC 8058 asks for https
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text, cte=_encoding(message.text))
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte=_encoding(message.html))
    for attachment in message.attachments:
        _attach(mail, attachment.name, attachment.media_type, attachment.data)
    mail["Content-Language"] = message.language  # after the content, which clears headers of this kind
    return mail


def serialized(message: Message, settings: Settings) -> bytes:
    """The mail as it goes out. Raises ValueError for a recipient that is no address, or if a header turned up that
    was not set: whatever way a text might find, it finds no server."""
    built = build(message, settings)
    data = built.as_bytes()
    names = [name for name, _ in BytesHeaderParser(policy=compat32).parsebytes(data).items()]
    if sorted(names) != sorted(built.keys()):
        raise ValueError("a text broke into the headers")
    return data


def _attach(mail: EmailMessage, name: str, media_type: str, data: bytes) -> None:
    kind, _, rest = media_type.partition(";")
    main, _, sub = kind.strip().partition("/")
    parameters = dict(part.strip().split("=", 1) for part in rest.split(";") if "=" in part)
    if main == "text":
        mail.add_attachment(data.decode(), subtype=sub, filename=name, params=parameters, cte=_encoding(data.decode()))
    else:
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name, params=parameters)


def recipient(to: str) -> Address:
    """The recipient as an address. Raises ValueError for what is none."""
    name, address = parseaddr(to)
    local, _, host = address.rpartition("@")
    if clean(to) != to or "=?" in to or not local or not _HOST.fullmatch(host) or _UNFIT.search(local):
        raise ValueError(f"{to!r} is no mail address")
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"{to!r} has no usable domain") from error
    return Address(clean(name), username=local, domain=ascii_host)


def _encoding(text: str) -> str:
    """The shorter of the two that every mail server lets through."""
    strange = len(text) - len(text.encode("ascii", "ignore"))
    return "base64" if strange * 6 > len(text) else "quoted-printable"
