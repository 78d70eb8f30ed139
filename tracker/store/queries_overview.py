"""What overviews ask of everything that is kept, in statements that let the database do the counting."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, case, cast, false, func, or_, select, text, type_coerce
from sqlalchemy.orm import Session

from tracker import model
from tracker.store import codec
from tracker.store.queries import DeadlineLine
from tracker.store.queries_web import with_counts
from tracker.store.standing import SourceLine, due
from tracker.store.tables import Alert, Change, ChangeArea, Check, Delivery, Edit, Event, EventTodo, Moment, Source

LOOKBACK = timedelta(days=730)  # how old a change may be whose dates are still shown as ahead


def marker(session: Session) -> tuple[int, datetime | None]:
    """What differs after every change that was told, and after every event: two look-ups in indexes."""
    return session.scalar(select(func.max(Event.id))) or 0, session.scalar(select(func.max(Change.told_at)))


@dataclass(frozen=True, slots=True)
class Activity:
    """Told changes seen `since` then, by month ("2026-02", in UTC), by area and jurisdiction, as of a marker."""

    since: datetime
    marker: tuple[int, datetime | None]
    places: tuple[tuple[str, int], ...]  # how many sources each jurisdiction has
    numbers: Mapping[str, Mapping[tuple[str, str], int]]

    def by_month(self) -> dict[tuple[str, str], int]:
        """(area, month) to the number of changes."""
        return self._summed(lambda month, _place: month)

    def by_jurisdiction(self) -> dict[tuple[str, str], int]:
        """(area, jurisdiction) to the number of changes."""
        return self._summed(lambda _month, place: place)

    def _summed(self, column: Callable[[str, str], str]) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for month, cells in self.numbers.items():
            for (area, place), number in cells.items():
                key = (area, column(month, place))
                found[key] = found.get(key, 0) + number
        return found


# Transactions end in another order than events are numbered and changes timed in: so much is looked at again.
AGAIN_EVENTS, AGAIN_TIME = 1000, timedelta(hours=1)


def activity(session: Session, *, since: datetime, known: Activity | None = None) -> Activity:
    """The heat maps' numbers. With what was counted before, only the months are counted again in which a change was
    told or corrected after that; all of them where `since` differs or a source's jurisdiction changed."""
    mark, all_of_it = marker(session), Change.seen_at >= since
    counted = select(Source.jurisdiction, func.count()).group_by(Source.jurisdiction).order_by(Source.jurisdiction)
    places = tuple((row[0], row[1]) for row in session.execute(counted))
    event, told_at = known.marker if known is not None else (0, None)
    if known is None or told_at is None or (known.since, known.places) != (since, places):
        return Activity(since, mark, places, _counted(session, all_of_it))
    heard = select(Change.seen_at).join(Event, Event.change_id == Change.id).where(Event.id > event - AGAIN_EVENTS)
    told = select(Change.seen_at).where(Change.told_at > told_at - AGAIN_TIME)
    months = {f"{at:%Y-%m}" for of in (heard, told) for at in session.scalars(of.distinct())}
    spans = or_(false(), *(_within(month) for month in sorted(months)))
    kept = {month: cells for month, cells in known.numbers.items() if month not in months}
    return Activity(since, mark, places, {**kept, **_counted(session, and_(all_of_it, spans))})


def _within(month: str) -> ColumnElement[bool]:
    first = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)
    after = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=UTC)
    return and_(Change.seen_at >= first, Change.seen_at < after)


def _counted(session: Session, where: ColumnElement[bool]) -> dict[str, dict[tuple[str, str], int]]:
    if session.get_bind().dialect.name == "sqlite":
        month: Any = func.substr(type_coerce(Change.seen_at, String), 1, 7)
    else:
        month = func.to_char(func.timezone("UTC", Change.seen_at), "YYYY-MM", type_=String)
    told = (
        select(Change.id, Change.source_id, month.label("month"))
        .where(where, Change.state == model.State.TOLD.value, Change.technical.is_(False))
        .subquery()
    )
    statement = (
        select(told.c.month, ChangeArea.area, Source.jurisdiction, func.count())
        .join(told, told.c.id == ChangeArea.change_id)
        .join(Source, Source.id == told.c.source_id)
        .where(ChangeArea.kind == "area")
        .group_by(told.c.month, ChangeArea.area, Source.jurisdiction)
    )
    found: dict[str, dict[tuple[str, str], int]] = {}
    for at, area, place, number in session.execute(statement):
        found.setdefault(at, {})[area, place] = number
    return found


def ahead(
    session: Session, today: date, *, days: int = 400, limit: int = 100, areas: Sequence[str] = ()
) -> list[tuple[DeadlineLine, datetime]]:
    """Dates from today on that told changes of the last two years brought, soonest first, each with the moment its
    change was seen; a date of one document is told once, by its latest change."""
    among = (
        "AND EXISTS (SELECT 1 FROM change_area a WHERE a.change_id = c.id AND a.kind = 'area' AND a.area IN :areas)"
        if areas
        else ""
    )
    statement = text(
        f"""
        SELECT x.date AS day, x.kind, x.text AS words, x.governs,
               c.id, c.source_id, d.id AS document, COALESCE(NULLIF(d.title, ''), s.title) AS title,
               COALESCE(NULLIF(d.url, ''), s.url) AS url, c.seen_at
        FROM deadline x JOIN change c ON c.id = x.change_id JOIN document d ON d.id = c.document_id
          JOIN source s ON s.id = c.source_id
        WHERE x.date BETWEEN :first AND :last AND c.state || '' = 'told' AND NOT c.technical
          AND COALESCE(c.told_at, c.seen_at) >= :recent {among}
        ORDER BY day, c.seen_at DESC, c.id LIMIT :most
        """  # noqa: S608 - constants only
    )
    bound: list[Any] = [bindparam("areas", list(areas), expanding=True)] if areas else []
    recent = datetime.combine(today, datetime.min.time(), tzinfo=UTC) - LOOKBACK
    rows = session.execute(
        statement.bindparams(
            *bound, bindparam("recent", recent, type_=Moment), bindparam("first", today.isoformat()),
            bindparam("last", (today + timedelta(days=days)).isoformat()), bindparam("most", 4 * limit + 50),
        ).columns(seen_at=Moment)
    )  # fmt: skip
    found: dict[tuple[str, int, str], tuple[DeadlineLine, datetime]] = {}
    for row in rows:
        line = DeadlineLine(
            date.fromisoformat(row.day), row.kind or "", row.words or "", row.governs or "", row.id, row.source_id,
            row.title, row.url,
        )  # fmt: skip
        found.setdefault((row.day, row.document, line.text), (line, row.seen_at))
    return list(found.values())[:limit]


def edits_of(session: Session, change_ids: Sequence[str], *, most: int = 25) -> dict[str, tuple[model.Edit, ...]]:
    """The first edits of some changes, read in one go; their blocks have texts only."""
    found: dict[str, list[model.Edit]] = {}
    statement = (
        select(Edit.change_id, *codec.EDIT)
        .where(Edit.change_id.in_(change_ids), Edit.position < most)
        .order_by(Edit.change_id, Edit.position)
    )
    for row in session.execute(statement):
        found.setdefault(row.change_id, []).append(codec.edit_value(row))
    return {name: tuple(edits) for name, edits in found.items()}


def edit_counts(session: Session, change_ids: Sequence[str]) -> dict[str, int]:
    """How many edits some changes have."""
    statement = select(Edit.change_id, func.count()).where(Edit.change_id.in_(change_ids)).group_by(Edit.change_id)
    return {row[0]: row[1] for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class Choices:
    """What sources can be told apart by. `sources` are (id, title), by title, no more than were asked for."""

    jurisdictions: tuple[str, ...]
    languages: tuple[str, ...]
    groups: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    number: int


def choices(session: Session, *, most: int = 60) -> Choices:
    """The values that filters offer; sources only where they are few enough to be read."""
    jurisdictions = session.scalars(select(Source.jurisdiction).distinct()).all()
    languages = session.scalars(select(Source.language).distinct()).all()
    lists = session.scalars(select(cast(Source.groups, String)).distinct())  # few, however many sources there are
    groups = {group for kept in lists if kept for group in json.loads(kept) or ()}
    number = session.scalar(select(func.count()).select_from(Source)) or 0
    some = select(Source.id, Source.title).order_by(func.lower(Source.title), Source.id)
    sources = tuple((row.id, row.title or row.id) for row in session.execute(some)) if number <= most else ()
    return Choices(
        tuple(sorted(filter(None, jurisdictions))), tuple(sorted(filter(None, languages))), tuple(sorted(groups)),
        sources, number,
    )  # fmt: skip


def source_title(session: Session, source_id: str) -> str:
    """A source's title; its id for an unknown one."""
    return session.scalar(select(Source.title).where(Source.id == source_id)) or source_id


TROUBLED = (model.Health.FAILING.value, model.Health.BLOCKED.value, model.Health.GONE.value)


def sources_page(
    session: Session, *, health: Sequence[str] = (), words: str = "", limit: int = 100, offset: int = 0
) -> list[SourceLine]:
    """Active sources, those that need a hand first, then by title."""
    statement = select(Source).where(Source.active)
    if health:
        statement = statement.where(Source.health.in_(health))
    for word in words.lower().split()[:6]:
        said = func.lower(Source.title + " " + Source.url + " " + Source.id + " " + Source.jurisdiction)
        statement = statement.where(said.contains(word, autoescape=True))
    first = case((Source.health.in_(TROUBLED), 0), else_=1)
    statement = statement.order_by(first, func.lower(Source.title), Source.id).limit(limit).offset(offset)
    return with_counts(session, session.scalars(statement).all())


def health_numbers(session: Session) -> dict[str, int]:
    """Active sources by health."""
    statement = select(Source.health, func.count()).where(Source.active).group_by(Source.health)
    return {row[0]: row[1] for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class Monitored:
    """What a monitor wants to know. `outcomes` are checks of the last day, `deliveries` attempts of the last day,
    `waiting` open events by consumer with the age of the oldest in seconds, `alerts` by state, `overdue` how long the
    most overdue source has waited in seconds."""

    outcomes: dict[str, int]
    check_seconds: tuple[float, float]  # the mean and the longest of the last day
    deliveries: dict[str, int]
    alerts: dict[str, int]
    waiting: dict[str, tuple[int, float]]
    health: dict[str, int]
    due: int
    overdue: float


def monitored(session: Session, now: datetime) -> Monitored:
    """The operator's numbers, each by an index or over a day's rows."""
    day = now - timedelta(days=1)

    def counted(column: Any, *where: Any) -> dict[str, int]:
        return {row[0]: row[1] for row in session.execute(select(column, func.count()).where(*where).group_by(column))}

    spans = [
        (finished - started).total_seconds()
        for started, finished in session.execute(
            select(Check.started_at, Check.finished_at).where(Check.started_at > day).limit(200_000)
        )
    ]
    open_work = session.execute(
        select(EventTodo.consumer, func.count(), func.min(Event.at))
        .join(Event, Event.id == EventTodo.event_id)
        .group_by(EventTodo.consumer)
    )
    number, at = due(session, now)
    return Monitored(
        outcomes=counted(Check.outcome, Check.started_at > day),
        check_seconds=(sum(spans) / len(spans), max(spans)) if spans else (0.0, 0.0),
        deliveries=counted(Delivery.outcome, Delivery.at > day),
        alerts=counted(Alert.state),
        waiting={row[0]: (row[1], max(0.0, (now - row[2]).total_seconds())) for row in open_work},
        health=health_numbers(session),
        due=number,
        overdue=max(0.0, (now - at).total_seconds()) if at else 0.0,
    )
