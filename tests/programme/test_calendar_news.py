"""What calendars hear of parts of a programme."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from icalendar import Calendar

from eventhub.database import sql
from eventhub.events.commands import cancel_event, delete_draft
from eventhub.mail.queries import LetterFilter, letter_by_id, letters
from eventhub.mail.rendering import RenderedLetter, render
from eventhub.programme.commands import change_programme_item, move_programme_item, remove_programme_item
from eventhub.programme.queries import facts_of_item
from eventhub.programme.sign_up import sign_up, withdraw
from eventhub.registrations.commands import cancel_registration
from eventhub.speakers.commands import remove_speaker
from eventhub.speakers.invitations import Answer, answer_invitation, invite_speaker
from tests.events.test_commands import change
from tests.make import NOW, an_event, an_item, registered, some_account
from tests.speakers.test_invitations import asked, invited

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _database(database):
    """Every test here writes letters."""


async def they_leave():
    await sql("UPDATE letter SET status = 'sent', attempts = 1, sent_at = {} WHERE status = 'queued'", NOW)


async def told(uid_of):
    """What letters brought for one item: kind, method, SEQUENCE, and whether it was overtaken."""
    rows = await sql(
        "SELECT kind, calendar_method AS method, calendar_sequence AS number, status FROM letter "
        "WHERE calendar_uid = {} ORDER BY created_at, id",
        f"{uid_of.id}@eventhub",
    )
    return [(row["kind"], row["method"], row["number"], row["status"] != "withdrawn") for row in rows]


async def newest(kind) -> RenderedLetter:
    found, _ = await letters(LetterFilter(kind=kind), limit=1)
    letter, facts = await letter_by_id(found[0].id)
    return render(kind, letter.language, facts, recipient_address=letter.recipient_address, person_id=letter.person)


async def move(item, clock=time(10, 30), room="Hall B", now=LATER):
    account = await some_account()
    return await move_programme_item(item.id, item.starts_on, clock, room, now=now, account_id=account)


@pytest.fixture
async def signed(database):
    """Somebody with a seat who has signed up for a workshop: the event, the workshop and the link."""
    event = await an_event()
    item = await an_item(event, "Workshop", takes_sign_up=True, capacity=5, room="Hall A")
    done = await registered(event, "A")
    await they_leave()
    token = done.manage_url.rpartition("/")[2]
    await sign_up(token, item.id, now=NOW)
    return event, item, token, done.registration


async def test_signing_up_brings_an_invitation_to_that_item(signed):
    event, item, _, _ = signed
    calendar = Calendar.from_ical((await newest("item_confirmed")).calendar)
    (part,) = calendar.events
    assert (str(calendar["METHOD"]), str(part["UID"]), int(part["SEQUENCE"])) == ("REQUEST", f"{item.id}@eventhub", 0)
    assert str(part["SUMMARY"]) == f"Workshop · {event.title}"
    assert (part.start, part.end, str(part["LOCATION"])) == (item.starts_at, item.ends_at, "Hall A")
    assert str(part["X-MICROSOFT-DISALLOW-COUNTER"]) == "TRUE"


async def test_an_item_that_moves_or_changes_its_room_is_renumbered_and_told_and_others_are_not(signed):
    _event, item, _, _ = signed
    await they_leave()
    account = await some_account()
    same = await change_programme_item(
        item.id, replace(facts_of_item(item), title="Another name"), now=LATER, account_id=account
    )
    assert same.sequence == 0
    moved = await move(item)
    assert moved.sequence == 1
    assert await told(item) == [("item_confirmed", "REQUEST", 0, True), ("item_changed", "REQUEST", 1, True)]
    (row,) = await sql("SELECT available_at, created_at FROM letter WHERE kind = 'item_changed'")
    assert row["available_at"] - row["created_at"] == timedelta(minutes=5)


async def test_only_the_last_of_several_moves_is_told(signed):
    _, item, _, _ = signed
    await they_leave()
    for minutes in (10, 20, 30):
        await move(item, time(10, minutes), now=LATER + timedelta(seconds=minutes))
    assert [(number, stands) for _, _, number, stands in await told(item)] == [
        (0, True), (1, False), (2, False), (3, True),
    ]  # fmt: skip


async def test_who_takes_themself_off_an_item_has_it_taken_out_of_the_calendar(signed):
    _, item, token, _ = signed
    await they_leave()
    await withdraw(token, item.id, now=LATER)
    assert (await told(item))[-1] == ("item_cancelled", "CANCEL", 1, True)
    await they_leave()
    await sign_up(token, item.id, now=LATER + timedelta(minutes=1))
    assert (await told(item))[-1] == ("item_confirmed", "REQUEST", 2, True)


async def test_nobody_hears_of_the_end_of_what_they_never_heard_of(signed):
    _, item, token, _ = signed
    await withdraw(token, item.id, now=LATER)
    assert await told(item) == [("item_confirmed", "REQUEST", 0, False)]
    assert await sql("SELECT 1 AS one FROM letter WHERE kind = 'item_cancelled'") == []


async def test_cancelling_the_registration_takes_the_items_out_as_well(signed):
    _event, item, _, registration = signed
    await they_leave()
    await cancel_registration(registration.id, now=LATER)
    assert (await told(item))[-1] == ("item_cancelled", "CANCEL", 1, True)
    (row,) = await sql("SELECT calendar_method AS method FROM letter WHERE kind = 'registration_cancelled'")
    assert row["method"] == "CANCEL"


async def test_an_item_off_the_programme_leaves_calendars(signed):
    _, item, _, _ = signed
    await they_leave()
    await remove_programme_item(item.id, now=LATER, account_id=await some_account())
    assert (await told(item))[-1] == ("item_cancelled", "CANCEL", 1, True)


async def test_an_event_that_moves_takes_its_items_along_and_one_called_off_ends_them(signed):
    event, item, _, _ = signed
    await they_leave()
    moved = await change(event, starts_on=date(2099, 3, 2), ends_on=date(2099, 3, 2))
    assert [row["sequence"] for row in await sql("SELECT sequence FROM programme_item")] == [1]
    await they_leave()
    await cancel_event(moved.slug, reason="A storm.", now=LATER, account_id=await some_account())
    assert [row["sequence"] for row in await sql("SELECT sequence FROM programme_item")] == [2]
    assert await told(item) == [
        ("item_confirmed", "REQUEST", 0, True), ("item_changed", "REQUEST", 1, True), ("item_cancelled", "CANCEL", 3, True),
    ]  # fmt: skip


async def test_a_speaker_is_asked_with_an_invitation_that_may_be_answered_with_another_time():
    _event, item, slot = await asked()
    await invited(slot)
    letter = await newest("speaker_invited")
    calendar = Calendar.from_ical(letter.calendar)
    (part,) = calendar.events
    assert str(calendar["METHOD"]) == "REQUEST"
    assert part["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert "X-MICROSOFT-DISALLOW-COUNTER" not in part
    assert str(part["UID"]) == f"{item.id}@eventhub"
    assert str(part["ORGANIZER"]) == f"mailto:{letter.sender.address}"
    assert "Your part: Opening" in letter.text


async def test_a_speaker_who_was_asked_hears_of_a_move_and_who_was_not_does_not():
    _event, item, slot = await asked()
    await move(item)
    assert await told(item) == []
    await invited(slot)
    await they_leave()
    await move(item, time(10, 15))
    assert await told(item) == [("speaker_invited", "REQUEST", 1, True), ("speaker_changed", "REQUEST", 2, True)]


async def test_an_item_that_moves_before_the_question_left_is_asked_with_the_new_time():
    _event, item, slot = await asked()
    await invited(slot)
    await move(item)
    assert await told(item) == [("speaker_invited", "REQUEST", 0, False), ("speaker_invited", "REQUEST", 1, True)]


async def test_asking_twice_in_a_minute_leaves_one_letter():
    _event, item, slot = await asked()
    await invited(slot)
    await invited(slot)
    assert await told(item) == [("speaker_invited", "REQUEST", 0, True)]


@pytest.mark.parametrize("ending", ["removed", "declined", "item", "event", "draft"])
async def test_what_somebody_speaks_at_no_more_leaves_the_calendar(ending):
    event, item, slot = await asked()
    token = await invited(slot)
    await they_leave()
    account = await some_account()
    if ending == "removed":
        await remove_speaker(slot, now=LATER, account_id=account)
    elif ending == "declined":
        await answer_invitation(token, Answer("declined"), now=LATER)
        await answer_invitation(token, Answer("declined"), now=LATER)
    elif ending == "item":
        await remove_programme_item(item.id, now=LATER, account_id=account)
    elif ending == "event":
        await cancel_event(event.slug, reason="A storm.", now=LATER, account_id=account)
    else:
        await delete_draft(event.slug, now=LATER, account_id=account)
    number = 2 if ending in ("event", "draft") else 1
    assert await told(item) == [("speaker_invited", "REQUEST", 0, True), ("speaker_cancelled", "CANCEL", number, True)]
    if ending == "declined":
        await they_leave()
        from eventhub.speakers.commands import change_slot

        await change_slot(slot, role="speaker", level="technical", status="invited", now=LATER, account_id=account)
        await invite_speaker(slot, now=LATER, account_id=account)
        assert (await told(item))[-1] == ("speaker_invited", "REQUEST", 2, True)


async def test_nobody_who_was_not_asked_by_letter_hears_that_it_is_off():
    _, item, slot = await asked()
    await remove_speaker(slot, now=LATER, account_id=await some_account())
    assert await told(item) == []
    assert await sql("SELECT 1 AS one FROM letter") == []


async def test_each_session_of_a_lab_is_an_event_of_its_own_in_calendars():
    sessions = [
        await an_event(title=f"Session {n}", starts_on=date(2099, 3, n), ends_on=date(2099, 3, n)) for n in (1, 8)
    ]
    for one in sessions:
        await registered(one, "A")
    rows = await sql("SELECT calendar_uid AS uid, calendar_method AS method FROM letter ORDER BY created_at, id")
    assert [(row["uid"], row["method"]) for row in rows] == [(one.calendar_uid, "REQUEST") for one in sessions]
