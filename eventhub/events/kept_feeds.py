"""
Calendars kept as they were answered, and conditional requests for them (RFC 9110 13).

Whoever asks first for a calendar with a certain state has it built; as long as
the state stands, everybody else is answered from memory, mostly with nothing
but headers. The state is a cheap read: numbers that database triggers raise
with every change (migration 0003). After a change only the parts of events
that did change are written anew.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Generic, TypeVar

from litestar import Request, Response

#: Octets of all kept calendars of one process, and of all kept parts of them.
MOST_OCTETS = 32_000_000
MOST_PART_OCTETS = 32_000_000
#: What a kept thing takes beside its octets, about.
_OVERHEAD = 400
#: Octets that are hashed off the event loop.
_LARGE = 1_000_000
_TAG = re.compile(r'(?:W/)?("[^"]*")')

T = TypeVar("T")


class Shelf(Generic[T]):
    """What one process keeps, up to a number of octets; what was not asked for longest goes first."""

    def __init__(self, most: int, size_of: Callable[[T], int]) -> None:
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._most, self._size_of = most, size_of
        self.size = 0

    def get(self, key: Hashable) -> T | None:
        """What is kept under a key, if it still is."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, thing: T) -> None:
        """Keep it in place of what was there."""
        before = self._kept.pop(key, None)
        if before is not None:
            self.size -= self._size_of(before) + _OVERHEAD
        self._kept[key] = thing
        self.size += self._size_of(thing) + _OVERHEAD
        while self.size > self._most:
            _, dropped = self._kept.popitem(last=False)
            self.size -= self._size_of(dropped) + _OVERHEAD

    def clear(self) -> None:
        """Forget everything, as a new process has."""
        self._kept.clear()
        self.size = 0


@dataclass(frozen=True)
class Kept:
    """A calendar as it was built for a state; `modified` is when this process first saw these octets."""

    state: Hashable
    body: bytes
    etag: str
    modified: datetime


class KeptFeeds:
    """The calendars of one process."""

    def __init__(self, most: int = MOST_OCTETS) -> None:
        self._shelf: Shelf[Kept] = Shelf(most, lambda kept: len(kept.body))
        self._building: dict[Hashable, asyncio.Lock] = {}

    async def answer(
        self,
        request: Request[Any, Any, Any],
        key: Hashable,
        state: Hashable,
        build: Callable[[], Awaitable[bytes]],
        *,
        now: datetime,
        name: str,
        public: bool,
        media_type: str = "text/calendar",
    ) -> Response[Any]:
        """
        A calendar, or only headers when the reader has it already.

        Args:
            key: Which calendar, with its filters and the day.
            state: All that its octets depend on, read before the content: an
                edit in between only has it built once more.
            build: Called when no calendar of this state is kept; once for all
                who ask at the same time.
            name: Of the file.
            public: Whether others than the reader may keep it.

        """
        kept = self._shelf.get(key)
        if kept is None or kept.state != state:
            lock = self._building.setdefault(key, asyncio.Lock())
            try:
                async with lock:
                    kept = self._shelf.get(key)
                    if kept is None or kept.state != state:
                        body = await build()
                        etag = await asyncio.to_thread(etag_of, body) if len(body) > _LARGE else etag_of(body)
                        kept = self._keep(key, state, body, etag, now)
            finally:
                if self._building.get(key) is lock and not lock.locked():
                    del self._building[key]
        return conditional(request, kept, now=now, name=name, public=public, media_type=media_type)

    def _keep(self, key: Hashable, state: Hashable, body: bytes, etag: str, now: datetime) -> Kept:
        before = self._shelf.get(key)
        modified = now.astimezone(UTC).replace(microsecond=0)
        if before and before.etag == etag:
            modified = before.modified
        elif before and modified <= before.modified:  # twice within a second, which dates do not tell apart
            modified = before.modified + timedelta(seconds=1)
        kept = Kept(state, body, etag, modified)
        self._shelf.keep(key, kept)
        return kept

    @property
    def size(self) -> int:
        """Octets that are kept."""
        return self._shelf.size

    def clear(self) -> None:
        """Forget everything, as a new process has."""
        self._shelf.clear()


KEPT_FEEDS = KeptFeeds()
#: VEVENTs by what they were written from, which takes about as much again.
KEPT_PARTS: Shelf[bytes] = Shelf(MOST_PART_OCTETS, lambda part: 2 * len(part))


def etag_of(body: bytes) -> str:
    """A strong entity tag: the same for the same octets, and for no others."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def conditional(
    request: Request[Any, Any, Any],
    kept: Kept,
    *,
    now: datetime,
    name: str,
    public: bool,
    media_type: str,
) -> Response[Any]:
    """A kept file with its validators; nothing but the headers when the reader has it already (RFC 9110 13.2.2)."""
    headers = {"ETag": kept.etag, "Cache-Control": "public, max-age=300" if public else "private, no-cache"}
    if kept.modified <= now:
        headers["Last-Modified"] = format_datetime(kept.modified, usegmt=True)
    if not public:
        headers |= {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    if reader_has(request, kept):
        return Response(None, status_code=304, headers=headers)
    headers["Content-Type"] = f"{media_type}; charset=utf-8"
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(kept.body, headers=headers)


def reader_has(request: Request[Any, Any, Any], kept: Kept) -> bool:
    """Whether a conditional request names what stands; the entity tag goes before the date (RFC 9110 13.1.2, 13.1.3)."""
    if tags := request.headers.getall("if-none-match", []):
        sent = ",".join(tags).strip()
        return sent == "*" or kept.etag in _TAG.findall(sent)
    dates = request.headers.getall("if-modified-since", [])
    if len(dates) != 1:
        return False
    try:
        since = parsedate_to_datetime(dates[0])
    except (ValueError, TypeError, OverflowError):
        return False
    return kept.modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))
