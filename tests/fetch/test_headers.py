"""What is said to hosts, what they say, and what of both may be kept."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetch.headers import KEPT_HEADERS, KEPT_VALUE, filled, said, to_record, to_send, user_agent
from tracker.fetch.outcome import Failure

NAMES = st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(max_codepoint=0xFF), max_size=80)


@given(st.text(max_size=100))
def test_a_contact_cannot_break_the_user_agent(contact: str) -> None:
    agent = user_agent(contact)
    assert agent.startswith("regulatory-tracker/")
    assert agent.isascii()
    assert agent.isprintable()
    assert agent.count("(") == agent.count(")") <= 1


def test_a_contact_is_an_address_or_a_page() -> None:
    assert user_agent("a@example.org").endswith("(+mailto:a@example.org)")
    assert user_agent("https://example.org/bot").endswith("(+https://example.org/bot)")
    assert "(" not in user_agent("")


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from(["", "en", "fr", "zh"]))
def test_a_sources_headers_win_except_where_they_would_break_the_protocol(own: dict[str, str], language: str) -> None:
    sent = to_send("agent", language, own)
    lowered = [name.lower() for name in sent]
    assert len(lowered) == len(set(lowered)) or len({name.lower() for name in own}) < len(own)
    for name in own:
        assert (name in sent) == (name.lower() not in ("host", "content-length", "transfer-encoding", "connection"))


@given(st.binary(max_size=200))
def test_whatever_a_host_says_of_its_body_is_understood_or_ignored(value: bytes) -> None:
    value = value.replace(b"\r", b"").replace(b"\n", b"")
    got = said(httpx.Headers([(b"content-type", value), (b"etag", value), (b"last-modified", value)]))
    assert len(got.charset) <= 40
    assert len(got.etag) <= KEPT_VALUE
    assert "\n" not in got.media_type


def test_types_and_charsets_are_read_as_hosts_write_them() -> None:
    for written, media_type, charset in (
        ("text/html", "text/html", ""),
        ("TEXT/HTML; Charset=UTF-8", "text/html", "utf-8"),
        ("text/html;charset='gb2312'", "text/html", "gb2312"),
        ('text/html; charset="Shift_JIS"; x=y', "text/html", "shift_jis"),
        ("application/atom+xml;type=feed;charset=utf-8", "application/atom+xml", "utf-8"),
        ("", "", ""),
    ):
        got = said(httpx.Headers({"content-type": written} if written else {}))
        assert (got.media_type, got.charset) == (media_type, charset)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_no_secret_is_recorded(others: dict[str, str]) -> None:
    secrets = {"Authorization": "Bearer s3cret", "Set-Cookie": "id=s3cret", "X-Api-Key": "s3cret", "Mine": "s3cret"}
    kept = to_record(httpx.Headers({**others, **secrets}, encoding="latin-1"), {"mine": ""})
    assert "s3cret" not in str(kept)
    assert len(kept) <= KEPT_HEADERS
    assert all(len(value) <= KEPT_VALUE and "\0" not in value for value in kept.values())


def test_a_flood_of_headers_is_recorded_in_part() -> None:
    flood = httpx.Headers({f"x-{n}": "y" * 9000 for n in range(500)})
    kept = to_record(flood)
    assert len(kept) == KEPT_HEADERS
    assert sum(map(len, kept.values())) <= KEPT_HEADERS * KEPT_VALUE


PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip)


@given(st.dictionaries(NAMES, PLAIN.filter(lambda value: "TRACKER_HEADER_" not in value), max_size=4))
def test_values_without_a_variable_stay_as_they_are(own: dict[str, str]) -> None:
    assert filled(own) == own


@pytest.mark.parametrize("value", ["a\r\nX-Other: 1", "a\nb", "a\0b", "ключ", "é"])
def test_what_no_header_can_hold_is_said_and_not_sent(value: str) -> None:
    for own in ({"X-Key": value}, {f"X-{value}": "1"}):
        with pytest.raises(Failure, match="cannot be sent"):
            filled(own)
