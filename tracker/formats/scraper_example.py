"""A worked custom scraper: a procedure's timetable, where a row is a stage and its cells say what came of it.

Such a table is no list of documents to a general rule (its rows have no links), and as a page a new date in one cell
would be told without the stage it belongs to. As documents, each stage has a history of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag

from tracker.formats.scraper import document
from tracker.model import Item


class Timetable:
    """Reads the first table that has headings, a document a row: the first cell names it, the others are its text."""

    def documents(self, soup: BeautifulSoup, url: str) -> Iterable[Item]:
        """A document a row; its key is the first cell's words, so that it stays the same when dates change."""
        table = next((each for each in soup.select("table") if each.select_one("th")), None)
        if table is None:
            return
        headings = [cell.get_text(" ", strip=True) for cell in table.select("tr th")]
        for row in table.select("tr"):
            cells = row.select("td")
            if len(cells) < 2:
                continue
            stage = cells[0].get_text(" ", strip=True)
            link = row.select_one("a[href]")
            yield document(
                stage,
                key=f"stage: {stage.casefold()}",
                url=str(link["href"]) if isinstance(link, Tag) else "",
                base=url,
                published=next((text for text in (cell.get_text(" ", strip=True) for cell in cells[1:]) if text), None),
                text=[
                    f"{heading}: {cell.get_text(' ', strip=True)}"
                    for heading, cell in zip(headings[1:], cells[1:], strict=False)
                    if cell.get_text(strip=True)
                ],
            )
