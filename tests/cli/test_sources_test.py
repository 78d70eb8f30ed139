"""`tracker sources test`: a file or address is read once, and an entry that the catalogue accepts is proposed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
import yaml
from click.testing import Result
from typer.testing import CliRunner

from tracker.catalogue.models import SourceEntry
from tracker.cli import sources_test
from tracker.cli.sources_test import identifier

Run = Callable[..., Result]
LIST = "<html lang=en><head><title>Notices of the board</title></head><body><ul>" + "".join(
    f'<li><a href="/{number}.pdf">Decision of the board on matter {number}</a> {number} May 2024</li>'
    for number in range(1, 9)
) + "</ul></body></html>"  # fmt: skip


@pytest.fixture
def run() -> Run:
    app, sources = typer.Typer(), typer.Typer()
    sources_test.register(sources)
    sources.command("other")(lambda: None)
    app.add_typer(sources, name="sources")
    return lambda *arguments: CliRunner().invoke(app, ["sources", "test", *arguments])


def test_a_list_is_shown_with_its_entries_and_an_entry_for_the_catalogue(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(LIST)
    result = run(str(path), "--url", "https://www.example.gov/board/", "--json")
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert (shown["kind"], shown["language"], shown["items"]) == ("listing", "en", 8)
    assert shown["entries"][0]["url"] == "https://www.example.gov/1.pdf"
    entry = SourceEntry(**shown["entry"])
    assert (entry.id, entry.jurisdiction) == ("example-notices-of-the-board", "US")


def test_what_people_read_has_the_entry_as_yaml(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(LIST)
    result = run(str(path), "--url", "https://example.fr/x")
    assert "a page that lists 8 entries" in result.stdout
    (entry,) = yaml.safe_load(result.stdout.partition("For sources.yaml")[2])
    assert SourceEntry(**entry).jurisdiction == "FR"


def test_selectors_are_taken_over_into_the_entry(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(LIST)
    result = run(str(path), "--url", "https://example.org/", "--item", "items=li", "--item", "title=a", "--json")
    assert json.loads(result.stdout)["entry"]["items"] == {"items": "li", "title": "a"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["no-such-file"], 2),
        (["page.html", "--item", "nonsense"], 2),
        (["empty.html"], 1),
        (["page.html", "--kind", "pdf"], 1),
    ],
)
def test_exit_codes_tell_usage_from_failure(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.html").write_text(LIST)
    Path("empty.html").write_text("")
    assert run(*arguments).exit_code == code


@pytest.mark.parametrize(
    ("title", "url", "made"),
    [
        ("The AI Act: what's new", "https://www.europa.example/x", "europa-the-ai-act-whats-new"),
        ("人工智能法", "https://npc.example.cn/law/ai-law.html", "npc-ai-law-html"),
        ("", "", "source"),
    ],
)
def test_ids_are_what_the_catalogue_accepts(title: str, url: str, made: str) -> None:
    assert identifier(title, url) == made
