"""What organisers do with events, on the real database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import (
    ChangedMeanwhile,
    ExceptionNotAllowed,
    NotReadyToPublish,
    cancel_event,
    change_event,
    create_event,
    delete_draft,
    publish_event,
    publishing_problems,
)
from eventhub.events.locking import EventIsCancelled, EventIsKept
from eventhub.events.queries import EventFilter, event_by_slug, events, item_by_id, parts_of, programme_of, ties_of
from eventhub.events.rules import EventFacts, ItemFacts
from eventhub.programme.commands import add_programme_item, change_programme_item, remove_programme_item
from eventhub.registrations.commands import (
    cancel_registration,
    record_attendance,
)
from eventhub.registrations.seats import CapacityTooSmall
from eventhub.speakers.queries import exceptions_of
from tests.make import NOW, a_lab, an_account, an_event, an_item, registered, some_account, speaking, themes_loaded

FACTS = EventFacts(
    title="Zürich – 2027: Care & Repair!", kind="forum", mode="hybrid", involvement="organised",
    starts_on=date(2027, 3, 1), starts_time=time(9), ends_on=date(2027, 3, 1), ends_time=time(17),
    time_zone="Europe/Madrid", place="Barcelona", country="es", capacity=40,
)  # fmt: skip
LATER = NOW + timedelta(minutes=5)


async def make(**changes: Any) -> Any:
    return await create_event(replace(FACTS, **changes), now=NOW, account_id=await some_account())


async def change(event: Any, *, version: int | None = None, now: datetime = LATER, **changes: Any) -> Any:
    """Change what is given and leave the rest."""
    names = [name for name in EventFacts.__dataclass_fields__ if name in event.__struct_fields__ and name != "parent"]
    facts = EventFacts(**{name: getattr(event, name) for name in names} | changes)
    return await change_event(event.slug, facts, version=version, now=now, account_id=await some_account())


async def publish(event: Any, **more: Any) -> Any:
    return await publish_event(event.slug, now=NOW, account_id=await some_account(), **more)


async def letters(kind: str | None = None) -> list[str]:
    rows = await sql("SELECT kind, recipient_address FROM letter ORDER BY recipient_address, kind")
    return [row["recipient_address"] for row in rows if kind in (None, row["kind"])]


async def audit() -> list[str]:
    return [row["action"] for row in await sql("SELECT action FROM audit_entry ORDER BY at, action")]


async def everything() -> list[Any]:
    tables = (
        "event", "event_theme", "event_action_line", "programme_item", "speaker_slot", "seat_pool", "parity_exception",
        "letter", "audit_entry",
    )  # fmt: skip
    return [await sql(f"SELECT * FROM {table} ORDER BY 1") for table in tables]


async def test_a_new_event_is_a_draft_with_tidy_facts_and_closed_seats(database: None) -> None:
    event = await make(title="  Zürich \u202e 2027\x00 ", description="One\r\nTwo\x00")
    assert (event.slug, event.title, event.status, event.version) == ("zurich-2027", "Zürich 2027", "draft", 1)
    assert (event.country, event.description) == ("ES", "One\nTwo")
    assert (event.starts_at, event.ends_at) == (
        datetime(2027, 3, 1, 8, tzinfo=UTC), datetime(2027, 3, 1, 16, tzinfo=UTC),
    )  # fmt: skip
    assert await sql("SELECT capacity, taken, waiting, is_open FROM seat_pool WHERE event = {}", event.id) == [
        {"capacity": 40, "taken": 0, "waiting": 0, "is_open": False}
    ]
    assert event.calendar_uid == f"{event.id}@eventhub"
    assert "create_event" in await audit()


async def test_two_events_of_one_title_have_two_addresses_and_two_calendar_names(database: None) -> None:
    made = [await make(title="Care") for _ in range(3)]
    assert [event.slug for event in made] == ["care", "care-2", "care-3"]
    assert len({event.calendar_uid for event in made}) == 3


@pytest.mark.parametrize(
    ("title", "slug"),
    [("New", "new-2"), ("日本", "riben"), ("!!!", "event"), ("x" * 300, "x" * 80), ("Ωμέγα", "omega")],
)
async def test_an_address_is_plain_short_and_never_that_of_a_page(database: None, title: str, slug: str) -> None:
    assert (await make(title=title)).slug == slug


async def test_every_fault_is_said_at_once_and_nothing_is_written(database: None) -> None:
    await themes_loaded()
    account = await some_account()
    before = await everything()
    bad = replace(
        FACTS, title="", kind="party", country="XX", parent="nothing\x00", themes=("futures", "cats", "dogs"),
        action_lines=("AL99",), ends_on=date(2027, 2, 1), capacity=-1,
    )  # fmt: skip
    with pytest.raises(Problems) as refusal:
        await create_event(bad, now=NOW, account_id=account)
    assert set(refusal.value.fields) == {
        "title", "kind", "country", "parent", "themes", "action_lines", "ends_on", "capacity"
    }  # fmt: skip
    assert len(refusal.value.fields["themes"]) == 2
    assert refusal.value.fields["country"] == ["“XX” is no country code. Codes look like FR."]
    assert await everything() == before


async def test_an_event_is_tied_to_themes_and_a_parent_once(database: None) -> None:
    await themes_loaded()
    parent = await make(title="Congress")
    event = await make(title="Part", parent=parent.slug, themes=("gender", "futures", "gender"))
    ties = (await ties_of([parent, event]))[event.id]
    assert (ties.parent, ties.public_parent, ties.themes) == ("congress", None, ("futures", "gender"))
    with pytest.raises(Problems) as refusal:
        await change(event, parent=event.slug)
    assert refusal.value.fields == {"parent": ["An event cannot be part of itself."]}


async def test_parts_that_are_drafts_or_private_are_not_shown(database: None) -> None:
    parent = await an_event(title="Congress")
    for title, kind, is_public in (
        ("Draft", "forum", False), ("Private", "internal", True), ("Visit", "bilateral", True), ("Open", "forum", True)
    ):  # fmt: skip
        await an_event(title=title, kind=kind, publish=is_public, parent=parent.slug)
    assert [part.title for part in await parts_of(parent.id)] == ["Open"]


async def test_publishing_is_refused_with_every_reason_at_once_and_writes_nothing(database: None) -> None:
    event = await make(place="")
    item = await an_item(event, "Men only", starts_time=time(8), ends_time=time(10))
    await speaking(item, "man", "man", "man")
    other = await an_item(event, "Nobody knows", starts_time=time(10), ends_time=time(11))
    await speaking(other, "", "")
    event = await event_by_slug(event.slug)
    before = await everything()
    for reason, may_except in (("", False), ("", True)):
        with pytest.raises(NotReadyToPublish) as refusal:
            await publish(event, exception_reason=reason, may_except=may_except)
        assert [str(sentence) for sentence in refusal.value.sentences] == [
            "The event has no place yet; people on site need one.",
            "“Men only” lies outside the event.",
            "“Men only” has one gender only, 0 women and 3 men; it needs at least 1 of each: 1 woman is missing.",
            "“Nobody knows” cannot be judged: 0 women and 0 men, and 2 people whose gender is not known. A panel of 2 needs at least 1 of each.",
        ]
        schedule, panels = await publishing_problems(event)
        assert [*schedule, *panels] == list(refusal.value.sentences)
    assert await everything() == before


async def test_a_reason_does_not_open_the_gate_for_a_schedule(database: None) -> None:
    event = await make(place="")
    await speaking(await an_item(event), "man", "man")
    before = await everything()
    with pytest.raises(NotReadyToPublish) as refusal:
        await publish(event, exception_reason="Agreed.", may_except=True)
    assert len(refusal.value.sentences) == 2
    assert await everything() == before


async def test_only_an_administrator_publishes_in_spite_of_the_panels(database: None) -> None:
    event = await make()
    await speaking(await an_item(event), "man", "man")
    before = await everything()
    with pytest.raises(ExceptionNotAllowed) as refusal:
        await publish(event, exception_reason="Agreed.")
    assert refusal.value.status_code == 403
    assert refusal.value.sentences[0] == "Only an administrator may publish in spite of the panels."
    with pytest.raises(Problems) as too_long:
        await publish(event, exception_reason="x" * 2001, may_except=True)
    assert too_long.value.fields == {"exception_reason": ["This is too long; 2000 characters is the most."]}
    with pytest.raises(NotReadyToPublish):
        await publish(event, exception_reason=" \x00\n ", may_except=True)
    assert await everything() == before


async def test_an_exception_is_kept_with_its_reason_its_findings_and_the_account(database: None) -> None:
    event = await make()
    await speaking(await an_item(event), "man", "man")
    account = await an_account("administrator")
    done = await publish_event(event.slug, exception_reason="Agreed.", may_except=True, now=NOW, account_id=account)
    assert (done.status, done.published_at) == ("published", NOW)
    assert await exceptions_of(event.id) == [
        {
            "reason": "Agreed.",
            "findings": "“Opening” has one gender only, 0 women and 2 men; it needs at least 1 of each: 1 woman is missing.",
            "granted_at": NOW,
            "account_name": "Administrator",
        }
    ]
    trail = await sql("SELECT action FROM audit_entry WHERE object_id = {} AND account = {}", str(event.id), account)
    assert sorted(row["action"] for row in trail) == ["grant_parity_exception", "publish_event"]


async def test_a_balanced_event_is_published_without_an_exception_even_with_a_reason(database: None) -> None:
    event = await make()
    await speaking(await an_item(event), "man", "woman")
    await publish(event, exception_reason="Not needed.")
    assert await exceptions_of(event.id) == []


async def test_publishing_twice_is_publishing_once(database: None) -> None:
    event = await publish(await make())
    before = await everything()
    again = await publish_event(event.slug, now=LATER, account_id=await some_account())
    assert (again, await everything()) == (event, before)
    assert (await sql("SELECT is_open FROM seat_pool"))[0]["is_open"]


async def test_an_event_that_takes_no_registrations_keeps_its_seats_closed(database: None) -> None:
    event = await publish(await make(registration_mode="closed"))
    assert not (await sql("SELECT is_open FROM seat_pool"))[0]["is_open"]
    await change(event, registration_mode="open")
    assert (await sql("SELECT is_open FROM seat_pool"))[0]["is_open"]


async def test_cancelling_tells_everybody_who_registered_once(database: None) -> None:
    event = await an_event(capacity=1)
    await registered(event, "Ada")
    await registered(event, "Bo")
    gone = await registered(event, "Cy")
    await cancel_registration(gone.registration.id, now=NOW)
    account = await some_account()
    done = await cancel_event(event.slug, reason="A storm.", now=LATER, account_id=account)
    assert (done.status, done.cancel_reason, done.sequence, done.cancelled_at) == (
        "cancelled", "A storm.", event.sequence + 1, LATER,
    )  # fmt: skip
    assert await letters("event_cancelled") == ["ada@example.org", "bo@example.org"]
    before = await everything()
    await cancel_event(event.slug, reason="Again.", now=LATER, account_id=account)
    assert await everything() == before
    with pytest.raises(EventIsCancelled):
        await publish(done)
    with pytest.raises(EventIsCancelled):
        await change(done, title="Back again")


@pytest.mark.parametrize("reason", ["", "  \n ", "\x00", "x" * 2001])
async def test_cancelling_needs_a_reason_that_people_can_read(database: None, reason: str) -> None:
    event = await an_event()
    with pytest.raises(Problems) as refusal:
        await cancel_event(event.slug, reason=reason, now=LATER, account_id=await some_account())
    assert set(refusal.value.fields) == {"reason"}
    assert (await event_by_slug(event.slug)).status == "published"


async def test_an_event_that_is_moved_raises_its_sequence_and_tells_people_once(database: None) -> None:
    event = await an_event(capacity=1)
    await registered(event, "Ada")
    await registered(event, "Bo")
    await sql("UPDATE letter SET status = 'sent', attempts = 1")
    moved = await change(event, starts_time=time(11), ends_time=time(13))
    assert moved.sequence == event.sequence + 1
    assert await letters("event_changed") == ["ada@example.org", "bo@example.org"]
    again = await change(moved)
    assert (again.sequence, await letters("event_changed")) == (moved.sequence, ["ada@example.org", "bo@example.org"])


async def test_a_new_online_address_needs_no_letter_as_personal_links_lead_there(database: None) -> None:
    event = await an_event()
    await registered(event, "Ada")
    changed = await change(event, online_url="https://meet.example.org/other")
    assert (changed.sequence, await letters("event_changed")) == (event.sequence, [])


async def test_who_was_never_told_of_a_seat_hears_of_it_with_the_new_time_and_nothing_else(database: None) -> None:
    event = await an_event(capacity=1)
    await registered(event, "Ada")
    await registered(event, "Bo")
    moved = await change(event, starts_time=time(11), ends_time=time(13))
    rows = await sql(
        "SELECT recipient_name AS name, kind, status, calendar_sequence AS number, facts FROM letter "
        "ORDER BY created_at, id"
    )
    assert [(row["name"], row["kind"], row["status"], row["number"]) for row in rows] == [
        ("Ada", "registration_confirmed", "withdrawn", 0),
        ("Bo", "registration_waitlisted", "withdrawn", None),
        ("Ada", "registration_confirmed", "queued", 1),
        ("Bo", "registration_waitlisted", "queued", None),
    ]
    assert moved.starts_at is not None
    assert all(moved.starts_at.isoformat() in row["facts"] for row in rows[2:])
    assert msgspec.json.decode(rows[3]["facts"])["position"] == 1


async def test_what_does_not_matter_to_people_is_not_told(database: None) -> None:
    event = await an_event()
    await registered(event, "Ada")
    changed = await change(event, title="Care everywhere", description="More.", capacity=90)
    assert (changed.title, changed.sequence, changed.slug) == ("Care everywhere", event.sequence, event.slug)
    assert await letters("event_changed") == []
    draft = await change(await an_event(publish=False), starts_time=time(9))
    assert draft.sequence == 0


async def test_somebody_who_was_slower_is_told_and_overwrites_nothing(database: None) -> None:
    event = await an_event()
    await change(event, version=event.version, title="First")
    before = await everything()
    with pytest.raises(ChangedMeanwhile) as refusal:
        await change(event, version=event.version, title="Second")
    assert refusal.value.status_code == 409
    assert await everything() == before
    assert (await change(event, title="Whatever stands")).title == "Whatever stands"


async def test_seats_that_people_have_cannot_be_taken_away(database: None) -> None:
    event = await an_event(capacity=3)
    for name in ("Ada", "Bo"):
        await registered(event, name)
    before = await everything()
    with pytest.raises(CapacityTooSmall) as refusal:
        await change(event, capacity=1)
    assert str(refusal.value.sentences[0]) == "2 people have seats already; cancel some of them first."
    assert await everything() == before
    await change(event, capacity=2)
    assert (await sql("SELECT capacity, taken FROM seat_pool"))[0] == {"capacity": 2, "taken": 2}


async def test_more_seats_let_those_who_wait_move_up(database: None) -> None:
    event = await an_event(capacity=1)
    for name in ("Ada", "Bo", "Cy", "Di"):
        await registered(event, name)
    await change(event, capacity=3)
    assert await letters("registration_promoted") == ["bo@example.org", "cy@example.org"]
    assert (await sql("SELECT capacity, taken, waiting FROM seat_pool"))[0] == {"capacity": 3, "taken": 3, "waiting": 1}


async def test_the_programme_keeps_its_wall_times_when_the_zone_changes(database: None) -> None:
    event = await an_event(publish=False)
    item = await an_item(event)
    assert item.starts_at.hour == 9
    changed = await change(event, time_zone="America/Mexico_City")
    moved = await item_by_id(item.id)
    assert (moved.starts_time, moved.ends_time) == (time(10), time(11))
    assert (moved.starts_at, moved.starts_at.hour) == (changed.starts_at, 16)


async def test_a_zone_in_which_the_programme_cannot_be_is_refused(database: None) -> None:
    day = date(2027, 3, 14)  # the clocks of New York jump from two to three
    event = await an_event(publish=False, starts_on=day, ends_on=day, starts_time=time(1), ends_time=time(9))
    await an_item(event, "Night", starts_time=time(2, 30), ends_time=time(4))
    with pytest.raises(Problems) as refusal:
        await change(event, time_zone="America/New_York")
    assert refusal.value.fields == {"time_zone": ["“Night” of the programme has no such time in this zone."]}
    assert (await event_by_slug(event.slug)).time_zone == "Europe/Madrid"


async def test_a_draft_without_people_is_deleted_with_all_that_hangs_on_it(database: None) -> None:
    await themes_loaded()
    event = await make(themes=("gender",))
    await speaking(await an_item(event), "man", "woman")
    await delete_draft(event.slug, now=NOW, account_id=await some_account())
    for table in ("event", "event_theme", "programme_item", "speaker_slot", "seat_pool"):
        assert await sql(f"SELECT * FROM {table}") == []
    assert "delete_draft" in await audit()
    with pytest.raises(NotFound):
        await event_by_slug(event.slug)


async def test_what_was_published_or_holds_something_is_kept(database: None) -> None:
    account = await some_account()
    published = await an_event(title="Published")
    parent = await make(title="Parent")
    await make(title="Part", parent=parent.slug)
    counted = await make(title="Counted")
    await sql("INSERT INTO head_count (event, source, recorded_at) VALUES ({}, '', {})", counted.id, NOW)
    meeting = await make(title="Meeting", kind="lab_session")
    lab = await a_lab()
    await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, 1)", meeting.id, lab.id)
    before = await everything()
    for event, sentence in (
        (published, "Only drafts without registrations can be deleted. Cancel this event instead."),
        (parent, "Other events are part of this one. Take them out of it first."),
        (counted, "Only drafts without registrations can be deleted. Cancel this event instead."),
        (meeting, "This is a session of a lab. Take it off the lab first."),
    ):
        with pytest.raises(EventIsKept) as refusal:
            await delete_draft(event.slug, now=NOW, account_id=account)
        assert [str(said) for said in refusal.value.sentences] == [sentence]
    assert await everything() == before


async def test_a_programme_item_is_added_changed_and_removed(database: None) -> None:
    event = await make()
    account = await some_account()
    facts = ItemFacts(" Opening\x00 ", "panel", date(2027, 3, 1), time(9), date(2027, 3, 1), time(10), room="Hall")
    item = await add_programme_item(event.slug, facts, now=NOW, account_id=account)
    assert (item.title, item.starts_at) == ("Opening", datetime(2027, 3, 1, 8, tzinfo=UTC))
    changed = await change_programme_item(item.id, replace(facts, room="Garden"), now=NOW, account_id=account)
    assert (changed.id, changed.room) == (item.id, "Garden")
    await speaking(item, "woman")
    assert (await remove_programme_item(item.id, now=NOW, account_id=account)).version == event.version + 3
    assert (await programme_of(event.id), await sql("SELECT * FROM speaker_slot")) == ([], [])
    actions = await audit()
    assert {"add_programme_item", "change_programme_item", "remove_programme_item"} <= set(actions)


async def test_a_wrong_programme_item_writes_nothing(database: None) -> None:
    event = await make()
    account = await some_account()
    before = await everything()
    with pytest.raises(Problems) as refusal:
        await add_programme_item(
            event.slug, ItemFacts("", "party", None, None, None, None), now=NOW, account_id=account
        )
    assert set(refusal.value.fields) == {"title", "kind", "starts_time", "ends_time"}
    with pytest.raises(NotFound):
        await change_programme_item(uuid4(), ItemFacts("", "", None, None, None, None), now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await remove_programme_item(uuid4(), now=NOW, account_id=account)
    assert await everything() == before


async def test_an_item_at_which_people_were_present_stays(database: None) -> None:
    event = await an_event()
    item = await an_item(event)
    done = await registered(event, "Ada")
    account = await some_account()
    await record_attendance(done.registration.id, attended=True, programme_item=item.id, now=NOW, account_id=account)
    with pytest.raises(EventIsKept):
        await remove_programme_item(item.id, now=NOW, account_id=account)
    assert await programme_of(event.id) == [item]


async def test_events_are_found_by_words_kind_day_and_theme(database: None) -> None:
    await themes_loaded()
    await make(title="Chișinău forum", themes=("gender",))
    await make(title="Water seminar", kind="seminar", starts_on=date(2028, 1, 1), ends_on=date(2028, 1, 1))

    async def found(**wanted: Any) -> list[str]:
        rows, total = await events(EventFilter(**wanted), limit=10)
        assert total == len(rows)
        return [event.title for event in rows]

    assert await found() == ["Chișinău forum", "Water seminar"]
    assert await found(q="chisinau FORUM") == ["Chișinău forum"]
    assert await found(q="  ") == ["Chișinău forum", "Water seminar"]
    for nothing in ("%", "_", "!!!", "'; DROP TABLE event; --", "x" * 600):
        assert await found(q=nothing) == []
    assert await found(kind="seminar") == ["Water seminar"]
    assert await found(year=2027) == ["Chișinău forum"]
    assert await found(theme="gender") == ["Chișinău forum"]
    assert await found(from_day=date(2027, 3, 2)) == ["Water seminar"]
    assert await found(before_day=date(2027, 3, 2)) == ["Chișinău forum"]
    assert await found(public_only=True) == []


async def test_a_part_of_a_list_says_how_many_there_are_in_all(database: None) -> None:
    for _ in range(5):
        await make(title="Care")
    first, total = await events(EventFilter(), limit=2)
    second, same = await events(EventFilter(), limit=2, offset=4)
    assert (len(first), total, len(second), same) == (2, 5, 1, 5)
    everybody, _ = await events(EventFilter(), limit=10)
    assert isinstance(everybody[0].id, UUID)
    assert [event.id for event in everybody[:2]] == [event.id for event in first]
