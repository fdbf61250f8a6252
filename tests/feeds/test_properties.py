"""Whatever the facts of events are, their calendar reads back to them with a parser that shares nothing with ours."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from eventhub.calendars import CalendarEvent, feed, published_part
from eventhub.directory.rules import clean_line
from eventhub.events.feeds import calendar_event
from eventhub.events.kept_feeds import etag_of
from tests.feeds.reading import calendar, facts

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)
ODD = st.sampled_from(
    [
        "",
        "\r\nATTENDEE:mailto:x@example.org",
        "END:VEVENT\r\n",
        "\\n\\,;:",
        "💧" * 60,
        "é" * 75,
        '"^n"',
        "\x00\x07\x85\u2028",
    ]
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT = st.integers(-2_200_000_000, 10_000_000_000).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
ZONE = st.sampled_from(["Europe/Madrid", "America/Lima", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia", "UTC"])


@st.composite
def events(draw: st.DrawFn) -> CalendarEvent:
    starts: Any
    ends: Any
    if draw(st.booleans()):
        starts = draw(INSTANT)
        ends = starts + timedelta(seconds=draw(st.integers(1, 400_000))) if draw(st.booleans()) else None
        if draw(st.booleans()):  # the same instant on other clocks
            starts = starts.astimezone(timezone(timedelta(hours=draw(st.integers(-12, 14)))))
    else:
        starts = draw(st.dates(date(1900, 1, 1), date(2299, 12, 1)))
        ends = starts + timedelta(days=draw(st.integers(0, 400))) if draw(st.booleans()) else None
    return CalendarEvent(
        uid=f"{draw(st.uuids())}@eventhub", sequence=draw(st.integers(0, 2**31 - 1)), title="T" + draw(TEXT) + draw(ODD),
        starts=starts, ends=ends, time_zone=draw(ZONE), place=draw(TEXT) + draw(ODD),
        online_url=draw(st.sampled_from(["", "https://meet.example.org/x?a=1,2;3", "javascript:alert(1)"])),
        url=f"https://e.example.org/events/{draw(st.integers(0, 99))}", description=draw(TEXT) + draw(ODD),
        status=draw(st.sampled_from(["CONFIRMED", "TENTATIVE", "CANCELLED"])), created_at=draw(INSTANT), updated_at=draw(INSTANT),
    )  # fmt: skip


def utc(moment: Any) -> Any:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


MANY = st.lists(events(), max_size=6, unique_by=lambda event: event.uid)


@settings(max_examples=60, deadline=None)
@given(MANY, TEXT, st.sampled_from(["en", "es", "fr"]))
def test_every_calendar_reads_back_to_the_same_facts(found: Sequence[CalendarEvent], name: str, language: str) -> None:
    octets = feed(found, name=name, source_url="https://e.example.org/calendar.ics", language=language)
    read = facts(octets)
    assert set(read) == {event.uid for event in found}
    assert calendar(octets).contents["name"][0].value == clean_line(name)
    for event in found:
        one = read[event.uid]
        assert one.title == clean_line(event.title)
        assert one.place == clean_line(event.place)
        assert one.starts == utc(event.starts)
        if event.ends is not None:
            assert one.ends == (utc(event.ends) if event.has_times else event.ends + timedelta(days=1))
        assert (one.status, one.sequence, one.url, one.join) == (event.status, event.sequence, event.url, "")
        assert "meet.example.org" not in octets.decode()


@settings(max_examples=60, deadline=None)
@given(events())
def test_two_parsers_agree_on_a_part_with_its_link(event: CalendarEvent) -> None:
    octets = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
        + published_part(event, "en", with_link=True)
        + b"END:VCALENDAR\r\n"
    )
    (one,) = facts(octets).values()
    (other,) = Calendar.from_ical(octets).events
    assert not other.errors
    assert (one.title, one.place, one.description) == tuple(
        str(other.get(name, "")) for name in ("SUMMARY", "LOCATION", "DESCRIPTION")
    )
    assert (one.starts, one.sequence, one.status) == (other["DTSTART"].dt, other["SEQUENCE"], str(other["STATUS"]))
    is_web = event.online_url.startswith("https://")
    assert str(other.get("CONFERENCE", "")) == (event.online_url if is_web else "")  # vobject cuts addresses at commas
    assert ("meet.example.org" in octets.decode()) == is_web


@settings(max_examples=40, deadline=None)
@given(MANY, st.randoms())
def test_the_order_in_which_events_come_is_no_matter(found: list[CalendarEvent], random: Any) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    both = [feed(one, name="All", source_url="") for one in (found, shuffled)]
    assert both[0] == both[1]


@settings(max_examples=40, deadline=None)
@given(events(), events())
def test_tags_are_alike_exactly_when_octets_are(first: CalendarEvent, second: CalendarEvent) -> None:
    a, b = [feed([one], name="All", source_url="") for one in (first, replace(second, uid=first.uid))]
    assert (etag_of(a) == etag_of(b)) == (a == b)
    assert etag_of(a) == etag_of(feed([replace(first)], name="All", source_url=""))


@pytest.mark.parametrize("language", ["en", "es", "fr"])
async def test_days_on_which_clocks_change_keep_their_instants(database: None, language: str) -> None:
    from datetime import time

    from tests.make import an_event

    for day, clock in ((date(2099, 3, 29), time(3, 30)), (date(2098, 10, 26), time(1, 30))):
        event = await an_event(starts_on=day, ends_on=day, starts_time=clock, ends_time=time(12))
        octets = feed([calendar_event(event)], name="x", source_url="", language=language)
        (one,) = facts(octets).values()
        assert one.starts == datetime.combine(day, clock, ZoneInfo("Europe/Madrid"))
        assert b"TZID" not in octets
        assert b"VTIMEZONE" not in octets
