"""How well the assessment does on services that nobody looked at: every rule without which others do no better goes.

    python -m bench.services [--only PART] [--thresholds] [--out FILE.json]

For each rule of tracker/assess a replay without it, on the hosts where it ever fires, and (with --thresholds) for
some constants of the policy a replay with another value. Then for each service S: a rule is kept only when it pays
(labels found less false alerts) on the services other than S, a constant takes the value that is best there, and S is
scored with what is left; all S pooled is the leave-one-service-out score. The same across the archives: set on one,
scored on the other. The difference to the full score is what the rules owe to having seen the service.

Rules that do one another's work are measured one at a time, so two such rules may both go: the score errs towards the
low side. What the reader of pages does is switched for one rule alone (lists of cookies in a banner). Wordings of
patterns can't be switched: what they owe to these pages is not in the difference.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import zstandard

from tracker import pipeline
from tracker import replay as replaying
from tracker.assess import cluster, confirm, content, glitch, lexis, meaning, memory, policy, verdict
from tracker.assess.difference import difference
from tracker.classify import classifier
from tracker.diff.edits import compare
from tracker.formats import html, registry
from tracker.model import Classification, Fetched, Outcome, Reading, Source, Tier
from tracker.text.canonical import fingerprint

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TRACKER_TEST_DATA", ROOT.parent / "shared"))
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A function of a module and what it gives where the rule does not speak."""

    module: ModuleType | type
    function: str
    off: Any = None


RULES: Mapping[str, Rule] = {
    **{f"meaning {name[1:]}": Rule(meaning, name) for name in (
        "_signs", "_numbering", "_calendar", "_stamp", "_edition", "_address", "_same_words", "_acronym",
        "_taken_down")},
    "rows of links": Rule(meaning, "_is_row_of_links", False),
    "made longer": Rule(meaning, "_begun"),
    "label": Rule(meaning, "_by_words"),
    "links lost": Rule(content, "links_lost", []),
    "filled shell": Rule(content, "is_shell", False),
    "label beside": Rule(content, "_is_label", False),
    "shared part": Rule(content, "_shared", frozenset()),
    "index": Rule(content, "_is_index", False),
    "apart": Rule(content.Furniture, "apart", False),
    "promotion": Rule(content, "_promotions", frozenset()),
    "related": Rule(content, "_related", frozenset()),
    "announcement beside": Rule(content, "_announces", False),
    "half of the page": Rule(content, "_large", frozenset()),
    "announcement": Rule(lexis, "announces", False),
    "variant": Rule(memory, "known", False),
    "volatile": Rule(memory, "volatile", False),
    "title": Rule(verdict, "canonical", ""),
    "found in furniture": Rule(verdict, "without"),
    "language": Rule(glitch, "tongue"),
    "distance": Rule(glitch, "_distance"),
    "second look": Rule(confirm, "surprise"),
    "told once": Rule(cluster, "keys", ()),
    "cookie list": Rule(html, "speaks_of_cookies", False),
}  # fmt: skip
VALUES: Mapping[str, tuple[float, ...]] = {
    "KEPT_GLITCH": (0.2, 0.5),
    "SUCCESSOR_WORDS": (100, 400),
    "SHARED": (0.6, 0.95),
    "CORE": (0.7, 0.95),
    "SHORT_WORDS": (2, 6),
    "VOLATILE": (2, 5),
    "PAIRED": (0.45, 0.7),
    "HALF": (0.35, 0.7),
}
Setting = tuple[str, float | None]  # a rule that is off (None), or a constant and its value


def _without(name: str) -> Callable[..., Any]:
    rule = RULES[name]
    if name == "found in furniture":
        return lambda found, blocks: list(found)
    if name == "label":
        weighed = meaning._by_words  # noqa: SLF001 - a bench switches what the room keeps to itself

        def told(one: meaning.Reworded, letters: Sequence[str], shown: tuple[str, ...], inside: bool) -> Any:
            tier, reason = weighed(one, letters, shown, inside)
            return (Tier.SUBSTANTIVE, reason) if reason.code == "label" else (tier, reason)

        return told
    return lambda *_, **__: rule.off


@contextmanager
def switched(settings: Sequence[Setting]) -> Iterator[None]:
    """The assessment with these rules off and these constants changed."""
    with ExitStack() as stack:
        for name, value in settings:
            if value is not None:
                stack.enter_context(patch.object(policy, name, value))
            else:
                stack.enter_context(patch.object(RULES[name].module, RULES[name].function, _without(name)))
        yield


# ------------------------------------------------------------------------------------------------- replaying


class _NoAreas:
    def classify_blocks(self, blocks: object) -> Classification:
        return Classification()

    def classify_change(self, change: object, **_: object) -> Classification:
        return Classification()


class Host:
    """The pages of one host, each body read once, and bodies that read the same taken for one."""

    def __init__(self, folder: Path, lines: Sequence[Line]) -> None:
        self.found = [replaying.recorded(folder, page) for page in lines]
        self._readings: dict[tuple[bytes, bool], Reading | Exception] = {}
        self._pure: dict[tuple[object, ...], tuple[Any, ...]] = {}
        self.fires: set[str] = set()
        self._skim, self._finished = pipeline.skim, registry.finished  # before `run` puts a memory in their place
        self._other_reader = False  # whether a rule of the reader is off
        with patch.object(html, "speaks_of_cookies", self._watched("cookie list")):
            self._merge()

    def _merge(self) -> None:
        unpack = zstandard.ZstdDecompressor()
        for number, page in enumerate(self.found):
            first: dict[Any, int] = {}
            same = []
            for at, packed in enumerate(page.bodies):
                body = unpack.decompress(packed)
                got = self._cached(page.source, _fetched(page, body))
                shown = (got.blocks, got.title, got.language, got.aside) if isinstance(got, Reading) else str(got)
                same.append(first.setdefault(shown, at))
            self.found[number] = replace(page, visits=tuple((taken, same[at]) for taken, at in page.visits))

    def _cached(self, source: Source, fetched: Fetched) -> Reading | Exception:
        key = _digest(source.id, fetched.body or b""), self._other_reader
        if key not in self._readings:
            try:
                self._readings[key] = self._finished(self._skim(source, fetched))
            except Exception as error:  # noqa: BLE001 - kept, and raised where the pipeline reads
                self._readings[key] = error
        return self._readings[key]

    def _reading(self, source: Source, fetched: Fetched, _known: object) -> Reading:
        got = self._cached(source, fetched)
        if isinstance(got, Exception):
            raise got
        return got

    def _once(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*blocks: Any) -> Any:
            key = (function, *map(id, blocks))
            if key not in self._pure:
                self._pure[key] = (function(*blocks), blocks)  # holding the blocks keeps their ids theirs
            return self._pure[key][0]

        return call

    def run(self, settings: Sequence[Setting] = (), *, watch: bool = False) -> list[Line]:
        """The changes told with these settings; `watch` notes in `fires` which rules ever speak."""
        self._other_reader = any(name == "cookie list" for name, _ in settings)
        with ExitStack() as stack:
            if watch:
                for name in RULES:
                    stack.enter_context(patch.object(RULES[name].module, RULES[name].function, self._watched(name)))
            stack.enter_context(switched(settings))
            stack.enter_context(patch.object(pipeline, "skim", self._reading))
            stack.enter_context(patch.object(registry, "finished", lambda reading: reading))
            stack.enter_context(patch.object(classifier, "load", lambda *_: _NoAreas()))
            stack.enter_context(patch.object(verdict, "fingerprint", self._once(fingerprint)))
            if not any(value is not None for _, value in settings):
                stack.enter_context(patch.object(verdict, "compare", self._once(compare)))
                stack.enter_context(patch.object(verdict, "difference", self._once(difference)))
            lines = replaying.Replay(self.found).run()
        kept = ("page", "seen", "told", "tier", "cluster", "added", "removed")
        return [{key: line[key] for key in kept} for line in lines if line["told"] is not None]

    def _watched(self, name: str) -> Callable[..., Any]:
        rule = RULES[name]
        plain = getattr(rule.module, rule.function)

        def call(*given: Any, **named: Any) -> Any:
            answer = plain(*given, **named)
            quiet = list(given[0]) if name == "found in furniture" else rule.off
            if name == "label":
                self.fires |= {name} if answer[1].code == "label" else set()
            elif answer != quiet:
                self.fires.add(name)
            return answer

        return call


def _fetched(page: replaying.Recorded, body: bytes) -> Fetched:
    now = datetime.fromtimestamp(page.visits[0][0], UTC)
    return Fetched(
        Outcome.OK, "recorded", page.source.url, now, now, final_url=page.source.url, status=200, body=body,
        media_type=page.media_type,
    )  # fmt: skip


def _digest(name: str, body: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\n" + body, digest_size=16).digest()


def _variants(folder: Path, name: str, lines: Sequence[Line], values: bool) -> dict[Setting | None, list[Line]]:
    """What is told on a host: with everything (None), and with each setting that can make a difference there."""
    host = Host(folder, lines)
    told: dict[Setting | None, list[Line]] = {None: host.run(watch=True)}
    settings: list[Setting] = [(rule, None) for rule in RULES if rule in host.fires]
    settings += [(constant, value) for constant, tried in VALUES.items() for value in tried] if values else []
    for setting in settings:
        told[setting] = host.run([setting])
    return told


def _held_out(folder: Path, lines: Sequence[Line], settings: Sequence[Sequence[Setting]]) -> list[list[Line]]:
    host = Host(folder, lines)
    return [host.run(each) for each in settings]


# ------------------------------------------------------------------------------------------------- scoring


def scorer() -> Any:
    """The scoring script that lies beside the recordings."""
    spec = importlib.util.spec_from_file_location("score_alerts", DATA / "tools" / "score_alerts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, slots=True)
class Score:
    """Alerts that were right and wrong, labels found and wanted."""

    right: int = 0
    wrong: int = 0
    found: int = 0
    wanted: int = 0

    @property
    def benefit(self) -> int:
        """A label found is worth a false alert less."""
        return self.found - self.wrong

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right,
            self.wrong + other.wrong,
            self.found + other.found,
            self.wanted + other.wanted,
        )

    def __str__(self) -> str:
        told = self.right + self.wrong
        precision, recall = self.right / told if told else 1.0, self.found / self.wanted if self.wanted else 1.0
        return f"precision {precision:.3f} ({self.right}/{told}) recall {recall:.3f} ({self.found}/{self.wanted})"


class Judge:
    """Scores told changes by service."""

    def __init__(self, services: Mapping[str, str]) -> None:
        self._score, self._services = scorer().score, services
        gold = json.loads((DATA / "gold" / "changes.json").read_text(encoding="utf-8"))
        self._labels = [label for label in gold["changes"] if label["page"] in services]
        self._pages = set(gold["pages"])

    def __call__(self, told: Sequence[Line], service: str) -> Score:
        here = {page for page, name in self._services.items() if name == service and page in self._pages}
        labels = [label for label in self._labels if label["page"] in here]
        got = self._score([line for line in told if line["page"] in here], labels)
        wanted, missed = len(got["wanted"]), len(got["missed"])
        return Score(len(got["true"]), len(got["false"]), wanted - missed, wanted)


def chosen(scores: Mapping[Setting | None, Mapping[str, Score]], outside: set[str]) -> list[Setting]:
    """The settings that services of `outside` ask for: rules that do not pay there off, constants at their best."""
    full = sum(scores[None][each].benefit for each in outside)
    off: list[Setting] = []
    best: dict[str, tuple[int, float]] = {}
    for setting in [each for each in scores if each is not None]:
        benefit = sum(scores[setting][each].benefit for each in outside)
        name, value = setting
        if value is None and benefit >= full:
            off.append(setting)
        elif value is not None and benefit > max(full, best.get(name, (full, 0))[0]):
            best[name] = benefit, value
    return off + [(name, value) for name, (_, value) in best.items()]


# ------------------------------------------------------------------------------------------------- the bench


def main() -> int:
    """Runs the bench; 2 when there are no recordings."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--only", default="")
    ask.add_argument("--thresholds", action="store_true")
    ask.add_argument("--processes", type=int, default=2)
    ask.add_argument("--out", type=Path)
    given = ask.parse_args()
    folder = DATA / "recordings"
    try:
        pages = [page for page in replaying.pages(folder) if given.only in page["page"]]
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    groups: dict[str, list[Line]] = defaultdict(list)
    for page in pages:
        groups[replaying._host(page)].append(page)  # noqa: SLF001 - the replay's own grouping
    hosts = sorted(groups, key=lambda host: -sum(row[1] for page in groups[host] for row in page["snapshots"]))
    services = {page["page"]: str(page["service"]) for page in pages}
    judge = Judge(services)
    with ProcessPoolExecutor(given.processes, max_tasks_per_child=1) as pool:
        work = {host: pool.submit(_variants, folder, host, groups[host], given.thresholds) for host in hosts}
        told = {}
        for host, future in work.items():
            told[host] = future.result()
            print(f"{host}: {len(told[host]) - 1} variants", file=sys.stderr, flush=True)
        everything = sorted({setting for each in told.values() for setting in each if setting}, key=str)
        scores: dict[Setting | None, dict[str, Score]] = {}
        for setting in (None, *everything):
            lines = [line for each in told.values() for line in each.get(setting, each[None])]
            scores[setting] = {name: judge(lines, name) for name in set(services.values())}
        _tell_rules(scores, everything)
        archives = {page["service"]: str(page["archive"]) for page in pages}
        asks = {name: chosen(scores, set(archives) - {name}) for name in archives}
        cross = {
            name: chosen(scores, {other for other in archives if archives[other] != archives[name]})
            for name in archives
        }
        names = {host: sorted({page["service"] for page in groups[host]}) for host in hosts}
        held = {
            host: pool.submit(_held_out, folder, groups[host], [s for n in names[host] for s in (asks[n], cross[n])])
            for host in hosts
        }
        answers: dict[str, list[list[Line]]] = defaultdict(lambda: [[], []])
        for host, late in held.items():
            for at, lines in enumerate(late.result()):
                answers[names[host][at // 2]][at % 2].extend(lines)
    out = [
        {"service": name, "archive": archives[name], "full": str(scores[None][name]),
         "left_out": str(judge(answers[name][0], name)), "across": str(judge(answers[name][1], name)),
         "off": asks[name]}
        for name in sorted(archives)
    ]  # fmt: skip
    for row in out:
        print(f"{row['service']}: all rules {row['full']} · set without it {row['left_out']} · across {row['across']}")
    for group in (set(archives.values()), *({each} for each in sorted(set(archives.values())))):
        inside = [name for name in archives if archives[name] in group]
        print(f"pooled {', '.join(sorted(group))}:")
        print(f"  all rules        {_sum(scores[None][name] for name in inside)}")
        print(f"  set without it   {_sum(judge(answers[name][0], name) for name in inside)}")
        print(f"  set across       {_sum(judge(answers[name][1], name) for name in inside)}")
    if given.out:
        given.out.write_text(json.dumps(out, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


def _sum(scores: Iterator[Score]) -> Score:
    return sum(scores, Score())


def _tell_rules(scores: Mapping[Setting | None, Mapping[str, Score]], settings: Sequence[Setting]) -> None:
    full = scores[None]
    for setting in settings:
        parts = []
        for name, score in sorted(scores[setting].items()):
            labels, wrong = score.found - full[name].found, score.wrong - full[name].wrong
            if labels or wrong:
                parts.append(f"{name} {labels:+d} labels {wrong:+d} false")
        what = f"without {setting[0]}" if setting[1] is None else f"{setting[0]} = {setting[1]}"
        print(f"{what}: {'; '.join(parts) or 'no difference'}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
