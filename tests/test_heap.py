"""What a process frees goes back to the system, and what it remembers of texts has an end."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys

import pytest

from tracker import heap
from tracker.classify.taxonomy import load
from tracker.text.canonical import canonical

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


async def test_what_is_remembered_of_texts_ends_with_a_rest_and_comes_again_the_same() -> None:
    texts = [f"{number}. The Provider SHALL keep “records” for {number} days." for number in range(3_000)]
    before = [canonical(text) for text in texts]
    assert canonical.cache_info().currsize > 1_000
    stop = asyncio.Event()
    resting = asyncio.create_task(heap.resting(stop, every=0.01))
    async with asyncio.timeout(20):
        while canonical.cache_info().currsize:  # noqa: ASYNC110 - a memory tells nobody that it was let go
            await asyncio.sleep(0.01)
    stop.set()
    await resting
    assert [canonical(text) for text in texts] == before


def test_what_took_long_to_make_outlasts_a_rest() -> None:
    taxonomy = load()
    heap.rest()
    assert load() is taxonomy
