"""What publishers of laws do to a text between two editions, seen in the histories of laws and policies that no rule
was made on; all texts are our own."""

from __future__ import annotations

import pytest
from life import Life, news_of, page, verdict_of

from tracker.assess import edition
from tracker.formats.registry import read
from tracker.model import Reading, Tier

PREAMBLE = "<p>Ordinance on test rooms of 3 May 2004 (as of {}). The council of the region makes these rules.</p>"
STAND = "<p>Verordnung über Prüfräume vom 3. Mai 2004 (Stand am {}) Der Rat der Region verordnet:</p>"
ETAT = "<p>Ordonnance sur les salles d'essai du 3 mai 2004 (État le {}) Le conseil de la région arrête :</p>"
LAST = "<p>Zuletzt geändert durch : Art. {} G v. {} I {}</p>"
CITED = "<p>For a temporary amendment, see section 2 of the Test Rooms Act 2024 (Act 25-900, 8 May 2024, {}).</p>"

EDITORIAL = {
    "an edition's day in the preamble": (page(PREAMBLE.format("1 May 2024")), page(PREAMBLE.format("1 June 2024"))),
    "the same in German": (
        page(STAND.format("1. Januar 2010"), language="de"), page(STAND.format("1. August 2011"), language="de")),
    "the same in French": (
        page(ETAT.format("1er janvier 2010"), language="fr"), page(ETAT.format("1er mars 2011"), language="fr")),
    "a note of the last amendment": (
        page(LAST.format(2, "12.7.2012", 1504), language="de"), page(LAST.format(6, "5.12.2012", 2425), language="de")),
    "a head line of an edition": (
        page("<p>Version consolidée applicable au 01/02/2023 : Loi du 3 mai 2004.</p>", language="fr"),
        page("<p>Version consolidée applicable au 01/09/2024 : Loi du 3 mai 2004.</p>", language="fr")),
    "volume and page of a cited act": (page(CITED.format("0 TRR 0")), page(CITED.format("71 TRR 4031"))),
    "blanks for volume and page": (page(CITED.format("__ TRR __")), page(CITED.format("12 TRR 304"))),
    "a note of an amendment that is worked in": (
        page("<p>Änderung durch : Art. 1 G v. 21.7.2012 I 1601, noch nicht berücksichtigt</p>", language="de"),
        page(language="de")),
    "a footnote's mark": (
        page("<p>Guests register[^17] before they enter.</p>"), page("<p>Guests register[^18] before they enter.</p>")),
    "a template's condition": (
        page("<p>Guests {% if rooms-next %}and visitors {% endif %}register at the door.</p>"),
        page("<p>Guests {% if rooms %}and visitors {% endif %}register at the door.</p>")),
    "a word written twice": (
        page("<p>By using using the rooms, guests accept the house rules.</p>"),
        page("<p>By using the rooms, guests accept the house rules.</p>")),
}  # fmt: skip

TOLD = {
    "a day in force in brackets": (
        page("<p>Guests register before they enter (in force from 1 May 2024).</p>"),
        page("<p>Guests register before they enter (in force from 1 June 2024).</p>")),
    "a day in force in brackets, effective": (
        page("<p>The fee rule (effective 1 May 2024) is set by the council.</p>"),
        page("<p>The fee rule (effective 1 June 2024) is set by the council.</p>")),
    "a note of an amendment that is to come": (
        page(language="de"),
        page("<p>Änderung durch : Art. 1 G v. 21.7.2012 I 1601, noch nicht berücksichtigt</p>", language="de")),
    "a clause on amendments that goes": (
        page("<p>Amendments by the provider are announced on this page.</p>"), page()),
    "a deadline in brackets": (
        page("<p>Reports are sent to the office (by 1 May 2024 at the latest).</p>"),
        page("<p>Reports are sent to the office (by 1 June 2024 at the latest).</p>")),
    "an edition's day and a fee": (
        page(PREAMBLE.format("1 May 2024") + "<p>The fee is 20 EUR.</p>"),
        page(PREAMBLE.format("1 June 2024") + "<p>The fee is 25 EUR.</p>")),
    "a note of the last amendment and a rule": (
        page("<p>Amended on 1 May 2024. Disputes between guests are heard by the court of Lyon.</p>"),
        page("<p>Amended on 1 May 2024. Disputes between guests are heard by the court of Oslo.</p>")),
    "an amendment that says what holds": (
        page("<p>Amended by Act 12. Guests must register within 12 days.</p>"),
        page("<p>Amended by Act 14. Guests must register within 14 days.</p>")),
    "nothing that becomes something": (
        page("<p>Storage costs 0 EUR 0 per month (0 hours 0) for guests.</p>"),
        page("<p>Storage costs 12 EUR 4 per month (2 hours 3) for guests.</p>")),
    "another place of publication": (page(CITED.format("71 TRR 4031")), page(CITED.format("72 TRR 115"))),
    "a reference made narrower": (
        page("<p>Grants are given under section 1-301.88f of the code.</p>"),
        page("<p>Grants are given under section 1-301.88f(a) of the code.</p>")),
    "an entry that goes from a list": (
        page("<ul><li>France</li><li>Sweden</li><li>Mongolia</li></ul>"),
        page("<ul><li>France</li><li>Sweden</li></ul>")),
    "a processor that goes from a table": (
        page("<table><tr><td>Harbour Mail</td></tr><tr><td>Quay Data</td></tr></table>"),
        page("<table><tr><td>Harbour Mail</td></tr></table>")),
    "paragraphs that were never paid for": (
        page("<p>(31) Costs of rooms.</p>"), page("<p>(31) Costs of rooms.</p><p>(32) Not funded.</p>")),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), EDITORIAL.values(), ids=EDITORIAL)
def test_a_note_about_the_text_is_editorial(old: str, new: str) -> None:
    assert verdict_of(old, new) is Tier.EDITORIAL


@pytest.mark.parametrize(("old", "new"), TOLD.values(), ids=TOLD)
def test_what_stands_beside_such_a_note_is_told(old: str, new: str) -> None:
    assert news_of(old, new)


def _chinese(head: str) -> Reading:
    text = "第一条 为了规范试验室的管理，制定本规则。\n\n第二条 使用者在进入试验室之前应当登记，并妥善保管钥匙。\n\n"
    return read(f"# 某区、某市关于试验室管理若干问题的规则\n\n{head}{text * 2}".encode(), media_type="text/markdown")


def _articles(*texts: str) -> str:
    found = "".join(f"<p>{text}</p>" for text in texts)
    return f"<html lang='zh'><body><div><h1>试验室规则</h1>{found}</div></body></html>"


SHORT = ("第一条 使用者在进入试验室之前应当登记。", "第二条 钥匙由值班人员保管。", "第三条 试验记录应当完整、准确。",
         "第四条 使用完毕后应当打扫试验室。", "第五条 来访人员由使用者陪同。")  # fmt: skip


def test_short_chinese_articles_are_running_text() -> None:
    life = Life()
    life.show(_articles(*SHORT))
    life.show(_articles(*SHORT, "第六条 贵重设备的使用另行预约。", "第七条 费用按照设备的种类收取。"))
    assert [change.assessment.tier for change in life.told] == [Tier.SUBSTANTIVE]


@pytest.mark.parametrize(
    ("old", "new", "language"),
    [
        ("<p>The guest pays the host.</p>", "<p>The host pays the guest.</p>", "en"),
        ("<p>费用由甲方向乙方支付。</p>", "<p>费用由乙方向甲方支付。</p>", "zh"),
    ],
)
def test_who_owes_whom_is_told_though_the_words_are_the_same(old: str, new: str, language: str) -> None:
    assert verdict_of(page(old, language=language), page(new, language=language)) is Tier.SUBSTANTIVE


def test_lines_that_only_repeat_the_title_are_silent() -> None:
    life = Life()
    life.show(_chinese(""))
    life.show(_chinese("某区 某市\n\n关于试验室管理\n\n若干问题的规则\n\n"))
    assert not life.told


def test_the_number_of_a_text_put_on_top_is_editorial() -> None:
    life = Life()
    life.show(_chinese(""))
    life.show(_chinese("某区 某市\n\n某法规〔2021〕24号\n\n"))
    assert [change.assessment.tier for change in life.told] == [Tier.EDITORIAL]


@pytest.mark.parametrize("blank", ["0", "__", "xx"])
def test_a_blank_place_of_publication_is_filled_with_numbers_only(blank: str) -> None:
    old = f"the act (8 may, {blank} trr {blank})"
    assert edition.published(old, "the act (8 may, 71 trr 4031)")
    assert not edition.published(old, "the act (9 may, 71 trr 4031)")
    assert not edition.published(old, "the act (8 may, 71 rep 4031)")


# ---------------------------------------------------------------------------------- texts without parts of a page

PERMANENT = (
    "# Rules of rooms\n\nThe council of the region keeps a list of all rooms and of those who answer for them.\n\n"
)
EMERGENCY = "Guests pay 350 EUR a month while the emergency lasts.\n"


def _file(text: str) -> Reading:
    return read(text.encode(), media_type="text/markdown")


def _shown(life: Life, *days: int) -> list[bool]:
    """Whether each of the visits, so many days apart, told something; the emergency rule comes and goes by turns."""
    out = []
    for number, gap in enumerate(days):
        known = len(life.told)
        life.show(_file(PERMANENT + EMERGENCY * (number % 2)), hours=24 * gap)
        life.show(_file(PERMANENT + EMERGENCY * (number % 2)), hours=23)  # a second look
        out.append(len(life.told) > known)
    return out


def test_a_rule_of_a_law_that_lapses_and_is_made_again_is_told() -> None:
    assert _shown(Life(), 0, 30, 90, 16) == [False, True, True, True]


def test_a_slip_in_a_law_that_is_taken_back_at_once_is_silent() -> None:
    assert _shown(Life(), 0, 30, 30, 1) == [False, True, True, False]


def test_a_text_that_comes_and_goes_is_silent_in_the_end() -> None:
    assert _shown(Life(), 0, 30, 5, 5, 5, 5, 5) == [False, True, True, True, True, False, False]


LISTS = (
    PERMANENT.replace("Rules of rooms", "Vaccinations")
    + "For all children:\n\n- measles\n- mumps\n\nFor guests who travel:\n\n- mumps\n- rabies\n"
)


def test_an_entry_that_another_list_has_already_is_told() -> None:
    life = Life()
    life.show(_file(LISTS))
    life.show(_file(LISTS + "- measles\n"))
    assert [change.assessment.tier for change in life.told] == [Tier.SUBSTANTIVE]


def test_a_head_line_on_one_page_more_is_silent() -> None:
    sheet = (
        "Gazette of the region\n\nThe council keeps a list of rooms, number {} of all, for those who ask for it.\n\n"
    )
    life = Life()
    life.show(_file("".join(sheet.format(number) for number in "abcdef")))
    life.show(_file("".join(sheet.format(number) for number in "abcdef") + "Gazette of the region\n"))
    assert not life.told


CONDITIONS = (
    "<p>A guest is refused who:</p><ul><li>owes the rent of a month; {}</li><li>lost the key of a room; {}</li>"
    "<li>smokes in the house.</li></ul>"
)


def test_an_or_of_a_law_that_becomes_an_and_is_told() -> None:
    conditions = PERMANENT + "A guest is refused who:\n\n- owes a month's rent; {}\n- lost a key; {}\n- smokes.\n"
    life = Life()
    life.show(_file(conditions.format("or", "or")))
    life.show(_file(conditions.format("or", "and")))
    assert life.told


def test_an_or_of_a_page_that_becomes_an_and_is_told() -> None:
    old = page(CONDITIONS.format("and", "or"))
    assert news_of(old, page(CONDITIONS.format("or", "and")))


def test_an_or_that_comes_where_none_stood_is_a_lists_punctuation() -> None:
    assert not news_of(page(CONDITIONS.format("or", "or")), page(CONDITIONS.format("", "or")))


CHINESE = "<p>有下列情形之一的客人不予接待：</p><ul><li>拖欠一个月房租的；{}</li><li>在屋内吸烟的。</li></ul>"


def test_an_or_of_a_chinese_list_that_becomes_an_and_is_told() -> None:
    assert news_of(page(CHINESE.format("或者")), page(CHINESE.format("并且")))
