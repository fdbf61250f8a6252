"""The next edition of an event has its programme and team, and none of its people."""

import asyncio
from datetime import date, time
from typing import Any
from uuid import UUID

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import archive_event, cancel_event, unarchive_event
from eventhub.events.locking import EventIsKept
from eventhub.events.queries import EventFilter, events, partners_of, programme_of, team_of, themes_of
from eventhub.questions.commands import retire_question
from eventhub.questions.queries import answer_counts, answers_of, questions_of
from eventhub.questions.rules import Condition
from eventhub.registrations.queries import registration_counts
from eventhub.series.commands import create_series, duplicate_event, next_edition
from eventhub.series.queries import editions_of, figures_of, series_by_slug, series_lines
from tests.make import NOW, a_question, an_event, an_item, registered, some_account, speaking

pytestmark = pytest.mark.usefixtures("database")
NEXT = date(2100, 2, 26)


async def a_full_event(**changes: Any) -> Any:
    """An event with everything that a copy could take along."""
    account = await some_account()
    await sql(
        "INSERT INTO partner (id, key, name, name_folded, country, updated_at) "
        "VALUES ({}, 'water-fund', 'Water Fund', 'water fund', '', {})",
        account,
        NOW,
    )
    await sql("INSERT INTO theme (id, code, name, tag) VALUES ({}, 'care', 'Care', '')", account)
    event = await an_event(
        title="Forum", themes=("care",), partners=(("funder", "water-fund"),), team=((str(account), True),),
        ends_on=date(2099, 3, 2), ends_time=time(18), **changes,
    )  # fmt: skip
    item = await an_item(event, "Care", room="Garden", track="Health", takes_sign_up=True, capacity=20)
    await an_item(event, "Dinner", starts_on=date(2099, 3, 2), ends_on=date(2099, 3, 2))
    await speaking(item, "woman", name="Ada Example", email="ada@example.org")
    if event.is_public:
        await registered(event, "Ben Example")
    return event


async def edition(event: Any, day: date = NEXT, **more: Any) -> Any:
    return await next_edition(event.slug, day, now=NOW, account_id=await some_account(), **more)


async def test_the_next_edition_takes_facts_programme_and_team_along_and_no_people() -> None:
    event = await a_full_event()
    made = await edition(event)
    assert (made.status, made.title, made.starts_on, made.ends_on, made.edition, made.online_url) == (
        "draft", "Forum", NEXT, date(2100, 2, 27), 2, "",
    )  # fmt: skip
    items = [
        (item.title, item.starts_on, item.room, item.track, item.takes_sign_up) for item in await programme_of(made.id)
    ]
    assert items == [
        ("Care", NEXT, "Garden", "Health", True), ("Dinner", date(2100, 2, 27), "", "", False),
    ]  # fmt: skip
    assert [row["key"] for row in await partners_of(made.id)] == ["water-fund"]
    assert [row["is_lead"] for row in await team_of(made.id)] in ([True], [1])
    assert [row["code"] for row in await themes_of(made.id)] == ["care"]
    assert await registration_counts(made.id) == await registration_counts((await an_event(title="Empty")).id)
    slots = (
        "SELECT COUNT(*) AS n FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item WHERE i.event = {}"
    )
    assert (await sql(slots, made.id))[0]["n"] == 0
    assert (await sql(slots, event.id))[0]["n"] == 1


async def test_editions_are_numbered_on_and_counted_with_their_people() -> None:
    event = await a_full_event()
    second = await edition(event)
    third = await edition(second, date(2100, 9, 1))
    series = await series_by_slug("forum")
    found = await editions_of(series.id)
    assert [(one.edition, one.starts_on.year) for one in found] == [(3, 2100), (2, 2100), (1, 2099)]
    assert [one.id for one in await editions_of(series.id, public=True)] == [event.id]
    assert {key: figures.seats for key, figures in (await figures_of(series.id)).items()} == {event.id: 1}
    (line,) = await series_lines()
    assert (line.editions, line.first_on, line.last_on) == (3, date(2099, 3, 1), date(2100, 9, 1))
    assert third.series == second.series


async def test_two_who_make_the_next_edition_at_once_get_two_numbers() -> None:
    event = await a_full_event()
    await edition(event)
    made = await asyncio.gather(*(edition(event, date(2100, month, 1)) for month in (3, 4, 5)))
    assert sorted(one.edition for one in made) == [3, 4, 5]


async def test_a_copy_outside_the_series_is_an_event_of_its_own() -> None:
    event = await edition(await a_full_event())
    copy = await duplicate_event(event.slug, NEXT, now=NOW, account_id=await some_account())
    assert (copy.series, copy.edition, len(await programme_of(copy.id))) == (None, None, 2)
    assert copy.slug != event.slug


async def test_a_day_that_does_not_do_is_said_at_the_day_and_nothing_is_half_made() -> None:
    event = await a_full_event(time_zone="Europe/Madrid", starts_time=time(2, 30), publish=False)
    for day in (date(2100, 3, 28), date(9999, 12, 31)):
        with pytest.raises(Problems) as wrong:
            await edition(event, day)
        assert set(wrong.value.fields) == {"starts_on"}
    assert (await sql("SELECT COUNT(*) AS n FROM event"))[0]["n"] == 1
    assert await series_lines() == []
    with pytest.raises(NotFound):
        await next_edition("nothing\x00", NEXT, now=NOW, account_id=await some_account())


async def test_a_series_has_a_name_of_its_own() -> None:
    account = await some_account()
    await create_series("Forum", now=NOW, account_id=account)
    for name in ("", "  ", "Forum", "x" * 201):
        with pytest.raises(Problems):
            await create_series(name, now=NOW, account_id=account)
    signs = await create_series("!!!", now=NOW, account_id=account)
    assert (signs.slug, (await create_series("new", now=NOW, account_id=account)).slug) == ("series", "new-2")


async def test_what_is_over_can_be_put_away_and_taken_back() -> None:
    event = await an_event()
    account = await some_account()
    with pytest.raises(EventIsKept):
        await archive_event(event.slug, now=NOW, account_id=account)
    await cancel_event(event.slug, reason="Rain", now=NOW, account_id=account)

    async def listed(archived: bool | None) -> int:
        return (await events(EventFilter(archived=archived), limit=9))[1]

    for _ in range(2):
        await archive_event(event.slug, now=NOW, account_id=account)
    assert [await listed(which) for which in (True, False, None)] == [1, 0, 1]
    for _ in range(2):
        await unarchive_event(event.slug, now=NOW, account_id=account)
    assert [await listed(which) for which in (True, False, None)] == [0, 1, 1]
    actions = await sql("SELECT action FROM audit_entry WHERE action LIKE '%archive_event' ORDER BY action")
    assert [row["action"] for row in actions] == ["archive_event", "unarchive_event"]


@pytest.mark.parametrize("make", [next_edition, duplicate_event])
async def test_a_copy_asks_what_the_event_asks_in_its_order_and_takes_no_answers(make: Any) -> None:
    event = await an_event(title="Forum")
    visa = await a_question(event, kind="choice", options=(("yes", "Yes"), ("no", "No")), is_required=True)
    await a_question(event, "Which papers?", kind="file", shown_if=Condition(visa.id, "yes"))
    old = await a_question(event, "Diet")
    done = await registered(event, "Ada Example", answers={visa.id: "no", old.id: "vegan"})
    who = {"now": NOW, "account_id": await some_account()}
    await retire_question(event.slug, UUID(old.id), **who)
    made = await make(event.slug, NEXT, **who)
    asked = await questions_of(made.id, with_retired=True)
    labels = [(one.texts["en"].label, one.position, one.is_required, one.is_retired) for one in asked]
    assert labels == [("Do you need a visa?", 0, True, False), ("Which papers?", 1, False, False)]
    assert asked[1].shown_if == Condition(asked[0].id, "yes")  # of its own question, not of the other event's
    assert asked[0].id != visa.id
    assert await answer_counts(made.id) == {}
    assert (await answers_of(done.registration.id)).answers == {visa.id: "no", old.id: "vegan"}
    assert next(one.id for one in await questions_of(event.id)) == visa.id
