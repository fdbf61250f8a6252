"""Long lists leave as files that are written while they are read."""

import asyncio
import tracemalloc
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventhub.database import sql, transaction
from eventhub.importing import insert_many
from eventhub.registrations.exports import registrations_table
from eventhub.registrations.lists import StaffFilter, list_table
from eventhub.spreadsheets import table_bytes
from tests.make import NOW, an_event, signed_in


async def a_crowd(number: int) -> Any:
    """An event with so many registrations, written down at once."""
    event = await an_event(title=f"Crowd {number}", capacity=None)
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event.id))[0]["id"]
    people = [uuid4() for _ in range(number)]
    async with transaction():
        await insert_many(
            "person", ("id", "name", "email", "email_key", "organisation", "country", "language", "created_at"),
            [(key, f"P {n}", f"p{number}-{n}@example.org", f"p{number}-{n}@example.org", "", "", "en", NOW)
             for n, key in enumerate(people)],
        )  # fmt: skip
        await insert_many(
            "registration",
            ("id", "event", "pool", "person", "name", "status", "attends", "organisation", "city", "country", "language",
             "time_zone", "answers", "registered_at", "status_at"),
            [(uuid4(), event.id, pool, key, f"P {n}", "confirmed", "online", "City of a long enough name", "Town", "ES",
              "en", "", "{}", NOW, NOW) for n, key in enumerate(people)],
        )  # fmt: skip
        await sql("UPDATE seat_pool SET taken = {} WHERE id = {}", number, pool)
    return event


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_more_people_take_next_to_no_more_memory(database: None, form: str) -> None:
    few, many = await a_crowd(1500), await a_crowd(9000)  # two parts lie in memory at once

    async def peak(event: Any) -> tuple[int, int]:
        columns, rows = await registrations_table(slug=event.slug, year=None)

        def write() -> int:
            return sum(len(part) for part in table_bytes(form, "Registrations", columns, rows))

        tracemalloc.start()
        try:
            size = await asyncio.to_thread(write)
            return size, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    await peak(few)
    (small, low), (large, high) = await peak(few), await peak(many)
    assert large > 5 * small
    assert (high - low) / 7500 < 250  # bytes for one person more; a row of the table takes over a thousand


async def test_every_person_is_in_the_file_once_and_in_order(database: None) -> None:
    event = await a_crowd(1203)
    for columns, rows in (
        await registrations_table(slug=event.slug, year=None),
        await list_table(event, StaffFilter(sort="name")),
    ):
        found = [row[columns.index("email")] for row in await asyncio.to_thread(list, rows)]
        assert len(found) == len(set(found)) == 1203


async def test_the_lines_are_not_taken_where_they_would_wait_for_themselves(database: None) -> None:
    event = await a_crowd(2)
    _, rows = await registrations_table(slug=event.slug, year=None)
    with pytest.raises(RuntimeError, match="another thread"):
        list(rows)


async def test_a_page_gives_the_whole_file(client: httpx.AsyncClient, app: Any) -> None:
    event = await a_crowd(1203)
    async with await signed_in(app, "organiser") as staff:
        answer = await staff.get(f"/staff/events/{event.slug}/registrations/export.csv")
    assert (answer.status_code, answer.text.count("@example.org")) == (200, 1203)
