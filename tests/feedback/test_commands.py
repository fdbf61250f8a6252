import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.feedback.commands import (
    Answer,
    AnsweredMeanwhile,
    FeedbackClosed,
    TooEarly,
    ask_due,
    ask_now,
    give_feedback,
    switch_asking,
)
from eventhub.feedback.queries import feedback_by_link, is_asked, results_of
from eventhub.feedback.rules import Subject
from eventhub.links import make_link
from eventhub.privacy.commands import erase_person
from eventhub.registrations.commands import record_attendance
from tests.make import NOW, a_lab, an_event, registered, some_account

OVER = datetime(2099, 3, 1, 12, tzinfo=UTC)  # an hour after `an_event` is over, in Madrid
LATER = OVER + timedelta(days=1)


async def was_there(event: Any, *names: str) -> None:
    for name in names:
        one = await registered(event, name)
        await record_attendance(one.registration.id, attended=True, now=OVER, account_id=await some_account())


async def switched_on(event: Any) -> None:
    await switch_asking(Subject.EVENT, event.id, on=True, now=NOW, account_id=await some_account())


async def letters() -> list[tuple[str, bool]]:
    import json

    rows = await sql("SELECT recipient_name, facts FROM letter WHERE kind = 'feedback_asked' ORDER BY created_at, id")
    return [(row["recipient_name"], json.loads(row["facts"])["is_reminder"]) for row in rows]


async def tokens() -> dict[str, str]:
    rows = await sql(
        "SELECT f.id AS id, f.link_version AS v, p.name AS name FROM feedback f JOIN person p ON p.id = f.person"
    )
    return {row["name"]: make_link("feedback", UUID(str(row["id"])), row["v"]) for row in rows}


async def answered(event: Any, *answers: Answer) -> list[str]:
    """As many people as answers, each of whom was there, was asked and has answered; their tokens."""
    names = [f"Person {n}" for n in range(len(answers))]
    await was_there(event, *names)
    await ask_now(Subject.EVENT, event.id, now=OVER, account_id=await some_account())
    links = await tokens()
    for name, answer in zip(names, answers, strict=True):
        await give_feedback(links[name], answer, version=1, now=OVER)
    return [links[name] for name in names]


async def test_those_who_attended_are_asked_once_and_reminded_once(database):
    event = await an_event()
    await was_there(event, "Ada")
    await registered(event, "Bo")
    await switched_on(event)

    assert await ask_due(OVER - timedelta(hours=3)) == 0
    assert await ask_due(OVER) == 1
    assert await ask_due(OVER) == 0
    assert await ask_due(OVER + timedelta(days=6)) == 0
    assert await ask_due(OVER + timedelta(days=7)) == 1
    assert await ask_due(OVER + timedelta(days=8)) == 0
    assert await letters() == [("Ada", False), ("Ada", True)]


async def test_who_has_answered_is_not_reminded(database):
    event = await an_event()
    await answered(event, Answer(4, 4))
    assert await ask_due(OVER + timedelta(days=7)) == 0


async def test_where_nobody_recorded_attendance_those_with_a_seat_are_asked_a_day_later(database):
    event = await an_event(capacity=1)
    await registered(event, "Ada")
    await registered(event, "Waits")
    await switched_on(event)
    assert await ask_due(OVER) == 0
    assert await ask_due(LATER) == 1
    assert await letters() == [("Ada", False)]


async def test_who_is_recorded_later_is_asked_later(database):
    event = await an_event()
    await was_there(event, "Ada")
    await switched_on(event)
    await ask_due(OVER)
    await was_there(event, "Bo")
    assert await ask_due(LATER) == 1


async def test_nothing_is_asked_unless_it_was_switched_on(database):
    event = await an_event()
    await was_there(event, "Ada")
    assert await ask_due(OVER) == 0
    await switched_on(event)
    await switched_on(event)
    assert await is_asked(Subject.EVENT, event.id)
    account = await some_account()
    await switch_asking(Subject.EVENT, event.id, on=False, now=NOW, account_id=account)
    assert not await is_asked(Subject.EVENT, event.id)
    assert await ask_due(OVER) == 0
    actions = [row["action"] for row in await sql("SELECT action FROM audit_entry WHERE action LIKE 'switch_%'")]
    assert sorted(actions) == ["switch_feedback_off", "switch_feedback_on"]


async def test_a_switch_is_not_somebody_who_was_asked(database):
    event = await an_event()
    await switched_on(event)
    assert (await results_of(Subject.EVENT, event.id)).scores.asked == 0
    assert await sql("SELECT id FROM feedback") == []


async def test_nothing_is_asked_about_a_cancelled_or_an_old_event(database):
    event = await an_event()
    await was_there(event, "Ada")
    await switched_on(event)
    assert await ask_due(OVER + timedelta(days=40)) == 0
    await sql("UPDATE event SET status = 'cancelled'")
    assert await ask_due(OVER) == 0


async def test_who_wants_no_such_letters_gets_none_and_counts_nowhere(database):
    event = await an_event()
    await was_there(event, "Ada")
    (person,) = await sql("SELECT id FROM person")
    await sql(
        "INSERT INTO opt_out (id, person, event, opted_out_at) VALUES ({}, {}, NULL, {})", uuid4(), person["id"], NOW
    )
    assert await ask_now(Subject.EVENT, event.id, now=OVER, account_id=await some_account()) == 0
    assert await sql("SELECT id FROM feedback") == []


async def test_staff_ask_by_hand_once_it_is_over(database):
    event = await an_event()
    await was_there(event, "Ada")
    account = await some_account()
    with pytest.raises(TooEarly):
        await ask_now(Subject.EVENT, event.id, now=NOW, account_id=account)
    assert await ask_now(Subject.EVENT, event.id, now=OVER, account_id=account) == 1
    assert await ask_now(Subject.EVENT, event.id, now=OVER, account_id=account) == 0


async def test_two_who_ask_at_once_write_one_letter(database):
    event = await an_event()
    await was_there(event, "Ada")
    account = await some_account()
    asked = await asyncio.gather(
        *(ask_now(Subject.EVENT, event.id, now=OVER, account_id=account) for _ in range(4))
    )  # fmt: skip
    assert sum(asked) == 1
    assert await letters() == [("Ada", False)]


async def a_cohort(lab: Any, *people: tuple[str, str]) -> None:
    """People of a lab with the role of each."""
    for name, role in people:
        (person,) = await sql("SELECT id FROM person WHERE name = {}", name)
        await sql(
            "INSERT INTO lab_participant (id, lab, person, role, joined_at) VALUES ({}, {}, {}, {}, {})",
            uuid4(), lab.id, person["id"], role, NOW,
        )  # fmt: skip


async def hold(lab: Any, event: Any, number: int = 1) -> None:
    """Make an event a session of a lab; before, anybody can register."""
    await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {})", event.id, lab.id, number)


async def test_a_lab_asks_after_each_session_and_at_its_end(database):
    lab = await a_lab(year=2099)
    session = await an_event(title="Session 1", kind="lab_session")
    await was_there(session, "Ada", "Eve")
    await registered(session, "Bo")
    await hold(lab, session)
    await a_cohort(lab, ("Ada", "participant"), ("Eve", "expert"), ("Bo", "participant"))
    await switch_asking(Subject.LAB, lab.id, on=True, now=NOW, account_id=await some_account())
    assert await ask_due(OVER) == 2  # of the session
    await sql("UPDATE lab SET status = 'finished'")
    assert await ask_due(OVER) == 1  # of the lab: Eve is an expert, Bo was not there
    rows = await sql("SELECT p.name AS name FROM feedback f JOIN person p ON p.id = f.person WHERE f.lab IS NOT NULL")
    assert [row["name"] for row in rows] == ["Ada"]


async def test_a_lab_that_is_not_finished_is_not_asked_about(database):
    lab = await a_lab(year=2099)
    with pytest.raises(TooEarly):
        await ask_now(Subject.LAB, lab.id, now=OVER, account_id=await some_account())


async def test_an_answer_can_be_changed_for_sixty_days(database):
    event = await an_event()
    (token,) = await answered(event, Answer(4, 5, "Good.", "anonymous"))
    changed = await give_feedback(token, Answer(1, 2, "Bad.", "none"), version=2, now=OVER + timedelta(days=59))
    assert (changed.usefulness, changed.overall, changed.comment, changed.consent) == (1, 2, "Bad.", "none")
    with pytest.raises(FeedbackClosed):
        await give_feedback(token, Answer(5, 5), version=3, now=OVER + timedelta(days=60))
    assert (await feedback_by_link(token)).overall == 2


async def test_of_two_answers_at_once_the_later_is_told(database):
    event = await an_event()
    await was_there(event, "Ada")
    await ask_now(Subject.EVENT, event.id, now=OVER, account_id=await some_account())
    token = (await tokens())["Ada"]
    done = await asyncio.gather(
        *(give_feedback(token, Answer(n, n, f"text {n}"), version=1, now=OVER) for n in (1, 2, 3)),
        return_exceptions=True,
    )
    assert [type(one) for one in done].count(AnsweredMeanwhile) == 2
    (kept,) = [one for one in done if not isinstance(one, AnsweredMeanwhile)]
    saved = await feedback_by_link(token)
    assert (saved.comment, saved.version) == (kept.comment, 2)  # type: ignore[union-attr]


async def test_a_wrong_answer_writes_nothing(database):
    event = await an_event()
    (token,) = await answered(event, Answer(4, 5, "Good."))
    with pytest.raises(Problems):
        await give_feedback(token, Answer(None, 9, "x" * 5000, "so"), version=2, now=OVER)
    assert (await feedback_by_link(token)).comment == "Good."


@pytest.mark.parametrize("token", ["", "x", "é\x00", "a" * 900, make_link("registration", uuid4(), 1)])
async def test_a_link_that_is_not_ours_opens_nothing(database, token):
    with pytest.raises(NotFound):
        await feedback_by_link(token)


async def test_nothing_but_the_rate_of_four_answers(database):
    event = await an_event()
    await answered(event, *[Answer(5, 5, "Mine.", "named")] * 4)
    results = await results_of(Subject.EVENT, event.id)
    assert (results.scores.answered, results.texts, results.quotes) == (4, (), ())
    assert results.scores.mean_overall is None


async def test_texts_stand_in_the_order_of_letters_and_only_who_agreed_is_named(database):
    event = await an_event()
    await answered(
        event,
        Answer(5, 4, "Zebra", "none"),
        Answer(5, 4, "Ängström", "anonymous"),
        Answer(5, 4, "mango", "named"),
        Answer(1, 1, "", "named"),
        Answer(1, 2, "Banana", "anonymous"),
    )
    await sql("UPDATE registration SET city = 'Lima'")
    results = await results_of(Subject.EVENT, event.id)
    assert results.texts == ("Ängström", "Banana", "mango", "Zebra")
    assert [(one.text, one.name, one.city) for one in results.quotes] == [
        ("Ängström", "", ""),
        ("Banana", "", ""),
        ("mango", "Person 2", "Lima"),
    ]
    assert results.scores.usefulness == (2, 0, 0, 0, 3)
    assert (results.scores.mean_usefulness, results.scores.mean_overall) == (3.4, 3.0)


async def test_who_is_forgotten_leaves_scores_and_what_may_be_quoted(database):
    event = await an_event()
    links = await answered(
        event,
        Answer(5, 5, "Secret", "none"),
        Answer(4, 4, "Named", "named"),
        Answer(3, 3, "Quoted", "anonymous"),
        Answer(2, 2),
        Answer(1, 1),
    )
    for number in range(3):
        await erase_person(f"person-{number}@example.org", now=OVER)
    results = await results_of(Subject.EVENT, event.id)
    assert results.scores.overall == (1, 1, 1, 1, 1)
    assert results.texts == ("Named", "Quoted")
    assert [(one.text, one.name) for one in results.quotes] == [("Named", ""), ("Quoted", "")]
    assert len(await sql("SELECT id FROM feedback WHERE person IS NULL")) == 3
    with pytest.raises(NotFound):
        await feedback_by_link(links[0])
