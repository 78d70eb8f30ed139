"""pdfium at arm's length: one process that reads PDFs, replaced when a body crashes it, hangs it or swells it.

pdfium is C++ and not safe in threads; a process of its own bounds time and memory and keeps a crash out of ours.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tracker.formats.errors import Unreadable
from tracker.formats.pdf_lines import LENGTH
from tracker.model import Outcome

TIMEOUT = 60.0  # seconds until a body is given up
_MAX_ANSWER = 400 * 2**20
_RENEW = 200  # bodies after which a new process starts, so that nothing adds up


class _Process:
    """The process and the lock that gives it to one body at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._owner = os.getpid()

    def ask(self, body: bytes) -> dict[str, Any]:
        with self._lock:
            process = self._running()
            try:
                return self._asked(process, body)
            except TimeoutError as error:  # before OSError, of which it is one
                self._ended(process)
                raise Unreadable(f"a PDF that takes longer than {TIMEOUT:.0f} s to read", Outcome.TOO_LARGE) from error
            except (OSError, ValueError, EOFError) as error:
                code = self._ended(process)
                raise Unreadable(f"a PDF that breaks its reader ({_why(code)})") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # forked: the pipes belong to the parent
            self._process, self._owner = None, os.getpid()
        if self._process is not None and (self._served >= _RENEW or self._process.poll() is not None):
            self._ended(self._process)
        if self._process is None:
            root = str(Path(__file__).resolve().parents[2])
            kept = {
                name: os.environ[name]
                for name in ("PATH", "SYSTEMROOT", "LANG", "LD_LIBRARY_PATH")
                if name in os.environ
            }
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tracker.formats.pdf_lines"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**kept, "PYTHONPATH": os.pathsep.join([root, *(path for path in sys.path if path)])},
            )
            self._served = 0
        return self._process

    def _asked(self, process: subprocess.Popen[bytes], body: bytes) -> dict[str, Any]:
        self._served += 1
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(LENGTH.pack(len(body)))
        process.stdin.write(body)
        process.stdin.flush()
        # The first byte says that the answer is made; a process that dies closes the pipe, which is readable too.
        if not select.select([process.stdout], [], [], TIMEOUT)[0]:
            raise _Late
        head = process.stdout.read(LENGTH.size)
        size = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else _MAX_ANSWER + 1
        if size > _MAX_ANSWER:
            raise EOFError
        answer = process.stdout.read(size)
        if len(answer) < size:
            raise EOFError
        made: dict[str, Any] = json.loads(answer)
        return made

    def _ended(self, process: subprocess.Popen[bytes]) -> int | None:
        self._process = None
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
        if process.poll() is None:
            process.kill()
            process.wait()
        return process.returncode

    def close(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._ended(self._process)


class _Late(TimeoutError):  # noqa: N818 - the name says it
    """No answer in time."""


def _why(code: int | None) -> str:
    if code is None or code >= 0:
        return "it ended without an answer"
    return {-9: "stopped: too much memory or time", -11: "it crashed", -24: "stopped: too much time"}.get(
        code, f"signal {-code}"
    )


_PROCESS = _Process()
atexit.register(_PROCESS.close)


def lines_of(body: bytes) -> dict[str, Any]:
    """What pdf_lines.extract makes of the body. Raises Unreadable when it cannot be read within bounds."""
    answer = _PROCESS.ask(body)
    if "error" in answer:
        raise Unreadable(
            str(answer["error"]) if "PDF" in answer["error"] else f"a PDF that is {answer['error']}"
            if answer["error"].startswith("broken") else f"a PDF: {answer['error']}",
            Outcome.TOO_LARGE if answer.get("large") else Outcome.UNREADABLE,
        )  # fmt: skip
    return answer
