"""Principles and themes: sentences of our own, written for each one's definition, in three languages.

No labelled passages say what principles and themes a text has, so these sentences show only that the words of each
definition are found and that they are not given freely. Two readers' labels of some 300 passages would be needed to
say more.
"""

# ruff: noqa: E501 - the cases read as a table

from __future__ import annotations

from tracker.classify import classifier

CASES = [
    ("common-good", "Artificial intelligence is to serve human well-being and the common good."),
    ("common-good", "AI systems should be human-centric and benefit all of humanity."),
    ("common-good", "L'intelligence artificielle doit servir le bien commun et le progrès social."),
    ("common-good", "L'IA est un bien public mondial au service de l'humanité."),
    ("common-good", "坚持以人为本、智能向善，发展人工智能造福人类。"),
    ("sovereignty", "Each country decides on its own AI policy; digital sovereignty and data sovereignty are respected."),
    ("sovereignty", "A sovereign cloud and sovereign compute strengthen strategic autonomy in AI."),
    ("sovereignty", "La souveraineté numérique exige des centres de données sous notre droit."),
    ("sovereignty", "尊重各国网络主权和数据主权，自主选择人工智能治理道路。"),
    ("sovereignty", "推动人工智能芯片自主可控，维护国家主权。"),
    ("equity", "Equitable access to compute and data must keep AI from widening inequalities."),
    ("equity", "The AI divide between rich and poor countries must shrink; regional disparities need attention."),
    ("equity", "L'IA doit réduire les inégalités et garantir un accès équitable au calcul."),
    ("equity", "缩小数字鸿沟，促进人工智能发展的公平，减少不平等。"),
    ("safety-controllability", "AI systems remain auditable, predictable and under human control."),
    ("safety-controllability", "Human oversight guards against loss of control of advanced AI systems."),
    ("safety-controllability", "Les systèmes d'IA restent auditables et sous contrôle humain, sans perte de contrôle."),
    ("safety-controllability", "确保人工智能安全可控、可追溯，始终处于人类控制之下。"),
    ("fairness-accessibility", "AI must be inclusive and accessible to all, the Global South above all, and never discriminate."),
    ("fairness-accessibility", "Accessibility for persons with disabilities and fairness guide our digital public services."),
    ("fairness-accessibility", "L'IA doit être inclusive, équitable et accessible à tous, sans discrimination."),
    ("fairness-accessibility", "坚持公平普惠，让全球南方共享人工智能，防止歧视。"),
    ("openness-cooperation", "Openness, multilateralism and international cooperation guide AI governance; developing countries help to make the norms."),
    ("openness-cooperation", "We deepen international cooperation on AI in a spirit of openness."),
    ("openness-cooperation", "L'ouverture et la coopération internationale, dans un cadre multilatéral, guident la gouvernance de l'IA."),
    ("openness-cooperation", "坚持开放合作和多边主义，加强人工智能国际合作。"),
    ("coordination-mechanism", "A multilateral coordination mechanism for AI under the United Nations will be set up."),
    ("coordination-mechanism", "Un mécanisme de coordination multilatéral de la gouvernance de l'IA verra le jour."),
    ("coordination-mechanism", "建立人工智能治理多边协调机制。"),
    ("shared-standards", "Shared technical standards and common norms cover algorithmic transparency and risk assessment of AI."),
    ("shared-standards", "Des normes techniques communes régissent la transparence des algorithmes d'IA."),
    ("shared-standards", "制定人工智能国际标准和共同的技术标准，提升算法透明度。"),
    ("experimentation-platforms", "An open testing and experimentation facility and a regulatory sandbox let firms try AI."),
    ("experimentation-platforms", "Un bac à sable réglementaire et une plateforme d'expérimentation accueillent les projets d'IA."),
    ("experimentation-platforms", "建设开放的人工智能实验平台和监管沙盒。"),
    ("north-south-south-south", "South-South and North-South cooperation on AI helps developing countries build capacity."),
    ("north-south-south-south", "La coopération Sud-Sud et Nord-Sud renforce les capacités en IA."),
    ("north-south-south-south", "开展人工智能南南合作、南北合作，支持发展中国家能力建设。"),
    ("voluntary-certification", "Voluntary certification and self-regulation show that an AI system is trustworthy."),
    ("voluntary-certification", "Une certification volontaire et un label attestent que le système d'IA est fiable."),
    ("voluntary-certification", "开展人工智能自愿认证，加强行业自律。"),
    ("cybersecurity", "Cybersecurity must be ensured through the life cycle of AI against vulnerabilities and cyberattacks."),
    ("cybersecurity", "La cybersécurité des systèmes d'IA couvre leurs vulnérabilités et les cyberattaques."),
    ("cybersecurity", "保障人工智能网络安全，防范网络攻击和漏洞。"),
    ("malicious-use", "Deepfakes and disinformation are malicious uses of AI."),
    ("malicious-use", "Les hypertrucages et la désinformation sont des usages malveillants de l'IA."),
    ("malicious-use", "防范利用深度伪造制作虚假信息等人工智能恶意使用行为。"),
    ("shared-ethics", "Shared ethical principles for AI are set out in a code of ethics."),
    ("shared-ethics", "Des principes éthiques communs encadrent l'IA, dans une charte éthique."),
    ("shared-ethics", "形成人工智能伦理规范和共同的伦理原则。"),
]  # fmt: skip
PLAIN = [
    "The works contract for the town hall was awarded to the lowest bidder.",
    "The tenant may terminate the lease with three months' notice.",
    "Le bail est résilié de plein droit en cas de non paiement du loyer.",
    "Le président convoque le conseil au moins deux fois par an.",
    "本条例自公布之日起施行。",
    "旅客应当在站台安全线以内候车。",
    "The data centre is cooled by sea water and draws forty megawatts.",
    "La fibre optique dessert les communes rurales depuis le mois de mai.",
    "公共数据按照目录向社会开放。",
    "The committee approved the minutes of its last meeting.",
]


def _beside(text: str) -> set[str]:
    found = classifier.load().classify(text)
    return {entry.id for entry in (*found.principles, *found.themes)}


def test_every_principle_and_theme_is_tried() -> None:
    taxonomy = classifier.load().taxonomy
    assert {id_ for id_, _ in CASES} == {entry.id for entry in (*taxonomy.principles, *taxonomy.themes)}


def test_sentences_written_for_a_definition_mostly_get_it() -> None:
    missed = [(id_, text) for id_, text in CASES if id_ not in _beside(text)]
    assert len(missed) <= len(CASES) // 10, missed


def test_other_texts_hardly_get_a_principle_or_a_theme() -> None:
    assert len([text for text in PLAIN if _beside(text)]) <= len(PLAIN) // 10
