"""Calendars for everybody: what is in them, read back by a second parser."""

from datetime import UTC, date, datetime, time, timedelta

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.commands import cancel_event
from eventhub.events.feeds import _name_of, _query_of
from eventhub.events.queries import EventFilter
from tests.conftest import BASE_URL
from tests.events.test_calendar import on, some_events
from tests.feeds.reading import Facts, calendar, facts, titles
from tests.make import NOW, a_lab, an_event, an_item, registered, some_account, speaking


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Agua", "Hosted", "Water", "Night", "Guest house"]),
        ("year=2099", ["Hosted", "Water", "Night", "Guest house"]),
        ("month=11", ["Agua", "Night", "Guest house"]), ("year=2099&month=11", ["Night", "Guest house"]),
        ("region=europe", ["Hosted"]), ("region=latin_america", ["Night", "Guest house"]), ("region=nowhere", []),
        ("kind=seminar", ["Water"]), ("mode=hybrid", ["Hosted", "Night"]), ("language=es", ["Agua"]),
        ("theme=ecosystems", ["Water"]), ("q=AGUA", ["Agua"]), ("region=europe&kind=seminar", []),
        ("theme=dark", ["Agua", "Hosted", "Water", "Night", "Guest house"]), ("year=x&kind=party", ["Agua", "Hosted", "Water", "Night", "Guest house"]),
    ],
)  # fmt: skip
async def test_the_calendar_takes_every_filter_of_the_page(
    client: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await some_events()
    assert sorted(titles((await client.get(f"/calendar.ics?{query}")).content)) == sorted(found)


async def test_the_page_links_to_the_calendar_with_its_filters(client: httpx.AsyncClient) -> None:
    page = (await client.get("/?view=month&lang=fr&q=a%26b")).text
    assert 'href="/calendar.ics?q=a%26b"' in page
    assert 'href="webcal://127.0.0.1:8000/calendar.ics?q=a%26b"' in page


async def test_a_calendar_says_its_name_its_source_and_when_to_fetch_it_again(client: httpx.AsyncClient) -> None:
    await an_event()
    found = calendar((await client.get("/calendar.ics?q=care&kind=webinar&junk=%0d%0aX:1")).content)
    said = {name: lines[0].value for name, lines in found.contents.items() if name != "vevent"}
    assert said == {
        "version": "2.0", "prodid": "-//EventHub//EventHub//EN", "calscale": "GREGORIAN", "name": "EventHub: Webinar, care",
        "x-wr-calname": "EventHub: Webinar, care", "refresh-interval": "PT1H", "x-published-ttl": "PT1H",
        "source": f"{BASE_URL}/calendar.ics?kind=webinar&q=care",
    }  # fmt: skip
    assert found.contents["refresh-interval"][0].params == {"VALUE": ["DURATION"]}
    assert found.contents["source"][0].params == {"VALUE": ["URI"]}


def test_narrowed_calendars_have_names_that_tell_them_apart() -> None:
    assert _name_of(EventFilter(from_day=date(2026, 1, 1), public_only=True)) == "EventHub"
    assert (
        _name_of(EventFilter(year=2027, month=3, mode="online", region="europe")) == "EventHub: Online, 2027-03, europe"
    )
    assert _query_of(EventFilter(year=2027, q="a b&c")) == "?year=2027&q=a+b%26c"
    assert _query_of(EventFilter()) == ""


async def test_every_fact_reads_back(client: httpx.AsyncClient) -> None:
    event = await an_event(
        title="Cities; water, “shade” \\ heat", mode="hybrid", place="Room 1, Barcelona", country="ES",
        description="First line.\r\nSecond, line; with \\n.", language="es",
    )  # fmt: skip
    spring = datetime(2099, 3, 1, 9, tzinfo=UTC)
    expected = Facts(
        "Cities; water, “shade” \\ heat", spring, spring + timedelta(hours=2), "CONFIRMED", 0, "Room 1, Barcelona",
        "Cuándo: domingo, 1 de marzo de 2099, 10:00–12:00, hora estándar de Europa central, Madrid (Europe/Madrid)\n\n"
        f"First line.\nSecond, line; with \\n.\n\nMás información: {BASE_URL}{event.href}", f"{BASE_URL}{event.href}", "",
    )  # fmt: skip
    for path in ("/calendar.ics", f"{event.href}.ics"):
        assert facts((await client.get(path)).content) == {event.calendar_uid: expected}


async def test_whole_days_end_on_the_day_after(client: httpx.AsyncClient) -> None:
    event = await an_event()
    await sql(
        "UPDATE event SET starts_on = {}, ends_on = {}, starts_at = NULL, ends_at = NULL WHERE id = {}",
        date(2099, 6, 4),
        date(2099, 6, 6),
        event.id,
    )
    (found,) = facts((await client.get("/calendar.ics")).content).values()
    assert (found.starts, found.ends) == (date(2099, 6, 4), date(2099, 6, 7))
    assert b"DTSTART;VALUE=DATE:20990604\r\n" in (await client.get(f"{event.href}.ics")).content


async def test_a_cancelled_event_stays_with_a_higher_sequence(client: httpx.AsyncClient) -> None:
    event = await an_event()
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=await some_account())
    found = facts((await client.get("/calendar.ics")).content)[event.calendar_uid]
    assert (found.status, found.sequence) == ("CANCELLED", event.sequence + 1)


async def test_the_calendar_reaches_ninety_days_back_and_a_year_all_the_way(client: httpx.AsyncClient) -> None:
    today = datetime.now(UTC).date()
    for days in (10, 89, 92, 400):
        day = today - timedelta(days=days)
        event = await an_event(title=f"{days} days ago", **on(day), publish=False)
        await sql("UPDATE event SET status = 'published' WHERE id = {}", event.id)
    assert titles((await client.get("/calendar.ics")).content) == ["89 days ago", "10 days ago"]
    year = (today - timedelta(days=400)).year
    assert "400 days ago" in titles((await client.get(f"/calendar.ics?year={year}")).content)


async def test_drafts_private_kinds_and_how_to_join_are_in_no_public_calendar(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    event = await an_event(title="Open", kind="lab_session")
    draft = await an_event(title="Secret draft", publish=False)
    private = await an_event(title="Secret talk", kind="bilateral")
    for number, one in enumerate((event, draft), 1):
        await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {})", one.id, lab.id, number)
    for path in ("/calendar.ics", f"/labs/{lab.slug}.ics", f"{event.href}.ics"):
        octets = (await client.get(path)).content
        assert titles(octets) == ["Open"]
        for never in (b"meet.example.org", b"CONFERENCE", b"Secret", b"mailto:", b"/join/"):
            assert never not in octets
    for one in (draft, private):
        for end in (".ics", "/programme.ics"):
            assert (await client.get(f"{one.href}{end}")).status_code == 404


# Programmes


async def test_a_programme_is_one_event_for_each_item(client: httpx.AsyncClient) -> None:
    event = await an_event(title="Congress", mode="hybrid", place="Barcelona", country="ES")
    first = await an_item(event, "Opening", room="Hall A", description="Come early.")
    second = await an_item(event, "Water", starts_time=time(11), ends_time=time(11, 45))
    await sql("UPDATE programme_item SET sequence = 4 WHERE id = {}", second.id)
    octets = (await client.get(f"{event.href}/programme.ics")).content
    found = facts(octets)
    start = datetime(2099, 3, 1, 9, tzinfo=UTC)
    assert {uid: one[:6] for uid, one in found.items()} == {
        f"{first.id}@eventhub": ("Opening", start, start + timedelta(hours=1), "CONFIRMED", 0, "Hall A, Barcelona"),
        f"{second.id}@eventhub": (
            "Water", start + timedelta(hours=1), start + timedelta(hours=1, minutes=45), "CONFIRMED", 4, "Barcelona",
        ),
    }  # fmt: skip
    assert "Congress\n\nCome early." in found[f"{first.id}@eventhub"].description
    assert calendar(octets).contents["source"][0].value == f"{BASE_URL}{event.href}/programme.ics"


async def test_nobody_who_speaks_or_takes_part_is_in_a_programme(client: httpx.AsyncClient) -> None:
    event = await an_event()
    item = await an_item(event, takes_sign_up=True)
    await speaking(item, "woman", name="Xana Quetzal", email="quetzal@example.org")
    await registered(event, "Ximo Ptarmigan")
    octets = (await client.get(f"{event.href}/programme.ics")).content
    for never in (b"Quetzal", b"Ptarmigan", b"example.org/care", b"quetzal@"):
        assert never not in octets


async def test_the_programme_of_a_cancelled_event_is_cancelled_and_an_empty_one_is_a_calendar(
    client: httpx.AsyncClient,
) -> None:
    event, empty = await an_event(), await an_event()
    await an_item(event)
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=await some_account())
    (found,) = facts((await client.get(f"{event.href}/programme.ics")).content).values()
    assert found.status == "CANCELLED"
    assert facts((await client.get(f"{empty.href}/programme.ics")).content) == {}
    assert (await client.get("/events/nothing/programme.ics")).status_code == 404
    assert (await client.get("/events/%00/programme.ics")).status_code == 404


# Many


async def test_ten_thousand_events_take_as_many_queries_when_asked_again(
    client: httpx.AsyncClient, said: list[str], written: list[str]
) -> None:
    from tests.events.test_calendar import many_events

    await many_events(0, 10_000)
    first = await client.get("/calendar.ics")
    assert first.content.count(b"BEGIN:VEVENT") == len(written) == 10_000
    said.clear()
    written.clear()
    again = await client.get("/calendar.ics", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, len(said), written) == (304, 1, [])
    await sql("UPDATE event SET title = 'Anew' WHERE slug = 'event-7'")
    assert len((await client.get("/calendar.ics")).content) == len(first.content) - len("Event 7") + len("Anew")
    assert written == ["Anew"]


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nATTENDEE:mailto:x@example.org",
        "\x07\x00bell",
        "\u202ertl",
        "e\u0301" * 80,
        "💧" * 90,
        "\ud7ff\ufffe",
        "A" * 300,
    ],
)
async def test_odd_texts_make_a_calendar_all_the_same(client: httpx.AsyncClient, text: str) -> None:
    event = await an_event()
    stored = text.replace("\x00", "")
    await sql(
        "UPDATE event SET title = {}, place = {}, description = {} WHERE id = {}",
        stored,
        stored[:200],
        stored,
        event.id,
    )
    for path in ("/calendar.ics", f"{event.href}.ics"):
        assert set(facts((await client.get(path)).content)) == {event.calendar_uid}
