# ruff: noqa: PT028 - the command is called test; what looks like a test's defaults are its options
"""`tracker sources test`: reads an address or a file once and shows what the tracker would see of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker.cli import setup
from tracker.model import Fetched, Kind, Outcome, Reading, Source

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from tracker.formats.suggest import Suggestion

_EVERY = {Kind.FEED: "6h", Kind.LISTING: "6h", Kind.JSON: "6h", Kind.SITEMAP: "1d", Kind.PDF: "1d", Kind.LEGAL: "1d"}
_SHELL = 60  # words: a page with less and with scripts is often made in the browser

Several = list[str] | None


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test: the answer, how it reads, the kind and why, and an entry for sources.yaml."""

    source: Source
    outcome: Outcome
    reason: str
    kind: Kind | None = None
    why: str = ""
    reading: Reading | None = None
    entry: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


def register(sources: typer.Typer) -> None:
    """Adds the command to `tracker sources`."""
    sources.command("test", no_args_is_help=True)(test_source)


def test_source(
    target: Annotated[str, typer.Argument(metavar="URL_OR_FILE", help="What to read once; nothing is recorded.")],
    kind: Annotated[Kind | None, typer.Option(help="Read it as this kind instead of the one that fits.")] = None,
    select: Annotated[Several, typer.Option(help="CSS selector of the document or list; may be repeated.")] = None,
    remove: Annotated[
        Several, typer.Option(help="CSS selector of what does not belong to it; may be repeated.")
    ] = None,
    item: Annotated[
        Several,
        typer.Option("--item", metavar="NAME=EXPRESSION", help="items, title, url, date, summary, key or next."),
    ] = None,
    scraper: Annotated[str, typer.Option(help="Name of a custom scraper.")] = "",
    render: Annotated[bool, typer.Option("--render", help="Read it through a browser.")] = False,
    ignore_robots: Annotated[bool, typer.Option("--ignore-robots", help="Do not ask robots.txt.")] = False,
    url: Annotated[str, typer.Option("--url", help="The address that a file came from, for its links.")] = "",
    show: Annotated[int, typer.Option(min=0, help="Blocks, entries and links shown of each.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Reads URL_OR_FILE once: its kind, title, language, text, entries, links, and an entry for sources.yaml.

    Nothing is recorded and nobody is told. Exit code 1 where it cannot be fetched or read.
    """
    items = _items(item or [])
    path = Path(target)
    is_file = "://" not in target
    if is_file and not path.is_file():
        setup.fail(f"{target!r} is neither an address (https://…) nor a file.")
    source = Source(
        id="test", url=url or (target if not is_file else path.resolve().as_uri()), kind=kind, items=items,
        select=tuple(select or ()), remove=tuple(remove or ()), scraper=scraper, render=render,
        robots="ignore" if ignore_robots else "obey",
    )  # fmt: skip
    tested = tested_of(source, _from_file(path, source) if is_file else asyncio.run(fetched(source)))
    if as_json:
        typer.echo(setup.dump(_document(tested, show)))
    else:
        _print(tested, show)
    if tested.outcome is not Outcome.OK:
        raise typer.Exit(1)


def _items(given: Sequence[str]) -> dict[str, str]:
    known = ("items", "title", "url", "date", "summary", "key", "next")
    out = {}
    for each in given:
        name, sign, expression = each.partition("=")
        if not sign or name.strip() not in known or not expression.strip():
            setup.fail(f"--item {each!r}: write NAME=EXPRESSION with NAME one of {', '.join(known)}.")
        out[name.strip()] = expression.strip()
    return out


def _from_file(path: Path, source: Source) -> Fetched:
    now = datetime.now(UTC)
    try:
        body = path.read_bytes()
    except OSError as error:
        setup.fail(f"{path} cannot be read: {error.strerror}.")
    return Fetched(Outcome.OK, f"read from {path}", source.url, now, now, final_url=source.url, body=body)


async def fetched(source: Source) -> Fetched:
    from tracker.fetch.client import Fetcher  # imported late: reading a file needs no network

    async with Fetcher(setup.settings()) as fetcher:
        return await fetcher.fetch(source)


# ------------------------------------------------------------------------------------------------- testing


def tested_of(source: Source, fetched: Fetched) -> Tested:
    """What an answer reads like, as the source says or, where it leaves the kind open, as it fits."""
    from tracker.formats.errors import Unreadable

    if fetched.outcome is not Outcome.OK:
        return Tested(source, fetched.outcome, fetched.reason)
    url = fetched.final_url or fetched.url
    try:
        made = _read(source, fetched, url)
    except Unreadable as error:
        return Tested(source, error.outcome, error.reason, source.kind)
    notes = list(made.reading.notes)
    if fetched.permanent_url and fetched.permanent_url != source.url:
        notes.append(f"moved for good to {fetched.permanent_url}: that address is in the entry below")
    if (
        made.reading.format == "html"
        and made.reading.accounting.words < _SHELL
        and b"<script" in fetched.body
        and not source.render
    ):
        notes.append("hardly any text: if a browser shows more, the page is made by scripts; try --render")
    entry = _entry(source, made, fetched.permanent_url or source.url)
    return Tested(source, Outcome.OK, fetched.reason, made.kind, made.why, made.reading, entry, tuple(notes))


def _read(source: Source, fetched: Fetched, url: str) -> Suggestion:
    from tracker.formats import registry
    from tracker.formats.suggest import Suggestion, suggest

    asked = source.kind is not None or source.scraper or source.items or source.select
    if not asked:
        return suggest(fetched.body, media_type=fetched.media_type, charset=fetched.charset, url=url)
    kind = source.kind
    if kind is None and source.items and registry.guess(fetched.body, fetched.media_type, url) == "html":
        kind = Kind.LISTING
    reading = registry.read(
        fetched.body, media_type=fetched.media_type, charset=fetched.charset, url=url, kind=kind, select=source.select,
        remove=source.remove, items=source.items, scraper=source.scraper,
    )  # fmt: skip
    return Suggestion(kind or (Kind.LISTING if reading.items else Kind.PAGE), "as asked", reading)


def _entry(source: Source, made: Suggestion, url: str) -> dict[str, Any]:
    reading = made.reading
    entry: dict[str, Any] = {
        "id": identifier(reading.title, url),
        "title": reading.title[:120] or urlsplit(url).hostname or "?",
        "url": url,
        "kind": made.kind.value,
        "every": _EVERY.get(made.kind, "12h"),
    }
    if reading.language:
        entry["language"] = reading.language
    place = _jurisdiction(url)
    if place:
        entry["jurisdiction"] = place
    for name in ("select", "remove", "items", "scraper", "render"):
        value = getattr(source, name)
        if value:
            entry[name] = (
                dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
            )
    if source.robots == "ignore":
        entry["robots"] = "ignore"
    return entry


def identifier(title: str, url: str) -> str:
    """An id for sources.yaml: the host's name and the first words of the title that are in Latin letters."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    first = host.split(".")[0] if host and not host.replace(".", "").isdigit() else ""
    words = re.findall(r"[a-z0-9]+", f"{title}".lower().replace("'", ""))
    if not words:
        words = re.findall(r"[a-z0-9]+", urlsplit(url).path.rpartition("/")[2].lower())
    made = "-".join([part for part in (first, *words[:5]) if part])
    return re.sub(r"[^a-z0-9]+", "-", made).strip("-")[:60].strip("-") or "source"


def _jurisdiction(url: str) -> str:
    """The country of the address's ending, where it has one."""
    ending = (urlsplit(url).hostname or "").rpartition(".")[2].lower()
    if ending in ("gov", "mil"):
        return "US"
    named = {"uk": "GB"}.get(ending, ending.upper())
    return named if len(ending) == 2 and ending.isalpha() and ending not in ("io", "ai", "co", "tv", "me") else ""


# ------------------------------------------------------------------------------------------------- showing


def _document(tested: Tested, show: int) -> dict[str, Any]:
    out: dict[str, Any] = {
        "url": tested.source.url, "outcome": tested.outcome, "reason": tested.reason, "kind": tested.kind,
        "why": tested.why,
    }  # fmt: skip
    reading = tested.reading
    if reading is None:
        return out
    return out | {
        "format": reading.format,
        "title": reading.title,
        "language": reading.language,
        "published": reading.published,
        "modified": reading.modified,
        "words": reading.accounting.words,
        "kept": round(reading.accounting.kept, 4),
        "elsewhere": {role: round(share, 4) for role, share in reading.accounting.elsewhere.items()},
        "blocks": len(reading.blocks),
        "text": [{"kind": block.kind, "path": block.path, "text": block.text} for block in reading.blocks[:show]],
        "items": len(reading.items),
        "entries": [
            {
                "key": item.key,
                "title": item.title,
                "url": item.url,
                "published": item.published,
                "summary": item.summary[:300],
            }
            for item in reading.items[:show]
        ],
        "links": len(reading.links),
        "next_page": reading.next_page,
        "notes": list(tested.notes),
        "entry": dict(tested.entry or {}),
    }


def _print(tested: Tested, show: int) -> None:
    console = Console()
    if tested.reading is None:
        console.print(f"[red]{tested.outcome.value}[/red]  {escape(tested.reason)}")
        return
    reading = tested.reading
    head = Table.grid(padding=(0, 2))
    head.add_column(style="bold")
    head.add_column(overflow="fold")
    for name, said in _facts(tested, reading):
        if said:
            head.add_row(name, escape(said))
    console.print(head)
    if reading.items:
        _entries(console, reading, show)
    else:
        _text(console, reading, show)
    for note in tested.notes:
        console.print(f"[yellow]note[/yellow]  {escape(note)}")
    console.print("\n[bold]For sources.yaml[/bold]")
    console.print(escape(as_yaml(tested.entry or {})), highlight=False, soft_wrap=True)


def _facts(tested: Tested, reading: Reading) -> list[tuple[str, str]]:
    kind = tested.kind.value if tested.kind else ""
    accounting = reading.accounting
    where = ", ".join(
        f"{role} {share:.0%}"
        for role, share in sorted(accounting.elsewhere.items(), key=lambda each: -each[1])
        if share >= 0.005
    )
    return [
        ("Kind", f"{kind} ({tested.why})"),
        ("Title", reading.title),
        ("Language", reading.language or "not known"),
        ("Published", f"{reading.published:%Y-%m-%d}" if reading.published else ""),
        ("Words", f"{accounting.words:,}; {accounting.kept:.0%} kept" + (f"; elsewhere: {where}" if where else "")),
        ("Text", f"{len(reading.blocks):,} blocks, {len(reading.links):,} links"),
        ("Entries", f"{len(reading.items):,}" if reading.items else ""),
        ("Next page", reading.next_page),
    ]


def _entries(console: Console, reading: Reading, show: int) -> None:
    table = Table(box=None, pad_edge=False, title_justify="left", show_header=True)
    for name in ("Date", "Entry", "Link"):
        table.add_column(name, overflow="fold")
    for item in reading.items[:show]:
        date = f"{item.published:%Y-%m-%d}" if item.published else f"{item.modified:%Y-%m-%d}" if item.modified else ""
        table.add_row(date, escape(item.title[:120]), escape(item.url[:120]))
    console.print()
    console.print(table)
    if len(reading.items) > show:
        console.print(f"[dim]… {len(reading.items) - show:,} more[/dim]")


def _text(console: Console, reading: Reading, show: int) -> None:
    console.print()
    for block in reading.blocks[:show]:
        mark = {"heading": "#" * max(block.level, 1) + " ", "item": "• ", "row": "| "}.get(block.kind, "")
        console.print(escape(f"  {mark}{block.text[:300]}"), highlight=False)
    if len(reading.blocks) > show:
        console.print(f"[dim]  … {len(reading.blocks) - show:,} more blocks[/dim]")
    for link in reading.links[: min(show, 5)]:
        console.print(f"[dim]  → {escape(link.text[:60])} {escape(link.url[:120])}[/dim]", highlight=False)


def as_yaml(entry: Mapping[str, Any]) -> str:
    """The entry as a list item of `sources:`."""
    import yaml

    return yaml.safe_dump([dict(entry)], sort_keys=False, allow_unicode=True, width=110).rstrip()
