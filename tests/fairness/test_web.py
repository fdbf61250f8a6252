"""The page of fair hours: hours as text, a choice of members, the ledger, for events and labs."""

import re
from datetime import date, time
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.fairness.commands import choose_invited_members
from eventhub.fairness.queries import invited_to
from eventhub.labs.commands import add_lab_session
from eventhub.reviewing.commands import accept_application
from eventhub.series.commands import create_series
from tests.make import (
    NOW,
    a_lab,
    a_lab_with_call,
    a_member,
    an_application,
    an_event,
    post_form,
    signed_in,
    some_account,
)

CITIES = (
    ("Barcelona", "Europe/Madrid", "europe"),
    ("Paris", "Europe/Paris", "europe"),
    ("Kathmandu", "Asia/Kathmandu", "asia"),
    ("Lima", "America/Lima", "latin_america_caribbean"),
)


async def cities() -> None:
    for name, zone, region in CITIES:
        await a_member(name, zone=zone, region=region)


async def choose(event: Any, *keys: str) -> None:
    await choose_invited_members(event.slug, keys, now=NOW, account_id=await some_account())


async def keys_of(event: Any) -> list[str]:
    return [member.key for member in await invited_to(event.id)]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def cells_of(html: str, start: str) -> list[str]:
    """The local hours in the row of a start, as text with the class of the cell in front."""
    row = next(row for row in re.findall(r"<tr.*?</tr>", html, re.S) if start in text_of(row))
    return [f"{kind}: {text_of(cell)}" for kind, cell in re.findall(r'<td class="hour (\w+)">(.*?)</td>', row, re.S)]


async def test_every_member_has_its_local_hour_in_words_beside_colour(database: None, app: Any) -> None:
    await cities()
    event = await an_event(starts_time=time(3), ends_time=time(4))
    await choose(event, *(name.lower() for name, _, _ in CITIES))
    async with await signed_in(app, "reader") as staff:
        page = await staff.get(f"/staff/events/{event.slug}/fairness?week=2099-03-01&rows=2099-03-01")
    assert page.status_code == 200
    assert [text_of(head) for head in re.findall(r'<th scope="col">(.*?)</th>', page.text, re.S)][1:] == [
        "Lima UTC−05:00", "Barcelona , Paris UTC+01:00", "Kathmandu UTC+05:45",
    ]  # fmt: skip
    assert cells_of(page.text, "Sun 1 Mar, 03:00 as planned") == [
        "edge: 21:00 −1 edge", "night: 03:00 night", "edge: 07:45 edge",
    ]  # fmt: skip
    assert cells_of(page.text, "Sun 1 Mar, 14:00") == ["working: 08:00 day", "working: 14:00 day", "edge: 18:45 edge"]
    assert len(re.findall(r'<th scope="row" class="nowrap">', page.text)) == 24
    assert "0 members by day, 2 at the edge of the day, 2 at night. The worst-off bears 3, all together 8." in text_of(
        page.text
    )


async def test_regions_show_from_when_to_when_and_members_have_a_column_each(database: None, app: Any) -> None:
    await cities()
    await a_member("Helsinki", zone="Europe/Helsinki")
    event = await an_event()
    await choose(event, "barcelona", "helsinki", "lima")
    async with await signed_in(app, "organiser") as staff:
        address = f"/staff/events/{event.slug}/fairness?rows=2099-03-01"
        regions = (await staff.get(f"{address}&columns=regions")).text
        members = (await staff.get(f"{address}&columns=members")).text
    assert cells_of(regions, "Sun 1 Mar, 17:00") == ["edge: 17:00–18:00 edge", "working: 11:00 day"]
    assert cells_of(members, "Sun 1 Mar, 17:00") == [
        "working: 11:00 day", "edge: 17:00 edge", "edge: 18:00 edge",
    ]  # fmt: skip


@pytest.mark.parametrize(("rows", "number"), [("best", 20), ("week", 168), ("2099-03-01", 24), ("nonsense", 20)])
async def test_the_fairest_a_day_or_the_whole_week_is_shown(database: None, app: Any, rows: str, number: int) -> None:
    await cities()
    event = await an_event()
    await choose(event, "lima")
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get(f"/staff/events/{event.slug}/fairness?rows={rows}")).text
    assert len(re.findall(r'<th scope="row" class="nowrap">', page)) == number


async def test_the_week_of_a_clock_change_has_as_many_hours_as_it_has(database: None, app: Any) -> None:
    await cities()
    event = await an_event()
    await choose(event, "lima", "barcelona")
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get(f"/staff/events/{event.slug}/fairness?week=2027-03-28&rows=week")).text
    assert len(re.findall(r'<th scope="row" class="nowrap">', page)) == 167
    assert "UTC+01:00 / UTC+02:00" in page
    assert ("Sun 28 Mar, 01:00" in page, "Sun 28 Mar, 02:00" in page, "Sun 28 Mar, 03:00" in page) == (
        True, False, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"scope": "all"}, ["barcelona", "kathmandu", "lima", "paris"]),
        ({"scope": "regions", "regions": ["europe", "asia"]}, ["barcelona", "kathmandu", "paris"]),
        ({"scope": "single", "members": ["lima", "paris"], "regions": ["asia"]}, ["lima", "paris"]),
        ({"scope": "single"}, []),
    ],
)
async def test_members_are_chosen_all_by_region_or_one_by_one(
    database: None, app: Any, data: dict[str, Any], expected: list[str]
) -> None:
    await cities()
    event = await an_event()
    async with await signed_in(app, "organiser") as staff:
        page = f"/staff/events/{event.slug}/fairness"
        answer = await post_form(staff, f"{page}/members", data, page=page)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        assert "The choice of members is kept." in (await staff.get(page)).text
    assert await keys_of(event) == expected


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "This field is required."),
        ({"scope": "everybody"}, "Not a valid choice."),
        ({"scope": "regions"}, "Please choose at least one region."),
        ({"scope": "regions", "regions": ["moon"]}, "There is no region “moon”."),
        ({"scope": "single", "members": ["lima", "atlantis"]}, "There is no member “atlantis”."),
        ({"scope": "single", "members": ["\x00" + "é" * 600]}, "There is no member “" + "é" * 80 + "”."),
    ],
)
async def test_a_choice_that_cannot_be_meant_is_told_and_nothing_changes(
    database: None, app: Any, data: dict[str, Any], sentence: str
) -> None:
    await cities()
    event = await an_event()
    await choose(event, "paris")
    async with await signed_in(app, "organiser") as staff:
        page = f"/staff/events/{event.slug}/fairness"
        answer = await post_form(staff, f"{page}/members", data, page=page)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert await keys_of(event) == ["paris"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("week=soon", "Not a valid date value."),
        ("week=0001-01-01", "The year lies between 1985 and 2100."),
        ("week=9999-12-31", "The year lies between 1985 and 2100."),
        ("minutes=0", "Number must be between 5 and 720."),
        ("minutes=99999999999999999999", "Number must be between 5 and 720."),
        ("minutes=long", "Not a valid integer value."),
        ("order=luck", "Not a valid choice."),
        ("columns=%00&rows=week", "Not a valid choice."),
    ],
)
async def test_what_an_address_cannot_mean_is_told_and_the_usual_is_shown(
    database: None, app: Any, query: str, sentence: str
) -> None:
    await cities()
    event = await an_event()
    await choose(event, "paris")
    async with await signed_in(app, "organiser") as staff:
        answer = await staff.get(f"/staff/events/{event.slug}/fairness?{query}")
    assert (answer.status_code, sentence in answer.text, "Paris" in answer.text) == (422, True, True)


async def test_the_ledger_of_a_series_turns_the_ranking(database: None, app: Any) -> None:
    await cities()
    series = await create_series("Care talks", now=NOW, account_id=await some_account())
    for number, day in enumerate((date(2099, 1, 5), date(2099, 1, 12)), 1):
        held = await an_event(
            title=f"Edition {number}", starts_on=day, ends_on=day, series=series.slug, edition=number,
            starts_time=time(7), ends_time=time(8),
        )  # fmt: skip
        await choose(held, "barcelona", "lima")
    this = await an_event(title="The next", series=series.slug, edition=3)
    await choose(this, "barcelona", "lima")
    async with await signed_in(app, "reader") as staff:
        page = f"/staff/events/{this.slug}/fairness"
        plain, turned = [(await staff.get(f"{page}?minutes=60{more}")).text for more in ("&order=total", "&rotate=y")]
    # 07:00 in Barcelona is 01:00 in Lima: an edge for one, a night for the other, twice.
    table = plain[plain.index('id="ledger-table"') :]
    assert [text_of(row) for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", table, re.S)] == [
        "Lima Latin America and the Caribbean 2 0 0 2 6", "Barcelona Europe 2 0 2 0 2",
    ]  # fmt: skip
    assert "2 meetings before this week" in plain
    assert cells_of(turned, "Mon 23 Feb, 14:00") == ["working: 08:00 day", "working: 14:00 day"]
    assert "6 place 1" in text_of(turned)


async def test_a_lab_compares_its_group_and_keeps_a_ledger_of_its_sessions(database: None, app: Any) -> None:
    await cities()
    lab = await a_lab_with_call()
    await an_application(lab, "lima")
    application = await an_application(lab, "kathmandu")
    session = await an_event(kind="lab_session", starts_time=time(2), ends_time=time(3))  # from 06:45 in Kathmandu
    await add_lab_session(lab.slug, session.slug, now=NOW, account_id=await some_account())
    async with await signed_in(app, "reader") as staff:
        address = f"/staff/labs/{lab.slug}/fairness?week=2099-06-01"
        before = text_of((await staff.get(address)).text)
        await accept_application(application.id, now=NOW, account_id=await some_account())
        after = text_of((await staff.get(address)).text)
        event_page = (await staff.get(f"/staff/events/{session.slug}/fairness")).text
    assert ("still in the running" in before, "Lima" in before, "Kathmandu" in before) == (True, True, True)
    assert "No session of the group" in before
    assert ("members of the group" in after, "Lima" in after, "Kathmandu Asia 1 0 0 1 3" in after) == (
        True, False, True,
    )  # fmt: skip
    assert f"/staff/labs/{lab.slug}/fairness" in event_page


async def test_empty_pages_say_what_to_do(database: None, app: Any) -> None:
    event, lab = await an_event(), await a_lab()
    async with await signed_in(app, "programme") as staff:
        page = (await staff.get(f"/staff/events/{event.slug}/fairness")).text
        assert ("No members are chosen yet." in page, "no edition of a series" in page) == (True, True)
        assert "No member has applied yet" in (await staff.get(f"/staff/labs/{lab.slug}/fairness")).text
        for missing in ("events", "labs"):
            assert (await staff.get(f"/staff/{missing}/nothing/fairness")).status_code == 404


async def test_readers_see_and_do_not_choose_and_a_cancelled_event_is_left_alone(
    database: None, app: Any, client: httpx.AsyncClient
) -> None:
    await cities()
    event = await an_event()
    page = f"/staff/events/{event.slug}/fairness"
    assert (await client.get(page)).status_code in (303, 401)
    async with await signed_in(app, "reader") as reader:
        assert "invited-members" not in (await reader.get(page)).text
        assert (await post_form(reader, f"{page}/members", {"scope": "all"}, page="/staff/")).status_code == 403
    async with await signed_in(app, "organiser") as staff:
        await sql("UPDATE event SET status = 'cancelled', sequence = 1 WHERE id = {}", event.id)
        assert "invited-members" not in (await staff.get(page)).text
        answer = await post_form(staff, f"{page}/members", {"scope": "all"}, page="/staff/")
        assert (answer.status_code, "changed no more" in answer.text) == (409, True)
    assert await keys_of(event) == []
