"""A change in a line, and a line an edit; in English, French and Chinese. Deterministic, from the edits alone.

Renumbered articles and runs of neighbours that all came or went are told once ("Art. 57–113 → 58–114").
"""
# ruff: noqa: E501 - tables of words and expressions keep one entry a line

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.model import Block, Comparison, Edit, EditKind
from tracker.text.canonical import canonical
from tracker.text.numbering import HAN, bare, han_number, ordinals

_SHORT = 60  # characters of quoted words in a line
_HEADLINE = 150  # characters of a headline: what mail programs show of a subject, and a little more
_PLACE = 70  # characters of a place
_WORDS = {
    "en": {
        "insert": "{place} new", "delete": "{place} deleted", "replace": "{place}: {what}", "move": "{was} moved to {place}",
        "moved": "{was} moved", "renumber": "{was} → {place}", "split": "{was} split into {count}", "merge": "{was} merged into {place}",
        "add": "adds “{text}”", "drop": "drops “{text}”", "rewritten": "rewritten", "new": "new: “{text}”", "gone": "deleted: “{text}”",
        "places": "{place} and {count} more places", "more": "{count} more", "none": "no change of text", "also": " (+{count})", "colon": ": ",
    },
    "fr": {
        "insert": "{place} nouveau", "delete": "{place} supprimé", "replace": "{place} : {what}", "move": "{was} déplacé vers {place}",
        "moved": "{was} déplacé", "renumber": "{was} → {place}", "split": "{was} divisé en {count}", "merge": "{was} réunis en {place}",
        "add": "ajoute « {text} »", "drop": "supprime « {text} »", "rewritten": "réécrit", "new": "nouveau : « {text} »",
        "gone": "supprimé : « {text} »", "more": "et {count} autres", "places": "{place} et {count} autres endroits", "none": "aucun changement du texte", "also": " (+{count})", "colon": " : ",
    },
    "zh": {
        "insert": "新增{place}", "delete": "删除{place}", "replace": "{place}：{what}", "move": "{was}移至{place}", "moved": "{was}移动位置",
        "renumber": "{was}→{place}", "split": "{was}拆分为{count}段", "merge": "{was}合并为{place}", "add": "增加“{text}”", "drop": "删去“{text}”",
        "rewritten": "全文改写", "new": "新增“{text}”", "gone": "删除“{text}”", "more": "另有{count}处", "places": "{place}及另外{count}处", "none": "文本无变化", "also": "（另{count}处）",
        "colon": "：",
    },
}  # fmt: skip
# Words whose change a reader wants to hear of first: duties, negations, amounts.
_STRONG = re.compile(
    r"\b(?:shall|must|may|should|will|can|cannot|not|no|never|only|prohibit\w*|require\w*|doit|doivent|peut|peuvent|ne|pas|interdit\w*|sauf|"
    r"muss|müssen|darf|dürfen|kann|können|soll|sollen|nicht|kein\w*)\b|\d|[%€$£]|应当|必须|不得|可以|禁止|不|未", re.IGNORECASE,
)  # fmt: skip
_UNIT = re.compile(r"(?:art|sec|rule|reg|clause|annex|rec)_")
_NUMBERED = re.compile(r"^(?P<head>.*?[^\dIVXLC])(?P<n>\d+)(?P<tail>[.)]?)$")
_LETTERED = re.compile(r"^(?P<head>.*)(?P<n>\([A-Za-z]{1,5}\))$")
_HAN_PLACE = re.compile(rf"^(.*)第([{HAN}]+)([条章节款])$")
_SHORTER = (
    ("Article ", "Art. "),
    ("Artikel ", "Art. "),
    ("Section ", "Sec. "),
    ("Chapter ", "Ch. "),
    ("Chapitre ", "Chap. "),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that happened: `edits` are its positions in the comparison; `last` is the end of a series."""

    kind: EditKind
    edits: tuple[int, ...]
    first: Edit
    last: Edit


def statements(comparison: Comparison) -> list[Statement]:
    """What happened, in the order of the new text; edits that are one thing to a reader are one statement."""
    out: list[Statement] = []
    same: dict[tuple[str, str], int] = {}  # where a change of words was told first
    for number, edit in enumerate(comparison.edits):
        at = _joins(out, edit)
        if edit.kind is EditKind.REPLACE and len(found := _changes(edit)) == 1 and any(found[0]):
            at = same.setdefault(found[0], len(out))
            at = at if at < len(out) else None
        if at is None:
            out.append(Statement(edit.kind, (number,), edit, edit))
        else:
            out[at] = Statement(edit.kind, (*out[at].edits, number), out[at].first, edit)
    return out


def headline(comparison: Comparison, language: str) -> str:
    """One line for a subject: what weighs most, and how much more there is."""
    w = _WORDS.get(language, _WORDS["en"])
    found = statements(comparison)
    if not found:
        return w["none"]
    placed = any(_UNIT.match(statement.first.eid) for statement in found)
    weights = [_weight(one) - (1.5 if placed and _above(one.first) else 0.0) for one in found]
    order = sorted(range(len(found)), key=lambda at: (-weights[at], at))  # what stands above the articles comes last
    chosen: list[int] = []
    size = 0
    for at in order[:3]:
        line = _line(found[at], w)
        if chosen and size + len(line) > _HEADLINE:
            break
        chosen.append(at)
        size += len(line) + 2
    said = "; ".join(_line(found[at], w) for at in sorted(chosen))
    more = len(found) - len(chosen)
    return f"{said}; {w['more'].format(count=more)}" if more else said


def _above(edit: Edit) -> bool:
    """Whether the edit stands above the articles: a title, a date of issue, a list of amending acts."""
    return not edit.path or edit.eid.startswith("hdg_")


def lines(comparison: Comparison, language: str) -> list[str]:
    """One line a statement, in the order of the new text."""
    w = _WORDS.get(language, _WORDS["en"])
    return [_line(statement, w) for statement in statements(comparison)]


def _joins(out: Sequence[Statement], edit: Edit) -> int | None:
    """The statement that this edit goes on with."""
    if edit.kind is EditKind.RENUMBER:
        for at in range(len(out) - 1, -1, -1):
            if out[at].kind is EditKind.RENUMBER:
                return at if _renumbered_alike(out[at].last, edit) else None
        return None
    if out and edit.kind in (EditKind.INSERT, EditKind.DELETE) and out[-1].kind is edit.kind:
        last = out[-1].last
        if _number(edit) and _number(last) and _next(last.path, edit.path):
            return len(out) - 1
    return None


def _renumbered_alike(last: Edit, edit: Edit) -> bool:
    """Both moved by as much, at the same level: what an insertion before them does."""
    here, there = _shift(edit), _shift(last)
    return here is not None and here == there


def _shift(edit: Edit) -> tuple[str, str, int] | None:
    old, new = _NUMBERED.match(_counted(edit.old_path)), _NUMBERED.match(_counted(edit.path))
    if old is None or new is None:
        return None
    level = "article" if old["head"].count("(") == 0 else old["head"]
    return level, re.sub(r"\d+", "", old["head"]), int(new["n"]) - int(old["n"])


def _counted(path: str) -> str:
    """第五条 → 第条5: the number where others have it."""
    return _HAN_PLACE.sub(lambda found: f"{found[1]}第{found[3]}{han_number(found[2])}", path)


def _next(path: str, following: str) -> bool:
    one, other = _NUMBERED.match(_counted(path)), _NUMBERED.match(_counted(following))
    if one is not None and other is not None:
        return one["head"] == other["head"] and int(other["n"]) == int(one["n"]) + 1
    before, after = _LETTERED.match(path), _LETTERED.match(following)
    if before is None or after is None or before["head"] != after["head"]:
        return False
    first, second = bare(before["n"]), bare(after["n"])
    if first is None or second is None:
        return False
    readings = dict(ordinals(second))
    return any(style in readings and readings[style] == (at[0] + 1, "") for style, at in ordinals(first))


def _number(edit: Edit) -> str:
    blocks = edit.new or edit.old
    return blocks[0].number if blocks else ""


def _line(statement: Statement, w: dict[str, str]) -> str:
    edit, series = statement.first, len(statement.edits) > 1
    place, was = _place(edit.path), _place(edit.old_path)
    if edit.kind is EditKind.RENUMBER:
        was, place = was or _label(edit.old), place or _label(edit.new)
        if series:
            last = statement.last
            return w["renumber"].format(was=_range(was, _place(last.old_path)), place=_tail(place, _place(last.path)))
        return (
            w["renumber"].format(was=was, place=place)
            if was != place
            else w["replace"].format(place=place, what=_what(edit, w))
        )
    if edit.kind in (EditKind.INSERT, EditKind.DELETE):
        return _one_sided(statement, place, w)
    if edit.kind is EditKind.REPLACE:
        what = _what(edit, w)
        if series:
            place = w["places"].format(place=place or f"“{_quoted(edit.new_text)}”", count=len(statement.edits) - 1)
        return w["replace"].format(place=place, what=what) if place else what
    if edit.kind is EditKind.MOVE:
        was, place = was or f"“{_quoted(edit.old_text)}”", place
        return w["move"].format(was=was, place=place) if place and place != was else w["moved"].format(was=was)
    was, place = was or f"“{_quoted(edit.old_text)}”", place or f"“{_quoted(edit.new_text)}”"
    if edit.kind is EditKind.MERGE and edit.old[-1].number and edit.old[-1].path != edit.old_path:
        was = _range(was, _place(edit.old[-1].path))
    return w[edit.kind.value].format(was=was, place=place, count=len(edit.new))


def _one_sided(statement: Statement, place: str, w: dict[str, str]) -> str:
    edit = statement.first
    blocks = edit.new or edit.old
    insert = edit.kind is EditKind.INSERT
    if place and (blocks[0].number or blocks[0].kind == "heading"):
        if len(statement.edits) > 1:
            place = _range(place, _place(statement.last.path))
        return w["insert" if insert else "delete"].format(place=place)
    text = _quoted("\n".join(block.text for block in blocks))
    if place:
        return w["replace"].format(place=place, what=w["add" if insert else "drop"].format(text=text))
    return w["new" if insert else "gone"].format(text=text)


def _what(edit: Edit, w: dict[str, str]) -> str:
    """The change of words that weighs most, and how many more there are."""
    changes = _changes(edit)
    if not changes:
        return w["rewritten"]
    if (
        len(changes) == 1
        and not any(sign == "=" and text.strip() for sign, text in edit.spans)
        and len(edit.old_text) > _SHORT
    ):
        return w["rewritten"]
    gone, fresh = max(
        changes, key=lambda pair: (bool(_STRONG.search(f"{pair[0]} {pair[1]}")), -len(pair[0]) - len(pair[1]))
    )
    if gone and fresh:
        said = f"{_quoted(gone)} → {_quoted(fresh)}"
    else:
        said = w["add" if fresh else "drop"].format(text=_quoted(fresh or gone))
    return said + (w["also"].format(count=len(changes) - 1) if len(changes) > 1 else "")


def _worded(text: str) -> str:
    """The text if it has words: a stop that became another is not told beside words that came."""
    return text.strip(" ,;:.") if any(sign.isalnum() for sign in text) else ""


def _changes(edit: Edit) -> list[tuple[str, str]]:
    """(words gone, words that came) of each place that changed; where only signs differ, the signs."""
    out: list[tuple[str, str]] = []
    gone = fresh = ""
    for sign, text in [*edit.spans, ("=", "")]:
        if sign == "-":
            gone += text
        elif sign == "+":
            fresh += text
        elif gone.strip() or fresh.strip():
            out.append((gone.strip(), fresh.strip()))
            gone = fresh = ""
    out = [pair for pair in out if canonical(pair[0]) != canonical(pair[1])] or out  # ’ for ' is no news
    worded = [pair for pair in out if any(sign.isalnum() for sign in pair[0] + pair[1])]
    return worded or out


def _weight(statement: Statement) -> float:
    """How much a reader wants to hear of it."""
    edit, size = statement.first, len(statement.edits)
    blocks: tuple[Block, ...] = edit.new or edit.old
    text = edit.new_text or edit.old_text
    if edit.kind is EditKind.REPLACE:
        changes = _changes(edit)
        strong = any(_STRONG.search(f"{gone} {fresh}") for gone, fresh in changes)
        worded = any(sign.isalnum() for gone, fresh in changes for sign in gone + fresh)
        placed = 0.0 if edit.path else 1.2  # a line above the text, a date of issue
        return (3.0 if strong else 2.0 if worded else 0.5) - placed
    if edit.kind in (EditKind.INSERT, EditKind.DELETE):
        strong = bool(_STRONG.search(text))
        return (2.6 if blocks[0].number else 1.4) + (0.3 if strong else 0.0) + min(size, 10) / 100
    return {EditKind.SPLIT: 1.5, EditKind.MERGE: 1.5, EditKind.MOVE: 1.6}.get(edit.kind, 1.0)


def _place(path: str) -> str:
    for long, short in _SHORTER:
        path = path.replace(long, short)
    return path if len(path) <= _PLACE else "…" + path[-_PLACE + 1 :].lstrip()


def _label(blocks: Sequence[Block]) -> str:
    return blocks[0].number or _quoted(blocks[0].text) if blocks else ""


def _range(first: str, last: str) -> str:
    return f"{first}–{_own(last)}"


def _tail(first: str, last: str) -> str:
    return f"{_own(first)}–{_own(last)}"


def _own(path: str) -> str:
    """The number at the end of a path: "Art. 113" → "113", "Art. 5(3)" → "(3)"."""
    found = re.search(r"(?:\([^()]*\)|[\w.-]+)$", path)
    return found[0] if found else path


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHORT else flat[: _SHORT - 1].rstrip() + "…"
