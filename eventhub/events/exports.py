"""Events as a table."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from eventhub.database import sql
from eventhub.events.queries import EVENT_COLUMNS, EventRow, event_by_slug
from eventhub.events.zones import as_instant

COLUMNS = (
    "slug", "title", "kind", "mode", "involvement", "status", "first_day", "last_day", "starts_at", "ends_at",
    "time_zone", "place", "country", "capacity", "counts_in_statistics", "printed_start", "printed_end",
    "printed_location",
)  # fmt: skip


async def events_table(*, year: int | None) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """Events of a year, or all, in order of their first day; instants bear the offset of the event's zone."""
    condition, values = in_year("starts_on", year)
    rows = await sql(f"SELECT {EVENT_COLUMNS} FROM event WHERE {condition} ORDER BY starts_on, title, id", *values)
    return COLUMNS, (_cells(EventRow(**row)) for row in rows)


def _cells(event: EventRow) -> Sequence[object]:
    return (
        event.slug, event.title, event.kind, event.mode, event.involvement, event.status, event.starts_on, event.ends_on,
        as_instant(event.starts_at, event.time_zone), as_instant(event.ends_at, event.time_zone), event.time_zone,
        event.place, event.country, event.capacity, event.counts_in_statistics, event.printed_start, event.printed_end,
        event.printed_location,
    )  # fmt: skip


def in_year(column: str, year: int | None) -> tuple[str, list[Any]]:
    """A condition on a day column, with its values."""
    if year is None:
        return "1 = 1", []
    return f"{column} >= {{}} AND {column} < {{}}", [date(year, 1, 1), date(year + 1, 1, 1)]


async def chosen_events(slug: str | None, year: int | None) -> tuple[str, list[Any]]:
    """
    A condition on `e`, the table of events: one event, a year, or all.

    Raises:
        NotFound: there is no event of this name.
    """
    if slug:
        return "e.id = {}", [(await event_by_slug(slug)).id]
    return in_year("e.starts_on", year)
