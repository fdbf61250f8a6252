"""Validators of calendars over HTTP (RFC 9110 8.8, 13), and answers without building anything."""

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.commands import cancel_event
from eventhub.events.kept_feeds import KEPT_FEEDS, KEPT_PARTS, KeptFeeds, Shelf
from tests.make import NOW, an_event, an_item, some_account, speaking

FEEDS = (
    "/calendar.ics",
    "/calendar.ics?kind=webinar&mode=online",
    "/calendar.atom",
    "EVENT.ics",
    "EVENT/programme.ics",
)


@pytest.fixture(params=FEEDS)
async def path(client: httpx.AsyncClient, request: pytest.FixtureRequest) -> str:
    """Each kind of calendar that everybody may fetch."""
    event = await an_event()
    await an_item(event)
    return request.param.replace("EVENT", event.href)


async def renamed(title: str = "Anew") -> None:
    await sql("UPDATE event SET title = {}, version = version + 1", title)
    await sql("UPDATE programme_item SET title = {}", title)


async def test_the_tag_is_strong_and_that_of_the_octets(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers


@pytest.mark.parametrize("sent", ["TAG", "W/TAG", '"other", TAG', '"a,b",W/"c" , W/TAG', "*", ' "x" ,TAG '])
async def test_a_reader_who_has_it_gets_headers_only(client: httpx.AsyncClient, path: str, sent: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": sent.replace("TAG", first.headers["etag"])})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "last-modified"):
        assert again.headers[name] == first.headers[name]
    for name in ("content-type", "content-length", "content-disposition"):
        assert name not in again.headers


@pytest.mark.parametrize("sent", ['"other"', "TAG-without-quotes", "", '""', 'W/"other", "more"', '"*"', "x" * 5000])
async def test_other_tags_get_the_whole(client: httpx.AsyncClient, path: str, sent: str) -> None:
    first = await client.get(path)
    sent = sent.replace("TAG", first.headers["etag"].strip('"'))
    assert (await client.get(path, headers={"If-None-Match": sent})).content == first.content


async def test_tags_may_stand_in_several_lines(client: httpx.AsyncClient, path: str) -> None:
    tag = (await client.get(path)).headers["etag"]
    again = await client.get(path, headers=[("If-None-Match", '"one"'), ("If-None-Match", tag)])
    assert again.status_code == 304


async def test_the_tag_goes_before_the_date(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    later = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    earlier = "Thu, 01 Jan 1970 00:00:00 GMT"
    for tag, moment, status in (('"other"', later, 200), (first.headers["etag"], earlier, 304)):
        headers = {"If-None-Match": tag, "If-Modified-Since": moment}
        assert (await client.get(path, headers=headers)).status_code == status


async def test_a_date_is_compared_as_a_date(client: httpx.AsyncClient, path: str) -> None:
    modified = parsedate_to_datetime((await client.get(path)).headers["last-modified"])
    assert modified <= datetime.now(UTC)

    async def asked(text: str) -> int:
        return (await client.get(path, headers={"If-Modified-Since": text})).status_code

    assert await asked(format_datetime(modified, usegmt=True)) == 304
    assert await asked(f"{modified + timedelta(days=7):%A, %d-%b-%y %H:%M:%S} GMT") == 304  # RFC 850
    assert await asked(f"{modified + timedelta(days=7):%a %b %d %H:%M:%S %Y}") == 304  # asctime
    assert await asked(format_datetime(modified - timedelta(seconds=1), usegmt=True)) == 200
    for nonsense in ("yesterday", "", "99999999999999", "Sat, 99 Foo 2026 99:99:99 GMT", "x" * 3000):
        assert await asked(nonsense) == 200


async def test_a_date_from_before_a_change_gets_the_change_even_within_a_second(
    client: httpx.AsyncClient, path: str
) -> None:
    first = await client.get(path)
    await renamed()
    second = await client.get(path)
    assert second.content != first.content
    again = await client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert (again.status_code, again.content) == (200, second.content)


async def test_head_is_get_without_the_octets(client: httpx.AsyncClient, path: str) -> None:
    whole, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "last-modified", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    assert (await client.head(path, headers={"If-None-Match": whole.headers["etag"]})).status_code == 304


async def test_the_octets_are_the_same_whoever_asks_and_after_a_restart(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    for language in ("es", "fr"):
        other = await client.get(path, headers={"Accept-Language": language, "Cookie": "tz=Asia/Tokyo"})
        assert other.content == first.content
    KEPT_FEEDS.clear()
    KEPT_PARTS.clear()
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
    assert (await client.get(path)).content == first.content


async def test_the_tag_changes_if_and_only_if_the_octets_do(client: httpx.AsyncClient, path: str) -> None:
    account = await some_account()
    slug = (await sql("SELECT slug FROM event"))[0]["slug"]

    async def other_event() -> None:
        await an_event(title="Another")

    async def cancelled() -> None:
        await cancel_event(slug, reason="Storm", now=NOW + timedelta(hours=1), account_id=account)

    async def nothing_that_shows() -> None:
        await sql("UPDATE event SET counts_in_statistics = {}", False)

    async def a_draft() -> None:
        await an_event(title="Draft", publish=False)

    async def a_speaker() -> None:
        (item,) = await sql("SELECT id FROM programme_item ORDER BY id LIMIT 1")
        from eventhub.events.queries import item_by_id

        await speaking(await item_by_id(item["id"]), "woman", "man")

    seen: dict[str, bytes] = {}
    before = await client.get(path)
    for change in (nothing_that_shows, a_draft, a_speaker, renamed, other_event, cancelled, nothing_that_shows):
        await change()
        after = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": before.headers["etag"]})
        same = after.content == before.content
        assert (after.headers["etag"] == before.headers["etag"]) == same
        assert again.status_code == (304 if same else 200)
        if same and "last-modified" in before.headers:
            assert after.headers["last-modified"] == before.headers["last-modified"]
        assert seen.setdefault(after.headers["etag"], after.content) == after.content
        before = after
    assert len(seen) >= 3


# Without building


async def test_a_conditional_request_reads_one_number_and_writes_nothing(
    client: httpx.AsyncClient, path: str, said: list[str], written: list[str]
) -> None:
    tag = (await client.get(path)).headers["etag"]
    said.clear()
    written.clear()
    for headers in ({"If-None-Match": tag}, {}):
        await client.get(path, headers=headers)
    assert written == []
    assert len(said) == 2
    assert all("stamp" in statement and "description" not in statement for statement in said)


async def test_after_a_change_only_what_changed_is_written(
    client: httpx.AsyncClient, said: list[str], written: list[str]
) -> None:
    events = [await an_event(title=f"Event {number}") for number in range(7)]
    await client.get("/calendar.ics")
    assert sorted(written) == [f"Event {number}" for number in range(7)]
    written.clear()
    await sql("UPDATE event SET title = 'Anew' WHERE id = {}", events[3].id)
    assert "SUMMARY:Anew" in (await client.get("/calendar.ics")).text
    assert written == ["Anew"]
    written.clear()
    assert "SUMMARY:Anew" in (await client.get("/calendar.ics?mode=online")).text
    assert written == []


async def test_after_a_change_only_that_item_of_a_programme_is_written(
    client: httpx.AsyncClient, written: list[str]
) -> None:
    event = await an_event()
    items = [await an_item(event, f"Item {number}") for number in range(5)]
    await client.get(f"{event.href}/programme.ics")
    written.clear()
    await sql("UPDATE programme_item SET title = 'Anew' WHERE id = {}", items[2].id)
    assert "SUMMARY:Anew" in (await client.get(f"{event.href}/programme.ics")).text
    assert written == ["Anew"]


async def test_a_hundred_who_ask_at_once_have_it_built_once(client: httpx.AsyncClient, written: list[str]) -> None:
    await an_event(title="Once")
    answers = await asyncio.gather(*(client.get("/calendar.ics") for _ in range(100)))
    assert len({answer.content for answer in answers}) == 1
    assert written == ["Once"]


async def test_somebody_who_goes_away_leaves_the_others_served(database: None) -> None:
    feeds, started = KeptFeeds(), asyncio.Event()

    class Request:
        headers = httpx.Headers()

    class Headers:
        def getall(self, *_: Any) -> list[str]:
            return []

    Request.headers = Headers()  # type: ignore[assignment]

    async def build() -> bytes:
        started.set()
        await asyncio.sleep(0.02)
        return b"x"

    async def ask() -> Any:
        return await feeds.answer(Request(), "key", 1, build, now=NOW, name="x", public=True)  # type: ignore[arg-type]

    gone = asyncio.create_task(ask())
    await started.wait()
    staying = asyncio.create_task(ask())
    await asyncio.sleep(0)
    gone.cancel()
    assert (await staying).content == b"x"
    assert feeds._building == {}


def test_what_is_kept_never_takes_more_than_its_limit() -> None:
    shelf: Shelf[bytes] = Shelf(10_000, len)
    for number in range(500):
        shelf.keep(number % 70, b"x" * (number % 90))
        shelf.get(3)
        assert shelf.size <= 10_000
    assert shelf.get(3) is not None  # asked for all the time
    assert shelf.get("none") is None
    shelf.keep("huge", b"x" * 20_000)
    assert shelf.size == 0


async def test_any_number_of_filters_is_kept_within_the_limit(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_event()
    monkeypatch.setattr(KEPT_FEEDS._shelf, "_most", 20_000)
    for number in range(60):
        assert (await client.get(f"/calendar.ics?q=care{number}")).status_code == 200
        assert KEPT_FEEDS.size <= 20_000


async def test_a_new_day_is_a_new_calendar_only_where_an_event_leaves_it(client: httpx.AsyncClient) -> None:
    from eventhub.events.feeds import PAST, listed_events
    from eventhub.events.queries import EventFilter

    last = date(2026, 11, 25)
    await an_event(starts_on=last, ends_on=last)
    for days, there in ((0, 1), (PAST.days, 1), (PAST.days + 1, 0)):
        wanted = EventFilter(from_day=last + timedelta(days=days) - PAST, public_only=True)
        assert len(await listed_events(wanted)) == there
