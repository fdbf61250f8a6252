"""What becomes of sessions and cohorts, and what people of a cohort may do."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import cancel_event, change_event, publish_event
from eventhub.events.queries import event_by_id
from eventhub.events.rules import EventFacts
from eventhub.feeds.queries import of_person
from eventhub.labs.cohort_page import (
    AlreadyThere,
    NewParticipant,
    add_participant,
    change_role,
    end_participation,
    keep_cohorts,
    present_oneself,
    send_cohort_link,
)
from eventhub.labs.cohort_queries import (
    CALENDAR_LINK,
    Participant,
    attendance_of,
    own_sessions,
    participant_by_link,
    participants_of,
)
from eventhub.labs.commands import add_lab_session
from eventhub.labs.materials import NewMaterial, add_material, delete_material, material_file, materials_of
from eventhub.labs.messages import MOST_TO_ONE, NotWritable, TooMany, messages_between, write_message
from eventhub.labs.sessions import (
    Common,
    Pattern,
    Planned,
    SessionsChanged,
    fair_starts,
    group_to_meet,
    laid_out,
    make_sessions,
    plan_problems,
    sessions_mark,
)
from eventhub.questions.rules import LARGEST_FILE, SentFile
from eventhub.registrations.commands import (
    InvitationNeeded,
    NewRegistration,
    cancel_registration,
    record_attendance,
    register_participant,
)
from tests.make import NOW, a_lab, a_member, an_event, some_account

ONLINE = Common("Europe/Madrid", 120, online_url="https://meet.example.org/lab")
FAR = Pattern(3, date(2099, 3, 2), time(14), "Europe/Madrid", 14, 120)
PDF = b"%PDF-1.7\nlab"


async def made(lab: Any, pattern: Pattern = FAR, common: Common = ONLINE) -> list[Any]:
    """Sessions of a lab, and its cohort kept."""
    planned = laid_out(pattern, (), lab.name)
    keys = await make_sessions(
        lab.slug, planned, common, seen=await sessions_mark(lab.id), now=NOW, account_id=await some_account()
    )
    await keep_cohorts(NOW, lab.id)
    return [await event_by_id(key) for key in keys]


async def joined(lab: Any, name: str = "Ana Alba", *, keep: bool = True, **more: Any) -> Participant:
    """Somebody in the cohort, registered for what there is."""
    new = NewParticipant(name=name, email=f"{name.split(maxsplit=1)[0].lower()}@example.org", **more)
    found = await add_participant(lab.slug, new, now=NOW, account_id=await some_account())
    if keep:
        await keep_cohorts(NOW, lab.id)
    return found


async def statuses(person: UUID) -> list[str]:
    """Those of a person's registrations, in order of the sessions."""
    rows = await sql(
        "SELECT r.status AS status FROM registration r JOIN event e ON e.id = r.event WHERE r.person = {} "
        "ORDER BY e.starts_at, r.registered_at, r.status_at",
        person,
    )
    return [row["status"] for row in rows]


async def letters(kind: str) -> list[Any]:
    return await sql(
        "SELECT recipient_address AS address, facts, status FROM letter WHERE kind = {} ORDER BY recipient_address",
        kind,
    )


def token(participant: Participant) -> str:
    return participant.path.removeprefix("/cohorts/")


# A plan


def test_a_pattern_keeps_the_wall_time_over_a_change_of_the_clocks():
    rows = laid_out(Pattern(3, date(2027, 3, 21), time(14), "Europe/Madrid", 7, 60), ("Start",), "Shade", 0)
    assert [(one.title, one.day, one.at) for one in rows] == [
        ("Shade: Start", date(2027, 3, 21), time(14)),
        ("Shade: session 2", date(2027, 3, 28), time(14)),
        ("Shade: session 3", date(2027, 4, 4), time(14)),
    ]


def test_a_time_that_the_clocks_jump_over_is_asked_about():
    rows = [Planned("One", date(2027, 3, 28), time(2, 30)), Planned("Two", date(2027, 4, 4), time(2, 30))]
    shared, found = plan_problems(rows, ONLINE, NOW)
    assert shared == {}
    assert found == [
        {"at": ["The clocks of Europe/Madrid jump over this time on that day. Please choose another."]},
        {},
    ]


def test_a_time_that_comes_twice_is_asked_about_and_answered():
    twice = Planned("One", date(2027, 10, 31), time(2, 30))
    assert "show this time twice" in plan_problems([twice], ONLINE, NOW)[1][0]["at"][0]
    assert plan_problems([replace(twice, second=True)], ONLINE, NOW) == ({}, [{}])


def test_a_session_may_end_while_the_clocks_are_put_back():
    late = Planned("One", date(2027, 10, 31), time(1))
    assert plan_problems([late], replace(ONLINE, minutes=90), NOW) == ({}, [{}])
    assert plan_problems([late], replace(ONLINE, minutes=150), NOW) == ({}, [{}])


def test_what_is_wrong_with_a_plan_is_said_all_at_once():
    rows = [
        Planned("", None, None),
        Planned("x" * 500, date(2020, 1, 1), time(9)),
        Planned("Late", date(2099, 1, 1), time(9)),
        Planned("Same", date(2099, 1, 1), time(9)),
    ]
    shared, found = plan_problems(rows, replace(ONLINE, mode="in_person", online_url="nonsense"), NOW)
    assert sorted(shared) == ["online_url", "place"]
    assert [sorted(one) for one in found] == [["day", "title"], ["day", "title"], [], ["at"]]


@pytest.mark.parametrize(
    "changes", [{"minutes": 0}, {"minutes": 10**9}, {"time_zone": "Nowhere/None"}, {"mode": "sea"}]
)
def test_what_all_sessions_have_in_common_is_checked(changes):
    assert plan_problems([Planned("One", date(2099, 1, 1), time(9))], replace(ONLINE, **changes), NOW)[0]


def test_a_plan_has_at_least_one_and_at_most_thirty_sessions():
    assert "number" in plan_problems([], ONLINE, NOW)[0]
    assert "number" in plan_problems([Planned("One", date(2099, 1, 1), time(9))] * 31, ONLINE, NOW)[0]


def test_a_day_beyond_the_calendar_is_left_open():
    assert laid_out(Pattern(2, date(9999, 12, 30), time(9), "UTC", 366, 60), (), "Shade")[1].day is None


# Making them


async def test_sessions_are_published_numbered_closed_to_strangers_and_have_a_uid(database):
    lab = await a_lab()
    events = await made(lab)
    assert [(one.starts_at, one.status, one.registration_mode, one.kind) for one in events] == [
        (datetime(2099, 3, 2, 13, tzinfo=UTC) + timedelta(days=14 * n) - timedelta(hours=1 if n == 2 else 0),
         "published", "invitation", "lab_session") for n in range(3)
    ]  # fmt: skip
    assert len({one.calendar_uid for one in events}) == 3
    assert {one.online_url for one in events} == {"https://meet.example.org/lab"}
    numbers = await sql("SELECT number FROM lab_session WHERE lab = {} ORDER BY number", lab.id)
    assert [row["number"] for row in numbers] == [1, 2, 3]
    (pool,) = {bool(row["is_open"]) for row in await sql("SELECT is_open FROM seat_pool")}
    assert pool is False


async def test_nothing_is_made_when_one_session_cannot_be(database):
    lab = await a_lab()
    rows = [*laid_out(FAR, (), lab.name), Planned("Past", date(2020, 1, 1), time(9))]
    with pytest.raises(Problems) as wrong:
        await make_sessions(
            lab.slug, rows, ONLINE, seen=await sessions_mark(lab.id), now=NOW, account_id=await some_account()
        )
    assert wrong.value.fields == {"rows-3-day": ["This lies in the past."]}
    assert await sql("SELECT id FROM event") == []


async def test_two_who_make_the_sessions_at_once_make_them_once(database):
    lab = await a_lab()
    account, seen = await some_account(), await sessions_mark(lab.id)
    rows = laid_out(FAR, (), lab.name)
    done = await asyncio.gather(
        *(make_sessions(lab.slug, rows, ONLINE, seen=seen, now=NOW, account_id=account) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["SessionsChanged", "list"]
    assert len(await sql("SELECT event FROM lab_session")) == 3
    assert len(await sql("SELECT id FROM event")) == 3


async def test_a_plan_that_was_overtaken_makes_nothing(database):
    lab = await a_lab()
    seen = await sessions_mark(lab.id)
    await made(lab)
    with pytest.raises(SessionsChanged):
        await make_sessions(
            lab.slug, laid_out(FAR, (), "x"), ONLINE, seen=seen, now=NOW, account_id=await some_account()
        )
    assert len(await sql("SELECT event FROM lab_session")) == 3


async def test_the_hours_offered_are_those_of_the_people_in_the_cohort(database):
    lab = await a_lab()
    assert await group_to_meet(lab) == []
    assert await fair_starts(lab, [], date(2099, 3, 2), "UTC", 60, NOW) == []
    await a_member("Seoul", zone="Asia/Seoul")
    await joined(lab, member="seoul")
    group = await group_to_meet(lab)
    assert [one.key for one in group] == ["seoul"]
    best = await fair_starts(lab, group, date(2099, 3, 2), "Asia/Seoul", 60, NOW)
    assert len(best) == 6
    assert {8 <= (one.starts_at + timedelta(hours=9)).hour < 18 for one in best} == {True}
    assert await fair_starts(lab, group, date.max, "Asia/Seoul", 60, NOW) == []


# The cohort


async def test_who_joins_is_welcomed_once_and_registered_for_what_there_is_and_what_comes(database):
    lab = await a_lab()
    ana = await joined(lab)
    assert await statuses(ana.person) == []
    await made(lab)
    await keep_cohorts(NOW)
    assert await statuses(ana.person) == ["confirmed"] * 3
    bo = await joined(lab, "Bo Borg")
    assert await statuses(bo.person) == ["confirmed"] * 3
    assert [one["address"] for one in await letters("cohort_welcome")] == ["ana@example.org", "bo@example.org"]
    assert token(ana) in (await letters("cohort_welcome"))[0]["facts"]
    assert len(await letters("registration_confirmed")) == 6
    kept = await keep_cohorts(NOW)
    assert (kept.welcomed, kept.registered, kept.cancelled) == (0, 0, 0)


async def test_two_who_keep_a_cohort_at_once_register_each_once(database):
    lab = await a_lab()
    ana = await joined(lab, keep=False)
    planned = laid_out(FAR, (), lab.name)
    await make_sessions(
        lab.slug, planned, ONLINE, seen=await sessions_mark(lab.id), now=NOW, account_id=await some_account()
    )
    await asyncio.gather(*(keep_cohorts(NOW) for _ in range(4)))
    assert await statuses(ana.person) == ["confirmed"] * 3
    assert len(await letters("registration_confirmed")) == 3
    assert len(await letters("cohort_welcome")) == 1


async def test_what_is_not_done_in_time_is_done_the_next_time(database):
    lab = await a_lab()
    ana = await joined(lab, keep=False)
    planned = laid_out(FAR, (), lab.name)
    await make_sessions(
        lab.slug, planned, ONLINE, seen=await sessions_mark(lab.id), now=NOW, account_id=await some_account()
    )
    assert (await keep_cohorts(NOW, lab.id, seconds=-1)).registered == 0
    assert (await keep_cohorts(NOW)).registered == 3
    assert await statuses(ana.person) == ["confirmed"] * 3


async def test_who_left_has_the_sessions_in_no_calendar_any_more(database):
    lab = await a_lab()
    ana = await joined(lab)
    await made(lab)
    assert len((await of_person(ana.person, NOW.date())).lab_sessions) == 3
    await end_participation(lab.slug, ana.id, now=NOW, account_id=await some_account())
    await keep_cohorts(NOW)
    found = await of_person(ana.person, NOW.date())
    assert (found.lab_sessions, found.seats) == ((), ())


async def test_a_full_session_gives_a_place_on_the_waiting_list(database):
    lab = await a_lab()
    ana, bo = await joined(lab), await joined(lab, "Bo Borg")
    await made(lab, replace(FAR, number=1), replace(ONLINE, capacity=1))
    assert sorted([*await statuses(ana.person), *await statuses(bo.person)]) == ["confirmed", "waitlisted"]
    (pool,) = await sql("SELECT taken FROM seat_pool")
    assert pool["taken"] == 1


async def test_who_has_cancelled_a_session_is_not_registered_for_it_again(database):
    lab = await a_lab()
    ana = await joined(lab)
    await made(lab)
    (first, *_) = await sql("SELECT r.id AS id FROM registration r JOIN event e ON e.id = r.event ORDER BY e.starts_at")
    await cancel_registration(first["id"], now=NOW)
    await keep_cohorts(NOW)
    assert await statuses(ana.person) == ["cancelled", "confirmed", "confirmed"]


async def test_who_leaves_is_cancelled_from_sessions_to_come_only_and_may_come_back(database):
    lab = await a_lab()
    ana = await joined(lab)
    events = await made(lab)
    between = events[0].ends_at + timedelta(hours=1)
    await end_participation(lab.slug, ana.id, now=between, account_id=await some_account())
    assert (await keep_cohorts(between)).cancelled == 2
    assert await statuses(ana.person) == ["confirmed", "cancelled", "cancelled"]
    assert len(await letters("registration_cancelled")) == 2
    with pytest.raises(NotFound):
        await participant_by_link(token(ana))
    await end_participation(lab.slug, ana.id, now=between, account_id=await some_account())
    new = NewParticipant("Ana Alba", "ana@example.org")
    again = await add_participant(lab.slug, new, now=between, account_id=await some_account())
    assert again.id == ana.id
    assert again.path != ana.path
    await keep_cohorts(between)
    assert (await statuses(ana.person)).count("confirmed") == 3


async def test_who_loses_the_place_by_a_decision_about_the_application_is_cancelled_too(database):
    lab = await a_lab()
    ana = await joined(lab)
    await made(lab)
    await sql("DELETE FROM lab_participant WHERE id = {}", ana.id)
    await keep_cohorts(NOW)
    assert await statuses(ana.person) == ["cancelled"] * 3


async def test_others_whom_staff_invited_stay_when_cohorts_are_kept(database):
    lab = await a_lab()
    (event, *_) = await made(lab)
    new = NewRegistration(name="Observer", email="observer@example.org")
    seen = await register_participant(event.slug, new, now=NOW, vouched=True)
    await keep_cohorts(NOW)
    assert await statuses(seen.registration.person) == ["confirmed"]


async def test_a_place_that_is_not_confirmed_yet_registers_nobody(database):
    lab = await a_lab()
    ana = await joined(lab, keep=False)
    member = await a_member()
    await sql(
        "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, reason, "
        "language, link_version, version, submitted_at, status_at, confirm_until) "
        "VALUES ({}, {}, {}, {}, 'Ana', '', '', '', 'accepted', '', 'en', 1, 1, {}, {}, {})",
        uuid4(), lab.id, member, ana.person, NOW, NOW, NOW + timedelta(days=9),
    )  # fmt: skip
    await sql("UPDATE lab_participant SET application = (SELECT id FROM application)")
    await made(lab)
    assert await statuses(ana.person) == []
    assert await letters("cohort_welcome") == []
    await sql("UPDATE application SET confirmed_at = {}", NOW)
    await keep_cohorts(NOW)
    assert await statuses(ana.person) == ["confirmed"] * 3


async def test_sessions_are_not_open_to_strangers_however_they_came_to_the_lab(database):
    lab = await a_lab()
    event = await an_event(kind="lab_session")
    await add_lab_session(lab.slug, event.slug, now=NOW, account_id=await some_account())
    event = await event_by_id(event.id)
    assert event.registration_mode == "invitation"
    stranger = NewRegistration(name="Stranger", email="stranger@example.org")
    with pytest.raises(InvitationNeeded):
        await register_participant(event.slug, stranger, now=NOW)
    # staff open it by mistake: it is still for the cohort
    await sql("UPDATE event SET registration_mode = 'open' WHERE id = {}", event.id)
    await sql("UPDATE seat_pool SET is_open = {} WHERE event = {}", True, event.id)
    with pytest.raises(InvitationNeeded):
        await register_participant(event.slug, stranger, now=NOW)
    assert await sql("SELECT id FROM registration") == []


async def test_moving_and_cancelling_a_session_writes_to_the_cohort(database):
    lab = await a_lab()
    await joined(lab)
    first, second, _ = await made(lab)
    account = await some_account()
    await sql("UPDATE letter SET status = 'sent'")
    facts = EventFacts(
        title=first.title, kind="lab_session", mode="online", involvement="organised", starts_on=date(2099, 3, 3),
        starts_time=time(9), ends_on=date(2099, 3, 3), ends_time=time(11), time_zone="Europe/Madrid",
        online_url=first.online_url, registration_mode="invitation",
    )  # fmt: skip
    await change_event(first.slug, facts, now=NOW, account_id=account)
    await cancel_event(second.slug, reason="No room.", now=NOW, account_id=account)
    assert [one["address"] for one in await letters("event_changed")] == ["ana@example.org"]
    assert [one["address"] for one in await letters("event_cancelled")] == ["ana@example.org"]


async def test_sessions_made_as_drafts_take_the_cohort_once_they_are_published(database):
    lab = await a_lab()
    ana = await joined(lab)
    (event,) = await made(lab, replace(FAR, number=1), replace(ONLINE, is_published=False))
    assert event.status == "draft"
    assert await statuses(ana.person) == []
    await publish_event(event.slug, now=NOW, account_id=await some_account())
    await keep_cohorts(NOW)
    assert await statuses(ana.person) == ["confirmed"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "\x00"}, "name"), ({"name": "x" * 500}, "name"), ({"email": "nonsense"}, "email"),
        ({"email": "a" * 600 + "@example.org"}, "email"), ({"role": "chief"}, "role"),
        ({"member": "atlantis\x00"}, "member"), ({"language": "xx"}, "language"),
    ],
)  # fmt: skip
async def test_who_cannot_be_taken_in_is_refused_with_a_sentence(database, changes, field):
    lab = await a_lab()
    new = replace(NewParticipant("Ana Alba", "ana@example.org"), **changes)
    with pytest.raises(Problems) as wrong:
        await add_participant(lab.slug, new, now=NOW, account_id=await some_account())
    assert list(wrong.value.fields) == [field]
    assert await sql("SELECT id FROM lab_participant") == []


async def test_nobody_is_in_a_cohort_twice(database):
    lab = await a_lab()
    await joined(lab)
    with pytest.raises(AlreadyThere):
        await joined(lab)


async def test_a_role_is_one_of_three_and_of_somebody_in_this_lab(database):
    lab, other = await a_lab(), await a_lab("Heat")
    ana, account = await joined(lab), await some_account()
    await change_role(lab.slug, ana.id, "facilitator", now=NOW, account_id=account)
    assert [one.role for one in await participants_of(lab.id)] == ["facilitator"]
    with pytest.raises(Problems):
        await change_role(lab.slug, ana.id, "chief", now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await change_role(other.slug, ana.id, "expert", now=NOW, account_id=account)


async def test_the_link_is_sent_again_once_a_minute(database):
    lab = await a_lab()
    ana, account = await joined(lab), await some_account()
    await send_cohort_link(lab.slug, ana.id, now=NOW, account_id=account)
    await send_cohort_link(lab.slug, ana.id, now=NOW, account_id=account)
    assert len(await letters("cohort_welcome")) == 2


# What a person sees and does


async def test_a_link_of_another_kind_or_version_opens_nothing(database):
    lab = await a_lab()
    ana = await joined(lab)
    assert (await participant_by_link(token(ana))).id == ana.id
    with pytest.raises(NotFound):
        await participant_by_link(token(ana), CALENDAR_LINK)
    await sql("UPDATE lab_participant SET link_version = 2")
    for wrong in (token(ana), "", "x" * 600, "é\x00"):
        with pytest.raises(NotFound):
            await participant_by_link(wrong)


async def test_attendance_shows_at_a_glance(database):
    lab = await a_lab()
    ana = await joined(lab)
    first, second, _ = await made(lab)
    (row,) = await sql("SELECT id FROM registration WHERE event = {}", first.id)
    await record_attendance(row["id"], attended=True, now=NOW, account_id=await some_account())
    sessions, cells = await attendance_of(lab, await participants_of(lab.id))
    assert [(one.registered, one.waiting, one.present) for one in sessions] == [(1, 0, 1), (1, 0, 0), (1, 0, 0)]
    assert cells[ana.id][first.id] == "present"
    assert cells[ana.id][second.id] == "confirmed"
    own = await own_sessions(ana, NOW)
    assert [one.was_there for one in own] == [True, False, False]
    assert all(one.join_url for one in own)


async def test_an_introduction_has_a_length(database):
    ana = await joined(await a_lab())
    with pytest.raises(Problems):
        await present_oneself(token(ana), is_shown=True, introduction="x" * 1001, now=NOW)
    assert (await participant_by_link(token(ana))).is_shown is False


async def two_shown(lab: Any) -> tuple[Participant, Participant]:
    """Two people of a cohort who see each other."""
    ana, bo = await joined(lab), await joined(lab, "Bo Borg")
    for one in (ana, bo):
        await present_oneself(token(one), is_shown=True, introduction="", now=NOW)
    return ana, bo


async def test_a_message_goes_out_as_a_letter_without_the_address_of_the_sender(database):
    ana, bo = await two_shown(await a_lab())
    assert await write_message(token(ana), bo.id, subject="Trees", body="Which?", now=NOW)
    (letter,) = await letters("cohort_message")
    assert letter["address"] == "bo@example.org"
    assert "ana@example.org" not in letter["facts"]
    assert f"{token(bo)}/people/{ana.id}" in letter["facts"]
    assert token(ana) not in letter["facts"]
    assert [one.subject for one in await messages_between(bo, ana)] == ["Trees"]


async def test_the_same_message_at_once_goes_out_once(database):
    ana, bo = await two_shown(await a_lab())
    sent = await asyncio.gather(
        *(write_message(token(ana), bo.id, subject="Trees", body="Which?", now=NOW) for _ in range(3))
    )
    assert sorted(sent) == [False, False, True]
    assert len(await letters("cohort_message")) == 1


async def test_two_who_write_to_each_other_at_once_both_succeed(database):
    ana, bo = await two_shown(await a_lab())
    await asyncio.gather(
        *(write_message(token(one), other.id, subject=f"No. {n}", body="Hello", now=NOW)
          for n in range(4) for one, other in ((ana, bo), (bo, ana)))
    )  # fmt: skip
    assert len(await letters("cohort_message")) == 8


async def test_a_person_can_write_only_so_much(database):
    ana, bo = await two_shown(await a_lab())
    for n in range(MOST_TO_ONE):
        await write_message(token(ana), bo.id, subject=str(n), body="Hello", now=NOW)
    with pytest.raises(TooMany):
        await write_message(token(ana), bo.id, subject="Last", body="Hello", now=NOW)
    assert await write_message(token(ana), bo.id, subject="Last", body="Hello", now=NOW + timedelta(hours=25))


async def test_who_is_hidden_left_or_in_another_lab_is_not_written_to(database):
    lab, other_lab = await a_lab(), await a_lab("Heat")
    ana, bo = await two_shown(lab)
    elsewhere = await joined(other_lab, "Eli Ek")
    await present_oneself(token(elsewhere), is_shown=True, introduction="", now=NOW)
    for nobody in (elsewhere.id, ana.id, uuid4()):
        with pytest.raises(NotFound):
            await write_message(token(ana), nobody, subject="Trees", body="Which?", now=NOW)
    await present_oneself(token(ana), is_shown=False, introduction="", now=NOW)
    with pytest.raises(NotWritable):
        await write_message(token(ana), bo.id, subject="Trees", body="Which?", now=NOW)
    with pytest.raises(NotFound):
        await write_message(token(bo), ana.id, subject="Trees", body="Which?", now=NOW)
    await present_oneself(token(ana), is_shown=True, introduction="", now=NOW)
    await end_participation(lab.slug, bo.id, now=NOW, account_id=await some_account())
    with pytest.raises(NotFound):
        await write_message(token(ana), bo.id, subject="Trees", body="Which?", now=NOW)
    with pytest.raises(NotFound):
        await write_message(token(bo), ana.id, subject="Trees", body="Which?", now=NOW)
    assert await letters("cohort_message") == []


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [("", "x", "subject"), ("\x00\n", "x", "subject"), ("x" * 600, "x", "subject"), ("x", " \x00", "body"), ("x", "y" * 6000, "body")],
)  # fmt: skip
async def test_a_message_without_words_or_with_too_many_is_refused(database, subject, body, field):
    ana, bo = await two_shown(await a_lab())
    with pytest.raises(Problems) as wrong:
        await write_message(token(ana), bo.id, subject=subject, body=body, now=NOW)
    assert list(wrong.value.fields) == [field]


# Files and links


async def test_a_file_is_told_by_its_content_and_belongs_to_one_lab(database):
    lab, other = await a_lab(), await a_lab("Heat")
    account = await some_account()
    key = await add_material(
        lab.slug, NewMaterial("Plan", file=SentFile("../pl\u00e4n.exe", PDF)), now=NOW, account_id=account
    )
    found = await material_file(lab.id, key, visible_at=NOW)
    assert (found["file_name"], found["content_type"], bytes(found["content"])) == (
        "pl\u00e4n.pdf",
        "application/pdf",
        PDF,
    )
    with pytest.raises(NotFound):
        await material_file(other.id, key)
    await delete_material(other.slug, key, now=NOW, account_id=account)
    assert len(await materials_of(lab.id)) == 1
    await delete_material(lab.slug, key, now=NOW, account_id=account)
    assert await materials_of(lab.id) == []


async def test_what_is_for_later_is_not_seen_before(database):
    lab = await a_lab()
    later = NOW + timedelta(days=1)
    new = NewMaterial("Plan", file=SentFile("plan.pdf", PDF), visible_from=later)
    key = await add_material(lab.slug, new, now=NOW, account_id=await some_account())
    assert await materials_of(lab.id, visible_at=NOW) == []
    with pytest.raises(NotFound):
        await material_file(lab.id, key, visible_at=NOW)
    assert [one.id for one in await materials_of(lab.id, visible_at=later)] == [key]
    assert await material_file(lab.id, key, visible_at=later)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewMaterial("Nothing"), "file"),
        (NewMaterial("Both", "https://example.org", SentFile("p.pdf", PDF)), "file"),
        (NewMaterial("Program", file=SentFile("p.pdf", b"MZ")), "file"),
        (NewMaterial("Empty", file=SentFile("p.pdf", b"")), "file"),
        (NewMaterial("Large", file=SentFile("p.pdf", PDF + bytes(LARGEST_FILE))), "file"),
        (NewMaterial("Open", "http://example.org"), "url"),
        (NewMaterial("Script", "javascript:alert(1)"), "url"),
        (NewMaterial("Long", "https://example.org/" + "x" * 600), "url"),
        (NewMaterial("x" * 300, "https://example.org"), "title"),
        (NewMaterial("\x00", "https://example.org"), "title"),
        (NewMaterial("Elsewhere", "https://example.org", event=uuid4()), "event"),
    ],
)  # fmt: skip
async def test_what_cannot_be_put_before_a_cohort_is_refused(database, new, field):
    lab = await a_lab()
    with pytest.raises(Problems) as wrong:
        await add_material(lab.slug, new, now=NOW, account_id=await some_account())
    assert list(wrong.value.fields) == [field]
    assert await sql("SELECT id FROM lab_material") == []
