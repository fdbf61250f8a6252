"""The row of an event as commands lock it, change it, and refuse to; for events, their programmes and series."""

from datetime import datetime
from uuid import UUID

from eventhub.database import lock_clause, sql
from eventhub.errors import NotFound, Refusal
from eventhub.events.queries import EventRow, event_by_id
from eventhub.events.rules import EventStatus
from eventhub.words import Sentence


class EventIsCancelled(Refusal):
    """A cancelled event stays cancelled."""

    status_code = 409


class EventIsKept(Refusal):
    """Published and cancelled events stay, for the figures."""

    status_code = 409


async def locked_event(event_id: UUID) -> EventRow:
    """
    The event as it stands, with its row locked for this transaction.

    Raises:
        NotFound: it is gone.

    """
    rows = await sql(f"SELECT id FROM event WHERE id = {{}}{lock_clause()}", event_id)
    if not rows:
        raise NotFound(Sentence("There is no such event."))
    return await event_by_id(event_id)


async def touch_event(event_id: UUID, now: datetime) -> None:
    """Let an open form of the event know that something has changed."""
    await sql("UPDATE event SET version = version + 1, updated_at = {} WHERE id = {}", now, event_id)


def refuse_cancelled(event: EventRow) -> None:
    """
    Stop a change of an event that was called off.

    Raises:
        EventIsCancelled: it was.

    """
    if event.status == EventStatus.CANCELLED:
        raise EventIsCancelled(Sentence("“%(title)s” was cancelled and is changed no more.", title=event.title))
