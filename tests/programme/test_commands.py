"""Programmes that move: who is told of what, and who has a place at an item."""

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from eventhub.database import sql, violated
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import cancel_event, change_event
from eventhub.events.locking import EventIsCancelled, EventIsKept
from eventhub.events.queries import event_by_slug, item_by_id
from eventhub.events.rules import EventFacts
from eventhub.programme.commands import (
    NothingToRelease,
    change_programme_item,
    move_programme_item,
    release_programme,
    remove_programme_item,
)
from eventhub.programme.queries import facts_of_item, latest_version, signed_up_of
from eventhub.programme.sign_up import BusyThen, ItemIsFull, NoSignUp, sign_up, withdraw
from eventhub.registrations.commands import cancel_by_link, cancel_registration
from tests.make import NOW, an_event, an_item, registered, some_account, speaking
from tests.registrations.looking import token_of

pytestmark = pytest.mark.usefixtures("database")


async def letters(kind: str = "programme_changed") -> dict[str, list[str]]:
    """Sentences of each letter of a kind, by the name of who gets it."""
    rows = await sql("SELECT recipient_name, facts FROM letter WHERE kind = {} ORDER BY recipient_name", kind)
    return {row["recipient_name"]: msgspec.json.decode(row["facts"])["sentences"] for row in rows}


async def move(item: Any, clock: time, room: str = "", day: date | None = None, **more: Any) -> Any:
    return await move_programme_item(
        item.id, day or item.starts_on, clock, room, now=NOW, account_id=await some_account(), **more
    )


async def release(event: Any) -> int:
    return await release_programme(event.slug, now=NOW, account_id=await some_account())


async def test_a_moved_item_lasts_as_long_as_before_also_over_midnight_and_a_change_of_clocks() -> None:
    night = date(2026, 10, 24)
    event = await an_event(
        publish=False, starts_on=night, starts_time=time(9), ends_on=date(2026, 10, 26), ends_time=time(18)
    )
    item = await an_item(event, starts_time=time(10), ends_time=time(11, 30))
    late = await move(item, time(23, 30), "Roof")
    assert (late.ends_on, late.ends_time, late.room) == (date(2026, 10, 25), time(1), "Roof")
    twice = await move(late, time(1, 45), day=date(2026, 10, 25))
    assert (twice.ends_time, twice.ends_at - twice.starts_at) == (time(2, 15), timedelta(minutes=90))
    assert twice.ends_at.hour == 1
    with pytest.raises(Problems) as asked:
        await move(item, time(2, 30), day=date(2026, 10, 25))
    assert "show this time twice" in asked.value.fields["starts_time"][0]
    first = await move(item, time(2, 30), day=date(2026, 10, 25), second=False)
    assert first.starts_at.hour == 0


async def test_of_a_published_event_no_item_moves_out_and_of_a_cancelled_one_none_moves() -> None:
    event = await an_event()
    item = await an_item(event)
    with pytest.raises(Problems) as outside:
        await move(item, time(10), day=item.starts_on + timedelta(days=9))
    assert "lies outside the event" in outside.value.fields["starts_time"][0]
    await cancel_event(event.slug, reason="Rain", now=NOW, account_id=await some_account())
    with pytest.raises(EventIsCancelled):
        await move(item, time(10, 30))
    with pytest.raises(EventIsCancelled):
        await release(event)


async def test_everybody_hears_of_what_concerns_them_and_once() -> None:
    event = await an_event(ends_time=time(18))
    opening = await an_item(event, "Opening", room="Hall")
    visit = await an_item(event, "Visit", starts_time=time(14), ends_time=time(15), takes_sign_up=True)
    await speaking(opening, "", name="Speaks Opening", email="so@example.org")
    await speaking(visit, "", name="Speaks Visit", email="sv@example.org")
    await speaking(opening, "", name="Has Declined", email="hd@example.org", status="declined")
    comes, _ = [await registered(event, name) for name in ("Comes Along", "Stays Here")]
    gone = await registered(event, "Gone Away")
    await cancel_registration(gone.registration.id, now=NOW)
    await sign_up(token_of(comes), visit.id, now=NOW)
    await release(event)  # the items are news: the event was published without them
    await sql("DELETE FROM letter WHERE kind = 'programme_changed'")
    with pytest.raises(NothingToRelease):
        await release(event)
    await move(opening, time(10), "Garden")
    await move(visit, time(15))
    assert await release(event) == 4
    found = await letters()
    room = "“Opening” is in “Garden” instead of “Hall”."
    assert {name: (room in said, len(said)) for name, said in found.items()} == {
        "Comes Along": (True, 2), "Speaks Opening": (True, 1), "Speaks Visit": (False, 1), "Stays Here": (True, 1),
    }  # fmt: skip
    assert "Sunday, 1 March 2099, 15:00–16:00" in found["Speaks Visit"][0].replace("\u202f", " ")
    with pytest.raises(NothingToRelease):
        await release(event)
    version = await latest_version(event.id)
    assert version is not None
    assert (version.number, len(version.changes)) == (3, 2)


async def test_what_is_moved_and_moved_back_is_no_news_and_what_goes_is() -> None:
    event = await an_event(ends_time=time(18))
    item = await an_item(event, "Opening")
    visit = await an_item(event, "Visit", starts_time=time(14), ends_time=time(15), takes_sign_up=True)
    with pytest.raises(NothingToRelease):
        await release(await an_event(title="Draft", publish=False))
    await registered(event, "Ada Example")
    await release(event)  # the two items are news: the event was published without them
    await move(item, time(12))
    await move(item, time(10))
    with pytest.raises(NothingToRelease):
        await release(event)
    await remove_programme_item(visit.id, now=NOW, account_id=await some_account())
    assert await release(event) == 1
    rows = await sql("SELECT facts FROM letter WHERE kind = 'programme_changed' ORDER BY created_at, id")
    assert "“Visit” is off the programme" in msgspec.json.decode(rows[-1]["facts"])["sentences"][0]


async def test_two_who_tell_people_at_once_tell_them_once() -> None:
    event = await an_event()
    await registered(event, "Ada Example")
    await an_item(event)
    outcomes = await asyncio.gather(*(release(event) for _ in range(4)), return_exceptions=True)
    assert sorted(str(type(o).__name__) if isinstance(o, Exception) else str(o) for o in outcomes) == [
        "1", "NothingToRelease", "NothingToRelease", "NothingToRelease",
    ]  # fmt: skip
    assert len(await letters()) == 1


async def test_a_place_at_an_item_is_taken_once_and_given_back_with_the_registration() -> None:
    event = await an_event()
    item = await an_item(event, takes_sign_up=True, capacity=2)
    ada = await registered(event, "Ada Example")
    for _ in range(2):
        assert (await sign_up(token_of(ada), item.id, now=NOW)).id == item.id
    assert (await item_by_id(item.id)).taken == 1
    await cancel_by_link(token_of(ada), now=NOW)
    assert ((await item_by_id(item.id)).taken, await signed_up_of(ada.registration.id)) == (0, set())
    with pytest.raises(NoSignUp):
        await sign_up(token_of(ada), item.id, now=NOW)


async def test_who_may_not_sign_up_is_told_why() -> None:
    event = await an_event(capacity=1, ends_time=time(18))
    visit = await an_item(event, "Visit", takes_sign_up=True)
    talk = await an_item(event, "Talk", takes_sign_up=True, starts_time=time(10, 30), ends_time=time(12))
    free = await an_item(event, "Lunch", starts_time=time(12), ends_time=time(13))
    elsewhere = await an_item(await an_event(title="Other"), takes_sign_up=True)
    ada, waiting = [await registered(event, name) for name in ("Ada Example", "Waits Example")]
    with pytest.raises(NoSignUp, match="with a seat"):
        await sign_up(token_of(waiting), visit.id, now=NOW)
    await sign_up(token_of(ada), visit.id, now=NOW)
    with pytest.raises(BusyThen, match="Visit"):
        await sign_up(token_of(ada), talk.id, now=NOW)
    with pytest.raises(NoSignUp, match="Nobody needs"):
        await sign_up(token_of(ada), free.id, now=NOW)
    with pytest.raises(NoSignUp, match="begun"):
        await withdraw(token_of(ada), visit.id, now=visit.starts_at)
    for wrong in (elsewhere.id, uuid4()):
        with pytest.raises(NotFound):
            await sign_up(token_of(ada), wrong, now=NOW)
    with pytest.raises(NotFound):
        await sign_up("forged", visit.id, now=NOW)
    await withdraw(token_of(ada), visit.id, now=NOW)
    await sign_up(token_of(ada), talk.id, now=NOW)


async def test_places_that_are_taken_are_not_taken_away() -> None:
    event = await an_event()
    item = await an_item(event, takes_sign_up=True, capacity=2)
    for name in ("Ada Example", "Ben Example"):
        await sign_up(token_of(await registered(event, name)), item.id, now=NOW)
    facts = facts_of_item(item)
    with pytest.raises(Problems) as few:
        await change_programme_item(item.id, replace(facts, capacity=1), now=NOW, account_id=await some_account())
    assert few.value.fields["capacity"] == ["2 people have signed up already."]
    with pytest.raises(EventIsKept):
        await change_programme_item(
            item.id, replace(facts, takes_sign_up=False), now=NOW, account_id=await some_account()
        )


async def test_thirty_people_for_four_places_of_an_item() -> None:
    event = await an_event()
    item = await an_item(event, takes_sign_up=True, capacity=4)
    people = [await registered(event, f"Person {number}") for number in range(30)]
    outcomes = await asyncio.gather(
        *(sign_up(token_of(one), item.id, now=NOW) for one in people), return_exceptions=True
    )
    assert sum(isinstance(one, ItemIsFull) for one in outcomes) == 26
    rows = await sql("SELECT COUNT(*) AS n FROM item_sign_up WHERE programme_item = {}", item.id)
    assert ((await item_by_id(item.id)).taken, rows[0]["n"]) == (4, 4)


async def test_one_person_who_signs_up_twice_at_once_for_two_items_at_one_time_gets_one() -> None:
    event = await an_event()
    visit = await an_item(event, "Visit", takes_sign_up=True)
    talk = await an_item(event, "Talk", takes_sign_up=True)
    ada = token_of(await registered(event, "Ada Example"))
    outcomes = await asyncio.gather(*(sign_up(ada, item.id, now=NOW) for item in (visit, talk)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["BusyThen", "ItemRow"]


async def test_the_database_itself_refuses_one_person_too_many() -> None:
    """The control: without the guarded statement nobody is let in either."""
    event = await an_event()
    item = await an_item(event, takes_sign_up=True, capacity=1)
    await sql("UPDATE programme_item SET taken = 1 WHERE id = {}", item.id)
    with pytest.raises(Exception, match="programme_item_never_overfull") as refused:
        await sql("UPDATE programme_item SET taken = taken + 1 WHERE id = {}", item.id)
    assert violated(refused.value) == "programme_item_never_overfull"


async def moved_event(event: Any, **changes: Any) -> Any:
    now = await event_by_slug(event.slug)
    facts = EventFacts(
        title=now.title, kind=now.kind, mode=now.mode, involvement=now.involvement, place=now.place,
        time_zone=now.time_zone, starts_on=now.starts_on, starts_time=now.starts_time, ends_on=now.ends_on,
        ends_time=now.ends_time, registration_mode=now.registration_mode,
    )  # fmt: skip
    return await change_event(event.slug, replace(facts, **changes), now=NOW, account_id=await some_account())


async def test_a_programme_moves_with_the_days_of_its_event_and_with_its_hours_when_it_must() -> None:
    event = await an_event(ends_time=time(18))
    item = await an_item(event)
    next_day = event.starts_on + timedelta(days=1)
    await moved_event(event, starts_on=next_day, ends_on=next_day)
    followed = await item_by_id(item.id)
    assert (followed.starts_on, followed.starts_time, followed.ends_on) == (next_day, time(10), next_day)
    await moved_event(event, starts_time=time(9))
    assert (await item_by_id(item.id)).starts_time == time(10)  # an earlier start leaves it where it is
    await moved_event(event, starts_time=time(14), ends_time=time(20))
    late = await item_by_id(item.id)
    assert (late.starts_time, late.ends_time) == (time(15), time(16))
    with pytest.raises(Problems) as outside:
        await moved_event(event, ends_time=time(15, 30))
    assert outside.value.fields == {"starts_time": ["“Opening” lies outside the event."]}
    assert (await event_by_slug(event.slug)).ends_time == time(20)
