"""A document's life in tests: pages as served, one visit after another, judged as the records would feed them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tracker.assess import verdict
from tracker.formats.html import read_html
from tracker.model import Change, Judged, Past, Reading, State, Text, Tier

START = datetime(2026, 3, 2, 8, tzinfo=UTC)

TEXT = {
    "en": "<h1>Guidance on general-purpose models</h1>"
    "<p>The provider of a general-purpose model keeps the technical documentation of the model up to date and makes it "
    "available to the office on request.</p>"
    "<p>The office examines the documentation and answers the provider in writing; the answer says which parts of the "
    "documentation are to be completed.</p>"
    "<p>Deployers inform the people concerned in plain language before the system is put into service at the "
    "workplace.</p>",
    "fr": "<h1>Lignes directrices sur les modèles</h1>"
    "<p>Le fournisseur d'un modèle à usage général tient à jour la documentation technique du modèle et la met à la "
    "disposition du bureau sur demande.</p>"
    "<p>Le bureau examine la documentation et répond au fournisseur par écrit ; la réponse indique les parties de la "
    "documentation à compléter.</p>"
    "<p>Les déployeurs informent les personnes concernées dans un langage clair avant la mise en service du système "
    "sur le lieu de travail.</p>",
    "zh": "<h1>通用模型管理指引</h1>"
    "<p>通用模型的提供者对模型的技术文件保持更新，并按照主管部门的要求向主管部门提供该技术文件以及相关的说明材料和测试报告，主管部门对其中的商业秘密予以保密。</p>"
    "<p>主管部门对技术文件进行审查，并以书面形式答复提供者，答复中说明技术文件需要补充的部分以及补充的方式和理由，提供者收到答复后进行补充。</p>"
    "<p>部署者在系统投入使用之前，以通俗易懂的语言向劳动者说明系统的用途、工作方式和数据来源，并听取劳动者代表的意见，意见应记录在案。</p>",
    "de": "<h1>Leitlinien für Modelle</h1>"
    "<p>Der Anbieter eines Modells mit allgemeinem Verwendungszweck hält die technische Dokumentation des Modells auf "
    "dem neuesten Stand und stellt sie dem Amt auf Anfrage bereit.</p>"
    "<p>Das Amt prüft die Dokumentation und antwortet dem Anbieter schriftlich; die Antwort nennt die Teile der "
    "Dokumentation, die zu ergänzen sind.</p>"
    "<p>Betreiber unterrichten die betroffenen Personen in einfacher Sprache vor der Inbetriebnahme des Systems am "
    "Arbeitsplatz.</p>",
}  # fmt: skip


def page(main: str = "", *, language: str = "en", before: str = "", after: str = "", title: str = "Guidance") -> str:
    """A page as a plain site serves it: the running text of a language, then `main`."""
    return (
        f"<html lang='{language}'><head><title>{title}</title></head><body>{before}"
        f"<div class='wrap'><div class='text'>{TEXT[language]}{main}</div></div>{after}</body></html>"
    )


@dataclass
class Life:
    """`past` is what the records know; `changes` all changes by id, in their latest state."""

    name: str = "source"
    now: datetime = START
    past: Past = field(default_factory=Past)
    changes: dict[str, Change] = field(default_factory=dict)

    def show(self, html: str | Reading, *, hours: float = 24.0, host: Mapping[str, Any] | None = None) -> Judged:
        """The next visit, `hours` after the last one."""
        self.now += timedelta(hours=hours)
        reading = read_html(html.encode()) if isinstance(html, str) else html
        past = self.past if host is None else Past(
            self.past.told, self.past.latest, self.past.memory, host, self.past.pending
        )  # fmt: skip
        judged = verdict.judge(self.name, past, reading, self.now)
        self._keep(judged)
        return judged

    def _keep(self, judged: Judged) -> None:
        self.changes.update({change.id: change for change in judged.changes})
        waiting = [change for change in self.changes.values() if change.assessment.state is State.PENDING]
        latest = judged.text or self.past.latest
        told = self.past.told
        if judged.told is not None:
            told = next((text for text in (latest, told) if text and text.fingerprint == judged.told), told)
        memory, host = judged.memory or self.past.memory, judged.host or self.past.host
        self.past = Past(told, latest, memory, host, max(waiting, key=lambda c: c.seen, default=None))

    @property
    def told(self) -> list[Change]:
        """What subscribers were told, in order."""
        return [change for change in self.changes.values() if change.told is not None]

    @property
    def text(self) -> Text:
        """The text that readers know."""
        assert self.past.told is not None
        return self.past.told


def verdict_of(old: str, new: str) -> Tier:
    """The tier of the one change between two pages, the second of which stays."""
    life = Life()
    life.show(old)
    judged = life.show(new)
    if not judged.changes:
        return Tier.GLITCH if judged.glitch else Tier.NOISE
    return judged.changes[-1].assessment.tier


def news_of(old: str, new: str) -> bool:
    """Whether readers of substantive changes are told within a day and a night."""
    life = Life()
    life.show(old)
    life.show(new)
    life.show(new)
    return any(change.assessment.tier is Tier.SUBSTANTIVE for change in life.told)
