"""Verdicts on texts, documents and changes, and the words they rest on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.classify import classifier
from tracker.model import Block, Comparison, Edit, EditKind

RISK = "Providers of high-risk AI systems shall carry out a risk assessment and report serious incidents."
OPEN = "The source code is published under an open source licence and developed by an open-source community."
ZH = "算法推荐服务提供者应当落实算法安全主体责任，开展安全评估。"
FR = "Les logiciels libres et le code source ouvert sont publiés sous licence libre."


def replaced(old: str, new: str, *spans: tuple[str, str], kind: EditKind = EditKind.REPLACE) -> Edit:
    side = lambda text: (Block(text),) if text else ()  # noqa: E731 - three uses in one line each
    return Edit(kind, old=side(old), new=side(new), spans=spans)


def inserted(text: str) -> Edit:
    return replaced("", text, ("+", text), kind=EditKind.INSERT)


# --------------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "language", "area"),
    [
        (RISK, "en", "safety-governance"),
        (OPEN, "en", "open-ecosystem"),
        (ZH, "zh", "safety-governance"),
        (FR, "fr", "open-ecosystem"),
    ],
)
def test_the_language_is_found_and_the_area_given(text: str, language: str, area: str) -> None:
    found = classifier.load().classify(text)
    assert (found.language, found.main) == (language, area)


def test_a_text_without_words_has_no_area() -> None:
    for text in ("", "   ", "123 456", "—…", "<br/>"):
        assert classifier.load().classify(text).areas == ()


def test_evidence_is_words_of_the_text_strongest_first() -> None:
    for area in classifier.load().classify(RISK).areas:
        assert area.evidence
        assert [e.weight for e in area.evidence] == sorted((e.weight for e in area.evidence), reverse=True)
        for piece in area.evidence:
            assert RISK[piece.start : piece.end] == piece.words


def test_the_last_word_of_a_text_without_a_stop_is_evidence_by_itself() -> None:
    (area,) = classifier.load().classify("推进医疗、交通、教育、城市管理等领域的人工智能应用").areas[:1]
    assert {"城市管理", "教育"} <= {piece.words for piece in area.evidence}


def test_a_text_with_entities_that_are_white_space_is_read() -> None:
    assert classifier.load().classify(RISK.replace(" ", " &emsp;", 2)).main == classifier.load().classify(RISK).main


def test_a_heading_gives_context_but_is_not_evidence() -> None:
    text = "It shall be kept for ten years."
    found = classifier.load().classify(text, heading="Technical documentation of high-risk AI systems")
    assert all(e.end <= len(text) for area in found.areas for e in area.evidence)


def test_an_unknown_language_is_read_by_names_that_travel_and_says_so() -> None:
    found = classifier.load().classify("Die Norm ISO/IEC 42001 und die Verordnung (GDPR) gelten.")
    assert found.language not in ("en", "fr", "zh")
    assert "data-supply" in [area.id for area in found.areas] or "standards-norms" in [area.id for area in found.areas]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from(list(RISK + OPEN + ZH + FR + "\n<>&;-0")), max_size=400))
def test_any_text_is_answered_with_scores_between_0_and_1_and_evidence_inside_it(text: str) -> None:
    found = classifier.load().classify(text)
    assert (found.main is None) == (not found.areas)
    for entry in (*found.areas, *found.principles, *found.themes):
        assert 0 <= entry.score <= 1
        for piece in entry.evidence:
            assert text[piece.start : piece.end] == piece.words


@pytest.mark.parametrize("size", [5, 5000])
def test_short_and_long_texts_are_answered(size: int) -> None:
    words = (RISK + " ").split(" ")
    text = " ".join((words * (size // len(words) + 1))[:size])
    assert classifier.load().classify(text).main in (None, "safety-governance") if size < 10 else "safety-governance"


def test_case_does_not_matter() -> None:
    one, other = classifier.load().classify(RISK), classifier.load().classify(RISK.upper())
    assert [(a.id, a.score) for a in one.areas] == [(a.id, a.score) for a in other.areas]


def test_the_same_input_gives_the_same_output_in_another_process() -> None:
    program = (
        "from tracker.classify import classifier; import sys;"
        "sys.stdout.reconfigure(encoding='utf-8');"
        f"print([classifier.load().classify(t) for t in ({RISK!r}, {ZH!r}, {FR!r})])"
    )
    outputs = {
        subprocess.run(  # the program is ours
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])},
            timeout=120,
        ).stdout
        for seed in ("0", "4242")
    }
    assert len(outputs) == 1


# ----------------------------------------------------------------------------------------------- documents


def test_a_document_has_the_areas_of_its_text_and_headings_help() -> None:
    blocks = [Block("Annex on openness", kind="heading", level=1), Block(OPEN), Block(OPEN.replace("The", "All"))]
    found = classifier.load().classify_blocks(blocks)
    assert found.main == "open-ecosystem"
    text = "\n".join(block.text for block in blocks)
    for piece in found.areas[0].evidence:
        assert text[piece.start : piece.end] == piece.words


def test_a_sentence_in_a_long_document_does_not_make_its_area() -> None:
    dull = "The tenant pays the rent on the first day of the month. " * 4
    found = classifier.load().classify_blocks([*[Block(dull)] * 60, Block(OPEN)])
    assert found.areas == ()


def test_each_block_is_read_in_its_own_language() -> None:
    found = classifier.load().classify_blocks([Block(ZH * 3, language="zh"), Block(OPEN * 2, language="en")])
    assert {"safety-governance", "open-ecosystem"} <= {area.id for area in found.areas}


def test_no_blocks_have_no_area() -> None:
    assert classifier.load().classify_blocks([]).areas == ()


# ------------------------------------------------------------------------------------------------- changes


def test_new_words_give_a_change_its_area() -> None:
    found = classifier.load().classify_change(Comparison((inserted(RISK),)))
    assert found.main == "safety-governance"
    assert {e.side for e in found.areas[0].evidence} == {"new"}


def test_removed_words_give_it_too_with_evidence_on_the_old_side() -> None:
    edit = replaced(RISK, "", ("-", RISK), kind=EditKind.DELETE)
    found = classifier.load().classify_change(Comparison((edit,)))
    assert found.main == "safety-governance"
    assert {e.side for e in found.areas[0].evidence} == {"old"}


@pytest.mark.parametrize("kind", [EditKind.MOVE, EditKind.RENUMBER])
def test_text_that_only_moves_has_no_area(kind: EditKind) -> None:
    edit = replaced(RISK, RISK, ("=", RISK), kind=kind)
    assert classifier.load().classify_change(Comparison((edit,))).areas == ()


def test_a_split_that_changes_no_word_has_no_area() -> None:
    edit = Edit(EditKind.SPLIT, old=(Block(RISK),), new=(Block(RISK[:40]), Block(RISK[40:])), spans=(("=", RISK),))
    assert classifier.load().classify_change(Comparison((edit,))).areas == ()


def test_a_number_that_changes_takes_the_area_of_its_paragraph() -> None:
    before, after = RISK + " The period is 30 days.", RISK + " The period is 15 days."
    start = before.index("30")
    spans = (("=", before[:start]), ("-", "30"), ("+", "15"), ("=", before[start + 2 :]))
    assert classifier.load().classify_change(Comparison((replaced(before, after, *spans),))).main == "safety-governance"


def test_the_changed_words_weigh_more_than_the_paragraph_around_them() -> None:
    added = " The source code is open source, under an open source licence, and the open-source community maintains it."
    spans = (("=", RISK), ("+", added))
    found = classifier.load().classify_change(Comparison((replaced(RISK, RISK + added, *spans),)))
    assert found.main == "open-ecosystem"


def test_several_edits_add_up_and_small_ones_do_not_lead() -> None:
    found = classifier.load().classify_change(
        Comparison((inserted(OPEN), inserted(RISK), inserted(RISK.replace("and", "or"))))
    )
    assert found.main == "safety-governance"
    assert "open-ecosystem" in [area.id for area in found.areas]
    assert {e.edit for area in found.areas for e in area.evidence} == {0, 1, 2}


def test_prior_areas_never_add_an_area() -> None:
    dull = inserted("The tenant pays the rent on the first day of the month.")
    assert classifier.load().classify_change(Comparison((dull,)), prior=("safety-governance",)).areas == ()


def test_prior_areas_do_not_turn_a_clear_verdict() -> None:
    change = Comparison((inserted(RISK),))
    assert classifier.load().classify_change(change, prior=("energy-environment",)).main == "safety-governance"


def test_evidence_of_a_change_is_words_of_its_edit() -> None:
    edits = (inserted(OPEN), replaced(RISK, RISK + " " + ZH, ("=", RISK), ("+", " " + ZH)))
    found = classifier.load().classify_change(Comparison(edits))
    for area in found.areas:
        for piece in area.evidence:
            text = edits[piece.edit].new_text if piece.side == "new" else edits[piece.edit].old_text
            assert text[piece.start : piece.end] == piece.words


def test_the_headings_above_an_edit_give_context_but_are_not_evidence() -> None:
    point = "The measures referred to in point (a) shall be reviewed every two years."
    alone = inserted(point)
    under = replace(alone, path="Protection of personal data › Consent and rights of data subjects")
    assert classifier.load().classify_change(Comparison((alone,))).areas == ()
    found = classifier.load().classify_change(Comparison((under,)))
    assert found.main == "data-supply"
    assert all(point[e.start : e.end] == e.words for area in found.areas for e in area.evidence)


def test_no_edits_have_no_area() -> None:
    assert classifier.load().classify_change(Comparison()).areas == ()


# ------------------------------------------------------------------------------------------ another taxonomy


def test_another_taxonomy_works_without_the_model(tmp_path: Path) -> None:
    path = tmp_path / "water.yaml"
    path.write_text(
        "plan: {id: w, title: {en: Water}}\nsubject: {en: {2: [water]}}\n"
        "areas: [{id: rivers, title: {en: Rivers}, words: {en: {4: [river, flood plain]}}},"
        " {id: lakes, title: {en: Lakes}, words: {en: {4: [lake]}}}]\n",
        encoding="utf-8",
    )
    found = classifier.load(path).classify("The river and its flood plain carry water to the sea.")
    assert [area.id for area in found.areas] == ["rivers"]
    assert classifier.load(path).classify("The tenant pays the rent to the landlord.").areas == ()


def test_the_classifier_is_kept_until_the_file_changes() -> None:
    assert classifier.load() is classifier.load()
