"""What people see of labs, and what happens when they press a button."""

from datetime import UTC, date, datetime, time
from typing import Any

import httpx

from eventhub.applying.commands import NewApplication, apply_to_lab
from eventhub.database import sql, utc_now
from eventhub.events.commands import create_event, publish_event
from eventhub.events.rules import EventFacts
from eventhub.labs.commands import add_lab_session, load_labs_2024
from eventhub.reviewing.commands import accept_application
from tests.make import (
    BASE_URL,
    NOW,
    a_lab,
    a_lab_with_call,
    a_member,
    an_application,
    post_form,
    signed_in,
    some_account,
    themes_loaded,
)

ANSWERS = {"member": "barcelona", "contact_name": "Zoë <b>Ñandú</b>", "email": "zoe@example.org", "language": "fr"}
APPLICATION = NewApplication(**ANSWERS, motivation="First line.")


async def a_lab_session(lab: Any, title: str = "First meeting", *, publish: bool = True) -> Any:
    account = await some_account()
    facts = EventFacts(
        title=title, kind="lab_session", mode="online", involvement="organised", starts_on=date(2027, 1, 12),
        starts_time=time(10), ends_on=date(2027, 1, 12), ends_time=time(12), time_zone="Europe/Madrid",
    )  # fmt: skip
    event = await create_event(facts, now=NOW, account_id=account)
    if publish:
        event = await publish_event(event.slug, now=NOW, account_id=account)
    await add_lab_session(lab.slug, event.slug, now=NOW, account_id=account)
    return event


async def test_the_list_is_useful_while_it_is_empty(client: httpx.AsyncClient) -> None:
    page = await client.get("/labs/")
    assert page.status_code == 200
    assert "There are no labs yet" in page.text
    assert "No call is open at present." in page.text


async def test_open_calls_come_before_the_rounds(client: httpx.AsyncClient) -> None:
    await load_labs_2024(NOW)
    await a_lab_with_call("Newest Lab")
    page = (await client.get("/labs/")).text
    assert (
        page.index("Open calls") < page.index("Newest Lab") < page.index("Round of 2026") < page.index("Round of 2024")
    )
    assert "Social Cohesion" in page
    assert '<a class="button" href="/labs/newest-lab/apply">' in page


async def test_a_lab_shows_both_clocks_and_its_published_sessions_only(client: httpx.AsyncClient) -> None:
    lab = await a_lab_with_call(closes_at=datetime(2099, 12, 31, 16, 0, tzinfo=UTC))
    await a_lab_session(lab)
    await a_lab_session(lab, "Secret draft", publish=False)
    page = (await client.get(f"/labs/{lab.slug}?tz=Asia/Kathmandu")).text
    assert "17:00, Madrid (Europe/Madrid)" in page
    assert "21:45, Kathmandu (Asia/Kathmandu)" in page
    assert "First meeting" in page
    assert "Secret draft" not in page
    file = await client.get(f"/labs/{lab.slug}.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    assert file.text.count("BEGIN:VEVENT") == 1
    assert "Secret draft" not in file.text


async def test_there_is_no_way_to_apply_to_a_lab_without_an_open_call(client: httpx.AsyncClient) -> None:
    await a_member()
    lab = await a_lab_with_call(closes_at=datetime(2026, 11, 2, tzinfo=UTC))
    page = await client.get(f"/labs/{lab.slug}")
    assert "The call is closed." in page.text
    assert "/apply" not in page.text
    form = await client.get(f"/labs/{lab.slug}/apply")
    assert form.status_code == 409
    assert "The call of “Water Stress” is closed." in form.text
    sent = await post_form(client, f"/labs/{lab.slug}/apply", ANSWERS, page="/sign-in")
    assert sent.status_code == 409
    assert await sql("SELECT id FROM application") == []


async def test_links_that_are_not_ours_are_not_found(client: httpx.AsyncClient) -> None:
    for token in ("x", "%00", "WyJ4Il0.abc", "é", "x" * 600):
        assert (await client.get(f"/applications/{token}")).status_code == 404
        assert (await post_form(client, f"/applications/{token}/withdraw", {}, page="/sign-in")).status_code == 404
    for path in ("/labs/none", "/labs/none.ics", "/labs/%00", "/labs/none/apply"):
        assert (await client.get(path)).status_code == 404


async def test_a_get_withdraws_nothing_and_a_post_without_its_token_neither(client: httpx.AsyncClient) -> None:
    await a_member()
    application = await an_application(await a_lab_with_call())
    path = application.manage_path
    assert (await client.get(f"{path}/withdraw")).status_code == 405
    assert (await client.post(f"{path}/withdraw", headers={"Origin": BASE_URL})).status_code == 403
    assert await sql("SELECT status FROM application") == [{"status": "submitted"}]


async def test_staff_write_a_lab_down_announce_its_call_and_choose(app: Any, client: httpx.AsyncClient) -> None:
    await themes_loaded()
    await a_member()
    async with await signed_in(app, "programme") as staff:
        assert "There are no labs or other calls yet" in (await staff.get("/staff/labs")).text
        lab = {"name": "Water Stress", "year": "2026", "themes": ["ecosystems", "futures"], "country": "ES"}
        made = await post_form(staff, "/staff/labs/new", lab)
        assert made.headers["location"] == "/staff/labs/water-stress", made.text
        wrong = {**lab, "themes": []}
        assert (await post_form(staff, "/staff/labs/new", wrong)).status_code == 422
        call = {
            "opens_on": "2026-03-29", "opens_time": "02:30", "closes_on": "2099-12-31", "closes_time": "17:00",
            "time_zone": "Europe/Madrid", "text": "Come.", "cohort_size": "1",
        }  # fmt: skip
        jumped = await post_form(staff, "/staff/labs/water-stress/call", call)
        assert jumped.status_code == 422
        assert 'href="#opens_time">Opening time: The clocks of Europe/Madrid jump over this time' in jumped.text
        saved = await post_form(staff, "/staff/labs/water-stress/call", {**call, "opens_time": "03:30"})
        assert saved.status_code == 303, saved.text
        shown = (await staff.get("/staff/labs/water-stress/call")).text
        assert 'value="03:30"' in shown
        assert "Nobody has applied yet." in (await staff.get("/staff/labs/water-stress")).text

        sent = await apply_to_lab("water-stress", APPLICATION, now=utc_now())
        page = (await staff.get("/staff/labs/water-stress")).text
        assert "Barcelona" in page
        application = (await sql("SELECT id FROM application"))[0]["id"]
        path = f"/staff/applications/{application}"
        assert (await post_form(staff, f"{path}/review", {"score": "9"}, page=path)).status_code == 422
        assert (
            await post_form(staff, f"{path}/review", {"score": "4", "comment": "Good."}, page=path)
        ).status_code == 303
        done = await post_form(staff, f"{path}/accept", {"reason": "Good cases."}, page=path)
        assert done.status_code == 303, done.text
        assert "1 review, mean score 4" in (await staff.get(path)).text
        assert (await post_form(staff, f"{path}/cats", {}, page=path)).status_code == 404
        public = (await client.get(sent.manage_path)).text
        assert "Your application has been accepted." in public
        assert "Good cases." in public
        assert "Good.<" not in public
        changed = await post_form(staff, "/staff/labs/water-stress/edit", {**lab, "name": "Water", "status": "running"})
        assert changed.status_code == 303, changed.text
        assert (
            "Running" in (await staff.get("/staff/labs")).text or "Call open" in (await staff.get("/staff/labs")).text
        )


async def test_sessions_are_added_and_taken_out(app: Any, database: None) -> None:
    lab, other = await a_lab("Energy"), await a_lab("Water")
    session = await a_lab_session(lab)
    async with await signed_in(app, "programme") as staff:
        page = f"/staff/labs/{other.slug}"
        assert "First meeting" in (await staff.get(f"/staff/labs/{lab.slug}")).text
        taken = await post_form(staff, f"{page}/sessions", {"event": session.slug}, page=f"{page}/edit")
        assert taken.status_code == 422
        out = await post_form(staff, f"/staff/labs/{lab.slug}/sessions/{session.slug}/remove", {}, page=f"{page}/edit")
        assert out.status_code == 303
        added = await post_form(staff, f"{page}/sessions", {"event": session.slug}, page=page)
        assert added.status_code == 303, added.text
    assert await sql("SELECT lab FROM lab_session") == [{"lab": other.id}]


async def test_readers_see_counts_and_no_people(app: Any, database: None) -> None:
    await a_member()
    lab = await a_lab_with_call()
    application = await an_application(lab, email="hidden@example.org")
    await accept_application(application.id, now=NOW, account_id=await some_account())
    async with await signed_in(app, "reader") as reader:
        page = (await reader.get(f"/staff/labs/{lab.slug}")).text
        assert "The mix by region" in page
        assert "Alex Example" not in page
        assert str(application.id) not in page
        assert "/edit" not in page
        assert (await reader.get(f"/staff/applications/{application.id}")).status_code == 403
        for path in ("/staff/labs/new", f"/staff/labs/{lab.slug}/edit", f"/staff/labs/{lab.slug}/call"):
            assert (await reader.get(path)).status_code == 403


async def test_organisers_read_applications_and_decide_nothing(app: Any, database: None) -> None:
    await a_member()
    application = await an_application(await a_lab_with_call())
    path = f"/staff/applications/{application.id}"
    async with await signed_in(app, "organiser") as organiser:
        page = await organiser.get(path)
        assert page.status_code == 200
        assert "Alex Example" in page.text
        assert 'id="decision"' not in page.text
        assert (await post_form(organiser, f"{path}/accept", {}, page=path)).status_code == 403


async def test_strangers_see_no_staff_page(client: httpx.AsyncClient) -> None:
    for path in ("/staff/labs", "/staff/labs/new", "/staff/labs/x"):
        assert (await client.get(path)).headers["location"].startswith("/sign-in?next=")


async def test_pages_speak_the_readers_language_without_failing(client: httpx.AsyncClient) -> None:
    await load_labs_2024(NOW)
    lab = await a_lab_with_call()
    for language in ("es", "fr"):
        for path in ("/labs/", f"/labs/{lab.slug}", f"/labs/{lab.slug}/apply"):
            page = await client.get(f"{path}?lang={language}")
            assert page.status_code == 200
            assert f'<html lang="{language}"' in page.text
