"""Words that mislead: what must not be given, and what must be given all the same."""

# ruff: noqa: E501 - the cases read as a table

from __future__ import annotations

import pytest

from tracker.classify import classifier

NOT = [
    # Other things that only sound like an area.
    ("fire exits", "疏散通道、安全出口应当保持畅通，不得堵塞。", "safety-governance"),
    ("production safety", "生产经营单位应当遵守安全生产的法律，设置安全生产管理机构。", "safety-governance"),
    ("food safety", "食品生产经营者应当保证食品安全，接受监督检查。", "safety-governance"),
    ("seat belts", "机动车行驶时，驾驶人应当按照规定使用安全带。", "safety-governance"),
    ("special equipment", "特种设备安全监督管理部门应当对电梯的安全进行检查。", "safety-governance"),
    ("standard of living", "The allowance shall allow a decent standard of living for the family.", "standards-norms"),
    ("standard rate", "The standard rate of value added tax is twenty per cent.", "standards-norms"),
    ("standard contractual", "Standard contractual terms of carriage are set out in the annex.", "standards-norms"),
    ("fee standards", "收费标准由价格主管部门核定并向社会公布。", "standards-norms"),
    ("minimum wage standards", "用人单位支付的工资不得低于当地最低工资标准。", "standards-norms"),
    ("product certificates", "不符合认证标准而使用认证标志出厂销售的，责令停止销售，处以罚款。", "standards-norms"),
    ("open-ended contract", "Open-ended contracts are the normal form of employment.", "open-ecosystem"),
    ("opening hours", "The opening hours of the registry are posted at the door.", "open-ecosystem"),
    ("opening of bids", "L'ouverture des plis a lieu en séance publique.", "open-ecosystem"),
    ("open day", "档案馆的开放时间应当公布。", "open-ecosystem"),
    ("a committee's name", "The Energy and Commerce Committee will meet on Tuesday at ten.", "energy-environment"),
    ("a department's name", "The Secretary of Energy shall appoint a clerk.", "energy-environment"),
    ("a council's name", "The Department of Education shall publish the list of holidays.", "capacity-building"),
    ("energy drinks", "Energy drinks shall not be sold to persons under sixteen.", "energy-environment"),
    ("home insulation", "鼓励民用建筑使用太阳能热水系统，降低采暖能耗。", "energy-environment"),
    ("energy audits", "重点用能单位未按照规定开展能源审计的，处五千元以上二万元以下罚款。", "energy-environment"),
    ("energy of buildings", "Le diagnostic de performance énergétique est annexé à l'acte de vente.", "energy-environment"),
    ("sustainable finance", "Financial market participants disclose how they consider environmental impact.", "energy-environment"),
    ("training of drivers", "The training of bus drivers shall include first aid.", "capacity-building"),
    ("formation of a court", "La formation restreinte statue en dernier ressort.", "capacity-building"),
    ("legal capacity", "A person has legal capacity to contract from the age of eighteen.", "capacity-building"),
    ("capacity of a vessel", "The capacity of the hold shall be stated in cubic metres.", "capacity-building"),
    ("vocational training", "职业学校应当安排学生实习，保障其休息和报酬。", "capacity-building"),
    ("a trade's school", "L'apprenti boulanger suit une formation de deux ans.", "capacity-building"),
    ("road network", "The road network of the county is maintained by the highway department.", "digital-infrastructure"),
    ("wood chips", "Wood chips and sawdust shall be stored away from buildings.", "digital-infrastructure"),
    ("clouds", "Pilots shall report cloud cover and visibility.", "digital-infrastructure"),
    ("computing a period", "In computing the period of days, the day of the event is excluded.", "digital-infrastructure"),
    ("railway stations", "Le réseau ferroviaire est entretenu par l'exploitant.", "digital-infrastructure"),
    ("security deposit", "The security deposit is returned at the end of the lease.", "safety-governance"),
    ("social security", "Social security contributions are paid by the employer.", "safety-governance"),
    ("sécurité sociale", "Les cotisations de sécurité sociale sont dues chaque mois.", "safety-governance"),
    ("sécurité routière", "Le comité de la sécurité routière se réunit deux fois par an.", "safety-governance"),
    ("risk of loss", "The risk of loss passes to the buyer on delivery of the goods.", "safety-governance"),
    ("prudential risk", "Insurance undertakings shall hold own funds to cover underwriting risk.", "safety-governance"),
    ("incident of the estate", "The incidents of the tenancy are set out in the deed.", "safety-governance"),
    ("transparency of timber", "The transparency of prices for timber is ensured by weekly lists.", "safety-governance"),
    ("alignment of accounts", "The accounts of branches are aligned at the end of the year.", "safety-governance"),
    ("public transport", "The public may visit the gardens on Sundays.", "public-sector"),
    ("public house", "A public house may sell cider until eleven o'clock.", "public-sector"),
    ("administration of a drug", "The administration of the vaccine is recorded on the card.", "public-sector"),
    ("conseil d'administration", "Le conseil d'administration élit son président.", "public-sector"),
    ("stakeholder of a bet", "A stakeholder who holds the stakes of a wager must pay the winner.", "multi-stakeholder"),
    ("general meeting", "Shareholders participate in the general meeting in person or by proxy.", "multi-stakeholder"),
    ("working of mines", "L'exploitation des mines donne lieu au paiement d'une redevance.", "industry-empowerment"),
    ("farm animals", "Livestock shall be tagged and the herd register kept on the farm.", "industry-empowerment"),
    ("medical devices", "Devices shall achieve the performance intended by their manufacturer.", "industry-empowerment"),
    ("copyright of a stamp", "Chapter titles are for convenience only and have no legal effect.", "data-supply"),
    ("popular science", "科技馆应当常年向公众开放，对青少年实行优惠。", "innovation"),
    ("science archives", "科学技术档案应当完整、准确地保存。", "innovation"),
    ("economic growth of trees", "The growth of trees near power lines shall be checked.", "opportunities"),
    ("job opening", "The vacancy notice lists the job opening and the closing date.", "opportunities"),
    ("united in marriage", "The parties were united in marriage by the registrar.", "global-digital-compact"),
    # Excluded in so many words.
    ("scope: energy", "This Regulation does not apply to energy consumption or water use.", "energy-environment"),
    ("scope: personal data", "This Act does not apply to the processing of personal data.", "data-supply"),
    ("other than", "Services other than cloud computing services and data centres are taxed.", "digital-infrastructure"),
    ("ne s'applique pas", "La présente loi ne s'applique pas aux logiciels libres.", "open-ecosystem"),
    ("不适用本法", "人工智能的风险评估和算法备案不适用本法。", "safety-governance"),
    # Names that are names.
    ("Data Act as a name", "The Data Act entered into force on 11 January.", "data-supply"),
    ("Chips Act as a name", "The amendment to the Chips Act was published on Monday.", "energy-environment"),
    ("Standards Act", "The Standards Act received assent last year.", "standards-norms"),
]  # fmt: skip

GIVEN = [
    ("standard contractual clauses", "Transfers of personal data may rest on standard contractual clauses.", "data-supply"),
    ("upper case", "PROVIDERS OF HIGH-RISK AI SYSTEMS SHALL REPORT SERIOUS INCIDENTS.", "safety-governance"),
    ("residue of a page", "<p>Les&nbsp;logiciels <b>libres</b> &amp; le code source ouvert</p>", "open-ecosystem"),
    ("traditional characters", "個人資料的蒐集、處理應當取得當事人同意，保護隱私。", "data-supply"),
    ("Taiwanese words", "人工智慧風險評估與演算法透明應當落實。", "safety-governance"),
    ("broken at the line's end", "The agency shall support the standardi-\nsation of AI: ISO and IEC stan-\ndards.", "standards-norms"),
    ("soft hyphens", "All per\u00adsonal da\u00adta shall be anony\u00admised and privacy protected.", "data-supply"),
    ("ligatures", "The ofﬁce evaluates high-risk AI and its ﬁtness: risk management, incidents.", "safety-governance"),
    ("spaces between characters", "处 理 个 人 信 息 应 当 取 得 同 意", "data-supply"),
    ("a line break inside", "加快算力\n基础设施和数据\n中心建设", "digital-infrastructure"),
    ("double negation", "Nothing in this Act weakens the duty to report serious incidents of high-risk AI.", "safety-governance"),
    ("next sentence", "This Act does not apply to tobacco. Open source software and open-source licences are preferred.", "open-ecosystem"),
    ("an abbreviation", "Les travaux de l'ISO et de la CEI sur les normes d'IA avancent.", "standards-norms"),
    ("a Chinese text with an English name", "支持企业参与ISO/IEC JTC 1的人工智能国际标准制定。", "standards-norms"),
    ("another language's law", "Die Verordnung (EU) 2016/679 (GDPR) gilt auch hier.", "data-supply"),
    ("the compact", "The Global Digital Compact was endorsed by the General Assembly.", "global-digital-compact"),
    ("le pacte", "Le Pacte numérique mondial prévoit un groupe scientifique international.", "global-digital-compact"),
    ("数字契约", "落实《全球数字契约》，弥合数字鸿沟。", "global-digital-compact"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "area"), [case[1:] for case in NOT], ids=[case[0] for case in NOT])
def test_words_that_mislead_give_no_area(text: str, area: str) -> None:
    assert area not in [found.id for found in classifier.load().classify(text).areas]


@pytest.mark.parametrize(("text", "area"), [case[1:] for case in GIVEN], ids=[case[0] for case in GIVEN])
def test_disguised_words_still_give_their_area(text: str, area: str) -> None:
    assert area in [found.id for found in classifier.load().classify(text).areas]
