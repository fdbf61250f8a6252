"""
Figures in memory, for exactly as long as nothing that they count has changed (docs/decisions/0022-kept-figures.md).

Triggers add a row to `figure_change` with every change, whichever process or
program writes (migration 0017). The number and the sum of these rows are the
stamp; an answer with the same stamp is given again. Numbers only: whatever is
kept here must hold nothing of persons.
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from eventhub.database import engine, sql, transaction, utc_now

logger = logging.getLogger(__name__)
T = TypeVar("T")
Stamp = tuple[int, int]

#: Answers of one process; those not asked for longest are dropped first.
MOST_KEPT = 60
#: How long a change is remembered. Taking rows away changes the stamp, which only costs one more count.
REMEMBERED = timedelta(hours=6)

_answers: OrderedDict[tuple[Any, ...], tuple[Stamp, Any]] = OrderedDict()
_counting: dict[tuple[Any, ...], asyncio.Lock] = {}


async def stamp() -> Stamp:
    """Changes when anything changes that a figure counts; one query."""
    rows = await sql("SELECT COUNT(*) AS changes, COALESCE(SUM(mark), 0) AS marks FROM figure_change")
    return rows[0]["changes"], int(rows[0]["marks"])


async def kept(name: str, *key: Any, count: Callable[[], Awaitable[T]]) -> T:
    """
    An answer from memory, or counted now and kept.

    Never older than the last change that was committed when it was asked for:
    the stamp is read before counting. Whoever asks for the same at the same
    time waits for the one who counts. Inside a transaction it is always counted
    and never kept: nobody else may see what is not committed, and all changes
    of one transaction have one stamp.

    Args:
        name: What is counted.
        key: What it is counted of, such as a year.
        count: Counts it. What it returns is shared and must not be changed.

    """
    if engine().current_transaction.get() is not None:
        return await count()
    asked = (name, *key)
    lock = _counting.setdefault(asked, asyncio.Lock())
    async with lock:
        now = await stamp()
        if (found := _answers.get(asked)) is not None and found[0] == now:
            _answers.move_to_end(asked)
            answer: T = found[1]
            return answer
        answer = await count()
        _answers[asked] = (now, answer)
        _answers.move_to_end(asked)
        while len(_answers) > MOST_KEPT:
            dropped, _ = _answers.popitem(last=False)
            if not (other := _counting.get(dropped)) or not other.locked():
                _counting.pop(dropped, None)
        return answer


def forget_answers() -> None:
    """Count everything anew when it is asked for next: for measurements."""
    _answers.clear()


async def forget_changes(now: datetime) -> None:
    """
    Take away what has been remembered for long.

    A row comes in their place: without it the stamp could become what it was
    before those changes, and an answer from before them would be given again.
    """
    async with transaction():
        if await sql("DELETE FROM figure_change WHERE changed_at < {} RETURNING id", now - REMEMBERED):
            await sql(
                "INSERT INTO figure_change (id, changed_at, mark) VALUES ({}, {}, {})",
                uuid4(),
                now,
                random.getrandbits(30),
            )


async def background() -> None:
    """Forget old changes now and then until the task is cancelled."""
    while True:
        try:
            await forget_changes(utc_now())
        except Exception:
            logger.exception("old changes of figures could not be forgotten")
        await asyncio.sleep(REMEMBERED.total_seconds() / 6)
