"""The addresses that mails, feeds and webhooks point to: every path of the web room that alerts rely on."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlsplit

from alerts import signing
from tracker.settings import Settings


def change(settings: Settings, change_id: str) -> str:
    """The change's page."""
    return f"{settings.link_base}/changes/{quote(change_id, safe='')}"


def document(settings: Settings, document_id: int) -> str:
    """The document's page."""
    return f"{settings.link_base}/documents/{document_id}"


def document_at(settings: Settings, document_id: int, at: datetime, eid: str = "") -> str:
    """The document as it stood at a moment (UTC), at a place of it."""
    place = f"#{quote(eid, safe='')}" if eid else ""
    return f"{settings.link_base}/documents/{document_id}/at/{at:%Y-%m-%dT%H:%M:%SZ}{place}"


def source(settings: Settings, source_id: str) -> str:
    """The source's page."""
    return f"{settings.link_base}/sources/{quote(source_id, safe='')}"


def confirm(settings: Settings, token: str) -> str:
    """Where a sign-up is confirmed."""
    return f"{settings.link_base}/subscriptions/confirm/{token}"


def preferences(settings: Settings, subscription_id: str) -> str:
    """The page on which a reader changes or ends a subscription; the link is the key."""
    return f"{settings.link_base}/subscriptions/preferences/{signing.sign(settings, 'preferences', subscription_id)}"


def unsubscribe(settings: Settings, subscription_id: str) -> str:
    """Ends a subscription: a page with a button for people (GET), one click for mail programs (POST, RFC 8058)."""
    return f"{settings.link_base}/subscriptions/unsubscribe/{signing.sign(settings, 'unsubscribe', subscription_id)}"


def feed(settings: Settings, subscription_id: str) -> str:
    """The subscription's Atom feed; the address is the key."""
    return f"{settings.link_base}/feeds/subscriptions/{signing.sign(settings, 'feed', subscription_id)}.atom"


def safe(url: str) -> str:
    """An address of the world as it may stand in a link: http or https without control characters, else ""."""
    cleaned = "".join(char for char in url.strip() if char.isprintable() and not char.isspace())
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return ""
    return quote(cleaned, safe="%/:?#[]@!$&'()*+,;=~-._")
