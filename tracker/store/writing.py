"""A visit's values to rows: source, check, body, versions with their chain, changes with edits, areas and evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import blame, chain, codec, outbox, search, tables
from tracker.store.state import DocumentVisitLike, VisitedLike

KEEP = 500  # rows named in one statement: below every database's limit of parameters
EVIDENCE_KEPT = 24  # spans an area: what a page shows; the score counts all


def source_row(source: model.Source, now: datetime) -> tables.Source:
    """A new source, due at once."""
    row = tables.Source(id=source.id, url=source.url, created_at=now, next_check_at=now, health_since=now)
    row.health, row.failures, row.learned = model.Health.NEW.value, 0, {}
    describe(row, source)
    return row


def describe(row: tables.Source, source: model.Source) -> None:
    """Puts what the catalogue says into the row; how the visits stand is left alone."""
    row.title, row.url, row.host = source.title, source.url, (urlsplit(source.url).hostname or "")[:255]
    row.kind, row.language, row.jurisdiction = (
        source.kind.value if source.kind else None,
        source.language,
        source.jurisdiction,
    )
    row.question, row.areas, row.groups = source.question, list(source.areas), list(source.groups)
    row.config, row.schedule = codec.source_plain(source), source.schedule


def check_row(visited: VisitedLike) -> tables.Check:
    """The check's line in the log."""
    fetched = visited.fetched
    return tables.Check(
        id=visited.check,
        source_id=visited.source.id,
        started_at=fetched.started,
        finished_at=max(fetched.started, fetched.finished),
        outcome=visited.outcome.value,
        reason=clean(visited.reason),
        url=fetched.url,
        final_url=fetched.final_url,
        status=fetched.status,
        bytes=len(fetched.body),
        body_hash=visited.body,
        sent=dict(fetched.sent),
        received=plain(fetched.received),
        changes=len(visited.changes),
        glitch=dict(visited.glitch) if visited.glitch else None,
    )


def clean(words: str) -> str:
    """Without NUL and lone surrogates, which PostgreSQL cannot keep."""
    return words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode() if words else words


def plain(value: Any) -> Any:
    """JSON values that both databases keep."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def document(session: Session, visited: VisitedLike, entry: DocumentVisitLike) -> tables.Document:
    """Records what the visit made of one document, and gives its row."""
    row = _document_row(session, visited, entry)
    judged = entry.judged
    if judged.text is not None:
        version(session, visited, entry, row, judged.text)
    if judged.told is not None:
        row.told_version = _number(session, row.id, judged.told)
    if judged.memory:
        remember(session, f"document:{row.id}", visited.source.id, judged.memory, visited.now)
    host = urlsplit(visited.source.url).hostname
    if judged.host and host:
        remember(session, f"host:{host[:255]}", None, judged.host, visited.now)
    for change in judged.changes:
        keep_change(session, change, visited.source.id, row, visited.now)
    if entry.gone:
        row.gone_at = visited.now
    return row


def _document_row(session: Session, visited: VisitedLike, entry: DocumentVisitLike) -> tables.Document:
    now = visited.now
    row = session.scalar(
        select(tables.Document).where(tables.Document.source_id == visited.source.id, tables.Document.key == entry.key)
    )
    if row is None:
        row = tables.Document(source_id=visited.source.id, key=entry.key, first_seen_at=now, last_seen_at=now)
        row.title, row.url, row.language, row.kind = clean(entry.title), entry.url, entry.language, entry.kind
        row.published_at = entry.published
        session.add(row)
        session.flush()
    elif entry.judged.text is not None or not row.title:
        # A glitch's title is not the document's.
        row.title, row.url = clean(entry.title) or row.title, entry.url or row.url
        row.language, row.kind = entry.language or row.language, entry.kind or row.kind
        row.published_at = entry.published or row.published_at
    return row


def version(
    session: Session, visited: VisitedLike, entry: DocumentVisitLike, row: tables.Document, text: model.Text
) -> None:
    """Keeps a text as the document's next version, with body and chain; the text that is there already is not kept
    twice."""
    last = session.execute(
        select(tables.Version.number, tables.Version.fingerprint, tables.Version.chain)
        .where(tables.Version.document_id == row.id)
        .order_by(tables.Version.number.desc())
        .limit(1)
    ).first()
    if last is not None and last.fingerprint == text.fingerprint:
        return
    keep_body(session, entry.body, visited.bodies.get(entry.body), visited.now)
    classification = entry.classification
    blocks = plain(codec.blocks_plain(text.blocks))
    made = tables.Version(
        document_id=row.id,
        number=last.number + 1 if last else 1,
        body_hash=entry.body,
        check_id=visited.check,
        fingerprint=text.fingerprint,
        title=clean(text.title),
        language=text.language,
        seen_at=visited.now,
        kept=entry.accounting.kept,
        accounting={"words": entry.accounting.words, "elsewhere": dict(entry.accounting.elsewhere)},
        areas={
            "main": classification.main,
            "areas": {score.id: round(score.score, 4) for score in classification.areas},
        }
        if classification
        else {},
    )
    add_version(session, row, visited.source.id, made, blocks, last.chain if last else "")


def add_version(
    session: Session,
    row: tables.Document,
    source_id: str,
    made: tables.Version,
    blocks: list[Any],
    before: str,
    *,
    latest: bool = True,
    indexed_at: datetime | None = None,
) -> None:
    """Completes a version (text, blocks, chain) and, where it is the `latest`, makes it the document's and what search
    finds, from when it was seen or `indexed_at`."""
    data = json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()
    made.blocks, made.text = codec.pack(data), "\n".join(block["text"] for block in blocks)
    made.technical = bool(made.technical)
    made.chain = chain.link(before, source_id, row.key, made, data)
    session.add(made)
    session.flush()
    blame.keep(session, made)
    row.kept_versions = made.number
    if latest:
        row.latest_version = made.number
        search.index(session, row.id, made.number, codec.unpack_blocks(made.blocks), indexed_at or made.seen_at)


def unless_there(session: Session, table: type[tables.Base]) -> Any:  # an insert of either dialect
    """An insert that does nothing where the row is there already, written by whomever."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return (sqlite_insert(table) if sqlite else postgresql_insert(table)).on_conflict_do_nothing()


def keep_body(session: Session, digest: str, answer: model.Fetched | None, now: datetime) -> None:
    """Keeps a body once. One that did not come with the visit (not modified since) is there already, or retention let
    it go: then its hash is all that is kept."""
    known = session.get(tables.Body, digest)
    if known is not None and (known.data is not None or answer is None):
        return
    if known is None:
        # Two visits may receive the same body at once: the second waits for the first, and finds it there.
        session.execute(
            unless_there(session, tables.Body).values(hash=digest, size=0, created_at=now, media_type="", charset="")
        )
        known = session.get_one(tables.Body, digest, populate_existing=True)
        if known.data is not None:
            return
    if answer is not None:
        known.media_type, known.charset = answer.media_type[:120], answer.charset[:40]
        known.size, known.data = len(answer.body), codec.pack(answer.body)
    session.flush()


def _number(session: Session, document_id: int, fingerprint: str) -> int | None:
    found = _version(session, document_id, fingerprint)
    return found[1] if found else None


def _version(session: Session, document_id: int, fingerprint: str) -> tuple[int, int] | None:
    """(id, number) of the last version with that text; without the text itself, which may be large."""
    if not fingerprint:
        return None
    found = session.execute(
        select(tables.Version.id, tables.Version.number)
        .where(tables.Version.document_id == document_id, tables.Version.fingerprint == fingerprint)
        .order_by(tables.Version.number.desc())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else None


def remember(session: Session, scope: str, source_id: str | None, data: Mapping[str, Any], now: datetime) -> None:
    """Replaces what the middle remembers under a scope."""
    row = session.get(tables.SourceMemory, scope)
    if row is None:  # two visits of one host may begin its memory at once
        values: dict[str, Any] = {"scope": scope, "source_id": source_id, "data": {}, "updated_at": now}
        session.execute(unless_there(session, tables.SourceMemory).values(values))
        row = session.get_one(tables.SourceMemory, scope, populate_existing=True)
    row.data, row.updated_at = plain(data), now


def keep_change(
    session: Session,
    change: model.Change,
    source_id: str,
    document_row: tables.Document,
    now: datetime,
    *,
    technical: bool = False,
) -> tables.Change:
    """Writes a change, or replaces one that waited for its decision (same id), with all that belongs to it."""
    old, new = _version(session, document_row.id, change.old), _version(session, document_row.id, change.new)
    row = session.get(tables.Change, change.id)
    if row is None:
        row = tables.Change(id=change.id, source_id=source_id, document_id=document_row.id)
    else:
        for table in (tables.Evidence, tables.ChangeArea, tables.Edit, tables.Deadline):
            session.execute(delete(table).where(table.change_id == change.id))
    row.old_version_id, row.new_version_id = old[0] if old else None, new[0] if new else None
    row.recorded_at = now
    row.seen_at, row.told_at, row.confirm_at = change.seen, change.told, change.confirm_at
    assessment, comparison = change.assessment, change.comparison
    row.tier, row.state, row.confidence = assessment.tier.value, assessment.state.value, assessment.confidence
    row.reasons = plain([codec.plain_reason(reason) for reason in assessment.reasons])
    row.cluster, row.cluster_keys = change.cluster, list(assessment.cluster_keys)
    row.summary = row.headline = plain(change.summary)
    row.references_ = plain([asdict(reference) for reference in comparison.references])
    row.deadlines = plain([codec.plain_deadline(deadline) for deadline in comparison.deadlines])
    row.main_area, row.language = change.classification.main, change.classification.language
    row.technical = technical
    session.add(row)
    session.flush()
    session.add_all(_edits(change))
    session.add_all(_areas(change))
    session.add_all(_dates(change))
    session.flush()
    row.seal = chain.seal(session, row)
    return row


def _edits(change: model.Change) -> Iterable[tables.Edit]:
    for position, edit in enumerate(change.comparison.edits):
        yield tables.Edit(
            change_id=change.id, position=position, kind=edit.kind.value, path=clean(edit.path), eid=clean(edit.eid),
            old_path=clean(edit.old_path), old_at=edit.old_at, new_at=edit.new_at, old_count=len(edit.old),
            new_count=len(edit.new), old_text=clean(edit.old_text), new_text=clean(edit.new_text),
            spans=plain(edit.spans), words=search.segment(clean(f"{edit.old_text}\n{edit.new_text}")),
        )  # fmt: skip


def _dates(change: model.Change) -> Iterable[tables.Deadline]:
    for deadline in change.comparison.deadlines:
        if deadline.date is not None and deadline.side != "old":
            yield tables.Deadline(
                change_id=change.id, date=deadline.date.isoformat(), kind=deadline.kind[:24],
                text=clean(deadline.text), governs=clean(deadline.governs),
            )  # fmt: skip


def _areas(change: model.Change) -> Iterable[tables.ChangeArea | tables.Evidence]:
    found = change.classification
    for kind, scores in (("area", found.areas), ("principle", found.principles), ("theme", found.themes)):
        for score in {score.id: score for score in scores}.values():
            main = kind == "area" and score.id == found.main
            yield tables.ChangeArea(change_id=change.id, kind=kind, area=score.id, score=score.score, main=main)
            for word in score.evidence[:EVIDENCE_KEPT]:
                yield tables.Evidence(
                    change_id=change.id, area=score.id, edit_position=word.edit, side=word.side, start=word.start,
                    end=word.end, weight=word.weight, words=clean(word.words),
                )  # fmt: skip


def seen(session: Session, visited: VisitedLike) -> None:
    """Notes which documents were there."""
    keys = list(visited.seen)
    for first in range(0, len(keys), KEEP):
        session.execute(
            update(tables.Document)
            .where(tables.Document.source_id == visited.source.id, tables.Document.key.in_(keys[first : first + KEEP]))
            .values(last_seen_at=visited.now, gone_at=None)
            .execution_options(synchronize_session=False)
        )


def facts(
    session: Session, visited: VisitedLike, documents: Mapping[str, int], *, consumers: Sequence[str] = ("alerts",)
) -> None:
    """Writes the visit's events with their consumers' work."""
    for fact in visited.facts:
        document_id = documents.get(fact.key) if fact.key is not None else None
        if document_id is None and fact.key is not None:
            document_id = session.scalar(
                select(tables.Document.id).where(
                    tables.Document.source_id == visited.source.id, tables.Document.key == fact.key
                )
            )
        outbox.append(
            session, fact.type, at=visited.now, source_id=visited.source.id, document_id=document_id,
            change_id=fact.change, data=plain(fact.data), key=fact.key or "",
            consumers=consumers,
        )  # fmt: skip
