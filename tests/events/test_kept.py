"""Kept pages: quick while nothing changes, anew with the next request after any change, and never personal."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Response

from eventhub.database import engine, sql, transaction, utc_now
from eventhub.events.commands import cancel_event
from eventhub.events.kept import KeptPages, _Kept
from eventhub.events.queries import event_by_slug, page_state
from eventhub.events.rules import ItemFacts
from eventhub.programme.commands import change_programme_item
from eventhub.registrations.commands import cancel_registration
from eventhub.speakers.commands import change_slot
from tests.make import NOW, a_member, an_event, an_item, registered, signed_in, some_account, speaking


class Statements:
    """Counts the statements that reach the database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        kind: Any = type(engine())
        plain = kind.run_querystring

        async def counting(this: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
            self.number += 1
            return await plain(this, querystring, *rest, **more)

        monkeypatch.setattr(kind, "run_querystring", counting)


async def test_a_page_that_still_stands_costs_one_query_and_is_the_same_to_the_octet(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await an_event()
    first = await client.get(event.href)
    counted = Statements(monkeypatch)
    second = await client.get(event.href)
    assert (second.status_code, counted.number) == (200, 1)
    assert second.content == first.content
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["content-language"] == "en"
    assert second.headers["cache-control"] == "no-store"


async def _rename(event: Any, item: Any, slot: Any) -> None:
    await sql("UPDATE event SET title = 'Seen at once' WHERE id = {}", event.id)


async def _rename_item(event: Any, item: Any, slot: Any) -> None:
    facts = ItemFacts("Seen at once", "panel", item.starts_on, item.starts_time, item.ends_on, item.ends_time)
    await change_programme_item(item.id, facts, now=NOW, account_id=await some_account())


async def _add_item(event: Any, item: Any, slot: Any) -> None:
    await an_item(event, "Seen at once", starts_time=time(11), ends_time=time(12))


async def _add_speaker(event: Any, item: Any, slot: Any) -> None:
    await speaking(item, "", name="Seen at once")


async def _rename_speaker(event: Any, item: Any, slot: Any) -> None:
    await sql(
        "UPDATE person SET name = 'Seen at once' WHERE id = (SELECT person FROM speaker_slot WHERE id = {})", slot
    )


async def _rename_member(event: Any, item: Any, slot: Any) -> None:
    await sql("UPDATE member SET name = 'Seen at once'")


async def _add_part(event: Any, item: Any, slot: Any) -> None:
    await an_event(title="Seen at once", parent=event.slug)


async def _rename_part(event: Any, item: Any, slot: Any) -> None:
    await sql("UPDATE event SET title = 'Seen at once' WHERE parent = {}", event.id)


async def _rename_parent(event: Any, item: Any, slot: Any) -> None:
    await sql("UPDATE event SET title = 'Seen at once' WHERE id = {}", event.parent)


async def _cancel(event: Any, item: Any, slot: Any) -> None:
    await cancel_event(event.slug, reason="Seen at once", now=NOW, account_id=await some_account())


@pytest.mark.parametrize(
    "change",
    [
        _rename, _rename_item, _add_item, _add_speaker, _rename_speaker, _rename_member, _add_part, _rename_part,
        _rename_parent, _cancel,
    ],
    ids=lambda change: change.__name__.strip("_"),
)  # fmt: skip
async def test_what_changed_is_on_the_next_answer(
    client: httpx.AsyncClient, change: Callable[[Any, Any, Any], Awaitable[None]]
) -> None:
    await a_member()
    summit = await an_event(title="Summit")
    event = await an_event(parent=summit.slug)
    await an_event(title="A side event", parent=event.slug)
    item = await an_item(event)
    slot = (await speaking(item, ""))[0]
    await sql("UPDATE speaker_slot SET member = (SELECT id FROM member) WHERE id = {}", slot)
    event = await event_by_slug(event.slug)
    before = await client.get(event.href)
    assert (before.status_code, "Seen at once" in before.text) == (200, False)
    await change(event, item, slot)
    assert "Seen at once" in (await client.get(event.href)).text


async def test_seats_taken_and_freed_are_on_the_next_answer(client: httpx.AsyncClient) -> None:
    event = await an_event(capacity=2)
    assert "2 seats are free." in (await client.get(event.href)).text
    first = await registered(event, "Ada Example")
    assert "1 seat is free." in (await client.get(event.href)).text
    await cancel_registration(first.registration.id, now=NOW)
    assert "2 seats are free." in (await client.get(event.href)).text


async def test_a_speaker_who_declines_is_off_the_next_answer(client: httpx.AsyncClient) -> None:
    event = await an_event()
    slot = (await speaking(await an_item(event), "", name="Kim Example"))[0]
    assert "Kim Example" in (await client.get(event.href)).text
    await change_slot(
        slot, role="speaker", level="technical", status="declined", now=NOW, account_id=await some_account()
    )
    assert "Kim Example" not in (await client.get(event.href)).text


async def test_without_its_stamp_a_change_would_not_be_seen(client: httpx.AsyncClient) -> None:
    """The control: it is the stamp that makes a page anew, and nothing else."""
    event = await an_event()
    await client.get(event.href)
    stamp = (await sql("SELECT stamp FROM page_stamp WHERE event = {}", event.id))[0]["stamp"]
    await sql("UPDATE event SET title = 'Hidden by an old stamp' WHERE id = {}", event.id)
    await sql("UPDATE page_stamp SET stamp = {} WHERE event = {}", stamp, event.id)
    assert "Hidden by an old stamp" not in (await client.get(event.href)).text


async def test_a_change_that_is_taken_back_leaves_the_page_as_it_was(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await an_event()
    first = await client.get(event.href)

    async def half() -> None:
        async with transaction():
            await sql("UPDATE event SET title = 'Never happened' WHERE id = {}", event.id)
            raise RuntimeError("taken back")

    with pytest.raises(RuntimeError, match="taken back"):
        await half()
    counted = Statements(monkeypatch)
    assert ((await client.get(event.href)).content, counted.number) == (first.content, 1)


async def test_each_language_zone_and_scheme_has_a_page_of_its_own(client: httpx.AsyncClient) -> None:
    event = await an_event()
    english = (await client.get(event.href)).text
    french = (await client.get(event.href, headers={"Accept-Language": "fr"})).text
    assert ('<html lang="en"' in english, '<html lang="fr"' in french) == (True, True)
    client.cookies.set("tz", "Asia/Tokyo")
    assert "Tokyo" in (await client.get(event.href)).text
    client.cookies.clear()
    client.cookies.set("theme", "dark")
    assert 'data-theme="dark"' in (await client.get(event.href)).text
    client.cookies.clear()
    assert (await client.get(event.href)).text == english


async def test_nothing_of_a_signed_in_account_or_of_a_notice_is_kept(client: httpx.AsyncClient, app: Any) -> None:
    event = await an_event()
    async with await signed_in(app) as staff:
        page = await staff.get(event.href)
        assert "Open at the desk" in page.text
    assert "Open at the desk" not in (await client.get(event.href)).text
    async with await signed_in(app) as staff:
        assert "Open at the desk" in (await staff.get(event.href)).text  # and not the kept one

    asked = await client.get(event.href, params={"lang": "es"})
    assert "set-cookie" in asked.headers
    client.cookies.clear()
    assert "set-cookie" not in (await client.get(event.href)).headers


async def test_a_draft_is_as_unknown_as_before(client: httpx.AsyncClient) -> None:
    event = await an_event(publish=False)
    assert [(await client.get(event.href)).status_code for _ in range(2)] == [404, 404]
    assert (await client.get("/events/there-is-none")).status_code == 404


async def test_the_clock_closes_registration_on_a_kept_page(database: None) -> None:
    event = await an_event(registration_closes_at=NOW + timedelta(hours=1))
    made: list[str] = []

    async def make() -> Any:
        made.append("once")
        return event, Response("page", status_code=200)

    asked = SimpleNamespace(scope={"query_string": b"", "user": None}, cookies={}, query_params={})
    pages: Any = KeptPages()
    for now in (NOW, NOW + timedelta(minutes=59), NOW + timedelta(minutes=61), NOW + timedelta(minutes=62)):
        await pages.answer(asked, "event", event.slug, now, make)
    assert len(made) == 2


async def test_what_a_process_keeps_has_a_bound(database: None) -> None:
    event = await an_event()
    state = await page_state(event.slug)
    assert state
    pages = KeptPages(most_bytes=1000)
    for number in range(10):
        pages._keep(("event", str(number)), _Kept(state, event, True, False, b"x" * 300, {}))
    assert list(pages._pages) == [("event", "7"), ("event", "8"), ("event", "9")]


async def test_an_edit_is_seen_by_the_next_request_on_another_process(client: httpx.AsyncClient) -> None:
    """A second process, with pages of its own, on the same database; the edit is made by this one."""
    event = await an_event()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "EVENTHUB_BASE_URL": f"http://127.0.0.1:{port}", "EVENTHUB_SERVE": "no-postman"}
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "eventhub", "serve", "--port", str(port), env=env, stdout=-3, stderr=-3
    )
    try:
        async with httpx.AsyncClient(base_url=env["EVENTHUB_BASE_URL"]) as other:
            until = utc_now() + timedelta(seconds=30)
            while True:
                try:
                    first = await other.get(event.href)
                    break
                except httpx.TransportError:
                    assert utc_now() < until, "the second process did not answer"
                    await asyncio.sleep(0.1)
            assert (first.status_code, "Care in the metropolis" in first.text) == (200, True)
            for number in range(20):
                title = f"Edit number {number} of {uuid4().hex}"
                await sql("UPDATE event SET title = {} WHERE id = {}", title, event.id)
                assert (title in (await other.get(event.href)).text, title in (await client.get(event.href)).text) == (
                    True,
                    True,
                )
    finally:
        server.terminate()
        await server.wait()
