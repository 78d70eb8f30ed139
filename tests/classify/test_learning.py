"""The linear model, its training, the calibration and their files."""

from __future__ import annotations

import json
from math import log, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.classify import calibrate, linear, scoring, taxonomy, train
from tracker.classify.calibrate import Labelled
from tracker.classify.features import count
from tracker.classify.scoring import Signals
from tracker.classify.train import Example
from tracker.classify.words import row

TEXTS = [
    Example("rivers carry water to the sea", ("rivers",), "en"),
    Example("the river floods its banks", ("rivers",), "en"),
    Example("lakes hold still water", ("lakes",), "en"),
    Example("the lake freezes in winter", ("lakes",), "en"),
    Example("the tenant pays the rent", (), "en"),
    Example("taxes are due in march", (), "en"),
]


def scores(model: linear.Model, text: str) -> dict[str, float]:
    counts: dict[str, float] = {}
    count(row(text), counts)
    return dict(zip(model.classes, model.score(counts), strict=True))


def test_a_model_learns_what_it_is_shown() -> None:
    model = train.train(TEXTS, ["rivers", "lakes"])
    found = scores(model, "the river carries much water")
    assert found["rivers"] > found["lakes"]
    assert scores(model, "the tenant pays taxes")["-"] > 0


def test_what_stands_in_many_texts_is_kept_before_what_stands_in_one() -> None:
    weights = {"many": (2.0, ((0, 1.0), (1, 0.5))), "one": (3.0, ((0, 1.0), (1, 0.5))), "faint": (2.0, ((0, 0.1),))}
    kept = linear.strongest(linear.Model(("rivers", "-"), weights), 1, {"many": 4, "one": 1, "faint": 9})
    assert list(kept.weights) == ["many"]


def test_words_of_grammar_and_numbers_are_no_features_and_part_no_pairs() -> None:
    counts: dict[str, float] = {}
    count(row("the use of data in 2024. Models"), counts)
    assert counts == {"use": 1.0, "data": 1.0, "use data": 1.0, "model": 1.0}


def test_learning_twice_gives_the_same_file() -> None:
    one, two = (linear.dump(train.train(TEXTS, ["rivers", "lakes"]), {"n": 6}) for _ in range(2))
    assert one == two


def test_a_model_comes_back_from_its_file(tmp_path: Path) -> None:
    model = train.train(TEXTS, ["rivers", "lakes"])
    path = tmp_path / "m.tsv"
    path.write_text(linear.dump(model, {}), encoding="utf-8")
    again = linear.load(path)
    for text in ("the river", "still lakes", "rent"):
        for name, score in scores(model, text).items():
            assert scores(again, text)[name] == pytest.approx(score, abs=0.35)


def test_a_score_is_the_sum_of_weights_by_rarity_over_the_length() -> None:
    weights = {"river": (2.0, ((0, 1.5), (1, -0.25))), "lake": (1.5, ((0, -3.0),)), "sea": (3.0, ((2, 0.5),))}
    model = linear.Model(("rivers", "lakes", "-"), weights)
    length = sqrt((2.0 * (1 + log(3))) ** 2 + (1.5 * 0.4) ** 2)
    found = model.score({"river": 3.0, "lake": 0.4, "unknown": 7.0})
    rivers = (2.0 * (1 + log(3)) * 1.5 - 1.5 * 0.4 * 3.0) / length
    assert found == pytest.approx([rivers, -2.0 * (1 + log(3)) * 0.25 / length, 0.0])
    assert model.score({"unknown": 1.0}) == [0.0, 0.0, 0.0]


def test_a_text_of_all_that_the_model_knows_a_million_times_has_a_score() -> None:
    model = linear.load()
    sums, squares = [0.0] * len(model.classes), 0.0
    for rarity, pairs in model.weights.values():
        squares += rarity**2
        for number, weight in pairs:
            sums[number] += rarity * weight
    found = model.score(dict.fromkeys(model.weights, 1e6))
    assert found == pytest.approx([value / sqrt(squares) for value in sums])


@given(st.text(alphabet="aé données IA的人工智能 ,.1", max_size=80))
def test_features_with_a_weight_a_character_are_those_without_where_all_weigh_the_same(text: str) -> None:
    line, plain, weighed = row(text), dict[str, float](), dict[str, float]()
    count(line, plain, weight=0.5)
    count(line, weighed, weights=[0.5] * len(line.line))
    assert plain == weighed


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text('{"format": "else"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="not a model"):
        linear.load(path)
    with pytest.raises(ValueError, match="not a calibration"):
        scoring.load(path)


def test_the_shipped_model_knows_all_areas_and_is_small_and_plain_text() -> None:
    ids = [area.id for area in taxonomy.load().areas]
    assert None not in linear.align(linear.load(), ids)
    assert linear.BUILT_IN.stat().st_size < 4_000_000
    head = json.loads(linear.BUILT_IN.read_text(encoding="utf-8").split("\n", 1)[0])
    assert head["sentences"] == len(train.examples(known=ids))


def test_every_area_has_training_sentences_in_every_language() -> None:
    found = train.examples(known=[area.id for area in taxonomy.load().areas])
    for area in taxonomy.load().areas:
        assert {e.language for e in found if area.id in e.areas} == {"en", "fr", "zh"}
    assert {e.language for e in found if not e.areas} == {"en", "fr", "zh"}


def test_a_training_files_language_is_its_name_up_to_the_hyphen(tmp_path: Path) -> None:
    (tmp_path / "fr-governance.txt").write_text("# ours\nrivers lakes | les fleuves\n- | le loyer\n", encoding="utf-8")
    found = train.examples(tmp_path)
    assert [(e.language, e.areas) for e in found] == [("fr", ("rivers", "lakes")), ("fr", ())]


def test_no_training_sentence_stands_twice() -> None:
    texts = [example.text for example in train.examples()]
    assert len(texts) == len(set(texts))


@pytest.mark.shared
def test_no_training_sentence_is_taken_from_the_passages(shared: Path) -> None:
    lines = (shared / "gold" / "passages.jsonl").read_text(encoding="utf-8").splitlines()
    passages = [" ".join(row(json.loads(line)["text"]).line.split()) for line in lines]
    for example in train.examples():
        words = " ".join(row(example.text).line.split())
        if len(words) > 60:
            assert not any(words in passage for passage in passages), example.text


@pytest.mark.parametrize("line", ["rivers the river", "seas | the sea", "rivers | "])
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "en.txt").write_text(f"# comment\n{line}\n", encoding="utf-8")
    with pytest.raises(train.TrainingError, match=r"en\.txt:2"):
        train.examples(tmp_path, known=["rivers"])


def labelled(strong: int | None) -> Labelled:
    strengths = tuple(6.0 if number == strong else 0.2 for number in range(2))
    odds = tuple(1.0 if number == strong else -2.0 for number in range(2))
    areas = frozenset(() if strong is None else (("rivers", "lakes")[strong],))
    main: frozenset[str | None] = frozenset(areas) or frozenset((None,))
    return Labelled(Signals(strengths, odds, 2.0 if strong is None else -2.0, 2.0, 0.0), areas, frozenset(), main)


def test_calibration_finds_thresholds_that_tell_areas_from_silence() -> None:
    passages = [labelled(number) for number in (0, 1, None)] * 8
    for kind in (scoring.BOTH, scoring.LEXICON, scoring.LINEAR):
        formula = calibrate.fit(passages, ["rivers", "lakes"], kind, steps=60)
        formulas = {kind: formula, scoring.LEXICON: formula}
        for passage in passages[:3]:
            areas, main = calibrate.judged(passage, ["rivers", "lakes"], formulas, kind)
            assert areas == passage.areas
            assert main in passage.main_ok


def test_a_calibration_comes_back_from_its_file(tmp_path: Path) -> None:
    formula = calibrate.fit([labelled(n) for n in (0, 1, None)] * 4, ["rivers", "lakes"], scoring.BOTH, steps=20)
    path = tmp_path / "c.json"
    path.write_text(scoring.dump({scoring.BOTH: formula}, {}), encoding="utf-8")
    again = scoring.load(path)[scoring.BOTH]
    assert again.weights == pytest.approx(formula.weights, abs=1e-4)
    assert again.presence == pytest.approx(formula.presence, abs=1e-4)
    assert (again.threshold, again.present) == pytest.approx((formula.threshold, formula.present))


def test_more_of_either_signal_never_lowers_a_score() -> None:
    ids = [area.id for area in taxonomy.load().areas]
    formulas = scoring.load()

    def score(strength: float, odds: float) -> float:
        signals = Signals((strength, *[1.0] * 12), (odds, *[-2.0] * 12), -1.0, 2.0, 0.0)
        return scoring.score(signals, ids, formulas).scores[0]

    assert score(0.5, -1.0) <= score(2.0, -1.0) <= score(6.0, -1.0)
    assert score(2.0, -3.0) <= score(2.0, -1.0) <= score(2.0, 1.0)
