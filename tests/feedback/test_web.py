import re
from datetime import date, timedelta
from typing import Any

import pytest

from eventhub.database import sql, utc_now
from eventhub.feedback.commands import Answer, ask_now, give_feedback
from eventhub.feedback.rules import Subject
from tests.conftest import BASE_URL
from tests.feedback.test_commands import tokens, was_there
from tests.make import a_lab, a_token, an_event, bearer, field, post_form, signed_in, some_account

ANSWER = {"usefulness": "4", "overall": "5", "comment": "Good.", "consent": "named"}


async def a_past_event(*names: str) -> Any:
    """An event that is over by the real clock, at which these people were."""
    from eventhub.events.queries import event_by_id

    event = await an_event()
    await was_there(event, *names)
    now = utc_now()
    await sql(
        "UPDATE event SET starts_at = {}, ends_at = {}, starts_on = {}, ends_on = {} WHERE id = {}",
        now.replace(year=now.year - 1), now.replace(year=now.year - 1) + timedelta(minutes=1), date(2025, 1, 1),
        date(2025, 1, 1), event.id,
    )  # fmt: skip
    return await event_by_id(event.id)


async def asked(*names: str) -> tuple[Any, dict[str, str]]:
    event = await a_past_event(*names)
    await ask_now(Subject.EVENT, event.id, now=utc_now(), account_id=await some_account())
    return event, await tokens()


async def saved() -> list[tuple[Any, ...]]:
    rows = await sql("SELECT usefulness, overall, comment, consent FROM feedback WHERE link_version > 0")
    return [tuple(row.values()) for row in rows]


async def test_somebody_answers_by_the_link_and_changes_it(client):
    _, links = await asked("Ada")
    path = f"/feedback/{links['Ada']}"
    shown = await client.get(path)
    assert shown.status_code == 200
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "not useful at all" in shown.text
    assert "very good" in shown.text
    assert await saved() == [(None, None, "", "none")]

    version = field(shown.text, "version")
    assert (await post_form(client, path, ANSWER | {"version": version})).status_code == 303
    assert await saved() == [(4, 5, "Good.", "named")]

    again = await client.get(path)
    assert "You have answered already" in again.text
    await post_form(client, path, ANSWER | {"version": field(again.text, "version"), "overall": "1"})
    assert await saved() == [(4, 1, "Good.", "named")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"usefulness": ""},
        {"usefulness": "6"},
        {"overall": "²"},
        {"overall": "9" * 400},
        {"overall": "-1"},
        {"comment": "x" * 4001},
        {"consent": "perhaps"},
        {"consent": ""},
    ],
)
async def test_a_mistake_keeps_what_was_typed_and_writes_nothing(client, wrong):
    _, links = await asked("Ada")
    path = f"/feedback/{links['Ada']}"
    answer = await post_form(client, path, {"version": "1"} | ANSWER | wrong)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    if "comment" not in wrong:
        assert "Good." in answer.text
    assert await saved() == [(None, None, "", "none")]


async def test_odd_characters_are_taken_as_text(client):
    _, links = await asked("Ada")
    answer = await post_form(
        client, f"/feedback/{links['Ada']}", ANSWER | {"version": "1", "comment": "a\x00<script>\u202eb 🏙"}
    )
    assert answer.status_code == 303
    shown = await client.get(f"/feedback/{links['Ada']}")
    assert "<script>b" not in shown.text
    assert (await saved())[0][2] == "a<script>b 🏙"


@pytest.mark.parametrize("version", ["0", "x", "", "9" * 300, "2"])
async def test_of_two_answers_the_later_sees_both(client, version):
    _, links = await asked("Ada")
    path = f"/feedback/{links['Ada']}"
    await give_feedback(links["Ada"], Answer(1, 2, "The first text"), version=1, now=utc_now())
    await give_feedback(links["Ada"], Answer(1, 2, "The first text"), version=2, now=utc_now())
    answer = await post_form(client, path, ANSWER | {"version": version, "comment": "The second text"})
    assert answer.status_code == 409
    assert "The first text" in answer.text
    assert "The second text" in answer.text
    assert (await saved())[0][2] == "The first text"
    again = await post_form(
        client, path, ANSWER | {"version": field(answer.text, "version"), "comment": "The second text"}
    )
    assert again.status_code == 303
    assert (await saved())[0][2] == "The second text"


async def test_after_sixty_days_the_page_says_so(client):
    _, links = await asked("Ada")
    now = utc_now()
    await sql("UPDATE feedback SET asked_at = {}", now.replace(year=now.year - 1))
    path = f"/feedback/{links['Ada']}"
    shown = await client.get(path)
    assert "that time is over" in shown.text
    refused = await client.post(
        path, data=ANSWER | {"version": "1", "_csrf_token": csrf_of(await client.get("/sign-in"))}, headers=ORIGIN
    )
    assert refused.status_code == 409
    assert await saved() == [(None, None, "", "none")]


ORIGIN = {"Origin": BASE_URL}


def csrf_of(page: Any) -> str:
    return field(page.text, "_csrf_token")


async def test_a_link_that_is_not_ours_is_not_found(client):
    for token in ("x", "a" * 3000, "%00"):
        assert (await client.get(f"/feedback/{token}")).status_code == 404


async def test_staff_switch_it_on_ask_and_read(app, database):
    event = await a_past_event("Ada")
    path = f"/staff/events/{event.slug}/feedback"
    async with await signed_in(app, "organiser") as staff:
        assert "Nobody has been asked yet" in (await staff.get(path)).text
        assert (await post_form(staff, f"{path}/switch", {"on": "yes"}, path)).status_code == 303
        assert "Stop asking by itself" in (await staff.get(path)).text
        assert "Ask 1 person now" in (await staff.get(path)).text
        assert (await post_form(staff, f"{path}/ask", {}, path)).status_code == 303
        shown = (await staff.get(path)).text
    assert "0 of 1 people have answered" in shown
    assert "Only the response rate is shown below five answers" in shown


async def test_five_answers_on_the_page_in_the_file_and_as_json_agree(app, client):
    names = [f"Person {n}" for n in range(5)]
    event, links = await asked(*names)
    for number, name in enumerate(names):
        consent = "named" if number == 0 else "none"
        await give_feedback(links[name], Answer(4, 5 - number, f"text {number}", consent), version=1, now=utc_now())
    token = await a_token("programme")
    found = (await client.get(f"/api/v1/events/{event.slug}/feedback", headers=bearer(token))).json()
    assert found == {
        "asked": 5, "answered": 5, "response_rate_pct": 100, "mean_usefulness": 4.0, "mean_overall": 3.0,
        "distribution": [{"score": n, "usefulness": 5 if n == 4 else 0, "overall": 1} for n in range(1, 6)],
        "texts": [f"text {n}" for n in range(5)],
        "quotes": [{"text": "text 0", "name": "Person 0", "city": ""}],
    }  # fmt: skip
    async with await signed_in(app, "programme") as staff:
        page = (await staff.get(f"/staff/events/{event.slug}/feedback")).text
        file = (await staff.get(f"/staff/events/{event.slug}/feedback.csv")).text
    assert "Person 0" in page
    assert not re.search("Person [1-4]", page + file)
    assert "mean,overall,3.0" in file
    assert "overall,5,1" in file
    assert "quote,Person 0,text 0" in file


async def test_four_answers_leave_neither_page_nor_file_nor_json(app, client):
    names = [f"Person {n}" for n in range(4)]
    event, links = await asked(*names)
    for name in names:
        await give_feedback(links[name], Answer(1, 1, "Hidden words", "named"), version=1, now=utc_now())
    token = await a_token("programme")
    seen = (await client.get(f"/api/v1/events/{event.slug}/feedback", headers=bearer(token))).text
    async with await signed_in(app, "programme") as staff:
        for address in (f"/staff/events/{event.slug}/feedback", f"/staff/events/{event.slug}/feedback.csv"):
            seen += (await staff.get(address)).text
    assert "Hidden words" not in seen
    assert '"mean_overall":null' in seen
    assert '"distribution":[]' in seen


@pytest.mark.parametrize(
    ("role", "of_event", "of_lab", "ask_lab"),
    [
        ("administrator", 200, 200, 303),
        ("programme", 200, 200, 303),
        ("organiser", 200, 200, 403),
        ("reader", 403, 403, 403),
        ("check-in", 403, 403, 403),
    ],
)
async def test_who_may_read_and_ask(app, database, role, of_event, of_lab, ask_lab):
    event, lab = await an_event(), await a_lab()
    async with await signed_in(app, role) as staff:
        assert (await staff.get(f"/staff/events/{event.slug}/feedback")).status_code == of_event
        assert (await staff.get(f"/staff/events/{event.slug}/feedback.csv")).status_code == of_event
        assert (await staff.get(f"/staff/labs/{lab.slug}/feedback")).status_code == of_lab
        assert (await staff.get(f"/staff/labs/{lab.slug}/feedback.csv")).status_code == of_lab
        done = await post_form(staff, f"/staff/labs/{lab.slug}/feedback/switch", {"on": "yes"}, "/staff/labs/")
        assert done.status_code == ask_lab


async def test_nobody_else_reads_it(client):
    event = await an_event()
    assert (await client.get(f"/api/v1/events/{event.slug}/feedback")).status_code == 401
    assert (await client.get("/api/v1/events/nothing/feedback", headers=bearer(await a_token()))).status_code == 404


async def test_asking_before_the_end_is_refused(app, database):
    event = await an_event()
    async with await signed_in(app) as staff:
        path = f"/staff/events/{event.slug}/feedback"
        assert (await post_form(staff, f"{path}/ask", {}, path)).status_code == 409
