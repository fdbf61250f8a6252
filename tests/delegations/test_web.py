"""The desk behind the link, and the pages of staff."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import httpx

from eventhub.database import sql, utc_now
from eventhub.delegations.commands import ByStaff, Contact, NewDelegate, Terms, add_delegate, change_part
from eventhub.directory.people import StatedBy, keep_gender_statement
from eventhub.directory.rules import Gender
from eventhub.mail.rendering import render
from tests.delegations.test_commands import LATER, a_board, a_desk, key_of, parts, person, staff, statuses
from tests.make import NOW, a_member, an_event, post_form, registered, signed_in, some_account

ADA = {"name": "Ada Okafor", "email": "ada@barcelona.example.org", "part": "head", "language": "en"}


async def test_the_desk_shows_the_event_the_quota_and_what_is_missing(client: httpx.AsyncClient):
    event, token = await a_desk(terms=Terms(3, 0, closes_at=NOW.replace(year=2090)))
    page = (await client.get(f"/delegation/{token}?tz=Asia/Tokyo")).text
    assert event.title in page
    assert "Nobody is named yet." in page
    assert "3 more delegates can be named." in page
    assert "No more observers can be named." in page
    assert "Europe/Madrid" in page
    assert "10:00–12:00</time>, Madrid (Europe/Madrid)" in page
    assert "for you: 18:00–20:00, Tokyo (Asia/Tokyo)" in page
    assert "Names are taken until" in page
    assert "for you: 18:00, Tokyo (Asia/Tokyo)" in page


async def test_pages_of_the_desk_are_nobody_elses(client: httpx.AsyncClient):
    _, token = await a_desk()
    answer = await client.get(f"/delegation/{token}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    for wrong in ("x", token + "x", "%00", "é", "a" * 3000):
        assert (await client.get(f"/delegation/{wrong}")).status_code == 404


async def test_a_form_without_our_token_changes_nothing(client: httpx.AsyncClient):
    event, token = await a_desk()
    answer = await client.post(f"/delegation/{token}/people", data=ADA)
    assert answer.status_code == 403
    assert await statuses(event) == {}


async def test_a_person_is_added_given_another_part_and_taken_off(client: httpx.AsyncClient):
    event, token = await a_desk()
    base = f"/delegation/{token}"
    answer = await post_form(client, f"{base}/people", ADA, page=base)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}#people")
    page = (await client.get(base)).text
    assert "Ada Okafor is registered, and gets a letter with the invitation." in page
    assert "ada@barcelona.example.org" in page
    key = await key_of(event, "Ada Okafor")
    answer = await post_form(client, f"{base}/people/{key}/part", {"part": "observer"}, page=base)
    assert answer.status_code == 303
    assert await parts(event) == {"Ada Okafor": "observer"}
    answer = await post_form(client, f"{base}/people/{key}/remove", {}, page=base)
    assert answer.status_code == 303
    assert await statuses(event) == {"Ada Okafor": "cancelled"}
    page = (await client.get(base)).text
    assert "No longer coming:" in page


async def test_a_replacement_is_sent_through_the_page(client: httpx.AsyncClient):
    event, token = await a_desk()
    base = f"/delegation/{token}"
    await post_form(client, f"{base}/people", ADA, page=base)
    path = f"{base}/people/{await key_of(event, 'Ada Okafor')}/replace"
    wrong = await post_form(
        client, path, {"name": "Bo Lindqvist", "email": "ada@barcelona.example.org", "language": "en"}
    )
    assert wrong.status_code == 422
    assert "Bo Lindqvist" in wrong.text
    right = await post_form(client, path, {"name": "Bo Lindqvist", "email": "bo@example.org", "language": "fr"})
    assert right.status_code == 303
    assert await parts(event) == {"Bo Lindqvist": "head"}
    assert "in the place of Ada Okafor" in (await client.get(base)).text
    assert (await client.get(path)).status_code == 404


async def test_a_mistake_keeps_what_was_typed_and_registers_nobody(client: httpx.AsyncClient):
    event, token = await a_desk()
    base = f"/delegation/{token}"
    typed = {"name": "Ada <b>Okafor</b>", "email": "no address", "part": "king", "level": "royal", "language": "xx"}
    answer = await post_form(client, f"{base}/people", typed, page=base)
    assert answer.status_code == 422
    assert "Ada &lt;b&gt;Okafor&lt;/b&gt;" in answer.text
    assert "There is a problem" in answer.text
    for bad in (
        {},
        {"name": "x" * 600, "email": "y" * 600 + "@example.org", "part": "head", "language": "en"},
        {"name": "\x00", "email": "\x00", "part": "\x00", "language": "\x00"},
        {**ADA, "name": "\u202e\u0000"},
    ):
        answer = await post_form(client, f"{base}/people", bad, page=base)
        assert answer.status_code == 422, bad
    answer = await post_form(
        client, f"{base}/people/00000000-0000-0000-0000-000000000000/part", {"part": "head"}, page=base
    )
    assert answer.status_code == 404
    answer = await post_form(client, f"{base}/people/nonsense/part", {"part": "head"}, page=base)
    assert answer.status_code == 404
    assert await statuses(event) == {}


async def test_a_part_beyond_the_quota_is_refused_in_a_sentence_on_the_page(client: httpx.AsyncClient):
    event, token = await a_desk(terms=Terms(1, 0))
    base = f"/delegation/{token}"
    await post_form(client, f"{base}/people", ADA, page=base)
    await registered(event, "Eva", member="barcelona")
    key = await key_of(event, "Eva")
    for part, said in (
        ("delegate", "The quota is 1 delegate, the head included, and it is used up."),
        ("observer", "The quota is 0 observers, and it is used up."),
        ("", "Please say which part the person has."),
        ("king" * 200, "kingking"),
    ):
        answer = await post_form(client, f"{base}/people/{key}/part", {"part": part}, page=base)
        assert answer.status_code == 422
        assert said in answer.text
    assert (await parts(event))["Eva"] is None


async def test_the_desk_tells_nothing_that_is_a_colleagues_own(client: httpx.AsyncClient):
    event, token = await a_desk(terms=Terms(5, 5))
    done = await registered(
        event, "Eva", member="barcelona", gender="woman", access_needs="A ramp, please.", country="ES"
    )
    await keep_gender_statement(done.registration.person, Gender.WOMAN, by=StatedBy.OWN_PAGE, language="en", now=NOW)
    await add_delegate(await staff(event), person("Ada", "head"), now=NOW)
    for part in (None, "delegate"):
        if part:
            await change_part(await staff(event), done.registration.id, part, now=NOW)
        page = (await client.get(f"/delegation/{token}")).text
        assert "Eva" in page
        assert "ada@barcelona.example.org" in page
        assert "eva@example.org" not in page
        for own in ("woman", "Woman", "ramp", done.manage_url.rpartition("/")[2]):
            assert own not in page


async def test_people_of_other_members_and_of_none_are_not_on_the_desk(client: httpx.AsyncClient):
    event, token = await a_desk()
    await a_member("Lyon", country="FR")
    await registered(event, "Secret", member="lyon")
    await registered(event, "Freelance")
    page = (await client.get(f"/delegation/{token}")).text
    assert "Secret" not in page
    assert "Freelance" not in page


async def test_after_the_deadline_the_desk_shows_and_takes_nothing(client: httpx.AsyncClient, app: Any):
    event, token = await a_desk(terms=Terms(3, 1, closes_at=utc_now() + timedelta(seconds=1000)))
    base = f"/delegation/{token}"
    await post_form(client, f"{base}/people", ADA, page=base)
    key = await key_of(event, "Ada Okafor")
    await sql("UPDATE delegation SET closes_at = {}", utc_now() - timedelta(seconds=1))
    page = (await client.get(base)).text
    assert "The deadline for your delegation is over." in page
    assert 'action="/delegation' not in page
    elsewhere = f"/events/{event.slug}/register"
    for path, data in ((f"{base}/people", ADA | {"email": "bo@example.org"}), (f"{base}/people/{key}/part", {"part": "observer"}),
                       (f"{base}/people/{key}/remove", {}), (f"{base}/people/{key}/replace", ADA)):  # fmt: skip
        answer = await post_form(client, path, data, page=elsewhere)
        assert answer.status_code == 409
        assert "The deadline for your delegation is over." in answer.text
    assert await parts(event) == {"Ada Okafor": "head"}
    async with await signed_in(app) as browser:
        own = f"/staff/events/{event.slug}/delegations/members/barcelona"
        assert (await post_form(browser, f"{own}/people/{key}/part", {"part": "observer"}, page=own)).status_code == 303
    assert await parts(event) == {"Ada Okafor": "observer"}


async def test_the_desk_of_an_event_that_asks_for_an_invitation_needs_none(client: httpx.AsyncClient):
    event, token = await a_desk()
    await sql("UPDATE event SET registration_mode = 'invitation' WHERE id = {}", event.id)
    base = f"/delegation/{token}"
    assert (await post_form(client, f"{base}/people", ADA, page=base)).status_code == 303
    assert await statuses(event) == {"Ada Okafor": "confirmed"}
    await sql("UPDATE event SET registration_mode = 'closed' WHERE id = {}", event.id)
    answer = await client.get(base)
    assert "Nobody can be added, as the event takes no registrations at present." in answer.text
    assert 'id="person"' not in answer.text


async def test_staff_see_one_row_for_each_member_with_quorum(client: httpx.AsyncClient, app: Any):
    event = await a_board("Barcelona", "Lyon", "Quito")
    await add_delegate(await staff(event, "lyon"), person("Ada", "head"), now=NOW)
    async with await signed_in(app) as browser:
        page = (await browser.get(f"/staff/events/{event.slug}/delegations")).text
    assert re.findall(r'<tr id="m-(\w+)"', page) == ["barcelona", "lyon", "quito"]
    assert "For the quorum 1 more seat must be confirmed: 1 of 3 are, and 2 are needed." in page
    assert page.count("Empty seat") == 2
    assert page.count("No contact yet") == 3
    assert "Confirmed: 1" in page


async def test_staff_set_all_and_one_and_write_to_the_contacts(client: httpx.AsyncClient, app: Any):
    event = await a_board("Barcelona", "Lyon")
    base = f"/staff/events/{event.slug}/delegations"
    async with await signed_in(app) as browser:
        typed = {"delegates": "2", "observers": "0", "closes_on": "2099-02-01", "closes_time": "17:00"}
        assert (await post_form(browser, base, typed)).status_code == 303
        page = (await browser.get(base)).text
        assert "Quota and deadline hold for 2 members now." in page
        assert "0 / 2" in page
        own = f"{base}/members/lyon"
        one = typed | {"contact_name": "Carme", "contact_email": "carme@example.org", "language": "fr"}
        assert (await post_form(browser, own, one)).status_code == 303
        assert (await post_form(browser, f"{base}/invite", {}, page=base)).status_code == 303
        page = (await browser.get(base)).text
        assert "1 contact gets a letter. 1 member has no contact yet." in page
        assert (await post_form(browser, f"{own}/invite", {}, page=own)).status_code == 303
        assert (await post_form(browser, f"{own}/new-link", {}, page=own)).status_code == 303
        assert "Contact not invited yet" in (await browser.get(own)).text
    rows = await sql("SELECT delegates, observers, closes_at, language FROM delegation ORDER BY contact_name DESC")
    assert rows[0] | {"closes_at": None} == {"delegates": 2, "observers": 0, "closes_at": None, "language": "fr"}
    assert rows[0]["closes_at"].isoformat() == "2099-02-01T16:00:00+00:00"


async def test_what_staff_type_wrong_is_kept_and_explained(client: httpx.AsyncClient, app: Any):
    event = await a_board("Barcelona")
    base = f"/staff/events/{event.slug}/delegations"
    async with await signed_in(app) as browser:
        for typed in (
            {"delegates": "-1"},
            {"delegates": "9" * 30},
            {"delegates": "three"},
            {"closes_on": "2099-02-01"},
            {"closes_time": "17:00"},
            {"closes_on": "2099-13-01", "closes_time": "17:00"},
            {"closes_on": "2099-03-29", "closes_time": "02:30"},
            {"closes_on": "2099-05-01", "closes_time": "02:30"},
            {"closes_on": "0001-01-01", "closes_time": "00:00"},
            {"closes_on": "9999-12-31", "closes_time": "23:59"},
        ):
            answer = await post_form(browser, base, typed)
            assert answer.status_code == 422, typed
            assert "There is a problem" in answer.text
        own = f"{base}/members/barcelona"
        for wrong in (
            {"contact_name": "x" * 500, "language": "en"},
            {"contact_email": "no address", "language": "en"},
            {"language": "xx"},
            {},
            {"contact_email": "a\x00b", "contact_name": "\x00", "language": "en"},
        ):
            assert (await post_form(browser, own, wrong)).status_code == 422, wrong
        assert (await browser.get(f"{base}/members/atlantis")).status_code == 404
        assert (await browser.get(f"{base}/members/%00")).status_code == 404
        assert (await browser.get("/staff/events/none/delegations")).status_code == 404
        assert (await post_form(browser, f"{own}/invite", {}, page=base)).status_code in (404, 409)
    assert await sql("SELECT 1 AS one FROM delegation WHERE delegates IS NOT NULL OR closes_at IS NOT NULL") == []


async def test_an_event_that_is_no_statutory_meeting_has_delegations_and_no_quorum(client: httpx.AsyncClient, app: Any):
    event = await an_event()
    async with await signed_in(app) as browser:
        page = (await browser.get(f"/staff/events/{event.slug}/delegations")).text
        assert "No member is expected yet" in page
        await a_member()
        await add_delegate(ByStaff(event.slug, "barcelona", await some_account()), person("Ada", "head"), now=NOW)
        page = (await browser.get(f"/staff/events/{event.slug}/delegations")).text
        sheet = (await browser.get(f"/staff/events/{event.slug}/delegations/sheet")).text
    assert "Barcelona" in page
    assert "quorum" not in page
    assert "quorum" not in sheet


async def test_the_attendance_sheet_has_a_line_for_every_seat_by_region(client: httpx.AsyncClient, app: Any):
    event = await a_board("Barcelona", "Lyon")
    await a_member("Quito", region="andes")
    await add_delegate(await staff(event), person("Ada", "head"), now=NOW)
    await add_delegate(await staff(event), person("Bo", "replacement"), now=NOW)
    await add_delegate(await staff(event), person("Cem", "observer"), now=NOW)
    await add_delegate(await staff(event, "quito"), NewDelegate("=Dee", "dee@example.org", "head"), now=NOW)
    async with await signed_in(app) as browser:
        page = await browser.get(f"/staff/events/{event.slug}/delegations/sheet")
        file = await browser.get(f"/staff/events/{event.slug}/delegations/sheet.csv")
    assert page.text.count('class="sign"') == 4
    assert "Cem" not in page.text
    assert "2 seats are entitled. 2 are needed for the quorum." in page.text
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows == [
        ["Region", "Member", "Part", "Name", "Status", "Signature"],
        ["Andes", "Quito", "Head of delegation", "'=Dee", "Confirmed", ""],
        ["Europe", "Barcelona", "Head of delegation", "Ada", "Confirmed", ""],
        ["Europe", "Barcelona", "Replacement", "Bo", "Confirmed", ""],
        ["Europe", "Lyon", "", "", "", ""],
    ]
    assert "@" not in file.text


async def test_who_may_do_what(client: httpx.AsyncClient, app: Any):
    event, _ = await a_desk()
    base = f"/staff/events/{event.slug}/delegations"
    assert (await client.get(base)).status_code in (303, 401)
    async with await signed_in(app, "reader") as browser:
        assert (await browser.get(base)).status_code == 403
        assert (await browser.get(f"{base}/sheet.csv")).status_code == 403
    async with await signed_in(app, "check-in") as browser:
        page = await browser.get(base)
        assert page.status_code == 200
        assert f'action="{base}' not in page.text
        own = f"{base}/members/barcelona"
        assert f'action="{base}' not in (await browser.get(own)).text
        for path in (base, f"{base}/invite", own, f"{own}/invite", f"{own}/new-link", f"{own}/people"):
            assert (await post_form(browser, path, ADA, page="/staff/")).status_code == 403
    assert await statuses(event) == {}


async def test_the_pages_speak_the_language_of_the_reader(client: httpx.AsyncClient):
    event, token = await a_desk(contact=Contact("Carme", "carme@example.org", "es"))
    await add_delegate(await staff(event), person("Ada", "head"), now=LATER)
    for language in ("en", "es", "fr"):
        answer = await client.get(f"/delegation/{token}", headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.text


async def _letters() -> dict[str, tuple[str, str]]:
    """Text and markup of the newest letter to each address."""
    found = {}
    for row in await sql("SELECT kind, language, facts, recipient_address FROM letter ORDER BY created_at, id"):
        letter = render(
            row["kind"], row["language"], json.loads(row["facts"]), recipient_address=row["recipient_address"]
        )
        found[row["recipient_address"]] = (letter.text, letter.html)
    return found


async def test_letters_to_whoever_a_desk_entered_name_the_delegation_and_not_a_registration_of_their_own(
    client: httpx.AsyncClient,
):
    event, token = await a_desk()
    base = f"/delegation/{token}"
    await post_form(client, f"{base}/people", ADA, page=base)
    await registered(event, "Bo Alone", email="bo@example.org", member="barcelona")
    await change_part(await staff(event), await key_of(event, "Bo Alone"), "observer", now=LATER)
    named = "You get this letter because the delegation of Barcelona named you for this event"
    alone = "You get this letter because you registered for this event"

    for said in (await _letters())[ADA["email"]]:
        assert (named in said, alone in said) == (True, False)
    for said in (await _letters())["bo@example.org"]:
        assert (named in said, alone in said) == (False, True)

    key = await key_of(event, "Ada Okafor")
    new = {**ADA, "name": "Cy New", "email": "cy@example.org"}
    await post_form(client, f"{base}/people/{key}/replace", new, page=f"{base}/people/{key}/replace")
    for address in (ADA["email"], "cy@example.org"):
        for said in (await _letters())[address]:
            assert (named in said, alone in said) == (True, False), address
