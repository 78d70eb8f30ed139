"""Furniture that looks like law, law that looks like furniture, in English, French, Chinese and German.

Each case is two visits of one page; what is in the cases is made up.
"""
# ruff: noqa: E501 - a case a line: what was and what is stand beside each other

from __future__ import annotations

import pytest
from life import page, verdict_of

from tracker.model import Tier

# (name, language, what stands in the text before, after): a reader of the document must be told.
LAW = [
    ("not removed", "en", "<p>Providers may not share the logs.</p>", "<p>Providers may share the logs.</p>"),
    ("not removed", "fr", "<p>Il n'est pas permis de céder les journaux.</p>", "<p>Il est permis de céder les journaux.</p>"),
    ("not removed", "zh", "<p>提供者不得转让日志。</p>", "<p>提供者可以转让日志。</p>"),
    ("not removed", "de", "<p>Der Anbieter darf Protokolle nicht weitergeben.</p>", "<p>Der Anbieter darf Protokolle weitergeben.</p>"),
    ("one digit", "en", "<p>Logs are kept for 6 months.</p>", "<p>Logs are kept for 9 months.</p>"),
    ("one digit", "fr", "<p>Les journaux sont conservés 6 mois.</p>", "<p>Les journaux sont conservés 9 mois.</p>"),
    ("one digit", "zh", "<p>日志保存六个月。</p>", "<p>日志保存九个月。</p>"),
    ("one digit", "de", "<p>Protokolle werden 6 Monate aufbewahrt.</p>", "<p>Protokolle werden 9 Monate aufbewahrt.</p>"),
    ("a zero more", "en", "<p>Fines up to EUR 35 000 000.</p>", "<p>Fines up to EUR 350 000 000.</p>"),
    ("a zero more", "fr", "<p>Amendes jusqu'à 35 000 000 €.</p>", "<p>Amendes jusqu'à 350 000 000 €.</p>"),
    ("a decimal point", "en", "<p>Up to 1.5 % of turnover.</p>", "<p>Up to 15 % of turnover.</p>"),
    ("a decimal comma", "fr", "<p>Jusqu'à 1,5 % du chiffre d'affaires.</p>", "<p>Jusqu'à 15 % du chiffre d'affaires.</p>"),
    ("percent", "zh", "<p>处上一年度营业额百分之三以下的罚款。</p>", "<p>处上一年度营业额百分之五以下的罚款。</p>"),
    ("currency", "en", "<p>The fee is €500.</p>", "<p>The fee is $500.</p>"),
    ("date in force", "en", "<p>This chapter applies from 2 August 2026.</p>", "<p>This chapter applies from 2 August 2027.</p>"),
    ("date in force", "fr", "<p>Le présent chapitre s'applique à partir du 2 août 2026.</p>", "<p>Le présent chapitre s'applique à partir du 2 août 2027.</p>"),
    ("date in force", "zh", "<p>本章自2026年8月2日起施行。</p>", "<p>本章自2027年8月2日起施行。</p>"),
    ("date in force", "de", "<p>Dieses Kapitel gilt ab dem 2. August 2026.</p>", "<p>Dieses Kapitel gilt ab dem 2. August 2027.</p>"),
    ("effective line", "en", "<p>Effective date: 1 May 2026</p>", "<p>Effective date: 1 July 2026</p>"),
    ("in force line", "fr", "<p>Entrée en vigueur : 1er mai 2026</p>", "<p>Entrée en vigueur : 1er juillet 2026</p>"),
    ("in force line", "zh", "<p>施行日期：2026年5月1日</p>", "<p>施行日期：2026年7月1日</p>"),
    ("in force line", "de", "<p>In Kraft ab 1. Mai 2026</p>", "<p>In Kraft ab 1. Juli 2026</p>"),
    ("may to must", "en", "<p>Deployers may keep a register.</p>", "<p>Deployers must keep a register.</p>"),
    ("peut to doit", "fr", "<p>Le déployeur peut tenir un registre.</p>", "<p>Le déployeur doit tenir un registre.</p>"),
    ("可以 to 应当", "zh", "<p>部署者可以设置登记簿。</p>", "<p>部署者应当设置登记簿。</p>"),
    ("kann to muss", "de", "<p>Betreiber können ein Register führen.</p>", "<p>Betreiber müssen ein Register führen.</p>"),
    ("and to or", "en", "<p>Audits by the office and the court.</p>", "<p>Audits by the office or the court.</p>"),
    ("et to ou", "fr", "<p>Contrôle par le bureau et le tribunal.</p>", "<p>Contrôle par le bureau ou le tribunal.</p>"),
    ("an exception", "en", "<p>Emotion recognition is banned at work.</p>", "<p>Emotion recognition is banned at work, except for safety.</p>"),
    ("an exception", "fr", "<p>La reconnaissance des émotions est interdite au travail.</p>", "<p>La reconnaissance des émotions est interdite au travail, sauf pour la sécurité.</p>"),
    ("an exception", "zh", "<p>禁止在工作场所识别情绪。</p>", "<p>禁止在工作场所识别情绪，安全目的除外。</p>"),
    ("a condition", "en", "<p>The model is exempt.</p>", "<p>The model is exempt if its weights are public.</p>"),
    ("parties swapped", "en", "<p>The provider reports every serious incident to the deployer at once.</p>", "<p>The deployer reports every serious incident to the provider at once.</p>"),
    ("parties swapped", "fr", "<p>Le fournisseur signale tout incident grave au déployeur sans aucun délai.</p>", "<p>Le déployeur signale tout incident grave au fournisseur sans aucun délai.</p>"),
    ("sub-processor added", "en", "<ul><li>Acme Ltd</li><li>Borel SA</li></ul>", "<ul><li>Acme Ltd</li><li>Borel SA</li><li>Corvus</li></ul>"),
    ("sub-processor gone", "en", "<ul><li>Acme Ltd</li><li>Borel SA</li><li>Corvus Inc</li></ul>", "<ul><li>Acme Ltd</li><li>Borel SA</li></ul>"),
    ("country added", "fr", "<ul><li>Irlande</li><li>Japon</li></ul>", "<ul><li>Irlande</li><li>Japon</li><li>Inde</li></ul>"),
    ("prohibited use added", "zh", "<ul><li>社会评分</li></ul>", "<ul><li>社会评分</li><li>情绪识别</li></ul>"),
    ("cookie list", "en", "<table><tr><td>sid</td><td>session</td></tr></table>", "<table><tr><td>sid</td><td>session</td></tr><tr><td>_trk</td><td>advertising</td></tr></table>"),
    ("cookie list", "fr", "<table><tr><td>sid</td><td>session</td></tr></table>", "<table><tr><td>sid</td><td>session</td></tr><tr><td>_pub</td><td>publicité</td></tr></table>"),
    ("table of fees", "en", "<table><tr><td>Small provider</td><td>1 000</td></tr></table>", "<table><tr><td>Small provider</td><td>1 200</td></tr></table>"),
    ("table of fees", "fr", "<table><tr><td>Petit fournisseur</td><td>1 000</td></tr></table>", "<table><tr><td>Petit fournisseur</td><td>1 200</td></tr></table>"),
    ("table of fees", "zh", "<table><tr><td>小型提供者</td><td>1000元</td></tr></table>", "<table><tr><td>小型提供者</td><td>1200元</td></tr></table>"),
    ("processor replaced", "en", "<p>Hosting: Acme Ltd, Dublin</p>", "<p>Hosting: Umbra Ltd, Lagos</p>"),
    ("registration number", "fr", "<p>RCS Paris 812 345 678</p>", "<p>RCS Paris 812 345 679</p>"),
    ("contact address", "en", "<p>Complaints: complaints@office.example</p>", "<p>Complaints: appeals@tribunal.example</p>"),
    ("article added", "en", "", "<h2>Article 7</h2><p>The office publishes a yearly report on incidents.</p>"),
    ("article added", "fr", "", "<h2>Article 7</h2><p>Le bureau publie un rapport annuel sur les incidents.</p>"),
    ("article added", "zh", "", "<h2>第七条</h2><p>主管部门每年公布事件报告。</p>"),
    ("article repealed", "en", "<h2>Article 7</h2><p>The office publishes a yearly report.</p>", "<h2>Article 7</h2><p>(repealed)</p>"),
    ("definition", "en", "<p>“Incident” means a failure of a system.</p>", "<p>“Incident” means a failure or misuse of a system.</p>"),
    ("definition", "fr", "<p>« Incident » : défaillance d'un système.</p>", "<p>« Incident » : défaillance ou détournement d'un système.</p>"),
    ("definition", "zh", "<p>事件，是指系统的故障。</p>", "<p>事件，是指系统的故障或者滥用。</p>"),
    ("threshold in words", "en", "<p>Models above ten billion parameters are registered.</p>", "<p>Models above two billion parameters are registered.</p>"),
    ("period in words", "zh", "<p>在三十日内提交报告。</p>", "<p>在十五日内提交报告。</p>"),
    ("reference", "en", "<p>As laid down in Article 12 of the Act.</p>", "<p>As laid down in Article 14 of the Act.</p>"),
    ("scope word", "en", "<p>It covers public bodies.</p>", "<p>It covers public and private bodies.</p>"),
    ("new sentence beside a stamp", "en", "<p>Last updated: 3 May 2026</p>", "<p>Last updated: 9 May 2026</p><p>Open models are now covered as well.</p>"),
    ("legal entity in a copyright line", "en", "<p>© 2026 Acme Ltd</p>", "<p>© 2026 Umbra Inc</p>"),
    ("a clause on copyright", "en", "<p>The provider respects copyright.</p>", "<p>The provider respects copyright.</p><p>Copyright holders have a contact point.</p>"),
    ("a paragraph that mentions copyright", "en", "<p>© of the office, all rights reserved, as far as the law of the country in which the office has its seat gives it such rights. " + "The policy covers everything else that the office publishes.</p>", "<p>© of the office, all rights reserved, as far as the law of the country in which the office has its seat gives it such rights. " + "The policy covers everything else that the office publishes. Reports are public.</p>"),
    ("two clauses become one with a word less", "en", "<p>The logs are kept.</p><p>They are never sold to third parties.</p>", "<p>The logs are kept. They are sold to third parties.</p>"),
    ("a change inside a merged paragraph", "fr", "<p>Les journaux sont conservés.</p><p>Ils sont conservés 6 mois au plus.</p>", "<p>Les journaux sont conservés. Ils sont conservés 8 mois au plus.</p>"),
]  # fmt: skip

# (name, language, before, after): nothing that a reader of the document needs, whatever it looks like.
FURNITURE = [
    ("typo", "en", "<p>The provder informs the office.</p>", "<p>The provider informs the office.</p>"),
    ("typo", "fr", "<p>Le fourniseur informe le bureau.</p>", "<p>Le fournisseur informe le bureau.</p>"),
    ("typo", "de", "<p>Der Anbeter informiert das Amt.</p>", "<p>Der Anbieter informiert das Amt.</p>"),
    ("British and American", "en", "<p>The licence programme of the centre.</p>", "<p>The license program of the center.</p>"),
    ("quotes", "en", "<p>The \"office\" decides.</p>", "<p>The “office” decides.</p>"),
    ("guillemets", "fr", "<p>Le \"bureau\" décide.</p>", "<p>Le « bureau » décide.</p>"),
    ("full-width signs", "zh", "<p>主管部门(以下简称部门)负责。</p>", "<p>主管部门（以下简称部门）负责。</p>"),
    ("dash", "en", "<p>Risk - based approach.</p>", "<p>Risk – based approach.</p>"),
    ("full stop", "en", "<p>The office decides on appeals</p>", "<p>The office decides on appeals.</p>"),
    ("casing", "en", "<h2>GENERAL PROVISIONS OF THE ACT</h2>", "<h2>General provisions of the act</h2>"),
    ("casing", "fr", "<h2>DISPOSITIONS GÉNÉRALES DE LA LOI</h2>", "<h2>Dispositions générales de la loi</h2>"),
    ("space in numbers", "fr", "<p>Amende de 35 000 €.</p>", "<p>Amende de 35&nbsp;000 €.</p>"),
    ("entity", "en", "<p>Terms &amp;amp; conditions of the office apply here.</p>", "<p>Terms &amp; conditions of the office apply here.</p>"),
    ("last updated", "en", "<p>Last updated: 3 May 2026</p>", "<p>Last updated: 9 June 2026</p>"),
    ("last updated", "fr", "<p>Dernière mise à jour : 3 mai 2026</p>", "<p>Dernière mise à jour : 9 juin 2026</p>"),
    ("last updated", "zh", "<p>更新日期：2026年5月3日</p>", "<p>更新日期：2026年6月9日</p>"),
    ("last updated", "de", "<p>Zuletzt aktualisiert: 3. Mai 2026</p>", "<p>Zuletzt aktualisiert: 9. Juni 2026</p>"),
    ("date written otherwise", "en", "<p>Applies from May 3, 2026.</p>", "<p>Applies from 3 May 2026.</p>"),
    ("date written otherwise", "fr", "<p>À partir du 1er mai 2026.</p>", "<p>À partir du 1 mai 2026.</p>"),
    ("date written otherwise", "zh", "<p>自2026年5月3日起施行。</p>", "<p>自 2026 年 5 月 3 日起施行。</p>"),
    ("relative time", "en", "<p>Updated today</p>", "<p>Updated 3 days ago</p>"),
    ("relative time", "fr", "<p>il y a 3 jours</p>", "<p>il y a 2 heures</p>"),
    ("relative time", "zh", "<p>3天前</p>", "<p>5小时前</p>"),
    ("relative time", "de", "<p>vor 3 Tagen</p>", "<p>vor einer Stunde</p>"),
    ("views", "en", "<p>1,204 views</p>", "<p>1,377 views</p>"),
    ("views", "fr", "<p>1204 vues</p>", "<p>1377 vues</p>"),
    ("views", "zh", "<p>阅读次数：1204</p>", "<p>阅读次数：1377</p>"),
    ("greeting", "en", "<p>Good morning, welcome to the office of models</p>", "<p>Good evening, welcome to the office of models</p>"),
    ("greeting", "fr", "<p>Bonjour, bienvenue au bureau des modèles</p>", "<p>Bonsoir, bienvenue au bureau des modèles</p>"),
    ("copyright year", "en", "<p>© 2025 Office of Models</p>", "<p>© 2026 Office of Models</p>"),
    ("copyright range", "en", "<p>Copyright 2019-2025 Office. All rights reserved.</p>", "<p>Copyright 2019-2026 Office. All rights reserved.</p>"),
    ("copyright year", "fr", "<p>© 2025 Bureau. Tous droits réservés.</p>", "<p>© 2026 Bureau. Tous droits réservés.</p>"),
    ("year alone", "en", "<span>Office</span><p>2025</p>", "<span>Office</span><p>2026</p>"),
    ("paragraphs merged", "en", "<p>The logs are kept by the provider.</p><p>They are never sold to anybody.</p>", "<p>The logs are kept by the provider. They are never sold to anybody.</p>"),
    ("paragraphs merged", "fr", "<p>Les journaux sont conservés par le fournisseur.</p><p>Ils ne sont jamais vendus.</p>", "<p>Les journaux sont conservés par le fournisseur. Ils ne sont jamais vendus.</p>"),
    ("paragraphs merged", "zh", "<p>日志由提供者保存。</p><p>日志不得出售给任何人。</p>", "<p>日志由提供者保存。日志不得出售给任何人。</p>"),
    ("paragraph split", "de", "<p>Protokolle bleiben beim Anbieter. Sie werden nie verkauft.</p>", "<p>Protokolle bleiben beim Anbieter.</p><p>Sie werden nie verkauft.</p>"),
    ("list became paragraphs", "en", "<ul><li>the name of the provider</li><li>the purpose of the model</li></ul>", "<p>the name of the provider</p><p>the purpose of the model</p>"),
    ("clauses get numbers", "en", "<p>Overview of the duties of providers.</p><p>Use of the model by deployers.</p>", "<p>A.1. Overview of the duties of providers.</p><p>A.2. Use of the model by deployers.</p>"),
    ("clauses get numbers", "fr", "<p>Vue d'ensemble des obligations.</p><p>Usage du modèle.</p>", "<p>1. Vue d'ensemble des obligations.</p><p>2. Usage du modèle.</p>"),
    ("order of sections", "en", "<p>The office has a registry.</p><p>The court hears appeals of providers.</p>", "<p>The court hears appeals of providers.</p><p>The office has a registry.</p>"),
    ("order of names", "en", "<p>Members: Chile, Ghana, Japan, Norway</p>", "<p>Members: Norway, Chile, Japan, Ghana</p>"),
    ("order of names", "fr", "<p>Membres : Chili, Ghana, Japon, Norvège</p>", "<p>Membres : Norvège, Chili, Japon, Ghana</p>"),
    ("abbreviation spelt out", "en", "<p>It conforms to the GPAI code.</p>", "<p>It conforms to the GPAI (general purpose artificial intelligence) code.</p>"),
    ("abbreviation spelt out", "fr", "<p>Conforme au RGAA 4.1.</p>", "<p>Conforme au RGAA 4.1 (Référentiel général d'amélioration de l'accessibilité).</p>"),
    ("address on the same host", "en", "<p>See https://office.example/en/forms for the forms.</p>", "<p>See https://office.example/forms for the forms.</p>"),
    ("tracking part", "en", "<p>See https://office.example/?utm_source=a for forms.</p>", "<p>See https://office.example/?utm_source=b for forms.</p>"),
    ("opens in a new window", "en", "<p>See the forms (opens in a new window).</p>", "<p>See the forms.</p>"),
    ("opens in a new window", "fr", "<p>Voir les formulaires (nouvelle fenêtre).</p>", "<p>Voir les formulaires.</p>"),
    ("reference with a date", "en", "<p>Reference: guidance-20260105</p>", "<p>Reference: guidance-20260304</p>"),
    ("inflection", "en", "<p>Change it in your account setting.</p>", "<p>Change it in your account settings.</p>"),
    ("apostrophe", "en", "<p>How its used by the office.</p>", "<p>How it's used by the office.</p>"),
    ("small words", "en", "<p>The office in the capital of country.</p>", "<p>The office in the capital of the country.</p>"),
    ("soft hyphen", "de", "<p>Die Datenschutz&shy;behörde prüft.</p>", "<p>Die Datenschutzbehörde prüft.</p>"),
    ("zero width space", "en", "<p>The office&#8203; decides on it.</p>", "<p>The office decides on it.</p>"),
]  # fmt: skip

NAV = "<nav><a href='/a'>Home</a> <a href='/b'>{}</a></nav>"
FOOT = "<footer><p>{}</p></footer>"
BANNER = (
    "<div class='x'><p>We use cookies to make this site better and to count visits.</p>"
    "<button>Accept all</button><button>Reject</button></div>"
)
BANNIERE = (
    "<div class='x'><p>Nous utilisons des cookies pour mesurer l'audience de ce site.</p>"
    "<a href='#'>Tout accepter</a><a href='#'>Tout refuser</a></div>"
)
COOKIES_ZH = "<div class='x'><p>本网站使用 Cookie 以改善服务并统计访问量，您可以管理您的选择。</p><button>同意</button><button>拒绝</button></div>"
MENU = "<div class='z'><ul>{}</ul></div>"


def links(*names: str) -> str:
    return MENU.format("".join(f"<li><a href='/{name}'>{name}</a></li>" for name in names))


# (name, language, beside the text before, after)
BESIDE = [
    ("menu entry", "en", NAV.format("Terms may change"), NAV.format("You must sign in")),
    ("menu entry", "fr", NAV.format("Obligations"), NAV.format("Interdictions")),
    ("menu entry", "zh", NAV.format("应当"), NAV.format("不得")),
    ("footer", "en", FOOT.format("Fees: 100 EUR"), FOOT.format("Fees: 200 EUR")),
    ("footer", "fr", FOOT.format("Tarif : 100 €"), FOOT.format("Tarif : 200 €")),
    ("consent banner comes", "en", "", BANNER),
    ("consent banner goes", "en", BANNER, ""),
    ("consent banner comes", "fr", "", BANNIERE),
    ("consent banner comes", "zh", "", COOKIES_ZH),
    ("list of links without a nav", "en", links("One", "Two", "Three"), links("One", "Two", "Model 5.1")),
    ("list of links without a nav", "fr", links("Un", "Deux", "Trois"), links("Un", "Deux", "Modèle 5.1")),
    ("list of links without a nav", "zh", links("一", "二"), links("一", "新模型")),
    ("aside with an appeal", "en", "<aside><p>You must see our offers</p></aside>", "<aside><p>You may win 500 EUR</p></aside>"),
    ("hidden text", "en", "<div hidden><p>You must not read this.</p></div>", "<div hidden><p>You may read this.</p></div>"),
    ("a script's words", "en", "<script>var must = 1</script>", "<script>var mustNot = 2</script>"),
    ("dialog", "en", "", "<div role='dialog'><p>Subscribe to our newsletter and win 10 EUR.</p></div>"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "language", "old", "new"), LAW)
def test_law_is_told_whatever_it_looks_like(name: str, language: str, old: str, new: str) -> None:
    assert verdict_of(page(old, language=language), page(new, language=language)) is Tier.SUBSTANTIVE, name


@pytest.mark.parametrize(("name", "language", "old", "new"), FURNITURE)
def test_what_reads_the_same_is_not_told_as_a_change_of_substance(name: str, language: str, old: str, new: str) -> None:
    assert verdict_of(page(old, language=language), page(new, language=language)) is not Tier.SUBSTANTIVE, name


@pytest.mark.parametrize(("name", "language", "old", "new"), BESIDE)
@pytest.mark.parametrize("place", ["before", "after"])
def test_what_stands_beside_the_text_is_not_told(name: str, language: str, old: str, new: str, place: str) -> None:
    pages = [page(language=language, **{place: part}) for part in (old, new)]
    assert verdict_of(pages[0], pages[1]) not in (Tier.SUBSTANTIVE, Tier.EDITORIAL), name
