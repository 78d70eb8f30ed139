"""Answers of APIs: records become items by what their fields are called and hold; the rest is rows in one order."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.refusals import defect
from tracker.formats.errors import Unreadable
from tracker.formats.json_api import read_json

URL = "https://api.example.org/v1/documents?page=1"


def answer(value: Any, **more: Any) -> Any:
    return read_json(json.dumps(value).encode(), url=URL, **more)


RECORDS = [
    {"document_number": "2024-001", "title": "Notice of a rule", "html_url": "https://example.org/1",
     "publication_date": "2024-03-05",
     "abstract": "What the rule is about, in a sentence.", "score": 0.91,
     "agency": {"name": "Office"}, "status": "open"},
    {"document_number": "2024-002", "title": "Another rule", "html_url": "https://example.org/2",
     "publication_date": "2024-03-06",
     "abstract": "What the other rule is about, in words.", "score": 0.87,
     "agency": {"name": "Office"}, "status": "open"},
]  # fmt: skip
TEXT = json.dumps(RECORDS)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda records: records,
        lambda records: {"count": 2, "results": records},
        lambda records: {"facets": [{"name": "year", "count": 9, "label": "Year"}] * 30, "data": {"hits": records}},
        lambda records: {"response": {"docs": records, "facet_counts": []}},
        lambda records: {
            record["document_number"]: record for record in [*records, {**records[0], "document_number": "3"}]
        },
    ],
)
def test_the_records_are_found_wherever_they_are(wrap: Any) -> None:
    first = answer(wrap(RECORDS)).items[0]
    assert (first.title, first.url) == ("Notice of a rule", "https://example.org/1")
    assert first.published == datetime(2024, 3, 5, tzinfo=UTC)
    assert first.summary == "What the rule is about, in a sentence."
    assert first.key == "2024-001"


def test_a_field_that_changes_is_a_change_of_the_document_and_a_score_is_not() -> None:
    texts = [block.text for block in answer(RECORDS).items[0].blocks]
    assert "status: open" in texts
    assert not any("0.91" in text for text in texts)


def test_jmespath_says_what_is_what() -> None:
    value = {"meta": {"rows": [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}]}, "more": "/p2"}
    wanted = {"items": "meta.rows[?n > `1`]", "title": "join(' ', ['No.', to_string(n), t])", "key": "to_string(n)",
              "url": "join('', ['/d/', t])", "next": "more"}  # fmt: skip
    reading = answer(value, items=wanted)
    assert [(item.key, item.title, item.url) for item in reading.items] == [
        ("2", "No. 2 y", "https://api.example.org/d/y")
    ]
    assert reading.next_page == "https://api.example.org/p2"


@pytest.mark.parametrize("expression", ["items[", "missing", "length(@)"])
def test_an_expression_that_does_not_fit_is_said(expression: str) -> None:
    with pytest.raises(Unreadable, match=r"items|JMESPath"):
        answer({"a": 1}, items={"items": expression})


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (
            {"next_page_url": "https://api.example.org/v1/documents?page=2"},
            "https://api.example.org/v1/documents?page=2",
        ),
        ({"links": {"next": "/v1/documents?page=2"}}, "https://api.example.org/v1/documents?page=2"),
        ({"_links": {"next": {"href": "?page=2"}}}, "https://api.example.org/v1/documents?page=2"),
        ({"total_pages": 9}, "https://api.example.org/v1/documents?page=2"),
        ({"total_pages": 1}, ""),
        ({"next": None}, ""),
    ],
)
def test_the_next_page_is_known(value: dict[str, Any], address: str) -> None:
    assert answer({**value, "results": RECORDS}).next_page == address


NAMES = st.text("pqr", min_size=1, max_size=4)
SCALARS = st.integers() | st.text("ab ", min_size=1, max_size=9).filter(str.strip)
VALUES = st.recursive(
    st.one_of(st.integers(-1000, 1000), st.text("abc déf", max_size=12), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(st.dictionaries(NAMES, SCALARS, min_size=1, max_size=8), st.integers(0, 10**6))
def test_an_answer_without_records_reads_the_same_in_any_order(value: dict[str, Any], seed: int) -> None:
    shuffled = list(value.items())
    random.Random(seed).shuffle(shuffled)
    assert answer(value).blocks == answer(dict(shuffled)).blocks


@settings(deadline=None, max_examples=80)
@given(VALUES)
def test_no_value_is_a_defect(value: Any) -> None:
    assert not defect(lambda: answer(value))


@pytest.mark.parametrize(
    "text",
    [")]}',\n" + TEXT, f"callback({TEXT});", "\ufeff" + TEXT, "\n".join(map(json.dumps, RECORDS))],
    ids=["guarded", "in a call", "with a mark", "a record a line"],
)  # fmt: skip
def test_the_ways_servers_wrap_json_are_known(text: str) -> None:
    assert len(read_json(text.encode()).items) == 2


@pytest.mark.shared
def test_real_answers_have_the_records_a_person_counts(shared: Path) -> None:
    folder = shared / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] == "json" and row["items"] is not None]
    wrong = [row["file"] for row in rows if len(read_json((folder / row["file"]).read_bytes()).items) != row["items"]]
    assert len(wrong) <= 0.1 * len(rows), wrong
