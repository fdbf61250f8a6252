"""
What calendars hear of parts of a programme: of whoever signed up for them, and of whoever speaks there.

Everything here runs in its caller's transaction, after the change it tells of.
"""

from collections.abc import Sequence
from datetime import datetime

from eventhub.database import sql
from eventhub.events.queries import EventRow, ItemRow, programme_of
from eventhub.events.rules import EventStatus
from eventhub.mail.commands import post_letter
from eventhub.registrations.letters import item_letter
from eventhub.registrations.queries import RegistrationRow, signed_up_for
from eventhub.speakers.letters import moved_letter, removed_letter
from eventhub.speakers.personal import SpeakingRow, speaking_at


async def tell_moved(event: EventRow, items: Sequence[ItemRow], *, now: datetime) -> None:
    """Tell of another time or place: participants of a published event, and speakers who were invited."""
    coming = {item.id: item for item in items if item.ends_at > now}
    if event.status == EventStatus.CANCELLED or not coming:
        return
    if event.status == EventStatus.PUBLISHED:
        for item, registration in await signed_up_for(list(coming)):
            await post_letter(item_letter("item_changed", event, coming[item], registration, now=now), now=now)
    for slot in await speaking_at(list(coming)):
        await post_letter(moved_letter(slot, event, now=now), now=now)


async def tell_gone(event: EventRow, items: Sequence[ItemRow], *, now: datetime) -> None:
    """Take items that are off the programme, or called off with their event, out of calendars; before the rows go."""
    gone = {item.id: item for item in items if item.ends_at > now}
    for item, registration in await signed_up_for(list(gone)):
        await post_letter(item_letter("item_cancelled", event, gone[item], registration, now=now), now=now)
    for slot in await speaking_at(list(gone)):
        await tell_speaker_gone(event, slot, now=now)


async def tell_signed_off(event: EventRow, item: ItemRow, registration: RegistrationRow, *, now: datetime) -> None:
    """Take an item out of the calendar of somebody who is no longer signed up for it."""
    if item.ends_at > now:
        await post_letter(item_letter("item_cancelled", event, item, registration, now=now), now=now)


async def tell_speaker_gone(event: EventRow, slot: SpeakingRow, *, now: datetime, has_declined: bool = False) -> None:
    """Take an item out of the calendar of somebody who does not speak there any more."""
    if slot.email and slot.ends_at > now:
        await post_letter(removed_letter(slot, event, now=now, has_declined=has_declined), now=now)


async def all_moved(event: EventRow, *, now: datetime) -> None:
    """Every item has moved with its event: number and tell it."""
    await sql("UPDATE programme_item SET sequence = sequence + 1 WHERE event = {}", event.id)
    await tell_moved(event, await programme_of(event.id), now=now)


async def all_gone(event: EventRow, *, now: datetime) -> None:
    """Every item is called off with its event: number and tell it."""
    await sql("UPDATE programme_item SET sequence = sequence + 1 WHERE event = {}", event.id)
    await tell_gone(event, await programme_of(event.id), now=now)
