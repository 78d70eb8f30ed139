"""Who holds leases, and who of them is gone: what a killed process held on this machine is free at once.

A name says machine, process-id namespace, process and run, so that a process can tell for sure that another one of its
own machine has ended. Of other machines and containers nothing is known: their leases simply run out. That goes for a
container that was started again, too: another one may bear its name, and a lease of minutes that nobody needed does
less harm than one that was taken from the living.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tracker.store.tables import Alert, EventTodo, HostTurn, Source

RUN = secrets.token_hex(4)  # another process that gets our number later has another one
BOOT = Path("/proc/sys/kernel/random/boot_id")
SPACE = Path("/proc/self/ns/pid")


def _machine() -> str:
    """The host's name for people; boot and process-id namespace together are one of a kind, which host names and the
    numbers of namespaces alone are not."""
    boot = space = ""
    with suppress(OSError):  # not Linux: the host's name has to do
        boot, space = BOOT.read_text().strip()[:8], str(SPACE.readlink()).strip("pid:[]")
    return f"{socket.gethostname()[:24].replace(':', '-')}/{boot}-{space}"


def name() -> str:
    """A name for one holder of leases in this process; at most 72 characters."""
    return f"{_machine()}:{os.getpid()}:{RUN}:{secrets.token_hex(4)}"


def gone(holder: str) -> bool:
    """Whether the process that made the name is known to have ended; False where nothing is known."""
    machine, _, rest = holder.partition(":")
    pid, _, rest = rest.partition(":")
    run = rest.partition(":")[0]
    if machine != _machine() or not pid.isdigit() or not run:
        return False
    return run != RUN if int(pid) == os.getpid() else not alive(int(pid))


def alive(pid: int) -> bool:
    """Whether a process of that number runs here."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def bury(session: Session, now: datetime) -> int:
    """Frees the alerts, events and hosts' turns that dead processes of this machine hold; gives their number. Call
    inside `Database.write()`. A host may have been asked until the moment of death: the pause that the dead one had
    promised (how long `free_at` lies after the lease) begins now."""
    freed = 0
    for table in (Alert, EventTodo):
        dead = _dead(session, table)
        result = session.execute(
            update(table)
            .where(table.taken_by.in_(dead))
            .values(taken_by="", taken_until=None)
            .returning(table.taken_by)
        )
        freed += len(result.all())
    turns = select(HostTurn).where(HostTurn.taken_by.in_(_dead(session, HostTurn))).with_for_update(skip_locked=True)
    for turn in session.scalars(turns):
        promised = turn.free_at - turn.taken_until if turn.free_at and turn.taken_until else timedelta(0)
        turn.taken_by, turn.taken_until, turn.free_at = "", None, now + max(promised, timedelta(0))
        freed += 1
    return freed


def claims(session: Session, *, but: Collection[str] = ()) -> int:
    """Frees the sources that dead processes of this machine had claimed, `but` those; gives their number. Call inside
    `Database.write()`."""
    claimed = select(Source.claimed_by).where(Source.claimed_by != "").distinct()
    dead = [holder for holder in session.scalars(claimed) if gone(holder)]
    freed = (
        update(Source)
        .where(Source.claimed_by.in_(dead), Source.id.not_in(but))
        .values(claimed_by="", claimed_until=None)
    )
    return len(session.execute(freed.returning(Source.id)).all()) if dead else 0


def _dead(session: Session, table: type[Alert | EventTodo | HostTurn]) -> list[str]:
    holders = session.scalars(select(table.taken_by).where(table.taken_until.is_not(None)).distinct())
    return [holder for holder in holders if gone(holder)]
