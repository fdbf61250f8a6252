"""
Kinds of seats at one event, seats on offer, and seats that change hands.

Locks are taken in one order: the event, its pools by position, the
registration, the letter (eventhub/registrations/seats.py).
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import retried, sql
from eventhub.directory.queries import regions
from eventhub.directory.rules import clean_line, email_key
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.locking import refuse_cancelled
from eventhub.events.queries import EventRow, event_by_id, event_by_slug
from eventhub.events.rules import unknown_word
from eventhub.mail.commands import post_letter
from eventhub.programme.sign_up import withdraw_all
from eventhub.registrations.commands import (
    NewRegistration,
    NoSeatFree,
    NotStanding,
    Registered,
    checked_registration,
    leave_event,
    locked_registration,
    refuse_ended,
    refuse_present,
    write_newcomer,
)
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import (
    RegistrationRow,
    member_by_key,
    place_in_queue,
    pools_of,
    registration_by_id,
    registration_by_link,
    standing_registration,
)
from eventhub.registrations.rules import (
    MOST_POOLS,
    Attends,
    Pool,
    PoolFacts,
    RegistrationStatus,
    pool_problems,
    ways_to_attend,
)
from eventhub.registrations.seats import (
    Placed,
    changed,
    fill,
    hand_on_seat,
    leave_queue,
    lock_seats,
    resize,
    return_due,
    seats_transaction,
    take_free_seat,
    take_seat_or_place,
    wanted_pools,
    withdraw_offer,
    write_status,
)
from eventhub.words import Sentence


class PoolInUse(Refusal):
    """Somebody has a seat in it or waits for one, or it was given back."""

    status_code = 409


@retried
async def answer_offer(token: str, accept: bool, *, now: datetime) -> RegistrationRow:
    """
    Take the seat that is on offer, or leave it to the next; twice is once.

    Raises:
        NotFound: the link opens nothing.
        NotStanding: no seat is on offer, or not any more.

    """
    before = await registration_by_link(token)
    if not accept:
        if before.status == RegistrationStatus.CONFIRMED:
            raise NotStanding(Sentence("You have taken this seat already. You can still cancel your registration."))
        return await leave_event(before.id, RegistrationStatus.CANCELLED, now=now, account_id=None)
    async with seats_transaction(before.event):
        event, _, before = await locked_registration(before)
        if before.status == RegistrationStatus.CONFIRMED:
            return before
        refuse_ended(event, before)
        if before.status != RegistrationStatus.OFFERED:
            raise NotStanding(Sentence("No seat is on offer to you at present."))
        if before.offer_until is not None and before.offer_until <= now:
            raise NotStanding(Sentence("The time to answer is over, and the seat goes to the next person."))
        after = changed(before, RegistrationStatus.CONFIRMED, now)
        await write_status(after)
        await withdraw_offer(before)
        await post_letter(registration_letter("registration_confirmed", event, after), now=now)
    return after


@retried
async def lapse_offers(now: datetime) -> int:
    """End the offers that nobody answered in time; each seat goes to the next. How many ended."""
    rows = await sql(
        "SELECT r.id AS id, r.event AS event FROM registration r JOIN event e ON e.id = r.event "
        "WHERE r.offer_until IS NOT NULL AND r.offer_until <= {} AND e.status = 'published' ORDER BY r.offer_until, r.id",
        now,
    )
    ended = 0
    for row in rows:
        async with seats_transaction(row["event"]):
            event, pools, before = await locked_registration(await registration_by_id(row["id"]))
            if before.status != RegistrationStatus.OFFERED or before.offer_until is None or before.offer_until > now:
                continue  # the answer was quicker
            after = changed(before, RegistrationStatus.CANCELLED, now)
            await write_status(after)
            await withdraw_offer(before)
            await hand_on_seat(event, pools, before.pool, now)
            await post_letter(registration_letter("registration_lapsed", event, after), now=now)
            ended += 1
    return ended


@retried
async def move_pool(registration_id: UUID, attends: str, *, may_wait: bool = False, now: datetime) -> RegistrationRow:
    """
    Let somebody attend on site instead of online, or the other way round.

    Where each way has its own seats, a seat is changed for a free one; who
    waits goes to the end of the other queue.

    Args:
        may_wait: The person gives the seat up and waits when no other one is free.

    Raises:
        Problems: the event does not offer that.
        NotStanding: the registration or the event is over or was cancelled.
        NoSeatFree: the other seats are taken; everything stays as it was.

    """
    before = await registration_by_id(registration_id)
    if attends not in set(Attends):
        raise Problems({"attends": [unknown_word(attends, Attends)]})
    async with seats_transaction(before.event):
        event, pools, before = await locked_registration(before)
        refuse_ended(event, before)
        if event.is_past(now):
            raise NotStanding(Sentence("“%(title)s” is over.", title=event.title))
        if attends not in ways_to_attend(event.mode):
            raise Problems({"attends": [Sentence("This event does not offer that.")]})
        if before.attends == attends:
            return before
        if before.status == RegistrationStatus.OFFERED:
            raise NotStanding(Sentence("Please say first whether you take the seat that is on offer."))
        await refuse_present(registration_id)
        pools = await return_due(event, pools, now)
        before = await registration_by_id(registration_id)  # who waits may have a seat by now
        after = msgspec.structs.replace(before, attends=attends)
        await sql("UPDATE registration SET attends = {} WHERE id = {}", attends, after.id)
        possible = [pool.id for pool in await wanted_pools(pools, attends, before.member)]
        if before.status == RegistrationStatus.PENDING or before.pool in possible:
            return after
        if before.holds_seat:
            return await _change_seat(event, pools, before, after, now, may_wait=may_wait)
        await leave_queue(before)
        placed = await take_seat_or_place(pools, attends, before.member)
        if placed.place is not None:
            after = msgspec.structs.replace(after, pool=placed.pool, queue_place=placed.place, status_at=now)
            await write_status(after)
            return after
        after = changed(after, RegistrationStatus.CONFIRMED, now, pool=placed.pool)
        await write_status(after)
        await post_letter(registration_letter("registration_promoted", event, after), now=now)
    return after


async def _change_seat(
    event: EventRow,
    pools: list[Pool],
    before: RegistrationRow,
    after: RegistrationRow,
    now: datetime,
    *,
    may_wait: bool,
) -> RegistrationRow:
    """Take a seat of the other pools for the one held, if there is one that nobody waits for."""
    for pool in await wanted_pools(pools, after.attends, after.member):
        if not pool.waiting and await take_free_seat(pool.id):
            after = msgspec.structs.replace(after, pool=pool.id)
            await write_status(after)
            await hand_on_seat(event, pools, before.pool, now)
            return after
    if not may_wait:
        raise NoSeatFree(Sentence("All seats of that kind are taken. You keep the seat that you have."))
    placed = await take_seat_or_place(pools, after.attends, after.member)
    after = changed(after, placed.status, now, pool=placed.pool, queue_place=placed.place)
    await write_status(after)
    await withdraw_all(after.id, now=now)
    await hand_on_seat(event, pools, before.pool, now)
    position = await place_in_queue(after)
    await post_letter(registration_letter("registration_waitlisted", event, after, position=position), now=now)
    return after


@retried
async def take_over_seat(registration_id: UUID, new: NewRegistration, *, now: datetime) -> Registered:
    """
    Let somebody else come in the place of a person, with the same seat or the same place in the queue.

    The old registration ends as cancelled, and the new one attends in the same way.

    Raises:
        NotStanding: the registration has ended, the seat is only on offer, the
            person was there, or the event is over or was cancelled.
        Problems: something is missing or wrong, the other person is registered
            already, or the seat is kept for members that they are none of.

    """
    before = await registration_by_id(registration_id)
    event = await event_by_id(before.event)
    new, member = await checked_registration(replace(new, attends=before.attends), event)
    if not new.member:
        member = before.member
    async with seats_transaction(event.id):
        event, pools, before = await locked_registration(before)
        refuse_ended(event, before)
        if event.is_past(now):
            raise NotStanding(Sentence("“%(title)s” is over.", title=event.title))
        if before.status == RegistrationStatus.OFFERED:
            raise NotStanding(Sentence("Please say first whether you take the seat that is on offer."))
        await refuse_present(registration_id)
        if await standing_registration(event.id, email_key(new.email)):
            raise Problems({"email": [Sentence("This person is registered for the event already.")]})
        pool = next(pool for pool in pools if pool.id == before.pool)
        if pool.is_reserved and pool.id not in {
            p.id for p in await wanted_pools([*pools[:1], _kept(pool)], before.attends, member)
        }:
            raise Problems({"member": [Sentence("This seat is kept for the members that it was given to.")]})
        ended = changed(before, RegistrationStatus.CANCELLED, now)
        await write_status(ended)
        await withdraw_all(ended.id, now=now)
        letter = registration_letter(
            "registration_replaced",
            event,
            ended,
            colleague=new.name,
            had_seat=before.has_seat,
        )
        await post_letter(letter, now=now)
        held = pool if before.status == RegistrationStatus.PENDING else Placed(pool.id, before.queue_place)
        new = replace(new, role=new.role or before.role or "")
        return await write_newcomer(event, new, member, held, now, replaces=before.id)


def _kept(pool: Pool) -> Pool:
    """A reserved pool as it was before it was given back: whose seat in it is handed over stays the same."""
    return replace(pool, returned_at=None)


# What staff do with pools


@retried
async def add_pool(slug: str, facts: PoolFacts, *, now: datetime, account_id: UUID) -> Pool:
    """
    Keep some seats of an event for a way to attend, a region or a member.

    Those who wait and whom it is for move over, in order.

    Raises:
        NotFound: there is no such event.
        Problems: something is missing or wrong.
        EventIsCancelled: it was called off.

    """
    event = await event_by_slug(slug)
    async with seats_transaction(event.id):
        event, pools = await lock_seats(event.id)
        refuse_cancelled(event)
        facts, region, member = await _checked(event, facts, pools)
        if len(pools) >= MOST_POOLS:
            raise Problems({"name": [Sentence("An event has %(most)s kinds of seats at most.", most=MOST_POOLS)]})
        new = Pool(
            uuid4(), pools[-1].position + 1, facts.capacity, is_open=pools[0].is_open, name=facts.name,
            attends=facts.attends or None, region=region, member=member, returns_at=facts.returns_at,
        )  # fmt: skip
        await sql(
            "INSERT INTO seat_pool (id, event, position, capacity, taken, waiting, queue_end, granted, is_open, name, "
            "attends, region, member, returns_at) VALUES ({}, {}, {}, {}, 0, 0, 0, 0, {}, {}, {}, {}, {}, {})",
            new.id, event.id, new.position, new.capacity, new.is_open, new.name, new.attends, region, member,
            new.returns_at,
        )  # fmt: skip
        if new.is_reserved:
            await fill(event, new, now)
        else:
            await _move_waiting(event, pools[0], new, now)
        await return_due(event, [*pools, new], now)
        await record("add_pool", "event", event.id, account_id=account_id, now=now, detail=new.name)
    return new


async def _move_waiting(event: EventRow, old: Pool, new: Pool, now: datetime) -> None:
    """People who attend this way wait in the queue of the new pool, in the order in which they waited."""
    rows = await sql(
        "SELECT id FROM registration WHERE pool = {} AND status = 'waitlisted' AND attends = {} ORDER BY queue_place",
        old.id, new.attends,
    )  # fmt: skip
    for place, row in enumerate(rows, 1):
        await sql("UPDATE registration SET pool = {}, queue_place = {} WHERE id = {}", new.id, place, row["id"])
    await sql("UPDATE seat_pool SET waiting = waiting - {} WHERE id = {}", len(rows), old.id)
    await sql("UPDATE seat_pool SET waiting = {}, queue_end = {} WHERE id = {}", len(rows), len(rows), new.id)
    await fill(event, new, now)


@retried
async def change_pool(slug: str, pool_id: UUID, facts: PoolFacts, *, now: datetime, account_id: UUID) -> Pool:
    """
    Change name, size and time of return of a pool; whom it is for stays, for people have seats in it.

    Raises:
        NotFound: the event has no such pool.
        Problems: something is missing or wrong.
        CapacityTooSmall: more people have seats already.
        PoolInUse: it was given back.

    """
    event = await event_by_slug(slug)
    async with seats_transaction(event.id):
        event, pools = await lock_seats(event.id)
        refuse_cancelled(event)
        pool = _pool(pools, pool_id)
        if pool.returned_at is not None:
            raise PoolInUse(Sentence("What was left of these seats is given back already."))
        kept = replace(
            facts, attends=pool.attends or "", region="as before" if pool.region else "",
            member="as before" if pool.member else "",
        )  # fmt: skip
        kept = replace(kept, name=clean_line(kept.name))
        if wrong := pool_problems(kept, ways=(pool.attends or "",), starts_at=event.starts_at):
            raise Problems(wrong)
        await sql(
            "UPDATE seat_pool SET name = {}, returns_at = {} WHERE id = {}", kept.name, kept.returns_at, pool.id
        )  # fmt: skip
        await resize(event, pool, kept.capacity, now)
        pools = await return_due(event, await pools_of(event.id), now)
        await record("change_pool", "event", event.id, account_id=account_id, now=now, detail=kept.name)
    return _pool(pools, pool_id)


@retried
async def remove_pool(slug: str, pool_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Take away a pool that nobody has a seat in or waits for; its seats are gone.

    Raises:
        NotFound: the event has no such pool.
        PoolInUse: somebody has.

    """
    event = await event_by_slug(slug)
    async with seats_transaction(event.id):
        event, pools = await lock_seats(event.id)
        pool = _pool(pools, pool_id)
        if pool.taken or pool.waiting:
            raise PoolInUse(Sentence("People have these seats or wait for them, so they stay."))
        await sql(
            "UPDATE registration SET pool = {} WHERE pool = {}", pools[0].id, pool.id
        )  # cancelled and pending ones
        await sql("DELETE FROM seat_pool WHERE id = {}", pool.id)
        await record("remove_pool", "event", event.id, account_id=account_id, now=now, detail=pool.name)


def _pool(pools: list[Pool], pool_id: UUID) -> Pool:
    """One of the pools that were added; the event's own is changed with the event."""
    for pool in pools:
        if pool.id == pool_id and pool.position:
            return pool
    raise NotFound(Sentence("There are no such seats."))


async def _checked(event: EventRow, facts: PoolFacts, pools: list[Pool]) -> tuple[PoolFacts, UUID | None, UUID | None]:
    """The facts with their text tidied, and the region and member that they name; every fault at once."""
    facts = replace(facts, name=clean_line(facts.name))
    faults = pool_problems(facts, ways=ways_to_attend(event.mode), starts_at=event.starts_at)
    region = member = None
    if facts.region:
        region = next((row["id"] for row in await regions() if row["code"] == facts.region), None)
        if region is None:
            faults["region"] = [Sentence("“%(given)s” is no region that we know.", given=facts.region[:40])]
    if facts.member:
        found = await member_by_key(facts.member)
        if found is None:
            faults["member"] = [Sentence("“%(given)s” is no member that we know.", given=facts.member[:80])]
        else:
            member = found["id"]
    if not (region or member) and any(
        pool.position and not pool.is_reserved and pool.attends == facts.attends for pool in pools
    ):
        faults.setdefault("attends", []).append(Sentence("This way to attend has seats of its own already."))
    if faults:
        raise Problems(faults)
    return facts, region, member
