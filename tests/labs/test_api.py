"""The life cycle of a lab as another system drives it."""

from typing import Any

import httpx
import pytest

from eventhub.database import sql
from tests.calls.calling import a_templated_lab
from tests.make import a_lab, a_lab_with_call, a_member, a_token, an_account, an_application, bearer, themes_loaded

LAB = {
    "title": "Energy Communities", "year": 2026, "themes": ["ecosystems", "cohesion"], "description": "Neighbours share power.",
    "place": "Barcelona", "country": "ES",
}  # fmt: skip
CALL = {
    "opens_at": "2026-11-01T09:00:00+01:00", "closes_at": "2099-12-01T17:00:00+01:00", "time_zone": "Europe/Madrid",
    "text": "Come.", "criteria": "Be a member.", "cohort_size": 2,
}  # fmt: skip
APPLICATION = {
    "member": "barcelona", "contact_name": "Alex Example", "email": "alex@example.org", "motivation": "We want to learn.",
}  # fmt: skip


async def test_a_lab_goes_from_its_call_to_an_accepted_application(client: httpx.AsyncClient) -> None:
    await themes_loaded()
    await a_member()
    staff = bearer(await a_token("programme"))
    made = await client.post("/api/v1/labs", json=LAB, headers=staff)
    assert made.status_code == 201, made.text
    assert (made.json()["slug"], made.json()["status"], made.json()["call"]) == ("energy-communities", "planned", None)
    assert made.json()["kind"] == "lab"
    assert await sql("SELECT slug FROM lab WHERE asks_feedback") == [{"slug": "energy-communities"}]
    called = await client.post("/api/v1/labs/energy-communities/call", json=CALL, headers=staff)
    assert called.status_code == 201, called.text
    assert (called.json()["status"], called.json()["call"]["state"]) == ("open", "open")
    assert called.json()["call"]["closes_at"] == CALL["closes_at"]
    assert (await client.post("/api/v1/labs/energy-communities/call", json=CALL, headers=staff)).status_code == 200

    applied = await client.post("/api/v1/labs/energy-communities/applications", json=APPLICATION)
    assert applied.status_code == 201, applied.text
    assert set(applied.json()) == {"id", "status", "manage_url"}
    assert applied.json()["status"] == "submitted"
    page = await client.get(applied.json()["manage_url"])
    assert page.status_code == 200
    again = await client.post("/api/v1/labs/energy-communities/applications", json=APPLICATION)
    assert again.status_code == 409
    assert again.json()["sentences"] == [
        "Barcelona has applied to “Energy Communities” already. The link in the letter of receipt leads to the application."
    ]

    path = f"/api/v1/applications/{applied.json()['id']}"
    reviewed = await client.post(f"{path}/review", json={"score": 4, "comment": "Good."}, headers=staff)
    assert (reviewed.status_code, reviewed.json()["score"], reviewed.json()["reviews"]) == (200, 4.0, 1)
    for verb, status in (("waitlist", "waiting"), ("decline", "declined"), ("accept", "accepted")):
        answer = await client.post(f"{path}/{verb}", json={"reason": "Because."}, headers=staff)
        assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, status, "Because.")
    listed = await client.get("/api/v1/labs/energy-communities/applications", headers=staff)
    assert (listed.json()["total"], listed.json()["items"][0]["member"]) == (1, "barcelona")


async def test_labs_are_public_and_their_applications_are_not(client: httpx.AsyncClient) -> None:
    await a_member()
    lab = await a_lab_with_call()
    application = await an_application(lab, email="hidden@example.org")
    for path in ("/api/v1/labs", f"/api/v1/labs/{lab.slug}"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "hidden" not in answer.text
    assert (await client.get("/api/v1/labs?year=2026&theme=ecosystems")).json()["total"] == 1
    assert (await client.get("/api/v1/labs?year=2025")).json() == {"items": [], "total": 0, "next": None}
    assert (await client.get(f"/api/v1/labs/{lab.slug}/applications")).status_code == 401
    reader = bearer(await a_token("reader"))
    assert (await client.get(f"/api/v1/labs/{lab.slug}/applications", headers=reader)).status_code == 403
    organiser = bearer(await a_token("organiser"))
    assert (await client.get(f"/api/v1/labs/{lab.slug}/applications", headers=organiser)).status_code == 200
    for verb in ("review", "accept", "waitlist", "decline"):
        body = {"score": 3} if verb == "review" else {}
        answer = await client.post(f"/api/v1/applications/{application.id}/{verb}", json=body, headers=organiser)
        assert answer.status_code == 403
    assert (await client.post("/api/v1/labs", json=LAB, headers=organiser)).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "name"),
        ({"title": "x" * 501}, "name"),
        ({"year": 10**30}, "year"),
        ({"themes": ["cats"]}, "themes"),
        ({"themes": []}, "themes"),
        ({"country": "\x00Z"}, "country"),
        ({"place": "x" * 501}, "place"),
        ({"description": "x" * 20_001}, "description"),
    ],
)
async def test_a_lab_that_cannot_be_is_named_by_field(client: httpx.AsyncClient, change: Any, field: str) -> None:
    await themes_loaded()
    staff = bearer(await a_token("programme"))
    answer = await client.post("/api/v1/labs", json=LAB | change, headers=staff)
    assert answer.status_code == 422, answer.text
    assert {one["field"] for one in answer.json()["errors"]} == {field}
    assert await sql("SELECT id FROM lab") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"opens_at": "2026-11-01T09:00:00"}, "opens_at"),
        ({"closes_at": "tomorrow"}, "closes_at"),
        ({"closes_at": "0001-01-01T00:00:00+14:00"}, "closes_at"),
        ({"closes_at": "2026-11-01T08:00:00Z"}, "closes_at"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd\x00"}, "time_zone"),
        ({"cohort_size": 0}, "cohort_size"),
        ({"cohort_size": 10**30}, "cohort_size"),
    ],
)
async def test_a_call_that_cannot_be_is_named_by_field(client: httpx.AsyncClient, change: Any, field: str) -> None:
    lab = await a_lab()
    staff = bearer(await a_token("programme"))
    answer = await client.post(f"/api/v1/labs/{lab.slug}/call", json=CALL | change, headers=staff)
    assert answer.status_code == 422, answer.text
    assert {one["field"] for one in answer.json()["errors"]} == {field}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"member": "atlantis"}, "member"),
        ({"member": "\x00"}, "member"),
        ({"member": "x" * 600}, "member"),
        ({"contact_name": "x" * 500}, "contact_name"),
        ({"email": "nobody\x00@example.org"}, "email"),
        ({"motivation": "\u200b\r\n"}, "motivation"),
        ({"language": "de"}, "language"),
    ],
)
async def test_an_application_that_cannot_be_is_named_by_field(
    client: httpx.AsyncClient, change: Any, field: str
) -> None:
    await a_member()
    lab = await a_lab_with_call()
    answer = await client.post(f"/api/v1/labs/{lab.slug}/applications", json=APPLICATION | change)
    assert answer.status_code == 422, answer.text
    assert {one["field"] for one in answer.json()["errors"]} == {field}
    assert await sql("SELECT id FROM application") == []


async def test_addresses_that_lead_nowhere_say_so(client: httpx.AsyncClient) -> None:
    staff = bearer(await a_token("programme"))
    for path in ("/api/v1/labs/none", "/api/v1/labs/%00", "/api/v1/labs/none/applications"):
        assert (await client.get(path, headers=staff)).status_code == 404
    unknown = "/api/v1/applications/00000000-0000-0000-0000-000000000000"
    assert (await client.post(f"{unknown}/accept", json={}, headers=staff)).status_code == 404
    assert (await client.post("/api/v1/applications/xyz/accept", json={}, headers=staff)).status_code == 404
    assert (await client.post("/api/v1/labs/none/applications", json=APPLICATION)).status_code == 404
    assert (await client.post("/api/v1/labs", content=b"{", headers=staff)).status_code == 400
    assert (await client.post("/api/v1/labs", json=LAB | {"cats": 1}, headers=staff)).status_code in (400, 422)
    assert (await client.get("/api/v1/labs?limit=0")).status_code == 422
    assert (await client.get("/api/v1/labs?theme=%00")).status_code == 422


async def test_a_closed_call_takes_no_application(client: httpx.AsyncClient) -> None:
    from datetime import UTC, datetime

    await a_member()
    await an_account()
    lab = await a_lab_with_call(closes_at=datetime(2026, 11, 2, tzinfo=UTC))
    answer = await client.post(f"/api/v1/labs/{lab.slug}/applications", json=APPLICATION)
    assert (answer.status_code, answer.json()["sentences"]) == (409, ["The call of “Water Stress” is closed."])


async def test_labs_of_a_theme_that_is_not_known_are_refused(client):
    answer = await client.get("/api/v1/labs?theme=xyz")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "theme")


async def test_lists_and_single_labs_say_of_what_kind_they_are(client: httpx.AsyncClient) -> None:
    fund = await a_templated_lab("fund", "Cool roofs", 2026)
    assert [one["kind"] for one in (await client.get("/api/v1/labs")).json()["items"]] == ["fund"]
    assert (await client.get(f"/api/v1/labs/{fund.slug}")).json()["kind"] == "fund"
