"""What time does to planned letters."""

import asyncio
import logging

from eventhub.database import utc_now
from eventhub.mailings.commands import write_due

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock.
EVERY = 30.0


async def background() -> None:
    """Write what is due until the task is cancelled; a failure is tried again at the next look."""
    while True:
        try:
            await write_due(utc_now())
        except Exception:
            logger.exception("planned letters could not be written")
        await asyncio.sleep(EVERY)
