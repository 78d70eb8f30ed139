"""The same loopback pages, the same rounds, with known changes: this tracker beside webchanges, urlwatch and
changedetection.io, each installed from its package in an environment of its own.

    python -m bench.peers [--pages 500] [--rounds 20] [--only tracker,urlwatch+text,…] [--work DIR]

Every round some pages change a word that matters, many change only furniture (a banner, a counter, a relative time).
Prints for each tool: checks per second, CPU seconds and peak memory per 1,000 checks, alerts right, later, wrong and
missed. Text that is only gone is told by the tracker after a second look, a day later, since pages are cut short by
mistake more often than on purpose: its clock moves on by a day a round, and such an alert counts as "later" where it
comes in the round after. All in one run on one machine; the tools take turns. Each tool runs with its defaults (beside
what it takes to ask one host without a pause); "+text" is the same tool with the text filter that its manual
recommends.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SEED = 7
SUBSTANTIVE, FURNITURE = 0.02, 0.3  # shares of pages a round
DUTIES = (
    "keep records of every decision",
    "report serious incidents to the authority",
    "assess the risks for people concerned",
    "inform the public in plain language",
    "test systems before they are put into use",
    "name a person who answers for the system",
    "ask for consent before data are shared",
    "keep the technical documentation up to date",
    "train the staff who supervise the system",
    "publish a summary of the data used",
    "let an independent body look at the logs",
    "correct errors that were notified",
)
WHO = ("operator", "provider", "deployer", "importer", "public body")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
BANNERS = (
    "Join our open day on Friday!",
    "Subscribe to our newsletter.",
    "New: our podcast on digital rights.",
    "Our offices are closed on Monday.",
    "",
    "",
)
STORIES = ("Minister visits laboratory", "Results of the survey", "A day at the registry", "Photo contest",
           "Call for interns", "Conference in spring", "Annual figures", "Interview with the chair")  # fmt: skip
COOKIES = '<div class="cookie-banner"><p>We use cookies to improve this site.</p><button>Accept</button></div>'


@dataclass
class Site:
    """The pages of a round: which duties stand in a page, and what furniture is around it. All is drawn from SEED:
    three layouts, six to twelve duties, and changes of a word, a number, a date, a clause more, a clause less."""

    pages: int
    state: dict[int, list[str]] = field(default_factory=dict)
    furniture: dict[int, int] = field(default_factory=dict)
    port: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(SEED)
        for page in range(self.pages):
            duties = self.dice.sample(DUTIES, self.dice.randrange(6, len(DUTIES)))
            self.state[page] = [self.duty(page, duty, "may") for duty in duties]
            self.furniture[page] = self.dice.randrange(10_000)

    def duty(self, page: int, duty: str, verb: str) -> str:
        """A sentence of a page."""
        who, days = WHO[page % len(WHO)], self.dice.randrange(3, 400)
        until = f"{self.dice.randrange(1, 28)} {self.dice.choice(MONTHS)} {self.dice.randrange(2027, 2031)}"
        return f"The {who} {verb} {duty} within {days} days, for the first time by {until}."

    def move(self) -> set[int]:
        """The next round; gives the pages of which a reader should be told."""
        told = set()
        for page in range(self.pages):
            if self.dice.random() < SUBSTANTIVE:
                before = list(self.state[page])
                self.change(page)
                told |= {page} if self.state[page] != before else set()
            if self.dice.random() < FURNITURE:
                self.furniture[page] += self.dice.randrange(1, 50)
        return told

    def change(self, page: int) -> None:
        """One real change of one of five kinds."""
        lines, at = self.state[page], self.dice.randrange(len(self.state[page]))
        kind = self.dice.randrange(5)
        if kind == 0:
            verbs = (" may ", " shall ") if " may " in lines[at] else (" shall ", " may ")
            lines[at] = lines[at].replace(*verbs)
        elif kind == 1:
            lines[at] = re.sub(r"within \d+", f"within {self.dice.randrange(400, 900)}", lines[at])
        elif kind == 2:
            lines[at] = re.sub(r"20\d\d", str(self.dice.randrange(2032, 2040)), lines[at])
        elif kind == 3 or len(lines) < 5:
            lines.insert(at, self.duty(page, self.dice.choice(DUTIES), "shall"))
        else:
            del lines[at]

    def html(self, page: int) -> bytes:
        """A page as served: its text, and what stands around it as of now."""
        mark = self.furniture[page]
        draw = random.Random(mark)
        banner, cookies = draw.choice(BANNERS), COOKIES if draw.random() < 0.3 else ""
        notice = f'<div class="banner">{banner}</div>' if banner else ""
        meta = draw.choice((f"Updated {mark % 59 + 1} minutes ago", f"{1000 + mark} views", f"Read {mark} times today"))
        stories = "".join(f'<li><a href="/news/{n}">{STORIES[n]}</a></li>' for n in draw.sample(range(8), 4))
        related = f'<aside class="related"><h2>Related</h2><ul>{stories}</ul></aside>'
        numbered = enumerate(self.state[page], 1)
        lines = "".join(f"<p>{n}. {line}</p>" for n, line in numbered)
        title = f"Rules for {WHO[page % len(WHO)]}s, register no. {page}"
        menu = '<nav><a href="/">Home</a> <a href="/about">About</a> <a href="/news">News</a></nav>'
        text = (
            f'<main><h1>{title}</h1><p class="meta">{meta}</p>{lines}</main>',
            f'<div id="content"><h1>{title}</h1>{lines}<p class="views">{meta}</p></div>',
            f'<article><header><h1>{title}</h1><span class="meta">{meta}</span></header>{lines}</article>',
        )[page % 3]
        around = (notice + text + related) if draw.random() < 0.8 else (related + notice + text)
        foot = f"<footer>© Office of rules. Page {mark} served at 09:{mark % 60:02d}</footer>"
        head = f'<!doctype html><html lang="en"><head><title>{title}</title></head>'
        return f"{head}<body><header>{menu}</header>{cookies}{around}{foot}</body></html>".encode()


@contextmanager
def served(site: Site) -> Iterator[Site]:
    """The site on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.strip("/")
            good = name.isdigit() and int(name) in site.state
            body = site.html(int(name)) if good else b"no such page"
            self.send_response(200 if good else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.port = server.server_address[1]
    try:
        yield site
    finally:
        server.shutdown()


@dataclass
class Score:
    """What a tool cost and told."""

    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    checks: int = 0
    right: int = 0
    later: int = 0
    wrong: int = 0
    missed: int = 0
    open: set[int] = field(default_factory=set)

    def add(self, alerted: set[int], told: set[int]) -> None:
        """A round's alerts against what should have been told in it, or in the round before and was not."""
        now, late = alerted & told, alerted & self.open
        self.right += len(now)
        self.later += len(late)
        self.wrong += len(alerted - told - self.open)
        self.missed += len(self.open - alerted)
        self.open = told - alerted

    def end(self) -> None:
        """What is not told by now is missed."""
        self.missed += len(self.open)


Round = Callable[[], tuple[set[int], float, int]]
"""One round of a tool: pages alerted, CPU seconds, peak bytes."""


def run(command: list[str], environment: dict[str, str] | None = None) -> tuple[str, float, int]:
    """A process's output, CPU seconds and peak resident bytes."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command[0]} ended with {status}:\n{text[-2000:]}")
    return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


LATER = """
import sys, time_machine
from datetime import datetime, timedelta, UTC
from tracker.cli.main import main
sys.argv = ["tracker", "check", "--json"]
with time_machine.travel(datetime.now(UTC) + timedelta(hours={hours}), tick=True):
    main()
"""


class AbsentError(Exception):
    """A tool that could not be installed or did not start: the table says so instead of a figure."""


def environment_of(name: str, package: str, work: Path) -> Path:
    """The tool's own environment, made once."""
    place = work / f"env-{name}"
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        if subprocess.run([place / "bin" / "pip", "install", "--quiet", *package.split()], check=False).returncode:
            shutil.rmtree(place)
            raise AbsentError(f"{package} could not be installed from the package index")
    return place / "bin"


# ----------------------------------------------------------------------------------------------------- the tools


def tracker(site: Site, work: Path) -> Round:
    """`tracker check`, this checkout."""
    home = work / "tracker"
    home.mkdir()
    entries = "".join(
        f"  - {{id: p{page}, url: 'http://127.0.0.1:{site.port}/{page}'}}\n" for page in range(site.pages)
    )
    (home / "sources.yaml").write_text(f"sources:\n{entries}subscriptions:\n  - {{to: reader@localhost}}\n")
    settings = {
        "TRACKER_DATA": str(home / "data"), "TRACKER_SOURCES": str(home / "sources.yaml"), "TRACKER_HOST_DELAY": "0",
        "TRACKER_HOST_CONCURRENCY": "16", "TRACKER_ALLOW_PRIVATE": "127.0.0.0/8",
    }  # fmt: skip

    rounds = itertools.count()

    def once() -> tuple[set[int], float, int]:
        text, cpu, memory = run([sys.executable, "-c", LATER.format(hours=24 * next(rounds))], settings)
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        told = {
            int(line["source"][1:]) for line in lines if any(change["state"] == "told" for change in line["changes"])
        }
        return told, cpu, memory

    return once


def jobs_of(site: Site, *, text: bool) -> str:
    """The job list that webchanges and urlwatch share; `text`: with the filter that their manuals recommend."""
    more = "\nfilter: [html2text]" if text else ""
    return "\n---\n".join(
        f"name: p{page}\nurl: http://127.0.0.1:{site.port}/{page}{more}" for page in range(site.pages)
    )


def webchanges(site: Site, work: Path, *, text: bool = False) -> Round:
    """webchanges, a report on standard output."""
    programs, home = environment_of("webchanges", "webchanges", work), work / f"webchanges-{text}"
    home.mkdir()
    jobs = jobs_of(site, text=text)
    (home / "jobs.yaml").write_text(jobs)
    (home / "config.yaml").write_text("report:\n  stdout:\n    enabled: true\n    color: false\n")
    command = [
        str(programs / "webchanges"), "--jobs", str(home / "jobs.yaml"), "--config", str(home / "config.yaml"),
        "--database", str(home / "snapshots.db"),
    ]  # fmt: skip

    def once() -> tuple[set[int], float, int]:
        said, cpu, memory = run(command)
        return {int(page) for page in re.findall(r"(?mi)CHANGED:\s*p(\d+)\b", said)}, cpu, memory

    return once


def urlwatch(site: Site, work: Path, *, text: bool = False) -> Round:
    """urlwatch, a report on standard output."""
    programs, home = environment_of("urlwatch", "urlwatch", work), work / f"urlwatch-{text}"
    home.mkdir()
    jobs = jobs_of(site, text=text)
    (home / "urls.yaml").write_text(jobs)
    (home / "config.yaml").write_text(
        "report:\n  text:\n    details: false\n  stdout:\n    enabled: true\n    color: false\n"
    )
    command = [
        str(programs / "urlwatch"), "--urls", str(home / "urls.yaml"), "--config", str(home / "config.yaml"), "--cache",
        str(home / "cache.db"), "--hooks", str(home / "hooks.py"),
    ]  # fmt: skip

    def once() -> tuple[set[int], float, int]:
        said, cpu, memory = run(command)
        return {int(page) for page in re.findall(r"(?mi)CHANGED:\s*p(\d+)\b", said)}, cpu, memory

    return once


class ChangeDetection:
    """changedetection.io: a server; watches are added and re-checked through its API."""

    def __init__(self, site: Site, work: Path) -> None:
        programs, home = environment_of("changedetection", "changedetection.io", work), work / "changedetection"
        home.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._home, self._site = home, site
        self.process = subprocess.Popen(
            [programs / "changedetection.io", "-d", home, "-p", str(self._port), "-h", "127.0.0.1", "-C"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "MINIMUM_SECONDS_RECHECK_TIME": "0", "FETCH_WORKERS": "16",
                 "ALLOW_IANA_RESTRICTED_ADDRESSES": "true"},
        )  # fmt: skip
        self._key = ""
        self._wait_for_key()
        for example in self._ask("/api/v1/watch"):  # it brings some of its own, which are not part of this
            self._ask(f"/api/v1/watch/{example}", method="DELETE")
        self._watches: dict[str, int] = {}
        for page in range(site.pages):
            made = self._ask("/api/v1/watch", {"url": f"http://127.0.0.1:{site.port}/{page}", "title": f"p{page}"})
            self._watches[made["uuid"]] = page
        self._changed: dict[str, int] = {}
        self._begun = 0

    def _wait_for_key(self) -> None:
        for _ in range(240):
            time.sleep(0.5)
            for file in self._home.glob("*.json"):
                found = re.search(r'"api_access_token":\s*"([^"]+)"', file.read_text())
                self._key = found[1] if found else self._key
            with contextlib.suppress(OSError):
                if self._key and self._ask("/api/v1/watch") is not None:
                    return
        raise AbsentError("changedetection.io did not start")

    def _ask(self, path: str, data: dict[str, Any] | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}", data=json.dumps(data).encode() if data is not None else None,
            headers={"x-api-key": self._key, "Content-Type": "application/json"}, method=method,
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=120) as answer:
            body = answer.read()
        return json.loads(body) if method is None and body else None

    def once(self) -> tuple[set[int], float, int]:
        """Re-checks all and waits until all were checked."""
        before = self._usage()
        since = int(time.time()) if self._begun else 0
        if self._begun:
            time.sleep(1.1)  # its clock counts whole seconds
            since = int(time.time())
            self._ask("/api/v1/watch?recheck_all=1")
        for _ in range(1200):
            listed = self._ask("/api/v1/watch")
            if len(listed) >= self._site.pages and all(
                each["last_checked"] >= max(since, 1) for each in listed.values()
            ):
                break
            time.sleep(0.25)
        changed = {name: each["last_changed"] for name, each in listed.items()}
        alerted = {self._watches[name] for name, at in changed.items() if self._begun and at != self._changed.get(name)}
        self._changed, self._begun = changed, 1
        after = self._usage()
        return alerted, after[0] - before[0], after[1]

    def _usage(self) -> tuple[float, int]:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), int(peak[1]) * 1024 if peak else 0


TOOLS: dict[str, Callable[[Site, Path], Round]] = {
    "tracker": tracker,
    "webchanges": webchanges,
    "webchanges+text": partial(webchanges, text=True),
    "urlwatch": urlwatch,
    "urlwatch+text": partial(urlwatch, text=True),
}


def main() -> None:
    """Runs the tools one after the other over the same rounds and prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pages", type=int, default=500)
    ask.add_argument("--rounds", type=int, default=20)
    ask.add_argument("--only", default="tracker,urlwatch+text,webchanges+text,changedetection,urlwatch,webchanges")
    ask.add_argument("--work", type=Path)
    asked = ask.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as fresh:
        work = asked.work or Path(fresh)
        work.mkdir(parents=True, exist_ok=True)
        print(f"{asked.pages} pages, {asked.rounds} rounds")
        print(f"{'tool':<18} checks/s  CPU s/1,000  peak MB   right  later  wrong  missed")
        for name in asked.only.split(","):
            try:
                show(name, score(name, asked.pages, asked.rounds, work))
            except (AbsentError, OSError) as error:
                print(f"{name:<18} absent: {error}", flush=True)


def show(name: str, it: Score) -> None:
    """A tool's line of the table."""
    per = it.cpu / it.checks * 1000
    cost = f"{it.checks / it.seconds:8.1f} {per:12.2f} {it.memory / 1e6:8.0f}"
    print(f"{name:<18} {cost} {it.right:7} {it.later:6} {it.wrong:6} {it.missed:7}", flush=True)


def score(name: str, pages: int, rounds: int, work: Path) -> Score:
    """One tool over all rounds; the first round, in which everything is new, counts for cost alone, and in
    the last one nothing changes."""
    with served(Site(pages)) as site:
        server = ChangeDetection(site, work) if name == "changedetection" else None
        once = server.once if server else TOOLS[name](site, work)
        result = Score()
        try:
            for number in range(rounds + 2):
                told = site.move() if 0 < number <= rounds else set()
                begun = time.monotonic()
                alerted, cpu, memory = once()
                result.seconds += time.monotonic() - begun
                result.cpu += cpu
                result.memory = max(result.memory, memory)
                result.checks += pages
                if number:
                    result.add(alerted, told)
                print(f"{name}: round {number}, {len(alerted)} alerts", file=sys.stderr)
            result.end()
        finally:
            if server:
                server.process.terminate()
    return result


if __name__ == "__main__":
    main()
