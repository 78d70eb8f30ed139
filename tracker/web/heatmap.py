"""The areas' heat map: a row an area, a cell a month, as inline SVG that needs no script and no style attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup, escape

from tracker.web.i18n import Interface

CELL, GAP = 24, 3
LEVELS = 4


@dataclass(frozen=True, slots=True)
class Row:
    """An area's row: its months' numbers, their sum, and the strip as SVG."""

    area: str
    numbers: tuple[int, ...]
    total: int
    strip: Markup


def months(today: date, count: int = 12) -> tuple[date, ...]:
    """The first days of the last `count` months, oldest first, this month included."""
    at = today.year * 12 + today.month - 1
    return tuple(date(month // 12, month % 12 + 1, 1) for month in range(at - count + 1, at + 1))


def level(number: int, most: int) -> int:
    """0 for nothing, else 1 to LEVELS: equal steps of the square root, so that few and many can both be told apart."""
    if number <= 0 or most <= 0:
        return 0
    return max(1, min(LEVELS, round(LEVELS * (number / most) ** 0.5)))


def rows(
    activity: Mapping[tuple[str, str], int], areas: Sequence[str], over: Sequence[date], interface: Interface
) -> tuple[Row, ...]:
    """A row for each area, in the order given; areas the taxonomy no longer has come last."""
    keys = [f"{month:%Y-%m}" for month in over]
    known = [*areas, *sorted({area for area, month in activity if month in keys} - set(areas))]
    most = max((activity.get((area, key), 0) for area in known for key in keys), default=0)
    made = []
    for area in known:
        numbers = tuple(activity.get((area, key), 0) for key in keys)
        made.append(Row(area, numbers, sum(numbers), _strip(area, numbers, over, most, interface)))
    return tuple(made)


def _strip(area: str, numbers: Sequence[int], over: Sequence[date], most: int, interface: Interface) -> Markup:
    width = len(numbers) * (CELL + GAP) - GAP
    parts = [f'<svg class="strip" viewBox="0 0 {width} {CELL}" width="{width}" height="{CELL}" focusable="false">']
    for at, (number, month) in enumerate(zip(numbers, over, strict=True)):
        said = interface.tn("{month}: {n} change", "{month}: {n} changes", number, month=interface.month(month, short=False))
        cell = f'<rect class="h{level(number, most)}" x="{at * (CELL + GAP)}" y="0" width="{CELL}" height="{CELL}" rx="4"/>'
        if not number:
            parts.append(cell)
            continue
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        query = urlencode({"area": area, "since": month.isoformat(), "until": after.isoformat()})
        parts.append(
            f'<a href="/changes?{escape(query)}" aria-label="{escape(said)}"><title>{escape(said)}</title>{cell}'
            f'<text class="n{level(number, most)}" x="{at * (CELL + GAP) + CELL // 2}" y="{CELL // 2 + 4}"'
            f' aria-hidden="true">{number}</text></a>'
        )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every value in it is a number or escaped above
