"""A PostgreSQL server of a bench's own: on a free loopback port, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `url` is the address of its first database, `pid` its first process."""

    url: str
    pid: int

    def database(self, name: str) -> str:
        """Makes an empty database; gives its address."""
        server = create_engine(self.url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        server.dispose()
        return self.url.rsplit("/", 1)[0] + "/" + name


@contextmanager
def server() -> Iterator[Server]:
    """Starts a server with its usual settings (each commit reaches the disk). Raises RuntimeError where no PostgreSQL
    is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise RuntimeError("no PostgreSQL under /usr/lib/postgresql: give the address of one with --database")
    programs, folder = found[-1].parent, Path(tempfile.mkdtemp(prefix="tracker-bench-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def do(*command: str | Path) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder, timeout=60)

    data = folder / "data"
    do(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c timezone=UTC"
    do(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "30", "-o", options, "start")
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        yield Server(f"postgresql://postgres@127.0.0.1:{port}/postgres", pid)
    finally:
        do(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
