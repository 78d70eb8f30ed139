"""Mutated real pages through every format: nothing but Unreadable comes out, in bounded time and memory.

    python -m bench.fuzz [DATA] [--number 20000] [--seed 1] [--spread 0/1]

DATA is the folder with pages/index.jsonl. Every page goes through `registry.read` and through one format by force,
in turn. A defect is an exception that the registry had to catch (outcome `internal`); it is printed with the seed
that makes it again. The last line gives the figures. `--spread 0/2` and `--spread 1/2` share the work between two
processes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Kind, Outcome

ROOT = Path(__file__).resolve().parent.parent
BASE = "https://example.org/here/page"
WINDOW = 120_000  # bytes of a page that are mutated; a whole one now and then
TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<", b">", b"</", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&",
    b"&#xD800;", b"&#0;", b"&nbsp", b"\"", b"'", b"{", b"}", b"[", b"]", b":", b",", b"<div>" * 300,
    b"</div>" * 300, b"<table><tr><td>" * 50, b"<script>", b"<svg><desc>", b"<template>", b"<math><mi>",
    b"<a href='//[::1'>", b"<a href='http://[x'>", b"<a href=':'>", b"<base href='http://[bad'>", b"<pre>\n\n",
    b"<select><option>", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"1e999", b"-1", b"9" * 400,
    b"[" * 1200, b"{\"a\":" * 600, b"null", b"NaN", b"31/02/2024", b"2024-13-45", b"0000-00-00",
    b"<?xml version='1.0' encoding='utf-7'?>", b"<?xml version='1.0' encoding='cp037'?>",
    b"<meta charset='utf-16'>", b"<!DOCTYPE x [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]>", b"%PDF-1.7", b"endobj",
    b"stream\n", b"/Length 99999999", b"xref", b"PK\x03\x04", b"\x1f\x8b", b"<item>", b"<entry>", b"<loc>",
    b"<pubDate>31 Feb</pubDate>", b"\r", b"\x0b", b"\x85",
)  # fmt: skip


def mutated(random_: random.Random, pages: list[bytes]) -> bytes:
    """A page with one to six things done to it."""
    body = random_.choice(pages)
    if len(body) > WINDOW and random_.random() < 0.95:
        start = 0 if random_.random() < 0.6 else random_.randrange(len(body) - WINDOW // 2)
        body = body[start : start + WINDOW]
    data = bytearray(body)
    for _ in range(random_.randint(1, 6)):
        _mutate(random_, data, pages)
    return bytes(data)


def _mutate(random_: random.Random, data: bytearray, pages: list[bytes]) -> None:
    at = random_.randrange(len(data) + 1)
    length = int(random_.paretovariate(0.6)) % max(len(data), 2)
    match random_.randrange(8):
        case 0:  # bits
            for _ in range(random_.randint(1, 40)):
                if data:
                    data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)
        case 1:  # cut out
            del data[at : at + length]
        case 2:  # cut short
            del data[at:]
        case 3:  # twice, or many times
            piece = bytes(data[at : at + min(length, 2_000)])
            data[at:at] = piece * random_.choice((1, 2, 30))
        case 4 | 5:  # what parsers stumble over
            data[at:at] = random_.choice(TOKENS)
        case 6:  # a piece of another page
            other = random_.choice(pages)
            start = random_.randrange(len(other) or 1)
            data[at:at] = other[start : start + min(length * 20, 20_000)]
        case _:  # noise
            data[at : at + length] = random_.randbytes(min(length, 3_000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "data", nargs="?", type=Path, default=Path(os.environ.get("TRACKER_TEST_DATA", ROOT.parent / "shared"))
    )
    parser.add_argument("--number", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", default="0/1")
    given = parser.parse_args()
    part, parts = (int(piece) for piece in given.spread.split("/"))
    folder = given.data / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    pages = [(folder / row["file"]).read_bytes() for row in rows]
    defects = run([page for page in pages if page], range(part, given.number, parts), given.seed)
    sys.exit(1 if defects else 0)


def run(pages: list[bytes], numbers: range, seed: int) -> int:
    """The number of defects over the mutations of these numbers."""
    outcomes: Counter[str] = Counter()
    defects, slowest, slow_at = 0, 0.0, 0
    started = time.perf_counter()
    kinds = (None, *Kind)
    for count, number in enumerate(numbers):
        random_ = random.Random(f"{seed}-{number}")
        body = mutated(random_, pages)
        forced = registry.FORMATS[number % len(registry.FORMATS)]
        kind = random_.choice(kinds) if random_.random() < 0.5 else None
        begun = time.perf_counter()
        for name in ("", forced):
            try:
                reading = (
                    registry.read(body, url=BASE, kind=kind) if not name else registry.read_as(name, body, url=BASE)
                )
                outcomes["read"] += 1
                assert (
                    reading.blocks or reading.items or reading.accounting.words == 0 or reading.aside or reading.notes
                )
            except Unreadable as error:
                outcomes[error.outcome.value] += 1
                if error.outcome is Outcome.INTERNAL:
                    defects += 1
                    print(
                        f"defect: seed {seed}, number {number}, {name or kind or 'guessed'}: {error.reason}", flush=True
                    )
        took = time.perf_counter() - begun
        if took > slowest:
            slowest, slow_at = took, number
        if count % 1000 == 999:
            print(
                f"{count + 1:,} of {len(numbers):,}: {dict(outcomes)}, slowest {slowest:.1f} s (number {slow_at})",
                file=sys.stderr,
                flush=True,
            )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"fuzz: {len(numbers):,} pages, {sum(outcomes.values()):,} readings, {defects} defects, {dict(outcomes)}; "
        f"slowest {slowest:.2f} s (number {slow_at}), memory {memory:.0f} MB, {time.perf_counter() - started:.0f} s"
    )
    return defects


if __name__ == "__main__":
    main()
