"""
Calendar files of events: one, or the public feed; and the calendar as an Atom feed.

Atom is written with the standard library. The known library for it, feedgen,
brings lxml, a program in C to keep up to date, for some ten elements.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from litestar import Request, Response

from eventhub import languages
from eventhub.calendars import CalendarEvent, event_file, feed
from eventhub.events.queries import EventFilter, EventRow, events, first_events
from eventhub.settings import current_settings

#: How far back a feed reaches. Cut by day, or the ETag would change at each fetch.
PAST = timedelta(days=90)
MOST_EVENTS = 2000
MOST_ENTRIES = 200
#: What no XML 1.0 document can hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


async def public_atom(request: Request[Any, Any, Any], wanted: EventFilter) -> Response[Any]:
    """The first events that match as an Atom feed (RFC 4287)."""
    base = current_settings().base_url
    asked = str(request.url.query)
    address = f"{base}/calendar.atom?{asked}" if asked else f"{base}/calendar.atom"
    body = atom_feed(await first_events(wanted, limit=MOST_ENTRIES), address=address)
    return calendar_answer(body, request, name="calendar.atom", public=True, media_type="application/atom+xml")


def atom_feed(found: Sequence[EventRow], *, address: str) -> bytes:
    """
    Events as an Atom feed, each in its own language.

    Ids are made from what never changes: that of an entry from the key of the
    event, that of the feed from its address.
    """
    base = current_settings().base_url
    top = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})

    def add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
        element = SubElement(parent, name, attributes)
        element.text = _NOT_XML.sub("", text) or None
        return element

    add(top, "id", uuid5(NAMESPACE_URL, address).urn)
    add(top, "title", "EventHub")
    add(top, "updated", _instant(max((event.updated_at for event in found), default=datetime(1970, 1, 1, tzinfo=UTC))))
    add(top, "link", rel="self", type="application/atom+xml", href=_NOT_XML.sub("", address))
    add(top, "link", rel="alternate", type="text/html", href=f"{base}/")
    add(add(top, "author"), "name", current_settings().sender[0] or "EventHub")
    for event in found:
        entry = add(top, "entry", **{"xml:lang": event.language})
        with languages.speaking(event.language):
            cancelled = f"{languages.gettext('Cancelled')}: " if event.status == "cancelled" else ""
        add(entry, "id", event.id.urn)
        add(entry, "title", f"{cancelled}{event.title}")
        add(entry, "updated", _instant(event.updated_at))
        add(entry, "published", _instant(event.published_at or event.created_at))
        add(entry, "link", rel="alternate", type="text/html", href=f"{base}{event.href}")
        add(entry, "category", term=event.kind)
        add(entry, "summary", "\n\n".join(filter(None, (_when(event), event.place, event.description))))
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(top, encoding="unicode").encode()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _when(event: EventRow) -> str:
    """Days and, where known, clock times in the event's zone and language."""
    if event.starts_at and event.time_zone:
        moments = languages.format_moments(event.starts_at, event.ends_at, event.time_zone, event.language)
        return f"{moments}, {languages.zone_name(event.time_zone, event.language)}"
    return languages.format_day_range(event.starts_on, event.ends_on, event.language)


def calendar_answer(
    body: bytes, request: Request[Any, Any, Any], *, name: str, public: bool, media_type: str = "text/calendar"
) -> Response[Any]:
    """A calendar with its ETag; nothing but the headers when the reader has it already (RFC 9110 13.1)."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "public, max-age=300" if public else "private, no-cache",
        "Content-Type": f"{media_type}; charset=utf-8",
    }
    if not public:
        headers |= {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    sent = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in sent or "*" in sent:
        del headers["Content-Type"]
        return Response(None, status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(body, headers=headers)
