"""Seats: given once, ended, taken back the same day, imported, and looked at beside a meeting."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from eventhub.bodies.commands import GivenBefore, end_seat, give_seat, remove_seat
from eventhub.bodies.imports import import_seats
from eventhub.bodies.queries import all_seats, bodies, meetings_of, seats_at
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.registrations.commands import record_attendance
from eventhub.spreadsheets import BadFile
from tests.make import NOW, a_member, an_event, registered, some_account

pytestmark = pytest.mark.usefixtures("database")

BOARD = "board_of_directors"
FIRST = date(2026, 1, 1)


async def a_seat(member: str = "barcelona", code: str = BOARD, first: date = FIRST, last: date | None = None) -> Any:
    """A seat given to a member that exists."""
    return await give_seat(code, member, first, last, now=NOW, account_id=await some_account())


async def the_terms(code: str = BOARD) -> list[tuple[str, date, date | None]]:
    """Members and days of all terms in a body."""
    return [(seat.member, seat.starts_on, seat.ends_on) for seat in await all_seats(code)]


async def audit() -> list[tuple[str, str]]:
    """The audit trail of seats in order."""
    rows = await sql("SELECT action, detail FROM audit_entry WHERE object_kind = 'seat' ORDER BY at, action")
    return [(row["action"], row["detail"]) for row in rows]


async def test_the_row_of_a_body_is_made_with_its_first_seat() -> None:
    await a_member()
    assert await sql("SELECT code FROM statutory_body") == []
    assert [(body.code, body.seats) for body in await bodies(FIRST)] == [
        ("general_assembly", 0), (BOARD, 0), ("executive_committee", 0), ("regional_secretariat", 0),
    ]  # fmt: skip
    await a_seat()
    assert await sql("SELECT code, name, position FROM statutory_body") == [
        {"code": BOARD, "name": "Board of directors", "position": 2}
    ]
    assert [(body.seats, body.coming) for body in await bodies(FIRST - timedelta(days=1))][1] == (0, 1)
    assert [(body.seats, body.coming) for body in await bodies(FIRST)][1] == (1, 0)
    assert await audit() == [("give_seat", "board_of_directors, barcelona")]


async def test_a_member_has_a_seat_once_at_a_time_and_in_several_bodies() -> None:
    await a_member()
    await a_seat(last=date(2026, 6, 30))
    with pytest.raises(Problems) as refused:
        await a_seat(first=date(2026, 6, 30))
    assert refused.value.fields == {"starts_on": ["The member has this seat already from 2026-01-01 to 2026-06-30."]}
    await a_seat(first=date(2026, 7, 1))
    await a_seat(code="general_assembly")
    assert await the_terms() == [
        ("barcelona", FIRST, date(2026, 6, 30)),
        ("barcelona", date(2026, 7, 1), None),
    ]
    assert await the_terms("general_assembly") == [("barcelona", FIRST, None)]


@pytest.mark.parametrize("has_a_row", [False, True])
async def test_two_at_once_never_give_the_same_days_twice(has_a_row: bool) -> None:
    await a_member()
    await a_member("Lyon")
    account = await some_account()
    if has_a_row:
        await a_seat("lyon")
    answers = await asyncio.gather(
        *(give_seat(BOARD, "barcelona", FIRST + timedelta(days=n), now=NOW, account_id=account) for n in range(4)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Problems", "Problems", "Problems", "UUID"]
    assert len([member for member, *_ in await the_terms() if member == "barcelona"]) == 1


async def test_an_end_and_a_new_term_at_once_never_overlap() -> None:
    await a_member()
    account, middle = await some_account(), date(2026, 6, 30)
    seat = await a_seat(last=middle)
    answers = await asyncio.gather(
        end_seat(BOARD, seat, date(2026, 12, 31), now=NOW, account_id=account),
        give_seat(BOARD, "barcelona", date(2026, 7, 1), now=NOW, account_id=account),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Problems) for answer in answers) == 1
    assert await the_terms() in (
        [("barcelona", FIRST, date(2026, 12, 31))],
        [("barcelona", FIRST, middle), ("barcelona", date(2026, 7, 1), None)],
    )


@pytest.mark.parametrize("member", ["atlantis", "", "x" * 600, "barce\x00lona"])
async def test_an_unknown_member_gets_no_seat(member: str) -> None:
    await a_member()
    with pytest.raises(Problems) as refused:
        await a_seat(member)
    assert refused.value.fields == {"member": ["Please choose the member from the list."]}
    assert await sql("SELECT code FROM statutory_body") == []


async def test_what_is_no_body_has_no_seats() -> None:
    await a_member()
    for code in ("webinar", "", "board_of_directors\x00", "x" * 600):
        with pytest.raises(NotFound):
            await a_seat(code=code)
    with pytest.raises(NotFound):
        await end_seat(BOARD, uuid4(), FIRST, now=NOW, account_id=await some_account())
    seat = await a_seat()
    with pytest.raises(NotFound):
        await end_seat("general_assembly", seat, FIRST, now=NOW, account_id=await some_account())


async def test_a_seat_ends_and_its_end_can_be_moved() -> None:
    await a_member()
    account, seat = await some_account(), await a_seat()
    with pytest.raises(Problems) as refused:
        await end_seat(BOARD, seat, date(2025, 12, 31), now=NOW, account_id=account)
    assert refused.value.fields == {"last_day": ["The end lies before the start."]}
    await end_seat(BOARD, seat, date(2026, 3, 31), now=NOW, account_id=account)
    await end_seat(BOARD, seat, date(2026, 3, 31), now=NOW, account_id=account)
    await a_seat(first=date(2026, 5, 1))
    with pytest.raises(Problems):
        await end_seat(BOARD, seat, date(2026, 5, 1), now=NOW, account_id=account)
    await end_seat(BOARD, seat, date(2026, 4, 30), now=NOW, account_id=account)
    assert await the_terms() == [("barcelona", FIRST, date(2026, 4, 30)), ("barcelona", date(2026, 5, 1), None)]
    assert [action for action, _ in await audit()].count("end_seat") == 2


async def test_only_a_mistake_of_today_is_taken_back() -> None:
    await a_member()
    account, seat = await some_account(), await a_seat()
    with pytest.raises(GivenBefore):
        await remove_seat(BOARD, seat, now=NOW + timedelta(days=1), account_id=account)
    await remove_seat(BOARD, seat, now=NOW, account_id=account)
    assert await the_terms() == []
    assert ("remove_seat", "board_of_directors, barcelona") in await audit()
    with pytest.raises(NotFound):
        await remove_seat(BOARD, seat, now=NOW, account_id=account)


# Meetings


async def a_meeting(*people: tuple[str, str, bool], **changes: Any) -> Any:
    """A meeting of the board with people: name, member, and whether they were there."""
    event = await an_event(kind=BOARD, **changes)
    for name, member, attended in people:
        done = await registered(event, name, member=member)
        if attended:
            await record_attendance(done.registration.id, attended=True, now=NOW, account_id=await some_account())
    return event


async def test_several_people_of_a_member_fill_one_seat_and_others_fill_none() -> None:
    for name in ("Barcelona", "Lyon", "Rabat", "Seoul"):
        await a_member(name)
    for member in ("barcelona", "lyon", "rabat"):
        await a_seat(member)
    await a_seat("seoul", last=date(2026, 12, 31))
    event = await a_meeting(
        ("Ana", "barcelona", True), ("Biel", "barcelona", True), ("Carme", "lyon", False), ("Dae", "seoul", True),
        ("Eve", "", True),
    )  # fmt: skip
    meeting = await seats_at(event)
    assert [(one.seat.member, one.confirmed, one.attended) for one in meeting.seats] == [
        ("barcelona", 2, True),
        ("lyon", 1, False),
        ("rabat", 0, False),
    ]
    assert (meeting.entitled, meeting.confirmed, meeting.present) == (3, 2, 1)
    assert meeting.rate == 1 / 3
    assert [seat.member for seat in meeting.empty] == ["lyon", "rabat"]


async def test_a_meeting_without_recorded_attendance_has_no_rate() -> None:
    await a_member()
    await a_seat()
    meeting = await seats_at(await a_meeting(("Ana", "barcelona", False)))
    assert (meeting.confirmed, meeting.recorded, meeting.rate) == (1, False, None)


async def test_other_kinds_of_event_have_no_seats() -> None:
    with pytest.raises(NotFound) as refused:
        await seats_at(await an_event())
    assert refused.value.sentences == (
        "“Care in the metropolis” is not a meeting of a statutory body, so nobody has a seat at it.",
    )


async def test_meetings_of_a_year_are_those_held_of_this_body() -> None:
    await a_member()
    seat = await a_seat()
    for title, day, publish in (
        ("Past", date(2099, 2, 1), True),
        ("Draft", date(2099, 2, 2), False),
        ("Coming", date(2099, 5, 1), True),
        ("Other year", date(2098, 2, 1), True),
    ):
        await an_event(title=title, kind=BOARD, starts_on=day, ends_on=day, publish=publish)
    await an_event(kind="general_assembly", starts_on=date(2099, 2, 1), ends_on=date(2099, 2, 1))
    found = await meetings_of(BOARD, 2099, seats=await all_seats(BOARD), until=date(2099, 4, 1))
    assert [(meeting.title, [one.seat.id for one in meeting.seats]) for meeting in found] == [("Past", [seat])]


# Imports

HEAD = "body,member,starts_on,ends_on\n"


async def seats_in(text: str, *, dry_run: bool = False) -> Any:
    """An import of lines below the head."""
    content = (HEAD + text).encode()
    return await import_seats(content, "s.csv", dry_run=dry_run, now=NOW, account_id=await some_account())


async def test_a_file_of_seats_is_shown_then_written_once() -> None:
    for name in ("Barcelona", "Lyon"):
        await a_member(name)
    text = f"{BOARD},barcelona,2024-06-01,2026-05-31\ngeneral_assembly,Lyon,2024-06-01,\n"
    dry = await seats_in(text, dry_run=True)
    assert dry.new == (f"{BOARD}, barcelona, 2024-06-01", "general_assembly, lyon, 2024-06-01")
    assert await all_seats() == []
    assert (await seats_in(text)).written
    assert await the_terms() == [("barcelona", date(2024, 6, 1), date(2026, 5, 31))]
    again = await seats_in(text)
    assert (again.is_empty, again.unchanged) == (True, 2)
    changed = await seats_in(f"{BOARD},barcelona,2024-06-01,2025-05-31\n{BOARD},barcelona,2025-06-01,\n")
    assert (changed.changed, len(changed.new)) == (1, 1)
    assert await the_terms() == [
        ("barcelona", date(2024, 6, 1), date(2025, 5, 31)), ("barcelona", date(2025, 6, 1), None),
    ]  # fmt: skip
    assert len([1 for action, _ in await audit() if action == "give_seat"]) == 3


async def test_a_wrong_file_says_every_fault_and_writes_nothing() -> None:
    await a_member()
    await a_seat(first=date(2026, 1, 1))
    with pytest.raises(BadFile) as refused:
        await seats_in(
            "webinar,barcelona,2024-06-01,\n"
            f"{BOARD},Atlantis,2024-06-01,\n"
            f"{BOARD},,2024-06-31,\n"
            f"{BOARD},barcelona,,\n"
            f"{BOARD},barcelona,2024-06-01,2023-01-01\n"
            "general_assembly,barcelona,2024-06-01,\n"
            "general_assembly,barcelona,2024-06-01,\n"
        )
    assert [str(one) for one in refused.value.sentences] == [
        "Line 2, column “body”: “webinar” is none of: general_assembly, board_of_directors, executive_committee, "
        "regional_secretariat.",
        "Line 3, column “member”: there is no member “Atlantis”.",
        "Line 4, column “member”: the cell is empty.",
        "Line 4, column “starts_on”: “2024-06-31” is no day. Days look like 2026-11-25.",
        "Line 5, column “starts_on”: the cell is empty.",
        "Line 6, column “ends_on”: The end lies before the start.",
        "Line 8, column “starts_on”: “general_assembly, barcelona, 2024-06-01” is in line 7 too.",
    ]
    with pytest.raises(BadFile) as refused:
        await seats_in(f"{BOARD},barcelona,2025-06-01,\n{BOARD},barcelona,2026-01-01,\n")
    assert [str(one) for one in refused.value.sentences] == [
        "Line 3, column “starts_on”: The member has this seat already, since 2025-06-01 and without an end."
    ]
    assert await the_terms() == [("barcelona", date(2026, 1, 1), None)]
