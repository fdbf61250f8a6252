"""Which letters are written, which are overtaken, and what their calendar files say."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest
from icalendar import Calendar

from eventhub.calendars import Mailbox
from eventhub.database import sql
from eventhub.events.commands import cancel_event
from eventhub.mail.addresses import organiser_for
from eventhub.mail.commands import post_letter
from eventhub.mail.messages import build_message
from eventhub.mail.opt_out import opt_out
from eventhub.mail.queries import LetterFilter, letter_by_id, letters, wording_by_id
from eventhub.mail.rendering import render
from eventhub.migrations import FOLDER, statements
from eventhub.registrations.commands import (
    NewRegistration,
    cancel_registration,
    confirm_registration,
    decline_registration,
)
from eventhub.registrations.letters import Reader, group_letter, message_letter, registration_letter, reminder_letter
from eventhub.registrations.pools import PoolFacts, add_pool, move_pool, take_over_seat
from eventhub.registrations.queries import registration_by_id
from tests.events.test_commands import change
from tests.make import NOW, an_event, registered, some_account

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _database(database):
    """Every test here writes letters."""


async def they_leave():
    await sql("UPDATE letter SET status = 'sent', attempts = 1, sent_at = {} WHERE status = 'queued'", NOW)


async def told(name="A"):
    """What one person was written: the kind, the method and SEQUENCE of its file, and whether it was overtaken."""
    rows = await sql(
        "SELECT kind, calendar_method AS method, calendar_sequence AS number, status FROM letter "
        "WHERE recipient_name = {} ORDER BY created_at, id",
        name,
    )
    return [
        (row["kind"].removeprefix("registration_"), row["method"], row["number"], row["status"] != "withdrawn")
        for row in rows
    ]


async def shown():
    """Every letter that was not overtaken, as it arrives."""
    found, _ = await letters(LetterFilter(), limit=100)
    for one in sorted(found, key=lambda one: (one.created_at, one.id)):
        if one.status != "withdrawn":
            letter, facts = await letter_by_id(one.id)
            yield letter, render(
                letter.kind, letter.language, facts, recipient_address=letter.recipient_address,
                person_id=letter.person, wording=await wording_by_id(letter.wording),
            )  # fmt: skip


async def test_the_columns_of_a_letter_say_what_its_calendar_file_says():
    event = await an_event()
    await registered(event, "A")
    await they_leave()
    await cancel_registration((await registered(event, "A")).registration.id, now=LATER)
    rows = await sql("SELECT calendar_uid, calendar_method, calendar_sequence FROM letter ORDER BY created_at, id")
    files = []
    async for _, letter in shown():
        calendar = Calendar.from_ical(letter.calendar)
        (part,) = calendar.events
        files.append((str(part["UID"]), str(calendar["METHOD"]), int(part["SEQUENCE"])))
    assert [tuple(row.values()) for row in rows] == files
    assert files == [(event.calendar_uid, "REQUEST", 0), (event.calendar_uid, "CANCEL", 1)]


async def test_sender_and_organiser_are_the_same_address_of_that_person_for_ever():
    event, other = await an_event(), await an_event(title="Another")
    for one in (event, other):
        await registered(one, "A")
    await registered(event, "B")
    senders = {}
    async for row, letter in shown():
        (part,) = Calendar.from_ical(letter.calendar).events
        assert str(part["ORGANIZER"]) == f"mailto:{letter.sender.address}"
        assert letter.sender == organiser_for(row.person)
        senders.setdefault(row.recipient_name, set()).add(letter.sender.address)
    assert [len(found) for found in senders.values()] == [1, 1]
    assert senders["A"] != senders["B"]


async def test_who_cancels_before_the_invitation_left_gets_no_withdrawal_of_it():
    event = await an_event()
    done = await registered(event, "A")
    await cancel_registration(done.registration.id, now=LATER)
    assert await told() == [("confirmed", "REQUEST", 0, False), ("cancelled", None, None, True)]


async def test_an_invitation_that_may_have_left_is_withdrawn():
    event = await an_event()
    done = await registered(event, "A")
    await sql("UPDATE letter SET attempts = 1")  # the connection broke after its text
    await cancel_registration(done.registration.id, now=LATER)
    assert await told() == [("confirmed", "REQUEST", 0, True), ("cancelled", "CANCEL", 1, True)]


async def test_a_letter_that_the_postman_has_in_hand_is_not_overtaken():
    event = await an_event()
    done = await registered(event, "A")
    await sql("UPDATE letter SET status = 'sending', attempts = 1")
    await cancel_registration(done.registration.id, now=LATER)
    assert await told() == [("confirmed", "REQUEST", 0, True), ("cancelled", "CANCEL", 1, True)]


async def test_each_new_invitation_outnumbers_the_withdrawal_before_it():
    event = await an_event()
    for round_ in range(3):
        done = await registered(event, "A", now=NOW + timedelta(hours=2 * round_))
        await they_leave()
        await cancel_registration(done.registration.id, now=NOW + timedelta(hours=2 * round_ + 1))
        await they_leave()
    assert [number for _, _, number, _ in await told()] == [0, 1, 2, 3, 4, 5]


async def test_who_registers_again_before_the_withdrawal_left_hears_of_the_seat_only():
    event = await an_event()
    done = await registered(event, "A")
    await they_leave()
    await cancel_registration(done.registration.id, now=LATER)
    await registered(event, "A", now=LATER + timedelta(minutes=1))
    assert await told() == [
        ("confirmed", "REQUEST", 0, True), ("cancelled", "CANCEL", 1, False), ("confirmed", "REQUEST", 2, True),
    ]  # fmt: skip


async def test_who_is_declined_after_an_invitation_gets_its_withdrawal_and_who_waited_does_not():
    event, account = await an_event(capacity=1), await some_account()
    seat, queue = await registered(event, "A"), await registered(event, "B")
    await they_leave()
    for one in (queue, seat):
        await decline_registration(one.registration.id, now=LATER, account_id=account)
    assert (await told("A"))[-1] == ("cancelled", "CANCEL", 1, True)
    assert (await told("B"))[-1] == ("cancelled", None, None, True)


async def test_who_is_replaced_gets_the_withdrawal_and_the_colleague_the_invitation():
    event = await an_event()
    done = await registered(event, "A")
    await they_leave()
    await take_over_seat(done.registration.id, NewRegistration("B", "b@example.org"), now=LATER)
    assert (await told("A"))[-1] == ("replaced", "CANCEL", 1, True)
    assert await told("B") == [("confirmed", "REQUEST", 0, True)]


async def test_who_switches_to_where_no_seat_is_free_gets_a_withdrawal_and_with_a_seat_a_newer_invitation(two_pools):
    event, done = two_pools
    await they_leave()
    after = await move_pool(done.registration.id, "online", may_wait=True, now=LATER)
    assert after.status == "waitlisted"
    assert (await told())[-1] == ("waitlisted", "CANCEL", 1, True)
    await they_leave()
    await sql("UPDATE seat_pool SET capacity = 5 WHERE event = {}", event.id)
    await confirm_registration(done.registration.id, now=LATER, account_id=await some_account())
    assert (await told())[-1] == ("promoted", "REQUEST", 2, True)


@pytest.fixture
async def two_pools(database):
    """A person with a seat on site at an event whose only seat online is taken."""
    event = await an_event(capacity=5, mode="hybrid", place="Hall")
    online = PoolFacts(name="Online", capacity=1, attends="online")
    await add_pool(event.slug, online, now=NOW, account_id=await some_account())
    await registered(event, "B", attends="online")
    return event, await registered(event, "A", attends="on_site")


async def test_an_event_that_moves_and_is_called_off_reaches_every_calendar_with_rising_numbers():
    event, account = await an_event(), await some_account()
    await registered(event, "A")
    await they_leave()
    moved = await change(event, starts_on=date(2099, 3, 2), ends_on=date(2099, 3, 2))
    await they_leave()
    await cancel_event(moved.slug, reason="A storm.", now=LATER, account_id=account)
    assert await told() == [
        ("confirmed", "REQUEST", 0, True), ("event_changed", "REQUEST", 1, True), ("event_cancelled", "CANCEL", 3, True),
    ]  # fmt: skip


async def test_an_event_called_off_before_its_invitations_left_withdraws_none():
    event = await an_event()
    await registered(event, "A")
    await cancel_event(event.slug, reason="A storm.", now=LATER, account_id=await some_account())
    assert await told() == [("confirmed", "REQUEST", 0, False), ("event_cancelled", None, None, True)]


async def test_a_reminder_that_waits_goes_with_the_seat():
    event = await an_event()
    done = await registered(event, "A")
    await they_leave()
    await post_letter(reminder_letter(event, done.registration, soon="day", key="r"), now=LATER)
    await cancel_registration(done.registration.id, now=LATER)
    assert [(kind, stands) for kind, _, _, stands in await told()] == [
        ("confirmed", True), ("reminder", False), ("cancelled", True),
    ]  # fmt: skip


async def test_the_same_letter_twice_is_there_once_and_not_overtaken_by_itself():
    event = await an_event()
    done = await registered(event, "A")
    letter = registration_letter(
        "registration_promoted", event, await registration_by_id(done.registration.id), key="k"
    )
    assert await post_letter(letter, now=NOW)
    assert not await post_letter(letter, now=LATER)
    assert [stands for *_, stands in await told()] == [False, True]


async def test_letters_about_one_event_are_one_thread_below_the_first():
    event = await an_event()
    done = await registered(event, "A")
    await they_leave()
    await cancel_registration(done.registration.id, now=LATER)
    rows = await sql("SELECT message_id, thread_id FROM letter ORDER BY created_at, id")
    assert [row["thread_id"] for row in rows] == [rows[0]["message_id"]] * 2
    other = await an_event(title="Another")
    await registered(other, "A")
    (row,) = await sql("SELECT message_id, thread_id FROM letter WHERE event = {}", other.id)
    assert row["thread_id"] == row["message_id"]


async def test_a_newcomer_costs_one_statement_for_the_letter(monkeypatch):
    from eventhub.mail import commands

    ran = []

    async def counted(*args):
        ran.append(args[0])
        return await sql(*args)

    monkeypatch.setattr(commands, "sql", counted)
    await registered(await an_event(), "A")
    assert len(ran) == 1


@pytest.mark.parametrize("of_all", [True, False])
async def test_who_wants_no_more_gets_no_reminders_and_messages_but_news_of_the_seat(of_all):
    event, other = await an_event(), await an_event(title="Another")
    done, elsewhere = await registered(event, "A"), await registered(other, "A")
    letter = reminder_letter(event, done.registration, soon="day", key="first")
    assert await post_letter(letter, now=NOW)
    (row,) = await sql("SELECT facts FROM letter WHERE kind = 'reminder'")
    token = msgspec.json.decode(row["facts"])["opt_out_url"].rpartition("/")[2]
    for _ in range(2):
        await opt_out(token, of_all=of_all, now=NOW)
    assert await sql("SELECT status FROM letter WHERE kind = 'reminder'") == [{"status": "withdrawn"}]
    assert not await post_letter(message_letter(event, done.registration, "S", "T", key="m"), now=NOW)
    about_other = reminder_letter(other, elsewhere.registration, soon="day", key="second")
    assert await post_letter(about_other, now=NOW) is not of_all
    await cancel_registration(done.registration.id, now=LATER)
    assert (await told())[-1][0] == "cancelled"


async def test_a_wording_in_force_goes_with_the_letters_of_its_event_kind_and_language_only():
    event, other = await an_event(), await an_event(title="Another")
    wording = uuid4()
    await sql(
        "INSERT INTO letter_wording (id, event, kind, language, subject, body, written_at) "
        "VALUES ({}, {}, 'registration_confirmed', 'en', 'Welcome, [name]: [title]', 'Dear [name],', {})",
        wording, event.id, NOW,
    )  # fmt: skip
    await registered(event, "A")
    await registered(event, "B", language="fr")
    await registered(other, "C")
    rows = await sql("SELECT recipient_name AS name, wording FROM letter ORDER BY name")
    assert {row["name"]: row["wording"] for row in rows} == {"A": wording, "B": None, "C": None}
    subjects = [letter.subject async for _, letter in shown()]
    assert subjects[0] == "Welcome, A: Care in the metropolis"


async def test_two_at_one_time_leave_one_true_letter():
    event, account = await an_event(), await some_account()
    done = await registered(event, "A")
    await asyncio.gather(
        *(decline_registration(done.registration.id, now=LATER, account_id=account) for _ in range(4)),
        *(cancel_registration(done.registration.id, now=LATER) for _ in range(4)),
    )
    assert [stands for *_, stands in await told()] == [False, True]


async def test_a_group_without_registrations_gets_messages_without_a_registration_link():
    event = await an_event()
    reader = Reader(None, "Zoë", "zoe@example.org", "fr")
    letter = group_letter(
        "planned_message",
        event,
        reader,
        audience="delegations",
        key="k",
        message_subject="[title]",
        message="Salut [name]",
    )
    assert await post_letter(letter, now=NOW)
    (found,) = [one async for one in shown()]
    assert found[1].subject == event.title
    assert found[1].text.startswith("Salut Zoë\n")
    assert "/registrations/" not in found[1].text + found[1].html
    assert (
        "List-Unsubscribe"
        not in build_message(
            found[1], letter_id=found[0].id, message_id="<1@x>", recipient=Mailbox("Zoë", "zoe@example.org"), date=NOW
        ).decode()
    )


async def test_letters_of_an_earlier_version_are_given_what_they_brought_to_calendars(database: None) -> None:
    event = await an_event()
    for n in range(2):
        done = await registered(event, "A", now=NOW + timedelta(hours=2 * n))
        await they_leave()
        await cancel_registration(done.registration.id, now=NOW + timedelta(hours=2 * n + 1))
        await they_leave()
    before = await told()
    assert len(before) == 4
    await sql("UPDATE letter SET calendar_uid = NULL, calendar_method = NULL, calendar_sequence = NULL")
    for statement in statements((FOLDER / "0008_calendars_of_letters.sql").read_text(encoding="utf-8")):
        await sql(statement)
    assert await told() == before
