"""
Calendars: facts in, iCalendar octets out; no database, no clock.

Instants are written in UTC and nothing else (RFC 5545 3.3.5, form 2): every
client reads them alike, and no VTIMEZONE can be wrong. The zone of the event
stands in words in the description.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from icalendar import Calendar, Component, Event, Parameters, vCalAddress, vUri

from eventhub import languages
from eventhub.directory.rules import clean_line, clean_text

Method = Literal["REQUEST", "CANCEL"]
Status = Literal["CONFIRMED", "CANCELLED", "TENTATIVE"]

PRODUCT = "-//EventHub//EventHub//EN"
#: How often a feed asks to be fetched. Clients do as they please.
REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Mailbox:
    """A name and an address, as letters and calendars write them."""

    name: str
    address: str


@dataclass(frozen=True)
class CalendarEvent:
    """
    What a calendar knows of one event.

    `starts` and `ends` are instants, or days when the event has no times;
    `ends` as a day is the last one, as people say it. None is an end that
    nobody knows.
    """

    uid: str
    sequence: int
    title: str
    starts: datetime | date
    ends: datetime | date | None
    time_zone: str | None
    place: str
    online_url: str
    url: str
    description: str
    status: Status
    created_at: datetime
    updated_at: datetime

    @property
    def has_times(self) -> bool:
        """Whether the hour is known, and not only the day."""
        return isinstance(self.starts, datetime)


def invitation(
    event: CalendarEvent,
    *,
    method: Method,
    organiser: Mailbox,
    attendee: Mailbox,
    now: datetime,
    language: str,
) -> bytes:
    """
    An invitation (REQUEST) or its withdrawal (CANCEL) for one person (RFC 5546, 6047).

    Args:
        organiser: The sender of the letter; clients refuse any other.
        attendee: The recipient, the only one named.
        now: When the letter was written; among equal SEQUENCEs the newest counts.
        language: Of the words around the event's own text.

    Raises:
        ValueError: an instant without a zone, or an end before the start.

    """
    whole = _for_everybody(event, method, organiser, language)
    personal = _line(f"DTSTAMP:{_utc(now):%Y%m%dT%H%M%SZ}") + _attendee(attendee, method)
    return whole.replace(b"BEGIN:VEVENT\r\n", b"BEGIN:VEVENT\r\n" + personal, 1)


def event_file(event: CalendarEvent, *, language: str = "en") -> bytes:
    """A file for whoever downloads it: no method, no addresses, no link to join online."""
    calendar = _calendar()
    calendar.add_component(_published(event, language))
    return _octets(calendar)


def feed(events: Iterable[CalendarEvent], *, name: str, source_url: str, language: str = "en") -> bytes:
    """
    A calendar to subscribe to; the same events give the same octets, so that an ETag holds.

    Cancelled events stay in it as such: a client does not notice one that vanishes.
    """
    calendar = _calendar()
    calendar.add("NAME", _one_line(name))
    calendar.add("X-WR-CALNAME", _one_line(name))
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    calendar.add("SOURCE", vUri(_web_address(source_url)), parameters={"VALUE": "URI"})
    for event in sorted(events, key=lambda event: (event.starts.isoformat(), event.uid)):
        calendar.add_component(_published(event, language))
    return _octets(calendar)


@lru_cache(maxsize=512)
def _for_everybody(event: CalendarEvent, method: Method, organiser: Mailbox, language: str) -> bytes:
    """What all invitations to an event share; a thousand of them are one to icalendar."""
    calendar = _calendar()
    calendar.method = method
    cancelled = method == "CANCEL" or event.status == "CANCELLED"
    part = _component(event, "CANCELLED" if cancelled else event.status, language, with_link=True)
    part.add("ORGANIZER", _organiser(organiser))
    part.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")
    calendar.add_component(part)
    return _octets(calendar)


def _published(event: CalendarEvent, language: str) -> Event:
    part = _component(event, event.status, language, with_link=False)
    part.add("DTSTAMP", _utc(event.updated_at))
    return part


def _component(event: CalendarEvent, status: Status, language: str, *, with_link: bool) -> Event:
    part = Event()
    join = _web_address(event.online_url) if with_link else ""
    page = _web_address(event.url)
    place = _one_line(event.place)
    part.add("UID", event.uid)
    part.add("SEQUENCE", event.sequence)
    part.add("SUMMARY", _one_line(event.title))
    _add_times(part, event)
    part.add("STATUS", status)
    part.add("CREATED", _utc(event.created_at))
    part.add("LAST-MODIFIED", _utc(event.updated_at))
    if place or join:
        part.add("LOCATION", place or join)
    part.add("DESCRIPTION", _description(event, join, page, language))
    if page:
        part.add("URL", vUri(page))
    if join:
        features = Parameters({"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"]})
        part.add("CONFERENCE", vUri(join), parameters=features)
    part.add("CLASS", "PUBLIC")
    free = status == "CANCELLED" or not event.has_times
    part.add("TRANSP", "TRANSPARENT" if free else "OPAQUE")
    busy = "TENTATIVE" if status == "TENTATIVE" else "BUSY"
    part.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if free else busy)
    return part


def _add_times(part: Event, event: CalendarEvent) -> None:
    if isinstance(event.starts, datetime):
        start = _utc(event.starts)
        part.add("DTSTART", start)
        if event.ends is None:
            return
        if not isinstance(event.ends, datetime):
            raise ValueError("an event with a time needs an end with a time")
        end = _utc(event.ends)
        if end < start:
            raise ValueError("the end is before the start")
        if end > start:  # an empty span is one that nobody knows
            part.add("DTEND", end)
        return
    part.add("DTSTART", event.starts)
    if event.ends is None:
        return
    if isinstance(event.ends, datetime):
        raise ValueError("an event of whole days needs a day as its end")
    if event.ends < event.starts:
        raise ValueError("the end is before the start")
    part.add("DTEND", _day_after(event.ends))


def _day_after(last_day: date) -> date:
    """The end as RFC 5545 3.6.1 wants it: people name the last day, calendars the next one."""
    return last_day + timedelta(days=1)


def _description(event: CalendarEvent, join: str, page: str, language: str) -> str:
    """Plain text; how to join stands first, since few clients show CONFERENCE."""
    with languages.speaking(language):
        parts = []
        if join:
            parts.append(languages.gettext("Join online: %(url)s") % {"url": join})
        parts.append(languages.gettext("When: %(when)s") % {"when": _when(event, language)})
        if text := clean_text(event.description):
            parts.append(text)
        if page:
            parts.append(languages.gettext("More about it: %(url)s") % {"url": page})
    return "\n\n".join(parts)


def _when(event: CalendarEvent, language: str) -> str:
    if not isinstance(event.starts, datetime):
        return languages.format_day_range(event.starts, event.ends, language)
    zone = event.time_zone or "UTC"
    end = event.ends if isinstance(event.ends, datetime) else None
    moments = languages.format_moments(event.starts, end, zone, language)
    return f"{moments}, {languages.zone_in_words(zone, event.starts, language)}"


def _calendar() -> Calendar:
    calendar = Calendar()  # Calendar.new() would add a random UID
    calendar.prodid = PRODUCT
    calendar.version = "2.0"
    calendar.calscale = "GREGORIAN"
    return calendar


def _attendee(person: Mailbox, method: Method) -> bytes:
    """Written by hand: icalendar takes 160 µs for this line, and every letter has its own."""
    name, address = _parameter(person.name), _one_line(person.address)
    return _line(
        f'ATTENDEE;CN="{name}";CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT'
        f";RSVP={'TRUE' if method == 'REQUEST' else 'FALSE'}:mailto:{address}"
    )


def _organiser(sender: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{_one_line(sender.address)}")
    if name := _parameter(sender.name):
        address.params["CN"] = name
    return address


def _parameter(name: str) -> str:
    """
    A name as a parameter can hold it (RFC 5545 3.2).

    It cannot hold a double quote, and RFC 6868's way of writing one is shown
    as it stands by most clients: an apostrophe instead.
    """
    return _one_line(name).replace('"', "'").replace("^", " ")


def _line(text: str) -> bytes:
    """One content line, folded to 75 octets and never inside a character (RFC 5545 3.1)."""
    octets = text.encode()
    parts = []
    while len(octets) > 74:
        cut = 74
        while octets[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(octets[:cut])
        octets = octets[cut:]
    return b"\r\n ".join([*parts, octets]) + b"\r\n"


def _one_line(text: str) -> str:
    """As `clean_line`, which takes ten times as long for the text that nearly everybody has."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return clean_line(text)


def _web_address(url: str) -> str:
    """A URI goes into calendars unescaped, so only clean web addresses do."""
    url = _one_line(url).replace(" ", "%20")
    return url if url.startswith(("https://", "http://")) else ""


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)


def _octets(component: Component) -> bytes:
    return bytes(component.to_ical())
