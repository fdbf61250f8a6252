"""What staff and the people of a cohort see of a lab at work, and what happens when they press a button."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from icalendar import Calendar

from eventhub.database import sql, utc_now
from eventhub.labs.cohort_page import add_participant, keep_cohorts, present_oneself
from eventhub.labs.materials import NewMaterial, add_material
from eventhub.questions.rules import SentFile
from tests.labs.test_life import NewParticipant, joined, made, token, two_shown
from tests.make import BASE_URL, NOW, a_lab, a_member, field, post_form, signed_in, some_account

PLAN = {
    "number": "3", "first_day": "2098-03-03", "first_time": "14:00", "time_zone": "Europe/Madrid", "every": "2",
    "unit": "weeks", "minutes": "120", "mode": "online", "online_url": "https://meet.example.org/lab", "place": "",
    "country": "", "language": "en", "capacity": "", "is_published": "y",
}  # fmt: skip
PDF = b"%PDF-1.7\nlab"


def typed(page: str) -> dict[str, str]:
    """The rows of the plan as the page shows them, and what they were looked at with."""
    rows = {
        name: value
        for tag in re.findall(r"<input[^>]*>", page)
        for name, value in [(_attr(tag, "name"), _attr(tag, "value"))]
        if name.startswith("rows-") and 'type="radio"' not in tag
    }
    return {**rows, "seen": field(page, "seen")}


def _attr(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


async def send(
    client: httpx.AsyncClient, page: str, path: str, data: dict[str, Any], files: Any = None
) -> httpx.Response:
    shown = await client.get(page)
    data = {"_csrf_token": field(shown.text, "_csrf_token"), **data}
    return await client.post(path, data=data, files=files, headers={"Origin": BASE_URL})


async def test_staff_lay_dates_out_change_one_and_make_them(app: Any, database: None) -> None:
    lab = await a_lab()
    await joined(lab)
    path = f"/staff/labs/{lab.slug}/sessions/plan"
    async with await signed_in(app) as client:
        laid = await post_form(client, path, {**PLAN, "step": "look"})
        assert laid.status_code == 200
        rows = typed(laid.text)
        assert [rows[f"rows-{n}-day"] for n in range(3)] == ["2098-03-03", "2098-03-17", "2098-03-31"]
        assert await sql("SELECT id FROM event") == []
        rows["rows-1-day"], rows["rows-1-title"] = "2098-03-18", "Water <b>twice</b>"
        done = await post_form(client, path, {**PLAN, **rows, "step": "make"})
        assert done.status_code == 303, done.text
        page = await client.get(done.headers["location"])
        assert "3 sessions have been made." in page.text
        assert "Water &lt;b&gt;twice&lt;/b&gt;" in page.text
        again = await post_form(client, path, {**PLAN, **rows, "step": "make"})
        assert again.status_code == 409
        assert "none were made" in again.text
    assert len(await sql("SELECT id FROM event")) == 3
    assert len(await sql("SELECT id FROM registration WHERE status = 'confirmed'")) == 3


async def test_a_time_that_comes_twice_is_asked_about_before_anything_is_made(app: Any, database: None) -> None:
    lab = await a_lab()
    path = f"/staff/labs/{lab.slug}/sessions/plan"
    plan = {**PLAN, "number": "1", "first_day": "2027-10-31", "first_time": "02:30"}
    async with await signed_in(app) as client:
        laid = await post_form(client, path, {**plan, "step": "look"})
        assert "show this time twice on that day" in laid.text
        rows = typed(laid.text)
        refused = await post_form(client, path, {**plan, **rows, "step": "make"})
        assert refused.status_code == 422
        done = await post_form(client, path, {**plan, **rows, "rows-0-which": "second", "step": "make"})
        assert done.status_code == 303
    (event,) = await sql("SELECT starts_at FROM event")
    assert event["starts_at"].isoformat() == "2027-10-31T01:30:00+00:00"


async def test_a_fair_hour_goes_into_the_form_and_nothing_typed_is_lost(app: Any, database: None) -> None:
    lab = await a_lab()
    await a_member("Seoul", zone="Asia/Seoul")
    await joined(lab, member="seoul")
    path = f"/staff/labs/{lab.slug}/sessions/plan"
    async with await signed_in(app) as client:
        shown = await post_form(client, path, {**PLAN, "step": "hours"})
        start = re.search(r'name="start" value="([^"]+)"', shown.text)
        assert start
        taken = await post_form(client, path, {**PLAN, "start": start[1], "capacity": "17"})
        assert taken.status_code == 200
        day, clock = start[1].split("T")
        assert f'value="{day}"' in taken.text
        assert f'value="{clock}"' in taken.text
        assert 'value="17"' in taken.text
        odd = await post_form(client, path, {**PLAN, "start": "\x00never"})
        assert odd.status_code == 200
    assert await sql("SELECT id FROM event") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "0"}, {"number": "9" * 40}, {"first_day": "2027-02-30"}, {"first_time": "25:00"},
        {"time_zone": "Nowhere/None"}, {"every": "-1"}, {"minutes": "x" * 600}, {"mode": "sea"}, {"country": "XX\x00"},
        {"online_url": "nonsense"}, {"online_url": "h" * 600}, {"mode": "in_person"}, {"language": "xx"},
        {"capacity": "-5"}, {"rows-0-title": "x" * 600}, {"rows-0-day": "9999-12-31"}, {"rows-0-day": ""},
        {"rows-0-at": "99:99"}, {"rows-0-which": "third", "rows-0-day": "nonsense"},
    ],
)  # fmt: skip
async def test_what_cannot_be_a_session_comes_back_with_everything_typed(
    app: Any, database: None, changes: Any
) -> None:
    lab = await a_lab()
    path = f"/staff/labs/{lab.slug}/sessions/plan"
    async with await signed_in(app) as client:
        rows = typed((await post_form(client, path, {**PLAN, "step": "look"})).text)
        refused = await post_form(client, path, {**PLAN, **rows, "step": "make", **changes})
        assert refused.status_code == 422
        assert "There is a problem" in refused.text
        assert "Water Stress: session 2" in refused.text
    assert await sql("SELECT id FROM event") == []


@pytest.mark.parametrize("role", ["organiser", "reader", "check-in"])
async def test_only_who_works_on_labs_opens_these_pages(app: Any, database: None, role: str) -> None:
    lab = await a_lab()
    await joined(lab)
    async with await signed_in(app, role) as client:
        for path in ("cohort", "sessions/plan"):
            answer = await client.get(f"/staff/labs/{lab.slug}/{path}")
            assert answer.status_code == 403
            assert "Ana Alba" not in answer.text


async def test_strangers_open_nothing(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    for path in (f"/staff/labs/{lab.slug}/cohort", f"/staff/labs/{lab.slug}/sessions/plan"):
        assert (await client.get(path)).status_code in (303, 401)
    for path in ("/cohorts/nonsense", "/cohorts/nonsense/me", f"/cohorts/nonsense/people/{uuid4()}",
                 f"/cohorts/x/materials/{uuid4()}", "/cohorts/calendars/nonsense.ics", "/cohorts/calendars/nonsense"):  # fmt: skip
        assert (await client.get(path)).status_code == 404


async def test_staff_take_somebody_in_and_out(app: Any, database: None) -> None:
    lab = await a_lab()
    await a_member()
    await made(lab)
    path = f"/staff/labs/{lab.slug}/cohort"
    new = {
        "name": "Zoë <i>Ñandú</i>",
        "email": "zoe@example.org",
        "role": "expert",
        "member": "barcelona",
        "language": "fr",
    }
    async with await signed_in(app) as client:
        assert "Nobody is in the cohort yet" in (await client.get(path)).text
        wrong = await post_form(client, path, {**new, "email": "nonsense"})
        assert wrong.status_code == 422
        assert "Zoë &lt;i&gt;" in wrong.text
        assert (await post_form(client, path, new)).status_code == 303
        assert (await post_form(client, path, new)).status_code == 409
        page = (await client.get(path)).text
        assert "Zoë &lt;i&gt;Ñandú&lt;/i&gt;" in page
        assert "zoe@example.org" not in page
        (row,) = await sql("SELECT id, person FROM lab_participant")
        assert (await post_form(client, f"{path}/{row['id']}/role", {"role": "chief"}, path)).status_code == 422
        assert (await post_form(client, f"{path}/{row['id']}/role", {"role": "facilitator"}, path)).status_code == 303
        assert (await post_form(client, f"{path}/{row['id']}/link", {}, path)).status_code == 303
        assert (await post_form(client, f"{path}/{uuid4()}/leave", {}, path)).status_code == 404
        assert (await post_form(client, f"{path}/{row['id']}/leave", {}, path)).status_code == 303
        assert "1 person has left" in (await client.get(path)).text
    assert {r["status"] for r in await sql("SELECT status FROM registration")} == {"cancelled"}


async def test_a_file_and_a_link_reach_the_cohort_and_nobody_else(app: Any, client: httpx.AsyncClient) -> None:
    lab, other = await a_lab(), await a_lab("Heat")
    ana, eli = await joined(lab), await joined(other, "Eli Ek")
    path = f"/staff/labs/{lab.slug}/cohort"
    form = {"material-title": "Plan", "material-url": "", "material-event": "", "material-time_zone": "Europe/Madrid"}
    async with await signed_in(app) as staff:
        sent = await send(staff, path, f"{path}/materials", form, {"material-file": ("p.exe", PDF, "x/y")})
        assert sent.status_code == 303, sent.text
        for bad in (b"MZ", b"", PDF + bytes(5_000_001)):
            refused = await send(
                staff, path, f"{path}/materials", form, {"material-file": ("p.pdf", bad, "application/pdf")}
            )
            assert refused.status_code == 422
        gap = {
            **form,
            "material-url": "https://example.org",
            "material-visible_day": "2027-03-28",
            "material-visible_time": "02:30",
        }
        assert "jump over this time" in (await send(staff, path, f"{path}/materials", gap)).text
        later = {
            **form,
            "material-title": "Later",
            "material-url": "https://example.org/later",
            "material-visible_day": "2099-01-01",
        }
        assert (await send(staff, path, f"{path}/materials", later)).status_code == 303
        assert "Later" in (await staff.get(path)).text
    page = (await client.get(ana.path)).text
    assert "Later" not in page
    (row,) = await sql("SELECT id FROM lab_material WHERE title = 'Plan'")
    assert f"{ana.path}/materials/{row['id']}" in page
    file = await client.get(f"{ana.path}/materials/{row['id']}")
    assert file.content == PDF
    assert file.headers["content-disposition"].startswith('attachment; filename="p.pdf"')
    assert file.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(f"{eli.path}/materials/{row['id']}")).status_code == 404
    assert "Plan" not in (await client.get(eli.path)).text


async def test_the_page_of_a_person_shows_sessions_on_their_clock_and_the_own_link_to_join(
    client: httpx.AsyncClient,
) -> None:
    lab = await a_lab()
    ana = await joined(lab)
    await made(lab)
    answer = await client.get(f"{ana.path}?tz=Asia/Kathmandu")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    page = answer.text
    assert "18:45" in page
    assert page.count("Join online") == 3
    assert "https://meet.example.org/lab" not in page
    assert "You have a seat" in page
    join = re.search(r'href="[^"]*(/join/[^"]+)"', page)
    assert join
    assert (await client.get(join[1])).status_code == 200


async def test_the_page_without_anything_says_so(client: httpx.AsyncClient) -> None:
    ana = await joined(await a_lab())
    page = (await client.get(ana.path)).text
    assert "No session is planned at present" in page
    assert "Nobody else is in the cohort yet." in page


async def test_people_are_seen_by_those_of_their_lab_only_if_they_say_so(client: httpx.AsyncClient) -> None:
    lab, other = await a_lab(), await a_lab("Heat")
    ana, bo, eli = await joined(lab), await joined(lab, "Bo Borg"), await joined(other, "Eli Ek")
    page = (await client.get(ana.path)).text
    assert "Bo Borg" not in page
    assert "1 other person takes part and is not shown." in page
    told = await post_form(client, f"{bo.path}/me", {"is_shown": "y", "introduction": "Trees <b>and</b> shade"})
    assert told.status_code == 303
    page = (await client.get(ana.path)).text
    assert "Bo Borg" in page
    assert "Trees &lt;b&gt;and&lt;/b&gt; shade" in page
    assert "example.org" not in page.replace("https://meet.example.org", "")
    assert "Bo Borg" not in (await client.get(eli.path)).text
    assert (await client.get(f"{eli.path}/people/{bo.id}")).status_code == 404
    stopped = await post_form(client, f"{bo.path}/me", {"introduction": "Trees"})
    assert stopped.status_code == 303
    assert "Bo Borg" not in (await client.get(ana.path)).text


async def test_a_message_is_written_on_the_page_and_read_there(client: httpx.AsyncClient) -> None:
    ana, bo = await two_shown(await a_lab())
    path = f"{ana.path}/people/{bo.id}"
    wrong = await post_form(client, path, {"subject": "Trees", "body": ""})
    assert wrong.status_code == 422
    assert 'value="Trees"' in wrong.text
    assert (await post_form(client, path, {"subject": "Trees", "body": "Which\r\n<b>ones</b>?"})).status_code == 303
    page = (await client.get(f"{bo.path}/people/{ana.id}")).text
    assert "&lt;b&gt;ones&lt;/b&gt;" in page
    assert "@example.org" not in page
    assert (await client.post(path, data={"subject": "x", "body": "y"})).status_code == 403
    await present_oneself(token(ana), is_shown=False, introduction="", now=NOW)
    form = await client.get(f"{bo.path}/me")
    sent = await client.post(
        path, data={"_csrf_token": field(form.text, "_csrf_token"), "subject": "x", "body": "y"}, headers={"Origin": BASE_URL}
    )  # fmt: skip
    assert sent.status_code == 409


async def test_no_address_and_no_gender_is_on_the_page(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    ana, bo = await two_shown(lab)
    for person, gender in ((ana.person, "woman"), (bo.person, "non_binary")):
        await sql(
            "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, stated_at) "
            "VALUES ({}, {}, 'self', 'gender statistics', '2026-11', 'en', {})",
            person, gender, NOW,
        )  # fmt: skip
    for path in (ana.path, f"{ana.path}/me", f"{ana.path}/people/{bo.id}"):
        for language in ("en", "es", "fr"):
            page = (await client.get(f"{path}?lang={language}")).text.lower()
            assert not re.search(r"woman|mujer|femme|non.binar|bo@example|ana@example", page)


async def test_the_calendar_has_the_own_links_and_its_address_opens_nothing_else(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    ana = await joined(lab)
    first, *_ = await made(lab)
    answer = await client.get(ana.calendar_path)
    assert answer.headers["content-type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(events) == 3
    assert str(events[0]["UID"]) == first.calendar_uid
    assert answer.text.replace("\r\n ", "").count("/join/") >= 3
    secret = ana.calendar_path.removeprefix("/cohorts/calendars/").removesuffix(".ics")
    assert (await client.get(f"/cohorts/{secret}")).status_code == 404
    assert (await client.get(f"/cohorts/calendars/{token(ana)}.ics")).status_code == 404
    kept = await client.get(ana.calendar_path, headers={"If-None-Match": answer.headers["etag"]})
    assert kept.status_code == 304


async def test_sessions_that_are_over_move_out_of_the_way(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    ana = await joined(lab)
    first, *_ = await made(lab)
    await sql(
        "UPDATE event SET starts_at = {}, ends_at = {} WHERE id = {}",
        utc_now() - timedelta(days=2),
        utc_now() - timedelta(days=1),
        first.id,
    )
    page = (await client.get(ana.path)).text
    assert "1 session has taken place" in page
    assert page.count("Join online") == 2


async def test_the_page_of_staff_links_to_the_door_and_keeps_later_files(app: Any, database: None) -> None:
    lab = await a_lab()
    await joined(lab)
    first, *_ = await made(lab)
    account = await some_account()
    new = NewMaterial("Plan", file=SentFile("plan.pdf", PDF), visible_from=datetime(2099, 1, 1, tzinfo=NOW.tzinfo))
    key = await add_material(lab.slug, new, now=NOW, account_id=account)
    path = f"/staff/labs/{lab.slug}/cohort"
    async with await signed_in(app) as client:
        page = (await client.get(path)).text
        assert f"/staff/events/{first.slug}/check-in/" in page
        assert (await client.get(f"/staff/events/{first.slug}/check-in/")).status_code == 200
        assert (await client.get(f"{path}/materials/{key}")).content == PDF
        assert (await post_form(client, f"{path}/materials/{key}/delete", {}, path)).status_code == 303
        assert (await client.get(f"{path}/materials/{key}")).status_code == 404


async def test_everybody_who_wants_to_be_seen_is_seen(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    ana = await joined(lab)
    await made(lab)
    for n in range(8):
        new = NewParticipant(f"Person {n}", f"p{n}@example.org")
        await add_participant(lab.slug, new, now=NOW, account_id=await some_account())
    await sql("UPDATE lab_participant SET is_shown = {}", True)
    await keep_cohorts(NOW)
    assert (await client.get(ana.path)).text.count("Write to Person") == 8
