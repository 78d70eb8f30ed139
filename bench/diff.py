"""Figures of comparing: time, memory, size of the edit script, pieces a change; against difflib, patiencediff and git.

    python -m bench.diff [FOLDER] [--each N] [--step N] [--synthetic]

FOLDER holds */index.jsonl with revisions (default: TRACKER_TEST_DATA/histories, or ../shared/histories); of each
document the first N transitions are compared. The others compare lines: they see neither places nor moves. Times are of this
process (time.process_time); texts are read before.
"""
# ruff: noqa: E501 - a figure on one line

from __future__ import annotations

import argparse
import os
import random
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from tracker.diff.edits import compare
from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Block, EditKind
from tracker.replay import pages, snapshots
from tracker.text.canonical import canonical


def main() -> None:
    """Prints ratio and both sides of each figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(os.environ.get("TRACKER_TEST_DATA", "../shared")) / "histories"
    )
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--step", type=int, default=1, help="every so manieth document")
    parser.add_argument("--synthetic", action="store_true", help="only the generated texts")
    given = parser.parse_args()
    synthetic()
    if not given.synthetic:
        histories(given.folder, given.each, given.step)


# ------------------------------------------------------------------------------------------- generated texts

_RANDOM = random.Random(3)
_WORDS = ["".join(_RANDOM.choice("abcdefghijklmnop") for _ in range(_RANDOM.randint(2, 9))) for _ in range(3000)]


def paragraph(words: int = 50) -> str:
    """A paragraph of words of no language."""
    return " ".join(_RANDOM.choice(_WORDS) for _ in range(words)).capitalize() + "."


def synthetic() -> None:
    """20,000 paragraphs with scattered edits and moves; a total rewrite; a statute; equal lines; memory."""
    old = [Block(paragraph()) for _ in range(20_000)]
    new = list(old)
    for _ in range(200):
        at, dice = _RANDOM.randrange(len(new)), _RANDOM.random()
        if dice < 0.5:
            words = new[at].text.split()
            words[_RANDOM.randrange(len(words))] = "changed"
            new[at] = Block(" ".join(words))
        elif dice < 0.75:
            del new[at]
        else:
            new.insert(at, Block(paragraph()))
    for _ in range(20):
        block = new.pop(_RANDOM.randrange(len(new)))
        new.insert(_RANDOM.randrange(len(new)), block)
    other = [Block(paragraph()) for _ in range(20_000)]
    statute = [Block(paragraph(60)) for _ in range(900)]  # about 100 pages
    amended = list(statute)
    for at in range(0, 900, 45):
        amended[at] = Block(statute[at].text.replace(" ", " not ", 1))
    same = [Block("same line")] * 5_000 + [Block(paragraph())] + [Block("same line")] * 3_000
    more = [Block("same line")] * 4_000 + [Block(paragraph())] + [Block("same line")] * 4_500
    for name, a, b, bound in (
        ("20,000 paragraphs, 200 edits, 20 moves", old, new, 1.0),
        ("20,000 paragraphs rewritten", old, other, 2.0),
        ("statute of 100 pages, 20 edits", statute, amended, 0.05),
        ("8,000 equal lines", same, more, 1.0),
    ):
        cold = _timed(lambda a=a, b=b: compare(a, b))
        # In service the fingerprint has made the canonical forms already.
        for block in (*a, *b):
            canonical(block.text)
        warm = min(_timed(lambda a=a, b=b: compare(a, b)) for _ in range(3))
        kinds = Counter(edit.kind.value for edit in compare(a, b).edits)
        print(f"{name}: {warm:.3f} s after the fingerprint, {cold:.3f} s before it (wanted < {bound} s); {dict(kinds)}")
    tracemalloc.start()
    compare(old, new)
    print(f"memory of comparing 20,000 paragraphs: {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MB at most")
    tracemalloc.stop()


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


# ------------------------------------------------------------------------------------------------- histories


def histories(folder: Path, each: int, step: int = 1) -> None:
    """All documents: ours against the others, in one run over the same pairs of texts."""
    seconds: Counter[str] = Counter()
    script: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    pairs = changed = 0
    for page in pages(folder)[::step]:
        before: Sequence[Block] | None = None
        for at, (_, body) in enumerate(snapshots(folder, page)):
            if at > each:
                break
            try:
                blocks = registry.read(body, url=str(page["path"])).blocks
            except Unreadable:
                continue
            if before is not None:
                pairs += 1
                changed += _compared(before, blocks, seconds, script, runs, pieces)
            before = blocks
    print(f"{pairs} transitions, {changed} with edits")
    for name in ("ours", "difflib", "patiencediff", "git"):
        if not seconds[name]:
            continue
        ratio = seconds[name] / seconds["ours"]
        print(
            f"{name}: {seconds[name]:.1f} s ({ratio:.2f} of ours), edit script {script[name] / 1e6:.1f} M characters "
            f"({script[name] / max(script['ours'], 1):.2f} of ours), {runs[name]} runs"
        )
    print(f"pieces in a reworded block: ours {pieces['ours'] / max(pieces['blocks'], 1):.2f}, "
          f"words by difflib {pieces['difflib'] / max(pieces['blocks'], 1):.2f}; single signs: ours {pieces['single']}, difflib {pieces['single difflib']}")  # fmt: skip


def _compared(
    old: Sequence[Block],
    new: Sequence[Block],
    seconds: Counter[str],
    script: Counter[str],
    runs: Counter[str],
    pieces: Counter[str],
) -> bool:
    a, b = [block.text for block in old], [block.text for block in new]
    for block in (*old, *new):
        canonical(block.text)  # the fingerprint of each visit makes them
    start = time.process_time()
    edits = compare(old, new).edits
    seconds["ours"] += time.process_time() - start
    for edit in edits:
        runs["ours"] += 1
        if edit.kind is not EditKind.MOVE:
            script["ours"] += sum(len(text) for sign, text in edit.spans if sign != "=")
        if edit.kind is EditKind.REPLACE:
            _pieces(edit.old_text, edit.new_text, edit.spans, pieces)
    _lines(
        "difflib",
        a,
        b,
        lambda: SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks(),
        seconds,
        script,
        runs,
    )
    try:
        import patiencediff
    except ImportError:
        pass
    else:
        matcher = lambda: patiencediff.PatienceSequenceMatcher(None, a, b).get_matching_blocks()  # noqa: E731 - one line of three
        _lines("patiencediff", a, b, matcher, seconds, script, runs)
    try:
        import pygit2
    except ImportError:
        return bool(edits)
    start = time.process_time()
    patch = pygit2.Patch.create_from("\n".join(a).encode(), "\n".join(b).encode(), context_lines=0)
    seconds["git"] += time.process_time() - start
    for hunk in patch.hunks:
        runs["git"] += 1
        script["git"] += sum(len(line.content) for line in hunk.lines if line.origin in "+-")
    return bool(edits)


def _lines(
    name: str, a: list[str], b: list[str], work: Callable[[], Sequence[Sequence[int]]], seconds: Counter[str], script: Counter[str],
    runs: Counter[str],
) -> None:  # fmt: skip
    if name == "difflib" and len(a) * len(b) > 40_000_000:
        return  # minutes
    start = time.process_time()
    found = work()
    seconds[name] += time.process_time() - start
    x = y = 0
    for i, j, size in found:
        if i > x or j > y:
            runs[name] += 1
            script[name] += sum(map(len, a[x:i])) + sum(map(len, b[y:j]))
        x, y = i + size, j + size


def _pieces(old: str, new: str, spans: Sequence[tuple[str, str]], pieces: Counter[str]) -> None:
    """Runs of changed words in a block: ours, and those of difflib on the same words."""
    pieces["blocks"] += 1
    changed = [text for sign, text in spans if sign != "="]
    pieces["ours"] += len(changed)
    pieces["single"] += sum(len(text.strip()) == 1 and text.strip().isalpha() for text in changed)
    a, b = old.split(" "), new.split(" ")
    if len(a) + len(b) > 3_000:
        pieces["difflib"] += len(changed)
        return
    for sign, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if sign != "equal":
            both = [part for part in (" ".join(a[i:j]), " ".join(b[k:m])) if part]
            pieces["difflib"] += len(both)
            pieces["single difflib"] += sum(len(part) == 1 and part.isalpha() for part in both)


if __name__ == "__main__":
    main()
