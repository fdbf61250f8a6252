"""
Calendar files: of one event, of its programme, of what a list names; the public feed; and the calendar as an Atom feed.

Atom is written with the standard library. The known library for it, feedgen,
brings lxml, a program in C to keep up to date, for some ten elements.
"""

import asyncio
import re
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from litestar import Request, Response

from eventhub import languages
from eventhub.calendars import FEED_END, CalendarEvent, Status, event_file, feed_head, published_part
from eventhub.events.feed_queries import (
    ItemFacts,
    Listed,
    events_by_id,
    items_of,
    listed_events,
    public_stamp,
    state_of_calendar,
)
from eventhub.events.kept_feeds import KEPT_FEEDS, KEPT_PARTS
from eventhub.events.letters import item_calendar_uid
from eventhub.events.queries import EventFilter, EventRow, first_events, no_such_event
from eventhub.labels import label_of
from eventhub.settings import current_settings

#: How far back a feed reaches. Cut by day, or the ETag would change at each fetch.
PAST = timedelta(days=90)
MOST_ENTRIES = 200
#: Events that are written at a time, so that others get their turn in between.
_AT_ONCE = 200
#: Events that are written sooner than a thread takes them over.
_FEW = 5
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
        status=_status(event),
        created_at=event.created_at,
        updated_at=event.updated_at,
    )


def calendar_item(item: ItemFacts, event: EventRow) -> CalendarEvent:
    """A programme item as the public's calendars see it: an event of its own, with the UID that letters give it."""
    return CalendarEvent(
        uid=item_calendar_uid(item.id),
        sequence=item.sequence,
        title=item.title,
        starts=item.starts_at,
        ends=item.ends_at,
        time_zone=event.time_zone,
        place=", ".join(filter(None, (item.room, event.place))),
        online_url="",
        url=f"{current_settings().base_url}{event.href}/programme",
        description="\n\n".join(filter(None, (event.title, item.description))),
        status=_status(event),
        created_at=event.created_at,
        updated_at=event.updated_at,
    )


def _status(event: EventRow) -> Status:
    return {"cancelled": "CANCELLED", "draft": "TENTATIVE"}.get(event.status, "CONFIRMED")  # type: ignore[return-value]


async def event_calendar(slug: str, request: Request[Any, Any, Any], now: datetime) -> Response[Any]:
    """
    The file of one event, in the language of the event.

    Raises:
        NotFound: there is none, or it is not public.

    """
    listed = await _public(slug)

    async def build() -> bytes:
        event = (await events_by_id([listed[0]]))[listed[0]]
        return event_file(calendar_event(event), language=event.language)

    key = ("event", listed[0])
    return await KEPT_FEEDS.answer(request, key, listed[1], build, now=now, name=f"{slug}.ics", public=True)


async def programme_calendar(slug: str, request: Request[Any, Any, Any], now: datetime) -> Response[Any]:
    """
    The programme of a public event: each item an event of its own, without the names of people.

    Raises:
        NotFound: there is no such event, or it is not public.

    """
    listed = await _public(slug)

    async def build() -> bytes:
        event = (await events_by_id([listed[0]]))[listed[0]]
        head = feed_head(name=event.title, source_url=f"{current_settings().base_url}{event.href}/programme.ics")
        return b"".join((head, *await _parts_of_programme(await items_of(event.id), event), FEED_END))

    key = ("programme", listed[0])
    return await KEPT_FEEDS.answer(request, key, listed[1], build, now=now, name=f"{slug}-programme.ics", public=True)


async def _public(slug: str) -> Listed:
    listed = await public_stamp(slug)
    if listed is None:
        raise no_such_event(slug)
    return listed


async def _parts_of_programme(items: Sequence[ItemFacts], event: EventRow) -> list[bytes]:
    """The parts of a programme, kept by all that they say; only those that are new are written."""
    said = (event.title, event.place, event.slug, event.time_zone, event.status, event.language)
    around = repr((*said, event.created_at, event.updated_at))
    found = [KEPT_PARTS.get((item, around)) for item in items]
    missing = [place for place, part in enumerate(found) if part is None]
    for start in range(0, len(missing), _AT_ONCE):
        places = missing[start : start + _AT_ONCE]
        some = [calendar_item(items[place], event) for place in places]
        few = len(some) <= _FEW
        written = _parts(some, event.language) if few else await asyncio.to_thread(_parts, some, event.language)
        for place, part in zip(places, written, strict=True):
            KEPT_PARTS.keep((items[place], around), part)
            found[place] = part
    return [part for part in found if part]


def _parts(events: Sequence[CalendarEvent], language: str) -> list[bytes]:
    return [published_part(event, language) for event in events]


async def public_feed(request: Request[Any, Any, Any], wanted: EventFilter, now: datetime) -> Response[Any]:
    """
    The public events that match, from ninety days ago on unless a year is asked for.

    Args:
        wanted: As the page of the calendar is narrowed.

    """
    if wanted.from_day:
        wanted = msgspec.structs.replace(wanted, from_day=(now - PAST).date())
    address = f"{current_settings().base_url}/calendar.ics{_query_of(wanted)}"
    name = _name_of(wanted)

    async def build() -> bytes:
        return await listed_calendar(await listed_events(wanted), name=name, source_url=address)

    state = await state_of_calendar()
    key = ("calendar", wanted)
    return await KEPT_FEEDS.answer(request, key, state, build, now=now, name="calendar.ics", public=True)


def _query_of(wanted: EventFilter) -> str:
    names = ("year", "month", "region", "kind", "mode", "language", "theme", "q")
    given = {name: getattr(wanted, name) for name in names if getattr(wanted, name)}
    return f"?{urlencode(given)}" if given else ""


def _name_of(wanted: EventFilter) -> str:
    """What subscribers to several narrowed calendars tell them apart by; the same for every reader."""
    with languages.speaking(current_settings().language_codes[0]):
        words = [languages.gettext(label_of(code)) for code in (wanted.kind, wanted.mode, wanted.language) if code]
    period = f"{wanted.year or '*'}-{wanted.month:02}" if wanted.month else str(wanted.year or "")
    narrowed = list(filter(None, (*words, period, wanted.theme, wanted.region, wanted.q.strip())))
    return f"EventHub: {', '.join(narrowed)}" if narrowed else "EventHub"


async def listed_feed(
    request: Request[Any, Any, Any], listed: Sequence[Listed], now: datetime, *, name: str, path: str
) -> Response[Any]:
    """The public calendar of a list of events, such as the sessions of a lab."""
    address = f"{current_settings().base_url}{path}"

    async def build() -> bytes:
        return await listed_calendar(listed, name=name, source_url=address)

    state: Hashable = (name, tuple(listed))
    return await KEPT_FEEDS.answer(
        request, ("listed", path), state, build, now=now, name=path.rsplit("/", 1)[1], public=True
    )


async def listed_calendar(listed: Sequence[Listed], *, name: str, source_url: str, language: str = "") -> bytes:
    """
    The calendar of a list of events, as everybody may know them; what has not changed is not written again.

    Args:
        language: Of the words around the events' own text; empty: that of each event.

    """
    found = {one: KEPT_PARTS.get((*one, language)) for one in listed}
    missing = [one for one, part in found.items() if part is None]
    stamps = dict(missing)
    for start in range(0, len(missing), _AT_ONCE):
        events = await events_by_id([key for key, _ in missing[start : start + _AT_ONCE]])
        rows = list(events.values())
        written = _written(rows, language) if len(rows) <= _FEW else await asyncio.to_thread(_written, rows, language)
        for key, part in written.items():
            KEPT_PARTS.keep((key, stamps[key], language), part)
            found[key, stamps[key]] = part
    head = feed_head(name=name, source_url=source_url)
    return b"".join((head, *(part for part in found.values() if part), FEED_END))


def _written(events: Sequence[EventRow], language: str) -> dict[UUID, bytes]:
    return {event.id: published_part(calendar_event(event), language or event.language) for event in events}


async def public_atom(request: Request[Any, Any, Any], wanted: EventFilter, now: datetime) -> Response[Any]:
    """The first events that match as an Atom feed (RFC 4287)."""
    base = current_settings().base_url
    asked = str(request.url.query)
    address = f"{base}/calendar.atom?{asked}" if asked else f"{base}/calendar.atom"

    async def build() -> bytes:
        return atom_feed(await first_events(wanted, limit=MOST_ENTRIES), address=address)

    return await KEPT_FEEDS.answer(
        request,
        ("atom", wanted, address),
        await state_of_calendar(),
        build,
        now=now,
        name="calendar.atom",
        public=True,
        media_type="application/atom+xml",
    )


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
