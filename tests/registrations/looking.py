"""What the tests of registrations look at: rows, letters and the seats of one event."""

from typing import Any
from uuid import UUID

from eventhub.database import Row, sql
from eventhub.registrations.queries import manage_url


async def rows_of(event: Any) -> list[Row]:
    """Every registration of an event, in the order in which they were made."""
    return await sql(
        "SELECT id, name, status, queue_place, version, registered_at, status_at FROM registration WHERE event = {} "
        "ORDER BY registered_at, name, id",
        event.id,
    )


async def statuses(event: Any) -> dict[str, str]:
    """Name to status; the newest registration of a name counts."""
    return {row["name"]: row["status"] for row in await rows_of(event)}


async def letters_of(event: Any) -> list[tuple[str, str]]:
    """Who got which kind of letter about an event, in order."""
    rows = await sql("SELECT recipient_name, kind FROM letter WHERE event = {} ORDER BY created_at, id", event.id)
    return [(row["recipient_name"], row["kind"]) for row in rows]


async def pool_of(event: Any) -> tuple[int | None, int, int]:
    """Capacity, seats taken, people waiting."""
    row = (await sql("SELECT capacity, taken, waiting FROM seat_pool WHERE event = {}", event.id))[0]
    return row["capacity"], row["taken"], row["waiting"]


async def queue_of(event: Any) -> list[str]:
    """Names of who waits, the first in the queue first."""
    rows = await sql(
        "SELECT name FROM registration WHERE event = {} AND status = 'waitlisted' ORDER BY queue_place", event.id
    )
    return [row["name"] for row in rows]


async def audit_of(object_id: UUID) -> list[str]:
    """What the audit trail says was done to something."""
    rows = await sql("SELECT action FROM audit_entry WHERE object_id = {} ORDER BY at, action", str(object_id))
    return [row["action"] for row in rows]


async def gender_of(person: UUID) -> str | None:
    """What a person has stated, if anything."""
    rows = await sql("SELECT gender FROM gender_statement WHERE person = {}", person)
    return rows[0]["gender"] if rows else None


def token_of(registered: Any) -> str:
    """The secret part of a personal link."""
    return str(registered.manage_url.rpartition("/")[2])


def letter_token_of(registered: Any) -> str:
    """The secret of the personal link as the letter gives it: it proves the mailbox."""
    registration = registered.registration
    return manage_url(registration.id, registration.link_version, by_letter=True).rpartition("/")[2]
