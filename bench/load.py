"""Load: all recordings and all histories into one database, by the pipeline that runs in service.

    python -m bench.load [DATA] --database URL [--minutes 9] [--only recordings|histories] [--group NAME] [--every 1]

DATA is the folder that holds `recordings` and `histories` (default: $TRACKER_TEST_DATA or ../shared). Every snapshot
of the recordings is a visit with the recording's clock, all pages together in order of time, second looks included;
every history goes through `tracker import`'s own way. One process; nobody is alerted; a power cut may cost the file
(`synchronous=OFF`). Stopped after `--minutes`, it goes on where it was when it is begun again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import event, func, select

from tracker import importing, pipeline
from tracker.classify import classifier
from tracker.importing import Entry
from tracker.model import Fetched, Kind, Outcome, Source
from tracker.replay import Recorded, pages, recorded, snapshots
from tracker.store import keeping, tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

TYPES = {"md": "text/markdown", "txt": "text/plain", "xml": "application/xml", "html": "text/html"}
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2100, 1, 1, tzinfo=UTC)


class StoppedError(Exception):
    """The minutes are over."""


class Load:
    """What has been done, and until when there is time. `say` tells it on stderr."""

    def __init__(self, database: Database, minutes: float) -> None:
        self.database, self.records = database, Records(database, consumers=())
        self.classifier = classifier.load()
        self.begun, self.until = time.monotonic(), time.monotonic() + 60 * minutes
        self.visits = 0

    def step(self, what: str) -> None:
        """One visit more. Raises StoppedError."""
        self.visits += 1
        if self.visits % 50 == 0:
            sys.stderr.write(f"\r{self.visits} visits, {time.monotonic() - self.begun:.0f} s  {what[:60]:60}")
            sys.stderr.flush()
        if time.monotonic() > self.until:
            raise StoppedError


# ------------------------------------------------------------------------------------------------- recordings


def page_source(page: dict[str, Any], found: Recorded) -> Source:
    """The recorded page as an entry of a catalogue."""
    title = " – ".join(str(page[name]) for name in ("service", "terms") if page.get(name)) or str(page["page"])
    return replace(
        found.source, id=importing.slug(str(page["page"])), title=title, groups=(page["archive"],),
        jurisdiction=str(page["archive"]).split("-")[-1].upper()[:16], kind=Kind.PAGE,
    )  # fmt: skip


def load_recordings(load: Load, folder: Path, every: int) -> None:
    """All pages together in order of time, as a service sees them."""
    chosen = pages(folder)[::every]
    found: dict[str, tuple[Source, Recorded]] = {}
    for page in chosen:
        one = recorded(folder, page)
        source = page_source(page, one)
        found[source.id] = (source, one)
    load.records.sync_catalogue([source for source, _one in found.values()], EARLIEST)
    visits = sorted((taken, name, body) for name, (_source, one) in found.items() for taken, body in one.visits)
    looked = _looked(load.database, found)
    seen: dict[str, int] = {}
    due: dict[str, float] = {}
    for taken, name, body in visits:
        if taken <= looked.get(name, -1):
            seen[name] = body
            continue
        if name in looked and name not in due:
            _wait(load, name, float(looked[name]), due)
        for late, page_id in sorted((when, page_id) for page_id, when in due.items() if when <= taken):
            _look(load, *found[page_id], late, seen[page_id], due)
        seen[name] = body
        _look(load, *found[name], taken, body, due)
    while due:  # second looks after the last recording: the page stays as it was
        when, name = min((when, name) for name, when in due.items())
        _look(load, *found[name], when, seen[name], due)


def _looked(database: Database, found: dict[str, tuple[Source, Recorded]]) -> dict[str, float]:
    """When each page was looked at last, in seconds since the epoch."""
    with database.read() as session:
        rows = session.execute(select(tables.Source.id, tables.Source.last_check_at)).all()
    return {row[0]: row[1].timestamp() for row in rows if row[0] in found and row[1] is not None}


def _look(load: Load, source: Source, page: Recorded, at: float, position: int, due: dict[str, float]) -> None:
    now = datetime.fromtimestamp(at, UTC)
    body = zstandard.ZstdDecompressor().decompress(page.bodies[position])
    fetched = Fetched(
        Outcome.OK, "recorded", source.url, now, now, final_url=source.url, status=200, body=body,
        media_type=page.media_type,
    )  # fmt: skip
    state = load.records.state(source.id)
    visited = pipeline.derive(source, fetched, state, load.records, load.classifier, now)
    load.records.record(visited)
    due.pop(source.id, None)
    if state.pending or visited.documents:
        _wait(load, source.id, at, due)
    load.step(source.id)


def _wait(load: Load, name: str, at: float, due: dict[str, float]) -> None:
    waiting = load.records.past(name, "").pending
    if waiting is not None and waiting.confirm_at is not None:
        due[name] = max(waiting.confirm_at.timestamp(), at + 1)


# -------------------------------------------------------------------------------------------------- histories


def entries(folder: Path, page: dict[str, Any]) -> Iterator[Entry]:
    """A history's revisions; moments go up, whatever the record's clock said."""
    name, path = str(page["page"]), str(page.get("path", ""))
    ending = path.rsplit(".", 1)[-1]
    last = EARLIEST
    for seconds, body in snapshots(folder, page):
        at = last = max(datetime.fromtimestamp(max(seconds, 0), UTC), last + timedelta(seconds=1))
        yield Entry(
            importing.slug(name), name, f"https://history.example/{importing.slug(name)}.{ending}", at, body, name,
            TYPES.get(ending, ""),
        )  # fmt: skip


def load_histories(load: Load, folder: Path, every: int, group: str) -> int:
    """Each document's revisions by `tracker import`; gives the number of entries that were not taken."""
    chosen = [page for page in pages(folder) if group in page["archive"]][::every]
    sources = [
        Source(
            id=importing.slug(str(page["page"])), url=f"https://history.example/{importing.slug(str(page['page']))}",
            title=str(page.get("title") or page["page"]), language=str(page.get("language", "")),
            jurisdiction=str(page["archive"]).split("-")[0].upper()[:16], groups=(page["archive"],),
        )
        for page in chosen
    ]  # fmt: skip
    with load.database.write() as session:  # beside what the catalogue has already
        from tracker.store import writing

        for source in sources:
            if session.get(tables.Source, source.id) is None:
                session.add(writing.source_row(source, EARLIEST))
    bad = 0
    for page in chosen:
        taken = asyncio.run(
            importing.take(
                entries(folder, page), load.database, load.classifier, now=END,
                progress=partial(_step, load, str(page["page"])),
            )
        )  # fmt: skip
        bad += len(taken.bad)
        for one in taken.bad[:1]:
            sys.stderr.write(f"\n{one.name}: {one.why} ({len(taken.bad)} such)\n")
    return bad


def _step(load: Load, name: str, _taken: importing.Taken) -> None:
    load.step(name)


# ------------------------------------------------------------------------------------------------------- main


def main() -> None:
    """Loads, and prints how large it has become."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=os.environ.get("TRACKER_TEST_DATA", "../shared"), type=Path)
    parser.add_argument("--database", required=True)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--only", choices=("recordings", "histories"), default="")
    parser.add_argument("--group", default="", help="only histories of this group")
    parser.add_argument("--every", type=int, default=1, help="every n-th page and document")
    given = parser.parse_args()
    database = Database(given.database)
    if database.sqlite:
        event.listen(database.engine, "connect", lambda made, _: made.execute("PRAGMA synchronous=OFF"))
    migrate(database)
    load, done = Load(database, given.minutes), "finished"
    try:
        if given.only != "histories":
            load_recordings(load, given.data / "recordings", given.every)
        if given.only != "recordings":
            load_histories(load, given.data / "histories", given.every, given.group)
    except StoppedError:
        done = f"stopped after {given.minutes:g} minutes; begin it again to go on"
    sys.stderr.write("\n")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{done}: {load.visits} visits, {time.monotonic() - load.begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s "
          f"of processor, {used.ru_maxrss / 1024:.0f} MB at most")  # fmt: skip
    print(f"{database.url.get_backend_name()}: " + report(database))
    database.dispose()


def report(database: Database) -> str:
    """Rows and bytes."""
    of = (tables.Source, tables.Document, tables.Check, tables.Version, tables.Passage, tables.Change, tables.Edit)
    with database.read() as session:
        rows = {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in of}
    size = keeping.size(database)
    parts = ", ".join(f"{number:,} {name}s" for name, number in rows.items())
    return f"{parts}; {size / 1e6:,.0f} MB, {size / max(1, rows['version']):,.0f} bytes a version"


if __name__ == "__main__":
    main()
