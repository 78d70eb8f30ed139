"""A one-page certificate of a change: what the words were and are, when that was seen, and the hashes that prove it.

HTML without scripts, pictures or anything from elsewhere; printed, it is a page.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import queries
from tracker.store.queries import ChangeDetail
from tracker.store.tables import Body, Check, Checkpoint, Version

_STYLE = (
    "body{font:11pt/1.45 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "h1{font-size:1.35rem}h2{font-size:1rem;margin:1.4rem 0 .3rem}dl{display:grid;grid-template-columns:11rem 1fr;"
    "gap:.2rem .8rem;margin:0}dt{color:#444}dd{margin:0;overflow-wrap:anywhere}code{font-size:9pt}"
    "del{background:#fde3e3;color:#7a1212}ins{background:#e0f4e3;color:#0c4a1b}.words{white-space:pre-wrap;"
    "border-left:3px solid #bbb;padding-left:.8rem;margin:.4rem 0}@media print{body{margin:0}}"
)


def certificate(session: Session, change_id: str, now: datetime) -> str:
    """The certificate of a change as an HTML page. Raises KeyError for an unknown id."""
    detail = queries.change_detail(session, change_id)
    line = detail.line
    title = f"Certificate of a change: {line.title}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{_h(title)}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{_h(title)}</h1>",
        "<p>This page states what a program that visits the source at intervals received and recorded. It is no "
        "statement of the publisher.</p>",
        _facts(detail),
        "<h2>The words</h2>",
        *(_edit(edit) for edit in detail.value.comparison.edits),
        *(_version(session, line.document_id, number, name) for name, number in _numbers(detail)),
        _signed(session, detail),
        "<h2>How to check it</h2>",
        "<p>The SHA-256 of the body as received is its hash below. A version’s chain value is the SHA-256 over the "
        "chain value before it and its number, body, text, title, language and time (docs/proof.md gives the exact "
        "form); <code>tracker verify</code> walks all of them, <code>tracker verify --file</code> does so for an "
        "export. A checkpoint’s signature is Ed25519.</p>",
        f"<p>Made {_time(now)}.</p></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _h(words: object) -> str:
    return html.escape(str(words))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _list(rows: list[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{_h(name)}</dt><dd>{value}</dd>" for name, value in rows if value) + "</dl>"


def _code(value: str) -> str:
    return f"<code>{_h(value)}</code>" if value else ""


def _facts(detail: ChangeDetail) -> str:
    line = detail.line
    reasons = "; ".join(reason.text for reason in detail.value.assessment.reasons)
    return _list([
        ("Address", _h(line.url)),
        ("Source", _h(f"{line.source_title or line.source_id} ({line.source_id})")),
        ("First seen", _h(_time(line.seen_at))),
        ("Told", _h(_time(line.told_at)) if line.told_at else "not told"),
        ("Assessment", _h(f"{line.tier}, {line.state}")),
        ("Because", _h(reasons)),
        ("Change", _code(line.id)),
        ("Seal (SHA-256)", _code(detail.seal)),
    ])  # fmt: skip


def _edit(edit: model.Edit) -> str:
    tags = {"=": ("", ""), "-": ("<del>", "</del>"), "+": ("<ins>", "</ins>")}
    spans = edit.spans or (("-", edit.old_text), ("+", edit.new_text))
    words = "".join(tags[kind][0] + _h(text) + tags[kind][1] for kind, text in spans if text)
    place = edit.path or edit.old_path
    return f'<p>{_h(edit.kind.value)}{f", {_h(place)}" if place else ""}</p><div class="words">{words}</div>'


def _numbers(detail: ChangeDetail) -> list[tuple[str, int]]:
    both = (("Text before", detail.line.old_version), ("Text after", detail.line.new_version))
    return [(name, number) for name, number in both if number]


def _version(session: Session, document_id: int, number: int, name: str) -> str:
    version = queries.version_number(session, document_id, number)
    if version is None:
        return ""
    body = session.get(Body, version.body_hash)
    check = session.get(Check, version.check_id) if version.check_id else None
    kept = "" if body and body.data is not None else " (no longer kept)"
    size = f"{body.size} bytes, {body.media_type}" if body else ""
    rows = [
        ("Version", _h(version.number)),
        ("Seen", _h(_time(version.seen_at))),
        ("Received from", _h(check.final_url or check.url) if check else ""),
        ("Status", _h(check.status) if check and check.status else ""),
        ("Body as received", _h(size + kept)),
        ("Body (SHA-256)", _code(version.body_hash)),
        ("Text (SHA-256)", _code(version.fingerprint)),
        ("Chain (SHA-256)", _code(version.chain)),
    ]
    return f"<h2>{_h(name)}</h2>" + _list(rows)


def _signed(session: Session, detail: ChangeDetail) -> str:
    number = detail.line.new_version or detail.line.old_version
    version_id = session.scalar(
        select(Version.id).where(Version.document_id == detail.line.document_id, Version.number == number)
    )
    moment = detail.line.told_at or detail.line.seen_at
    point = session.scalar(
        select(Checkpoint)
        .where(Checkpoint.last_version_id >= (version_id or 0), Checkpoint.at >= moment)
        .order_by(Checkpoint.day)
        .limit(1)
    )
    if point is None:
        return "<h2>Checkpoint</h2><p>Not signed yet: the next daily checkpoint will cover it.</p>"
    rows = [
        ("Day", _h(f"{point.day} ({_time(point.at)})")),
        ("Root (SHA-256)", _code(point.root)),
        ("Signature (Ed25519)", _code(point.signature)),
        ("Public key", _code(point.public_key)),
    ]
    return "<h2>First checkpoint that covers it</h2>" + _list(rows)
