"""Figures of structure, over a folder of legislation and its histories: what was found against independent counts.

    python -m bench.structure [FOLDER] [--each N] [--misses]

FOLDER holds texts/index.jsonl and histories/*/index.jsonl (default: TRACKER_TEST_DATA, or ../shared).
"""
# ruff: noqa: E501 - a figure on one line

from __future__ import annotations

import argparse
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker.diff.edits import compare
from tracker.formats import registry
from tracker.formats.errors import Unreadable
from tracker.model import Block
from tracker.replay import pages, snapshots

_NUMBERED = ("art", "para", "point", "rec", "chp", "sec", "annex", "title", "part", "indent")


def main() -> None:
    """Prints one line a figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=Path(os.environ.get("TRACKER_TEST_DATA", "../shared")))
    parser.add_argument("--each", type=int, default=1, help="revisions read of each history, from the last back")
    parser.add_argument("--misses", action="store_true")
    given = parser.parse_args()
    texts = [json.loads(row) for row in (given.folder / "texts/index.jsonl").read_text(encoding="utf-8").splitlines()]
    root = given.folder / "texts"
    ai_act(root, texts, given.misses)
    twins(root, texts, given.misses)
    elements(root, texts, given.misses)
    histories(given.folder / "histories", given.each, given.misses)


def read(path: Path) -> tuple[Block, ...]:
    """The blocks of a file, whatever it is."""
    return registry.read(path.read_bytes(), url=path.name).blocks


def last(block: Block) -> str:
    """The sign of a block's own level."""
    return block.eid.rsplit("__", 1)[-1].split("_")[0]


def numbered(blocks: Sequence[Block]) -> set[str]:
    """The eIds of what carries a number."""
    return {block.eid for block in blocks if block.number and last(block) in _NUMBERED}


def ai_act(root: Path, texts: list[dict[str, str]], misses: bool) -> None:
    """One act as web page and as Formex: the same names, and what an independent count of the XML says."""
    same = [row for row in texts if row.get("same_as") == "eu-32024R1689" and row["language"] == "en"]
    page = read(root / next(row["file"] for row in same if row["format"] == "eurlex-html"))
    xml: list[Block] = []
    raw = ""
    for row in sorted(
        (row for row in same if row["format"] == "formex" and "manifest" not in row["title"]), key=lambda r: r["file"]
    ):
        xml += read(root / row["file"])
        raw += re.sub(
            r"<QUOT\.S[ >].*?</QUOT\.S>", "", (root / row["file"]).read_text(encoding="utf-8"), flags=re.DOTALL
        )
    one, other = numbered(page), numbered(xml)
    print(
        f"AI Act, HTML and Formex: {len(one & other)} of {len(other)} eIds the same ({len(one & other) / len(other):.4f})"
    )
    edits = compare(page, xml).edits
    print(
        f"AI Act, HTML against Formex: {len(edits)} edits of {len(xml)} blocks {dict(Counter(e.kind.value for e in edits))}"
    )
    kinds = Counter(last(block) for block in page if block.number and "qstr" not in block.eid)
    chapters = [block.eid for block in page if re.fullmatch(r"chp_[IVX]+", block.eid)]
    sections = [block.eid for block in page if re.fullmatch(r"chp_[IVX]+__sec_\d+", block.eid)]
    print(
        f"AI Act: {kinds['art']} articles, {kinds['rec']} recitals, {kinds['annex']} annexes, {len(chapters)} chapters, {len(sections)} sections in them"
    )
    counted = {
        "para": len(re.findall("<PARAG ", raw)),
        "point": len(re.findall(r"<NO\.P>(?!—)", raw)) - len(re.findall("<CONSID", raw)),
    }
    for kind, count in counted.items():
        print(f"AI Act, {kind}s: {kinds[kind]} found, {count} counted in the XML ({kinds[kind] / count - 1:+.3%})")
    if misses:
        print("  only in HTML", sorted(one - other)[:20], "only in Formex", sorted(other - one)[:20])


def twins(root: Path, texts: list[dict[str, str]], misses: bool) -> None:
    """The same act in two languages: the same tree."""
    groups: dict[str, dict[str, Path]] = defaultdict(dict)
    for row in texts:
        if row.get("same_as") and row["format"] == "eurlex-html":
            groups[f"{row['same_as']} {_edition(row['file'])}"][row["language"]] = root / row["file"]
    for name, files in sorted(groups.items()):
        if len(files) < 2:
            continue
        (one_language, one), (other_language, other) = sorted(files.items())
        a, b = numbered(read(one)), numbered(read(other))
        print(
            f"{name} {one_language}/{other_language}: {len(a & b)} of {len(a | b)} eIds the same ({len(a & b) / len(a | b):.4f})"
        )
        if misses:
            print("  ", sorted(a - b)[:12], sorted(b - a)[:12])


def _edition(file: str) -> str:
    return "cons" if "cons" in file else "oj"


_UNIT = {"akn": "article|section", "uslm": "section", "dc-law-xml": "section", "formex": "ARTICLE", "gii-xml": "enbez"}


def elements(root: Path, texts: list[dict[str, str]], misses: bool) -> None:
    """Legal XML: articles and sections found against the elements that an expression counts in the raw text."""
    total: Counter[str] = Counter()
    for row in texts:
        if row["format"] not in _UNIT:
            continue
        path = root / row["file"]
        try:
            blocks = read(path)
        except Unreadable as error:
            print(f"{row['file']}: {error.reason}")
            continue
        found = [
            block
            for block in blocks
            if last(block) in ("art", "sec", "rule", "reg") and block.number and "qstr" not in block.eid
        ]
        count = _counted(path.read_text(encoding="utf-8", errors="replace"), row["format"])
        total[f"{row['format']} found"] += min(len(found), count)
        total[f"{row['format']} counted"] += count
        total[f"{row['format']} files"] += 1
        if misses and len(found) != count:
            print(f"  {row['file']}: {len(found)} found, {count} counted")
    for name in _UNIT:
        if total[f"{name} counted"]:
            share = total[f"{name} found"] / total[f"{name} counted"]
            print(
                f"{name}: {total[f'{name} files']} files, {total[f'{name} found']} of {total[f'{name} counted']} articles and sections ({share:.4f})"
            )


def _counted(raw: str, kind: str) -> int:
    raw = re.sub(
        r"<(?:\w+:)?(meta|quotedStructure|embeddedStructure|quotedContent|QUOT\.S)\b.*?</(?:\w+:)?\1>",
        "",
        raw,
        flags=re.DOTALL,
    )
    if kind == "gii-xml":
        return len(re.findall(r"<enbez>(?:§|Art)", raw))
    if kind == "formex":
        return len(re.findall(r"<ARTICLE\b", raw))
    # An article, or a section without articles in it, that has a number of its own.
    articles = re.findall(
        r"<(?:\w+:)?article\b[^>]*>\s*(?:<(?!/?(?:\w+:)?article)[^>]*>[^<]*){0,60}?<(?:\w+:)?num\b", raw
    )
    if len(articles) > 2:
        return len(re.findall(r"<(?:\w+:)?article\b(?=[^>]*>)", raw))
    numbers = re.findall(
        r"<(?:\w+:)?section\b[^>]*>\s*(?:<heading.*?</heading>\s*)?<(?:\w+:)?num\b[^>]*>([^<]*)", raw, flags=re.DOTALL
    )
    return sum(1 for number in numbers if number.strip()[:1] not in tuple("“‘"))  # those are quoted


_LINES = {
    "de-gesetze": re.compile(r"^#+ *(§+ ?\d+(?:\.\d+)*[a-z]?|Art(?:ikel)? ?\d+[a-z]?)\b", re.MULTILINE),
    "de-gii-markdown": re.compile(r"^#+ *(§+ ?\d+(?:\.\d+)*[a-z]?|Art(?:ikel)? ?\d+[a-z]?)\b", re.MULTILINE),
    "fr-codes": re.compile(r"^(?:#+ *|\*\*)?(Article (?:[LRDA]\.? ?\*?)?\d+[\w.-]*)", re.MULTILINE),
    "zh-cn-laws": re.compile(r"^(?:#+ *|\*\*)?(第[〇零一二三四五六七八九十百千]+条)(?=[\s\u3000*]|之)", re.MULTILINE),
    "ch-fedlex": re.compile(r"^#+ *\**(Art\. ?\d+ ?[a-z]?)\b", re.MULTILINE),
    "ar-laws": re.compile(r"^#+ *\**(Art[íi]culo \d+)", re.MULTILINE | re.IGNORECASE),
}


def histories(folder: Path, each: int, misses: bool) -> None:
    """Statutes in plain text and Markdown: lines that begin an article, by an expression, against those found."""
    for archive, lines in _histories(folder):
        found = counted = files = 0
        for name, body in _revisions(folder, lines, each):
            raw = body.decode("utf-8", "replace")
            wanted = Counter(_bare(text) for text in _LINES[archive].findall(raw))
            try:
                blocks = registry.read(body, url=name).blocks
            except Unreadable as error:
                print(f"{name}: {error.reason}")
                continue
            have = Counter(_bare(block.number) for block in blocks if last(block) in ("art", "sec") and block.number)
            got = sum((wanted & have).values())
            found, counted, files = found + got, counted + sum(wanted.values()), files + 1
            if misses and got < sum(wanted.values()):
                print(f"  {name}: {got} of {sum(wanted.values())}; not found {list((wanted - have).elements())[:6]}")
        if counted:
            print(f"{archive}: {files} texts, {found} of {counted} articles ({found / counted:.4f})")


def _histories(folder: Path) -> Iterator[tuple[str, list[dict[str, object]]]]:
    groups: dict[str, list[dict[str, object]]] = defaultdict(list)
    for page in pages(folder):
        groups[page["archive"]].append(page)
    for archive in _LINES:
        if archive in groups:
            yield archive, groups[archive]


def _revisions(folder: Path, lines: list[dict[str, object]], each: int) -> Iterator[tuple[str, bytes]]:
    for line in lines:
        kept: list[bytes] = []
        for _, body in snapshots(folder, line):
            kept = [*kept, body][-each:]
        for body in kept:
            yield str(line["path"]), body


def _bare(text: str) -> str:
    """The label's letters and first number: what both ways of counting agree on, whatever follows it."""
    plain = (
        re.sub(r"[\s*.§]+", "", text).casefold().replace("artikel", "art").replace("article", "art").replace("í", "i")
    )
    found = re.match(r"\D*?\d+|\D+", plain)
    return found[0] if found else plain


if __name__ == "__main__":
    main()
