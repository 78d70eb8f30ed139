"""One visit: what it reads beyond the first page, what it says of moved addresses, what it never takes for a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tracker import pipeline
from tracker.classify import classifier
from tracker.model import Fetched, Follow, Kind, Outcome, Source
from tracker.store.double import MemoryRecords

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIST = Source(id="list", url="https://e.example/list", kind=Kind.LISTING)


def entry(number: int) -> str:
    link = f'<a href="/notice/{number}">Notice {number} on artificial intelligence systems</a>'
    return f"<li>{link} <time>2026-01-{number:02d}</time></li>"


def listing(numbers: list[int], following: str = "") -> str:
    more = f'<nav><a rel="next" href="{following}">Next page</a></nav>' if following else ""
    return f"<html><body><main><h1>Notices</h1><ul>{''.join(entry(n) for n in numbers)}</ul>{more}</main></body></html>"


class Site:
    """Pages by address; what is not there is not found."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages, self.asked, self.permanent = pages, list[str](), ""

    async def fetch(self, source: Source, *, url: str = "", etag: str = "", last_modified: str = "") -> Fetched:
        address = url or source.url
        self.asked.append(address)
        page = self.pages.get(address)
        if page is None:
            return Fetched(Outcome.NOT_FOUND, "not there (404)", address, NOW, NOW, status=404)
        return Fetched(
            Outcome.OK, "", address, NOW, NOW, final_url=address, status=200, body=page.encode(),
            media_type="text/html", charset="utf-8", permanent_url=self.permanent,
        )  # fmt: skip


async def visit(source: Source, site: Site, records: MemoryRecords, hours: int = 0) -> pipeline.Visited:
    return await pipeline.visit(source, site, records, classifier.load(), NOW + timedelta(hours=hours))


async def test_a_list_is_read_to_where_the_last_visit_ended() -> None:
    site, records = Site({
        LIST.url: listing([9, 8, 7], "/list?page=2"),
        "https://e.example/list?page=2": listing([6, 5, 4], "/list?page=3"),
        "https://e.example/list?page=3": listing([3, 2, 1]),
    }), MemoryRecords()  # fmt: skip
    first = await visit(LIST, site, records)
    assert len(first.seen) == 9
    assert not [change for change in first.changes if change.told]
    site.asked.clear()
    site.pages[LIST.url] = listing([12, 11, 10], "/list?page=2")
    site.pages["https://e.example/list?page=2"] = listing([9, 8, 7], "/list?page=3")
    second = await visit(LIST, site, records, 6)
    assert site.asked == [LIST.url, "https://e.example/list?page=2"]
    assert len([change for change in second.changes if change.told]) == 3


async def test_a_list_that_goes_round_in_circles_ends() -> None:
    pages = {
        f"https://e.example/list?page={n}": listing([n % 28 + 1, (n + 9) % 28 + 1], f"/list?page={n + 1}")
        for n in range(2, 60)
    }
    site = Site({LIST.url: listing([1, 2], "/list?page=2"), **pages})
    await visit(LIST, site, MemoryRecords())
    assert len(site.asked) <= pipeline.PAGES + 1


async def test_linked_documents_are_read_in_turn_and_their_changes_told() -> None:
    def law(number: int, duty: str) -> str:
        words = f"1. The operator {duty} keep records of law {number}."
        return f"<html><body><main><h1>Law {number}</h1><p>{words}</p></main></body></html>"

    source = replace(LIST, follow=Follow(depth=1, limit=2))
    site = Site({LIST.url: listing([1, 2, 3]), **{f"https://e.example/notice/{n}": law(n, "may") for n in (1, 2, 3)}})
    records = MemoryRecords()
    await visit(source, site, records)
    await visit(source, site, records, 3)  # the third one's turn
    site.pages["https://e.example/notice/3"] = law(3, "shall")
    told = []
    for hours in (6, 12, 18, 24, 40):
        told += [change for change in (await visit(source, site, records, hours)).changes if change.told]
    assert [edit.spans for change in told for edit in change.comparison.edits]
    assert all("/notice/" in address or address == LIST.url for address in site.asked)
    assert sum("/notice/" in address for address in site.asked) == 2 * 7, "two a visit, never more"


async def test_a_linked_page_that_does_not_answer_is_a_fact_and_no_change() -> None:
    site = Site({LIST.url: listing([1, 2, 3])})
    visited = await visit(replace(LIST, follow=Follow(depth=1, limit=5)), site, MemoryRecords())
    assert {fact.type for fact in visited.facts} == {"link.unreachable"}
    assert visited.outcome is Outcome.OK


async def test_a_move_for_good_is_told_once() -> None:
    source = Source(id="page", url="https://e.example/a")
    site, records = (
        Site({source.url: "<main><h1>Rules</h1><p>One rule stands here for all to read.</p></main>"}),
        MemoryRecords(),
    )
    site.permanent = "https://e.example/b"
    moved = [
        fact
        for hours in (0, 1, 2)
        for fact in (await visit(source, site, records, hours)).facts
        if "moved" in fact.type
    ]
    assert [dict(fact.data) for fact in moved] == [{"from": source.url, "to": "https://e.example/b"}]


@pytest.mark.parametrize("failures", [1, 2, 3, 4])
async def test_a_page_that_is_not_there_is_never_a_change_of_its_text(failures: int) -> None:
    source = Source(id="page", url="https://e.example/a")
    text = "<main><h1>Rules</h1><p>The operator shall keep records of every use for ten years.</p></main>"
    site, records = Site({source.url: text}), MemoryRecords()
    await visit(source, site, records)
    site.pages.clear()
    facts = []
    for hours in range(1, failures + 1):
        visited = await visit(source, site, records, hours)
        assert not visited.changes
        facts += [fact.type for fact in visited.facts]
    assert facts == (["document.gone"] if failures >= 3 else [])
    site.pages[source.url] = text
    assert not (await visit(source, site, records, 9)).changes


async def test_what_waits_for_a_second_look_is_told_within_a_day_though_the_host_is_down() -> None:
    source = Source(id="page", url="https://e.example/a")
    old, new = (f"<p>1. The operator {duty} keep records of every use.</p>" for duty in ("may", "shall"))
    site, records = Site({source.url: f"<main><h1>Rules</h1>{old}</main>"}), MemoryRecords()
    await visit(source, site, records)
    site.pages[source.url] = f"<main><h1>Rules</h1>{new}</main>"
    (waiting,) = (await visit(source, site, records, 1)).changes
    assert waiting.told is None
    site.pages.clear()
    assert not (await visit(source, site, records, 2)).changes
    visited = await visit(source, site, records, 25)
    assert [change.id for change in visited.changes if change.told] == [waiting.id]
    assert "change.told" in {fact.type for fact in visited.facts}


LAW = Source(id="law", url="https://e.example/law")


def clauses(*more: str, menu: str = "Home", title: str = "The law") -> str:
    text = "".join(f"<p>{n}. The provider of system {n} keeps its records and shows them.</p>" for n in range(1, 9))
    html = f"<html><head><title>{title}</title></head><body><nav>{menu}</nav><main>{text}{''.join(more)}</main></body>"
    return html + "</html>"


async def seen_in_turn(*served: str) -> list[pipeline.Visited]:
    site, records = Site({}), MemoryRecords()
    found = []
    for hour, page in enumerate(served):
        site.pages[LAW.url] = page
        found.append(await visit(LAW, site, records, hour))
    return found


async def test_a_page_that_shows_the_same_text_is_not_read_further() -> None:
    first, second, third, fourth = await seen_in_turn(
        clauses(), clauses(menu="Start"), clauses(menu="Start") + "<!-- built -->", clauses("<p>9. No more.</p>")
    )
    assert [entry.judged.text is not None for entry in first.documents] == [True]
    assert (second.reason, second.documents, second.seen) == ("the same text as before", (), ("",))
    assert third.reason == "the same text as before"
    assert [change.told for change in fourth.changes] == [fourth.now]


@pytest.mark.parametrize(
    "where", ["<p hidden>{}</p>", "<aside><p>{}</p></aside>", '<div role="dialog"><p>{}</p></div>']
)
async def test_a_text_that_was_there_but_not_shown_is_news_when_it_is_shown(where: str) -> None:
    clause = "9. From 1 May 2027 the provider must not keep records of children."
    _, shown = await seen_in_turn(clauses(where.format(clause)), clauses(f"<p>{clause}</p>"))
    assert [change.told for change in shown.changes] == [shown.now]


async def test_a_banner_that_announces_terms_is_read_though_the_document_is_as_it_was() -> None:
    first, second = await seen_in_turn(
        clauses(menu="Home"), clauses(menu="<p>Our terms are updated. They apply from 3 May 2027.</p> Home")
    )
    assert first.documents
    assert second.reason != "the same text as before"


async def test_a_page_that_is_back_after_an_outage_shows_the_same_text() -> None:
    outage = "<html><body><main><h1>503 Service unavailable</h1></main></body></html>"
    first, second, third, fourth = await seen_in_turn(clauses(), outage, clauses(menu="Start"), outage)
    assert second.glitch is not None
    assert (third.reason, third.changes) == ("the same text as before", ())
    assert [visited.learned.get("glitches") for visited in (first, second, third, fourth)] == [0, 1, 0, 1]


async def test_letters_of_an_old_charset_are_told_apart() -> None:
    site, records = Site({}), MemoryRecords()

    async def fetch(source: Source, **_: str) -> Fetched:
        body = site.pages[source.url].encode("latin-1")
        return Fetched(
            Outcome.OK, "", source.url, NOW, NOW, final_url=source.url, status=200, body=body,
            media_type="text/html; charset=iso-8859-1", charset="iso-8859-1",
        )  # fmt: skip

    site.fetch = fetch  # type: ignore[method-assign,assignment]  # the same pages in another charset
    site.pages[LAW.url] = clauses("<p>9. Der Betreiber muss für Böden zahlen.</p>")
    await visit(LAW, site, records)
    site.pages[LAW.url] = clauses("<p>9. Der Betreiber muss für Bäden zahlen.</p>")
    assert (await visit(LAW, site, records, 1)).reason != "the same text as before"
