"""Exports: changes as CSV, JSON Lines or Parquet, bodies as received as WARC, a version as Akoma Ntoso."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import codec, queries
from tracker.store.queries import ChangeFilter, ChangeLine
from tracker.store.tables import Body, Check, Document, Edit, Source, Version

AKN = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
COLUMNS = (
    "id", "seen_at", "told_at", "source", "document", "title", "url", "jurisdiction", "language", "tier", "state",
    "confidence", "summary", "main_area", "areas", "reasons", "old_words", "new_words", "old_version", "new_version",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def changes(session: Session, wanted: ChangeFilter | None = None, *, language: str = "en") -> Iterator[dict[str, Any]]:
    """Changes as flat rows, newest first (`COLUMNS`)."""
    cursor = ""
    while True:
        page = queries.list_changes(session, wanted, limit=200, cursor=cursor)
        for line in page.items:
            yield _row(session, line, language)
        cursor = page.next
        if not cursor:
            return


def _row(session: Session, line: ChangeLine, language: str) -> dict[str, Any]:
    edits = session.scalars(select(Edit).where(Edit.change_id == line.id).order_by(Edit.position)).all()
    return {
        "id": line.id, "seen_at": line.seen_at.isoformat(), "told_at": line.told_at.isoformat() if line.told_at else "",
        "source": line.source_id, "document": line.document_key, "title": line.title, "url": line.url,
        "jurisdiction": line.jurisdiction, "language": line.language, "tier": line.tier, "state": line.state,
        "confidence": line.confidence, "summary": line.summary.get(language) or line.summary.get("en", ""),
        "main_area": line.main_area or "", "areas": [area for area, _score in line.areas],
        "reasons": [reason.text for reason in line.reasons],
        "old_words": "\n".join(edit.old_text for edit in edits if edit.old_text),
        "new_words": "\n".join(edit.new_text for edit in edits if edit.new_text),
        "old_version": line.old_version, "new_version": line.new_version,
    }  # fmt: skip


def write_jsonl(rows: Iterator[dict[str, Any]], out: TextIO) -> int:
    """One JSON object a line; gives the number."""
    number = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        number += 1
    return number


def write_csv(rows: Iterator[dict[str, Any]], out: TextIO) -> int:
    """RFC 4180; lists joined by "; ". A cell that a spreadsheet would run as a formula gets an apostrophe in front."""
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    number = 0
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        number += 1
    return number


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_parquet(rows: Iterator[dict[str, Any]], out: BinaryIO) -> int:
    """Parquet with lists as lists. Raises ImportError without the extra `export`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, several, number = pa.string(), pa.list_(pa.string()), pa.int64()
    kinds = {
        "areas": several,
        "reasons": several,
        "confidence": pa.float64(),
        "old_version": number,
        "new_version": number,
    }
    schema = pa.schema([(name, kinds.get(name, text)) for name in COLUMNS])
    total = 0
    with pq.ParquetWriter(out, schema) as writer:
        for batch in _batches(rows, 500):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            total += len(batch)
    return total


def _batches(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def write_warc(session: Session, out: BinaryIO, *, source_id: str = "") -> int:
    """The kept bodies of versions as WARC/1.1 response records with their address and time; gives the number.

    Bodies are kept decompressed and whole: transfer headers are left out and the length is the body's.
    """
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    writer, number = WARCWriter(out, gzip=True, warc_version="1.1"), 0
    statement = (
        select(Version.seen_at, Document.url, Source.url, Body, Check)
        .join(Document, Document.id == Version.document_id)
        .join(Source, Source.id == Document.source_id)
        .join(Body, Body.hash == Version.body_hash)
        .outerjoin(Check, Check.id == Version.check_id)
        .where(Body.data.is_not(None))
        .order_by(Version.seen_at, Version.id)
    )
    if source_id:
        statement = statement.where(Source.id == source_id)
    for seen, url, source_url, body, check in session.execute(statement.execution_options(yield_per=20)):
        data = codec.unpack(body.data or b"")
        kind = f"{body.media_type or 'application/octet-stream'}" + (
            f"; charset={body.charset}" if body.charset else ""
        )
        headers = StatusAndHeaders(
            f"{(check.status if check else None) or 200} OK",
            [("Content-Type", re.sub(r"[\r\n]", " ", kind)), ("Content-Length", str(len(data)))],
            protocol="HTTP/1.1",
        )
        record = writer.create_warc_record(
            (check.final_url if check else "") or url or source_url, "response", payload=io.BytesIO(data),
            http_headers=headers, warc_headers_dict={"WARC-Date": _warc_date(seen)},
        )  # fmt: skip
        writer.write_record(record)
        number += 1
    return number


def _warc_date(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def akoma_ntoso(session: Session, version: Version) -> bytes:
    """A version as Akoma Ntoso 3.0: its blocks in order with eIds, headings and labels, and where it came from."""
    line = queries.document(session, version.document_id)
    blocks = tuple(replace(block, text=_ILLEGAL.sub("\ufffd", block.text)) for block in queries.version_blocks(version))
    root = etree.Element(f"{{{AKN}}}akomaNtoso", nsmap={None: AKN})  # type: ignore[dict-item]  # the stubs know no default namespace
    doc = etree.SubElement(root, f"{{{AKN}}}doc", name="document")
    _meta(doc, line, version)
    body = etree.SubElement(doc, f"{{{AKN}}}mainBody")
    used: set[str] = set()
    for at, block in enumerate(blocks, 1):
        _akn_block(body, block, at, used)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _meta(doc: Any, line: queries.DocumentLine, version: Version) -> None:
    day = version.seen_at.date().isoformat()
    work = f"/akn/{(line.jurisdiction or 'xx').lower()}/doc/{line.source_id}/{line.id}"
    meta = etree.SubElement(doc, f"{{{AKN}}}meta")
    identification = etree.SubElement(meta, f"{{{AKN}}}identification", source="#tracker")
    language = (version.language or line.language or "und")[:3]
    for level, this in (
        ("FRBRWork", work),
        ("FRBRExpression", f"{work}/{language}@{day}"),
        ("FRBRManifestation", f"{work}/{language}@{day}.xml"),
    ):
        part = etree.SubElement(identification, f"{{{AKN}}}{level}")
        etree.SubElement(part, f"{{{AKN}}}FRBRthis", value=this)
        etree.SubElement(part, f"{{{AKN}}}FRBRuri", value=this)
        etree.SubElement(part, f"{{{AKN}}}FRBRdate", date=day, name="seen")
        etree.SubElement(part, f"{{{AKN}}}FRBRauthor", href="#tracker")
        if level == "FRBRWork":
            etree.SubElement(part, f"{{{AKN}}}FRBRcountry", value=(line.jurisdiction or "xx").lower()[:2])
        if level == "FRBRExpression":
            etree.SubElement(part, f"{{{AKN}}}FRBRlanguage", language=language)
    references = etree.SubElement(meta, f"{{{AKN}}}references", source="#tracker")
    etree.SubElement(
        references, f"{{{AKN}}}TLCOrganization", eId="tracker", href="/ontology/tracker", showAs="Regulatory tracker"
    )
    etree.SubElement(
        references,
        f"{{{AKN}}}original",
        eId="original",
        href=_ILLEGAL.sub("", line.url),
        showAs=_ILLEGAL.sub("", line.title),
    )


def _akn_block(body: Any, block: model.Block, at: int, used: set[str]) -> None:
    eid = re.sub(r"[^\w.-]", "-", block.eid) or f"block_{at}"
    if eid in used:
        eid = f"{eid}__block_{at}"
    used.add(eid)
    part = etree.SubElement(body, f"{{{AKN}}}hcontainer", eId=eid, name=re.sub(r"\W", "", block.kind) or "paragraph")
    if block.number:
        etree.SubElement(part, f"{{{AKN}}}num").text = _ILLEGAL.sub("", block.number)
    if block.kind == "heading":
        etree.SubElement(part, f"{{{AKN}}}heading").text = block.text
    content = etree.SubElement(part, f"{{{AKN}}}content")
    etree.SubElement(content, f"{{{AKN}}}p").text = "" if block.kind == "heading" else block.text


def changes_to_file(
    session: Session,
    file: Path,
    wanted: ChangeFilter | None = None,
    *,
    language: str = "en",
    out: Path | None = None,
) -> int:
    """Writes changes as the file's ending says: .csv, .jsonl or .parquet (into `out` where that is given, under
    which name it does not show yet). Raises ValueError for other endings."""
    if file.suffix not in (".csv", ".jsonl", ".parquet"):
        raise ValueError(f"{file}: the ending must be .csv, .jsonl or .parquet")
    rows, target = changes(session, wanted, language=language), out or file
    if file.suffix == ".parquet":
        with target.open("wb") as binary:
            return write_parquet(rows, binary)
    with target.open("w", encoding="utf-8", newline="") as text:
        return write_csv(rows, text) if file.suffix == ".csv" else write_jsonl(rows, text)
