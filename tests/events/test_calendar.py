"""The public calendar: its filters, the month, the list for other web sites, the feed; and 10,000 events."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.calendar_web import by_day_of_month, month_of, weeks_of, year_of
from eventhub.events.commands import cancel_event
from eventhub.events.feeds import atom_feed
from eventhub.events.queries import next_month
from eventhub.importing import insert_many
from eventhub.settings import current_settings
from tests.conftest import BASE_URL
from tests.make import NOW, a_member, a_token, an_event, bearer, signed_in, some_account, themes_loaded

ATOM = {"a": "http://www.w3.org/2005/Atom"}
VIEWS = ("/", "/?view=month&year=2099&month=3", "/embed/calendar", "/calendar.atom")


def on(day: date, until: date | None = None) -> dict[str, Any]:
    return {"starts_on": day, "ends_on": until or day}


async def hosted(event: Any, member: Any) -> None:
    await sql("UPDATE event SET host_member = {} WHERE id = {}", member, event.id)


def read_xml(text: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  our own answer


def titles(html: str) -> list[str]:
    return re.findall(r'<a class="event-link"[^>]*>([^<]*)</a>', html)


async def some_events() -> None:
    """One event for each filter."""
    await themes_loaded()
    barcelona = await a_member()
    lima = await a_member("Lima", region="latin_america", country="PE", zone="America/Lima")
    await an_event(title="Water", kind="seminar", themes=("ecosystems",))
    await an_event(title="Agua", language="es", **on(date(2098, 11, 3)))
    await an_event(title="Night", mode="hybrid", place="Lima", country="PE", **on(date(2099, 11, 4)))
    await hosted(await an_event(title="Hosted", mode="hybrid", place="Rome", country="PE"), barcelona)
    await hosted(await an_event(title="Guest house", **on(date(2099, 11, 5))), lima)


# Filters


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Agua", "Hosted", "Water", "Night", "Guest house"]),
        ("year=2099", ["Hosted", "Water", "Night", "Guest house"]),
        ("month=11", ["Agua", "Night", "Guest house"]), ("year=2099&month=11", ["Night", "Guest house"]),
        ("year=2099&month=03", ["Hosted", "Water"]), ("year=2098&month=12", []),
        ("region=europe", ["Hosted"]), ("region=latin_america", ["Night", "Guest house"]), ("region=nowhere", []),
        ("kind=seminar", ["Water"]), ("mode=hybrid", ["Hosted", "Night"]), ("language=es", ["Agua"]),
        ("theme=ecosystems", ["Water"]), ("q=AGUA", ["Agua"]), ("region=europe&kind=seminar", []),
    ],
)  # fmt: skip
async def test_every_filter_narrows_the_page_the_embedded_list_and_the_feed_alike(
    client: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await some_events()
    assert titles((await client.get(f"/?{query}")).text) == found
    assert titles((await client.get(f"/embed/calendar?{query}")).text) == found
    feed = read_xml((await client.get(f"/calendar.atom?{query}")).content)
    assert [title.text for title in feed.iterfind("a:entry/a:title", ATOM)] == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("month=11", ["Agua", "Night", "Guest house"]), ("month=11&year=2098", ["Agua"]),
        ("region=latin_america", ["Night", "Guest house"]), ("theme=ecosystems", ["Water"]), ("language=es", ["Agua"]),
    ],
)  # fmt: skip
async def test_the_json_interface_takes_the_filters_of_the_page(
    client: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await some_events()
    answer = await client.get(f"/api/v1/events?{query}")
    assert [event["title"] for event in answer.json()["items"]] == found


@pytest.mark.parametrize("query", ["month=0", "month=13", "month=x", "region=nowhere", "theme=x", "language=xx"])
async def test_the_json_interface_refuses_what_is_no_month_region_theme_or_language(
    client: httpx.AsyncClient, query: str
) -> None:
    await some_events()
    answer = await client.get(f"/api/v1/events?{query}")
    assert answer.status_code in (400, 422)
    assert query.split("=", maxsplit=1)[0] in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "year=x", "year=99999", "year=1", "month=0", "month=13", "month=-1", "month=%D9%A3", "kind=party", "mode=moon",
        "language=xx", "view=week", "page_number=-3", "page_number=x",
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_left_aside(client: httpx.AsyncClient, query: str) -> None:
    await an_event(title="Water")
    answer = await client.get(f"/?{query}")
    assert (answer.status_code, titles(answer.text)) == (200, ["Water"])
    assert "Clear all" not in answer.text


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("value", ["%00", "x" * 600, "%FF", "%F0%9F%92%A7", "%22%3E%3Cscript%3E", "]]%3E%0B"])
async def test_odd_values_of_every_filter_break_nothing(client: httpx.AsyncClient, path: str, value: str) -> None:
    await an_event()
    names = ("region", "theme", "q", "kind", "mode", "language", "lang")
    answer = await client.get(f"{path}{'&' if '?' in path else '?'}{'&'.join(f'{name}={value}' for name in names)}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    if path == "/calendar.atom":
        read_xml(answer.content)


@pytest.mark.parametrize(
    "query",
    ["year=2099", "month=3", "region=europe", "kind=webinar", "mode=online", "theme=x", "language=en", "q=care", "view=month&year=2099&month=3"],
)  # fmt: skip
async def test_a_narrowed_calendar_offers_to_clear_all(client: httpx.AsyncClient, query: str) -> None:
    assert "Clear all" in (await client.get(f"/?{query}")).text


@pytest.mark.parametrize("query", ["", "?view=month", "?lang=en", "?page_number=2"])
async def test_a_calendar_that_is_not_narrowed_offers_nothing_to_clear(client: httpx.AsyncClient, query: str) -> None:
    assert "Clear all" not in (await client.get(f"/{query}")).text


def test_years_and_months_are_read_with_calm() -> None:
    assert [year_of(text) for text in ("2026", "1984", "2101", "", "26", "٢٠٢٦")] == [
        2026,
        None,
        None,
        None,
        None,
        None,
    ]
    assert [month_of(text) for text in ("1", "01", "12", "0", "13", "", "1.0")] == [1, 1, 12, None, None, None, None]


async def test_the_appearance_and_the_theme_of_events_do_not_get_in_each_others_way(client: httpx.AsyncClient) -> None:
    await some_events()
    assert len(titles((await client.get("/?theme=dark")).text)) == 5
    narrowed = (await client.get("/?theme=ecosystems")).text
    assert (titles(narrowed), 'data-theme="dark"' in narrowed) == (["Water"], True)


# What nobody may see


@pytest.mark.parametrize("path", [*VIEWS, "/api/v1/events", "/?year=2099", "/?month=3", "/?q=Secret", "/calendar.ics"])
async def test_drafts_and_private_kinds_never_appear(client: httpx.AsyncClient, path: str) -> None:
    await an_event(title="Secret draft", publish=False)
    for kind in ("internal", "bilateral"):
        await an_event(title=f"Secret {kind}", kind=kind)
    await an_event(title="Open to all")
    text = (await client.get(path)).text
    assert "Secret " not in text
    assert path.endswith("Secret") or "Open to all" in text


async def test_a_year_with_private_events_only_is_no_choice(client: httpx.AsyncClient) -> None:
    await an_event(kind="internal", **on(date(2097, 5, 1)))
    await an_event()
    text = (await client.get("/")).text
    assert '<option value="2099">' in text
    assert "2097" not in text


@pytest.mark.parametrize("path", ["/embed/calendar", "/calendar.atom"])
async def test_the_address_to_join_and_the_reader_stand_in_nothing_that_leaves_the_site(app: Any, path: str) -> None:
    await an_event()
    async with await signed_in(app) as staff:
        text = (await staff.get(path)).text
    assert "Care in the metropolis" in text
    for secret in ("meet.example.org", "administrator", "Administrator", "_csrf", "Sign out"):
        assert secret not in text


# The month


def test_weeks_begin_on_monday_and_hold_every_day_once() -> None:
    for year in (2026, 2027, 2028, 2100):
        for month in range(1, 13):
            first = date(year, month, 1)
            weeks = weeks_of(first)
            days = [day for week in weeks for day in week if day]
            assert days == [first + timedelta(days=n) for n in range((next_month(first) - first).days)]
            assert all(day is None or day.weekday() == place for week in weeks for place, day in enumerate(week))
            assert any(weeks[0])
            assert any(weeks[-1])
            assert all(weeks[1])


async def test_an_event_of_several_days_stands_on_each_of_its_days_of_the_month(database: None) -> None:
    event = await an_event(**on(date(2099, 2, 27), date(2099, 3, 2)))
    assert sorted(by_day_of_month([event], date(2099, 2, 1))) == [date(2099, 2, 27), date(2099, 2, 28)]
    assert sorted(by_day_of_month([event], date(2099, 3, 1))) == [date(2099, 3, 1), date(2099, 3, 2)]
    assert by_day_of_month([event], date(2099, 4, 1)) == {}


async def test_the_month_shows_events_as_links_on_each_of_their_days(client: httpx.AsyncClient) -> None:
    event = await an_event(title="Across", **on(date(2099, 2, 27), date(2099, 3, 2)))
    await an_event(title="Later", **on(date(2099, 4, 1)))
    february, march = [(await client.get(f"/?view=month&year=2099&month={month}")).text for month in (2, 3)]
    assert february.count(f'<a href="{event.href}"') == 2
    assert march.count(f'<a href="{event.href}"') == 2
    assert "Later" not in march
    assert 'id="count">1 event<' in march
    assert '<th scope="col"><abbr title="Monday">' in march


async def test_a_day_is_that_of_the_event_in_its_own_zone(client: httpx.AsyncClient) -> None:
    event = await an_event(
        title="Late", time_zone="America/Lima", **on(date(2099, 3, 31)), starts_time=time(22), ends_time=time(23)
    )
    assert event.starts_at.astimezone(UTC).date() == date(2099, 4, 1)
    march, april = [(await client.get(f"/?view=month&year=2099&month={month}&tz=Asia/Tokyo")).text for month in (3, 4)]
    assert event.href in march
    assert event.href not in april


async def test_the_month_before_and_the_month_after_keep_the_other_filters(client: httpx.AsyncClient) -> None:
    text = (await client.get("/?view=month&year=2099&month=12&kind=seminar")).text
    links = {rel: set(href.split("&amp;")) for rel, href in re.findall(r'<a rel="(prev|next)" href="/.([^"]*)"', text)}
    assert links == {
        "prev": {"view=month", "kind=seminar", "year=2099", "month=11"},
        "next": {"view=month", "kind=seminar", "year=2100", "month=1"},
    }


@pytest.mark.parametrize(("query", "missing"), [("year=1985&month=1", "prev"), ("year=2100&month=12", "next")])
async def test_the_calendar_has_a_first_and_a_last_month(client: httpx.AsyncClient, query: str, missing: str) -> None:
    text = (await client.get(f"/?view=month&{query}")).text
    assert re.findall(r'<a rel="(prev|next)"', text) == [{"prev": "next", "next": "prev"}[missing]]


async def test_today_is_marked_in_words(client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    text = (await client.get("/?view=month")).text
    assert text.count('<strong class="today">Today</strong>') == 1
    assert re.search(rf'<time datetime="{now:%Y-%m}-\d\d">(?:(?!</td>).)*>Today<', text, re.S)
    assert "Today" not in (await client.get("/?view=month&year=2099&month=3")).text


async def test_an_empty_month_says_so(client: httpx.AsyncClient) -> None:
    assert "No event of this month matches." in (await client.get("/?view=month&year=2099&month=3")).text


# The list for other web sites


@pytest.fixture
def embedding(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let these sites frame the list."""

    def allow(origins: str) -> None:
        monkeypatch.setattr(current_settings(), "embed_origins", origins)

    return allow


async def test_nobody_frames_the_list_unless_the_setting_names_them(client: httpx.AsyncClient) -> None:
    answer = await client.get("/embed/calendar")
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert answer.headers["x-frame-options"] == "DENY"


async def test_the_sites_of_the_setting_frame_the_list_and_nothing_else(
    client: httpx.AsyncClient, embedding: Callable[[str], None]
) -> None:
    event = await an_event()
    embedding("https://www.example.org,https://news.example.org:8443")
    answer = await client.get("/embed/calendar")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert policy.endswith("; frame-ancestors https://www.example.org https://news.example.org:8443")
    assert "x-frame-options" not in answer.headers
    for path in ("/", event.href, "/embed/nothing", "/sign-in", "/calendar.atom"):
        other = await client.get(path)
        assert other.headers["content-security-policy"].endswith("frame-ancestors 'none'"), path
        assert other.headers["x-frame-options"] == "DENY", path


async def test_the_embedded_list_sets_no_cookie_and_its_links_leave_the_frame(client: httpx.AsyncClient) -> None:
    event = await an_event()
    answer = await client.get("/embed/calendar?lang=fr&theme=dark&tz=Asia/Tokyo")
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-language"] == "fr"
    links = re.findall(r"<a [^>]*>", answer.text)
    assert len(links) == 2
    assert all('target="_top"' in link for link in links)
    assert f'href="{event.href}"' in answer.text
    assert "<form" not in answer.text
    assert "<script" not in answer.text


async def test_an_empty_list_says_so(client: httpx.AsyncClient) -> None:
    assert "No event is announced at the moment." in (await client.get("/embed/calendar")).text


# The feed


async def test_the_feed_names_each_event_by_what_never_changes(client: httpx.AsyncClient) -> None:
    event = await an_event(description="Bring <questions> & answers.")
    answer = await client.get("/calendar.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = read_xml(answer.content)
    entry = feed.find("a:entry", ATOM)
    assert entry is not None
    said = {name: entry.findtext(f"a:{name}", "", ATOM) for name in ("id", "title", "updated", "published", "summary")}
    assert said == {
        "id": f"urn:uuid:{event.id}",
        "title": "Care in the metropolis",
        "updated": f"{event.updated_at:%Y-%m-%dT%H:%M:%SZ}",
        "published": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "summary": "Sunday, 1 March 2099, 10:00–12:00, Madrid (Europe/Madrid)\n\nBring <questions> & answers.",
    }
    links = {link.get("rel"): link.get("href") for link in feed.iterfind("a:link", ATOM)}
    assert links == {"self": f"{BASE_URL}/calendar.atom", "alternate": f"{BASE_URL}/"}
    assert [link.get("href") for link in entry.iterfind("a:link", ATOM)] == [f"{BASE_URL}{event.href}"]
    assert feed.findtext("a:updated", "", ATOM) == said["updated"]
    assert feed.findtext("a:author/a:name", "", ATOM) == "EventHub"


async def test_an_event_speaks_its_own_language_whatever_the_reader_speaks(client: httpx.AsyncClient) -> None:
    event = await an_event(title="Agua", language="es")
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=await some_account())
    answers = [await client.get("/calendar.atom", headers={"Accept-Language": code}) for code in ("en", "fr")]
    assert answers[0].content == answers[1].content
    entry = read_xml(answers[0].content).find("a:entry", ATOM)
    assert entry is not None
    assert entry.findtext("a:title", "", ATOM).endswith(": Agua")
    assert entry.findtext("a:summary", "", ATOM).startswith("domingo, 1 de marzo de 2099")


async def test_a_reader_who_has_the_feed_already_gets_only_headers(client: httpx.AsyncClient) -> None:
    event = await an_event()
    first = await client.get("/calendar.atom")
    again = await client.get("/calendar.atom", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=await some_account())
    assert (await client.get("/calendar.atom", headers={"If-None-Match": first.headers["etag"]})).status_code == 200


def test_an_empty_feed_is_a_feed_and_its_id_is_that_of_its_address() -> None:
    feeds = [read_xml(atom_feed([], address=f"{BASE_URL}/{path}")) for path in ("a", "a", "b")]
    ids = [feed.findtext("a:id", "", ATOM) for feed in feeds]
    assert ids[0] == ids[1] != ids[2]
    assert feeds[0].findtext("a:updated", "", ATOM) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("path", ["/", "/?view=month"])
async def test_the_pages_name_the_feed_to_programs(client: httpx.AsyncClient, path: str) -> None:
    link = f'<link rel="alternate" type="application/atom+xml" title="EventHub" href="{BASE_URL}/calendar.atom">'
    assert link in (await client.get(path)).text.partition("</head>")[0]


async def test_the_link_to_the_feed_keeps_the_filters_of_the_page(client: httpx.AsyncClient) -> None:
    assert '<a href="/calendar.atom">' in (await client.get("/")).text
    assert '<a href="/calendar.atom?kind=seminar">' in (await client.get("/?kind=seminar&view=month")).text


async def test_staff_with_a_token_see_drafts_in_the_json_interface_only(client: httpx.AsyncClient) -> None:
    await an_event(title="Secret draft", publish=False)
    token = bearer(await a_token("organiser"))
    assert "Secret draft" in (await client.get("/api/v1/events", headers=token)).text
    for path in VIEWS:
        assert "Secret draft" not in (await client.get(path, headers=token)).text


# Ten thousand


COLUMNS = (
    "id", "slug", "title", "title_folded", "kind", "mode", "involvement", "status", "starts_on", "starts_time", "ends_on",
    "ends_time", "time_zone", "starts_at", "ends_at", "place", "country", "online_url", "description", "language",
    "registration_mode", "calendar_uid", "parity_exempt_reason", "printed_start", "printed_end", "printed_title",
    "printed_location", "cancel_reason", "created_at", "updated_at",
)  # fmt: skip


async def many_events(first: int, last: int) -> None:
    """Published events, fifty a day from March 2099 on."""
    rows = []
    for number in range(first, last):
        day = date(2099, 3, 1) + timedelta(days=number // 50)
        start = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        kind = "seminar" if number % 400 == 0 else "webinar"
        rows.append((
            uuid4(), f"event-{number}", f"Event {number}", f"event {number}", kind, "online", "organised", "published", day,
            time(10), day, time(11), "UTC", start, start + timedelta(hours=1), "", "", "", "", "en", "open",
            f"{number}@example.org", "", "", "", "", "", "", NOW, NOW,
        ))  # fmt: skip
    await insert_many("event", COLUMNS, rows)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every query that is sent."""
    from eventhub import database

    engine, found = type(database.engine()), []
    run = engine.run_querystring

    async def counted(self: Any, querystring: Any, *args: Any, **kwargs: Any) -> Any:
        found.append(str(querystring))
        return await run(self, querystring, *args, **kwargs)

    monkeypatch.setattr(engine, "run_querystring", counted)
    return found


async def test_ten_thousand_events_take_as_many_queries_as_ten(client: httpx.AsyncClient, said: list[str]) -> None:
    paths = (
        "/?kind=seminar&q=event&region=&mode=online&language=en", "/?q=event+9&page_number=2",
        "/?view=month&year=2099&month=3", "/?view=month&year=2099&month=3&kind=seminar", "/embed/calendar",
        "/embed/calendar?kind=webinar", "/calendar.atom", "/calendar.atom?year=2099&month=4",
    )  # fmt: skip

    async def counts() -> dict[str, int]:
        numbers = {}
        for path in paths:
            said.clear()
            assert (await client.get(path)).status_code == 200
            numbers[path] = len(said)
        return numbers

    await many_events(0, 10)
    few = await counts()
    await many_events(10, 10_000)
    assert (await sql("SELECT COUNT(*) AS n FROM event"))[0]["n"] == 10_000
    assert await counts() == few
    assert titles((await client.get(paths[0])).text)[:2] == ["Event 0", "Event 400"]
    month = (await client.get("/?view=month&year=2099&month=3")).text
    assert month.count("/events/event-") == 300
    assert "Only the first 300 events of this month are shown." in month
    assert len(titles((await client.get("/embed/calendar")).text)) == 50
    assert (await client.get("/calendar.atom")).text.count("<entry ") == 200
    assert len(titles((await client.get("/")).text)) == 60


async def test_regions_are_named_in_the_language_of_the_reader(client: httpx.AsyncClient, database: None) -> None:
    await sql("INSERT INTO region (id, code, name) VALUES ({}, 'europe', 'Europe')", uuid4())
    await sql("INSERT INTO region (id, code, name) VALUES ({}, 'valley_towns', 'Towns of the valley')", uuid4())
    page = (await client.get("/?lang=es")).text
    assert (">Europa</option>" in page, ">Towns of the valley</option>" in page) == (True, True)
