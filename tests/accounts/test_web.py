"""Signing in and out, and the administrators' pages."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventhub.accounts.commands import make_sign_in_link
from eventhub.accounts.queries import token_hash
from eventhub.accounts.rules import Role
from eventhub.database import sql, utc_now
from tests.conftest import browser
from tests.make import BASE_URL, a_token, an_account, bearer, post_form, signed_in


async def a_link(role: str = "organiser") -> str:
    link = await make_sign_in_link(f"{role}@example.org", now=utc_now())
    assert link is not None
    return link.removeprefix(BASE_URL)


async def test_the_answer_is_the_same_for_an_address_that_nobody_knows(client: httpx.AsyncClient) -> None:
    await an_account("organiser")
    answers = []
    for address in ("organiser@example.org", "stranger1@example.org"):
        page = await post_form(client, "/sign-in", {"email": address})
        answers.append((page.status_code, re.sub(r'value="\w{64}"', "", page.text).replace(address, "…")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert "If … has an account" in answers[0][1]
    assert [row["recipient_address"] for row in await sql("SELECT * FROM letter")] == ["organiser@example.org"]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "x" * 600, "a\x00\nb", "\u202e@x", "<script>@x"])
async def test_what_is_no_address_is_said_beside_the_field(client: httpx.AsyncClient, email: str) -> None:
    page = await post_form(client, "/sign-in", {"email": email})
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert "<script>@" not in page.text
    assert await sql("SELECT id FROM letter") == []


async def test_opening_the_link_does_not_use_it_up(client: httpx.AsyncClient) -> None:
    await an_account("organiser")
    link = await a_link()
    for _ in range(3):
        page = await client.get(link)
        assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
        assert 'id="sign-in"' in page.text
    assert (await client.head(link)).status_code in (200, 405)
    assert (await client.options(link)).status_code == 204
    assert await sql("SELECT account FROM web_session") == []
    done = await post_form(client, link, {})
    assert (done.status_code, done.headers["location"]) == (303, "/staff/")
    assert (await client.get("/staff/")).status_code == 200


async def test_a_link_is_used_once(app: Any, client: httpx.AsyncClient) -> None:
    await an_account("organiser")
    link = await a_link()
    assert (await post_form(client, link, {})).status_code == 303
    async with browser(app) as other:
        assert (await other.get(link)).status_code == 410
        again = await post_form(other, link, {}, page="/sign-in")
        assert (again.status_code, "used before or is too old" in again.text) == (410, True)
        assert (await other.get("/staff/")).status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 600, "%00", "%FF", "%2F..%2F", "a.b", "é"])
async def test_a_link_that_we_did_not_make_opens_nothing(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.get(f"/sign-in/{token}")).status_code in (404, 410)
    done = await post_form(client, f"/sign-in/{token}", {}, page="/sign-in")
    assert done.status_code in (404, 410)


async def test_the_cookie_is_new_at_each_sign_in_and_a_planted_one_opens_nothing(client: httpx.AsyncClient) -> None:
    await an_account("organiser")
    client.cookies.set("eventhub", "planted", domain="127.0.0.1", path="/")
    assert (await client.get("/staff/")).status_code == 303
    done = await post_form(client, await a_link(), {})
    cookie = next(c for c in done.headers.get_list("set-cookie") if c.startswith("eventhub="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "planted" not in cookie
    assert await sql("SELECT account FROM web_session WHERE token_hash = {}", token_hash("planted")) == []


async def test_the_session_before_is_ended_by_signing_in_again(app: Any, client: httpx.AsyncClient) -> None:
    await an_account("organiser")
    await post_form(client, await a_link(), {})
    former = client.cookies["eventhub"]
    await post_form(client, await a_link(), {})
    assert client.cookies["eventhub"] != former
    async with browser(app) as thief:
        thief.cookies.set("eventhub", former)
        assert (await thief.get("/staff/")).status_code == 303


async def test_signing_out_ends_the_session_in_the_database(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "organiser") as staff:
        kept = staff.cookies["eventhub"]
        done = await post_form(staff, "/sign-out", {}, page="/staff/")
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert (await staff.get("/staff/")).status_code == 303
        async with browser(app) as thief:
            thief.cookies.set("eventhub", kept)
            assert (await thief.get("/staff/")).status_code == 303


@pytest.mark.parametrize("column", ["expires_at"])
async def test_a_session_whose_time_is_over_asks_to_sign_in(app: Any, client: httpx.AsyncClient, column: str) -> None:
    async with await signed_in(app, "organiser") as staff:
        assert (await staff.get("/staff/events?q=x")).status_code == 200
        await sql(f"UPDATE web_session SET {column} = {{}}", utc_now() - timedelta(seconds=1))
        page = await staff.get("/staff/events?q=x")
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/staff/events%3Fq%3Dx")


async def test_a_session_in_use_is_kept_but_never_beyond_twelve_hours(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "organiser") as staff:
        now = utc_now()
        created = now - timedelta(hours=11)
        await sql("UPDATE web_session SET created_at = {}, seen_at = {}", created, now - timedelta(minutes=5))
        assert (await staff.get("/staff/")).status_code == 200
        row = (await sql("SELECT created_at, seen_at, expires_at FROM web_session"))[0]
        assert row["seen_at"] >= now
        assert row["expires_at"] == row["created_at"] + timedelta(hours=12)


async def test_a_session_opens_no_json_and_a_token_opens_no_page(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "administrator") as staff:
        assert (await staff.get("/api/v1/members")).status_code == 401
    token = bearer(await a_token("programme"))
    assert (await client.get("/api/v1/members", headers=token)).status_code == 200
    assert (await client.get("/staff/", headers=token)).status_code == 303


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic abc", "bearer \x7f", "Bearer " + "x" * 5000, "Bearer é"]
)
async def test_a_token_that_nobody_made_is_refused(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/api/v1/members", headers={"Authorization": header.encode()})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_revoked_token_is_refused(client: httpx.AsyncClient) -> None:
    token = bearer(await a_token("programme"))
    assert (await client.get("/api/v1/members", headers=token)).status_code == 200
    await sql("UPDATE api_token SET revoked_at = {}", utc_now())
    assert (await client.get("/api/v1/members", headers=token)).status_code == 401


async def test_an_administrator_adds_an_account(app: Any, client: httpx.AsyncClient) -> None:
    new = {"name": "Zoë <b>", "email": "zoe@example.org", "role": "check-in"}
    async with await signed_in(app, "administrator") as staff:
        assert (await post_form(staff, "/staff/accounts", new)).status_code == 303
        page = await staff.get("/staff/accounts")
        assert "Zoë &lt;b&gt;" in page.text
        again = await post_form(staff, "/staff/accounts", new | {"email": "ZOE@example.org"})
        assert (again.status_code, "There is an account for ZOE@example.org already." in again.text) == (422, True)
        for wrong in (
            {"name": ""},
            {"name": "x" * 501},
            {"email": "x"},
            {"role": "king"},
            {"role": ""},
            {"name": "\x00"},
        ):
            refused = await post_form(staff, "/staff/accounts", new | {"email": "a@example.org"} | wrong)
            assert (refused.status_code, "<title>Error: " in refused.text) == (422, True), wrong
        trail = await staff.get("/staff/audit")
        assert (trail.status_code, "zoe@example.org" in trail.text) == (200, False)
    assert len(await sql("SELECT id FROM account")) == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [("page_number=2", 200), ("page_number=0", 200), ("page_number=" + "9" * 40, 200), ("page_number=x", 400)],
)
async def test_the_trail_is_paged(app: Any, client: httpx.AsyncClient, query: str, status: int) -> None:
    async with await signed_in(app, "administrator") as staff:
        assert (await staff.get(f"/staff/audit?{query}")).status_code == status


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_can_sign_in_and_sees_its_desk(app: Any, client: httpx.AsyncClient, role: str) -> None:
    async with await signed_in(app, role) as staff:
        page = await staff.get("/staff/")
        assert page.status_code == 200
        assert ("/staff/accounts" in page.text) is (role == "administrator")


@pytest.mark.parametrize(
    "next_path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\evil",
        "javascript:alert(1)",
        "/%0d%0aX:1",
        "",
        "x",
        "/\t/evil",
    ],
)
async def test_nobody_is_sent_to_another_site(app: Any, client: httpx.AsyncClient, next_path: str) -> None:
    async with await signed_in(app, "organiser") as staff:
        answer = await staff.get("/sign-in", params={"next": next_path})
        assert answer.status_code == 303
        assert re.match(r"/(staff/|%250d%250aX:1|%0d)", answer.headers["location"]), answer.headers["location"]
        assert not answer.headers["location"].startswith(("//", "/\\"))
    page = await client.get("/time-zone", params={"next": next_path})
    action = re.search(r'<form[^>]*action="([^"]*)"[^>]*data-zone-form', page.text)
    assert action
    assert re.match(r"/$|/%0d%0a", action[1]), action[1]


async def test_who_is_signed_in_goes_on_to_where_they_wanted(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "organiser") as staff:
        answer = await staff.get("/sign-in", params={"next": "/staff/events?q=é&page_number=2"})
        assert answer.headers["location"] == "/staff/events?q=%C3%A9&page_number=2"


async def test_signing_in_leads_to_the_page_that_was_asked_for(app, client):
    await an_account("organiser")
    asked = await client.get("/staff/events?year=2020")
    assert asked.status_code == 303
    await client.get(asked.headers["location"])
    link = await make_sign_in_link("organiser@example.org", now=utc_now())
    answer = await post_form(client, link.removeprefix(BASE_URL), {})
    assert answer.headers["location"] == "/staff/events?year=2020"
    assert (await client.get(answer.headers["location"])).status_code == 200


async def test_a_page_of_another_site_is_not_where_signing_in_leads(client):
    await an_account("organiser")
    await client.get("/sign-in?next=https://elsewhere.example/")
    client.cookies.set("next", "//elsewhere.example/")
    link = await make_sign_in_link("organiser@example.org", now=utc_now())
    answer = await post_form(client, link.removeprefix(BASE_URL), {})
    assert answer.headers["location"] == "/staff/"
