"""One event from draft to figures through the JSON interface alone, as another system would drive it."""

from typing import Any

import httpx

from eventhub.checks import integrity
from tests.make import a_token, bearer

EVENT = {
    "title": "Care in the metropolis", "kind": "webinar", "mode": "online", "involvement": "organised",
    "starts_at": "2099-03-29T10:00:00+02:00", "ends_at": "2099-03-29T12:00:00+02:00", "time_zone": "Europe/Madrid",
    "capacity": 1, "online_url": "https://meet.example.org/care",
}  # fmt: skip
PANEL = {
    "title": "Opening", "kind": "panel", "starts_at": "2099-03-29T10:00:00+02:00", "ends_at": "2099-03-29T11:00:00+02:00",
}  # fmt: skip


async def test_an_event_goes_from_draft_to_figures(client: httpx.AsyncClient) -> None:
    staff = bearer(await a_token("administrator"))

    async def send(path: str, body: dict[str, Any] | None = None, *, status: int, headers: Any = staff) -> Any:
        answer = await client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def read(path: str) -> Any:
        answer = await client.get(f"/api/v1{path}", headers=staff)
        assert answer.status_code == 200, answer.text
        return answer.json()

    # A draft that nobody else sees
    event = await send("/events", EVENT, status=201)
    slug = event["slug"]
    assert (slug, event["status"], event["starts_at"]) == ("care-in-the-metropolis", "draft", EVENT["starts_at"])
    assert (await client.get(f"/api/v1/events/{slug}")).status_code == 404

    # A panel of men is refused, and an administrator grants an exception
    item = await send(f"/events/{slug}/programme", PANEL, status=201)
    for name in ("Ali", "Bo", "Cy"):
        speaker = {
            "name": name, "email": f"{name}@example.org", "gender": "man", "level": "political", "role": "panellist",
            "status": "confirmed",
        }  # fmt: skip
        await send(f"/programme/{item['id']}/speakers", speaker, status=201)
    parity = await read(f"/events/{slug}/parity")
    assert (parity["result"], parity["panels"][0]["men"], parity["panels"][0]["missing"]) == ("unbalanced", 3, 1)
    refused = await send(f"/events/{slug}/publish", status=409)
    assert (
        refused["sentences"]
        == parity["sentences"]
        == ["“Opening” has one gender only, 0 women and 3 men; it needs at least 1 of each: 1 woman is missing."]
    )
    published = await send(f"/events/{slug}/publish", {"exception_reason": "The women had to cancel."}, status=200)
    assert published["status"] == "published"
    assert (await client.get(f"/api/v1/events/{slug}")).json()["online_url"] is None

    # One seat: the second person waits, and moves up when the first one leaves
    ada = {"name": "Ada", "email": "ada@example.org", "attends": "online", "gender": "woman"}
    first = await send(f"/events/{slug}/registrations", ada, status=201, headers={})
    assert (first["status"], first["waitlist_position"]) == ("confirmed", None)
    again = await send(f"/events/{slug}/registrations", ada | {"email": "ADA@example.org"}, status=200, headers={})
    assert (again["id"], again["status"]) == (first["id"], "confirmed")
    bo = {"name": "Bo", "email": "bob@example.org", "attends": "online"}
    second = await send(f"/events/{slug}/registrations", bo, status=201, headers={})
    assert (second["status"], second["waitlist_position"]) == ("waitlisted", 1)
    await send(f"/registrations/{first['id']}/cancel", status=200)
    listed = await read(f"/events/{slug}/registrations")
    assert {one["name"]: one["status"] for one in listed["items"]} == {"Ada": "cancelled", "Bo": "confirmed"}
    assert ((await read(f"/events/{slug}"))["seats_taken"], (await read(f"/events/{slug}"))["waiting"]) == (1, 0)

    # Who was there, once
    present = {"attended": True, "mode": "online"}
    for _ in range(2):
        await send(f"/registrations/{second['id']}/attendance", present, status=200)
    await send(f"/registrations/{first['id']}/attendance", present, status=409)
    count = {"women": 3, "men": 2, "source": "Counted by hand"}
    assert (await send(f"/events/{slug}/head-count", count, status=409))["sentences"] == [
        "This event has an attendance list, and people must not be counted twice. Use the list."
    ]

    # What the year says of it
    figures = {figure["code"]: figure for figure in (await read("/statistics?year=2099"))["figures"]}
    assert (figures["own_events"]["value"], figures["attendances"]["value"]) == (1, 4)  # three speakers and Bo
    assert (figures["speakers"]["value"], figures["speakers"]["unknown"]) == (3, 0)
    of_year = await read("/statistics/parity?year=2099")
    assert (of_year["panels"], of_year["unbalanced"]) == (1, 1)
    assert [one["reason"] for one in of_year["exceptions"]] == ["The women had to cancel."]
    assert await integrity() == []
