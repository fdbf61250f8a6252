"""What time does to registrations: offers lapse, and reserved seats go to the queue."""

import asyncio
import logging
from datetime import datetime

from eventhub.database import utc_now
from eventhub.registrations.pools import lapse_offers
from eventhub.registrations.seats import return_due_seats

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock.
EVERY = 60.0


async def keep_up(now: datetime) -> tuple[int, int]:
    """Do what is due; doing it twice is doing it once. How many offers ended, and how many pools were given back."""
    return await lapse_offers(now), await return_due_seats(now)


async def background() -> None:
    """Keep up with the clock until the task is cancelled; a failure is tried again after a minute."""
    while True:
        try:
            await keep_up(utc_now())
        except Exception:
            logger.exception("offers and reserved seats could not be looked after")
        await asyncio.sleep(EVERY)
