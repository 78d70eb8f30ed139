"""A change in a line, and a line an edit; in English, French and Chinese. Deterministic, from the edits alone."""

from __future__ import annotations

from tracker.model import Comparison, Edit, EditKind

_SHORT = 60  # characters of quoted words in a line
_WORDS = {
    "en": {"insert": "{place} new", "delete": "{place} deleted", "replace": "{place}: {what}", "move": "{was} moved to {place}",
           "renumber": "{was} is now {place}", "split": "{place} split into {count}", "merge": "{was} merged", "more": "{count} more",
           "none": "no change of text", "text": "text"},
    "fr": {"insert": "{place} nouveau", "delete": "{place} supprimé", "replace": "{place} : {what}", "move": "{was} déplacé vers {place}",
           "renumber": "{was} devient {place}", "split": "{place} divisé en {count}", "merge": "{was} fusionnés", "more": "{count} de plus",
           "none": "aucun changement du texte", "text": "texte"},
    "zh": {"insert": "新增{place}", "delete": "删除{place}", "replace": "{place}：{what}", "move": "{was}移至{place}",
           "renumber": "{was}改为{place}", "split": "{place}拆分为{count}段", "merge": "{was}合并", "more": "另有{count}处",
           "none": "文本无变化", "text": "文本"},
}  # fmt: skip


def headline(comparison: Comparison, language: str) -> str:
    """One line for a subject."""
    told = lines(comparison, language)
    w = _WORDS.get(language, _WORDS["en"])
    if not told:
        return w["none"]
    more = len(told) - 2
    head = "; ".join(told[:2])
    return f"{head}; {w['more'].format(count=more)}" if more > 0 else head


def lines(comparison: Comparison, language: str) -> list[str]:
    """One line an edit."""
    w = _WORDS.get(language, _WORDS["en"])
    return [_line(edit, w) for edit in comparison.edits]


def _line(edit: Edit, w: dict[str, str]) -> str:
    place = edit.path or _quoted(edit.new_text or edit.old_text)
    was = edit.old_path or _quoted(edit.old_text)
    return w[edit.kind.value].format(place=place, was=was, what=_what(edit), count=len(edit.new))


def _what(edit: Edit) -> str:
    gone = [text.strip() for sign, text in edit.spans if sign == "-" and text.strip()]
    fresh = [text.strip() for sign, text in edit.spans if sign == "+" and text.strip()]
    first = f"{_quoted(gone[0]) if gone else '—'} → {_quoted(fresh[0]) if fresh else '—'}"
    return first + (" …" if max(len(gone), len(fresh)) > 1 else "")


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHORT else flat[: _SHORT - 1].rstrip() + "…"
