"""The public calendar and the organisers' desk, as people see them."""

import html
import re
from datetime import date, time
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.commands import cancel_event
from eventhub.events.queries import event_by_slug
from tests.make import (
    NOW,
    a_lab,
    accepting,
    an_event,
    an_item,
    post_form,
    registered,
    signed_in,
    some_account,
    speaking,
    themes_loaded,
)

FORM = {
    "title": "Zürich Summit", "kind": "forum", "mode": "hybrid", "involvement": "organised", "starts_on": "2027-03-01",
    "starts_time": "09:00", "ends_on": "2027-03-01", "ends_time": "17:00", "time_zone": "Europe/Madrid",
    "place": "Barcelona", "country": "ES", "capacity": "40", "registration_mode": "open", "language": "en",
    "counts_in_statistics": "y", "description": "First.\r\n\r\nSecond.", "online_url": "https://meet.example.org/x",
}  # fmt: skip
ITEM = {"title": "Opening", "kind": "panel", "starts_on": "2027-03-01", "starts_time": "09:00", "ends_time": "10:00"}


def title_of(page: httpx.Response) -> str:
    found = re.search(r"<title>(.*?)</title>", page.text, re.S)
    assert found
    return html.unescape(found[1]).strip()


def typed(page: httpx.Response, name: str) -> str:
    """What a field of the form holds."""
    found = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', page.text)
    if found:
        value = re.search(r'\bvalue="([^"]*)"', found[0])
        return html.unescape(value[1]) if value else ""
    found = re.search(rf'<textarea[^>]*\bname="{name}"[^>]*>(.*?)</textarea>', page.text, re.S)
    if found:
        return html.unescape(found[1]).strip()
    found = re.search(rf'<select[^>]*\bname="{name}".*?</select>', page.text, re.S)
    assert found, name
    chosen = re.search(
        r'<option[^>]*\bvalue="([^"]*)"[^>]*\bselected|<option[^>]*\bselected[^>]*value="([^"]*)"', found[0]
    )
    return html.unescape(chosen[1] or chosen[2]) if chosen else ""


def has(page: httpx.Response, words: str) -> bool:
    return words in html.unescape(page.text)


# The public calendar


async def test_an_empty_calendar_says_what_to_do(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.status_code == 200
    assert has(page, "No event matches")
    assert title_of(page).startswith("Coming events")


async def test_coming_events_stand_below_their_month(client: httpx.AsyncClient) -> None:
    await an_event(title="Water", starts_on=date(2098, 5, 1), ends_on=date(2098, 5, 2))
    await an_event(title="Care <b>now</b>")
    await an_event(title="Long ago", starts_on=date(2020, 5, 1), ends_on=date(2020, 5, 1))
    page = await client.get("/")
    text = page.text
    assert text.index("May 2098") < text.index("Water") < text.index("March 2099") < text.index("Care &lt;b&gt;now")
    assert "Long ago" not in text
    assert has(page, "2 events")
    assert "Long ago" in (await client.get("/?year=2020")).text


async def test_the_calendar_is_filtered_and_keeps_what_was_chosen(client: httpx.AsyncClient) -> None:
    await themes_loaded()
    await an_event(title="Water", kind="seminar", themes=("gender",))
    await an_event(title="Care")
    for query in ("q=wat", "kind=seminar", "theme=gender", "kind=seminar&mode=online&year=2099"):
        page = await client.get(f"/?{query}")
        assert ("Water" in page.text, ">Care<" in page.text) == (True, False), query
    page = await client.get("/?q=wat&kind=seminar")
    assert (typed(page, "q"), typed(page, "kind")) == ("wat", "seminar")


@pytest.mark.parametrize(
    "query",
    [
        "year=99999", "year=019900", "year=-1", "year=²", "year=" + "9" * 600, "page_number=0", "page_number=x",
        "page_number=" + "9" * 600, "page_number=²", "kind=cats", "mode=%FF", "theme=" + "x" * 600, "q=" + "x" * 600,
        "q=%F0%9F%92%A7", "q=%E2%80%AE", "lang=xx", "theme=dark", "tz=Mars/Olympus", "kind=a&kind=b", "%FF=%FF",
    ],
)  # fmt: skip
async def test_a_filter_that_makes_no_sense_is_no_failure(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/?{query}")).status_code == 200


async def test_nul_in_an_address_is_no_failure(client: httpx.AsyncClient) -> None:
    for query in ("q=%00", "kind=%00", "year=%00", "theme=%00", "%00=1", "tz=%00"):
        assert (await client.get(f"/?{query}")).status_code == 200
    assert (await client.get("/events/%00")).status_code == 404


async def test_drafts_private_events_and_nothing_at_all_look_the_same(client: httpx.AsyncClient) -> None:
    await an_event(title="Draft", publish=False)
    await an_event(title="Meeting", kind="internal")
    pages = []
    for slug in ("draft", "meeting", "unheard-of"):
        for path in (f"/events/{slug}", f"/events/{slug}.ics", f"/events/{slug}/register"):
            page = await client.get(path)
            pages.append((page.status_code, page.text.replace(slug, "…")))
            assert "Draft" not in page.text
            assert "Meeting" not in page.text
    assert {status for status, _ in pages} == {404}
    assert pages[:3] == pages[3:6] == pages[6:]
    assert "Meeting" not in (await client.get("/calendar.ics")).text


async def test_hidden_parents_and_parts_are_not_named(client: httpx.AsyncClient) -> None:
    hidden = await an_event(title="Hidden umbrella", publish=False)
    shown = await an_event(title="Shown", parent=hidden.slug)
    await an_event(title="Secret part", kind="internal", parent=shown.slug)
    await an_event(title="Open part", parent=shown.slug)
    page = await client.get("/events/shown")
    assert (has(page, "Hidden umbrella"), has(page, "Secret part"), has(page, "Open part")) == (False, False, True)
    assert has(await client.get("/events/open-part"), "Shown")


async def test_an_event_shows_its_facts_but_never_the_address_to_join(client: httpx.AsyncClient) -> None:
    event = await an_event(capacity=1, description="One.\n\n<script>alert(1)</script>")
    await an_item(event, "Opening <i>")
    page = await client.get(event.href)
    assert page.status_code == 200
    assert title_of(page).startswith("Care in the metropolis")
    assert "&lt;script&gt;" in page.text
    assert "Opening &lt;i&gt;" in page.text
    assert "meet.example.org" not in page.text
    assert has(page, "1 seat is free.")
    await registered(event, "Ada")
    assert has(await client.get(event.href), "All seats are taken.")
    assert "Ada" not in (await client.get(event.href)).text


async def test_only_confirmed_speakers_are_public(client: httpx.AsyncClient) -> None:
    event = await an_event(publish=False)
    item = await an_item(event)
    await speaking(item, "woman", name="Ada Sure")
    await speaking(item, "man", name="Bo Invited", status="invited")
    await speaking(item, "man", name="Cy Declined", status="declined")
    await sql("UPDATE event SET status = 'published'")
    page = await client.get(event.href)
    assert (has(page, "Ada Sure"), has(page, "Bo Invited"), has(page, "Cy Declined")) == (True, False, False)


async def test_a_cancelled_event_stays_with_its_reason(client: httpx.AsyncClient) -> None:
    event = await an_event()
    await cancel_event(event.slug, reason="A storm.", now=NOW, account_id=await some_account())
    page = await client.get(event.href)
    assert (page.status_code, has(page, "This event was cancelled. Reason: A storm.")) == (200, True)
    assert f"{event.href}/register" not in page.text
    assert "STATUS:CANCELLED" in (await client.get(f"{event.href}.ics")).text


async def test_two_clocks_are_shown_to_who_is_elsewhere(client: httpx.AsyncClient) -> None:
    event = await an_event()
    plain = await client.get(event.href)
    assert (has(plain, "10:00–12:00"), has(plain, 'class="yours"')) == (True, False)
    page = await client.get(f"{event.href}?tz=America/Mexico_City")
    assert has(page, "10:00–12:00")
    assert has(page, "for you: 03:00–05:00")
    assert has(await client.get(event.href), "for you: 03:00–05:00")  # kept in a cookie
    across = await client.get(f"{event.href}?tz=Pacific/Auckland")
    assert has(across, "for you: 22:00–00:00 (2 Mar)")
    same = await client.get(f"{event.href}?tz=Europe/Paris")
    assert not has(same, 'class="yours"')


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "x" * 600, "../etc/passwd", "localtime", "<script>"])
async def test_a_zone_that_nobody_knows_is_ignored(client: httpx.AsyncClient, zone: str) -> None:
    event = await an_event()
    page = await client.get(event.href, params={"tz": zone})
    assert (page.status_code, has(page, 'class="yours"'), "tz=" in page.headers.get("set-cookie", "")) == (
        200,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"), ("es-MX,es;q=0.9,en;q=0.8", "es"), ("de, fr; q=0.5, en; q=0.1", "fr"), ("de", "en"), ("", "en"),
        ("en;q=0, es;q=0.1", "es"), ("x" * 900, "en"), ("fr;q=cats", "en"), (";;,,", "en"), ("fr;q=nan", "fr"),
    ],
)  # fmt: skip
async def test_the_page_speaks_the_readers_language(client: httpx.AsyncClient, header: str, language: str) -> None:
    page = await client.get("/", headers={"Accept-Language": header})
    assert (page.status_code, page.headers["content-language"]) == (200, language)


async def test_a_calendar_file_is_sent_once_and_then_only_its_etag(client: httpx.AsyncClient) -> None:
    event = await an_event()
    for path in (f"{event.href}.ics", "/calendar.ics"):
        first = await client.get(path)
        assert (first.status_code, first.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert f"UID:{event.calendar_uid}" in first.text
        assert "meet.example.org" not in first.text
        etag = first.headers["etag"]
        for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = await client.get(path, headers={"If-None-Match": sent})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
    await sql("UPDATE event SET title = 'Other', sequence = 1")
    changed = await client.get(f"{event.href}.ics", headers={"If-None-Match": etag})
    assert (changed.status_code, "SUMMARY:Other" in changed.text) == (200, True)


async def test_an_event_of_which_only_days_are_known_can_be_seen(client: httpx.AsyncClient) -> None:
    event = await an_event()
    await sql(
        "UPDATE event SET starts_time = NULL, ends_time = NULL, time_zone = NULL, starts_at = NULL, ends_at = NULL"
    )
    assert has(await client.get(event.href), "No time of day is known.")
    assert (await client.get("/?tz=Asia/Tokyo")).status_code == 200
    assert "DTSTART;VALUE=DATE:20990301" in (await client.get(f"{event.href}.ics")).text


# The desk


async def test_an_organiser_writes_a_draft_and_changes_it(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "organiser") as browser:
        done = await post_form(browser, "/staff/events/new", FORM)
        assert (done.status_code, done.headers["location"]) == (303, "/staff/events/zurich-summit")
        page = await browser.get("/staff/events/zurich-summit")
        assert has(page, "The draft is written. Now its programme.")
        event = await event_by_slug("zurich-summit")
        assert (event.description, event.capacity, event.starts_time) == ("First.\n\nSecond.", 40, time(9))
        edit = await browser.get("/staff/events/zurich-summit/edit")
        shown = {name: typed(edit, name) for name in FORM if name not in ("counts_in_statistics", "description")}
        assert shown == {name: FORM[name] for name in shown}
        changed = await post_form(
            browser, "/staff/events/zurich-summit/edit", FORM | {"title": "Other", "capacity": "", "version": "1"}
        )
        assert changed.status_code == 303
        event = await event_by_slug("zurich-summit")
        assert (event.title, event.capacity, event.version) == ("Other", None, 2)
        late = await post_form(browser, "/staff/events/zurich-summit/edit", FORM | {"title": "Third", "version": "1"})
        assert (late.status_code, typed(late, "title")) == (409, "Third")
        assert has(late, "Somebody else has changed this event meanwhile.")
        assert (await event_by_slug("zurich-summit")).title == "Other"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "x" * 501}, "Field cannot be longer than 300 characters."),
        ({"starts_on": "2027-02-30"}, "Not a valid date value."),
        ({"starts_time": "25:00"}, "Not a valid time value."),
        ({"ends_on": "2026-01-01"}, "The end lies before the start."),
        ({"ends_time": ""}, "Please give both the day and the time of the end."),
        ({"capacity": "many"}, "Not a valid integer value."),
        ({"capacity": "9" * 40}, "Number must be between 0 and 1000000."),
        ({"capacity": "-1"}, "Number must be between 0 and 1000000."),
        ({"online_url": "javascript:alert(1)"}, "This is no web address."),
        ({"parent": "nothing"}, "There is no event “nothing”."),
        ({"time_zone": "Mars/Olympus"}, "Not a valid choice."),
        ({"kind": "party"}, "Not a valid choice."),
        ({"place": "x" * 501}, "Field cannot be longer than 300 characters."),
        ({"starts_on": "2027-03-28", "ends_on": "2027-03-28", "starts_time": "02:30"}, "jump over this time"),
        ({"starts_on": "0001-01-01"}, "The year lies between 1985 and 2100."),
    ],
)
async def test_a_mistake_gives_the_same_page_with_everything_typed(
    app: Any, client: httpx.AsyncClient, change: dict[str, str], sentence: str
) -> None:
    async with await signed_in(app, "organiser") as browser:
        page = await post_form(browser, "/staff/events/new", FORM | change)
    assert page.status_code == 422
    assert title_of(page).startswith("Error: ")
    assert has(page, sentence)
    wanted = FORM | change
    kept = ("title", "starts_on", "starts_time", "ends_on", "ends_time", "place", "online_url", "capacity", "parent")
    assert {name: typed(page, name) for name in kept} == {name: wanted.get(name, "") for name in kept}
    assert typed(page, "description").replace("\r", "") == "First.\n\nSecond."
    assert await sql("SELECT id FROM event") == []


async def test_a_time_that_happens_twice_is_asked_about(app: Any, client: httpx.AsyncClient) -> None:
    night = FORM | {"starts_on": "2027-10-31", "ends_on": "2027-10-31", "starts_time": "02:30", "ends_time": "05:00"}
    async with await signed_in(app, "organiser") as browser:
        page = await post_form(browser, "/staff/events/new", night)
        assert page.status_code == 422
        assert has(page, "The clocks of Europe/Madrid show this time twice on that day.")
        assert 'name="which_start"' in page.text
        done = await post_form(browser, "/staff/events/new", night | {"which_start": "second"})
        assert done.status_code == 303
        edit = await browser.get("/staff/events/zurich-summit/edit")
        assert re.search(r'name="which_start"[^>]*value="second"[^>]*checked|checked[^>]*value="second"', edit.text)
    assert (await event_by_slug("zurich-summit")).starts_at.isoformat() == "2027-10-31T01:30:00+00:00"  # type: ignore[union-attr]


async def test_the_list_of_the_desk_is_filtered(app: Any, client: httpx.AsyncClient) -> None:
    await an_event(title="Draft one", publish=False)
    await an_event(title="Water", kind="seminar")
    async with await signed_in(app, "reader") as browser:
        page = await browser.get("/staff/events?status=draft")
        assert (has(page, "Draft one"), has(page, ">Water<")) == (True, False)
        page = await browser.get("/staff/events?kind=seminar&q=wat&involvement=organised&year=2099")
        assert (has(page, "Water"), has(page, "Draft one")) == (True, False)
        for query in ("status=x", "kind=%FF", "year=019900", "page_number=99999", "q=" + "x" * 900):
            assert (await browser.get(f"/staff/events?{query}")).status_code == 200


async def test_the_desk_is_useful_empty_and_full(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "programme") as browser:
        assert (await browser.get("/staff/")).status_code == 200
        assert (await browser.get("/staff/events")).status_code == 200
        event = await an_event()
        await registered(event, "Ada")
        assert has(await browser.get("/staff/"), "Care in the metropolis")


async def test_a_programme_item_is_written_changed_and_taken_off(app: Any, client: httpx.AsyncClient) -> None:
    async with await signed_in(app, "organiser") as browser:
        await post_form(browser, "/staff/events/new", FORM)
        path = "/staff/events/zurich-summit/programme/new"
        wrong = await post_form(browser, path, ITEM | {"title": "", "room": "x" * 500})
        assert (wrong.status_code, title_of(wrong).startswith("Error: "), typed(wrong, "room")) == (
            422,
            True,
            "x" * 500,
        )
        late = await post_form(browser, path, ITEM | {"ends_time": "00:30"})
        assert (late.status_code, "lies outside the event." in late.text) == (422, True)
        read = accepting(late.text, ITEM | {"ends_time": "00:30"})
        assert (await post_form(browser, path, read)).status_code == 303
        item = (await sql("SELECT id, ends_on FROM programme_item"))[0]
        assert item["ends_on"] == date(2027, 3, 2)
        own = f"/staff/programme/{item['id']}"
        assert typed(await browser.get(own), "title") == "Opening"
        assert (await post_form(browser, own, ITEM | {"title": ""})).status_code == 422
        assert (await post_form(browser, own, ITEM | {"title": "Closing"})).status_code == 303
        assert has(await browser.get("/staff/events/zurich-summit"), "Closing")
        gone = await post_form(browser, f"{own}/remove", {}, page="/staff/events/zurich-summit")
        assert (gone.status_code, await sql("SELECT id FROM programme_item")) == (303, [])
        assert (await browser.get(own)).status_code == 404


async def test_the_publish_button_says_why_not_and_an_administrator_gives_a_reason(
    app: Any, client: httpx.AsyncClient
) -> None:
    event = await an_event(publish=False)
    await speaking(await an_item(event), "man", "man")
    desk = f"/staff/events/{event.slug}"
    async with await signed_in(app, "organiser") as browser:
        page = await post_form(browser, f"{desk}/publish", {}, page=desk)
        assert (page.status_code, has(page, "“Opening” has one gender only")) == (409, True)
        assert 'name="exception_reason"' not in page.text
        refused = await post_form(browser, f"{desk}/publish", {"exception_reason": "Mine."}, page=desk)
        assert (refused.status_code, has(refused, "Only an administrator may publish")) == (403, True)
    async with await signed_in(app, "administrator") as browser:
        long = await post_form(browser, f"{desk}/publish", {"exception_reason": "x" * 2001}, page=desk)
        assert (long.status_code, typed(long, "exception_reason")) == (422, "x" * 2001)
        done = await post_form(browser, f"{desk}/publish", {"exception_reason": "Agreed."}, page=desk)
        assert done.status_code == 303
        assert has(await browser.get(desk), "Agreed.")
    assert (await client.get(event.href)).status_code == 200


async def test_cancelling_on_the_desk_needs_a_reason(app: Any, client: httpx.AsyncClient) -> None:
    event = await an_event()
    desk = f"/staff/events/{event.slug}"
    async with await signed_in(app, "organiser") as browser:
        page = await post_form(browser, f"{desk}/cancel", {"reason": " "}, page=desk)
        assert (page.status_code, (await event_by_slug(event.slug)).status) == (422, "published")
        long = await post_form(browser, f"{desk}/cancel", {"reason": "x" * 2001}, page=desk)
        assert (long.status_code, typed(long, "reason")) == (422, "x" * 2001)
        done = await post_form(browser, f"{desk}/cancel", {"reason": "A storm."}, page=desk)
        assert done.status_code == 303
        assert has(await browser.get(desk), "A storm.")
        kept = await post_form(browser, f"{desk}/delete", {}, page="/staff/events/new")
        assert (kept.status_code, has(kept, "Only drafts without registrations can be deleted.")) == (409, True)


async def test_a_draft_is_deleted_on_the_desk(app: Any, client: httpx.AsyncClient) -> None:
    event = await an_event(publish=False)
    await a_lab()
    desk = f"/staff/events/{event.slug}"
    async with await signed_in(app, "organiser") as browser:
        assert (await post_form(browser, f"{desk}/delete", {}, page=desk)).headers["location"] == "/staff/events"
        assert (await browser.get(desk)).status_code == 404


async def test_the_calendar_shows_the_events_of_one_language_and_all_of_them_for_a_language_we_do_not_have(
    database: None, client: httpx.AsyncClient
) -> None:
    await an_event(title="Agua en la ciudad", language="es")
    await an_event(title="Water in the city", language="en")

    spanish = (await client.get("/?language=es")).text
    assert "Agua en la ciudad" in spanish
    assert "Water in the city" not in spanish
    assert '<option value="es" lang="es" selected>' in spanish
    assert '<option value="">Toutes les langues</option>' in (await client.get("/?lang=fr")).text
    for unknown in ("xx", "%00", "x" * 600):
        page = await client.get(f"/?language={unknown}")
        assert page.status_code == 200
        assert "Agua en la ciudad" in page.text
        assert "Water in the city" in page.text
