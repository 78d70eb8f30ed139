"""Who may look and what may be sent: token, sessions, hosts, forms, limits, headers."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from surroundings import Asking, settings_for

from tracker.store import queries, queries_web
from tracker.store.session import Database
from tracker.web import security
from tracker.web.app import create_app

TOKEN = "a-long-random-word-for-tests"


def _csrf(text: str) -> str:
    return html.unescape(re.findall(r'name="csrf" value="([^"]+)"', text)[0])


def _some_change(database: Database) -> str:
    with database.read() as session:
        return queries.list_changes(session, limit=1).items[0].id


@pytest.fixture
def guarded(story_database: Database, asking: Asking) -> TestClient:
    return asking(story_database, web_token=TOKEN)


def test_pages_that_a_network_could_reach_need_a_token(story_database: Database, tmp_path: Path) -> None:
    with pytest.raises(security.TokenMissingError, match="TRACKER_WEB_TOKEN"):
        create_app(story_database, settings_for(tmp_path, web_host="0.0.0.0"))


@pytest.mark.parametrize(
    "path", ["/", "/changes", "/api/v1/changes", "/feeds/changes.atom", "/metrics", "/export/changes.csv"]
)
def test_without_the_token_nothing_is_shown(guarded: TestClient, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert "Lighthouse" not in answer.text


def test_people_are_led_to_the_login_and_back(guarded: TestClient) -> None:
    answer = guarded.get("/changes?area=data", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fchanges%3Farea%3Ddata"


def test_the_token_opens_a_session(guarded: TestClient) -> None:
    csrf = _csrf(guarded.get("/login?next=/changes").text)
    answer = guarded.post("/login", data={"token": TOKEN, "csrf": csrf, "next": "/changes"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/changes"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert guarded.get("/changes").status_code == 200


def test_a_wrong_token_opens_nothing_and_guessing_has_an_end(guarded: TestClient) -> None:
    csrf = _csrf(guarded.get("/login").text)
    answers = [guarded.post("/login", data={"token": f"guess {n}", "csrf": csrf}).status_code for n in range(12)]
    assert answers == [403] * 10 + [429] * 2
    assert guarded.get("/changes").status_code == 401


def test_a_new_token_ends_all_sessions(story_database: Database, asking: Asking, guarded: TestClient) -> None:
    csrf = _csrf(guarded.get("/login").text)
    guarded.post("/login", data={"token": TOKEN, "csrf": csrf})
    other = asking(story_database, web_token="another-word")
    other.cookies = guarded.cookies
    assert other.get("/changes").status_code == 401


@pytest.mark.parametrize("forged", ["", "x", "x" * 600, "eyJ.x.y", "\x7f"])
def test_a_forged_session_opens_nothing(guarded: TestClient, forged: str) -> None:
    assert guarded.get("/changes", headers={"cookie": f"{security.SESSION}={forged}"}).status_code == 401


def test_programs_send_the_token_as_bearer(guarded: TestClient) -> None:
    assert guarded.get("/api/v1/changes", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    refused = guarded.get("/api/v1/changes", headers={"authorization": "Bearer no"})
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert "Bearer" in refused.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login", "/static/site.css", "/robots.txt"])
def test_monitors_and_the_login_need_no_token(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "<script>", "[::1]evil"]
)
def test_a_foreign_name_that_leads_here_is_refused(story_database: Database, asking: Asking, host: str) -> None:
    answer = asking(story_database).get("/", headers={"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "tracker.localhost"])
def test_our_own_names_are_let_in(story_database: Database, asking: Asking, host: str) -> None:
    assert asking(story_database).get("/healthz", headers={"host": host}).status_code == 200


def test_the_name_readers_use_is_let_in_when_it_is_set(story_database: Database, asking: Asking) -> None:
    client = asking(story_database, base_url="https://tracker.example.org")
    answer = client.get("/", headers={"host": "tracker.example.org"})
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/api/v1/changes", "/feeds/changes.atom", "/healthz", "/static/site.css"]
)
def test_every_answer_has_the_secure_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    for name in security.HEADERS:
        assert name in headers, name
    assert "unsafe" not in headers["content-security-policy"]


# ------------------------------------------------------------------------------------------------ forms


@pytest.fixture
def writable(asking: Asking, database: Database) -> TestClient:
    """A client over a story of its own, on both databases."""
    import visits

    from tracker.store.records import Records

    visits.story(Records(database))
    return asking(database)


def _corrections(database: Database, change: str) -> list[tuple[str, str, str]]:
    with database.read() as session:
        return [(f.tier, f.area, f.note) for f in queries_web.feedback_of(session, change)]


def test_a_correction_is_kept_with_its_event(writable: TestClient, database: Database) -> None:
    change = _some_change(database)
    csrf = _csrf(writable.get(f"/changes/{change}").text)
    given = {"csrf": csrf, "tier": "substantive", "area": "data-supply", "note": "<b>look</b>\x00"}
    answer = writable.post(f"/changes/{change}/feedback", data=given)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/changes/{change}?thanks=1")
    assert _corrections(database, change) == [("substantive", "data-supply", "<b>look</b>")]
    with database.read() as session:
        assert queries.events_after(session)[-1].type == "feedback.given"
    assert "&lt;b&gt;look" in writable.get(f"/changes/{change}").text


@pytest.mark.parametrize(
    ("csrf", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("right", {"origin": "https://evil.example"}),
        ("right", {"origin": "null"}),
        ("right", {"sec-fetch-site": "cross-site"}),
        ("right", {"cookie": ""}),
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(
    writable: TestClient, database: Database, csrf: str, headers: dict[str, str]
) -> None:
    change = _some_change(database)
    token = _csrf(writable.get(f"/changes/{change}").text) if csrf == "right" else csrf
    answer = writable.post(f"/changes/{change}/feedback", data={"csrf": token, "tier": "noise"}, headers=headers)
    assert answer.status_code == 403
    assert _corrections(database, change) == []


def test_one_click_on_the_silenced_page_says_that_it_matters(writable: TestClient, database: Database) -> None:
    page = writable.get("/silenced").text
    (action,) = re.findall(r'action="(/changes/[^"]+/feedback)"', page)
    answer = writable.post(action, data={"csrf": _csrf(page), "tier": "substantive", "back": "/silenced"})
    assert answer.headers["location"] == "/silenced"
    assert _corrections(database, action.split("/")[2]) == [("substantive", "", "")]


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"]
)
def test_nobody_is_led_elsewhere_after_a_form(back: str) -> None:
    assert security.local(back) == "/"


def test_a_correction_that_says_nothing_is_refused(writable: TestClient, database: Database) -> None:
    change = _some_change(database)
    csrf = _csrf(writable.get(f"/changes/{change}").text)
    assert writable.post(f"/changes/{change}/feedback", data={"csrf": csrf}).status_code == 400
    assert writable.post(f"/changes/{change}/feedback", data={"csrf": csrf, "tier": "nonsense"}).status_code == 400
    assert writable.post("/changes/unknown/feedback", data={"csrf": csrf, "tier": "noise"}).status_code == 404


def test_forms_have_a_limit(writable: TestClient, database: Database) -> None:
    change = _some_change(database)
    csrf = _csrf(writable.get(f"/changes/{change}").text)
    codes = {
        writable.post(f"/changes/{change}/feedback", data={"csrf": csrf, "tier": "noise"}).status_code
        for _ in range(70)
    }
    assert codes == {303, 429}


def test_a_limit_forgets_and_never_grows_without_end() -> None:
    now = [0.0]
    limit = security.Limit(2, 10, keys=5, now=lambda: now[0])
    assert [limit.wait("a") for _ in range(3)] == [0.0, 0.0, 10.0]
    now[0] = 10.5
    assert limit.wait("a") == 0.0
    for name in range(100):
        limit.wait(str(name))
    assert len(limit._seen) <= 5


@pytest.mark.parametrize(
    "path", ["/changes?q=%00", "/search?q=a%00b", "/documents?q=%00", "/sources/%00", "/api/v1/search?q=%00"]
)
def test_nul_reaches_no_database(writable: TestClient, path: str) -> None:
    assert writable.get(path).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/documents/99999999999999999999999", "/documents/-1", "/documents/x", "/documents/1/versions/0",
        "/documents/1/versions/9999999999999", "/documents/1/at/9999-99-99", "/documents/1/compare?old=77&new=1",
        "/changes/nothing", "/sources/nothing", "/checks/nothing", "/documents/1/at/0001-01-01", "/mailbox/nothing",
        "/changes/nothing/mail", "/changes/nothing/certificate", "/language/xx", "/subscriptions",
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_not_to_be_there(writable: TestClient, path: str) -> None:
    answer = writable.get(path)
    assert answer.status_code == 404
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", ["/changes?cursor=nonsense", "/checks?before=nonsense", "/documents/1/at?date=soon"])
def test_what_makes_no_sense_is_said_to_make_none(writable: TestClient, path: str) -> None:
    assert writable.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/changes", "/static/site.css"])
def test_head_gives_what_get_gives_without_the_body(client: TestClient, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"]
