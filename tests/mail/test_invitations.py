"""Invitations as a second parser reads them: what goes in comes out, whatever people typed."""

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from uuid import UUID

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from eventhub.calendars import CalendarEvent, Mailbox, event_file, invitation
from eventhub.directory.rules import clean_line
from eventhub.mail.addresses import deliverable, organiser_for
from eventhub.mail.messages import build_message
from eventhub.mail.rendering import render
from tests.mail.test_rendering import KINDS

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ALEX = UUID(int=7)

odd = st.one_of(
    st.text(min_size=1, max_size=500),
    st.sampled_from(
        [
            "x" * 500,
            "Straße, Ñandú; “Σ” 日本語 👩🏽‍🚀 " * 15,
            "BEGIN:VEVENT\r\nATTENDEE:mailto:evil@example.org\r\nEND:VEVENT",
            'quotes " and \\ back\\\\slashes, commas; semicolons: colons\\n',
            "a\u2028b\u2029c\x85d\x00e\x07f\u202eg\u200bh",
            "=?utf-8?q?=0D=0ABcc:_evil=40example.org?=",
            "\ud800 half a character",
            "^n ^' ^^ RFC 6868",
            " ",
            "mailto:x@y.z?cc=evil@example.org",
        ]
    ),
)
zones = st.sampled_from(["Europe/Madrid", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "UTC", None])
#: To the second, and 300 years ahead.
instants = st.integers(631_152_000, 11_265_782_400).map(lambda second: datetime.fromtimestamp(second, UTC))
spans = st.one_of(
    st.tuples(instants, st.one_of(st.none(), st.integers(1, 2_000_000))).map(
        lambda span: (span[0], None if span[1] is None else span[0] + timedelta(seconds=span[1]))
    ),
    st.tuples(st.dates(date(1990, 1, 1), date(2326, 12, 1)), st.one_of(st.none(), st.integers(0, 30))).map(
        lambda span: (span[0], None if span[1] is None else span[0] + timedelta(days=span[1]))
    ),
)


@st.composite
def calendar_events(draw):
    starts, ends = draw(spans)
    return CalendarEvent(
        uid=f"{draw(st.uuids())}@eventhub",
        sequence=draw(st.integers(0, 10_000)),
        title=draw(odd),
        starts=starts,
        ends=ends,
        time_zone=draw(zones),
        place=draw(st.one_of(st.just(""), odd)),
        online_url=draw(
            st.sampled_from(
                [
                    "",
                    "https://meet.example.org/join/abc-DEF_1.2,3;4",
                    "javascript:alert(1)",
                    "https://x.org/" + "y" * 300,
                ]
            )
        ),
        url="https://events.example.org/events/water",
        description=draw(st.one_of(st.just(""), odd, st.text(max_size=2000))),
        status="CONFIRMED",
        created_at=NOW,
        updated_at=NOW,
    )


def content_lines(octets):
    assert octets.endswith(b"\r\n")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    for line in octets.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    return octets.decode().replace("\r\n ", "").split("\r\n")


def seen(text):
    """A text as calendars show it: no difference between sorts of empty room."""
    return " ".join(text.split())


@settings(deadline=None, max_examples=150)
@given(
    event=calendar_events(), method=st.sampled_from(["REQUEST", "CANCEL"]), name=odd, zone=zones,
    language=st.sampled_from(["en", "es", "fr"]),
    address=st.sampled_from(["alex@example.net", "o'neil+x%y#z?{a}@example.org", "zoe@bücher.example"]),
)  # fmt: skip
def test_every_invitation_says_the_same_to_a_second_parser(event, method, name, zone, language, address):
    organiser = organiser_for(ALEX)
    octets = invitation(
        event, method=method, organiser=organiser, attendee=Mailbox(name, deliverable(address)), now=NOW,
        language=language, reader_zone=zone,
    )  # fmt: skip

    lines = content_lines(octets)
    assert sum(line.startswith("ATTENDEE") for line in lines) == 1
    assert sum(line.startswith("BEGIN:VEVENT") for line in lines) == 1
    calendar = vobject.readOne(octets.decode())
    part = calendar.vevent
    assert calendar.method.value == method
    assert part.uid.value == event.uid
    assert int(part.sequence.value) == event.sequence
    assert part.dtstamp.value == NOW
    assert seen(part.summary.value) == seen(clean_line(event.title))
    assert part.organizer.value == f"mailto:{organiser.address}"
    decoded = re.sub("%([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), part.attendee.value)
    assert decoded == f"mailto:{deliverable(address)}"
    if visible := clean_line(name).replace('"', "'").replace("^", " "):
        assert seen(part.attendee.params["CN"][0]) == seen(visible)
    assert part.dtstart.value == event.starts
    if event.ends is None:
        assert not hasattr(part, "dtend")
    elif isinstance(event.starts, datetime):
        assert part.dtend.value == event.ends
    else:
        assert part.dtend.value == event.ends + timedelta(days=1)
    assert part.status.value == ("CANCELLED" if method == "CANCEL" else "CONFIRMED")
    joins = method == "REQUEST" and event.online_url.startswith("https://")
    assert ("CONFERENCE" in octets.decode()) == joins
    assert (
        (event.online_url in part.description.value.splitlines()[0])
        if joins
        else "Join" not in part.description.value[:4]
    )
    # and to the first one
    read = Calendar.from_ical(octets)
    assert not read.errors
    assert (str(read.events[0]["UID"]), int(read.events[0]["SEQUENCE"])) == (event.uid, event.sequence)


@settings(deadline=None, max_examples=60)
@given(event=calendar_events())
def test_every_file_to_download_says_the_same_to_a_second_parser_and_names_nobody(event):
    octets = event_file(event)

    content_lines(octets)
    part = vobject.readOne(octets.decode()).vevent
    assert (part.uid.value, part.dtstart.value) == (event.uid, event.starts)
    assert seen(part.summary.value) == seen(clean_line(event.title))
    assert b"mailto:" not in octets.replace(b"\r\n ", b"") or "mailto:" in event.title + event.place + event.description


@settings(deadline=None, max_examples=60)
@given(
    name=odd,
    title=odd,
    place=odd,
    kind=st.sampled_from([k for k, facts in KINDS.items() if facts.get("calendar_method")]),
)
@example(name="x" * 200, title="y" * 500, place="", kind="registration_confirmed")
def test_every_letter_that_brings_one_holds_it_twice_in_the_same_octets(name, title, place, kind):
    name, title, place = (text.replace("\ud800", "") for text in (name, title, place))  # no database holds one
    facts = KINDS[kind]
    event = {**facts["event"], "title": title, "place": place}
    letter = render(
        kind, "fr", {**facts, "recipient_name": name, "event": event}, recipient_address="alex@example.net",
        person_id=ALEX,
    )  # fmt: skip
    octets = build_message(
        letter, letter_id=UUID(int=1), message_id="<1@example.org>", recipient=Mailbox(name, "alex@example.net"),
        date=NOW, thread_id="<0@example.org>",
    )  # fmt: skip

    message = message_from_bytes(octets, policy=SMTP)
    assert not message.defects
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert not any(part.defects for part in parts)
    assert [part.get_content_type() for part in parts] == [
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    calendars = [part.get_payload(decode=True) for part in parts[2:]]
    assert calendars[0] == calendars[1] == letter.calendar
    assert parts[2].get_param("method") == facts["calendar_method"]
    (sender,) = message["From"].addresses
    assert vobject.readOne(letter.calendar.decode()).vevent.organizer.value == f"mailto:{sender.addr_spec}"
    (to,) = message["To"].addresses
    assert to.addr_spec == "alex@example.net"
    assert (message["In-Reply-To"], message["References"]) == ("<0@example.org>", "<0@example.org>")
    assert message.get_all("Cc") is message.get_all("Bcc") is None
    assert all(len(line) <= 998 for line in octets.split(b"\r\n"))
    octets.decode("ascii")


def test_the_reader_reads_both_clocks_in_their_calendar_too():
    event = CalendarEvent(
        "1@eventhub", 0, "Water", datetime(2027, 5, 12, 7, 30, tzinfo=UTC), datetime(2027, 5, 12, 8, 15, tzinfo=UTC),
        "Europe/Madrid", "Hall", "", "https://x.org/e", "", "CONFIRMED", NOW, NOW,
    )  # fmt: skip

    def description(zone):
        octets = invitation(
            event, method="REQUEST", organiser=organiser_for(ALEX), attendee=Mailbox("A", "a@example.org"), now=NOW,
            language="en", reader_zone=zone,
        )  # fmt: skip
        return str(Calendar.from_ical(octets).events[0]["DESCRIPTION"])

    assert "09:30–10:15, Central European Summer Time, Madrid (Europe/Madrid)" in description("Asia/Kathmandu")
    assert "On your clocks: Wednesday, 12 May 2027, 13:15–14:00" in description("Asia/Kathmandu")
    for same in ("Europe/Paris", None, ""):
        assert "On your clocks" not in description(same)


@pytest.mark.parametrize("counter", [True, False])
def test_another_time_may_be_proposed_where_that_is_asked_for(counter):
    event = CalendarEvent(
        "1@eventhub", 0, "Water", date(2027, 5, 12), date(2027, 5, 14), None, "", "", "", "", "CONFIRMED", NOW, NOW
    )
    octets = invitation(
        event, method="REQUEST", organiser=organiser_for(ALEX), attendee=Mailbox("", "a@example.org"), now=NOW,
        language="en", may_counter=counter,
    )  # fmt: skip

    assert (b"X-MICROSOFT-DISALLOW-COUNTER:TRUE" in octets) is not counter
    assert b"DTEND;VALUE=DATE:20270515" in octets


def test_each_person_finds_their_own_link_to_join_and_nobody_elses():
    def link(who):
        facts = {**KINDS["registration_confirmed"], "join_url": f"https://events.example.org/join/{who}"}
        letter = render("registration_confirmed", "en", facts, recipient_address="a@example.org", person_id=ALEX)
        return letter.text + letter.html + letter.calendar.decode().replace("\r\n ", "")

    assert link("mine").count("/join/mine") >= 4
    assert "/join/yours" not in link("mine")
    assert "/join/mine" not in link("yours")
