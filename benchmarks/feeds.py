"""
Calendars against the icalendar library alone; `python -m benchmarks feeds` starts it on both databases.

Milliseconds are those of the processor, so that a busy machine tells the
same; they are printed, and a line of JSON at the end holds the ratios. The
library writes what ours writes, from the same facts, with nothing kept and
without a database. The limit of a conditional request is a bare handler that
reads the one number that tells whether anything has changed.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from uuid import uuid4

from icalendar import Calendar, Event, vCalAddress, vUri

from eventhub import languages
from eventhub.app import asgi, create_app
from eventhub.calendars import CalendarEvent, Mailbox, invitation
from eventhub.database import close_pool, is_sqlite, sql, start_pool
from eventhub.events import feeds as written
from eventhub.events.commands import create_event, publish_event
from eventhub.events.feed_queries import items_of
from eventhub.events.kept_feeds import KEPT_FEEDS, KEPT_PARTS
from eventhub.events.queries import EventFilter, first_events
from eventhub.events.rules import EventFacts
from eventhub.importing import insert_many
from eventhub.migrations import migrate
from eventhub.settings import current_settings

EVENTS, ITEMS, INVITATIONS = 10_000, 120, 400
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WORDS = "Care, water and housing in the metropolis; what it takes. " * 3
SENDER = Mailbox("EventHub", "events@example.org")


async def a_calendar() -> None:
    """Ten thousand published events, fifty a day, and one with a programme."""
    rows = []
    columns = (
        "id", "slug", "title", "title_folded", "kind", "mode", "involvement", "status", "starts_on", "starts_time",
        "ends_on", "ends_time", "time_zone", "starts_at", "ends_at", "place", "country", "online_url", "description",
        "language", "registration_mode", "calendar_uid", "parity_exempt_reason", "printed_start", "printed_end",
        "printed_title", "printed_location", "cancel_reason", "created_at", "updated_at",
    )  # fmt: skip
    for number in range(EVENTS - 1):
        day = date(2099, 3, 1) + timedelta(days=number // 50)
        start = datetime(day.year, day.month, day.day, 8 + number % 9, tzinfo=UTC)
        rows.append((
            uuid4(), f"event-{number}", f"Event {number}, care", f"event {number} care", "webinar", "online", "organised",
            "published", day, clock(10), day, clock(11), "Europe/Madrid", start, start + timedelta(hours=1),
            f"Room {number % 12}", "", "", WORDS, "en", "open", f"{number}@eventhub", "", "", "", "", "", "", NOW, NOW,
        ))  # fmt: skip
    await insert_many("event", columns, rows)
    day = date(2099, 1, 1)
    facts = EventFacts(
        "Congress", "congress", "online", "organised", day, clock(9), day, clock(20), time_zone="Europe/Madrid"
    )
    event = await create_event(facts, now=NOW, account_id=None)  # type: ignore[arg-type]
    await publish_event(event.slug, now=NOW, account_id=None)  # type: ignore[arg-type]
    items = []
    for number in range(ITEMS):
        start = datetime(2099, 1, 1, 8, tzinfo=UTC) + timedelta(minutes=5 * number)
        items.append((
            uuid4(), event.id, f"Panel {number}, water", "talk", day, clock(9), day, clock(10), start,
            start + timedelta(minutes=5), f"Room {number % 8}", WORDS, "",
        ))  # fmt: skip
    item = ("id", "event", "title", "kind", "starts_on", "starts_time", "ends_on", "ends_time", "starts_at", "ends_at", "room", "description", "parity_exempt_reason")  # fmt: skip
    await insert_many("programme_item", item, items)


def library(events: list[CalendarEvent], *, attendee: Mailbox | None = None) -> bytes:
    """The same calendar, or invitation, by icalendar alone."""
    calendar = Calendar()
    calendar.prodid, calendar.version, calendar.calscale = "-//EventHub//EventHub//EN", "2.0", "GREGORIAN"
    if attendee:
        calendar.method = "REQUEST"
    for event in events:
        part = Event()
        for name, value in (
            ("UID", event.uid), ("SEQUENCE", event.sequence), ("SUMMARY", event.title), ("DTSTART", event.starts),
            ("DTEND", event.ends), ("DTSTAMP", event.updated_at), ("STATUS", event.status), ("CREATED", event.created_at),
            ("LAST-MODIFIED", event.updated_at), ("LOCATION", event.place), ("DESCRIPTION", event.description),
            ("URL", vUri(event.url)), ("CLASS", "PUBLIC"), ("TRANSP", "OPAQUE"), ("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY"),
        ):  # fmt: skip
            part.add(name, value)
        if attendee:
            part.add("ORGANIZER", vCalAddress.new(SENDER.address, cn=SENDER.name))
            who = vCalAddress.new(
                attendee.address, cn=attendee.name, cutype="INDIVIDUAL", role="REQ-PARTICIPANT", partstat="NEEDS-ACTION",
                rsvp=True,
            )  # fmt: skip
            part.add("ATTENDEE", who)
        calendar.add_component(part)
    return bytes(calendar.to_ical())


def calling(app: Any) -> Callable[..., Awaitable[tuple[int, bytes, bytes]]]:
    """Ask the application without a network: status, ETag and body."""
    host = current_settings().base_url.split("://", 1)[1].encode()

    async def call(path: str, **headers: str) -> tuple[int, bytes, bytes]:
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [(b"host", host), *sent],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        found: dict[str, Any] = {"body": b""}

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                found.update(status=message["status"], etag=dict(message["headers"]).get(b"etag", b""))
            else:
                found["body"] += message.get("body", b"")

        await app(scope, receive, send)
        return found["status"], found["etag"], found["body"]

    return call


def milliseconds() -> float:
    """Of the processor, for all that this process has done."""
    return time.process_time() * 1000


async def median(
    times: int, work: Callable[[], Awaitable[object]], before: Callable[[], Awaitable[object]] | None = None
) -> float:
    """The median of some rounds, in milliseconds; what is done before each does not count."""
    found = []
    for _ in range(times):
        if before:
            await before()
        began = milliseconds()
        await work()
        found.append(milliseconds() - began)
    return statistics.median(found)


async def measured(rounds: int) -> Iterator[tuple[str, float, float, float]]:
    """Name, ours and the limit in milliseconds, and the aim as a share."""
    found: list[tuple[str, float, float, float]] = []
    application = create_app(postman=False, migrate_first=False)
    call = calling(asgi(application))
    facts = [written.calendar_event(event) for event in await first_events(EventFilter(public_only=True), limit=EVENTS)]
    congress = next(event for event in await first_events(EventFilter(kind="congress"), limit=1))
    items = [written.calendar_item(item, congress) for item in await items_of(congress.id)]
    programme = f"/events/{congress.slug}/programme.ics"
    changes = iter(range(10**9))

    async def whole() -> None:
        assert (await call("/calendar.ics"))[0] == 200

    async def forgotten() -> None:
        KEPT_FEEDS.clear()
        KEPT_PARTS.clear()
        for kept in (languages.format_moments, languages.zone_in_words, languages.format_day_range):
            kept.cache_clear()

    async def one_changed() -> None:
        number = next(changes)
        await sql("UPDATE event SET title = {} WHERE slug = {}", f"Changed {number}", f"event-{number % 9000}")

    async def by_library(events: list[CalendarEvent]) -> None:
        library(events)

    first = await median(2, whole, forgotten)
    alone = await median(1, lambda: by_library(facts))
    found.append(("feed of 10,000, first", first, alone, 1.0))
    found.append(("feed of 10,000, one changed", await median(max(rounds, 5), whole, one_changed), alone, 10.0))

    _, etag, _ = await call("/calendar.ics")

    async def again() -> None:
        assert (await call("/calendar.ics", if_none_match=etag.decode()))[0] == 304

    async def bare() -> None:
        await sql("SELECT COUNT(*) AS n, SUM(stamp) AS stamps FROM page_stamp")

    await median(20, again)
    conditional = [await median(50, again), await median(50, bare)]
    found.append(("feed of 10,000, conditional", *conditional, 0.2))  # type: ignore[arg-type]

    async def of_programme() -> None:
        assert (await call(programme))[0] == 200

    await of_programme()
    assert len(items) == ITEMS

    async def item_changed() -> None:
        number = next(changes)
        await sql(
            "UPDATE programme_item SET title = {} WHERE event = {} AND room = 'Room 3' AND starts_at = {}",
            f"Changed {number}", congress.id, items[3].starts,
        )  # fmt: skip

    library_items = await median(10, lambda: by_library(items))
    found.append(("programme of 120, kept", await median(50, of_programme), library_items, 4.5))
    found.append(("programme of 120, one changed", await median(30, of_programme, item_changed), library_items, 1.0))

    async def invite() -> None:
        for number in range(INVITATIONS):
            invitation(
                facts[number % 5], method="REQUEST", organiser=SENDER, attendee=Mailbox(f"Person {number}", f"p{number}@example.org"),
                now=NOW, language="en",
            )  # fmt: skip

    async def invite_alone() -> None:
        for number in range(INVITATIONS):
            library([facts[number % 5]], attendee=Mailbox(f"Person {number}", f"p{number}@example.org"))

    await invite()
    ours, limit = await median(5, invite), await median(3, invite_alone)
    found.append(("invitation", ours / INVITATIONS, limit / INVITATIONS, 3.0))
    return iter(found)


async def main(rounds: int) -> None:
    """Fill the database of the settings, measure, print."""
    await migrate()
    await start_pool()
    await a_calendar()
    lines = []
    for name, ours, limit, aim in await measured(rounds):
        full = f"{name}{'' if is_sqlite() else ', postgres'}"
        print(f"  {full}: {ours:.2f} ms, the limit {limit:.2f} ms", file=sys.stderr)
        lines.append([full, 1000 / ours, 1000 / limit, aim])
    await close_pool()
    print(json.dumps(lines))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
