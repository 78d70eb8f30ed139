"""Answers that cost and that change only when something happens: kept in the process until it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Value = TypeVar("Value")
MOST = 64


class Kept:
    """Values by key, each good for as long as its marker is the same. Safe to use from several threads; two that miss
    at once both make the value."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: dict[Hashable, tuple[Hashable, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, marker: Hashable, make: Callable[[], Value]) -> Value:
        """The value kept under `key` for this marker, or a new one."""
        return self.renewed(key, marker, lambda _known: make())

    def renewed(self, key: Hashable, marker: Hashable, make: Callable[[Value | None], Value]) -> Value:
        """The same, made from the value kept under another marker, where there is one."""
        with self._lock:
            known = self._values.get(key)
        if known is not None and known[0] == marker:
            value: Value = known[1]
            return value
        made = make(known[1] if known is not None else None)
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (marker, made)  # the last made stands last
            while len(self._values) > self._most:
                self._values.pop(next(iter(self._values)))
        return made
