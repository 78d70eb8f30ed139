"""`tracker history` and `show`: what changed, and what a text said on any day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from tracker import model
from tracker.cli import setup
from tracker.cli.given import Several, Tier, moment

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from sqlalchemy.orm import Session

    from tracker.store import queries
    from tracker.store.queries import ChangeFilter, ChangeLine, DocumentLine

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, one document a line.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(history)
    app.command()(show)


# -------------------------------------------------------------------------------------------------- history


def history(
    name: Annotated[str, typer.Argument(help="A source; left out: all of them.")] = "",
    area: Annotated[Several, typer.Option(help="An area's id; several are alternatives.")] = None,
    tier: Annotated[list[Tier] | None, typer.Option(help="A tier; several are alternatives.")] = None,
    jurisdiction: Annotated[Several, typer.Option(help="A jurisdiction as in sources.yaml.")] = None,
    language: Annotated[Several, typer.Option(help="A language's code.")] = None,
    group: Annotated[Several, typer.Option(help="A group of sources.yaml.")] = None,
    words: Annotated[str, typer.Option(help="Words that must stand in an edit's old or new text.")] = "",
    since: Annotated[str, typer.Option(help="From this day on (2026-02-02).")] = "",
    until: Annotated[str, typer.Option(help="To this day, included.")] = "",
    silent: Annotated[bool, typer.Option("--silent", help="Only what was kept silent, with its reason.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Told, pending and silent changes.")] = False,
    versions: Annotated[bool, typer.Option("--versions", help="The source's texts instead of its changes.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 30,
    as_json: Json = False,
) -> None:
    """Lists what changed, newest first: what was told and what waits, unless you ask for what was silenced."""
    from tracker.store.queries import ChangeFilter

    database = setup.database(setup.settings())
    states: tuple[str, ...] = () if everything else (model.State.TOLD.value, model.State.PENDING.value)
    wanted = ChangeFilter(
        areas=tuple(area or ()), tiers=tuple(value.value for value in tier or ()), words=words,
        jurisdictions=tuple(jurisdiction or ()), languages=tuple(language or ()), groups=tuple(group or ()),
        sources=(name,) if name else (), states=(model.State.SILENT.value,) if silent else states,
        since=moment(since, "--since") if since else None,
        until=moment(until, "--until", end=True) if until else None,
    )  # fmt: skip
    with database.read() as session:
        if name:
            _known(session, name)
        if versions:
            _versions(session, name, limit, as_json=as_json)
            return
        lines = _changes(session, wanted, limit)
    if as_json:
        for line in lines:
            typer.echo(setup.dump(line))
        return
    console = Console(highlight=False)
    for line in lines:
        console.print(_told(line))
    if not lines:
        typer.echo("No change like that is on record. `tracker history --all` lists silent ones too.", err=True)


def _known(session: Session, name: str) -> None:
    from tracker.store import queries, tables

    if session.get(tables.Source, name) is None:
        close = setup.meant(name, (line.id for line in queries.sources(session, active_only=False)))
        setup.fail(f"No source {name!r} is on record: `tracker sources` lists them.{close}")


def _changes(session: Session, wanted: ChangeFilter, limit: int) -> list[ChangeLine]:
    from tracker.store import queries

    found: list[ChangeLine] = []
    cursor = ""
    while len(found) < limit:
        page = queries.list_changes(session, wanted, limit=min(200, limit - len(found)), cursor=cursor)
        found += page.items
        cursor = page.next
        if not cursor:
            break
    return found


_COLOURS = {"substantive": "bold red", "editorial": "yellow", "restored": "cyan"}


def _told(line: ChangeLine) -> Text:
    out = Text()
    out.append(line.seen_at.strftime("%Y-%m-%d %H:%M "), "dim")
    out.append(f"{line.id[:10]} ", "dim")
    out.append(line.tier if line.state != "pending" else "pending", _COLOURS.get(line.tier, "dim"))
    out.append(f"  {line.title}", "bold")
    if line.summary.get("en"):
        out.append(f"\n    {line.summary['en']}")
    if line.areas:
        out.append("\n    " + ", ".join(area for area, _score in line.areas), "cyan")
    if line.reasons:
        out.append(f"\n    {line.reasons[-1].text}", "dim")
    return out


def _versions(session: Session, name: str, limit: int, *, as_json: bool) -> None:
    from tracker.store import queries

    if not name:
        setup.fail("--versions needs a source.")
    for document in queries.documents(session, source_id=name, limit=limit):
        lines = queries.timeline(session, document.id, technical=True)
        if not as_json:
            typer.echo(f"{document.title}  (document {document.id}{f', {document.key}' if document.key else ''})")
        for line in lines:
            if as_json:
                typer.echo(setup.dump({"document": document.id, "key": document.key, "version": line}))
            else:
                mark = " technical" if line.technical else ""
                typer.echo(f"  {line.number:4} {line.seen_at:%Y-%m-%d %H:%M}  {line.characters:9} characters  "
                           f"{line.tier or 'first'}{mark}  {line.chain[:12]}")  # fmt: skip


# ----------------------------------------------------------------------------------------------------- show


def show(
    name: Annotated[str, typer.Argument(help="A change's id (its beginning is enough), a source, or a document.")],
    at: Annotated[str, typer.Option(help="The text as it stood then (2026-02-02: at the end of that day).")] = "",
    version: Annotated[int, typer.Option(min=0, help="The text of this version; 0: the latest.")] = 0,
    key: Annotated[str, typer.Option(help="An entry of a feed or list, by its key.")] = "",
    place: Annotated[str, typer.Option(help="Only this place and what is under it: art_5 or 'Article 5'.")] = "",
    blame: Annotated[bool, typer.Option("--blame", help="Since when each paragraph stands as it does.")] = False,
    as_json: Json = False,
) -> None:
    """Shows a change with its redline and reasons, or what a source's text said on any day."""
    from tracker.store import queries

    database = setup.database(setup.settings())
    with database.read() as session:
        found = queries.find_change(session, name) if not (at or version or blame or key or place) else []
        if len(found) > 1:
            setup.fail(f"{name!r} is the beginning of {len(found)} changes: give more of it.")
        if found:
            _change(queries.change_detail(session, found[0]), as_json=as_json)
            return
        document = _document(session, name, key)
        _text(session, document, at, version, place, blame=blame, as_json=as_json)


def _document(session: Session, name: str, key: str) -> DocumentLine:
    from tracker.store import queries

    if name.isdecimal():
        try:
            return queries.document(session, int(name))
        except KeyError:
            setup.fail(f"There is no document {name}. `tracker history SOURCE --versions` lists a source's documents.")
    _known(session, name)
    document = queries.document_of(session, name, key)
    if document is None:
        listed = queries.documents(session, source_id=name, limit=8)
        some = "".join(f"\n  {line.id}  {line.title}" for line in listed)
        setup.fail(
            f"{name} has no text{' of its own' if listed and not key else f' {key!r}' if key else ' yet'}."
            + (f" It has these documents; show one by its number:{some}" if listed else "")
        )
    return document


def _text(
    session: Session, document: DocumentLine, at: str, number: int, place: str, *, blame: bool, as_json: bool
) -> None:
    from tracker.store import queries

    if at:
        found = queries.version_at(session, document.id, moment(at, "--at", end=True))
    else:
        found = queries.version_number(session, document.id, number or document.latest_version or 0)
    if found is None:
        first = f" The first one is of {document.first_seen_at:%Y-%m-%d %H:%M}." if at else ""
        setup.fail(f"{document.title}: no version {'then' if at else number}.{first}", 1)
    lines = queries.blame(session, document.id, number=found.number) if blame else ()
    blocks = queries.version_blocks(found)
    kept = [at for at, block in enumerate(blocks) if not place or _under(block, place)]
    if place and not kept:
        setup.fail(f"{document.title}, version {found.number}: nothing is at {place!r}.", 1)
    if as_json:
        value = {
            "source": document.source_id, "document": document.id, "title": found.title or document.title,
            "version": found.number, "seen_at": found.seen_at, "fingerprint": found.fingerprint, "chain": found.chain,
            "blocks": [_block(blocks[at], lines[at] if lines else None) for at in kept],
        }  # fmt: skip
        typer.echo(setup.dump(value))
        return
    typer.echo(f"{found.title or document.title}: version {found.number}, seen {found.seen_at:%Y-%m-%d %H:%M} UTC\n",
               err=True)  # fmt: skip
    for at_ in kept:
        since = f"{lines[at_].since:%Y-%m-%d} " if lines else ""
        typer.echo(since + blocks[at_].text)


def _under(block: model.Block, place: str) -> bool:
    return block.eid == place or block.eid.startswith(f"{place}__") or block.path.casefold() == place.casefold()


def _block(block: model.Block, blame: queries.BlameLine | None) -> dict[str, Any]:
    plain = {"text": block.text, "kind": block.kind, "path": block.path, "eid": block.eid, "number": block.number}
    return plain | ({"since": blame.since, "version": blame.version, "change": blame.change_id} if blame else {})


def _change(detail: queries.ChangeDetail, *, as_json: bool) -> None:
    if as_json:
        typer.echo(setup.dump(change_plain(detail)))
        return
    console, line = Console(highlight=False), detail.line
    console.print(_told(line))
    console.print(f"\n{escape(line.url)}", style="dim")
    for reason in detail.value.assessment.reasons:
        words = f"  ({', '.join(reason.words)})" if reason.words else ""
        console.print(f"  · {escape(reason.text + words)}")
    for edit in detail.value.comparison.edits:
        console.print(f"\n[bold]{edit.kind}[/bold] {escape(edit.path or edit.old_path)}")
        console.print(_redline(edit))
    for deadline in detail.value.comparison.deadlines:
        console.print(
            f"  date: {escape(deadline.text)}  {deadline.date or deadline.period}  {escape(deadline.governs)}"
        )
    for place in detail.places:
        console.print(f"  also: {escape(place.title)}  {place.change_id[:10]}")
    console.print(
        f"\nversions {line.old_version or '-'} → {line.new_version or '-'}, seal {detail.seal[:16]}…", style="dim"
    )


_STYLES = {"=": "", "-": "red strike", "+": "green underline"}


def _redline(edit: model.Edit) -> Text:
    out = Text()
    spans: Sequence[model.Span] = edit.spans
    if not spans:
        spans = [("-", edit.old_text), ("+", edit.new_text)]
    for kind, words in spans:
        if words:
            out.append(words, _STYLES[kind])
    return out


def change_plain(detail: queries.ChangeDetail) -> dict[str, Any]:
    """A change with all that is known of it, as JSON values; edits as `tracker diff --json` gives them."""
    value, line = detail.value, detail.line
    return {
        "id": line.id, "seen_at": line.seen_at, "told_at": line.told_at, "source": line.source_id,
        "document": line.document_id, "title": line.title, "url": line.url, "tier": line.tier, "state": line.state,
        "confidence": line.confidence, "summary": line.summary, "language": line.language,
        "areas": value.classification.areas, "main": value.classification.main,
        "principles": value.classification.principles, "themes": value.classification.themes,
        "reasons": value.assessment.reasons,
        "edits": [
            {"kind": edit.kind, "path": edit.path, "eid": edit.eid, "old_path": edit.old_path, "old": edit.old_text,
             "new": edit.new_text, "spans": edit.spans}
            for edit in value.comparison.edits
        ],
        "references": value.comparison.references, "deadlines": value.comparison.deadlines, "places": detail.places,
        "old_version": line.old_version, "new_version": line.new_version, "cluster": line.cluster,
        "before": detail.before, "after": detail.after, "sent": detail.sent, "seal": detail.seal,
        "chains": detail.chains, "bodies": detail.bodies,
    }  # fmt: skip
