"""A taxonomy file is data: every mistake is named with its line, and nothing in code knows an area."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.classify import taxonomy

SMALL = """\
plan:
  id: water
  title: {en: Water plan}
subject:
  en: {2: [water]}
areas:
  - id: rivers
    title: {en: Rivers, fr: Rivières, zh: 河流}
    about: {en: flowing water, fr: eau vive, zh: 流水}
    words:
      en: {4: [river, flood plain*], 1.2: [stream]}
      zh: {4: [河流]}
    bound:
      en: {2.5: [bank]}
  - id: lakes
    title: {en: Lakes}
    words: {en: {4: [lake, organi*ed lake]}}
principles: [{id: clean, title: {en: Clean}, words: {en: {4: [clean]}}}]
themes: [{id: fresh, areas: [rivers, lakes], title: {en: Fresh water}, about: not salty}]
"""


def test_the_built_in_plan_has_its_areas_principles_and_themes_in_three_languages() -> None:
    plan = taxonomy.load()
    assert (len(plan.areas), len(plan.principles), len(plan.themes)) == (13, 6, 8)
    for entry in (*plan.areas, *plan.principles, *plan.themes):
        assert {"en", "fr", "zh"} <= set(entry.title)
        assert entry.about
    for area in plan.areas:
        assert {"en", "fr", "zh"} <= set(area.description)
        assert {"en", "fr", "zh"} <= {term.language for term in area.terms}


def test_every_theme_joins_areas_of_the_plan() -> None:
    plan = taxonomy.load()
    known = {area.id for area in plan.areas}
    assert all(theme.areas and set(theme.areas) <= known for theme in plan.themes)


def test_another_file_is_read_with_weights_and_bound_words() -> None:
    read = taxonomy.parse(SMALL)
    rivers = read.areas[0]
    assert [area.id for area in read.areas] == ["rivers", "lakes"]
    assert [(t.text, t.language, t.weight, t.bound) for t in rivers.terms] == [
        ("river", "en", 4.0, False),
        ("flood plain*", "en", 4.0, False),
        ("stream", "en", 1.2, False),
        ("河流", "zh", 4.0, False),
        ("bank", "en", 2.5, True),
    ]
    assert read.themes[0].about == "not salty"


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("id: rivers", "id: Rivers!", 7, "a-z"),
        ("title: {en: Lakes}", "titel: {en: Lakes}", 16, "unknown field"),
        ("title: {en: Lakes}", "title: {fr: Lacs}", 16, "English"),
        ("{4: [river,", "{heavy: [river,", 11, "number"),
        ("{4: [river,", "{40: [river,", 11, "between"),
        ("[river, flood plain*]", "[river, river]", 11, "twice"),
        ("en: {2: [water]}", "de: {2: [water]}", 5, "unknown field"),
        ("areas: [rivers, lakes]", "areas: [rivers, seas]", 19, "no area"),
        ("id: lakes", "id: rivers", 15, "twice"),
        ("[lake, organi*ed lake]", "lake", 17, "must be a list"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, part: str) -> None:
    assert old in SMALL
    with pytest.raises(taxonomy.TaxonomyError) as caught:
        taxonomy.parse(SMALL.replace(old, new, 1), "mine.yaml")
    assert any(p.line == line and part in p.message for p in caught.value.mistakes), str(caught.value)
    assert str(caught.value).startswith("mine.yaml:")


def test_all_mistakes_are_listed_at_once() -> None:
    broken = SMALL.replace("id: rivers", "id: R", 1).replace("title: {en: Lakes}", "title: {fr: Lacs}")
    with pytest.raises(taxonomy.TaxonomyError) as caught:
        taxonomy.parse(broken)
    assert len(caught.value.mistakes) >= 2


@pytest.mark.parametrize("text", ["", "plan: [", "[]", "- a", "plan: {}", "\t"])
def test_what_is_no_taxonomy_is_refused_in_words(text: str) -> None:
    with pytest.raises(taxonomy.TaxonomyError):
        taxonomy.parse(text)


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(taxonomy.TaxonomyError, match="cannot be read"):
        taxonomy.load(tmp_path / "none.yaml")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(SMALL, encoding="utf-8")
    assert taxonomy.load(path) is taxonomy.load(path)
    path.write_text(SMALL.replace("{en: Lakes}", "{en: Great lakes}"), encoding="utf-8")
    assert taxonomy.load(path).areas[1].title["en"] == "Great lakes"
