"""Registered people who say that they come to one item of a programme."""

from datetime import datetime
from uuid import UUID, uuid4

from eventhub.database import lock_clause, sql, transaction
from eventhub.errors import NotFound, Refusal
from eventhub.events.queries import ItemRow, event_by_id, item_by_id
from eventhub.events.rules import EventStatus
from eventhub.mail.commands import post_letter
from eventhub.programme.calendar_news import tell_signed_off
from eventhub.registrations.letters import item_letter
from eventhub.registrations.queries import registration_by_id, registration_by_link
from eventhub.words import Sentence


class ItemIsFull(Refusal):
    """Nobody else fits in."""

    status_code = 409


class NoSignUp(Refusal):
    """The item takes no sign-ups, is over, or the person has no seat at the event."""

    status_code = 409


class BusyThen(Refusal):
    """The person has signed up for something else at that time."""

    status_code = 409


async def sign_up(token: str, item_id: UUID, *, now: datetime) -> ItemRow:
    """
    Sign the holder of a personal link up for an item; twice is once.

    One guarded statement decides whether there is room, and the constraint
    `programme_item_never_overfull` of the database would stop it otherwise
    (docs/decisions/0007-seats.md).

    Raises:
        NotFound: the link opens nothing, or the item is of another event.
        NoSignUp: the item takes none, it has begun, or the person has no seat.
        BusyThen: the person has signed up for something else at that time.
        ItemIsFull: there is no room left.

    """
    registration = await registration_by_link(token)
    item = await _item_of(item_id, registration.event)
    event = await event_by_id(registration.event)
    async with transaction():
        await _lock(registration.id)
        if not (await registration_by_link(token)).has_seat or event.status != EventStatus.PUBLISHED:
            raise NoSignUp(Sentence("People with a seat at the event can sign up."))
        if not item.takes_sign_up:
            raise NoSignUp(Sentence("Nobody needs to sign up for “%(title)s”.", title=item.title))
        if item.starts_at <= now:
            raise NoSignUp(Sentence("“%(title)s” has begun already.", title=item.title))
        if await _signed_up(registration.id, item.id):
            return item
        await _refuse_busy(registration.id, item)
        if not await sql(
            "UPDATE programme_item SET taken = taken + 1 WHERE id = {} AND takes_sign_up "
            "AND (capacity IS NULL OR taken < capacity) RETURNING id",
            item.id,
        ):
            raise ItemIsFull(Sentence("“%(title)s” is full.", title=item.title))
        await sql(
            "INSERT INTO item_sign_up (id, programme_item, registration, signed_up_at) VALUES ({}, {}, {}, {})",
            uuid4(), item.id, registration.id, now,
        )  # fmt: skip
        await post_letter(item_letter("item_confirmed", event, item, registration, now=now), now=now)
    return await item_by_id(item.id)


async def withdraw(token: str, item_id: UUID, *, now: datetime) -> ItemRow:
    """
    Take the holder of a personal link off an item; the place is free at once.

    Raises:
        NotFound: the link opens nothing, or the item is of another event.
        NoSignUp: it has begun.

    """
    registration = await registration_by_link(token)
    item = await _item_of(item_id, registration.event)
    async with transaction():
        await _lock(registration.id)
        if item.starts_at <= now:
            raise NoSignUp(Sentence("“%(title)s” has begun already.", title=item.title))
        await give_back(registration.id, item.id, now=now)
    return await item_by_id(item.id)


async def withdraw_all(registration_id: UUID, *, now: datetime) -> None:
    """Free every place of a registration that is cancelled or declined, in the caller's transaction."""
    rows = await sql("SELECT programme_item FROM item_sign_up WHERE registration = {}", registration_id)
    for item in sorted(row["programme_item"] for row in rows):  # one order for all, so that no two wait for each other
        await give_back(registration_id, item, now=now)


async def give_back(registration_id: UUID, item_id: UUID, *, now: datetime) -> None:
    """Free the place of a registration at an item, if it has one, in the caller's transaction; its calendar follows."""
    if await sql(
        "DELETE FROM item_sign_up WHERE registration = {} AND programme_item = {} RETURNING id",
        registration_id,
        item_id,
    ):
        await sql("UPDATE programme_item SET taken = taken - 1 WHERE id = {}", item_id)
        item = await item_by_id(item_id)
        await tell_signed_off(await event_by_id(item.event), item, await registration_by_id(registration_id), now=now)


async def _item_of(item_id: UUID, event_id: UUID) -> ItemRow:
    item = await item_by_id(item_id)
    if item.event != event_id:
        raise NotFound(Sentence("There is no such programme item."))
    return item


async def _lock(registration_id: UUID) -> None:
    """One change of a person's sign-ups after the other, so that no two at one time slip through."""
    await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration_id)


async def _signed_up(registration_id: UUID, item_id: UUID) -> bool:
    return bool(
        await sql(
            "SELECT 1 AS one FROM item_sign_up WHERE registration = {} AND programme_item = {}",
            registration_id,
            item_id,
        )
    )


async def _refuse_busy(registration_id: UUID, item: ItemRow) -> None:
    others = await sql(
        "SELECT i.title AS title FROM item_sign_up s JOIN programme_item i ON i.id = s.programme_item "
        "WHERE s.registration = {} AND i.starts_at < {} AND i.ends_at > {} ORDER BY i.starts_at LIMIT 1",
        registration_id, item.ends_at, item.starts_at,
    )  # fmt: skip
    if others:
        raise BusyThen(Sentence("You have signed up for “%(other)s” at the same time. Take yourself off it first.", other=others[0]["title"]))  # fmt: skip
