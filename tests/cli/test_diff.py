"""`tracker diff` compares two files of any format, and says clearly when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tracker.cli import diff

_OLD = (
    "<html><body><main><h1>Rules</h1><p>Article 1</p><p>Duties</p>"
    "<p>1. Providers shall mark the output of their systems.</p></main></body></html>"
)
_NEW = "# Rules\n\nArticle 1\n\nDuties\n\n1. Providers may mark the output of their systems.\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A page and a Markdown file of the same rule, reworded."""
    (tmp_path / "old.html").write_text(_OLD, encoding="utf-8")
    (tmp_path / "new.md").write_text(_NEW, encoding="utf-8")
    return str(tmp_path / "old.html"), str(tmp_path / "new.md")


def _app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    diff.register(app)
    return app


def test_two_formats_are_compared_by_what_they_say(files: tuple[str, str]) -> None:
    result = CliRunner().invoke(_app(), ["diff", *files, "--json"])
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    assert [edit["path"] for edit in made["edits"]] == ["Article 1(1)"]
    assert made["summary"]["en"] == "Art. 1(1): shall → may"


def test_the_terminal_shows_place_and_words(files: tuple[str, str]) -> None:
    result = CliRunner().invoke(_app(), ["diff", *files, "--language", "fr"])
    assert result.exit_code == 0
    assert "Art. 1(1) : shall → may" in result.stdout
    assert "Article 1(1)" in result.stdout


def test_a_page_is_written(files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    result = CliRunner().invoke(_app(), ["diff", *files, "--html", str(out)])
    assert result.exit_code == 0
    assert "<del>shall</del><ins>may</ins>" in out.read_text(encoding="utf-8")


def test_a_missing_file_is_a_usage_error_with_its_name(files: tuple[str, str], tmp_path: Path) -> None:
    result = CliRunner().invoke(_app(), ["diff", files[0], str(tmp_path / "none.pdf")])
    assert result.exit_code == 2
    assert "none.pdf" in result.output


def test_a_body_without_a_reader_is_said(files: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\x00\x01\x02\x03" * 100)
    result = CliRunner().invoke(_app(), ["diff", files[0], str(tmp_path / "x.bin")])
    assert result.exit_code == 2
    assert "x.bin" in result.output
