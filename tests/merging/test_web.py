"""The pages on which duplicate persons are compared, merged and parted again."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.directory.people import person_with_email
from tests.make import NOW, a_member, a_person, an_event, post_form, registered, signed_in
from tests.registrations.test_web import words

LIST = "/staff/people/duplicates"


async def two_records() -> tuple[UUID, UUID]:
    member = await a_member("Barcelona")
    kept = await person_with_email("ada@example.org", name="Ada Lovelace", member=member, now=NOW)
    return kept, await person_with_email(
        "a.l@example.net", name="ADA LOVELACE", member=member, now=NOW.replace(hour=10)
    )


async def test_who_looks_alike_is_offered_once_with_the_reason(app, client):
    kept, gone = await two_records()
    async with await signed_in(app, "programme") as staff:
        page = await staff.get(LIST)
        assert page.status_code == 200
        assert "Same name and member" in words(page)
        assert page.text.count(f"{LIST}/{kept}/{gone}") == 1
        assert "Nothing has been merged so far." in words(page)


@pytest.mark.parametrize("role", ["reader", "check-in", "organiser"])
async def test_only_who_keeps_the_directory_merges(app, client, role):
    kept, gone = await two_records()
    assert (await client.get(LIST)).status_code == 303
    async with await signed_in(app, role) as other:
        for path in (LIST, f"{LIST}/{kept}/{gone}"):
            assert (await other.get(path)).status_code == 403
        for path in (
            f"{LIST}/{kept}/{gone}/merge",
            f"{LIST}/{kept}/{gone}/different",
            f"/staff/people/merges/{uuid4()}/undo",
        ):
            assert (await post_form(other, path, {}, page="/staff/")).status_code == 403
    assert await sql("SELECT id FROM person_merge") == []


async def test_both_are_compared_merged_and_parted_again(app, client):
    event = await an_event(title="Care & cure")
    kept, gone = await two_records()
    await registered(event, "Ada Lovelace", email="a.l@example.net", gender="non_binary")
    own = f"{LIST}/{kept}/{gone}"
    async with await signed_in(app, "programme") as staff:
        page = await staff.get(own)
        assert "a.l@example.net" in page.text
        assert "Care &amp; cure" in page.text
        assert "One registration moves to the record that is kept." in words(page)
        assert "Letters go to ada@example.org from now on." in words(page)
        assert "The answer to how the person wants to be counted moves." in words(page)
        assert "non_binary" not in page.text
        assert "Non-binary" not in page.text
        done = await post_form(staff, f"{own}/merge", {}, page=own)
        assert done.headers["location"] == f"{LIST}#merges"
        assert "The two records are one now. This can be undone." in words(page := await staff.get(LIST))
        assert "Same name and member" not in words(page)
        again = await post_form(staff, f"{own}/merge", {}, page=LIST)
        assert again.status_code == 409
        assert "was merged into another record already" in words(again)
        (merge,) = await sql("SELECT id FROM person_merge")
        undo = f"/staff/people/merges/{merge['id']}/undo"
        assert (await post_form(staff, undo, {}, page=LIST)).status_code == 303
        assert "They are two records again" in words(page := await staff.get(LIST))
        assert "Undone" in words(page)
        assert (await post_form(staff, undo, {}, page=LIST)).status_code == 409
    assert {row["person"] for row in await sql("SELECT person FROM registration")} == {gone}


async def test_what_holds_a_merge_back_is_on_the_page_instead_of_the_button(app, client):
    event = await an_event()
    kept, gone = await two_records()
    for address in ("ada@example.org", "a.l@example.net"):
        await registered(event, "Ada", email=address)
    own = f"{LIST}/{kept}/{gone}"
    async with await signed_in(app, "administrator") as staff:
        page = await staff.get(own)
        assert "Both are registered for “Care in the metropolis”." in words(page)
        assert f"{own}/merge" not in page.text
        refused = await post_form(staff, f"{own}/merge", {}, page=own)
        assert refused.status_code == 409
        assert "Both are registered for “Care in the metropolis”." in words(refused)


async def test_they_can_be_told_apart(app, client):
    kept, gone = await two_records()
    own = f"{LIST}/{kept}/{gone}"
    async with await signed_in(app, "programme") as staff:
        assert (await post_form(staff, f"{own}/different", {}, page=own)).status_code == 303
        page = words(await staff.get(LIST))
        assert "They stay two records, and are offered no more." in page
        assert "No duplicates" in page


@pytest.mark.parametrize("ids", ["x/y", "{one}/x", "{one}/{none}", "{none}/{one}"])
async def test_records_that_are_not_there(app, client, ids):
    path = f"{LIST}/{ids.format(one=await a_person(), none=uuid4())}"
    async with await signed_in(app, "programme") as staff:
        assert (await staff.get(path)).status_code == 404
        for verb in ("merge", "different"):
            assert (await post_form(staff, f"{path}/{verb}", {}, page=LIST)).status_code == 404
        assert (await post_form(staff, "/staff/people/merges/x/undo", {}, page=LIST)).status_code == 404
        one: Any = ids.format(one="", none="")
        assert (await staff.get(f"{LIST}?page_number=9999999999&q={one}")).status_code == 200
