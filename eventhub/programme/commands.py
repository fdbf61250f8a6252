"""What organisers do with a programme: add, change, move and remove items, and tell people what has changed."""

from dataclasses import replace
from datetime import date, datetime, time
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.events.locking import EventIsKept, locked_event, refuse_cancelled, touch_event
from eventhub.events.queries import EventRow, ItemRow, event_by_id, event_by_slug, item_by_id, programme_of
from eventhub.events.rules import EventStatus, ItemFacts, item_problems
from eventhub.mail.commands import post_letter
from eventhub.programme.calendar_news import tell_gone, tell_moved
from eventhub.programme.letters import participant_letter, speaker_letter
from eventhub.programme.queries import (
    concerned_participants,
    concerned_speakers,
    facts_of_item,
    latest_version,
    moved_item,
    snapshot_of,
)
from eventhub.programme.rules import Change, by_instants, changes, on_other_days
from eventhub.words import Sentence


class NothingToRelease(Refusal):
    """The programme is as people know it, or nobody knows of it yet."""

    status_code = 409


async def add_programme_item(slug: str, facts: ItemFacts, *, now: datetime, account_id: UUID) -> ItemRow:
    """
    Put an item on the programme.

    Raises:
        Problems: something is missing or wrong.

    """
    event = await event_by_slug(slug)
    new = uuid4()
    facts = checked_item(facts, event)
    async with transaction():
        await insert_item(event.id, new, facts, event.time_zone or "")
        await touch_event(event.id, now)
        await record("add_programme_item", "programme_item", new, account_id=account_id, now=now)
    return await item_by_id(new)


async def insert_item(event_id: UUID, new: UUID, facts: ItemFacts, zone: str) -> None:
    """Write a checked item down in the caller's transaction."""
    start, end = facts.instants(zone)
    await sql(
        "INSERT INTO programme_item (id, event, title, kind, starts_on, starts_time, ends_on, ends_time, starts_at, "
        "ends_at, room, capacity, description, parity_exempt_reason, takes_sign_up, taken, track) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0, {})",
        new, event_id, facts.title, facts.kind, facts.starts_on, facts.starts_time, facts.ends_on, facts.ends_time,
        start, end, facts.room, facts.capacity, facts.description, facts.parity_exempt_reason, facts.takes_sign_up,
        facts.track,
    )  # fmt: skip


async def change_programme_item(item_id: UUID, facts: ItemFacts, *, now: datetime, account_id: UUID) -> ItemRow:
    """
    Change an item of the programme.

    Raises:
        Problems: something is missing or wrong, or more people have signed up than there would be room for.
        EventIsKept: people have signed up for it, so it goes on taking sign-ups.

    """
    item = await item_by_id(item_id)
    event = await event_by_id(item.event)
    facts = checked_item(facts, event)
    async with transaction():
        if await _write_item(item_id, facts, event.time_zone or ""):
            await tell_moved(event, [await item_by_id(item_id)], now=now)
        await touch_event(event.id, now)
        await record("change_programme_item", "programme_item", item_id, account_id=account_id, now=now)
    return await item_by_id(item_id)


async def move_programme_item(
    item_id: UUID, day: date, clock: time, room: str, *, second: bool | None = None, now: datetime, account_id: UUID
) -> ItemRow:
    """
    Put an item at another time or in another room; it lasts as long as before.

    Args:
        day: The new day, in the zone of the event.
        clock: The new wall time of its start.
        room: The new room; empty for none.
        second: Which one, when that wall time happens twice.

    Raises:
        Problems: the time does not do.

    """
    item = await item_by_id(item_id)
    event = await event_by_id(item.event)
    facts = checked_item(moved_item(item, event, day, clock, room, second=second), event)
    async with transaction():
        if await _write_item(item_id, facts, event.time_zone or ""):
            await tell_moved(event, [await item_by_id(item_id)], now=now)
        await touch_event(event.id, now)
        await record("move_programme_item", "programme_item", item_id, account_id=account_id, now=now)
    return await item_by_id(item_id)


async def _write_item(item_id: UUID, facts: ItemFacts, zone: str) -> bool:
    """
    Change the row, with the people who have signed up in mind; the row is locked first.

    Returns:
        Whether time or room are others, which calendars are to hear (RFC 5546 2.1.4).

    """
    rows = await sql(f"SELECT taken, sequence FROM programme_item WHERE id = {{}}{lock_clause()}", item_id)
    taken = rows[0]["taken"] if rows else 0
    if taken and not facts.takes_sign_up:
        raise EventIsKept(Sentence.counted(
            "%(num)s person has signed up for “%(title)s”, so it goes on taking sign-ups.",
            "%(num)s people have signed up for “%(title)s”, so it goes on taking sign-ups.",
            taken, title=facts.title,
        ))  # fmt: skip
    if facts.capacity is not None and taken > facts.capacity:
        few = Sentence.counted(
            "%(num)s person has signed up already.", "%(num)s people have signed up already.", taken
        )  # fmt: skip
        raise Problems({"capacity": [few]})
    start, end = facts.instants(zone)
    after = await sql(
        "UPDATE programme_item SET sequence = sequence + CASE WHEN starts_at = {} AND ends_at = {} AND room = {} "
        "THEN 0 ELSE 1 END, title = {}, kind = {}, starts_on = {}, starts_time = {}, ends_on = {}, "
        "ends_time = {}, starts_at = {}, ends_at = {}, room = {}, capacity = {}, description = {}, "
        "parity_exempt_reason = {}, takes_sign_up = {}, track = {} WHERE id = {} RETURNING sequence",
        start, end, facts.room, facts.title, facts.kind, facts.starts_on, facts.starts_time, facts.ends_on,
        facts.ends_time, start, end, facts.room, facts.capacity, facts.description, facts.parity_exempt_reason,
        facts.takes_sign_up, facts.track, item_id,
    )  # fmt: skip
    return bool(rows and after) and rows[0]["sequence"] != after[0]["sequence"]


async def remove_programme_item(item_id: UUID, *, now: datetime, account_id: UUID) -> EventRow:
    """
    Take an item off the programme, with its speaker slots.

    Raises:
        EventIsKept: people's attendance at it was recorded.

    """
    item = await item_by_id(item_id)
    async with transaction():
        if await sql("SELECT 1 AS one FROM attendance WHERE programme_item = {} LIMIT 1", item_id):
            raise EventIsKept(
                Sentence("People were recorded as present at “%(title)s”, so it stays.", title=item.title)
            )
        await tell_gone(await event_by_id(item.event), [await item_by_id(item_id)], now=now)
        await sql("DELETE FROM item_sign_up WHERE programme_item = {}", item_id)
        await sql("DELETE FROM speaker_slot WHERE programme_item = {}", item_id)
        await sql("DELETE FROM programme_item WHERE id = {}", item_id)
        await touch_event(item.event, now)
        await record("remove_programme_item", "programme_item", item_id, account_id=account_id, now=now)
    return await event_by_id(item.event)


def checked_item(facts: ItemFacts, event: EventRow) -> ItemFacts:
    """The facts tidied, or every fault of them for this event."""
    facts = replace(
        facts, title=clean_line(facts.title), room=clean_line(facts.room), track=clean_line(facts.track),
        description=clean_text(facts.description), parity_exempt_reason=clean_text(facts.parity_exempt_reason),
    )  # fmt: skip
    refuse_cancelled(event)
    if problems := item_problems(facts, event.time_zone):
        raise Problems(problems)
    if event.status == EventStatus.PUBLISHED and _is_outside(facts, event):
        # a draft may be out of order for a while; the public page may not
        raise Problems({"starts_time": [Sentence("“%(title)s” lies outside the event.", title=facts.title)]})
    return facts


async def follow_event(before: EventRow, after: EventRow) -> None:
    """
    Move a programme with its event, in the caller's transaction: by whole days, with its wall times in the new zone.

    Of a published event nothing may lie outside. What would, moves with the
    start as well, as when an afternoon is put off by an hour.

    Raises:
        Problems: an item has no such time there, or would lie outside in any case.

    """
    times = (before.starts_at, before.ends_at, before.time_zone) != (after.starts_at, after.ends_at, after.time_zone)
    if not times or after.time_zone is None:
        return
    items = await programme_of(after.id)
    by = after.starts_on - before.starts_on
    field = "starts_on" if by else "time_zone"
    followed = [_checked_move(on_other_days(facts_of_item(item), by), after.time_zone, field) for item in items]
    if after.status == EventStatus.PUBLISHED and any(_is_outside(one, after) for one in followed):
        assert after.starts_at and before.starts_at
        later = after.starts_at - before.starts_at
        followed = [
            by_instants(facts_of_item(item), item.starts_at + later, item.ends_at + later, after.time_zone)
            for item in items
        ]
        for one in followed:
            if _is_outside(one, after):
                raise Problems({"starts_time": [Sentence("“%(title)s” lies outside the event.", title=one.title)]})
    for item, facts in zip(items, followed, strict=True):
        start, end = facts.instants(after.time_zone)
        await sql(
            "UPDATE programme_item SET starts_on = {}, starts_time = {}, ends_on = {}, ends_time = {}, starts_at = {}, "
            "ends_at = {} WHERE id = {}",
            facts.starts_on, facts.starts_time, facts.ends_on, facts.ends_time, start, end, item.id,
        )  # fmt: skip


def _checked_move(facts: ItemFacts, zone: str, field: str) -> ItemFacts:
    if item_problems(facts, zone):
        new_day = "“%(title)s” of the programme has no such time on its new day."
        new_zone = "“%(title)s” of the programme has no such time in this zone."
        raise Problems({field: [Sentence(new_day if field == "starts_on" else new_zone, title=facts.title)]})
    return facts


def _is_outside(facts: ItemFacts, event: EventRow) -> bool:
    start, end = facts.instants(event.time_zone or "UTC")
    return start < (event.starts_at or start) or end > (event.ends_at or end)


async def release_first(event_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """Keep the programme that an event is published with, in the caller's transaction; nobody is written to."""
    if await latest_version(event_id) is None:
        await _keep_version(event_id, 1, [], now=now, account_id=account_id)


async def release_programme(slug: str, *, now: datetime, account_id: UUID) -> int:
    """
    Tell those concerned what has changed on the programme since they last heard; the number of letters.

    Who signed up for an item hears of that item; of the others hears everybody
    with a seat. Speakers hear of the items they speak at. What people are told
    and when is kept as a version of the programme.

    Raises:
        NothingToRelease: nothing has changed, or the event is not published.
        EventIsCancelled: it was called off.

    """
    event = await event_by_slug(slug)
    letters = 0
    async with transaction():
        event = await locked_event(event.id)
        refuse_cancelled(event)
        before = await latest_version(event.id)
        if event.status != EventStatus.PUBLISHED or before is None:
            raise NothingToRelease(Sentence("The programme is told to people from the day the event is published."))
        found = changes(before.items, await snapshot_of(event.id))
        if not found:
            raise NothingToRelease(Sentence("Nothing on the programme has changed since people were last told."))
        number = before.number + 1
        await _keep_version(event.id, number, found, now=now, account_id=account_id)
        concerned = {change.item for change in found}
        for registration, signed in await concerned_participants(event.id, concerned):
            of_person = [change for change in found if not change.takes_sign_up or change.item in signed]
            if of_person:
                letters += await post_letter(participant_letter(event, registration, of_person, number), now=now)
        for speaker in await concerned_speakers(event.id, concerned):
            of_speaker = [change for change in found if change.item in speaker.items]
            letters += await post_letter(speaker_letter(event, speaker, of_speaker, number), now=now)
        await record("release_programme", "event", event.id, account_id=account_id, now=now, detail=str(number))
    return letters


async def _keep_version(event_id: UUID, number: int, found: list[Change], *, now: datetime, account_id: UUID) -> None:
    await sql(
        "INSERT INTO programme_version (id, event, number, items, changes, account, released_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        uuid4(), event_id, number, msgspec.json.encode(await snapshot_of(event_id)).decode(),
        msgspec.json.encode(found).decode(), account_id, now,
    )  # fmt: skip
