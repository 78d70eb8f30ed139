"""Names and sentences that depend on a value: areas, tiers, edits, dates, reasons, why a reader gets an alert."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from alerts.match import Why
from alerts.render.language import Texts
from alerts.render.redline import clean
from tracker.model import Deadline, Reason

SHORTEST_TITLE = 12  # characters that a place has to share with the title: "Article 1" is not one

Titles = Mapping[str, Mapping[str, str]]
"""The id of an area, principle or theme to its title by language."""


@cache
def titles(path: Path | None = None) -> Titles:
    """The taxonomy's titles."""
    from tracker.classify import taxonomy

    found = taxonomy.load(path)
    return {entry.id: dict(entry.title) for entry in (*found.areas, *found.principles, *found.themes)}


def title(names: Titles, id_: str, language: str) -> str:
    """A title in a language, in English, or made of the id."""
    by_language = names.get(id_, {})
    return by_language.get(language) or by_language.get("en") or id_.replace("-", " ").capitalize()


def without_title(place: str, title: str) -> str:
    """A place without the document's title that it begins with: the mail has said which document. "Terms of service
    of the harbour(2) ¶3" becomes "(2) ¶3"."""
    same = 0
    for a, b in zip(place, title, strict=False):
        if a.casefold() != b.casefold() and {a, b} != {"'", "’"}:
            break
        same += 1
    rest = place[same:]
    if same < SHORTEST_TITLE or not rest or (rest[0].isalnum() and place[same - 1].isalnum()):
        return place
    bare = rest.lstrip(" :,›：")
    return bare if bare[:1] in set("(¶§（") or rest[:1] in set(":›：") or bare[:1].isdigit() else place


def tier(texts: Texts, name: str) -> str:
    """A tier's word."""
    return {
        "substantive": texts.t("Substantive"),
        "editorial": texts.t("Editorial"),
        "restored": texts.t("Earlier wording is back"),
    }.get(name, name)


def edit(texts: Texts, kind: str, was: str) -> str:
    """What happened at a place."""
    moved = {
        "move": texts.t("moved, was {place}", place=was) if was else texts.t("moved"),
        "renumber": texts.t("renumbered, was {place}", place=was) if was else texts.t("renumbered"),
    }
    plain = {
        "insert": texts.t("new"),
        "delete": texts.t("deleted"),
        "replace": texts.t("changed"),
        "split": texts.t("split"),
        "merge": texts.t("merged"),
    }
    return moved.get(kind) or plain.get(kind, kind)


def deadline(texts: Texts, of: Deadline) -> str:
    """What a date is, without the date: "applies from"."""
    return {
        "application": texts.t("Applies from"),
        "deadline": texts.t("Deadline"),
        "repeal": texts.t("Repealed from"),
        "expiry": texts.t("Expires"),
        "event": texts.t("Date"),
        "period": texts.t("Period"),
    }.get(of.kind, texts.t("Date"))


def point(texts: Texts, of: Deadline, *, short: bool = True) -> str:
    """A date as a subject says it ("applies from 2 Aug 2026"); "" for one that is no date."""
    if of.date is None:
        return ""
    day = texts.day(of.date, short=short)
    return {
        "application": texts.t("applies from {date}", date=day),
        "deadline": texts.t("by {date}", date=day),
        "repeal": texts.t("repealed from {date}", date=day),
        "expiry": texts.t("expires {date}", date=day),
    }.get(of.kind, day)


def reason(texts: Texts, of: Reason) -> str:
    """A reason of the verdict; one whose code this table does not know is told in its own English words."""
    return {
        "modality": texts.t("The changed words touch a duty, a permission or a prohibition."),
        "negation": texts.t("The changed words turn something into its opposite."),
        "amount": texts.t("The changed words touch a number, an amount or a period."),
        "condition": texts.t("The changed words touch a condition."),
        "date": texts.t("The changed words touch a date."),
        "party": texts.t("The changed words touch who is concerned."),
        "wording": texts.t("Words of the document differ."),
        "list": texts.t("An entry of a list in the document differs."),
        "numbering": texts.t("Only the numbers of clauses differ."),
        "address": texts.t("Only the address of a link differs."),
        "acronym": texts.t("An abbreviation is spelt out, or no more."),
        "punctuation": texts.t("Only punctuation or signs differ."),
        "spelling": texts.t("The same words are spelled differently."),
        "order": texts.t("The same words and figures in another order."),
        "stamp": texts.t("Only the date of the last update differs."),
        "new-document": texts.t("A document that was not there before."),
        "withdrawn": texts.t("The source no longer shows the document."),
        "confirmed": texts.t("A second look found the same text."),
        "restored": texts.t("The text that readers know is back."),
        "variant": texts.t("All of this was there before."),
        "unconfirmed": texts.t("Told in time; the page shows something else now."),
        "superseded": texts.t("The text changed again; both changes are judged as one."),
        "rewritten": texts.t("Most of the text differs: a second look decides."),
        "removal": texts.t("Text is gone and none came: a second look decides."),
        "filled": texts.t("The page showed no text until now: this is the document's first."),
        "lesson": texts.t("A reader judged this text before."),
    }.get(of.code, clean(of.text))


def why(texts: Texts, of: Why, names: Titles, source: str) -> str:
    """One sentence: what of the subscription the change met."""
    t, language = texts.t, texts.language

    def named(ids: tuple[str, ...]) -> str:
        return texts.list([texts.quote(title(names, name, language)) for name in ids])

    def quoted(words: tuple[str, ...]) -> str:
        return texts.list([texts.quote(clean(word)) for word in words])

    phrases = (
        (of.areas, t("the area {names}", names=named(of.areas))),
        (of.principles, t("the principle {names}", names=named(of.principles))),
        (of.themes, t("the theme {names}", names=named(of.themes))),
        (of.source, t("the source {name}", name=texts.quote(clean(source)))),
        (of.groups, t("the group {names}", names=quoted(of.groups))),
        (of.jurisdictions, t("the jurisdiction {names}", names=texts.list(of.jurisdictions))),
        (of.languages, t("documents in {names}", names=texts.list([texts.language_name(c) for c in of.languages]))),
        (of.words, t("the words {names}", names=quoted(of.words))),
        (of.watch_for, t("what is watched for here: {names}", names=quoted(of.watch_for))),
        (of.affects, t("what affects {names}", names=quoted(of.affects))),
    )
    parts = [phrase for met, phrase in phrases if met]
    if not parts:
        return t("You follow every source and every area.")
    return t("You follow {things}.", things=("；" if language == "zh" else "; ").join(parts))
