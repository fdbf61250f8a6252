"""Reads of statutory bodies: seats, meetings, and who came."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from eventhub.bodies.rules import BODIES, Term, attendance_rate, entitled_on
from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.events.queries import EventRow
from eventhub.words import Sentence


@dataclass(frozen=True)
class SeatRow(Term):
    """One term of one member in one body."""

    id: UUID | None = None
    body: str = ""
    member: str = ""
    member_name: str = ""
    region: str = ""


@dataclass(frozen=True)
class BodyRow:
    """A body with the numbers of its seats on a day."""

    code: str
    seats: int
    coming: int


@dataclass(frozen=True)
class SeatAtMeeting:
    """A seat at one meeting: confirmed registrations of its member, and whether somebody of it was there."""

    seat: SeatRow
    confirmed: int
    attended: bool


@dataclass(frozen=True)
class Meeting:
    """
    One meeting with the seats entitled on its first day.

    `recorded` tells whether attendance was recorded at all, of anybody.
    """

    slug: str
    title: str
    mode: str
    starts_on: date
    seats: tuple[SeatAtMeeting, ...]
    recorded: bool

    @property
    def entitled(self) -> int:
        """Seats that could have been there."""
        return len(self.seats)

    @property
    def confirmed(self) -> int:
        """Seats of whose member somebody has a confirmed registration."""
        return sum(one.confirmed > 0 for one in self.seats)

    @property
    def present(self) -> int:
        """Seats of whose member somebody was there."""
        return sum(one.attended for one in self.seats)

    @property
    def empty(self) -> tuple[SeatRow, ...]:
        """Seats of whose member nobody was there."""
        return tuple(one.seat for one in self.seats if not one.attended)

    @property
    def rate(self) -> float | None:
        """Seats present over seats entitled; None without seats or without any attendance recorded."""
        return attendance_rate(self.present, self.entitled) if self.recorded else None


def body_code(code: str) -> str:
    """
    The code of a body, if there is one.

    Raises:
        NotFound: there is none.

    """
    if code not in {str(one) for one in BODIES}:
        raise NotFound(Sentence("There is no such statutory body."))
    return code


async def all_seats(code: str | None = None) -> list[SeatRow]:
    """Every term of every member, of one body or of all, by the names of the members and then by time."""
    rows = await sql(
        "SELECT s.id AS id, b.code AS body, m.key AS member, m.name AS member_name, r.name AS region, "
        "s.starts_on AS starts_on, s.ends_on AS ends_on, m.left_on AS left_on "
        "FROM seat s JOIN statutory_body b ON b.id = s.body JOIN member m ON m.id = s.member "
        f"JOIN region r ON r.id = m.region {'WHERE b.code = {}' if code else ''} "
        "ORDER BY m.name_folded, m.key, s.starts_on",
        *([code] if code else []),
    )
    return [SeatRow(**row) for row in rows]


async def bodies(today: date) -> list[BodyRow]:
    """The statutory bodies with their seats on a day; one query."""
    seats: dict[str, list[SeatRow]] = defaultdict(list)
    for seat in await all_seats():
        seats[seat.body].append(seat)
    return [
        BodyRow(code, len(entitled_on(seats[code], today)), sum(seat.starts_on > today for seat in seats[code]))
        for code in map(str, BODIES)
    ]


async def given_today(today: date) -> set[UUID]:
    """Keys of the seats that were given on a day of UTC: those can still be taken back as a mistake."""
    rows = await sql(
        "SELECT object_id FROM audit_entry WHERE action = 'give_seat' AND object_kind = 'seat' AND at >= {}",
        datetime.combine(today, time(), UTC),
    )
    return {UUID(row["object_id"]) for row in rows}


async def seats_at(event: EventRow) -> Meeting:
    """
    Who is entitled at a meeting, and who of them is registered and came; two queries.

    Raises:
        NotFound: the event is no meeting of a statutory body.

    """
    if event.kind not in BODIES:
        raise NotFound(
            Sentence("“%(title)s” is not a meeting of a statutory body, so nobody has a seat at it.", title=event.title)
        )
    seats = entitled_on(await all_seats(event.kind), event.starts_on)
    found = await _presence("r.event = {}", event.id)
    return _meeting((event.slug, event.title, event.mode, event.starts_on), seats, found)


async def meetings_of(code: str, year: int, *, seats: list[SeatRow], until: date) -> list[Meeting]:
    """Meetings of a body that have been held in a year up to a day, in order of time; two queries."""
    first, last = date(year, 1, 1), min(date(year, 12, 31), until)
    condition = (
        "e.kind = {} AND e.status = 'published' AND e.counts_in_statistics AND e.starts_on >= {} AND e.starts_on <= {}"
    )
    events = await sql(
        f"SELECT e.id AS id, e.slug AS slug, e.title AS title, e.mode AS mode, e.starts_on AS starts_on FROM event e "
        f"WHERE {condition} ORDER BY e.starts_on, e.slug",
        code, first, last,
    )  # fmt: skip
    if not events:
        return []
    found = await _presence(condition, code, first, last)
    return [
        _meeting(
            (event["slug"], event["title"], event["mode"], event["starts_on"]),
            entitled_on(seats, event["starts_on"]),
            [row for row in found if row["event"] == event["id"]],
        )
        for event in events
    ]


async def _presence(condition: str, *values: Any) -> list[Row]:
    """Confirmed registrations and people present of each member at each event; members may be missing (None)."""
    return await sql(
        "SELECT r.event AS event, m.key AS member, "
        "SUM(CASE WHEN r.status = 'confirmed' THEN 1 ELSE 0 END) AS confirmed, "
        "SUM(CASE WHEN EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) THEN 1 ELSE 0 END) AS attended "
        "FROM registration r JOIN event e ON e.id = r.event LEFT JOIN member m ON m.id = r.member "
        f"WHERE {condition} GROUP BY r.event, m.key",
        *values,
    )


def _meeting(facts: tuple[str, str, str, date], seats: list[SeatRow], found: list[Row]) -> Meeting:
    """A meeting by address, title, mode and first day, with what was found of its members."""
    by_member = {row["member"]: row for row in found}
    return Meeting(
        *facts,
        tuple(
            SeatAtMeeting(
                seat,
                confirmed=int(by_member[seat.member]["confirmed"]) if seat.member in by_member else 0,
                attended=seat.member in by_member and by_member[seat.member]["attended"] > 0,
            )
            for seat in seats
        ),
        recorded=any(row["attended"] > 0 for row in found),
    )
