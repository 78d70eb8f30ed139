"""A document's life: what is told, when, and what is kept silent with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from life import START, TEXT, Life, news_of, page

from tracker.assess import verdict
from tracker.formats.html import read_html
from tracker.model import Block, Comparison, Past, Reading, State, Tier

RULE = "<p>Logs are kept for 6 months.</p>"
NEW_RULE = "<p>Logs are kept for 9 months.</p>"
DAY = timedelta(hours=24)


def reading(html: str) -> Reading:
    return read_html(html.encode())


def test_the_first_text_is_kept_and_not_told() -> None:
    life = Life()
    judged = life.show(page(RULE))
    assert judged.text is not None
    assert judged.told == judged.text.fingerprint
    assert not judged.changes


def test_the_same_text_makes_nothing_and_leaves_memory_alone() -> None:
    life = Life()
    life.show(page(RULE))
    judged = life.show(page(RULE).replace("<p>", "<p class='a'>"))
    assert judged.text is None
    assert not judged.changes
    assert not judged.memory
    assert not judged.host


def test_a_change_is_told_at_once_with_its_words() -> None:
    life = Life()
    life.show(page(RULE))
    change = life.show(page(NEW_RULE)).changes[0]
    assert change.told == life.now
    assert any("9" in words for reason in change.assessment.reasons for words in reason.words)
    assert [edit.new_text for edit in change.comparison.edits] == ["Logs are kept for 9 months."]


def test_only_what_is_told_stands_in_the_comparison() -> None:
    life = Life()
    old = page(RULE, after="<div><p>Contact</p></div>")
    life.show(old)
    change = life.show(page(NEW_RULE, after="<div><p>Write to us</p></div>")).changes[0]
    assert "Write to us" not in " ".join(edit.new_text for edit in change.comparison.edits)


# ---------------------------------------------------------------------------------------------- second looks


def test_a_removal_waits_for_a_second_look_and_is_told_within_a_day() -> None:
    life = Life()
    life.show(page(RULE))
    first = life.show(page())
    change = first.changes[0]
    assert change.assessment.state is State.PENDING
    assert first.recheck_at is not None
    assert first.recheck_at - life.now < DAY
    judged = life.show(page(), hours=(first.recheck_at - life.now).total_seconds() / 3600)
    assert judged.changes[0].id == change.id
    assert judged.changes[0].told == life.now


def test_a_removal_that_is_taken_back_is_silent() -> None:
    life = Life()
    life.show(page(RULE))
    life.show(page())
    judged = life.show(page(RULE), hours=6)
    assert judged.changes[0].assessment.state is State.SILENT
    assert judged.changes[0].assessment.tier is Tier.RESTORED
    assert not life.told


def test_a_text_that_goes_on_changing_is_told_no_later_than_one_that_stays() -> None:
    life = Life()
    life.show(page(RULE))
    seen = life.show(page()).changes[0].seen
    other = page().replace("in plain language", "in writing and in plain language")
    life.show(other, hours=8)
    life.show(other, hours=15.5)
    assert life.told
    assert all(change.told is not None and change.told - seen <= DAY for change in life.told)
    assert not [change for change in life.changes.values() if change.assessment.state is State.PENDING]


def test_a_pending_change_is_told_in_time_even_if_the_page_breaks() -> None:
    life = Life()
    life.show(page(RULE))
    life.show(page())
    judged = life.show("<html><body><h1>503 Service unavailable</h1></body></html>", hours=23.5)
    assert judged.glitch is not None
    assert [reason.code for reason in life.told[0].assessment.reasons][-1] == "unconfirmed"


# --------------------------------------------------------------------------------------------------- glitches


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<html><body></body></html>", "empty"),
        ("<html><body><h1>404 Not Found</h1><p>The page was not found.</p></body></html>", "error-page"),
        ("<html><body><h1>Seite nicht gefunden</h1></body></html>", "error-page"),
        ("<html><body><p>系统维护中，请稍后再试。</p></body></html>", "error-page"),
        ("<html><body><p>Checking your browser before you access the site.</p></body></html>", "bot-wall"),
        ("<html><body><div>You need to enable JavaScript to run this app.</div></body></html>", "shell"),
        ("<html><body><p>Before you continue to the office</p></body></html>", "consent-wall"),
        ("<html><body><p>Please log in to continue</p></body></html>", "login-wall"),
        ("<html><body><p>Our shop has new offers this week.</p></body></html>", "truncated"),
        ("<html><body><div class='cookie-banner'><p>We use cookies to count our visitors and to show ads.</p>"
         "<button>Accept all</button><button>Reject all</button></div></body></html>", "consent-wall"),
    ],
)  # fmt: skip
def test_what_is_not_the_document_is_set_aside(html: str, code: str) -> None:
    life = Life()
    life.show(page(RULE))
    judged = life.show(html)
    assert judged.glitch is not None
    assert judged.glitch.code == code
    assert judged.text is None
    assert not judged.changes
    assert not life.show(page(RULE)).changes, "back from the outage, nothing is news"


def test_a_page_in_another_language_is_not_a_new_text() -> None:
    life = Life()
    life.show(page(language="en"))
    judged = life.show(page(language="fr"))
    assert judged.glitch is not None
    assert judged.glitch.code == "language"


def test_a_page_that_returns_changed_from_an_outage_is_told() -> None:
    life = Life()
    life.show(page(RULE))
    life.show("<html><body><h1>503 Service unavailable</h1></body></html>")
    assert life.show(page(NEW_RULE)).changes[0].assessment.tier is Tier.SUBSTANTIVE


def test_a_successor_is_told_after_a_second_look() -> None:
    successor = "".join(
        f"<p>Section {n}: licensed operators of harbour cranes, number {n}, report maintenance intervals, inspection "
        f"results and accidents involving containers, forklifts or mooring equipment to the harbour authority.</p>"
        for n in range(20)
    )
    life = Life()
    life.show(page(RULE))
    life.show(f"<html><body><main><h1>Harbour rules</h1>{successor}</main></body></html>")
    assert not life.told
    life.show(f"<html><body><main><h1>Harbour rules</h1>{successor}</main></body></html>")
    assert life.told


def test_an_application_that_had_not_loaded_makes_no_news_when_it_has() -> None:
    shell = "<html><body><div id='app'><h1>Guidance</h1><p>Menu</p></div></body></html>"
    life = Life()
    life.show(shell)
    judged = life.show(page(RULE))
    assert [reason.code for reason in judged.changes[0].assessment.reasons] == ["filled"]
    assert not life.told


def test_text_on_a_page_that_long_had_none_is_news() -> None:
    empty = "<html><body><div id='app'><h1>Guidance</h1><p>Coming soon</p></div></body></html>"
    life = Life()
    life.show(empty)
    life.show(empty, hours=24 * 20)
    life.show(page(RULE))
    life.show(page(RULE))
    assert life.told


# ----------------------------------------------------------------------------------------------------- memory


def test_a_variant_that_returns_is_not_told_again() -> None:
    life = Life()
    life.show(page(RULE))
    life.show(page(NEW_RULE))
    for html in (page(RULE), page(NEW_RULE), page(RULE)):
        change = life.show(html).changes[0]
        assert change.assessment.tier is Tier.RESTORED
        assert change.assessment.state is State.SILENT


def test_a_real_change_inside_a_variant_is_told() -> None:
    life = Life()
    life.show(page(RULE, after="<div><p>The summer offer of the office is here now.</p></div>"))
    life.show(page(RULE))
    life.show(page(RULE))
    life.show(page(NEW_RULE, after="<div><p>The summer offer of the office is here now.</p></div>"))
    assert life.told[-1].comparison.edits[0].new_text == "Logs are kept for 9 months."


def test_a_part_that_rotates_is_learned_and_forgotten() -> None:
    life = Life()
    life.show(page("<div class='tip'><p>Tip of the week</p></div>"))
    for words in ("Read more books", "Ask a colleague", "Take a walk"):
        life.show(page(f"<div class='tip'><p>{words}</p></div>"))
    muted = life.show(page("<div class='tip'><p>Let the machine rest during the night hours</p></div>"))
    assert muted.changes[0].assessment.reasons[0].code == "volatile"
    later = life.show(page("<div class='tip'><p>Quiet rooms stand ready for everybody here</p></div>"), hours=2400)
    assert later.changes[0].assessment.tier is Tier.SUBSTANTIVE


def test_words_that_bind_are_told_wherever_they_stand() -> None:
    life = Life()
    life.show(page(after="<div class='tip'><p>Tip of the week</p></div>"))
    for words in ("Read more books", "Ask a colleague", "Take a walk"):
        life.show(page(after=f"<div class='tip'><p>{words}</p></div>"))
    told = life.show(page(after="<div class='tip'><p>Providers must register by 2 August 2026.</p></div>"))
    assert told.changes[0].assessment.tier is Tier.SUBSTANTIVE


# ------------------------------------------------------------------------------------- entries of lists, hosts


def test_a_new_entry_of_a_known_source_is_told() -> None:
    judged = verdict.announce("list#1", Past(), reading(page()), Life().now)
    assert judged.changes[0].old == ""
    assert judged.changes[0].assessment.state is State.TOLD


def test_an_entry_that_is_gone_is_told_after_a_second_look() -> None:
    life = Life()
    life.show(page())
    first = verdict.withdrawn("list#1", life.past, life.now)
    assert first.changes[0].assessment.state is State.PENDING
    past = replace(life.past, latest=first.text, pending=first.changes[0])
    early = verdict.withdrawn("list#1", past, life.now + timedelta(hours=2))
    assert not early.changes
    assert early.recheck_at == first.recheck_at
    late = verdict.withdrawn("list#1", past, life.now + timedelta(hours=23.95))
    assert late.changes[0].told is not None


def test_nothing_can_be_withdrawn_that_was_never_there() -> None:
    assert not verdict.withdrawn("list#1", Past(), Life().now).changes


def test_what_other_pages_of_the_host_show_as_well_is_furniture() -> None:
    frame = "<div class='top'><p>The office is open from {} on working days.</p><p>Call the office for help.</p></div>"
    one, two = Life("one"), Life("two")
    one.show(page(before=frame.format(9)))
    host = two.show(page(language="de", before=frame.format(9)), host=one.past.host).host
    judged = one.show(page(before=frame.format(10)), host=host)
    assert judged.changes[0].assessment.state is State.SILENT
    assert [reason.code for reason in judged.changes[0].assessment.reasons] == ["shared"]


def test_a_document_under_two_addresses_is_not_its_own_furniture() -> None:
    one, two = Life("one"), Life("two")
    one.show(page(RULE))
    host = two.show(page(RULE), host=one.past.host).host
    assert one.show(page(NEW_RULE), host=host).changes[0].assessment.tier is Tier.SUBSTANTIVE


@pytest.mark.parametrize("language", list(TEXT))
def test_a_document_rewritten_in_other_markup_is_the_same(language: str) -> None:
    html = page(RULE, language=language)
    rebuilt = html.replace("<p>", "<section><div><span>").replace("</p>", "</span></div></section>")
    assert not news_of(html, rebuilt)


def test_a_short_document_in_a_large_frame_is_not_the_frame() -> None:
    frame = "".join(f"<div class='c{n}'><p>Service {n} of the office</p></div>" for n in range(12))
    notice = "<html><body><div class='all'>{}<div class='n'><p>{}</p></div></div></body></html>"
    one, two = Life("one"), Life("two")
    one.show(notice.format(frame, "Logs are kept by every provider of a model for at least six months."))
    host = two.show(notice.format(frame, "Fees are due in spring."), host=one.past.host).host
    changed = notice.format(frame, "Logs are kept by every provider of a model for at least nine months.")
    assert one.show(changed, host=host).changes[0].assessment.tier is Tier.SUBSTANTIVE


@pytest.mark.parametrize(
    "words",
    [
        "Our terms will change on 1 May 2027.",
        "De nouvelles conditions s'appliquent à partir du 1er mai 2027.",
        "新的服务条款将于2027年5月1日生效。",
        "Ab dem 1. Mai 2027 gelten neue Bedingungen.",
    ],
)
def test_a_banner_that_announces_new_terms_with_a_date_is_told(words: str) -> None:
    frame = "<div class='top'><p>The office is open on working days.</p><p>{}</p></div>"
    one, two = Life("one"), Life("two")
    one.show(page(before=frame.format("Call the office for help.")))
    host = two.show(page(language="de", before=frame.format("Call the office for help.")), host=one.past.host).host
    judged = one.show(page(before=frame.format(words)), host=host)
    assert judged.changes[0].assessment.tier is Tier.SUBSTANTIVE


def test_a_renaming_across_a_site_is_one_cluster() -> None:
    changes = []
    for name, language in (("a", "en"), ("b", "fr"), ("c", "de")):
        life = Life(name)
        life.show(page("<p>The Acme assistant is offered by the office in Dublin.</p>", language=language))
        changes += life.show(
            page("<p>The Umbra assistant is offered by the office in Dublin.</p>", language=language)
        ).changes
    assert len({change.assessment.cluster_keys for change in changes}) == 1


def test_a_format_without_parts_of_a_page_has_no_labels() -> None:
    def plain(*entries: str) -> Reading:
        texts = ("The processors are listed here with their addresses and purposes.", *entries)
        return Reading("plain", "Processors", "en", blocks=tuple(Block(text) for text in texts))

    life = Life()
    life.show(plain("Acme", "Borel"))
    assert life.show(plain("Acme", "Borel", "Corvus")).changes[0].assessment.tier is not Tier.NOISE


# ------------------------------------------------------------------------------------- restored, or nothing to show


@pytest.mark.parametrize(("days", "tier"), [(2, Tier.RESTORED), (60, Tier.RESTORED), (300, Tier.SUBSTANTIVE)])
def test_a_text_that_returns_is_news_only_after_months(days: int, tier: Tier) -> None:
    life = Life()
    life.show(page(RULE))
    life.show(page(NEW_RULE))
    back = life.show(page(RULE), hours=24 * days).changes[0]
    assert back.assessment.tier is tier


def test_a_variant_that_keeps_coming_back_for_a_year_stays_silent() -> None:
    life = Life()
    for month in range(13):
        life.show(page(RULE if month % 2 else NEW_RULE), hours=24 * 30)
    assert len(life.told) == 1


def test_a_difference_of_which_nothing_can_be_shown_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "compare", lambda old, new: Comparison())
    life = Life()
    life.show(page(RULE))
    assert life.show(page(NEW_RULE)).changes[0].assessment.tier is Tier.NOISE
    assert not life.told


@pytest.mark.parametrize("hours", [0.0, 6.0, 23.0])
def test_the_second_look_comes_when_the_operator_wants_it(hours: float) -> None:
    wait, start = timedelta(hours=hours), START
    first = verdict.judge("s", Past(), read_html(page(RULE).encode()), start)
    known = Past(first.text, first.text, first.memory)
    gone = verdict.judge("s", known, read_html(page().encode()), start + timedelta(days=1), wait)
    if not hours:
        assert gone.changes[0].assessment.state is State.TOLD
        return
    assert gone.changes[0].assessment.state is State.PENDING
    assert gone.recheck_at == start + timedelta(days=1) + wait
    pending = replace(known, pending=gone.changes[0], latest=gone.text)
    again = verdict.judge("s", pending, read_html(page().encode()), start + timedelta(days=1) + wait, wait)
    assert again.changes[-1].assessment.state is State.TOLD


def test_a_document_that_left_is_told_at_once_when_no_second_look_is_wanted() -> None:
    life = Life()
    life.show(page(RULE))
    assert verdict.withdrawn("list#1", life.past, life.now, timedelta(0)).changes[0].assessment.state is State.TOLD
