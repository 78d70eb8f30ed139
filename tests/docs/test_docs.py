"""What the documentation shows is true: commands exist, YAML can be used, code compiles, settings are listed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from tracker.catalogue.load import parse
from tracker.cli import commands as commands_list
from tracker.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(tracker [^`\n]+)`")
PLACEHOLDER = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b|\[[^\]]*\]|…")


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for match in FENCE.finditer(page.read_text(encoding="utf-8")):
            if match[1] in language.split():
                yield page, match[2]


def commands() -> list[tuple[str, str]]:
    """(page, command line) for every command of ours in a shell block or between backquotes."""
    found = set()
    for page, text in blocks("sh console bash"):
        joined = text.replace("\\\n", " ")
        for line in joined.splitlines():
            command = line.strip().removeprefix("$ ").split(" | ")[0].split("  #")[0]
            if command.startswith("tracker "):
                found.add((page.name, command))
    for page in PAGES:
        found |= {(page.name, match[1]) for match in INLINE.finditer(page.read_text(encoding="utf-8"))}
    return sorted(found)


def parsed(command: Any, words: list[str], name: str) -> None:
    """Walks down the sub-commands and looks at the options."""
    inside = getattr(command, "commands", {})
    if inside and words and not words[0].startswith("-"):
        inner = inside.get(words[0])
        assert inner is not None, f"there is no `{name} {words[0]}`"
        parsed(inner, words[1:], f"{name} {words[0]}")
        return
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "--install-completion", "--show-completion"}
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in known, f"`{name}` has no option {word}"


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_exists_as_it_is_written(page: str, line: str) -> None:
    plain = PLACEHOLDER.sub("x", line.replace("FILE", "x"))
    words = [word for word in shlex.split(plain.replace("'", " "))[1:] if word]
    words = words[: next((at for at, word in enumerate(words) if word in (">", "&&", ";")), len(words))]
    if words and not words[0].startswith("-"):
        assert words[0] in commands_list.names(), f"there is no `tracker {words[0]}`"
        parsed(commands_list.whole(words[0]), words[1:], f"tracker {words[0]}")
    else:
        parsed(typer.main.get_command(app), words, "tracker")


@pytest.mark.parametrize(("page", "text"), [(page.name, text) for page, text in blocks("yaml yml")])
def test_yaml_can_be_used(page: str, text: str) -> None:
    data = yaml.safe_load(text)
    if isinstance(data, list):  # entries of one list, without its name
        key = "subscriptions" if any("to" in entry for entry in data) else "sources"
        text = f"{key}:\n" + "\n".join(f"  {line}" for line in text.splitlines())
        data = yaml.safe_load(text)
    if isinstance(data, dict) and data.keys() <= {"defaults", "sources", "groups", "subscriptions"}:
        named = {name for members in (data.get("groups") or {}).values() for name in members}
        named |= {name for entry in data.get("subscriptions") or [] for name in entry.get("sources") or []}
        groups = {name for entry in data.get("subscriptions") or [] for name in entry.get("groups") or []}
        have = {entry["id"] for entry in data.get("sources") or []}
        whole = {
            **data,
            "sources": [
                *(data.get("sources") or []),
                *({"id": n, "url": "https://example.org"} for n in sorted(named - have)),
            ],
            "groups": {**{name: [] for name in groups}, **(data.get("groups") or {})},
        }
        parse(yaml.safe_dump(whole, allow_unicode=True), page)


@pytest.mark.parametrize(("page", "text"), [(page.name, text) for page, text in blocks("python py")])
def test_code_compiles(page: str, text: str) -> None:
    indent = len(text) - len(text.lstrip(" "))
    compile("\n".join(line[indent:] for line in text.splitlines()), page, "exec")


def test_the_list_of_settings_is_the_program_s() -> None:
    made = CliRunner().invoke(app, ["settings", "--markdown"])
    assert made.exit_code == 0
    assert made.stdout == (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), "tracker settings --markdown"


def test_every_relative_link_leads_somewhere() -> None:
    lost = [
        f"{page.name} → {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert not lost


def test_every_test_that_a_page_names_is_there() -> None:
    named = set()
    for page in (ROOT / "docs").rglob("*.md"):
        named |= set(re.findall(r"`(tests/[\w/]+(?:\.py)?(?:::\w+)?)`", page.read_text(encoding="utf-8")))
    assert len(named) > 30
    for name in sorted(named):
        file, _, function = name.partition("::")
        assert (ROOT / file).exists(), name
        assert not function or f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), name
