"""Every fixed text has its French and Chinese, with the same blanks, and what is compiled is what is written."""

from __future__ import annotations

import pytest

from alerts.render import translations
from tracker.web.i18n import chosen, interface
from tracker.web.translations import PAGES


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_nothing_lacks_a_translation(language: str) -> None:
    assert list(translations.missing(PAGES, language)) == []


def test_a_browser_that_asks_for_french_gets_french() -> None:
    assert chosen("", "fr-CA,fr;q=0.9,en;q=0.8") == "fr"


def test_what_a_reader_chose_wins_over_what_the_browser_says() -> None:
    assert chosen("zh", "fr") == "zh"


@pytest.mark.parametrize("header", ["", "xx", ";;;q=nonsense", "*", ",", "en;q=0", "a" * 5000, "zh;q=0,fr;q=0"])
def test_a_header_that_says_nothing_useful_gives_english(header: str) -> None:
    assert chosen("", header) == "en"


def test_words_that_are_filled_in_are_never_read_as_a_pattern() -> None:
    assert interface("fr").t("was {place}", place="{0.__class__}") == "était {0.__class__}"
