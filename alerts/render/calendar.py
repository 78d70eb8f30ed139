"""Dates of a change as an iCalendar file (RFC 5545): all-day entries with an id that stays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from icalendar import Calendar, Event

from alerts.render import words
from alerts.render.language import Texts
from alerts.told import Told
from tracker.model import Deadline


def dates(told: Told, deadlines: Sequence[Deadline], texts: Texts, shown: Mapping[str, Any]) -> bytes:
    """The calendar of these dates. The same date of the same document keeps its id, so that a second alert moves
    nothing and doubles nothing."""
    calendar = Calendar()
    calendar.add("prodid", "-//Regulatory tracker//alerts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for deadline in deadlines:
        if deadline.date is None:
            continue
        name = f"{told.source.id}\n{told.key}\n{deadline.date}\n{deadline.kind}\n{deadline.text}"
        event = Event()
        event.add("uid", hashlib.sha256(name.encode()).hexdigest()[:32] + "@regulatory-tracker")
        event.add("dtstamp", told.change.seen)
        event.add("dtstart", deadline.date)
        event.add("dtend", deadline.date + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("summary", f"{words.deadline(texts, deadline)}: {shown['source']}")
        event.add("description", "\n".join(bit for bit in (deadline.governs, deadline.text, shown["headline"]) if bit))
        event.add("url", shown["links"]["change"])
        calendar.add_component(event)
    return bytes(calendar.to_ical())
