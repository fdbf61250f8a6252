"""Promises about seats that need a crash, a clock that jumps, a deadlock or a relay that is away (docs/properties.md)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.rush import broken_promises
from eventhub.checks import integrity
from eventhub.database import engine, is_sqlite, retried, sql, transaction
from eventhub.events.commands import cancel_event
from eventhub.mail.postman import Postman
from eventhub.mail.smtp import Relay
from eventhub.privacy.commands import erase_person
from eventhub.registrations.commands import (
    InvitationNeeded,
    NewRegistration,
    RegistrationClosed,
    cancel_registration,
    confirm_registration,
    decide,
    decline_registration,
    put_first,
    register_participant,
)
from eventhub.registrations.pools import (
    add_pool,
    answer_offer,
    lapse_offers,
    move_pool,
    take_over_seat,
)
from eventhub.registrations.rules import PoolFacts
from eventhub.registrations.seats import resize_pool, return_due_seats
from tests.mail.test_postman import TestRelay
from tests.make import NOW, a_member, an_event, registered, some_account
from tests.registrations.looking import audit_of, letters_of, pool_of, queue_of, statuses, token_of

pytestmark = pytest.mark.usefixtures("database")

LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
HYBRID = {"mode": "hybrid", "place": "Town hall", "country": "ES"}


async def nothing_is_broken() -> None:
    assert await broken_promises() == []
    assert await integrity(NOW) == []


# 2: what others see in between


async def test_nobody_who_looks_in_between_sees_more_seats_taken_than_there_are():
    event = await an_event(capacity=4)
    people = [await registered(event, f"P{n:02}") for n in range(8)]
    seen: list[tuple[Any, ...]] = []
    done = asyncio.Event()

    async def look() -> None:
        while not done.is_set():
            rows = await sql(
                "SELECT p.capacity AS capacity, p.taken AS taken, p.waiting AS waiting, "
                "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status = 'confirmed') AS seated, "
                "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status = 'waitlisted') AS queued "
                "FROM seat_pool p WHERE p.event = {}",
                event.id,
            )
            seen.extend(tuple(row.values()) for row in rows)
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    try:
        for one in people[:4]:
            await asyncio.gather(
                cancel_registration(one.registration.id, now=LATER),
                *(registered(event, f"N{one.registration.name}{n}") for n in range(3)),
            )
    finally:
        done.set()
        await looking
    assert len(seen) > 4
    assert [row for row in seen if not row[1] == row[3] <= row[0] or row[2] != row[4]] == []


# 6: who was told first


async def test_who_was_told_of_a_place_is_before_everybody_who_asks_later():
    """Some ask at once; who asks after their answers has a later place, whatever the clock says."""
    event = await an_event(capacity=0)
    last = 0
    for wave in range(4):
        done = await asyncio.gather(*(registered(event, f"W{wave}P{n}", now=NOW - wave * DAY) for n in range(6)))
        places = [one.registration.queue_place or 0 for one in done]
        assert min(places) > last
        last = max(places)
    assert [name[:2] for name in await queue_of(event)] == [f"W{wave}" for wave in range(4) for _ in range(6)]


# 12: a seat freed k times at once


@pytest.mark.parametrize("waiting", [0, 2, 5, 9])
async def test_five_seats_freed_at_once_promote_five_who_wait_or_as_many_as_there_are(waiting: int):
    event = await an_event(capacity=6)
    people = [await registered(event, f"P{n:02}") for n in range(6 + waiting)]
    leaving = [one.registration.id for one in people[:5] for _ in range(2)]
    await asyncio.gather(*(cancel_registration(key, now=LATER) for key in leaving))
    promoted = sorted(name for name, kind in await letters_of(event) if kind == "registration_promoted")
    assert promoted == [f"P{n:02}" for n in range(6, 6 + min(5, waiting))]
    assert await pool_of(event) == (6, 1 + min(5, waiting), max(0, waiting - 5))
    await nothing_is_broken()


# 15 and 17: work that stops in the middle

TABLES = ("event", "seat_pool", "registration", "letter", "person", "gender_statement", "audit_entry")


async def everything() -> dict[str, list[str]]:
    """Every row of what a command on seats may change."""
    return {table: sorted(str(sorted(row.items())) for row in await sql(f"SELECT * FROM {table}")) for table in TABLES}


class PulledPlug(Exception):
    """The process ends here."""


async def prepared() -> dict[str, Any]:
    """An event with two kinds of seats, one that offers its seats, and one where the organisers decide."""
    await a_member("Barcelona")
    account = await some_account()
    event = await an_event(capacity=2, **HYBRID)
    await add_pool(event.slug, PoolFacts("Online", 1, attends="online"), now=NOW, account_id=account)
    facts = PoolFacts("Kept", 3, member="barcelona", returns_at=NOW + DAY)
    await add_pool(event.slug, facts, now=NOW, account_id=account)
    site = [await registered(event, name, attends="on_site") for name in ("A", "B", "C", "D")]
    offering = await an_event(capacity=1, offer_hours=2)
    offered = [await registered(offering, name) for name in ("E", "F", "G")]
    await cancel_registration(offered[0].registration.id, now=NOW)
    deciding = await an_event(capacity=1, registration_mode="approval")
    asks = await registered(deciding, "H")
    await nothing_is_broken()
    return {
        "event": event, "site": site, "offered": offered[1], "deciding": deciding, "asks": asks, "account": account,
    }  # fmt: skip


async def resized(found: dict[str, Any]) -> None:
    async with transaction():
        await resize_pool(found["event"], 4, now=LATER)
        await sql("UPDATE event SET capacity = 4 WHERE id = {}", found["event"].id)


COMMANDS: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
    "register": lambda found: registered(found["event"], "New", attends="online", gender="woman"),
    "register and wait": lambda found: registered(found["event"], "New", attends="on_site"),
    "ask": lambda found: registered(found["deciding"], "New"),
    "cancel": lambda found: cancel_registration(found["site"][0].registration.id, now=LATER),
    "decline": lambda found: decline_registration(
        found["site"][1].registration.id, reason="No.", now=LATER, account_id=found["account"]
    ),
    "confirm": lambda found: decide(found["asks"].registration.id, "confirm", now=LATER, account_id=found["account"]),
    "put first": lambda found: put_first(
        found["site"][3].registration.id, "Speaker.", now=LATER, account_id=found["account"]
    ),
    "accept": lambda found: answer_offer(token_of(found["offered"]), True, now=LATER),
    "leave": lambda found: answer_offer(token_of(found["offered"]), False, now=LATER),
    "lapse": lambda _: lapse_offers(NOW + DAY),
    "move": lambda found: move_pool(found["site"][0].registration.id, "online", now=LATER),
    "replace": lambda found: take_over_seat(
        found["site"][0].registration.id, NewRegistration("New", "new@example.org"), now=LATER
    ),
    "resize": resized,
    "return": lambda _: return_due_seats(NOW + DAY),
    "call off": lambda found: cancel_event(
        found["event"].slug, reason="Storm.", now=LATER, account_id=found["account"]
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_command_that_stops_after_any_of_its_statements_leaves_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    """
    The plug is pulled before each statement in turn, until the command gets through.

    One pulled plug after another finds the same rows as before the first.
    """
    found = await prepared()
    before = await everything()
    kind: Any = type(engine())
    run = kind.run_querystring
    left = 0

    async def until_the_plug_is_pulled(self: Any, querystring: Any, in_pool: bool = True) -> Any:
        nonlocal left
        left -= 1
        if left < 0 and self.current_transaction.get() is not None:
            raise PulledPlug
        return await run(self, querystring, in_pool)

    monkeypatch.setattr(kind, "run_querystring", until_the_plug_is_pulled)
    stopped = 0
    for statements in range(1, 200):
        left = statements
        try:
            await COMMANDS[name](found)
            break
        except PulledPlug:
            stopped += 1
        left = 10**6
        assert await everything() == before
    left = 10**6
    assert stopped > 3
    assert await everything() != before
    await nothing_is_broken()


# 19: doors

OVER = datetime(2099, 3, 2, tzinfo=UTC)
DOORS = {
    "closed": ("UPDATE event SET registration_mode = 'closed'", LATER),
    "invitation": ("UPDATE event SET registration_mode = 'invitation'", LATER),
    "not yet open": ("UPDATE event SET registration_opens_at = ends_at", LATER),
    "closed by then": ("UPDATE event SET registration_closes_at = created_at", LATER),
    "cancelled": ("UPDATE event SET status = 'cancelled'", LATER),
    "over": ("UPDATE event SET offer_hours = NULL", OVER),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("mode", ["open", "approval"])
async def test_through_a_shut_door_nobody_gets_a_seat_but_by_the_hand_of_staff(door: str, mode: str):
    """The pool itself stays open in the data, as if somebody were on the way in while the door shuts."""
    statement, now = DOORS[door]
    event = await an_event(capacity=3, registration_mode=mode)
    asks = (await registered(event, "Asks")).registration
    await sql(f"{statement} WHERE id = {{}}", event.id)
    before = await statuses(event)
    for form in (None, "form"):
        new = NewRegistration("New", "new@example.org", submission_key=form)
        with pytest.raises((RegistrationClosed, InvitationNeeded)):
            await register_participant(event.slug, new, now=now)
    again = NewRegistration("Asks", "asks@example.org")
    with pytest.raises((RegistrationClosed, InvitationNeeded)):
        await register_participant(event.slug, again, now=now)
    assert await statuses(event) == before
    if mode == "open" or door == "cancelled":
        return
    account = await some_account()
    done = await confirm_registration(asks.id, now=now, account_id=account)
    assert done.status == "confirmed"
    assert await audit_of(asks.id) == ["confirm_registration"]


# 20: a clock that jumps


async def test_a_clock_that_jumps_a_day_changes_neither_the_queue_nor_the_seats():
    event = await an_event(capacity=1)
    jumps = [timedelta(0), DAY, -DAY, DAY / 2, -DAY, timedelta(0), DAY]
    people = [await registered(event, f"P{n}", now=NOW + jump) for n, jump in enumerate(jumps)]
    assert await queue_of(event) == [f"P{n}" for n in range(1, 7)]
    for now in (NOW - DAY, NOW + DAY):
        assert await lapse_offers(now) == await return_due_seats(now) == 0
    for n, jump in enumerate(reversed(jumps[:6])):
        await cancel_registration(people[n].registration.id, now=NOW + jump)
        assert await queue_of(event) == [f"P{m}" for m in range(n + 2, 7)]
        assert (await statuses(event))[f"P{n + 1}"] == "confirmed"
    assert await broken_promises() == []


async def test_a_clock_that_jumps_a_day_lapses_offers_and_nothing_else():
    event = await an_event(capacity=1, offer_hours=12)
    people = [await registered(event, name) for name in "ABC"]
    await cancel_registration(people[0].registration.id, now=NOW)
    before = await everything()
    assert await lapse_offers(NOW - DAY) == 0
    assert await everything() == before
    assert await lapse_offers(NOW + DAY) == 1
    assert await statuses(event) == {"A": "cancelled", "B": "cancelled", "C": "offered"}
    assert await lapse_offers(NOW - DAY) == 0
    await nothing_is_broken()


# 21: conflicts of the database


class Conflict(Exception):
    """As PostgreSQL tells it."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_work_that_the_database_broke_off_is_done_again_at_most_five_times(sqlstate: str):
    ran = 0

    @retried
    async def work(conflicts: int) -> str:
        nonlocal ran
        ran += 1
        if ran <= conflicts:
            raise Conflict(sqlstate)
        return "done"

    assert await work(4) == "done"
    assert ran == 5
    ran = 0
    with pytest.raises(Conflict):
        await work(9)
    assert ran == 5


async def test_other_failures_and_work_inside_a_unit_of_work_are_not_done_again():
    ran = 0

    @retried
    async def work(sqlstate: str) -> None:
        nonlocal ran
        ran += 1
        raise Conflict(sqlstate)

    with pytest.raises(Conflict):
        await work("23505")
    with pytest.raises(Conflict):
        async with transaction():
            await work("40001")
    assert ran == 2


async def test_who_registers_into_a_deadlock_is_registered_once():
    """The other side holds the person and wants the seats; PostgreSQL breaks one of the two off, and that is ours."""
    if is_sqlite():
        pytest.skip("the embedded database has one writer, so no deadlock: pytest --db=postgres runs it")
    event = await an_event(capacity=2)
    ada = (await registered(await an_event(), "Ada")).registration
    held, ours_waits = asyncio.Event(), asyncio.Event()

    async def the_other_side() -> None:
        async with transaction():
            await sql("SET LOCAL deadlock_timeout = '60s'")
            await sql("SELECT id FROM person WHERE id = {} FOR UPDATE", ada.person)
            held.set()
            await ours_waits.wait()
            await sql("UPDATE seat_pool SET name = 'touched' WHERE event = {}", event.id)

    async def look_for_who_waits() -> None:
        while not await sql("SELECT 1 AS one FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        ours_waits.set()

    other = asyncio.create_task(the_other_side())
    await held.wait()
    ours = asyncio.create_task(registered(event, "Ada"))
    await look_for_who_waits()
    done, _ = await asyncio.gather(ours, other)
    assert done.is_new
    assert done.registration.status == "confirmed"
    assert await pool_of(event) == (2, 1, 0)
    assert await letters_of(event) == [("Ada", "registration_confirmed")]
    assert await sql("SELECT name FROM seat_pool WHERE event = {}", event.id) == [{"name": "touched"}]
    await nothing_is_broken()


# 23: letters that are overtaken


@pytest.mark.parametrize("ending", ["accept", "leave", "cancel", "confirm", "lapse"])
async def test_an_offer_that_is_answered_before_its_letter_leaves_is_not_sent_any_more(ending: str):
    event = await an_event(capacity=1, offer_hours=2)
    people = [await registered(event, name) for name in "AB"]
    await cancel_registration(people[0].registration.id, now=NOW)
    waits = people[1]
    account = await some_account()
    await {
        "accept": lambda: answer_offer(token_of(waits), True, now=LATER),
        "leave": lambda: answer_offer(token_of(waits), False, now=LATER),
        "cancel": lambda: cancel_registration(waits.registration.id, now=LATER),
        "confirm": lambda: confirm_registration(waits.registration.id, now=LATER, account_id=account),
        "lapse": lambda: lapse_offers(NOW + DAY),
    }[ending]()
    rows = await sql(
        "SELECT kind, status FROM letter WHERE person = {} ORDER BY created_at, id", waits.registration.person
    )
    last = {"accept": "confirmed", "confirm": "confirmed", "lapse": "lapsed"}.get(ending, "cancelled")
    assert [tuple(row.values()) for row in rows] == [
        ("registration_waitlisted", "withdrawn"), ("registration_offered", "withdrawn"),
        (f"registration_{last}", "queued"),
    ]  # fmt: skip
    await nothing_is_broken()


async def test_an_offer_whose_letter_was_sent_stays_sent():
    event = await an_event(capacity=1, offer_hours=2)
    people = [await registered(event, name) for name in "AB"]
    await cancel_registration(people[0].registration.id, now=NOW)
    await sql("UPDATE letter SET status = 'sent' WHERE kind = 'registration_offered'")
    await answer_offer(token_of(people[1]), True, now=LATER)
    assert await sql("SELECT status FROM letter WHERE kind = 'registration_offered'") == [{"status": "sent"}]


# 24: a relay that is away


async def test_while_no_mail_leaves_no_letter_is_lost_and_afterwards_each_person_reads_what_is_still_true():
    relay = TestRelay()
    await relay.open()
    port = relay.port
    await relay.close()
    event = await an_event(capacity=1)
    people = [await registered(event, name) for name in "ABC"]
    postman = Postman(Relay("127.0.0.1", port, start_tls=False, our_name="example.org", timeout=5.0))
    assert await postman.drain(NOW + timedelta(minutes=1)) == 0
    for one in people[:2]:
        await cancel_registration(one.registration.id, now=LATER)
    written = await letters_of(event)
    waiting = await sql("SELECT recipient_name AS name, kind FROM letter WHERE status = 'queued' ORDER BY name")
    assert [tuple(row.values()) for row in waiting] == [
        ("A", "registration_cancelled"), ("B", "registration_cancelled"), ("C", "registration_promoted"),
    ]  # fmt: skip
    assert await sql("SELECT 1 AS one FROM letter WHERE status NOT IN ('queued', 'withdrawn')") == []
    assert [kind for who, kind in written if who == "B"] == [
        "registration_waitlisted", "registration_promoted", "registration_cancelled",
    ]  # fmt: skip
    await relay.open(port)
    try:
        assert await postman.drain(LATER + DAY) == 3
    finally:
        await relay.close()
    sent = await sql("SELECT recipient_name AS name, kind FROM letter WHERE status = 'sent' ORDER BY name")
    assert sent == waiting
    assert len(relay.got) == 3


# 26: erasing a person


async def test_a_forgotten_person_breaks_no_promise_about_seats_and_letters():
    event = await an_event(capacity=2)
    for name in ("Ada", "Bo", "Cy"):
        await registered(event, name)
    was = await an_event()
    await registered(was, "Ada")
    await sql("UPDATE event SET starts_at = {}, ends_at = {} WHERE id = {}", NOW - 2 * DAY, NOW - DAY, was.id)
    await erase_person("ada@example.org", now=LATER)
    assert await pool_of(event) == (2, 2, 0)
    assert await pool_of(was) == (None, 1, 0)
    await nothing_is_broken()
