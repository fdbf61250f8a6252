"""Long tables that are read while they are written, so that they never lie in memory as a whole."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

Key = TypeVar("Key")
Line = TypeVar("Line")
Window = TypeVar("Window")
Read = TypeVar("Read")
_AT_ONCE = 1000
#: Keys that lie in memory at once, unless a single window has more.
_KEYS_AT_ONCE = 20_000
#: Values of one statement; SQLite and PostgreSQL take 32,766.
_WINDOWS_AT_ONCE = 1000


def lines_in_parts(keys: Sequence[Key], read: Callable[[Sequence[Key]], Awaitable[Sequence[Line]]]) -> Iterator[Line]:
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

    async def all_of_them(_: object) -> Sequence[Key]:
        return keys

    return lines_in_windows([None], all_of_them, read)


def lines_in_windows(
    windows: Sequence[Window],
    keys_of: Callable[[Window], Awaitable[Sequence[Key]]],
    read: Callable[[Sequence[Key]], Awaitable[Sequence[Line]]],
) -> Iterator[Line]:
    """
    As `lines_in_parts`, where even the keys are too many: they are read window by window.

    Args:
        windows: In the order of the lines.
        keys_of: The keys of one window, in their order.
        read: The lines of some keys.

    Raises:
        RuntimeError: as there.

    """
    loop = asyncio.get_running_loop()

    def wait(reading: Callable[[], Awaitable[Sequence[Read]]]) -> Sequence[Read]:
        if asyncio._get_running_loop() is loop:
            raise RuntimeError("take these lines in another thread: asyncio.to_thread(list, lines)")
        return asyncio.run_coroutine_threadsafe(_awaited(reading), loop).result()

    def lines() -> Iterator[Line]:
        for window in windows:
            keys = wait(partial(keys_of, window))
            for start in range(0, len(keys), _AT_ONCE):
                yield from wait(partial(read, keys[start : start + _AT_ONCE]))

    return lines()


async def _awaited(reading: Callable[[], Awaitable[Sequence[Read]]]) -> Sequence[Read]:
    return await reading()


def windows_of(sizes: Iterable[tuple[Key, int]]) -> list[list[Key]]:
    """Owners of lines, such as events, put together to windows of some thousand lines each, in their order."""
    found: list[list[Key]] = []
    room = 0
    for key, size in sizes:
        if not found or size > room or len(found[-1]) >= _WINDOWS_AT_ONCE:
            found.append([])
            room = _KEYS_AT_ONCE
        found[-1].append(key)
        room -= size
    return found
