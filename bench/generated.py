"""A generated history of any size: what bench/store.py asks its questions of.

Seeded. A document a source, twenty versions each and a change a version, with passages that stand or went, dates ahead,
two checks without news for each that had some, an alert and its delivery for each told change; one document in ten is
Chinese. Chain and seals are valid: `tracker verify` walks it without a problem.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from psycopg.types.json import Json
from sqlalchemy import insert

from alerts import roster
from tracker import model
from tracker.classify import taxonomy
from tracker.store import chain, codec, search, tables
from tracker.store.session import Database

START = datetime(2025, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=400)
EACH = 20  # versions of a document
BLOCKS = 30
READERS = 1000  # subscriptions
AREAS = [area.id for area in taxonomy.load().areas]
PLACES = ["EU", "FR", "US", "CN", "UN", "OECD", "GB", "JP"]
RARE = "quokka"
SEED = 7
HAN = "人工智能系统数据安全治理标准风险评估监管服务提供者应当公开透明算法备案"


class Words:
    """Sentences of words as frequent as words are (Zipf)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.all = [f"{rng.choice('bcdfglmprst')}{rng.choice('aeiou')}{n:x}" for n in range(8000)]
        self._weights = list(itertools.accumulate(1 / (n + 1) for n in range(8000)))

    def sentence(self, *, chinese: bool) -> str:
        if chinese:
            return "".join(self._rng.choice(HAN) for _ in range(self._rng.randint(15, 40))) + "。"
        said = self._rng.choices(self.all, cum_weights=self._weights, k=self._rng.randint(10, 24))
        return " ".join(said).capitalize() + "."


def fill(database: Database, versions: int, *, seed: int = SEED) -> None:
    """Puts generated history into an empty, migrated database, the search indexes at the end; PostgreSQL takes it by
    COPY."""
    rng = random.Random(seed)
    words, documents = Words(rng), max(1, versions // EACH)
    with database.write() as session:
        for subscription in _readers(rng):
            roster.keep(session, subscription, START, origin="command")
    triggers = [statement for statement in search.SQLITE if statement.startswith("CREATE TRIGGER")]
    if database.sqlite:
        _each(database, *(f"DROP TRIGGER {statement.split()[2]}" for statement in triggers))
    else:
        _each(database, *(f"DROP INDEX ix_{table}_words" for table in search.INDEXED))
    rows: dict[str, list[dict[str, Any]]] = {}
    numbers = {"version": 0, "event": 0, "change": 0}
    for document in range(1, documents + 1):
        for table, row in _document(document, words, rng, numbers):
            rows.setdefault(table.__tablename__, []).append(row)
        if document % 100 == 0 or document == documents:
            _put(database, rows)
            rows = {}
            sys.stderr.write(f"\r{numbers['version']} of {versions} versions")
    sys.stderr.write("\n")
    if not database.sqlite:
        _each(
            database,
            "SET maintenance_work_mem = '512MB'",
            *search.POSTGRESQL,
            *(
                f"SELECT setval(pg_get_serial_sequence('{name}','id'), (SELECT max(id) FROM {name}))"
                for name in ("document", "version")
            ),
            "VACUUM",
        )
    else:
        rebuilt = (f"INSERT INTO {name}_fts({name}_fts) VALUES ('rebuild')" for name in search.INDEXED)
        _each(database, *triggers, *rebuilt)
    _each(database, "ANALYZE")


def _each(database: Database, *statements: str) -> None:
    if database.sqlite:
        with database.write() as session:
            for statement in statements:
                session.connection().exec_driver_sql(statement)
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _readers(rng: random.Random) -> Iterator[model.Subscription]:
    """Subscriptions as people make them: an area or two, a jurisdiction, now and then words."""
    for n in range(READERS):
        yield model.Subscription(
            id=f"reader-{n}", to=f"reader-{n}@example.org", areas=tuple(rng.sample(AREAS, rng.choice((0, 1, 1, 2)))),
            jurisdictions=(rng.choice(PLACES),) if n % 3 == 0 else (), words=("ba0", "data") if n % 7 == 0 else (),
        )  # fmt: skip


def _put(database: Database, rows: dict[str, list[dict[str, Any]]]) -> None:
    with database.write() as session:
        for table in tables.Base.metadata.sorted_tables:
            if table.name not in rows:
                continue
            given = rows[table.name]
            columns = [c for c in table.columns if c.name != "id" or "id" in given[0]]
            if database.sqlite:
                session.execute(insert(table), [{c.name: _value(c, row) for c in columns} for row in given])
                continue
            raw = session.connection().connection.cursor()
            names = ", ".join(f'"{c.name}"' for c in columns)
            with raw.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in given:
                    values = (_value(c, row) for c in columns)
                    copy.write_row([Json(v) if isinstance(v, (dict, list)) else v for v in values])


def _value(column: Any, row: dict[str, Any]) -> Any:
    """What a row says of a column, or what the column is without a word."""
    if column.name in row:
        return row[column.name]
    if column.default is None:
        return None
    return column.default.arg if column.default.is_scalar else column.default.arg(None)


def _document(number: int, words: Words, rng: random.Random, numbers: dict[str, int]) -> Iterator[tuple[Any, Any]]:
    chinese, name = number % 10 == 0, f"source-{number}"
    language, url = "zh" if chinese else "en", f"https://host-{number % 500}.example/{name}"
    source = model.Source(id=name, url=url, title=f"Text {number}", schedule="6h", language=language)
    yield tables.Source, {
        "id": name, "title": source.title, "url": url, "host": f"host-{number % 500}.example", "language": language,
        "jurisdiction": PLACES[number % 8], "config": codec.source_plain(source), "groups": [], "areas": [],
        "schedule": "6h", "active": True, "health": "failing" if number % 50 == 0 else "ok", "created_at": START,
        "next_check_at": NOW + timedelta(minutes=number % 360 - 30), "last_check_at": NOW, "last_ok_at": NOW,
        "last_outcome": "ok", "last_body": None,
    }  # fmt: skip
    yield tables.Document, {
        "id": number, "source_id": name, "key": "", "title": source.title, "url": url, "language": language,
        "kind": "html", "first_seen_at": START, "last_seen_at": NOW, "latest_version": EACH, "told_version": EACH,
        "kept_versions": EACH,
    }  # fmt: skip
    texts = [words.sentence(chinese=chinese) for _ in range(BLOCKS)]
    if number % 1000 == 7:
        texts[0] += f" {RARE}"
    blocks = [_block(said, at) for at, said in enumerate(texts, 1)]
    stands = {at: (said, 1, START) for at, said in enumerate(texts)}
    before, passages = "", []
    for version in range(1, EACH + 1):
        at = START + timedelta(days=version * 19, minutes=number * 7919 % 27_000)
        old = list(texts)
        if version > 1:
            place = rng.randrange(BLOCKS)
            passages.append(_passage(number, stands[place], version - 1, at))
            texts[place] = words.sentence(chinese=chinese)
            blocks[place] = _block(texts[place], place + 1)
            stands[place] = (texts[place], version, at)
        numbers["version"] += 1
        made, rows = _version(number, name, version, at, texts, blocks, before, numbers["version"], language)
        yield from rows
        if version > 1:
            yield from _change(number, name, at, (old[place], texts[place]), place, (before, made), numbers, rng)
        before = made
    passages.extend(_passage(number, said, None, None) for said in stands.values())
    for passage in passages:
        yield tables.Passage, passage


def _block(said: str, number: int) -> str:
    """A block's JSON: all but one of a version's are those of the version before."""
    block = model.Block(said, path=f"Article {number}", eid=f"art_{number}")
    return json.dumps(codec.blocks_plain([block])[0], ensure_ascii=False, separators=(",", ":"))


def _passage(
    document: int, stood: tuple[str, int, datetime], last: int | None, gone: datetime | None
) -> dict[str, Any]:
    said, first, at = stood
    return {
        "document_id": document, "digest": hashlib.sha256(said.encode()).hexdigest()[:32], "eid": "", "text": said,
        "words": search.segment(said), "first_version": first, "last_version": last, "first_at": at, "gone_at": gone,
    }  # fmt: skip


def _version(
    document: int, source: str, number: int, at: datetime, texts: list[str], blocks: list[str], before: str,
    version_id: int, language: str,
) -> tuple[str, list[tuple[Any, Any]]]:  # fmt: skip
    data = f"[{','.join(blocks)}]".encode()
    body = "".join(f"<p>{said}</p>" for said in texts).encode()
    check = hashlib.sha256(f"{source}/{number}".encode()).hexdigest()[:32]
    row: dict[str, Any] = {
        "id": version_id, "document_id": document, "number": number, "body_hash": hashlib.sha256(body).hexdigest(),
        "fingerprint": hashlib.sha256(data).hexdigest(), "title": f"Text {document}", "language": language,
        "text": "\n".join(texts), "seen_at": at, "technical": False, "blocks": codec.pack(data), "check_id": check,
    }  # fmt: skip
    row["chain"] = chain.link(before, source, "", cast("tables.Version", SimpleNamespace(**row)), data)
    packed = {"hash": row["body_hash"], "media_type": "text/html", "charset": "utf-8", "size": len(body),
              "data": codec.pack(body), "created_at": at}  # fmt: skip
    checks = [(tables.Check, _check(check, source, at, n, len(body))) for n in range(3)]
    return row["chain"], [(tables.Body, packed), *checks, (tables.Version, row)]


def _check(check: str, source: str, at: datetime, n: int, size: int) -> dict[str, Any]:
    """The check that found a version (`n` 0), or one after it that found nothing new."""
    at += timedelta(hours=6 * n)
    return {
        "id": hashlib.sha256(f"{check}{n}".encode()).hexdigest()[:32] if n else check, "source_id": source,
        "started_at": at, "finished_at": at + timedelta(seconds=1), "outcome": "not_modified" if n else "ok",
        "reason": "not modified" if n else "1 change, 1 told", "url": source, "status": 304 if n else 200,
        "bytes": 0 if n else size, "changes": int(not n),
    }  # fmt: skip


def _change(
    document: int, source: str, at: datetime, said: tuple[str, str], place: int, chains: tuple[str, str],
    numbers: dict[str, int], rng: random.Random,
) -> Iterator[tuple[Any, Any]]:  # fmt: skip
    change_id = hashlib.sha256(f"{source}/{at}".encode()).hexdigest()[:32]
    told = rng.random() < 0.5
    version, due = numbers["version"], (NOW + timedelta(days=document % 700)).date().isoformat()
    row: dict[str, Any] = {
        "id": change_id, "source_id": source, "document_id": document, "old_version_id": version - 1,
        "new_version_id": version, "seen_at": at, "told_at": at if told else None,
        "tier": "substantive" if told else "noise", "state": "told" if told else "silent", "confidence": 0.9,
        "recorded_at": at, "main_area": AREAS[document % 13], "summary": {"en": "a duty changed"},
        "reasons": [{"step": "meaning", "code": "duty", "text": "a duty changed", "words": ["shall"]}],
        "headline": {"en": "a duty changed"}, "references_": [], "language": "en", "cluster": None,
        "deadlines": [{"text": "by then", "kind": "deadline", "date": due, "period": "", "governs": "", "edit": 0,
                       "side": "new"}] if document % 20 == 0 and told else [], "technical": False,
    }  # fmt: skip
    edit = {
        "change_id": change_id, "position": 0, "kind": "replace", "path": f"Article {place + 1}",
        "eid": f"art_{place + 1}", "old_path": "", "old_at": place, "new_at": place, "old_count": 1, "new_count": 1,
        "old_text": said[0], "new_text": said[1], "spans": [["-", said[0]], ["+", said[1]]],
        "words": search.segment(f"{said[0]}\n{said[1]}"),
    }  # fmt: skip
    area = {"change_id": change_id, "kind": "area", "area": AREAS[document % 13], "score": 0.8, "main": True}
    word = {"change_id": change_id, "area": area["area"], "edit_position": 0, "side": "new", "start": 0, "end": 4,
            "weight": 0.5, "words": said[1][:4]}  # fmt: skip
    sealed: list[Any] = [SimpleNamespace(**value) for value in (row, edit, area, word)]
    row["seal"] = chain.seal_of(sealed[0], chains, sealed[1:2], sealed[2:3], sealed[3:])
    row["references"] = row.pop("references_")
    yield from ((tables.Change, row), (tables.Edit, edit), (tables.ChangeArea, area), (tables.Evidence, word))
    for deadline in row["deadlines"]:
        yield tables.Deadline, {"change_id": change_id, "date": due, "kind": "deadline", "text": deadline["text"]}
    if not told:
        return
    numbers["event"] += 1
    yield tables.Event, {"uid": f"{numbers['event']:036d}", "type": "change.told", "at": at, "source_id": source,
                         "document_id": document, "change_id": change_id}  # fmt: skip
    alert = hashlib.sha256(f"alert {change_id}".encode()).hexdigest()[:32]
    yield tables.Alert, {"id": alert, "subscription_id": f"reader-{document % READERS}", "kind": "change",
                         "change_id": change_id, "state": "sent", "created_at": at, "due_at": at, "sent_at": at,
                         "attempts": 1}  # fmt: skip
    yield tables.Delivery, {"alert_id": alert, "attempt": 1, "at": at, "outcome": "accepted", "code": 250}
