"""The database against its size: what each question takes with 2,000, 20,000, 200,000 versions, and how it grows.

    python -m bench.store [--versions 2000,20000,200000] [--database URL] [--repeat 15] [--keep FILE]

Data is generated (seeded): a document a source, twenty versions each, a change a version, passages that stand or went,
one document in ten Chinese. The growth's exponent is that of time over versions from the smallest to the largest: 0 is
a question that does not feel the size, 1 one that reads everything. With --database, the address of an empty PostgreSQL
database (it is emptied between the sizes).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from tracker import model, pipeline
from tracker.store import chain, checkpoint, codec, keeping, proof, queries, queries_web, search, tables
from tracker.store import migrate as migrations
from tracker.store.queries import ChangeFilter
from tracker.store.records import Records
from tracker.store.session import Database

START = datetime(2025, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=400)
EACH = 20  # versions of a document
BLOCKS = 30
AREAS = [f"area-{n}" for n in range(13)]
PLACES = ["EU", "FR", "US", "CN", "UN", "OECD", "GB", "JP"]
RARE = "quokka"
HAN = "人工智能系统数据安全治理标准风险评估监管服务提供者应当公开透明算法备案"


class Words:
    """Sentences of words as frequent as words are (Zipf)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._words = [f"{rng.choice('bcdfglmprst')}{rng.choice('aeiou')}{n:x}" for n in range(8000)]
        self._weights = [1 / (n + 1) for n in range(8000)]

    def sentence(self, *, chinese: bool) -> str:
        if chinese:
            return "".join(self._rng.choice(HAN) for _ in range(self._rng.randint(15, 40))) + "。"
        said = self._rng.choices(self._words, self._weights, k=self._rng.randint(10, 24))
        return " ".join(said).capitalize() + "."


def fill(database: Database, versions: int, rng: random.Random) -> None:
    """Puts generated history into an empty database."""
    words = Words(rng)
    rows: dict[Any, list[dict[str, Any]]] = {}
    numbers = {"version": 0, "event": 0}
    documents = max(1, versions // EACH)
    for document in range(1, documents + 1):
        for table, row in _document(document, words, rng, numbers):
            rows.setdefault(table, []).append(row)
        if document % 100 == 0 or document == documents:
            with database.write() as session:
                for table in _ORDER:
                    if rows.get(table):
                        session.execute(insert(table), rows[table])
            rows = {}
            sys.stderr.write(f"\r{numbers['version']} of {versions} versions")
    sys.stderr.write("\n")
    if not database.sqlite:
        with database.write() as session:
            for name in ("document", "version", "passage", "edit", "evidence", "event"):
                newest = f"(SELECT max(id) FROM {name})"
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}','id'), {newest})"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


_ORDER = (
    tables.Source, tables.Document, tables.Body, tables.Check, tables.Version, tables.Passage, tables.Change,
    tables.Edit, tables.ChangeArea, tables.Evidence, tables.Event,
)  # fmt: skip


def _document(number: int, words: Words, rng: random.Random, numbers: dict[str, int]) -> Iterator[tuple[Any, Any]]:
    chinese, name = number % 10 == 0, f"source-{number}"
    language, url = "zh" if chinese else "en", f"https://host-{number % 500}.example/{name}"
    source = model.Source(id=name, url=url, title=f"Text {number}", schedule="6h", language=language)
    yield tables.Source, {
        "id": name, "title": source.title, "url": url, "host": f"host-{number % 500}.example", "language": language,
        "jurisdiction": PLACES[number % 8], "config": codec.source_plain(source), "groups": [], "areas": [],
        "schedule": "6h", "active": True, "health": "failing" if number % 50 == 0 else "ok", "created_at": START,
        "next_check_at": NOW + timedelta(minutes=number % 360 - 30), "last_check_at": NOW, "last_ok_at": NOW,
        "last_outcome": "ok",
    }  # fmt: skip
    yield tables.Document, {
        "id": number, "source_id": name, "key": "", "title": source.title, "url": url, "language": language,
        "kind": "html", "first_seen_at": START, "last_seen_at": NOW, "latest_version": EACH, "told_version": EACH,
        "kept_versions": EACH,
    }  # fmt: skip
    texts = [words.sentence(chinese=chinese) for _ in range(BLOCKS)]
    if number % 1000 == 7:
        texts[0] += f" {RARE}"
    stands = {at: (said, 1, START) for at, said in enumerate(texts)}
    before, passages = "", []
    for version in range(1, EACH + 1):
        at = START + timedelta(days=version * 19, minutes=number)
        old = list(texts)
        if version > 1:
            place = rng.randrange(BLOCKS)
            passages.append(_passage(number, stands[place], version - 1, at))
            texts[place] = words.sentence(chinese=chinese)
            stands[place] = (texts[place], version, at)
        numbers["version"] += 1
        made, rows = _version(number, name, version, at, texts, before, numbers["version"], language)
        yield from rows
        if version > 1:
            yield from _change(number, name, at, (old[place], texts[place]), place, (before, made), numbers, rng)
        before = made
    passages.extend(_passage(number, said, None, None) for said in stands.values())
    for passage in passages:
        yield tables.Passage, passage


def _passage(
    document: int, stood: tuple[str, int, datetime], last: int | None, gone: datetime | None
) -> dict[str, Any]:
    said, first, at = stood
    return {
        "document_id": document, "digest": hashlib.sha256(said.encode()).hexdigest()[:32], "eid": "", "text": said,
        "words": search.segment(said), "first_version": first, "last_version": last, "first_at": at, "gone_at": gone,
    }  # fmt: skip


def _version(
    document: int, source: str, number: int, at: datetime, texts: list[str], before: str, version_id: int, language: str
) -> tuple[str, list[tuple[Any, Any]]]:
    blocks = [model.Block(said, path=f"Article {n}", eid=f"art_{n}") for n, said in enumerate(texts, 1)]
    data = json.dumps(codec.blocks_plain(blocks), ensure_ascii=False, separators=(",", ":")).encode()
    body = "".join(f"<p>{said}</p>" for said in texts).encode()
    row = tables.Version(
        id=version_id, document_id=document, number=number, body_hash=hashlib.sha256(body).hexdigest(),
        fingerprint=hashlib.sha256(data).hexdigest(), title=f"Text {document}", language=language,
        text="\n".join(texts), seen_at=at, technical=False,
    )  # fmt: skip
    link = chain.link(before, source, "", row, data)
    check = hashlib.sha256(f"{source}/{number}".encode()).hexdigest()[:32]
    plain = {name: getattr(row, name) for name in ("id", "document_id", "number", "body_hash", "fingerprint", "title",
                                                   "language", "text", "seen_at", "technical")}  # fmt: skip
    plain |= {"blocks": codec.pack(data), "chain": link, "check_id": check}
    return link, [
        (tables.Body, {"hash": row.body_hash, "media_type": "text/html", "charset": "utf-8", "size": len(body),
                       "data": codec.pack(body), "created_at": at}),
        (tables.Check, {"id": check, "source_id": source, "started_at": at, "finished_at": at, "outcome": "ok",
                        "reason": "1 change, 1 told", "url": source, "status": 200, "bytes": len(body), "changes": 1}),
        (tables.Version, plain),
    ]  # fmt: skip


def _change(
    document: int, source: str, at: datetime, said: tuple[str, str], place: int, chains: tuple[str, str],
    numbers: dict[str, int], rng: random.Random,
) -> Iterator[tuple[Any, Any]]:  # fmt: skip
    change_id = hashlib.sha256(f"{source}/{at}".encode()).hexdigest()[:32]
    told = rng.random() < 0.5
    version, due = numbers["version"], (NOW + timedelta(days=document % 700)).date().isoformat()
    row = tables.Change(
        id=change_id, source_id=source, document_id=document, old_version_id=version - 1, new_version_id=version,
        seen_at=at, told_at=at if told else None, tier="substantive" if told else "noise",
        state="told" if told else "silent", confidence=0.9, recorded_at=at, main_area=AREAS[document % 13],
        reasons=[{"step": "meaning", "code": "duty", "text": "a duty changed", "words": ["shall"]}],
        summary={"en": "a duty changed"}, headline={"en": "a duty changed"}, references_=[], language="en",
        deadlines=[{"text": "by then", "kind": "deadline", "date": due,
                    "period": "", "governs": "", "edit": 0, "side": "new"}] if document % 20 == 0 and told else [],
        cluster=None, cluster_keys=[], technical=False,
    )  # fmt: skip
    edit = tables.Edit(
        change_id=change_id, position=0, kind="replace", path=f"Article {place + 1}", eid=f"art_{place + 1}",
        old_path="", old_at=place, new_at=place, old_count=1, new_count=1, old_text=said[0], new_text=said[1],
        spans=[["-", said[0]], ["+", said[1]]],
    )  # fmt: skip
    area = tables.ChangeArea(change_id=change_id, kind="area", area=AREAS[document % 13], score=0.8, main=True)
    word = tables.Evidence(change_id=change_id, area=area.area, edit_position=0, side="new", start=0, end=4, weight=0.5,
                           words=said[1][:4])  # fmt: skip
    row.seal = chain.seal_of(row, chains, [edit], [area], [word])
    numbers["event"] += 1
    for table, value in ((tables.Change, row), (tables.Edit, edit), (tables.ChangeArea, area), (tables.Evidence, word)):
        plain = {c.key: getattr(value, c.key) for c in table.__mapper__.column_attrs if c.key != "id"}
        yield table, plain | ({"id": change_id} if table is tables.Change else {})
    if told:
        yield tables.Event, {"uid": f"{numbers['event']:036d}", "type": "change.told", "at": at, "source_id": source,
                             "document_id": document, "change_id": change_id, "data": {}}  # fmt: skip


# ------------------------------------------------------------------------------------------------- questions


def questions(database: Database, documents: int, rng: random.Random) -> dict[str, Callable[[], object]]:
    """What the service, the web and commands ask, one run each."""
    records = Records(database)

    def some() -> int:
        return rng.randint(1, documents)

    def reading(ask: Callable[[Any], object]) -> Callable[[], object]:
        def run() -> object:
            with database.read() as session:
                return ask(session)

        return run

    def change_ids() -> list[str]:
        with database.read() as session:
            return list(session.scalars(select(tables.Change.id).limit(500)))

    changes = change_ids()
    week = NOW - timedelta(days=40)
    told = ChangeFilter(states=("told",))
    return {
        "dispatch: claim 50": lambda: records.claim_due(NOW, 50, "bench", lease=0),
        "check: state and past": lambda: (records.state(f"source-{(n := some())}"), records.past(f"source-{n}", "")),
        "check: clusters of a week": lambda: records.clusters(NOW - timedelta(days=7)),
        "check: record nothing new": lambda: records.record(_visit(some(), None)),
        "check: record a change": lambda: records.record(_visit(some(), rng)),
        "web: overview's lists": reading(lambda s: (
            queries.list_changes(s, told, limit=8), queries.changes_since(s, week, told),
            queries.sources(s, health="failing"), queries_web.standing(s),
        )),
        "web: heat map of a year": reading(lambda s: queries.areas_by_month(s, since=NOW - timedelta(days=365))),
        "web: areas by jurisdiction": reading(
            lambda s: queries.areas_by_jurisdiction(s, since=NOW - timedelta(days=365))
        ),
        "web: dates ahead": reading(lambda s: queries.deadlines_ahead(s, NOW.date(), limit=10)),
        "web: changes, newest": reading(lambda s: queries.list_changes(s, limit=50)),
        "web: changes of an area": reading(
            lambda s: queries.list_changes(s, ChangeFilter(areas=("area-3",)), limit=50)
        ),
        "web: changes of a jurisdiction": reading(
            lambda s: queries.list_changes(s, ChangeFilter(jurisdictions=("FR",), tiers=("substantive",)), limit=50)
        ),
        "web: changes with words": reading(lambda s: queries.list_changes(s, ChangeFilter(words=RARE), limit=50)),
        "web: silenced": reading(lambda s: queries.silenced(s, limit=50)),
        "web: one change": reading(lambda s: queries.change_detail(s, rng.choice(changes))),
        "web: a document's versions": reading(lambda s: queries.timeline(s, some())),
        "web: text of a day": reading(
            lambda s: queries.version_at(s, some(), START + timedelta(days=rng.randint(20, 380)))
        ),
        "web: blame": reading(lambda s: queries.blame(s, some())),
        "web: sources": reading(lambda s: queries.sources(s)),
        "web: checks' log": reading(lambda s: queries.checks(s, limit=100)),
        "web: counts": reading(lambda s: queries.counts(s)),
        "search: a rare word": reading(lambda s: search.search(s, RARE)),
        "search: a common word": reading(lambda s: search.search(s, "pa0 sa1")),
        "search: a phrase": reading(lambda s: search.search(s, '"a b"')),
        "search: two characters": reading(lambda s: search.search(s, "算法")),
        "proof: the root of all": reading(lambda s: checkpoint.since(s, None, 2**40, NOW).root),
    }  # fmt: skip


def _visit(number: int, rng: random.Random | None) -> pipeline.Visited:
    """A visit of a generated source: nothing new, or a text nobody saw."""
    now = NOW + timedelta(microseconds=random.randrange(10**9))
    name = f"source-{number}"
    source = model.Source(id=name, url=f"https://host-{number % 500}.example/{name}", title=f"Text {number}")
    fetched = model.Fetched(model.Outcome.OK, "", source.url, now, now, status=200, body=str(now).encode())
    digest, documents = hashlib.sha256(fetched.body).hexdigest(), ()
    if rng is not None:
        texts = tuple(model.Block(f"Sentence {n} of {now}.", eid=f"art_{n}") for n in range(BLOCKS))
        made = model.Text(hashlib.sha256(str(now).encode()).hexdigest(), texts, source.title, "en")
        edit = model.Edit(model.EditKind.REPLACE, texts[:1], texts[:1], spans=(("-", "a"), ("+", "b")))
        change = model.Change(
            id=digest[:32], old="", new=made.fingerprint, seen=now, comparison=model.Comparison((edit,)),
            assessment=model.Assessment(model.Tier.SUBSTANTIVE, model.State.TOLD), told=now,
            classification=model.Classification("en", (model.AreaScore("area-1", 0.9),), "area-1"),
        )  # fmt: skip
        judged = model.Judged(text=made, changes=(change,), told=made.fingerprint, memory={"n": 1})
        documents = (pipeline.DocumentVisit("", source.title, source.url, "en", "html", None, judged, digest),)
    return pipeline.Visited(
        hashlib.sha256(f"{name}{now}".encode()).hexdigest()[:32], source, now, fetched, model.Outcome.OK, "",
        model.Health.OK, 0, digest, {digest: fetched}, ("",), documents,
    )  # fmt: skip


def measured(ask: Callable[[], object], repeat: int) -> tuple[float, float, float]:
    """(median, worst, median of this process's CPU) milliseconds; the first run warms up. SQLite works in this process:
    its CPU time is what a machine that others share does not blur."""
    ask()
    times, cpu = [], []
    for _ in range(repeat):
        started, worked = time.perf_counter(), time.process_time()
        ask()
        times.append((time.perf_counter() - started) * 1e3)
        cpu.append((time.process_time() - worked) * 1e3)
    return statistics.median(times), max(times), statistics.median(cpu)


def main() -> None:
    """The figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", default="2000,20000,200000")
    parser.add_argument("--database", default="")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--keep", default="", help="SQLite file to keep the largest database in")
    given = parser.parse_args()
    sizes = [int(size) for size in given.versions.split(",")]
    results: dict[str, list[tuple[float, float, float]]] = {}
    notes = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="tracker-store-") as scratch:
            keep = given.keep if size == sizes[-1] else ""
            database = Database(given.database or f"sqlite:///{keep or scratch + '/store.db'}")
            if not database.sqlite and migrations.current(database):
                migrations.downgrade(database)
            migrations.migrate(database)
            rng = random.Random(7)
            started = time.perf_counter()
            fill(database, size, rng)
            filled = time.perf_counter() - started
            notes.append(f"{size} versions: {keeping.size(database) / 1e6:.0f} MB, "
                         f"{keeping.size(database) / size:.0f} bytes a version, filled in {filled:.0f} s")  # fmt: skip
            for name, ask in questions(database, size // EACH, rng).items():
                results.setdefault(name, []).append(measured(ask, given.repeat))
                sys.stderr.write(f"{size} {name}: {results[name][-1][0]:.1f} ms\n")
            with database.read() as session:
                started = time.perf_counter()
                verified = proof.verify(session)
                notes.append(f"  verify: {verified.versions} versions and {verified.changes} changes in "
                             f"{time.perf_counter() - started:.1f} s, {len(verified.problems)} problems")  # fmt: skip
            database.dispose()
    report("PostgreSQL" if given.database else "SQLite", sizes, results, notes)


def report(kind: str, sizes: list[int], results: dict[str, list[tuple[float, float, float]]], notes: list[str]) -> None:
    """Prints it."""
    at = 2 if kind == "SQLite" else 0
    print(f"{kind}; milliseconds, median (worst; CPU of this process) of each size, and the growth's exponent"
          f" ({'of CPU' if at else 'of the median'})")  # fmt: skip
    print(f"{'':32}" + "".join(f"{size:>27,}" for size in sizes) + f"{'exponent':>10}")
    for name, times in results.items():
        exponent = (
            math.log(max(times[-1][at], 0.01) / max(times[0][at], 0.01)) / math.log(sizes[-1] / sizes[0])
            if len(sizes) > 1
            else 0.0
        )
        print(f"{name:32}" + "".join(f"{m:9.1f} ({w:7.1f};{c:7.1f})" for m, w, c in times) + f"{exponent:10.2f}")
    print("\n".join(notes))


if __name__ == "__main__":
    main()
