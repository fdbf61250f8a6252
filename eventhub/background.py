"""
The work that nobody waits for: letters out, answers in, and what the clock changes.

Every process may do it at once; each kind of work claims in the database what
it does. It runs in the web process, or alone as `eventhub postman`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from eventhub.calls import reminders
from eventhub.cohorts import commands as cohorts
from eventhub.database import utc_now
from eventhub.feedback import commands as feedback
from eventhub.labs import cohort_page
from eventhub.mail import postman
from eventhub.mailings import clock
from eventhub.mailings.commands import write_due
from eventhub.outcomes import commands as outcomes
from eventhub.registrations import upkeep
from eventhub.replies import mailbox
from eventhub.replies.commands import release_due
from eventhub.settings import current_settings
from eventhub.statistics import kept

#: Each runs until it is cancelled, and goes on after a failure by itself.
ALWAYS: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (
    postman.background,
    upkeep.background,
    clock.background,
    mailbox.background,
    reminders.background,
    cohorts.background,
    cohort_page.background,
    feedback.background,
    outcomes.background,
    kept.background,
)
#: What each of them does at one look, letters apart; doing it twice is doing it once.
DUE: tuple[Callable[[datetime], Coroutine[Any, Any, Any]], ...] = (
    upkeep.keep_up,
    release_due,
    cohorts.keep_places_filled,
    cohort_page.keep_cohorts,
    reminders.remind,
    feedback.ask_due,
    outcomes.remind_due,
    kept.forget_changes,
    write_due,
)


async def work_always() -> None:
    """Do all of it until the task is cancelled."""
    async with asyncio.TaskGroup() as group:
        for work in ALWAYS:
            group.create_task(work())


async def work_once() -> int:
    """Do what is due now, and tell how many letters were taken; what cannot be done is said in the log."""
    now = utc_now()
    if url := current_settings().imap_url:
        reader = mailbox.Reader(url)
        try:
            await reader.look()
        finally:
            await reader.close()
    for work in DUE:
        await work(now)
    return await postman.send_due()
