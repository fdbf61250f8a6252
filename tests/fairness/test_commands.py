"""Who an event is held for, and what the ledger reads of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.locking import EventIsCancelled
from eventhub.fairness.commands import choose_invited_members
from eventhub.fairness.queries import editions_before, group_of_lab, invited_to, sessions_before
from eventhub.labs.commands import add_lab_session
from eventhub.reviewing.commands import accept_application, decline_application
from eventhub.series.commands import create_series
from tests.make import NOW, a_lab_with_call, a_member, an_application, an_event, some_account

AFTER = datetime(2099, 12, 1, tzinfo=UTC)


async def choose(event: Any, *keys: str) -> Any:
    return await choose_invited_members(event.slug, keys, now=NOW, account_id=await some_account())


async def keys_of(event: Any) -> list[str]:
    return [member.key for member in await invited_to(event.id)]


async def test_a_choice_replaces_the_one_before_and_is_on_the_audit_trail(database: None) -> None:
    for name in ("Barcelona", "Dakar", "Lima"):
        await a_member(name)
    event = await an_event()
    await choose(event, "lima", "barcelona", "lima")
    assert await keys_of(event) == ["barcelona", "lima"]
    await choose(event, "dakar")
    assert await keys_of(event) == ["dakar"]
    rows = await sql("SELECT action, detail FROM audit_entry WHERE action = 'choose_invited_members' ORDER BY detail")
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("choose_invited_members", "1"), ("choose_invited_members", "2"),
    ]  # fmt: skip
    await choose(event)
    assert await keys_of(event) == []


async def test_an_unknown_member_is_named_and_nothing_changes(database: None) -> None:
    await a_member("Lima")
    event = await an_event()
    await choose(event, "lima")
    with pytest.raises(Problems) as told:
        await choose(event, "lima", "atlantis", "x" * 600)
    assert [str(sentence) for sentence in told.value.fields["members"]] == [
        "There is no member “atlantis”.", f"There is no member “{'x' * 80}”.",
    ]  # fmt: skip
    assert await keys_of(event) == ["lima"]


async def test_all_members_of_the_association_fit(database: None) -> None:
    for number in range(230):
        await a_member(f"City {number}")
    event = await an_event()
    await choose(event, *(f"city-{number}" for number in range(230)))
    assert len(await keys_of(event)) == 230


async def test_a_cancelled_event_and_one_that_is_not_there_are_refused(database: None) -> None:
    event = await an_event()
    await sql("UPDATE event SET status = 'cancelled', sequence = 1 WHERE id = {}", event.id)
    with pytest.raises(EventIsCancelled):
        await choose(event)
    with pytest.raises(NotFound):
        await choose_invited_members("nothing", [], now=NOW, account_id=await some_account())


async def edition(series: Any, number: int, day: date, **changes: Any) -> Any:
    facts = {"title": f"Edition {number}", "starts_on": day, "ends_on": day, "series": series.slug, "edition": number}
    return await an_event(**facts | changes)


async def test_the_ledger_of_a_series_has_its_held_online_editions_with_their_own_members(database: None) -> None:
    for name, zone in (("Barcelona", "Europe/Madrid"), ("Lima", "America/Lima")):
        await a_member(name, zone=zone)
    series = await create_series("Care talks", now=NOW, account_id=await some_account())
    first = await edition(series, 1, date(2099, 1, 5))
    await edition(series, 2, date(2099, 1, 6), publish=False)
    await edition(series, 3, date(2099, 1, 7), mode="in_person", online_url="", place="Rome", country="IT")
    called_off = await edition(series, 4, date(2099, 1, 8))
    await sql("UPDATE event SET status = 'cancelled', sequence = 1 WHERE id = {}", called_off.id)
    second = await edition(series, 5, date(2099, 2, 5))
    this = await edition(series, 6, date(2099, 3, 5))
    await edition(series, 7, AFTER.date())
    await an_event(title="Of no series", starts_on=date(2099, 1, 9), ends_on=date(2099, 1, 9))
    await choose(first, "lima", "barcelona")
    await choose(second, "lima")
    found = await editions_before(series.id, AFTER, but=this.id)
    assert [(one.slug, dict(one.meeting.zones), one.meeting.length) for one in found] == [
        (first.slug, {"barcelona": "Europe/Madrid", "lima": "America/Lima"}, timedelta(hours=2)),
        (second.slug, {"lima": "America/Lima"}, timedelta(hours=2)),
    ]
    assert [one.slug for one in await editions_before(series.id, second.starts_at, but=this.id)] == [first.slug]


async def test_the_group_of_a_lab_is_who_is_accepted_or_else_who_is_in_the_running(database: None) -> None:
    for name in ("Barcelona", "Dakar", "Lima"):
        await a_member(name)
    lab = await a_lab_with_call()
    applications = {key: await an_application(lab, key) for key in ("lima", "dakar", "barcelona")}
    account = await some_account()
    await decline_application(applications["dakar"].id, reason="Full.", now=NOW, account_id=account)
    members, is_cohort = await group_of_lab(lab.id)
    assert ([member.key for member in members], is_cohort) == (["barcelona", "lima"], False)
    await accept_application(applications["lima"].id, now=NOW, account_id=account)
    members, is_cohort = await group_of_lab(lab.id)
    assert ([member.key for member in members], is_cohort) == (["lima"], True)
    session = await an_event(kind="lab_session", starts_time=time(6), ends_time=time(7))
    await add_lab_session(lab.slug, session.slug, now=NOW, account_id=account)
    found = await sessions_before(lab.id, AFTER, members)
    assert [(one.slug, list(one.meeting.zones)) for one in found] == [(session.slug, ["lima"])]
    assert await sessions_before(lab.id, session.starts_at, members) == []
