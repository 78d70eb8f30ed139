"""One edit in many places is told once; what a place has more is told there."""

from __future__ import annotations

from datetime import timedelta

from life import START, Life, page

from tracker.assess.cluster import join
from tracker.model import Change

OLD, NEW = "<p>Questions go to the Acme office in Dublin.</p>", "<p>Questions go to the Umbra bureau in Lisbon.</p>"


def changed(name: str, old: str, new: str, language: str = "en") -> Change:
    life = Life(name)
    life.show(page(old, language=language))
    return life.show(page(new, language=language)).changes[-1]


def told(changes: list[Change]) -> list[str]:
    recent: list[tuple[str, str, object]] = []
    names = []
    for change in changes:
        name = join(change, recent)  # type: ignore[arg-type]  # moments are not looked at
        recent.extend((key, name, START + timedelta()) for key in change.assessment.cluster_keys)
        names.append(name)
    return names


def test_the_same_edit_on_several_pages_is_one_cluster() -> None:
    names = told([changed("a", OLD, NEW), changed("b", OLD, NEW, "fr"), changed("c", OLD, NEW, "de")])
    assert len(set(names)) == 1


def test_a_page_that_changes_in_more_than_that_is_told_for_itself() -> None:
    names = told([changed("a", OLD, NEW), changed("b", OLD, NEW + "<p>The office may fine providers.</p>", "fr")])
    assert len(set(names)) == 2


def test_a_page_that_changes_in_less_belongs_to_the_cluster() -> None:
    more = changed("a", OLD, NEW + "<p>The office may fine providers.</p>")
    assert len(set(told([more, changed("b", OLD, NEW, "fr")]))) == 1


def test_the_same_small_edit_of_other_sentences_is_another_edit() -> None:
    one = changed("a", "<p>Logs are kept for 6 months.</p>", "<p>Logs are kept for 9 months.</p>")
    two = changed("b", "<p>Appeals within 6 months.</p>", "<p>Appeals within 9 months.</p>", "de")
    assert len(set(told([one, two]))) == 2


def test_changes_without_keys_are_clusters_of_their_own() -> None:
    one = changed("a", OLD, NEW)
    assert join(one, []) == f"c-{one.id}"
