"""Conflicts are shown before anything is saved, and nothing typed is lost."""

import re
from datetime import date, time
from typing import Any

import httpx

from eventhub.database import sql
from eventhub.events.queries import item_by_id, programme_of
from eventhub.programme.commands import move_programme_item, release_programme
from eventhub.speakers.commands import change_slot
from tests.make import NOW, accepting, an_event, an_item, post_form, registered, signed_in, some_account, speaking
from tests.registrations.looking import token_of

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
        unread = await post_form(staff, address, ITEM | {"accept_conflicts": "y"})
        assert (unread.status_code, BOTH in unread.text) == (422, True)
        saved = await post_form(staff, address, accepting(refused.text, ITEM))
        assert saved.status_code == 303
        assert len(await programme_of(event.id)) == 2
        desk = await staff.get(f"/staff/events/{event.slug}")
        assert desk.text.count("are both in “Blue room” at the same time.") == 1


async def test_another_clash_than_the_one_that_was_read_is_asked_about_again(
    client: httpx.AsyncClient, app: Any
) -> None:
    event = await an_event(publish=False)
    await an_item(event, room="Blue room")
    address = f"/staff/events/{event.slug}/programme/new"
    async with await signed_in(app, "organiser") as staff:
        read = accepting((await post_form(staff, address, ITEM)).text, ITEM)
        await an_item(event, "Came meanwhile", room="Blue room")
        again = await post_form(staff, address, read)
        assert (again.status_code, "Came meanwhile" in again.text) == (422, True)
        assert (await post_form(staff, address, accepting(again.text, ITEM))).status_code == 303


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
        assert (await post_form(staff, address, accepting(refused.text, typed))).status_code == 303
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


async def test_the_timetable_moves_an_item_by_its_form_and_asks_before_a_clash(
    client: httpx.AsyncClient, app: Any
) -> None:
    event = await an_event(publish=False)
    await an_item(event, room="Blue room")
    item = await an_item(event, "Care", starts_time=time(11), ends_time=time(11, 45), room="Garden")
    typed = {"starts_on": item.starts_on.isoformat(), "starts_time": "10:30", "room": "blue room"}
    address = f"/staff/programme/{item.id}/move"
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get(f"/staff/events/{event.slug}/timetable")).text
        assert all(word in page for word in ("Blue room", "Garden", 'data-at="2099-03-01T10:30"', f"{item.id}/move"))
        refused = await post_form(staff, address, typed)
        assert (refused.status_code, "are both in “blue room” at the same time" in refused.text) == (422, True)
        assert (await item_by_id(item.id)).room == "Garden"
        moved = await post_form(staff, address, accepting(refused.text, typed))
        assert (moved.status_code, moved.headers["location"]) == (
            303, f"/staff/events/{event.slug}/timetable#t-{item.id}",
        )  # fmt: skip
        now = await item_by_id(item.id)
        assert (now.starts_time, now.ends_time, now.room) == (time(10, 30), time(11, 15), "blue room")
        for wrong in ({"starts_time": "7pm"}, {"starts_on": "2099-02-30"}, {"room": "x" * 500}, {"starts_on": ""}):
            page = await post_form(staff, address, typed | wrong)
            assert (page.status_code, "Error: " in page.text) == (422, True)
    async with await signed_in(app, "reader") as reader:
        page = (await reader.get(f"/staff/events/{event.slug}/timetable")).text
        assert ("Blue room" in page, "data-at" in page, "/move" in page) == (True, False, False)


async def test_a_time_that_happens_twice_is_asked_about_for_an_item_too(client: httpx.AsyncClient, app: Any) -> None:
    night = date(2026, 10, 25)
    event = await an_event(
        publish=False, starts_on=night, starts_time=time(0), ends_on=night, ends_time=time(6), time_zone="Europe/Madrid"
    )
    address = f"/staff/events/{event.slug}/programme/new"
    typed = ITEM | {"starts_on": "2026-10-25", "starts_time": "02:15", "ends_time": "04:00"}
    async with await signed_in(app, "organiser") as staff:
        asked = await post_form(staff, address, typed)
        assert (asked.status_code, "show this time twice on that day" in asked.text, "which_start" in asked.text) == (
            422, True, True,
        )  # fmt: skip
        assert (await post_form(staff, address, typed | {"which_start": "second"})).status_code == 303
        (item,) = await programme_of(event.id)
        assert item.starts_at.hour == 1
        page = await staff.get(f"/staff/programme/{item.id}")
        assert re.search(r'value="second"[^>]*checked|checked[^>]*value="second"', page.text)
        gone = await post_form(staff, address, typed | {"starts_on": "2026-03-29", "ends_time": "05:00"})
        assert (gone.status_code, "jump over this time" in gone.text) == (422, True)


async def test_the_public_programme_shows_rooms_speakers_and_what_has_changed(
    client: httpx.AsyncClient, app: Any
) -> None:
    event = await an_event(title="Forum")
    item = await an_item(event, "Care", room="Garden")
    await speaking(item, "", name="Ada Example")
    await speaking(item, "", name="Not Yet", status="invited")
    page = (await client.get(f"/events/{event.slug}/programme")).text
    assert ("Garden" in page, "Ada Example" in page, "Not Yet" in page, "What has changed" in page) == (
        True, True, False, False,
    )  # fmt: skip
    account = await some_account()
    await release_programme(event.slug, now=NOW, account_id=account)
    assert "“Care” is new" in (await client.get(f"/events/{event.slug}/programme")).text
    await move_programme_item(item.id, item.starts_on, time(11), "Blue room", now=NOW, account_id=account)
    async with await signed_in(app, "organiser") as staff:
        timetable = f"/staff/events/{event.slug}/timetable"
        assert "nobody has been written to yet" in (await staff.get(timetable)).text
        told = await post_form(staff, f"/staff/events/{event.slug}/programme/release", {}, page=timetable)
        assert told.status_code == 303
        assert "People know the programme as it stands." in (await staff.get(timetable)).text
        again = await post_form(staff, f"/staff/events/{event.slug}/programme/release", {}, page=timetable)
        assert again.status_code == 409
    page = (await client.get(f"/events/{event.slug}/programme")).text
    assert "“Care” is in “Blue room” instead of “Garden”." in page
    draft = await an_event(title="Draft", publish=False)
    assert (await client.get(f"/events/{draft.slug}/programme")).status_code == 404


async def test_a_person_signs_up_for_a_part_by_the_personal_link(client: httpx.AsyncClient, app: Any) -> None:
    event = await an_event()
    item = await an_item(event, "Visit to the port", takes_sign_up=True, capacity=1)
    ada, ben = [await registered(event, name) for name in ("Ada Example", "Ben Example")]
    own = f"/registrations/{token_of(ada)}"
    assert "1 place is free." in (await client.get(own)).text
    done = await post_form(client, f"{own}/programme/{item.id}/take", {}, page=own)
    assert done.status_code == 303
    assert "You have signed up" in (await client.get(own)).text
    other = f"/registrations/{token_of(ben)}"
    assert "All places are taken" in (await client.get(other)).text
    full = await post_form(client, f"{other}/programme/{item.id}/take", {}, page=other)
    assert (full.status_code, "“Visit to the port” is full." in full.text) == (409, True)
    async with await signed_in(app, "organiser") as staff:
        people = (await staff.get(f"/staff/programme/{item.id}/places")).text
        assert ("Ada Example" in people, "Ben Example" in people) == (True, False)
    async with await signed_in(app, "reader") as reader:
        assert (await reader.get(f"/staff/programme/{item.id}/places")).status_code == 403
    await post_form(client, f"{own}/programme/{item.id}/give-back", {}, page=own)
    assert (await item_by_id(item.id)).taken == 0
    wrong = await client.post(f"/registrations/forged/programme/{item.id}/take")
    assert wrong.status_code in (403, 404)
