"""Terms in context: the longest wins, names are whole, exclusions and repetition count less."""

from __future__ import annotations

from tracker.classify import policy, taxonomy
from tracker.classify.lexicon import Lexicon
from tracker.classify.words import row

FILE = """\
plan: {id: t, title: {en: T}}
subject: {en: {2: [robot]}}
names: {en: [River Phoenix]}
exclusions: {en: [does not apply to]}
exclusions_after: {zh: [不适用本法]}
areas:
  - id: water
    title: {en: Water}
    words:
      any: {4: [H2O]}
      en: {4: [river, river bank], 1: [bank], -2: [bank robbery]}
      zh: {4: [河流]}
    bound: {en: {4: [training]}}
"""
LEXICON = Lexicon(taxonomy.parse(FILE))


def strength(text: str, language: str = "en", context: float = 0.0) -> float:
    return LEXICON.find(row(text), language, context=context).strength[0]


def test_a_term_is_found_in_any_case_and_number() -> None:
    assert strength("THE RIVERS rise.") > 0


def test_a_term_inside_a_word_is_not_found() -> None:
    assert strength("The driverless car.") == 0


def test_the_longest_term_wins() -> None:
    hits = LEXICON.find(row("the river bank"), "en").hits
    assert [row("the river bank").line[h.start : h.end].strip() for h in hits] == ["river bank"]


def test_a_name_is_read_whole() -> None:
    assert strength("River Phoenix was an actor.") == 0


def test_excluded_words_hardly_count_and_the_next_sentence_does() -> None:
    assert strength("It does not apply to a river.") < strength("It applies to a river.") / 4
    assert strength("It does not apply to oil. A river.") > 0.8 * strength("It is not about oil. A river.")


def test_chinese_excludes_afterwards() -> None:
    assert strength("河流不适用本法。", "zh") <= policy.EXCLUDED * strength("河流适用本法。", "zh") * 1.01


def test_bound_terms_need_the_subject() -> None:
    assert strength("training of staff") < 0.3 * strength("training of robots")
    assert strength("training of staff", context=2.0) > 3 * strength("training of staff")


def test_saying_it_again_adds_less_each_time() -> None:
    once, twice, thrice = (strength(" ".join(["river"] * n)) for n in (1, 2, 3))
    assert once < twice < thrice
    assert twice - once < once


def test_words_that_speak_against_count_against() -> None:
    assert strength("a river and a bank robbery") < strength("a river and a robbery")


def test_unknown_languages_are_read_by_what_travels() -> None:
    assert strength("Der river und H2O", "") > 0
    assert strength("Der river", "") == 0
