from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from eventhub.calendars import CalendarEvent, Mailbox, event_file, feed, invitation

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TALK = CalendarEvent(
    uid="8d0e@eventhub",
    sequence=3,
    title="Cities, water; and “shade”",
    starts=datetime(2027, 5, 12, 7, 30, tzinfo=UTC),
    ends=datetime(2027, 5, 12, 8, 15, tzinfo=UTC),
    time_zone="Europe/Madrid",
    place="Room 1, Barcelona",
    online_url="https://meet.example.org/secret",
    url="https://events.example.org/events/water",
    description="First line.\nSecond line.",
    status="CONFIRMED",
    created_at=datetime(2026, 10, 1, 8, 0, tzinfo=UTC),
    updated_at=datetime(2026, 11, 2, 8, 0, tzinfo=UTC),
)
SENDER = Mailbox("EventHub", "events@example.org")
ALEX = Mailbox("Alex Example", "alex@example.net")


def invited(event=TALK, *, method="REQUEST", attendee=ALEX, now=NOW, language="en"):
    return invitation(event, method=method, organiser=SENDER, attendee=attendee, now=now, language=language)


def only_event(octets):
    calendar = Calendar.from_ical(octets)
    assert not calendar.errors
    (event,) = calendar.events
    assert not event.errors
    return calendar, event


def lines(octets):
    """Content lines, unfolded."""
    return octets.decode().replace("\r\n ", "").split("\r\n")


def assert_well_formed(octets):
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert b"\r\n\r\n" not in octets
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert all(byte >= 0x20 or byte in b"\r\n\t" for byte in octets)
    for line in octets.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def test_an_invitation_asks_one_person_and_names_the_sender_as_organiser():
    calendar, event = only_event(invited())

    assert str(calendar["METHOD"]) == "REQUEST"
    assert str(event["ORGANIZER"]) == "mailto:events@example.org"
    assert event["ORGANIZER"].params["CN"] == "EventHub"
    assert str(event["ATTENDEE"]) == "mailto:alex@example.net"
    assert dict(event["ATTENDEE"].params) == {
        "CN": "Alex Example",
        "CUTYPE": "INDIVIDUAL",
        "PARTSTAT": "NEEDS-ACTION",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "TRUE",
    }
    assert invited().count(b"ATTENDEE") == 1


def test_an_invitation_has_utc_times_and_no_zone_definition():
    octets = invited()

    assert "DTSTART:20270512T073000Z" in lines(octets)
    assert "DTEND:20270512T081500Z" in lines(octets)
    assert "DTSTAMP:20261125T090000Z" in lines(octets)
    assert "SEQUENCE:3" in lines(octets)
    assert "X-MICROSOFT-CDO-BUSYSTATUS:BUSY" in lines(octets)
    for never in (b"VTIMEZONE", b"TZID", b"VALARM"):
        assert never not in octets


def test_an_instant_in_another_offset_is_the_same_instant():
    madrid = timezone(timedelta(hours=2))
    there = replace(TALK, starts=TALK.starts.astimezone(madrid), ends=TALK.ends.astimezone(madrid))

    assert "DTSTART:20270512T073000Z" in lines(invited(there))


def test_a_first_invitation_has_a_sequence_of_nought():
    assert "SEQUENCE:0" in lines(invited(replace(TALK, sequence=0)))


def test_a_withdrawal_is_a_cancel_with_the_same_uid_and_asks_for_no_answer():
    calendar, event = only_event(invited(method="CANCEL"))

    assert str(calendar["METHOD"]) == "CANCEL"
    assert (str(event["UID"]), str(event["STATUS"])) == ("8d0e@eventhub", "CANCELLED")
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["DTSTART"].dt == TALK.starts
    assert str(event["X-MICROSOFT-CDO-BUSYSTATUS"]) == "FREE"


def test_the_zone_stands_in_words_in_the_language_of_the_reader():
    _, event = only_event(invited(language="es"))

    assert (
        "miércoles, 12 de mayo de 2027, 9:30–10:15, hora de verano de Europa central, Madrid (Europe/Madrid)"
    ) in str(event["DESCRIPTION"])


def test_only_the_invitation_tells_how_to_join_online():
    _, event = only_event(invited())

    assert str(event["DESCRIPTION"]).startswith("Join online: https://meet.example.org/secret\n")
    assert "CONFERENCE;FEATURE=AUDIO,VIDEO;VALUE=URI:https://meet.example.org/secret" in lines(invited())
    assert str(event["LOCATION"]) == "Room 1, Barcelona"
    assert b"meet.example.org" not in event_file(TALK)
    assert b"meet.example.org" not in feed([TALK], name="All", source_url="https://e.example.org/c.ics")


def test_without_a_room_the_place_is_the_link():
    _, event = only_event(invited(replace(TALK, place="")))

    assert str(event["LOCATION"]) == "https://meet.example.org/secret"


def test_a_downloaded_file_has_no_method_and_no_address():
    octets = event_file(TALK)

    assert_well_formed(octets)
    for never in (b"METHOD", b"ORGANIZER", b"ATTENDEE", b"mailto"):
        assert never not in octets


@pytest.mark.parametrize(
    ("last", "written"),
    [
        pytest.param(date(2027, 6, 6), ["DTSTART;VALUE=DATE:20270604", "DTEND;VALUE=DATE:20270607"], id="three days end on the fourth"),
        pytest.param(date(2027, 6, 4), ["DTSTART;VALUE=DATE:20270604", "DTEND;VALUE=DATE:20270605"], id="one day ends on the next"),
        pytest.param(None, ["DTSTART;VALUE=DATE:20270604"], id="an unknown end is not invented"),
    ],
)  # fmt: skip
def test_days_are_whole_days(last, written):
    days = replace(TALK, starts=date(2027, 6, 4), ends=last, time_zone=None)

    assert [line for line in lines(event_file(days)) if line.startswith(("DTSTART", "DTEND"))] == written
    assert "TRANSP:TRANSPARENT" in lines(event_file(days))


@pytest.mark.parametrize("ends", [None, TALK.starts], ids=["unknown", "the start"])
def test_an_end_that_nobody_knows_is_left_out(ends):
    assert b"DTEND" not in invited(replace(TALK, ends=ends))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"starts": datetime(2027, 5, 12, 7, 30)}, id="no zone"),  # noqa: DTZ001
        pytest.param({"ends": datetime(2027, 5, 12, 8, 15)}, id="an end without a zone"),  # noqa: DTZ001
        pytest.param({"ends": TALK.starts - timedelta(minutes=1)}, id="backwards"),
        pytest.param({"ends": date(2027, 5, 12)}, id="a time and then a day"),
        pytest.param({"starts": date(2027, 5, 12)}, id="a day and then a time"),
        pytest.param({"starts": date(2027, 5, 12), "ends": date(2027, 5, 11)}, id="days backwards"),
    ],
)
def test_times_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError):  # noqa: PT011
        event_file(replace(TALK, **wrong))


def test_a_feed_is_the_same_octets_whatever_the_order_and_keeps_the_cancelled():
    off = replace(TALK, uid="off@eventhub", status="CANCELLED", sequence=4)
    day = replace(TALK, uid="day@eventhub", starts=date(2026, 1, 1), ends=None, time_zone=None)
    source = "https://events.example.org/calendar.ics"

    octets = feed([TALK, off, day], name="All\r\nX-EVIL:1", source_url=source)

    assert octets == feed([day, off, TALK], name="All\r\nX-EVIL:1", source_url=source)
    assert_well_formed(octets)
    found = lines(octets)
    assert found.count("STATUS:CANCELLED") == 1
    assert found.count("DTSTAMP:20261102T080000Z") == 3
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in found
    assert f"SOURCE;VALUE=URI:{source}" in found
    assert "X-WR-CALNAME:All X-EVIL:1" in found
    assert not any(line.startswith(("X-EVIL", "METHOD")) for line in found)


#: Text that has broken calendars: lines, controls, escapes, directions, emoji, what looks like a property.
odd_text = st.one_of(
    st.text(max_size=120),
    st.sampled_from(
        [
            "Talk\r\nATTENDEE:mailto:evil@example.org",
            "Talk\nEND:VEVENT\nBEGIN:VEVENT",
            'He said "yes"; she, no: \\n',
            "\x00\x07bell\x0b",
            "مرحبا \u202eevil\u202c",
            "👩🏽‍🚀" * 40,
            "é" * 200,
            "^'^n=?UTF-8?Q?=0A?=",
        ]
    ),
)


@settings(deadline=None)
@given(title=odd_text, name=odd_text, place=odd_text, text=odd_text)
def test_no_text_breaks_a_calendar(title, name, place, text):
    event = replace(TALK, title=title, place=place, description=text)

    octets = invited(event, attendee=Mailbox(name, "alex@example.net"))

    assert_well_formed(octets)
    _, read = only_event(octets)
    assert str(read["ATTENDEE"]) == "mailto:alex@example.net"
    found = lines(octets)
    for name_ in ("BEGIN:VEVENT", "END:VEVENT", "UID:8d0e@eventhub", "SEQUENCE:3"):
        assert found.count(name_) == 1
    assert sum(line.startswith("ATTENDEE") for line in found) == 1


def test_two_people_get_the_same_event_and_their_own_line():
    mine, yours = invited(), invited(attendee=Mailbox("Bo", "bo@example.net"))

    assert b"bo@example.net" not in mine
    assert b"alex@example.net" not in yours
    assert sorted(set(lines(mine)) ^ set(lines(yours))) == sorted(
        line for line in lines(mine) + lines(yours) if line.startswith("ATTENDEE")
    )
