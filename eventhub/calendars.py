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
from secrets import token_hex
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component

from eventhub import languages
from eventhub.directory.rules import clean_line, clean_text

Method = Literal["REQUEST", "CANCEL"]
Status = Literal["CONFIRMED", "CANCELLED", "TENTATIVE"]

PRODUCT = "-//EventHub//EventHub//EN"
#: How often a feed asks to be fetched. Clients do as they please.
REFRESH = timedelta(hours=1)
#: What ends every calendar.
FEED_END = b"END:VCALENDAR\r\n"


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
    reader_zone: str | None = None,
    may_counter: bool = False,
    sequence: int | None = None,
    join_url: str | None = None,
) -> bytes:
    """
    An invitation (REQUEST) or its withdrawal (CANCEL) for one person (RFC 5546, 6047).

    Args:
        event: The same for all who are invited, so that what they share is written once.
        organiser: The sender of the letter; clients refuse any other.
        attendee: The recipient, the only one named.
        now: When the letter was written; among equal SEQUENCEs the newest counts.
        language: Of the words around the event's own text.
        reader_zone: The zone of the person's clocks, told in words beside that of the event.
        may_counter: Offer to propose another time, as to speakers.
        sequence: The person's own, if not that of the event.
        join_url: The person's own link to join online, if not that of the event.

    Raises:
        ValueError: an instant without a zone, or an end before the start.

    """
    join = _web_address(join_url or event.online_url) if method == "REQUEST" else ""
    asks = "TRUE" if method == "REQUEST" else "FALSE"
    head, parts = _for_everybody(event, method, language, reader_zone or None, may_counter, bool(join))
    lines = [
        head,
        _line(f"DTSTAMP:{_stamp(now)}"),
        _line(f"ORGANIZER{_common_name(organiser)}:{_mailto(organiser.address)}"),
        _line(
            f"ATTENDEE{_common_name(attendee)};CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT"
            f";RSVP={asks}:{_mailto(attendee.address)}"
        ),
    ]
    own = {_LINK: _text(join), _URI: join, _SEQUENCE: str(event.sequence if sequence is None else sequence)}
    for part in parts:
        if isinstance(part, bytes):
            lines.append(part)
        else:
            before, gap, after = part
            lines.append(_line(f"{before}{own[gap]}{after}"))
    return b"".join(lines)


def event_file(event: CalendarEvent, *, language: str = "en", with_link: bool = False) -> bytes:
    """A file for whoever downloads it: no method, no addresses; the link to join online only for those who may."""
    part = published_part(event, language, with_link=with_link)
    return _octets(_calendar()).removesuffix(FEED_END) + part + FEED_END


def feed(events: Iterable[CalendarEvent], *, name: str, source_url: str, language: str = "en") -> bytes:
    """
    A calendar to subscribe to; the same events give the same octets, so that an ETag holds.

    Cancelled events stay in it as such: a client does not notice one that vanishes.
    """
    ordered = sorted(events, key=lambda event: (event.starts.isoformat(), event.uid))
    parts = (published_part(event, language) for event in ordered)
    return b"".join((feed_head(name=name, source_url=source_url), *parts, FEED_END))


@lru_cache(maxsize=256)
def feed_head(*, name: str, source_url: str) -> bytes:
    """
    The first lines of a calendar to subscribe to; its parts and FEED_END follow.

    Args:
        source_url: Where it is fetched (RFC 7986 5.8); empty: not said, as for a secret address.

    """
    called = _text(_one_line(name))
    source = _web_address(source_url)
    hours = REFRESH // timedelta(hours=1)
    lines = (
        f"NAME:{called}",
        f"X-WR-CALNAME:{called}",
        f"REFRESH-INTERVAL;VALUE=DURATION:PT{hours}H",
        *([f"SOURCE;VALUE=URI:{source}"] if source else []),
        f"X-PUBLISHED-TTL:PT{hours}H",
    )
    # by hand: icalendar leaves a comma in NAME as it stands, which would make two names of one
    return _octets(_calendar()).removesuffix(FEED_END) + b"".join(map(_line, lines))


def published_part(event: CalendarEvent, language: str, *, with_link: bool = False) -> bytes:
    """
    One event as feeds have it, without METHOD and addresses of people.

    Written by hand, line for line what icalendar writes, which takes several
    times as long; ten thousand events are written after every start.

    Args:
        with_link: Tell how to join online; only to those who may.

    Raises:
        ValueError: an instant without a zone, or an end before the start.

    """
    join = _web_address(event.online_url) if with_link else ""
    lines = _event_lines(event, event.status, join, language)
    lines.insert(1, f"DTSTAMP:{_stamp(event.updated_at)}")
    return b"".join(map(_line, ("BEGIN:VEVENT", *lines, "END:VEVENT")))


def _event_lines(
    event: CalendarEvent, status: Status, join: str, language: str, reader_zone: str | None = None
) -> list[str]:
    """What every calendar file says of an event, one property a line, the title first."""
    page, place = _web_address(event.url), _one_line(event.place)
    free = status == "CANCELLED" or not event.has_times
    busy = "TENTATIVE" if status == "TENTATIVE" else "BUSY"
    return [
        f"SUMMARY:{_text(_one_line(event.title))}",
        *_times(event),
        f"UID:{_text(_one_line(event.uid))}",
        f"SEQUENCE:{event.sequence}",
        "CLASS:PUBLIC",
        *([f"CONFERENCE;FEATURE=AUDIO,VIDEO;VALUE=URI:{join}"] if join else []),
        f"CREATED:{_stamp(event.created_at)}",
        f"DESCRIPTION:{_text(_description(event, join, page, language, reader_zone))}",
        f"LAST-MODIFIED:{_stamp(event.updated_at)}",
        *([f"LOCATION:{_text(place or join)}"] if place or join else []),
        f"STATUS:{status}",
        f"TRANSP:{'TRANSPARENT' if free else 'OPAQUE'}",
        *([f"URL:{page}"] if page else []),
        f"X-MICROSOFT-CDO-BUSYSTATUS:{'FREE' if free else busy}",
    ]


#: Stand in what all invitations share until it is one person's; no event can hold them. A URI stands as it is, only in
#: CONFERENCE; elsewhere it is text.
_LINK, _URI, _SEQUENCE = (f"https://{token_hex(16)}.invalid/" for _ in range(3))


@lru_cache(maxsize=512)
def _for_everybody(
    event: CalendarEvent, method: Method, language: str, reader_zone: str | None, may_counter: bool, joins: bool
) -> tuple[bytes, list[bytes | tuple[str, str, str]]]:
    """
    What all invitations to an event share: what stands before the lines that name people, and what stands after them.

    The second are octets, and lines with a gap: before it, which, after it.
    """
    status: Status = "CANCELLED" if method == "CANCEL" else event.status
    lines = _event_lines(event, status, _LINK if joins else "", language, reader_zone)
    if not may_counter:
        lines.append("X-MICROSOFT-DISALLOW-COUNTER:TRUE")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    head = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\nCALSCALE:GREGORIAN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
    parts: list[bytes | tuple[str, str, str]] = [b""]
    for line in lines:
        last = parts[-1]
        if line.startswith("SEQUENCE:"):
            parts += [("SEQUENCE:", _SEQUENCE, ""), b""]
        elif _LINK in line:
            before, _, after = line.partition(_LINK)
            parts += [(before, _URI if line.startswith("CONFERENCE") else _LINK, after), b""]
        elif isinstance(last, bytes):
            parts[-1] = last + _line(line)
    return head.encode(), parts


def _times(event: CalendarEvent) -> Iterable[str]:
    """When an event is, as content lines."""
    for name, moment in zip(("DTSTART", "DTEND"), _span(event), strict=True):
        if isinstance(moment, datetime):
            yield f"{name}:{_stamp(moment)}"
        elif moment is not None:
            yield f"{name};VALUE=DATE:{moment.year:04}{moment.month:02}{moment.day:02}"


def _stamp(instant: datetime) -> str:
    at = _utc(instant)
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


def _text(value: str) -> str:
    """Text as RFC 5545 3.3.11 escapes it; what some readers take for the end of a line is one."""
    if not value.isascii():
        value = value.replace("\u2028", "\n").replace("\u2029", "\n")
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _span(event: CalendarEvent) -> tuple[datetime | date, datetime | date | None]:
    """Start and end as calendars write them: instants in UTC, or days and the day after the last."""
    if isinstance(event.starts, datetime):
        start = _utc(event.starts)
        if event.ends is None:
            return start, None
        if not isinstance(event.ends, datetime):
            raise ValueError("an event with a time needs an end with a time")
        end = _utc(event.ends)
        if end < start:
            raise ValueError("the end is before the start")
        return start, end if end > start else None  # an empty span is one that nobody knows
    if event.ends is None:
        return event.starts, None
    if isinstance(event.ends, datetime):
        raise ValueError("an event of whole days needs a day as its end")
    if event.ends < event.starts:
        raise ValueError("the end is before the start")
    return event.starts, _day_after(event.ends)


def _day_after(last_day: date) -> date:
    """The end as RFC 5545 3.6.1 wants it: people name the last day, calendars the next one."""
    return last_day + timedelta(days=1)


def _description(event: CalendarEvent, join: str, page: str, language: str, reader_zone: str | None = None) -> str:
    """Plain text; how to join stands first, since few clients show CONFERENCE."""
    with languages.speaking(language):
        parts = []
        if join:
            parts.append(languages.gettext("Join online: %(url)s") % {"url": join})
        here = _when(event, event.time_zone, language)
        parts.append(languages.gettext("When: %(when)s") % {"when": here})
        if reader_zone and event.has_times and _clocks(event, reader_zone) != _clocks(event, event.time_zone):
            there = _when(event, reader_zone, language)
            parts.append(languages.gettext("On your clocks: %(when)s") % {"when": there})
        if text := clean_text(event.description):
            parts.append(text)
        if page:
            parts.append(languages.gettext("More about it: %(url)s") % {"url": page})
    return "\n\n".join(parts)


def _when(event: CalendarEvent, zone: str | None, language: str) -> str:
    if not isinstance(event.starts, datetime):
        return languages.format_day_range(event.starts, event.ends, language)
    zone = zone or "UTC"
    end = event.ends if isinstance(event.ends, datetime) else None
    moments = languages.format_moments(event.starts, end, zone, language)
    return f"{moments}, {languages.zone_in_words(zone, event.starts, language)}"


def _clocks(event: CalendarEvent, zone: str | None) -> list[datetime]:
    """What clocks of a zone show at the start and at the end."""
    instants = (moment for moment in (event.starts, event.ends) if isinstance(moment, datetime))
    return [instant.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None) for instant in instants]


def _calendar() -> Calendar:
    calendar = Calendar()  # Calendar.new() would add a random UID
    calendar.prodid = PRODUCT
    calendar.version = "2.0"
    calendar.calscale = "GREGORIAN"
    return calendar


def _mailto(address: str) -> str:
    """An address as a URI (RFC 6068 2); what nearly all addresses consist of stays as it is."""
    return f"mailto:{_one_line(address).translate(_NOT_IN_URI)}"


_NOT_IN_URI = str.maketrans({c: f"%{ord(c):02X}" for c in "%#?^`{|}"})


def _common_name(who: Mailbox) -> str:
    """
    The name of somebody as a parameter can hold it (RFC 5545 3.2).

    It cannot hold a double quote, and RFC 6868's way of writing one is shown
    as it stands by most clients: an apostrophe instead.
    """
    name = _one_line(who.name).replace('"', "'").replace("^", " ")
    return f';CN="{name}"' if name else ""


#: Octets of a folded line, without the space before all but the first.
_LONGEST_LINE = 74


def _line(text: str) -> bytes:
    """One content line, folded to 75 octets and never inside a character (RFC 5545 3.1)."""
    octets = text.encode()
    if len(octets) <= _LONGEST_LINE:
        return octets + b"\r\n"
    if len(octets) == len(text):
        cuts = range(0, len(octets), _LONGEST_LINE)
        return b"\r\n ".join([octets[at : at + _LONGEST_LINE] for at in cuts]) + b"\r\n"
    parts = []
    while len(octets) > _LONGEST_LINE:
        cut = _LONGEST_LINE
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
