# ruff: noqa: E501 - sentences of three languages stand one a line
"""An invented library of regulations in three languages that change over the months: for pages worth looking at.

Everything is seeded: the same numbers give the same library. Texts are ours; no place of the world is meant.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import visits

from tracker import model
from tracker.diff import edits
from tracker.diff.summary import headline
from tracker.model import Block, State, Tier

START = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
AREAS = (
    "safety-governance", "data-supply", "digital-infrastructure", "industry-empowerment", "standards-norms",
    "public-sector", "energy-environment", "open-ecosystem", "capacity-building", "innovation", "multi-stakeholder",
)  # fmt: skip
PLACES = {"en": ("Northland", "Westmark", "Isles"), "fr": ("Rivage", "Vallon"), "zh": ("海岸", "山城")}
_WORDS = {
    "en": {
        "title": "Act on {topic} ({place})",
        "article": "Article {n}",
        "topics": ("Automated Decisions", "Model Transparency", "Training Data", "Public Registers", "Safety Testing",
                   "Compute Reporting", "Deep Imitations", "Worker Information", "Emergency Shutdown", "Audit Bodies"),
        "heads": ("Scope", "Definitions", "Duties of providers", "Registers", "Testing before use", "Incidents",
                  "Supervision", "Penalties", "Transitional rules", "Entry into force"),
        "who": ("A provider of a general-purpose model", "An operator of an automated system", "A deployer",
                "The supervisory authority", "A public body that uses such a system", "An importer"),
        "verb": ("shall", "may", "must", "shall not"),
        "what": ("notify the authority within {d} days of becoming aware of a serious incident",
                 "keep the technical documentation for {d} months after the system was taken out of service",
                 "publish a summary of the data used for training, in a form that a layperson can read",
                 "place a system on the market before it has been tested by an accredited body",
                 "inform every person concerned that a decision was prepared by a machine",
                 "report the computing power used for training where it exceeds 10^{d} operations",
                 "grant vetted researchers access to the model's evaluation results"),
        "when": ("This paragraph applies from {date}.", "Existing systems have until {date} to comply.",
                 "The authority reviews this list by {date}."),
        "menu": "Last updated {d} days ago · {d} readers",
    },
    "fr": {
        "title": "Loi sur {topic} ({place})",
        "article": "Article {n}",
        "topics": ("l’audit des systèmes", "la transparence des modèles", "l’information des personnes", "les registres publics"),
        "heads": ("Champ d’application", "Définitions", "Obligations des fournisseurs", "Registres", "Essais préalables",
                  "Incidents", "Contrôle", "Sanctions", "Dispositions transitoires", "Entrée en vigueur"),
        "who": ("Le fournisseur d’un modèle à usage général", "L’exploitant d’un système automatisé", "L’autorité de contrôle"),
        "verb": ("doit", "peut", "ne peut pas"),
        "what": ("notifier tout incident grave à l’autorité dans un délai de {d} jours",
                 "conserver la documentation technique pendant {d} mois",
                 "publier un résumé des données utilisées pour l’entraînement",
                 "informer toute personne concernée qu’une décision a été préparée par une machine"),
        "when": ("Le présent paragraphe s’applique à compter du {date}.", "L’autorité revoit cette liste avant le {date}."),
        "menu": "Mis à jour il y a {d} jours",
    },
    "zh": {
        "title": "{place}{topic}办法",
        "article": "第{n}条",
        "topics": ("人工智能安全评估", "算法备案", "训练数据管理", "生成内容标识"),
        "heads": ("适用范围", "定义", "提供者的义务", "登记", "使用前测试", "事件报告", "监督管理", "罚则", "过渡规定", "施行日期"),
        "who": ("人工智能服务提供者", "算法推荐服务提供者", "主管部门"),
        "verb": ("应当", "可以", "不得"),
        "what": ("在{d}日内向主管部门报告严重安全事件", "将技术文档保存{d}个月", "以通俗易懂的方式公布训练数据摘要", "向用户告知该决定由机器作出"),
        "when": ("本款自{date}起施行。", "主管部门应于{date}前复审该目录。"),
        "menu": "{d}天前更新",
    },
}  # fmt: skip


def _day(language: str, day: date) -> str:
    months = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
              "November", "December")  # fmt: skip
    mois = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
            "novembre", "décembre")  # fmt: skip
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {(months if language == 'en' else mois)[day.month - 1]} {day.year}"


def sentence(draw: random.Random, language: str) -> tuple[str, date | None]:
    """A paragraph, and the date in it where there is one."""
    words = _WORDS[language]
    said = " ".join if language != "zh" else "".join
    text = said([draw.choice(words["who"]), draw.choice(words["verb"]), draw.choice(words["what"])])
    text = text.replace("{d}", str(draw.choice((10, 15, 21, 30, 60)))) + ("。" if language == "zh" else ".")
    if draw.random() > 0.12:
        return text, None
    day = date(2026, 4, 1) + timedelta(days=draw.randrange(0, 320))
    gap = "" if language == "zh" else " "
    return text + gap + draw.choice(words["when"]).replace("{date}", _day(language, day)), day


def paragraphs(draw: random.Random, language: str, articles: int) -> list[Block]:
    """An act: articles with headings and numbered paragraphs."""
    words, made = _WORDS[language], []
    for n in range(1, articles + 1):
        name = words["article"].replace("{n}", str(n))
        made.append(Block(f"{name} {words['heads'][(n - 1) % 10]}", "heading", 2, name, name, f"art_{n}"))
        for p in range(1, draw.randrange(3, 6)):
            text, _ = sentence(draw, language)
            made.append(Block(text, "item", 1, f"({p})", f"{name}({p})", f"art_{n}__para_{p}"))
    return made


@dataclass
class Act:
    """A document of the library and how it stands."""

    name: str
    source: model.Source
    title: str
    text: model.Text


def _text(blocks: list[Block], title: str, language: str) -> model.Text:
    digest = hashlib.sha256("\n".join(block.text for block in blocks).encode()).hexdigest()
    return model.Text(digest, tuple(blocks), title, language)


def acts(draw: random.Random, number: int, articles: int = 10) -> Iterator[Act]:
    """Documents in their first wording."""
    for at in range(number):
        language = ("en", "en", "fr", "zh")[at % 4]
        words, place = _WORDS[language], PLACES[language][(at // 3) % len(PLACES[language])]
        title = words["title"].format(topic=words["topics"][(at // 4) % len(words["topics"])], place=place)
        name = f"act-{at:05d}"
        source = model.Source(
            id=name, url=f"https://acts.example/{name}", title=title, jurisdiction=place, language=language,
            schedule="6h", areas=(AREAS[at % len(AREAS)],), groups=("acts",), question="Who must do what, from when?",
        )  # fmt: skip
        yield Act(name, source, title, _text(paragraphs(draw, language, articles), title, language))


def revised(draw: random.Random, act: Act) -> tuple[model.Text, date | None]:
    """The act's next wording: some paragraphs reworded, now and then one more or one less."""
    blocks, day = list(act.text.blocks), None
    inner = [at for at, block in enumerate(blocks) if block.kind == "item"]
    for at in draw.sample(inner, min(len(inner), draw.randrange(1, 4))):
        kind, old = draw.random(), blocks[at]
        if kind < 0.55:
            blocks[at] = replace(old, text=_reworded(draw, old.text, act.source.language))
        elif kind < 0.85:
            text, found = sentence(draw, act.source.language)
            day = found or day
            blocks[at] = replace(old, text=text)
        else:
            blocks[at] = replace(old, text=old.text + " ")
    if draw.random() < 0.3:
        text, found = sentence(draw, act.source.language)
        day = found or day
        at = draw.choice(inner)
        blocks.insert(
            at + 1, replace(blocks[at], text=text, number="(1a)", eid=f"{blocks[at].eid}-a{draw.randrange(10**6)}")
        )
    return _text(blocks, act.title, act.source.language), day


def _reworded(draw: random.Random, text: str, language: str) -> str:
    verbs = sorted(_WORDS[language]["verb"], key=len, reverse=True)  # "shall not" before "shall"
    gap = "" if language == "zh" else " "
    for verb in verbs:
        if f"{gap}{verb}{gap}" in text:
            other = draw.choice([other for other in verbs if other != verb])
            return text.replace(f"{gap}{verb}{gap}", f"{gap}{other}{gap}", 1)
    return text


Classify = Callable[[model.Comparison, str], model.Classification]


def change(
    draw: random.Random, act: Act, new: model.Text, now: datetime, day: date | None, classify: Classify | None = None
) -> model.Change | None:
    """What a visit would say of it; None where nothing differs."""
    comparison = edits.compare(act.text.blocks, new.blocks)
    if not comparison.edits:
        return None
    if day:
        comparison = replace(
            comparison,
            deadlines=(
                model.Deadline(
                    _day(act.source.language, day), "application", day, "", _short(comparison.edits[0].new_text)
                ),
            ),
            references=(model.Reference("Regulation (EU) 2024/1689", "act", "eu:reg:2024/1689"),),
        )
    tier = draw.choices((Tier.SUBSTANTIVE, Tier.EDITORIAL, Tier.NOISE), (6, 2, 2))[0]
    state = State.SILENT if tier is Tier.NOISE else State.TOLD
    first = comparison.edits[0]
    words = first.new_text or first.old_text
    main = act.source.areas[0]
    evidence = model.Evidence(0, min(len(words), 14), 0.8, words[:14], 0, "new" if first.new else "old")
    areas = (model.AreaScore(main, 0.82, (evidence,)), model.AreaScore(draw.choice(AREAS), 0.31))
    found = model.Classification(act.source.language, tuple({a.id: a for a in reversed(areas)}.values()), main)
    if classify:
        found = classify(comparison, act.source.language)
    modal = next((text.strip() for kind, text in first.spans if kind != "=" and text.strip()), words[:18])
    summary = {language: headline(comparison, language) for language in ("en", "fr", "zh")}
    return model.Change(
        id=hashlib.sha256(f"{act.name}{act.text.fingerprint}{new.fingerprint}{now}".encode()).hexdigest()[:32],
        old=act.text.fingerprint, new=new.fingerprint, seen=now, comparison=comparison,
        assessment=model.Assessment(
            tier, state, 0.93, (model.Reason("meaning", "modality", "The modal verb differs.", (modal[:60],)),),
        ),
        classification=found,
        summary=summary, told=now if state is State.TOLD else None,
    )  # fmt: skip


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:60].rsplit(" ", 1)[0] + " …"


def visit(act: Act, now: datetime, new: model.Text, changes: tuple[model.Change, ...] = ()) -> visits.Visited:
    """A visit of the act's source that found `new`."""
    made = visits.visit(now, new, changes=changes, told=new.fingerprint, name=act.name)
    (one,) = made.documents
    document = replace(one, title=act.title, url=act.source.url, language=act.source.language)
    return replace(made, source=act.source, documents=(document,), next_check_at=now + timedelta(hours=6))


def fill(
    records: object, *, acts_number: int = 24, months: int = 12, seed: int = 7, classify: Classify | None = None
) -> datetime:
    """Fills a database through its own records; gives the moment after the last visit."""
    draw = random.Random(seed)
    now = START
    for act in acts(draw, acts_number):
        records.record(visit(act, now, act.text))  # type: ignore[attr-defined] # store.records.Records
        for month in range(1, months + 1):
            at = now + timedelta(days=30 * month + draw.randrange(0, 20), hours=draw.randrange(0, 9))
            if draw.random() < 0.45:
                continue
            new, day = revised(draw, act)
            found = change(draw, act, new, at, day, classify)
            if found is not None:
                records.record(visit(act, at, new, (found,)))  # type: ignore[attr-defined] # the same
                act.text = new
    return now + timedelta(days=30 * months + 21)
