"""Series and copies as organisers and the public see them."""

from datetime import date
from typing import Any

import httpx

from eventhub.database import sql
from eventhub.events.commands import cancel_event
from tests.make import NOW, an_event, an_item, post_form, signed_in, some_account


async def test_an_organiser_makes_the_next_edition_and_everybody_finds_the_published_ones(
    client: httpx.AsyncClient, app: Any
) -> None:
    event = await an_event(title="Forum on Care")
    await an_item(event)
    path = f"/staff/events/{event.slug}/copy"
    async with await signed_in(app, "organiser") as staff:
        assert "becomes the first edition of a new one" in (await staff.get(path)).text
        for wrong in ({"starts_on": ""}, {"starts_on": "2100-13-01"}, {"what": "party"}, {"starts_on": "9999-12-31"}):
            page = await post_form(staff, path, {"what": "edition", "starts_on": "2100-03-01"} | wrong)
            assert (page.status_code, "Error:" in page.text) == (422, True)
        made = await post_form(staff, path, {"what": "edition", "starts_on": "2100-03-01"})
        assert made.status_code == 303
        desk = (await staff.get(made.headers["location"])).text
        assert "Edition 2" in desk
        assert "Edition" in (await staff.get("/staff/series/forum-on-care")).text
        assert "Forum on Care" in (await staff.get("/staff/series")).text
        again = await post_form(staff, "/staff/series", {"name": "Forum on Care"})
        assert (again.status_code, "There is a series of this name already." in again.text) == (422, True)
    page = (await client.get("/series/forum-on-care")).text
    assert ("1 edition" in page, date(2100, 3, 1).strftime("%Y") in page) == (True, False)
    assert "/series/forum-on-care" in (await client.get(event.href)).text
    await sql("UPDATE event SET status = 'draft' WHERE id = {}", event.id)
    assert (await client.get("/series/forum-on-care")).status_code == 404
    async with await signed_in(app, "reader") as reader:
        assert (await reader.get(path)).status_code == 403
        assert (await reader.get("/staff/series")).status_code == 200


async def test_a_part_begins_with_the_days_of_its_parent_and_is_listed_there(
    client: httpx.AsyncClient, app: Any
) -> None:
    summit = await an_event(title="Summit", publish=False)
    async with await signed_in(app, "organiser") as staff:
        form = (await staff.get(f"/staff/events/new?parent={summit.slug}")).text
        assert f'value="{summit.slug}"' in form
        assert f'value="{summit.starts_on.isoformat()}"' in form
        assert (await staff.get("/staff/events/new?parent=nothing")).status_code == 404
        await an_event(title="Side event", parent=summit.slug, publish=False, counts_in_statistics=False)
        desk = (await staff.get(f"/staff/events/{summit.slug}")).text
        assert ("Side event" in desk, "not counted in the figures" in desk) == (True, True)


async def test_an_event_that_is_over_is_put_away_by_a_button(client: httpx.AsyncClient, app: Any) -> None:
    event = await an_event(title="Put away later")
    desk = f"/staff/events/{event.slug}"
    async with await signed_in(app, "organiser") as staff:
        refused = await post_form(staff, f"{desk}/archive", {}, page=desk)
        assert (refused.status_code, "Only events that are over or cancelled" in refused.text) == (409, True)
        await cancel_event(event.slug, reason="Rain", now=NOW, account_id=await some_account())
        await post_form(staff, f"{desk}/archive", {}, page=desk)
        assert "Put away later" not in (await staff.get("/staff/events")).text
        assert "Put away later" in (await staff.get("/staff/events?archived=yes")).text
        await post_form(staff, f"{desk}/unarchive", {}, page=desk)
        assert "Put away later" in (await staff.get("/staff/events")).text
