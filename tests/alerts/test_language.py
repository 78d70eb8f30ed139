"""Every fixed text of an alert is there in every language, and dates and quotes are the reader's."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import world as w

from alerts.match import Why
from alerts.render import translations, words
from alerts.render.language import texts
from tracker.assess import lexis
from tracker.model import Reason


def test_no_fixed_text_hides_in_an_f_string() -> None:
    """Before Python 3.12 none would be found there, and it would stay English for everybody."""
    code = translations.ALERTS.code
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in (*code.rglob("*.py"), *(code.parent / "tracker" / "web").rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ("t", "tn")
    ]
    assert hidden == []


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_every_fixed_text_is_translated(language: str) -> None:
    assert list(translations.missing(translations.ALERTS, language)) == []


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_every_reason_that_can_be_told_has_its_words(language: str) -> None:
    codes = {code for code, _ in lexis.BINDING} | {"wording", "list", "punctuation", "spelling", "order", "confirmed"}
    for code in codes:
        told = words.reason(texts(language), Reason("meaning", code, "English words"))
        assert told != "English words", code
        assert told != words.reason(texts("en"), Reason("meaning", code, "English words")), code


def test_a_reason_nobody_knows_is_told_in_its_own_words() -> None:
    assert words.reason(texts("fr"), Reason("meaning", "new-code", "Something\nelse.")) == "Something else."


def test_dates_moments_and_quotes_are_the_readers() -> None:
    day, at = date(2026, 8, 2), datetime(2026, 8, 2, 22, 30, tzinfo=UTC)
    assert [texts(code).day(day) for code in ("en", "fr", "zh")] == ["2 August 2026", "2 août 2026", "2026年8月2日"]
    assert texts("fr").moment(at, ZoneInfo("Europe/Paris")) == "3 août 2026, 00:30 CEST"
    assert texts("zh").moment(at, ZoneInfo("Asia/Shanghai")) == "2026年8月3日 06:30 CST"
    assert [texts(code).quote("x") for code in ("en", "fr", "zh")] == ["“x”", "«\u202fx\u202f»", "“x”"]


def test_a_language_that_is_not_there_is_english() -> None:
    assert texts("de").language == "en"
    assert texts("fr-CA").language == "fr"
    assert texts("").language == "en"


def test_why_names_every_filter_that_held() -> None:
    held = Why(
        ("safety-governance",), (), (), True, ("coast",), ("EU",), ("fr",), ("log",), ("entry into force",), ("memo",)
    )
    for code in ("en", "fr", "zh"):
        said = words.why(texts(code), held, w.NAMES, "Harbour Act")
        for name in (
            w.NAMES["safety-governance"][code],
            "Harbour Act",
            "coast",
            "EU",
            "log",
            "entry into force",
            "memo",
        ):
            assert name in said
    assert words.why(texts("en"), Why(), w.NAMES, "") == "You follow every source and every area."
