"""What becomes of the revisions of laws and policies: told, held or silent, by the assessment that runs in service.

    python -m bench.transitions run [FOLDER] [--collection NAME] [--sample N] [--seed S] [--out FILE]
    python -m bench.transitions run [FOLDER] --alone LABELS [--out FILE]
    python -m bench.transitions table FILE
    python -m bench.transitions draw [FOLDER] [--seed S] [--each 50]
    python -m bench.transitions agree FILE LABELS

FOLDER holds */index.jsonl (default: histories in the data folder). `run` feeds every document's revisions through
`pipeline.derive`, second looks included, and writes a JSON line a transition; `--sample` takes whole documents at
random until they have that many transitions; `--alone` takes the transitions of a file of judgements, each by itself,
as if its document had been seen first the day before. Revisions keep their moments, but come at least 25 hours apart,
so that each transition is decided by itself; areas are not classified. `table` counts a run's lines. `draw` prints
transitions at random with what differs in them and no verdict, for a person to judge first; `agree` compares those
judgements with a run.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tracker import pipeline
from tracker.classify.classifier import Classifier
from tracker.model import Block, Change, Classification, Comparison, Fetched, Outcome, Source, State, Tier
from tracker.replay import pages, snapshots
from tracker.store.double import MemoryRecords

TYPES = {"md": "text/markdown", "txt": "text/plain", "xml": "application/xml", "html": "text/html"}
APART = timedelta(hours=25)  # a second look comes 23 hours after the first
MANY_FILES = 1_000  # files in one commit: the converter changed, not the law
RECAST = 0.3  # of the words differ: mostly another layout, another extent, or a new text
TINY = 0.0005
SHOWN = 5_000  # characters of a transition that are printed for reading
Line = dict[str, Any]


class Unclassified(Classifier):
    """Gives no areas: no verdict looks at them."""

    def __init__(self) -> None:
        """Loads nothing."""

    def classify_blocks(self, blocks: Sequence[Block]) -> Classification:
        """No areas."""
        return Classification()

    def classify_change(
        self, comparison: Comparison, *, language: str = "", prior: Sequence[str] = ()
    ) -> Classification:
        """No areas."""
        return Classification()


# ------------------------------------------------------------------------------------------------- one document


def sort_of(page: Mapping[str, Any], transition: int) -> str:
    """What the record says of a transition: `converter` (spaces alone, or a commit of very many files), `recast`,
    `tiny` or `ordinary`."""
    files = page.get("files_in_commit") or ()
    if transition + 1 in page.get("whitespace_only", ()) or (files and files[transition + 1] > MANY_FILES):
        return "converter"
    share = page["word_change"][transition]
    return "recast" if share > RECAST else "tiny" if share < TINY else "ordinary"


def revisions(folder: Path, page: Mapping[str, Any]) -> Iterator[tuple[datetime, bytes]]:
    """The bodies, each at its moment, at least `APART` after the one before."""
    last = datetime.fromtimestamp(0, UTC)
    for seconds, body in snapshots(folder, page):
        last = max(datetime.fromtimestamp(max(seconds, 0), UTC), last + APART)
        yield last, body


def source_of(page: Mapping[str, Any]) -> tuple[Source, str]:
    """The document as a source, and the media type of its bodies."""
    ending = str(page["path"]).rsplit(".", 1)[-1]
    url = f"https://{page['archive']}.invalid/{page['file'].removesuffix('.zst')}.{ending}"
    return Source(id=page["page"], url=url, language=page.get("language", "")), TYPES.get(ending, "")


class Life:
    """One document's revisions through the pipeline. `lines` has a line a transition."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        self._page, (self._source, self._type) = page, source_of(page)
        self._records, self._areas = MemoryRecords(), Unclassified()
        self._records.keep_checks = self._records.keep_texts = False
        self._waiting: dict[str, Line] = {}  # by change
        self.lines: list[Line] = []

    def run(self, folder: Path, alone: int | None = None) -> list[Line]:
        """All visits and second looks; of the transition `alone` only, where one is given."""
        before = b""
        for number, (at, body) in enumerate(revisions(folder, self._page)):
            if alone is not None and not alone <= number <= alone + 1:
                continue
            self._second_looks(before, until=at)
            self._visit(number, at, body, first=number == (alone or 0))
            before = body
        self._second_looks(before, until=None)
        return self.lines

    def _second_looks(self, body: bytes, until: datetime | None) -> None:
        for _look in range(5):
            pending = self._records.past(self._source.id, "").pending
            if pending is None or pending.confirm_at is None or (until is not None and pending.confirm_at > until):
                return
            visited = self._look(pending.confirm_at + timedelta(seconds=_look), body)
            self._settle(visited.changes)

    def _look(self, at: datetime, body: bytes) -> pipeline.Visited:
        fetched = Fetched(
            Outcome.OK, "recorded", self._source.url, at, at, final_url=self._source.url, status=200, body=body,
            media_type=self._type,
        )  # fmt: skip
        state = self._records.state(self._source.id)
        visited = pipeline.derive(self._source, fetched, state, self._records, self._areas, at)
        self._records.record(visited)
        return visited

    def _settle(self, changes: Iterable[Change]) -> None:
        for change in changes:
            line = self._waiting.pop(change.id, None)
            if line is not None and change.assessment.state is State.PENDING:
                self._waiting[change.id] = line
            elif line is not None:
                told = change.told is not None
                line["verdict"] = "told" if told else "silent"
                line["tier"], line["settled"] = change.assessment.tier.value, change.assessment.reasons[-1].code

    def _visit(self, number: int, at: datetime, body: bytes, first: bool) -> None:
        visited = self._look(at, body)
        if first:
            return
        line: Line = {
            "document": self._page["page"], "transition": number - 1, "collection": self._page["archive"],
            "language": self._page.get("language", ""), "kind": self._page.get("kind", ""),
            "sort": sort_of(self._page, number - 1), "word_change": self._page["word_change"][number - 1],
            "verdict": "silent", "tier": "same", "code": "same-text", "edits": 0, "reasons": [],
        }  # fmt: skip
        self.lines.append(line)
        if visited.outcome is not Outcome.OK:
            line.update(verdict="held", tier="unreadable", code=visited.outcome.value, reasons=[visited.reason])
        news = {change.id: change for change in visited.changes if change.id not in self._waiting}
        self._settle(visited.changes)
        for document in visited.documents:
            if document.judged.glitch is not None:
                wrong = document.judged.glitch
                line.update(verdict="held", tier=Tier.GLITCH.value, code=wrong.code, reasons=[wrong.text])
        for change in news.values():
            self._write(line, change)

    def _write(self, line: Line, change: Change) -> None:
        verdict, reasons = change.assessment, change.assessment.reasons
        line.update(
            verdict="told" if change.told else "held" if verdict.state is State.PENDING else "silent",
            tier=verdict.tier.value, code=reasons[0].code if reasons else "", edits=len(change.comparison.edits),
            reasons=[{"code": r.code, "text": r.text, "words": [word[:120] for word in r.words]} for r in reasons],
        )  # fmt: skip
        if verdict.state is State.PENDING:
            line["waited"] = True
            self._waiting[change.id] = line


def run(folder: Path, out: Path, collection: str, sample: int, seed: int) -> list[Line]:
    """Runs the chosen documents; gives the lines, which stand in `out` as well."""
    lines: list[Line] = []
    chosen = chosen_of(folder, collection, sample, seed)
    with out.open("w", encoding="utf-8") as file:
        for number, page in enumerate(chosen, 1):
            found = Life(page).run(folder)
            lines.extend(found)
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in found)
            file.flush()
            sys.stderr.write(f"\r{number}/{len(chosen)} documents, {len(lines)} transitions, "
                             f"{time.process_time():.0f} s of processor ")  # fmt: skip
            sys.stderr.flush()
    sys.stderr.write("\n")
    return lines


def run_alone(folder: Path, out: Path, labels: Sequence[Line]) -> list[Line]:
    """Runs each transition that somebody judged, without what came before it."""
    found = {page["page"]: page for page in pages(folder)}
    lines = [line for one in labels for line in Life(found[one["document"]]).run(folder, one["transition"])]
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return lines


def chosen_of(folder: Path, collection: str, sample: int, seed: int) -> list[Line]:
    """The documents of a collection (""; all), or as many at random as have `sample` transitions."""
    found = [page for page in pages(folder) if collection in page["archive"]]
    if not sample:
        return found
    random.Random(seed).shuffle(found)
    count, chosen = 0, []
    for page in found:
        if count < sample:
            chosen.append(page)
            count += len(page["word_change"])
    return chosen


# ------------------------------------------------------------------------------------------------------- table

COLUMNS = ("substantive", "editorial", "silent", "same text", "held", "joined")
SORTS = {"ordinary": "the law's or the policy's", "tiny": "tiny", "recast": "recast", "converter": "a converter's"}


def column(line: Mapping[str, Any]) -> str:
    """Where a line is counted. Told to readers by default is `substantive` alone."""
    if line["verdict"] == "told":
        return str(line["tier"])
    if line.get("settled") == "superseded":
        return "joined"
    if line["verdict"] == "held":
        return "held"
    return "same text" if line["tier"] == "same" else "silent"


def table(lines: Sequence[Line]) -> str:
    """Markdown: a row a collection and language, for the law's own transitions and for the converter's apart."""
    out = []
    for sort, title in SORTS.items():
        rows: dict[str, Counter[str]] = defaultdict(Counter)
        for line in lines:
            if line["sort"] == sort:
                rows[f"{line['collection']} ({line['language']})"][column(line)] += 1
                rows["all"][column(line)] += 1
        if rows:
            out.append(f"| {title} | transitions | " + " | ".join(COLUMNS) + " |\n|---|" + "---|" * (1 + len(COLUMNS)))
        for name in sorted(rows, key=lambda row: (row == "all", row)):
            cells = " | ".join(str(rows[name][each]) for each in COLUMNS)
            out.append(f"| {name} | {rows[name].total()} | {cells} |")
    codes = Counter((column(line), line["code"]) for line in lines)
    out.append("\n" + ", ".join(f"{where} {code} {count}" for (where, code), count in codes.most_common(40)))
    return "\n".join(out)


# ---------------------------------------------------------------------------------------------- read by a person


def drawn(folder: Path, seed: int, each: int) -> list[tuple[Line, int]]:
    """`each` transitions of laws and of policies, none of them a converter's or a recast; the collections in turn,
    so that small ones are heard."""
    chance = random.Random(seed)
    out: list[tuple[Line, int]] = []
    found = pages(folder)
    for kind in ("law", "policy"):
        heaps: dict[str, list[tuple[Line, int]]] = defaultdict(list)
        for page in found:
            for at in range(len(page["word_change"])):
                own = sort_of(page, at) in ("ordinary", "tiny") and page["word_change"][at] > 0
                if page.get("kind") == kind and own:
                    heaps[page["archive"]].append((page, at))
        for heap in heaps.values():
            chance.shuffle(heap)
        turn = [heap[at] for at in range(each) for heap in heaps.values() if at < len(heap)]
        out.extend(turn[:each])
    return out


def shown(folder: Path, page: Mapping[str, Any], transition: int) -> str:
    """What differs in a transition, paragraph by paragraph, by a comparison that is not the tracker's."""
    source, media_type = source_of(page)
    texts = []
    for number, (at, body) in enumerate(revisions(folder, page)):
        if transition <= number <= transition + 1:
            answer = Fetched(Outcome.OK, "", source.url, at, at, body=body, media_type=media_type)
            texts.append([" ".join(b.text.split()) for b in pipeline.read(replace(source), answer).blocks])
    out: list[str] = []
    for sign, a, b, c, d in difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes():
        if sign == "replace" and b - a == d - c:
            out.extend(_marked(old, new) for old, new in zip(texts[0][a:b], texts[1][c:d], strict=True))
        elif sign == "replace":
            out.append(_marked("\n".join(texts[0][a:b]), "\n".join(texts[1][c:d])))
        elif sign != "equal":
            out.extend(f"[-{each}-]" for each in texts[0][a:b])
            out.extend(f"{{+{each}+}}" for each in texts[1][c:d])
    return "\n".join(out)


def _marked(old: str, new: str) -> str:
    """One paragraph with what went in [-…-] and what came in {+…+}; of what stayed, the words beside it."""
    before, after = (_pieces(text) for text in (old, new))
    out = []
    for sign, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, came = "".join(before[a:b]), "".join(after[c:d])
        if sign == "equal":
            out.append(gone if len(gone) < 200 else f"{gone[:90]} … {gone[-90:]}")
        else:
            out.append((f"[-{gone}-]" if gone else "") + (f"{{+{came}+}}" if came else ""))
    return "".join(out)


def _pieces(text: str) -> list[str]:
    parts: list[str] = []
    for word in text.split(" "):
        parts.extend(word if any("\u3400" <= sign <= "\u9fff" for sign in word) else [word])
        parts.append(" ")
    return parts[:-1]


def draw(folder: Path, seed: int, each: int) -> None:
    """Prints the drawn transitions, without verdicts."""
    for number, (page, at) in enumerate(drawn(folder, seed, each)):
        text = shown(folder, page, at)
        print(f"\n===== {number} {page['page']} {at} ({page.get('language')}; word change {page['word_change'][at]})")
        print(text if len(text) <= SHOWN else f"{text[:SHOWN]} … and {len(text) - SHOWN} more characters")


def agree(lines: Sequence[Line], labels: Sequence[Line]) -> str:
    """The share of judgements (`document`, `transition`, `tier`, `sure`, `draw`) that a run shares, and where it does
    not."""
    at = {(line["document"], line["transition"]): line for line in lines}
    shares: dict[str, Counter[bool]] = defaultdict(Counter)
    out = []
    for label in labels:
        line = at[label["document"], label["transition"]]
        # A text held for a second look that was told in the end counts as told; what was joined with the next counts
        # by its tier.
        told = "substantive" if line["tier"] == "substantive" and line["verdict"] != "held" else "other"
        same = (told == "substantive") == (label["tier"] == "substantive")
        draw = f"draw {label.get('draw', 1)}"
        for name in ("all", draw, f"{draw}, {line['kind']}", line["collection"], f"language {line['language']}"):
            shares[name][same] += 1
        if label.get("sure", True):
            shares["sure"][same] += 1
        if not same:
            out.append(f"  {label['document']} {label['transition']}: read as {label['tier']}, "
                       f"{line['verdict']} {line['tier']} ({line['code']}): {label.get('why', '')}")  # fmt: skip
    rows = [f"{name}: {n[True]} of {n.total()} ({n[True] / n.total():.2f})" for name, n in shares.items()]
    return "\n".join([*rows, *out])


# -------------------------------------------------------------------------------------------------------- main


def read_lines(path: Path) -> list[Line]:
    """JSON lines of a file."""
    return [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Runs the command asked for."""
    data = Path(os.environ.get("TRACKER_TEST_DATA", "../shared")) / "histories"
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("command", choices=("run", "table", "draw", "agree"))
    ask.add_argument("files", nargs="*", type=Path)
    ask.add_argument("--collection", default="")
    ask.add_argument("--sample", type=int, default=0)
    ask.add_argument("--alone", type=Path)
    ask.add_argument("--seed", type=int, default=13)
    ask.add_argument("--each", type=int, default=50)
    ask.add_argument("--out", type=Path, default=Path("transitions.jsonl"))
    given = ask.parse_args()
    if given.command == "run":
        folder = given.files[0] if given.files else data
        if given.alone:
            labels = read_lines(given.alone)
            print(agree(run_alone(folder, given.out, labels), labels))
        else:
            print(table(run(folder, given.out, given.collection, given.sample, given.seed)))
    elif given.command == "draw":
        draw(given.files[0] if given.files else data, given.seed, given.each)
    elif given.command == "table":
        print(table(read_lines(given.files[0])))
    else:
        print(agree(read_lines(given.files[0]), read_lines(given.files[1])))


if __name__ == "__main__":
    main()
