from datetime import timedelta

import pytest

from eventhub.database import engine, sql, transaction
from eventhub.mail.suppressions import suppress, suppressed
from tests.mail.test_postman import a_letter, standing
from tests.make import NOW, a_person, an_event, field, post_form, signed_in


@pytest.fixture
async def letters(database):
    event, person = await an_event(), await a_person()
    await a_letter("alex@example.org", event_id=event.id, person_id=person, kind="registration_links", facts=LINKS)
    await a_letter("bo@example.org", now=NOW + timedelta(days=1), recipient_name="Bo Example")
    return event, person


LINKS = {
    "recipient_name": "Alex Example",
    "links": [{"title": "Care", "when": "now", "url": "http://x", "status": "confirmed"}],
}


async def test_the_outbox_is_filtered_by_person_event_kind_status_and_day(app, letters):
    event, person = letters
    async with await signed_in(app) as staff:
        for query, shows in (
            ("", {"alex", "bo"}), (f"?person={person}", {"alex"}), (f"?event={event.slug}", {"alex"}),
            ("?who=Bo+Ex", {"bo"}), ("?kind=registration_links", {"alex"}), ("?status=failed", set()),
            (f"?since={NOW.date() + timedelta(days=1)}", {"bo"}), (f"?until={NOW.date()}", {"alex"}),
        ):  # fmt: skip
            text = (await staff.get(f"/staff/outbox{query}")).text
            assert {name for name in ("alex", "bo") if f"{name}@example.org" in text} == shows, query
        assert "Written." in text


@pytest.mark.parametrize(
    "query",
    [
        "who=%00", "who=" + "x" * 600, "who=%F0%9F%92%A9", "person=nobody", "event=%00", "event=" + "x" * 600,
        "kind=%00x", "status=unknown", "since=yesterday", "since=0001-01-01", "until=9999-12-31", "until=%00",
        "page_number=99999999999999999999", "page_number=x",
    ],
)  # fmt: skip
async def test_odd_filters_are_no_error(app, letters, query):
    async with await signed_in(app) as staff:
        assert (await staff.get(f"/staff/outbox?{query}")).status_code in (200, 404)


async def test_letters_rest_and_leave_again_by_buttons_and_the_reason_is_shown(app, letters):
    event, _ = letters
    async with await signed_in(app) as staff:
        page = f"/staff/outbox?event={event.slug}"
        asked = {"event": event.slug, "kind": "registration_links"}
        wrong = await post_form(staff, "/staff/outbox/pauses", {**asked, "reason": ""}, page=page)
        assert wrong.status_code == 422
        assert (
            'value="registration_links" selected' in wrong.text.replace("selected ", "")
            or "registration_links" in wrong.text
        )
        for bad in (
            {**asked, "reason": "x" * 600},
            {**asked, "kind": "sign_in_link", "reason": "y"},
            {"kind": "no", "reason": "y"},
        ):
            assert (await post_form(staff, "/staff/outbox/pauses", bad, page=page)).status_code == 422
        unknown = await post_form(
            staff, "/staff/outbox/pauses", {"event": "nowhere", "kind": "", "reason": "y"}, page=page
        )
        assert unknown.status_code == 404
        assert await sql("SELECT 1 AS one FROM mail_pause") == []

        done = await post_form(staff, "/staff/outbox/pauses", {**asked, "reason": "A wrong <b>room</b>"}, page=page)
        assert (done.status_code, done.headers["location"]) == (303, page)
        again = await post_form(staff, "/staff/outbox/pauses", {**asked, "reason": "Again"}, page=page)
        assert again.status_code == 303
        shown = (await staff.get(page)).text
        assert "A wrong &lt;b&gt;room&lt;/b&gt;" in shown
        assert "1 letter rests." in shown
        (pause,) = [row["id"] for row in await sql("SELECT id FROM mail_pause")]
        ended = await post_form(staff, f"/staff/outbox/pauses/{pause}/end", {"event": event.slug}, page=page)
        assert (ended.status_code, ended.headers["location"]) == (303, page)
        assert (await post_form(staff, f"/staff/outbox/pauses/{pause}/end", {}, page=page)).status_code == 404


async def test_an_address_that_letters_do_not_reach_is_shown_and_let_through_with_a_reason(app, letters):
    first, _ = await standing("id")
    async with transaction():
        await suppress("alex@example.org", "hard_bounce", "550 no such mailbox", first, None, now=NOW)
    async with await signed_in(app) as staff:
        assert "Letters do not arrive" in (await staff.get("/staff/outbox")).text
        listed = (await staff.get("/staff/outbox/held-back")).text
        assert "alex@example.org" in listed
        assert "550 no such mailbox" in listed
        page = f"/staff/outbox/{first}"
        assert "Letters do not reach this person" in (await staff.get(page)).text
        for reason in ("", "x" * 600):
            assert (await post_form(staff, f"{page}/lift", {"reason": reason}, page=page)).status_code == 422
        assert await suppressed("alex@example.org")
        done = await post_form(staff, f"{page}/lift", {"reason": "They have told us"}, page=page)
        assert done.status_code == 303
        assert not await suppressed("alex@example.org")
        token = field((await staff.get("/staff/outbox")).text, "_csrf_token")
        again = await staff.post(
            f"{page}/lift",
            data={"_csrf_token": token, "reason": "Again"},
            headers={"Origin": "http://127.0.0.1:8000"},
        )
        assert again.status_code == 404
        assert "Letters reach every address" in (await staff.get("/staff/outbox/held-back")).text


async def test_a_copy_is_sent_by_a_button_and_a_letter_on_its_way_is_not(app, letters):
    first, second = await standing("id")
    async with await signed_in(app) as staff:
        page = f"/staff/outbox/{first}"
        assert (await post_form(staff, f"{page}/resend", {}, page="/staff/outbox")).status_code == 409
        await sql("UPDATE letter SET status = 'sent', sent_at = {}", NOW)
        done = await post_form(staff, f"{page}/resend", {}, page=page)
        assert done.status_code == 303
        assert done.headers["location"] not in (page, f"/staff/outbox/{second}")
        assert (await staff.get(done.headers["location"])).status_code == 200
        assert (await post_form(staff, f"/staff/outbox/{second}/resend", {}, page="/staff/outbox")).status_code == 409


async def test_the_door_has_nothing_to_do_with_letters(app, letters):
    first, _ = await standing("id")
    async with await signed_in(app, "check-in") as door:
        for path in ("/staff/outbox", "/staff/outbox/held-back", f"/staff/outbox/{first}"):
            assert (await door.get(path)).status_code == 403


async def test_a_page_of_many_letters_takes_as_many_queries_as_a_page_of_few(app, letters, monkeypatch):
    count = 0
    run = type(engine()).run_querystring

    async def counted(self, *args, **kwargs):
        nonlocal count
        count += 1
        return await run(self, *args, **kwargs)

    monkeypatch.setattr(type(engine()), "run_querystring", counted)
    async with await signed_in(app) as staff:
        await staff.get("/staff/outbox")
        count = 0
        await staff.get("/staff/outbox")
        few, count = count, 0
        for number in range(49):
            await a_letter(f"p{number}@example.org", dedupe_key=str(number))
        count = 0
        assert "p48@example.org" in (await staff.get("/staff/outbox")).text
        assert count == few
