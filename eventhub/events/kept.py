"""
Rendered public pages, kept for exactly as long as what they show stands (docs/decisions/0013-kept-pages.md).

One cheap query reads the stamps of a page: numbers that database triggers
raise with every change, whichever process or program writes (migration 0003).
A page whose stamps are the same is answered from memory. Only what everybody
sees alike is kept: nothing for signed-in accounts, nothing with a notice,
nothing that sets a cookie.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import MediaType, Request, Response

from eventhub import languages
from eventhub.access import identity_of
from eventhub.events.queries import EventRow, PageState, page_state
from eventhub.events.rules import Door
from eventhub.pages import THEMES, chosen_zone

#: Bytes of all kept pages of one process together.
MOST_BYTES = 32_000_000


@dataclass(frozen=True)
class _Kept:
    """One page as it was answered, with what it depended on."""

    state: PageState
    event: EventRow
    door: Door
    is_past: bool
    body: bytes
    headers: dict[str, str]


class KeptPages:
    """The pages of one process, those not asked for longest dropped first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._pages: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._size = 0
        self._most = most_bytes

    async def answer(
        self,
        request: Request[Any, Any, Any],
        name: str,
        slug: str,
        now: datetime,
        make: Callable[[], Awaitable[tuple[EventRow, Response[str]]]],
    ) -> Response[Any]:
        """
        The page of an event from memory, or made and, where everybody sees it alike, kept.

        Args:
            name: Of the page, since an event has several.
            make: Reads and renders; called when there is no page that still stands.

        """
        key = _key(request, name, slug)
        if key is None:
            return (await make())[1]
        state = await page_state(slug)  # before the content: an edit in between only makes the page anew once more
        kept = self._pages.get(key)
        if kept and state and kept.state == state and _same_time(kept, now):
            self._pages.move_to_end(key)
            return Response(kept.body, media_type=MediaType.HTML, headers=kept.headers)
        event, answer = await make()
        if state and answer.status_code == 200 and not answer.cookies:
            headers = dict(answer.headers)
            body = answer.content.encode()
            self._keep(key, _Kept(state, event, event.door(now), event.is_past(now), body, headers))
        return answer

    def _keep(self, key: tuple[str, ...], page: _Kept) -> None:
        before = self._pages.pop(key, None)
        self._size += len(page.body) - (len(before.body) if before else 0)
        self._pages[key] = page
        while self._size > self._most:
            _, dropped = self._pages.popitem(last=False)
            self._size -= len(dropped.body)


def _key(request: Request[Any, Any, Any], name: str, slug: str) -> tuple[str, ...] | None:
    """What a page differs by among visitors; None for requests whose answer is theirs alone."""
    if identity_of(request) or request.scope["query_string"] or "notice" in request.cookies:
        return None
    theme = request.cookies.get("theme", "auto")
    return name, slug, languages.current(), theme if theme in THEMES else "auto", chosen_zone(request) or ""


def _same_time(kept: _Kept, now: datetime) -> bool:
    """Whether the clock has changed nothing that the page says."""
    return kept.door == kept.event.door(now) and kept.is_past == kept.event.is_past(now)


KEPT_PAGES = KeptPages()
