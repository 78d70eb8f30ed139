"""What a process frees goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Bodies come and go, and what is kept of each is small: the pattern of a service's life.
LIFE = """
from tracker import heap
assert heap.give_back()
def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
kept, before = [], held()
for size in [30_000_000, *range(300_000, 3_000_000, 30_000)] * 2:
    bodies = [bytearray(size) for _ in range(4)]
    kept.append(bytearray(2_000))
    del bodies
print(held() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_what_is_freed_between_small_things_that_stay_is_given_back() -> None:
    left = subprocess.run([sys.executable, "-c", LIFE], capture_output=True, text=True, check=True).stdout
    assert int(left) < 5_000  # KB
