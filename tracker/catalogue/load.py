"""Reads sources.yaml: every mistake at once, each with file, line, field and what would be right."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from tracker.catalogue import models, remedies
from tracker.classify import taxonomy as taxonomies
from tracker.classify.taxonomy import Mistake
from tracker.model import Follow, Kind, Source, Subscription

EMPTY = (
    "nothing stands in it: `tracker init` writes one to begin with, `tracker sources add URL` adds a source; "
    "`sources: []` says that none is meant"
)
Place = tuple[str | int, ...]


class CatalogueError(Exception):
    """sources.yaml cannot be used; `mistakes` lists all that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The checked file. `groups` maps a group to the ids of its sources."""

    sources: tuple[Source, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def source(self, id_: str) -> Source:
        """The source of that id. Raises KeyError with the nearest ids."""
        for source in self.sources:
            if source.id == id_:
                return source
        near = difflib.get_close_matches(id_, [source.id for source in self.sources], n=3)
        raise KeyError(f"no source {id_!r}" + (f"; did you mean {', '.join(near)}?" if near else ""))


def load(path: Path, *, taxonomy: Path | None = None) -> Catalogue:
    """The catalogue at `path`. Raises CatalogueError with all mistakes found, each with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = "no such file: `tracker init` writes one, TRACKER_SOURCES names another"
        raise CatalogueError([Mistake(str(path), 1, "file", remedy)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError([Mistake(str(path), 1, "file", f"cannot be read as UTF-8 text ({error})")]) from error
    return parse(text, str(path), taxonomy=taxonomy)


def parse(text: str, name: str = "sources.yaml", *, taxonomy: Path | None = None) -> Catalogue:
    """The catalogue of a text; `name` is what mistakes call it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line, message = remedies.of_yaml(error)
        raise CatalogueError([Mistake(name, line, "yaml", message)]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CatalogueError([Mistake(name, 1, "yaml", f"not YAML ({error})")]) from error
    if data is None:
        raise CatalogueError([Mistake(name, 1, "file", EMPTY)])
    lines = dict(_lines(root, ()))
    if not isinstance(data, dict):
        message = "the file is a mapping with the keys defaults, sources, groups, subscriptions"
        message += ": write `sources:` above the list and indent it" if isinstance(data, list) else ""
        raise CatalogueError([Mistake(name, 1, "file", message)])
    duplicates = [
        Mistake(name, line, ".".join(map(str, at)), "stands twice here: keep one") for at, line in _twice(root)
    ]
    try:
        file = models.CatalogueFile.model_validate(data)
    except ValidationError as error:
        raise CatalogueError(duplicates + [_problem(name, lines, detail, data) for detail in error.errors()]) from error
    problems = duplicates + list(_crossed(file, name, lines, taxonomies.load(taxonomy)))
    if problems:
        raise CatalogueError(sorted(problems, key=lambda problem: problem.line))
    return _catalogue(file, taxonomies.load(taxonomy))


# ------------------------------------------------------------------------------------------ lines and messages


def _lines(node: Any, at: Place) -> Iterator[tuple[Place, int]]:
    """The line of every place of the YAML tree; a mapping's key stands for its value."""
    if node is None:
        return
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, key.value)
            yield from _lines(value, here)
            yield here, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*at, index))


def _twice(node: Any, at: Place = ()) -> Iterator[tuple[Place, int]]:
    """Keys that stand twice in one mapping: YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*at, key.value), key.start_mark.line + 1
            seen.add(key.value)
            yield from _twice(value, (*at, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _twice(value, (*at, index))


def _line(lines: Mapping[Place, int], at: Place) -> int:
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)


def _problem(name: str, lines: Mapping[Place, int], detail: Any, data: Any) -> Mistake:
    at: Place = tuple(detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = _unknown(at)
    elif detail["type"] == "missing":
        message = {
            "to": "missing: who is told? write to: name@example.org",
            "url": "missing: which address is visited? write url: https://…",
            "id": "missing: give the source a short name of small letters, digits and hyphens",
        }.get(str(at[-1]), "missing")
    elif detail["type"] == "string_pattern_mismatch" and at[-1] == "id":
        message = f"{detail['input']!r}: small letters, digits and hyphens only, like eu-ai-act"
    elif detail["type"] == "literal_error":
        message = f"{detail['input']!r} is not one of {detail['ctx']['expected']}"
    else:
        field = next((str(part) for part in reversed(at) if isinstance(part, str)), "")
        entry = bool(at) and isinstance(at[-1], int)
        message = remedies.of_value(detail["type"], field, detail["input"], entry=entry) or message
    return Mistake(name, _line(lines, at), _named(at, data), message)


def _unknown(at: Place) -> str:
    model: type[BaseModel] = models.CatalogueFile
    for part in at[:-1]:
        known = model.model_fields.get(str(part))
        inner = _inner(known.annotation) if known else None
        model = inner or model
    near = difflib.get_close_matches(str(at[-1]), list(model.model_fields), n=1, cutoff=0.7)
    other = remedies.OTHER_WORDS.get(str(at[-1]).casefold(), "")
    near = near or ([other] if other in model.model_fields else [])
    known_keys = ", ".join(model.model_fields)
    return "unknown key" + (f": did you mean {near[0]}?" if near else f": known are {known_keys}")


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if found := _inner(part):
            return found
    return None


def _named(at: Place, data: Any) -> str:
    """The field as people say it: "sources[3] (eu-ai-act).every"."""
    words, here = "", data
    for part in at:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(part, int):
            words += f"[{part + 1}]"
            if isinstance(here, dict) and isinstance(here.get("id"), str):
                words += f" ({here['id']})"
        else:
            words += f".{part}" if words else str(part)
    return words or "file"


# -------------------------------------------------------------------------------------- what spans entries


def _crossed(
    file: models.CatalogueFile, name: str, lines: Mapping[Place, int], taxonomy: taxonomies.Taxonomy
) -> Iterator[Mistake]:
    ids: dict[str, int] = {}
    for index, entry in enumerate(file.sources):
        at: Place = ("sources", index, "id")
        if entry.id in ids:
            first = _line(lines, ("sources", ids[entry.id], "id"))
            yield Mistake(name, _line(lines, at), f"sources[{index + 1}].id", f"{entry.id!r} is taken in line {first}")
        ids.setdefault(entry.id, index)
        yield from _known(name, lines, ("sources", index, "areas"), entry.areas, [*_ids(taxonomy.areas), "all"], "area")
    for group, members in file.groups.items():
        yield from _known(name, lines, ("groups", group), members, list(ids), "source")
    for index, wanted in enumerate(file.subscriptions):
        base: Place = ("subscriptions", index)
        for key, values, allowed, word in (
            ("areas", wanted.areas, _ids(taxonomy.areas), "area"),
            ("principles", wanted.principles, _ids(taxonomy.principles), "principle"),
            ("themes", wanted.themes, _ids(taxonomy.themes), "theme"),
            ("sources", wanted.sources, list(ids), "source"),
            ("groups", wanted.groups, list(file.groups), "group"),
        ):
            yield from _known(name, lines, (*base, key), values, allowed, word)


def _ids(entries: Sequence[Any]) -> list[str]:
    return [entry.id for entry in entries]


def _known(
    name: str, lines: Mapping[Place, int], at: Place, values: Sequence[str], allowed: Sequence[str], word: str
) -> Iterator[Mistake]:
    for index, value in enumerate(values):
        if value in allowed:
            continue
        near = difflib.get_close_matches(value, allowed, n=1, cutoff=0.5)
        remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(allowed) or 'none yet'}"
        label = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in at).lstrip(".")
        yield Mistake(name, _line(lines, (*at, index)), label, f"no {word} {value!r}: {remedy}")


# ------------------------------------------------------------------------------------------- to the model


def _catalogue(file: models.CatalogueFile, taxonomy: taxonomies.Taxonomy) -> Catalogue:
    groups = {group: tuple(members) for group, members in file.groups.items()}
    every = tuple(_ids(taxonomy.areas))
    sources = tuple(_source(entry, file.defaults, groups, every) for entry in file.sources if entry.active)
    return Catalogue(sources, tuple(_subscriptions(file.subscriptions)), groups)


def _source(
    entry: models.SourceEntry,
    defaults: models.Defaults,
    groups: Mapping[str, tuple[str, ...]],
    every_area: tuple[str, ...],
) -> Source:
    own = entry.model_fields_set
    cron, every = entry.cron, entry.every
    if not cron and not every:
        cron, every = defaults.cron, defaults.every
    return Source(
        id=entry.id,
        url=entry.url,
        title=entry.title or entry.id,
        kind=Kind(entry.kind) if entry.kind else None,
        schedule=f"cron {cron}" if cron else (every or "12h"),
        language=entry.language or defaults.language,
        jurisdiction=entry.jurisdiction or defaults.jurisdiction,
        areas=every_area if "all" in entry.areas else tuple(entry.areas),
        groups=tuple(group for group, members in groups.items() if entry.id in members),
        question=entry.question,
        watch_for=tuple(entry.watch_for),
        affects=tuple(entry.affects),
        select=tuple(entry.select),
        remove=tuple(entry.remove),
        render=entry.render,
        robots=entry.robots if "robots" in own else defaults.robots,
        headers={**defaults.headers, **entry.headers},
        follow=Follow(**entry.follow.model_dump()) if entry.follow else Follow(),
        scraper=entry.scraper,
        items=entry.items,
        window=entry.window or defaults.window,
        keep=entry.keep if "keep" in own else defaults.keep,
    )


def _subscriptions(entries: Sequence[models.SubscriptionEntry]) -> Iterator[Subscription]:
    taken: set[str] = set()
    for entry in entries:
        fields = entry.model_dump(exclude={"id", "min_tier", "channel"})
        lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
        channel = entry.channel or ("email" if "://" not in entry.to else _channel(entry.to))
        made = Subscription(id="", channel=channel, min_tier=entry.tier, **{**fields, **lists})
        id_ = entry.id or derived_id(made)
        while id_ in taken:
            id_ += "-again"
        taken.add(id_)
        yield replace(made, id=id_)


def _channel(address: str) -> str:
    return "webhook" if address.startswith(("http://", "https://")) else "apprise"


def derived_id(subscription: Subscription) -> str:
    """An id made from what the subscription says, so that the same entry keeps it from start to start."""
    words = json.dumps(asdict(replace(subscription, id="")), sort_keys=True, default=str)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def schema() -> dict[str, Any]:
    """The JSON Schema of sources.yaml, for editors."""
    made = models.CatalogueFile.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "sources.yaml of the regulatory tracker"
    return made
