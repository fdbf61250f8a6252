"""What letters say of an event."""

from typing import Any
from uuid import UUID

from eventhub.events.queries import EventRow
from eventhub.settings import current_settings


def event_facts(event: EventRow, *, with_link: bool = False) -> dict[str, Any]:
    """
    The facts of an event as letters and calendars need them, JSON values only.

    Args:
        with_link: Tell the address at which one joins online; for registered people only.

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
        "online_url": event.online_url if with_link else "",
        "url": f"{current_settings().base_url}{event.href}",
        "description": event.description[:2000],
        "status": "CANCELLED" if event.status == "cancelled" else "CONFIRMED",
        "created_at": event.created_at.isoformat(),
        "updated_at": event.updated_at.isoformat(),
    }


def new_calendar_uid(event_id: UUID) -> str:
    """The calendar's name of an event, for ever: random, never from title or address (RFC 7986 5.3)."""
    return f"{event_id}@eventhub"
