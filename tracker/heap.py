"""Memory that is free goes back to the system, and what is remembered of texts has an end.

glibc takes large pieces from the system one by one and gives each back when it is freed, until a large one has been
freed once: from then on pieces of that size come from the heap (mallopt(3), "dynamic mmap threshold"), where the bodies
of pages leave holes that stay for the life of the process. A fixed threshold keeps them apart. Each thread may take
pieces from an arena of its own, with holes of its own: two arenas are enough for threads that take turns.

What functions remember of texts they have seen (`lru_cache`) pays within a visit. A process that visits thousands of
pages would fill those memories to the brim with texts that it will not meet again before they are pushed out: they are
let go every few minutes, so that they hold what was read in that time, however long it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import sys
from functools import _lru_cache_wrapper as _Remembering  # noqa: N812 - what lru_cache makes has no public name
from types import ModuleType

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD in malloc.h
_ARENA_MAX = -8  # M_ARENA_MAX
_ARENAS = 2
_LARGE = 256 * 1024  # bytes: most bodies and parsed pages are larger, what is kept of them is smaller
_OURS = ("tracker", "alerts")
_MANY = 1_000  # entries that a memory of texts may hold at least
REST = 120.0  # seconds between two rests


def give_back() -> bool:
    """Lets this process, and those it makes, give back what it frees; whether the C library knows how."""
    try:
        library = ctypes.CDLL(None)
        return bool(library.mallopt(_MMAP_THRESHOLD, _LARGE)) and bool(library.mallopt(_ARENA_MAX, _ARENAS))
    except (AttributeError, OSError, TypeError):  # another C library: its own ways stand
        return False


def rest() -> int:
    """Lets go what functions of ours remember of texts, and gives the system what is free; gives how many entries."""
    gone = 0
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and module.__name__.partition(".")[0] in _OURS:
            for value in list(vars(module).values()):
                if isinstance(value, _Remembering) and _of_texts(value):
                    gone += value.cache_info().currsize
                    value.cache_clear()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
    return gone


def _of_texts(remembering: _Remembering[object]) -> bool:
    """Whether it remembers many small things, and not a few that took long to make (a model, a taxonomy)."""
    most = remembering.cache_info().maxsize
    return most is not None and most >= _MANY


async def resting(stop: asyncio.Event, every: float = REST) -> None:
    """`rest` every so many seconds until `stop` is set."""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)
            return
        await asyncio.to_thread(rest)
