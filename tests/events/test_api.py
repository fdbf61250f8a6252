"""Events as other systems create, read, change, publish and cancel them."""

from typing import Any

import httpx
import pytest

from eventhub.database import sql
from tests.make import a_token, an_event, an_item, bearer, speaking, themes_loaded

EVENT = {
    "title": "Care in the metropolis", "kind": "webinar", "mode": "hybrid", "involvement": "organised",
    "starts_at": "2027-03-01T10:00:00+01:00", "ends_at": "2027-03-01T12:00:00+01:00", "time_zone": "Europe/Madrid",
    "capacity": 40, "place": "Barcelona", "country": "ES", "online_url": "https://meet.example.org/care",
    "description": "About care.", "themes": ["gender"], "registration_closes_at": "2027-02-28T23:59:00+01:00",
}  # fmt: skip
ITEM = {
    "title": "Opening", "kind": "panel", "starts_at": "2027-03-01T10:00:00+01:00", "ends_at": "2027-03-01T11:00:00+01:00",
}  # fmt: skip


@pytest.fixture
async def staff(client: httpx.AsyncClient) -> dict[str, str]:
    await themes_loaded()
    return bearer(await a_token("organiser"))


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """RFC 9457: the body says the status again, and every sentence is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert (body["status"], body["type"]) == (status, "about:blank")
    for sentence in [body["detail"], *body.get("sentences", []), *(one["message"] for one in body.get("errors", []))]:
        assert sentence.endswith((".", "”")), sentence
    return body


def fields(answer: httpx.Response) -> set[str]:
    return {one["field"] for one in is_problem(answer, 422)["errors"]}


async def test_an_event_is_made_as_a_draft_and_answered_whole(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    answer = await client.post("/api/v1/events", json=EVENT, headers=staff)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body == EVENT | {
        "id": body["id"], "slug": "care-in-the-metropolis", "status": "draft", "is_own": True, "starts_on": "2027-03-01",
        "ends_on": "2027-03-01", "language": "en", "seats_taken": 0, "waiting": 0, "registration_mode": "open",
        "registration_opens_at": None, "offer_hours": None,
        "parent": None, "counts_in_statistics": True, "action_lines": [], "cancel_reason": "", "version": 1,
        "url": "http://127.0.0.1:8000/events/care-in-the-metropolis",
    }  # fmt: skip
    shown = await client.get("/api/v1/events/care-in-the-metropolis", headers=staff)
    assert (shown.status_code, shown.json()) == (200, body)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2027-03-01T09:00:00Z", "2027-03-01T10:00:00+01:00"),
        ("2027-03-01T04:00:00-05:00", "2027-03-01T10:00:00+01:00"),
        ("2027-03-28T10:00:00+01:00", "2027-03-28T11:00:00+02:00"),
        ("2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+02:00"),
        ("2027-10-31T02:30:00+01:00", "2027-10-31T02:30:00+01:00"),
    ],
)
async def test_an_instant_is_answered_with_the_offset_of_the_events_zone(
    client: httpx.AsyncClient, staff: dict[str, str], sent: str, kept: str
) -> None:
    body = EVENT | {"starts_at": sent, "ends_at": None}
    made = (await client.post("/api/v1/events", json=body, headers=staff)).json()
    assert (made["starts_at"], made["ends_at"]) == (kept, None)
    changed = await client.patch(f"/api/v1/events/{made['slug']}", json={"title": "Other"}, headers=staff)
    assert (changed.status_code, changed.json()["starts_at"]) == (200, kept)
    item = ITEM | {"starts_at": sent, "ends_at": "2027-12-01T10:00:00+01:00"}
    added = await client.post(f"/api/v1/events/{made['slug']}/programme", json=item, headers=staff)
    assert added.json()["starts_at"] == kept


async def test_a_patch_leaves_the_rest_and_null_clears(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    made = (await client.post("/api/v1/events", json=EVENT, headers=staff)).json()
    path = f"/api/v1/events/{made['slug']}"
    changed = await client.patch(path, json={"title": "Care everywhere"}, headers=staff)
    assert changed.json() == made | {"title": "Care everywhere", "version": 2}
    cleared = await client.patch(
        path,
        json={"capacity": None, "description": None, "ends_at": None, "registration_closes_at": None, "themes": []},
        headers=staff,
    )
    assert cleared.json() == changed.json() | {
        "capacity": None, "description": "", "ends_at": None, "ends_on": None, "registration_closes_at": None,
        "themes": [], "version": 3,
    }  # fmt: skip
    for name in ("starts_at", "time_zone"):
        assert fields(await client.patch(path, json={name: None}, headers=staff)) == {name}
    zone = await client.patch(path, json={"time_zone": "America/Mexico_City"}, headers=staff)
    assert zone.json()["starts_at"] == "2027-03-01T10:00:00-06:00"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "x" * 501}, {"title"}),
        ({"title": 3}, {"title"}),
        ({"title": None}, {"title"}),
        ({"kind": "party", "mode": "", "involvement": "\x00"}, {"kind", "mode", "involvement"}),
        ({"starts_at": "2027-03-01T10:00:00"}, {"starts_at"}),
        ({"starts_at": "2027-03-01"}, {"starts_at"}),
        ({"starts_at": "tomorrow"}, {"starts_at"}),
        ({"starts_at": "9999-12-31T23:59:00-12:00"}, {"starts_at"}),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, {"starts_at"}),
        ({"starts_at": 1_800_000_000}, {"starts_at"}),
        ({"ends_at": "2027-03-01T09:00:00+01:00"}, {"ends_at"}),
        ({"ends_at": "2027-03-01T10:00:00+01:00"}, {"ends_at"}),
        ({"ends_at": "2027-03-01T10:00"}, {"ends_at"}),
        ({"time_zone": "Mars/Olympus"}, {"time_zone"}),
        ({"time_zone": "x" * 500}, {"time_zone"}),
        ({"time_zone": "a\x00"}, {"time_zone"}),
        ({"time_zone": None}, {"time_zone"}),
        ({"capacity": -1}, {"capacity"}),
        ({"capacity": 10**30}, {"capacity"}),
        ({"capacity": 1.5}, {"capacity"}),
        ({"capacity": "many"}, {"capacity"}),
        ({"place": "x" * 501}, {"place"}),
        ({"country": "XX"}, {"country"}),
        ({"country": "\x00E"}, {"country"}),
        ({"online_url": "javascript:alert(1)"}, {"online_url"}),
        ({"online_url": "https://\x00"}, {"online_url"}),
        ({"description": "x" * 20_001}, {"description"}),
        ({"language": "de"}, {"language"}),
        ({"themes": ["cats", "dogs"]}, {"themes"}),
        ({"themes": "gender"}, {"themes"}),
        ({"action_lines": ["\x00"]}, {"action_lines"}),
        ({"parent": "nothing"}, {"parent"}),
        ({"parent": "\x00"}, {"parent"}),
        ({"registration_mode": "maybe"}, {"registration_mode"}),
        ({"registration_closes_at": "soon"}, {"registration_closes_at"}),
        ({"registration_closes_at": "0001-01-01T00:00:00+14:00"}, {"registration_closes_at"}),
        ({"registration_closes_at": "9999-12-31T23:59:59-12:00"}, {"registration_closes_at"}),
        ({"nope": 1}, {"nope"}),
        ({"id": "x", "title": ""}, {"id"}),
        ({"title": "", "starts_at": "soon", "themes": ["cats"], "country": "XX"}, {"title", "starts_at", "themes", "country"}),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_named_by_field_in_a_new_event_and_in_a_change(
    client: httpx.AsyncClient, staff: dict[str, str], change: dict[str, Any], wrong: set[str]
) -> None:
    assert fields(await client.post("/api/v1/events", json=EVENT | change, headers=staff)) == wrong
    assert await sql("SELECT id FROM event") == []
    made = (await client.post("/api/v1/events", json=EVENT, headers=staff)).json()
    assert fields(await client.patch(f"/api/v1/events/{made['slug']}", json=change, headers=staff)) == wrong
    assert (await client.get(f"/api/v1/events/{made['slug']}", headers=staff)).json() == made


async def test_an_empty_body_is_told_everything_that_is_missing(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    found = fields(await client.post("/api/v1/events", json={}, headers=staff))
    assert found == {"title", "kind", "mode", "involvement", "starts_at"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"title": }', 400),
        (b"not json", 400),
        (b'{"title": "\xff"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"capacity": NaN}', 400),
        (b'{"capacity": 1e999}', 400),
        (b"[" * 100_000, 400),
        (b"\x00", 400),
        (b"[1]", 422),
        (b'"text"', 422),
        (b"1", 422),
        (b"null", 422),
        (b"", 422),
        (b" " * 1_000_001, 413),
    ],
    ids=lambda value: repr(value)[:24],
)
async def test_what_is_no_object_is_refused(
    client: httpx.AsyncClient, staff: dict[str, str], body: bytes, status: int
) -> None:
    headers = staff | {"content-type": "application/json"}
    is_problem(await client.post("/api/v1/events", content=body, headers=headers), status)
    event = await an_event(publish=False)
    for verb in ("cancel", "programme"):
        is_problem(await client.post(f"/api/v1/events/{event.slug}/{verb}", content=body, headers=headers), status)


async def test_what_is_not_there_and_what_is_not_allowed(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    for path in ("/api/v1/events/nothing", "/api/v1/nothing", "/api/v1/events/%00", "/api/v1/events/" + "x" * 600):
        is_problem(await client.get(path, headers=staff), 404)
    is_problem(await client.patch("/api/v1/events/nothing", json={}, headers=staff), 404)
    is_problem(await client.delete("/api/v1/events", headers=staff), 405)
    unsigned = await client.post("/api/v1/events", json=EVENT)
    is_problem(unsigned, 401)
    assert unsigned.headers["www-authenticate"] == "Bearer"
    reader = bearer(await a_token("reader"))
    is_problem(await client.post("/api/v1/events", json=EVENT, headers=reader), 403)
    assert await sql("SELECT id FROM event") == []


async def test_the_public_sees_published_events_only_and_no_online_address(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    parent = await an_event(title="Hidden parent", publish=False)
    for title, kind, publish in (
        ("Draft", "forum", False), ("Meeting", "internal", True), ("Talks", "bilateral", True), ("Open", "forum", True)
    ):  # fmt: skip
        await an_event(title=title, kind=kind, publish=publish, parent=parent.slug)
    seen = (await client.get("/api/v1/events")).json()
    assert ([event["title"] for event in seen["items"]], seen["total"], seen["next"]) == (["Open"], 1, None)
    assert (seen["items"][0]["online_url"], seen["items"][0]["parent"]) == (None, None)
    for slug in ("draft", "meeting", "talks", "hidden-parent"):
        is_problem(await client.get(f"/api/v1/events/{slug}"), 404)
        is_problem(await client.get(f"/api/v1/events/{slug}/programme"), 404)
    for status in ("draft", "published"):
        found = (await client.get(f"/api/v1/events?status={status}&kind=internal")).json()
        assert found["items"] == []
    full = (await client.get("/api/v1/events", headers=staff)).json()
    assert full["total"] == 5
    assert (await client.get("/api/v1/events/open", headers=staff)).json()["parent"] == "hidden-parent"


async def test_a_list_is_walked_with_its_cursor(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    for _ in range(5):
        await an_event(title="Care")
    seen, cursor = [], ""
    for _ in range(3):
        part = (await client.get(f"/api/v1/events?limit=2{cursor}")).json()
        assert part["total"] == 5
        seen += [event["slug"] for event in part["items"]]
        cursor = f"&cursor={part['next']}"
    assert (len(set(seen)), part["next"]) == (5, None)
    assert (await client.get("/api/v1/events?limit=2&cursor=900")).json() == {"items": [], "total": 5, "next": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=" + "9" * 40, "limit"),
        ("cursor=x", "cursor"), ("cursor=-1", "cursor"), ("cursor=" + "9" * 40, "cursor"), ("year=99999", "year"),
        ("year=-1", "year"), ("year=x", "year"), ("year=" + "9" * 40, "year"),
    ],
)  # fmt: skip
async def test_a_list_refuses_what_it_cannot_read(client: httpx.AsyncClient, query: str, field: str) -> None:
    assert fields(await client.get(f"/api/v1/events?{query}")) == {field}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Care", "Water"]), ("kind=seminar", ["Water"]), ("mode=online", ["Care", "Water"]), ("mode=in_person", []),
        ("year=2099", ["Care", "Water"]), ("year=9998", []), ("year=1", []), ("q=WATER", ["Water"]), ("q=%25", []),
        ("status=cancelled", []), ("involvement=supported", []), ("q=" + "x" * 600, []),
        ("q=%F0%9F%92%A7", []), ("q=%FF", []),
    ],
)  # fmt: skip
async def test_a_list_is_narrowed(client: httpx.AsyncClient, query: str, titles: list[str]) -> None:
    await an_event(title="Care")
    await an_event(title="Water", kind="seminar")
    found = await client.get(f"/api/v1/events?{query}")
    assert (found.status_code, [event["title"] for event in found.json()["items"]]) == (200, titles)


async def test_a_long_list_takes_as_many_queries_as_a_short_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventhub import database

    engine, said = type(database.engine()), []
    run = engine.run_querystring

    async def counted(self: Any, querystring: Any, *args: Any, **kwargs: Any) -> Any:
        said.append(str(querystring))
        return await run(self, querystring, *args, **kwargs)

    monkeypatch.setattr(engine, "run_querystring", counted)
    numbers = []
    for _ in range(2):
        for _ in range(4):
            await an_event()
        said.clear()
        assert (await client.get("/api/v1/events")).status_code == 200
        numbers.append(len(said))
    assert numbers[0] == numbers[1]


async def test_a_programme_is_written_and_read_in_order(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    slug = (await client.post("/api/v1/events", json=EVENT, headers=staff)).json()["slug"]
    path = f"/api/v1/events/{slug}/programme"
    late = ITEM | {"title": "Late", "starts_at": "2027-03-01T11:00:00+01:00", "ends_at": "2027-03-01T12:00:00+01:00"}
    assert (await client.post(path, json=late, headers=staff)).status_code == 201
    made = await client.post(path, json=ITEM | {"room": "Hall", "capacity": 30}, headers=staff)
    assert (made.status_code, made.json()) == (
        201, ITEM | {"id": made.json()["id"], "event": slug, "room": "Hall", "capacity": 30, "description": "",
                    "track": "", "takes_sign_up": False},
    )  # fmt: skip
    assert [item["title"] for item in (await client.get(path, headers=staff)).json()] == ["Opening", "Late"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"title": ""}, {"title"}), ({"title": "x" * 501}, {"title"}), ({"kind": "party"}, {"kind"}),
        ({"starts_at": "2027-03-01T10:00:00"}, {"starts_at"}), ({"starts_at": None}, {"starts_at"}),
        ({"ends_at": "2027-03-01T10:00:00+01:00"}, {"ends_at"}), ({"ends_at": "9999-12-31T23:00:00-12:00"}, {"ends_at"}),
        ({"ends_at": "9999-12-30T23:00:00+01:00"}, {"starts_at"}), ({"room": "x" * 121}, {"room"}),
        ({"capacity": 10**30}, {"capacity"}), ({"description": "x" * 20_001}, {"description"}), ({"nope": 1}, {"nope"}),
    ],
)  # fmt: skip
async def test_a_wrong_programme_item_is_named_by_field(
    client: httpx.AsyncClient, staff: dict[str, str], change: dict[str, Any], wrong: set[str]
) -> None:
    slug = (await client.post("/api/v1/events", json=EVENT, headers=staff)).json()["slug"]
    assert fields(await client.post(f"/api/v1/events/{slug}/programme", json=ITEM | change, headers=staff)) == wrong
    assert await sql("SELECT id FROM programme_item") == []


async def test_publishing_answers_every_reason_or_the_event(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    event = await an_event(publish=False)
    await speaking(await an_item(event), "man", "man")
    path = f"/api/v1/events/{event.slug}/publish"
    reasons = ["“Opening” has one gender only, 0 women and 2 men; it needs at least 1 of each: 1 woman is missing."]
    for body in ({}, {"exception_reason": None}, {"exception_reason": " "}):
        assert is_problem(await client.post(path, json=body, headers=staff), 409)["sentences"] == reasons
    assert is_problem(await client.post(path, headers=staff), 409)["sentences"] == reasons
    refused = await client.post(path, json={"exception_reason": "Agreed."}, headers=staff)
    assert is_problem(refused, 403)["sentences"][1:] == reasons
    administrator = bearer(await a_token("administrator"))
    assert fields(await client.post(path, json={"exception_reason": "x" * 2001}, headers=administrator)) == {
        "exception_reason"
    }
    assert fields(await client.post(path, json={"exception_reason": 1}, headers=administrator)) == {"exception_reason"}
    assert (await client.get(f"/api/v1/events/{event.slug}")).status_code == 404
    done = await client.post(path, json={"exception_reason": "Agreed."}, headers=administrator)
    assert (done.status_code, done.json()["status"]) == (200, "published")
    again = await client.post(path, headers=staff)
    assert (again.status_code, again.json()) == (200, done.json())


async def test_cancelling_needs_a_reason_and_happens_once(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    event = await an_event()
    path = f"/api/v1/events/{event.slug}/cancel"
    for body in ({}, {"reason": ""}, {"reason": "\x00"}, {"reason": "x" * 2001}, {"reason": None}):
        assert fields(await client.post(path, json=body, headers=staff)) == {"reason"}
    done = await client.post(path, json={"reason": "A storm."}, headers=staff)
    assert (done.status_code, done.json()["status"], done.json()["cancel_reason"]) == (200, "cancelled", "A storm.")
    assert (await client.post(path, json={"reason": "Again."}, headers=staff)).json() == done.json()
    assert is_problem(await client.patch(f"/api/v1/events/{event.slug}", json={}, headers=staff), 409)["sentences"] == [
        "“Care in the metropolis” was cancelled and is changed no more."
    ]
    public = await client.get(f"/api/v1/events/{event.slug}")
    assert public.json()["status"] == "cancelled"


async def test_the_description_of_the_interface_lists_every_call(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    schema = (await client.get("/schema/openapi.json", headers=staff)).json()
    assert {
        "/api/v1/events", "/api/v1/events/{slug}", "/api/v1/events/{slug}/programme", "/api/v1/events/{slug}/publish",
        "/api/v1/events/{slug}/cancel", "/api/v1/events/{slug}/parity", "/api/v1/programme/{item_id}/speakers",
    } <= set(schema["paths"])  # fmt: skip
    is_problem(await client.get("/schema/openapi.json"), 401)


@pytest.mark.parametrize("name", ["kind", "mode", "involvement", "status", "misspelt"])
async def test_a_list_is_not_narrowed_to_what_is_not_known(client: httpx.AsyncClient, name: str) -> None:
    assert fields(await client.get("/api/v1/events", params={name: "xyz"})) == {name}
