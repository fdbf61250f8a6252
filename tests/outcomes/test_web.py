from datetime import timedelta
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.outcomes.queries import outcome_by_id
from tests.make import a_lab, a_member, field, post_form, signed_in
from tests.outcomes.test_commands import TODAY, a_contact, an_outcome, asked

TYPED = {
    "title": "Lima visits Quito", "description": "In May.", "members": ["lima", "quito"], "agreed_on": "2026-11-20",
    "state": "agreed", "contact": "",
}  # fmt: skip


async def test_a_click_in_the_letter_chooses_and_only_the_button_answers(client):
    outcome, token = await asked()
    shown = await client.get(f"/follow-ups/{token}?answer=done")
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert 'value="done" checked' in shown.text
    assert (await outcome_by_id(outcome.id)).state == "agreed"
    assert (await outcome_by_id(outcome.id)).follow_ups[0].answered_at is None

    sent = await post_form(client, f"/follow-ups/{token}", {"state": "done", "note": "Built.", "seen": ""})
    assert sent.status_code == 303
    assert (await outcome_by_id(outcome.id)).state == "done"
    assert "Built." in (await client.get(f"/follow-ups/{token}")).text


@pytest.mark.parametrize("answer", ["", "open", "x" * 600, "%00"])
async def test_a_made_up_answer_in_the_link_chooses_nothing(client, answer):
    _, token = await asked()
    shown = await client.get(f"/follow-ups/{token}?answer={answer}")
    assert shown.status_code == 200
    assert " checked" not in shown.text


async def test_a_mistake_keeps_what_was_typed(client):
    outcome, token = await asked()
    sent = await post_form(client, f"/follow-ups/{token}", {"state": "maybe", "note": "A note", "seen": ""})
    assert sent.status_code == 422
    assert "A note" in sent.text
    assert (await outcome_by_id(outcome.id)).version == 1


@pytest.mark.parametrize("seen", ["", "yesterday", "x" * 600])
async def test_of_two_answers_the_later_sees_both(client, seen):
    _, token = await asked()
    path = f"/follow-ups/{token}"
    await post_form(client, path, {"state": "done", "note": "The first", "seen": ""})
    late = await post_form(client, path, {"state": "dropped", "note": "The second", "seen": seen})
    assert late.status_code == 409
    assert "The first" in late.text
    assert "The second" in late.text
    again = await post_form(client, path, {"state": "dropped", "note": "The second", "seen": field(late.text, "seen")})
    assert again.status_code == 303


async def test_links_that_are_not_ours_are_not_found(client):
    for token in ("x", "a" * 3000, "%00"):
        assert (await client.get(f"/follow-ups/{token}")).status_code == 404


async def test_staff_write_down_change_and_follow_up(app, database):
    lab = await a_lab()
    contact = await a_contact(lab)
    for name in ("Lima", "Quito"):
        await a_member(name)
    path = f"/staff/labs/{lab.slug}/outcomes"
    async with await signed_in(app, "programme") as staff:
        assert "Nothing has been written down yet" in (await staff.get(path)).text
        made = await post_form(staff, f"{path}/new", TYPED | {"contact": str(contact)})
        assert made.status_code == 303
        (row,) = await sql("SELECT id FROM outcome")
        assert "Lima visits Quito" in (await staff.get(path)).text
        edit = f"{path}/{row['id']}"
        version = field((await staff.get(edit)).text, "version")
        changed = TYPED | {"contact": str(contact), "version": version, "title": "Quito visits Lima"}
        assert (await post_form(staff, edit, changed)).status_code == 303
        late = await post_form(staff, edit, changed | {"title": "A third title"})
        assert late.status_code == 409
        assert "Quito visits Lima" in late.text
        assert "A third title" in late.text
        again = await post_form(
            staff, edit, changed | {"title": "A third title", "version": field(late.text, "version")}
        )
        assert again.status_code == 303
        page = await staff.get("/staff/follow-ups")
        assert "A third title" in page.text


async def test_overdue_and_open_follow_ups_stand_apart(app, database):
    lab = await a_lab()
    contact = await a_contact(lab)
    for title, days in (("Long ago", 130), ("Just now", 95), ("To come", 10)):
        await an_outcome(title=title, agreed_on=TODAY - timedelta(days=days), contact=contact)
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get("/staff/follow-ups")).text
    parts = (
        "1 follow-up is overdue",
        "Long ago",
        "1 follow-up waits for an answer",
        "Just now",
        "Next to come",
        "To come",
    )
    places = [page.index(part) for part in parts[:4]]
    assert places == sorted(places)
    assert page.index("Next to come") < page.index('dir="auto">To come<')
    assert "Write the answer down" not in page


async def test_staff_write_the_answer_down(app, database):
    outcome = await an_outcome()
    path = f"/staff/follow-ups/{outcome.follow_ups[0].id}"
    async with await signed_in(app, "programme") as staff:
        assert (await post_form(staff, path, {"state": "", "note": "", "seen": ""})).status_code == 422
        assert (await post_form(staff, path, {"state": "under_way", "note": "", "seen": ""})).status_code == 303
        assert (await post_form(staff, path, {"state": "done", "note": "", "seen": ""})).status_code == 409
        assert (await staff.get(f"/staff/follow-ups/{uuid4()}")).status_code == 404
    assert (await outcome_by_id(outcome.id)).state == "under_way"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 600},
        {"members": []},
        {"members": ["atlantis"]},
        {"members": ["x\x00y" * 300]},
        {"agreed_on": "31.31.2026"},
        {"agreed_on": "1066-10-14"},
        {"agreed_on": ""},
        {"state": "perhaps"},
        {"contact": "nobody"},
        {"contact": str(uuid4())},
        {"description": "x" * 6000},
    ],
)
async def test_a_mistake_of_staff_writes_nothing(app, database, wrong):
    lab = await a_lab()
    for name in ("Lima", "Quito"):
        await a_member(name)
    async with await signed_in(app, "programme") as staff:
        sent = await post_form(staff, f"/staff/labs/{lab.slug}/outcomes/new", TYPED | wrong)
    assert sent.status_code == 422
    assert "There is a problem" in sent.text
    assert await sql("SELECT id FROM outcome") == []


async def test_an_outcome_is_found_in_its_own_lab_only(app, database):
    outcome = await an_outcome()
    other = await a_lab("Shade")
    async with await signed_in(app, "programme") as staff:
        assert (await staff.get(f"/staff/labs/{other.slug}/outcomes/{outcome.id}")).status_code == 404
        assert (await staff.get(f"/staff/labs/{outcome.lab_slug}/outcomes/{outcome.id}")).status_code == 200
        assert (await staff.get(f"/staff/labs/{outcome.lab_slug}/outcomes/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    ("role", "read", "edit"),
    [("administrator", 200, 200), ("organiser", 200, 403), ("reader", 403, 403), ("check-in", 403, 403)],
)
async def test_who_may_read_and_edit(app, database, role, read, edit):
    outcome = await an_outcome()
    base = f"/staff/labs/{outcome.lab_slug}/outcomes"
    async with await signed_in(app, role) as staff:
        assert (await staff.get(base)).status_code == read
        assert (await staff.get("/staff/follow-ups")).status_code == read
        for address in (f"{base}/new", f"{base}/{outcome.id}", f"/staff/follow-ups/{outcome.follow_ups[0].id}"):
            assert (await staff.get(address)).status_code == edit
