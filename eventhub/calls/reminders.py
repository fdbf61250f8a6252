"""What time does to calls: those who have begun and not sent are reminded, and drafts never sent are deleted."""

import asyncio
import logging
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.calls.letters import reminder_letter
from eventhub.calls.queries import applicants_of_call, closing_calls, editors_of_call, stale_drafts
from eventhub.calls.rules import reminder_due
from eventhub.database import sql, transaction, utc_now
from eventhub.mail.commands import post_letter
from eventhub.privacy.commands import forget_untied

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock.
EVERY = 300.0
#: How long an application that was never sent is kept after its call closed.
DRAFTS_KEPT = timedelta(days=90)


async def remind(now: datetime) -> int:
    """
    Write to everybody who works on a draft that is not sent, 7 days and 1 day before their call closes.

    Doing it twice is doing it once: each letter is written once, whatever the
    number of processes. Who began only after a reminder was due gets none.

    Returns:
        How many letters were written.

    """
    written = 0
    for call in await closing_calls(now):
        days = reminder_due(call.closes_at, now)
        if days is None:
            continue
        begun_before = call.closes_at - timedelta(days=days)
        async with transaction():
            colleagues = await editors_of_call(call.kind, call.owner, drafts_only=True)
            for applicant in await applicants_of_call(
                call.kind, call.owner, drafts_only=True, begun_before=begun_before
            ):
                for to in (applicant, *colleagues.get(applicant.id, ())):
                    letter = reminder_letter(
                        to,
                        days=days,
                        closes_at=call.closes_at,
                        time_zone=call.time_zone,
                        words=call.content.letter("reminder", to.language),
                    )
                    written += await post_letter(letter, now=now)
    return written


async def forget_drafts(now: datetime) -> int:
    """
    Delete applications that were never sent, with their people and files, some time after their call closed.

    Contacts who are known only because they began such a draft are deleted with it.

    Returns:
        How many were deleted.

    """
    deleted = 0
    by_lab: dict[UUID, int] = defaultdict(int)
    begun: dict[UUID, set[datetime]] = defaultdict(set)
    async with transaction():
        for row in await stale_drafts(now - DRAFTS_KEPT):
            done = await sql("DELETE FROM application WHERE id = {} AND status = 'draft' RETURNING id", row["id"])
            by_lab[row["lab"]] += len(done)
            if done:
                begun[row["contact"]].add(row["begun_at"])
        for person, instants in begun.items():
            await forget_untied(person, instants)
        for lab, number in by_lab.items():
            if number:
                await record("forget_drafts", "lab", lab, account_id=None, now=now, detail=str(number))
                deleted += number
    return deleted


async def background() -> None:
    """Remind and forget until the task is cancelled; a failure is tried again at the next look."""
    while True:
        try:
            await remind(utc_now())
        except Exception:
            logger.exception("reminders of closing calls could not be written")
        try:
            await forget_drafts(utc_now())
        except Exception:
            logger.exception("applications that were never sent could not be deleted")
        await asyncio.sleep(EVERY)
