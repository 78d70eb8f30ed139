"""sources.yaml: every mistake is named with its line, its field and what would be right; a good one becomes values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.catalogue import editing
from tracker.catalogue.load import CatalogueError, load, parse, schema
from tracker.classify.taxonomy import Mistake
from tracker.model import Kind, Tier

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
defaults: {every: 6h, language: en, headers: {X-From: all}}
sources:
  - id: treaty
    url: https://example.org/treaty
    kind: page
    areas: [safety-governance]
    watch_for: entry into force
    window: 06:00-22:00 Europe/Paris
    follow: {depth: 1, limit: 5}
  - {id: daily, url: "https://example.org/b", cron: "0 7 * * 1-5", language: fr, headers: {X-Own: one}}
groups: {treaties: [treaty]}
subscriptions:
  - {to: a@example.org, areas: safety-governance, groups: [treaties], when: daily 07:00 Europe/Paris, language: fr}
  - {to: "https://example.org/hook", min_tier: editorial}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        parse(text)
    return [str(problem) for problem in caught.value.mistakes]


def test_a_good_file_becomes_values_with_the_defaults_in_them() -> None:
    catalogue = parse(GOOD)
    treaty, daily = catalogue.sources
    assert (treaty.schedule, treaty.kind, treaty.groups) == ("6h", Kind.PAGE, ("treaties",))
    assert (treaty.watch_for, treaty.follow.limit) == (("entry into force",), 5)
    assert (daily.schedule, daily.language) == ("cron 0 7 * * 1-5", "fr")
    assert dict(daily.headers) == {"X-From": "all", "X-Own": "one"}
    mail, hook = catalogue.subscriptions
    assert (mail.channel, mail.areas, mail.min_tier) == ("email", ("safety-governance",), Tier.SUBSTANTIVE)
    assert (hook.channel, hook.min_tier) == ("webhook", Tier.EDITORIAL)


@pytest.mark.parametrize(
    ("text", "line", "field", "remedy"),
    [
        ("sources:\n  - {id: a, url: 'https://e.org', colour: red}\n", 2, "colour", "known"),
        (
            "sources:\n  - {id: a, url: 'https://e.org'}\n  - {id: a, url: 'https://e.org'}\n",
            3,
            "id",
            "taken in line 2",
        ),
        ("sources:\n  - {id: a, url: 'htp://e.org'}\n", 2, "url", "https://"),
        ("sources:\n  - {id: a, url: 'https://u:p@e.org'}\n", 2, "url", "password"),
        ("sources:\n  - {id: a, url: 'https://e.org', every: 6 hours}\n", 2, "every", "6h"),
        ("sources:\n  - {id: a, url: 'https://e.org', every: 6h, cron: '* * * * *'}\n", 2, "", "exclude"),
        ("sources:\n  - {id: a, url: 'https://e.org', cron: 'often'}\n", 2, "cron", "five fields"),
        ("sources:\n  - {id: a, url: 'https://e.org', areas: [safety-governence]}\n", 2, "areas", "safety-governance"),
        ("sources:\n  - {id: A b, url: 'https://e.org'}\n", 2, "id", ""),
        ("sources:\n  - {url: 'https://e.org'}\n", 2, "id", ""),
        ("subscriptions:\n  - {areas: [innovation]}\n", 2, "to", ""),
        ("subscriptions:\n  - {to: nobody}\n", 2, "to", "name@example.org"),
        ("subscriptions:\n  - {to: a@e.org, when: sometimes}\n", 2, "when", "daily 07:00"),
        ("subscriptions:\n  - {to: a@e.org, sources: [gone]}\n", 2, "sources", "gone"),
        ("groups: {g: [nothing]}\n", 1, "groups", "nothing"),
        ("sources: [\n", 2, "yaml", "not closed"),
        ("", 1, "file", "tracker init"),
        ("# only a comment\n", 1, "file", "tracker sources add"),
        ("sources:\n  a: {id: a, url: 'https://e.org'}\n", 1, "sources", "each begun with"),
        ("sources:\n  - https://e.org\n", 2, "sources[1]", "- id: a-name"),
        ("sources:\n  - id: a\n    url: https://e.org\n    title: AI: the law\n", 4, "yaml", 'title: "AI: the law"'),
        ("sources:\n  - id: a\n\turl: https://e.org\n", 3, "yaml", "spaces"),
        ("sources:\n  - id: a\n    url: https://e.org\n   title: x\n", 4, "yaml", "indented"),
        ("sources:\n  - {id: a, url: 'https://e.org}\n  - {id: b}\n", 2, "yaml", "not closed"),
        ("sources:\n  - {id: a, url: 'https://e.org', select: *main}\n", 2, "yaml", "quotes"),
        ('sources:\n  - {id: a, url: "https://e.org/\\d"}\n', 2, "yaml", "single quotes"),
        ("sources: []\n---\nsources: []\n", 2, "yaml", "second document"),
        ("sources:\n  - {id: a, url: 'https://e.org', schedule: 6h}\n", 2, "schedule", "did you mean every?"),
        ("sources:\n  - {id: a, url: 'https://e.org', language: no}\n", 2, "language", "in quotes"),
        ("sources:\n  - {id: a, url: 'https://e.org', language: English}\n", 2, "language", "en, fr, zh"),
        ("sources:\n  - {id: a, url: 'https://e.org', title: 2026}\n", 2, "title", "in quotes"),
        ("sources:\n  - {id: a, url: 'https://e.org', title: }\n", 2, "title", "leave the key out"),
        ("sources:\n  - {id: a, url: 'https://e.org', render: maybe}\n", 2, "render", "true or false"),
        ("sources:\n  - {id: a, url: 'https://e.org', keep: forever}\n", 2, "keep", "2y"),
        ("sources:\n  - {id: a, url: 'https://e.org', follow: {depth: all}}\n", 2, "depth", "whole number"),
        ("subscriptions:\n  - {to: [a@e.org, b@e.org]}\n", 2, "to", "an entry for each"),
        ("- just\n- a list\n", 1, "file", "mapping"),
    ],
)
def test_a_mistake_is_named_with_line_field_and_remedy(text: str, line: int, field: str, remedy: str) -> None:
    found = problems(text)
    assert any(
        said.startswith(f"sources.yaml:{line}:") and field in said and remedy.casefold() in said.casefold()
        for said in found
    ), found


def test_all_mistakes_are_listed_at_once() -> None:
    found = problems(
        "sources:\n  - {id: a, url: 'ftp://e.org', every: soon}\n  - {id: b, url: 'https://e.org', kind: novel}\n"
        "subscriptions:\n  - {to: x}\n"
    )
    assert len(found) >= 4


def test_a_key_that_stands_twice_is_a_mistake_and_not_the_last_one() -> None:
    assert any("twice" in said for said in problems("sources: []\nsources: []\n"))


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="tracker init"):
        load(tmp_path / "sources.yaml")


def test_a_subscription_keeps_its_id_from_start_to_start() -> None:
    first, second = parse(GOOD), parse(GOOD)
    assert [each.id for each in first.subscriptions] == [each.id for each in second.subscriptions]
    assert len({each.id for each in first.subscriptions}) == 2


@given(st.text(max_size=200))
def test_no_text_makes_anything_but_a_catalogue_or_named_problems(text: str) -> None:
    found: tuple[Mistake, ...] = ()
    try:
        parse(text)
    except CatalogueError as error:
        found = error.mistakes or (Mistake("", 0, "", ""),)
    assert all(problem.line >= 1 and problem.message for problem in found)


def test_the_schema_describes_what_the_models_take() -> None:
    made = schema()
    source = made["$defs"]["SourceEntry"]["properties"]
    assert {"id", "url", "question", "watch_for", "follow"} <= source.keys()
    assert json.loads(json.dumps(made)) == made


class TestTheShippedCatalogue:
    def test_reads_without_a_problem_and_asks_a_question_of_every_source(self) -> None:
        catalogue = load(ROOT / "sources.yaml")
        assert len(catalogue.sources) >= 70
        for source in catalogue.sources:
            assert source.title != source.id
            assert source.question, source.id
            assert source.jurisdiction, source.id
            assert source.language, source.id
            assert source.areas, source.id

    def test_has_every_system_that_the_founding_analysis_names(self, shared: Path) -> None:
        rows = (shared / "sources.md").read_text(encoding="utf-8").splitlines()
        named = {
            row.split("|")[2].strip() for row in rows if row.startswith("| ●") and row.split("|")[2].strip() != "id"
        }
        assert len(named) > 25
        assert named <= {source.id for source in load(ROOT / "sources.yaml").sources}


class TestEditing:
    def test_a_source_is_added_at_the_end_of_its_list_and_nothing_else_moves(self) -> None:
        before = editing.shipped()
        after, catalogue = editing.add_source(
            before, {"id": "new", "url": "https://example.org/#a: b", "title": "No: 1"}
        )
        assert catalogue.sources[-1].title == "No: 1"
        assert [line for line in after.splitlines() if line not in before.splitlines()] == [
            "  - id: new", '    url: "https://example.org/#a: b"', '    title: "No: 1"',
        ]  # fmt: skip

    def test_a_file_without_sources_gets_a_list(self) -> None:
        for empty in ("", "sources: []\n", "groups: {}\n"):
            assert [each.id for each in editing.add_source(empty, {"id": "a", "url": "https://e.org"})[1].sources] == [
                "a"
            ]

    def test_an_id_that_is_taken_is_a_problem(self) -> None:
        with pytest.raises(CatalogueError, match="taken"):
            editing.add_source("sources:\n  - {id: a, url: 'https://e.org'}\n", {"id": "a", "url": "https://e.org/b"})

    @given(st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable() and text.strip()))
    def test_any_title_comes_back_as_it_was(self, title: str) -> None:
        _, catalogue = editing.add_source("", {"id": "a", "url": "https://e.org", "title": title})
        assert catalogue.sources[0].title == title.strip()

    def test_the_first_catalogue_can_be_all_of_it_or_one_group(self) -> None:
        whole = parse(editing.first_catalogue("a@example.org", ["innovation"], None, "fr"))
        some = parse(editing.first_catalogue("a@example.org", [], {"eu-ai-act", "waic"}, "zh"))
        assert len(whole.sources) >= 70
        assert whole.subscriptions[0].areas == ("innovation",)
        assert {source.id for source in some.sources} == {"eu-ai-act", "waic"}
