"""What organisers do for time-zone fairness: say which members an event is held for."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.errors import Problems
from eventhub.events.locking import locked_event, refuse_cancelled
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.words import Sentence

#: Rows of one statement; SQLite takes few values at once.
_AT_ONCE = 200


async def choose_invited_members(slug: str, keys: Iterable[str], *, now: datetime, account_id: UUID) -> EventRow:
    """
    Say which members an event is held for; those chosen before and not now are no longer.

    Nobody is written to: the choice serves the comparison of hours and the ledger of later editions.

    Args:
        slug: The event.
        keys: Of the members; one named twice counts once.
        now: For the audit trail.
        account_id: Who chooses.

    Raises:
        NotFound: there is no such event.
        EventIsCancelled: it was called off.
        Problems: a key is unknown.

    """
    wanted = list(dict.fromkeys(keys))
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        refuse_cancelled(event)
        known = {row["key"]: row["id"] for row in await sql("SELECT id, key FROM member")}
        if unknown := [key for key in wanted if key not in known]:
            raise Problems(
                {"members": [Sentence("There is no member “%(key)s”.", key=key[:80]) for key in unknown[:10]]}
            )
        await sql("DELETE FROM invited_member WHERE event = {}", event.id)
        for first in range(0, len(wanted), _AT_ONCE):
            part = wanted[first : first + _AT_ONCE]
            values = [value for key in part for value in (uuid4(), event.id, known[key])]
            marks = ", ".join(["({}, {}, {})"] * len(part))
            await sql(f"INSERT INTO invited_member (id, event, member) VALUES {marks}", *values)
        await record(
            "choose_invited_members", "event", event.id, account_id=account_id, now=now, detail=str(len(wanted))
        )
    return event
