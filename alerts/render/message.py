"""What a channel is given: an alert as subject, text, HTML, a short form and data. No channel looks behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a mail. `media_type` is "text/calendar; method=PUBLISH" or the like."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """An alert, rendered. `id` is the alert's; `message_id`, `thread` and `unsubscribe` are for mail headers (all may
    be ""); `at` is when it was made (UTC); `short` is for chats and phones, `data` what a webhook carries."""

    id: str
    kind: str
    to: str
    subject: str
    text: str
    html: str
    short: str
    language: str
    at: datetime
    message_id: str = ""
    thread: str = ""
    list_id: str = ""
    list_name: str = ""
    unsubscribe: str = ""
    link: str = ""
    event: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    subscription: str = ""
