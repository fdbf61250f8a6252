"""Long tables that are read while they are written, so that they never lie in memory as a whole."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

Key = TypeVar("Key")
Line = TypeVar("Line")
_AT_ONCE = 500


def lines_in_parts(keys: Sequence[Key], read: Callable[[Sequence[Key]], Awaitable[list[Line]]]) -> Iterator[Line]:
    """
    The lines of a table, read part by part while somebody writes them to a file.

    The writers of files are plain loops that run in a thread; the database is
    read by the event loop from which this is called. So the loop has to go on
    until the last line, and the lines are to be taken in another thread, as
    Litestar does with a stream.

    Args:
        keys: Of all lines, in their order; keys are small.
        read: The lines of some keys, in their order; what is gone meanwhile is left out.

    Raises:
        RuntimeError: the lines are taken in the thread of the loop, which would wait for itself.

    """
    loop = asyncio.get_running_loop()

    def lines() -> Iterator[Line]:
        for start in range(0, len(keys), _AT_ONCE):
            if asyncio._get_running_loop() is loop:
                raise RuntimeError("take these lines in another thread: asyncio.to_thread(list, lines)")
            yield from asyncio.run_coroutine_threadsafe(_read(read, keys[start : start + _AT_ONCE]), loop).result()

    return lines()


async def _read(read: Callable[[Sequence[Key]], Awaitable[list[Line]]], part: Sequence[Key]) -> list[Line]:
    return await read(part)
