"""A version's text as HTML: every paragraph in its order, nothing of it is markup, headings make a sound outline."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tracker.model import Block
from tracker.web import prose
from tracker.web.kept import Kept
from tracker.web.site import clean

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=40)
kinds = st.sampled_from(["heading", "paragraph", "item", "row", "quote", "code", "note", '"><script>'])
blocks = st.lists(st.builds(Block, texts, kinds, st.integers(-2, 9), texts, st.just(""), texts), max_size=12)


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self._skipping = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self._skipping = named.get("class") in ("anchor", "number")
        if named.get("id"):
            self.ids.append(str(named["id"]))

    def handle_endtag(self, tag: str) -> None:
        self._skipping = False

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.words.append(data)


@given(blocks)
def test_the_words_of_the_blocks_are_the_words_of_the_page(found: list[Block]) -> None:
    page = _Read()
    page.feed(str(prose.html(found)))
    page.close()
    assert set(page.tags) <= {"h2", "h3", "h4", "h5", "h6", "p", "blockquote", "pre", "a", "span"}
    assert "".join("".join(page.words).split()) == "".join("".join(clean(block.text) for block in found).split())
    assert page.ids == [clean(block.eid) for block in found if block.eid]


@given(st.lists(st.integers(-1, 12), max_size=30))
def test_headings_never_skip_a_level_on_the_way_down(levels: list[int]) -> None:
    made = prose.levels([Block("x", "heading", level) for level in levels])
    assert all(2 <= level <= 6 for level in made)
    assert made[:1] in ([], [2])
    assert all(after - before <= 1 for before, after in pairwise(made))


@given(st.lists(st.integers(1, 4), max_size=400), st.integers(1, 50))
def test_contents_keep_the_uppermost_headings_within_bounds(levels: list[int], most: int) -> None:
    found = [Block(f"{n}", "heading", level, eid=f"e{n}") for n, level in enumerate(levels)]
    made = prose.contents(found, most)
    top = [block.text for block in found if block.level == min(levels, default=0)]
    assert len(made) <= max(most, min(len(top), 4 * most))
    assert {heading.text for heading in made} >= set(top[: 4 * most])


def test_a_kept_value_is_made_again_only_when_its_marker_changed() -> None:
    kept, made = Kept(most=2), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [kept.get("a", mark, make) for mark in (1, 1, 2, 2, 1)] == [1, 1, 2, 2, 3]
    for key in "bcd":
        kept.get(key, 1, make)
    assert len(kept._values) == 2
