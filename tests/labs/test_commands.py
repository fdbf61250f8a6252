"""Rounds, calls, applications and the choice, on a real database."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from eventhub.applying.commands import withdraw_application
from eventhub.calls.opening import NewCall, open_call
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import create_event, publish_event
from eventhub.events.rules import EventFacts
from eventhub.labs.commands import (
    ApplicationStands,
    LabFacts,
    RoundExists,
    SessionTaken,
    add_lab_session,
    change_lab,
    create_lab,
    create_round,
    load_labs_2024,
    remove_lab_session,
)
from eventhub.labs.queries import (
    active_members,
    applications_of,
    lab_by_slug,
    labs,
    labs_by_theme,
    mix_of,
    open_calls,
    reviews_of,
    sessions_of,
)
from eventhub.registrations.commands import NewRegistration, record_attendance, register_participant
from eventhub.reviewing.commands import (
    CohortFull,
    accept_application,
    decline_application,
    review_application,
)
from tests.make import (
    NOW,
    a_lab,
    a_lab_with_call,
    a_member,
    an_account,
    an_application,
    some_account,
    themes_loaded,
)


def token_of(application: Any) -> str:
    return str(application.manage_url.rpartition("/")[2])


async def statuses() -> list[str]:
    return [row["status"] for row in await sql("SELECT status FROM application ORDER BY submitted_at, id")]


async def a_session(title: str = "First meeting") -> Any:
    account = await some_account()
    facts = EventFacts(
        title=title, kind="lab_session", mode="online", involvement="organised", starts_on=date(2026, 12, 1),
        starts_time=time(10), ends_on=date(2026, 12, 1), ends_time=time(12), time_zone="Europe/Madrid",
    )  # fmt: skip
    event = await create_event(facts, now=NOW, account_id=account)
    return await publish_event(event.slug, now=NOW, account_id=account)


# Rounds and labs


async def test_a_year_has_one_round(database: None) -> None:
    account = await some_account()
    made = await create_round(2026, title="Round of care", now=NOW, account_id=account)
    assert (made.year, made.title) == (2026, "Round of care")
    with pytest.raises(RoundExists):
        await create_round(2026, now=NOW, account_id=account)
    with pytest.raises(Problems):
        await create_round(10**30, now=NOW, account_id=account)
    assert (await sql("SELECT COUNT(*) AS n FROM lab_round"))[0]["n"] == 1


async def test_a_new_lab_is_planned_and_opens_the_round_of_its_year(database: None) -> None:
    lab = await a_lab("Cities Under Water Stress", themes=("ecosystems", "futures"))
    assert (lab.slug, lab.year, lab.number, lab.status) == ("cities-under-water-stress", 2026, 1, "planned")
    assert [code for code, _ in lab.themes] == ["futures", "ecosystems"]
    assert await sql("SELECT year, title FROM lab_round") == [{"year": 2026, "title": "Solutions Labs 2026"}]
    second = await a_lab("Cities Under Water Stress")
    assert (second.slug, second.number) == ("cities-under-water-stress-2", 2)


async def test_no_lab_takes_the_address_of_the_form_for_new_labs(database: None) -> None:
    assert (await a_lab("New")).slug == "new-2"
    assert (await a_lab("…")).slug == "lab"


async def test_labs_written_down_at_once_get_different_numbers_and_addresses(database: None) -> None:
    await themes_loaded()
    account = await some_account()
    facts = LabFacts(name="Energy", year=2026, themes=("cohesion",))
    made = await asyncio.gather(
        *(create_lab(facts, now=NOW, account_id=account) for _ in range(5)), return_exceptions=True
    )
    assert not [one for one in made if isinstance(one, BaseException)]
    rows = await sql("SELECT number, slug FROM lab ORDER BY number")
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
    assert len({row["slug"] for row in rows}) == 5


async def test_every_fault_of_a_lab_is_named_and_nothing_is_written(database: None) -> None:
    await themes_loaded()
    facts = LabFacts(name=" \x00 ", year=2026, themes=("cats",), country="ZZZ", action_lines=("AL9",), place="x" * 500)
    with pytest.raises(Problems) as refusal:
        await create_lab(facts, now=NOW, account_id=await some_account())
    assert set(refusal.value.fields) == {"name", "themes", "country", "action_lines", "place"}
    assert await sql("SELECT id FROM lab") == await sql("SELECT id FROM lab_round") == []


async def test_a_lab_that_is_changed_keeps_its_round_and_address(database: None) -> None:
    lab = await a_lab()
    facts = LabFacts(name="Water for All", year=1, themes=("gender",), country="tr", place="Istanbul")
    changed = await change_lab(lab.slug, facts, status="running", now=NOW, account_id=await some_account())
    assert (changed.slug, changed.year, changed.name) == ("water-stress", 2026, "Water for All")
    assert (changed.status, changed.country, [code for code, _ in changed.themes]) == ("running", "TR", ["gender"])
    with pytest.raises(Problems) as refusal:
        await change_lab(lab.slug, facts, status="asleep", now=NOW, account_id=await some_account())
    assert set(refusal.value.fields) == {"status"}


async def test_the_labs_of_2024_are_loaded_once(database: None) -> None:
    assert await load_labs_2024(NOW) == 10
    assert await load_labs_2024(NOW) == 0
    found = await labs(year=2024)
    assert [lab.number for lab in found] == list(range(1, 11))
    ninth = found[8]
    assert (ninth.name, ninth.place, ninth.country, ninth.status) == (
        "Empowering Women Leaders", "Istanbul", "TR", "finished",
    )  # fmt: skip
    assert [code for code, _ in ninth.themes] == ["institutions", "gender"]
    counted = {row["code"]: row["labs"] for row in await labs_by_theme(2024)}
    assert counted == {"futures": 3, "ecosystems": 4, "cohesion": 4, "institutions": 2, "gender": 4}
    assert {row["labs"] for row in await labs_by_theme(2025)} == {0}


# Calls


async def test_the_wall_time_of_a_call_becomes_an_instant(database: None) -> None:
    lab = await a_lab()
    call = NewCall(datetime(2026, 7, 1, 9, 0), datetime(2026, 12, 1, 17, 0), "Europe/Madrid")  # noqa: DTZ001
    after = await open_call(lab.slug, call, now=NOW, account_id=await some_account())
    assert after.call is not None
    assert after.call.opens_at == datetime(2026, 7, 1, 7, 0, tzinfo=UTC)
    assert after.call.closes_at == datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
    assert after.status == "open"


@pytest.mark.parametrize(
    ("closes", "sentence"),
    [
        (datetime(2027, 3, 28, 2, 30), "The clocks of Europe/Madrid jump over this time on that day. Please choose another."),  # noqa: DTZ001
        (datetime(2026, 10, 25, 2, 30), "The clocks of Europe/Madrid show this time twice on that day. Please say whether you mean the first or the second."),  # noqa: DTZ001
        (datetime(2026, 1, 1, 9, 0), "The call closes before it opens, or at the same time."),  # noqa: DTZ001
        (datetime(9999, 1, 1, 9, 0), "The year lies between 2000 and 2100."),  # noqa: DTZ001
        (None, "Please say when the call closes."),
    ],
)  # fmt: skip
async def test_a_closing_time_that_cannot_be_is_asked_about(
    database: None, closes: datetime | None, sentence: str
) -> None:
    lab = await a_lab()
    call = NewCall(datetime(2026, 1, 1, 9, 0), closes, "Europe/Madrid")  # noqa: DTZ001
    with pytest.raises(Problems) as refusal:
        await open_call(lab.slug, call, now=NOW, account_id=await some_account())
    assert refusal.value.fields == {"closes_at": [sentence]}
    assert await sql("SELECT id FROM lab_call") == []


async def test_a_call_that_is_changed_stays_one_call(database: None) -> None:
    lab = await a_lab_with_call()
    assert lab.call is not None
    call = NewCall(lab.call.opens_at, NOW, "Asia/Kathmandu", cohort_size=5)
    after = await open_call(lab.slug, call, now=NOW, account_id=await some_account())
    assert after.call is not None
    assert (after.call.id, after.call.closes_at, after.call.cohort_size) == (lab.call.id, NOW, 5)
    assert await open_calls(NOW - timedelta(seconds=1)) == [after]
    assert await open_calls(NOW) == []


# The choice


async def test_each_account_has_one_review_and_the_mean_is_shown(database: None) -> None:
    await a_member()
    lab = await a_lab_with_call()
    application = await an_application(lab)
    first, second = await some_account(), await an_account("administrator")
    await review_application(application.id, score=1, comment="Weak.", now=NOW, account_id=first)
    await review_application(application.id, score=4, comment="Better on a second look.", now=NOW, account_id=first)
    await review_application(application.id, score=5, now=NOW, account_id=second)
    found, total = await applications_of(lab.id)
    assert (total, found[0].reviews, found[0].average) == (1, 2, 4.5)
    assert sorted(row["score"] for row in await reviews_of(application.id)) == [4, 5]
    for score in (0, 6, 10**30):
        with pytest.raises(Problems):
            await review_application(application.id, score=score, now=NOW, account_id=first)


async def test_an_accepted_contact_is_a_lab_participant_until_the_decision_is_revised(database: None) -> None:
    member = await a_member()
    lab = await a_lab_with_call()
    application = await an_application(lab)
    account = await some_account()
    accepted = await accept_application(application.id, reason="Good cases.", now=NOW, account_id=account)
    assert (accepted.status, accepted.reason) == ("accepted", "Good cases.")
    rows = await sql("SELECT person, member, role FROM lab_participant")
    assert rows == [{"person": application.contact, "member": member, "role": "participant"}]
    await accept_application(application.id, reason="Good cases.", now=NOW, account_id=account)
    declined = await decline_application(application.id, now=NOW, account_id=account)
    assert declined.status == "declined"
    assert await sql("SELECT id FROM lab_participant") == []
    trail = await sql("SELECT action FROM audit_entry WHERE account = {} AND object_kind = 'application'", account)
    assert sorted(row["action"] for row in trail) == ["accept_application", "decline_application"]


async def test_nothing_is_decided_about_a_withdrawn_application(database: None) -> None:
    await a_member()
    application = await an_application(await a_lab_with_call())
    await withdraw_application(token_of(application), now=NOW)
    account = await some_account()
    with pytest.raises(ApplicationStands):
        await accept_application(application.id, now=NOW, account_id=account)
    with pytest.raises(ApplicationStands):
        await review_application(application.id, score=3, now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await accept_application(uuid4(), now=NOW, account_id=account)
    assert await sql("SELECT id FROM application_review") == []


async def test_the_last_place_in_a_group_is_given_once(database: None) -> None:
    for name in ("Barcelona", "Lyon", "Accra"):
        await a_member(name)
    lab = await a_lab_with_call(cohort_size=1)
    sent = [await an_application(lab, key) for key in ("barcelona", "lyon", "accra")]
    account = await some_account()
    outcome = await asyncio.gather(
        *(accept_application(one.id, now=NOW, account_id=account) for one in sent), return_exceptions=True
    )
    full = [one for one in outcome if isinstance(one, CohortFull)]
    assert len(full) == 2
    assert full[0].sentences == (
        "The group is full: it has 1 place. Put this application on the waiting list, or change the call.",
    )
    assert sorted(await statuses()) == ["accepted", "submitted", "submitted"]


async def test_the_mix_counts_standing_applications_by_region(database: None) -> None:
    await a_member("Barcelona")
    await a_member("Lyon")
    await a_member("Accra", region="africa")
    await a_member("Lagos", region="africa")
    lab = await a_lab_with_call()
    sent = {key: await an_application(lab, key) for key in ("barcelona", "lyon", "accra", "lagos")}
    await accept_application(sent["accra"].id, now=NOW, account_id=await some_account())
    await withdraw_application(token_of(sent["lagos"]), now=NOW)
    mix = await mix_of(lab.id)
    assert [(region.code, region.standing, region.accepted) for region in mix.regions] == [
        ("africa", 1, 1),
        ("europe", 2, 0),
    ]
    assert (mix.members, mix.others, mix.accepted, mix.total) == (3, 0, 1, 4)


async def test_the_mix_counts_applicants_that_are_no_members_apart(database: None) -> None:
    lab = await a_lab_with_call()
    for city in ("Barcelona", "Oxford", "Leeds"):
        await a_member(city)
        sent = await an_application(lab, city.lower(), f"{city.lower()}@example.org")
        if city != "Barcelona":
            await sql("UPDATE application SET member = NULL, organisation = {} WHERE id = {}", city, sent.id)
    await accept_application(sent.id, now=NOW, account_id=await some_account())
    mix = await mix_of(lab.id)
    assert (mix.members, mix.others, mix.others_accepted, mix.accepted, mix.total) == (1, 2, 1, 1, 3)
    assert [region.code for region in mix.regions] == ["europe"]


# Sessions and active members


async def test_an_event_is_a_session_of_one_lab(database: None) -> None:
    lab, other = await a_lab("Energy"), await a_lab("Water")
    session, account = await a_session(), await some_account()
    await add_lab_session(lab.slug, session.slug, now=NOW, account_id=account)
    assert [(number, event.slug) for number, event in await sessions_of(lab.id)] == [(1, "first-meeting")]
    with pytest.raises(SessionTaken):
        await add_lab_session(other.slug, session.slug, now=NOW, account_id=account)
    await remove_lab_session(other.slug, session.slug, now=NOW, account_id=account)
    assert len(await sessions_of(lab.id)) == 1
    await remove_lab_session(lab.slug, session.slug, now=NOW, account_id=account)
    assert await sessions_of(lab.id) == []
    await sql("UPDATE event SET kind = 'webinar' WHERE id = {}", session.id)
    with pytest.raises(SessionTaken):
        await add_lab_session(lab.slug, session.slug, now=NOW, account_id=account)


async def test_active_members_are_those_with_an_accepted_person_at_a_session(database: None) -> None:
    await a_member("Barcelona")
    await a_member("Lyon")
    await a_member("Think Tank", kind="associate")
    lab, second = await a_lab_with_call("Energy"), await a_lab_with_call("Water")
    account = await some_account()
    for number, one in enumerate((lab, second)):
        session = await a_session(f"Meeting {number}")
        await add_lab_session(one.slug, session.slug, now=NOW, account_id=account)
        for key in ("barcelona", "lyon", "think-tank"):
            application = await an_application(one, key)
            await accept_application(application.id, now=NOW, account_id=account)
            registered = await register_participant(
                session.slug,
                NewRegistration("Alex", f"contact@{key}.example.org", attends="online"),
                now=NOW,
                vouched=True,
            )
            if key != "lyon":
                await record_attendance(registered.registration.id, attended=True, now=NOW, account_id=account)
    assert [row["key"] for row in await active_members(2026)] == ["barcelona"]
    assert await active_members(2025) == []
    # leaving after a session takes nothing out of the figures
    found, _ = await applications_of(lab.id)
    for application in found:
        await withdraw_application(token_of(application), now=NOW)
    assert [row["key"] for row in await active_members(2026)] == ["barcelona"]
    kept = await sql("SELECT COUNT(*) AS n FROM lab_participant WHERE lab = {}", lab.id)
    assert kept[0]["n"] == 2


async def test_a_lab_that_is_not_there_is_not_found(database: None) -> None:
    for slug in ("", "no-such-lab", "x" * 500, "\x00"):
        with pytest.raises(NotFound):
            await lab_by_slug(slug)
