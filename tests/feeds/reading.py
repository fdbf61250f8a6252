"""A second parser, which shares nothing with what writes: vobject reads every calendar back to plain facts."""

from datetime import date, datetime
from typing import Any, NamedTuple

import vobject


class Facts(NamedTuple):
    """What a VEVENT says."""

    title: str
    starts: datetime | date
    ends: datetime | date | None
    status: str
    sequence: int
    place: str
    description: str
    url: str
    join: str


def calendar(octets: bytes) -> Any:
    """The one VCALENDAR of a file."""
    assert_well_formed(octets)
    (found,) = vobject.readComponents(octets.decode("utf-8"))
    assert found.name == "VCALENDAR"
    assert not hasattr(found, "method")
    return found


def assert_well_formed(octets: bytes) -> None:
    """RFC 5545 3.1: CRLF, at most 75 octets a line, no control characters, whole characters."""
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert b"\r\n\r\n" not in octets
    bare = octets.replace(b"\r\n", b"")
    assert b"\n" not in bare
    assert b"\r" not in bare
    assert all(byte >= 0x20 or byte == 0x09 for byte in bare)
    for line in octets.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def facts(octets: bytes) -> dict[str, Facts]:
    """Every VEVENT by its UID; a UID stands once."""
    found: dict[str, Facts] = {}
    for event in getattr(calendar(octets), "vevent_list", []):

        def value(name: str, event: Any = event) -> Any:
            return event.contents[name][0].value if name in event.contents else ""

        for needed in ("uid", "dtstamp", "dtstart", "summary", "sequence"):
            assert len(event.contents[needed]) == 1
        assert "attendee" not in event.contents
        assert "organizer" not in event.contents
        assert value("uid") not in found
        found[value("uid")] = Facts(
            value("summary"), value("dtstart"), value("dtend") or None, value("status"), int(value("sequence")),
            value("location"), value("description"), value("url"), value("conference"),
        )  # fmt: skip
    return found


def titles(octets: bytes) -> list[str]:
    """The titles in the order of the file."""
    return [event.summary.value for event in getattr(calendar(octets), "vevent_list", [])]
