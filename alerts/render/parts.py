"""What a change's mail is made of: chips for the eye, cards of edits with what stands around them, facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from alerts import links
from alerts.render import redline, words
from alerts.render.language import Texts
from alerts.render.redline import EditView, short
from alerts.told import Around, Told
from tracker.model import Classification, Deadline, Tier

EVIDENCE = 4  # words shown an area
AREAS = 6
CHIPS = 2  # areas shown as chips
DEADLINES = 12
PLACES = 12
NEAR = 150  # characters of an unchanged neighbour: about two lines on a phone, one on a desk


def main_area(found: Classification) -> str:
    """The main area's id, the strongest where none is main; "" without any."""
    return found.main or (found.areas[0].id if found.areas else "")


def ahead(told: Told) -> list[Deadline]:
    """The dates that the new text brings and that were still to come when it was seen."""
    seen = told.change.seen.date()
    return [d for d in told.change.comparison.deadlines if d.date and d.side == "new" and d.date >= seen]


def next_date(told: Told) -> Deadline | None:
    """The date that a subject names: the first ahead, one that binds before one that is only mentioned."""
    order = {"application": 0, "deadline": 0, "repeal": 0, "expiry": 0}
    return min(ahead(told), key=lambda d: (order.get(d.kind, 1), d.date or date.max), default=None)


def chips(t: Texts, told: Told, names: words.Titles) -> list[dict[str, str]]:
    """What the eye should catch first: the tier where it is not the usual one, the next date, the areas."""
    found, tier = told.change.classification, told.change.assessment.tier
    first, main = next_date(told), main_area(told.change.classification)
    others = [area.id for area in found.areas if area.id != main]
    made = [{"kind": "tier", "text": words.tier(t, tier.value)}] if tier is not Tier.SUBSTANTIVE else []
    if first and (point := words.point(t, first)):
        made.append({"kind": "date", "text": point})
    return made + [
        {"kind": "main" if area == main else "area", "text": words.title(names, area, t.language)}
        for area in [*([main] if main else []), *others][:CHIPS]
    ]


# --------------------------------------------------------------------------------------------- what changed


def cards(t: Texts, edits: Sequence[EditView], around: Sequence[Around], title: str = "") -> list[dict[str, Any]]:
    """The edits in cards: one a place, neighbours of one place together; what is left out between them is counted."""
    made: list[dict[str, Any]] = []
    for at, edit in enumerate(edits):
        near = around[at] if at < len(around) else Around()
        heading = short(near.heading, 80)
        place = words.without_title(short(edit.place, 160), title) or heading
        if not made or near.gap or made[-1]["place"] != place:
            gap = t.tn("{n} unchanged paragraph", "{n} unchanged paragraphs", near.gap) if made and near.gap else ""
            under = heading if heading and not _said(heading, place) else ""
            made.append({"place": place, "under": under, "gap": gap, "edits": []})
        if near.before and near.before == near.heading:  # the heading directly above, which the card names
            near = replace(near, before="")
        made[-1]["edits"].append(_edit(t, edit, near))
    return made


def _said(heading: str, place: str) -> bool:
    return heading in place or place in heading


def _edit(t: Texts, edit: EditView, near: Around) -> dict[str, Any]:
    signs = {sign for sign, words_ in edit.spans if words_.strip()}
    return {
        "kind": edit.kind,
        "what": words.edit(t, edit.kind, short(edit.was, 160)),
        "spans": edit.spans,
        "plain": redline.plain(edit.spans).replace("\n", "\n    "),
        "whole": len(signs) == 1 and "=" not in signs,
        "before": short(near.before, NEAR),
        "after": short(near.after, NEAR),
    }


# --------------------------------------------------------------------------------------------------- facts


def facts(t: Texts, told: Told, names: words.Titles) -> list[dict[str, Any]]:
    """Label and lines: dates, what it affects, the question, areas with their evidence, reasons, other places."""
    count = len(told.places)
    made = [
        (t.t("Dates"), [_deadline(t, line) for line in told.change.comparison.deadlines[:DEADLINES]]),
        (t.t("It may affect"), [_item(text=short(name, 120)) for name in told.source.affects[:8]]),
        (t.t("Your question"), [_item(text=short(told.source.question, 400))] if told.source.question else []),
        (t.t("Areas"), _areas(t, told, names)),
        (t.t("Why it is told"), _reasons(t, told)),
        (
            t.tn("The same edit in {n} other place", "The same edit in {n} other places", count),
            [_item(text=short(p.title, 160) or p.change_id, url=links.safe(p.url)) for p in told.places[:PLACES]],
        ),
    ]
    return [{"label": label, "lines": items} for label, items in made if items]


def _item(*, strong: str = "", text: str = "", small: str = "", url: str = "") -> dict[str, str]:
    return {"strong": strong, "text": text, "small": small, "url": url}


def _deadline(t: Texts, line: Deadline) -> dict[str, str]:
    said = words.point(t, line, short=False)
    if not said or (line.date and said == t.day(line.date)):
        said = f"{words.deadline(t, line)}{t.colon}{said or short(line.text, 80)}"
    governs = short(line.governs, 200)
    return _item(
        strong=said[:1].upper() + said[1:],
        text=f"— {governs}" if governs else "",
        small=t.t("no longer in the text") if line.side == "old" else "",
    )


def _areas(t: Texts, told: Told, names: words.Titles) -> list[dict[str, str]]:
    found = told.change.classification
    made = []
    for area in found.areas[:AREAS]:
        said = list(dict.fromkeys(e.words for e in area.evidence if e.words.strip()))[:EVIDENCE]
        title = words.title(names, area.id, t.language)
        evidence = t.list([t.quote(short(word, 60)) for word in said])
        main = area.id == found.main
        small = " · ".join(bit for bit in (t.percent(area.score), evidence) if bit)
        made.append(_item(strong=title if main else "", text="" if main else title, small=small))
    return made


def _reasons(t: Texts, told: Told) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for reason in told.change.assessment.reasons[:8]:
        line = words.reason(t, reason)
        shown = t.list([t.quote(short(word, 60)) for word in reason.words[:3] if word.strip()])
        found.setdefault(line, _item(text=line, small=shown))
    return list(found.values())[:4]


def short_lines(shown: Mapping[str, Any]) -> list[str]:
    """A change for a chat or a phone: the point, its first edits, its dates, the link."""
    edits = [
        f"{card['place']}{': ' if card['place'] else ''}{short(edit['plain'], 240)}"
        for card in shown["cards"]
        for edit in card["edits"]
    ]
    dates = [chip["text"] for chip in shown["chips"] if chip["kind"] == "date"]
    return [shown["headline"], *edits[:2], *dates, shown["links"]["change"]]
