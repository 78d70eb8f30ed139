"""Recordings through `pipeline.derive`, with the clock of the recordings: what would have been told, and when.

A folder holds `*/index.jsonl` and, per page, one `.zst` with the bodies one after another; a line of the index names
`page`, `file`, `service` and `snapshots` ([seconds, bytes, …]; histories call them `revisions`). The records are the
store's twin in memory, so that what is measured is what runs in service. Pages of one host stay in one process, in
order of time, because they share the host's memory; a second look at time t sees what was recorded last before t.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import zstandard

from tracker import heap, pipeline
from tracker.classify import classifier
from tracker.formats.charset import decode
from tracker.formats.html_parts import shown
from tracker.model import Change, Fetched, Outcome, Source, Tier
from tracker.store.double import MemoryRecords

_WINDOW = 2**27  # bytes: the recordings are packed with long-range matching
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One page as it was served: `visits` are (seconds since the epoch, position in `bodies`). Bodies that show the
    same text in a row stand there once, compressed."""

    source: Source
    visits: tuple[tuple[int, int], ...]
    bodies: tuple[bytes, ...]
    media_type: str


def pages(folder: Path) -> list[Line]:
    """The index lines of all archives below the folder, each with its `archive`. Raises FileNotFoundError."""
    found = []
    for index in sorted(folder.glob("*/index.jsonl")):
        for row in index.read_text(encoding="utf-8").splitlines():
            page = json.loads(row)
            page["archive"] = index.parent.name
            page.setdefault("page", page.get("document") or f"{index.parent.name}/{page['file']}")
            found.append(page)
    if not found:
        raise FileNotFoundError(f"{folder}: no */index.jsonl, so these are no recordings")
    return found


def snapshots(folder: Path, page: Mapping[str, Any]) -> Iterator[tuple[int, bytes]]:
    """(seconds since the epoch, body) in the order recorded. Raises EOFError when the archive ends early."""
    decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    path = folder / page["archive"] / page["file"]
    with path.open("rb") as raw, decoder.stream_reader(raw) as stream:
        for row in page.get("snapshots") or page.get("revisions") or ():
            taken, length = (row[0], row[1]) if isinstance(row, list) else (row["time"], row["bytes"])
            body = stream.read(length)  # the stream goes on reading until it has as much, or ends
            if len(body) < length:
                raise EOFError(f"{path}: ends before the length its index gives")
            yield int(taken), body


def recorded(folder: Path, page: Mapping[str, Any]) -> Recorded:
    """Reads one page's archive. A body that shows what the one before did counts as the same body, as it does for a
    visit (formats.html_parts.shown)."""
    packer, html = zstandard.ZstdCompressor(1), page.get("format", "html" if "snapshots" in page else "") == "html"
    last, marks = b"", ("", "")
    visits: list[tuple[int, int]] = []
    bodies: list[bytes] = []
    for taken, body in snapshots(folder, page):
        if body != last:
            before, marks = marks, shown(decode(body)[0], marks) if html else marks
            if not marks[1] or marks[1] != before[1] or not bodies:
                bodies.append(packer.compress(body))
            last = body
        visits.append((max(taken, 0), len(bodies) - 1))
    return Recorded(_source(page), tuple(visits), tuple(bodies), "text/html" if html else "")


def _source(page: Mapping[str, Any]) -> Source:
    urls = page.get("urls") or ()
    url = urls[-1][1] if urls else f"https://{page['archive']}.invalid/{page['file'].removesuffix('.zst')}"
    if not urls and "path" in page:
        url = f"https://{page['archive']}.invalid/{page['path']}"
    return Source(id=page["page"], url=url, language=page.get("language", ""))


# ------------------------------------------------------------------------------------------------- replaying


class Replay:
    """Pages of one host in order of time. `lines` are their changes, by id."""

    def __init__(self, found: Iterable[Recorded]) -> None:
        self._pages: dict[str, tuple[Source, str]] = {}  # with the media type
        self._bodies: dict[str, dict[int, bytes]] = {}
        self._left: dict[str, Counter[int]] = {}  # visits to come, by body
        self._visits: list[tuple[int, str, int]] = []
        for page in found:
            name = page.source.id
            self._pages[name] = page.source, page.media_type
            self._bodies[name] = dict(enumerate(page.bodies))
            self._left[name] = Counter(body for _, body in page.visits)
            self._visits.extend((taken, name, body) for taken, body in page.visits)
        self._records = MemoryRecords()
        self._records.keep_checks = self._records.keep_texts = False
        self._classifier = classifier.load()
        self._unpack = zstandard.ZstdDecompressor()
        self._seen: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self.lines: dict[str, Line] = {}

    def run(self) -> list[Line]:
        """All visits and second looks; gives the changes in order of time."""
        for taken, name, body in sorted(self._visits):
            for late in sorted((when, page) for page, when in self._due.items() if when <= taken):
                self._look(late[1], late[0], self._seen[late[1]])
            if self._seen.get(name) != body or name in self._due:
                self._let_go(name, self._seen.get(name))
                self._seen[name] = body
                self._look(name, taken, body)
            self._left[name][body] -= 1
        while self._due:  # second looks after the last recording: the page stays as it was
            when, name = min((when, page) for page, when in self._due.items())
            self._look(name, when, self._seen[name])
        return sorted(self.lines.values(), key=lambda line: (line["seen"], line["page"]))

    def _let_go(self, name: str, position: int | None) -> None:
        """Drops a body that no later visit shows."""
        if position is not None and not self._left[name][position]:
            self._bodies[name].pop(position, None)

    def _look(self, name: str, at: float, position: int) -> None:
        (source, media_type), now = self._pages[name], datetime.fromtimestamp(at, UTC)
        body = self._unpack.decompress(self._bodies[name][position])
        fetched = Fetched(
            Outcome.OK, "recorded", source.url, now, now, final_url=source.url, status=200, body=body,
            media_type=media_type,
        )  # fmt: skip
        state = self._records.state(name)
        visited = pipeline.derive(source, fetched, state, self._records, self._classifier, now)
        self._records.record(visited)
        self.lines.update({change.id: _line(name, change) for change in visited.changes})
        waiting = self._records.past(name, "").pending
        self._due.pop(name, None)
        if waiting is not None and waiting.confirm_at is not None:
            self._due[name] = max(waiting.confirm_at.timestamp(), at + 1)


def _line(page: str, change: Change) -> Line:
    told = change.told if change.assessment.tier is Tier.SUBSTANTIVE else None  # what a subscription is told by default
    reasons = [
        {"step": r.step, "code": r.code, "text": r.text, "words": list(r.words)} for r in change.assessment.reasons
    ]
    edits = change.comparison.edits  # whole blocks: a changed number is read with the sentence it stands in
    return {
        "page": page,
        "seen": int(change.seen.timestamp()),
        "told": int(told.timestamp()) if told else None,
        "tier": change.assessment.tier.value,
        "state": change.assessment.state.value,
        "cluster": change.cluster,
        "added": [edit.new_text for edit in edits if edit.new],
        "removed": [edit.old_text for edit in edits if edit.old],
        "areas": [area.id for area in change.classification.areas],
        "reasons": reasons,
        "summary": dict(change.summary),
        "id": change.id,
    }


def replay_host(folder: Path, found: Sequence[Line]) -> list[Line]:
    """The changes of pages that share a host."""
    return Replay(recorded(folder, page) for page in found).run()


def replay(
    folder: Path,
    out: Path,
    *,
    processes: int = 2,
    progress: Callable[[str], None] = lambda _: None,
    only: str = "",
    limit: int = 0,
) -> int:
    """Replays all pages (whose name contains `only`; at most `limit` of them) into `out`, a JSON line a change; gives
    the number of lines."""
    groups: dict[str, list[Line]] = defaultdict(list)
    chosen = [page for page in pages(folder) if only in page["page"]]
    for page in chosen[: limit or None]:
        groups[_host(page)].append(page)
    weight = {host: sum(_bytes(row) for p in group for row in _rows(p)) for host, group in groups.items()}
    names, count = sorted(groups, key=lambda host: -weight[host]), 0
    heap.give_back()
    classifier.load()  # once, before the processes part
    with ProcessPoolExecutor(processes) as pool, out.open("w", encoding="utf-8") as file:
        work: list[tuple[str, Future[list[Line]]]] = [(h, pool.submit(replay_host, folder, groups[h])) for h in names]
        while work:
            host, future = work.pop(0)
            lines = future.result()
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            count += len(lines)
            progress(f"{host}: {len(lines)} changes, {sum(line['told'] is not None for line in lines)} told")
    return count


def _host(page: Line) -> str:
    """Pages that share a memory; pages without an address share none."""
    urls = page.get("urls") or ()
    return (urlsplit(urls[-1][1]).hostname if urls else None) or str(page["page"])


def _rows(page: Line) -> Sequence[Any]:
    rows: Sequence[Any] = page.get("snapshots") or page.get("revisions") or ()
    return rows


def _bytes(row: Any) -> int:
    return int(row[1] if isinstance(row, list) else row["bytes"])
