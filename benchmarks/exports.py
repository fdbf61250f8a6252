"""
Files of 20,000 registrations against the csv module and xlsxwriter alone; `python -m benchmarks exports` starts it.

Ours reads the rows from the database and writes them; the libraries write the
same rows from memory, with no look at what is in a cell. A third limit reads
them with one bare statement before the csv module writes them: that is the
least that the whole job takes. Rounds take turns. Milliseconds are those of
the processor, so that a busy machine tells the same; those of a PostgreSQL
server are not among them.
"""

import asyncio
import csv
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from uuid import uuid4

import xlsxwriter

from eventhub.database import close_pool, is_sqlite, sql, start_pool, transaction, tuples
from eventhub.directory.imports import load_facts
from eventhub.events.commands import create_event, publish_event
from eventhub.events.rules import EventFacts
from eventhub.importing import insert_many
from eventhub.migrations import migrate
from eventhub.registrations.exports import registrations_table
from eventhub.spreadsheets import table_bytes

REGISTRATIONS = 20_000
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
#: What the export reads, at once and bare.
BARE = (
    "SELECT e.slug, r.name, p.email, r.status, r.attends, r.level, m.key, r.organisation, r.city, r.country, r.language, "
    "r.registered_at, e.title, e.starts_on, p.outside_key, m.outside_key, CAST(r.id AS VARCHAR(36)) "
    "FROM registration r JOIN event e ON e.id = r.event JOIN person p ON p.id = r.person "
    "LEFT JOIN member m ON m.id = r.member WHERE e.slug = {} ORDER BY r.registered_at, r.id"
)


async def a_crowd() -> str:
    """An event with 20,000 registrations of members; its slug."""
    day = date(2099, 1, 1)
    facts = EventFacts(
        "Crowd", "forum", "online", "organised", day, clock(9), day, clock(20), time_zone="Europe/Madrid"
    )
    event = await create_event(facts, now=NOW, account_id=None)  # type: ignore[arg-type]
    await publish_event(event.slug, now=NOW, account_id=None)  # type: ignore[arg-type]
    await load_facts(now=NOW)
    members = [row["id"] for row in await sql("SELECT id FROM member ORDER BY key")]
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event.id))[0]["id"]
    people = [(uuid4(), number) for number in range(REGISTRATIONS)]
    async with transaction():
        await insert_many(
            "person",
            ("id", "outside_key", "name", "email", "email_key", "organisation", "country", "language", "created_at"),
            [
                (
                    key,
                    f"crm-{n}",
                    f"Person {n} of a metropolis",
                    f"p{n}@example.org",
                    f"p{n}@example.org",
                    "",
                    "",
                    "en",
                    NOW,
                )
                for key, n in people
            ],
        )
        await insert_many(
            "registration",
            ("id", "event", "pool", "person", "name", "status", "attends", "level", "member", "organisation", "city",
             "country", "language", "time_zone", "answers", "registered_at", "status_at"),
            [(uuid4(), event.id, pool, key, f"Person {n} of a metropolis", "confirmed", "online", "technical",
              members[n % len(members)], "City council of a metropolis", "Town", "ES", "en", "", "{}",
              NOW + timedelta(seconds=n), NOW) for key, n in people],
        )  # fmt: skip
    return event.slug


def csv_alone(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The same rows by the csv module."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    out.getvalue().encode()


def xlsx_alone(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The same rows by xlsxwriter, as sparing of memory."""
    with tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "remove_timezone": True})
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, columns)
        for number, row in enumerate(rows, start=1):
            for position, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(number, position, value)
                elif value is not None:
                    page.write_datetime(number, position, value, day)  # type: ignore[arg-type]
        book.close()


async def measured(rounds: int) -> list[tuple[str, float, float, float]]:
    """Name, ours and the limit in files a second, and the aim as a share."""
    slug = await a_crowd()

    async def ours(form: str) -> None:
        columns, rows = await registrations_table(slug=slug, year=None)

        def write() -> None:
            for _ in table_bytes(form, "Registrations", columns, rows, mark=True):
                pass

        await asyncio.to_thread(write)

    columns, lines = await registrations_table(slug=slug, year=None)
    kept = await asyncio.to_thread(list, lines)
    assert len(kept) == REGISTRATIONS

    async def alone(write: Callable[[Any, Any], None]) -> None:
        await asyncio.to_thread(write, columns, kept)

    async def bare() -> None:
        rows = await tuples(BARE, slug)
        await asyncio.to_thread(csv_alone, columns, rows)

    engine = "sqlite" if is_sqlite() else "postgres"
    return [
        await by_turns(
            f"CSV to the csv module, {engine}", lambda: ours("csv"), lambda: alone(csv_alone), rounds, 1 / 3
        ),
        await by_turns(f"CSV to bare SQL and csv, {engine}", lambda: ours("csv"), bare, rounds, 1 / 3),
        await by_turns(
            f"XLSX to xlsxwriter, {engine}",
            lambda: ours("xlsx"),
            lambda: alone(xlsx_alone),
            max(rounds // 3, 3),
            1 / 1.5,
        ),
    ]


async def by_turns(
    name: str, ours: Callable[[], Awaitable[None]], limit: Callable[[], Awaitable[None]], rounds: int, aim: float
) -> tuple[str, float, float, float]:
    """The medians of both as files a second, after a round to warm up."""
    times: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        for place, work in ((0, ours), (1, limit)) if number % 2 else ((1, limit), (0, ours)):
            began = time.process_time()
            await work()
            if number:
                times[place].append((time.process_time() - began) * 1000)
    medians = [statistics.median(one) for one in times]
    print(f"  {name}: {medians[0]:.0f} ms to {medians[1]:.0f} ms", file=sys.stderr)
    return name, 1000 / medians[0], 1000 / medians[1], aim


async def main() -> None:
    """Make the registrations, measure, print."""
    await migrate()
    await start_pool()
    try:
        print(json.dumps(await measured(int(sys.argv[1]) if len(sys.argv) > 1 else 5)))
    finally:
        await close_pool()


if __name__ == "__main__":
    asyncio.run(main())
