"""What letters say of an event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from eventhub.events.queries import EventRow, ItemRow
from eventhub.settings import current_settings


def event_facts(event: EventRow) -> dict[str, Any]:
    """
    The facts of an event as letters and calendars need them, JSON values only.

    The address at which one joins online is not among them: letters bring a
    personal link that leads there, wherever that is by then.
    """
    starts = event.starts_at or event.starts_on
    ends = event.ends_at if event.starts_at else event.ends_on
    return {
        "uid": event.calendar_uid,
        "sequence": event.sequence,
        "slug": event.slug,
        "title": event.title,
        "starts": starts.isoformat(),
        "ends": ends.isoformat() if ends else None,
        "time_zone": event.time_zone,
        "place": event.place,
        "online_url": "",
        "url": f"{current_settings().base_url}{event.href}",
        "description": event.description[:2000],
        "status": "CANCELLED" if event.status == "cancelled" else "CONFIRMED",
        "created_at": event.created_at.isoformat(),
        "updated_at": event.updated_at.isoformat(),
    }


def item_facts(event: EventRow, item: ItemRow) -> dict[str, Any]:
    """The facts of one part of a programme, in the place of its event's: a calendar object of its own."""
    return part_facts(
        event, item.id, item.title, (item.starts_at, item.ends_at), item.room, item.description, item.sequence
    )


def part_facts(
    event: EventRow,
    key: UUID,
    title: str,
    times: tuple[datetime, datetime],
    room: str,
    description: str,
    sequence: int,
) -> dict[str, Any]:
    """As `item_facts`, for whoever knows an item from elsewhere; its key is that of the item."""
    return {
        **event_facts(event),
        "uid": item_calendar_uid(key),
        "sequence": sequence,
        "title": f"{title} · {event.title}",
        "starts": times[0].isoformat(),
        "ends": times[1].isoformat(),
        "time_zone": event.time_zone or "UTC",
        "place": ", ".join(filter(None, (room, event.place))),
        "url": f"{current_settings().base_url}{event.href}/programme",
        "description": description[:2000],
    }


def item_calendar_uid(item_id: UUID) -> str:
    """The calendar's name of one part of a programme, for ever."""
    return f"{item_id}@eventhub"


def new_calendar_uid(event_id: UUID) -> str:
    """The calendar's name of an event, for ever: random, never from title or address (RFC 7986 5.3)."""
    return f"{event_id}@eventhub"
