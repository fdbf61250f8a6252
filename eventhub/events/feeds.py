"""Calendar files of events: one, or the public feed."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response

from eventhub.calendars import CalendarEvent, event_file, feed
from eventhub.events.queries import EventFilter, EventRow, events
from eventhub.settings import current_settings

#: How far back a feed reaches. Cut by day, or the ETag would change at each fetch.
PAST = timedelta(days=90)
MOST_EVENTS = 2000


def calendar_event(event: EventRow) -> CalendarEvent:
    """An event as the public's calendars see it: without the address to join online."""
    return CalendarEvent(
        uid=event.calendar_uid,
        sequence=event.sequence,
        title=event.title,
        starts=event.starts_at or event.starts_on,
        ends=event.ends_at if event.starts_at else event.ends_on,
        time_zone=event.time_zone,
        place=event.place or event.printed_location,
        online_url="",
        url=f"{current_settings().base_url}{event.href}",
        description=event.description,
        status="CANCELLED" if event.status == "cancelled" else "CONFIRMED",
        created_at=event.created_at,
        updated_at=event.updated_at,
    )


async def event_calendar(event: EventRow, request: Request[Any, Any, Any]) -> Response[Any]:
    """The file of one event."""
    return calendar_answer(event_file(calendar_event(event)), request, name=f"{event.slug}.ics", public=True)


async def public_feed(request: Request[Any, Any, Any], now: datetime) -> Response[Any]:
    """All public events from ninety days ago on."""
    wanted = EventFilter(from_day=(now - PAST).date(), public_only=True)
    found, _ = await events(wanted, limit=MOST_EVENTS)
    return feed_answer(found, request, name="EventHub", path="/calendar.ics", public=True)


def feed_answer(
    found: Sequence[EventRow], request: Request[Any, Any, Any], *, name: str, path: str, public: bool
) -> Response[Any]:
    """Several events as one calendar that programs subscribe to."""
    address = f"{current_settings().base_url}{path}"
    body = feed([calendar_event(event) for event in found], name=name, source_url=address)
    return calendar_answer(body, request, name="calendar.ics", public=public)


def calendar_answer(body: bytes, request: Request[Any, Any, Any], *, name: str, public: bool) -> Response[Any]:
    """A calendar with its ETag; nothing but the headers when the reader has it already (RFC 9110 13.1)."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "public, max-age=300" if public else "private, no-cache",
        "Content-Type": "text/calendar; charset=utf-8",
    }
    if not public:
        headers |= {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    sent = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in sent or "*" in sent:
        del headers["Content-Type"]
        return Response(None, status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(body, headers=headers)
