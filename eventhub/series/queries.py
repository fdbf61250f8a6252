"""Reads of series and their editions."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.events.queries import EVENT_COLUMNS, EventRow
from eventhub.words import Sentence


class SeriesRow(msgspec.Struct, frozen=True):
    """One series."""

    id: UUID
    slug: str
    name: str
    created_at: datetime


class SeriesLine(msgspec.Struct, frozen=True):
    """One series in a list, with the number of its editions and their first and last day."""

    slug: str
    name: str
    editions: int
    first_on: date | None
    last_on: date | None


class EditionFigures(msgspec.Struct, frozen=True):
    """People at one edition: seats taken and how many of them came; and the head count of an event without a list."""

    seats: int = 0
    attended: int = 0
    head_count: int = 0


async def series_lines() -> list[SeriesLine]:
    """All series by name; two queries."""
    dates: dict[UUID, list[date]] = {}
    for row in await sql("SELECT series, starts_on FROM event WHERE series IS NOT NULL"):
        dates.setdefault(row["series"], []).append(row["starts_on"])
    return [
        SeriesLine(
            slug=row["slug"],
            name=row["name"],
            editions=len(dates.get(row["id"], ())),
            first_on=min(dates.get(row["id"], ()), default=None),
            last_on=max(dates.get(row["id"], ()), default=None),
        )
        for row in await sql("SELECT id, slug, name FROM event_series ORDER BY name, slug")
    ]


async def series_by_slug(slug: str) -> SeriesRow:
    """
    A series by its address.

    Raises:
        NotFound: there is none.

    """
    rows = await sql("SELECT id, slug, name, created_at FROM event_series WHERE slug = {}", slug.replace("\x00", " "))
    if not rows:
        raise no_such_series(slug)
    return SeriesRow(**rows[0])


def no_such_series(slug: str) -> NotFound:
    """What a series without a public edition and an unknown one both look like."""
    return NotFound(Sentence("There is no series “%(slug)s”.", slug=slug[:90]))


async def editions_of(series_id: UUID, *, public: bool = False) -> list[EventRow]:
    """The editions of a series, newest first; perhaps only those that everybody may know of."""
    rows = await sql(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE series = {{}} ORDER BY starts_on DESC, edition DESC, id", series_id
    )
    found = [EventRow(**row) for row in rows]
    return [event for event in found if event.is_public] if public else found


async def figures_of(series_id: UUID) -> dict[UUID, EditionFigures]:
    """People at each edition of a series; three queries whatever their number."""

    async def numbers(statement: str) -> dict[UUID, int]:
        rows: list[Row] = await sql(statement, series_id)
        return {row["event"]: int(row["n"]) for row in rows}

    seats = await numbers(
        "SELECT r.event AS event, COUNT(*) AS n FROM registration r JOIN event e ON e.id = r.event "
        "WHERE e.series = {} AND r.status = 'confirmed' GROUP BY r.event"
    )
    attended = await numbers(
        "SELECT r.event AS event, COUNT(DISTINCT a.registration) AS n FROM attendance a "
        "JOIN registration r ON r.id = a.registration JOIN event e ON e.id = r.event WHERE e.series = {} GROUP BY r.event"
    )
    counted = await numbers(
        "SELECT h.event AS event, SUM(h.women + h.men + h.others + h.undisclosed) AS n FROM head_count h "
        "JOIN event e ON e.id = h.event WHERE e.series = {} GROUP BY h.event"
    )
    return {
        key: EditionFigures(seats.get(key, 0), attended.get(key, 0), counted.get(key, 0))
        for key in {*seats, *attended, *counted}
    }
