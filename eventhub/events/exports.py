"""Events as a table."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from eventhub.database import tuples
from eventhub.events.queries import event_by_slug
from eventhub.events.zones import shown_in
from eventhub.streaming import lines_in_parts

COLUMNS = (
    "slug", "title", "kind", "mode", "involvement", "status", "first_day", "last_day", "starts_at", "ends_at",
    "time_zone", "place", "country", "capacity", "counts_in_statistics", "printed_start", "printed_end",
    "printed_location",
)  # fmt: skip


_READ = (
    "slug, title, kind, mode, involvement, status, starts_on, ends_on, starts_at, ends_at, time_zone, place, country, "
    "capacity, counts_in_statistics, printed_start, printed_end, printed_location"
)
_STARTS_AT, _ENDS_AT, _ZONE, _COUNTS = (
    COLUMNS.index(name) for name in ("starts_at", "ends_at", "time_zone", "counts_in_statistics")
)


async def events_table(*, year: int | None) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """
    Events of a year, or all, in order of their first day; instants bear the offset of the event's zone.

    They are read while they are written; see `lines_in_parts`.
    """
    condition, values = in_year("starts_on", year)
    order = "ORDER BY starts_on, title, id"
    keys = await tuples(f"SELECT CAST(id AS VARCHAR(36)) FROM event WHERE {condition} {order}", *values)

    async def read(part: Sequence[str]) -> list[Sequence[object]]:
        marks = ", ".join(["{}"] * len(part))
        return [_cells(row) for row in await tuples(f"SELECT {_READ} FROM event WHERE id IN ({marks}) {order}", *part)]

    return COLUMNS, lines_in_parts([key for (key,) in keys], read)


def _cells(row: Sequence[Any]) -> Sequence[object]:
    cells = list(row)
    for place in (_STARTS_AT, _ENDS_AT):
        cells[place] = shown_in(row[place], row[_ZONE])
    cells[_COUNTS] = bool(row[_COUNTS])
    return cells


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
