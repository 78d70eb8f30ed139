"""Figures on labelled passages: what counts as right, and what is left uncounted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tracker.classify import classifier, evaluate, report
from tracker.classify.evaluate import Passage, Verdict
from tracker.cli import classify as commands

AREAS = ["a", "b", "c"]


def passage(areas: str, maybe: str = "", main: str = "", language: str = "en", id_: str = "1") -> Passage:
    wanted: frozenset[str | None] = frozenset(main or areas[:1]) or frozenset((None,))
    return Passage(id_, "text", "", language, frozenset(areas), frozenset(maybe), wanted)


def verdict(areas: str, main: str | None = None) -> Verdict:
    return Verdict(frozenset(areas), main or (areas[0] if areas else None), dict.fromkeys(areas, 0.8))


def test_areas_that_readers_disagree_on_count_neither_way() -> None:
    figures = evaluate.figures([passage("a", maybe="b")] * 2, [verdict("ab"), verdict("a")], AREAS)
    assert figures["micro_f1"] == 1.0


def test_precision_recall_and_the_main_area() -> None:
    figures = evaluate.figures([passage("ab"), passage("c")], [verdict("a"), verdict("b")], AREAS)
    assert (figures["precision"], figures["recall"]) == (0.5, 0.3333)
    assert figures["main_accuracy"] == {"en": 0.5}
    assert figures["confusions"] == [{"wanted": "c", "given": "b", "count": 1}]


def test_false_areas_are_a_share_of_passages_without_one() -> None:
    passages = [passage(""), passage(""), passage("", maybe="a"), passage("a")]
    figures = evaluate.figures(passages, [verdict("a"), verdict(""), verdict("a"), verdict("a")], AREAS)
    assert figures["false_areas"] == 0.5
    assert figures["languages"]["en"]["without_area"] == 2


def test_figures_without_a_case_are_none_not_zero() -> None:
    figures = evaluate.figures([passage("")], [verdict("")], AREAS)
    assert figures["micro_f1"] is None
    assert figures["areas"]["a"]["f1"] is None


def test_the_worst_errors_come_first_and_right_answers_do_not_come() -> None:
    passages = [passage("a", id_="right"), passage("a", id_="missed"), passage("", id_="false")]
    found = evaluate.worst(passages, [verdict("a"), verdict(""), verdict("b")])
    assert [one.id for one, _ in found] == ["false", "missed"]


def test_the_page_escapes_what_it_shows_and_marks_evidence() -> None:
    bad = Passage("<1>", "x <script>alert(1)</script> y", "", "en", frozenset("a"), frozenset(), frozenset("a"))
    figures = evaluate.figures([bad], [verdict("b")], AREAS)
    page = report.html("T & T", figures, [(bad, verdict("b"))], {"a": "A"}, {"<1>": [(0, 1)]})
    assert "<script>" not in page
    assert "<mark>x</mark>" in page
    assert "T &amp; T" in page


@pytest.mark.parametrize("line", ["{", "[]", '{"areas": []}', '{"text": "x", "areas": ["nothing"]}'])
def test_a_line_that_is_no_passage_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"text": "x", "areas": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(evaluate.PassagesError, match=":2:"):
        evaluate.load(path, ["a"])


# ------------------------------------------------------------------------------------------------- commands


def run(*arguments: str, given: str | None = None) -> tuple[int, str, str]:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, list(arguments), input=given)
    return result.exit_code, result.stdout, result.stderr


TEXT = "Providers of high-risk AI systems shall report serious incidents."


def test_classify_prints_the_contract_as_json() -> None:
    code, out, _ = run("classify", TEXT, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"language", "areas", "main", "principles", "themes"}
    assert found["main"] == "safety-governance"
    start, end, weight = found["areas"][0]["evidence"][0]
    assert TEXT[start:end]
    assert weight > 0


def test_classify_reads_a_file_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, encoding="utf-8")
    assert run("classify", str(path), "--json")[1] == run("classify", "-", "--json", given=TEXT)[1]


def test_explain_shows_the_words() -> None:
    assert "serious incidents" in run("classify", TEXT, "--explain")[1]


def test_an_unknown_language_is_said_on_standard_error() -> None:
    code, _, error = run("classify", "Der Vermieter und die Mieter sind sich nicht einig.")
    assert code == 0
    assert "names of acts" in error


def test_evaluate_prints_figures_and_writes_a_page(tmp_path: Path) -> None:
    path, page = tmp_path / "p.jsonl", tmp_path / "r.html"
    rows = [
        {"text": TEXT, "language": "en", "areas": ["safety-governance"], "main": "safety-governance"},
        {"text": "The tenant pays the rent.", "language": "en", "areas": [], "main": None},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    code, out, _ = run("evaluate", str(path), "--json", "--html", str(page))
    found = json.loads(out)
    assert code == 0
    assert {"micro_f1", "main_accuracy", "false_areas", "languages", "areas"} <= set(found)
    assert found["micro_f1"] == 1.0
    assert "Calibration" in page.read_text(encoding="utf-8")


def test_bad_files_end_with_2_and_a_word(tmp_path: Path) -> None:
    assert run("evaluate", str(tmp_path / "none.jsonl"))[0] == 2
    path = tmp_path / "t.yaml"
    path.write_text("areas: 3\n", encoding="utf-8")
    code, _, error = run("taxonomy", str(path))
    assert code == 2
    assert "t.yaml:1" in error


def test_the_taxonomy_is_listed() -> None:
    code, out, _ = run("taxonomy", "--json")
    assert code == 0
    assert len(json.loads(out)["areas"]) == 13


@pytest.mark.shared
def test_a_taxonomy_named_in_a_dotenv_file_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "water.yaml").write_text(
        "plan: {id: water, title: {en: Water}}\n"
        "areas: [{id: rivers, title: {en: Rivers}, about: {en: flowing water}, words: {en: {4: [river]}}}]\n",
        encoding="utf-8",
    )
    (tmp_path / ".env").write_text("TRACKER_TAXONOMY=water.yaml\n", encoding="utf-8")
    monkeypatch.delenv("TRACKER_TAXONOMY", raising=False)
    monkeypatch.chdir(tmp_path)
    _, out, _ = run("taxonomy")
    assert "rivers" in out
    assert "innovation" not in out


def test_the_shipped_classifier_still_fits_the_passages_it_was_calibrated_on(shared: Path) -> None:
    """A guard against a broken model or calibration, not a measure: bench/classify.py measures."""
    found = classifier.load()
    passages = evaluate.load(shared / "gold" / "passages.jsonl", found.ids)
    verdicts = evaluate.answer(passages, lambda p: found.classify(p.text, language=p.language, heading=p.heading))
    figures = evaluate.figures(passages, verdicts, found.ids)
    assert figures["micro_f1"] > 0.8
    assert figures["false_areas"] <= 0.05
