"""Lists are found by what repeats; their entries have a title, a link, a date; selectors win."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.formats.errors import Unreadable
from tracker.formats.listing import read_listing

URL = "https://example.org/notices/index.html"
NAV = (
    "<nav><ul>" + "".join(f'<li><a href="/s{number}">Section {number}</a></li>' for number in range(12)) + "</ul></nav>"
)
FOOT = '<footer><a href="/about">About</a> <a href="/terms">Terms</a></footer>'
NAMES = [
    "Rules on the use of models",
    "Guidance for public bodies",
    "Report of the committee",
    "Draft standard for audits",
]


def page(body: str) -> bytes:
    return f"<html lang=en><title>Notices</title><body>{NAV}<main>{body}</main>{FOOT}</body></html>".encode()


def rows(form: str, names: list[str] = NAMES) -> str:
    return "".join(form.format(number=number, title=title, day=number + 10) for number, title in enumerate(names, 1))


FORMS = {
    "items": "<ul>" + rows('<li><a href="/d/{number}.pdf">{title}</a> <span>{day} March 2024</span></li>') + "</ul>",
    "a table": "<table><tr><th>Date</th><th>Title</th><th>File</th></tr>"
    + rows('<tr><td>2024-03-{day}</td><td>{title}</td><td><a href="/d/{number}.pdf">PDF</a></td></tr>')
    + "</table>",
    "cards": rows('<div class="c{number}"><h3><a href="/d/{number}.pdf">{title}</a></h3><p>{day} March 2024</p></div>'),
    "a table for each": rows(
        '<h4>{number}</h4><table><tr><td><a href="/d/{number}.pdf">{title}</a></td><td>03/{day}/2024</td></tr></table>'
    ),
    "lines": "<p>" + rows('{day} March 2024: <a href="/d/{number}.pdf">{title}</a><br>') + "</p>",
    "text before a link": "<div>"
    + rows('Posted {day} March 2024<br><a href="/d/{number}.pdf">{title}</a><br><br>')
    + "</div>",
    "terms": "<dl>" + rows('<dt>{day} March 2024</dt><dd><a href="/d/{number}.pdf">{title}</a></dd>') + "</dl>",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_list_is_found_however_it_is_built(form: str) -> None:
    reading = read_listing(page(f"<h1>Notices</h1><p>An introduction.</p>{FORMS[form]}"), url=URL)
    assert [item.title for item in reading.items] == NAMES
    assert [item.url for item in reading.items] == [f"https://example.org/d/{number}.pdf" for number in (1, 2, 3, 4)]
    if form != "terms":
        assert [item.published for item in reading.items] == [
            datetime(2024, 3, day, tzinfo=UTC) for day in (11, 12, 13, 14)
        ]


def test_a_calendar_without_links_is_a_list() -> None:
    form = rows("<tr><td>{day} March 2024</td><td>{title}</td><td>Room {number}</td></tr>")
    reading = read_listing(page(f"<table>{form}</table>"), url=URL)
    assert [item.title for item in reading.items] == NAMES
    assert all(item.key.startswith("#") for item in reading.items)


def test_chinese_dates_and_titles_are_read() -> None:
    form = rows(
        '<li><a href="/d/{number}.html">{title}</a><span>2024年3月{day}日</span></li>',
        ["关于印发管理办法的通知", "征求意见稿公开征求意见", "年度工作报告"],
    )
    reading = read_listing(page(f"<ul>{form}</ul>"), url=URL)
    assert [item.published for item in reading.items] == [datetime(2024, 3, day, tzinfo=UTC) for day in (11, 12, 13)]
    assert reading.items[0].title == "关于印发管理办法的通知"


def test_a_list_says_by_its_other_dates_whether_days_come_first() -> None:
    form = "".join(f'<li><a href="/{day}.pdf">A paper of that day {day}</a> {day}/03/2024</li>' for day in (4, 5, 25))
    assert [item.published.day for item in read_listing(page(f"<ul>{form}</ul>")).items if item.published] == [4, 5, 25]


def test_a_date_that_stands_above_a_group_is_that_of_its_entries() -> None:
    entry = "<li><a href='/{number}%s.pdf'>{title}, part %s</a></li>"
    group = f"<h3>Published on {{day}} March 2024</h3><ul>{entry % ('a', 'a')}{entry % ('b', 'b')}</ul>"
    reading = read_listing(page(rows(group)), url=URL)
    assert [item.published.day for item in reading.items if item.published] == [11, 11, 12, 12, 13, 13, 14, 14]


def test_a_year_above_and_a_day_here_make_a_date() -> None:
    days = "".join(f'<li><a href="/m{day}.pdf">April {day}</a></li>' for day in (8, 9, 10))
    reading = read_listing(page(f"<h2>Minutes 2019</h2><ul>{days}</ul>"), url=URL)
    assert [item.published for item in reading.items] == [datetime(2019, 4, day, tzinfo=UTC) for day in (8, 9, 10)]


def test_entries_keep_their_keys_when_others_come_and_go() -> None:
    before = read_listing(
        page("<ul>" + rows('<li><a href="/{number}.pdf">{title}</a> {day} March 2024</li>') + "</ul>"), url=URL
    )
    form = rows('<li><a href="/{number}.pdf">{title}</a> {day} March 2024</li>')
    after = read_listing(page(f'<ul><li><a href="/n.pdf">A new notice</a> 20 March 2024</li>{form}</ul>'), url=URL)
    assert [item.key for item in after.items][1:] == [item.key for item in before.items]


def test_the_same_entry_shown_twice_is_one() -> None:
    one = '<li><a href="/1.pdf">Rules on the use of models</a> 3 May 2024</li>'
    other = '<li><a href="/2.pdf">Guidance for public bodies</a> 4 May 2024</li>'
    assert len(read_listing(page(f"<ul>{one}{other}{one}</ul>"), url=URL).items) == 2


@pytest.mark.parametrize(
    "link",
    [
        '<a rel="next" href="?p=2">more</a>',
        '<a href="?p=2">Next</a>',
        '<a href="?p=2">下一页</a>',
        '<a href="?p=2">Page suivante »</a>',
    ],
)
def test_the_next_page_is_known(link: str) -> None:
    assert read_listing(page(FORMS["items"] + link), url=URL).next_page == f"{URL}?p=2"


def test_selectors_win_and_may_name_attributes() -> None:
    body = page(
        "<div class=n data-id=7><b>Not it</b><i>The title</i><a href=/x>go</a><time datetime=2024-05-01>soon</time>"
        "</div>" + FORMS["items"]
    )
    wanted = {"items": "div.n", "title": "i", "url": "a", "date": "time", "key": ":scope@data-id", "summary": "b"}
    (item,) = read_listing(body, url=URL, items=wanted).items
    assert (item.key, item.title, item.url, item.summary) == ("7", "The title", "https://example.org/x", "Not it")
    assert item.published == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(("selector", "words"), [("div[", "not a CSS selector"), ("div.none", "finds nothing")])
def test_a_selector_that_does_not_fit_is_said(selector: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_listing(page(""), url=URL, items={"items": selector})


def test_select_narrows_and_remove_takes_away() -> None:
    body = page(
        f"<section id=old>{FORMS['items']}</section>"
        '<section id=new><ul><li><a href="/n.pdf">A new one</a> 1 May 2024</li></ul></section>'
    )
    assert [item.title for item in read_listing(body, url=URL, select=["#new"]).items] == ["A new one"]
    assert [item.title for item in read_listing(body, url=URL, remove=["#new"]).items] == NAMES


def test_a_page_without_a_list_is_read_as_a_page_with_a_note() -> None:
    reading = read_listing(b"<html><body><p>Only one paragraph of words is here.</p></body></html>", url=URL)
    assert not reading.items
    assert reading.blocks
    assert any("no list was found" in note for note in reading.notes)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 30), st.sampled_from(["li", "tr", "div"]))
def test_every_entry_is_counted(count: int, tag: str) -> None:
    inner = {"li": "{link} {date}", "tr": "<td>{date}</td><td>{link}</td>", "div": "<p>{link}</p><p>{date}</p>"}[tag]
    entries = "".join(
        f"<{tag}>{inner}</{tag}>".format(link=f'<a href="/f{n}.pdf">Decision of {n}</a>', date=f"{n % 28 + 1} May 2023")
        for n in range(count)
    )  # fmt: skip
    around = {"li": "ul", "tr": "table", "div": "section"}[tag]
    assert len(read_listing(page(f"<{around}>{entries}</{around}>"), url=URL).items) == count


@pytest.mark.shared
def test_real_lists_have_the_entries_a_person_counts(shared: Path) -> None:
    folder = shared / "pages"
    rows_ = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    rows_ = [row for row in rows_ if row["kind"] == "listing" and row["items"] is not None and row["bytes"] < 60_000]
    wrong = [
        row["file"]
        for row in rows_
        if len(read_listing((folder / row["file"]).read_bytes(), url=URL).items) != row["items"]
    ]
    assert len(wrong) <= 0.2 * len(rows_), wrong
