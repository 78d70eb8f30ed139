"""Pages of the world that want to do harm: their titles, addresses, texts and headers are shown, and never act.

What is looked at is what a browser would see: every answer is parsed, and no element, attribute or address may be
there that our own templates do not write.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
import visits
from icalendar import Calendar
from lxml import etree
from sqlalchemy import update
from starlette.testclient import TestClient
from surroundings import NOW, Asking, crawl

from tracker import model
from tracker.model import Block
from tracker.store import tables
from tracker.store.migrate import migrate
from tracker.store.records import Records
from tracker.store.session import Database

EVIL = (
    "=HYPERLINK(1)\"'><script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>"
    "{{7*7}}{% raw %}${7*7}"
    "\r\nX-Injected: 1\r\nBEGIN:VEVENT\r\nSUMMARY:owned\u202egpj.exe ]]></p>"
    "<a href='javascript:alert(1)'>x</a> &lt;b&gt;"
)
ADDRESSES = (
    "javascript:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    'https://law.example/"onmouseover="alert(1)\r\nSet-Cookie: owned=1',
    "https://user:pass@law.example/<script>",
)
KINDS = ("heading", "paragraph", "item", "row", "cell", "term", "note", "quote", "code", "caption", '"><script>')


def _text(*more: str) -> model.Text:
    blocks = tuple(
        Block(
            f"{kind} {EVIL} {' '.join(more)}", kind, at % 9, f"({EVIL})", f"Art {EVIL}", f'e{at}"><script>{EVIL}',
            f"#{EVIL}", links=(model.Link(ADDRESSES[0], EVIL),),
        )
        for at, kind in enumerate(KINDS)
    )  # fmt: skip
    return model.Text(str(hash(more)).rjust(64, "0")[-64:].replace("-", "0"), blocks, EVIL, "en")


def _change(old: model.Text, new: model.Text, number: int, *, silent: bool) -> model.Change:
    at = visits.START + timedelta(days=number)
    made = visits.change(old, new, at, state=model.State.SILENT if silent else model.State.TOLD)
    (edit,) = made.comparison.edits
    comparison = replace(
        made.comparison,
        edits=(replace(edit, path=EVIL, eid=f'x"{EVIL}', old_path=f"{EVIL}!"),),
        references=(
            model.Reference(EVIL, "act", f"eu:reg:2024/1689#{EVIL}"),
            model.Reference("x", "act", ADDRESSES[0]),
        ),
        deadlines=(model.Deadline(EVIL, "deadline", date(2026, 5, 1), governs=EVIL),),
    )
    reasons = (model.Reason("meaning", EVIL[:40], EVIL, (EVIL, EVIL)),)
    area = model.AreaScore(f"a{number}<script>", 0.9, (model.Evidence(0, 30, 0.9, EVIL),))
    return replace(
        made,
        comparison=comparison,
        assessment=replace(made.assessment, reasons=reasons),
        classification=replace(made.classification, areas=(area, *made.classification.areas)),
        summary={"en": EVIL, "fr": EVIL, "zh": EVIL},
        cluster=f"c{EVIL}"[:60],
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("hostile")
    made = Database(f"sqlite:///{folder / 'tracker.db'}")
    migrate(made)
    records = Records(made)
    texts = [_text("one"), _text("two"), _text("three")]
    for number, (address, name) in enumerate(zip(ADDRESSES, "abcd", strict=True)):
        told, silent = (
            _change(texts[0], texts[1], 1 + number, silent=False),
            _change(texts[1], texts[2], 40 + number, silent=True),
        )
        told, silent = (replace(c, id=f"{name}{at}".ljust(32, "0")) for at, c in enumerate((told, silent)))
        for at, text, changes in (
            (visits.START, texts[0], ()),
            (told.seen, texts[1], (told,)),
            (silent.seen, texts[2], (silent,)),
        ):
            visit = visits.visit(at, text, changes=changes, told=text.fingerprint, name=name)
            (document,) = visit.documents
            source = replace(visit.source, title=EVIL, url=address, jurisdiction="<b>", question=EVIL, groups=(EVIL,))
            fetched = replace(
                visit.fetched, url=address, final_url=address, media_type="text/html\r\nX-Injected: 1",
                received={EVIL: EVIL, "content-type": EVIL},
            )  # fmt: skip
            records.record(
                replace(
                    visit, source=source, reason=EVIL, fetched=fetched, bodies={visit.body: fetched},
                    documents=(replace(document, title=EVIL, url=address, language="en"),),
                )
            )  # fmt: skip
    with made.write() as session:
        session.execute(
            update(tables.Source).values(title=EVIL, health="failing", last_reason=EVIL, language='en"><script>')
        )
        session.add(
            tables.Feedback(change_id="a0".ljust(32, "0"), tier="noise", area=EVIL[:60], note=EVIL, by=EVIL, at=NOW)
        )
    yield made
    made.dispose()


_TAGS = frozenset(
    # one line an everyday word of HTML would be a page of its own
    "html head meta title link body a header div span nav form label input button main section h1 h2 h3 h4 h5 h6 p"  # noqa: SIM905
    " ul ol li article aside time dl dt dd q table caption thead tbody tr th td abbr svg rect text details summary"
    " ins del mark strong code pre footer select option iframe blockquote br progress".split()
)
_ATTRIBUTES = frozenset(
    "lang charset name content rel href type title class action role for id placeholder maxlength value aria-label"  # noqa: SIM905
    " aria-current aria-hidden aria-labelledby hreflang tabindex method datetime scope viewbox focusable width height"
    " rx x y dir open selected checked disabled required autocomplete src sandbox download max".split()
)


class _Seen(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, *more: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = _TAGS | set(more)
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.tags:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES:
                self.wrong.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action") and not (value or "").startswith(("/", "#")):
                parts = urlsplit(value or "")
                if parts.scheme not in ("http", "https") or "@" in parts.netloc:
                    self.wrong.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def client(hostile: Database, asking: Asking) -> TestClient:
    return asking(hostile)


def _pages(client: TestClient) -> list[str]:
    names = ["a0".ljust(32, "0"), "b1".ljust(32, "0")]
    return [
        *(where for where, status in crawl(client, most=170).items() if status == 200),
        *(f"/changes/{name}{rest}" for name in names for rest in ("", "?view=side", "/certificate", "/mail")),
        "/silenced", "/documents/1", "/documents/1/blame", "/documents/1/compare?view=side", "/documents/2/history",
        "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/search?q=paragraph", "/sources/a", "/checks",
        "/changes?q=%3Cscript%3E&area=%22onload%3D&source=%3Cimg%3E", "/documents?q=%3Cscript%3E",
        "/checks?source=%22%3E%3Cscript%3E", "/login?next=javascript:alert(1)", "/login?next=//evil.example/",
    ]  # fmt: skip


def test_no_page_carries_what_our_templates_do_not_write(client: TestClient) -> None:
    wrong: dict[str, list[str]] = {}
    looked = 0
    for where in _pages(client):
        answer = client.get(where)
        assert "x-injected" not in answer.headers, where
        assert "owned" not in answer.headers.get("set-cookie", ""), where
        if not answer.headers["content-type"].startswith("text/html") or where.endswith("/mail/html"):
            continue
        looked += 1
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        seen = _Seen()
        seen.feed(answer.text)
        assert "\u202e" not in answer.text, where
        assert "49" not in "".join(seen.text).replace(EVIL, "") or "{{7*7}}" in "".join(seen.text), where
        if seen.wrong:
            wrong[where] = seen.wrong[:5]
    assert looked > 40
    assert wrong == {}


def test_the_words_themselves_are_still_there_to_be_read(client: TestClient) -> None:
    seen = _Seen()
    seen.feed(client.get("/documents/1").text)
    assert "<script>alert(1)</script>" in "".join(seen.text)


def test_a_feed_stays_one_feed_whose_entries_hold_only_harmless_html(client: TestClient) -> None:
    answer = client.get("/feeds/changes.atom")
    etree.fromstring(answer.content)  # well-formed, or this raises
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert len(feed.entries) == len(ADDRESSES)
    for element in etree.fromstring(answer.content).iter("{http://www.w3.org/2005/Atom}content"):
        seen = _Seen("b")
        seen.feed(element.text or "")
        assert seen.wrong == []
    for link in etree.fromstring(answer.content).iter("{http://www.w3.org/2005/Atom}link"):
        assert link.get("href", "").startswith(("http://", "https://"))


def test_a_calendar_gains_no_entries_and_no_properties(client: TestClient) -> None:
    made = Calendar.from_ical(client.get("/calendar.ics").content)
    entries = list(made.walk("VEVENT"))
    assert len(entries) == len({str(entry["uid"]) for entry in entries}) == len(ADDRESSES)
    for entry in entries:
        assert set(entry) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "TRANSP", "SUMMARY", "DESCRIPTION", "URL"}
        assert str(entry["summary"]) != "owned"


def test_a_spreadsheet_runs_no_formula_of_a_page(client: TestClient) -> None:
    rows = list(csv.reader(io.StringIO(client.get("/export/changes.csv").text, newline="")))
    assert len(rows) == 1 + len(ADDRESSES)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    lines = client.get("/export/changes.jsonl").text.splitlines()
    assert [len(json.loads(line)) for line in lines] == [20] * len(ADDRESSES)


def test_a_body_is_saved_never_shown(client: TestClient) -> None:
    answer = client.get("/documents/1/versions/1/body")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_version_leaves_as_well_formed_akoma_ntoso(client: TestClient) -> None:
    root = etree.fromstring(client.get("/export/documents/1/versions/1.akn.xml").content)
    assert not [element for element in root.iter() if str(element.tag).endswith("}script")]


def test_the_mail_that_is_shown_can_do_nothing(client: TestClient) -> None:
    answer = client.get(f"/changes/{'a0'.ljust(32, '0')}/mail/html")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "<script" not in answer.text


def test_the_mailbox_shows_a_foreign_mail_without_running_it(hostile: Database, asking: Asking, tmp_path: Path) -> None:
    folder = tmp_path / "mailbox" / "new"
    folder.mkdir(parents=True)
    (folder / "1.evil").write_bytes(
        b"Subject: =?utf-8?q?=3Cscript=3Ealert(1)=3C/script=3E?=\r\nFrom: <script>\r\nTo: x\r\n"
        b"Content-Type: text/html; charset=nonsense\r\n\r\n<script>alert(1)</script><img src=https://evil.example/x>"
    )
    (folder / "2.broken").write_bytes(b"\xff\xfe\x00\r\n\r\n\x00")
    client = asking(hostile)
    for where in ("/mailbox", "/mailbox/1.evil", "/mailbox/2.broken"):
        seen = _Seen()
        answer = client.get(where)
        seen.feed(answer.text)
        assert answer.status_code == 200, where
        assert seen.wrong == []
    framed = client.get("/mailbox/1.evil/html")
    assert "default-src 'none'" in framed.headers["content-security-policy"]
    assert "<script" not in framed.text
    assert "evil.example" not in framed.text


@pytest.mark.parametrize("name", ["..%2f..%2ftracker.db", "%2e%2e", "1.evil%00", "x" * 5000])
def test_no_name_leads_out_of_the_mailbox_or_the_static_files(client: TestClient, name: str) -> None:
    assert client.get(f"/mailbox/{name}").status_code in (400, 404)
    assert client.get(f"/static/{name}").status_code in (400, 404)
