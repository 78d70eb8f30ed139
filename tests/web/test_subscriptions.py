"""Subscribing on the pages: a wish, its confirmation, changing and ending it by signed links; previews of mails."""

from __future__ import annotations

import html
import re

import pytest
import visits
from sqlalchemy import select
from starlette.testclient import TestClient
from surroundings import NOW, Asking

from alerts import links, roster, signing
from tracker.model import Subscription, Tier
from tracker.store import tables
from tracker.store.records import Records
from tracker.store.session import Database


@pytest.fixture
def open_client(database: Database, asking: Asking) -> TestClient:
    """A client where readers may subscribe by themselves, on both databases."""
    visits.story(Records(database))
    return asking(database, signup=True)


def _csrf(text: str) -> str:
    return html.unescape(re.findall(r'name="csrf" value="([^"]+)"', text)[0])


def _rows(database: Database) -> list[tables.Subscription]:
    with database.read() as session:
        return list(session.scalars(select(tables.Subscription)))


def _sign_up(client: TestClient, **wish: object) -> int:
    csrf = _csrf(client.get("/subscriptions").text)
    return int(client.post("/subscriptions", data={"csrf": csrf, "to": "reader@example.org", **wish}).status_code)


def test_without_the_setting_there_is_no_form(database: Database, asking: Asking) -> None:
    client = asking(database)
    assert client.get("/subscriptions").status_code == 404
    assert client.post("/subscriptions", data={"to": "reader@example.org"}).status_code == 404
    assert _rows(database) == []


def test_a_wish_is_kept_as_it_was_asked_and_waits_for_its_confirmation(
    open_client: TestClient, database: Database
) -> None:
    status = _sign_up(
        open_client, areas=["data-supply", "standards-norms"], sources="lighthouses", words="shall, incident",
        min_tier="editorial", rhythm="weekly", day="tue", at="06:00", timezone="Europe/Paris", language="fr", quiet="1",
    )  # fmt: skip
    assert status == 200
    (row,) = _rows(database)
    wish = roster.value(row)
    assert row.confirmed_at is None
    assert not wish.active
    assert wish.areas == ("data-supply", "standards-norms")
    assert wish.sources == ("lighthouses",)
    assert wish.words == ("shall", "incident")
    assert (wish.when, wish.timezone, wish.language, wish.min_tier) == (
        "weekly tue 06:00",
        "Europe/Paris",
        "fr",
        Tier.EDITORIAL,
    )
    assert wish.quiet


def test_the_link_in_the_mail_leads_to_a_button_that_confirms(open_client: TestClient, database: Database) -> None:
    _sign_up(open_client)
    (row,) = _rows(database)
    token = signing.signed_at(open_client.app.state.site.settings, "confirm", row.id)  # type: ignore[attr-defined] # ours
    page = open_client.get(f"/subscriptions/confirm/{token}")
    assert "reader@example.org" in page.text
    assert _rows(database)[0].confirmed_at is None  # who opens links, as mail scanners do, has confirmed nothing
    (action,) = re.findall(r'<form method="post" action="([^"]+)"><button>', page.text)
    assert open_client.post(html.unescape(action)).status_code == 200
    assert _rows(database)[0].confirmed_at is not None
    for ask in (open_client.get, open_client.post):
        assert ask("/subscriptions/confirm/forged").status_code == 404


@pytest.mark.parametrize("to", ["", "no address", "a@b\r\nBcc: c@d", "<script>@x", "x" * 400 + "@example.org"])
def test_what_is_no_address_is_refused_with_a_word(open_client: TestClient, database: Database, to: str) -> None:
    csrf = _csrf(open_client.get("/subscriptions").text)
    answer = open_client.post("/subscriptions", data={"csrf": csrf, "to": to})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert _rows(database) == []


@pytest.mark.parametrize("wish", [{"rhythm": "daily", "at": "25:99"}, {"timezone": "Moon/Sea"}])
def test_a_rhythm_that_cannot_be_kept_is_refused(
    open_client: TestClient, database: Database, wish: dict[str, str]
) -> None:
    assert _sign_up(open_client, **wish) == 400
    assert _rows(database) == []


def test_who_asks_too_often_is_told_to_wait(open_client: TestClient) -> None:
    codes = {_sign_up(open_client, to=f"reader{n}@example.org") for n in range(12)}
    assert codes == {200, 429}


@pytest.fixture
def mine(open_client: TestClient, database: Database) -> tuple[str, str]:
    """A confirmed subscription's preference and unsubscribe addresses, without the host."""
    settings = open_client.app.state.site.settings  # type: ignore[attr-defined] # ours
    with database.write() as session:
        roster.keep(session, Subscription(id="mine", to="me@example.org", areas=("data-supply",)), NOW, origin="web")
    return tuple(
        made(settings, "mine").removeprefix(settings.link_base) for made in (links.preferences, links.unsubscribe)
    )  # type: ignore[return-value] # two


def test_preferences_show_the_wish_and_change_it(
    open_client: TestClient, database: Database, mine: tuple[str, str]
) -> None:
    page = open_client.get(mine[0]).text
    assert re.search(r'value="data-supply" checked', page)
    answer = open_client.post(
        mine[0], data={"csrf": _csrf(page), "areas": "standards-norms", "rhythm": "daily", "at": "08:00"}
    )
    assert answer.status_code == 200
    wish = roster.value(_rows(database)[0])
    assert (wish.areas, wish.when, wish.to) == (("standards-norms",), "daily 08:00", "me@example.org")


def test_a_stranger_s_form_changes_no_preference(
    open_client: TestClient, database: Database, mine: tuple[str, str]
) -> None:
    assert open_client.post(mine[0], data={"areas": "standards-norms"}).status_code == 403
    assert roster.value(_rows(database)[0]).areas == ("data-supply",)


def test_looking_at_the_unsubscribe_page_ends_nothing_and_one_click_ends_it(
    open_client: TestClient, database: Database, mine: tuple[str, str]
) -> None:
    assert open_client.get(mine[1]).status_code == 200
    assert _rows(database)[0].active
    one_click = open_client.post(mine[1], data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert not _rows(database)[0].active
    assert open_client.post("/subscriptions/unsubscribe/forged").status_code == 404


def test_a_person_can_have_all_deleted(open_client: TestClient, database: Database, mine: tuple[str, str]) -> None:
    csrf = _csrf(open_client.get(mine[0]).text)
    assert open_client.post(mine[0], data={"csrf": csrf, "forget": "1"}).status_code == 200
    assert _rows(database) == []
    assert open_client.get(mine[0]).status_code == 404


def test_signed_links_work_where_a_token_guards_the_rest(database: Database, asking: Asking) -> None:
    client = asking(database, web_token="a-word")
    with database.write() as session:
        roster.keep(session, Subscription(id="mine", to="me@example.org"), NOW, origin="web")
    settings = client.app.state.site.settings  # type: ignore[attr-defined] # ours
    address = links.unsubscribe(settings, "mine").removeprefix(settings.link_base)
    assert client.post(address).status_code == 200
    assert client.get("/changes").status_code == 401


def test_a_subscription_s_feed_has_a_secret_address(database: Database, asking: Asking) -> None:
    client = asking(database)
    with database.write() as session:
        roster.keep(session, Subscription(id="feed", to="feed", channel="atom"), NOW, origin="file")
    settings = client.app.state.site.settings  # type: ignore[attr-defined] # ours
    address = links.feed(settings, "feed").removeprefix(settings.link_base)
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert client.get("/feeds/subscriptions/forged.atom").status_code == 404


# ---------------------------------------------------------------------------------------------- the preview


def test_a_preview_shows_the_mail_of_those_who_would_get_it(database: Database, asking: Asking) -> None:
    told, _silent = visits.story(Records(database))
    with database.write() as session:
        for name, wish in (("wants", {"areas": ("safety-governance",)}), ("other", {"areas": ("energy-environment",)})):
            roster.keep(session, Subscription(id=name, to=f"{name}@example.org", **wish), NOW, origin="file")
    client = asking(database)
    page = client.get(f"/changes/{told.id}/mail").text
    assert "wants@example.org" in page
    assert "other@example.org" not in page
    mail = client.get(f"/changes/{told.id}/mail/html").text
    assert "shall" in mail
    assert "Keepers" in mail


def test_a_preview_carries_no_key_of_its_reader(database: Database, asking: Asking) -> None:
    told, _silent = visits.story(Records(database))
    with database.write() as session:
        roster.keep(session, Subscription(id="reader", to="reader@example.org"), NOW, origin="file")
    client = asking(database)
    settings = client.app.state.site.settings  # type: ignore[attr-defined] # ours
    keys = [made(settings, "reader").rsplit("/", 1)[1] for made in (links.preferences, links.unsubscribe)]
    for where in (f"/changes/{told.id}/mail", f"/changes/{told.id}/mail/html"):
        text = client.get(where).text
        assert not [key for key in keys if key in text]


def test_a_preview_in_the_reader_s_language_and_without_readers(database: Database, asking: Asking) -> None:
    told, _silent = visits.story(Records(database))
    page = asking(database).get(f"/changes/{told.id}/mail?lang=fr").text
    assert "Les gardiens doivent rapporter" in page


def test_nothing_is_sent_or_kept_by_a_preview(database: Database, asking: Asking) -> None:
    told, _silent = visits.story(Records(database))
    asking(database).get(f"/changes/{told.id}/mail")
    with database.read() as session:
        assert session.scalars(select(tables.Alert)).all() == []
        assert session.scalars(select(tables.Subscription)).all() == []


def test_the_mailbox_is_there_only_without_a_mail_server(database: Database, asking: Asking) -> None:
    assert asking(database).get("/mailbox").status_code == 200
    assert asking(database, smtp_host="mail.example.org").get("/mailbox").status_code == 404
