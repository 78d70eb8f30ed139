"""`tracker rederive`: what versions, changes and areas would be now, made of the bodies that were kept.

The past is read again by today's reader, differ and classifier, each source by itself with the clock of the time, in
memory. What would be otherwise is shown; applied, it is recorded beside what was, marked as technical. Nobody is
alerted, and what was recorded at the time stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tracker import pipeline
from tracker.classify.classifier import Classifier
from tracker.model import Change, Fetched, Follow, Outcome, Source, State, Text
from tracker.store import technical
from tracker.store.double import MemoryRecords
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.technical import Kept, KeptChange

LOOKS = 5  # how often a surprising text is looked at again before the next one came


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that would be otherwise now. `what` is one of text, new change, no change, verdict."""

    source: str
    key: str
    seen_at: datetime
    what: str
    was: str
    now: str


@dataclass
class Derived:
    """What a re-derivation found. `unread` counts versions whose body was let go or cannot be read any more,
    `recorded` the technical rows that were written."""

    sources: int = 0
    versions: int = 0
    unread: int = 0
    changes: int = 0
    recorded: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Track:
    """One reading of the past: a source's own page or list, or one page that it links to."""

    source: Source
    key: str | None
    memory: MemoryRecords = field(default_factory=MemoryRecords)
    texts: dict[tuple[str, datetime], tuple[Text, float]] = field(default_factory=dict)
    shares: dict[tuple[str, str], float] = field(default_factory=dict)
    changes: dict[tuple[str, str], Change] = field(default_factory=dict)

    def named(self, key: str) -> str:
        return key if self.key is None else self.key


def rederive(
    database: Database,
    classifier: Classifier,
    now: datetime,
    *,
    sources: Sequence[str] = (),
    since: datetime | None = None,
    apply: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Derived:
    """Goes through sources one by one. Begun again after it was stopped, an applied one goes on: what is recorded
    already is not recorded twice."""
    with database.read() as session:
        names = technical.source_ids(session, sources)
    derived = Derived()
    for place, name in enumerate(names):
        if progress:
            progress(name, place, len(names))
        _source(database, classifier, now, name, since, derived, apply=apply)
        derived.sources += 1
    if progress:
        progress("", len(names), len(names))
    return derived


def _source(
    database: Database,
    classifier: Classifier,
    now: datetime,
    name: str,
    since: datetime | None,
    derived: Derived,
    *,
    apply: bool,
) -> None:
    source = replace(Records(database).source(name), follow=Follow())
    with database.read() as session:
        kept = _from(technical.versions(session, name), since)
        recorded = [change for change in technical.changes(session, name) if since is None or change.seen_at >= since]
    tracks: dict[str | None, _Track] = {}
    unread: set[tuple[str, datetime]] = set()
    for versions, until in _visits(kept, now):
        followed = versions[0].key.startswith(pipeline.FOLLOWED)
        key = versions[0].key if followed else None
        own = replace(source, url=versions[0].url, select=(), remove=(), kind=None) if followed else source
        track = tracks.setdefault(key, _Track(own, key))
        if not _look(database, classifier, track, versions, until):
            unread.update((version.key, version.seen_at) for version in versions)
    compared = [version for version in kept if since is None or version.seen_at >= since]
    found, texts = _texts(name, compared, tracks, unread)
    more, changes = _changes(name, recorded, tracks, unread, since)
    derived.versions += len(compared)
    derived.unread += sum((version.key, version.seen_at) in unread for version in compared)
    derived.changes += len(recorded)
    derived.findings += sorted([*found, *more], key=lambda finding: (finding.seen_at, finding.key, finding.what))
    if apply:
        with database.write() as session:
            for version, text, share in texts:
                derived.recorded += technical.record_text(session, version, text, share, now)
            for key_, change in changes:
                derived.recorded += technical.record_change(session, key_, name, change, now)


def _from(kept: list[Kept], since: datetime | None) -> list[Kept]:
    """The versions from `since` on, and before them each document's last one: what the first is compared with."""
    if since is None:
        return kept
    before: dict[str, Kept] = {version.key: version for version in kept if version.seen_at < since}
    return sorted(
        [*before.values(), *(version for version in kept if version.seen_at >= since)],
        key=lambda version: version.seen_at,
    )


def _visits(kept: list[Kept], now: datetime) -> Iterator[tuple[list[Kept], datetime]]:
    """The versions that one body brought, and when the next one of that track came."""
    groups: dict[tuple[datetime, str | None, str], list[Kept]] = {}
    for version in kept:
        own = version.key if version.key.startswith(pipeline.FOLLOWED) else None
        groups.setdefault((version.seen_at, own, version.body_hash), []).append(version)
    names = list(groups)
    for place, name in enumerate(names):
        until = next((other[0] for other in names[place + 1 :] if other[1] == name[1]), now)
        yield groups[name], until


def _look(database: Database, classifier: Classifier, track: _Track, versions: list[Kept], until: datetime) -> bool:
    """Visits a body as it was; False where it cannot be read."""
    first = versions[0]
    with database.read() as session:
        body = technical.body(session, first.body_hash)
    if body is None:
        return False
    at = first.seen_at
    for _look_again in range(LOOKS):
        fetched = Fetched(
            Outcome.OK, "kept", track.source.url, at, at, final_url=track.source.url, status=200, body=body,
            media_type=first.media_type, charset=first.charset,
        )  # fmt: skip
        state = track.memory.state(track.source.id)
        visited = pipeline.derive(track.source, fetched, state, track.memory, classifier, at)
        track.memory.record(visited)
        if visited.outcome is not Outcome.OK:
            return False
        for entry in visited.documents:
            if entry.judged.text is not None:
                track.shares[(entry.key, entry.judged.text.fingerprint)] = entry.accounting.kept
            for change in entry.judged.changes:
                track.changes[(track.named(entry.key), change.id)] = change
        rechecks = [entry.judged.recheck_at for entry in visited.documents if entry.judged.recheck_at]
        again = min(rechecks, default=None)
        if again is None or not at < again < until - timedelta(seconds=1):
            break
        at = again
    for version in versions:
        inner = version.key if track.key is None else ""
        latest = track.memory.past(track.source.id, inner).latest
        if latest is not None:
            share = track.shares.get((inner, latest.fingerprint), 1.0)
            track.texts[(version.key, version.seen_at)] = (latest, share)
    return True


def _texts(
    name: str, kept: list[Kept], tracks: dict[str | None, _Track], unread: set[tuple[str, datetime]]
) -> tuple[list[Finding], list[tuple[Kept, Text, float]]]:
    """The versions whose text is another one now."""
    made = {place: text for track in tracks.values() for place, text in track.texts.items()}
    findings, texts = [], []
    for version in kept:
        place = (version.key, version.seen_at)
        if place in unread:
            continue
        if place not in made:
            findings.append(Finding(name, version.key, version.seen_at, "text", version.fingerprint, "no such entry"))
            continue
        text, share = made[place]
        if text.fingerprint != version.fingerprint:
            findings.append(Finding(name, version.key, version.seen_at, "text", version.fingerprint, text.fingerprint))
            texts.append((version, text, share))
    return findings, texts


def _changes(
    name: str,
    recorded: list[KeptChange],
    tracks: dict[str | None, _Track],
    unread: set[tuple[str, datetime]],
    since: datetime | None,
) -> tuple[list[Finding], list[tuple[str, Change]]]:
    """The changes that would be others now. Two of one document and moment are the same change."""
    made = {
        (key, change.seen): change
        for track in tracks.values()
        for (key, _id), change in track.changes.items()
        if since is None or change.seen >= since
    }
    was = {(change.key, change.seen_at): change for change in recorded}
    findings, changes = [], []
    for place in sorted(made.keys() | was.keys()):
        if place in unread:
            continue
        old, new = was.get(place), made.get(place)
        before = _said(old.tier, old.state, old.areas) if old else ""
        after = _verdict(new) if new else ""
        if before == after:
            continue
        what = "verdict" if old and new else "no change" if old else "new change"
        findings.append(Finding(name, place[0], place[1], what, before, after))
        if new is not None:
            changes.append((place[0], new))
    return findings, changes


def _verdict(change: Change) -> str:
    areas = tuple(sorted(score.id for score in change.classification.areas))
    return _said(change.assessment.tier.value, change.assessment.state.value, areas)


def _said(tier: str, state: str, areas: Sequence[str]) -> str:
    pending = " pending" if state == State.PENDING.value else ""
    return f"{tier}{pending}" + (f" [{', '.join(areas)}]" if areas else "")
