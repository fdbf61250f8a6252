"""Conflicts are shown before anything is saved, and nothing typed is lost."""

from datetime import date, time
from typing import Any

import httpx

from eventhub.database import sql
from eventhub.events.queries import programme_of
from eventhub.speakers.commands import change_slot
from tests.make import NOW, an_event, an_item, post_form, signed_in, some_account, speaking

ITEM = {
    "title": "Second panel", "kind": "panel", "starts_on": "2099-03-01", "starts_time": "10:30", "ends_time": "11:30",
    "room": "blue room", "description": "Typed with care", "parity_exempt_reason": "",
}  # fmt: skip
BOTH = "“Second panel” and “Opening” are both in “blue room” at the same time."


async def test_an_item_that_clashes_is_saved_only_when_the_organiser_has_read_it(
    client: httpx.AsyncClient, app: Any
) -> None:
    event = await an_event(publish=False)
    await an_item(event, room="Blue room")
    address = f"/staff/events/{event.slug}/programme/new"
    async with await signed_in(app, "organiser") as staff:
        refused = await post_form(staff, address, ITEM)
        assert refused.status_code == 422
        assert BOTH in refused.text
        assert "Typed with care" in refused.text
        assert len(await programme_of(event.id)) == 1
        saved = await post_form(staff, address, ITEM | {"accept_conflicts": "y"})
        assert saved.status_code == 303
        assert len(await programme_of(event.id)) == 2
        desk = await staff.get(f"/staff/events/{event.slug}")
        assert desk.text.count("are both in “Blue room” at the same time.") == 1


async def test_moving_an_item_onto_another_asks_first(client: httpx.AsyncClient, app: Any) -> None:
    event = await an_event(publish=False)
    await an_item(event, room="Blue room")
    item = await an_item(event, "Second panel", starts_time=time(11), ends_time=time(12), room="Blue room")
    async with await signed_in(app, "organiser") as staff:
        refused = await post_form(staff, f"/staff/programme/{item.id}", ITEM)
        assert (refused.status_code, BOTH in refused.text) == (422, True)
        assert [one.starts_time for one in await programme_of(event.id)] == [time(10), time(11)]
        same = await post_form(
            staff, f"/staff/programme/{item.id}", ITEM | {"starts_time": "11:00", "ends_time": "12:00"}
        )
        assert same.status_code == 303  # an item does not clash with itself


async def test_a_break_shorter_than_the_event_asks_for_is_told(client: httpx.AsyncClient, app: Any) -> None:
    event = await an_event(publish=False, minimum_break=15)
    await an_item(event, room="Blue room")
    typed = ITEM | {"starts_time": "11:10", "ends_time": "11:40"}
    async with await signed_in(app, "organiser") as staff:
        page = await post_form(staff, f"/staff/events/{event.slug}/programme/new", typed)
    sentence = "Between “Second panel” and “Opening” in “blue room” lie 10 minutes; 15 are asked for."
    assert (page.status_code, sentence in page.text) == (422, True)


async def test_a_speaker_wanted_in_two_events_at_once_is_told_when_added_and_when_moved(
    client: httpx.AsyncClient, app: Any
) -> None:
    congress = await an_event(title="Congress")
    await speaking(await an_item(congress, "Care"), "", name="Ada Example", email="ada@example.org")
    forum = await an_event(title="Forum", publish=False)
    item = await an_item(forum, "Water")
    typed = {
        "name": "Ada Example", "email": "ADA@example.org", "role": "panellist", "level": "technical",
        "status": "invited", "member": "", "gender": "",
    }  # fmt: skip
    sentence = "Ada Example speaks at “Care” of “Congress” at the same time as at “Water”."
    address = f"/staff/programme/{item.id}/speakers/new"
    async with await signed_in(app, "organiser") as staff:
        refused = await post_form(staff, address, typed)
        assert (refused.status_code, sentence in refused.text) == (422, True)
        assert await sql("SELECT 1 AS one FROM speaker_slot WHERE programme_item = {}", item.id) == []
        assert (await post_form(staff, address, typed | {"accept_conflicts": "y"})).status_code == 303
        assert sentence in (await staff.get(f"/staff/events/{forum.slug}")).text
        moved = ITEM | {"title": "Water", "starts_time": "10:15", "ends_time": "10:45", "room": ""}
        again = await post_form(staff, f"/staff/programme/{item.id}", moved)
        assert (again.status_code, sentence in again.text) == (422, True)
        free = moved | {"starts_time": "11:00", "ends_time": "12:00"}
        assert (await post_form(staff, f"/staff/programme/{item.id}", free)).status_code == 303


async def test_who_declined_and_events_that_were_cancelled_take_nobodys_time(
    client: httpx.AsyncClient, app: Any
) -> None:
    congress = await an_event(title="Congress")
    (slot,) = await speaking(await an_item(congress, "Care"), "", name="Ada Example", email="ada@example.org")
    forum = await an_event(title="Forum", publish=False)
    item = await an_item(forum, "Water")
    await speaking(item, "", name="Ada Example", email="ada@example.org")
    async with await signed_in(app, "organiser") as staff:
        assert "speaks at “Care”" in (await staff.get(f"/staff/events/{forum.slug}")).text
        await change_slot(
            slot, role="speaker", level="technical", status="declined", now=NOW, account_id=await some_account()
        )
        assert "speaks at “Care”" not in (await staff.get(f"/staff/events/{forum.slug}")).text
        await sql("UPDATE speaker_slot SET status = 'confirmed' WHERE id = {}", slot)
        await sql("UPDATE event SET status = 'cancelled' WHERE id = {}", congress.id)
        assert "speaks at “Care”" not in (await staff.get(f"/staff/events/{forum.slug}")).text


async def test_faults_come_before_conflicts_and_days_far_away_are_no_failure(
    client: httpx.AsyncClient, app: Any
) -> None:
    event = await an_event(publish=False, starts_on=date(2099, 3, 1))
    await an_item(event, room="Blue room")
    address = f"/staff/events/{event.slug}/programme/new"
    async with await signed_in(app, "organiser") as staff:
        for wrong in ({"starts_on": "9999-12-31"}, {"starts_time": "25:99"}, {"title": ""}, {"ends_time": "10:30"}):
            page = await post_form(staff, address, ITEM | wrong)
            assert (page.status_code, BOTH in page.text) == (422, False)
    assert len(await programme_of(event.id)) == 1
