"""One look at all background work does what is due in each of its parts."""

from datetime import timedelta
from uuid import uuid4

from eventhub.background import ALWAYS, work_once
from eventhub.database import sql, utc_now
from eventhub.mailings import clock
from eventhub.mailings.commands import plan_letter
from eventhub.mailings.rules import Plan
from eventhub.replies import mailbox
from tests.make import an_event, registered, some_account


async def test_one_look_gives_declined_seats_back_and_writes_what_is_planned(database: None) -> None:
    event = await an_event(1)
    registration = (await registered(event, "Alex Example")).registration
    waiting = (await registered(event, "Bo Waiting")).registration
    now = utc_now()
    await sql(
        "INSERT INTO calendar_answer (id, person, calendar_uid, event, registration, answer, comment, sequence, "
        "stamped_at, answered_at, release_at) VALUES ({}, {}, {}, {}, {}, 'declined', '', 0, {}, {}, {})",
        registration.id, registration.person, event.calendar_uid, event.id, registration.id, now, now,
        now - timedelta(minutes=1),
    )  # fmt: skip
    soon = Plan("reminder", "registered", "start", minutes=-60)
    await plan_letter(event, soon, key=uuid4(), now=now, account_id=await some_account())
    await sql("UPDATE planned_letter SET anchor = 'instant', send_at = {}", now - timedelta(minutes=1))
    assert await work_once() == 0  # no relay is set
    assert [row["kind"] for row in await sql("SELECT kind FROM letter WHERE kind = 'reminder'")] == ["reminder"]
    rows = await sql("SELECT id, status FROM registration")
    assert {row["id"]: row["status"] for row in rows} == {registration.id: "cancelled", waiting.id: "confirmed"}


def test_all_of_it_runs_beside_the_web_server() -> None:
    assert {clock.background, mailbox.background} < set(ALWAYS)
    assert len(ALWAYS) == 10
