import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.labs.queries import lab_by_slug
from eventhub.links import make_link
from eventhub.outcomes.commands import (
    ChangedMeanwhile,
    OutcomeFacts,
    add_outcome,
    answer_follow_up,
    answer_for_contact,
    change_outcome,
    remind_due,
)
from eventhub.outcomes.queries import coming_follow_ups, follow_up_by_link, open_follow_ups, outcome_by_id, outcomes_of
from eventhub.privacy.commands import erase_person
from tests.make import NOW, a_lab, a_member, a_person, some_account

TODAY = NOW.date()
FACTS = OutcomeFacts(title="Quito helps Lima with meters", agreed_on=TODAY, members=("lima", "quito"))


async def a_contact(lab: Any, name: str = "Ada") -> UUID:
    """Somebody of the cohort of a lab."""
    person = await a_person(name, f"{name.lower()}@example.org")
    await sql(
        "INSERT INTO lab_participant (id, lab, person, role, joined_at) VALUES ({}, {}, {}, 'participant', {})",
        uuid4(), lab.id, person, NOW,
    )  # fmt: skip
    return person


async def an_outcome(**changes: Any) -> Any:
    """Something that Lima and Quito have agreed in the first lab there is, with a contact."""
    found = await sql("SELECT slug FROM lab ORDER BY created_at LIMIT 1")
    lab = await lab_by_slug(found[0]["slug"]) if found else await a_lab()
    for name in ("Lima", "Quito"):
        if not await sql("SELECT id FROM member WHERE name = {}", name):
            await a_member(name)
    if "contact" not in changes:
        changes["contact"] = await a_contact(lab)
    return await add_outcome(lab.slug, replace(FACTS, **changes), now=NOW, account_id=await some_account())


def months_on(days: int) -> Any:
    return NOW + timedelta(days=days)


async def letters() -> list[str]:
    rows = await sql("SELECT facts FROM letter WHERE kind = 'follow_up_asked' ORDER BY created_at, id")
    return [json.loads(row["facts"])["manage_url"] for row in rows]


async def test_an_outcome_has_members_a_contact_and_three_follow_ups(database):
    outcome = await an_outcome()
    assert [name for _, name in outcome.members] == ["Lima", "Quito"]
    assert (outcome.contact_name, outcome.state, outcome.version) == ("Ada", "agreed", 1)
    assert [(one.months, one.due_on) for one in outcome.follow_ups] == [
        (3, date(2027, 2, 25)),
        (6, date(2027, 5, 25)),
        (12, date(2027, 11, 25)),
    ]
    assert [one.id for one in await outcomes_of(outcome.lab)] == [outcome.id]


async def test_the_contact_is_asked_when_it_is_due_and_not_before_or_twice(database):
    await an_outcome()
    assert await remind_due(months_on(91)) == 0  # 24 February
    assert await remind_due(months_on(92)) == 1
    assert await remind_due(months_on(92)) == 0
    assert await remind_due(months_on(181)) == 1
    assert await remind_due(months_on(365)) == 1
    assert len(set(await letters())) == 3


async def test_two_processes_ask_once(database):
    await an_outcome()
    assert sum(await asyncio.gather(*(remind_due(months_on(92)) for _ in range(4)))) == 1
    assert len(await letters()) == 1


async def test_of_several_that_are_due_only_the_latest_is_asked(database):
    await an_outcome(agreed_on=TODAY - timedelta(days=250))
    assert await remind_due(NOW) == 1
    (found,) = await open_follow_ups(TODAY)
    assert found.months == 6
    assert [one.months for one in await coming_follow_ups(TODAY)] == [12]


@pytest.mark.parametrize("state", ["done", "dropped"])
async def test_what_is_settled_is_not_asked_about(database, state):
    await an_outcome(state=state)
    assert await remind_due(months_on(92)) == 0
    assert await open_follow_ups(months_on(92).date()) == []
    assert await coming_follow_ups(TODAY) == []


async def test_without_a_contact_nobody_is_asked_and_it_is_still_open(database):
    await an_outcome(contact=None)
    assert await remind_due(months_on(92)) == 0
    assert [one.contact_name for one in await open_follow_ups(months_on(92).date())] == [""]


async def asked() -> tuple[Any, str]:
    """An outcome whose contact has been asked, and the secret of the link."""
    outcome = await an_outcome()
    await remind_due(months_on(92))
    return outcome, (await letters())[-1].rsplit("/", 1)[1]


async def test_the_answer_is_the_state_of_the_outcome(database):
    outcome, token = await asked()
    await answer_follow_up(token, "under_way", "Meters bought.", seen="", now=months_on(93))
    now = await outcome_by_id(outcome.id)
    assert (now.state, now.version) == ("under_way", 2)
    assert (now.follow_ups[0].state, now.follow_ups[0].note) == ("under_way", "Meters bought.")
    assert await open_follow_ups(months_on(93).date()) == []


async def test_an_answer_can_be_changed_by_who_has_seen_it(database):
    outcome, token = await asked()
    first = await answer_follow_up(token, "under_way", "", seen="", now=months_on(93))
    await answer_follow_up(token, "done", "", seen=first.seen, now=months_on(94))
    assert (await outcome_by_id(outcome.id)).state == "done"


async def test_a_late_answer_to_an_early_question_does_not_undo_a_later_one(database):
    outcome, token = await asked()
    await remind_due(months_on(181))
    later = (await letters())[-1].rsplit("/", 1)[1]
    await answer_follow_up(later, "done", "", seen="", now=months_on(182))
    await answer_follow_up(token, "under_way", "", seen="", now=months_on(183))
    now = await outcome_by_id(outcome.id)
    assert now.state == "done"
    assert [one.state for one in now.follow_ups] == ["under_way", "done", None]


async def test_of_two_answers_at_once_one_is_told(database):
    _, token = await asked()
    done = await asyncio.gather(
        *(answer_follow_up(token, state, state, seen="", now=months_on(93)) for state in ("done", "dropped")),
        return_exceptions=True,
    )
    assert [type(one) for one in done].count(ChangedMeanwhile) == 1
    (kept,) = [one for one in done if not isinstance(one, BaseException)]
    assert (await follow_up_by_link(token)).state == kept.state


async def test_a_wrong_answer_writes_nothing(database):
    outcome, token = await asked()
    with pytest.raises(Problems):
        await answer_follow_up(token, "open", "x" * 2001, seen="", now=NOW)
    assert (await outcome_by_id(outcome.id)).version == 1


async def test_staff_answer_for_the_contact(database):
    outcome = await an_outcome()
    who = await some_account()
    await answer_for_contact(outcome.follow_ups[0].id, "done", "By telephone.", seen="", now=NOW, account_id=who)
    assert (await outcome_by_id(outcome.id)).state == "done"
    with pytest.raises(NotFound):
        await answer_for_contact(uuid4(), "done", "", seen="", now=NOW, account_id=who)


async def test_of_two_edits_the_later_is_told(database):
    outcome = await an_outcome()
    who = await some_account()
    facts = replace(FACTS, contact=outcome.contact)
    await change_outcome(outcome.id, replace(facts, title="A"), version=1, now=NOW, account_id=who)
    with pytest.raises(ChangedMeanwhile):
        await change_outcome(outcome.id, replace(facts, title="B"), version=1, now=NOW, account_id=who)
    assert (await outcome_by_id(outcome.id)).title == "A"


async def test_another_day_moves_what_nobody_was_asked(database):
    outcome, _ = await asked()
    facts = replace(FACTS, contact=outcome.contact, agreed_on=date(2027, 1, 1))
    await change_outcome(outcome.id, facts, version=1, now=NOW, account_id=await some_account())
    assert [one.due_on for one in (await outcome_by_id(outcome.id)).follow_ups] == [
        date(2027, 2, 25),
        date(2027, 7, 1),
        date(2028, 1, 1),
    ]


async def test_another_contact_is_asked_anew_and_the_old_link_is_dead(database):
    outcome, token = await asked()
    lab = await sql("SELECT id FROM lab")
    new = await a_contact(type("Lab", (), {"id": lab[0]["id"]}), "Bo")
    who = await some_account()
    await change_outcome(outcome.id, replace(FACTS, contact=new), version=1, now=NOW, account_id=who)
    with pytest.raises(NotFound):
        await follow_up_by_link(token)
    assert await remind_due(months_on(93)) == 1
    (to,) = await sql("SELECT recipient_name FROM letter ORDER BY created_at DESC LIMIT 1")
    assert to["recipient_name"] == "Bo"


async def test_the_contact_is_somebody_of_the_lab(database):
    stranger = await a_person("Stranger", "stranger@example.org")
    with pytest.raises(Problems) as refused:
        await an_outcome(contact=stranger)
    assert set(refused.value.fields) == {"contact"}
    assert await sql("SELECT id FROM outcome") == []


async def test_unknown_members_and_odd_texts_are_refused_or_cleaned(database):
    with pytest.raises(Problems) as refused:
        await an_outcome(members=("lima", "atlantis\x00"), title="x" * 400)
    assert set(refused.value.fields) == {"members", "title"}
    outcome = await add_outcome(
        (await a_lab("Other")).slug, replace(FACTS, title=" A\x00\nB ", members=("lima", "lima")), now=NOW,
        account_id=await some_account(),
    )  # fmt: skip
    assert (outcome.title, len(outcome.members)) == ("A B", 1)


async def test_who_is_forgotten_is_no_contact_any_more(database):
    outcome, token = await asked()
    await erase_person("ada@example.org", now=NOW)
    assert (await outcome_by_id(outcome.id)).contact is None
    with pytest.raises(NotFound):
        await follow_up_by_link(token)


@pytest.mark.parametrize("token", ["", "x", "é\x00", "a" * 900, make_link("feedback", uuid4(), 1)])
async def test_a_link_that_is_not_ours_opens_nothing(database, token):
    with pytest.raises(NotFound):
        await follow_up_by_link(token)
