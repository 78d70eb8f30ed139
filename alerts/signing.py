"""Secrets that links and webhooks are signed with: all derived from one key, which never enters the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from tracker.settings import Settings

KEY_FILE = "secret.key"


def key(settings: Settings) -> str:
    """The installation's key: TRACKER_SECRET_KEY, or a file of the data folder, made once with rights for its owner
    alone."""
    given = settings.secret_key.get_secret_value()
    return given or _kept(settings.data / KEY_FILE)


def _kept(path: Path) -> str:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
            os.link(fresh, path)  # the first of two processes wins, the other reads its key
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


def sign(settings: Settings, purpose: str, value: str) -> str:
    """A token for a link. `purpose` keeps a token of one kind from opening another door."""
    return str(URLSafeSerializer(key(settings), salt=f"alerts.{purpose}").dumps(value))


def signed_at(settings: Settings, purpose: str, value: str) -> str:
    """A token that `opened` can refuse by its age."""
    return str(URLSafeTimedSerializer(key(settings), salt=f"alerts.{purpose}").dumps(value))


def opened(settings: Settings, purpose: str, token: str, *, max_age: int | None = None) -> str | None:
    """The value of a token, or None for a forged, foreign or (with `max_age`, in seconds) old one."""
    if len(token) > 2000:
        return None
    try:
        if max_age is None:
            value = URLSafeSerializer(key(settings), salt=f"alerts.{purpose}").loads(token)
        else:
            value = URLSafeTimedSerializer(key(settings), salt=f"alerts.{purpose}").loads(token, max_age=max_age)
    except BadData:
        return None
    return value if isinstance(value, str) else None


def webhook_secret(settings: Settings, subscription_id: str) -> str:
    """The subscription's webhook secret ("whsec_…", 32 bytes): derived, so that it need not be kept."""
    made = hmac.new(key(settings).encode(), f"alerts.webhook:{subscription_id}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()
