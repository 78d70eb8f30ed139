"""Logs: one line an event, for people on a terminal, as JSON for machines. Secrets never reach them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET = re.compile(r"password|secret|token|authorization|cookie|api[-_]?key", re.IGNORECASE)
USER = re.compile(r"(\w+://)[^/\s@]+@")  # credentials in an address


def configure(level: str = "info", *, as_json: bool = False) -> None:
    """Sets up logging for this process: everything goes to stderr."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shown = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _console()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
            structlog.processors.format_exc_info,
            discreet,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),  # looked up each time: it may be replaced
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=18)


def discreet(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides what is named like a secret, and credentials inside addresses."""
    for name, value in event.items():
        if SECRET.search(name):
            event[name] = "•••"
        elif isinstance(value, str) and "@" in value:
            event[name] = USER.sub(r"\1•••@", value)
    return event
