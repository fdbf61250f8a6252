"""Writing letters into the outbox, and taking them out of it again."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import count
from secrets import randbits
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.mail.addresses import deliverable
from eventhub.settings import current_settings

#: Wakes the postman of this process. It looks at the outbox every few seconds
#: anyway, so a transaction that is not yet committed then is only later.
letters_waiting = asyncio.Event()

_counter = count()


@dataclass(frozen=True)
class OutgoingLetter:
    """A letter before it is in the outbox; `facts` are JSON values only."""

    kind: str
    dedupe_key: str
    recipient_name: str
    recipient_address: str
    language: str
    facts: dict[str, Any]
    event_id: UUID | None
    person_id: UUID | None
    not_after: datetime | None = None


async def post_letter(letter: OutgoingLetter, *, now: datetime) -> bool:
    """
    Put a letter into the outbox, in the caller's transaction; False: it was there already.

    It adds two facts: when it was written, and how many letters told this
    person before that their registration for this event is cancelled; the
    SEQUENCE of invitations depends on it. `IS TRUE` keeps SQLite from walking
    through all letters of the event instead of the few of the person.
    """
    new = _new_id(now)
    facts = msgspec.json.encode({**letter.facts, "written_at": now.isoformat()}).decode()
    done = await sql(
        "INSERT INTO letter (id, dedupe_key, kind, event, person, recipient_name, recipient_address, "
        "language, facts, message_id, status, created_at, available_at, not_after, attempts, last_answer) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, "
        "CAST({} AS TEXT) || CAST((SELECT COUNT(*) FROM letter WHERE person = {} "
        "AND (event = {}) IS TRUE AND kind IN ('registration_cancelled', 'registration_replaced')) AS TEXT) || ',' || CAST({} AS TEXT), "
        "{}, 'queued', {}, {}, {}, 0, '') ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
        new, letter.dedupe_key, letter.kind, letter.event_id, letter.person_id, letter.recipient_name,
        letter.recipient_address, letter.language, '{"cancelled_before":', letter.person_id, letter.event_id, facts[1:],
        f"<{new}@{_sender_domain()}>", now, now, letter.not_after,
    )  # fmt: skip
    letters_waiting.set()
    return bool(done)


async def resend_letter(letter_id: UUID, *, now: datetime) -> bool:
    """Try a letter that failed again, with all its attempts; False: it did not fail."""
    done = await sql(
        "UPDATE letter SET status = 'queued', attempts = 0, available_at = {}, last_answer = '' "
        "WHERE id = {} AND status = 'failed' RETURNING id",
        now,
        letter_id,
    )
    letters_waiting.set()
    return bool(done)


async def withdraw_letters(event_id: UUID, kind: str) -> int:
    """Take back the letters of a kind about an event that a newer one overtakes; returns how many."""
    done = await sql(
        "UPDATE letter SET status = 'withdrawn' WHERE event = {} AND kind = {} AND status = 'queued' RETURNING id",
        event_id,
        kind,
    )
    return len(done)


async def withdraw_letter(dedupe_key: str) -> None:
    """Take back one letter that has not left yet and whose news is no longer true, in the caller's transaction."""
    await sql("UPDATE letter SET status = 'withdrawn' WHERE dedupe_key = {} AND status = 'queued'", dedupe_key)


@cache
def _sender_domain() -> str:
    return deliverable(current_settings().sender[1]).rpartition("@")[2]


def _new_id(now: datetime) -> UUID:
    """A UUID that sorts by time (version 7, RFC 9562 5.7): letters of one instant keep their order."""
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | (next(_counter) & 0xFFF) << 64 | 2 << 62 | randbits(62))
