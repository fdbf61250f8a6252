"""Reads of calendars: what has changed, which events are in them, and what those say."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.events.queries import EVENT_COLUMNS, EventFilter, EventRow, conditions
from eventhub.events.rules import PRIVATE_KINDS

#: Keys of one statement.
_AT_ONCE = 500

#: The key of an event and its stamp, which rises with every change (migration 0003).
Listed = tuple[UUID, int]


class ItemFacts(msgspec.Struct, frozen=True):
    """What calendars say of a programme item."""

    id: UUID
    event: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    room: str
    description: str
    sequence: int


_ITEM = ", ".join(ItemFacts.__struct_fields__)


async def state_of_calendar() -> Hashable:
    """
    A few numbers that change with whatever the public calendar may show, whatever it is narrowed to; one query.

    A member counts since a region is that of the members in a country.
    """
    rows = await sql(
        "SELECT COUNT(*) AS events, COALESCE(SUM(stamp), 0) AS stamps, (SELECT stamp FROM shared_stamp) AS shared, "
        "(SELECT COUNT(*) FROM member) AS members FROM page_stamp"
    )
    return tuple(int(value) for value in rows[0].values())


async def listed_events(wanted: EventFilter) -> list[Listed]:
    """The events of a calendar in order of time, without what they say; one query."""
    condition, values = conditions(wanted)
    return _listed(
        await sql(
            f"SELECT id, stamp FROM event JOIN page_stamp ON page_stamp.event = event.id WHERE {condition} "
            "ORDER BY starts_on, id",
            *values,
        )
    )


async def listed_sessions(lab_id: UUID) -> list[Listed]:
    """The sessions of a lab that are no drafts, in order of time; one query."""
    return _listed(
        await sql(
            "SELECT e.id AS id, v.stamp AS stamp FROM lab_session s JOIN event e ON e.id = s.event "
            "JOIN page_stamp v ON v.event = e.id WHERE s.lab = {} AND e.status <> 'draft' ORDER BY e.starts_on, e.id",
            lab_id,
        )
    )


async def listed_of_campaign(campaign_id: UUID) -> list[Listed]:
    """The public events of a campaign, in order of time; one query."""
    return _listed(
        await sql(
            "SELECT e.id AS id, v.stamp AS stamp FROM event e JOIN page_stamp v ON v.event = e.id "
            f"WHERE e.campaign = {{}} AND e.status <> 'draft' AND e.kind NOT IN ({', '.join('{}' for _ in PRIVATE_KINDS)}) "
            "ORDER BY e.starts_on, e.id",
            campaign_id,
            *sorted(PRIVATE_KINDS),
        )
    )


def _listed(rows: Iterable[Row]) -> list[Listed]:
    return [(row["id"], int(row["stamp"])) for row in rows]


async def public_stamp(slug: str) -> Listed | None:
    """The key and the stamp of a public event; None: there is none."""
    rows = await sql(
        "SELECT e.id AS id, v.stamp AS stamp FROM event e JOIN page_stamp v ON v.event = e.id WHERE e.slug = {} "
        f"AND e.status <> 'draft' AND e.kind NOT IN ({', '.join('{}' for _ in PRIVATE_KINDS)})",
        slug.replace("\x00", " "),
        *sorted(PRIVATE_KINDS),
    )
    return next(iter(_listed(rows)), None)


async def events_by_id(keys: Sequence[UUID]) -> dict[UUID, EventRow]:
    """Events by their keys; one query for each five hundred."""
    found = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        for row in await sql(f"SELECT {EVENT_COLUMNS} FROM event WHERE id IN ({', '.join('{}' for _ in some)})", *some):
            found[row["id"]] = EventRow(**row)
    return found


async def items_of(event_id: UUID) -> list[ItemFacts]:
    """The programme of an event as calendars tell it."""
    rows = await sql(f"SELECT {_ITEM} FROM programme_item WHERE event = {{}} ORDER BY starts_at, id", event_id)
    return [ItemFacts(**row) for row in rows]


async def items_by_id(keys: Sequence[UUID]) -> list[ItemFacts]:
    """Programme items by their keys, in order of time; one query for each five hundred."""
    found = []
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        rows = await sql(f"SELECT {_ITEM} FROM programme_item WHERE id IN ({', '.join('{}' for _ in some)})", *some)
        found += [ItemFacts(**row) for row in rows]
    return sorted(found, key=lambda item: (item.starts_at, item.id))
