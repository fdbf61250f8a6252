"""Octets become facts, quickly, whatever somebody wrote."""

import random
import time

import pytest

from eventhub.replies.reading import read
from tests.replies.messages import CLIENTS, bounce, calendar, complaint, head

HEAD = head("alex@example.org", "events+x@example.org")
MANY = 120_000


def with_calendar(inside: str, before: str = "") -> bytes:
    whole = (
        f"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n{before}BEGIN:VEVENT\r\nUID:x\r\n{inside}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return f"{HEAD}Content-Type: text/calendar\r\n\r\n{whole}".encode()


def endless_zone(line_end: str, begin: str = "BEGIN:VTIMEZONE") -> str:
    lines = (
        "X:1", begin, "TZID:Foo", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200", "RRULE:FREQ=SECONDLY", "END:STANDARD", "END:VTIMEZONE",
    )  # fmt: skip
    return line_end.join(lines) + "\r\n"


BOMBS = {
    "a zone that changes every second": with_calendar("", endless_zone("\r\n")),
    "such a zone, folded": with_calendar("", endless_zone("\r\n", "BEGIN:VTIME\r\n ZONE")),
    "such a zone, with a parameter": with_calendar("", endless_zone("\r\n", "BEGIN;X=1:VTIMEZONE")),
    **{f"such a zone, parted by {ord(end):x}": with_calendar("", endless_zone(end)) for end in "\r\x0b\x0c\x1c\x85\u2028"},
    "a rule that never ends": with_calendar("DTSTART:19700101T000000Z\r\nRRULE:FREQ=SECONDLY\r\n"),
    "parameters": with_calendar("ATTENDEE" + ";X=1" * 30_000 + ":mailto:a@b.example\r\n"),
    "properties": with_calendar("X-A:1\r\n" * 18_000),
    "folds": with_calendar("COMMENT:a" + "\r\n a" * 30_000 + "\r\n"),
    "digits": with_calendar("SEQUENCE:" + "9" * MANY + "\r\n"),
    "tags that do not end": f"{HEAD}Content-Type: text/html\r\n\r\n{'<style ' * 70_000}".encode(),
    "brackets": f"{HEAD}Content-Type: text/html\r\n\r\n{'<' * 500_000}".encode(),
    "MIME parameters": f"{HEAD}Content-Type: multipart/mixed{';a' * 250_000}\r\n\r\nx".encode(),
    "folded MIME parameters": f"{HEAD}Content-Type: multipart/mixed{(';a' + chr(13) + chr(10) + ' ') * 80_000}\r\n\r\nx".encode(),
    "comments in From": f"From: {'(' * 390_000}\r\n\r\nx".encode(),
    "parts without headers": f"{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n{'--x' + chr(10) * 2}".encode() * 50,
    "parts in parts": (HEAD + "Content-Type: message/rfc822\r\n\r\n" * 39 + "x").encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BOMBS))
def test_nothing_takes_longer_than_the_time_limit(name: str) -> None:
    began = time.perf_counter()
    read(BOMBS[name])
    assert time.perf_counter() - began < 5


def test_no_octets_make_reading_fail() -> None:
    """Four thousand messages with octets changed, left out and put in at random; a failure names its seed."""
    samples = [
        *(make("x@eventhub", "alex@example.org", "events+x@example.org") for make in CLIENTS.values()),
        bounce("events@example.org", message_id="<x@y>"),
        complaint("events@example.org", message_id="<x@y>"),
    ]
    for seed in range(4_000):
        chance = random.Random(seed)  # noqa: S311  no secret is made
        octets = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 30)):
            place = chance.randrange(len(octets))
            match chance.randrange(3):
                case 0:
                    octets[place] = chance.randrange(256)
                case 1:
                    del octets[place : place + chance.randint(1, 40)]
                case _:
                    octets[place:place] = chance.choice(
                        [b"\0", b"\r\n", b"--inner\r\n", b"BEGIN:VEVENT\r\n", b"\xff", b"=?", b";"]
                    )
        facts = read(bytes(octets))
        for text in (facts.sender, facts.subject, facts.message_id, facts.text):
            text.encode()
            assert "\0" not in text, seed


def test_a_time_in_an_unknown_zone_is_no_time() -> None:
    times = ("DTSTART;TZID=Customized Time Zone:20990301T100000", "DTEND;TZID=Romance Standard Time:20990301T120000")
    octets = f"{HEAD}Content-Type: text/calendar\r\n\r\n{calendar('x@y', 'a@b.example', method='COUNTER', times=times)}".encode()
    (facts,) = read(octets).calendars
    assert facts.starts_at is None
    assert facts.ends_at is not None
    assert facts.ends_at.isoformat() == "2099-03-01T11:00:00+00:00"


@pytest.mark.parametrize("client", list(CLIENTS))
def test_the_same_file_twice_is_one_answer(client: str) -> None:
    facts = read(CLIENTS[client]("x@eventhub", "alex@example.org", "events+x@example.org", answer="TENTATIVE"))
    (one,) = facts.calendars
    assert (one.method, one.uid, one.attendees) == ("REPLY", "x@eventhub", (("alex@example.org", "TENTATIVE"),))
    assert facts.recipients == ("events+x@example.org",)
