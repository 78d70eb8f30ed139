"""Which vocabulary reads a text."""

from __future__ import annotations

import pytest

from tracker.classify.tongue import spoken, tongue
from tracker.classify.words import row


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The provider shall keep the documentation for ten years.", "en"),
        ("Le fournisseur conserve la documentation pendant dix ans.", "fr"),
        ("提供者应当保存技术文件十年。", "zh"),
        ("提供者应当遵守 GDPR 的规定。", "zh"),
        ("Der Anbieter bewahrt die Dokumentation zehn Jahre auf.", ""),
        ("El proveedor conserva la documentación por diez años.", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_sentence(text: str, language: str) -> None:
    assert tongue(row(text)) == language


def test_a_hint_decides_what_is_too_short_to_tell() -> None:
    assert spoken(row("Intelligence artificielle"), "fr-CA") == "fr"
    assert spoken(row("Anwendungsbereich"), "de") == ""


def test_words_decide_against_a_hint() -> None:
    assert spoken(row("The annex lists the bodies in charge of the register."), "zh") == "en"
