"""Who registers for two things at the same time: the person is told, and staff see it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from eventhub.database import Row, sql
from eventhub.events.queries import EventRow
from eventhub.registrations.letters import moments_in_words

#: The span of something whose end nobody has given: it overlaps with what runs when it begins.
_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True)
class Span:
    """From an instant until another, which does not belong to it any more."""

    start: datetime
    end: datetime


def span_of(
    starts_at: datetime | None, ends_at: datetime | None, starts_on: date, ends_on: date | None, zone: str | None
) -> Span:
    """When something takes place; whole days in its own zone where no times are known."""
    if starts_at is not None:
        return Span(starts_at, max(ends_at or starts_at, starts_at + _MOMENT))
    here = ZoneInfo(zone) if zone else UTC
    after = (ends_on or starts_on) + timedelta(days=1)
    return Span(
        datetime.combine(starts_on, time(), here).astimezone(UTC), datetime.combine(after, time(), here).astimezone(UTC)
    )


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two spans share time; one that begins when the other ends does not."""
    return one.start < other.end and other.start < one.end


class Overlap(msgspec.Struct, frozen=True):
    """Another event that a person is registered for at the same time; times are those of that event."""

    registration: UUID
    link_version: int
    status: str
    slug: str
    title: str
    starts_on: date
    ends_on: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    time_zone: str | None
    #: Programme items, of either event, that the person has signed up for and that meet the other one.
    items: tuple[str, ...] = ()


_STANDING = "('pending', 'confirmed', 'offered', 'waitlisted')"

#: One row for each other event of each person, and one for each item that the person signed up for at either.
#: Days are compared loosely, since zones can move them by one; the rule above decides.
_OTHERS = (
    f"registration r JOIN registration o ON o.person = r.person AND o.event <> r.event AND o.status IN {_STANDING} "
    "JOIN event e ON e.id = o.event AND e.status = 'published' AND e.starts_on <= {} "
    "AND COALESCE(e.ends_on, e.starts_on) >= {}"
)
_COLUMNS = (
    "o.id AS registration, o.link_version AS link_version, o.status AS status, e.slug AS slug, e.title AS title, "
    "e.starts_on AS starts_on, e.ends_on AS ends_on, e.starts_at AS starts_at, e.ends_at AS ends_at, "
    "e.time_zone AS time_zone"
)
_NO_ITEM = "NULL AS item, NULL AS item_registration, NULL AS item_starts_at, NULL AS item_ends_at"
_ITEM = "i.title AS item, s.registration AS item_registration, i.starts_at AS item_starts_at, i.ends_at AS item_ends_at"


async def overlaps_at(event: EventRow, registrations: Sequence[UUID] = ()) -> dict[UUID, list[Overlap]]:
    """
    The other events at the time of this one, by registration; one query for all of its people.

    Args:
        event: The event whose people are looked at.
        registrations: Only these of its registrations, at most 500, such as those on a page; none: all that stand.

    """
    where, values = f"r.event = {{}} AND r.status IN {_STANDING}", [event.id, *registrations]
    if registrations:
        where += f" AND r.id IN ({', '.join('{}' for _ in registrations)})"
    return _found(event, await _rows(event, where, values))


async def overlaps_of_address(event: EventRow, key: str) -> list[Overlap]:
    """
    The other events at the time of this one that an address is registered for, before it registers for this.

    Args:
        event: The event that the person wants to attend.
        key: The address as `email_key` folds it.

    """
    last, first = _days(event)
    rows = await sql(
        f"SELECT {_COLUMNS} FROM person p JOIN registration o ON o.person = p.id AND o.status IN {_STANDING} "
        "JOIN event e ON e.id = o.event WHERE p.id = (SELECT COALESCE(merged_into, id) FROM person WHERE email_key = {}) AND e.id <> {} AND e.status = 'published' "
        "AND e.starts_on <= {} AND COALESCE(e.ends_on, e.starts_on) >= {} ORDER BY e.starts_on, e.title, e.id",
        key, event.id, last, first,
    )  # fmt: skip
    own = _span(event)
    return [Overlap(**row) for row in rows if overlap(own, _span_of_row(row))]


def overlap_facts(found: Iterable[Overlap], language: str) -> list[dict[str, Any]]:
    """What a letter in a language says of other events at the same time, JSON values only."""
    return [
        {
            "title": one.title,
            "when": moments_in_words(
                {
                    "starts": (one.starts_at or one.starts_on).isoformat(),
                    "ends": ends.isoformat() if (ends := one.ends_at if one.starts_at else one.ends_on) else None,
                    "time_zone": one.time_zone,
                },
                None,
                language,
            ),
            "items": list(one.items),
        }
        for one in found
    ]


async def _rows(event: EventRow, where: str, values: list[UUID]) -> list[Row]:
    last, first = _days(event)
    # SQLite takes the types of columns from the first part, so the one without values comes second.
    return await sql(
        f"SELECT r.id AS own, {_COLUMNS}, {_ITEM} FROM {_OTHERS} JOIN item_sign_up s ON s.registration IN (r.id, o.id) "
        f"JOIN programme_item i ON i.id = s.programme_item WHERE {where} UNION ALL "
        f"SELECT r.id AS own, {_COLUMNS}, {_NO_ITEM} FROM {_OTHERS} WHERE {where}",
        last, first, *values, last, first, *values,
    )  # fmt: skip


def _found(event: EventRow, rows: list[Row]) -> dict[UUID, list[Overlap]]:
    """The pairs that share time, with the items that do; those of one person in order of time."""
    own = _span(event)
    pairs: dict[tuple[UUID, UUID], list[Row]] = defaultdict(list)
    for row in rows:
        pairs[row["own"], row["registration"]].append(row)
    found: dict[UUID, list[Overlap]] = defaultdict(list)
    for (mine, _), together in pairs.items():
        event_row = together[0]
        theirs = _span_of_row(event_row)
        items = sorted(
            (row for row in together if row["item"] is not None), key=lambda row: (row["item_starts_at"], row["item"])
        )
        met = tuple(
            row["item"]
            for row in items
            if overlap(
                theirs if row["item_registration"] == mine else own,
                Span(row["item_starts_at"], max(row["item_ends_at"], row["item_starts_at"] + _MOMENT)),
            )
        )
        if met or overlap(own, theirs):
            found[mine].append(
                Overlap(**{name: event_row[name] for name in Overlap.__struct_fields__ if name != "items"}, items=met)
            )
    return {key: sorted(those, key=lambda one: (one.starts_on, one.title)) for key, those in found.items()}


def _days(event: EventRow) -> tuple[date, date]:
    """The last and the first day on which something could share time with an event, whatever the zones."""
    return (event.ends_on or event.starts_on) + timedelta(days=2), event.starts_on - timedelta(days=2)


def _span(event: EventRow) -> Span:
    return span_of(event.starts_at, event.ends_at, event.starts_on, event.ends_on, event.time_zone)


def _span_of_row(row: Row) -> Span:
    return span_of(row["starts_at"], row["ends_at"], row["starts_on"], row["ends_on"], row["time_zone"])
