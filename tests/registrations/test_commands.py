"""Seats, the waiting list, attendance and head counts, on a real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from benchmarks.rush import broken_promises
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import cancel_event, change_event
from eventhub.events.rules import EventFacts, ItemFacts
from eventhub.links import make_link
from eventhub.programme.commands import add_programme_item
from eventhub.registrations.commands import (
    NewHeadCount,
    NewRegistration,
    NotStanding,
    RegistrationClosed,
    SentBefore,
    cancel_by_link,
    cancel_registration,
    confirm_registration,
    decline_registration,
    record_attendance,
    record_head_count,
    register_participant,
    send_link_again,
    state_gender,
)
from eventhub.registrations.queries import (
    RegistrationFilter,
    attendance_of,
    head_count_of,
    manage_url,
    registration_by_link,
    registrations_of,
)
from eventhub.registrations.seats import CapacityTooSmall
from tests.make import NOW, a_member, a_person, an_event, registered, some_account
from tests.registrations.looking import (
    audit_of,
    gender_of,
    letter_token_of,
    letters_of,
    pool_of,
    queue_of,
    rows_of,
    statuses,
    token_of,
)

pytestmark = pytest.mark.usefixtures("database")

LATER = NOW + timedelta(hours=1)


async def change(event: Any, **changed: Any) -> Any:
    """An organiser changes an event and leaves the rest as it is."""
    facts = EventFacts(
        title=event.title, kind=event.kind, mode=event.mode, involvement=event.involvement, starts_on=event.starts_on,
        starts_time=event.starts_time, ends_on=event.ends_on, ends_time=event.ends_time, time_zone=event.time_zone,
        online_url=event.online_url, capacity=event.capacity, place=event.place,
    )  # fmt: skip
    return await change_event(event.slug, replace(facts, **changed), now=LATER, account_id=await some_account())


# Registering


async def test_somebody_registers_gets_a_seat_and_one_letter():
    event = await an_event(capacity=2)
    done = await registered(event, "Ada")
    assert (done.is_new, done.position, done.registration.status) == (True, None, "confirmed")
    assert await letters_of(event) == [("Ada", "registration_confirmed")]
    assert await pool_of(event) == (2, 1, 0)
    assert (await registration_by_link(token_of(done))).id == done.registration.id


async def test_what_was_typed_is_kept_tidied():
    member = await a_member("Zürich", zone="Europe/Zurich", country="CH")
    event = await an_event()
    done = await registered(
        event, "  Ada \u202e  Lovelace\x00", email=" Ada@Example.org ", member="zurich", organisation=" City\thall ",
        city="Zürich", country="ch", level="political", language="fr", answers={"diet": "vegan\x00"},
    )  # fmt: skip
    kept = await registration_by_link(token_of(done))
    assert (kept.name, kept.email, kept.organisation, kept.country) == (
        "Ada Lovelace",
        "Ada@Example.org",
        "City hall",
        "CH",
    )
    assert (kept.member, kept.member_name, kept.level, kept.language) == (member, "Zürich", "political", "fr")
    assert (kept.attends, kept.time_zone) == ("online", "Europe/Zurich")


async def test_the_same_person_again_gets_the_first_registration_and_no_second_letter():
    event = await an_event(capacity=1)
    first = await registered(event, "Ada", email="ada@example.org")
    again = await registered(event, "Ada L.", email="ADA@Example.ORG", now=LATER)
    assert (again.is_new, again.same_form, again.registration.id) == (False, False, first.registration.id)
    assert again.registration.name == "Ada"
    assert await letters_of(event) == [("Ada", "registration_confirmed")]
    assert await pool_of(event) == (1, 1, 0)


async def test_somebody_who_cancelled_starts_again_at_the_end_of_the_queue_and_the_old_row_stays():
    event = await an_event(capacity=1)
    ada = await registered(event, "Ada")
    await registered(event, "Bo", now=NOW + timedelta(seconds=1))
    await registered(event, "Cy", now=NOW + timedelta(seconds=2))
    await cancel_registration(ada.registration.id, now=LATER)
    old = (await rows_of(event))[0]
    again = await registered(event, "Ada", now=LATER + timedelta(seconds=1))
    assert again.is_new
    assert again.registration.id != ada.registration.id
    assert (again.registration.status, again.position) == ("waitlisted", 2)
    assert await queue_of(event) == ["Cy", "Ada"]
    assert (await rows_of(event))[0] == old
    assert old["status"] == "cancelled"


async def test_a_form_sent_twice_is_one_registration_and_gives_the_link_again():
    event = await an_event()
    first = await registered(event, "Ada", submission_key="k1")
    again = await registered(event, "Ada", submission_key="k1")
    assert (again.is_new, again.same_form, again.manage_url) == (False, True, first.manage_url)
    assert len(await rows_of(event)) == len(await letters_of(event)) == 1


async def test_the_same_form_with_another_address_is_refused_and_changes_nothing():
    event = await an_event()
    await registered(event, "Ada", submission_key="k1")
    with pytest.raises(SentBefore):
        await registered(event, "Bo", submission_key="k1")
    assert await statuses(event) == {"Ada": "confirmed"}
    assert await letters_of(event) == [("Ada", "registration_confirmed")]


async def test_the_same_form_key_counts_per_event():
    first, second = await an_event(), await an_event()
    one = await registered(first, "Ada", submission_key="k1")
    two = await registered(second, "Bo", submission_key="k1")
    assert one.is_new
    assert two.is_new


async def test_one_person_at_two_events_is_one_person():
    one = await registered(await an_event(), "Ada", organisation="City hall")
    two = await registered(await an_event(), "Someone else", email="ada@example.org", organisation="Nowhere")
    assert one.registration.person == two.registration.person
    rows = await sql("SELECT name, organisation FROM person")
    assert rows == [{"name": "Ada", "organisation": "City hall"}]


async def test_an_event_without_a_limit_seats_everybody():
    event = await an_event(capacity=None)
    for name in ("Ada", "Bo", "Cy"):
        await registered(event, name)
    assert await pool_of(event) == (None, 3, 0)


async def test_an_event_without_seats_lets_everybody_wait():
    event = await an_event(capacity=0)
    done = await registered(event, "Ada")
    assert (done.registration.status, done.position) == ("waitlisted", 1)


# The waiting list


async def test_whoever_waited_longest_gets_the_freed_seat_and_one_letter():
    event = await an_event(capacity=1)
    people = {name: await registered(event, name, now=NOW + timedelta(seconds=i)) for i, name in enumerate("ABCD")}
    assert [people[name].position for name in "ABCD"] == [None, 1, 2, 3]
    await cancel_registration(people["A"].registration.id, now=LATER)
    await cancel_registration(people["B"].registration.id, now=LATER + timedelta(seconds=1))
    assert await statuses(event) == {"A": "cancelled", "B": "cancelled", "C": "confirmed", "D": "waitlisted"}
    assert await letters_of(event) == [
        ("A", "registration_confirmed"),
        ("B", "registration_waitlisted"),
        ("C", "registration_waitlisted"),
        ("D", "registration_waitlisted"),
        ("B", "registration_promoted"),
        ("A", "registration_cancelled"),
        ("C", "registration_promoted"),
        ("B", "registration_cancelled"),
    ]
    assert await pool_of(event) == (1, 1, 1)


async def test_somebody_who_leaves_the_queue_is_skipped():
    event = await an_event(capacity=1)
    people = {name: await registered(event, name, now=NOW + timedelta(seconds=i)) for i, name in enumerate("ABC")}
    await cancel_registration(people["B"].registration.id, now=LATER)
    await cancel_registration(people["A"].registration.id, now=LATER)
    assert await statuses(event) == {"A": "cancelled", "B": "cancelled", "C": "confirmed"}


async def test_newcomers_never_overtake_the_queue():
    """Even with a free seat, which only a closed door can leave beside a queue."""
    event = await an_event(capacity=1)
    await registered(event, "A")
    await registered(event, "B")
    await sql("UPDATE seat_pool SET capacity = 5 WHERE event = {}", event.id)
    done = await registered(event, "C")
    assert (done.registration.status, done.position) == ("waitlisted", 2)


async def test_a_place_in_the_queue_is_never_given_twice():
    event = await an_event(capacity=0)
    first = await registered(event, "A")
    await cancel_registration(first.registration.id, now=LATER)
    second = await registered(event, "B", now=LATER)
    assert (first.registration.queue_place, second.registration.queue_place) == (1, 2)
    assert second.position == 1


async def test_the_order_of_the_queue_does_not_depend_on_the_clock():
    event = await an_event(capacity=1)
    first = await registered(event, "A", now=NOW)
    await registered(event, "B", now=NOW + timedelta(days=1))
    await registered(event, "C", now=NOW - timedelta(days=1))
    await cancel_registration(first.registration.id, now=NOW)
    assert await statuses(event) == {"A": "cancelled", "B": "confirmed", "C": "waitlisted"}


# Cancelling and declining


async def test_cancelling_twice_is_cancelling_once():
    event = await an_event(capacity=1)
    done = await registered(event, "A")
    await registered(event, "B")
    await registered(event, "C")
    once = await cancel_registration(done.registration.id, now=LATER)
    twice = await cancel_registration(done.registration.id, now=LATER + timedelta(hours=1))
    assert once == twice
    assert await queue_of(event) == ["C"]
    assert await pool_of(event) == (1, 1, 1)
    assert [kind for name, kind in await letters_of(event) if name == "A"] == [
        "registration_confirmed",
        "registration_cancelled",
    ]


async def test_a_link_that_is_not_ours_cancels_nothing():
    event = await an_event()
    done = await registered(event, "A")
    registration = done.registration
    for token in (
        "nonsense",
        "",
        "x" * 5000,
        "\x00",
        make_link("person", registration.person, 1),
        make_link("registration", registration.id, registration.link_version + 1),
        make_link("registration", uuid4(), 1),
        token_of(done)[:-1] + ("A" if token_of(done)[-1] != "A" else "B"),
    ):
        with pytest.raises(NotFound):
            await cancel_by_link(token, now=LATER)
    assert await statuses(event) == {"A": "confirmed"}
    assert await letters_of(event) == [("A", "registration_confirmed")]


async def test_ones_own_link_cancels_without_a_trace_in_the_audit_trail():
    event = await an_event()
    done = await registered(event, "A")
    await cancel_by_link(token_of(done), now=LATER)
    assert await statuses(event) == {"A": "cancelled"}
    assert await audit_of(done.registration.id) == []


async def test_organisers_decline_and_the_seat_goes_on():
    event = await an_event(capacity=1)
    done = await registered(event, "A")
    await registered(event, "B")
    account = await some_account()
    await decline_registration(done.registration.id, now=LATER, account_id=account)
    assert await statuses(event) == {"A": "declined", "B": "confirmed"}
    assert await audit_of(done.registration.id) == ["declined_registration"]
    assert (await letters_of(event))[-2:] == [("B", "registration_promoted"), ("A", "registration_cancelled")]


async def test_who_was_there_cannot_be_cancelled():
    event = await an_event(capacity=1)
    done = await registered(event, "A")
    await record_attendance(done.registration.id, attended=True, now=LATER, account_id=await some_account())
    with pytest.raises(NotStanding, match="present"):
        await cancel_registration(done.registration.id, now=LATER)
    assert await statuses(event) == {"A": "confirmed"}


async def test_nobody_moves_up_at_a_cancelled_or_past_event():
    cancelled, past = await an_event(capacity=1), await an_event(capacity=1)
    for event in (cancelled, past):
        for name in ("A", "B"):
            await registered(event, name)
    await cancel_event(cancelled.slug, reason="Storm.", now=LATER, account_id=await some_account())
    for event, now in ((cancelled, LATER), (past, datetime(2100, 1, 1, tzinfo=UTC))):
        first = (await rows_of(event))[0]
        await cancel_registration(first["id"], now=now)
        assert await statuses(event) == {"A": "cancelled", "B": "waitlisted"}
        assert await pool_of(event) == (1, 0, 1)


async def test_leaving_a_cancelled_event_writes_no_letter_since_everybody_was_told():
    event = await an_event()
    done = await registered(event, "A")
    await cancel_event(event.slug, reason="Storm.", now=LATER, account_id=await some_account())
    before = await letters_of(event)
    assert before[-1] == ("A", "event_cancelled")
    await cancel_registration(done.registration.id, now=LATER)
    assert await letters_of(event) == before


# Seats changed by organisers


async def test_more_seats_go_to_the_queue_in_order():
    event = await an_event(capacity=1)
    for i, name in enumerate("ABCDE"):
        await registered(event, name, now=NOW + timedelta(seconds=i))
    await change(event, capacity=3)
    assert await queue_of(event) == ["D", "E"]
    assert await pool_of(event) == (3, 3, 2)
    assert (await letters_of(event))[-2:] == [("B", "registration_promoted"), ("C", "registration_promoted")]


async def test_no_limit_empties_the_queue_and_more_seats_than_people_leave_some_free():
    for capacity in (None, 10):
        event = await an_event(capacity=1)
        for i, name in enumerate("ABC"):
            await registered(event, name, now=NOW + timedelta(seconds=i))
        await change(event, capacity=capacity)
        assert await queue_of(event) == []
        assert await pool_of(event) == (capacity, 3, 0)


async def test_fewer_seats_than_people_are_refused_and_nothing_changes():
    event = await an_event(capacity=3)
    for name in "ABC":
        await registered(event, name)
    with pytest.raises(CapacityTooSmall, match="3 people have seats"):
        await change(event, capacity=2, title="Another title")
    rows = await sql("SELECT capacity, title FROM event")
    assert rows == [{"capacity": 3, "title": event.title}]
    assert await pool_of(event) == (3, 3, 0)


async def test_a_seat_given_by_hand_leaves_a_trace():
    event = await an_event(capacity=1)
    await registered(event, "A")
    waiting = await registered(event, "B")
    account = await some_account()
    with pytest.raises(NotStanding, match="No seat is free"):
        await confirm_registration(waiting.registration.id, now=LATER, account_id=account)
    assert await audit_of(waiting.registration.id) == []
    await sql("UPDATE seat_pool SET capacity = 2 WHERE event = {}", event.id)
    for _ in range(2):  # the second time there is nothing to do
        await confirm_registration(waiting.registration.id, now=LATER, account_id=account)
    assert await statuses(event) == {"A": "confirmed", "B": "confirmed"}
    assert await audit_of(waiting.registration.id) == ["confirm_registration"]
    assert [kind for name, kind in await letters_of(event) if name == "B"] == [
        "registration_waitlisted",
        "registration_promoted",
    ]


async def test_no_seat_is_given_to_who_cancelled_nor_at_a_cancelled_event():
    event = await an_event(capacity=1)
    account = await some_account()
    first = await registered(event, "A")
    second = await registered(event, "B")
    await cancel_registration(first.registration.id, now=LATER)
    with pytest.raises(NotStanding, match="was cancelled"):
        await confirm_registration(first.registration.id, now=LATER, account_id=account)
    third = await registered(event, "C", now=LATER)
    await cancel_event(event.slug, reason="Storm.", now=LATER, account_id=account)
    await cancel_registration(second.registration.id, now=LATER)
    with pytest.raises(NotStanding, match="was cancelled"):
        await confirm_registration(third.registration.id, now=LATER, account_id=account)
    assert await statuses(event) == {"A": "cancelled", "B": "cancelled", "C": "waitlisted"}


# Doors that are closed


@pytest.mark.parametrize(
    ("changes", "now", "said"),
    [
        pytest.param({"registration_mode": "closed"}, NOW, "no registrations at present", id="closed by the organiser"),
        pytest.param({"registration_closes_at": NOW}, NOW, "has closed", id="after the last day to register"),
        pytest.param({}, datetime(2099, 3, 1, 11, 0, 1, tzinfo=UTC), "is over", id="after the event"),
    ],
)
async def test_a_closed_door_lets_nobody_in(changes: dict[str, Any], now: datetime, said: str):
    event = await an_event(**changes)
    with pytest.raises(RegistrationClosed, match=said):
        await registered(event, "A", now=now)
    assert await rows_of(event) == await letters_of(event) == []


async def test_a_cancelled_event_lets_nobody_in():
    event = await an_event()
    await cancel_event(event.slug, reason="Storm.", now=NOW, account_id=await some_account())
    with pytest.raises(RegistrationClosed, match="was cancelled"):
        await registered(event, "A")


async def test_drafts_private_and_unknown_events_all_look_unknown():
    draft = await an_event(publish=False)
    private = await an_event(kind="bilateral")
    said = []
    for slug in (draft.slug, private.slug, "unknown", "x" * 600):
        with pytest.raises(NotFound) as refused:
            await register_participant(slug, NewRegistration("A", "a@example.org"), now=NOW)
        said.append(str(refused.value).replace(slug[:90], "…"))
    assert len(set(said)) == 1


# What may be wrong with a form


async def test_every_fault_is_named_at_once():
    event = await an_event(mode="hybrid", place="Barcelona")
    with pytest.raises(Problems) as refused:
        await registered(
            event, " \x00 ", email="nobody", attends="by bicycle", gender="guess", level="royal", member="Atlantis",
            organisation="x" * 201, city="x" * 121, country="FRA", language="xx", time_zone="Europe/Atlantis",
            answers={"a": "x" * 20_001},
        )  # fmt: skip
    assert set(refused.value.fields) == {
        "name", "email", "attends", "gender", "level", "member", "organisation", "city", "country", "language",
        "time_zone", "answers",
    }  # fmt: skip
    assert await rows_of(event) == await sql("SELECT 1 AS one FROM person") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 201),
        ("email", ""),
        ("email", "a" * 300 + "@example.org"),
        ("email", "a\x00@example.org"),
        ("email", "jürgen@example.org"),
        ("attends", ""),
        ("attends", "online\x00"),
        ("gender", "WOMAN"),
        ("level", "political\x00"),
        ("member", "\x00"),
        ("member", "x" * 900),
        ("country", "ЖЖ"),
        ("language", "e\x00"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "x" * 5000),
        ("time_zone", "Europe/Madrid\x00"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(field: str, value: str):
    event = await an_event(mode="hybrid", place="Barcelona")
    values = {"name": "Ada", "email": "ada@example.org", "attends": "online", field: value}
    with pytest.raises(Problems) as refused:
        await register_participant(event.slug, NewRegistration(**values), now=NOW)
    assert list(refused.value.fields) == [field]
    assert await rows_of(event) == []


async def test_a_person_chooses_among_what_the_event_offers():
    online = await an_event(mode="online")
    with pytest.raises(Problems) as refused:
        await registered(online, "Ada", attends="on_site")
    assert refused.value.fields == {"attends": ["This event does not offer that."]}
    hybrid = await an_event(mode="hybrid", place="Barcelona")
    assert (await registered(hybrid, "Ada", attends="on_site")).registration.attends == "on_site"


async def test_a_member_is_found_by_its_key_or_any_of_its_names():
    member = await a_member("Ciudad de México", zone="America/Mexico_City", country="MX")
    await sql(
        "INSERT INTO member_name (id, member, name, name_folded) VALUES ({}, {}, 'Mexico City', 'mexico city')",
        uuid4(), member,
    )  # fmt: skip
    event = await an_event()
    for i, given in enumerate(("ciudad-de-mexico", "ciudad de mexico", "MEXICO CITY", "México City")):
        done = await registered(event, f"Person {i}", member=given)
        assert (done.registration.member, done.registration.time_zone) == (member, "America/Mexico_City")


async def test_a_name_that_two_members_share_is_asked_about():
    await a_member("Santiago", region="latin_america")
    other = await a_member("Santiago de Compostela")
    await sql(
        "INSERT INTO member_name (id, member, name, name_folded) VALUES ({}, {}, 'Santiago', 'santiago')",
        uuid4(), other,
    )  # fmt: skip
    event = await an_event()
    assert (await registered(event, "A", member="santiago")).is_new  # the key is one member's
    with pytest.raises(Problems):
        await registered(event, "B", member="SANTIAGO")


# Letters


async def test_there_is_exactly_one_letter_for_each_change():
    event = await an_event(capacity=1)
    account = await some_account()
    people = [await registered(event, name, now=NOW + timedelta(seconds=i)) for i, name in enumerate("ABCDEF")]
    await registered(event, "A", now=LATER)
    await cancel_registration(people[0].registration.id, now=LATER)
    await cancel_registration(people[0].registration.id, now=LATER)
    await decline_registration(people[2].registration.id, now=LATER, account_id=account)
    await change(event, capacity=2)
    await registered(event, "A", now=LATER)
    await cancel_registration(people[1].registration.id, now=LATER)
    # A 2 and again 1, B 3, C 2, D 2, E 2, F 1
    versions = await sql("SELECT SUM(version) AS n FROM registration")
    letters = await sql("SELECT COUNT(*) AS n FROM letter WHERE kind <> 'event_changed'")
    assert versions[0]["n"] == letters[0]["n"] == 13
    assert await broken_promises() == []


async def test_only_who_has_a_seat_and_attends_online_gets_a_link_to_join_and_nobody_the_address():
    event = await an_event(capacity=2, mode="hybrid", place="Hall")
    await registered(event, "A", attends="online")
    await registered(event, "B", attends="on_site")
    await registered(event, "C", attends="online")
    rows = await sql("SELECT recipient_name AS name, facts FROM letter ORDER BY name")
    assert {row["name"]: "/join/" in row["facts"] for row in rows} == {"A": True, "B": False, "C": False}
    assert event.online_url
    assert not any("meet.example.org" in row["facts"] for row in rows)


async def test_the_link_is_sent_again_only_to_who_is_registered():
    event = await an_event()
    done = await registered(event, "A", email="a@example.org")
    gone = await registered(event, "B", email="b@example.org")
    await cancel_registration(gone.registration.id, now=NOW)
    for address in ("A@example.org", "b@example.org", "stranger@example.org", "a@example.org"):
        await send_link_again(event.slug, address, now=LATER)
    rows = await sql("SELECT recipient_address, facts FROM letter WHERE kind = 'registration_link'")
    assert [row["recipient_address"] for row in rows] == ["a@example.org"]
    assert manage_url(done.registration.id, 1, by_letter=True) in rows[0]["facts"]


# How people are counted


async def test_a_form_never_overwrites_what_a_person_stated():
    event = await an_event()
    done = await registered(event, "A", gender="woman")
    person = done.registration.person
    await registered(await an_event(), "A", gender="man")
    assert await gender_of(person) == "woman"


async def test_ones_own_page_changes_and_deletes_the_statement():
    done = await registered(await an_event(), "A", gender="woman")
    person = done.registration.person
    await state_gender(letter_token_of(done), "non_binary", now=LATER)
    assert await gender_of(person) == "non_binary"
    with pytest.raises(Problems):
        await state_gender(letter_token_of(done), "guess", now=LATER)
    assert await gender_of(person) == "non_binary"
    await state_gender(letter_token_of(done), "", now=LATER)
    assert await sql("SELECT 1 AS one FROM gender_statement") == []


async def test_no_answer_is_no_row_and_somebody_elses_link_counts_nobody():
    done = await registered(await an_event(), "A")
    assert await gender_of(done.registration.person) is None
    with pytest.raises(NotFound):
        await state_gender("nonsense", "woman", now=LATER)
    assert await sql("SELECT 1 AS one FROM gender_statement") == []


async def test_what_staff_wrote_is_overwritten_by_the_person_only():
    person = await a_person("A", "a@example.org")
    await sql(
        "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, stated_at) "
        "VALUES ({}, 'man', 'staff', 'gender statistics', '2026-11', 'en', {})",
        person, NOW,
    )  # fmt: skip
    done = await registered(await an_event(), "A", gender="woman")
    assert (done.registration.person, await gender_of(person)) == (person, "man")
    await state_gender(letter_token_of(done), "woman", now=LATER)
    rows = await sql("SELECT gender, source FROM gender_statement")
    assert rows == [{"gender": "woman", "source": "self"}]


# Attendance and head counts


async def an_item(event: Any) -> Any:
    facts = ItemFacts("Opening", "talk", event.starts_on, event.starts_time, event.ends_on, event.ends_time)
    return await add_programme_item(event.slug, facts, now=NOW, account_id=await some_account())


async def test_marking_twice_is_marking_once_and_a_mark_can_be_taken_back():
    event = await an_event()
    done = await registered(event, "A")
    account = await some_account()
    for attended in (False, True, True, False, False):
        await record_attendance(done.registration.id, attended=attended, now=LATER, account_id=account)
        assert len(await attendance_of(event.id)) == int(attended)
    assert sorted(await audit_of(done.registration.id)) == ["record_attendance", "take_back_attendance"]


async def test_an_item_and_the_event_are_marked_apart():
    event = await an_event()
    item = await an_item(event)
    done = await registered(event, "A")
    account = await some_account()
    for programme_item in (None, item.id, item.id):
        await record_attendance(
            done.registration.id, attended=True, programme_item=programme_item, now=LATER, account_id=account
        )
    assert {row["programme_item"] for row in await attendance_of(event.id)} == {None, item.id}
    await record_attendance(done.registration.id, attended=False, now=LATER, account_id=account)
    assert [row["programme_item"] for row in await attendance_of(event.id)] == [item.id]


async def test_an_item_of_another_event_and_an_impossible_mode_are_refused():
    event, other = await an_event(), await an_event()
    item = await an_item(other)
    done = await registered(event, "A")
    for wrong, field in (
        ({"programme_item": item.id}, "session"),
        ({"programme_item": uuid4()}, "session"),
        ({"mode": "by phone"}, "mode"),
        ({"mode": "on_site"}, "mode"),
    ):
        with pytest.raises(Problems) as refused:
            await record_attendance(
                done.registration.id, attended=True, now=LATER, account_id=await some_account(), **wrong
            )
        assert list(refused.value.fields) == [field]
    assert await attendance_of(event.id) == []


async def test_only_who_has_a_seat_can_be_present():
    event = await an_event(capacity=1)
    account = await some_account()
    gone = await registered(event, "A")
    await cancel_registration(gone.registration.id, now=NOW)
    await registered(event, "B")
    waiting = await registered(event, "C")
    for registration in (gone.registration, waiting.registration):
        with pytest.raises(NotStanding, match="with a seat"):
            await record_attendance(registration.id, attended=True, now=LATER, account_id=account)
    assert await attendance_of(event.id) == []


def a_count(**numbers: Any) -> NewHeadCount:
    return NewHeadCount(**{"women": 0, "men": 0, "others": 0, "undisclosed": 0, "political": 0, "source": ""} | numbers)


async def test_a_later_head_count_replaces_the_earlier_one_and_nobody_takes_it_back():
    event = await an_event()
    account = await some_account()
    await record_head_count(event, a_count(women=30, men=20), now=NOW, account_id=account)
    later = a_count(women=31, others=1, undisclosed=4, political=36, source=" The  host ")
    await record_head_count(event, later, now=LATER, account_id=account)
    kept = await head_count_of(event.id)
    assert {name: kept[name] for name in ("women", "men", "others", "undisclosed", "political", "source")} == {
        "women": 31, "men": 0, "others": 1, "undisclosed": 4, "political": 36, "source": "The host",
    }  # fmt: skip
    await record_head_count(event, a_count(), now=LATER, account_id=account)
    assert await head_count_of(event.id) is None
    assert (await audit_of(event.id)).count("record_head_count") == 3


async def test_a_list_and_a_head_count_never_stand_beside_each_other():
    account = await some_account()
    listed = await an_event()
    done = await registered(listed, "A")
    await record_attendance(done.registration.id, attended=True, now=LATER, account_id=account)
    with pytest.raises(NotStanding, match="attendance list"):
        await record_head_count(listed, a_count(women=3), now=LATER, account_id=account)
    assert await head_count_of(listed.id) is None
    counted = await an_event()
    done = await registered(counted, "B")
    await record_head_count(counted, a_count(women=3), now=LATER, account_id=account)
    with pytest.raises(NotStanding, match="head count"):
        await record_attendance(done.registration.id, attended=True, now=LATER, account_id=account)
    assert await attendance_of(counted.id) == []


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        pytest.param({"women": -1}, "women", id="less than nobody"),
        pytest.param({"men": 1_000_001}, "men", id="more than a million"),
        pytest.param({"others": 10**30}, "others", id="more than the database can hold"),
        pytest.param({"women": 1, "political": 2}, "political", id="more political people than people"),
        pytest.param({"source": "x" * 301}, "source", id="a source that is too long"),
    ],
)
async def test_an_impossible_head_count_is_refused(numbers: dict[str, Any], field: str):
    event = await an_event()
    account = await some_account()
    await record_head_count(event, a_count(women=5), now=NOW, account_id=account)
    with pytest.raises(Problems) as refused:
        await record_head_count(event, a_count(**numbers), now=LATER, account_id=account)
    assert list(refused.value.fields) == [field]
    assert (await head_count_of(event.id))["women"] == 5


# Lists


async def test_a_list_is_searched_by_name_and_address_in_any_case():
    event = await an_event()
    await registered(event, "Élodie Øster", email="first@example.org")
    await registered(event, "Bo Example", email="Second@example.org")

    async def found(q: str) -> list[str]:
        rows, total = await registrations_of(event.id, RegistrationFilter(q=q), limit=10)
        assert total == len(rows)
        return [row.name for row, _ in rows]

    for q in ("élodie", "ÉLODIE", "Élodie øster", "FIRST@", "lodie"):
        assert await found(q) == ["Élodie Øster"], q
    assert await found("second@EXAMPLE.org bo") == ["Bo Example"]
    assert await found("' OR 1=1 --") == []
    assert await found("x" * 5000) == []
    assert len(await found("\x00")) == 2
