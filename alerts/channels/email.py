"""Mail: through the mail server that the settings name, or, without one, into the Maildir under the data folder."""

from __future__ import annotations

from alerts.channels import maildir, smtp
from alerts.channels.base import Channel
from tracker.settings import Settings


def make(settings: Settings) -> Channel:
    """The channel that fits the settings."""
    return smtp.make(settings) if settings.smtp_host else maildir.make(settings)
