"""Memory that is free goes back to the system.

glibc takes large pieces from the system one by one and gives each back when it is freed, until a large one has been
freed once: from then on pieces of that size come from the heap (mallopt(3), "dynamic mmap threshold"), where the bodies
of pages leave holes that stay for the life of the process. A fixed threshold keeps them apart.
"""

from __future__ import annotations

import ctypes

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD in malloc.h
_LARGE = 256 * 1024  # bytes: most bodies and parsed pages are larger, what is kept of them is smaller


def give_back() -> bool:
    """Lets this process, and those it makes, give back what it frees; whether the C library knows how."""
    try:
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE))
    except (AttributeError, OSError, TypeError):  # another C library: its own ways stand
        return False
