"""Texts made for the tests of comparing: laws of our own, as blocks."""
# ruff: noqa: E501 - a text of law on one line reads as one

from __future__ import annotations

from hypothesis import strategies as st

from tracker.model import Block
from tracker.text.structure import structure

SENTENCES = (
    "The provider shall keep the documentation for ten years after the system was placed on the market.",
    "The provider shall keep the records for ten years after the system was withdrawn from the market.",
    "Member States may lay down further rules on the fees that are charged for an assessment.",
    "The authority shall publish a summary of each decision within 30 days. It shall name the parties.",
    "Les exploitants tiennent un registre des incidents et le conservent pendant cinq ans.",
    "提供者应当建立健全算法管理制度和技术措施，配备与其规模相适应的专业人员。",
    "Die Behörde kann die Frist auf Antrag um höchstens drei Monate verlängern.",
    "Repealed.",
    "3 days ago",
)


def law(articles: int, paragraphs: int = 2) -> tuple[Block, ...]:
    """A law of so many articles, each with a title and numbered paragraphs of its own."""
    blocks: list[Block] = []
    for number in range(1, articles + 1):
        blocks += [Block(f"Article {number}"), Block(f"Duties of group {number}")]
        blocks += [
            Block(
                f"{at}. The members of group {number} shall report on subject {number * 10 + at} to the authority every year."
            )
            for at in range(1, paragraphs + 1)
        ]
    return structure(blocks)


def relabelled(blocks: list[Block]) -> tuple[Block, ...]:
    """The blocks with their places found again."""
    return structure([Block(block.text, kind=block.kind) for block in blocks])


_HEADS = st.sampled_from(["", "Article 1", "Article 2", "1. ", "2. ", "(a) ", "(b) ", "第五条 "])
_WORDS = st.lists(
    st.sampled_from(
        [
            "shall",
            "may",
            "not",
            "keep",
            "the",
            "records",
            "of",
            "every",
            "year",
            "30",
            "§",
            "5",
            "应当",
            "’",
            "“",
            "ok",
        ]
    ),
    min_size=1,
    max_size=12,
)
lines = st.one_of(
    st.tuples(_HEADS, st.sampled_from(SENTENCES)).map("".join),
    _WORDS.map(" ".join),
    st.just("Article 3"),
    st.just("Article 4"),
)
texts = st.lists(lines, max_size=14).map(lambda found: structure([Block(line) for line in found]))
