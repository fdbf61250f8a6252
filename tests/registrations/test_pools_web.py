"""The page on which staff keep kinds of seats, and what the pages of an event say of registration."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.queries import event_by_id, event_by_slug
from eventhub.registrations.queries import pools_of
from tests.conftest import browser
from tests.make import NOW, a_member, a_token, an_event, bearer, field, post_form, registered, signed_in
from tests.registrations.looking import queue_of

HYBRID = {"mode": "hybrid", "place": "Town hall", "country": "ES"}


async def test_seats_are_kept_changed_and_taken_away(app: Any, database: None) -> None:
    await a_member("Barcelona")
    event = await an_event(capacity=2, **HYBRID)
    base = f"/staff/events/{event.slug}/pools"
    async with await signed_in(app) as staff:
        assert "Nobody waits" in (await staff.get(base)).text
        made = await post_form(
            staff,
            base,
            {
                "name": "Europe",
                "capacity": "3",
                "region": "europe",
                "returns_on": "2099-02-20",
                "returns_time": "18:00",
            },
        )
        assert made.status_code == 303, made.text
        pool = (await pools_of(event.id))[1]
        assert made.headers["location"] == f"{base}#pool-{pool.id}"
        assert (pool.capacity, pool.is_reserved, pool.returns_at.isoformat()) == (3, True, "2099-02-20T17:00:00+00:00")
        await registered(event, "Ada", member="barcelona", attends="on_site")
        shown = (await staff.get(base)).text
        assert "Europe" in shown
        edit = f"{base}/{pool.id}"
        refused = await post_form(staff, edit, {"name": "Europe", "capacity": "0"})
        assert refused.status_code == 409
        assert "1 people have seats already" in refused.text
        assert field(refused.text, "name") == "Europe"
        assert (await post_form(staff, edit, {"name": "Europeans", "capacity": "5"})).status_code == 303
        assert [(one.name, one.capacity, one.returns_at) for one in await pools_of(event.id)][1] == (
            "Europeans",
            5,
            None,
        )
        token = field((await staff.get(base)).text, "_csrf_token")
        kept = await staff.post(f"{edit}/remove", data={"_csrf_token": token})
        assert kept.status_code == 409
        await sql("DELETE FROM letter")
        await sql("DELETE FROM registration")
        await sql("UPDATE seat_pool SET taken = 0")
        gone = await staff.post(f"{edit}/remove", data={"_csrf_token": token})
        assert gone.status_code == 303
        assert len(await pools_of(event.id)) == 1
        assert (await staff.get(edit)).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "", "capacity": "3", "attends": "online"}, "name"),
        ({"name": "x" * 500, "capacity": "3", "attends": "online"}, "name"),
        ({"name": "a\x00b", "capacity": "many", "attends": "online"}, "capacity"),
        ({"name": "A", "capacity": "9" * 400, "attends": "online"}, "capacity"),
        ({"name": "A", "capacity": "-1", "attends": "online"}, "capacity"),
        ({"name": "A", "capacity": "3"}, "attends"),
        ({"name": "A", "capacity": "3", "attends": "by_boat"}, "attends"),
        ({"name": "A", "capacity": "3", "region": "atlantis"}, "region"),
        ({"name": "A", "capacity": "3", "region": "europe", "member": "barcelona"}, "member"),
        ({"name": "A", "capacity": "", "region": "europe"}, "capacity"),
        ({"name": "A", "capacity": "3", "region": "europe", "returns_on": "2099-02-20"}, "returns_time"),
        (
            {"name": "A", "capacity": "3", "region": "europe", "returns_on": "9999-12-31", "returns_time": "23:59"},
            "returns_on",
        ),
        (
            {"name": "A", "capacity": "3", "region": "europe", "returns_on": "2099-03-29", "returns_time": "02:30"},
            "returns_time",
        ),
        (
            {"name": "A", "capacity": "3", "region": "europe", "returns_on": "2099-04-20", "returns_time": "10:00"},
            "returns_at",
        ),
        (
            {"name": "A", "capacity": "3", "attends": "online", "returns_on": "2099-02-20", "returns_time": "10:00"},
            "returns_at",
        ),
    ],
)
async def test_a_mistake_about_seats_is_said_where_it_is_and_keeps_what_was_typed(
    app: Any, database: None, typed: dict[str, str], said: str
) -> None:
    await a_member("Barcelona")
    event = await an_event(capacity=2, **HYBRID)
    async with await signed_in(app) as staff:
        answer = await post_form(staff, f"/staff/events/{event.slug}/pools", typed)
    assert answer.status_code == 422, (said, answer.text)
    assert 'class="error' in answer.text or "error-summary" in answer.text
    assert len(await pools_of(event.id)) == 1


async def test_putting_somebody_first_asks_for_a_reason(app: Any, database: None) -> None:
    event = await an_event(capacity=1)
    other = await registered(await an_event(), "Elsewhere")
    people = [await registered(event, name) for name in ("Ada", "Bo", "Cy")]
    base = f"/staff/events/{event.slug}/pools"
    first = f"{base}/first/{people[2].registration.id}"
    async with await signed_in(app) as staff:
        assert (await post_form(staff, first, {"reason": " "}, page=base)).status_code == 422
        assert await queue_of(event) == ["Bo", "Cy"]
        assert (await post_form(staff, first, {"reason": "A speaker."}, page=base)).status_code == 303
        assert await queue_of(event) == ["Cy", "Bo"]
        foreign = await post_form(staff, f"{base}/first/{other.registration.id}", {"reason": "x"}, page=base)
        assert foreign.status_code == 404
    async with await signed_in(app, "reader") as helper:
        assert (await helper.get(base)).status_code in (403, 404)


@pytest.mark.parametrize(
    ("changes", "says", "opens"),
    [
        ({"registration_opens_at": NOW + timedelta(days=9000)}, "Registration is not open yet", False),
        ({"registration_closes_at": NOW - timedelta(days=1)}, "Registration has closed", False),
        ({"registration_mode": "invitation"}, "By invitation", False),
        ({"registration_mode": "approval"}, "the organisers answer everybody", True),
        ({"registration_closes_at": NOW + timedelta(days=9000)}, "Registration closes:", True),
    ],
)
async def test_the_page_of_an_event_says_who_can_register_and_when(
    client: httpx.AsyncClient, changes: dict[str, Any], says: str, opens: bool
) -> None:
    event = await an_event(**changes)
    for _ in range(2):
        page = await client.get(event.href)
        assert says in page.text
        assert (f'href="{event.href}/register"' in page.text) == opens


async def test_both_zones_are_said_of_the_time_at_which_registration_opens(client: httpx.AsyncClient) -> None:
    event = await an_event(registration_opens_at=NOW + timedelta(days=9000))
    client.cookies.set("tz", "Asia/Kathmandu")
    page = await client.get(f"{event.href}?tz=Asia/Kathmandu")
    assert "Registration opens:" in page.text
    assert "Kathmandu" in page.text


async def test_the_form_of_an_event_keeps_when_registration_opens_and_closes(app: Any, database: None) -> None:
    event = await an_event()
    edit = f"/staff/events/{event.slug}/edit"
    typed = {
        "title": event.title, "kind": event.kind, "involvement": event.involvement, "mode": event.mode,
        "starts_on": "2099-03-01", "starts_time": "10:00", "ends_on": "2099-03-01", "ends_time": "12:00",
        "time_zone": "Europe/Madrid", "registration_mode": "approval", "language": "en", "opens_on": "2099-01-10",
        "opens_time": "09:00", "closes_on": "2099-02-10", "closes_time": "18:00", "offer_hours": "48",
        "counts_in_statistics": "y",
    }  # fmt: skip
    async with await signed_in(app) as staff:
        assert (await post_form(staff, edit, typed)).status_code == 303
        after = await event_by_id(event.id)
        assert after.registration_opens_at is not None
        assert after.registration_opens_at.isoformat() == "2099-01-10T08:00:00+00:00"
        assert after.registration_closes_at is not None
        assert after.registration_closes_at.isoformat() == "2099-02-10T17:00:00+00:00"
        assert (after.offer_hours, after.registration_mode) == (48, "approval")
        shown = (await staff.get(edit)).text
        assert field(shown, "opens_on") == "2099-01-10"
        assert field(shown, "closes_time") == "18:00"
        for wrong in (
            {"closes_time": ""}, {"closes_on": "2098-12-31"}, {"offer_hours": "0"}, {"offer_hours": "9" * 300},
            {"opens_on": "2099-03-29", "opens_time": "02:30"}, {"opens_on": "9999-12-31"},
        ):  # fmt: skip
            answer = await post_form(staff, edit, {**typed, **wrong})
            assert answer.status_code == 422, wrong
        assert await event_by_id(event.id) == after


async def test_the_interface_keeps_when_registration_opens_and_how_long_a_seat_is_offered(
    app: Any, database: None
) -> None:
    event = await an_event()
    async with browser(app) as client:
        headers = bearer(await a_token())
        sent = {
            "registration_opens_at": "2099-01-10T09:00:00+01:00",
            "offer_hours": 24,
            "registration_mode": "invitation",
        }
        answer = await client.patch(f"/api/v1/events/{event.slug}", json=sent, headers=headers)
        assert answer.status_code == 200, answer.text
        assert {name: answer.json()[name] for name in sent} == sent
        wrong = await client.patch(
            f"/api/v1/events/{event.slug}",
            json={"registration_opens_at": "soon", "offer_hours": 10**9},
            headers=headers,
        )
        assert wrong.status_code == 422
        assert {"registration_opens_at", "offer_hours"} <= set(str(wrong.json()).replace("'", " ").split())
    assert (await event_by_slug(event.slug)).offer_hours == 24


async def test_the_interface_declines_with_or_without_a_reason(app: Any, database: None) -> None:
    event = await an_event(registration_mode="approval")
    people = [await registered(event, name) for name in ("Ada", "Bo", "Cy")]
    headers = bearer(await a_token())
    async with browser(app) as client:
        first, second, third = (f"/api/v1/registrations/{one.registration.id}" for one in people)
        assert (await client.post(f"{first}/decline", json={"reason": "No room."}, headers=headers)).status_code == 200
        assert (await client.post(f"{second}/decline", headers=headers)).json()["status"] == "declined"
        assert (await client.post(f"{third}/confirm", headers=headers)).json()["status"] == "confirmed"
        for wrong in ({"reason": "x" * 2001}, {"reason": 7}, {"other": "x"}):
            answer = await client.post(f"{third}/decline", json=wrong, headers=headers)
            assert answer.status_code in (400, 422), answer.text
    reasons = await sql("SELECT decision_reason FROM registration ORDER BY name")
    assert [row["decision_reason"] for row in reasons] == ["No room.", "", ""]
