"""Recordings through the assessment, with the clock of the recordings: what would have been told, and when.

A folder holds `*/index.jsonl` and, per page, one `.zst` with the bodies one after another; a line of the index names
`page`, `file`, `service` and `snapshots` ([seconds, bytes, …]; histories call them `revisions`). Bodies are streamed,
so that memory holds one snapshot a process.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

from tracker.assess import verdict
from tracker.formats.html import read_html
from tracker.formats.html_parts import plain
from tracker.model import Change, Past, State, Text, Tier

_CLUSTER_WINDOW = timedelta(days=7)
_WINDOW = 2**27  # bytes: the recordings are packed with long-range matching
Line = dict[str, Any]


def pages(folder: Path) -> list[Line]:
    """The index lines of all archives below the folder, each with its `archive`. Raises FileNotFoundError without one."""
    found = []
    for index in sorted(folder.glob("*/index.jsonl")):
        for row in index.read_text(encoding="utf-8").splitlines():
            page = json.loads(row)
            page["archive"] = index.parent.name
            page.setdefault("page", f"{index.parent.name}/{page.get('document', page.get('file', ''))}")
            found.append(page)
    if not found:
        raise FileNotFoundError(f"{folder}: no */index.jsonl, so these are no recordings")
    return found


def snapshots(folder: Path, page: Mapping[str, Any]) -> Iterator[tuple[int, bytes]]:
    """(seconds since the epoch, body) in the order recorded."""
    decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    path = folder / page["archive"] / page["file"]
    with path.open("rb") as raw, decoder.stream_reader(raw) as stream:
        for row in page.get("snapshots") or page.get("revisions") or ():
            taken, length = (row[0], row[1]) if isinstance(row, list) else (row["time"], row["bytes"])
            body = bytearray()
            while len(body) < length:
                piece = stream.read(length - len(body))
                if not piece:
                    raise EOFError(f"{path}: ends before the length its index gives")
                body += piece
            yield int(taken), bytes(body)


def replay_page(folder: Path, page: Mapping[str, Any]) -> list[Line]:
    """The changes of one page, as lines without clusters yet."""
    past, last_body, last_plain, lines = Past(), b"", b"", {}
    for taken, body in snapshots(folder, page):
        now = datetime.fromtimestamp(max(taken, 0), UTC)
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if digest == last_body and past.pending is None:
            continue
        last_body = digest
        shown = plain(body)
        if shown == last_plain and past.pending is None:
            continue
        last_plain = shown
        reading = read_html(body, url=_address(page, taken), structured=False)
        judged = verdict.judge(page["page"], past, reading, now)
        for change in judged.changes:
            lines[change.id] = _line(page["page"], change)
        past = _after(past, judged.text, judged.told, judged.changes, judged.memory, judged.host)
    return list(lines.values())


def _after(
    past: Past, text: Text | None, told: str | None, changes: Iterable[Change],
    memory: Mapping[str, Any], host: Mapping[str, Any],
) -> Past:  # fmt: skip
    """The past of the next visit, as the store would give it back."""
    latest = text or past.latest
    pending = past.pending
    for change in changes:
        if change.assessment.state is State.PENDING:
            pending = change
        elif pending is not None and change.id == pending.id:
            pending = None
    known = past.told
    if told is not None and latest is not None and latest.fingerprint == told:
        known = latest
    return Past(known, latest, memory, host, pending)


def _address(page: Mapping[str, Any], taken: int) -> str:
    url = ""
    for since, address in page.get("urls", ()):
        if not url or since <= taken:
            url = address
    return url


def _line(page: str, change: Change) -> Line:
    told = change.told if change.assessment.tier is Tier.SUBSTANTIVE else None  # what a subscription is told by default
    edits = change.comparison.edits  # whole blocks: a changed number is read with the sentence it stands in
    return {
        "page": page,
        "seen": int(change.seen.timestamp()),
        "told": int(told.timestamp()) if told else None,
        "tier": change.assessment.tier.value,
        "state": change.assessment.state.value,
        "cluster": None,
        "added": [edit.new_text for edit in edits if edit.new],
        "removed": [edit.old_text for edit in edits if edit.old],
        "areas": [area.id for area in change.classification.areas],
        "reasons": [{"step": r.step, "code": r.code, "text": r.text, "words": list(r.words)} for r in change.assessment.reasons],
        "summary": dict(change.summary),
        "keys": list(change.assessment.cluster_keys),
    }  # fmt: skip


def replay_group(folder: Path, group: list[Line]) -> list[Line]:
    """The changes of pages that share a service, in order of time, one edit in several places under one cluster."""
    lines = sorted((line for page in group for line in replay_page(folder, page)), key=lambda line: line["seen"])
    recent: list[tuple[str, str, int]] = []
    for number, line in enumerate(lines):
        keys = line.pop("keys")
        if line["told"] is None or not keys:
            continue
        since = line["told"] - _CLUSTER_WINDOW.total_seconds()
        name = next((name for key, name, at in reversed(recent) if key in keys and at >= since), "")
        line["cluster"] = name or f"{group[0]['archive']}-{group[0].get('service', '')}-{number}"
        recent.extend((key, line["cluster"], line["told"]) for key in keys)
    return lines


def replay(
    folder: Path, out: Path, *, processes: int = 2, progress: Callable[[str], None] = lambda _: None, only: str = ""
) -> int:
    """Replays all pages (whose name contains `only`) into `out`, a JSON line a change; gives the number of lines."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for page in pages(folder):
        if only in page["page"]:
            groups[f"{page['archive']}/{page.get('service', page['page'])}"].append(page)
    weight = {name: -sum(row[1] for p in group for row in p.get("snapshots", ())) for name, group in groups.items()}
    names, count = sorted(groups, key=lambda name: weight[name]), 0
    with ProcessPoolExecutor(processes) as pool, out.open("w", encoding="utf-8") as file:
        work = [pool.submit(replay_group, folder, groups[name]) for name in names]
        for name, future in zip(names, work, strict=True):
            lines = future.result()
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += len(lines)
            progress(f"{name}: {len(lines)} changes, {sum(line['told'] is not None for line in lines)} told")
    return count
