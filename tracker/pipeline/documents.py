"""A reading as documents: the page itself, or the entries of a list, each judged against its own past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker.assess import cluster, content, verdict
from tracker.classify.classifier import Classifier
from tracker.diff import summary
from tracker.formats import registry
from tracker.model import Accounting, Block, Change, Fetched, Item, Kind, Reading, Source, State
from tracker.pipeline.visits import FOLLOWED, DocumentVisit, Rooms
from tracker.store.state import SourceState
from tracker.text.canonical import fingerprint
from tracker.text.lists import joined
from tracker.text.structure import structure

LANGUAGES = ("en", "fr", "zh")
CLUSTER_WINDOW = timedelta(days=7)  # one edit that reaches other pages later than that is news again


def read(source: Source, fetched: Fetched) -> Reading:
    """The source's answer as a reading. Raises formats.errors.Unreadable with a reason in words."""
    return registry.finished(skim(source, fetched))


def skim(source: Source, fetched: Fetched, known: tuple[str, str] | None = None) -> Reading:
    """The same without what only a text that changed is asked for (formats.registry.skim)."""
    return registry.skim(
        fetched.body,
        media_type=fetched.media_type,
        charset=fetched.charset,
        url=fetched.final_url or fetched.url,
        kind=source.kind,
        select=source.select,
        remove=source.remove,
        items=source.items,
        scraper=source.scraper,
        known=known,
    )


def item_reading(item: Item, format_: str, language: str) -> Reading:
    """An entry of a list as a document of its own: its title, its summary or full text. The date is kept beside the
    text, since lists show it in many ways that mean the same."""
    heading = Block(text=item.title, kind="heading", level=1) if item.title else None
    text = item.blocks or ((Block(text=item.summary),) if item.summary else ())
    blocks = joined(((heading,) if heading else ()) + tuple(text))
    words = sum(len(block.text.split()) for block in blocks)
    return Reading(
        format=format_,
        title=item.title,
        language=language,
        published=item.published,
        modified=item.modified,
        blocks=blocks,
        accounting=Accounting(words, 1.0 if words else 0.0),
    )


def _numbered(entry: Reading) -> Reading:
    return replace(entry, blocks=structure(entry.blocks))


def entries(
    source: Source, reading: Reading, state: SourceState, rooms: Rooms, body: str, join: Clusters
) -> tuple[list[DocumentVisit], tuple[str, ...]]:
    """The entries of a list that are new or say something else than before, and the keys of all of them."""
    visits = []
    for item in reading.items:
        entry = item_reading(item, reading.format, reading.language)
        known = state.known.get(item.key)
        if known is not None and item.key not in state.pending and known == fingerprint(entry.blocks):
            continue
        visits.append(one_document(source, item.key, entry, item.url, state, rooms, body, join, _numbered))
    return visits, tuple(item.key for item in reading.items)


def one_document(
    source: Source,
    key: str,
    reading: Reading,
    url: str,
    state: SourceState,
    rooms: Rooms,
    body: str,
    join: Clusters,
    finish: Callable[[Reading], Reading],
) -> DocumentVisit:
    past = rooms.records.past(source.id, key)
    same = past.told is not None and fingerprint(content.document(reading)) == past.told.fingerprint
    if same and past.told is not None and past.pending is None:
        reading = replace(reading, language=past.told.language)  # readers know this text: nothing more is asked
    else:
        reading = finish(reading)
    name = f"{source.id}#{key}" if key else source.id
    announced = key != "" and not key.startswith(FOLLOWED) and past.latest is None and bool(state.known)
    if announced:
        judged = verdict.announce(name, past, reading, rooms.now)
    else:
        judged = verdict.judge(name, past, reading, rooms.now, rooms.second_look)
    language = reading.language or source.language
    changes = tuple(join(described(change, source, language, rooms.classifier)) for change in judged.changes)
    told = past.latest is None or any(change.assessment.state is not State.SILENT for change in changes)
    classification = rooms.classifier.classify_blocks(judged.text.blocks) if judged.text and told else None
    return DocumentVisit(
        key=key,
        title=reading.title,
        url=url,
        language=language,
        kind=reading.format,
        published=reading.published,
        judged=replace(judged, changes=changes),
        body=body,
        accounting=reading.accounting,
        classification=classification,
    )


def described(change: Change, source: Source, language: str, classifier: Classifier) -> Change:
    """The change with its areas and its summary in every language a recipient may have."""
    if change.assessment.state is State.SILENT and not change.comparison.edits:
        return change
    return replace(
        change,
        classification=classifier.classify_change(change.comparison, language=language, prior=source.areas),
        summary={code: summary.headline(change.comparison, code) for code in LANGUAGES},
    )


class Clusters:
    """Joins changes to clusters; asks the records once a visit, and only when something is told."""

    def __init__(self, rooms: Rooms) -> None:
        self._records, self._now = rooms.records, rooms.now
        self._recent: list[tuple[str, str, datetime]] | None = None

    def __call__(self, change: Change) -> Change:
        if change.assessment.state is not State.TOLD or not change.assessment.cluster_keys:
            return change
        if self._recent is None:
            self._recent = list(self._records.clusters(self._now - CLUSTER_WINDOW))
        name = cluster.join(change, self._recent)
        self._recent.extend((key, name, change.seen) for key in change.assessment.cluster_keys)
        return replace(change, cluster=name)


def withdrawn(
    source: Source, items: Sequence[Item], state: SourceState, rooms: Rooms, body: str
) -> Iterable[DocumentVisit]:
    """Entries that are gone although older ones are still listed. What slid off the end of a list, or has no date
    to tell by, was not withdrawn."""
    dated = [item.published for item in items if item.published]
    if source.kind not in (Kind.LISTING, Kind.JSON) or not dated:
        return
    oldest, present = min(dated), {item.key for item in items}
    for key, published in state.dates.items():
        if key in present or published <= oldest or key.startswith(FOLLOWED):
            continue
        judged = verdict.withdrawn(
            f"{source.id}#{key}", rooms.records.past(source.id, key), rooms.now, rooms.second_look
        )
        yield DocumentVisit(
            key=key, title="", url="", language="", kind="", published=published, judged=judged, body=body,
            gone=any(change.assessment.state is State.TOLD for change in judged.changes),
        )  # fmt: skip
