"""One event through the pages alone: organisers on one side, two people without accounts on the other."""

import html
import re
from typing import Any

import httpx

from eventhub.checks import integrity
from eventhub.database import sql
from tests.conftest import browser
from tests.make import a_member, post_form, signed_in

EVENT = {
    "title": "Zürich Summit", "kind": "forum", "mode": "hybrid", "involvement": "organised", "starts_on": "2099-03-02",
    "starts_time": "09:00", "ends_on": "2099-03-02", "ends_time": "17:00", "time_zone": "Europe/Madrid",
    "place": "Barcelona", "country": "ES", "capacity": "1", "registration_mode": "open", "language": "en",
    "counts_in_statistics": "y",
}  # fmt: skip
DESK = "/staff/events/zurich-summit"
REGISTER = "/events/zurich-summit/register"


async def sent(client: httpx.AsyncClient, path: str, data: dict[str, Any], page: str | None = None) -> str:
    """Fill in a form that is taken; where it leads."""
    answer = await post_form(client, path, data, page=page)
    assert answer.status_code == 303, html.unescape(answer.text)
    return answer.headers["location"]


async def seen(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.text)


async def test_an_event_goes_from_the_desk_to_the_people_and_back(app: Any, client: httpx.AsyncClient) -> None:
    await a_member()
    async with await signed_in(app) as staff, browser(app) as second:
        # A draft with a panel of men
        assert await sent(staff, "/staff/events/new", EVENT) == DESK
        panel = {
            "title": "Opening",
            "kind": "panel",
            "starts_on": "2099-03-02",
            "starts_time": "09:00",
            "ends_time": "10:00",
        }
        await sent(staff, f"{DESK}/programme/new", panel)
        found = re.search(r"/staff/programme/([0-9a-f-]{36})/speakers/new", await seen(staff, DESK))
        assert found
        for name in ("Ali", "Bo", "Cy"):
            speaker = {"name": name, "role": "panellist", "level": "political", "status": "confirmed", "gender": "man"}
            await sent(staff, found[0], speaker)

        # The gate, an exception, and then everybody sees it
        refused = await post_form(staff, f"{DESK}/publish", {}, page=DESK)
        assert (refused.status_code, "“Opening” has one gender only" in html.unescape(refused.text)) == (409, True)
        assert (await client.get("/events/zurich-summit")).status_code == 404
        await sent(staff, f"{DESK}/publish", {"exception_reason": "The women had to cancel."}, page=DESK)
        assert "Zürich Summit" in await seen(client, "/")
        assert "1 seat is free." in await seen(client, "/events/zurich-summit")

        # One seat for two people
        mine = await sent(
            client, REGISTER, {"name": "Ada", "email": "ada@example.org", "attends": "on_site", "gender": "woman"}
        )
        assert "Ada, you have a seat." in await seen(client, mine)
        ics = await client.get(f"{mine}.ics")
        assert (ics.status_code, "BEGIN:VEVENT" in ics.text) == (200, True)
        theirs = await sent(second, REGISTER, {"name": "Bo", "email": "bo@example.org", "attends": "online"})
        assert "you are on the waiting list, in place 1" in await seen(second, theirs)
        again = await post_form(second, REGISTER, {"name": "Bo", "email": "bo@example.org", "attends": "online"})
        assert (again.status_code < 400, theirs.rpartition("/")[2] in again.text) == (True, False)

        # The first one leaves, the second one moves up and is told
        assert await sent(client, f"{mine}/cancel", {}, page=mine) == mine
        assert "Ada, this registration is cancelled." in await seen(client, mine)
        assert "Bo, you have a seat." in await seen(second, theirs)
        letters = await sql("SELECT kind, recipient_address AS whom FROM letter WHERE event IS NOT NULL")
        assert sorted((letter["whom"], letter["kind"]) for letter in letters) == [
            ("ada@example.org", "registration_cancelled"),
            ("ada@example.org", "registration_confirmed"),
            ("bo@example.org", "registration_promoted"),
            ("bo@example.org", "registration_waitlisted"),
        ]

        # Who was there
        people = f"{DESK}/registrations"
        page = await seen(staff, people)
        present = re.search(rf'action="({people}/[0-9a-f-]{{36}}/present)"', page)
        assert present
        await sent(staff, present[1], {}, page=people)
        assert len(await sql("SELECT id FROM attendance")) == 1
        for path in ("/staff/", "/staff/events", DESK, "/staff/audit", "/staff/outbox", "/staff/figures/2099"):
            await seen(staff, path)
    assert await integrity() == []
