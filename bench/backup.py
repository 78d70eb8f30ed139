"""Backed up under load, the writer killed, restored elsewhere, held against the original.

    python -m bench.backup [--seconds 10] [--backups 3] [--history DATABASE]
    python -m bench.backup --server postgresql://… [--history NAME]

A process of its own records visits as fast as it can (a first version, a told change, a silent one, for one source
after the other) while backups are made. It is killed with SIGKILL in the middle of its work, and so is one more
backup. Each copy is restored into another database and compared: what it holds must be what the original had at one
moment between the backup's begin and end, with the same chain values and seals, nothing after it and no gap before;
`tracker verify`'s walk must find no problem in either. --history begins with a copy of a database that bench.store
made, so that it has a size.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import make_url

from tracker.store import keeping, migrate, proof, tables
from tracker.store.session import Database

ROOT = Path(__file__).resolve().parent.parent
NAME = "busy-{:06d}"
WRITER = """
import sys
sys.path.insert(0, {visits!r})
import visits
from tracker.store.records import Records
from tracker.store.session import Database
records, n = Records(Database(sys.argv[1])), 0
while True:
    visits.story(records, {name!r}.format(n))
    n += 1
"""


@dataclass
class Made:
    """What came of it. `wrong` is empty where all is as it must be; times are seconds, sizes bytes."""

    wrong: list[str] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    restored: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)


@contextlib.contextmanager
def writing(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """The load: killed at the end, wherever it is."""
    program = WRITER.format(visits=str(ROOT / "tests" / "store"), name=NAME)
    process = subprocess.Popen([sys.executable, "-c", program, address], cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def counted(database: Database) -> int:
    """How many versions there are."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(tables.Version)) or 0


def run(origin: Database, places: list[Database], folder: Path, *, seconds: float) -> Made:
    """Loads `origin`, makes a backup for each of `places` while it is loaded, kills, restores, compares."""
    made, files, spans = Made(), [], []
    with writing(_address(origin)) as writer:
        _rate(origin, 2)  # the writer is up
        made.rates["alone"] = _rate(origin, seconds)
        for number in range(len(places)):
            file, before, begun = folder / f"copy-{number}", counted(origin), time.monotonic()
            made.sizes.append(keeping.backup(origin, file))
            made.took.append(time.monotonic() - begun)
            spans.append((before, counted(origin)))
            files.append(file)
        made.rates["during backups"] = (spans[-1][1] - spans[0][0]) / max(sum(made.took), 1e-9)
        made.wrong += _killed_backup(origin, folder)
        if writer.poll() is not None:
            made.wrong.append("the writer ended by itself")
    for file, place, span in zip(files, places, spans, strict=True):
        begun = time.monotonic()
        keeping.restore(place, file)
        made.restored.append(time.monotonic() - begun)
        made.versions.append(counted(place))
        made.wrong += compared(origin, place, span)
    with origin.read() as session:
        made.wrong += [f"original: {problem.where} {problem.what}" for problem in proof.verify(session).problems]
    return made


def _address(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def _rate(database: Database, seconds: float) -> float:
    """Versions a second."""
    while not counted(database):
        time.sleep(0.1)
    before, begun = counted(database), time.monotonic()
    time.sleep(seconds)
    return (counted(database) - before) / (time.monotonic() - begun)


def _killed_backup(origin: Database, folder: Path) -> list[str]:
    """A backup that is killed half way leaves nothing under its name."""
    file = folder / "killed"
    program = (
        "import sys; from pathlib import Path; from tracker.store import keeping, session; "
        "keeping.backup(session.Database(sys.argv[1]), Path(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, _address(origin), str(file)], cwd=ROOT, start_new_session=True
    )
    part = file.with_name(file.name + ".part")
    while process.poll() is None and not part.exists():
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.wait() == 0:
        return []  # it was faster
    return ["a killed backup has a file under its name"] if file.exists() else []


def compared(origin: Database, copy: Database, span: tuple[int, int]) -> list[str]:
    """What is wrong with a copy: `span` is how many versions the original had when the backup began and ended."""
    wrong = []
    with copy.read() as session:
        wrong += [f"copy: {problem.where} {problem.what}" for problem in proof.verify(session).problems]
    there, here = _chains(origin), _chains(copy)
    seals_there, seals_here = _seals(origin), _seals(copy)
    wrong += [f"{key} is another one" for key, chain in here.items() if there.get(key) != chain][:5]
    wrong += [f"change {key} is another one" for key, seal in seals_here.items() if seals_there.get(key) != seal][:5]
    if not span[0] <= len(here) <= span[1]:
        wrong.append(f"{len(here)} versions: it had {span[0]} when the backup began and {span[1]} at its end")
    wrong += _gaps(here)
    return wrong


def _chains(database: Database) -> dict[tuple[str, str, int], str]:
    statement = select(
        tables.Document.source_id, tables.Document.key, tables.Version.number, tables.Version.chain
    ).join(tables.Document, tables.Document.id == tables.Version.document_id)
    with database.read() as session:
        return {(source, key, number): chain for source, key, number, chain in session.execute(statement)}


def _seals(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {name: seal for name, seal in session.execute(select(tables.Change.id, tables.Change.seal))}  # noqa: C416 - rows are not pairs to dict()


def _gaps(here: dict[tuple[str, str, int], str]) -> list[str]:
    """The writer works one visit after the other: a copy of one moment has all of them up to one, and none after."""
    busy = sorted((source, number) for source, _key, number in here if re.fullmatch(r"busy-\d{6}", source))
    wanted = [(NAME.format(at // 3), at % 3 + 1) for at in range(len(busy))]
    return [] if busy == wanted else ["there is a gap: it is not of one moment"]


# ------------------------------------------------------------------------------------------------- databases


@contextlib.contextmanager
def of_server(server: str, names: list[str], history: str = "") -> Iterator[list[Database]]:
    """Fresh databases of a server, the first one a copy of `history` where that is given."""
    address = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for at, name in enumerate(names):
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            template = f" TEMPLATE {history}" if history and not at else ""
            connection.exec_driver_sql(f"CREATE DATABASE {name}{template}")
    made = [Database(address.set(database=name).render_as_string(hide_password=False)) for name in names]
    try:
        yield made
    finally:
        for database in made:
            database.dispose()
        with engine.connect() as connection:
            for name in names:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


@contextlib.contextmanager
def of_files(folder: Path, names: list[str], history: str = "") -> Iterator[list[Database]]:
    """The same as SQLite files."""
    if history:
        shutil.copyfile(history, folder / f"{names[0]}.db")
    made = [Database(f"sqlite:///{folder}/{name}.db") for name in names]
    try:
        yield made
    finally:
        for database in made:
            database.dispose()


def main() -> None:
    """The figure; exit code 1 where a copy is not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--backups", type=int, default=3)
    parser.add_argument("--server", default="")
    parser.add_argument("--history", default="", help="a SQLite file, or the name of a database of the server")
    given = parser.parse_args()
    names = ["bench_backup", *(f"bench_restored_{number}" for number in range(given.backups))]
    with tempfile.TemporaryDirectory(prefix="tracker-backup-") as scratch:
        folder = Path(scratch)
        places = (
            of_server(given.server, names, given.history) if given.server else of_files(folder, names, given.history)
        )
        with places as (origin, *others):
            migrate.migrate(origin)
            began_with = counted(origin)
            made = run(origin, others, folder, seconds=given.seconds)
    print(f"{'PostgreSQL' if given.server else 'SQLite'}: {began_with} versions to begin with, one writer")
    print(f"versions a second: {', '.join(f'{name} {rate:.0f}' for name, rate in made.rates.items())}")
    for took, restored, size, versions in zip(made.took, made.restored, made.sizes, made.versions, strict=True):
        print(f"backup {took:.1f} s, {size / 1e6:.0f} MB; restored in {restored:.1f} s: {versions} versions")
    print(
        "\n".join(made.wrong)
        or "every copy: same chain, same seals, all of one moment; verified; the killed backup left no file"
    )
    sys.exit(1 if made.wrong else 0)


if __name__ == "__main__":
    main()
