"""History: is the text at revision N, as the database gives it, the text that was read from revision N? For all of
them, by number and by date; and is blame right?

    python -m bench.history [DATA] [--every 1] [--start 1] [--group NAME] [--most BYTES] [--database URL]
        [--through store|pipeline]

DATA is the folder that holds `histories` (default: $TRACKER_TEST_DATA or ../shared). `store` records every revision
that reads otherwise than the one before; `pipeline` sends each through a visit, so that what is judged a glitch is not
kept (and is counted). By the store, each version is also asked of the API, and blame is checked at every version (at
the last and the middle one with `--blame ends`) against a second one, made backwards from the texts alone.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from starlette.testclient import TestClient

from tracker import importing, pipeline
from tracker.classify import classifier
from tracker.formats.errors import Unreadable
from tracker.importing import Entry
from tracker.model import Accounting, Block, Fetched, Health, Judged, Outcome, Source, Text
from tracker.replay import pages, snapshots
from tracker.settings import Settings
from tracker.store import keeping, proof, queries, tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.text.canonical import fingerprint
from tracker.web.app import create_app

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
TYPES = {"md": "text/markdown", "txt": "text/plain", "xml": "application/xml", "html": "text/html"}


@dataclass
class Figures:
    """What was counted."""

    documents: int = 0
    revisions: int = 0
    unreadable: int = 0
    versions: int = 0
    same_by_number: int = 0
    same_by_date: int = 0
    letter_for_letter: int = 0
    not_kept: int = 0
    paragraphs: int = 0
    blamed_right: int = 0
    blamed: int = 0
    api_asked: int = 0
    by_api: int = 0
    received: int = 0
    reading: float = 0.0
    writing: float = 0.0
    asking: list[float] = field(default_factory=list)


def revisions(folder: Path, page: dict[str, object], source: Source) -> Iterator[tuple[datetime, bytes, Text | None]]:
    """Each revision's moment, body and text as read; moments go up, whatever the record's clock said."""
    last = FIRST
    for seconds, body in snapshots(folder, page):
        at = max(datetime.fromtimestamp(max(seconds, 0), UTC), last + timedelta(seconds=1))
        last = at
        try:
            reading = pipeline.read(source, answer(source, at, body))
        except Unreadable:
            yield at, body, None
            continue
        yield at, body, Text(fingerprint(reading.blocks), reading.blocks, reading.title, reading.language)


def answer(source: Source, at: datetime, body: bytes) -> Fetched:
    """The answer that brought a body."""
    media_type = TYPES.get(source.question, "")
    return Fetched(
        Outcome.OK, "", source.url, at, at, final_url=source.url, status=200, body=body, media_type=media_type,
        charset="utf-8",
    )  # fmt: skip


def record(records: Records, source: Source, at: datetime, body: bytes, text: Text) -> None:
    """Keeps a text without judging it."""
    digest = hashlib.sha256(body).hexdigest()
    fetched = answer(source, at, body)
    document = pipeline.DocumentVisit(
        key="", title=text.title, url=source.url, language=text.language, kind="", published=None,
        judged=Judged(text=text, told=text.fingerprint), body=digest, accounting=Accounting(1, 1.0),
    )  # fmt: skip
    records.record(
        pipeline.Visited(
            check=hashlib.sha256(f"{source.id}{at}".encode()).hexdigest()[:32], source=source, now=at, fetched=fetched,
            outcome=Outcome.OK, reason="", health=Health.OK, failures=0, body=digest, bodies={digest: fetched},
            seen=("",), documents=(document,),
        )
    )  # fmt: skip


def told_by(texts: Sequence[tuple[Block, ...]], counts: Sequence[Counter[str]]) -> list[int]:
    """For each block of the last text, the version (from 1) since which it stands: backwards, text by text, the n-th
    of equal blocks as long as there are n of them. `counts` are those of the texts' blocks."""
    seen: Counter[str] = Counter()
    out = []
    for block in texts[-1]:
        seen[block.text] += 1
        since = len(texts)
        while since > 1 and counts[since - 2][block.text] >= seen[block.text]:
            since -= 1
        out.append(since)
    return out


def one(
    database: Database, client: TestClient, folder: Path, page: dict[str, object], figures: Figures, through: str,
    blame: str,
) -> None:  # fmt: skip
    """One document: all its revisions in, then all of them asked for."""
    name = str(page["page"])
    path = str(page.get("path", ""))
    source = Source(
        id=importing.slug(name), url=f"https://history.example/{importing.slug(name)}.{path.rsplit('.', 1)[-1]}",
        title=name, language=str(page.get("language", "")), question=path.rsplit(".", 1)[-1],
    )  # fmt: skip
    records = Records(database, consumers=())
    kept: list[tuple[datetime, Text]] = []
    entries: list[Entry] = []
    started = time.perf_counter()
    for at, body, text in revisions(folder, page, source):
        figures.revisions += 1
        figures.received += len(body)
        figures.reading += time.perf_counter() - started
        if text is None:
            figures.unreadable += 1
        else:
            kept.append((at, text))
            started = time.perf_counter()
            if through == "store":
                record(records, source, at, body, text)
            else:
                entries.append(Entry(source.id, name, source.url, at, body, name, TYPES.get(source.question, "")))
            figures.writing += time.perf_counter() - started
        started = time.perf_counter()
    if entries:
        asyncio.run(importing.take(entries, database, classifier.load(), now=datetime(2100, 1, 1, tzinfo=UTC)))
        figures.writing += time.perf_counter() - started
    figures.documents += 1
    versions = ask(database, source, kept, figures, through)
    if through == "store" and versions:
        ask_api(client, database, source, versions, figures)
        ask_blame(database, source, versions, figures, blame)


def ask_api(
    client: TestClient, database: Database, source: Source, versions: list[tuple[Block, ...]], figures: Figures
) -> None:
    """Compares what the API answers with what was read."""
    with database.read() as session:
        document = queries.document_of(session, source.id)
    for number, blocks in enumerate(versions, 1):
        said = client.get(f"/api/v1/documents/{document.id if document else 0}/versions/{number}").json()
        texts = [block.text for block in blocks]
        figures.by_api += [block["text"] for block in said["blocks"]] == texts and said["text"] == "\n".join(texts)
        figures.api_asked += 1


def ask_blame(
    database: Database, source: Source, versions: list[tuple[Block, ...]], figures: Figures, which: str
) -> None:
    """Compares blame with another way to it."""
    counts = [Counter(block.text for block in blocks) for blocks in versions]
    chosen = range(1, len(versions) + 1) if which == "all" else sorted({len(versions), len(versions) // 2} - {0})
    with database.read() as session:
        document = queries.document_of(session, source.id)
        for upto in chosen:
            lines = queries.blame(session, document.id if document else 0, number=upto)
            right_ones = told_by(versions[:upto], counts)
            figures.blamed += 1
            figures.paragraphs += len(right_ones)
            figures.blamed_right += sum(line.version == since for line, since in zip(lines, right_ones, strict=True))


def ask(
    database: Database, source: Source, kept: list[tuple[datetime, Text]], figures: Figures, through: str
) -> list[tuple[Block, ...]]:
    """Compares what the database says with what was read; gives the versions' blocks."""
    versions: list[tuple[Block, ...]] = []
    with database.read() as session:
        document = queries.document_of(session, source.id)
        if document is None:
            figures.not_kept += len(kept)
            return []
        number, last = 0, ""
        for at, text in kept:
            started = time.perf_counter()
            by_date = queries.version_at(session, document.id, at)
            blocks = queries.version_blocks(by_date) if by_date else ()
            figures.asking.append(time.perf_counter() - started)
            right = by_date is not None and by_date.fingerprint == text.fingerprint == fingerprint(blocks)
            if not right and through == "pipeline":
                figures.not_kept += 1
                continue
            figures.same_by_date += right
            if text.fingerprint != last:
                number, last = number + 1, text.fingerprint
                versions.append(text.blocks)
            if through == "store":
                by_number = queries.version_number(session, document.id, number)
                figures.same_by_number += by_number is not None and by_number.fingerprint == text.fingerprint
            figures.letter_for_letter += [b.text for b in blocks] == [b.text for b in text.blocks]
        figures.versions += document.versions
    return versions


def main() -> None:
    """The figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=os.environ.get("TRACKER_TEST_DATA", "../shared"), type=Path)
    parser.add_argument("--every", type=int, default=1, help="every n-th document")
    parser.add_argument("--group", default="", help="only this group")
    parser.add_argument("--start", type=int, default=1, help="begin with the n-th document: where another run stopped")
    parser.add_argument("--most", type=int, default=10**12, help="leave documents out whose revisions have more bytes")
    parser.add_argument("--database", default="", help="left out: SQLite in a folder that is deleted afterwards")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so many and print what there is")
    parser.add_argument("--blame", choices=("all", "ends"), default="ends")
    parser.add_argument("--through", choices=("store", "pipeline"), default="store")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracker-history-") as scratch:
        database = Database(given.database or f"sqlite:///{scratch}/history.db")
        migrate(database)
        app = create_app(database, Settings(_env_file=None, data=Path(scratch)))  # type: ignore[call-arg] # pydantic-settings takes it
        client = TestClient(app, base_url="http://127.0.0.1")
        folder = given.data / "histories"
        chosen = [
            page for page in pages(folder)
            if given.group in page["archive"] and sum(row[1] for row in page["revisions"]) <= given.most
        ][given.start - 1 :: given.every]  # fmt: skip
        figures = Figures()
        until = time.monotonic() + 60 * given.minutes
        for place, page in enumerate(chosen, 1):
            if time.monotonic() > until:
                print(f"stopped after {given.minutes:g} minutes, {place - 1} of {len(chosen)} documents")
                break
            one(database, client, folder, page, figures, given.through, given.blame)
            sys.stderr.write(f"\r{place}/{len(chosen)} {page['page'][:60]:60}")
            sys.stderr.flush()
        sys.stderr.write("\n")
        report(database, figures, given.through)
        database.dispose()


def report(database: Database, figures: Figures, through: str) -> None:
    """Prints it."""
    read = figures.revisions - figures.unreadable
    asked = sorted(figures.asking)
    size = keeping.size(database)
    started = time.perf_counter()
    with database.read() as session:
        verified = proof.verify(session)
        parts = {
            "text": session.scalar(select(func.sum(func.length(tables.Version.text)))),
            "blocks": session.scalar(select(func.sum(func.length(tables.Version.blocks)))),
            "bodies": session.scalar(select(func.sum(func.length(tables.Body.data)))),
            "search": session.scalar(select(func.sum(func.length(tables.Passage.text)))),
        }
    verifying = time.perf_counter() - started
    print(f"histories through the {through}, {'SQLite' if database.sqlite else 'PostgreSQL'}")
    print(f"{figures.documents} documents, {figures.revisions} revisions ({figures.unreadable} unreadable), "
          f"{figures.versions} versions kept, {figures.received / 1e6:.1f} MB received")  # fmt: skip
    print(f"text at a revision's date is the text read from it: {figures.same_by_date} of {read}"
          + (f"; by number: {figures.same_by_number} of {read}" if through == "store" else
             f"; judged no document and not kept, or another one stood: {figures.not_kept}"))  # fmt: skip
    print(f"  letter for letter (others differ in what canonical text folds): {figures.letter_for_letter}")
    print(f"text of a version by the API, block by block: {figures.by_api} of {figures.api_asked}")
    print(f"blame: {figures.blamed_right} of {figures.paragraphs} paragraphs of {figures.blamed} versions")
    print(f"size {size / 1e6:.1f} MB: {size / max(1, figures.versions):.0f} bytes a version; "
          f"{size / max(1, figures.received):.3f} of what was received")  # fmt: skip
    print("  of it, by columns: " + ", ".join(f"{name} {(value or 0) / 1e6:.1f} MB" for name, value in parts.items()))
    print(f"asking: median {asked[len(asked) // 2] * 1e3:.1f} ms, worst {asked[-1] * 1e3:.1f} ms; "
          f"reading {figures.reading:.1f} s, writing {figures.writing:.1f} s "
          f"({figures.writing / max(1, figures.versions) * 1e3:.1f} ms a version)")  # fmt: skip
    print(f"verify: {len(verified.problems)} problems in {verified.versions} versions, {verifying:.1f} s")
    for problem in verified.problems[:5]:
        print(f"  {problem.where}: {problem.what}")


if __name__ == "__main__":
    main()
