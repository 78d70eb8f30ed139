"""Heat maps of the areas: a table whose cells are inline SVG, readable without colours, scripts and styles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup

from tracker.web.i18n import Interface

LEVELS = 4
WIDTH, HEIGHT = 40, 27
MOST_COLUMNS = 14


@dataclass(frozen=True, slots=True)
class Row:
    """An area's row: its numbers, their sum, and the cells as HTML."""

    area: str
    numbers: tuple[int, ...]
    total: int
    cells: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """A heat map: the columns' names and a row an area."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def months(today: date, count: int = 12) -> tuple[date, ...]:
    """The first days of the last `count` months, oldest first, this month included."""
    at = today.year * 12 + today.month - 1
    return tuple(date(month // 12, month % 12 + 1, 1) for month in range(at - count + 1, at + 1))


def level(number: int, most: int) -> int:
    """0 for nothing, else 1 to LEVELS: equal steps of the square root, so that few and many can both be told apart."""
    if number <= 0 or most <= 0:
        return 0
    return max(1, min(LEVELS, round(LEVELS * math.sqrt(number / most))))


def by_month(
    activity: Mapping[tuple[str, str], int], areas: Sequence[str], over: Sequence[date], interface: Interface
) -> Map:
    """(area, "2026-02") to numbers, as a map over months."""
    links = []
    for month in over:
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        links.append((interface.month(month, short=False), {"since": month.isoformat(), "until": after.isoformat()}))
    return _map(activity, areas, [f"{month:%Y-%m}" for month in over], links, interface)


def by_jurisdiction(
    activity: Mapping[tuple[str, str], int], areas: Sequence[str], interface: Interface, *, since: date
) -> Map:
    """(area, jurisdiction) to numbers, as a map over the jurisdictions in which most happened."""
    totals: dict[str, int] = {}
    for (_area, place), number in activity.items():
        if place:
            totals[place] = totals.get(place, 0) + number
    columns = sorted(totals, key=lambda place: (-totals[place], place))[:MOST_COLUMNS]
    links = [(place, {"jurisdiction": place, "since": since.isoformat()}) for place in columns]
    return _map(activity, areas, columns, links, interface)


def _map(
    activity: Mapping[tuple[str, str], int], areas: Sequence[str], columns: Sequence[str],
    links: Sequence[tuple[str, Mapping[str, str]]], interface: Interface,
) -> Map:  # fmt: skip
    """Areas in the order given; those the taxonomy no longer has come last."""
    shown = set(columns)
    known = [*areas, *sorted({area for area, column in activity if column in shown} - set(areas))]
    most = max((activity.get((area, key), 0) for area in known for key in columns), default=0)
    rows = []
    for area in known:
        numbers = tuple(activity.get((area, key), 0) for key in columns)
        cells = tuple(_cell(area, n, most, *link, interface) for n, link in zip(numbers, links, strict=True))
        rows.append(Row(area, numbers, sum(numbers), cells))
    return Map(tuple(columns), tuple(rows))


def _cell(area: str, number: int, most: int, name: str, query: Mapping[str, str], interface: Interface) -> Markup:
    shade = level(number, most)
    rect = Markup('<rect class="h{}" width="{}" height="{}" rx="5"/>').format(shade, WIDTH, HEIGHT)
    frame = Markup('<svg viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>')
    if not number:
        return frame.format(WIDTH, HEIGHT, rect) + Markup('<span class="hidden">0</span>')
    said = interface.tn("{place}: {n} change", "{place}: {n} changes", number, place=name)
    shown = Markup('<text class="n{}" x="{}" y="{}">{}</text>').format(shade, WIDTH // 2, HEIGHT // 2 + 4, number)
    return Markup('<a href="/changes?{}" title="{}" aria-label="{}">{}</a>').format(
        urlencode({"area": area, **query}), said, said, frame.format(WIDTH, HEIGHT, rect + shown)
    )
