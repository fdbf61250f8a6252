"""The pages of what came in, and the page that takes a "no" back."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventhub.checks import _about_mailbox
from eventhub.database import sql, utc_now
from eventhub.mail.addresses import envelope_sender, organiser_for
from eventhub.registrations.queries import manage_url
from eventhub.replies.commands import receive, release_due
from eventhub.replies.queries import answers_of_event, undo_token
from eventhub.settings import current_settings
from tests.make import an_event, post_form, registered, signed_in
from tests.replies.messages import bounce, calendar, plain

ADDRESS = "alex-example@example.org"


async def declined(capacity: int = 1, *, to: str = "", method: str = "REPLY", **changes: Any) -> tuple[Any, Any]:
    event = await an_event(capacity)
    registration = (await registered(event, "Alex Example")).registration
    ics = calendar(event.calendar_uid, ADDRESS, answer="DECLINED", method=method, **changes)
    octets = plain(ics, ADDRESS, to or organiser_for(registration.person).address)
    await receive(octets, source="mailbox", envelope_recipient=None, now=utc_now())
    return event, registration


def own_page(registration: Any) -> str:
    url = manage_url(registration.id, registration.link_version, by_letter=True)
    return url.removeprefix(current_settings().base_url)


async def status_of(registration: Any) -> str:
    return (await sql("SELECT status FROM registration WHERE id = {}", registration.id))[0]["status"]


async def test_looking_at_the_link_changes_nothing_and_the_button_undoes(client: httpx.AsyncClient) -> None:
    event, registration = await declined()
    path = f"/answers/{undo_token((await answers_of_event(event.id))[registration.id])}/"
    for _ in range(2):
        shown = await client.get(path)
        assert (shown.status_code, "I come after all" in shown.text) == (200, True)
    assert (await answers_of_event(event.id))[registration.id].release_at is not None
    answer = await post_form(client, path, {})
    assert answer.status_code == 303
    assert await release_due(utc_now() + timedelta(hours=1)) == 0
    assert await status_of(registration) == "confirmed"
    assert "I come after all" not in (await client.get(path)).text


async def test_a_link_that_is_not_ours_opens_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/answers/nonsense/")).status_code == 404
    assert (await client.get(f"/answers/{'x' * 900}/")).status_code == 404


async def test_the_page_of_a_seat_that_was_given_back_says_so(client: httpx.AsyncClient) -> None:
    event, registration = await declined()
    path = f"/answers/{undo_token((await answers_of_event(event.id))[registration.id])}/"
    await registered(event, "Bo Waiting")
    await release_due(utc_now() + timedelta(hours=1))
    assert "was given back" in (await client.get(path)).text
    assert (await post_form(client, path, {})).status_code == 303
    assert await status_of(registration) == "waitlisted"
    assert "You are on the waiting list." in (await client.get(path)).text


async def test_staff_see_the_reason_and_decide(client: httpx.AsyncClient, app: Any) -> None:
    event, registration = await declined(to="eventhub@localhost", more=("COMMENT:<script>alert(1)</script> so sorry",))
    async with await signed_in(app, "organiser") as staff:
        listed = (await staff.get("/staff/replies/")).text
        assert "did not come to the person" in listed
        message = (await sql("SELECT id FROM inbound_message"))[0]["id"]
        page = await staff.get(f"/staff/replies/{message}")
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert" not in page.text
        answer = await post_form(
            staff, f"/staff/replies/{message}/decide", {"verb": "apply"}, page=f"/staff/replies/{message}"
        )
        assert answer.status_code == 303
        again = await post_form(staff, f"/staff/replies/{message}/decide", {"verb": "apply"}, page="/staff/replies/")
        assert again.status_code == 409
        wrong = await post_form(staff, f"/staff/replies/{message}/decide", {"verb": "\0" * 500}, page="/staff/replies/")
        assert wrong.status_code == 422
    assert (await answers_of_event(event.id))[registration.id].answer == "declined"


async def test_staff_take_a_proposed_time(client: httpx.AsyncClient, app: Any) -> None:
    event, _ = await declined(method="COUNTER", times=("DTSTART:20990302T090000Z", "DTEND:20990302T100000Z"))
    proposal = (await sql("SELECT id FROM time_proposal"))[0]["id"]
    async with await signed_in(app, "organiser") as staff:
        assert "Take this time" in (await staff.get("/staff/replies/")).text
        answer = await post_form(staff, f"/staff/replies/proposals/{proposal}/accept", {}, page="/staff/replies/")
        assert answer.status_code == 303
        again = await post_form(staff, f"/staff/replies/proposals/{proposal}/refuse", {}, page="/staff/replies/")
        assert again.status_code == 409
    rows = await sql("SELECT starts_at FROM event WHERE id = {}", event.id)
    assert rows[0]["starts_at"].day == 2


async def test_the_page_says_what_works_and_the_test_needs_a_mailbox(client: httpx.AsyncClient, app: Any) -> None:
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get("/staff/replies/?status=review")).text
        assert "No mailbox is set" in page
        assert "No message matches" in page
        answer = await post_form(staff, "/staff/replies/self-test", {}, page="/staff/replies/")
        assert answer.status_code == 409


@pytest.mark.parametrize("role", ["check-in", "reader"])
async def test_whoever_may_not_read_letters_may_not_read_answers(
    client: httpx.AsyncClient, app: Any, role: str
) -> None:
    await declined(to="eventhub@localhost")
    message = (await sql("SELECT id FROM inbound_message"))[0]["id"]
    async with await signed_in(app, role) as staff:
        for path in ("/staff/replies/", f"/staff/replies/{message}"):
            assert (await staff.get(path)).status_code == 403
    assert (await client.get("/staff/replies/")).status_code in (303, 401)


async def test_a_decline_shows_on_the_own_page_and_on_the_list_of_staff(app: Any, client: httpx.AsyncClient) -> None:
    event, registration = await declined()
    path = own_page(registration)
    page = (await client.get(path)).text
    assert "Your calendar has declined." in page
    (undo,) = re.findall(r'action="(/answers/[^"]+)"', page)
    async with await signed_in(app, "organiser") as staff:
        listed = (await staff.get(f"/staff/events/{event.slug}/registrations")).text
        assert "Their calendar says: Declined" in listed
        assert (await post_form(client, undo, {}, page=path)).status_code == 303
        assert "Your calendar has declined." not in (await client.get(path)).text
        after = (await staff.get(f"/staff/events/{event.slug}/registrations")).text
    assert "The seat is given back at" in listed
    assert "The seat is given back at" not in after


async def test_an_address_that_letters_do_not_reach_is_marked(app: Any, client: httpx.AsyncClient) -> None:
    event = await an_event(1)
    registration = (await registered(event, "Alex Example")).registration
    listed = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app, "organiser") as staff:
        assert "Letters do not" not in (await client.get(own_page(registration))).text + (await staff.get(listed)).text
        letter = (await sql("SELECT id FROM letter WHERE person = {}", registration.person))[0]["id"]
        await receive(bounce(envelope_sender(letter)), source="mailbox", envelope_recipient=None, now=utc_now())
        assert "Letters do not reach you" in (await client.get(own_page(registration))).text
        assert "Letters do not arrive" in (await staff.get(listed)).text


async def test_a_mailbox_that_cannot_be_read_is_found_by_the_check(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sql(
        "INSERT INTO mailbox (id, trouble) VALUES (1, 'the password is wrong') "
        "ON CONFLICT (id) DO UPDATE SET trouble = excluded.trouble"
    )
    assert await _about_mailbox() == []
    monkeypatch.setattr(current_settings(), "imap_url", "imaps://u:p@mail.example.org")
    assert await _about_mailbox() == ["The mailbox of EVENTHUB_IMAP_URL cannot be read: the password is wrong"]
