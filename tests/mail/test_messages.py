import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.calendars import Mailbox
from eventhub.mail.addresses import UnreachableAddress, deliverable
from eventhub.mail.messages import build_message
from eventhub.mail.rendering import RenderedLetter

CALENDAR = b"BEGIN:VCALENDAR\r\nSUMMARY:Stra\xc3\x9fe\r\nEND:VCALENDAR\r\n"
INVITATION = RenderedLetter("A seat", "Hello\n\n-- \nwhy – because\n", "<p>Hello</p>\n", CALENDAR, "REQUEST")
PLAIN = RenderedLetter("A link", "Hello\n", "<p>Hello</p>\n", None, None)


def octets(letter=INVITATION, *, name="Alex Example", address="alex@example.net", sender="EventHub"):
    return build_message(
        letter,
        letter_id=UUID(int=7),
        message_id="<7@example.org>",
        sender=Mailbox(sender, "events@example.org"),
        recipient=Mailbox(name, address),
        date=datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    )


def read(raw) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert not message.defects
    return message


def shape(part):
    kind = part.get_content_type()
    return (kind, [shape(p) for p in part.iter_parts()]) if part.is_multipart() else kind


def test_an_invitation_is_an_alternative_that_calendars_read_and_the_same_file_attached():
    message = read(octets())

    assert shape(message) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )
    alternative, attached = message.iter_parts()
    calendar = list(alternative.iter_parts())[2]
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_param("charset") == "UTF-8"
    assert calendar.get("Content-Disposition") is None
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content_disposition() == "attachment"
    assert calendar.get_payload(decode=True) == attached.get_payload(decode=True) == CALENDAR


def test_a_letter_without_a_calendar_is_just_its_two_texts():
    assert shape(read(octets(PLAIN))) == ("multipart/alternative", ["text/plain", "text/html"])


def test_the_headers_say_that_a_machine_wrote_and_who():
    message = read(octets())

    assert dict(message.items()) == {
        "From": "EventHub <events@example.org>",
        "To": "Alex Example <alex@example.net>",
        "Subject": "A seat",
        "Date": "Wed, 25 Nov 2026 09:00:00 +0000",
        "Message-ID": "<7@example.org>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }


def test_every_attempt_has_the_same_octets():
    assert octets() == octets()


def test_a_text_arrives_as_it_was_written():
    text = "Ünïcode – “quoted”\n\n.\n.dot first\nFrom here\ntrailing \n" + "long word " * 30 + "\n=3D ==\n-- \nend\n"
    letter = RenderedLetter("s", text, "<p>\n.</p>\n", None, None)

    plain = next(read(octets(letter)).iter_parts())

    assert plain.get_content().replace("\r\n", "\n") == text
    assert_lines(octets(letter))


def assert_lines(raw):
    raw.decode("ascii")
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


odd_text = st.one_of(
    st.text(max_size=150),
    st.sampled_from(
        [
            "Alex\r\nBcc: evil@example.org",
            "=?UTF-8?Q?=0ABcc:_evil=40example.org?=",
            'Alex "the \\ one" Example, PhD; (and) <x@y>',
            "Zoë Ñandú-Σωκράτης 日本語 " * 5,
            "👩🏽‍🚀" * 30,
            "a" * 300,
            "word " * 60,
            " ",
        ]
    ),
)


@settings(deadline=None)
@given(name=odd_text, subject=odd_text)
def test_no_name_and_no_subject_leaves_its_header(name, subject):
    raw = octets(RenderedLetter(subject, "Hello\n", "<p>\n", CALENDAR, "REQUEST"), name=name, sender=name)

    message = read(raw)

    assert [key for key in message if key not in ("From", "To", "Subject")] == [
        "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    (to,) = message["To"].addresses
    assert to.addr_spec == "alex@example.net"
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "name",
    [
        "Alex Example",
        "Zoë Ñandú",
        "O'Neill, Sam",
        'The "one"',
        "back\\slash",
        "日本語の長い名前" * 6,
        "Very long name " * 8 + "end",
    ],
)
def test_a_name_arrives_as_it_was_written(name):
    header = message_from_bytes(octets(name=name), policy=compat32)["To"]

    # Not `.addresses`: Python 3.11 puts a space between the encoded words of a name.
    written, address = parseaddr(str(make_header(decode_header(header.replace("\r\n", "")))))
    assert (written, address) == (name, "alex@example.net")
    assert re.search(rb"^To: .{1,76}\r\n", octets(name=name), re.M)


@pytest.mark.parametrize("subject", ["Short", "Many words " * 12 + "end", "Ñandú " * 40 + "end", "x" * 200])
def test_a_subject_arrives_as_it_was_written(subject):
    raw = octets(RenderedLetter(subject, "Hello\n", "<p>\n", None, None))

    assert read(raw)["Subject"] == subject
    assert_lines(raw)


def test_a_domain_in_other_letters_is_sent_in_its_ascii_form():
    (to,) = read(octets(address="zoe@bücher.example"))["To"].addresses

    assert to.addr_spec == "zoe@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address", ["zoë@example.org", "alex", "@example.org", "a b@example.org", "a@b\r\nRCPT TO:<c@d>", "a@", "a>@b.org"]
)
def test_an_address_that_no_relay_takes_is_refused(address):
    with pytest.raises(UnreachableAddress):
        deliverable(address)


REMINDER = RenderedLetter(
    "Tomorrow", "Hello\n", "<p>Hello</p>\n", None, None, Mailbox("EventHub", "events+abc@example.org"),
    "https://events.example.org/letters/stop/k",
)  # fmt: skip


def built(letter, **more):
    return read(
        build_message(
            letter,
            letter_id=UUID(int=7),
            message_id="<7@example.org>",
            recipient=Mailbox("Alex", "alex@example.net"),
            date=datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
            **more,
        )
    )


def test_a_letter_that_people_may_be_without_has_the_headers_for_one_press_of_a_button():
    message = built(REMINDER)

    assert message["List-Unsubscribe"] == "<https://events.example.org/letters/stop/k>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["From"] == "EventHub <events+abc@example.org>"
    assert "List-Unsubscribe" not in built(PLAIN)


def test_a_later_letter_names_the_first_of_its_thread_and_the_first_names_none():
    message = built(PLAIN, thread_id="<1@example.org>")

    assert (message["In-Reply-To"], message["References"]) == ("<1@example.org>", "<1@example.org>")
    for first in (built(PLAIN), built(PLAIN, thread_id="<7@example.org>")):
        assert "References" not in first
        assert "In-Reply-To" not in first


def test_the_words_of_people_go_to_the_help_desk_where_there_is_one(monkeypatch):
    from eventhub.mail import messages
    from eventhub.settings import current_settings

    assert "Reply-To" not in built(PLAIN)
    monkeypatch.setattr(current_settings(), "reply_to", "Help désk <help@example.org>")
    messages._reply_to.cache_clear()
    assert built(PLAIN)["Reply-To"].addresses[0].addr_spec == "help@example.org"
    monkeypatch.undo()
    messages._reply_to.cache_clear()
