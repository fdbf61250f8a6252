"""
Many people at once, at the commands, on both engines; and proof that this would catch a mistake.

Through the test client a race passes even without a transaction, so the
commands themselves are started together here.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from benchmarks.rush import a_database, broken_promises, rush
from eventhub.database import PgEngine, engine, is_sqlite, sql, transaction
from eventhub.events.commands import cancel_event
from eventhub.registrations.commands import (
    NewHeadCount,
    NotStanding,
    RegistrationClosed,
    SentBefore,
    cancel_by_link,
    cancel_registration,
    record_attendance,
    record_head_count,
    state_gender,
)
from eventhub.registrations.seats import in_turn, resize_pool
from tests.make import NOW, an_event, registered, some_account
from tests.registrations.looking import letter_token_of, letters_of, pool_of, queue_of, rows_of, statuses, token_of

pytestmark = pytest.mark.usefixtures("database")

LATER = NOW + timedelta(hours=1)
SEATS, CROWD = 7, 50


async def together(*work: Awaitable[Any]) -> list[Any]:
    """Start everything at once; a refusal is an outcome, anything else a failure."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not hasattr(outcome, "sentences"):
            raise outcome
    return outcomes


async def sold(event: Any, register: Callable[[Any, int], Awaitable[Any]]) -> int:
    """Let a crowd register at once; returns how many believe that they have a seat."""
    await together(*(register(event, number) for number in range(CROWD)))
    rows = await sql("SELECT COUNT(*) AS n FROM registration WHERE event = {} AND status = 'confirmed'", event.id)
    return int(rows[0]["n"])


async def test_fifty_people_for_seven_seats():
    event = await an_event(capacity=SEATS)
    assert await sold(event, lambda event, number: registered(event, f"P{number}")) == SEATS
    assert await pool_of(event) == (SEATS, SEATS, CROWD - SEATS)
    assert Counter(kind for _, kind in await letters_of(event)) == {
        "registration_confirmed": SEATS,
        "registration_waitlisted": CROWD - SEATS,
    }
    places = [row["queue_place"] for row in await rows_of(event) if row["queue_place"]]
    assert sorted(places) == list(range(1, CROWD - SEATS + 1))
    assert await broken_promises() == []


async def naive(event: Any, number: int) -> None:
    """How it must not be done: look, then write. Any real handler waits for something in between."""
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event.id))[0]["id"]
    person = uuid4()
    await sql(
        "INSERT INTO person (id, name, organisation, country, language, created_at) VALUES ({}, 'P', '', '', 'en', {})",
        person, NOW,
    )  # fmt: skip

    async def look_then_write() -> None:
        taken = await sql("SELECT COUNT(*) AS n FROM registration WHERE event = {} AND status = 'confirmed'", event.id)
        await asyncio.sleep(0.02)
        if taken[0]["n"] < SEATS:
            await sql(
                "INSERT INTO registration (id, event, pool, person, name, status, attends, organisation, city, country, "
                "language, time_zone, answers, registered_at, status_at) VALUES ({}, {}, {}, {}, {}, 'confirmed', "
                "'online', '', '', '', 'en', '', '', {}, {})",
                uuid4(), event.id, pool, person, f"P{number}", NOW, NOW,
            )  # fmt: skip

    if is_sqlite():
        await look_then_write()
    else:
        async with transaction():
            await look_then_write()


async def test_looking_and_then_writing_sells_more_seats_than_there_are():
    """The negative control: the same crowd, the same harness. On PostgreSQL even a transaction does not help."""
    event = await an_event(capacity=SEATS)
    assert await sold(event, naive) > SEATS
    assert "nobody sits on a seat that does not exist" in await broken_promises()


async def test_a_crowd_waits_for_its_turn_without_keeping_connections_from_others():
    event = await an_event(capacity=SEATS)
    db = engine()
    async with contextlib.AsyncExitStack() as busy:
        for _ in range(4):
            await busy.enter_async_context(in_turn())
        crowd = [asyncio.create_task(registered(event, f"P{number}")) for number in range(CROWD)]
        if isinstance(db, PgEngine):
            await asyncio.sleep(0.2)
            assert db.pool is not None
            assert db.pool.get_size() == db.pool.get_idle_size()
            assert await statuses(event) == {}
    await together(*crowd)
    assert Counter((await statuses(event)).values()) == {"confirmed": SEATS, "waitlisted": CROWD - SEATS}


async def test_somebody_who_gives_up_in_the_crowd_keeps_nobody_else_out():
    event = await an_event(capacity=SEATS)
    crowd = [asyncio.create_task(registered(event, f"P{number}")) for number in range(CROWD)]
    await asyncio.sleep(0.01)
    for impatient in crowd[::2]:
        impatient.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    found = await statuses(event)
    assert {f"P{number}" for number in range(1, CROWD, 2)} <= found.keys()
    assert list(found.values()).count("confirmed") == SEATS
    assert (await pool_of(event))[1:] == (SEATS, len(found) - SEATS)
    assert await broken_promises() == []


async def test_cancellations_among_the_crowd_hand_each_seat_on_once():
    event = await an_event(capacity=SEATS)
    first = [await registered(event, f"First {number}") for number in range(SEATS)]
    await together(
        *(registered(event, f"P{number}") for number in range(20)),
        *(cancel_by_link(token_of(one), now=LATER) for one in first for _ in range(3)),
        *(registered(event, f"P{number}") for number in range(20, 40)),
    )
    assert await pool_of(event) == (SEATS, SEATS, 40 - SEATS)
    kinds = Counter(kind for _, kind in await letters_of(event))
    assert kinds["registration_cancelled"] == SEATS
    assert kinds["registration_promoted"] + kinds["registration_confirmed"] == 2 * SEATS
    assert await broken_promises() == []


async def test_each_seat_freed_at_once_promotes_exactly_one_of_the_longest_waiting():
    event = await an_event(capacity=5)
    people = [await registered(event, f"P{number:02}", now=NOW + timedelta(seconds=number)) for number in range(12)]
    await together(*(cancel_registration(one.registration.id, now=LATER) for one in people[:4]))
    assert await queue_of(event) == ["P09", "P10", "P11"]
    promoted = [name for name, kind in await letters_of(event) if kind == "registration_promoted"]
    assert sorted(promoted) == ["P05", "P06", "P07", "P08"]
    assert await broken_promises() == []


async def test_the_same_person_twenty_times_is_one_registration_with_one_letter():
    event = await an_event(capacity=3)
    outcomes = await together(*(registered(event, "Ada", gender="woman") for _ in range(20)))
    assert len({done.registration.id for done in outcomes}) == 1
    assert sum(done.is_new for done in outcomes) == 1
    assert not any(done.same_form for done in outcomes)
    assert await letters_of(event) == [("Ada", "registration_confirmed")]
    assert await pool_of(event) == (3, 1, 0)
    assert len(await sql("SELECT 1 AS one FROM person")) == len(await sql("SELECT 1 AS one FROM gender_statement")) == 1


async def test_one_person_at_many_events_at_once_is_one_person():
    events = [await an_event(capacity=1) for _ in range(8)]
    outcomes = await together(*(registered(event, "Ada") for event in events for _ in range(3)))
    assert len({done.registration.person for done in outcomes}) == 1
    assert sum(done.is_new for done in outcomes) == 8
    assert len(await sql("SELECT 1 AS one FROM person")) == 1


async def test_the_same_form_twenty_times_gives_twenty_times_the_same_link():
    event = await an_event(capacity=3)
    outcomes = await together(*(registered(event, "Ada", submission_key="k") for _ in range(20)))
    assert len({done.manage_url for done in outcomes}) == 1
    assert all(done.is_new or done.same_form for done in outcomes)
    assert await letters_of(event) == [("Ada", "registration_confirmed")]


async def test_one_form_key_for_many_addresses_at_once_is_one_persons_and_tells_nobody_elses_link():
    event = await an_event()
    outcomes = await together(*(registered(event, f"P{number}", submission_key="k") for number in range(20)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Registered", *["SentBefore"] * 19]
    assert len(await rows_of(event)) == len(await letters_of(event)) == 1
    assert sum(isinstance(outcome, SentBefore) for outcome in outcomes) == 19


async def test_a_cancellation_that_meets_its_own_promotion():
    for _ in range(10):
        event = await an_event(capacity=1)
        people = [await registered(event, name, now=NOW + timedelta(seconds=i)) for i, name in enumerate("ABC")]
        await together(*(cancel_registration(one.registration.id, now=LATER) for one in people[:2]))
        assert await statuses(event) == {"A": "cancelled", "B": "cancelled", "C": "confirmed"}
        kinds = [kind for name, kind in await letters_of(event) if name == "B"]
        assert kinds in (
            ["registration_waitlisted", "registration_cancelled"],
            ["registration_waitlisted", "registration_promoted", "registration_cancelled"],
        )
    assert await broken_promises() == []


async def test_an_event_cancelled_while_people_register_tells_everybody_it_let_in():
    event = await an_event(capacity=5)
    account = await some_account()
    first = [await registered(event, f"First {number}") for number in range(6)]
    outcomes = await together(
        *(registered(event, f"P{number}") for number in range(20)),
        cancel_event(event.slug, reason="Storm.", now=LATER, account_id=account),
        *(cancel_registration(one.registration.id, now=LATER) for one in first[:3]),
        *(registered(event, f"P{number}") for number in range(20, 40)),
    )
    rows = await sql(
        "SELECT r.name AS name, (SELECT COUNT(*) FROM letter l WHERE l.person = r.person AND l.event = r.event "
        "AND l.kind = 'event_cancelled') AS told FROM registration r "
        "WHERE r.event = {} AND r.status IN ('confirmed', 'waitlisted')",
        event.id,
    )
    assert {row["told"] for row in rows} == {1}
    let_in = [one for one in outcomes if not isinstance(one, RegistrationClosed)]
    assert len(let_in) + sum(isinstance(one, RegistrationClosed) for one in outcomes) == 44
    last = [kind for name, kind in await letters_of(event) if kind == "registration_promoted"]
    assert len(last) <= 3
    with pytest.raises(RegistrationClosed):
        await registered(event, "Late")


async def test_seats_added_and_taken_away_among_cancellations():
    event = await an_event(capacity=4)
    people = [await registered(event, f"P{number:02}") for number in range(20)]

    async def resize(capacity: int) -> None:
        async with transaction():
            await resize_pool(event, capacity, now=LATER)

    await together(
        *(resize(capacity) for capacity in (6, 3, 8, 2, 5)),
        *(cancel_registration(one.registration.id, now=LATER) for one in people[::2]),
        *(registered(event, f"N{number}") for number in range(10)),
    )
    capacity, taken, waiting = await pool_of(event)
    assert taken <= capacity
    assert taken + waiting == 20
    assert await broken_promises() == []


async def test_nobody_is_present_without_a_seat_whichever_comes_first():
    account = await some_account()
    for _ in range(5):
        event = await an_event()
        people = [await registered(event, f"P{number}") for number in range(6)]
        await together(
            *(cancel_registration(one.registration.id, now=LATER) for one in people),
            *(record_attendance(one.registration.id, attended=True, now=LATER, account_id=account) for one in people),
        )
    rows = await sql(
        "SELECT 1 AS one FROM attendance a JOIN registration r ON r.id = a.registration WHERE r.status <> 'confirmed'"
    )
    assert rows == []


async def test_a_list_and_a_head_count_begun_at_the_same_moment():
    account = await some_account()
    count = NewHeadCount(3, 2, 0, 0, 0, "")
    for _ in range(5):
        event = await an_event()
        done = await registered(event, "Ada")
        outcomes = await together(
            record_attendance(done.registration.id, attended=True, now=LATER, account_id=account),
            record_head_count(event, count, now=LATER, account_id=account),
        )
        assert sum(isinstance(outcome, NotStanding) for outcome in outcomes) == 1


async def test_a_mark_given_twenty_times_at_once_is_one():
    account = await some_account()
    event = await an_event()
    done = await registered(event, "Ada")
    await together(
        *(record_attendance(done.registration.id, attended=True, now=LATER, account_id=account) for _ in range(20))
    )
    assert len(await sql("SELECT 1 AS one FROM attendance")) == 1
    assert len(await sql("SELECT 1 AS one FROM audit_entry WHERE action = 'record_attendance'")) == 1


async def test_a_form_never_wins_against_ones_own_page():
    for _ in range(5):
        done = await registered(await an_event(), "Ada")
        others = [await an_event() for _ in range(4)]
        await together(
            *(registered(other, "Ada", gender="man") for other in others[:2]),
            state_gender(letter_token_of(done), "woman", now=LATER),
            *(registered(other, "Ada", gender="man") for other in others[2:]),
        )
        rows = await sql("SELECT gender FROM gender_statement WHERE person = {}", done.registration.person)
        assert rows == [{"gender": "woman"}]
        await sql("DELETE FROM gender_statement")


def test_processes_that_fight_for_the_same_seats_break_no_promise(pytestconfig: pytest.Config):
    """The same as `python benchmarks/rush.py`, which takes a longer run."""
    with a_database(pytestconfig.getoption("--db")) as url:
        found = rush(url, processes=3, operations=600)
    assert found["broken"] == []
    done = found["done"]
    assert done["registered"] > 100, json.dumps(done)
    assert done["registered before"] > 5
    assert done["cancelled"] > 50


async def test_the_search_for_broken_promises_finds_each_of_them():
    """A test of the test: rows that break a promise are made by hand."""
    event = await an_event(capacity=2)
    people = [await registered(event, name) for name in "ABC"]
    keys: list[UUID] = [one.registration.id for one in people]

    async def broken_by(statement: str, *values: Any) -> set[str]:
        class TakeBack(Exception):
            pass

        found: set[str] = set()
        try:
            async with transaction():
                await sql(statement, *values)
                found.update(await broken_promises())
                raise TakeBack
        except TakeBack:
            return found

    assert await broken_promises() == []
    assert "the seats taken are those that people hold" in await broken_by("UPDATE seat_pool SET taken = 1")
    assert "those counted as waiting are those who wait" in await broken_by("UPDATE seat_pool SET waiting = 4")
    assert "nobody waits beside a free seat" in await broken_by("UPDATE seat_pool SET capacity = 3")
    assert "nobody sits on a seat that does not exist" in await broken_by(
        "UPDATE registration SET status = 'confirmed', queue_place = NULL WHERE id = {}", keys[2]
    )
    assert "each change has its letter, and each letter its change" in await broken_by(
        "UPDATE registration SET version = 2 WHERE id = {}", keys[0]
    )
    assert "each change has its letter, and each letter its change" in await broken_by(
        "DELETE FROM letter WHERE recipient_name = 'B'"
    )


async def test_a_rush_after_a_quiet_start_walks_through_nobody_elses_rows():
    """SQLite plans by statistics of the last start; with those of a single row it used to read the whole event."""
    if not is_sqlite():
        pytest.skip("plans of the embedded database: pytest without --db=postgres runs it")
    event = await an_event(capacity=1)
    people = [await registered(event, name) for name in "AB"]
    await sql("ANALYZE")
    ran: list[str] = []
    db: Any = engine()
    for connection in (db._reader, db._writer):
        connection.con.set_trace_callback(ran.append)
    await registered(event, "C")
    await registered(event, "D", submission_key="k")
    await cancel_registration(people[0].registration.id, now=LATER)
    for connection in (db._reader, db._writer):
        connection.con.set_trace_callback(None)
    plans = {}
    with contextlib.closing(sqlite3.connect(db.path)) as fresh:
        for statement in ran:
            if statement.startswith(("SELECT", "UPDATE", "INSERT")):
                plans[statement] = [row[3] for row in fresh.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert len(plans) > 10
    walks = ("registration_event_status", "SCAN r", "SCAN registration", "SCAN person", "SCAN letter", "TEMP B-TREE")
    few = "ORDER BY e.starts_on"  # the person's other events of those days, sorted
    walked = [(s, plan) for s, plan in plans.items() if any(walk in step for step in plan for walk in walks)]
    assert [(s, plan) for s, plan in walked if few not in s] == []
