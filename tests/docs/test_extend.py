"""The pages for contributors are templates that work: their own code is run, in the place the page names for it."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import textwrap
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from alerts.channels import base
from alerts.channels.base import Channels, Outcome
from alerts.render.message import Message
from tracker.assess import meaning
from tracker.formats import registry
from tracker.settings import Settings

PAGES = Path(__file__).resolve().parents[2] / "docs" / "extend"
CODE = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def code(page: str, language: str) -> list[str]:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return [textwrap.dedent(match[2]) for match in CODE.finditer(text) if match[1] == language]


def written(page: str) -> ModuleType:
    """The page's code as one module."""
    module = ModuleType(f"extend_{page}")
    source = "from __future__ import annotations\n" + "\n".join(code(page, "python"))
    exec(compile(source, f"docs/extend/{page}.md", "exec"), module.__dict__)  # noqa: S102 - our own page
    return module


def cases_of(page: str) -> list[str]:
    return re.findall(r"^def (test_\w+)", "\n".join(code(page, "python")), re.MULTILINE)


@pytest.fixture
def format_page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's format, named in the registry and recognised by its body."""
    module = written("format")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(registry._READERS, "vtt", (module.__name__, "read_vtt"))
    ours: Callable[..., str] = registry.guess
    monkeypatch.setattr(registry, "guess", lambda body, *more: "vtt" if module.is_vtt(body) else ours(body, *more))
    return module


@pytest.fixture
def meaning_page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's rule, asked before the one on spelling."""
    module = written("meaning")
    last: Callable[..., Any] = meaning._same_words
    monkeypatch.setattr(meaning, "_same_words", lambda *given: module.unit(*given) or last(*given))
    return module


@pytest.mark.parametrize("name", cases_of("format"))
def test_the_page_s_format_passes_the_page_s_tests(format_page: ModuleType, name: str) -> None:
    getattr(format_page, name)()


@pytest.mark.parametrize("name", cases_of("meaning"))
def test_the_page_s_check_of_meaning_passes_the_page_s_tests(meaning_page: ModuleType, name: str) -> None:
    getattr(meaning_page, name)()


def test_without_the_page_s_check_its_first_case_is_judged_otherwise() -> None:
    with pytest.raises(AssertionError):
        written("meaning").test_a_unit_written_otherwise_is_editorial()


def message(to: str) -> Message:
    return Message("a1", "change", to, "s", "t", "<p>h</p>", "may → shall\n…", "en", datetime(2026, 3, 2, tzinfo=UTC))


def test_the_page_s_channel_is_found_by_its_entry_point_and_delivers_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = written("channel")
    (group, entries), *_ = tomllib.loads(code("channel", "toml")[0])["project"]["entry-points"].items()
    (name, target), *_ = entries.items()

    class Installed:
        def load(self) -> base.Make:
            made: base.Make = getattr(module, target.rpartition(":")[2])
            return made

    Installed.name = name  # type: ignore[attr-defined]  # as importlib.metadata has it
    monkeypatch.setattr(base, "entry_points", lambda group: [Installed()] if group == base.GROUP else [])
    assert group == base.GROUP
    pager = Channels(Settings(_env_file=None, data=tmp_path)).get(name)
    assert isinstance(pager, base.Channel)
    assert all(inspect.iscoroutinefunction(getattr(pager, method)) for method in ("send", "close"))
    answers = [asyncio.run(pager.send(message(to))).outcome for to in ("0123", "0123", "no number")]
    assert answers == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REFUSED]
    assert (tmp_path / "pager.txt").read_text(encoding="utf-8") == "0123 a1 may → shall\n"


def test_the_page_s_channel_answers_failed_where_nothing_can_be_written(tmp_path: Path) -> None:
    pager = written("channel").Pager(tmp_path / "missing" / "pager.txt")
    assert asyncio.run(pager.send(message("0123"))).outcome is Outcome.FAILED
