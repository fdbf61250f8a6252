"""Registrations, attendance and head counts as JSON, as the contract says."""

from datetime import timedelta

import pytest

from eventhub.database import sql
from eventhub.events.commands import cancel_event
from tests.conftest import BASE_URL
from tests.make import NOW, a_member, a_question, a_token, an_event, bearer, registered, some_account
from tests.registrations.looking import letters_of, rows_of, statuses

ADA = {"name": "Ada", "email": "ada@example.org", "attends": "online"}


def path_of(event) -> str:
    return f"/api/v1/events/{event.slug}/registrations"


# Registering


async def test_a_registration_is_answered_with_its_link(client):
    event = await an_event(capacity=1)
    answer = await client.post(path_of(event), json=ADA)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"id", "status", "waitlist_position", "manage_url"}
    assert (body["status"], body["waitlist_position"]) == ("confirmed", None)
    assert body["manage_url"].startswith(f"{BASE_URL}/registrations/")
    assert (await client.get(body["manage_url"])).status_code == 200
    second = await client.post(path_of(event), json={"name": "Bo", "email": "bo@example.org"})
    assert (second.json()["status"], second.json()["waitlist_position"]) == ("waitlisted", 1)


async def test_everything_a_person_may_say_is_taken(client):
    await a_member("Barcelona")
    event = await an_event(mode="hybrid", place="Barcelona")
    diet = await a_question(event, "Diet")
    answer = await client.post(
        path_of(event),
        json=ADA | {"gender": "woman", "level": "political", "member": "barcelona", "language": "fr",
                    "access_needs": "captions", "answers": {diet.id: "vegan", "unknown": "dropped"}},
    )  # fmt: skip
    assert answer.status_code == 201
    rows = await sql(
        "SELECT r.level AS level, r.language AS language, r.answers AS answers, m.key AS member, "
        "g.gender AS gender, r.access_needs AS needs "
        "FROM registration r JOIN member m ON m.id = r.member JOIN gender_statement g ON g.person = r.person"
    )
    assert rows == [
        {
            "level": "political",
            "language": "fr",
            "answers": f'{{"{diet.id}":"vegan"}}',
            "needs": "captions",
            "member": "barcelona",
            "gender": "woman",
        }
    ]


async def test_the_same_person_again_gets_200_and_no_link(client):
    event = await an_event()
    first = await client.post(path_of(event), json=ADA)
    again = await client.post(path_of(event), json=ADA | {"email": "ADA@example.org", "name": "Eve"})
    assert again.status_code == 200
    assert again.json() == first.json() | {"manage_url": None}
    assert await letters_of(event) == [("Ada", "registration_confirmed")]


@pytest.mark.parametrize(
    ("role", "told"),
    [("administrator", True), ("organiser", True), ("programme", True), ("reader", False), ("check-in", False)],
)
async def test_only_organisers_are_told_the_link_of_somebody_else(client, role, told):
    event = await an_event()
    await registered(event, "Ada")
    answer = await client.post(path_of(event), json=ADA, headers=bearer(await a_token(role)))
    assert answer.status_code == 200
    assert (answer.json()["manage_url"] is not None) == told


async def test_a_call_repeated_with_its_key_is_answered_the_same(client):
    event = await an_event()
    key = {"Idempotency-Key": "k1"}
    first = await client.post(path_of(event), json=ADA, headers=key)
    again = await client.post(path_of(event), json=ADA, headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await client.post(path_of(event), json=ADA | {"email": "bo@example.org"}, headers=key)
    assert other.status_code == 409
    assert await statuses(event) == {"Ada": "confirmed"}


async def test_every_fault_is_named_with_its_field(client):
    event = await an_event()
    answer = await client.post(
        path_of(event),
        json={"name": " ", "email": "x", "gender": "g", "level": "l", "member": "m", "language": "zz", "attends": "a"},
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= set(body)
    assert {error["field"] for error in body["errors"]} == {
        "name", "email", "gender", "level", "member", "language", "attends",
    }  # fmt: skip
    assert await rows_of(event) == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"{", 400, id="no JSON"),
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b"[]", 422, id="a list"),
        pytest.param(b'{"name": "Ada"}', 422, id="no address"),
        pytest.param(b'{"name": 3, "email": "a@example.org"}', 422, id="a number for a name"),
        pytest.param(b'{"name": "Ada", "email": "a@example.org", "colour": "red"}', 422, id="an unknown field"),
        pytest.param(
            b'{"name": "Ada", "email": "a@example.org", "answers": {"a": {"b": 3}}}', 422, id="answers of objects"
        ),
        pytest.param(b'{"name": "\\u0000", "email": "a@example.org"}', 422, id="a name of NUL"),
        pytest.param(b'{"name": "Ada", "email": "a\\u0000@example.org"}', 422, id="an address with NUL"),
        pytest.param(b'{"name": "Ada", "email": "a@example.org", "member": "\\u0000"}', 422, id="a member of NUL"),
        pytest.param(b'{"name": "Ada", "email": "a@example.org", "time_zone": "\\u0000"}', 422, id="a zone of NUL"),
        pytest.param(b'{"name": "\\ud800", "email": "a@example.org"}', 400, id="half a character"),
        pytest.param(
            b'{"name": "Ada", "email": "a@example.org", "country": "\\u0000\\u0000"}', 422, id="a country of NUL"
        ),
    ],
)
async def test_what_cannot_be_read_or_be_is_refused_in_a_sentence(client, sent, status):
    event = await an_event()
    answer = await client.post(path_of(event), content=sent, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["detail"]
    assert await rows_of(event) == []


async def test_closed_cancelled_and_unknown_events_take_nobody(client):
    event = await an_event()
    await cancel_event(event.slug, reason="Storm.", now=NOW, account_id=await some_account())
    answer = await client.post(path_of(event), json=ADA)
    assert (answer.status_code, answer.json()["sentences"]) == (409, [f"“{event.title}” was cancelled."])
    draft = await an_event(publish=False)
    for slug in (draft.slug, "unknown", "x" * 600):
        assert (await client.post(f"/api/v1/events/{slug}/registrations", json=ADA)).status_code == 404


# The list


async def test_the_list_has_names_and_no_gender(client):
    event = await an_event(capacity=1)
    await registered(event, "Ada", gender="woman")
    await registered(event, "Bo", now=NOW + timedelta(seconds=1))
    body = (await client.get(path_of(event), headers=bearer(await a_token("organiser")))).json()
    assert set(body) == {"items", "total", "next"}
    assert [(item["name"], item["status"], item["attended"]) for item in body["items"]] == [
        ("Ada", "confirmed", False),
        ("Bo", "waitlisted", False),
    ]
    assert "gender" not in str(body)
    assert "woman" not in str(body)


async def test_the_list_comes_in_parts_and_is_filtered(client):
    event = await an_event(capacity=3)
    for i in range(5):
        await registered(event, f"P{i}", now=NOW + timedelta(seconds=i))
    staff = bearer(await a_token("organiser"))
    names, cursor = [], ""
    while cursor is not None:
        suffix = f"&cursor={cursor}" if cursor else ""
        body = (await client.get(f"{path_of(event)}?limit=2{suffix}", headers=staff)).json()
        names += [item["name"] for item in body["items"]]
        cursor = body["next"]
        assert body["total"] == 5
    assert names == ["P0", "P1", "P2", "P3", "P4"]
    body = (await client.get(f"{path_of(event)}?status=waitlisted&q=p4", headers=staff)).json()
    assert [item["name"] for item in body["items"]] == ["P4"]


@pytest.mark.parametrize("query", ["status=royal", "status=%00", "limit=0", "limit=x", "cursor=x", "limit=100000"])
async def test_a_filter_that_cannot_be_is_refused(client, query):
    event = await an_event()
    answer = await client.get(f"{path_of(event)}?{query}", headers=bearer(await a_token("organiser")))
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ["", "reader"])
async def test_nobody_else_sees_the_list(client, role):
    event = await an_event()
    await registered(event, "Ada")
    answer = await client.get(path_of(event), headers=bearer(await a_token(role)) if role else {})
    assert answer.status_code == (403 if role else 401)
    assert "Ada" not in answer.text


# What staff do


async def test_cancel_confirm_and_decline(client):
    event = await an_event(capacity=1)
    first = (await registered(event, "Ada")).registration.id
    second = (await registered(event, "Bo")).registration.id
    staff = bearer(await a_token("organiser"))
    full = await client.post(f"/api/v1/registrations/{second}/confirm", headers=staff)
    assert full.status_code == 409
    assert full.json()["sentences"] == ["No seat is free. Raise the capacity first, or cancel another registration."]
    for _ in range(2):
        gone = await client.post(f"/api/v1/registrations/{first}/cancel", headers=staff)
        assert (gone.status_code, gone.json()["status"], gone.json()["manage_url"]) == (200, "cancelled", None)
    seated = await client.post(f"/api/v1/registrations/{second}/confirm", headers=staff)
    assert (seated.status_code, seated.json()["status"]) == (200, "confirmed")
    declined = await client.post(f"/api/v1/registrations/{second}/decline", headers=staff)
    assert declined.json()["status"] == "declined"
    assert (await client.post(f"/api/v1/registrations/{first}/confirm", headers=staff)).status_code == 409


@pytest.mark.parametrize("verb", ["cancel", "confirm", "decline", "attendance"])
async def test_roles_that_may_not_and_registrations_that_are_not(client, verb):
    event = await an_event()
    own = (await registered(event, "Ada")).registration.id
    body = {"attended": True} if verb == "attendance" else None
    reader, staff = bearer(await a_token("reader")), bearer(await a_token("organiser"))
    assert (await client.post(f"/api/v1/registrations/{own}/{verb}", json=body)).status_code == 401
    assert (await client.post(f"/api/v1/registrations/{own}/{verb}", json=body, headers=reader)).status_code == 403
    unknown = "00000000-0000-4000-8000-000000000000"
    for key in (unknown, "x"):
        answer = await client.post(f"/api/v1/registrations/{key}/{verb}", json=body, headers=staff)
        assert answer.status_code == 404
    assert await statuses(event) == {"Ada": "confirmed"}


async def test_attendance_is_noted_once_and_taken_back(client):
    event = await an_event()
    path = f"/api/v1/registrations/{(await registered(event, 'Ada')).registration.id}/attendance"
    door = bearer(await a_token("check-in"))
    for attended, rows in ((True, 1), (True, 1), (False, 0)):
        answer = await client.post(path, json={"attended": attended, "mode": "online"}, headers=door)
        assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
        assert len(await sql("SELECT 1 AS one FROM attendance")) == rows
    for wrong in (
        {"mode": "by phone"},
        {"mode": "on_site"},
        {"session": "x"},
        {"session": "00000000-0000-4000-8000-000000000000"},
        {"attended": "yes"},
        {"who": "me"},
    ):
        answer = await client.post(path, json=wrong, headers=door)
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"]
    assert await sql("SELECT 1 AS one FROM attendance") == []


async def test_a_head_count_is_kept_replaced_and_refused_beside_a_list(client):
    event = await an_event()
    path = f"/api/v1/events/{event.slug}/head-count"
    staff = bearer(await a_token("organiser"))
    sent = {"women": 3, "men": 2, "others": 0, "undisclosed": 1, "political": 1, "source": "The host"}
    for numbers in (sent, sent | {"women": 4}):
        answer = await client.post(path, json=numbers, headers=staff)
        assert (answer.status_code, answer.json()) == (200, numbers)
    for wrong in ({"women": -1}, {"women": 10**30}, {"women": 1.5}, {"women": "x"}, {"political": 1}, {"cats": 1}):
        answer = await client.post(path, json=wrong, headers=staff)
        assert answer.status_code in (400, 422), wrong
    assert (await sql("SELECT women FROM head_count"))[0]["women"] == 4
    nobody = await client.post(path, json={}, headers=staff)
    assert (nobody.status_code, nobody.json()["women"]) == (200, 0)
    own = (await registered(event, "Ada")).registration.id
    assert (await client.post(f"/api/v1/registrations/{own}/attendance", json={}, headers=staff)).status_code == 200
    assert (await client.post(path, json=sent, headers=staff)).status_code == 409


async def test_a_country_that_is_none_is_refused(client):
    event = await an_event()
    answer = await client.post(path_of(event), json=ADA | {"attends": "", "country": "XX"})
    assert answer.status_code == 422
    assert {"field": "country", "message": "“XX” is no country code. Codes look like FR."} in answer.json()["errors"]
