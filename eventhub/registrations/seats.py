"""
The seats of an event: who gets one, and who waits. Every function here runs in its caller's transaction.

Locks are taken in one order: the event, its pools by position, the
registration, the letter. A newcomer to an event with a single pool locks that
pool alone. One statement on the pool decides between seat and queue; two would
leave a waiting person beside a free seat (measured; docs/decisions/0007-seats.md).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import is_sqlite, lock_clause, retried, sql, transaction
from eventhub.errors import Refusal
from eventhub.events.locking import locked_event
from eventhub.events.queries import EventRow
from eventhub.events.rules import EventStatus
from eventhub.mail.commands import post_letter, withdraw_letter
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import (
    RegistrationRow,
    pools_of,
    region_of_member,
    registration_by_id,
)
from eventhub.registrations.rules import (
    Pool,
    RegistrationStatus,
    offer_ends,
    pools_to_try,
    queue_pool,
)
from eventhub.words import Sentence


class CapacityTooSmall(Refusal):
    """More people have seats than the new capacity allows."""

    status_code = 409


#: At most two transactions of this process wait for one pool's row: with 32
#: on one row PostgreSQL falls to a fifth of its speed (measured).
_WAITING_PER_POOL = 2
#: Registrations that this process works on at once. More of them only make each
#: other's round trips longer, and with them the time that the row of a crowded
#: event is locked (docs/benchmarks.md).
_REGISTERING = 4
_gates: WeakValueDictionary[UUID | str, asyncio.Semaphore] = WeakValueDictionary()


def _gate(name: UUID | str, number: int) -> contextlib.AbstractAsyncContextManager[None]:
    """Lets so many tasks of this process in, whoever came first; SQLite's writers queue already."""
    if is_sqlite():
        return contextlib.nullcontext()
    gate = _gates.get(name)
    if gate is None:
        gate = _gates[name] = asyncio.Semaphore(number)
    return gate


def in_turn() -> contextlib.AbstractAsyncContextManager[None]:
    """Wait, without a connection, until this registration is worked on."""
    return _gate("registrations", _REGISTERING)


@contextlib.asynccontextmanager
async def seats_transaction(event_id: UUID) -> AsyncIterator[None]:
    """A transaction that will lock the pools of this event."""
    async with _gate(event_id, _WAITING_PER_POOL), transaction():
        yield


async def lock_seats(event_id: UUID) -> tuple[EventRow, list[Pool]]:
    """The event and its pools as they stand once their locks are ours."""
    event = await locked_event(event_id)
    return event, await pools_of(event_id, lock=lock_clause())


async def open_pool(event_id: UUID, capacity: int | None) -> None:
    """Give an event its seats, in the caller's transaction."""
    await sql(
        "INSERT INTO seat_pool (id, event, capacity, taken, waiting, queue_end, granted, is_open) "
        "VALUES ({}, {}, {}, 0, 0, 0, 0, {}) ON CONFLICT (event, position) DO NOTHING",
        uuid4(), event_id, capacity, False,
    )  # fmt: skip


async def set_pool_open(event_id: UUID, is_open: bool) -> None:
    """Let newcomers in or not, in the caller's transaction; whoever is on the way in is stopped by it."""
    await pools_of(event_id, lock=lock_clause())
    await sql("UPDATE seat_pool SET is_open = {} WHERE event = {}", is_open, event_id)


@dataclass(frozen=True)
class Placed:
    """What a newcomer got: a seat of a pool, or a place in its queue."""

    pool: UUID
    place: int | None

    @property
    def status(self) -> RegistrationStatus:
        """The status that goes with it."""
        return RegistrationStatus.CONFIRMED if self.place is None else RegistrationStatus.WAITLISTED


#: The newcomer gets a seat when one is free and nobody waits.
_FREE = "CASE WHEN waiting = 0 AND (capacity IS NULL OR taken < capacity) THEN 1 ELSE 0 END"
_TAKE_SEAT_OR_PLACE = (
    f"UPDATE seat_pool SET granted = {_FREE}, taken = taken + {_FREE}, waiting = waiting + 1 - {_FREE}, "
    f"queue_end = queue_end + 1 - {_FREE} WHERE "
)
_ONLY_POOL = (
    f"{_TAKE_SEAT_OR_PLACE}event = {{}} AND position = 0 AND is_open AND NOT EXISTS "
    "(SELECT 1 FROM seat_pool o WHERE o.event = {} AND o.position > 0) RETURNING id, granted, queue_end"
)
_QUEUE_POOL = f"{_TAKE_SEAT_OR_PLACE}id = {{}} RETURNING id, granted, queue_end"
_TAKE_FREE = (
    "UPDATE seat_pool SET taken = taken + 1 WHERE id = {} AND (capacity IS NULL OR taken < capacity) RETURNING id"
)


async def take_at_once(event_id: UUID) -> Placed | None:
    """A seat or a place at an event with a single pool that is open to newcomers; None for any other event."""
    return _placed(await sql(_ONLY_POOL, event_id, event_id))


async def take_seat_or_place(pools: list[Pool], attends: str, member: UUID | None) -> Placed:
    """A seat of the first pool that has one for this person, or a place in the queue; the pools are locked."""
    *reserved, last = await wanted_pools(pools, attends, member)
    for pool in reserved:
        if await take_free_seat(pool.id):
            return Placed(pool.id, None)
    placed = _placed(await sql(_QUEUE_POOL, last.id))
    assert placed is not None
    return placed


async def take_free_seat(pool_id: UUID) -> bool:
    """Take a seat if the pool has a free one; it is not asked who waits."""
    return bool(await sql(_TAKE_FREE, pool_id))


async def wanted_pools(pools: list[Pool], attends: str, member: UUID | None) -> list[Pool]:
    """The pools to try for somebody, the one with the queue last."""
    region = await region_of_member(member) if any(pool.region for pool in pools) else None
    return pools_to_try(pools, attends, region, member)


def _placed(rows: list[dict[str, Any]]) -> Placed | None:
    if not rows:
        return None
    return Placed(rows[0]["id"], None if rows[0]["granted"] else rows[0]["queue_end"])


async def write_status(after: RegistrationRow) -> None:
    """Keep a changed status with what belongs to it."""
    await sql(
        "UPDATE registration SET status = {}, pool = {}, queue_place = {}, version = {}, status_at = {}, "
        "offer_until = {}, decision_reason = {} WHERE id = {}",
        after.status, after.pool, after.queue_place, after.version, after.status_at, after.offer_until,
        after.decision_reason, after.id,
    )  # fmt: skip


def changed(before: RegistrationRow, status: RegistrationStatus, now: datetime, **more: Any) -> RegistrationRow:
    """The registration in its next status; the place in the queue and the offer end with the old one."""
    same = {"queue_place": None, "offer_until": None}
    return msgspec.structs.replace(before, status=status, version=before.version + 1, status_at=now, **{**same, **more})


async def withdraw_offer(before: RegistrationRow) -> None:
    """Whoever has an offer that ends now need not read of it; a letter that has left stays sent."""
    if before.status == RegistrationStatus.OFFERED:
        await withdraw_letter(f"registration:{before.id}:v{before.version}:registration_offered")


async def leave_queue(registration: RegistrationRow) -> None:
    """One person fewer waits in the pool of this registration."""
    await sql("UPDATE seat_pool SET waiting = waiting - 1 WHERE id = {}", registration.pool)


async def _promote(event: EventRow, waiting: RegistrationRow, pool: Pool, now: datetime) -> None:
    """Give somebody who waits a seat that is counted as taken already, or offer it."""
    await leave_queue(waiting)
    if until := offer_ends(now, event.offer_hours, event.starts_at):
        after = changed(waiting, RegistrationStatus.OFFERED, now, pool=pool.id, offer_until=until)
    else:
        after = changed(waiting, RegistrationStatus.CONFIRMED, now, pool=pool.id)
    await write_status(after)
    kind = "registration_offered" if until else "registration_promoted"
    await post_letter(registration_letter(kind, event, after), now=now)


async def _next_for(event: EventRow, pool: Pool, now: datetime) -> RegistrationRow | None:
    """Who waited longest of those whom a free seat of this pool is for."""
    if event.status != EventStatus.PUBLISHED or event.is_past(now):
        return None
    if not pool.is_reserved:
        rows = await sql(
            "SELECT id FROM registration WHERE pool = {} AND status = 'waitlisted' ORDER BY queue_place LIMIT 1",
            pool.id,
        )
    else:
        only, value = ("r.member", pool.member) if pool.member else ("m.region", pool.region)
        attends = f" AND r.attends = '{pool.attends}'" if pool.attends in ("on_site", "online") else ""
        rows = await sql(
            "SELECT r.id AS id FROM registration r JOIN member m ON m.id = r.member WHERE r.event = {} "
            f"AND r.status = 'waitlisted' AND {only} = {{}}{attends} ORDER BY r.queue_place, r.id LIMIT 1",
            event.id,
            value,
        )
    return await registration_by_id(rows[0]["id"]) if rows else None


async def hand_on_seat(event: EventRow, pools: list[Pool], pool_id: UUID, now: datetime) -> None:
    """Give one taken seat to whoever waited longest, or make it free; event and pools are locked."""
    pool = next(pool for pool in pools if pool.id == pool_id)
    if pool.returned_at is not None:  # what becomes free of it belongs to the queue by now
        await sql("UPDATE seat_pool SET taken = taken - 1, capacity = capacity - 1 WHERE id = {}", pool.id)
        pool = queue_pool(pools, pool.attends)
        await sql("UPDATE seat_pool SET taken = taken + 1, capacity = capacity + 1 WHERE id = {}", pool.id)
        await _follow_capacity(event, pool, 1, now)
    if waiting := await _next_for(event, pool, now):
        await _promote(event, waiting, pool, now)
    else:
        await sql("UPDATE seat_pool SET taken = taken - 1 WHERE id = {}", pool.id)


async def fill(event: EventRow, pool: Pool, now: datetime) -> None:
    """Give the free seats of a pool to those who wait, in order; event and pools are locked."""
    while (waiting := await _next_for(event, pool, now)) and await take_free_seat(pool.id):
        await _promote(event, waiting, pool, now)


async def _follow_capacity(event: EventRow, pool: Pool, more: int, now: datetime) -> None:
    """The event's own capacity is the size of its first pool."""
    if pool.position == 0 and pool.capacity is not None:
        await sql(
            "UPDATE event SET capacity = capacity + {}, version = version + 1, updated_at = {} WHERE id = {}",
            more, now, event.id,
        )  # fmt: skip


async def return_due(event: EventRow, pools: list[Pool], now: datetime) -> list[Pool]:
    """
    Give back what is left of reserved pools whose time has come; event and pools are locked.

    Returns:
        The pools as they stand afterwards.

    """
    due = [pool for pool in pools if pool.is_due(now)]
    for pool in due:
        left = (pool.capacity or 0) - pool.taken
        await sql("UPDATE seat_pool SET capacity = taken, returned_at = {} WHERE id = {}", now, pool.id)
        heir = queue_pool(pools, pool.attends)
        await sql("UPDATE seat_pool SET capacity = capacity + {} WHERE id = {}", left, heir.id)
        await _follow_capacity(event, heir, left, now)
        await record("return_seats", "event", event.id, account_id=None, now=now, detail=f"{left}")
        await fill(event, heir, now)
    return await pools_of(event.id) if due else pools


@retried
async def return_due_seats(now: datetime) -> int:
    """Give back what is left of every reserved pool whose time has come; how many pools."""
    rows = await sql(
        "SELECT event, COUNT(*) AS n FROM seat_pool WHERE returned_at IS NULL AND returns_at <= {} GROUP BY event", now
    )
    for row in rows:
        async with seats_transaction(row["event"]):
            event, pools = await lock_seats(row["event"])
            await return_due(event, pools, now)
    return sum(int(row["n"]) for row in rows)


async def resize_pool(event: EventRow, capacity: int | None, *, now: datetime) -> None:
    """
    Change how many seats an event has of its own, in the caller's transaction; people who wait move up in order.

    Raises:
        CapacityTooSmall: more people have seats already.

    """
    event, pools = await lock_seats(event.id)
    if not pools:
        await open_pool(event.id, capacity)
        return
    await resize(event, pools[0], capacity, now)


async def resize(event: EventRow, pool: Pool, capacity: int | None, now: datetime) -> None:
    """
    Change the size of one pool; event and pools are locked.

    Raises:
        CapacityTooSmall: more people have seats already.

    """
    if capacity is not None and capacity < pool.taken:
        raise CapacityTooSmall(
            Sentence("%(taken)s people have seats already; cancel some of them first.", taken=pool.taken)
        )
    await sql("UPDATE seat_pool SET capacity = {} WHERE id = {}", capacity, pool.id)
    await fill(event, pool, now)
