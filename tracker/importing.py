"""What people already have becomes history: dated files, a git repository of texts, a WARC.

Every entry is a visit with its own clock through the same `pipeline.visit`; nobody is alerted. The past is only ever
added at its end: what is older than the last visit of its source is listed, not squeezed in.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import subprocess
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from sqlalchemy import select

from tracker import pipeline
from tracker.classify.classifier import Classifier
from tracker.model import Fetched, Follow, Outcome, Source
from tracker.store.keeping import IMPORTED
from tracker.store.records import Records
from tracker.store.session import Database
from tracker.store.tables import Check
from tracker.store.tables import Source as SourceRow

LARGEST = 25 * 2**20  # bytes, the same as a fetch may bring
TEXTS = (".html", ".htm", ".xhtml", ".md", ".markdown", ".txt", ".xml", ".akn", ".pdf", ".docx", ".rst", ".adoc")
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[T_ -]?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?Z?)?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One body and its moment. `source` is the id it is kept under, `name` what it is called where it comes from."""

    source: str
    title: str
    url: str
    at: datetime
    body: bytes
    name: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """What was not taken, and why."""

    name: str
    why: str


@dataclass
class Taken:
    """What an import did. `visits` counts the entries, `versions` and `changes` what came of them."""

    visits: int = 0
    versions: int = 0
    changes: int = 0
    known: int = 0
    sources: set[str] = field(default_factory=set)
    bad: list[Bad] = field(default_factory=list)


def slug(words: str) -> str:
    """A source's id of any words: small letters, digits and hyphens, at most 80. What was cut off or cannot be said in
    these letters stays in it as a short hash, so that two names never become one."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(made) > 80 or any(c.isalnum() and ord(c) > 0x24F for c in words) or not made:
        made = f"{made[:70].strip('-')}-{hashlib.sha256(words.encode()).hexdigest()[:8]}".strip("-")
    return made


# ------------------------------------------------------------------------------------------------ where from


def dated(name: str) -> tuple[datetime, str] | None:
    """The moment in a name and what is left of the name; None without a date. A day alone is its first moment."""
    match = _DATE.search(name)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return at, (name[: match.start()] + name[match.end() :]).strip(" -_.")


def files(folder: Path, *, source: str = "", url: str = "") -> Iterator[Entry | Bad]:
    """The dated files below a folder: 2024-01-31.html, policy/2024-01-31T0930.html, policy-20240131.pdf, or
    2024-01-31/policy.html. What is left of a name without its date is a document's name."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        place = path.relative_to(folder)
        found = _moment_of(place)
        if found is None:
            yield Bad(str(place), "there is no date in its name (2024-01-31, 20240131T0930)")
        elif path.stat().st_size > LARGEST:
            yield Bad(str(place), f"is larger than {LARGEST // 2**20} MB")
        else:
            at, name = found
            named = name or folder.resolve().name
            kept = source if source and not name else slug(f"{source} {named}" if source else named)
            yield Entry(
                kept, named, url or f"urn:import:{kept}", at, path.read_bytes(), str(place), _media_type(path.name)
            )


def _moment_of(place: Path) -> tuple[datetime, str] | None:
    parts = [*place.parent.parts, place.name.removesuffix(place.suffix)]
    for index in range(len(parts) - 1, -1, -1):
        found = dated(parts[index])
        if found:
            rest = [*parts[:index], found[1], *parts[index + 1 :]]
            return found[0], " ".join(part for part in rest if part)
    return None


def _media_type(name: str) -> str:
    if name.lower().endswith((".md", ".markdown")):
        return "text/markdown"
    return mimetypes.guess_type(name)[0] or ""


class GitError(RuntimeError):
    """The repository could not be read; the message is git's."""


def git(repository: Path, *, source: str = "", match: str = "", url: str = "") -> Iterator[Entry | Bad]:
    """The revisions of the texts of a git repository's current branch, oldest first, each at its committer's time.

    `match` is a pattern of paths (laws/*.md); without one, all files with the ending of a text. A revision whose
    clock went backwards counts as made a second after the one before it.
    """
    latest: dict[str, datetime] = {}
    log = _git(repository, "log", "--reverse", "--topo-order", "--no-renames", "--diff-filter=AM", "--raw", "-z", "-m",
               "--first-parent", "--no-abbrev", "--format=%x01%ct")  # fmt: skip
    wanted: list[tuple[str, datetime, str]] = []
    at = datetime.fromtimestamp(0, UTC)
    for blob, path, seconds in _raw(log):
        at = datetime.fromtimestamp(seconds, UTC)
        if not (fnmatch(path, match) if match else path.lower().endswith(TEXTS)):
            continue
        before = latest.get(path)
        moment = at if before is None or at > before else before + timedelta(seconds=1)
        latest[path] = moment
        wanted.append((path, moment, blob))
    bodies = _blobs(repository, (blob for _path, _at, blob in wanted))
    for (path, moment, blob), body in zip(wanted, bodies, strict=True):
        kept = source if source and len(latest) == 1 else slug(f"{source} {path.rsplit('.', 1)[0]}")
        if body is None or len(body) > LARGEST:
            yield Bad(f"{path} {blob[:10]}", f"is larger than {LARGEST // 2**20} MB, or not a file")
            continue
        address = f"{url.rstrip('/')}/{path}" if url else f"urn:import:{kept}"
        yield Entry(kept, path, address, moment, body, f"{path} {blob[:10]}", _media_type(path))


def _raw(log: bytes) -> Iterator[tuple[str, str, int]]:
    """(blob, path, seconds) of git's --raw -z."""
    seconds, fields = 0, log.split(b"\x00")
    index = 0
    while index < len(fields):
        piece = fields[index].lstrip(b"\n")
        if piece.startswith(b"\x01"):
            seconds = int(piece[1:].split()[0])
        elif piece.startswith(b":") and index + 1 < len(fields):
            index += 1
            yield piece.split()[3].decode(), fields[index].decode("utf-8", "replace"), seconds
        index += 1


def _blobs(repository: Path, names: Iterable[str]) -> Iterator[bytes | None]:
    """The contents of blobs, in order, through one git process."""
    command = [*_command(repository), "cat-file", "--batch"]
    with subprocess.Popen(  # noqa: S603 - git with our own arguments, no shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    ) as process:
        asks, answers = process.stdin, process.stdout
        if asks is None or answers is None:
            raise GitError("git gives no pipes")
        for name in names:
            asks.write(name.encode() + b"\n")
            asks.flush()
            head = answers.readline().split()
            if len(head) != 3:
                yield None
                continue
            body = answers.read(int(head[2]))
            answers.read(1)
            yield body if head[1] == b"blob" else None
        asks.close()


def _git(repository: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - git with our own arguments, no shell
            [*_command(repository), *words], capture_output=True, check=False, env=_environment()
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed") from error
    if done.returncode:
        raise GitError(done.stderr.decode("utf-8", "replace").strip()[:500])
    return done.stdout


def _command(repository: Path) -> list[str]:
    return ["git", "--no-optional-locks", "-C", str(repository), "-c", "core.fsmonitor=false", "-c", "safe.directory=*"]


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def warc(file: Path, *, source: str = "") -> Iterator[Entry | Bad]:
    """The answers of a WARC, each address a source. Raises ImportError without the extra `export`."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    with file.open("rb") as given:
        try:
            for record in ArchiveIterator(given):
                if record.rec_type in ("response", "resource"):
                    yield _recorded(record, source)
        except (ArchiveLoadFailed, ValueError, EOFError) as error:
            yield Bad(file.name, f"is damaged from here on: {error}")


def _recorded(record: object, source: str) -> Entry | Bad:
    head, http = record.rec_headers, record.http_headers  # type: ignore[attr-defined]  # warcio has no types
    url, when = head.get_header("WARC-Target-URI") or "", head.get_header("WARC-Date") or ""
    status = http.get_statuscode() if http else "200"
    if status != "200":
        return Bad(f"{url} {when}", f"answered {status}")
    body = record.content_stream().read(LARGEST + 1)  # type: ignore[attr-defined]  # warcio has no types
    try:
        at = datetime.fromisoformat(when)
    except ValueError:
        return Bad(f"{url} {when}", "has no date")
    if len(body) > LARGEST:
        return Bad(f"{url} {when}", f"is larger than {LARGEST // 2**20} MB")
    parts = urlsplit(url)
    name = f"{parts.hostname or ''}{parts.path}{'-' + parts.query if parts.query else ''}"
    kind = (http.get_header("Content-Type") or "") if http else head.get_header("Content-Type") or ""
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Entry(source or slug(name), name, url, moment, body, f"{url} {when}", kind)


# ----------------------------------------------------------------------------------------------- into history


class _Answer:
    """The one answer that a visit of an entry gets."""

    def __init__(self, entry: Entry, at: datetime) -> None:
        media_type, _, rest = entry.media_type.partition(";")
        charset = rest.partition("charset=")[2].strip(" \"'") if "charset=" in rest else ""
        self._answer = Fetched(
            Outcome.OK, "imported", entry.url, at, at, final_url=entry.url, status=200, body=entry.body,
            media_type=media_type.strip(), charset=charset, received={IMPORTED: entry.name[:500]},
        )  # fmt: skip

    async def fetch(self, source: Source, *, url: str = "", etag: str = "", last_modified: str = "") -> Fetched:
        return self._answer


async def take(
    entries: Iterable[Entry | Bad],
    database: Database,
    classifier: Classifier,
    *,
    now: datetime,
    progress: Callable[[Taken], None] | None = None,
) -> Taken:
    """Puts entries into the history, oldest first. Begun again, it goes on where it was: the same entry has the effect
    of one."""
    records, taken, told = Records(database, consumers=()), Taken(), []
    with TemporaryFile() as spool:  # bodies wait on the disk: they come in another order than they are visited
        for entry in entries:
            if isinstance(entry, Bad):
                taken.bad.append(entry)
            elif entry.at > now:
                taken.bad.append(Bad(entry.name, f"is of the future ({entry.at:%Y-%m-%d %H:%M})"))
            else:
                told.append((replace(entry, body=b""), spool.tell(), len(entry.body)))
                spool.write(entry.body)
        told.sort(key=lambda one: (one[0].at, one[0].source))
        ends: dict[str, datetime] = {}
        following = [now] * len(told)
        for place in range(len(told) - 1, -1, -1):
            whose = told[place][0].source
            following[place], ends[whose] = ends.get(whose, now), told[place][0].at
        for (entry, offset, length), until in zip(told, following, strict=True):
            spool.seek(offset)
            await _take(replace(entry, body=spool.read(length)), database, records, classifier, until, taken)
            if progress:
                progress(taken)
    return taken


async def _take(
    entry: Entry, database: Database, records: Records, classifier: Classifier, following: datetime, taken: Taken
) -> None:
    source, last, there = _known(database, entry)
    if there:
        taken.known += 1
        return
    if last is not None and entry.at <= last:
        taken.bad.append(Bad(entry.name, f"is not newer than what {entry.source} was last ({last:%Y-%m-%d %H:%M})"))
        return
    at = entry.at
    for _look in range(5):  # a surprising text is looked at again, as it would have been
        visited = await pipeline.visit(source, _Answer(entry, at), records, classifier, at)
        if at == entry.at and visited.outcome is not Outcome.OK:
            taken.bad.append(Bad(entry.name, visited.reason))
        taken.versions += sum(1 for document in visited.documents if document.judged.text)
        taken.changes += sum(1 for change in visited.changes if change.confirm_at is None)
        again = visited.next_check_at
        if again is None or not at < again < following:
            break
        at = again
    taken.visits += 1
    taken.sources.add(entry.source)


def _known(database: Database, entry: Entry) -> tuple[Source, datetime | None, bool]:
    """The source an entry belongs to, when it was last visited, and whether this entry was taken before."""
    with database.read() as session:
        row = session.get(SourceRow, entry.source)
        if row is None:
            return Source(id=entry.source, url=entry.url, title=entry.title), None, False
        there = session.scalar(
            select(Check.id).where(Check.source_id == entry.source, Check.started_at == entry.at).limit(1)
        )
        last = row.last_check_at
    # Links lead to what is there today, not then.
    return replace(Records(database).source(entry.source), follow=Follow()), last, there is not None
