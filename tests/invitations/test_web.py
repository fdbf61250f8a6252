"""The page on which organisers invite people."""

from typing import Any
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.invitations.commands import NewInvitation, add_invitation, send_invitation, withdraw_invitation
from eventhub.links import make_link
from tests.conftest import BASE_URL
from tests.make import NOW, a_member, an_event, field, post_form, registered, signed_in, some_account
from tests.registrations.test_web import words


def path_of(event: Any) -> str:
    return f"/staff/events/{event.slug}/invitations"


async def invited(event: Any, name: str, **changes: Any) -> Any:
    new = NewInvitation(**{"name": name, "email": f"{name.lower()}@example.org", **changes})
    return await add_invitation(event, new, now=NOW, account_id=await some_account())


async def names_on(staff: Any, address: str) -> list[str]:
    import re

    page = await staff.get(address)
    assert page.status_code == 200
    return re.findall(r'<tr id="i-[^>]*><th scope="row" dir="auto">([^<]*)', page.text)


@pytest.mark.parametrize("role", ["reader", "check-in"])
async def test_only_organisers_invite(app, client, role):
    event = await an_event()
    ada = await invited(event, "Ada")
    path = path_of(event)
    assert (await client.get(path)).status_code == 303
    async with await signed_in(app, role) as other:
        assert (await other.get(path)).status_code == 403
        for end in ("", "/send", "/import", "/import/confirm", f"/{ada}/send", f"/{ada}/withdraw"):
            assert (await post_form(other, f"{path}{end}", {}, page="/staff/")).status_code == 403
    assert await sql("SELECT id FROM letter WHERE kind = 'registration_invited'") == []


async def test_somebody_is_put_on_the_list_written_to_and_withdrawn(app, client):
    await a_member("Barcelona")
    event = await an_event(language="fr")
    path = path_of(event)
    async with await signed_in(app, "organiser") as staff:
        page = await staff.get(path)
        assert "Nobody is on this list" in words(page)
        typed = {"name": "Ada & co", "email": "ada@example.org", "member": "barcelona", "language": "es"}
        assert (await post_form(staff, path, typed)).status_code == 303
        page = words(await staff.get(path))
        assert "Ada & co is on the list. Send the invitation when you are ready." in page
        assert "Send the letter that has not been sent" in page
        (row,) = await sql("SELECT id, language FROM registration_invitation")
        assert row["language"] == "es"
        back = {"back": f"{path}?q=ada"}
        for verb, said in (
            ("send", "The letter to Ada & co is on its way."),
            ("withdraw", "The invitation is withdrawn"),
        ):
            answer = await post_form(staff, f"{path}/{row['id']}/{verb}", back, page=path)
            assert answer.headers["location"] == f"{path}?q=ada#i-{row['id']}"
            assert said in words(await staff.get(path))
        answer = await post_form(staff, f"{path}/{row['id']}/withdraw", {"back": "//evil.example.org"}, page=path)
        assert answer.headers["location"] == f"{path}#i-{row['id']}"
        assert (await post_form(staff, f"{path}/{row['id']}/send", {}, page=path)).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 600}, "Field cannot be longer than 200 characters."),
        ({"email": "nobody"}, "“nobody” is no e-mail address."),
        ({"email": "ada@example.org"}, "“ada@example.org” is invited already."),
        ({"member": "atlantis"}, "Not a valid choice."),
        ({"language": "tlh"}, "Not a valid choice."),
        ({"email": "\x00"}, "This field is required."),
    ],
)
async def test_a_mistake_keeps_what_was_typed(app, client, wrong, said):
    event = await an_event()
    await invited(event, "Ada")
    typed = {"name": "Bo <b>", "email": "bo@example.org", "member": "", "language": "fr"} | wrong
    async with await signed_in(app, "organiser") as staff:
        answer = await post_form(staff, path_of(event), typed)
    assert answer.status_code == 422
    assert said in words(answer)
    if "name" not in wrong:
        assert 'value="Bo &lt;b&gt;"' in answer.text
    assert len(await sql("SELECT id FROM registration_invitation")) == 1


async def test_the_list_is_narrowed_sorted_and_counted(app, client):
    event = await an_event()
    ada = await invited(event, "Ada", email="z@example.org")
    await invited(event, "Bo", email="a@example.org")
    await invited(await an_event(), "Cy")
    path = path_of(event)
    async with await signed_in(app, "organiser") as staff:
        await post_form(staff, f"{path}/{ada}/send", {}, page=path)
        assert await names_on(staff, path) == ["Ada", "Bo"]
        assert await names_on(staff, f"{path}?sort=email") == ["Bo", "Ada"]
        assert await names_on(staff, f"{path}?sort=-name") == ["Bo", "Ada"]
        assert await names_on(staff, f"{path}?status=sent") == ["Ada"]
        assert await names_on(staff, f"{path}?q=a@ex") == ["Bo"]
        assert await names_on(staff, f"{path}?q=%25%00&status=x&sort=x&page_number=x") == []
        page = await staff.get(f"{path}?sort=-name")
        assert 'aria-sort="descending"' in page.text
        assert "Not sent 1 Sent 1 Registered 0 Withdrawn 0" in words(page)


async def upload(staff: Any, event: Any, content: bytes, name: str = "list.csv") -> Any:
    token = field((await staff.get(path_of(event))).text, "_csrf_token")
    return await staff.post(
        f"{path_of(event)}/import",
        data={"_csrf_token": token},
        files={"file": (name, content)},
        headers={"Origin": BASE_URL},
    )


async def test_a_list_is_shown_agreed_to_and_taken(app, client):
    event, other = await an_event(), await an_event()
    async with await signed_in(app, "organiser") as staff:
        shown = await upload(staff, event, b"name,email\nAda <b>,ada@example.org\n")
        assert shown.status_code == 200
        assert "One is new" in words(shown)
        assert "Ada &lt;b&gt;" in shown.text
        assert await sql("SELECT id FROM registration_invitation") == []
        parcel = {"parcel": field(shown.text, "parcel")}
        confirm = f"{path_of(event)}/import/confirm"
        elsewhere = await post_form(staff, f"{path_of(other)}/import/confirm", parcel, page=path_of(event))
        assert elsewhere.status_code == 409
        for forged in ("", "x", parcel["parcel"] + "x"):
            assert (await post_form(staff, confirm, {"parcel": forged}, page=path_of(event))).status_code == 409
        assert (await post_form(staff, confirm, parcel, page=path_of(event))).status_code == 303
        assert "The list has been taken: 1 new, 0 changed, 0 as before." in words(await staff.get(path_of(event)))
        again = await post_form(staff, confirm, parcel, page=path_of(event))
        assert again.status_code == 409
        assert "Something has changed since the differences were shown." in words(again)
    assert len(await sql("SELECT id FROM registration_invitation")) == 1


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"name,email\nAda,nobody\n", "list.csv", "Line 2, column “email”"),
        (b"", "", "Please choose a file."),
        (b"\xff\xfe\x00", "list.csv", "Nothing was imported"),
        (b"PK\x03\x04junk", "list.xlsx", "Nothing was imported"),
        (b"name,email\n" + b"x" * 3_000_001, "list.csv", "The file is larger than 3 MB."),
    ],
)
async def test_a_wrong_file_is_refused_with_every_reason(app, client, content, name, said):
    event = await an_event()
    async with await signed_in(app, "organiser") as staff:
        answer = await upload(staff, event, content, name)
    assert answer.status_code == 422
    assert said in words(answer)
    assert await sql("SELECT id FROM registration_invitation") == []


async def test_invitations_belong_to_their_event(app, client):
    event, other = await an_event(), await an_event()
    stranger = await invited(other, "Ada")
    path = path_of(event)
    async with await signed_in(app, "organiser") as staff:
        for identifier in (stranger, uuid4(), "x"):
            for verb in ("send", "withdraw"):
                assert (await post_form(staff, f"{path}/{identifier}/{verb}", {}, page=path)).status_code == 404
        assert (await staff.get("/staff/events/nothing/invitations")).status_code == 404
    assert (await sql("SELECT withdrawn_at FROM registration_invitation"))[0]["withdrawn_at"] is None


async def test_a_link_that_was_used_says_so_and_leads_to_the_own_registration(client):
    event = await an_event(registration_mode="invitation")
    ada = await invited(event, "Ada", email="ada@example.org")
    await send_invitation(ada, now=NOW, account_id=await some_account())
    token = make_link("invitation", ada, 1)
    path = f"/events/{event.slug}/register?invitation={token}"
    assert 'id="register"' in (await client.get(path)).text
    await registered(event, "Ada", email="ada@example.org", invitation_token=token)

    page = await client.get(path)

    assert page.status_code == 410
    assert "You have registered with this invitation" in page.text
    assert "it is good for one registration only" in page.text
    assert 'id="register"' not in page.text
    assert "ada@example.org" not in page.text
    assert event.title in page.text
    sent = await post_form(client, "/my-links", {"email": "ada@example.org"}, page=path)
    assert sent.status_code == 200
    await sql("UPDATE registration SET status = 'cancelled' WHERE event = {}", event.id)
    assert 'id="register"' in (await client.get(path)).text


@pytest.mark.parametrize("mode", ["invitation", "open"])
async def test_a_link_that_was_withdrawn_or_replaced_says_so(client, mode):
    event = await an_event(registration_mode=mode)
    account = await some_account()
    ada = await invited(event, "Ada", email="ada@example.org")
    await send_invitation(ada, now=NOW, account_id=account)
    token = make_link("invitation", ada, 1)
    path = f"/events/{event.slug}/register?invitation={token}"
    form = {"name": "Ada", "email": "ada@example.org", "level": "political", "invitation_token": token}
    open_page = (await client.get(path)).text
    await withdraw_invitation(ada, now=NOW, account_id=account)

    page = await client.get(path)
    posted = await client.post(
        f"/events/{event.slug}/register",
        data={**form, "_csrf_token": field(open_page, "_csrf_token")},
        headers={"Origin": BASE_URL},
    )

    for answer in (page, posted):
        assert answer.status_code == 410
        assert "The organisers have withdrawn this invitation" in answer.text
        assert 'action="/my-links"' in answer.text
        assert ("Register without an invitation" in answer.text) is (mode == "open")
    assert await sql("SELECT id FROM registration") == []

    again = await invited(event, "Ada", email="ada@example.org")
    await send_invitation(again, now=NOW, account_id=account)
    page = await client.get(path)
    assert (page.status_code, "This link was replaced" in page.text) == (410, True)


async def test_a_link_that_is_not_ours_tells_nothing_of_a_withdrawn_invitation(client):
    event = await an_event(registration_mode="invitation")
    ada = await invited(event, "Ada", email="ada@example.org")
    await withdraw_invitation(ada, now=NOW, account_id=await some_account())
    for wrong in ("x", make_link("invitation", ada, 1) + "x", "%00", make_link("delegation", ada, 1)):
        page = await client.get(f"/events/{event.slug}/register?invitation={wrong}")
        assert "withdrawn" not in page.text
