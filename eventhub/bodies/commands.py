"""What programme staff do with seats: give, end, and take back a mistake."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.bodies.queries import all_seats, body_code, given_today
from eventhub.bodies.rules import BODIES, Term, term_problems
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labels import label_of
from eventhub.words import Sentence


class GivenBefore(Refusal):
    """The seat was not given today: it is history, and ends instead."""

    status_code = 409


async def give_seat(
    code: str, member: str, starts_on: date, ends_on: date | None = None, *, now: datetime, account_id: UUID
) -> UUID:
    """
    Entitle a member to sit in a body, from a day on and perhaps to a last day.

    Raises:
        NotFound: there is no such body.
        Problems: the member is unknown, the days are in disorder, or the member has the seat on one of them.

    """
    body_code(code)
    rows = await sql("SELECT id, left_on FROM member WHERE key = {}", member.replace("\x00", " "))
    if not rows:
        raise Problems({"member": [Sentence("Please choose the member from the list.")]})
    new = uuid4()
    async with transaction():
        body = (await lock_bodies([code]))[code]
        others = [seat for seat in await all_seats(code) if seat.member == member]
        if problems := term_problems(Term(starts_on, ends_on, rows[0]["left_on"]), others):
            raise Problems({name: [*said] for name, said in problems.items()})
        await sql(
            "INSERT INTO seat (id, body, member, starts_on, ends_on) VALUES ({}, {}, {}, {}, {})",
            new, body, rows[0]["id"], starts_on, ends_on,
        )  # fmt: skip
        await record("give_seat", "seat", new, account_id=account_id, now=now, detail=f"{code}, {member}")
    return new


async def end_seat(code: str, seat_id: UUID, last_day: date, *, now: datetime, account_id: UUID) -> None:
    """
    Say on which day a seat ends, or another day than before.

    Raises:
        NotFound: the body has no such seat.
        Problems: the end lies before the start, or the member has the seat again by then.

    """
    body_code(code)
    async with transaction():
        await lock_bodies([code])
        seats = await all_seats(code)
        seat = next((one for one in seats if one.id == seat_id), None)
        if seat is None:
            raise _no_such_seat()
        others = [one for one in seats if one.member == seat.member and one.id != seat_id]
        if problems := term_problems(Term(seat.starts_on, last_day), others):
            raise Problems({"last_day": [sentence for said in problems.values() for sentence in said]})
        if last_day != seat.ends_on:
            await sql("UPDATE seat SET ends_on = {} WHERE id = {}", last_day, seat_id)
            detail = f"{code}, {seat.member}, {last_day}"
            await record("end_seat", "seat", seat_id, account_id=account_id, now=now, detail=detail)


async def remove_seat(code: str, seat_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Take back a seat that was given today by mistake; one that is older can only end.

    Raises:
        NotFound: the body has no such seat.
        GivenBefore: it was given before today (by UTC).

    """
    body_code(code)
    async with transaction():
        await lock_bodies([code])
        seat = next((one for one in await all_seats(code) if one.id == seat_id), None)
        if seat is None:
            raise _no_such_seat()
        if seat_id not in await given_today(now.date()):
            raise GivenBefore(
                Sentence("Only a seat that was given today can be taken back. Say on which day this one ends instead.")
            )
        await sql("DELETE FROM seat WHERE id = {}", seat_id)
        await record("remove_seat", "seat", seat_id, account_id=account_id, now=now, detail=f"{code}, {seat.member}")


async def lock_bodies(codes: Iterable[str]) -> dict[str, UUID]:
    """
    The rows of bodies by their codes, made where they are missing, and locked for the caller's transaction.

    Whoever changes seats holds the row of the body, so that two at once
    cannot give a member the same days twice.
    """
    wanted, locked = set(codes), {}
    for position, code in enumerate(map(str, BODIES), 1):
        if code not in wanted:
            continue
        if not (rows := await _locked_body(code)):
            await sql(
                "INSERT INTO statutory_body (id, code, name, position) VALUES ({}, {}, {}, {}) "
                "ON CONFLICT (code) DO NOTHING",
                uuid4(), code, str(label_of(code)), position,
            )  # fmt: skip
            rows = await _locked_body(code)
        locked[code] = rows[0]["id"]
    return locked


async def _locked_body(code: str) -> list[Row]:
    return await sql(f"SELECT id FROM statutory_body WHERE code = {{}}{lock_clause()}", code)


def _no_such_seat() -> NotFound:
    return NotFound(Sentence("There is no such seat in this body."))
