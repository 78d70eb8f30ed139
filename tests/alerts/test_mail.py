"""A mail parsed back by the standard library: headers, both parts, links, attachments; hostile titles, addresses."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import date, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
import world as w
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from alerts.render import change, compose, mail, pages, redline, sample, words
from alerts.told import Told
from tracker.model import Block, Edit, EditKind, Subscription
from tracker.settings import Settings

SETTINGS = Settings(
    _env_file=None, base_url="https://tracker.example", mail_from="Règles & co <tracker@rules.example>", secret_key="k"
)


def built(told: Told, **wishes: Any) -> EmailMessage:
    """The mail as a reader's program reads it."""
    reader = Subscription(**{"id": "desk", "to": "reader@example.org", **wishes})
    frame = compose.frame(reader, SETTINGS, w.START, "f" * 32)
    frame = replace(frame, names=w.NAMES, thread=mail.thread_id(SETTINGS, "desk", told.document))
    data = mail.serialized(change.message(told, frame), SETTINGS)
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    parsed = email.message_from_bytes(data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def part(of: EmailMessage, kind: str) -> str:
    found = of.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_every_header_is_there_and_says_what_it_should() -> None:
    parsed = built(w.told(w.change("It may.", "It shall.", deadlines=[w.deadline(date(2026, 8, 2))])))
    assert parsed["From"].addresses[0].addr_spec == "tracker@rules.example"
    assert parsed["From"].addresses[0].display_name == "Règles & co"
    assert parsed["To"].addresses[0].addr_spec == "reader@example.org"
    assert parsed["Subject"] == (
        "Harbour Pilot Regulation — Art. 12(1): may → shall (AI safety governance; applies from 2 Aug 2026)"
    )
    assert parsed["Message-ID"] == f"<alert-{'f' * 32}@rules.example>"
    assert parsed["References"] == parsed["In-Reply-To"] == "<document-7-desk@rules.example>"
    assert parsed["List-Id"].endswith("<desk.alerts.rules.example>")
    assert re.fullmatch(r"<https://tracker\.example/subscriptions/unsubscribe/\S+>", parsed["List-Unsubscribe"])
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Date"].datetime == w.START
    assert parsed["Content-Language"] == "en"
    assert parsed["MIME-Version"] == "1.0"


def test_without_https_no_one_click_is_promised() -> None:
    frame = compose.frame(Subscription("s", "a@b.example"), Settings(_env_file=None, secret_key="k"), w.START)
    built_mail = mail.build(change.message(w.told(), frame), frame.settings)
    assert built_mail["List-Unsubscribe"]
    assert built_mail["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_both_parts_say_the_same(language: str) -> None:
    told = w.told(
        w.change(
            "Le fichier peut être tenu.", "Le fichier doit être tenu 十年.", deadlines=[w.deadline(date(2026, 8, 2))]
        )
    )
    parsed = built(told, language=language, areas=("safety-governance",))
    plain, html = part(parsed, "plain"), HTMLParser(part(parsed, "html")).text(separator=" ")
    for said in (
        told.change.summary[language],
        w.NAMES["safety-governance"][language],
        "Must a log be kept?",
        "our log service",
        "十年",
        "doit",
        "peut",
        "Article 12(1)",
        "the duty to keep a log",
    ):
        assert said in plain, said
        assert said in html, said
    links = [node.attributes["href"] for node in HTMLParser(part(parsed, "html")).css("a")]
    for link in links:
        assert link is not None
        assert link in plain
    assert {"https://tracker.example/changes/" + told.change.id, "https://law.example/harbours"} <= set(links)
    assert any(link and "/at/2026-02-21T09:00:00Z#art_12__para_1" in link for link in links)
    assert any(link and "/at/2026-03-02T09:00:00Z#art_12__para_1" in link for link in links)


@pytest.mark.parametrize(
    "text",
    [
        "人工智能系统的提供者应当报告。" * 40,
        "L’été, où l’on œuvre — « ça » coûte 3 €. " * 40,
        "plain " * 400,
        "é" * 5000,
    ],
)
def test_every_script_survives_the_way(text: str) -> None:
    parsed = built(w.told(w.change("", text)))
    flat = re.sub(r"\s+", "", part(parsed, "plain"))
    assert re.sub(r"\s+", "", text[:500]) in flat
    for piece in parsed.walk():
        if piece.get_content_maintype() == "text":
            assert piece.get_content_charset() == "utf-8"
            assert piece["Content-Transfer-Encoding"] in ("quoted-printable", "base64")


def test_dates_come_as_a_calendar_and_the_redline_as_a_file() -> None:
    lines = [w.deadline(date(2026, 8, 2)), w.deadline(date(2020, 1, 1)), w.deadline(date(2027, 1, 1), side="old")]
    parsed = built(w.told(w.change("It may.", "It shall.", deadlines=lines)), attach=("ics", "redline"))
    files = {piece.get_filename(): piece for piece in parsed.iter_attachments()}
    assert set(files) == {"dates.ics", "redline.txt"}
    calendar = icalendar.Calendar.from_ical(files["dates.ics"].get_content())
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtstart") == date(2026, 8, 2)
    assert "the duty to keep a log" in event["description"]
    assert files["dates.ics"].get_content_type() == "text/calendar"
    assert "[-may-] {+shall+}" in files["redline.txt"].get_content()


def test_a_change_without_dates_has_no_calendar() -> None:
    assert not list(built(w.told()).iter_attachments())


HOSTILE = (
    "x\r\nBcc: everybody@example.org\r\n\r\nBody",
    "x\nSubject: other",
    "</td><script>alert(1)</script>",
    '"><img src=https://evil.example/x.png onerror=alert(1)>',
    "\u202egnp.exe",
    "{{ 7*7 }}{% for x in y %}",
    "{0.__class__}",
    "%s%n",
    "\x00\x08\x1b[31m",
    "=?utf-8?q?=0aBcc:x?=",
    "a" * 3000,
    "\ud800",
    "<!--",
    "]]>",
)


@pytest.mark.parametrize("bad", HOSTILE)
def test_a_hostile_page_cannot_break_into_headers_or_html(bad: str) -> None:
    value = w.change(f"{bad} may.", f"{bad} shall.", path=bad)
    value = replace(value, summary={"en": bad})
    of = w.source(title=bad, question=bad, affects=(bad,))
    parsed = built(w.told(value, of, title=bad, url="javascript:alert(1)"), words=())
    allowed = {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "references",
        "in-reply-to",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "auto-submitted",
        "x-auto-response-suppress",
        "content-language",
        "content-type",
        "mime-version",
    }
    assert {name.lower() for name in parsed} <= allowed
    assert len(parsed.get_all("Subject")) == 1
    assert len(parsed["Subject"]) <= mail.HEADER
    assert len(parsed["To"].addresses) == 1
    tree = HTMLParser(part(parsed, "html"))
    assert not tree.css("script, img, iframe, object, embed, link, form, base, svg, video, audio")
    for node in tree.css("*"):
        assert not [name for name in node.attributes if name.startswith("on")]
        href = node.attributes.get("href") or ""
        assert href == "" or href.startswith("https://tracker.example/")


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_any_text_makes_a_mail_that_parses(old: str, new: str, title: str) -> None:
    value = replace(w.change(old, new), summary={"en": title})
    parsed = built(w.told(value, w.source(title=title), title=title))
    assert parsed["Message-ID"]
    assert part(parsed, "plain")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a:b@evil.example/",
        "file:///etc/passwd",
        "//x",
        "https://",
        "https://[",
        "vbscript:x",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    told = w.told(url=url)
    assert change.addresses(told, SETTINGS)["source"] == ""


@pytest.mark.parametrize("edits", [3, 60, 600])
def test_a_long_change_is_folded_below_what_mail_programs_show(edits: int) -> None:
    text = "人工智能系统的提供者应当在投放市场之前完成合格评定程序并起草技术文件。" * 20
    one = w.change(text + "A", text + "B").comparison.edits[0]
    many = tuple(replace(one, kind=EditKind.REPLACE, path=f"Article {n}") for n in range(edits))
    value = w.change("x", "y")
    told = w.told(replace(value, comparison=replace(value.comparison, edits=many)))
    parsed = built(told)
    html = part(parsed, "html")
    assert len(html.encode()) <= pages.LIMIT
    assert ("more change" in html) is (edits > 3)
    assert "Unsubscribe" in html


def test_one_endless_edit_is_shortened() -> None:
    parsed = built(w.told(w.change("", "word " * 100_000)))
    assert len(part(parsed, "html").encode()) <= pages.LIMIT
    assert "Long passages are shortened here." in part(parsed, "plain")


def test_an_unchanged_long_passage_shows_only_what_stands_around_the_change() -> None:
    before, after = "aa " * 500, "bb " * 500
    parsed = built(w.told(w.change(f"{before}may{after}", f"{before}shall{after}")))
    plain = part(parsed, "plain")
    assert "[-may" in plain or "may-]" in plain
    assert len(plain) < 2500


def test_moves_and_renumberings_say_where_from() -> None:
    value = w.change("It shall.", "It shall.")
    block = value.comparison.edits[0].new or value.comparison.edits[0].old
    edit = Edit(EditKind.RENUMBER, block, block, 0, 0, "Article 13", "art_13", "Article 12", (("=", "It shall."),))
    parsed = built(w.told(replace(value, comparison=replace(value.comparison, edits=(edit,)))))
    assert "Article 13 · renumbered, was Article 12" in part(parsed, "plain")


@pytest.mark.parametrize("to", ["nobody", "a@b\r\nBcc: c@d", "a b@c.example, d@e.example", "", "x@", "@y"])
def test_what_is_no_recipient_is_refused(to: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        mail.recipient(to)


def test_an_address_with_a_name_and_a_domain_beyond_ascii_works() -> None:
    assert mail.recipient("Desk <a@b.example>").addr_spec == "a@b.example"
    assert mail.recipient("a@bücher.example").domain == "xn--bcher-kva.example"


def test_the_sample_says_that_it_is_one() -> None:
    frame = compose.frame(Subscription("s", "a@b.example"), SETTINGS, w.START + timedelta(days=1))
    message = sample.message(frame)
    assert "This is a sample" in message.text
    assert "This is a sample" in message.html
    assert message.subject.startswith("[Sample]")


@pytest.mark.parametrize(
    ("place", "title", "shown"),
    [
        ("Terms of the harbour(2) ¶3", "Terms of the harbour | Port", "(2) ¶3"),
        ("Terms of the harbour ¶3", "Terms of the harbour", "¶3"),
        ("Terms of the harbour: may → shall", "Terms of the Harbour", "may → shall"),
        ("Terms of the harbour › 2. Logs", "Terms of the harbour", "2. Logs"),
        ("Terms of the harbourmaster(2)", "Terms of the harbour", "Terms of the harbourmaster(2)"),
        ("Terms of the harbour new", "Terms of the harbour", "Terms of the harbour new"),
        ("Article 12(1)", "Article 12", "Article 12(1)"),
        ("", "Terms of the harbour", ""),
    ],
)
def test_a_place_does_not_repeat_the_documents_title(place: str, title: str, shown: str) -> None:
    assert words.without_title(place, title) == shown


pieces = st.lists(st.tuples(st.sampled_from("=-+"), st.text("ab \n", min_size=1, max_size=6)), min_size=1, max_size=8)


@given(pieces)
def test_what_is_coloured_is_words_and_no_word_is_lost(spans: list[tuple[str, str]]) -> None:
    block = Block("x")
    view = redline.view(Edit(EditKind.REPLACE, (block,), (block,), spans=tuple(spans)), context=10**6, longest=10**6)
    for kind, text in view.spans:
        assert text
        assert kind == "=" or text == text.strip() or not text.strip()
    shown = "".join(text for _, text in view.spans)
    assert "  " not in shown
    for side in "-+":
        said = "".join(text for kind, text in spans if kind in ("=", side)).split()
        kept = "".join(text for kind, text in view.spans if kind in ("=", side))
        assert "".join(kept.split()) == "".join(said)
