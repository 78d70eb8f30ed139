"""What services that nobody looked at may bring. Written before it was seen what becomes of them."""

from __future__ import annotations

import pytest
from life import news_of, page

ACCORDION = "<details><summary>How long are logs kept?</summary><p>Logs are kept for {} months.</p></details>"
PROMOTION = "<div class='a'><p>{} Try it free for {} days and save {} % on your first plan.</p></div>"
CHANGELOG = "<ul><li>Version 2.1: documentation sent within {} days.</li></ul>"
FEES = "<table><tr><th>Plan</th><th>Fee</th></tr><tr><td>Basic</td><td>{}</td></tr></table>"

TOLD = {
    "an answer unfolded by an accordion": (page(ACCORDION.format(6)), page(ACCORDION.format(9))),
    "a date in force moved": (
        page("<p>These rules apply from 1 March 2026.</p>"), page("<p>These rules apply from 1 September 2026.</p>")),
    "a fee in a table": (page(FEES.format("10 EUR")), page(FEES.format("12 EUR"))),
    "a country added to a list": (
        page("<ul><li>France</li><li>Sweden</li></ul>"), page("<ul><li>France</li><li>Sweden</li><li>Malta</li></ul>")),
    "a deadline in a changelog": (page(CHANGELOG.format(30)), page(CHANGELOG.format(10))),
    "a German exception": (
        page("<p>Der Anbieter haftet für Schäden.</p>", language="de"),
        page("<p>Der Anbieter haftet nicht für Schäden.</p>", language="de")),
    "a Chinese prohibition": (
        page("<p>提供者可以将测试数据用于训练。</p>", language="zh"),
        page("<p>提供者不得将测试数据用于训练。</p>", language="zh")),
    "a French period": (
        page("<p>Les journaux sont conservés six mois.</p>", language="fr"),
        page("<p>Les journaux sont conservés douze mois.</p>", language="fr")),
    "the other party": (
        page("<p>The agreement is with Harbour Data Ltd.</p>"), page("<p>The agreement is with Quay Data Ltd.</p>")),
    "a place of jurisdiction": (page("<p>Disputes are heard in Lyon.</p>"), page("<p>Disputes are heard in Oslo.</p>")),
    "a banner that announces terms": (
        page(), page(before="<div role='dialog'><p>New terms apply from 1 May 2026.</p></div>")),
    "a footer that announces terms": (
        page(), page(after="<footer><p>Our terms change: new terms apply from 1 May 2026.</p></footer>")),
    "a menu that announces terms": (
        page(), page(before="<nav><p>Our updated policy is effective 1 May 2026.</p></nav>")),
    "a French footer that announces terms": (
        page(language="fr"), page(language="fr", after="<footer><p>Nos conditions évoluent : nouvelles conditions "
        "en vigueur le 1er mai 2026.</p></footer>")),
    "a duty apart from the text": (
        page(), page(after="<div class='box'><p>Providers must register before the system is offered.</p></div>")),
    "a date in force apart from the text": (
        page(after="<div class='box'><p>Effective 1 March 2026</p></div>"),
        page(after="<div class='box'><p>Effective 1 June 2026</p></div>")),
    "a notice of a coming change that is withdrawn": (
        page("<p>We have updated our terms; they apply from 1 May 2026.</p>"), page()),
    "a duty that goes with the report of an earlier change": (
        page("<p>We updated our privacy policy on 2 January 2026 and providers must register since.</p>"), page()),
    "a processor in a list of links": (
        page("<ul><li><a href='https://quay.example'>Quay Data</a></li></ul>"),
        page("<ul><li><a href='https://quay.example'>Quay Data</a></li>"
             "<li><a href='https://harbour.example'>Harbour Data</a></li></ul>")),
    "a new document in a list of links": (
        page("<h2>Guidelines</h2><ul><li><a href='/a'>Guideline on testing</a></li></ul>"),
        page("<h2>Guidelines</h2><ul><li><a href='/a'>Guideline on testing</a></li>"
             "<li><a href='/b'>Guideline on marking of synthetic content</a></li></ul>")),
    "a rule under a heading of more information": (
        page("<h2>More information</h2><p>Copies are kept for six months.</p>"),
        page("<h2>More information</h2><p>Copies are kept for nine months.</p>")),
}  # fmt: skip

SILENT = {
    "a button of an experiment": (page("<a href='/a'>Start now</a>"), page("<a href='/b'>Get started</a>")),
    "a login wall": (page(), "<html><body><h1>Sign in to continue</h1><p>E-mail and password.</p></body></html>"),
    "an application that needs scripts": (
        page(), "<html><body><noscript></noscript><p>Please enable JavaScript to run this app.</p></body></html>"),
    "a view counter": (page("<p>Read 1,204 times</p>"), page("<p>Read 1,377 times</p>")),
    "opening another language": (page(), page(language="de")),
    "a reading time": (page("<p>7 min read</p>"), page("<p>8 min read</p>")),
    "a promotion in other words": (
        page(after=PROMOTION.format("Spring.", 14, 20)), page(after=PROMOTION.format("Summer.", 30, 25))),
    "a date of printing": (page("<p>Printed on 2 March 2026</p>"), page("<p>Printed on 3 March 2026</p>")),
    "a French date of printing": (
        page("<p>Imprimé le 2 mars 2026</p>", language="fr"), page("<p>Imprimé le 3 mars 2026</p>", language="fr")),
    "the news of a product beside the text": (
        page(after="<div class='card'><p>Meet the quicker assistant for teams of every kind.</p></div>"),
        page(after="<div class='card'><p>The assistant for writers has arrived in all plans.</p></div>")),
    "an invitation to a newsletter": (
        page(), page(after="<div class='card'><h2>Sign up</h2><p>Save 10 % on a first plan, not later.</p></div>")),
    "other pages under a heading that says so": (
        page("<h2>Related resources</h2><ul><li><a href='/a'>Manage your account</a></li></ul>"),
        page("<h2>Related resources</h2><ul><li><a href='/b'>Delete your account</a></li></ul>")),
    "other pages under a Chinese heading that says so": (
        page("<h2>相关链接</h2><ul><li><a href='/a'>提供者须知手册下载</a></li></ul>", language="zh"),
        page("<h2>相关链接</h2><ul><li><a href='/b'>部署者须知手册下载</a></li></ul>", language="zh")),
    "a report of an earlier change that is taken down": (
        page("<p>We updated our privacy policy on 2 January 2026.</p>"), page()),
    "a banner of new terms that is taken down": (
        page(before="<div role='dialog'><p>New terms apply from 1 May 2026.</p></div>"), page()),
    "breadcrumbs": (
        page(before="<ol><li><a href='/'>Home</a></li></ol>"),
        page(before="<ol><li><a href='/'>Home</a></li><li><a href='/l'>Legal</a></li></ol>")),
    "other related articles": (
        page(after="<div><a href='/1'>How to begin</a><a href='/2'>Our team</a></div>"),
        page(after="<div><a href='/3'>What is new</a><a href='/4'>Our office</a></div>")),
    "a question whether it helped": (page(), page(after="<div><p>Was this helpful?</p><button>Yes</button></div>")),
    "a German stamp": (
        page("<p>Stand: 1. März 2026</p>", language="de"), page("<p>Stand: 2. März 2026</p>", language="de")),
    "a Swedish stamp": (page("<p>Senast uppdaterad 1 mars 2026</p>"), page("<p>Senast uppdaterad 2 mars 2026</p>")),
    "a Chinese stamp": (
        page("<p>更新时间：2026年3月1日</p>", language="zh"), page("<p>更新时间：2026年3月2日</p>", language="zh")),
    "a heading in capitals": (page("<h2>Scope of use</h2>"), page("<h2>SCOPE OF USE</h2>")),
    "curly quotes": (page("<p>The \"office\" answers.</p>"), page("<p>The “office” answers.</p>")),
    "British spelling": (page("<p>An organization is named.</p>"), page("<p>An organisation is named.</p>")),
}  # fmt: skip


def _cases(cases: dict[str, tuple[str, str]]) -> list[object]:
    return [pytest.param(old, new, id=case) for case, (old, new) in cases.items()]


@pytest.mark.parametrize(("old", "new"), _cases(TOLD))
def test_what_matters_is_told(old: str, new: str) -> None:
    assert news_of(old, new)


@pytest.mark.parametrize(("old", "new"), _cases(SILENT))
def test_what_does_not_matter_is_silent(old: str, new: str) -> None:
    assert not news_of(old, new)
