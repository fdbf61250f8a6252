"""A database that an earlier version made, with people in it, keeps every promise after `eventhub migrate`."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
#: The last migration of the version before registrations had several pools.
OLD = "0003"
SEATS = ("A", "B")
QUEUE = ("C", "D", "E")


async def put(table: str, **values: Any) -> None:
    """One row, by the columns that the earlier version knew."""
    from eventhub.database import sql

    marks = ", ".join("{}" for _ in values)
    await sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())


async def old_schema() -> None:
    """The tables as the earlier version made them, with its ledger."""
    from eventhub.database import sql, transaction
    from eventhub.migrations import files, statements

    async with transaction():
        await sql("CREATE TABLE schema_migration (name VARCHAR(200) PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL)")
    for file in files():
        if file.name[:4] > OLD:
            continue
        async with transaction():
            for statement in statements(file.read_text(encoding="utf-8")):
                await sql(statement)
            await put("schema_migration", name=file.name, applied_at=NOW)


async def old_event(slug: str, *, capacity: int | None, status: str = "published", mode: str = "open") -> UUID:
    """An event far ahead with its one pool, as the earlier version wrote it."""
    event, day = uuid4(), date(2099, 3, 1)
    await put(
        "event", id=event, slug=slug, title=slug, title_folded=slug, kind="webinar", mode="online",
        involvement="organised", status=status, starts_on=day, ends_on=day, time_zone="UTC",
        starts_at=datetime(2099, 3, 1, 9, tzinfo=UTC), ends_at=datetime(2099, 3, 1, 11, tzinfo=UTC), place="",
        country="", online_url="", description="", capacity=capacity, registration_mode=mode,
        parity_exempt_reason="", printed_start="", printed_end="", printed_title="", printed_location="",
        calendar_uid=f"{slug}@example.org", cancel_reason="", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    is_open = status == "published" and mode == "open"
    await put("seat_pool", id=uuid4(), event=event, capacity=capacity, is_open=is_open)
    return event


async def old_registration(event: UUID, name: str, *told: str, status: str, place: int | None = None) -> None:
    """Somebody's claim with a letter for each change of it, as the earlier version wrote them."""
    from eventhub.database import sql

    key, address = uuid4(), f"{name.lower()}@example.org"
    people = await sql("SELECT id FROM person WHERE email_key = {}", address)
    person = people[0]["id"] if people else uuid4()
    if not people:
        await put(
            "person", id=person, name=name, email=address, email_key=address, organisation="", country="",
            created_at=NOW,
        )  # fmt: skip
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event))[0]["id"]
    await put(
        "registration", id=key, event=event, pool=pool, person=person, name=name, status=status, queue_place=place,
        attends="online", organisation="", city="", country="", language="en", time_zone="", answers="{}",
        submission_key=f"form-{name}-{status}", version=len(told), registered_at=NOW, status_at=NOW,
    )  # fmt: skip
    for version, kind in enumerate(told, 1):
        await put(
            "letter", id=uuid4(), dedupe_key=f"registration:{key}:v{version}:{kind}", kind=kind, event=event,
            person=person, recipient_name=name, recipient_address=address, language="en", facts="{}",
            message_id=f"<{uuid4()}@example.org>", status="sent", created_at=NOW + timedelta(seconds=version),
            available_at=NOW, last_answer="250 OK",
        )  # fmt: skip
    await sql(
        "UPDATE seat_pool SET taken = taken + {}, waiting = waiting + {}, queue_end = queue_end + {} WHERE id = {}",
        int(status == "confirmed"), int(status == "waitlisted"), int("registration_waitlisted" in told), pool,
    )  # fmt: skip


async def rows() -> list[dict[str, Any]]:
    """What the earlier version knew of every registration and its seats, as text."""
    from eventhub.database import sql

    found = await sql(
        "SELECT r.id, r.event, r.pool, r.person, r.name, r.status, r.queue_place, r.attends, r.version, "
        "r.link_version, r.submission_key, r.registered_at, r.status_at, p.capacity, p.taken, p.waiting, p.queue_end, "
        "p.is_open FROM registration r JOIN seat_pool p ON p.id = r.pool ORDER BY r.id"
    )
    return [{name: str(value) for name, value in row.items()} for row in found]


async def before() -> Any:
    """Make the old database, with people who have seats, who wait, and who left."""
    await old_schema()
    full = await old_event("full", capacity=len(SEATS))
    for name in SEATS:
        await old_registration(full, name, "registration_confirmed", status="confirmed")
    await old_registration(full, "X", "registration_waitlisted", "registration_cancelled", status="cancelled")
    for place, name in enumerate(QUEUE, 2):
        await old_registration(full, name, "registration_waitlisted", status="waitlisted", place=place)
    await old_registration(full, "Y", "registration_confirmed", "registration_cancelled", status="declined")
    endless = await old_event("endless", capacity=None)
    await old_registration(endless, "A", "registration_confirmed", status="confirmed")
    shut = await old_event("shut", capacity=1, mode="closed")
    await old_registration(shut, "B", "registration_waitlisted", "registration_promoted", status="confirmed")
    off = await old_event("off", capacity=1, status="cancelled")
    await old_registration(off, "A", "registration_confirmed", status="confirmed")
    await old_event("draft", capacity=3, status="draft")
    return await rows()


async def after() -> Any:
    """Migrate, look, and go on working with what the earlier version left."""
    from benchmarks.rush import broken_promises
    from eventhub.checks import integrity
    from eventhub.database import sql
    from eventhub.migrations import migrate, pending
    from eventhub.registrations.commands import NewRegistration, cancel_registration, register_participant

    said: dict[str, Any] = {"applied": await migrate(), "pending": await pending(), "rows": await rows()}
    said["broken"] = await broken_promises() + await integrity(NOW)

    async def key_of(name: str) -> UUID:
        found = await sql(
            "SELECT r.id AS id FROM registration r JOIN event e ON e.id = r.event WHERE e.slug = 'full' "
            "AND r.name = {} AND r.status <> 'cancelled'",
            name,
        )
        return UUID(str(found[0]["id"]))

    async def registers(name: str, form: str | None = None) -> tuple[str, bool]:
        new = NewRegistration(name, f"{name.lower()}@example.org", submission_key=form)
        done = await register_participant("full", new, now=NOW + timedelta(days=1))
        return str(done.registration.status), done.is_new

    said["again"] = await registers("C"), await registers("A", "form-A-confirmed")
    said["new"] = await registers("X"), await registers("F")
    await cancel_registration(await key_of("A"), now=NOW + timedelta(days=2))
    await sql("UPDATE event SET offer_hours = 2 WHERE slug = 'full'")
    await cancel_registration(await key_of("B"), now=NOW + timedelta(days=2))
    found = await sql(
        "SELECT r.name AS name, r.status AS status, r.queue_place AS place FROM registration r "
        "JOIN event e ON e.id = r.event WHERE e.slug = 'full' AND r.name IN ('C', 'D', 'E', 'X', 'F') "
        "AND r.status <> 'cancelled'"
    )
    said["now"] = {row["name"]: (row["status"], row["place"]) for row in found}
    said["broken"] += await broken_promises() + await integrity(NOW)
    return said


def in_a_process(part: str, url: str) -> Any:
    """The engine is made when it is imported, so each part runs in a process of its own."""
    program = f"import asyncio, json; from tests.test_upgrade import {part}; print(json.dumps(asyncio.run({part}())))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"EVENTHUB_DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_people_of_an_earlier_version_keep_seats_and_places_and_every_promise_holds(
    database: None, tmp_path: Path
) -> None:
    from eventhub.database import PgEngine, engine

    db = engine()
    if isinstance(db, PgEngine):
        connection = await asyncpg.connect(db.config["dsn"])
        await connection.execute("DROP DATABASE IF EXISTS earlier")
        await connection.execute("CREATE DATABASE earlier")
        await connection.close()
        url = db.config["dsn"].replace("/postgres?", "/earlier?")
    else:
        url = f"sqlite:///{tmp_path / 'earlier.sqlite'}"
    old = await asyncio.to_thread(in_a_process, "before", url)
    said = await asyncio.to_thread(in_a_process, "after", url)
    assert [name[:4] for name in said["applied"]][:2] == ["0004", "0005"]
    assert said["pending"] == []
    assert said["rows"] == old
    assert said["broken"] == []
    assert said["again"] == [["waitlisted", False], ["confirmed", False]]
    assert said["new"] == [["waitlisted", True], ["waitlisted", True]]
    assert said["now"] == {
        "C": ["confirmed", None], "D": ["offered", None], "E": ["waitlisted", 4], "X": ["waitlisted", 5],
        "F": ["waitlisted", 6],
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["sleeping", "", "Confirmed"])
async def test_a_status_that_does_not_exist_is_refused_by_the_migrated_database_too(database: None, wrong: str) -> None:
    from eventhub.database import sql, violated
    from tests.make import an_event, registered

    done = await registered(await an_event(), "Ada")
    with pytest.raises(Exception, match="registration_status") as refused:
        await sql("UPDATE registration SET status = {} WHERE id = {}", wrong, done.registration.id)
    assert violated(refused.value) == "registration_status"
