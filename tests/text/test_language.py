"""Languages are told by script, function words and letters, always the same way, and not at all where nothing tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.model import Block
from tracker.text.language import detect, of_blocks

SENTENCES = {
    "en": "The provider of a system shall ensure that it is safe for those who use it.",
    "fr": "Le fournisseur d’un système veille à ce qu’il soit sûr pour les personnes qui l’utilisent.",
    "de": "Der Anbieter eines Systems stellt sicher, dass es für die Nutzer nicht gefährlich ist.",
    "es": "El proveedor de un sistema garantiza que sea seguro para las personas que lo utilizan.",
    "pt": "O prestador de um sistema assegura que não é perigoso para as pessoas que o utilizam.",
    "it": "Il fornitore di un sistema garantisce che sia sicuro per le persone che lo usano.",
    "nl": "De aanbieder van een systeem zorgt ervoor dat het veilig is voor de gebruikers.",
    "pl": "Dostawca systemu zapewnia, że jest on bezpieczny dla osób, które się nim posługują.",
    "sv": "Leverantören av ett system ska se till att det är säkert för dem som använder det.",
    "fi": "Järjestelmän tarjoajan on varmistettava, että se on turvallinen niille, jotka sitä käyttävät.",
    "cs": "Poskytovatel systému zajistí, aby byl bezpečný pro osoby, které jej používají.",
    "hu": "A rendszer szolgáltatója gondoskodik arról, hogy az biztonságos legyen a felhasználók számára.",
    "ro": "Furnizorul unui sistem se asigură că acesta este sigur pentru persoanele care îl folosesc și nu numai.",
    "tr": "Bir sistemin sağlayıcısı, onun kullanıcılar için güvenli olduğundan emin olur ve bunu belgeler.",
    "vi": "Nhà cung cấp hệ thống phải bảo đảm rằng hệ thống được an toàn cho những người sử dụng.",
    "ru": "Поставщик системы обеспечивает, что она безопасна для тех, кто её использует.",
    "uk": "Постачальник системи забезпечує, що вона є безпечною для тих, хто її використовує.",
    "zh": "提供者应当确保系统对使用者是安全的。",
    "ja": "提供者は、システムが利用者にとって安全であることを確保しなければならない。",
    "ko": "제공자는 시스템이 이용자에게 안전하도록 하여야 한다.",
    "ar": "يجب على مقدم النظام أن يضمن سلامته للمستخدمين.",
    "fa": "ارائه‌دهنده باید اطمینان دهد که سامانه برای کاربران ایمن است.",
    "el": "Ο πάροχος διασφαλίζει ότι το σύστημα είναι ασφαλές.",
    "he": "הספק יבטיח שהמערכת בטוחה למשתמשים.",
    "th": "ผู้ให้บริการต้องทำให้แน่ใจว่าระบบปลอดภัย",
    "hi": "प्रदाता यह सुनिश्चित करेगा कि प्रणाली सुरक्षित हो।",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_says_its_language(language: str) -> None:
    assert detect(SENTENCES[language]) == language


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Loi relative à la protection des données", "fr"),
        ("Artificial Intelligence Act", "en"),
        ("Projet de loi n° 1234", "fr"),
        ("人工智能法", "zh"),
        ("関係法令", "ja"),
        ("Künstliche Intelligenz: Entwurf der Bundesregierung", "de"),
        ("Reglamento de inteligencia artificial", "es"),
    ],
)
def test_titles_say_it_too(title: str, language: str) -> None:
    assert detect(title) == language


@pytest.mark.parametrize("text", ["", "12345", "Opinion 12", "2024/1689", "https://example.org/a", "X Y Z", "🙂"])
def test_what_tells_nothing_is_not_guessed(text: str) -> None:
    assert detect(text) == ""


def test_a_name_in_another_script_does_not_change_a_texts_language() -> None:
    assert detect("本指引所称人工智能 OPC(One Person Company),是指由具备 AI 应用开发能力的人才创办的团队。") == "zh"
    assert detect("The Interim Measures (生成式人工智能服务管理暂行办法) are in force and apply to the public.") == "en"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_detection_is_a_function_of_the_text(text: str) -> None:
    assert detect(text) == detect(text)


def test_blocks_in_another_language_than_their_document_say_so() -> None:
    blocks = [
        Block(SENTENCES["zh"] * 3),
        Block(SENTENCES["en"] * 2),
        Block("(a)"),
        Block(SENTENCES["en"] * 2),
        Block("AI"),
    ]
    assert [block.language for block in of_blocks(blocks, "zh")] == ["", "en", "en", "en", ""]


@pytest.mark.shared
def test_passages_of_governance_documents_are_told_apart(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "gold" / "passages.jsonl").read_text(encoding="utf-8").splitlines()]
    wrong = [row["text"][:80] for row in rows if detect(row["text"]) != row["language"]]
    assert len(wrong) <= 0.01 * len(rows), wrong
