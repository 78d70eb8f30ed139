"""The taxonomy as data: areas, principles and themes with their titles and words, read from a YAML file.

Nothing in code names an area: a file of another plan can stand beside or instead of the one in the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

Place = tuple[str | int, ...]

BUILT_IN: Final = Path(__file__).with_name("data") / "taxonomy.yaml"
LANGUAGES: Final = ("en", "fr", "zh", "any")
"""The vocabularies of a file. `any` holds what travels: names of acts, bodies, standards."""

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_WEIGHT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file that people write: where it stands (`line` counts from 1), which field, what would be
    right."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class TaxonomyError(Exception):
    """A taxonomy file cannot be used; `mistakes` lists all that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that speak for an entry (or against it: negative weight). A trailing `*` stands for any ending, one inside
    for s or z ("standardi*ation").

    A term that is `bound` counts in full only where the passage or its heading speaks of the taxonomy's subject
    (its `subject` words): "training" alone is not capacity-building in artificial intelligence.
    """

    text: str
    language: str
    weight: float
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An area, a principle or a theme. `title` and `description` by language; `about` is the English description.
    `areas` are those that a theme joins."""

    id: str
    title: Mapping[str, str]
    about: str = ""
    description: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A checked file. `subject` are the words that say a text is about the taxonomy's field at all, `elsewhere` those
    of other fields (fire safety, insurance), `names` words that must not be read in parts ("Data Act"), `exclusions`
    what comes before words that do not count ("does not apply to"), `exclusions_after` what comes after them
    ("不适用本法")."""

    id: str
    title: Mapping[str, str]
    areas: tuple[Entry, ...]
    principles: tuple[Entry, ...] = ()
    themes: tuple[Entry, ...] = ()
    subject: tuple[Term, ...] = ()
    elsewhere: tuple[Term, ...] = ()
    names: tuple[Term, ...] = ()
    exclusions: tuple[Term, ...] = ()
    exclusions_after: tuple[Term, ...] = ()


def load(path: Path | None = None) -> Taxonomy:
    """The taxonomy at `path`, the Action Plan's without one; kept in memory until the file changes.

    Raises TaxonomyError with every mistake and its line.
    """
    found = path or BUILT_IN
    try:
        stamp = found.stat()
    except OSError as error:
        raise TaxonomyError([Mistake(str(found), 1, "file", f"cannot be read ({error.strerror})")]) from error
    return _load(found, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=8)
def _load(path: Path, _changed: int, _size: int) -> Taxonomy:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read as UTF-8 text ({error})"
        raise TaxonomyError([Mistake(str(path), 1, "file", message)]) from error
    return parse(text, str(path))


def parse(text: str, name: str = "taxonomy.yaml") -> Taxonomy:
    """The taxonomy of a text; `name` is what mistakes call it. Raises TaxonomyError."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"not YAML here ({error.problem}): check indentation, colons and quotes"
        raise TaxonomyError([Mistake(name, line, "yaml", message)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise TaxonomyError([Mistake(name, 1, "yaml", f"not YAML ({error})")]) from error
    reader = _Reader(name)
    found = reader.taxonomy(root)
    if reader.problems:
        raise TaxonomyError(sorted(reader.problems, key=lambda problem: (problem.line, problem.field)))
    return found


class _Reader:
    """Walks the YAML tree, keeps what is right and notes what is not, with its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Mistake] = []

    def wrong(self, node: Any, at: Place, message: str) -> None:
        line = node.start_mark.line + 1 if node is not None else 1
        self.problems.append(Mistake(self.name, line, ".".join(map(str, at)) or "file", message))

    # ------------------------------------------------------------------------------------------- YAML shapes

    def mapping(self, node: Any, at: Place, allowed: Sequence[str] = ()) -> dict[str, Any]:
        """Key → node. Unknown and doubled keys are noted."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, at, "must be a mapping (key: value)")
            return {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            word = str(key.value)
            if word in found:
                self.wrong(key, (*at, word), "stands twice here: keep one")
            elif allowed and word not in allowed:
                self.wrong(key, (*at, word), f"unknown field; known here: {', '.join(allowed)}")
            else:
                found[word] = value
        return found

    def sequence(self, node: Any, at: Place) -> list[Any]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, at, "must be a list")
            return []
        return list(node.value)

    def text(self, node: Any, at: Place) -> str:
        if not isinstance(node, yaml.ScalarNode) or not str(node.value).strip():
            self.wrong(node, at, "must be a text that is not empty")
            return ""
        return str(node.value).strip()

    def texts(self, node: Any, at: Place) -> dict[str, str]:
        """{en: …, fr: …, zh: …}; English is needed, other languages may come."""
        found = {key: self.text(value, (*at, key)) for key, value in self.mapping(node, at).items()}
        if node is not None and "en" not in found:
            self.wrong(node, at, "needs an English text: `en`")
        return found

    # ------------------------------------------------------------------------------------------- our words

    def taxonomy(self, root: Any) -> Taxonomy:
        if root is None:
            self.wrong(None, (), "is empty: needs `plan` and `areas`")
            return Taxonomy("", {}, ())
        kinds = ("areas", "principles", "themes")
        keys = ("plan", "subject", "elsewhere", "names", "exclusions", "exclusions_after", *kinds)
        top = self.mapping(root, (), keys)
        plan = self.mapping(top.get("plan"), ("plan",), ("id", "title", "date"))
        for needed in ("plan", "areas"):
            if needed not in top:
                self.wrong(root, (needed,), "is missing")
        areas = tuple(self.entries(top.get("areas"), "areas"))
        principles = tuple(self.entries(top.get("principles"), "principles"))
        themes = tuple(self.entries(top.get("themes"), "themes"))
        self.once(top, areas, principles, themes)
        self.known(top.get("themes"), themes, {area.id for area in areas})
        return Taxonomy(
            id=self.text(plan["id"], ("plan", "id")) if "id" in plan else "",
            title=self.texts(plan.get("title"), ("plan", "title")),
            areas=areas,
            principles=principles,
            themes=themes,
            subject=tuple(self.words(top.get("subject"), ("subject",))),
            elsewhere=tuple(self.words(top.get("elsewhere"), ("elsewhere",))),
            names=tuple(self.plain_words(top.get("names"), ("names",))),
            exclusions=tuple(self.plain_words(top.get("exclusions"), ("exclusions",))),
            exclusions_after=tuple(self.plain_words(top.get("exclusions_after"), ("exclusions_after",))),
        )

    def entries(self, node: Any, kind: str) -> Iterator[Entry]:
        for index, item in enumerate(self.sequence(node, (kind,))):
            at = (kind, index)
            allowed = ("id", "n", "title", "about", "areas", "words", "bound")
            fields = self.mapping(item, at, allowed)
            id_ = self.text(fields["id"], (*at, "id")) if "id" in fields else ""
            if not _ID.fullmatch(id_):
                self.wrong(fields.get("id", item), (*at, "id"), "must be made of a-z, 0-9 and single hyphens")
            if "title" not in fields:
                self.wrong(item, (*at, "title"), "is missing")
            about = fields.get("about")
            description = self.texts(about, (*at, "about")) if isinstance(about, yaml.MappingNode) else {}
            if about is not None and not description:
                description = {"en": self.text(about, (*at, "about"))}
            joined = [self.text(n, (*at, "areas", i)) for i, n in enumerate(self.sequence(fields.get("areas"), at))]
            yield Entry(
                id=id_,
                title=self.texts(fields.get("title"), (*at, "title")),
                about=description.get("en", ""),
                description=description,
                terms=(
                    *self.words(fields.get("words"), (*at, "words")),
                    *self.words(fields.get("bound"), (*at, "bound"), bound=True),
                ),
                areas=tuple(joined),
            )

    def words(self, node: Any, at: Place, *, bound: bool = False) -> Iterator[Term]:
        """{language: {weight: [term, …]}}."""
        for language, weights in self.mapping(node, at, LANGUAGES).items():
            seen: set[str] = set()
            for weight, terms in self.mapping(weights, (*at, language)).items():
                here = (*at, language, weight)
                try:
                    value = float(weight)
                except ValueError:
                    self.wrong(terms, here, "must be a number: the weight of the words listed")
                    continue
                if not (0 < abs(value) <= _MAX_WEIGHT):
                    self.wrong(terms, here, f"a weight lies between -{_MAX_WEIGHT:g} and {_MAX_WEIGHT:g} and is not 0")
                    continue
                for index, item in enumerate(self.sequence(terms, here)):
                    word = self.term(item, (*here, index), seen)
                    if word:
                        yield Term(word, language, value, bound)

    def plain_words(self, node: Any, at: Place) -> Iterator[Term]:
        """{language: [term, …]}."""
        for language, terms in self.mapping(node, at, LANGUAGES).items():
            seen: set[str] = set()
            for index, item in enumerate(self.sequence(terms, (*at, language))):
                word = self.term(item, (*at, language, index), seen)
                if word:
                    yield Term(word, language, 1.0)

    def term(self, node: Any, at: Place, seen: set[str]) -> str:
        word = self.text(node, at)
        if not any(character.isalnum() for character in word):
            self.wrong(node, at, "has no letter or digit")
            return ""
        if word in seen:
            self.wrong(node, at, f"{word!r} stands twice in this list")
            return ""
        seen.add(word)
        return word

    def once(self, top: Mapping[str, Any], *kinds: Sequence[Entry]) -> None:
        for kind, entries in zip(("areas", "principles", "themes"), kinds, strict=True):
            seen: set[str] = set()
            nodes = top[kind].value if isinstance(top.get(kind), yaml.SequenceNode) else []
            for node, entry in zip(nodes, entries, strict=False):
                if entry.id in seen:
                    self.wrong(node, (kind, entry.id), "this id stands twice")
                seen.add(entry.id)

    def known(self, node: Any, themes: Sequence[Entry], areas: set[str]) -> None:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else []
        for item, theme in zip(nodes, themes, strict=False):
            for area in theme.areas:
                if area not in areas:
                    known = ", ".join(sorted(areas))
                    self.wrong(item, ("themes", theme.id, "areas"), f"no area {area!r}; known: {known}")
